"""The explorer of theta: ``theta.mjs`` moves its entries, this is its face in Python."""

from __future__ import annotations

import numpy as np

from gradlab.checker.parameters import ravel
from gradlab.explorers.explorer import make_explorer, read_between
from gradlab.live.output import LiveOutput
from gradlab.network.mlp import MLP
from gradlab.plots.theta import name_entries, plot_theta_moved, slopes_along
from gradlab.support.floats import FloatArray

_LABELS = [0, 1, 1, 0, 1, 0]


def explore_theta(index: int = 13, h: float = 0.5) -> LiveOutput:
    """Explore theta: move one entry, and see the loss that it gives and two slopes.

    Parameters
    ----------
    index : int, optional
        The entry to begin with, from 0 to 25.
    h : float, optional
        The step of the central difference to begin with, between 0.001 and 2.

    Returns
    -------
    LiveOutput
        The explorer; it shows itself as the last expression of a cell.

    Raises
    ------
    ValueError
        If `index` is not from 0 to 25, or `h` is beyond its slider.

    Examples
    --------
    >>> from gradlab import explore_theta
    >>> explorer = explore_theta(index=3)
    >>> explorer.state["move"]
    0.0
    """
    network = MLP([3, 4, 2], seed=4)
    theta, _ = ravel(network.params)
    if isinstance(index, bool) or index not in range(theta.size):
        raise ValueError(f"index is {index!r}; it must be from 0 to {theta.size - 1}")
    # As a number that JSON knows, whatever integer it was.
    index, h = int(index), read_between("h", h, 0.001, 2)
    X, Y = np.random.default_rng(4).random((6, 3)), np.eye(2)[_LABELS]
    return make_explorer(
        "theta",
        {"index": index, "move": 0.0, "h": h},
        plot_theta_moved(network, X, Y, index, 0.0, h),
        _describe(network, X, Y, index, h),
        {"theta": theta.tolist(), "X": X.ravel().tolist(), "labels": _LABELS},
    )


def _describe(network: MLP, X: FloatArray, Y: FloatArray, index: int, h: float) -> list[str]:
    position = float(ravel(network.params)[0][index])
    difference, derivative = slopes_along(network, X, Y, index, 0.0, h)
    return [
        f"theta[{index}] is {name_entries(network.params)[index]}: {position:+.3f}",
        f"loss J:                {network.loss(X, Y):.4f}",
        f"central difference:    {difference:+.4f}",
        f"backpropagation there: {derivative:+.4f}",
    ]
