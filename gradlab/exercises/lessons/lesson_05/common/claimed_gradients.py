"""Losses, and functions that are passed off as their gradients: right ones, and wrong ones.

Each carries `code`, the text of the same function, which can be pasted and run.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.exercises.lessons.lesson_05.common.backward_passes import (
    Params,
    find_gradients,
    make_backward,
)
from gradlab.exercises.lessons.lesson_05.common.probabilities import find_norm, join_entries


@dataclass(frozen=True)
class NetworkLoss:
    """Mean cross-entropy of a network with one tanh layer, times a scale, at theta.

    It takes a complex theta too, so that a complex step is a right way to check it. A check
    evaluates it some fifty times, so it is plain: its logits are too small to need a shift.
    """

    sizes: tuple[int, int, int]
    X: Any
    Y: Any
    scale: float

    @property
    def __name__(self) -> str:
        times = "" if self.scale == 1 else f"{self.scale:g} times the "
        return f"{times}loss of a {'-'.join(map(str, self.sizes))} tanh network"

    @property
    def length(self) -> int:
        """The number of entries of theta."""
        inputs, hidden, classes = self.sizes
        return (inputs + 1) * hidden + (hidden + 1) * classes

    @property
    def code(self) -> str:
        """The text of this function."""
        times = "" if self.scale == 1 else f"{self.scale!r} * "
        return _write_function(
            "loss",
            self,
            "Z = A @ W2 + b2",
            f"return {times}np.mean(np.log(np.exp(Z).sum(axis=1)) - (Y * Z).sum(axis=1))",
        )

    def params(self, theta: Any) -> Params:
        """Return the pairs (W, b) that theta holds."""
        if np.shape(theta) != (self.length,):
            raise ValueError(
                f"theta has shape {np.shape(theta)}; it must have shape ({self.length},)"
            )
        inputs, hidden, classes = self.sizes
        theta = np.asarray(theta)
        first, second = theta[: (inputs + 1) * hidden], theta[(inputs + 1) * hidden :]
        return [
            (first[:-hidden].reshape(inputs, hidden), first[-hidden:]),
            (second[:-classes].reshape(hidden, classes), second[-classes:]),
        ]

    def __call__(self, theta: Any) -> Any:
        """Return the loss at theta."""
        (W1, b1), (W2, b2) = self.params(theta)
        Z = np.tanh(self.X @ W1 + b1) @ W2 + b2
        total = np.log(np.exp(Z).sum(axis=1)).sum() - (self.Y * Z).sum()
        return self.scale * total / len(self.Y)


def _write_function(name: str, loss: NetworkLoss, *lines: str) -> str:
    """Return the text of a function of theta that begins with the first half of a network."""
    inputs, hidden, classes = loss.sizes
    ends = np.cumsum([inputs * hidden, hidden, hidden * classes]).tolist()
    body = [
        f"X = np.array({loss.X.tolist()})",
        f"Y = np.array({loss.Y.tolist()})",
        f"W1, b1, W2, b2 = np.split(theta, {ends})",
        f"W1, W2 = W1.reshape({inputs}, {hidden}), W2.reshape({hidden}, {classes})",
        "A = np.tanh(X @ W1 + b1)",
    ]
    return f"def {name}(theta):\n" + textwrap.indent("\n".join([*body, *lines]), "    ")


def _pack(loss: NetworkLoss, gradients: Params) -> Any:
    return loss.scale * join_entries(gradients)


def _compute_right(loss: NetworkLoss, theta: Any) -> Any:
    return _pack(loss, find_gradients(loss.params(theta), loss.X, loss.Y))


def _miss_slope(loss: NetworkLoss, theta: Any) -> Any:
    wrong = make_backward(slope=lambda f, layer: 1.0)
    return _pack(loss, wrong(loss.params(theta), loss.X, loss.Y))


def _transpose(loss: NetworkLoss, theta: Any) -> Any:
    pairs = find_gradients(loss.params(theta), loss.X, loss.Y)
    return _pack(loss, [(dW.T, db) for dW, db in pairs])


def _sum_in_last_layer(loss: NetworkLoss, theta: Any) -> Any:
    *others, (dW, db) = find_gradients(loss.params(theta), loss.X, loss.Y)
    return _pack(loss, [*others, (len(loss.Y) * dW, len(loss.Y) * db)])


def _spoil_last_bias(loss: NetworkLoss, theta: Any) -> Any:
    """Return a gradient whose relative difference from the right one is 1.5e-4."""
    g = _compute_right(loss, theta)
    last_db = g[-loss.sizes[-1] :]
    last_db *= 1 + 3e-4 * find_norm(g) / find_norm(last_db)
    return g


def _drop_entry(sign: int) -> Callable[[NetworkLoss, Any], Any]:
    """Return a gradient whose largest entry of this sign, but for the first, is 0."""

    def compute_gradient(loss: NetworkLoss, theta: Any) -> Any:
        g = _compute_right(loss, theta)
        g[1 + np.argmax(sign * g[1:])] = 0.0
        return g

    return compute_gradient


def _spoil_with_nan(loss: NetworkLoss, theta: Any) -> Any:
    g = _compute_right(loss, theta)
    g[len(g) // 2] = math.nan
    return g


# What is passed off as a gradient, in the words that a learner reads.
RIGHT = "its gradient"
SLIGHT = "its gradient, the last db slightly wrong"
NAN = "its gradient with one NaN"
WRONG_IN_MANY: dict[str, Callable[[NetworkLoss, Any], Any]] = {
    "its gradient without 1/m": lambda loss, theta: len(loss.Y) * _compute_right(loss, theta),
    "minus its gradient": lambda loss, theta: -_compute_right(loss, theta),
    "its gradient without tanh'": _miss_slope,
    "its gradient, each dW transposed": _transpose,
    "its gradient, the last layer without 1/m": _sum_in_last_layer,
}
# Here the first entry is right.
WRONG_IN_A_FEW: dict[str, Callable[[NetworkLoss, Any], Any]] = {
    "its gradient with one positive entry set to 0": _drop_entry(1),
    "its gradient with one negative entry set to 0": _drop_entry(-1),
    SLIGHT: _spoil_last_bias,
    NAN: _spoil_with_nan,
}
_KINDS = {RIGHT: _compute_right} | WRONG_IN_MANY | WRONG_IN_A_FEW
# The lines of a right gradient that a wrong one has otherwise.
_OTHER_LINES = {
    "its gradient without 1/m": {"start": "delta = E / E.sum(axis=1, keepdims=True) - Y"},
    "its gradient without tanh'": {"back": "back = delta @ W2.T"},
    "its gradient, each dW transposed": {"pack": "parts = [dW1.T, db1, dW2.T, db2]"},
    "its gradient, the last layer without 1/m": {
        "pack": "parts = [dW1, db1, len(X) * dW2, len(X) * db2]"
    },
}
# What is done to the right gradient g in the end; {n} is the number of classes.
_LAST_LINES = {
    "minus its gradient": "g = -g",
    "its gradient with one positive entry set to 0": "g[1 + np.argmax(g[1:])] = 0.0",
    "its gradient with one negative entry set to 0": "g[1 + np.argmin(g[1:])] = 0.0",
    SLIGHT: "g[-{n}:] *= 1 + 3e-4 * np.linalg.norm(g) / np.linalg.norm(g[-{n}:])",
    NAN: "g[len(g) // 2] = np.nan",
}


@dataclass(frozen=True)
class ClaimedGradient:
    """The gradient of a network's loss, right or wrong in the way that `kind` names."""

    loss: NetworkLoss
    kind: str

    @property
    def __name__(self) -> str:
        return self.kind

    @property
    def code(self) -> str:
        """The text of this function."""
        lines = {
            "exp": "E = np.exp(A @ W2 + b2)",
            "start": "delta = (E / E.sum(axis=1, keepdims=True) - Y) / len(X)",
            "last": "dW2, db2 = A.T @ delta, delta.sum(axis=0)",
            "back": "back = delta @ W2.T * (1 - A**2)",
            "first": "dW1, db1 = X.T @ back, back.sum(axis=0)",
            "pack": "parts = [dW1, db1, dW2, db2]",
            "join": "g = np.concatenate([part.ravel() for part in parts])",
        }
        if self.loss.scale != 1:
            lines["join"] = lines["join"].replace("=", f"= {self.loss.scale!r} *", 1)
        lines |= _OTHER_LINES.get(self.kind, {})
        if self.kind in _LAST_LINES:
            lines["change"] = _LAST_LINES[self.kind].format(n=self.loss.sizes[-1])
        return _write_function("gradient", self.loss, *lines.values(), "return g")

    def __call__(self, theta: Any) -> Any:
        """Return what is passed off as the gradient at theta."""
        return _KINDS[self.kind](self.loss, theta)


@dataclass(frozen=True)
class SimpleFunction:
    """A function of theta that can be worked out in the head, with what the others carry too."""

    code: str
    compute: Callable[[Any], Any]
    kind: str = RIGHT
    scale: float = 1.0

    @property
    def __name__(self) -> str:
        return self.code.partition(": ")[2]

    def __call__(self, theta: Any) -> Any:
        """Return its value at theta."""
        return self.compute(theta)


def claim_by_hand(is_right: bool) -> tuple[SimpleFunction, SimpleFunction]:
    """Return the sum of squares, and its gradient, or one in which the 2 is missing."""
    loss = SimpleFunction("lambda theta: np.sum(theta**2)", lambda theta: np.sum(theta**2))
    if is_right:
        return loss, SimpleFunction("lambda theta: 2 * theta", lambda theta: 2 * theta)
    kind = "its gradient without the 2"
    return loss, SimpleFunction("lambda theta: 1 * theta", lambda theta: 1 * theta, kind)
