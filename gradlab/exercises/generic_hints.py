"""What to say of a wrong answer that nobody foresaw, by what it returned and its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Exercise, Trial
from gradlab.exercises.values import Value, is_truth, list_leaves, show_value

# Of answers that did not get as far as values.
STAGE_HINTS = {
    "stub": "One part still raises NotImplementedError: answer that too.",
    "raises": "An error stopped your function. What it said, and where, is quoted above.",
    "returns": "Look at the line with return: what your function hands back is of another type "
    "than is needed.",
    "changes": "Make a copy first, or collect the result in a new variable.",
    "shape": "The result has another shape than is needed: should it be one value for each entry, "
    "one for each row, or a single one?",
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
        "returned a tuple",
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
    "Two numbers came back, and one is needed: which of them? (np.polyfit gives the slope first, "
    "then the intercept.)"
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
# What the values of a wrong answer may have in common with the right ones.
PATTERN_HINTS = {
    "power": _POWER,
    "constant": "The result is the same for every input: what should it depend on?",
    "zero": "Every value is 0: is the result that you return the one that you computed?",
    "truth": "True or False came back where a number is needed: is there a comparison in the "
    "result?",
    "complex": "Complex numbers came back where real ones are needed: where does the imaginary "
    "part come from?",
    "float32": "The result is right to the few digits of float32 alone: convert to float64 before "
    "you compute, with np.asarray(x, dtype=np.float64).",
    "near": "Every value is nearly right: is one rounded, or computed by another formula?",
    "whole": "The results are whole numbers, and the right ones are not: is there a // or an "
    "int(...), or an array that holds integers?",
    "sign": "Every value has the wrong sign.",
    "size": "Every value has the right size, but none is negative: is there an abs too many, or a "
    "square root of a square?",
    "inverse": "Every value is 1 divided by the right one: turn the quotient round.",
    "order": "The values are right, but in another order.",
    "many": "Every value is too large: it is multiplied by {}. Is a sum taken for a mean?",
    "few": "Every value is too small: it is divided by {}. Is a mean taken for a sum?",
    "factor": "Every value is {} times the right one: which factor is that?",
    "offset": "Every value is off by the same amount, {}.",
    "opposite": "Every answer is the opposite of the right one.",
    "lenient": "Your mistakes are all True where False is right: the test is too lenient.",
    "strict": "Your mistakes are all False where True is right: the test is too strict.",
}
# How a pattern begins that is not that of the groups that passed.
WHERE_IT_FAILS = "Where it fails, "


# Every sentence of this file that has none of an answer's numbers or names in it.
GENERIC_HINTS = frozenset(
    {
        *STAGE_HINTS.values(),
        *(hint for _, hint in _RETURN_HINTS),
        *SHAPE_HINTS,
        *(hint for hint in PATTERN_HINTS.values() if "{}" not in hint),
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
    leaves = [leaf for leaf in list_leaves(value) if _is_number(leaf)]
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


def find_pattern_hint(
    exercise: Exercise, failed: Sequence[Trial], others: Sequence[Trial] = ()
) -> str:
    """Say what values have in common with the right ones; empty if it is nothing known.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    failed : sequence of Trial
        The trials of groups that failed, all of which gave values.
    others : sequence of Trial
        The trials of the other groups.

    Returns
    -------
    str
        The hint, which holds for all of `failed`. Where it says more, it is true of `others`, too.
    """
    wrong, everything = [trial for trial in failed if trial.stage], [*failed, *others]
    if not wrong:
        return ""
    if _is_constant([t.got for t in everything]) and not _is_constant(
        [t.expected for t in failed]
    ):
        return PATTERN_HINTS["constant"]
    passed = [trial for trial in others if not trial.stage]
    if all(is_truth(trial.expected) for trial in failed):
        return _find_truth_pattern([*failed, *passed])
    leaves = [leaf for t in failed for leaf in (*list_leaves(t.got), *list_leaves(t.expected))]
    if not all(map(_is_number, leaves)):
        return ""
    with np.errstate(all="ignore"):
        key = _find_kind(wrong) or _find_imprecision(wrong)
        if key:
            return PATTERN_HINTS[key]
        hint = _find_relation(exercise, failed)
    return _limit(hint) if hint and passed else hint


def _limit(hint: str) -> str:
    return WHERE_IT_FAILS + hint[0].lower() + hint[1:]


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind in "biufc"


def _is_constant(values: Sequence[Any]) -> bool:
    """Whether several calls gave one and the same value, in however many entries."""
    rows = [
        [entry for leaf in list_leaves(value) for entry in np.ravel(leaf).tolist()]
        for value in values
    ]
    if len(rows) < 2 or not all(rows) or None in rows[0]:
        return False
    if all(row == rows[0] for row in rows):
        return True
    return all(entry == rows[0][0] for row in rows for entry in row)


def _find_truth_pattern(trials: Sequence[Trial]) -> str:
    pairs = [
        (bool(got), bool(right))
        for trial in trials
        for got, right in zip(_join([trial.got]), _join([trial.expected]), strict=True)
    ]
    if all(got != right for got, right in pairs):
        return PATTERN_HINTS["opposite"]
    if all(got >= right for got, right in pairs):
        return PATTERN_HINTS["lenient"]
    return PATTERN_HINTS["strict"] if all(got <= right for got, right in pairs) else ""


def _find_kind(wrong: Sequence[Trial]) -> str:
    """Find out whether the wrong values are truth values or complex, and should not be."""
    for kind, key in (("b", "truth"), ("c", "complex")):
        if all(_has_kind(trial.got, kind) > _has_kind(trial.expected, kind) for trial in wrong):
            return key
    return ""


def _has_kind(value: Value, kind: str) -> bool:
    return any(leaf.dtype.kind == kind for leaf in list_leaves(value))


def _find_imprecision(wrong: Sequence[Trial]) -> str:
    """Find out whether the wrong values are as right as float32 is; a few digits may be lost."""
    if not all(_is_short(trial.got) or _is_short(trial.arguments) for trial in wrong):
        return ""
    got, expected = _join([t.got for t in wrong]), _join([t.expected for t in wrong])
    largest = np.max(np.abs(expected))
    return "float32" if np.all(np.abs(got - expected) <= 3e-4 * largest) else ""


def _is_short(value: Any) -> bool:
    """Whether a value is, or holds, floats of fewer digits than float64 has."""
    if isinstance(value, list | tuple):
        return any(map(_is_short, value))
    return getattr(value, "dtype", None) in (np.dtype(np.float32), np.dtype(np.float16))


def _join(values: Sequence[Value]) -> Any:
    """Return all entries of some values, one after the other."""
    return np.concatenate([np.ravel(leaf) for value in values for leaf in list_leaves(value)])


def _find_relation(exercise: Exercise, failed: Sequence[Trial]) -> str:
    """Say how the values of the groups that failed follow from the right ones, if they do."""
    wrong = [trial for trial in failed if trial.stage]
    got, right = _join([t.got for t in wrong]), _join([t.expected for t in wrong])
    if np.allclose(got, right, rtol=0.02, atol=0):
        return PATTERN_HINTS["near"]
    if _are_whole(got) and not _are_whole(right) and np.all(np.abs(got - right) <= 1):
        return PATTERN_HINTS["whole"]
    if all(map(_has_other_order, wrong)):
        return PATTERN_HINTS["order"]
    # What follows is said of every value, also of those that are right by chance.
    got, right = _join([t.got for t in failed]), _join([t.expected for t in failed])
    if not np.any(got):
        return PATTERN_HINTS["zero"]
    if _is_near(got, -right, exercise.atol):
        return PATTERN_HINTS["sign"]
    if _is_near(got, np.abs(right), exercise.atol):
        return PATTERN_HINTS["size"]
    if np.allclose(got * right, 1.0, rtol=1e-3, atol=0):
        return PATTERN_HINTS["inverse"]
    return _find_count(exercise, failed) or _find_change(got, right, exercise.atol)


def _find_change(got: Any, right: Any, atol: float) -> str:
    """Say by which number all values are multiplied, or off."""
    # One number is any number times another one.
    if np.unique(right[np.isfinite(right)]).size < 2:
        return ""
    largest = np.argmax(np.where(np.isfinite(right), np.abs(right), -1.0))
    factor, offset = got[largest] / right[largest], got[largest] - right[largest]
    if _is_near(got, factor * right, atol):
        return PATTERN_HINTS["factor"].format(show_value(factor, 4))
    if np.allclose(got, right + offset, rtol=0, atol=1e-3 * abs(offset), equal_nan=True):
        return PATTERN_HINTS["offset"].format(show_value(offset, 4))
    return ""


def _are_whole(values: Any) -> bool:
    return bool(np.all(values == np.round(values)))


def _is_near(values: Any, others: Any, atol: float) -> bool:
    return bool(np.allclose(values, others, rtol=1e-3, atol=atol, equal_nan=True))


def _has_other_order(trial: Trial) -> bool:
    got, right = np.sort(_join([trial.got])), np.sort(_join([trial.expected]))
    return got.size > 1 and np.allclose(got, right, rtol=1e-6, atol=0)


def _find_count(exercise: Exercise, trials: Sequence[Trial]) -> str:
    """Say that a factor is the number of an argument's rows, columns or entries, if it is."""
    for place, name in enumerate(exercise.signature.parameters):
        for axis, what in ((0, "rows"), (1, "columns"), (None, "entries")):
            counts = [_count(trial.arguments[place], axis) for trial in trials]
            # One and the same number everywhere may be there by chance.
            if None in counts or 1 in counts or len(set(counts)) == 1:
                continue
            for key, sign in (("many", 1), ("few", -1)):
                if all(
                    _is_near(_join([t.got]), _join([t.expected]) * float(c) ** sign, exercise.atol)
                    for t, c in zip(trials, counts, strict=True)
                    if c is not None
                ):
                    return PATTERN_HINTS[key].format(f"the number of {what} of {name}")
    return ""


def _count(argument: Any, axis: int | None) -> int | None:
    if not isinstance(argument, np.ndarray) or not argument.ndim:
        return None
    if axis is None:
        return int(argument.size)
    return argument.shape[axis] if argument.ndim == 2 else None
