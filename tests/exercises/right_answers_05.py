"""Right answers to the exercises of lesson 5, written in other ways than the reference."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def softmax_by_rows(Z: Any) -> Any:
    out = np.empty_like(Z)
    for i, row in enumerate(Z):
        exponentials = [math.exp(z - max(row)) for z in row]
        out[i] = np.array(exponentials) / math.fsum(exponentials)
    return out


def softmax_by_differences(Z: Any) -> Any:
    """1 / sum_j exp(z_j - z_k); an overflow to inf gives the 0 that is right."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(Z[:, np.newaxis, :] - Z[:, :, np.newaxis]).sum(axis=2)


def softmax_by_columns(Z: Any) -> Any:
    exponentials = np.exp(Z.T - np.max(Z, axis=-1))
    return (exponentials / np.sum(exponentials, axis=0)).T


def log_sum_exp(Z: Any) -> Any:
    top = Z.max(axis=1)
    return top + np.log(np.exp(Z - top[:, np.newaxis]).sum(axis=1))


def entropy_by_rows(Z: Any, Y: Any) -> Any:
    losses = []
    for z, y in zip(Z, Y, strict=True):
        top = max(z)
        total = sum(math.exp(value - top) for value in z)
        losses.append(math.log(total) + top - z[list(y).index(1)])
    return sum(losses) / len(losses)


def log_probabilities(Z: Any) -> Any:
    return Z - np.logaddexp.reduce(Z, axis=1, keepdims=True)


def backward_by_samples(params: Any, X: Any, Y: Any) -> Any:
    """One sample after the other, outer products, gradients added up in place."""
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


def backward_by_einsum(params: Any, X: Any, Y: Any) -> Any:
    """Z is kept rather than A, sech^2 is the derivative, and the mean is taken at the end."""
    Z = [np.einsum("mi,ij->mj", X, params[0][0]) + params[0][1]]
    for W, b in params[1:]:
        Z.append(np.einsum("mi,ij->mj", np.tanh(Z[-1]), W) + b)
    delta = np.exp(log_probabilities(Z[-1])) - Y
    found: list[Any] = []
    for layer in range(len(params) - 1, -1, -1):
        A = np.tanh(Z[layer - 1]) if layer else X
        found = [[np.einsum("mi,mj->ij", A, delta) / len(X), delta.mean(axis=0)], *found]
        if layer:
            back = np.einsum("mj,ij->mi", delta, params[layer][0])
            delta = back / np.cosh(Z[layer - 1]) ** 2
    return found


def backward_with_ones(params: Any, X: Any, Y: Any) -> Any:
    """A column of ones makes the bias a row of W."""
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


def backward_recursive(params: Any, X: Any, Y: Any) -> Any:
    def down(layer: int, A: Any) -> tuple[list[Any], Any]:
        """The gradients from this layer on, and the derivative by A."""
        W, b = params[layer]
        if layer == len(params) - 1:
            delta = (softmax_by_rows(A @ W + b) - Y) / len(Y)
            return [[(A.T @ delta).tolist(), list(delta.sum(0))]], delta @ W.T
        out = np.tanh(A @ W + b)
        later, dA = down(layer + 1, out)
        delta = dA * (1 - out) * (1 + out)
        return [[A.T @ delta, sum(delta)], *later], delta @ W.T

    return down(0, X)[0]


def backward_by_complex_step(params: Any, X: Any, Y: Any) -> Any:
    """No backward pass at all: the derivative of the loss, entry by entry."""

    def loss(changed: Any) -> Any:
        A = X
        for W, b in changed:
            Z = A @ W + b
            A = np.tanh(Z)
        return np.mean(np.log(np.exp(Z).sum(axis=1)) - (Y * Z).sum(axis=1))

    moved = [[W.astype(complex), b.astype(complex)] for W, b in params]
    gradients = [[np.zeros(W.shape), np.zeros(b.shape)] for W, b in params]
    for arrays, out in zip(moved, gradients, strict=True):
        for array, slopes in zip(arrays, out, strict=True):
            for index in np.ndindex(array.shape):
                array[index] += 1e-20j
                slopes[index] = loss(moved).imag / 1e-20
                array[index] = array[index].real
    return gradients


def difference_by_loops(a: Any, b: Any) -> float:
    a, b = a.ravel().tolist(), b.ravel().tolist()
    apart = math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)))
    total = math.sqrt(sum(p * p for p in a)) + math.sqrt(sum(q * q for q in b))
    return 0.0 if total == 0 else apart / total


def difference_by_einsum(a: Any, b: Any) -> Any:
    d, a, b = np.ravel(a - b), np.ravel(a), np.ravel(b)
    if not (np.any(a) or np.any(b)):
        return 0
    above, *below = (np.sqrt(np.einsum("i,i->", v, v)) for v in (d, a, b))
    return above / sum(below)


def difference_scaled(a: Any, b: Any) -> Any:
    """Divide by the largest entry first, so that no square overflows or underflows."""
    largest = np.max(np.abs([a, b]))
    if largest == 0:
        return np.float64(0.0)
    a, b = a / largest, b / largest
    return np.linalg.norm(b - a, "fro" if a.ndim == 2 else None) / (
        np.sqrt((a * a).sum()) + np.sqrt((b * b).sum())
    )


def central_gradient(loss: Any, theta: Any, h: float = 1e-5) -> Any:
    steps = h * np.eye(theta.size)
    return np.array([(loss(theta + e) - loss(theta - e)) / (2 * h) for e in steps])


def check_in_place(loss: Any, gradient: Any, theta: Any) -> bool:
    """Entries are moved in theta itself, and put back from where they were saved."""
    analytic = gradient(theta)
    squares = np.zeros(3)
    for i, saved in enumerate(theta.copy()):
        theta[i] = saved + 1e-4
        above = loss(theta)
        theta[i] = saved - 1e-4
        numeric = (above - loss(theta)) / 2e-4
        theta[i] = saved
        squares += np.square([analytic[i] - numeric, analytic[i], numeric])
    apart, a, n = np.sqrt(squares)
    return bool(apart / (a + n) < 1e-7)


def check_by_richardson(loss: Any, gradient: Any, theta: Any) -> Any:
    coarse, fine = central_gradient(loss, theta, 2e-3), central_gradient(loss, theta, 1e-3)
    numeric = (4 * fine - coarse) / 3
    analytic = gradient(theta.copy())
    if np.any(np.isnan(analytic)):
        return False
    return difference_by_loops(analytic, numeric) < 1e-5


def check_by_complex_step(loss: Any, gradient: Any, theta: Any) -> int:
    steps = 1e-20j * np.eye(len(theta))
    numeric = [loss(theta + e).imag / 1e-20 for e in steps]
    return int(difference_by_einsum(gradient(theta), np.array(numeric)) < 1e-10)


def check_by_largest_entry(loss: Any, gradient: Any, theta: Any) -> Any:
    """Every entry within a tolerance that grows with the largest entry."""
    numeric, analytic = central_gradient(loss, theta, 1e-6), gradient(theta)
    return np.all(np.abs(analytic - numeric) <= 1e-6 * np.max(np.abs(numeric)))


def check_with_allclose_scaled(loss: Any, gradient: Any, theta: Any) -> bool:
    numeric, analytic = central_gradient(loss, theta, 3e-5), gradient(theta)
    tolerance = 1e-5 * float(np.linalg.norm(numeric))
    return np.allclose(analytic, numeric, rtol=0.0, atol=tolerance)


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "softmax": [
        softmax_by_rows,
        softmax_by_differences,
        softmax_by_columns,
        lambda Z: np.exp(log_probabilities(Z)),
        lambda Z: [(np.exp(z - z.max()) / np.exp(z - z.max()).sum()).tolist() for z in Z],
        lambda Z: np.exp(Z - log_sum_exp(Z)[:, None]),
    ],
    "cross_entropy": [
        entropy_by_rows,
        lambda Z, Y: np.mean(log_sum_exp(Z) - np.sum(Y * Z, axis=1)),
        lambda Z, Y: -np.einsum("ik,ik->", Y, log_probabilities(Z)) / Z.shape[0],
        lambda Z, Y: np.mean(log_sum_exp(Z) - Z[np.arange(len(Z)), np.argmax(Y, axis=1)]),
        lambda Z, Y: log_sum_exp(Z - Z[Y == 1][:, np.newaxis]).mean(),
        lambda Z, Y: -np.trace(Y.T @ log_probabilities(Z)) / len(Y),
    ],
    "backward": [
        backward_by_samples,
        backward_by_einsum,
        backward_with_ones,
        backward_recursive,
        backward_by_complex_step,
    ],
    "relative_difference": [
        difference_by_loops,
        difference_by_einsum,
        difference_scaled,
        lambda a, b: 0.0 if np.array_equal(a, b) else difference_by_einsum(a, b),
        lambda a, b: np.linalg.norm(a - b) / ((np.linalg.norm(a) + np.linalg.norm(b)) or 1.0),
        lambda a, b: (
            np.sqrt(np.mean((a - b) ** 2)) / (np.sqrt(np.mean(a**2)) + np.sqrt(np.mean(b**2)))
            if np.any(a) or np.any(b)
            else 0.0
        ),
        lambda a, b: (
            np.hypot.reduce((a - b).ravel())
            / (np.hypot.reduce(a.ravel()) + np.hypot.reduce(b.ravel()) + 1e-300)
        ),
    ],
    "gradient_check": [
        check_in_place,
        check_by_richardson,
        check_by_complex_step,
        check_by_largest_entry,
        check_with_allclose_scaled,
        lambda loss, gradient, theta: (
            difference_by_loops(central_gradient(loss, theta), gradient(theta)) < 1e-4
        ),
    ],
}
