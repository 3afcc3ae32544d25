"""Explorers about networks: an entry of theta moved, penalties and masks, and a kink crossed."""

from __future__ import annotations

import copy

import ipywidgets as widgets
import numpy as np

from gradlab.checker.check import numerical_gradient
from gradlab.checker.norms import relative_difference
from gradlab.checker.parameters import named_blocks
from gradlab.explorers.sliders import ROW, Explorer, log_slider, menu, require_choice, slider
from gradlab.network.batch import Params
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.plots.pitfalls import KinkCrossed, RatioBars
from gradlab.plots.theta import ThetaMoved
from gradlab.support.drawing import png
from gradlab.support.floats import FloatArray

MISTAKES = ("none", "penalty forgotten", "data part of dW1 off by 10%", "1/keep_prob forgotten")
MASKS = ("none", "frozen", "new each time")


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
        raise ValueError(f"index is {index!r}; it must be from 0 to {total - 1}")
    rng = np.random.default_rng(4)
    X, Y = rng.random((6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    controls = {
        "index": widgets.IntSlider(
            value=index, min=0, max=total - 1, description="entry i", **ROW
        ),
        "move": slider("move by", 0.0, -2.5, 2.5, 0.1),
        "h": log_slider("step h", h, -3, 0.3, 0.05),
    }
    drawing = ThetaMoved(network, X, Y, index, 0.0, h)

    def draw(index: int, move: float, h: float) -> tuple[bytes, str, list[str]]:
        drawing.update(index, round(move, 1), h)
        return png(drawing.figure), drawing.alt, drawing.summary()

    return Explorer(controls, draw)


def explore_regularization(mistake: str = "penalty forgotten", masks: str = "none") -> Explorer:
    """Explore L2 and dropout: the ratio of each block for a mistake, a penalty and a mask.

    Parameters
    ----------
    mistake : str, optional
        The mistake to begin with, as in the menu.
    masks : {"none", "frozen", "new each time"}, optional
        The dropout to begin with.

    Returns
    -------
    Explorer
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `mistake` or `masks` is not in its menu.

    Examples
    --------
    >>> from gradlab import explore_regularization
    >>> explorer = explore_regularization("none")
    >>> explorer.controls["masks"].value = "new each time"
    """
    require_choice("mistake", mistake, MISTAKES)
    require_choice("masks", masks, MASKS)
    controls = {
        "mistake": menu("mistake", MISTAKES, mistake),
        "l2": log_slider("lambda", 0.1, -4, 6, 0.5),
        "masks": menu("mask", MASKS, masks),
        "keep_prob": slider("keep p", 0.8, 0.5, 1.0, 0.1),
    }
    rng = np.random.default_rng(6)
    X, Y = rng.random((8, 8)), np.eye(4)[np.arange(8) % 4]

    def prepared(mistake: str, l2: float, masks: str, keep_prob: float) -> Faulty:
        p = 1.0 if masks == "none" else round(keep_prob, 1)
        network = Faulty([8, 6, 4], l2=l2, keep_prob=p, seed=6)
        network.mistake = mistake
        if masks == "frozen":
            network.freeze_dropout(len(X), seed=6)
        return network

    def title(network: Faulty, masks: str) -> str:
        dropout = "no dropout" if masks == "none" else f"keep {network.keep_prob:g}, mask {masks}"
        return f"mistake: {network.mistake}; lambda = {network.l2:.3g}; {dropout}"

    first = prepared(mistake, 0.1, masks, 0.8)
    drawing = RatioBars(_ratios(first, X, Y), title(first, masks))

    def draw(
        mistake: str, l2: float, masks: str, keep_prob: float
    ) -> tuple[bytes, str, list[str]]:
        network = prepared(mistake, l2, masks, keep_prob)
        drawing.update(_ratios(network, X, Y), title(network, masks))
        verdict = f"gradlab's verdict: {check_network(network, X, Y).verdict}"
        return png(drawing.figure), drawing.alt, [*drawing.summary(), verdict]

    return Explorer(controls, draw)


class Faulty(MLP):
    """A network whose gradient has one of the `MISTAKES`."""

    mistake = "none"

    def gradients(self, X: FloatArray, Y: FloatArray) -> Params:
        """Return the gradient with its mistake; the parameters are those of `MLP.gradients`."""
        right = super().gradients(X, Y)
        (dW, db), *later = right
        penalty = self.l2 * self.params[0][0]
        if self.mistake == "penalty forgotten":
            pairs = zip(right, self.params, strict=True)
            return [(dW - self.l2 * W, db) for (dW, db), (W, _) in pairs]
        if self.mistake == "data part of dW1 off by 10%":
            return [(1.1 * (dW - penalty) + penalty, db), *later]
        if self.mistake == "1/keep_prob forgotten":
            return [(self.keep_prob * (dW - penalty) + penalty, self.keep_prob * db), *later]
        return right


def _ratios(network: MLP, X: FloatArray, Y: FloatArray) -> dict[str, float]:
    """Return the customary ratio of each block, and of all."""
    moved = copy.deepcopy(network)

    def loss(params: Params) -> float:
        moved.params = params
        return moved.loss(X, Y)

    analytic = network.gradients(X, Y)
    numeric = numerical_gradient(loss, network.params, h=1e-5)
    pairs = zip(named_blocks(analytic), named_blocks(numeric), strict=True)
    ratios = {name: relative_difference(a, n) for (name, a), (_, n) in pairs}
    return {**ratios, "all": relative_difference(analytic, numeric)}


def explore_kink(z: float = 0.3, h: float = 0.5) -> Explorer:
    """Explore a kink: move a pre-activation across it, and see what a chord makes of it.

    Parameters
    ----------
    z : float, optional
        The pre-activation to begin with, between -1 and 1.
    h : float, optional
        The step to begin with, between 0.001 and 0.5.

    Returns
    -------
    Explorer
        The explorer; it shows itself as the last expression of a cell.

    Examples
    --------
    >>> from gradlab import explore_kink
    >>> explorer = explore_kink()
    >>> explorer.controls["z"].value = -0.2
    """
    controls = {
        "z": slider("z", z, -1.0, 1.0, 0.05),
        "h": log_slider("step h", h, -3, -0.3, 0.05),
    }
    drawing = KinkCrossed(z, h)

    def draw(z: float, h: float) -> tuple[bytes, str, list[str]]:
        # A slider's 0 may be 3e-17, beside the kink.
        drawing.update(round(z, 2), h)
        return png(drawing.figure), drawing.alt, drawing.summary()

    return Explorer(controls, draw)
