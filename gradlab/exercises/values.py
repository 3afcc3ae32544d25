"""What an answer hands back, as plain data: arrays, or nested lists of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Exercise

# An array of numbers, truth values or text, or a list of values.
Value = Any
# A value, the first stage that it fails, and why; both empty if it is right.
Judged = tuple[Value | None, str, str]

STAGES = ("stub", "raises", "returns", "changes", "shape", "finite", "values")
# Of longer lists and arrays only a part is shown.
_SHOWN = 8
_NUMBERS = (bool, int, float, complex, np.generic, np.ndarray, list, tuple)


def make_value(result: Any) -> Value:
    """Return what a reference answers as a value: its lists and tuples are parts of it."""
    if isinstance(result, list | tuple):
        return [make_value(part) for part in result]
    return np.asarray(result)


def list_leaves(value: Value | None) -> Iterator[Any]:
    """Yield the arrays of a value, in order; what could not be made is None."""
    if isinstance(value, list):
        for part in value:
            yield from list_leaves(part)
    else:
        yield value


def is_truth(value: Value | None) -> bool:
    """Return whether a value is True or False, or an array of these."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "b"


def judge(exercise: Exercise, got: Any, expected: Value, told: bool = True) -> Judged:
    """Compare what an answer handed back, which may be anything, with the right value.

    Unless `told`, a wrong value is not described, which takes most of the time.
    """
    if got is None:
        return None, "returns", "returned None"
    if isinstance(expected, list):
        return _judge_parts(exercise, got, expected, told)
    if expected.dtype.kind == "U":
        return _judge_text(got, expected)
    if exercise.new_arrays and expected.ndim:
        what = _no_float64_array(got)
        if what:
            return None, "returns", f"returned {what}; a NumPy array of float64 is needed"
    return _judge_array(exercise, got, expected, told)


def _judge_parts(exercise: Exercise, got: Any, expected: list[Value], told: bool) -> Judged:
    is_array = isinstance(got, np.ndarray) and got.ndim > 0
    if not isinstance(got, list | tuple) and not is_array:
        what = f"returned a {type(got).__name__}; a list or tuple of {len(expected)} is needed"
        return None, "returns", what
    if len(got) != len(expected):
        parts = "1 part" if len(got) == 1 else f"{len(got)} parts"
        return None, "shape", f"returned {parts}; needed: {len(expected)}"
    judged = [judge(exercise, *pair, told) for pair in zip(got, expected, strict=True)]
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
        return None, "returns", f"returned a {type(got).__name__}; text is needed"
    value = np.array(str(got))
    if value != expected:
        return value, "values", f"returned {show_value(value)}; {show_value(expected)} is right"
    return value, "", ""


def _judge_array(exercise: Exercise, got: Any, expected: Value, told: bool) -> Judged:
    value = np.array(None)
    # Anything else might never end as an array.
    if isinstance(got, _NUMBERS):
        with contextlib.suppress(Exception):
            value = np.array(got if _has_no_text(got) else None)
    if value.dtype.kind not in "biufc":
        needed = "True or False is" if is_truth(expected) else "numbers are"
        return None, "returns", f"returned a {type(got).__name__}; {needed} needed"
    if exercise.indices and expected.dtype.kind in "iu" and value.dtype.kind not in "iu":
        kind = value.dtype.name.rstrip("0123456789")
        what = f"returned {show_value(value)} of type {kind}; whole numbers of type int are needed"
        return value, "returns", what
    if value.shape != expected.shape:
        needed = f"shape {expected.shape}" if expected.shape else "a single value"
        what = f"returned shape {value.shape}; {needed} is needed"
        return value, "shape", what
    if is_truth(expected) and not np.all((value == 0) | (value == 1)):
        return value, "returns", f"returned {show_value(value)}; True or False is needed"
    # Where NaN is right, values are compared instead.
    if not np.all(np.isfinite(value) | ~np.isfinite(expected)):
        return value, "finite", f"returned {show_value(value)}, which is not finite"
    if not agree(exercise, value, expected):
        if is_truth(expected):
            value = value.astype(bool)
        return value, "values", _told_apart(exercise, value, expected) if told else ""
    return value, "", ""


def _has_no_text(value: Any) -> bool:
    """Whether no part of lists is text: NumPy would give each number the room of the longest."""
    if isinstance(value, list | tuple):
        return all(map(_has_no_text, value))
    return not isinstance(value, str) and getattr(value, "dtype", np.dtype(float)).kind != "U"


def _no_float64_array(got: Any) -> str:
    """Say what something is if it is no array of float64; empty if it is."""
    if not isinstance(got, np.ndarray):
        return f"a {type(got).__name__}"
    return "" if got.dtype == np.float64 else f"an array of {got.dtype}"


def agree(exercise: Exercise, value: Value | None, expected: Value | None) -> bool:
    """Whether two values are the same to the tolerance of the exercise."""
    if value is None or expected is None:
        return value is None and expected is None
    if isinstance(value, list) or isinstance(expected, list):
        return (
            isinstance(value, list)
            and isinstance(expected, list)
            and len(value) == len(expected)
            and all(agree(exercise, *pair) for pair in zip(value, expected, strict=True))
        )
    if value.shape != expected.shape or (value.dtype.kind == "U") != (expected.dtype.kind == "U"):
        return False
    if value.dtype.kind == "U":
        return bool(np.array_equal(value, expected))
    return bool(
        np.allclose(value, expected, rtol=exercise.rtol, atol=exercise.atol, equal_nan=True)
    )


def _told_apart(exercise: Exercise, value: Any, expected: Any) -> str:
    """Show both, in as many digits as it takes to see that they differ; of many, where first."""
    if np.size(value) > _SHOWN:
        tolerances = {"rtol": exercise.rtol, "atol": exercise.atol}
        apart = ~np.isclose(value, expected, equal_nan=True, **tolerances)
        place = tuple(np.argwhere(apart)[0].tolist())
        return f"at entry {list(place)} {_told_apart(exercise, value[place], expected[place])}"
    for digits in (6, 9, 12, 17):
        got, right = show_value(value, digits), show_value(expected, digits)
        if got != right:
            break
    return f"returned {got}; {right} is right"


def show_value(value: Any, digits: int = 6) -> str:
    """Return a number, a truth value, a text, an array or a list in few digits."""
    if isinstance(value, list | tuple):
        return _show_parts(value, digits)
    kind = np.asarray(value).dtype.kind
    if np.ndim(value) == 0 and kind in "bU":
        return str(bool(value)) if kind == "b" else f'"{value}"'
    if np.ndim(value) == 0:
        return f"{value:.{digits}g}"
    return np.array2string(np.asarray(value), precision=digits, threshold=_SHOWN, separator=", ")


def _show_parts(parts: Any, digits: int) -> str:
    """Return a list of numbers as they are, a list of arrays by their shapes."""
    if all(isinstance(part, int | float | np.number | str) for part in parts):
        shown = [show_value(part, digits) for part in parts[:_SHOWN]]
    else:
        shown = [_show_part(part, digits) for part in parts[:_SHOWN]]
    return f"[{', '.join(shown + ['...'] * (len(parts) > _SHOWN))}]"


def _show_part(part: Any, digits: int) -> str:
    if isinstance(part, list | tuple):
        return _show_parts(part, digits)
    return f"shape {part.shape}" if isinstance(part, np.ndarray) else str(part)
