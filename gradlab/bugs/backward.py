"""Backpropagation in steps; a bug is planted by replacing one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gradlab.network.activations import ACTIVATIONS, Activation, softmax
from gradlab.network.batch import Params, read_batch
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray

Gradients = Callable[[MLP, FloatArray, FloatArray], Params]


@dataclass(frozen=True)
class Forward:
    """What a forward pass keeps for the backward pass; layers are counted from 0.

    Attributes
    ----------
    network : MLP
    Y : ndarray of float64, shape (m, n_L)
        The targets.
    A : list of ndarray of float64
        The input of each layer: X, then the hidden activations after dropout.
    hidden : list of ndarray of float64
        The same, before dropout.
    Z : list of ndarray of float64
        The pre-activations of each layer, ``A[l] W_l + b_l``; the last are the logits.
    masks : list of ndarray or None
        mask / keep_prob of each hidden layer, so that ``A[l] = hidden[l] * masks[l - 1]``; None
        without dropout.
    """

    network: MLP
    Y: FloatArray
    A: list[FloatArray]
    hidden: list[FloatArray]
    Z: list[FloatArray]
    masks: list[FloatArray] | None

    @property
    def rows(self) -> int:
        """The number m of rows in the batch."""
        return len(self.Y)

    @property
    def activation(self) -> Activation:
        """The function of the hidden layers."""
        return ACTIVATIONS[self.network.activation]

    def W(self, layer: int) -> FloatArray:  # noqa: N802
        """Return the weights of a layer."""
        return self.network.params[layer][0]


def run_forward(network: MLP, X: FloatArray, Y: FloatArray) -> Forward:
    """Run a network's forward pass, with dropout if it has any, and keep all that it computes."""
    X, Y = read_batch(network.sizes, network.params, X, Y)
    masks = network.scale_masks(len(X))
    g = ACTIVATIONS[network.activation].function
    A, hidden, Z = [X], [X], []
    for layer, (W, b) in enumerate(network.params):
        Z.append(A[-1] @ W + b)
        if layer < len(network.params) - 1:
            hidden.append(g(Z[-1]))
            A.append(hidden[-1] if masks is None else hidden[-1] * masks[layer])
    return Forward(network, Y, A, hidden, Z, masks)


def average_over_rows(f: Forward, delta: FloatArray) -> FloatArray:
    """Divide delta by the number of rows if the loss is a mean."""
    return delta / f.rows if f.network.reduction == "mean" else delta


def compute_output_delta(f: Forward) -> FloatArray:
    """Return delta_L, the derivative of the loss with respect to the logits."""
    return average_over_rows(f, softmax(f.Z[-1]) - f.Y)


def compute_weight_gradient(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    """Return dW of a layer."""
    return f.A[layer].T @ delta + f.network.l2 * f.W(layer)


def compute_bias_gradient(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    """Return db of a layer."""
    db: FloatArray = delta.sum(axis=0)
    return db


def compute_input_gradient(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    """Return the derivative of the loss with respect to A[layer], the input of the layer."""
    return delta @ f.W(layer).T


def compute_dropout_factor(f: Forward, layer: int) -> FloatArray | float:
    """Return the derivative of A[layer] with respect to hidden[layer]."""
    return 1.0 if f.masks is None else f.masks[layer - 1]


def compute_slope(f: Forward, layer: int) -> FloatArray | float:
    """Return the derivative of hidden[layer] with respect to Z[layer - 1]."""
    return f.activation.slope(f.hidden[layer])


@dataclass(frozen=True)
class Steps:
    """The steps of a backward pass; the right ones by default."""

    start: Callable[[Forward], FloatArray] = compute_output_delta
    weights: Callable[[Forward, int, FloatArray], FloatArray] = compute_weight_gradient
    bias: Callable[[Forward, int, FloatArray], FloatArray] = compute_bias_gradient
    product: Callable[[Forward, int, FloatArray], FloatArray] = compute_input_gradient
    dropout: Callable[[Forward, int], FloatArray | float] = compute_dropout_factor
    slope: Callable[[Forward, int], FloatArray | float] = compute_slope


def run_backward(steps: Steps, network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    """Return the gradient of a network's loss by these steps, in the form of `MLP.gradients`."""
    f = run_forward(network, X, Y)
    delta = steps.start(f)
    gradients: Params = []
    for layer in range(len(network.params) - 1, -1, -1):
        gradients.append((steps.weights(f, layer, delta), steps.bias(f, layer, delta)))
        if layer > 0:
            delta = steps.product(f, layer, delta) * steps.dropout(f, layer)
            delta = delta * steps.slope(f, layer)
    return gradients[::-1]


def replace_steps(**steps: Any) -> Gradients:
    """Return a backward pass in which the named fields of `Steps` are replaced.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.bugs.backward import replace_steps
    >>> from gradlab import MLP
    >>> wrong = replace_steps(bias=lambda f, layer, delta: delta[0])
    >>> X, Y = np.ones((2, 3)), np.eye(2)
    >>> network = MLP([3, 2])
    >>> np.allclose(wrong(network, X, Y)[0][0], network.gradients(X, Y)[0][0])
    True
    >>> np.allclose(wrong(network, X, Y)[0][1], network.gradients(X, Y)[0][1])
    False
    """
    return partial(run_backward, Steps(**steps))


def change_result(change: Callable[[MLP, Params], Params]) -> Gradients:
    """Return a backward pass that changes the right gradients once they are computed."""

    def compute_gradients(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
        return change(network, MLP.gradients(network, X, Y))

    return compute_gradients
