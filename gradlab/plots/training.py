"""Figures of training: the data and the losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gradlab.support.drawing import BLUE, GREEN, LINES, ORANGE, PURPLE, SIZE, Drawing, new_figure


def plot_losses(histories: Mapping[str, Sequence[float]]) -> Drawing:
    """Draw the training losses of up to four networks, epoch by epoch.

    Parameters
    ----------
    histories : mapping of str to sequence of float
        For each network, four at most, its loss before training and after each epoch.

    Returns
    -------
    Drawing
        The figure and its alternative text.
    """
    figure, axes = new_figure()
    styles = [(BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "v"), (PURPLE, ":", "^")]
    for (name, losses), (color, line, marker) in zip(histories.items(), styles, strict=False):
        axes.plot(losses, color=color, linestyle=line, marker=marker, markersize=5, label=name)
    axes.set_xlabel("epoch")
    axes.set_ylabel("training loss J")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    descriptions = [
        f"{name} ({LINES[line]}) from {losses[0]:.2f} to {losses[-1]:.2f}"
        for (name, losses), (_, line, _) in zip(histories.items(), styles, strict=False)
    ]
    return Drawing(figure, f"Training loss J against the epoch: {', '.join(descriptions)}.")


def plot_digits(X: np.ndarray[Any, Any], Y: np.ndarray[Any, Any]) -> Drawing:
    """Draw handwritten digits in a row, each with its label.

    Parameters
    ----------
    X : ndarray, shape (m, 64)
        The images, each of 8 x 8 grey values in [0, 1]; more than a dozen are hard to read.
    Y : ndarray, shape (m, 10)
        Their classes, one-hot.

    Returns
    -------
    Drawing
        The figure and its alternative text.
    """
    figure = Figure(figsize=(SIZE[0], 1.2), layout="constrained")
    labels = Y.argmax(axis=1).tolist()
    for axes, pixels, label in zip(figure.subplots(1, len(X)), X, labels, strict=True):
        axes.imshow(pixels.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(label)
        axes.set_axis_off()
    names = ", ".join(map(str, labels))
    return Drawing(figure, f"Handwritten digits, 8 by 8 grey pixels each: {names}.")
