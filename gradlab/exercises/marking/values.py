"""What an answer hands back, as plain data: arrays, or nested lists of them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.plain import is_masked

# An array of numbers, truth values or text, or a list of values.
Value = Any
# A value, the first stage that it fails, and why; both empty if it is right.
Judged = tuple[Value | None, str, str]

STAGES = ("stub", "raises", "returns", "changes", "shape", "finite", "values")
# The detail of a value of another type, which tells nothing else of it.
OTHER_TYPE = re.compile(r"returned an? [\w ]+; [\w ]+ needed")
_LONGEST_NAME = 80
# Of larger arrays only a part is shown.
_SHOWN = 8
# What types and the entries of arrays are called; by default, by their own names.
_TYPES = {
    "NoneType": "None",
    "str": "a string",
    "complex": "a complex number",
    "ndarray": "an array",
}
_KINDS_OF_ENTRIES = {"O": "objects", "U": "strings", "S": "bytes"}
_NUMBERS = (bool, int, float, complex, np.generic, np.ndarray, list, tuple)


def make_value(result: Any) -> Value:
    """Return what a reference answers as a value: its lists and tuples are parts of it."""
    if isinstance(result, list | tuple):
        return [make_value(part) for part in result]
    return np.asarray(result)


def list_leaves(value: Value | None) -> Iterator[Any]:
    """Yield the arrays of a value, in order; what could not be made is None."""
    if isinstance(value, list | tuple):
        for part in value:
            yield from list_leaves(part)
    else:
        yield value


def is_truth(value: Value | None) -> bool:
    """Return whether a value is True or False, or an array of these."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "b"


def is_number(leaf: Any) -> bool:
    """Return whether a leaf of a value is a number, a truth value, or an array of these."""
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind in "biufc"


def judge_value(exercise: Exercise, got: Any, expected: Value, with_detail: bool = True) -> Judged:
    """Compare what an answer handed back, which may be anything, with the right value.

    Unless `with_detail`, a wrong value is not described, which takes most of the time.
    """
    if got is None:
        return None, "returns", "returned None"
    if is_masked(got):
        what = "returned a masked array; a number in every entry is needed"
        return None, "returns", what
    if isinstance(expected, list):
        return _judge_parts(exercise, got, expected, with_detail)
    if expected.dtype.kind == "U":
        return _judge_text(got, expected)
    is_wanted = isinstance(got, np.ndarray) and got.dtype == np.float64
    if exercise.new_arrays and expected.ndim and not is_wanted:
        what = f"returned {describe_type(got)}; a NumPy array of float64 is needed"
        return None, "returns", what
    return _judge_array(exercise, got, expected, with_detail)


def _judge_parts(exercise: Exercise, got: Any, expected: list[Value], with_detail: bool) -> Judged:
    is_array = isinstance(got, np.ndarray) and got.ndim > 0
    if not isinstance(got, list | tuple) and not is_array:
        what = f"returned {describe_type(got)}; a list or tuple of {len(expected)} is needed"
        return None, "returns", what
    if len(got) != len(expected):
        parts = "1 part" if len(got) == 1 else f"{len(got)} parts"
        needed = "1 is needed" if len(expected) == 1 else f"{len(expected)} are needed"
        return None, "shape", f"returned {parts}; {needed}"
    judged = [
        judge_value(exercise, *pair, with_detail) for pair in zip(got, expected, strict=True)
    ]
    value = [part for part, _, _ in judged]
    failed = [(k, stage, detail) for k, (_, stage, detail) in enumerate(judged) if stage]
    if not failed:
        return value, "", ""
    place, stage, detail = min(failed, key=lambda failure: STAGES.index(failure[1]))
    # Places of parts within parts are joined: [0][1].
    nested = detail.startswith("at [")
    return value, stage, f"at [{place}]{detail.removeprefix('at ') if nested else ' ' + detail}"


def _judge_text(got: Any, expected: Value) -> Judged:
    if not isinstance(got, str):
        return None, "returns", f"returned {describe_type(got)}; text is needed"
    value = np.array(str(got))
    if value != expected:
        return value, "values", f"returned {show_value(value)}; {show_value(expected)} is right"
    return value, "", ""


def _judge_array(exercise: Exercise, got: Any, expected: Value, with_detail: bool) -> Judged:
    value = np.array(None)
    # Anything else might never end as an array.
    if isinstance(got, _NUMBERS):
        with contextlib.suppress(Exception):
            value = np.array(got if _holds_numbers(got) else None)
    if value.dtype.kind not in "biufc":
        needed = "True or False is" if is_truth(expected) else "numbers are"
        return None, "returns", f"returned {describe_type(got)}; {needed} needed"
    if exercise.indices and expected.dtype.kind in "iu" and value.dtype.kind not in "iu":
        kind = value.dtype.name.rstrip("0123456789")
        what = f"returned {show_value(value)} of type {kind}; whole numbers of type int are needed"
        return value, "returns", what
    if value.shape != expected.shape:
        came = f"shape {value.shape}" if value.shape else "one number"
        needed = f"shape {expected.shape}" if expected.shape else "a single value"
        return value, "shape", f"returned {came}; {needed} is needed"
    if is_truth(expected) and not np.all((value == 0) | (value == 1)):
        return value, "returns", f"returned {show_value(value)}; True or False is needed"
    # Where NaN is right, values are compared instead.
    if not np.all(np.isfinite(value) | ~np.isfinite(expected)):
        return value, "finite", f"returned {show_value(value)}, which is not finite"
    if not are_close(exercise, value, expected):
        if is_truth(expected):
            value = value.astype(bool)
        detail = _describe_difference(exercise, value, expected) if with_detail else ""
        return value, "values", detail
    if value.dtype.kind == "c" and expected.dtype.kind != "c":
        return value, "values", f"returned {show_value(value)}; a real number is needed"
    return value, "", ""


def _holds_numbers(value: Any) -> bool:
    """Whether all parts of lists are numbers, or arrays of them.

    NumPy would give each number the room of the longest text, and ask whatever else it finds to
    make an array of itself.
    """
    if isinstance(value, list | tuple):
        return all(map(_holds_numbers, value))
    if not isinstance(value, _NUMBERS) or is_masked(value):
        return False
    return getattr(value, "dtype", np.dtype(float)).kind != "U"


def describe_type(got: Any) -> str:
    """Say what something is, with its article: "a string", "an array of float32".

    Parameters
    ----------
    got : object
        Anything.

    Returns
    -------
    str
        A few words. They hold none of its values.

    Examples
    --------
    >>> from gradlab.exercises.marking.values import describe_type
    >>> describe_type(3), describe_type([3]), describe_type(None)
    ('an int', 'a list', 'None')
    """
    if isinstance(got, np.ndarray):
        return f"an array of {_KINDS_OF_ENTRIES.get(got.dtype.kind, str(got.dtype))}"
    if isinstance(got, type):
        return "a class"
    if callable(got):
        return "a function"
    if isinstance(got, np.number | np.bool_):
        got = got.item()
    name = type(got).__name__[:_LONGEST_NAME]
    article = "an" if name[:1] in "aeioAEIO" else "a"
    return _TYPES.get(name, f"{article} {name}")


def are_close(exercise: Exercise, value: Value | None, expected: Value | None) -> bool:
    """Whether two values are the same to the tolerance of the exercise."""
    if value is None or expected is None:
        return value is None and expected is None
    if isinstance(value, list) or isinstance(expected, list):
        return (
            isinstance(value, list)
            and isinstance(expected, list)
            and len(value) == len(expected)
            and all(are_close(exercise, *pair) for pair in zip(value, expected, strict=True))
        )
    if value.shape != expected.shape or (value.dtype.kind == "U") != (expected.dtype.kind == "U"):
        return False
    if value.dtype.kind == "U":
        return bool(np.array_equal(value, expected))
    return bool(
        np.allclose(value, expected, rtol=exercise.rtol, atol=exercise.atol, equal_nan=True)
    )


def _describe_difference(exercise: Exercise, value: Any, expected: Any) -> str:
    """Show both, in as many digits as it takes to see that they differ; of many, where first."""
    if np.size(value) > _SHOWN:
        tolerances = {"rtol": exercise.rtol, "atol": exercise.atol}
        apart = ~np.isclose(value, expected, equal_nan=True, **tolerances)
        place = tuple(np.argwhere(apart)[0].tolist())
        what = _describe_difference(exercise, value[place], expected[place])
        return f"at entry {list(place)} {what}"
    for digits in (6, 9, 12, 17):
        got, right = show_value(value, digits), show_value(expected, digits)
        if got != right:
            break
    return f"returned {got}; {right} is right"


def show_value(value: Any, digits: int = 6) -> str:
    """Return a number, a truth value, a text or an array of these in few digits, in one line."""
    array = np.asarray(value)
    if array.ndim == 0:
        return _show_entry(array[()], digits)
    # Of NumPy's own ways to show an array, few suit a sentence: they align numbers, in lines.
    text = np.array2string(
        array,
        threshold=_SHOWN,
        separator=", ",
        formatter={"all": lambda entry: _show_entry(entry, digits)},
    )
    return " ".join(text.split())


def _show_entry(entry: Any, digits: int) -> str:
    if isinstance(entry, np.bool_ | bool):
        return str(bool(entry))
    if isinstance(entry, str):
        return f'"{entry}"'
    if isinstance(entry, np.integer):
        return str(entry)
    # Adding 0 makes 0 of -0.
    return f"{entry + 0:.{digits}g}"
