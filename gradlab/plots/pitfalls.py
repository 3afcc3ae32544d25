"""Figures of what misleads a gradient check (penalties, kinks), and of what checks cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

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

# A ratio below this is drawn here.
_LOWEST = 1e-12


def plot_ratios(ratios: Mapping[str, float], title: str) -> Drawing:
    """Draw the customary ratio of each block of a two-layer network, and of all blocks, as dots.

    Parameters
    ----------
    ratios : mapping of str to float
        The ratios of W1, b1, W2, b2 and of all blocks together, in this order.
    title : str
        A description of the network.

    Returns
    -------
    Drawing
        The figure and its alternative text.
    """
    figure, axes = new_figure()
    # Dots, because a bar on a logarithmic axis begins at no zero. Those of biases are open.
    styles = ((BLUE, "full"), (BLUE, "none"), (ORANGE, "full"), (ORANGE, "none"), (BLACK, "full"))
    for (name, ratio), (color, fill) in zip(ratios.items(), styles, strict=True):
        height = max(ratio, _LOWEST)
        axes.plot([name], [height], "o", color=color, fillstyle=fill, markersize=10)
    axes.set_yscale("log")
    axes.set_ylim(_LOWEST / 2.0, 8.0)
    axes.set_ylabel("ratio")
    axes.set_title(title, fontsize=10)
    draw_bands(axes)
    alt = (
        "The ratio of each block as a dot on a logarithmic axis, with the customary bands as "
        f"dotted lines, for {title}: {describe_ratios(ratios)}."
    )
    return Drawing(figure, alt)


def describe_ratios(ratios: Mapping[str, float]) -> str:
    """Say the ratio of each block; the digits of mere rounding differ between machines.

    Parameters
    ----------
    ratios : mapping of str to float
        The ratios by block.

    Returns
    -------
    str
        The blocks with a digit of their ratios.

    Examples
    --------
    >>> from gradlab.plots.pitfalls import describe_ratios
    >>> describe_ratios({"W1": 0.05, "b1": 2e-10})
    'W1 5e-02, b1 below 1e-7'
    """
    return ", ".join(
        f"{name} {f'{ratio:.0e}' if ratio >= ROUNDING else 'below 1e-7'}"
        for name, ratio in ratios.items()
    )


def plot_kink(z: float, h: float) -> Drawing:
    """Draw the loss of one ReLU against its pre-activation, with its kink and a central chord.

    Parameters
    ----------
    z : float
        The pre-activation; the kink is at 0.
    h : float
        The step.

    Returns
    -------
    Drawing
        The figure and its alternative text.
    """
    figure, axes = new_figure()
    slopes = kink_slopes(z, h)
    true, central = slopes["true"], slopes["central"]
    grid = np.linspace(-1.5, 1.5, 301)
    axes.plot(grid, kink_loss(grid), color="0.55", linewidth=2.5, label="J")
    axes.axvline(0.0, color="0.6", linewidth=1.0, linestyle=(0, (1, 3)), label="kink")
    if true is not None:
        reach = np.array([-0.6, 0.6])
        axes.plot(z + reach, kink_loss(z) + true * reach, color=BLACK, label="tangent")
    ends = np.array([z - h, z + h])
    style = {"color": BLUE, "linestyle": "-.", "marker": "o", "markersize": 6}
    axes.plot(ends, kink_loss(ends), label="central chord", **style)
    axes.plot([z], [kink_loss(z)], color=RED, linestyle="", marker="D", markersize=8)
    axes.set_xlim(-1.5, 1.5)
    axes.set_ylim(-0.25, 0.85)
    axes.set_xlabel("pre-activation z")
    axes.set_ylabel("loss J")
    axes.legend(frameon=False, loc="lower left")
    where = f"{'inside' if abs(z) < h else 'outside'} the step"
    axes.set_title(f"z = {z:.2f}, h = {h:.3g}: the kink is {where}", fontsize=11)
    alt = (
        "The loss against the pre-activation z: flat left of a kink at 0, falling beyond. "
        f"At z = {z:.2f} the central chord for h = {h:.3g} (dash-dotted) has slope "
        f"{central:.2f}; the true slope is "
        f"{'none, z is on the kink' if true is None else f'{true:+.4f}'}. The kink lies {where}."
    )
    return Drawing(figure, alt)


def kink_loss(z: Any) -> Any:
    """Evaluate (max(z, 0) - 1)^2 / 2; its slope is 0 left of the kink and z - 1 right of it.

    Parameters
    ----------
    z : float or ndarray
        The pre-activation.

    Returns
    -------
    float or ndarray
        The loss, of the shape of `z`.
    """
    return (np.maximum(z, 0.0) - 1.0) ** 2 / 2.0


class KinkSlopes(TypedDict):
    """The slopes of `kink_loss`; on the kink there is no true one."""

    true: float | None
    backward: float
    forward: float
    central: float


def kink_slopes(z: float, h: float) -> KinkSlopes:
    """Compute the true slope of `kink_loss` at a point, and those of three chords.

    Parameters
    ----------
    z : float
        The pre-activation.
    h : float
        The step of the chords.

    Returns
    -------
    KinkSlopes
        The slopes by name.

    Examples
    --------
    >>> from gradlab.plots.pitfalls import kink_slopes
    >>> kink_slopes(0.0, 0.5)["forward"]
    -0.75
    """
    left, here, right = (float(kink_loss(at)) for at in (z - h, z, z + h))
    beside = z - 1.0 if z > 0.0 else 0.0
    return {
        "true": None if z == 0.0 else beside,
        "backward": (here - left) / h,
        "forward": (right - here) / h,
        "central": (right - left) / (2.0 * h),
    }


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
