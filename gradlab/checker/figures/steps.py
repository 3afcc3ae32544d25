"""One entry: how far the central differences are from its gradient, over the steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradlab.checker.measuring.slopes import NOISE_FACTOR
from gradlab.differences.budget import error_budget
from gradlab.support.drawing import BLACK, BLUE, PURPLE, RED, Drawing, new_figure
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray

_MEASURED: dict[str, Any] = {"color": BLUE, "linestyle": "", "marker": "o", "markersize": 5}
_ZERO: dict[str, Any] = _MEASURED | {"marker": "v", "markersize": 7, "fillstyle": "none"}
_STAR: dict[str, Any] = {"color": BLACK, "linestyle": "", "marker": "*", "markersize": 14}
# A window over which a slope is called steady ends at this many times its first step: a
# truncation error, which grows with h^2, would change by a factor of 64 there.
_WINDOW = 8.0
# Logarithmic axes end here.
_TINY = 1e-300


def plot_steps(
    steps: FloatArray,
    slopes: FloatArray,
    gradient: float,
    noise: float,
    third_derivative: float,
    name: str,
) -> Drawing:
    """Draw how far the central differences of one entry are from its gradient, over the steps.

    Parameters
    ----------
    steps : ndarray of float, shape (n,)
        The steps h, positive.
    slopes : ndarray of float, shape (n,)
        The central difference D(h) for each; those that are not finite are left out.
    gradient : float
        The gradient's entry.
    noise : float
        sigma, the error of one loss; nan if it is unknown.
    third_derivative : float
        The loss's third derivative along this entry; nan if it is unknown.
    name : str
        The entry, such as ``W1[3, 2]``.

    Returns
    -------
    Drawing
        The figure and its alternative text.

    Notes
    -----
    The predicted lines are those of `gradlab.error_budget`: ``h^2 |f'''| / 6`` and
    ``sigma / h``. The gradient is off where the differences hardly change over a factor of eight
    in the step, and still keep away from it.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.figures.steps import plot_steps
    >>> h = 10.0 ** -np.arange(1.0, 6.0, 0.5)
    >>> slopes = (np.exp(h) - np.exp(-h)) / (2 * h)  # of exp at 0
    >>> drawing = plot_steps(h, slopes, gradient=1.5, noise=1e-16, third_derivative=1.0, name="w")
    >>> drawing.figure.axes[0].get_title()
    'w: the differences stay 0.5 away from the gradient'
    """
    h, D = np.asarray(steps, dtype=np.float64), np.asarray(slopes, dtype=np.float64)
    with np.errstate(all="ignore"):
        errors = np.abs(D - gradient)
    figure, axes = new_figure()
    drawn, bottom = _draw_budget(axes, h, noise, third_derivative)
    drawn += _draw_measured(axes, h, errors, bottom)
    words, flat = _reading(h, D, gradient, noise)
    if flat:
        axes.axhline(flat, color=BLACK, linewidth=1.2, zorder=1, label="flat: it is off by this")
    axes.set_title(f"{name}: the differences {words}", fontsize=11)
    axes.set_xlabel("step h")
    axes.set_ylabel("|D(h) − gradient|")
    if axes.get_lines():
        # Where nothing is: within the V, or below the flat line.
        axes.legend(loc="lower left" if flat else "upper center", fontsize=9)
    alt = (
        f"|D(h) − gradient| of {name} against the step h from {h.min():.0e} to {h.max():.0e}, on "
        f"log-log axes: {', '.join(drawn) or 'nothing to draw'}. The differences {words}."
    )
    return Drawing(figure, alt)


def _draw_budget(
    axes: Any, h: FloatArray, noise: float, third_derivative: float
) -> tuple[list[str], float]:
    """Draw what is predicted, as far as it is known; return what it is, and the least error."""
    known = [value if math.isfinite(value) else 0.0 for value in (third_derivative, noise)]
    budget = error_budget("central", *known)
    drawn = []
    line = np.geomspace(h.min(), h.max(), 50)
    if budget.derivative:
        label = "truncation, h² |f‴| / 6"
        axes.plot(line, budget.truncation(line), color=RED, linestyle="--", label=label)
        drawn.append("the predicted truncation line (dashed, rising with h)")
    if budget.noise:
        axes.plot(
            line, budget.rounding(line), color=PURPLE, linestyle=":", label="rounding, σ / h"
        )
        drawn.append("the predicted rounding line (dotted, falling with h)")
    if len(drawn) < 2:
        # The least that is drawn of the one line there is.
        return drawn, float(budget.total(line).min())
    axes.plot([budget.best_step], [budget.best_error], label="best step predicted", **_STAR)
    exponent = round(math.log10(budget.best_step))
    return [*drawn, f"a star at the predicted best step, near 1e{exponent}"], budget.best_error


def _draw_measured(axes: Any, h: FloatArray, errors: FloatArray, bottom: float) -> list[str]:
    """Draw what was measured, and choose the limits of the axes; return what was drawn."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    positive = errors[np.isfinite(errors) & (errors > 0.0)]
    sizes = np.r_[positive, bottom] if bottom > 0.0 else positive
    low, high = (sizes.min(), sizes.max()) if sizes.size else (1e-16, 1.0)
    floor = max(low / 10, _TINY)
    axes.set_ylim(floor / 2, high * 10)
    axes.set_xlim(h.min() / 2, h.max() * 2)
    drawn = []
    if positive.size:
        shown = np.where(np.isfinite(errors) & (errors > 0.0), errors, np.nan)
        axes.plot(h, shown, label="measured", **_MEASURED)
        drawn.append("measured points (circles)")
    zero = errors == 0.0
    if zero.any():
        axes.plot(h[zero], np.full(zero.sum(), floor), label="measured, exactly 0", **_ZERO)
        drawn.append("triangles at the floor where the difference is exactly 0")
    missing = np.count_nonzero(~np.isfinite(errors))
    if missing:
        drawn.append(f"{missing} of {h.size} steps left out because they are not finite")
    return drawn


def _reading(h: FloatArray, D: FloatArray, gradient: float, noise: float) -> tuple[str, float]:
    """Say how near the differences come to the gradient; return how far they stay away, or 0."""
    if not math.isfinite(gradient):
        return "cannot be compared with a gradient that is not finite", 0.0
    if not math.isfinite(noise):
        return "cannot be judged while the noise of the loss is unknown", 0.0
    finite = np.isfinite(D)
    order = np.argsort(h[finite])
    h, D = h[finite][order], D[finite][order]
    if h.size < 3 or h[-1] < _WINDOW * h[0]:
        return "are finite at too few steps to tell", 0.0
    # What rounding makes of the changes of the loss, at the least.
    sigma = max(noise, UNIT_ROUNDOFF * float(np.abs(h * D).max()))
    best = (math.inf, math.inf)
    for start in range(h.size - 2):
        end = max(int(np.searchsorted(h, _WINDOW * h[start])), start + 2)
        if end < h.size:
            part = D[start : end + 1]
            doubt = float(np.ptp(part)) + NOISE_FACTOR * sigma / float(h[start])
            best = min(best, (doubt, abs(float(np.mean(part)) - gradient)))
    doubt, distance = best
    if distance > 3.0 * doubt:
        return f"stay {distance:.2g} away from the gradient", distance
    # Below that, all of it is rounding.
    near = max(distance, doubt, 1e-7 * abs(gradient))
    if near == 0.0:
        return "are the gradient", 0.0
    return f"come within 1e{math.floor(math.log10(near)) + 1} of the gradient", 0.0
