"""Explorers: figures with sliders. Without a kernel, a picture and a text stand in for them."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets
import numpy as np

from gradlab.examples import CURVES, Example
from gradlab.plots import Chords, VCurve, picture, png

__all__ = ["Explorer", "explore_chords", "explore_v_curve"]

METHODS = ("forward", "central", "five_point", "richardson")
_TYPES: dict[str, type[np.floating[Any]]] = {"float64": np.float64, "float32": np.float32}
# Every control is a row of its own, with the names aligned.
_ROW = {
    "layout": {"width": "98%", "max_width": "560px"},
    "style": {"description_width": "5em"},
}


class Explorer:
    """Controls, a picture and a text that follow each other.

    Displayed in a notebook with a kernel it is live; anywhere else the picture and the text
    of its first state are shown.

    Parameters
    ----------
    controls : dict of str to widget
        The controls, from top to bottom.
    draw : callable
        Takes the controls' values in that order and returns a PNG, its alternative text and
        lines of text.
    """

    def __init__(
        self,
        controls: dict[str, Any],
        draw: Callable[..., tuple[bytes, str, list[str]]],
    ) -> None:
        self.controls = controls
        self._draw = draw
        self._first, self._alt, self._lines = draw(
            *(control.value for control in controls.values())
        )
        self.image = widgets.Image(
            value=self._first, format="png", layout=widgets.Layout(width="100%", max_width="700px")
        )
        self.text = widgets.HTML(value=_as_html(self._lines))
        self.box = widgets.VBox([*controls.values(), self.image, self.text])
        for control in controls.values():
            control.observe(self._follow, names="value")

    def _follow(self, change: object) -> None:
        data, _, lines = self._draw(*(control.value for control in self.controls.values()))
        self.image.value = data
        self.text.value = _as_html(lines)

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        live = self.box._repr_mimebundle_(**kwargs)
        return {
            **live,
            "text/html": picture(self._first, self._alt) + _as_html(self._lines),
            "text/plain": "\n".join(["Figure: " + self._alt, *self._lines]),
        }


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
    _require_choice("curve", curve, CURVES)
    controls = {
        "curve": _menu("curve f", CURVES, curve),
        "x": _slider("point x", x),
        "h": widgets.FloatLogSlider(
            value=h, min=-3, max=0.3, step=0.05, description="step h", **_ROW
        ),
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
        _require_choice(argument, value, choices)
    controls = {
        "curve": _menu("curve f", smooth, curve),
        "x": _slider("point x", x),
        "method": _menu("method", METHODS, method),
        "precision": _menu("precision", _TYPES, precision),
    }
    drawing = VCurve(CURVES[curve], x, method, _TYPES[precision])

    def draw(name: str, x: float, method: str, precision: str) -> tuple[bytes, str, list[str]]:
        drawing.update(smooth[name], round(x, 2), method, _TYPES[precision])
        return png(drawing.figure), drawing.alt, drawing.summary()

    return Explorer(controls, draw)


def _menu(description: str, choices: Iterable[str], value: str) -> Any:
    return widgets.Dropdown(options=list(choices), value=value, description=description, **_ROW)


def _slider(description: str, value: float) -> Any:
    return widgets.FloatSlider(
        value=value, min=-2.5, max=2.5, step=0.05, description=description, **_ROW
    )


def _require_choice(argument: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{argument} is {value!r}; it must be one of {listed}")


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


def _as_html(lines: list[str]) -> str:
    return f"<pre>{html.escape(chr(10).join(lines))}</pre>"
