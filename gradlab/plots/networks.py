"""Figures about a network: theta, the way of its gradient, and how far a gradient is off."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gradlab.checker.parameters import named_blocks, ravel
from gradlab.network.mlp import MLP, Params
from gradlab.support.drawing import (
    BLACK,
    BLUE,
    GREEN,
    LINES,
    ORANGE,
    PURPLE,
    RED,
    ROUNDING,
    SIZE,
    SKY,
    YELLOW,
    Drawing,
    draw_bands,
    new_figure,
)
from gradlab.support.floats import FloatArray

# Neighbouring layers differ in colour, W and b by the hatching besides.
_LAYERS = (SKY, ORANGE, GREEN, PURPLE, YELLOW)


def plot_theta(params: Params, mark: int | None = None) -> Drawing:
    """Draw theta as a strip: a cell for each entry, coloured by layer, biases hatched.

    Parameters
    ----------
    params : list of (W, b)
        The parameters of a network, at most about 40 numbers.
    mark : int, optional
        The index of an entry to point at.

    Returns
    -------
    Drawing
        The figure and its alternative text.

    Examples
    --------
    >>> from gradlab import MLP
    >>> from gradlab.plots import plot_theta
    >>> print(plot_theta(MLP([2, 1]).params).alt)
    The vector theta of 3 entries as a strip of cells, from left to right: W1 of shape (2, 1) in \
cells 0 to 1; b1 of shape (1,) in cell 2.
    """
    figure = Figure(figsize=(SIZE[0], 1.5), layout="constrained")
    axes = figure.subplots()
    words = _draw_strip(axes, params)
    if mark is not None:
        axes.plot(mark, 1.12, marker="v", color=BLACK, markersize=9, clip_on=False)
    axes.set_xlabel("index in theta")
    total = sum(W.size + b.size for W, b in params)
    pointed = "" if mark is None else f" A mark points at cell {mark}."
    alt = (
        f"The vector theta of {total} entries as a strip of cells, from left to right: "
        f"{'; '.join(words)}.{pointed}"
    )
    return Drawing(figure, alt)


def _draw_strip(axes: Any, params: Params) -> list[str]:
    """Draw the cells of theta in [0, 1] and return what they are, block by block."""
    words: list[str] = []
    start = 0
    for number, (name, block) in enumerate(named_blocks(params)):
        end = start + block.size
        axes.bar(
            range(start, end),
            1.0,
            width=0.92,
            color=_LAYERS[number // 2 % len(_LAYERS)],
            edgecolor="0.35",
            hatch="///" if number % 2 else None,
            linewidth=0.6,
        )
        # Over its first cell, so that the short blocks at the end do not run into each other.
        axes.text(start - 0.46, 1.08, f"{name} {block.shape}", fontsize=9)
        cells = f"cells {start} to {end - 1}" if block.size > 1 else f"cell {start}"
        words.append(f"{name} of shape {block.shape} in {cells}")
        start = end
    axes.set_xlim(-0.6, start - 0.4)
    axes.set_ylim(0.0, 1.4)
    axes.set_xticks(range(0, start, 2 if start <= 40 else 10))
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    return words


class ThetaMoved:
    """Every entry of theta, one of them moved, and the loss against that entry.

    Parameters
    ----------
    network : MLP
        Where theta comes from. Not changed.
    X, Y : ndarray
        The batch that the loss is taken of.
    index : int
        Which entry is moved.
    move : float
        How far.
    h : float
        The step of the central difference at the place that it is moved to.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing; `update` only moves its parts.
    alt : str
        What it shows now.
    """

    # How far the axis of the lower figure reaches to both sides.
    reach = 3.0

    def __init__(
        self, network: MLP, X: FloatArray, Y: FloatArray, index: int, move: float, h: float
    ) -> None:
        self._network, self._X, self._Y = network, X, Y
        self._theta, self._unravel = ravel(network.params)
        self._names = _entry_names(network.params)
        # Fixed margins: a layout engine would work at every redraw.
        self.figure = Figure(figsize=(SIZE[0], 5.0))
        self.figure.subplots_adjust(left=0.1, right=0.97, bottom=0.1, top=0.94, hspace=0.4)
        above, below = self.figure.subplots(2, height_ratios=(1, 2))
        self._bars = _draw_values(above, network.params, self._theta)
        (self._mark,) = above.plot([], [], marker="v", color=BLACK, markersize=9)
        (self._curve,) = below.plot([], [], color="0.5", linewidth=2.5, label="J")
        (self._chord,) = below.plot(
            [], [], color=BLUE, linestyle="-.", marker="o", markersize=5, label="central chord"
        )
        (self._point,) = below.plot(
            [], [], color=RED, linestyle="", marker="D", markersize=8, label="here"
        )
        below.grid(color="0.9", linewidth=0.8)
        below.spines[["top", "right"]].set_visible(False)
        below.set_ylabel("loss J")
        below.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3)
        self._below = below
        self.update(index, move, h)

    def update(self, index: int, move: float, h: float) -> None:
        """Move another entry, or further, or take another step; as for the class."""
        name, origin = self._names[index], float(self._theta[index])
        place = origin + move
        grid = origin + np.linspace(-self.reach, self.reach, 61)
        values = np.array([self._loss(index, x) for x in grid])
        for number, bar in enumerate(self._bars):
            bar.set_height(place if number == index else float(self._theta[number]))
        self._mark.set_data([index], [2.75])
        self._curve.set_data(grid, values)
        self._point.set_data([place], [self._loss(index, place)])
        ends = np.array([place - h, place + h])
        self._chord.set_data(ends, [self._loss(index, x) for x in ends])
        margin = 0.15 * (np.ptp(values) or 1.0)
        self._below.set_xlim(grid[0], grid[-1])
        self._below.set_ylim(values.min() - margin, values.max() + margin)
        self._below.set_xlabel(f"theta[{index}], which is {name}")
        slope, backprop = self.slopes(index, move, h)
        self._lines = [
            f"theta[{index}] is {name}: {origin:+.3f}, moved to {place:+.3f}",
            f"loss J:                {self._loss(index, place):.4f}",
            f"central difference:    {slope:+.4f}",
            f"backpropagation there: {backprop:+.4f}",
        ]
        self.alt = (
            f"Above, the {len(self._theta)} entries of theta as bars, with a mark over entry "
            f"{index}, {name}. Below, the loss J against that entry with all others held: a "
            f"curve, a point at {place:.2f} and the central chord for h = {h:g} (dash-dotted) of "
            f"slope {slope:.2f}."
        )

    def summary(self) -> list[str]:
        """Return what is moved, the loss and both slopes in words, a line each."""
        return self._lines

    def slopes(self, index: int, move: float, h: float) -> tuple[float, float]:
        """Return the central difference by an entry, and its derivative by backpropagation.

        Parameters
        ----------
        index : int
            The entry of theta.
        move : float
            How far it has been moved.
        h : float
            The step.

        Returns
        -------
        difference, derivative : float
        """
        place = float(self._theta[index]) + move
        difference = (self._loss(index, place + h) - self._loss(index, place - h)) / (2.0 * h)
        gradient, _ = ravel(self._at(index, place).gradients(self._X, self._Y))
        return difference, float(gradient[index])

    def _at(self, index: int, place: float) -> MLP:
        moved = self._theta.copy()
        moved[index] = place
        network = MLP(self._network.sizes, self._network.activation)
        network.params = self._unravel(moved)
        return network

    def _loss(self, index: int, place: float) -> float:
        return self._at(index, place).loss(self._X, self._Y)


def _entry_names(params: Params) -> list[str]:
    return [
        f"{name}[{', '.join(map(str, place))}]"
        for name, block in named_blocks(params)
        for place in np.ndindex(block.shape)
    ]


def _draw_values(axes: Any, params: Params, theta: FloatArray) -> list[Any]:
    """Draw every entry of theta as a bar, coloured as in the strip."""
    bars, start = [], 0
    for number, (name, block) in enumerate(named_blocks(params)):
        places = range(start, start + block.size)
        bars += axes.bar(
            places,
            theta[places.start : places.stop],
            color=_LAYERS[number // 2 % len(_LAYERS)],
            edgecolor="0.35",
            hatch="///" if number % 2 else None,
            linewidth=0.6,
        ).patches
        axes.text(start - 0.4, -2.8, name, fontsize=9)
        start += block.size
    axes.axhline(0.0, color="0.5", linewidth=0.8)
    axes.set_ylim(-3.0, 3.2)
    axes.set_xlim(-0.6, start - 0.4)
    axes.set_xticks(range(0, start, 2))
    axes.set_ylabel("theta")
    axes.spines[["top", "right"]].set_visible(False)
    return bars


def plot_flow() -> Drawing:
    """Draw a network with one hidden layer: the values forward, the gradient backward.

    Returns
    -------
    Drawing
        The figure and its alternative text.
    """
    figure = Figure(figsize=(SIZE[0], 4.0))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(-0.5, 4.5)
    axes.set_ylim(-1.75, 1.65)
    axes.set_axis_off()
    values = (
        ("$A_0 = X$", "$(m, n_0)$"),
        ("$Z_1$", "$(m, n_1)$"),
        ("$A_1$", "$(m, n_1)$"),
        ("$Z_2$", "$(m, n_2)$"),
        ("$J$", "a number"),
    )
    for x, (symbol, shape) in enumerate(values):
        _box(axes, x, 0.75, f"{symbol}\n{shape}", SKY)
    forward = ("$W_1,\\ b_1$", "$g$", "$W_2,\\ b_2$", "loss")
    for x, label in enumerate(forward):
        _arrow(axes, (x + 0.36, 0.75), (x + 0.64, 0.75), BLUE, "-")
        axes.text(x + 0.5, 1.2, label, ha="center", fontsize=11, color=BLUE)
    gradients = (
        (3, "$\\delta_2 = (A_2 - Y)/m$\n$(m, n_2)$"),
        (1, "$\\delta_1 = (\\delta_2 W_2^T) * g'(Z_1)$\n$(m, n_1)$"),
    )
    for number, label in gradients:
        _box(axes, number, -0.35, label, YELLOW)
    _arrow(axes, (4.0, 0.42), (3.72, -0.3), RED, "--")
    _arrow(axes, (2.33, -0.35), (1.86, -0.35), RED, "--")
    products = (
        (2.6, "$dW_2 = A_1^T \\delta_2$\n$(n_1, n_2)$"),
        (3.8, "$db_2$: column sums\n$(n_2,)$"),
        (0.4, "$dW_1 = A_0^T \\delta_1$\n$(n_0, n_1)$"),
        (1.6, "$db_1$: column sums\n$(n_1,)$"),
    )
    for place, label in products:
        _box(axes, place, -1.3, label, "white")
        source = 3.0 if place > 2.0 else 1.0
        _arrow(axes, (source + 0.3 * (place - source), -0.7), (place, -0.98), RED, "--")
    axes.text(-0.42, 1.5, "forward, solid", color=BLUE, fontsize=10)
    axes.text(-0.42, 0.12, "backward, dashed", color=RED, fontsize=10)
    alt = (
        "A network with one hidden layer as a row of boxes, joined by solid arrows from left to "
        "right: A0 = X of shape (m, n0); Z1, by W1 and b1, and A1, by g, of shape (m, n1); Z2, by "
        "W2 and b2, of shape (m, n2); the loss J, a number. Below, dashed arrows go back: from J "
        "to delta2 = (A2 - Y)/m, of the shape of Z2, and on to delta1 = (delta2 W2^T) * g'(Z1), "
        "of the shape of Z1. From each delta two more go down: to dW = A^T delta, in the shape of "
        "W, and to db, the column sums of delta."
    )
    return Drawing(figure, alt)


def _box(axes: Any, x: float, y: float, text: str, color: str) -> None:
    axes.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontsize=11,
        linespacing=1.5,
        bbox={"boxstyle": "round,pad=0.4", "facecolor": color, "edgecolor": "0.3", "alpha": 0.55},
    )


def _arrow(
    axes: Any, tail: tuple[float, float], head: tuple[float, float], color: str, line: str
) -> None:
    axes.annotate(
        "",
        xy=head,
        xytext=tail,
        arrowprops={"arrowstyle": "-|>", "color": color, "linestyle": line, "linewidth": 1.6},
    )


def plot_sizes(
    x: Sequence[float],
    series: Mapping[str, Sequence[float] | FloatArray],
    xlabel: str,
    ylabel: str,
    bands: bool = False,
    log_x: bool = False,
) -> Drawing:
    """Draw ratios, distances or other positive numbers on a logarithmic axis.

    Parameters
    ----------
    x : sequence of float
        The places of the points.
    series : mapping of str to sequence of float
        For each name, at most six of them, a number for each place; those that are 0 are drawn
        at 1e-17.
    xlabel, ylabel : str
        What the axes are.
    bands : bool
        Whether to draw the borders of the customary bands of a ratio.
    log_x : bool
        Whether the axis of `x` is logarithmic too.

    Returns
    -------
    Drawing
        The figure and its alternative text, which holds no digits that rounding decides.

    Examples
    --------
    >>> from gradlab.plots import plot_sizes
    >>> print(plot_sizes([1, 2], {"a": [3e-11, 2e-3]}, "depth", "ratio").alt)
    On a logarithmic axis, ratio against depth, which goes from 1 to 2: a (solid) from below 1e-7 \
to between 1e-3 and 1e-2.
    """
    figure, axes = new_figure()
    styles = (
        (BLUE, "-", "o"),
        (ORANGE, "--", "s"),
        (GREEN, "-.", "v"),
        (PURPLE, ":", "^"),
        (RED, "--", "D"),
        (BLACK, "-", "x"),
    )
    words = []
    for (name, values), (color, line, marker) in zip(series.items(), styles, strict=False):
        shown = np.maximum(np.asarray(values, dtype=np.float64), 1e-17)
        axes.plot(x, shown, color=color, linestyle=line, marker=marker, markersize=5, label=name)
        words.append(f"{name} ({LINES[line]}) from {_between(shown[0])} to {_between(shown[-1])}")
    axes.set_yscale("log")
    if log_x:
        axes.set_xscale("log")
    if bands:
        draw_bands(axes)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    figure.legend(loc="outside upper center", ncols=min(len(series), 3), frameon=False)
    alt = (
        f"On {'logarithmic axes' if log_x else 'a logarithmic axis'}, {ylabel} against {xlabel}, "
        f"which goes from {x[0]:g} to {x[-1]:g}: {'; '.join(words)}."
    )
    if bands:
        alt += " Dotted lines at 1e-2, 1e-4 and 1e-7 part the customary bands."
    return Drawing(figure, alt)


def _between(value: float) -> str:
    """Say how large a number is, without the digits that may differ between machines."""
    if value < ROUNDING:
        return "below 1e-7"
    power = math.floor(math.log10(value))
    return f"between 1e{power} and 1e{power + 1}"
