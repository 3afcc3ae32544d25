"""Penalties with kinks.

At a kink the gradient is right if each entry lies between the slopes on its two sides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array, Family, Instance, Rng


def _draw_regression(rng: Rng) -> tuple[Array, Array, Array]:
    m, n = int(rng.integers(8, 20)), int(rng.integers(2, 7))
    X, w = rng.normal(size=(m, n)), rng.normal(size=n)
    return X, X @ w + rng.normal(size=m), rng.normal(size=n)


_TIBSHIRANI = "Tibshirani 1996, J. R. Statist. Soc. B 58"


_LASSO = ("sign forgotten", "penalty forgotten")


def _lasso(rng: Rng, where: str) -> Instance:
    X, y, w = _draw_regression(rng)
    strength = float(10 ** rng.uniform(-1.5, 0))
    if where == "at zero":
        w[::2] = 0.0
    if where == "near zero":
        w[::2] *= 10.0 ** rng.uniform(-7, -3, w[::2].size)

    def loss(w: Array) -> Any:
        e = X @ w - y
        return np.mean(e * e) + strength * np.sum(np.abs(w))

    def gradient(w: Array, mistake: str) -> Array:
        sign = np.abs(np.sign(w)) if mistake == "sign forgotten" else np.sign(w)
        if mistake == "penalty forgotten":
            sign = 0 * w
        return np.asarray(2 * X.T @ (X @ w - y) / len(y) + strength * sign)

    return Instance(loss, gradient, w, on_kink=where == "at zero")


def _total_variation(rng: Rng, flat: bool) -> Instance:
    n = int(rng.integers(8, 20))
    y, x = rng.normal(size=n), rng.normal(size=n)
    if flat:
        x[2:5] = x[2]

    def loss(x: Array) -> Any:
        return (x - y) @ (x - y) / 2 + 0.5 * np.sum(np.abs(x[1:] - x[:-1]))

    def gradient(x: Array, mistake: str) -> Array:
        sign, g = np.sign(np.diff(x)) / 2, x - y
        g[1:] += sign
        if mistake != "one of the neighbours lost":
            g[:-1] -= sign
        return g

    return Instance(loss, gradient, x, on_kink=flat)


def _group_lasso(rng: Rng) -> Instance:
    n = int(rng.integers(2, 6))
    X, y = rng.normal(size=(12, 2 * n)), rng.normal(size=12)

    def loss(W: Array) -> Any:
        e = X @ W.ravel() - y
        return e @ e / 2 + np.sum(np.sqrt((W * W).sum(axis=1)))

    def gradient(W: Array, mistake: str) -> Array:
        fit = (X.T @ (X @ W.ravel() - y)).reshape(W.shape)
        norm = np.linalg.norm(W, axis=1, keepdims=True)
        return np.asarray(fit + (W if mistake == "norm forgotten" else W / norm))

    return Instance(loss, gradient, rng.normal(size=(n, 2)))


FAMILIES = (
    Family("lasso", "kinks", _TIBSHIRANI, lambda rng: _lasso(rng, ""), _LASSO),
    Family("lasso at zero", "kinks", _TIBSHIRANI, lambda rng: _lasso(rng, "at zero"), _LASSO),
    Family("lasso near zero", "kinks", _TIBSHIRANI, lambda rng: _lasso(rng, "near zero"), _LASSO),
    Family(
        "total variation",
        "kinks",
        "Rudin, Osher and Fatemi 1992, Physica D 60",
        lambda rng: _total_variation(rng, False),
        ("one of the neighbours lost",),
    ),
    Family(
        "total variation, flat",
        "kinks",
        "Rudin, Osher and Fatemi 1992, Physica D 60",
        lambda rng: _total_variation(rng, True),
        ("one of the neighbours lost",),
    ),
    Family(
        "group lasso",
        "kinks",
        "Yuan and Lin 2006, J. R. Statist. Soc. B 68",
        _group_lasso,
        ("norm forgotten",),
    ),
)
