"""Convergence: the error of a difference measured step by step, and the order read off it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gradlab.differences import formulas
from gradlab.differences.formulas import Function
from gradlab.differences.steps import require_method
from gradlab.support.arguments import read_number, read_point, read_reals, read_steps
from gradlab.support.floats import FloatArray

__all__ = ["OrderFit", "fit_order", "sweep"]

_FORMULAS = {
    "forward": formulas.forward_difference,
    "backward": formulas.backward_difference,
    "central": formulas.central_difference,
    "five_point": formulas.five_point_difference,
    "richardson": formulas.richardson,
    "complex_step": formulas.complex_step,
}

# Every stretch of a log-log plot is charged this many extra residuals of this size, in decades.
# Without them, three points that happen to lie on a line would beat a long stretch.
_EXTRA, _RESIDUAL = 3, 0.02


def sweep(
    f: Function,
    x: float | np.floating[Any],
    slope: float,
    method: str,
    steps: ArrayLike | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Measure the error of a difference for each of many steps.

    Parameters
    ----------
    f : callable
        Takes a number and returns one; for "complex_step", a complex one.
    x : float
        Where the slope is measured. For a `numpy.float32` the arithmetic is that of float32.
        The differences warn about it; a sweep does not, because it shows the cost.
    slope : float
        The true derivative ``f'(x)``.
    method : {"forward", "backward", "central", "five_point", "richardson", "complex_step"}
        The formula.
    steps : array_like of float, shape (n,), optional
        Positive, in the units of `x`. Default: half-decades from 1e-1 down to 1e-15.

    Returns
    -------
    steps, errors : ndarray of float64, shape (n,)
        The steps, and ``|difference - slope|`` for each; nan or inf where f was not finite. An
        error can be exactly 0: leave zeros out of a log-log plot.

    Raises
    ------
    ValueError
        If `method` is not one of these, `x` or `slope` is not one finite number, or `steps` is
        not a list of positive numbers.
    TypeError
        If an argument is not made of real numbers.

    Examples
    --------
    >>> from gradlab import sweep
    >>> steps, errors = sweep(lambda x: x**3, 1.0, 3.0, "central", steps=[0.5, 0.25])
    >>> errors
    array([0.25  , 0.0625])
    """
    formula = _FORMULAS[require_method(method)]
    point = read_point(x)
    truth = read_number(slope, "slope")
    h = 10.0 ** -np.arange(1.0, 15.25, 0.5) if steps is None else read_steps(steps, "steps")
    if h.ndim != 1:
        raise ValueError(f"steps has shape {h.shape}; it must be a list of steps")
    errors = np.empty(h.size)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", message="x is float", category=UserWarning)
        for i, step in enumerate(h):
            errors[i] = abs(float(formula(f, point, step)) - truth)
    return h, errors


@dataclass(frozen=True)
class OrderFit:
    """A straight line through part of a log-log plot: ``error = constant step^slope``.

    Attributes
    ----------
    slope : float
        The observed order; -1 where rounding dominates.
    constant : float
        The error that the line has at step 1.
    first, last : int
        The ends of the stretch: if `steps` is in order, it is ``steps[first : last + 1]``.
    """

    slope: float
    constant: float
    first: int
    last: int


def fit_order(steps: ArrayLike, errors: ArrayLike) -> OrderFit:
    """Fit the order of a formula: the slope of log(error) against log(step) where it is straight.

    Every stretch of three or more neighbouring steps gets its least-squares line. The one whose
    slope stands out most wins: the greatest ratio of the slope to its standard error, which is
    the root of ``slope^2 sum (log h - mean)^2 (n - 2) / S``, where S is the sum of the squared
    residuals and of three more of 0.02 decades (5%), without which three points that happen to
    lie on a line would win. So a longer stretch wins until it bends: at long steps, where the
    next Taylor term is felt, and at short ones, where rounding scatters the errors. Where the
    truncation branch of a V is short and bent, the long rounding branch, of slope -1, can win:
    in that case pass the steps of one branch only.

    Parameters
    ----------
    steps : array_like of float, shape (n,)
        Positive, in any order.
    errors : array_like of float, shape (n,)
        The error for each step, not negative. Zeros and errors that are not finite are left out.

    Returns
    -------
    OrderFit
        With `slope`, `constant`, `first` and `last`.

    Raises
    ------
    ValueError
        If fewer than three different steps have an error that is positive and finite, if a
        step is not positive or an error is negative, or if the shapes differ.
    TypeError
        If an argument is not made of real numbers.

    Notes
    -----
    Standard error of a slope: Draper and Smith, *Applied Regression Analysis*, section 1.4.

    Examples
    --------
    >>> from gradlab import fit_order
    >>> fit = fit_order([0.1, 0.01, 0.001, 1e-4], [2e-2, 2e-4, 2e-6, 5e-2])
    >>> round(fit.slope, 6), round(fit.constant, 6), fit.first, fit.last
    (2.0, 2.0, 0, 2)
    """
    h, e = read_steps(steps, "steps"), read_reals(errors, "errors")
    if h.ndim != 1 or h.shape != e.shape:
        raise ValueError(
            f"steps has shape {h.shape} and errors {e.shape}; they must be two lists of one length"
        )
    if np.any(e < 0):
        raise ValueError("errors has a negative entry; pass absolute values")
    order = np.argsort(h, kind="stable")
    order = order[np.isfinite(e[order]) & (e[order] > 0)]
    if np.unique(h[order]).size < 3:
        raise ValueError(
            f"steps and errors have {np.unique(h[order]).size} different steps whose error is "
            "positive and finite; a fit needs at least three"
        )
    log_h, log_e = np.log10(h[order]), np.log10(e[order])
    i, j = _straightest(log_h, log_e)
    slope, intercept = np.polyfit(log_h[i : j + 1], log_e[i : j + 1], 1)
    first, last = sorted((int(order[i]), int(order[j])))
    return OrderFit(float(slope), float(10.0**intercept), first, last)


def _straightest(x: FloatArray, y: FloatArray) -> tuple[int, int]:
    """Return the ends of the stretch whose slope is greatest against its standard error."""
    i, j = np.triu_indices(x.size, 2)
    n = j - i + 1

    def sums(values: FloatArray) -> FloatArray:
        total = np.concatenate([[0.0], np.cumsum(values)])
        return np.asarray(total[j + 1] - total[i])

    # Sums over all stretches at once; centred first, so that little cancels.
    x, y = x - x.mean(), y - y.mean()
    sxx = sums(x * x) - sums(x) ** 2 / n
    sxy = sums(x * y) - sums(x) * sums(y) / n
    syy = sums(y * y) - sums(y) ** 2 / n
    # A stretch of one repeated step has no slope.
    usable = sxx > 1e-9
    explained = sxy**2 / np.where(usable, sxx, 1.0)
    left = np.maximum(syy - explained, 0.0) + _EXTRA * _RESIDUAL**2
    t = np.where(usable, explained * (n - 2) / left, -1.0)
    best = int(np.argmax(t))
    return int(i[best]), int(j[best])
