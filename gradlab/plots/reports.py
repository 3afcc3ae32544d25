"""Figures of a gradient report: every entry's difference, one entry over the steps, a Taylor test.

Each takes arrays and returns a `gradlab.plots.Drawing`: the figure, and its alternative text.
The texts hold no digits that rounding decides, so that they are the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from gradlab.plots.drawing import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, Drawing, new_figure
from gradlab.slopes import NOISE_FACTOR, RESOLUTION, UNIT_ROUNDOFF
from gradlab.taylor import OrderFit, error_budget, fit_order

__all__ = ["plot_blocks", "plot_steps", "plot_taylor"]

FloatArray = NDArray[np.float64]

# From bad to good.
_VERDICTS = ("fail", "inconclusive", "pass")
_MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?"}
_WITHIN: dict[str, Any] = {"color": BLUE, "marker": "o", "markersize": 3.5}
_BEYOND: dict[str, Any] = {"color": RED, "marker": "x", "markersize": 6, "markeredgewidth": 1.5}
_UNSETTLED: dict[str, Any] = {
    "color": ORANGE,
    "marker": "s",
    "markersize": 4.5,
    "markeredgecolor": BLACK,
    "markeredgewidth": 0.6,
}
_TOLERANCE: dict[str, Any] = {
    "color": "0.55",
    "marker": "|",
    "markersize": 7,
    "markeredgewidth": 1.3,
}
_RESOLUTION: dict[str, Any] = {"color": GREEN, "linestyle": "--", "linewidth": 1.5}
_MEASURED: dict[str, Any] = {"color": BLUE, "linestyle": "", "marker": "o", "markersize": 5}
_ZERO: dict[str, Any] = _MEASURED | {"marker": "v", "markersize": 7, "fillstyle": "none"}
_STAR: dict[str, Any] = {"color": BLACK, "linestyle": "", "marker": "*", "markersize": 14}
_CHANGE: dict[str, Any] = {"color": RED, "linestyle": "", "marker": "s", "markersize": 5}
_REMAINDER: dict[str, Any] = {"color": BLUE, "linestyle": "", "marker": "o", "markersize": 5}

# More rows than this cannot be read, nor more dots in one row.
_MOST_BLOCKS, _MOST_DOTS, _WORST_DOTS = 24, 200, 40
# Relative differences outside of these are drawn at the edges.
_LEAST, _GREATEST = 1e-20, 1e20
# Multiples of this part, modulo 1, are spread evenly however many there are.
_GOLDEN = 0.618
# A window over which a slope is called steady ends at this many times its first step: a
# truncation error, which grows with h^2, would change by a factor of 64 there.
_WINDOW = 8.0
# Logarithmic axes end here.
_TINY = 1e-300
# A line of an order has at least so many steps, no further than so many decades away from it.
_FEWEST, _STRAIGHT = 5, 0.1


def plot_blocks(
    names: Sequence[str],
    differences: Sequence[FloatArray],
    tolerances: Sequence[FloatArray],
    verdicts: Sequence[str],
    largest: Sequence[float],
) -> Drawing:
    """Draw how far each entry of a gradient is from its measured slope, a row for each block.

    Parameters
    ----------
    names : sequence of str
        The blocks. Of more than 24, the 24 worst are drawn.
    differences : sequence of ndarray of float, one of shape (n,) for each block
        ``|gradient - slope|`` of each entry; nan and inf are drawn at the right edge, zeros at
        the left. Of more than 200 entries, 200 are drawn: the 40 worst, and others evenly from
        large to small.
    tolerances : sequence of ndarray of float, one of shape (n,) for each block
        How far each slope may be from the truth; inf where it is unknown.
    verdicts : sequence of {"pass", "fail", "inconclusive"}
        One for each block.
    largest : sequence of float
        The largest ``|slope|`` of each block, which its differences are relative to. If it is 0
        or nan, they are relative to the largest difference.

    Returns
    -------
    Drawing
        The figure and its alternative text.

    Raises
    ------
    ValueError
        If there is no block, or not as many of one argument as of another.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.plots.reports import plot_blocks
    >>> difference, tolerance = np.array([0.0, 0.5]), np.array([1e-9, 1e-9])
    >>> drawing = plot_blocks(["W1"], [difference], [tolerance], ["fail"], [2.0])
    >>> drawing.alt.split(". ")[-1]  # doctest: +NORMALIZE_WHITESPACE
    'W1 fails: the worst entry is off by 0.25 times the largest slope of its block, beyond its
    tolerance.'
    """
    if not names:
        raise ValueError("names is empty; there needs to be a block to draw")
    blocks = [
        _relative(name, np.ravel(difference), np.ravel(tolerance), verdict, float(top))
        for name, difference, tolerance, verdict, top in zip(
            names, differences, tolerances, verdicts, largest, strict=True
        )
    ]
    shown = _worst(blocks)
    low, high = _decades(shown)
    figure, axes = new_figure()
    figure.set_size_inches(7.0, 1.9 + 0.3 * len(shown))
    axes.grid(visible=False, axis="y")
    axes.axvline(RESOLUTION, label=f"coarsest that passes, {RESOLUTION:.0e}", **_RESOLUTION)
    for row, block in enumerate(shown):
        _draw_row(axes, row, block, low, high)
    _label_rows(axes, shown, low, high)
    title = _blocks_title(blocks)
    few = f"the {len(shown)} worst of {len(blocks)} blocks"
    axes.set_title(title if shown == blocks else f"{title} ({few})", fontsize=11)
    figure.legend(*_entries_of_legend(axes), loc="outside lower center", ncols=2, frameon=False)
    rows = "one block" if len(blocks) == 1 else f"each of {len(blocks)} blocks"
    alt = (
        f"A row of dots for {rows if shown == blocks else few}, on a log axis: the difference of "
        "gradient and measured slope of each entry, relative to the block's largest slope, and "
        f"beside it a grey tick, its tolerance. {' '.join(_sentences(blocks))}"
    )
    return Drawing(figure, alt)


class _Row(NamedTuple):
    """A block whose differences are relative to its largest slope."""

    name: str
    differences: FloatArray
    tolerances: FloatArray
    verdict: str

    def beyond(self) -> NDArray[np.bool_]:
        """Return which entries are beyond their tolerance; those that are nan are."""
        return ~(self.differences <= self.tolerances)

    def worst(self) -> float:
        """Return the largest difference; inf if one is not finite."""
        return float(np.nan_to_num(self.differences, nan=np.inf).max(initial=0.0))


def _relative(
    name: str, difference: FloatArray, tolerance: FloatArray, verdict: str, largest: float
) -> _Row:
    scale = largest
    if not 0.0 < scale < np.inf:
        scale = float(difference[np.isfinite(difference)].max(initial=0.0)) or 1.0
    with np.errstate(over="ignore"):
        return _Row(name, difference / scale, tolerance / scale, verdict)


def _worst(blocks: list[_Row]) -> list[_Row]:
    """Return the blocks to be drawn, in their order."""
    order = sorted(
        range(len(blocks)),
        key=lambda k: (_VERDICTS.index(blocks[k].verdict), -blocks[k].worst()),
    )
    return [blocks[k] for k in sorted(order[:_MOST_BLOCKS])]


def _decades(blocks: list[_Row]) -> tuple[float, float]:
    """Return powers of ten below and above whatever is drawn between the edges."""
    values = np.concatenate([np.r_[b.differences, b.tolerances, RESOLUTION, 1.0] for b in blocks])
    values = values[(values > _LEAST) & (values < _GREATEST)]
    low, high = math.floor(math.log10(values.min())), math.ceil(math.log10(values.max()))
    return 10.0**low, 10.0**high


def _draw_row(axes: Any, row: int, block: _Row, low: float, high: float) -> None:
    keep = _thinned(block)
    # The same on every machine, and in the middle for a single entry.
    heights = row + 0.64 * ((np.arange(keep.size) * _GOLDEN + 0.5) % 1.0 - 0.5)
    differences = np.nan_to_num(block.differences[keep], nan=np.inf).clip(low / 10, high * 10)
    tolerances = block.tolerances[keep]
    beyond = block.beyond()[keep]
    known = np.isfinite(tolerances)
    marks = tolerances[known].clip(low / 10, high * 10)
    axes.plot(marks, heights[known], linestyle="", label="tolerance", **_TOLERANCE)
    parts = [
        ("difference within it", ~beyond, _WITHIN),
        ("difference beyond it", beyond, _BEYOND),
    ]
    if block.verdict == "inconclusive":
        parts = [("difference not settled", np.ones_like(beyond), _UNSETTLED)]
    for label, part, style in parts:
        if part.any():
            axes.plot(differences[part], heights[part], linestyle="", label=label, **style)


def _thinned(block: _Row) -> NDArray[np.intp]:
    """Return the entries to be drawn: the worst, and others evenly from large to small."""
    size = np.nan_to_num(block.differences, nan=np.inf)
    order = np.lexsort((-size, ~block.beyond()))
    if order.size > _MOST_DOTS:
        others = np.linspace(_WORST_DOTS, order.size - 1, _MOST_DOTS - _WORST_DOTS)
        order = order[np.r_[np.arange(_WORST_DOTS), others.astype(np.intp)]]
    return np.sort(order)


def _label_rows(axes: Any, blocks: list[_Row], low: float, high: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low / 20, high * 20)
    exponents = np.arange(round(math.log10(low)), round(math.log10(high)) + 1)
    exponents = exponents[:: math.ceil(exponents.size / 9)]
    ticks = [(10.0**k, f"$10^{{{k}}}$") for k in exponents.tolist()]
    everything = np.concatenate([np.r_[b.differences, b.tolerances] for b in blocks])
    if (everything < low).any():
        tiny = ((everything > 0.0) & (everything < low)).any()
        ticks = [(low / 10, f"< {_LEAST:.0e}" if tiny else "0"), *ticks[1:]]
    if any(not block.worst() <= high for block in blocks):
        ticks = [*ticks[:-1], (high * 10, "not finite\nor huge")]
    axes.set_xticks([place for place, _ in ticks], [text for _, text in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("|gradient − slope| / largest |slope| of the block")
    labels = [f"{_MARKS[block.verdict]} {_shortened(block.name)}" for block in blocks]
    axes.set_yticks(range(len(blocks)), labels)
    for label, block in zip(axes.get_yticklabels(), blocks, strict=True):
        label.set_color(RED if block.verdict == "fail" else BLACK)
        label.set_fontweight("bold" if block.verdict == "fail" else "normal")
    axes.set_ylim(len(blocks) - 0.5, -0.5)


def _shortened(name: str) -> str:
    return name if len(name) <= 28 else f"{name[:12]}…{name[-15:]}"


def _entries_of_legend(axes: Any) -> tuple[list[Any], list[str]]:
    """Return one line of each kind."""
    handles, labels = axes.get_legend_handles_labels()
    kinds = dict(zip(labels, handles, strict=True))
    return list(kinds.values()), list(kinds)


def _blocks_title(blocks: list[_Row]) -> str:
    for verdict, words in (("fail", "Beyond tolerance"), ("inconclusive", "Not settled")):
        names = [block.name for block in blocks if block.verdict == verdict]
        if names:
            return f"{words}: {_listed(names, 4)}"
    return "Every entry is within its tolerance"


def _sentences(blocks: list[_Row]) -> list[str]:
    sentences = []
    for verdict in _VERDICTS:
        rows = [block for block in blocks if block.verdict == verdict]
        if rows:
            sentences.append(f"{_listed([row.name for row in rows], 6)} {_predicate(rows)}.")
    return sentences


def _predicate(rows: list[_Row]) -> str:
    """Say what is to be seen in rows of the same verdict."""
    one = len(rows) == 1
    worst = max(rows, key=_Row.worst)
    if rows[0].verdict == "pass":
        verb = "passes" if one else "pass"
        return f"{verb}: every entry is within its tolerance, off by {_below(worst.worst())}"
    if rows[0].verdict == "inconclusive":
        verb = "is" if one else "are"
        return f"{verb} inconclusive: some slopes are not known to {RESOLUTION:.0e} of the largest"
    verb = "fails" if one else "fail"
    if not worst.worst() < _GREATEST:
        return f"{verb}: the worst difference is not finite, or huge"
    return (
        f"{verb}: the worst entry is off by {worst.worst():.2g} times the largest slope of its "
        "block, beyond its tolerance"
    )


def _listed(names: list[str], most: int) -> str:
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _below(value: float) -> str:
    """Return the next power of ten; below 1e-8, all of it is rounding."""
    if not math.isfinite(value):
        return "an unknown amount"
    return f"less than 1e{math.floor(math.log10(max(value, 1e-8))) + 1}"


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
    The predicted lines are those of `gradlab.taylor.error_budget`: ``h^2 |f'''| / 6`` and
    ``sigma / h``. The gradient is off where the differences hardly change over a factor of eight
    in the step, and still keep away from it.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.plots.reports import plot_steps
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
    The order is that of `gradlab.taylor.fit_order`, over the smallest steps whose remainders
    still are a straight line, that is, above rounding.

    Source: P. E. Farrell, D. A. Ham, S. W. Funke and M. E. Rognes, "Automated derivation of the
    adjoint of high-level transient finite element programs", SIAM Journal on Scientific Computing
    35 (2013), C369-C393.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.plots.reports import plot_taylor
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
