"""Steps: how the error of a formula depends on its step, and the step that makes it least."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["best_step"]

# Of any floating type, because a difference is taken in the type of x.
FloatingArray = NDArray[np.floating[Any]]


class ErrorTerms(NamedTuple):
    """The error of a formula: at most ``truncation D h^order + rounding sigma / h``.

    D is the size of the derivative of f of order ``order + 1``, sigma the absolute error of one
    value of f: ``u |f|`` unless something else makes it worse.
    """

    order: int
    truncation: float
    rounding: float


# The truncation factors are those of the remainders, the rounding factors the sums of the
# absolute weights that the formula gives to the values of f.
ERROR_TERMS = {
    "forward": ErrorTerms(1, 1 / 2, 2.0),
    "backward": ErrorTerms(1, 1 / 2, 2.0),
    "central": ErrorTerms(2, 1 / 6, 1.0),
    "five_point": ErrorTerms(4, 1 / 30, 3 / 2),
    "richardson": ErrorTerms(4, 1 / 480, 3.0),
    "complex_step": ErrorTerms(2, 1 / 6, 0.0),
}

# method: (c, p), where h = (c u)^(1/p) minimises truncation plus rounding when f and its
# derivatives are all of size 1. Without a rounding term there is no best step.
_BEST = {
    method: (terms.rounding / (terms.order * terms.truncation), terms.order + 1)
    for method, terms in ERROR_TERMS.items()
    if terms.rounding
}


def best_step(x: ArrayLike, method: str = "central") -> Any:
    """Return the step that balances truncation and rounding when nothing is known about f.

    Where f and its derivatives are of one size on the scale ``s = max(|x|, 1)``, the total
    error is least near ``2 u^(1/2) s`` for forward and backward differences,
    ``(3 u)^(1/3) s`` for central, ``(11.25 u)^(1/5) s`` for five-point and
    ``(360 u)^(1/5) s`` for Richardson; u is the unit round-off of the type of `x`. The step
    returned is the nearest power of two, so that x + h is exact or nearly so.

    Parameters
    ----------
    x : array_like of real numbers
        Where the slope is wanted.
    method : {"central", "forward", "backward", "five_point", "richardson"}, optional
        Which formula the step is for.

    Returns
    -------
    float or ndarray
        The step for each entry of `x`, in the units of `x`; a float if `x` is a scalar.

    Raises
    ------
    ValueError
        If `method` is not one of these, or `x` is not finite.
    TypeError
        If `x` is not made of real numbers.

    Examples
    --------
    >>> from gradlab import best_step
    >>> best_step(1.0) == 2**-17
    True
    >>> best_step([1.0, 1000.0], "forward")
    array([1.49011612e-08, 1.52587891e-05])
    """
    if method not in _BEST:
        raise ValueError(f"method is {method!r}; it must be one of {', '.join(sorted(_BEST))}")
    return unwrap(best_step_unchecked(read_points(x), method))


def best_step_unchecked(points: FloatingArray, method: str) -> FloatingArray:
    """Return the `best_step` for points that are known to be finite floats."""
    factor, order = _BEST[method]
    unit_roundoff = float(np.finfo(points.dtype).eps) / 2
    scale = np.maximum(np.abs(points.astype(np.float64)), 1.0)
    exponent = np.rint(np.log2((factor * unit_roundoff) ** (1 / order) * scale))
    step: FloatingArray = np.ldexp(1.0, exponent.astype(int)).astype(points.dtype)
    return step


def require_method(method: str) -> str:
    """Return the name of a formula; raise ValueError if there is none of this name."""
    if method not in ERROR_TERMS:
        names = ", ".join(sorted(ERROR_TERMS))
        raise ValueError(f"method is {method!r}; it must be one of {names}")
    return method


def read_points(x: ArrayLike) -> FloatingArray:
    """Return finite points as floats; warn the caller's caller if they have few digits."""
    points = np.asarray(x)
    if points.dtype.kind in "iu":
        points = points.astype(np.float64)
    if points.dtype.kind != "f":
        raise TypeError(f"x has the type {points.dtype}; it must be made of real numbers")
    if not np.all(np.isfinite(points)):
        raise ValueError("x has an entry that is NaN or infinite; every entry must be finite")
    if np.finfo(points.dtype).bits < 64:
        warnings.warn(
            f"x is {points.dtype}, so the difference is taken in {points.dtype} and keeps few "
            "digits; pass x.astype(np.float64) for a check you can trust",
            UserWarning,
            stacklevel=3,
        )
    return points


def read_step(h: ArrayLike | None, points: FloatingArray, method: str) -> FloatingArray:
    """Return a step for each point, in their type: `h`, or the best one if it is None."""
    if h is None:
        return best_step_unchecked(points, method)
    step = np.asarray(h)
    if step.dtype.kind not in "iuf":
        raise TypeError(f"h has the type {step.dtype}; it must be a real number")
    if not np.all(np.isfinite(step)) or np.any(step <= 0):
        raise ValueError(f"h is {h}; a step must be positive and finite, for example 1e-5")
    converted = step.astype(points.dtype)
    if np.any(converted == 0):
        raise ValueError(f"h is {h}, which rounds to 0 in {points.dtype}, the type of x")
    try:
        return np.broadcast_to(converted, points.shape)
    except ValueError:
        raise ValueError(
            f"h has shape {step.shape}, which does not fit x of shape {points.shape}; "
            "pass one number, or one step for each entry of x"
        ) from None


def unwrap(values: FloatingArray) -> Any:
    """Return an array as it is, and a 0-d array as a scalar: a float if it is float64."""
    if values.ndim:
        return values
    return float(values) if values.dtype == np.float64 else values[()]
