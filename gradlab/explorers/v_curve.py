"""The explorer of the V that an error draws against the step; ``v_curve.mjs`` moves it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.examples import CURVES
from gradlab.explorers.explorer import make_explorer, read_between, require_choice
from gradlab.live.output import LiveOutput
from gradlab.plots.differences import VCurve

METHODS = ("forward", "central", "five_point", "richardson")
_TYPES: dict[str, type[np.floating[Any]]] = {"float64": np.float64, "float32": np.float32}


def explore_v_curve(
    curve: str = "sin x", x: float = 1.0, method: str = "central", precision: str = "float64"
) -> LiveOutput:
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
    LiveOutput
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `curve`, `method` or `precision` is not in its menu, or `x` is beyond its slider.

    Examples
    --------
    >>> from gradlab import explore_v_curve
    >>> explorer = explore_v_curve(precision="float32")
    >>> explorer.state["method"]
    'central'
    """
    smooth = [name for name, example in CURVES.items() if example.smooth]
    require_choice("curve", curve, smooth)
    x = read_between("x", x, -2.5, 2.5)
    require_choice("method", method, METHODS)
    require_choice("precision", precision, _TYPES)
    drawing = VCurve(CURVES[curve], x, method, _TYPES[precision])
    start = {"curve": curve, "x": x, "method": method, "precision": precision}
    return make_explorer("v_curve", start, drawing, drawing.summary())
