"""The explorer of L2 and dropout: ``regularization.mjs`` moves it, this is its face in Python."""

from __future__ import annotations

import copy

import numpy as np

from gradlab.checker.check import numerical_gradient
from gradlab.checker.norms import relative_difference
from gradlab.checker.parameters import named_blocks, ravel
from gradlab.explorers.explorer import make_explorer, require_choice
from gradlab.live.output import LiveOutput
from gradlab.network.batch import Params
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.plots.pitfalls import describe_ratios, plot_ratios
from gradlab.support.floats import FloatArray

MISTAKES = ("none", "penalty forgotten", "data part of dW1 off by 10%", "1/keep_prob forgotten")
MASKS = ("none", "frozen", "new each time")
_SIZES = (8, 6, 4)
_LABELS = [0, 1, 2, 3, 0, 1, 2, 3]
_SEED = 6
# The step of the measured slopes.
STEP = 1e-5


def explore_regularization(mistake: str = "penalty forgotten", masks: str = "none") -> LiveOutput:
    """Explore L2 and dropout: the ratio of each block for a mistake, a penalty and a mask.

    Parameters
    ----------
    mistake : str, optional
        The mistake to begin with, as in the menu.
    masks : {"none", "frozen", "new each time"}, optional
        The dropout to begin with.

    Returns
    -------
    LiveOutput
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `mistake` or `masks` is not in its menu.

    Examples
    --------
    >>> from gradlab import explore_regularization
    >>> explorer = explore_regularization("none", masks="frozen")
    >>> explorer.state["keep_prob"]
    0.8
    """
    require_choice("mistake", mistake, MISTAKES)
    require_choice("masks", masks, MASKS)
    X, Y = make_data()
    l2, keep_prob = 0.1, 0.8
    network = make_network(mistake, l2, masks, keep_prob)
    ratios = compute_ratios(network, X, Y)
    dropout = "no dropout" if masks == "none" else f"keep {keep_prob:g}, mask {masks}"
    return make_explorer(
        "regularization",
        {"mistake": mistake, "l2": l2, "masks": masks, "keep_prob": keep_prob},
        plot_ratios(ratios, f"mistake: {mistake}; lambda = {l2:g}; {dropout}"),
        [
            f"ratio: {describe_ratios(ratios)}",
            f"gradlab's verdict: {check_network(network, X, Y).verdict}",
        ],
        {
            "theta": ravel(network.params)[0].tolist(),
            "X": X.ravel().tolist(),
            "labels": _LABELS,
            "draws": _list_draws(),
        },
    )


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


def make_data() -> tuple[FloatArray, FloatArray]:
    """Make the batch of the explorer.

    Returns
    -------
    X : ndarray, shape (8, 8)
    Y : ndarray, shape (8, 4)
        The labels, one-hot.
    """
    X = np.random.default_rng(_SEED).random((len(_LABELS), _SIZES[0]))
    return X, np.eye(_SIZES[-1])[_LABELS]


def make_network(mistake: str, l2: float, masks: str, keep_prob: float) -> Faulty:
    """Return the network that the explorer's controls are set to.

    Parameters
    ----------
    mistake : str
        One of the `MISTAKES`.
    l2 : float
        The strength of the penalty.
    masks : str
        One of the `MASKS`.
    keep_prob : float
        The probability of keeping an activation; without masks it has no effect.

    Returns
    -------
    Faulty
        The network, its masks frozen if they have to be.
    """
    keep_prob = 1.0 if masks == "none" else keep_prob
    network = Faulty(_SIZES, l2=l2, keep_prob=keep_prob, seed=_SEED)
    network.mistake = mistake
    if masks == "frozen":
        network.freeze_dropout(len(_LABELS), seed=_SEED)
    return network


def compute_ratios(network: MLP, X: FloatArray, Y: FloatArray) -> dict[str, float]:
    """Return the customary ratio of each block, and of all.

    Parameters
    ----------
    network : MLP
        The network. Not changed.
    X, Y : ndarray
        The batch.

    Returns
    -------
    dict of str to float
        The ratios of W1, b1, W2, b2 and of all together.
    """
    analytic, numeric = network.gradients(X, Y), measure_slopes(network, X, Y)
    pairs = zip(named_blocks(analytic), named_blocks(numeric), strict=True)
    ratios = {name: relative_difference(a, n) for (name, a), (_, n) in pairs}
    return {**ratios, "all": relative_difference(analytic, numeric)}


def measure_slopes(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    """Measure the slopes of a network's loss; the parameters are those of `compute_ratios`.

    Returns
    -------
    list of (dW, db)
        Central differences.
    """
    moved = copy.deepcopy(network)

    def loss(params: Params) -> float:
        moved.params = params
        return moved.loss(X, Y)

    return numerical_gradient(loss, network.params, h=STEP)


def _list_draws() -> list[int]:
    """Return what the frozen mask was drawn from, in tenths rounded down.

    A unit is kept where its draw is below keep_prob. Keeping with probability k/10 shows for each
    k whether it is, so that the page has the masks of `MLP.freeze_dropout` at every k.
    """
    draws = np.zeros((len(_LABELS), _SIZES[1]), dtype=int)
    for tenths in range(1, 10):
        network = make_network("none", 0.0, "frozen", tenths / 10)
        for mask in network.masks or ():
            draws += mask == 0
    return [int(draw) for draw in draws.ravel()]
