"""Backward passes of a tanh network: one whose steps may be wrong ones, and right ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradlab.exercises.lessons.lesson_05.common.probabilities import (
    find_log_probabilities,
    find_log_softmax,
    softmax_by_columns,
    softmax_by_rows,
)

Params = list[tuple[Any, Any]]


class Pass(NamedTuple):
    """A forward pass: A[l] goes into layer l, counted from 0, and Z[l] comes out of it.

    P are the probabilities. A holds one array more, for wrong answers: the logits, activated.
    """

    params: Params
    A: list[Any]
    Z: list[Any]
    P: Any
    Y: Any


def run_forward(params: Params, X: Any, Y: Any, activation: Callable[[Any], Any]) -> Pass:
    """Run a network forward.

    Parameters
    ----------
    params : list of (ndarray, ndarray)
        W of shape (n_in, n_out) and b of shape (n_out,), for each layer.
    X, Y : ndarray
        The data, of shape (m, n_0), and one-hot labels, of shape (m, K).
    activation : callable
        What follows every layer but the last.

    Returns
    -------
    Pass
        What a backward pass needs.
    """
    A, Z = [X], []
    for W, b in params:
        Z.append(A[-1] @ W + b)
        A.append(activation(Z[-1]))
    return Pass(params, A, Z, np.exp(find_log_softmax(Z[-1])), Y)


def make_backward(
    start: Callable[[Pass], Any] = lambda f: (f.P - f.Y) / len(f.Y),
    weights: Callable[[Pass, int, Any], Any] = lambda f, layer, delta: f.A[layer].T @ delta,
    bias: Callable[[Pass, int, Any], Any] = lambda f, layer, delta: delta.sum(axis=0),
    product: Callable[[Pass, int, Any], Any] = lambda f, layer, delta: (
        delta @ f.params[layer][0].T
    ),
    slope: Callable[[Pass, int], Any] = lambda f, layer: 1 - f.A[layer] ** 2,
    activation: Callable[[Any], Any] = np.tanh,
) -> Callable[[Params, Any, Any], Params]:
    """Return backpropagation in which any step may be a wrong one; by default, all are right.

    Parameters
    ----------
    start : callable
        Takes a `Pass`; returns delta of the last layer.
    weights, bias : callable
        Take a `Pass`, the number of a layer and its delta; return dW and db.
    product, slope : callable
        What is multiplied to give the delta before: takes a `Pass`, the number of a layer and its
        delta; takes a `Pass` and the number of a layer.
    activation : callable
        What follows every layer but the last.

    Returns
    -------
    callable
        Takes params, X and Y; returns (dW, db) for each layer.
    """

    def gradients(params: Params, X: Any, Y: Any) -> Params:
        f = run_forward(params, X, Y, activation)
        delta = start(f)
        found: Params = []
        for layer in reversed(range(len(params))):
            found.insert(0, (weights(f, layer, delta), bias(f, layer, delta)))
            if layer > 0:
                delta = product(f, layer, delta) * slope(f, layer)
        return found

    return gradients


find_gradients = make_backward()


def run_backward_by_samples(params: Any, X: Any, Y: Any) -> Any:
    """Take one sample after the other, add up outer products in place."""
    gradients = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    for x, y in zip(X, Y, strict=True):
        activations = [x]
        for W, b in params:
            activations.append(np.tanh(W.T @ activations[-1] + b))
        z = W.T @ activations[-2] + b
        exponentials = np.exp(z - z.max())
        delta = (exponentials / exponentials.sum() - y) / len(X)
        for (W, _), (dW, db), a in zip(
            params[::-1], gradients[::-1], activations[-2::-1], strict=True
        ):
            dW += np.outer(a, delta)
            db += delta
            delta = (1 - a * a) * (W @ delta)
    return gradients


def run_backward_by_einsum(params: Any, X: Any, Y: Any) -> Any:
    """Keep Z rather than A, with sech^2 for the slope; take the mean at the end."""
    Z = [np.einsum("mi,ij->mj", X, params[0][0]) + params[0][1]]
    for W, b in params[1:]:
        Z.append(np.einsum("mi,ij->mj", np.tanh(Z[-1]), W) + b)
    delta = np.exp(find_log_probabilities(Z[-1])) - Y
    found: list[Any] = []
    for layer in range(len(params) - 1, -1, -1):
        A = np.tanh(Z[layer - 1]) if layer else X
        found = [[np.einsum("mi,mj->ij", A, delta) / len(X), delta.mean(axis=0)], *found]
        if layer:
            back = np.einsum("mj,ij->mi", delta, params[layer][0])
            delta = back / np.cosh(Z[layer - 1]) ** 2
    return found


def run_backward_with_ones(params: Any, X: Any, Y: Any) -> Any:
    """Make the bias a row of W, by a column of ones."""
    m = X.shape[0]
    inputs, A = [], X
    for W, b in params:
        inputs.append(np.hstack([A, np.ones((m, 1))]))
        logits = inputs[-1] @ np.vstack([W, b])
        A = np.tanh(logits)
    delta = (softmax_by_columns(logits) - Y) / m
    gradients: list[Any] = [None] * len(params)
    for layer, (W, _) in reversed(list(enumerate(params))):
        stacked = np.dot(delta.T, inputs[layer]).T
        gradients[layer] = (stacked[:-1], stacked[-1])
        delta = np.dot(delta, np.transpose(W)) * (1 - np.square(inputs[layer][:, :-1]))
    return tuple(gradients)


def run_backward_recursive(params: Any, X: Any, Y: Any) -> Any:
    """Forward on the way down, backward on the way up; lists among the arrays."""

    def down(layer: int, A: Any) -> tuple[list[Any], Any]:
        """Return the gradients from this layer on, and the derivative with respect to A."""
        W, b = params[layer]
        if layer == len(params) - 1:
            delta = (softmax_by_rows(A @ W + b) - Y) / len(Y)
            return [[(A.T @ delta).tolist(), list(delta.sum(0))]], delta @ W.T
        out = np.tanh(A @ W + b)
        later, dA = down(layer + 1, out)
        delta = dA * (1 - out) * (1 + out)
        return [[A.T @ delta, sum(delta)], *later], delta @ W.T

    return down(0, X)[0]
