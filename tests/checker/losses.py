"""Losses in any precision, drawn from a seed, and their gradients in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.support.floats import FloatArray

Params = dict[str, FloatArray]
Loss = Callable[[Params], float]
Gradient = Callable[[Params], Params]
# Makes an array of the type that a loss is computed in.
Cast = Callable[[Any], Any]


@dataclass(frozen=True)
class Problem:
    """A loss, its gradient in float64, and where to check it.

    `evaluate` takes params in the type that the loss is to be computed in, and what makes other
    arrays of that type.
    """

    evaluate: Callable[[Params, Cast], Any]
    gradient: Gradient
    params: Params

    def loss(self, params: Params) -> float:
        return self.in_type(np.float64)(params)

    def in_type(self, dtype: type[np.floating[Any]]) -> Loss:
        def cast(values: Any) -> Any:
            return np.asarray(values, dtype=dtype)

        def loss(params: Params) -> float:
            # A float16 ends at 65504.
            with np.errstate(all="ignore"):
                return float(cast(self.evaluate({k: cast(v) for k, v in params.items()}, cast)))

        return loss


Family = Callable[[np.random.Generator], Problem]


def draw(family: Family, number: int, seed: int) -> Problem:
    return family(np.random.default_rng([number, seed]))


def with_error(gradient: Gradient, name: str, entry: int, error: float) -> Gradient:
    """Return the gradient with one entry off by a part of its block's largest."""

    def wrong(params: Params) -> Params:
        result = {key: np.array(value, dtype=float) for key, value in gradient(params).items()}
        result[name].flat[entry] += error * np.abs(result[name]).max()
        return result

    return wrong


def beside(first: Problem, second: Problem, dtype: type[np.floating[Any]]) -> tuple[Loss, Problem]:
    """Return the loss of `first` in float64 and `second` in `dtype`, and both in float64."""

    def part(params: Params, prefix: str) -> Params:
        return {k[2:]: v for k, v in params.items() if k[0] == prefix}

    def evaluate(params: Params, cast: Cast) -> Any:
        a = first.evaluate(part(params, "a"), cast)
        return a + second.evaluate(part(params, "b"), cast)

    def join(a: Params, b: Params) -> Params:
        return {f"a.{k}": v for k, v in a.items()} | {f"b.{k}": v for k, v in b.items()}

    few = second.in_type(dtype)
    both = Problem(
        evaluate,
        lambda p: join(first.gradient(part(p, "a")), second.gradient(part(p, "b"))),
        join(first.params, second.params),
    )
    return lambda p: first.loss(part(p, "a")) + few(part(p, "b")), both


# Families of losses


def waves(rng: np.random.Generator) -> Problem:
    size, offset = int(rng.integers(1, 8)), float(rng.choice([0.0, 1.0, 10.0, 1e3]))
    rates = rng.uniform(0.5, 2.0, size)
    return Problem(
        lambda p, cast: cast(offset) + np.sum(np.sin(cast(rates) * p["x"])),
        lambda p: {"x": rates * np.cos(rates * p["x"])},
        {"x": rng.normal(size=size)},
    )


def bowl(rng: np.random.Generator) -> Problem:
    size = int(rng.integers(2, 9))
    B, c = rng.normal(size=(size, size)), rng.normal(size=size)
    Q = B @ B.T
    return Problem(
        lambda p, cast: p["x"] @ (cast(Q) @ p["x"]) / 2 + cast(c) @ p["x"],
        lambda p: {"x": Q @ p["x"] + c},
        {"x": rng.normal(size=size)},
    )


def bumps(rng: np.random.Generator) -> Problem:
    size, k = int(rng.integers(2, 7)), float(rng.uniform(0.5, 3.0))
    return Problem(
        lambda p, cast: np.sum(np.exp(-((cast(k) * p["x"]) ** 2)) + p["x"] ** 3 / 8),
        lambda p: {"x": -2 * k * k * p["x"] * np.exp(-((k * p["x"]) ** 2)) + 3 * p["x"] ** 2 / 8},
        {"x": rng.normal(size=size)},
    )


def regression(rng: np.random.Generator) -> Problem:
    rows, columns = int(rng.integers(10, 100)), int(rng.integers(1, 7))
    A = rng.normal(size=(rows, columns))
    y = 10 ** rng.uniform(0, 1.5) * (1 + 0.25 * rng.normal(size=rows))
    return Problem(
        lambda p, cast: np.mean((cast(A) @ p["w"] + p["b"] - cast(y)) ** 2),
        lambda p: {
            "w": 2 * A.T @ (A @ p["w"] + p["b"] - y) / rows,
            "b": np.asarray(2 * np.mean(A @ p["w"] + p["b"] - y)),
        },
        {"w": rng.normal(size=columns), "b": rng.normal(size=())},
    )


def classifier(rng: np.random.Generator) -> Problem:
    rows, columns = int(rng.integers(10, 100)), int(rng.integers(1, 7))
    A, y = rng.normal(size=(rows, columns)), rng.integers(0, 2, rows).astype(float)

    def gradient(p: Params) -> Params:
        off = 1 / (1 + np.exp(-A @ p["w"] - p["b"])) - y
        return {"w": A.T @ off / rows, "b": np.asarray(np.mean(off))}

    def evaluate(p: Params, cast: Cast) -> Any:
        z = cast(A) @ p["w"] + p["b"]
        return np.mean(np.logaddexp(cast(0), z) - cast(y) * z)

    return Problem(evaluate, gradient, {"w": rng.normal(size=columns), "b": rng.normal(size=())})


def counts(rng: np.random.Generator) -> Problem:
    rows, columns = int(rng.integers(10, 60)), int(rng.integers(1, 5))
    A, y = rng.normal(size=(rows, columns)), rng.poisson(2.0, rows).astype(float)
    return Problem(
        lambda p, cast: np.mean(np.exp(cast(A) @ p["w"]) - cast(y) * (cast(A) @ p["w"])),
        lambda p: {"w": A.T @ (np.exp(A @ p["w"]) - y) / rows},
        {"w": 0.5 * rng.normal(size=columns)},
    )


def network(rng: np.random.Generator) -> Problem:
    """A hidden layer of tanh or sigmoid, softmax cross-entropy; weights of ordinary size."""
    rows, inputs = int(rng.integers(20, 41)), int(rng.integers(2, 9))
    hidden, classes = int(rng.integers(2, 7)), int(rng.integers(2, 5))
    X, Y = rng.normal(size=(rows, inputs)), np.eye(classes)[rng.integers(classes, size=rows)]
    scale, is_tanh = rng.uniform(0.5, 1.0), bool(rng.integers(2))
    params = {
        "W1": scale * rng.normal(size=(inputs, hidden)),
        "b1": scale * rng.normal(size=hidden),
        "W2": scale * rng.normal(size=(hidden, classes)),
        "b2": scale * rng.normal(size=classes),
    }

    def forward(p: Params, cast: Cast) -> tuple[Any, Any]:
        z = cast(X) @ p["W1"] + p["b1"]
        h = np.tanh(z) if is_tanh else 1 / (1 + np.exp(-z))
        logits = h @ p["W2"] + p["b2"]
        logits = logits - logits.max(axis=1, keepdims=True)
        return h, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def gradient(p: Params) -> Params:
        h, log_p = forward(p, np.asarray)
        d = (np.exp(log_p) - Y) / rows
        back = d @ p["W2"].T * ((1 - h * h) if is_tanh else h * (1 - h))
        return {"W1": X.T @ back, "b1": back.sum(axis=0), "W2": h.T @ d, "b2": d.sum(axis=0)}

    return Problem(
        lambda p, cast: -np.mean(np.sum(cast(Y) * forward(p, cast)[1], axis=1)), gradient, params
    )


FAMILIES: tuple[Family, ...] = (waves, bowl, bumps, regression, classifier, counts, network)
