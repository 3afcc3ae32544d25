"""Mistakes met in public code whose cause is proved: it is named, and the mended one passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from checker.mistakes import Case, Mistake, Params, check_the_mended, check_what_is_said, sigmoid

from gradlab.support.floats import FloatArray

CASES: dict[str, Case] = {}


def case(build: Case) -> Case:
    CASES[build.__name__] = build
    return build


@case
def relu_slope_of_the_output(rng: np.random.Generator) -> Mistake:
    x, y = rng.uniform(0.5, 1.0, 5), np.eye(3)[1]
    W = rng.normal(size=(5, 6))
    # Units 1 and 4 are off.
    W[:, [1, 4]] = -np.abs(W[:, [1, 4]])
    W[:, [0, 2, 3, 5]] = np.abs(W[:, [0, 2, 3, 5]])
    params = {"W": W, "V": rng.normal(size=(6, 3))}

    def loss(p: Params) -> float:
        return float(np.sum((np.maximum(x @ p["W"], 0.0) @ p["V"] - y) ** 2))

    def gradient(p: Params, strict: bool) -> Params:
        a = np.maximum(x @ p["W"], 0.0)
        d = 2.0 * (a @ p["V"] - y)
        slope = a > 0.0 if strict else a >= 0.0
        return {"W": np.outer(x, p["V"] @ d * slope), "V": np.outer(a, d)}

    said = {"W": ("dead_units", "should be zero in columns 1 and 4, where the loss does not")}
    return Mistake(loss, lambda p: gradient(p, False), lambda p: gradient(p, True), params, said)


@case
def huber_turned_outside(rng: np.random.Generator) -> Mistake:
    truth = rng.normal(size=8)
    params = truth + np.array([0.3, -2.0, 0.6, 1.5, -0.2, 2.5, -1.8, 0.7])

    def loss(p: Params) -> float:
        d = np.abs(truth - p)
        return float(np.sum(np.where(d < 1.0, d**2, 2.0 * d - 1.0)))

    def gradient(p: Params, outside: float) -> Params:
        d = truth - p
        return -2.0 * np.where(np.abs(d) < 1.0, d, outside * np.sign(d))

    said = {"params": ("sign_flipped", "minus the gradient is right there; the others pass.")}
    return Mistake(loss, lambda p: gradient(p, -1.0), lambda p: gradient(p, 1.0), params, said)


@case
def gain_and_shift_swapped(rng: np.random.Generator) -> Mistake:
    H, R = rng.normal(size=(2, 5, 4))
    params = {"gamma": rng.normal(size=4), "beta": rng.normal(size=4)}

    def right(p: Params) -> Params:
        return {"gamma": (R * H).sum(0), "beta": R.sum(0)}

    def wrong(p: Params) -> Params:
        return {"gamma": R.sum(0), "beta": (R * H).sum(0)}

    words = ("swapped", "The gradients of gamma and beta are swapped.")
    return Mistake(
        lambda p: float(np.sum(R * (p["gamma"] * H + p["beta"]))),
        wrong,
        right,
        params,
        {"gamma": words, "beta": words},
    )


@case
def bias_of_another_gate(rng: np.random.Generator) -> Mistake:
    x, R = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    params = {name: rng.normal(size=3) for name in ("f", "i", "o")}

    def loss(p: Params) -> float:
        return float(np.sum(R * sigmoid(x + p["f"]) * np.tanh(x - p["i"]) * sigmoid(p["o"] * x)))

    def gradient(p: Params, copied: bool) -> Params:
        f, i, o = sigmoid(x + p["f"]), np.tanh(x - p["i"]), sigmoid(p["o"] * x)
        d = {
            "f": (R * f * (1.0 - f) * i * o).sum(0),
            "i": -(R * f * (1.0 - i**2) * o).sum(0),
            "o": (R * f * i * o * (1.0 - o) * x).sum(0),
        }
        return {**d, "i": d["f"].copy()} if copied else d

    said = {"i": ("swapped", "This is the gradient of f (a copied line?).")}
    return Mistake(loss, lambda p: gradient(p, True), lambda p: gradient(p, False), params, said)


@case
def clipped_for_the_step(rng: np.random.Generator) -> Mistake:
    said = {"params": ("clipped", "clipped at plus or minus 5, in 2 of its 4 entries")}
    return Mistake(
        lambda w: float(np.sum(w**4)),
        lambda w: np.clip(4.0 * w**3, -5.0, 5.0),
        lambda w: 4.0 * w**3,
        np.array([0.1, 0.4, 2.0, -1.7]),
        said,
    )


@case
def scaled_to_a_norm_for_the_step(rng: np.random.Generator) -> Mistake:
    A, b = 3.0 * rng.normal(size=(9, 4)), rng.normal(size=9)

    def right(w: Params) -> Any:
        return 2.0 * A.T @ (A @ w - b)

    def wrong(w: Params) -> Any:
        return right(w) / np.linalg.norm(right(w))

    said = {"params": ("clipped", "The whole gradient has a norm of 1, to which it was scaled")}
    return Mistake(
        lambda w: float(np.sum((A @ w - b) ** 2)), wrong, right, rng.normal(size=4), said
    )


@case
def one_tap_for_all(rng: np.random.Generator) -> Mistake:
    x, R = rng.normal(size=(5, 5)), rng.normal(size=(5, 5))
    padded = np.pad(x, 1)

    def correlate(k: FloatArray) -> FloatArray:
        return sum(
            (k[i, j] * padded[i : i + 5, j : j + 5] for i in range(3) for j in range(3)),
            np.zeros((5, 5)),
        )

    def right(k: Params) -> Any:
        d = R * (1.0 - np.tanh(correlate(k)) ** 2)
        return np.array(
            [[np.sum(d * padded[i : i + 5, j : j + 5]) for j in range(3)] for i in range(3)]
        )

    def wrong(k: Params) -> Any:
        return np.full((3, 3), right(k)[1, 1])

    said = {"params": ("equal_entries", "they are the slope of entry [1, 1] (one entry that was")}
    return Mistake(
        lambda k: float(np.sum(R * np.tanh(correlate(k)))),
        wrong,
        right,
        rng.normal(size=(3, 3)),
        said,
    )


@case
def penalty_of_the_delta(rng: np.random.Generator) -> Mistake:
    X, Y = np.hstack([np.ones((9, 1)), rng.normal(size=(9, 4))]), rng.normal(size=(9, 3))
    weights = np.arange(5)[:, None] > 0

    def data(W: Params) -> Any:
        return X.T @ np.tanh(X @ W - Y)

    def loss(W: Params) -> float:
        return float(np.sum(np.log(np.cosh(X @ W - Y))) + 0.35 * np.sum((weights * W) ** 2))

    said = {
        "params": ("wrong_scale", "but for a penalty, is 1.7 times what it should be in rows 1 ")
    }
    return Mistake(
        loss,
        lambda W: data(W) * (1.0 + 0.7 * weights),
        lambda W: data(W) + 0.7 * weights * W,
        rng.normal(size=(5, 3)),
        said,
    )


@case
def mean_over_outputs_forgotten(rng: np.random.Generator) -> Mistake:
    X, Y = rng.normal(size=(10, 4)), rng.normal(size=(10, 2))

    def loss(W: Params) -> float:
        return float(0.5 * np.mean((X @ W - Y) ** 2) + 0.005 * np.sum(W**2))

    said = {
        "params": ("weight_decay", "Either an L2 penalty, 0.01 times the parameter, is right in")
    }
    return Mistake(
        loss,
        lambda W: X.T @ (X @ W - Y) / 10.0 + 0.01 * W,
        lambda W: X.T @ (X @ W - Y) / 20.0 + 0.01 * W,
        rng.normal(size=(4, 2)),
        said,
    )


@case
def norm_in_the_loss_signs_in_the_gradient(rng: np.random.Generator) -> Mistake:
    X, y = rng.normal(size=(8, 5)), rng.normal(size=8)
    w = np.array([0.5, -1.2, 0.8, -0.3, 2.0])

    def data(w: Params) -> Any:
        return X.T @ (X @ w - y)

    said = {"params": ("l1_penalty", "has 0.3 times the sign of the parameter too much and lacks")}
    return Mistake(
        lambda w: float(0.5 * np.sum((X @ w - y) ** 2) + 0.3 * np.linalg.norm(w)),
        lambda w: data(w) + 0.3 * np.sign(w),
        lambda w: data(w) + 0.3 * w / np.linalg.norm(w),
        w,
        said,
    )


@case
def softmax_as_if_sigmoids(rng: np.random.Generator) -> Mistake:
    R = rng.normal(size=(4, 5))

    def softmax(Z: FloatArray) -> Any:
        return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)

    def right(Z: Params) -> Any:
        p = softmax(Z)
        return p * (R - np.sum(R * p, axis=1, keepdims=True))

    said = {
        "params": ("softmax_diagonal", "With p the softmax of each row of the parameter, the g")
    }
    return Mistake(
        lambda Z: float(np.sum(R * softmax(Z))),
        lambda Z: R * softmax(Z) * (1.0 - softmax(Z)),
        right,
        rng.normal(size=(4, 5)),
        said,
    )


@case
def rows_of_an_embedding(rng: np.random.Generator) -> Mistake:
    ids, R = np.array([[0, 1, 2], [2, 2, 6]]), rng.normal(size=(2, 3))

    def gradient(W: Params, add: Callable[..., Any]) -> Any:
        d = np.zeros_like(W)
        for row, r in zip(ids, R, strict=True):
            add(d, row, r)
        return d

    def add_once(d: FloatArray, row: Any, r: FloatArray) -> None:
        d[row] += r

    said = {"params": ("repeated_index", "Row 2 lacks what row 6 has (an index that occurs more")}
    return Mistake(
        lambda W: float(sum(W[row].sum(0) @ r for row, r in zip(ids, R, strict=True))),
        lambda W: gradient(W, add_once),
        lambda W: gradient(W, np.add.at),
        rng.normal(size=(7, 3)),
        said,
    )


@case
def one_step_of_a_recurrence(rng: np.random.Generator) -> Mistake:
    xs, W = rng.normal(size=(3, 4)), 0.5 * rng.normal(size=(4, 4))

    def states(W: FloatArray) -> list[FloatArray]:
        s = [np.zeros(4)]
        for x in xs:
            s.append(np.tanh(x + W @ s[-1]))
        return s

    def gradient(W: Params, right: bool) -> Any:
        s = states(W)
        d, total = 1.0 - s[3] ** 2, np.zeros_like(W)
        for t in (3, 2, 1):
            total += np.outer(d, s[t - 1])
            d = W.T @ d * (1.0 - s[t - 1] ** 2 if right else s[t])
        return total

    said = {"params": ("rank_one", "differ by a single outer product (rank one: one term of a s")}
    return Mistake(
        lambda W: float(np.sum(states(W)[-1])),
        lambda W: gradient(W, False),
        lambda W: gradient(W, True),
        W,
        said,
    )


@case
def eigenvalues_of_one_triangle(rng: np.random.Generator) -> Mistake:
    c, S = np.array([1.0, -2.0, 0.5, 3.0]), rng.normal(size=(4, 4))

    def whole(A: Params) -> Any:
        _, V = np.linalg.eigh(A)
        return (V * c) @ V.T

    def right(A: Params) -> Any:
        return np.tril(whole(A)) + np.tril(whole(A), -1)

    said = {
        "params": ("triangle", "zero above the diagonal and doubled below it, the gradient is")
    }
    return Mistake(lambda A: float(np.linalg.eigvalsh(A) @ c), whole, right, S + S.T, said)


@case
def groups_without_a_gradient(rng: np.random.Generator) -> Mistake:
    X = rng.normal(size=(9, 4))
    first = np.arange(8)[:, None] < 2

    def right(W: Params) -> Any:
        return (1.0 - np.tanh(X @ W.T) ** 2).T @ X

    said = {
        "params": ("some_zero", "The gradient is zero in rows 2 to 7, but the loss changes th")
    }
    return Mistake(
        lambda W: float(np.sum(np.tanh(X @ W.T))),
        lambda W: right(W) * first,
        right,
        0.3 * rng.normal(size=(8, 4)),
        said,
    )


@case
def unit_quaternion_not_projected(rng: np.random.Generator) -> Mistake:
    v = rng.normal(size=4)

    def right(q: Params) -> Any:
        u = q / np.linalg.norm(q)
        return (v - u * (u @ v)) / np.linalg.norm(q)

    said = {
        "params": ("normalised", "Without its part along the parameter, and divided by the par")
    }
    return Mistake(
        lambda q: float(3.0 + q @ v / np.linalg.norm(q)),
        lambda q: v.copy(),
        right,
        rng.normal(size=4),
        said,
    )


DRAWS = [(name, seed) for name in CASES for seed in range(3)]


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_what_is_said_of_a_mistake(name: str, seed: int) -> None:
    kinds = check_what_is_said(CASES[name](np.random.default_rng(seed)))
    assert kinds & {kind for kind, _ in CASES[name](np.random.default_rng(seed)).said.values()}


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_the_mended_gradient_passes(name: str, seed: int) -> None:
    check_the_mended(CASES[name](np.random.default_rng(seed)))
