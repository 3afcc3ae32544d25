"""The explorer of the V that an error draws against the step."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.examples import CURVES
from gradlab.explorers.sliders import Explorer, menu, require_choice, slider
from gradlab.plots.differences import VCurve
from gradlab.support.drawing import png

METHODS = ("forward", "central", "five_point", "richardson")
_TYPES: dict[str, type[np.floating[Any]]] = {"float64": np.float64, "float32": np.float32}


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
