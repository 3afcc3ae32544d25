"""Planted bugs: networks whose backward pass is wrong in a known way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from gradlab.network import MLP, FloatArray, Params
from gradlab.parameters import block_names

Gradients = Callable[[MLP, FloatArray, FloatArray], Params]


@dataclass(frozen=True)
class Bug:
    """A mistake in a backward pass.

    Attributes
    ----------
    name : str
        What `plant` takes.
    what : str
        What is wrong, in a sentence.
    spoils : callable
        ``spoils(network)`` returns the names of the blocks whose gradient is wrong; none if the
        mistake changes nothing in this network.
    finding : str or None
        The kind of finding that a check should report for these blocks, None if it can only say
        where.
    gradients : callable
        ``gradients(network, X, Y)``, the wrong backward pass.
    """

    name: str
    what: str
    spoils: Callable[[MLP], list[str]]
    finding: str | None
    gradients: Gradients


def plant(network: MLP, name: str) -> MLP:
    """Return a copy of a network with a bug in its ``gradients``, which ``fit`` uses too.

    Parameters
    ----------
    network : MLP
        Not changed.
    name : str
        A key of `BUGS`.

    Returns
    -------
    MLP

    Raises
    ------
    ValueError
        If there is no bug of this name, or it would change nothing in this network.

    Examples
    --------
    >>> from gradlab.bugs import plant
    >>> from gradlab.digits import load_digits
    >>> from gradlab.gradient_check import check_network
    >>> from gradlab.network import MLP
    >>> X, Y = load_digits()
    >>> network = plant(MLP([64, 6, 6, 10]), "transposed_weights")
    >>> print(check_network(network, X[:16], Y[:16]).findings[0])
    W2: The gradient is transposed: its transpose is right.
    """
    if name not in BUGS:
        raise ValueError(f"name is {name!r}; it needs to be one of {', '.join(BUGS)}")
    bug = BUGS[name]
    if not bug.spoils(network):
        raise ValueError(f"the bug {name!r} changes nothing in this network: {bug.what}")
    spoiled = copy.deepcopy(network)
    # Copies of the copy take this along, bound to themselves.
    spoiled.gradients = partial(bug.gradients, spoiled)  # type: ignore[method-assign]
    return spoiled


def _square_hidden_layer(network: MLP) -> int | None:
    """Return the first layer after the input whose W is square, but for a single number."""
    for layer, (W, _) in enumerate(network.params):
        if layer > 0 and W.shape[0] == W.shape[1] > 1:
            return layer
    return None


def _transposed_weights(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    gradients = MLP.gradients(network, X, Y)
    layer = _square_hidden_layer(network)
    if layer is not None:
        dW, db = gradients[layer]
        gradients[layer] = (dW.T.copy(), db)
    return gradients


def _flipped_bias(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    (dW, db), *rest = MLP.gradients(network, X, Y)
    return [(dW, -db), *rest]


def _bias_of_one_row(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    rows = len(X) if network.reduction == "mean" else 1
    first_row = MLP.gradients(network, X[:1], Y[:1])
    whole = MLP.gradients(network, X, Y)
    return [(dW, db / rows) for (dW, _), (_, db) in zip(whole, first_row, strict=True)]


def _sum_for_mean(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    return [(len(X) * dW, len(X) * db) for dW, db in MLP.gradients(network, X, Y)]


def _missing_slope(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    without = copy.copy(network)
    without._slope = np.ones_like  # type: ignore[method-assign,assignment]
    return MLP.gradients(without, X, Y)


def _forgotten_penalty(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    return [
        (dW - network.l2 * W, db)
        for (dW, db), (W, _) in zip(MLP.gradients(network, X, Y), network.params, strict=True)
    ]


def _penalized_bias(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    return [
        (dW, db + network.l2 * b)
        for (dW, db), (_, b) in zip(MLP.gradients(network, X, Y), network.params, strict=True)
    ]


def _square_weights(network: MLP) -> list[str]:
    layer = _square_hidden_layer(network)
    return [] if layer is None else [f"W{layer + 1}"]


def _weights(network: MLP) -> list[str]:
    return [name for name in block_names(network.params) if name.startswith("W")]


def _biases(network: MLP) -> list[str]:
    return [name for name in block_names(network.params) if name.startswith("b")]


# Which blocks are wrong is meant for batches of at least two rows, away from special parameters.
BUGS = MappingProxyType(
    {
        bug.name: bug
        for bug in (
            Bug(
                name="transposed_weights",
                what="dW of a square layer is delta^T A in place of A^T delta.",
                spoils=_square_weights,
                finding="transposed",
                gradients=_transposed_weights,
            ),
            Bug(
                name="flipped_bias",
                what="db of the first layer has the wrong sign.",
                spoils=lambda network: ["b1"],
                finding="sign_flipped",
                gradients=_flipped_bias,
            ),
            Bug(
                name="bias_of_one_row",
                what="Every db is the first row of delta in place of the sum of its rows.",
                spoils=_biases,
                finding=None,
                gradients=_bias_of_one_row,
            ),
            Bug(
                name="sum_for_mean",
                what="The gradient lacks the 1/m of the mean: it is m times too large.",
                spoils=lambda network: (
                    block_names(network.params) if network.reduction == "mean" else []
                ),
                finding="wrong_scale",
                gradients=_sum_for_mean,
            ),
            Bug(
                name="missing_slope",
                what="delta is passed back without the derivative of the activation.",
                spoils=lambda network: (
                    block_names(network.params[:-1]) if network.params[1:] else []
                ),
                finding=None,
                gradients=_missing_slope,
            ),
            Bug(
                name="forgotten_penalty",
                what="The L2 penalty is in the loss, but not in the gradient.",
                spoils=lambda network: _weights(network) if network.l2 else [],
                finding="weight_decay",
                gradients=_forgotten_penalty,
            ),
            Bug(
                name="penalized_bias",
                what="The gradient has an L2 term for the biases, which the loss has not.",
                spoils=lambda network: _biases(network) if network.l2 else [],
                finding="weight_decay",
                gradients=_penalized_bias,
            ),
        )
    }
)
