"""Explorers about networks: an entry of theta moved, penalties and masks, and a kink crossed."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np

from gradlab.explorers.explorer import ROW, Explorer, slider
from gradlab.network import MLP
from gradlab.plots.drawing import png
from gradlab.plots.networks import ThetaMoved


def explore_theta(index: int = 13, h: float = 0.5) -> Explorer:
    """Explore theta: move one entry, and see the loss that it gives and two slopes.

    Parameters
    ----------
    index : int, optional
        The entry to begin with, from 0 to 25.
    h : float, optional
        The step of the central difference to begin with, between 0.001 and 2.

    Returns
    -------
    Explorer
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `index` is not from 0 to 25.

    Examples
    --------
    >>> from gradlab import explore_theta
    >>> explorer = explore_theta(index=3)
    >>> explorer.controls["move"].value = 1.5
    """
    network = MLP([3, 4, 2], seed=4)
    total = sum(W.size + b.size for W, b in network.params)
    if index not in range(total):
        raise ValueError(f"index is {index!r}; it needs to be from 0 to {total - 1}")
    rng = np.random.default_rng(4)
    X, Y = rng.random((6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    controls = {
        "index": widgets.IntSlider(
            value=index, min=0, max=total - 1, description="entry i", **ROW
        ),
        "move": slider("move by", 0.0, -2.5, 2.5, 0.1),
        "h": widgets.FloatLogSlider(
            value=h, min=-3, max=0.3, step=0.05, description="step h", **ROW
        ),
    }
    drawing = ThetaMoved(network, X, Y, index, 0.0, h)

    def draw(index: int, move: float, h: float) -> tuple[bytes, str, list[str]]:
        drawing.update(index, round(move, 1), h)
        return png(drawing.figure), drawing.alt, drawing.summary()

    return Explorer(controls, draw)
