"""Every entry's difference beside its tolerance, a row for each block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from gradlab.checker.measuring.slopes import RESOLUTION
from gradlab.checker.report_text import MARKS
from gradlab.support.drawing import BLACK, BLUE, GREEN, ORANGE, RED, Drawing, new_figure
from gradlab.support.floats import FloatArray

# From bad to good.
_VERDICTS = ("fail", "inconclusive", "pass")
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
# More rows than this cannot be read, nor more dots in one row.
_MOST_BLOCKS, _MOST_DOTS, _WORST_DOTS = 24, 200, 40
# Relative differences outside of these are drawn at the edges.
_LEAST, _GREATEST = 1e-20, 1e20
# Multiples of this part, modulo 1, are spread evenly however many there are.
_GOLDEN = 0.618


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
    >>> from gradlab.checker.figures.blocks import plot_blocks
    >>> difference, tolerance = np.array([0.0, 0.5]), np.array([1e-9, 1e-9])
    >>> drawing = plot_blocks(["W1"], [difference], [tolerance], ["fail"], [2.0])
    >>> drawing.alt.split(". ")[-1]  # doctest: +NORMALIZE_WHITESPACE
    'W1 fails: the worst entry is off by 0.25 times the largest slope of its block, beyond its
    tolerance.'
    """
    if not names:
        raise ValueError("names is empty; there must be a block to draw")
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
    labels = [f"{MARKS[block.verdict]} {_shortened(block.name)}" for block in blocks]
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
