"""Taylor polynomials, and what they say about the error of a difference.

A difference is wrong for two reasons: the Taylor terms that its formula leaves out (truncation),
and the error of each value of f, which the division by h enlarges (rounding). `error_budget`
predicts both, `sweep` measures their sum, and `fit_order` reads the order off what was measured.
Lesson 2 derives the formulas.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gradlab.differences import formulas
from gradlab.differences.formulas import ERROR_TERMS, Function
from gradlab.support.arguments import read_number, read_point, read_reals, read_steps
from gradlab.support.floats import FloatArray

__all__ = [
    "ErrorBudget",
    "OrderFit",
    "error_budget",
    "fit_order",
    "lagrange_bound",
    "sweep",
    "taylor_polynomial",
]


_FORMULAS = {
    "forward": formulas.forward_difference,
    "backward": formulas.backward_difference,
    "central": formulas.central_difference,
    "five_point": formulas.five_point_difference,
    "richardson": formulas.richardson,
    "complex_step": formulas.complex_step,
}

# Each stretch of a log-log plot is charged this many residuals of this size, in decades: otherwise
# three points that happen to lie on a line would beat a long stretch.
_EXTRA, _RESIDUAL = 3, 0.02


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
    return _unwrap(value)


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
    return _unwrap(np.asarray(value))


@dataclass(frozen=True)
class ErrorBudget:
    """What the error of a difference is made of; `error_budget` makes one and explains it.

    Attributes
    ----------
    method : str
        The formula.
    derivative : float
        The size of the derivative in the truncation term.
    noise : float
        The absolute error of one value of f.
    """

    method: str
    derivative: float
    noise: float

    def truncation(self, h: ArrayLike) -> Any:
        """Return the truncation error for steps `h`, positive and finite; an array for an array.

        Examples
        --------
        >>> from gradlab import error_budget
        >>> error_budget("forward", derivative=4.0, noise=0.0).truncation([0.5, 0.25])
        array([1. , 0.5])
        """
        terms = ERROR_TERMS[self.method]
        return _unwrap(terms.truncation * self.derivative * read_steps(h, "h") ** terms.order)

    def rounding(self, h: ArrayLike) -> Any:
        """Return the bound of the rounding error for steps `h`; an array for an array.

        Examples
        --------
        >>> from gradlab import error_budget
        >>> error_budget("forward", derivative=4.0, noise=0.125).rounding(0.5)
        0.5
        """
        return _unwrap(ERROR_TERMS[self.method].rounding * self.noise / read_steps(h, "h"))

    def total(self, h: ArrayLike) -> Any:
        """Return truncation plus rounding for steps `h`; an array for an array.

        Examples
        --------
        >>> from gradlab import error_budget
        >>> error_budget("forward", derivative=4.0, noise=0.125).total(0.5)
        1.5
        """
        return self.truncation(h) + self.rounding(h)

    @property
    def best_step(self) -> float:
        """The step where the total is least: inf without truncation, else 0 without rounding.

        Examples
        --------
        >>> from gradlab import error_budget
        >>> error_budget("forward", derivative=4.0, noise=0.25).best_step
        0.5
        """
        terms = ERROR_TERMS[self.method]
        if self.derivative == 0.0:
            return math.inf
        factor = terms.rounding / (terms.order * terms.truncation)
        # Roots before the quotient, so that nothing overflows.
        power = 1 / (terms.order + 1)
        return float(factor**power * self.noise**power / self.derivative**power)

    @property
    def best_error(self) -> float:
        """The total at the best step; 0 where either term is missing.

        Examples
        --------
        >>> from gradlab import error_budget
        >>> error_budget("forward", derivative=4.0, noise=0.25).best_error
        2.0
        """
        terms = ERROR_TERMS[self.method]
        h = self.best_step
        if h in (0.0, math.inf):
            return 0.0
        # At the best step the truncation term is 1/order of the rounding term.
        return (1 + 1 / terms.order) * terms.rounding * self.noise / h


def error_budget(
    method: str, derivative: float, noise: float | None = None, *, value: float = 1.0
) -> ErrorBudget:
    """Predict the error of a difference: truncation ``c D h^k`` plus rounding ``r sigma / h``.

    The rounding term is a bound, not a prediction to the digit: errors of the values of f mostly
    cancel in part, and now and then altogether, so that a measured error lies below the line,
    seldom near it. The truncation term is what the error approaches as h shrinks.

    Parameters
    ----------
    method : {"forward", "backward", "central", "five_point", "richardson", "complex_step"}
        The formula.
    derivative : float
        D, the size of the derivative in the truncation term, near x: f'' for forward and
        backward, f''' for central and complex step, the fifth for five-point and Richardson. Its
        sign does not matter. If it is 0 there is no truncation error, and the longer the step
        the better: `best_step` is inf.
    noise : float, optional
        sigma, the absolute error of one value of f, in the units of f, such as `estimate_noise`
        measures. Default: ``u |value|`` with u = 2^-53, that of float64. If it is 0 (and D is
        not) the shorter the step the better: `best_step` is 0. In both cases `best_error` is the
        limit, 0.
    value : float, optional
        f(x), which the default of `noise` needs. Default: 1.

    Returns
    -------
    ErrorBudget
        With methods ``truncation(h)``, ``rounding(h)`` and ``total(h)`` and the properties
        `best_step` and `best_error`.

    Raises
    ------
    ValueError
        If `method` is not one of these, `derivative` or `value` is not finite, or `noise` is
        negative or not finite.
    TypeError
        If `derivative`, `noise` or `value` is not a real number.

    Notes
    -----
    ============  =  =====  ===  =============================  ==============================
    method        k  c      r    best step                      error there
    ============  =  =====  ===  =============================  ==============================
    forward       1  1/2    2    2 (sigma/D)^(1/2)              2 (sigma D)^(1/2)
    backward      1  1/2    2    the same                       the same
    central       2  1/6    1    (3 sigma/D)^(1/3)              (1/2) (3 sigma)^(2/3) D^(1/3)
    five_point    4  1/30   3/2  (11.25 sigma/D)^(1/5)          (15/8) sigma/h
    richardson    4  1/480  3    (360 sigma/D)^(1/5)            (15/4) sigma/h
    complex_step  2  1/6    0    as short as you like           0
    ============  =  =====  ===  =============================  ==============================

    The complex step subtracts nothing, so its rounding error, about ``u |f'|``, does not grow
    as h shrinks; it is left out. Rounding of x + h itself is no error of f: it moves a
    difference by up to another ``u |x f'| / h``, unless x + h is exact.

    Source: Burden and Faires, *Numerical Analysis*, sections 4.1 and 4.2; for the complex step
    Squire and Trapp, SIAM Review 40 (1998), 110-112.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab import error_budget
    >>> budget = error_budget("central", derivative=np.cos(1.0), value=np.sin(1.0))
    >>> print(f"{budget.best_step:.1e} {budget.best_error:.1e}")
    8.0e-06 1.7e-11
    """
    _require_method(method)
    size = abs(read_number(derivative, "derivative"))
    unit_roundoff = 2.0**-53
    rounded = unit_roundoff * abs(read_number(value, "value"))
    sigma = rounded if noise is None else read_number(noise, "noise")
    if sigma < 0.0:
        raise ValueError(f"noise is {noise}; it is the size of an error, so not negative")
    return ErrorBudget(method, size, sigma)


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
        The differences warn of that; a sweep does not, because it shows what it costs.
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
        error can be 0: so leave zeros out of a log-log plot.

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
    formula = _FORMULAS[_require_method(method)]
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
    """Fit the order of a formula: the slope of log(error) against log(step), where it is straight.

    Every stretch of three or more neighbouring steps gets its least-squares line. The one whose
    slope stands out most wins: the greatest ratio of the slope to its standard error, which is
    the root of ``slope^2 sum (log h - mean)^2 (n - 2) / S``, where S is the sum of the squared
    residuals and of three more of 0.02 decades (5%), without which three points that happen to
    lie on a line would win. So a longer stretch wins until it bends: at long steps, where the
    next Taylor term is felt, and at short ones, where rounding scatters the errors. Where the
    truncation branch of a V is short and bent, the long rounding branch, of slope -1, can win:
    then pass the steps of one branch alone.

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
            "positive and finite; a fit must have at least three"
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
    # Steps that are repeated have no slope.
    usable = sxx > 1e-9
    explained = sxy**2 / np.where(usable, sxx, 1.0)
    left = np.maximum(syy - explained, 0.0) + _EXTRA * _RESIDUAL**2
    t = np.where(usable, explained * (n - 2) / left, -1.0)
    best = int(np.argmax(t))
    return int(i[best]), int(j[best])


def _require_method(method: str) -> str:
    if method not in _FORMULAS:
        raise ValueError(f"method is {method!r}; it must be one of {', '.join(sorted(_FORMULAS))}")
    return method


def _unwrap(values: FloatArray) -> Any:
    return values if values.ndim else float(values)
