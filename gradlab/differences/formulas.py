"""Derivatives by differences: the slope of ``f`` at ``x`` from values of ``f`` near ``x``.

Every function here takes ``f(x)``, acting on each entry of ``x`` by itself, and returns the
derivative at each entry. The formulas and their error terms are derived in lessons 1 and 2;
they stand in any numerical analysis text, for instance Burden and Faires, *Numerical
Analysis*, section 4.1.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gradlab.differences.steps import (
    FloatingArray,
    best_step_unchecked,
    read_points,
    read_step,
    unwrap,
)

__all__ = [
    "backward_difference",
    "central_difference",
    "complex_step",
    "five_point_difference",
    "forward_difference",
    "richardson",
]

Function = Callable[[Any], Any]


def forward_difference(f: Function, x: ArrayLike, h: ArrayLike | None = None) -> Any:
    """Slope of the chord from x to x + h: ``(f(x + h) - f(x)) / h``.

    The error is ``h f''(xi) / 2`` for some xi between x and x + h, plus rounding of about
    ``2 u |f| / h``. A given `h` is used as it is: where it is below half the gap between the
    floats at x, x + h is x, and the slope 0.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x` (a scalar for a scalar `x`) and returns one.
    x : array_like of real numbers
        Where the slope is wanted. Integers are converted to float64; float32 is kept, with
        a warning.
    h : array_like, optional
        The step, positive and finite, in the units of `x`; it is broadcast to `x`.
        Default: ``best_step(x, "forward")``.

    Returns
    -------
    float or ndarray
        The slope at each entry of `x`; a float if `x` is a scalar.

    Raises
    ------
    ValueError
        If `h` is zero, negative or not finite, if `x` is not finite, or if `f` returns
        another shape than that of `x`.
    TypeError
        If `x`, `h` or the values of `f` are not real numbers.

    Examples
    --------
    >>> from gradlab import forward_difference
    >>> forward_difference(lambda x: x**2, 3.0, h=0.5)
    6.5
    """
    points = read_points(x)
    step = read_step(h, points, "forward")
    return unwrap((evaluate(f, points + step) - evaluate(f, points)) / step)


def backward_difference(f: Function, x: ArrayLike, h: ArrayLike | None = None) -> Any:
    """Slope of the chord from x - h to x: ``(f(x) - f(x - h)) / h``.

    The error is ``-h f''(xi) / 2`` for some xi between x - h and x, plus rounding of about
    ``2 u |f| / h``.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x` (a scalar for a scalar `x`) and returns one. It is
        called at x - h and x.
    x : array_like of real numbers
        Where the slope is wanted. Integers become float64; float32 stays, with a warning.
    h : array_like, optional
        The step, positive and finite, in the units of `x`; it is broadcast to `x`.
        Default: ``best_step(x, "backward")``.

    Returns
    -------
    float or ndarray
        The slope at each entry of `x`; a float if `x` is a scalar.

    Raises
    ------
    ValueError, TypeError
        As `forward_difference`.

    Examples
    --------
    >>> from gradlab import backward_difference
    >>> backward_difference(lambda x: x**2, 3.0, h=0.5)
    5.5
    """
    points = read_points(x)
    step = read_step(h, points, "backward")
    return unwrap((evaluate(f, points) - evaluate(f, points - step)) / step)


def central_difference(f: Function, x: ArrayLike, h: ArrayLike | None = None) -> Any:
    """Slope of the chord from x - h to x + h: ``(f(x + h) - f(x - h)) / (2 h)``.

    The error is ``h^2 f'''(xi) / 6`` for some xi between x - h and x + h, plus rounding of
    about ``u |f| / h``.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x` (a scalar for a scalar `x`) and returns one. It is
        called at x - h and x + h.
    x : array_like of real numbers
        Where the slope is wanted. Integers become float64; float32 stays, with a warning.
    h : array_like, optional
        The step, positive and finite, in the units of `x`; it is broadcast to `x`.
        Default: ``best_step(x, "central")``.

    Returns
    -------
    float or ndarray
        The slope at each entry of `x`; a float if `x` is a scalar.

    Raises
    ------
    ValueError, TypeError
        As `forward_difference`.

    Examples
    --------
    >>> from gradlab import central_difference
    >>> central_difference(lambda x: x**2, 3.0, h=0.5)
    6.0
    >>> central_difference(lambda x: x**2, [1, 2, 3], h=0.25)
    array([2., 4., 6.])
    """
    points = read_points(x)
    step = read_step(h, points, "central")
    return unwrap((evaluate(f, points + step) - evaluate(f, points - step)) / (2 * step))


def five_point_difference(f: Function, x: ArrayLike, h: ArrayLike | None = None) -> Any:
    """Slope of the quartic through x - 2h, x - h, x, x + h and x + 2h.

    ``(8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / (12 h)``: the value at x itself
    has weight 0. The error is ``-h^4 f^(5)(xi) / 30`` for some xi within 2h of x, plus
    rounding of about ``3 u |f| / (2 h)``.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x` (a scalar for a scalar `x`) and returns one. It is
        called at x - h, x + h, x - 2h and x + 2h.
    x : array_like of real numbers
        Where the slope is wanted. Integers become float64; float32 stays, with a warning.
    h : array_like, optional
        The step, positive and finite, in the units of `x`; it is broadcast to `x`.
        Default: ``best_step(x, "five_point")``.

    Returns
    -------
    float or ndarray
        The slope at each entry of `x`; a float if `x` is a scalar.

    Raises
    ------
    ValueError, TypeError
        As `forward_difference`.

    Examples
    --------
    >>> from gradlab import five_point_difference
    >>> five_point_difference(lambda x: x**4, 1.0, h=0.5)
    4.0
    """
    points = read_points(x)
    step = read_step(h, points, "five_point")
    near = evaluate(f, points + step) - evaluate(f, points - step)
    far = evaluate(f, points + 2 * step) - evaluate(f, points - 2 * step)
    return unwrap((8 * near - far) / (12 * step))


def richardson(f: Function, x: ArrayLike, h: ArrayLike | None = None) -> Any:
    """Two central differences, with h and h/2, combined so that their h^2 errors cancel.

    ``(4 D(h/2) - D(h)) / 3``, where D is the central difference (Richardson 1911). The error
    is ``-h^4 f^(5)(xi) / 480`` for some xi within h of x, plus rounding of about
    ``3 u |f| / h``.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x` (a scalar for a scalar `x`) and returns one. It is
        called at x - h, x + h, x - h/2 and x + h/2.
    x : array_like of real numbers
        Where the slope is wanted. Integers become float64; float32 stays, with a warning.
    h : array_like, optional
        The step, positive and finite, in the units of `x`; it is broadcast to `x`.
        Default: ``best_step(x, "richardson")``.

    Returns
    -------
    float or ndarray
        The slope at each entry of `x`; a float if `x` is a scalar.

    Raises
    ------
    ValueError, TypeError
        As `forward_difference`.

    Examples
    --------
    >>> from gradlab import richardson
    >>> richardson(lambda x: x**4, 1.0, h=1.0)
    4.0
    """
    points = read_points(x)
    step = read_step(h, points, "richardson")
    wide = (evaluate(f, points + step) - evaluate(f, points - step)) / (2 * step)
    narrow = (evaluate(f, points + step / 2) - evaluate(f, points - step / 2)) / step
    return unwrap((4 * narrow - wide) / 3)


def complex_step(f: Function, x: ArrayLike, h: ArrayLike = 1e-20) -> Any:
    """Slope from one value beside the real line: ``Im f(x + i h) / h``.

    Nothing is subtracted, so nothing cancels and h can be tiny: the error ``-h^2 f'''/6`` is
    then far below rounding (Squire and Trapp 1998, SIAM Review 40(1)). It holds only where
    f is analytic and is computed in complex arithmetic all the way. ``abs``, ``conj``,
    ``max``, comparisons and ``.real`` break that; a result without an imaginary part is
    refused, but a wrong imaginary part (``conj`` flips its sign) is not noticed.

    Parameters
    ----------
    f : callable
        Takes a complex array of the shape of `x` and returns one.
    x : array_like of real numbers
        Where the slope is wanted; see `forward_difference`.
    h : array_like, optional
        The step along the imaginary axis. Default: 1e-20.

    Returns
    -------
    float or ndarray
        The slope at each entry of `x`; a float if `x` is a scalar.

    Raises
    ------
    TypeError
        If `f` returns real values or discards the imaginary part along the way.
    ValueError
        If the imaginary part is 0 where f does change with x, or not 0 on the real line
        itself, and as in `forward_difference`.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab import complex_step
    >>> round(complex_step(np.exp, 0.0), 14)
    1.0
    """
    points = read_points(x)
    step = read_step(h, points, "central")
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            values = np.asarray(f(points + 1j * step))
        except np.exceptions.ComplexWarning:
            raise TypeError(
                _explain_lost_slope(f, "discarded the imaginary part along the way")
            ) from None
    if not np.iscomplexobj(values):
        raise TypeError(
            _explain_lost_slope(f, f"returned real values ({values.dtype}) for a complex argument")
        )
    _require_shape(f, values, points)
    # Larger than the step would make it: perhaps it is there without the step, too.
    large = np.abs(values.imag) > 1e-6 * np.abs(values.real)
    if large.any() and np.any(large & (np.imag(f(points + 0j)) != 0)):
        raise ValueError(
            _explain_lost_slope(f, "has an imaginary part at x itself, as on a branch cut")
        )
    zero = values.imag == 0
    if zero.any() and np.any(zero & _find_lost_slopes(f, points, step)):
        raise ValueError(
            _explain_lost_slope(f, "returned the imaginary part 0 where it changes with x")
        )
    return unwrap(values.imag / step)


def evaluate(f: Function, points: FloatingArray) -> FloatingArray:
    """Return the values of `f`; raise unless they are real and of the shape of `points`."""
    # A copy, so that an f that works in place cannot change x; [()] turns a 0-d x into a scalar.
    values = np.asarray(f(np.array(points)[()]))
    if values.dtype.kind in "iub":
        values = values.astype(points.dtype)
    if values.dtype.kind != "f":
        raise TypeError(f"{_name(f)} returned values of type {values.dtype}; it must return reals")
    _require_shape(f, values, points)
    return values


def _require_shape(f: Function, values: NDArray[Any], points: FloatingArray) -> None:
    if values.shape == points.shape:
        return
    raise ValueError(
        f"{_name(f)} returned shape {values.shape} for x of shape {points.shape}; it must "
        "return one value for each entry of x, in the same shape"
    )


def _find_lost_slopes(
    f: Function, points: FloatingArray, step: FloatingArray
) -> NDArray[np.bool_]:
    """Return where real differences see a slope but f has no imaginary part.

    The imaginary part must be 0 at the neighbouring points too (otherwise x merely sits near a
    kink) and with a large step (otherwise it was merely too small for a float).
    """

    def real(x: Any) -> Any:
        return np.real(f(x))

    def has_none(x: FloatingArray, h: FloatingArray) -> NDArray[np.bool_]:
        return np.asarray(np.imag(f(x + 1j * h)) == 0)

    wide = 8 * best_step_unchecked(points, "central")
    with np.errstate(all="ignore"):
        rise = evaluate(real, points + wide) - evaluate(real, points - wide)
        high, low = evaluate(real, points + wide / 8), evaluate(real, points - wide / 8)
        noise = 32 * np.finfo(points.dtype).eps * np.maximum(np.abs(high), np.abs(low))
        # A slope, and one that stays as the step shrinks.
        changes = (np.abs(high - low) > noise) & (8 * np.abs(high - low) > np.abs(rise) / 2)
        silent = has_none(points + wide, step) & has_none(points - wide, step)
        return np.asarray(changes & silent & has_none(points, wide))


def _explain_lost_slope(f: Function, what: str) -> str:
    return (
        f"{_name(f)} {what}, so the complex step sees no slope; look for abs, max, conj, "
        ".real, float(), a real array that is filled, or a log or root of negative numbers, or "
        "use central_difference"
    )


def _name(f: Function) -> str:
    name = getattr(f, "__name__", "f")
    return "f" if name == "<lambda>" else str(name)
