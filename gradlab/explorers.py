"""Explorers: figures with sliders. Without a kernel, a picture and a text stand in for them."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np

from gradlab.plots import Chords, picture, png

__all__ = ["Curve", "Explorer", "explore_chords"]


@dataclass(frozen=True)
class Curve:
    """A curve to explore: its formula in words, itself and its derivative."""

    name: str
    f: Callable[[Any], Any]
    slope: Callable[[Any], Any]


CURVES = (
    Curve("sin x", np.sin, np.cos),
    Curve("exp(x / 2)", lambda x: np.exp(x / 2), lambda x: np.exp(x / 2) / 2),
    Curve("x³/4 − x", lambda x: x**3 / 4 - x, lambda x: 3 * x**2 / 4 - 1),
    Curve("x²/2 (a parabola)", lambda x: x**2 / 2, lambda x: 1.0 * x),
    Curve("|x| (a kink at 0)", np.abs, lambda x: np.where(x == 0, np.nan, np.sign(x))),
)


class Explorer:
    """Controls, a picture and a text that follow each other.

    Displayed in a notebook with a kernel it is live; anywhere else the picture and the text
    of its first state are shown.

    Parameters
    ----------
    controls : dict of str to widget
        The controls, from top to bottom.
    draw : callable
        Takes the controls' values in that order and returns a PNG and lines of text.
    alt : str
        The alternative text of the picture.
    """

    def __init__(
        self,
        controls: dict[str, Any],
        draw: Callable[..., tuple[bytes, list[str]]],
        alt: str,
    ) -> None:
        self.controls = controls
        self._draw = draw
        self._alt = alt
        self._first, self._lines = draw(*(control.value for control in controls.values()))
        self.image = widgets.Image(
            value=self._first, format="png", layout=widgets.Layout(width="100%", max_width="700px")
        )
        self.text = widgets.HTML(value=_as_html(self._lines))
        self.box = widgets.VBox([*controls.values(), self.image, self.text])
        for control in controls.values():
            control.observe(self._follow, names="value")

    def _follow(self, change: object) -> None:
        data, lines = self._draw(*(control.value for control in self.controls.values()))
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
    curves = {entry.name: entry for entry in CURVES}
    if curve not in curves:
        raise ValueError(f"curve is {curve!r}; it must be one of {', '.join(map(repr, curves))}")
    wide = widgets.Layout(width="98%", max_width="560px")
    style = {"description_width": "5em"}
    controls = {
        "curve": widgets.Dropdown(
            options=list(curves), value=curve, description="curve f", layout=wide, style=style
        ),
        "x": widgets.FloatSlider(
            value=x, min=-2.5, max=2.5, step=0.05, description="point x", layout=wide, style=style
        ),
        "h": widgets.FloatLogSlider(
            value=h, min=-3, max=0.3, step=0.05, description="step h", layout=wide, style=style
        ),
    }
    start = curves[curve]
    drawing = Chords(start.f, start.slope, start.name, x, h)

    def draw(name: str, x: float, h: float) -> tuple[bytes, list[str]]:
        chosen = curves[name]
        drawing.update(chosen.f, chosen.slope, name, x, h)
        return png(drawing.figure), _describe(chosen, x, h)

    return Explorer(
        controls,
        draw,
        f"The curve {curve} with its tangent (solid) and three chords at x = {x:g}, h = {h:g}: "
        "forward (dashed) from x to x + h, backward (dotted) from x − h to x, central "
        "(dash-dotted) from x − h to x + h.",
    )


def _describe(curve: Curve, x: float, h: float) -> list[str]:
    true = float(curve.slope(np.float64(x)))
    chords = Chords.slopes(curve.f, x, h)
    if np.isnan(true):
        lines = ["tangent:  there is none here, the curve has a kink"]
        return lines + [f"{name + ':':<9} slope {value:+.4f}" for name, value in chords.items()]
    lines = [f"tangent:  slope {true:+.4f}"]
    return lines + [
        f"{name + ':':<9} slope {value:+.4f}, error {value - true:+.0e}"
        if abs(value - true) >= 1e-6
        else f"{name + ':':<9} slope {value:+.4f}, error below 1e-6"
        for name, value in chords.items()
    ]


def _as_html(lines: list[str]) -> str:
    return f"<pre>{html.escape(chr(10).join(lines))}</pre>"
