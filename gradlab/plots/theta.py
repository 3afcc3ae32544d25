"""Figures of theta: all its entries, and the loss as one of them moves."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gradlab.checker.parameters import named_blocks, ravel
from gradlab.network.batch import Params
from gradlab.network.mlp import MLP
from gradlab.support.drawing import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SIZE,
    SKY,
    YELLOW,
    Drawing,
)
from gradlab.support.floats import FloatArray

# Neighbouring layers differ in colour, W and b by the hatching besides.
_LAYERS = (SKY, ORANGE, GREEN, PURPLE, YELLOW)


def plot_theta(params: Params, mark: int | None = None) -> Drawing:
    """Draw theta as a strip of cells, one per entry: a colour per layer, biases hatched.

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
    cells = _draw_strip(axes, params)
    if mark is not None:
        axes.plot(mark, 1.12, marker="v", color=BLACK, markersize=9, clip_on=False)
    axes.set_xlabel("index in theta")
    total = sum(W.size + b.size for W, b in params)
    mark_text = "" if mark is None else f" A mark points at cell {mark}."
    alt = (
        f"The vector theta of {total} entries as a strip of cells, from left to right: "
        f"{'; '.join(cells)}.{mark_text}"
    )
    return Drawing(figure, alt)


def _draw_strip(axes: Any, params: Params) -> list[str]:
    """Draw the cells of theta, one unit high, and return a description of each block."""
    descriptions: list[str] = []
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
        # Starting at the first cell, so that the names of the short blocks do not overlap.
        axes.text(start - 0.46, 1.08, f"{name} {block.shape}", fontsize=9)
        cells = f"cells {start} to {end - 1}" if block.size > 1 else f"cell {start}"
        descriptions.append(f"{name} of shape {block.shape} in {cells}")
        start = end
    axes.set_xlim(-0.6, start - 0.4)
    axes.set_ylim(0.0, 1.4)
    axes.set_xticks(range(0, start, 2 if start <= 40 else 10))
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    return descriptions


class ThetaMoved:
    """All entries of theta, one of them moved, and the loss as a function of that entry.

    Parameters
    ----------
    network : MLP
        The network whose parameters make up theta. Not changed.
    X, Y : ndarray
        The batch on which the loss is computed.
    index : int
        The index of the entry that is moved.
    move : float
        How far it is moved.
    h : float
        The step of the central difference, taken where the entry has been moved to.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing; `update` only moves its parts.
    alt : str
        A description of what it shows; `update` renews it.
    """

    # How far the x axis of the lower plot extends to either side of the entry.
    reach = 3.0

    def __init__(
        self, network: MLP, X: FloatArray, Y: FloatArray, index: int, move: float, h: float
    ) -> None:
        self._network, self._X, self._Y = network, X, Y
        self._theta, self._unravel = ravel(network.params)
        self._names = _name_entries(network.params)
        # Fixed margins: a layout engine would run at every redraw.
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
        """Redraw for another entry, move or step; the parameters are those of the class."""
        name, origin = self._names[index], float(self._theta[index])
        position = origin + move
        grid = origin + np.linspace(-self.reach, self.reach, 61)
        values = np.array([self._evaluate_loss(index, x) for x in grid])
        for number, bar in enumerate(self._bars):
            bar.set_height(position if number == index else float(self._theta[number]))
        self._mark.set_data([index], [2.75])
        self._curve.set_data(grid, values)
        self._point.set_data([position], [self._evaluate_loss(index, position)])
        ends = np.array([position - h, position + h])
        self._chord.set_data(ends, [self._evaluate_loss(index, x) for x in ends])
        margin = 0.15 * (np.ptp(values) or 1.0)
        self._below.set_xlim(grid[0], grid[-1])
        self._below.set_ylim(values.min() - margin, values.max() + margin)
        self._below.set_xlabel(f"theta[{index}], which is {name}")
        slope, backprop = self.slopes(index, move, h)
        self._lines = [
            f"theta[{index}] is {name}: {origin:+.3f}, moved to {position:+.3f}",
            f"loss J:                {self._evaluate_loss(index, position):.4f}",
            f"central difference:    {slope:+.4f}",
            f"backpropagation there: {backprop:+.4f}",
        ]
        self.alt = (
            f"Above, the {len(self._theta)} entries of theta as bars, with a mark over entry "
            f"{index}, {name}. Below, the loss J against that entry with all others held: a "
            f"curve, a point at {position:.2f} and the central chord for h = {h:g} "
            f"(dash-dotted) of slope {slope:.2f}."
        )

    def summary(self) -> list[str]:
        """Return a line of text each for the moved entry, the loss and the two slopes."""
        return self._lines

    def slopes(self, index: int, move: float, h: float) -> tuple[float, float]:
        """Return the slope of the loss along an entry, by difference and by backpropagation.

        Parameters
        ----------
        index : int
            The index of the entry in theta.
        move : float
            How far it has been moved.
        h : float
            The step.

        Returns
        -------
        difference, derivative : float
            The central difference, and the derivative by backpropagation.
        """
        position = float(self._theta[index]) + move
        ahead = self._evaluate_loss(index, position + h)
        behind = self._evaluate_loss(index, position - h)
        gradient, _ = ravel(self._make_network(index, position).gradients(self._X, self._Y))
        return (ahead - behind) / (2.0 * h), float(gradient[index])

    def _make_network(self, index: int, position: float) -> MLP:
        """Return a network whose entry `index` of theta is at `position`."""
        moved = self._theta.copy()
        moved[index] = position
        network = MLP(self._network.sizes, self._network.activation)
        network.params = self._unravel(moved)
        return network

    def _evaluate_loss(self, index: int, position: float) -> float:
        return self._make_network(index, position).loss(self._X, self._Y)


def _name_entries(params: Params) -> list[str]:
    return [
        f"{name}[{', '.join(map(str, index))}]"
        for name, block in named_blocks(params)
        for index in np.ndindex(block.shape)
    ]


def _draw_values(axes: Any, params: Params, theta: FloatArray) -> list[Any]:
    """Draw every entry of theta as a bar, coloured as in the strip."""
    bars, start = [], 0
    for number, (name, block) in enumerate(named_blocks(params)):
        end = start + block.size
        bars += axes.bar(
            range(start, end),
            theta[start:end],
            color=_LAYERS[number // 2 % len(_LAYERS)],
            edgecolor="0.35",
            hatch="///" if number % 2 else None,
            linewidth=0.6,
        ).patches
        axes.text(start - 0.4, -2.8, name, fontsize=9)
        start = end
    axes.axhline(0.0, color="0.5", linewidth=0.8)
    axes.set_ylim(-3.0, 3.2)
    axes.set_xlim(-0.6, start - 0.4)
    axes.set_xticks(range(0, start, 2))
    axes.set_ylabel("theta")
    axes.spines[["top", "right"]].set_visible(False)
    return bars
