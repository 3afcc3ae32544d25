"""Reading and checking the arguments of a call; every error names the argument."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gradlab.support.floats import FloatArray


def read_reals(value: ArrayLike, name: str) -> FloatArray:
    """Return an array of real numbers as float64."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" and array.size:
        raise TypeError(f"{name} has the type {array.dtype}; it must be made of real numbers")
    return array.astype(np.float64)


def read_number(value: ArrayLike, name: str) -> float:
    """Return one finite number."""
    array = read_reals(value, name)
    if array.shape != () or not np.isfinite(array):
        raise ValueError(f"{name} is {value!r}; it must be one finite number")
    return float(array)


def read_point(x: ArrayLike) -> np.floating[Any]:
    """Return one finite number in its own floating type, or as float64 if it is an integer."""
    read_number(x, "x")
    array = np.asarray(x)
    kind = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
    point: np.floating[Any] = kind.type(array)
    return point


def read_steps(value: ArrayLike, name: str) -> FloatArray:
    """Return an array of positive, finite numbers as float64."""
    steps = read_reals(value, name)
    if not np.all(np.isfinite(steps)) or np.any(steps <= 0.0):
        raise ValueError(
            f"{name} is {value!r}; a step must be positive and finite, for example 1e-5"
        )
    return steps


def is_real(value: Any) -> bool:
    """Return whether a value is a real number, and not True or False."""
    return not isinstance(value, bool) and isinstance(value, Real)


def require_count(name: str, value: Any, least: int = 1) -> None:
    """Raise ValueError unless a value is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} is {value!r}; it must be a whole number >= {least}")


def require_part(name: str, value: Any) -> None:
    """Raise ValueError unless a value is a number from 0 to less than 1."""
    if not is_real(value) or not 0.0 <= value < 1.0:
        raise ValueError(f"{name} is {value!r}; it must be a number from 0 to less than 1")


def require_function(name: str, value: Any) -> None:
    """Raise TypeError unless a value is callable."""
    if not callable(value):
        kind = type(value).__name__
        raise TypeError(f"{name} is of type {kind}; it must be a function")
