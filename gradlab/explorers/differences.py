"""Explorers about differences: chords, and the V of the error."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.examples import CURVES, Example
from gradlab.explorers.explorer import Explorer, log_slider, menu, require_choice, slider
from gradlab.plots.differences import Chords, VCurve
from gradlab.support.drawing import png

METHODS = ("forward", "central", "five_point", "richardson")
_TYPES: dict[str, type[np.floating[Any]]] = {"float64": np.float64, "float32": np.float32}


def explore_chords(curve: str = "sin x", x: float = 1.0, h: float = 1.0) -> Explorer:
    """Explore the chords of a curve: move x and h, and compare slopes and errors.

    Parameters
    ----------
    curve : str, optional
        The name of the curve to begin with, as in the menu.
    x : float, optional
        The point to begin with, between -2.5 and 2.5.
    h : float, optional
        The step to begin with, between 0.001 and 2.

    Returns
    -------
    Explorer
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `curve` is not in the menu.

    Examples
    --------
    >>> from gradlab import explore_chords
    >>> explorer = explore_chords(h=0.5)
    >>> explorer.controls["h"].value = 0.25
    """
    require_choice("curve", curve, CURVES)
    controls = {
        "curve": menu("curve f", CURVES, curve),
        "x": slider("point x", x, -2.5, 2.5, 0.05),
        "h": log_slider("step h", h, -3, 0.3, 0.05),
    }
    start = CURVES[curve]
    drawing = Chords(start.f, start.slope, start.name, x, h)

    def draw(name: str, x: float, h: float) -> tuple[bytes, str, list[str]]:
        chosen, x = CURVES[name], round(x, 2)  # a slider's 0 may be 3e-17, beside a kink at 0
        drawing.update(chosen.f, chosen.slope, name, x, h)
        return png(drawing.figure), drawing.alt, _describe(chosen, x, h)

    return Explorer(controls, draw)


def explore_v_curve(
    curve: str = "sin x", x: float = 1.0, method: str = "central", precision: str = "float64"
) -> Explorer:
    """Explore the error of a difference against its step, with its predicted bottom.

    Parameters
    ----------
    curve : str, optional
        The name of the curve to begin with, as in the menu; it must be smooth.
    x : float, optional
        The point to begin with, between -2.5 and 2.5.
    method : {"forward", "central", "five_point", "richardson"}, optional
        The difference to begin with.
    precision : {"float64", "float32"}, optional
        The type that everything is computed in, to begin with.

    Returns
    -------
    Explorer
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `curve`, `method` or `precision` is not in its menu.

    Examples
    --------
    >>> from gradlab import explore_v_curve
    >>> explorer = explore_v_curve(precision="float32")
    >>> explorer.controls["method"].value = "forward"
    """
    smooth = {name: example for name, example in CURVES.items() if example.smooth}
    menus = (
        ("curve", curve, smooth),
        ("method", method, METHODS),
        ("precision", precision, _TYPES),
    )
    for argument, value, choices in menus:
        require_choice(argument, value, choices)
    controls = {
        "curve": menu("curve f", smooth, curve),
        "x": slider("point x", x, -2.5, 2.5, 0.05),
        "method": menu("method", METHODS, method),
        "precision": menu("precision", _TYPES, precision),
    }
    drawing = VCurve(CURVES[curve], x, method, _TYPES[precision])

    def draw(name: str, x: float, method: str, precision: str) -> tuple[bytes, str, list[str]]:
        drawing.update(smooth[name], round(x, 2), method, _TYPES[precision])
        return png(drawing.figure), drawing.alt, drawing.summary()

    return Explorer(controls, draw)


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
