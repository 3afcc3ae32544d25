"""What follows an affine map: the activations of hidden layers, and the softmax of the last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradlab.support.floats import FloatArray

# Lends an array by name and shape, to be written over.
Workspace = Callable[[str, tuple[int, ...]], FloatArray]


def softmax(Z: FloatArray) -> FloatArray:
    """Return ``e^z_k / sum_j e^z_j`` of every row."""
    # Less the largest entry of the row, so that no power overflows.
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def sigmoid(Z: FloatArray) -> FloatArray:
    """Return ``1 / (1 + e^-z)``."""
    # exp never gets a positive argument, so it cannot overflow, and small values keep every digit.
    tail = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1.0, tail) / (1.0 + tail)


def softplus(Z: FloatArray) -> FloatArray:
    """Return ``log(1 + e^z)``."""
    # log(1 + e^z) = max(z, 0) + log(1 + e^-|z|)
    return np.maximum(Z, 0.0) + np.log1p(np.exp(-np.abs(Z)))


def relu(Z: FloatArray) -> FloatArray:
    """Return ``max(z, 0)``."""
    return np.maximum(Z, 0.0)


# Each with its derivative as a function of A = g(Z), which the forward pass has kept.
ACTIVATIONS: dict[
    str, tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]
] = {
    "tanh": (np.tanh, lambda A: 1.0 - A * A),
    "sigmoid": (sigmoid, lambda A: A * (1.0 - A)),
    "relu": (relu, lambda A: (A > 0.0).astype(np.float64)),
    "softplus": (softplus, lambda A: -np.expm1(-A)),
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


# The same, bit for bit, each overwriting its argument: no new arrays in an inner loop.
IN_PLACE: dict[str, Callable[[FloatArray, Workspace], FloatArray]] = {
    "tanh": _tanh_in_place,
    "sigmoid": _sigmoid_in_place,
    "relu": _relu_in_place,
    "softplus": _softplus_in_place,
}
