"""The explorer of chords: ``chords.mjs`` moves them, this is its face in Python."""

from __future__ import annotations

import numpy as np

from gradlab.examples import CURVES, Example
from gradlab.explorers.explorer import make_explorer, read_between, require_choice
from gradlab.live.output import LiveOutput
from gradlab.plots.differences import Chords


def explore_chords(curve: str = "sin x", x: float = 1.0, h: float = 1.0) -> LiveOutput:
    """Explore the chords of a curve: move x and h, and compare slopes and errors.

    Parameters
    ----------
    curve : str, optional
        The name of the curve to begin with, as in the menu.
    x : float, optional
        The point to begin with, between -2.5 and 2.5.
    h : float, optional
        The step to begin with, between 1e-8 and 2.

    Returns
    -------
    LiveOutput
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `curve` is not in the menu, or `x` or `h` is beyond its slider.

    Examples
    --------
    >>> from gradlab import explore_chords
    >>> explorer = explore_chords(h=0.5)
    >>> explorer.state["h"]
    0.5
    """
    require_choice("curve", curve, CURVES)
    x = read_between("x", x, -2.5, 2.5)
    h = read_between("h", h, 1e-8, 2)
    chosen = CURVES[curve]
    drawing = Chords(chosen.f, chosen.slope, chosen.name, x, h)
    start = {"curve": curve, "x": x, "h": h}
    return make_explorer("chords", start, drawing, _describe(chosen, x, h))


def _describe(curve: Example, x: float, h: float) -> list[str]:
    true = float(curve.slope(np.float64(x)))
    chords = Chords.slopes(curve.f, x, h)
    if np.isnan(true):
        lines = ["tangent:  there is none here, the curve has a kink"]
        return lines + [f"{name + ':':<9} slope {value:+.4f}" for name, value in chords.items()]
    lines = [f"tangent:  slope {true:+.4f}"]
    return lines + [
        f"{name + ':':<9} slope {value:+.4f}, error {value - true:+.6f}"
        if abs(value - true) >= 1e-6
        else f"{name + ':':<9} slope {value:+.4f}, error below 1e-6"
        for name, value in chords.items()
    ]
