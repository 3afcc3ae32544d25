"""A case of an exercise as code that a learner can paste and run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments, Exercise

# What has more numbers than this is taken from a check instead of being written out.
_MOST_NUMBERS = 200
_WIDTH = 88
# These dtypes are what np.array makes of such numbers by itself.
_DEFAULTS = (np.dtype(float), np.dtype(np.int64), np.dtype(bool))


@dataclass(frozen=True)
class CaseText:
    """A case as code.

    Attributes
    ----------
    code : str
        An assignment to each parameter, then the call.
    is_complete : bool
        Whether the code makes the arguments by itself. If not, it takes some from a check.
    """

    code: str
    is_complete: bool


class _UnwritableError(Exception):
    """A value for which there is no code, or too much of it."""


def write_case(exercise: Exercise, arguments: Arguments, group: int, number: int) -> CaseText:
    """Write a case as code, with ``np`` and ``gradlab`` in reach.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    arguments : tuple
        The arguments of the case.
    group, number : int
        Which group it belongs to, and which case of the group it is, both from 0.

    Returns
    -------
    CaseText
        What makes the same arguments, to the last bit, and calls the answer with them. What is
        too long, or has no code, such as a function without the attribute ``code``, is taken from
        a check, which draws the same cases each time.

    Examples
    --------
    >>> from gradlab.exercises.checking.case_text import write_case
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> print(write_case(EXERCISES["double"], (3,), 0, 0).code)
    x = 3
    double(x)
    """
    lines, is_complete = [], True
    parameters = list(exercise.signature.parameters)
    for place, (name, value) in enumerate(zip(parameters, arguments, strict=True)):
        try:
            lines.append(_write_assignment(name, value))
        except _UnwritableError as error:
            trial = f'gradlab.check("{exercise.name}").groups[{group}].trials[{number}]'
            lines.append(_write_remark(name, str(error)))
            lines.append(f"{name} = {trial}.arguments[{place}]")
            is_complete = False
    call = f"{exercise.name}({', '.join(parameters)})"
    return CaseText("\n".join([*lines, call]), is_complete)


def _write_assignment(name: str, value: Any) -> str:
    if callable(value):
        code = getattr(value, "code", "")
        if not code:
            raise _UnwritableError(getattr(value, "__name__", "a function"))
        return str(code) if code.startswith("def ") else f"{name} = {code}"
    if _count_numbers(value) > _MOST_NUMBERS:
        raise _UnwritableError("too long to be written here")
    start = f"{name} = "
    return start + _write(value, len(start))


def _write_remark(name: str, what: str) -> str:
    return f"# {name}: {' '.join(what.split())}"


def _count_numbers(value: Any) -> int:
    if isinstance(value, list | tuple):
        return sum(map(_count_numbers, value))
    return int(np.size(value)) if isinstance(value, np.ndarray) else 1


def _write(value: Any, indent: int) -> str:
    """Return code for a value; its further lines are indented so far."""
    if isinstance(value, np.ndarray):
        return _write_array(value, indent)
    if isinstance(value, list | tuple):
        return _write_parts(value, indent)
    if isinstance(value, np.generic):
        return _write_scalar(value)
    if value is None or isinstance(value, bool | int | float | complex | str):
        return _write_number(value)
    raise _UnwritableError(f"objects of type {type(value).__name__} cannot be written here")


def _write_number(value: Any) -> str:
    if isinstance(value, complex):
        return f"complex({_write_number(value.real)}, {_write_number(value.imag)})"
    if isinstance(value, float) and not math.isfinite(value):
        return "np.nan" if math.isnan(value) else f"{'-' * (value < 0)}np.inf"
    return repr(value)


def _write_scalar(value: np.generic) -> str:
    if value.dtype.kind not in "biuf":
        raise _UnwritableError(f"a {value.dtype.name}")
    name = "bool" if value.dtype.kind == "b" else value.dtype.name
    if value.dtype.kind == "f" and np.isfinite(value):
        return f"np.{name}({_write_float(value)})"
    return f"np.{name}({_write_number(value.item())})"


def _write_float(value: Any) -> str:
    """Return the fewest digits that give the same number again in its own precision."""
    text = str(value)
    is_same = value.dtype.type(float(text)) == value
    return text if is_same else repr(float(value))


def _write_parts(parts: list[Any] | tuple[Any, ...], indent: int) -> str:
    opening, closing = "[]" if isinstance(parts, list) else "()"
    written = [_write(part, indent + 1) for part in parts]
    end = "," if isinstance(parts, tuple) and len(parts) == 1 else ""
    line = f"{opening}{', '.join(written)}{end}{closing}"
    if "\n" not in line and len(line) + indent <= _WIDTH:
        return line
    if all(isinstance(part, bool | int | float | np.generic) for part in parts):
        return opening + _fill(written, indent + 1) + end + closing
    return opening + (",\n" + " " * (indent + 1)).join(written) + end + closing


def _fill(words: list[str], indent: int) -> str:
    """Join words by commas, as many in a line as it takes."""
    lines, room = [[words[0]]], _WIDTH - indent - len(words[0])
    for word in words[1:]:
        if room < len(word) + 3:
            lines.append([])
            room = _WIDTH - indent
        lines[-1].append(word)
        room -= len(word) + 2
    return (",\n" + " " * indent).join(", ".join(line) for line in lines)


def _write_array(array: np.ndarray[Any, Any], indent: int) -> str:
    if type(array) is not np.ndarray or array.dtype.kind not in "biufU":
        raise _UnwritableError(f"an array of {array.dtype}")
    if not array.dtype.isnative:
        raise _UnwritableError("an array in another byte order")
    if not array.size:
        return f"np.zeros({array.shape}, dtype={_name_dtype(array.dtype)})"
    opening, closing = "np.array(", ")"
    # The order of the entries in memory, which the copy that an answer gets keeps, can be what it
    # gets wrong.
    flags = array.copy(order="K").flags
    if not flags.c_contiguous:
        if not flags.f_contiguous:
            raise _UnwritableError("an array whose axes lie in another order in memory")
        opening, closing = "np.asfortranarray(np.array(", "))"
    dtype = "" if array.dtype in _DEFAULTS else f", dtype={_name_dtype(array.dtype)}"
    return opening + _write_entries(array, indent + len(opening)) + dtype + closing


def _name_dtype(dtype: np.dtype[Any]) -> str:
    if dtype.kind in "bU":
        return "bool" if dtype.kind == "b" else repr(dtype.str)
    return f"np.{dtype.name}"


def _write_entries(array: Any, indent: int) -> str:
    if array.ndim == 0:
        # A float array must not become one of integers.
        is_float = array.dtype.kind == "f" and np.isfinite(array[()])
        return _write_float(array[()]) if is_float else _write_number(array.item())
    if array.ndim == 1:
        entries = [_write_entries(entry, 0) for entry in map(np.asarray, array)]
        return "[" + _fill(entries, indent + 1) + "]"
    rows = [_write_entries(row, indent + 1) for row in array]
    return "[" + (",\n" + " " * (indent + 1)).join(rows) + "]"
