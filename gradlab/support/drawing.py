"""Figures with alternative texts: their style, and how a notebook shows them."""

from __future__ import annotations

import base64
import html
import io
import logging
import sys
from typing import Any, NamedTuple, Protocol

# On a machine without a font cache (a browser page, every time) Matplotlib announces on stderr
# that it is building one, as soon as its font manager is imported.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

from matplotlib.figure import Figure

from gradlab.support.shell import running_shell

# Okabe and Ito's palette, which colour-blind readers can tell apart; lines differ in style too.
BLACK, ORANGE, GREEN = "#000000", "#E69F00", "#009E73"
BLUE, RED, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
SKY, YELLOW = "#56B4E9", "#F0E442"
LINES = {"-": "solid", "--": "dashed", "-.": "dash-dotted", ":": "dotted"}

SIZE = (7.0, 4.2)
_DPI = 110

# The borders between the customary bands of a ratio.
BANDS = (1e-2, 1e-4, 1e-7)
# Below this, ratios are pure rounding, whose digits differ between machines.
ROUNDING = 1e-7


class Drawing(NamedTuple):
    """A figure and its alternative text."""

    figure: Figure
    alt: str


class Described(Protocol):
    """Anything with a figure and an alternative text: `Drawing`, `Chords`, `VCurve`."""

    @property
    def figure(self) -> Figure:
        """The figure."""

    @property
    def alt(self) -> str:
        """What it shows, in words."""


def show(figure: Figure | Described, alt: str = "") -> None:
    """Show a figure in a notebook with an alternative text for screen readers.

    JupyterLab's own image output drops alternative texts, so the figure is shown as HTML. Outside
    a notebook, the text is printed instead.

    Parameters
    ----------
    figure : matplotlib.figure.Figure, or a drawing of the course
        The figure. If pyplot made it, it is closed so that it does not appear twice.
    alt : str, optional
        What the figure shows, in a sentence or two. The course's own drawings come with a
        text made from their data.

    Raises
    ------
    ValueError
        If there is no `alt`.

    Examples
    --------
    >>> import gradlab
    >>> from matplotlib.figure import Figure
    >>> gradlab.show(Figure(), "an empty figure")
    Figure: an empty figure
    """
    drawn, text = (
        (figure, alt) if isinstance(figure, Figure) else (figure.figure, alt or figure.alt)
    )
    if not text.strip():
        raise ValueError("alt is empty; say in a sentence what the figure shows")
    bundle = {"text/html": picture(png(drawn), text), "text/plain": f"Figure: {text}"}
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(drawn)
    if running_shell() is None:
        print(bundle["text/plain"])
        return
    from IPython.display import display

    display(bundle, raw=True)


def png(figure: Figure) -> bytes:
    """Return a figure as PNG; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.

    Returns
    -------
    bytes
        The picture, without the version of the software that drew it.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def picture(data: bytes, alt: str) -> str:
    """Return a PNG as an HTML image that is never wider than its column.

    Parameters
    ----------
    data : bytes
        The PNG.
    alt : str
        The alternative text.

    Returns
    -------
    str
        An ``<img>`` element with the data inside.
    """
    source = base64.b64encode(data).decode("ascii")
    return (
        f'<img alt="{html.escape(alt)}" style="max-width: 100%; height: auto" '
        f'src="data:image/png;base64,{source}">'
    )


def new_figure() -> tuple[Figure, Any]:
    """Return a figure with one pair of axes in the style of the course."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.grid(color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def draw_bands(axes: Any) -> None:
    """Draw the borders between the customary bands as dotted lines, labelled with their values."""
    for border in BANDS:
        axes.axhline(border, color="0.3", linewidth=1.0, linestyle=(0, (1, 3)))
        axes.text(
            1.01,
            border,
            f"{border:.0e}",
            fontsize=8,
            color="0.3",
            va="center",
            transform=axes.get_yaxis_transform(),
        )
