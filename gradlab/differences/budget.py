"""Error budgets: the error of a difference predicted, as truncation plus rounding.

A difference is wrong for two reasons: the Taylor terms that its formula leaves out (truncation),
and the error of each value of f, which the division by h enlarges (rounding). Lesson 2 derives
the formulas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from gradlab.differences.steps import ERROR_TERMS, require_method, unwrap
from gradlab.support.arguments import read_number, read_steps
from gradlab.support.floats import UNIT_ROUNDOFF

__all__ = ["ErrorBudget", "error_budget"]


@dataclass(frozen=True)
class ErrorBudget:
    """The error of a difference, term by term; `error_budget` makes one and explains it.

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
        return unwrap(terms.truncation * self.derivative * read_steps(h, "h") ** terms.order)

    def rounding(self, h: ArrayLike) -> Any:
        """Return the bound of the rounding error for steps `h`; an array for an array.

        Examples
        --------
        >>> from gradlab import error_budget
        >>> error_budget("forward", derivative=4.0, noise=0.125).rounding(0.5)
        0.5
        """
        return unwrap(ERROR_TERMS[self.method].rounding * self.noise / read_steps(h, "h"))

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

    The rounding term is a bound, not a prediction: the errors of the values of f usually cancel in
    part, and occasionally altogether, so a measured error lies below the line, seldom close to
    it. The truncation term is what the error approaches as h shrinks.

    Parameters
    ----------
    method : {"forward", "backward", "central", "five_point", "richardson", "complex_step"}
        The formula.
    derivative : float
        D, the size of the derivative in the truncation term, near x: f'' for forward and
        backward, f''' for central and complex step, the fifth for five-point and Richardson. Its
        sign does not matter. If it is 0 there is no truncation error, and longer steps are
        always better: `best_step` is inf.
    noise : float, optional
        sigma, the absolute error of one value of f, in the units of f, such as `estimate_noise`
        measures. Default: ``u |value|`` with u = 2^-53, that of float64. If it is 0 (and D is
        not), shorter steps are always better: `best_step` is 0. In both cases `best_error` is the
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
    require_method(method)
    size = abs(read_number(derivative, "derivative"))
    rounded = UNIT_ROUNDOFF * abs(read_number(value, "value"))
    sigma = rounded if noise is None else read_number(noise, "noise")
    if sigma < 0.0:
        raise ValueError(f"noise is {noise}; it must be 0 or more, the size of an error")
    return ErrorBudget(method, size, sigma)
