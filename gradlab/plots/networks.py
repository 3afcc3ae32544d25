"""Figures of a network: how its gradient flows, and sizes on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

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
        _draw_box(axes, x, 0.75, f"{symbol}\n{shape}", SKY)
    forward = ("$W_1,\\ b_1$", "$g$", "$W_2,\\ b_2$", "loss")
    for x, label in enumerate(forward):
        _draw_arrow(axes, (x + 0.36, 0.75), (x + 0.64, 0.75), BLUE, "-")
        axes.text(x + 0.5, 1.2, label, ha="center", fontsize=11, color=BLUE)
    gradients = (
        (3, "$\\delta_2 = (A_2 - Y)/m$\n$(m, n_2)$"),
        (1, "$\\delta_1 = (\\delta_2 W_2^T) * g'(Z_1)$\n$(m, n_1)$"),
    )
    for number, label in gradients:
        _draw_box(axes, number, -0.35, label, YELLOW)
    _draw_arrow(axes, (4.0, 0.42), (3.72, -0.3), RED, "--")
    _draw_arrow(axes, (2.33, -0.35), (1.86, -0.35), RED, "--")
    products = (
        (2.6, "$dW_2 = A_1^T \\delta_2$\n$(n_1, n_2)$"),
        (3.8, "$db_2$: column sums\n$(n_2,)$"),
        (0.4, "$dW_1 = A_0^T \\delta_1$\n$(n_0, n_1)$"),
        (1.6, "$db_1$: column sums\n$(n_1,)$"),
    )
    for center, label in products:
        _draw_box(axes, center, -1.3, label, "white")
        source = 3.0 if center > 2.0 else 1.0
        _draw_arrow(axes, (source + 0.3 * (center - source), -0.7), (center, -0.98), RED, "--")
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


def _draw_box(axes: Any, x: float, y: float, text: str, color: str) -> None:
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


def _draw_arrow(
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
        The x coordinates of the points.
    series : mapping of str to sequence of float
        Up to six lines by name, each with a number for every entry of `x`. Numbers below 1e-17,
        zero included, are drawn at 1e-17.
    xlabel, ylabel : str
        The labels of the axes.
    bands : bool
        Whether to mark the limits of the customary bands of a ratio.
    log_x : bool
        Whether the x axis is logarithmic as well.

    Returns
    -------
    Drawing
        The figure and its alternative text, which contains no digits that depend on rounding.

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
    descriptions = []
    for (name, values), (color, line, marker) in zip(series.items(), styles, strict=False):
        shown = np.maximum(np.asarray(values, dtype=np.float64), 1e-17)
        axes.plot(x, shown, color=color, linestyle=line, marker=marker, markersize=5, label=name)
        ends = f"from {_describe_size(shown[0])} to {_describe_size(shown[-1])}"
        descriptions.append(f"{name} ({LINES[line]}) {ends}")
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
        f"which goes from {x[0]:g} to {x[-1]:g}: {'; '.join(descriptions)}."
    )
    if bands:
        alt += " Dotted lines at 1e-2, 1e-4 and 1e-7 part the customary bands."
    return Drawing(figure, alt)


def _describe_size(value: float) -> str:
    """Return the decade of a number, whose digits may differ between machines."""
    if value < ROUNDING:
        return "below 1e-7"
    power = math.floor(math.log10(value))
    return f"between 1e{power} and 1e{power + 1}"
