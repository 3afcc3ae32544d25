"""The nonlinear parts of a network: activations of hidden layers, softmax of the last."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gradlab.support.floats import FloatArray

# Lends an array of a given name and shape, to be overwritten.
Workspace = Callable[[str, tuple[int, ...]], FloatArray]


def softmax(Z: FloatArray) -> FloatArray:
    """Return ``e^z_k / sum_j e^z_j`` of every row."""
    # The largest entry of each row is subtracted, so that no power overflows.
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def sigmoid(Z: FloatArray) -> FloatArray:
    """Return ``1 / (1 + e^-z)``."""
    # The argument of exp is never positive: no overflow, and small values keep every digit.
    tail = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1.0, tail) / (1.0 + tail)


def softplus(Z: FloatArray) -> FloatArray:
    """Return ``log(1 + e^z)``."""
    # log(1 + e^z) = max(z, 0) + log(1 + e^-|z|)
    return np.maximum(Z, 0.0) + np.log1p(np.exp(-np.abs(Z)))


def relu(Z: FloatArray) -> FloatArray:
    """Return ``max(z, 0)``."""
    return np.maximum(Z, 0.0)


class Activation(NamedTuple):
    """An activation A = g(Z), and its derivative g'(Z) in terms of A, which the forward pass kept.

    Attributes
    ----------
    function : callable
        Takes Z and returns A.
    slope : callable
        Takes A and returns g'(Z).
    """

    function: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]


ACTIVATIONS = {
    "tanh": Activation(np.tanh, lambda A: 1.0 - A * A),
    "sigmoid": Activation(sigmoid, lambda A: A * (1.0 - A)),
    "relu": Activation(relu, lambda A: (A > 0.0).astype(np.float64)),
    "softplus": Activation(softplus, lambda A: -np.expm1(-A)),
}


def _tanh_in_place(Z: FloatArray, work: Workspace) -> FloatArray:
    return np.tanh(Z, out=Z)


def _relu_in_place(Z: FloatArray, work: Workspace) -> FloatArray:
    return np.maximum(Z, 0.0, out=Z)


def _exp_of_minus_size(Z: FloatArray, work: Workspace) -> FloatArray:
    tail = np.abs(Z, out=work("tail", Z.shape))
    return np.exp(np.negative(tail, out=tail), out=tail)


def _sigmoid_in_place(Z: FloatArray, work: Workspace) -> FloatArray:
    tail = _exp_of_minus_size(Z, work)
    denominator = np.add(tail, 1.0, out=work("denominator", Z.shape))
    np.copyto(tail, 1.0, where=Z >= 0.0)
    return np.divide(tail, denominator, out=Z)


def _softplus_in_place(Z: FloatArray, work: Workspace) -> FloatArray:
    tail = _exp_of_minus_size(Z, work)
    np.maximum(Z, 0.0, out=Z)
    return np.add(Z, np.log1p(tail, out=tail), out=Z)


# Bit for bit the same, but overwriting the argument: no new arrays in an inner loop.
IN_PLACE: dict[str, Callable[[FloatArray, Workspace], FloatArray]] = {
    "tanh": _tanh_in_place,
    "sigmoid": _sigmoid_in_place,
    "relu": _relu_in_place,
    "softplus": _softplus_in_place,
}
