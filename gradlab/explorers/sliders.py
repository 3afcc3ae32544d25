"""What an explorer is: controls, a picture and a text that follow each other."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets

from gradlab.support.drawing import picture

# Every control is a row of its own, with the names aligned.
ROW = {
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
        # HTML, because an Image widget has no alternative text.
        self.image = widgets.HTML(
            value=picture(self._first, self._alt), layout={"width": "98%", "max_width": "700px"}
        )
        self.text = widgets.HTML(value=_as_html(self._lines))
        self.box = widgets.VBox([*controls.values(), self.image, self.text])
        for control in controls.values():
            control.observe(self._follow, names="value")

    def _follow(self, change: object) -> None:
        data, alt, lines = self._draw(*(control.value for control in self.controls.values()))
        self.image.value = picture(data, alt)
        self.text.value = _as_html(lines)

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        live = self.box._repr_mimebundle_(**kwargs)
        return {
            **live,
            "text/html": picture(self._first, self._alt) + _as_html(self._lines),
            "text/plain": "\n".join(["Figure: " + self._alt, *self._lines]),
        }


def _as_html(lines: list[str]) -> str:
    return f"<pre>{html.escape(chr(10).join(lines))}</pre>"


def menu(description: str, choices: Iterable[str], value: str) -> Any:
    """Return a drop-down menu."""
    return widgets.Dropdown(options=list(choices), value=value, description=description, **ROW)


def slider(description: str, value: float, low: float, high: float, step: float) -> Any:
    """Return a slider for a number."""
    return widgets.FloatSlider(
        value=value, min=low, max=high, step=step, description=description, **ROW
    )


def log_slider(description: str, value: float, low: float, high: float, step: float) -> Any:
    """Return a slider for a positive number; ends and step are powers of ten."""
    return widgets.FloatLogSlider(
        value=value, min=low, max=high, step=step, description=description, **ROW
    )


def require_choice(argument: str, value: str, choices: Iterable[str]) -> None:
    """Raise ValueError if a value is not in its menu."""
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{argument} is {value!r}; it must be one of {listed}")
