"""Figures of what misleads a gradient check (penalties, kinks), and of what checks cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import NullLocator

from gradlab.support.drawing import (
    BLACK,
    BLUE,
    GREEN,
    LINES,
    ORANGE,
    PURPLE,
    RED,
    ROUNDING,
    Drawing,
    draw_bands,
    new_figure,
)


class RatioBars:
    """Bars of the customary ratio of each block of a two-layer network, and of all blocks.

    Parameters
    ----------
    ratios : mapping of str to float
        The ratios of W1, b1, W2, b2 and of all blocks together, in this order.
    title : str
        A description of the network.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing; `update` only moves its bars.
    alt : str
        A description of what it shows; `update` renews it.
    """

    def __init__(self, ratios: Mapping[str, float], title: str) -> None:
        # Fixed margins: a layout engine would run at every redraw.
        self.figure, axes = new_figure(layout=None)
        self.figure.subplots_adjust(left=0.12, right=0.92, bottom=0.1, top=0.9)
        colors = [BLUE, BLUE, ORANGE, ORANGE, "0.6"]
        self._bars = axes.bar(list(ratios), 1.0, color=colors, edgecolor="0.3").patches
        for bar, hatch in zip(self._bars, (None, "///", None, "///", None), strict=True):
            bar.set_hatch(hatch)
        axes.set_yscale("log")
        axes.set_ylim(1e-12, 3.0)
        axes.set_ylabel("ratio")
        axes.set_axisbelow(True)
        draw_bands(axes)
        self._axes = axes
        self.update(ratios, title)

    def update(self, ratios: Mapping[str, float], title: str) -> None:
        """Redraw for other ratios; the parameters are those of the class."""
        for bar, ratio in zip(self._bars, ratios.values(), strict=True):
            bar.set_height(max(ratio, 1e-12))
        self._axes.set_title(title, fontsize=10)
        self._sizes = ", ".join(
            f"{name} {_describe_ratio(ratio)}" for name, ratio in ratios.items()
        )
        self.alt = (
            "Bars of the ratio of each block on a logarithmic axis, with the customary bands as "
            f"dotted lines, for {title}: {self._sizes}."
        )

    def summary(self) -> list[str]:
        """Return the ratios in words."""
        return [f"ratio: {self._sizes}"]


def _describe_ratio(ratio: float) -> str:
    return f"{ratio:.0e}" if ratio >= ROUNDING else "below 1e-7"


class KinkCrossed:
    """The loss (max(z, 0) - 1)^2 / 2 of a ReLU with pre-activation z, and its central chord.

    Parameters
    ----------
    z : float
        The pre-activation; the kink is at 0.
    h : float
        The step.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing; `update` only moves its lines.
    alt : str
        A description of what it shows; `update` renews it.
    """

    def __init__(self, z: float, h: float) -> None:
        self.figure, axes = new_figure(layout=None)
        self.figure.subplots_adjust(left=0.1, right=0.97, bottom=0.12, top=0.92)
        grid = np.linspace(-1.5, 1.5, 301)
        axes.plot(grid, self.loss(grid), color="0.55", linewidth=2.5, label="J")
        axes.axvline(0.0, color="0.6", linewidth=1.0, linestyle=(0, (1, 3)), label="kink")
        (self._tangent,) = axes.plot([], [], color=BLACK, linestyle="-", label="tangent")
        (self._chord,) = axes.plot(
            [], [], color=BLUE, linestyle="-.", marker="o", markersize=6, label="central chord"
        )
        (self._point,) = axes.plot([], [], color=RED, linestyle="", marker="D", markersize=8)
        axes.set_xlim(-1.5, 1.5)
        axes.set_ylim(-0.25, 0.85)
        axes.set_xlabel("pre-activation z")
        axes.set_ylabel("loss J")
        axes.legend(frameon=False, loc="lower left")
        self._axes = axes
        self.update(z, h)

    @staticmethod
    def loss(z: Any) -> Any:
        """Return the loss at z; its slope is 0 left of the kink and z - 1 right of it."""
        return (np.maximum(z, 0.0) - 1.0) ** 2 / 2.0

    def update(self, z: float, h: float) -> None:
        """Redraw for another z or h."""
        left, right = z - h, z + h
        value = float(self.loss(z))
        forward = (float(self.loss(right)) - value) / h
        backward = (value - float(self.loss(left))) / h
        central = (float(self.loss(right)) - float(self.loss(left))) / (2.0 * h)
        slope = z - 1.0 if z > 0.0 else 0.0
        self._chord.set_data([left, right], [self.loss(left), self.loss(right)])
        self._point.set_data([z], [value])
        reach = np.array([-0.6, 0.6])
        at_kink = z == 0.0
        self._tangent.set_data(z + reach, np.nan * reach if at_kink else value + slope * reach)
        inside = abs(z) < h
        self._axes.set_title(
            f"z = {z:.2f}, h = {h:.3g}: the kink is {'inside' if inside else 'outside'} the step",
            fontsize=11,
        )
        true = "none, z is on the kink" if at_kink else f"{slope:+.4f}"
        self._lines = [
            f"true slope:  {true}",
            f"backward:    {backward:+.4f}",
            f"forward:     {forward:+.4f}   (forward - backward: {forward - backward:+.4f})",
            f"central:     {central:+.4f}",
        ]
        self.alt = (
            "The loss against the pre-activation z: flat left of a kink at 0, falling beyond. "
            f"At z = {z:.2f} the central chord for h = {h:.3g} (dash-dotted) has slope "
            f"{central:.2f}; the true slope is {true}. The kink lies "
            f"{'inside' if inside else 'outside'} the step."
        )

    def summary(self) -> list[str]:
        """Return a line of text for each slope."""
        return self._lines


def plot_cost(counts: Sequence[int], seconds: Mapping[str, Sequence[float]]) -> Drawing:
    """Draw how long different ways to a gradient take, against the number of parameters.

    Parameters
    ----------
    counts : sequence of int
        The numbers N of parameters, in ascending order.
    seconds : mapping of str to sequence of float
        For each way, five at most, the time it takes for each network.

    Returns
    -------
    Drawing
        The figure and its alternative text, which contains no times: they differ between machines.
    """
    figure, axes = new_figure()
    styles = (
        (RED, "--", "s"),
        (ORANGE, "-.", "v"),
        (BLUE, "-", "o"),
        (GREEN, ":", "^"),
        (PURPLE, "--", "D"),
    )
    for (name, times), (color, line, marker) in zip(seconds.items(), styles, strict=False):
        axes.loglog(counts, times, color=color, linestyle=line, marker=marker, label=name)
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("number of parameters N")
    axes.set_ylabel("seconds")
    figure.legend(loc="outside upper center", ncols=len(seconds), frameon=False)
    names = ", ".join(
        f"{name} ({LINES[line]})" for name, (_, line, _) in zip(seconds, styles, strict=False)
    )
    alt = (
        f"Seconds against the number of parameters, from {counts[0]:,} to {counts[-1]:,}, on "
        f"log-log axes, for {names}."
    )
    return Drawing(figure, alt)
