"""What to say of a wrong answer that nobody foresaw, and that did not get as far as values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradlab.exercises.exercise import Trial
from gradlab.exercises.marking.patterns import PATTERN_HINTS
from gradlab.exercises.marking.values import Value, is_number, list_leaves

# Of answers that did not get as far as values.
STAGE_HINTS = {
    "stub": "One part still raises NotImplementedError: answer that too.",
    "raises": "An error stopped your function. What it said, and where, is quoted above.",
    "returns": "Look at the line with return: what your function hands back is of another type "
    "than is needed.",
    "changes": "Make a copy first, or collect the result in a new variable.",
    "shape": "The result does not have the shape that is needed: should it be one value for each "
    "entry, one for each row, or a single one?",
    "finite": "Something overflowed or was divided by zero on the way.",
}
_ENTRIES_NEEDED = (
    "One number came back: should it be one value for each entry? Is there a sum too many, or a "
    "return inside the loop?"
)
# Of what came in place of numbers: words of a trial's detail, and what to do. The first that
# fits is said.
_RETURN_HINTS = (
    (
        "returned None",
        "Your function hands back nothing: print only shows a value, and every way through the "
        "function needs a return.",
    ),
    (
        "; text is needed",
        "Hand back text, in quotes, not a number, a truth value or a list.",
    ),
    (
        "True or False is needed",
        "Hand back True or False, which is what a comparison such as a < b gives.",
    ),
    ("returned a string", "A string only shows a number: hand back the number itself."),
    (
        "returned a generator",
        "Round brackets around “... for ... in ...” make a generator, which has computed nothing "
        "yet: use square ones.",
    ),
    (
        "returned a function",
        "You hand back a function, not its value: call it, with brackets and its arguments.",
    ),
    (
        "returned a tuple;",
        "A comma after return makes a tuple, so return a, b hands back both: which one is asked "
        "for?",
    ),
    (
        "returned an array of float",
        "The result has fewer digits than float64: convert to float64 before you compute, with "
        "np.asarray(x, dtype=np.float64).",
    ),
    (
        "returned an array of complex",
        "Complex numbers came back where real ones are needed: where does the imaginary part come "
        "from?",
    ),
    (
        "returned an array of objects",
        "NumPy makes an array of objects of what is not numbers alone, such as lists of different "
        "lengths or None.",
    ),
    (
        "returned an array of bool",
        "Truth values came back where numbers are needed: is there a comparison in the result?",
    ),
    (
        "returned an array of strings",
        "Strings only show numbers: hand back the numbers themselves.",
    ),
    (
        "returned an array of",
        "Whole numbers came back where float64 is needed, and an array of integers cuts off what "
        "is put into it: make it with dtype=np.float64.",
    ),
    ("returned a list; a NumPy array", "A list came back: np.array(...) makes an array of it."),
    (
        "returned a list; ",
        "NumPy cannot make an array of this list: are its rows equally long, and are all of its "
        "entries numbers?",
    ),
    (
        "returned a dict",
        "A dict has names for its values, and none are asked for: hand back the values alone.",
    ),
    ("returned a float; a NumPy array", _ENTRIES_NEEDED),
    ("returned an int; a NumPy array", _ENTRIES_NEEDED),
    (
        "; a list or tuple of",
        "Several values are needed, one after the other in a list or a tuple.",
    ),
)
# Of results of another shape.
_PARTS = "Count the parts of your result: is one missing, one too many, or one nested in another?"
_PAIR = (
    "Two numbers came back, and one is needed: which of them? Or is a sum, a mean or an index "
    "missing?"
)
_ONE_IN_AN_ARRAY = "The number sits in an array: take it out, with [0] or .item()."
_ONE_NEEDED = "Several numbers came back, and one is needed: is a sum, a mean or an index missing?"
_AXIS_OF_ONE = (
    "An axis of length 1 is missing, or too many: look at keepdims, reshape and [:, None]."
)
_TRANSPOSED = "Rows and columns are swapped: is there a .T too many, or one missing?"
_RESHAPED = "There are as many entries as are needed, in another shape: is there a reshape to do?"
SHAPE_HINTS = (
    _PARTS,
    _PAIR,
    _ONE_IN_AN_ARRAY,
    _ONE_NEEDED,
    _ENTRIES_NEEDED,
    _AXIS_OF_ONE,
    _TRANSPOSED,
    _RESHAPED,
)
_POWER = "In Python ^ is not a power but a bitwise operation on integers: write **."
_NAN = (
    "A result is NaN, not a number: it comes from 0/0, from inf - inf, or from a logarithm or "
    "root of a negative number."
)
_NO_ERROR = "These arguments make no sense, and an IndexError is asked for: raise one."
# Every sentence of this file and `patterns` that has none of an answer's numbers or names in it.
GENERIC_HINTS = frozenset(
    {
        *STAGE_HINTS.values(),
        *(hint for _, hint in _RETURN_HINTS),
        *SHAPE_HINTS,
        *(hint for hint in PATTERN_HINTS.values() if "{}" not in hint),
        _POWER,
        _NAN,
        _NO_ERROR,
    }
)


def find_stage_hint(trial: Trial) -> str:
    """Say what to do with a failed call that gave no values to compare; empty if it gave some.

    Parameters
    ----------
    trial : Trial
        A call that failed.

    Returns
    -------
    str
        The hint.
    """
    if trial.stage == "values":
        return _NO_ERROR if isinstance(trial.expected, IndexError) else ""
    if trial.stage == "raises" and ("for ^" in trial.detail or "bitwise_xor" in trial.detail):
        return _POWER
    if trial.stage == "returns":
        found = (hint for words, hint in _RETURN_HINTS if words in trial.detail)
        return next(found, STAGE_HINTS["returns"])
    if trial.stage == "shape":
        return _find_shape_hint(trial)
    if trial.stage == "finite" and _has_nan_alone(trial.got):
        return _NAN
    return STAGE_HINTS[trial.stage]


def drop_weaker_hints(found: Mapping[str, Trial]) -> dict[str, Trial]:
    """Leave out what other hints of the same results say better.

    Parameters
    ----------
    found : mapping of str to Trial
        Hints of `find_stage_hint`, each with a trial that it is about.

    Returns
    -------
    dict of str to Trial
        The hints that remain, in their order.
    """
    says_one_is_needed = _ONE_NEEDED in found or _PAIR in found
    says_a_shape = any(hint in found for hint in SHAPE_HINTS)
    dropped = {_ONE_IN_AN_ARRAY} if says_one_is_needed else set()
    dropped |= {STAGE_HINTS["shape"]} if says_a_shape else set()
    return {hint: trial for hint, trial in found.items() if hint not in dropped}


def _has_nan_alone(value: Value | None) -> bool:
    leaves = [leaf for leaf in list_leaves(value) if is_number(leaf)]
    return not any(np.any(np.isinf(leaf)) for leaf in leaves)


def _find_shape_hint(trial: Trial) -> str:
    got, expected = [*list_leaves(trial.got)], [*list_leaves(trial.expected)]
    if trial.got is None or len(got) != len(expected):
        return _PARTS
    pairs = zip(got, expected, strict=True)
    found = [(g.shape, e.shape) for g, e in pairs if g is not None and g.shape != e.shape]
    return _compare_shapes(*found[0]) if found else _PARTS


def _compare_shapes(got: tuple[int, ...], expected: tuple[int, ...]) -> str:
    count, needed = int(np.prod(got)), int(np.prod(expected))
    if not expected:
        return {1: _ONE_IN_AN_ARRAY, 2: _PAIR}.get(count, _ONE_NEEDED)
    if not got:
        return _ENTRIES_NEEDED
    if [n for n in got if n != 1] == [n for n in expected if n != 1]:
        return _AXIS_OF_ONE
    if got == expected[::-1]:
        return _TRANSPOSED
    return _RESHAPED if count == needed else STAGE_HINTS["shape"]
