"""Losses with kinks: near by, farther away, or exactly at the point.

At a kink the gradient is right if each entry lies between the slopes on its two sides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _draw_regression(rng: Rng) -> tuple[Array, Array, Array]:
    m, n = int(rng.integers(8, 20)), int(rng.integers(2, 7))
    X, w = rng.normal(size=(m, n)), rng.normal(size=n)
    return X, X @ w + rng.normal(size=m), rng.normal(size=n)


def _one_side_of_zero(rng: Rng) -> Instance:
    x = np.array([1.0, 0.0, 0.0, -1.0, *rng.normal(size=2)])
    R = rng.uniform(0.5, 2, 6)

    def gradient(z: Array, mistake: str) -> Array:
        # As in PyTorch: the slope of ReLU at 0 is 0.
        slope = (z > 0) * 1.0
        return R if mistake == "mask forgotten" else R * slope

    return Instance(lambda z: np.sum(R * np.maximum(z, 0)), gradient, x, on_kink=True)


def _hinge(rng: Rng, power: int) -> Instance:
    X, y, w = _draw_regression(rng)
    y = np.sign(y)
    X[0], y[0] = 3 * w / (w @ w), 1.0  # well beyond the margin

    def loss(w: Array) -> Any:
        return np.mean(np.maximum(1 - y * (X @ w), 0) ** power) + 0.05 * (w @ w)

    def gradient(w: Array, mistake: str) -> Array:
        gap = 1 - y * (X @ w)
        inside = np.ones_like(gap) if mistake == "margin forgotten" else (gap > 0) * 1.0
        slope = inside if power == 1 else 2 * gap * inside
        decay = 0.0 if mistake == "penalty forgotten" else 0.1
        return np.asarray(-X.T @ (slope * y) / len(y) + decay * w)

    return Instance(loss, gradient, w)


def _largest_of_planes(rng: Rng) -> Instance:
    n = int(rng.integers(2, 6))
    A, b = rng.normal(size=(8, n)), rng.normal(size=8)

    def gradient(x: Array, mistake: str) -> Array:
        return np.asarray(
            A.mean(0) if mistake == "mean of the planes" else A[int(np.argmax(A @ x + b))]
        )

    return Instance(lambda x: (A @ x + b).max(), gradient, rng.normal(size=n))


def _largest_residual(rng: Rng) -> Instance:
    X, y, w = _draw_regression(rng)

    def gradient(w: Array, mistake: str) -> Array:
        e = X @ w - y
        i = int(np.argmax(np.abs(e)))
        return np.asarray(
            X[i] * (-np.sign(e[i]) if mistake == "sign of the residual" else np.sign(e[i]))
        )

    return Instance(lambda w: np.abs(X @ w - y).max(), gradient, w)


def _absolute_error(rng: Rng) -> Instance:
    X, y, w = _draw_regression(rng)

    def gradient(w: Array, mistake: str) -> Array:
        e = X @ w - y
        return np.asarray(X.T @ (e if mistake == "as for squares" else np.sign(e)) / len(y))

    return Instance(lambda w: np.mean(np.abs(X @ w - y)), gradient, w)


def _quantile(rng: Rng) -> Instance:
    X, y, w = _draw_regression(rng)
    tau = float(rng.uniform(0.1, 0.35))

    def loss(w: Array) -> Any:
        e = y - X @ w
        return np.mean(np.where(e > 0, tau * e, (tau - 1) * e))

    def gradient(w: Array, mistake: str) -> Array:
        high, low = (1 - tau, tau) if mistake == "tau and 1 - tau swapped" else (tau, 1 - tau)
        return X.T @ np.where(y - X @ w > 0, -high, low) / len(y)

    return Instance(loss, gradient, w)


def _insensitive(rng: Rng) -> Instance:
    X, y, w = _draw_regression(rng)
    eps = float(rng.uniform(0.3, 1.2))

    def gradient(w: Array, mistake: str) -> Array:
        e = X @ w - y
        outside = np.ones(len(y)) if mistake == "tube forgotten" else (np.abs(e) > eps) * 1.0
        return np.asarray(X.T @ (np.sign(e) * outside) / len(y))

    return Instance(lambda w: np.mean(np.maximum(np.abs(X @ w - y) - eps, 0)), gradient, w)


def _relu_network(rng: Rng, near: bool) -> Instance:
    m, d, n = int(rng.integers(4, 9)), int(rng.integers(2, 5)), int(rng.integers(3, 7))
    X, R = rng.normal(size=(m, d)), rng.normal(size=m)
    params = {"W": rng.normal(size=(d, n)), "b": rng.normal(size=n), "v": rng.normal(size=n)}
    if near:
        # One unit 1e-10 to 1e-3 from its kink for the first row.
        distance = rng.choice([-1, 1]) * 10.0 ** rng.uniform(-10, -3)
        params["b"][0] = distance - X[0] @ params["W"][:, 0]

    def loss(p: Tree) -> Any:
        return np.sum(R * (np.maximum(X @ p["W"] + p["b"], 0) @ p["v"]))

    def gradient(p: Tree, mistake: str) -> Tree:
        Z = X @ p["W"] + p["b"]
        mask = np.ones_like(Z) if mistake == "mask forgotten" else (Z > 0) * 1.0
        if mistake == "slope 0.01 below":
            mask = np.where(Z > 0, 1.0, 0.01)
        d = np.outer(R, p["v"]) * mask
        return {"W": X.T @ d, "b": d.sum(0), "v": np.maximum(Z, 0).T @ R}

    return Instance(loss, gradient, params)


def _prelu(rng: Rng) -> Instance:
    n = int(rng.integers(4, 10))
    R = rng.normal(size=n)

    def gradient(p: Tree, mistake: str) -> Tree:
        low = p["x"] < 0
        slope = (
            np.where(low, 1.0, p["a"])
            if mistake == "sides swapped"
            else np.where(low, p["a"], 1.0)
        )
        da = np.sum(R * p["x"]) if mistake == "sum over both sides" else np.sum((R * p["x"])[low])
        return {"x": R * slope, "a": np.array([da])}

    x = rng.normal(size=n)
    x[0] = -1.0
    return Instance(
        lambda p: np.sum(R * np.where(p["x"] < 0, p["a"] * p["x"], p["x"])),
        gradient,
        {"x": x, "a": rng.uniform(0.05, 0.5, 1)},
    )


def _hard_tanh(rng: Rng) -> Instance:
    n = int(rng.integers(5, 12))
    R, x = rng.normal(size=n), 2 * rng.normal(size=n)
    x[0], x[1] = 1.7, 0.3

    def gradient(z: Array, mistake: str) -> Array:
        return R if mistake == "clip forgotten" else R * (np.abs(z) < 1)

    return Instance(lambda z: np.sum(R * np.minimum(np.maximum(z, -1), 1)), gradient, x)


def _triplet(rng: Rng) -> Instance:
    m, d = int(rng.integers(3, 7)), int(rng.integers(2, 5))

    def gap(p: Tree) -> Any:
        near, far = p["anchor"] - p["same"], p["anchor"] - p["other"]
        return (near * near).sum(axis=1) - (far * far).sum(axis=1) + 1

    def gradient(p: Tree, mistake: str) -> Tree:
        inside = np.ones((m, 1)) if mistake == "margin forgotten" else (gap(p) > 0)[:, None] * 1.0
        near, far = p["anchor"] - p["same"], p["anchor"] - p["other"]
        first = near + far if mistake == "sign in the anchor" else near - far
        return {
            "anchor": 2 * inside * first,
            "same": -2 * inside * near,
            "other": 2 * inside * far,
        }

    params = {name: rng.normal(size=(m, d)) for name in ("anchor", "same", "other")}
    params["other"][0] = params["anchor"][0] + 3.0
    params["other"][1] = params["anchor"][1] + 0.1
    return Instance(lambda p: np.sum(np.maximum(gap(p), 0)), gradient, params)


def _trimmed_squares(rng: Rng) -> Instance:
    X, y, w = _draw_regression(rng)
    keep = len(y) - 3

    def loss(w: Array) -> Any:
        e = X @ w - y
        return np.sum(np.sort(e * e)[:keep])

    def gradient(w: Array, mistake: str) -> Array:
        e = X @ w - y
        rows = np.argsort(e * e)[: len(y) if mistake == "nothing trimmed" else keep]
        return np.asarray(2 * X[rows].T @ e[rows])

    return Instance(loss, gradient, w)


def _clusters(rng: Rng) -> Instance:
    k, x = int(rng.integers(2, 5)), rng.normal(size=(15, 2))

    def loss(c: Array) -> Any:
        gap = x[:, None] - c
        return np.sum((gap * gap).sum(axis=2).min(axis=1))

    def gradient(c: Array, mistake: str) -> Array:
        gap = c - x[:, None]
        mine = np.eye(k)[(gap**2).sum(axis=2).argmin(axis=1)]
        if mistake == "every centre":
            mine = np.ones_like(mine)
        return np.asarray((2 if mistake != "2 forgotten" else 1) * (mine[:, :, None] * gap).sum(0))

    return Instance(loss, gradient, rng.normal(size=(k, 2)))


def _tail_mean(rng: Rng) -> Instance:
    m, n = 20, int(rng.integers(2, 5))
    returns = rng.normal(size=(m, n))

    def loss(w: Array) -> Any:
        return np.mean(np.sort(-(returns @ w))[-5:])

    def gradient(w: Array, mistake: str) -> Array:
        rows = np.argsort(-(returns @ w))[-5:]
        return np.asarray(-returns[rows].sum(0) / (m if mistake == "divided by all rows" else 5))

    return Instance(loss, gradient, rng.normal(size=n))


_ESL = "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, chapter "


_TIBSHIRANI = "Tibshirani 1996, J. R. Statist. Soc. B 58"


_RELU = "Glorot, Bordes and Bengio 2011, AISTATS"


_LASSO = ("sign forgotten", "penalty forgotten")

FAMILIES = (
    Family("ReLU at zero", "kinks", "PyTorch, ReLU", _one_side_of_zero, ("mask forgotten",)),
    Family(
        "hinge loss",
        "kinks",
        _ESL + "12",
        lambda rng: _hinge(rng, 1),
        ("margin forgotten", "penalty forgotten"),
    ),
    Family(
        "squared hinge loss",
        "kinks",
        _ESL + "12",
        lambda rng: _hinge(rng, 2),
        ("margin forgotten",),
    ),
    Family(
        "largest of planes",
        "kinks",
        "Boyd and Vandenberghe 2004, section 3.2.3",
        _largest_of_planes,
        ("mean of the planes",),
    ),
    Family(
        "Chebyshev fit",
        "kinks",
        "Boyd and Vandenberghe 2004, section 6.1",
        _largest_residual,
        ("sign of the residual",),
    ),
    Family("absolute error", "kinks", _ESL + "10", _absolute_error, ("as for squares",)),
    Family(
        "quantile regression",
        "kinks",
        "Koenker and Bassett 1978, Econometrica 46",
        _quantile,
        ("tau and 1 - tau swapped",),
    ),
    Family("epsilon-insensitive loss", "kinks", "Vapnik 1995", _insensitive, ("tube forgotten",)),
    Family(
        "ReLU layers",
        "kinks",
        _RELU,
        lambda rng: _relu_network(rng, False),
        ("mask forgotten", "slope 0.01 below"),
    ),
    Family(
        "ReLU layers near a kink",
        "kinks",
        _RELU,
        lambda rng: _relu_network(rng, True),
        ("mask forgotten",),
    ),
    Family(
        "PReLU",
        "kinks",
        "He et al. 2015, arXiv:1502.01852",
        _prelu,
        ("sides swapped", "sum over both sides"),
    ),
    Family("hard tanh", "kinks", "Collobert 2004", _hard_tanh, ("clip forgotten",)),
    Family(
        "triplet loss",
        "kinks",
        "Schroff et al. 2015, arXiv:1503.03832",
        _triplet,
        ("margin forgotten", "sign in the anchor"),
    ),
    Family(
        "trimmed squares",
        "kinks",
        "Rousseeuw 1984, JASA 79",
        _trimmed_squares,
        ("nothing trimmed",),
    ),
    Family(
        "k-means",
        "kinks",
        "Lloyd 1982, IEEE Trans. Inf. Theory 28",
        _clusters,
        ("every centre", "2 forgotten"),
    ),
    Family(
        "conditional value at risk",
        "kinks",
        "Rockafellar and Uryasev 2000, J. Risk 2",
        _tail_mean,
        ("divided by all rows",),
    ),
)
