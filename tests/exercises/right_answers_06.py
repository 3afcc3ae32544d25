"""Right answers to the exercises of lesson 6, written in other ways than the reference."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

import gradlab


def forward(params: Any, X: Any) -> list[Any]:
    """Return the activations of every layer, then the logits."""
    outputs = [X]
    for W, b in params[:-1]:
        outputs.append(np.tanh(outputs[-1] @ W + b))
    W, b = params[-1]
    return [*outputs, outputs[-1] @ W + b]


def l2_loss_by_hand(params: Any, X: Any, Y: Any, lam: float) -> Any:
    Z = forward(params, X)[-1]
    log_softmax = Z - np.logaddexp.reduce(Z, axis=1, keepdims=True)
    weights = np.concatenate([W.ravel() for W, _ in params])
    return -np.sum(Y * log_softmax) / len(X) + lam * (weights @ weights) / 2


def l2_loss_by_rows(params: Any, X: Any, Y: Any, lam: float) -> float:
    total = 0.0
    for x, y in zip(X, Y, strict=True):
        z = forward(params, x)[-1]
        total += math.log(sum(math.exp(value) for value in z)) - z[y.argmax()]
    total /= len(X)
    for W, _ in params:
        for weight in W.flat:
            total += lam / 2 * weight**2
    return total


def l2_loss_from_copies(params: Any, X: Any, Y: Any, lam: float) -> Any:
    network = gradlab.MLP((len(params[0][0]), *(W.shape[1] for W, _ in params)), seed=5)
    network.params = [(W.copy(), b.copy()) for W, b in params]
    penalty = sum(0.5 * lam * np.linalg.norm(W) ** 2 for W, _ in params)
    return np.float64(penalty) + network.loss(X, Y)


def l2_loss_by_trace(params: Any, X: Any, Y: Any, lam: float) -> Any:
    loss = l2_loss_by_hand(params, X, Y, 0.0)
    for W, _b in params:
        loss += lam * np.trace(W.T @ W) / 2
    return loss


def l2_backward_by_hand(params: Any, X: Any, Y: Any, lam: float) -> Any:
    *activations, Z = forward(params, X)
    powers = np.exp(Z)
    delta = (powers / powers.sum(axis=1, keepdims=True) - Y) / len(X)
    gradients: list[Any] = []
    for (W, _), A in zip(params[::-1], activations[::-1], strict=True):
        gradients.insert(0, (A.T @ delta + lam * W, delta.sum(axis=0)))
        delta = delta @ W.T * (1 - A**2)
    return gradients


def l2_backward_by_einsum(params: Any, X: Any, Y: Any, lam: float) -> Any:
    outputs = forward(params, X)
    powers = np.exp(outputs[-1])
    delta = powers / np.einsum("ik->i", powers)[:, None] - Y
    gradients: list[Any] = [None] * len(params)
    for k in reversed(range(len(params))):
        dW = np.einsum("ij,ik->jk", outputs[k], delta) / len(X)
        gradients[k] = [dW + params[k][0] * lam, np.mean(delta, axis=0)]
        delta = np.einsum("ik,jk,ij->ij", delta, params[k][0], 1 - outputs[k] ** 2)
    return tuple(gradients)


def l2_backward_in_place(params: Any, X: Any, Y: Any, lam: float) -> Any:
    network = gradlab.MLP([len(params[0][0])] + [W.shape[1] for W, _ in params])
    network.params = list(params)
    gradients = network.gradients(X, Y)
    for k in range(len(gradients)):
        gradients[k][0][...] += lam * params[k][0]
    return gradients


def l2_backward_by_differences(params: Any, X: Any, Y: Any, lam: float) -> Any:
    """Central differences of the loss, each entry poked and put back."""
    gradients = []
    for pair in params:
        slopes = []
        for array in pair:
            slope = np.empty_like(array)
            for index in np.ndindex(array.shape):
                before, h = array[index], 2.0**-17
                array[index] = before + h
                above = l2_loss_by_hand(params, X, Y, lam)
                array[index] = before - h
                below = l2_loss_by_hand(params, X, Y, lam)
                array[index] = before
                slope[index] = (above - below) / (2 * h)
            slopes.append(slope)
        gradients.append(tuple(slopes))
    return gradients


def dropout_by_entries(values: Any, keep_prob: float, mask: Any) -> Any:
    out = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        if mask[index]:
            out[index] = values[index] / keep_prob
    return out


def dropout_by_assignment(values: Any, keep_prob: float, mask: Any) -> Any:
    out = values.copy()
    out[mask == 0] = 0
    out /= keep_prob
    return out


DROPOUT: list[Callable[..., Any]] = [
    dropout_by_entries,
    dropout_by_assignment,
    lambda values, keep_prob, mask: np.where(mask, values, 0.0) / keep_prob,
    lambda values, keep_prob, mask: (mask / keep_prob) * values,
    lambda values, keep_prob, mask: np.einsum("ij,ij->ij", values, mask.astype(float)) / keep_prob,
    lambda values, keep_prob, mask: np.array(
        [
            [a * k / keep_prob for a, k in zip(*rows, strict=True)]
            for rows in zip(values, mask, strict=True)
        ]
    ),
]


def deterministic_by_loop(loss: Any, theta: Any) -> bool:
    before = loss(np.array(theta))
    for _ in range(9):
        value = loss(np.array(theta))
        if value != before:
            return False
        before = value
    return True


def deterministic_until_proved_otherwise(loss: Any, theta: Any) -> int:
    before = theta.copy()
    first = loss(theta)
    theta[:] = before
    for _ in range(20):
        other = loss(theta)
        theta[:] = before
        if other != first:
            return 0
    return 1


def kink_by_grid(f: Any, x: float, h: float) -> Any:
    t = np.linspace(x - h, x + h, 41)
    return np.ptp(np.diff(f(t)) / np.diff(t)) > 0.05


def kink_by_outer_slopes(f: Any, x: float, h: float) -> bool:
    s = 0.05 * h
    left = (f(x - h) - f(x - h - s)) / s
    right = (f(x + h + s) - f(x + h)) / s
    return not -0.06 < right - left < 0.06


def kink_by_two_comparisons(f: Any, x: float, h: float) -> Any:
    """Compare the gap at h with those at h / 2 and h / 4, which are blind at different places."""

    def gap(s: float) -> Any:
        return (f(x + s) - 2 * f(x) + f(x - s)) / s

    return max(abs(gap(h) - 2 * gap(h / 2)), abs(gap(h) - 4 * gap(h / 4))) > 0.004


def kink_by_pieces(f: Any, x: float, h: float) -> bool:
    slopes = []
    for k in range(-20, 20):
        a, b = x + k * h / 20, x + (k + 1) * h / 20
        slopes.append((f(b) - f(a)) / (b - a))
    return bool(max(slopes) - min(slopes) >= 0.04)


def kink_by_gradient(f: Any, x: float, h: float) -> Any:
    t = x + h * np.arange(-50, 51) / 50
    slopes = np.gradient(f(t), t)
    return np.any(np.abs(slopes - slopes[0]) > 0.05)


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "l2_loss": [l2_loss_by_hand, l2_loss_by_rows, l2_loss_from_copies, l2_loss_by_trace],
    "l2_backward": [
        l2_backward_by_hand,
        l2_backward_by_einsum,
        l2_backward_in_place,
        l2_backward_by_differences,
    ],
    "dropout_forward": DROPOUT,
    "dropout_backward": DROPOUT,
    "is_deterministic": [
        deterministic_by_loop,
        deterministic_until_proved_otherwise,
        lambda loss, theta: len({loss(theta.copy()) for _ in range(10)}) == 1,
        lambda loss, theta: np.unique([loss(1.0 * theta) for _ in range(10)]).size == 1,
        lambda loss, theta: np.ptp([loss(theta.copy()) for _ in range(100)]) == 0,
    ],
    "miss_probability": [
        lambda bad, total, samples: ((total - bad) / total) ** samples,
        lambda bad, total, samples: float(Fraction(total - bad, total) ** samples),
        lambda bad, total, samples: math.prod([1 - bad / total] * samples),
        lambda bad, total, samples: (
            math.exp(samples * math.log1p(-bad / total)) if bad < total else 0.0
        ),
        lambda bad, total, samples: np.power(np.float64(total - bad) / total, samples),
    ],
    "has_kink": [
        kink_by_grid,
        kink_by_outer_slopes,
        kink_by_two_comparisons,
        kink_by_pieces,
        kink_by_gradient,
    ],
}
