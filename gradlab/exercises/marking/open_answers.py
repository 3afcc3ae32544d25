"""Answers that are right in many ways: a judge tests them, and no reference is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments
from gradlab.exercises.marking.values import Judged, describe_type, make_value

# An example is small; anything else might never end.
_MOST_PARTS = 1000
_DEEPEST = 3
_LONGEST_SHOWN = 80


def judge_openly(judge: Callable[[Arguments, Any], str], arguments: Arguments, got: Any) -> Judged:
    """Have a judge test what an answer handed back, which may be anything.

    Parameters
    ----------
    judge : callable
        Takes the arguments and what was handed back, as plain data; says what is wrong with it.
    arguments : tuple
        What the answer was called with.
    got : object
        What it handed back.

    Returns
    -------
    value, stage, detail
        The value, and the stage that it fails with the reason; both empty if it is right.

    Examples
    --------
    >>> from gradlab.exercises.marking.open_answers import judge_openly
    >>> def is_larger(arguments, value):
    ...     return "" if value > arguments[0] else "it must be larger than x"
    >>> judge_openly(is_larger, (3,), 2.5)
    (array(2.5), 'values', 'returned 2.5; it must be larger than x')
    """
    if got is None:
        return None, "returns", "returned None"
    try:
        plain = simplify(got)
    except Exception:
        what = "an array" if isinstance(got, np.ndarray) else describe_type(got)
        part = " with a part that cannot be used" if isinstance(got, list | tuple) else ""
        return None, "returns", f"returned {what}{part}; numbers or text are needed"
    try:
        wrong = judge(arguments, plain)
    except Exception:  # A judge need not foresee every kind of value.
        wrong = "this cannot be tested: is it what was asked for?"
    detail = f"returned {_show(got, plain)}; {wrong}" if wrong else ""
    return make_value(plain), "values" if wrong else "", detail


def simplify(got: Any) -> Any:
    """Return numbers and text as Python's own, and tuples and arrays of them as lists.

    Parameters
    ----------
    got : object
        What an answer handed back.

    Returns
    -------
    bool, int, float, complex, str or list
        The same as plain data.

    Raises
    ------
    TypeError
        If it holds anything else, or more than an example needs.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.exercises.marking.open_answers import simplify
    >>> simplify((np.float32(0.5), np.arange(2), "b"))
    [0.5, [0, 1], 'b']
    """
    return _simplify(got, _DEEPEST)


def _simplify(got: Any, depth: int) -> Any:
    is_array = isinstance(got, np.ndarray | np.generic) and got.dtype.kind != "O"
    if is_array and got.size <= _MOST_PARTS:
        got = got.tolist()
    if isinstance(got, np.floating):  # Python has none as long as NumPy's longest.
        got = float(got)
    if isinstance(got, list | tuple) and len(got) <= _MOST_PARTS and depth:
        return [_simplify(part, depth - 1) for part in got]
    # Of what NumPy has no number for, such as 10**400, nothing can be computed.
    if isinstance(got, bool | int | float | complex | str) and np.array(got).dtype.kind != "O":
        return got
    raise TypeError(f"{type(got).__name__} is no plain value, or too large")


def _show(got: Any, plain: Any) -> str:
    shown = repr(tuple(plain) if isinstance(got, tuple) else plain)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]} ..."
