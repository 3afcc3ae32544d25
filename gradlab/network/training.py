"""Mini-batch gradient descent, using whatever gradients the network returns."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from gradlab.support.floats import FloatArray
from gradlab.support.progress import progress

if TYPE_CHECKING:
    from gradlab.network.mlp import MLP

# Takes the network, the number of steps done, and the number of steps in all.
Callback = Callable[["MLP", int, int], object]


def descend(
    network: MLP,
    X: FloatArray,
    Y: FloatArray,
    *,
    epochs: int,
    learning_rate: float,
    batch_size: int,
    seed: int,
    callback: Callback | None,
) -> list[float]:
    """Train a network in place; as `MLP.fit`, which has read the arguments.

    Returns
    -------
    list of float
        The loss over the whole of X and Y, without dropout: before training, then after each
        epoch.
    """
    rng = np.random.default_rng(seed)
    batches = -(-len(X) // batch_size)
    steps = epochs * batches
    losses = [_loss_without_dropout(network, X, Y)]
    if callback is not None:
        callback(network, 0, steps)
    for step in progress(range(steps), "step"):
        number = step % batches
        if number == 0:
            order = rng.permutation(len(X))
        batch = order[number * batch_size : (number + 1) * batch_size]
        _move(network, X[batch], Y[batch], learning_rate)
        if callback is not None:
            callback(network, step + 1, steps)
        if number == batches - 1:
            losses.append(_loss_without_dropout(network, X, Y))
    return losses


def _move(network: MLP, X: FloatArray, Y: FloatArray, learning_rate: float) -> None:
    """Take one step against the gradient."""
    gradients = network.gradients(X, Y)
    # New arrays, so that the old ones keep their values for whoever holds them.
    network.params = [
        (W - learning_rate * dW, b - learning_rate * db)
        for (W, b), (dW, db) in zip(network.params, gradients, strict=True)
    ]


def _loss_without_dropout(network: MLP, X: FloatArray, Y: FloatArray) -> float:
    certain = copy.copy(network)
    certain.keep_prob = 1.0
    return certain.loss(X, Y)
