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
# How far the axis of an entry that is moved extends to either side of it.
_REACH = 3.0


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


def plot_theta_moved(
    network: MLP, X: FloatArray, Y: FloatArray, index: int, move: float, h: float
) -> Drawing:
    """Draw all entries of theta, one of them moved, and the loss as a function of that entry.

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

    Returns
    -------
    Drawing
        The figure and its alternative text.
    """
    theta, _ = ravel(network.params)
    name, position = name_entries(network.params)[index], float(theta[index]) + move
    slope, _ = slopes_along(network, X, Y, index, move, h)
    figure = Figure(figsize=(SIZE[0], 5.0), layout="constrained")
    above, below = figure.subplots(2, height_ratios=(1, 2))
    theta[index] = position
    _draw_values(above, network.params, theta)
    above.plot([index], [2.75], marker="v", color=BLACK, markersize=9)

    def evaluate(places: FloatArray) -> FloatArray:
        moved = (_move_entry(network, index, place) for place in places - (position - move))
        return np.array([other.loss(X, Y) for other in moved])

    grid = position - move + np.linspace(-_REACH, _REACH, 61)
    ends = np.array([position - h, position + h])
    chord = {"color": BLUE, "linestyle": "-.", "marker": "o", "markersize": 5}
    point = {"color": RED, "linestyle": "", "marker": "D", "markersize": 8}
    below.plot(grid, evaluate(grid), color="0.5", linewidth=2.5, label="J")
    below.plot(ends, evaluate(ends), label="central chord", **chord)
    below.plot([position], evaluate(np.array([position])), label="here", **point)
    below.grid(color="0.9", linewidth=0.8)
    below.spines[["top", "right"]].set_visible(False)
    below.set_xlim(grid[0], grid[-1])
    below.set_xlabel(f"theta[{index}], which is {name}")
    below.set_ylabel("loss J")
    below.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3)
    alt = (
        f"Above, the {theta.size} entries of theta as bars, with a mark over entry "
        f"{index}, {name}. Below, the loss J against that entry with all others held: a "
        f"curve, a point at {position:.2f} and the central chord for h = {h:g} "
        f"(dash-dotted) of slope {slope:.2f}."
    )
    return Drawing(figure, alt)


def slopes_along(
    network: MLP, X: FloatArray, Y: FloatArray, index: int, move: float, h: float
) -> tuple[float, float]:
    """Return the slope of the loss along an entry, by difference and by backpropagation.

    The parameters are those of `plot_theta_moved`.

    Returns
    -------
    difference, derivative : float
        The central difference, and the derivative by backpropagation.
    """
    ahead, behind = (_move_entry(network, index, move + step).loss(X, Y) for step in (h, -h))
    gradient, _ = ravel(_move_entry(network, index, move).gradients(X, Y))
    return (ahead - behind) / (2.0 * h), float(gradient[index])


def _move_entry(network: MLP, index: int, move: float) -> MLP:
    """Return a network of which one entry of theta is moved."""
    theta, unravel = ravel(network.params)
    theta[index] += move
    moved = MLP(network.sizes, network.activation)
    moved.params = unravel(theta)
    return moved


def name_entries(params: Params) -> list[str]:
    """Name each entry of theta by its block and its place there.

    Parameters
    ----------
    params : list of (W, b)
        The parameters.

    Returns
    -------
    list of str
        A name for each entry, such as ``W1[0, 2]``.
    """
    return [
        f"{name}[{', '.join(map(str, index))}]"
        for name, block in named_blocks(params)
        for index in np.ndindex(block.shape)
    ]


def _draw_values(axes: Any, params: Params, theta: FloatArray) -> None:
    """Draw every entry of theta as a bar, coloured as in the strip."""
    start = 0
    for number, (name, block) in enumerate(named_blocks(params)):
        end = start + block.size
        axes.bar(
            range(start, end),
            theta[start:end],
            color=_LAYERS[number // 2 % len(_LAYERS)],
            edgecolor="0.35",
            hatch="///" if number % 2 else None,
            linewidth=0.6,
        )
        axes.text(start - 0.4, -2.8, name, fontsize=9)
        start = end
    axes.axhline(0.0, color="0.5", linewidth=0.8)
    axes.set_ylim(-3.0, 3.2)
    axes.set_xlim(-0.6, start - 0.4)
    axes.set_xticks(range(0, start, 2))
    axes.set_ylabel("theta")
    axes.spines[["top", "right"]].set_visible(False)
