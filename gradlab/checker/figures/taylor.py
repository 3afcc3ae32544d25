"""A Taylor test: what the gradient leaves of the change of the loss along a direction."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from gradlab.differences.convergence import OrderFit, fit_order
from gradlab.support.drawing import BLUE, RED, Drawing, new_figure
from gradlab.support.floats import FloatArray

_CHANGE: dict[str, Any] = {"color": RED, "linestyle": "", "marker": "s", "markersize": 5}
_REMAINDER: dict[str, Any] = {"color": BLUE, "linestyle": "", "marker": "o", "markersize": 5}

# Logarithmic axes end here.
_TINY = 1e-300
# A line of an order has at least so many steps, no further than so many decades away from it.
_FEWEST, _STRAIGHT = 5, 0.1


def plot_taylor(steps: FloatArray, first: FloatArray, second: FloatArray, passed: bool) -> Drawing:
    """Draw a Taylor test: the change of the loss along a direction, and what g leaves of it.

    Parameters
    ----------
    steps : ndarray of float, shape (n,)
        The steps t, positive.
    first : ndarray of float, shape (n,)
        ``|f(theta + t v) - f(theta)|``, which shrinks with t.
    second : ndarray of float, shape (n,)
        ``|f(theta + t v) - f(theta) - t g.v|``, which shrinks with t^2 if the gradient g is right
        along v, and with t if it is wrong. Zeros, and what is not finite, are left out.
    passed : bool
        Whether the gradient passed its check, which the title says first.

    Returns
    -------
    Drawing
        The figure and its alternative text.

    Notes
    -----
    The order is that of `gradlab.fit_order`, over the smallest steps whose remainders
    still are a straight line, that is, above rounding.

    Source: P. E. Farrell, D. A. Ham, S. W. Funke and M. E. Rognes, "Automated derivation of the
    adjoint of high-level transient finite element programs", SIAM Journal on Scientific Computing
    35 (2013), C369-C393.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.figures.taylor import plot_taylor
    >>> t = 10.0 ** -np.arange(1.0, 6.0, 0.5)
    >>> drawing = plot_taylor(t, 3 * t + t**2, t**2, passed=True)
    >>> drawing.figure.axes[0].get_title()
    'PASS: the remainder shrinks with t²'
    """
    t = np.asarray(steps, dtype=np.float64)
    order = np.argsort(t)
    t, change, remainder = t[order], np.asarray(first)[order], np.asarray(second)[order]
    figure, axes = new_figure()
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("step t")
    axes.set_ylabel("change of the loss")
    lines = []
    for values, power, name, style in (
        (change, 1, "|f(θ + t v) − f(θ)|", _CHANGE),
        (remainder, 2, "|f(θ + t v) − f(θ) − t g·v|", _REMAINDER),
    ):
        line = _line(t, values, change)
        shown = np.where(np.isfinite(values) & (values > 0.0), values, np.nan)
        found = "no clear order" if line is None else f"order {line.order:.1f}"
        axes.plot(t, shown, label=f"{name}: {found}", **style)
        _draw_reference(axes, t, shown, line, power)
        lines.append(line)
    axes.set_xlim(t[0] / 2, t[-1] * 2)
    axes.set_ylim(*_limits(change, remainder))
    orders = ["of no clear order" if line is None else f"of order {_half(line)}" for line in lines]
    alt = (
        f"Taylor test on log-log axes, against the step t from {t[0]:.0e} to {t[-1]:.0e}: "
        f"|f(θ + t v) − f(θ)| (squares), {orders[0]}, and |f(θ + t v) − f(θ) − t g·v| (circles), "
        f"{orders[1]}. The grey lines have slopes 1 (dashed) and 2 (dotted)."
    )
    edge = _end_of_rounding(t, remainder, lines[1])
    if edge:
        axes.axvspan(t[0] / 2, edge, color="0.92", zorder=0, label="rounding")
        alt += " At the smallest steps (grey) the remainder is lost in rounding."
    words = _conclusion(lines[1], passed)
    axes.set_title(words, fontsize=11)
    axes.legend(loc="best", fontsize=9)
    return Drawing(figure, f"{alt} {words}.")


class _Line(NamedTuple):
    """A straight part of a log-log plot, ``constant t^order`` from `low` to `high`."""

    order: float
    constant: float
    low: float
    high: float


def _line(t: FloatArray, values: FloatArray, change: FloatArray) -> _Line | None:
    """Return the straight part at the smallest steps above rounding; None if there is none."""
    usable = np.isfinite(values) & (values > _last_digit(change))
    t, values = t[usable], values[usable]
    found = None
    while t.size >= _FEWEST:
        fit = fit_order(t, values)
        if not _is_straight(fit, t, values):
            break
        found = _Line(fit.slope, fit.constant, float(t[fit.first]), float(t[fit.last]))
        # A small error of the gradient only shows below the steps where t^2 is larger.
        t, values = t[: fit.first], values[: fit.first]
    return found


def _last_digit(change: FloatArray) -> float:
    """Return the last digit of the losses, which every change of the loss is a multiple of.

    A remainder below it is rounding, even where it looks like the straight line of a wrong
    gradient: where the loss does not move at all, t g.v is all that is left.
    """
    change = change[np.isfinite(change) & (change > 0.0)]
    if not change.size:
        return math.inf
    mantissas, exponents = np.frexp(change)
    whole = (mantissas * 2.0**53).astype(np.int64)
    return float(np.ldexp((whole & -whole).astype(np.float64), exponents - 53).min())


def _is_straight(fit: OrderFit, t: FloatArray, values: FloatArray) -> bool:
    part = slice(fit.first, fit.last + 1)
    apart = np.log10(values[part]) - np.log10(fit.constant) - fit.slope * np.log10(t[part])
    long_enough = fit.last - fit.first + 1 >= _FEWEST
    return bool(long_enough and fit.slope > 0.75 and np.abs(apart).max() <= _STRAIGHT)


def _end_of_rounding(t: FloatArray, remainder: FloatArray, line: _Line | None) -> float:
    """Return below which step remainders are off their line; 0 if fewer than two are."""
    if line is None:
        return 0.0
    expected = line.constant * t**line.order
    lost = (t < line.low) & ~((remainder > expected / 2.0) & (remainder < expected * 2.0))
    places = np.flatnonzero(lost)
    if places.size < 2:
        return 0.0
    return math.sqrt(float(t[places[-1]]) * float(t[places[-1] + 1]))


def _draw_reference(
    axes: Any, t: FloatArray, shown: FloatArray, line: _Line | None, power: int
) -> None:
    """Draw the line of slope `power` through the upper end of the line found, or of the data."""
    known = np.flatnonzero(np.isfinite(shown))
    if not known.size:
        return
    place = float(t[known[-1]]) if line is None else line.high
    height = float(shown[known[-1]]) if line is None else line.constant * place**line.order
    style = "--" if power == 1 else ":"
    ends = t[[0, -1]]
    with np.errstate(all="ignore"):
        heights = height * (ends / place) ** power
    label = f"slope {power}"
    axes.plot(ends, heights, color="0.45", linestyle=style, linewidth=1.3, zorder=1, label=label)


def _limits(change: FloatArray, remainder: FloatArray) -> tuple[float, float]:
    """Return limits around whatever is drawn, so that the reference lines do not widen them."""
    values = np.concatenate([change, remainder])
    values = values[np.isfinite(values) & (values > 0.0)]
    if not values.size:
        return 1e-16, 1.0
    return max(float(values.min()) / 5, _TINY), float(values.max()) * 5


def _half(line: _Line) -> str:
    # To the nearest half, which rounding does not change.
    return f"{round(2 * line.order) / 2:g}"


def _conclusion(line: _Line | None, passed: bool) -> str:
    verdict = "PASS" if passed else "FAIL"
    if line is None:
        return f"{verdict}: no order can be told from the remainder"
    order = _half(line)
    shrinks = {"2": "with t²", "1": "only with t"}.get(order, f"with t to the power {order}")
    agree = passed == (float(order) >= 2.0)
    between = "" if agree else "though along this v "
    return f"{verdict}{':' if agree else ','} {between}the remainder shrinks {shrinks}"
