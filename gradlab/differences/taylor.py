"""Taylor polynomials, and how far they are from their function.

What a difference leaves out are the further terms of a Taylor series: `budget` turns them into the
error of a formula. Lesson 2 derives it.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gradlab.differences.steps import unwrap
from gradlab.support.arguments import read_number, read_reals

__all__ = ["lagrange_bound", "taylor_polynomial"]


def taylor_polynomial(derivatives: Sequence[float], x0: float, x: ArrayLike) -> Any:
    """Return the Taylor polynomial of f about x0: ``sum of f^(k)(x0) (x - x0)^k / k!``.

    Parameters
    ----------
    derivatives : sequence of float
        ``[f(x0), f'(x0), f''(x0), ...]``, at least the first; n + 1 of them give the polynomial
        of degree n.
    x0 : float
        The point about which f is expanded.
    x : array_like of real numbers
        Where the polynomial is evaluated.

    Returns
    -------
    float or ndarray
        The polynomial at each entry of `x`; a float if `x` is a scalar.

    Raises
    ------
    ValueError
        If `derivatives` is empty or not one-dimensional, or if it or `x0` is not finite.
    TypeError
        If an argument is not made of real numbers.

    Notes
    -----
    Horner's rule, with the factorial spread over the steps:
    ``f + d (f' + d/2 (f'' + d/3 (f''' + ...)))``, where ``d = x - x0``. So no power and no
    factorial can overflow by itself. Source: Apostol, *Calculus*, volume 1, section 7.1.

    Examples
    --------
    >>> from gradlab import taylor_polynomial
    >>> taylor_polynomial([1, 1, 1], 0, 0.5)  # exp about 0, degree 2
    1.625
    """
    coefficients = read_reals(derivatives, "derivatives")
    if coefficients.ndim != 1 or coefficients.size == 0:
        raise ValueError(
            f"derivatives has shape {coefficients.shape}; it must be a list of at least one "
            "number, [f(x0), f'(x0), ...]"
        )
    if not np.all(np.isfinite(coefficients)):
        raise ValueError("derivatives has an entry that is NaN or infinite; all must be finite")
    d = read_reals(x, "x") - read_number(x0, "x0")
    value = np.full(d.shape, coefficients[-1])
    for k in range(coefficients.size - 1, 0, -1):
        value = coefficients[k - 1] + d / k * value
    return unwrap(value)


def lagrange_bound(derivative_bound: ArrayLike, degree: int, x0: float, x: ArrayLike) -> Any:
    """Bound the error of a Taylor polynomial: ``M |x - x0|^(n + 1) / (n + 1)!``.

    By Taylor's theorem the error is ``f^(n + 1)(xi) (x - x0)^(n + 1) / (n + 1)!`` for some xi
    strictly between x0 and x (Lagrange's form of the remainder), so it is at most this large.

    Parameters
    ----------
    derivative_bound : array_like of real numbers
        M, at least as large as ``|f^(n + 1)|`` everywhere between `x0` and `x`; one number, or
        one for each entry of `x`.
    degree : int
        n, the degree of the polynomial; 0 or more.
    x0 : float
        The point about which f is expanded.
    x : array_like of real numbers
        Where the error is wanted.

    Returns
    -------
    float or ndarray
        The bound at each entry of `x`, in the units of f; a float if `x` is a scalar. It is the
        bound of exact arithmetic: rounding adds a few ``u |f|``.

    Raises
    ------
    ValueError
        If `derivative_bound` is negative or not finite, `degree` is negative, or `x0` is not
        finite.
    TypeError
        If `degree` is not an integer, or another argument is not made of real numbers.

    Notes
    -----
    Source: Apostol, *Calculus*, volume 1, section 7.7.

    Examples
    --------
    >>> from gradlab import lagrange_bound
    >>> lagrange_bound(2.0, 2, 0.0, 0.5)  # exp is at most 2 from 0 to 0.5; 2 (1/8) / 6
    0.041666666666666664
    """
    bound = read_reals(derivative_bound, "derivative_bound")
    if not np.all(np.isfinite(bound)) or np.any(bound < 0):
        raise ValueError(
            f"derivative_bound is {derivative_bound!r}; it must be finite and not negative, since "
            f"it bounds the absolute value of a derivative"
        )
    try:
        n = operator.index(degree)
    except TypeError:
        raise TypeError(f"degree is {degree!r}; it must be an integer") from None
    if n < 0:
        raise ValueError(f"degree is {n}; a polynomial has degree 0 or more")
    distance = np.abs(read_reals(x, "x") - read_number(x0, "x0"))
    value = np.broadcast_to(bound, np.broadcast_shapes(bound.shape, distance.shape))
    for k in range(1, n + 2):
        value = value * (distance / k)
    return unwrap(np.asarray(value))
