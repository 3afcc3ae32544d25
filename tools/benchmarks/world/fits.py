"""Fits: least squares, generalised linear models, robust losses, curves of science."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.functions import log_sum_exp, sigmoid, softmax, softplus
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _draw_data(rng: Rng) -> tuple[Array, Array]:
    """Return a design matrix with a column of ones, and coefficients."""
    m, n = int(rng.integers(10, 40)), int(rng.integers(1, 6))
    return np.column_stack([np.ones(m), rng.normal(size=(m, n))]), rng.normal(size=n + 1)


def _least_squares(rng: Rng) -> Instance:
    X, w = _draw_data(rng)
    y, penalty = X @ w + rng.normal(size=len(X)), float(10 ** rng.uniform(-2, 0))

    def gradient(w: Array, mistake: str) -> Array:
        g = X.T @ (X @ w - y) / (1 if mistake == "1/m forgotten" else len(X))
        if mistake == "2 forgotten":
            return g + penalty * w
        return 2 * g if mistake == "penalty forgotten" else 2 * g + 2 * penalty * w

    def loss(w: Array) -> Any:
        e = X @ w - y
        return np.mean(e * e) + penalty * np.sum(w * w)

    return Instance(loss, gradient, rng.normal(size=len(w)))


def _logistic(rng: Rng) -> Instance:
    X, w = _draw_data(rng)
    y = (rng.random(len(X)) < sigmoid(X @ w)) * 1.0

    def gradient(w: Array, mistake: str) -> Array:
        residual = sigmoid(X @ w) - y
        if mistake == "slope of the sigmoid too many":
            residual = residual * sigmoid(X @ w) * sigmoid(-X @ w)
        return np.asarray(X.T @ residual / (1 if mistake == "sum for mean" else len(X)))

    def loss(w: Array) -> Any:
        return np.mean(softplus(X @ w) - y * (X @ w))

    return Instance(loss, gradient, rng.normal(size=len(w)))


def _multinomial(rng: Rng) -> Instance:
    X, w = _draw_data(rng)
    c = int(rng.integers(3, 5))
    Y = np.eye(c)[rng.integers(c, size=len(X))]

    def gradient(p: Tree, mistake: str) -> Tree:
        d = (softmax(X @ p["W"] + p["b"]) - Y) / len(X)
        return {"W": X.T @ d, "b": d.mean(0) if mistake == "mean for sum" else d.sum(0)}

    def loss(p: Tree) -> Any:
        Z = X @ p["W"] + p["b"]
        return np.mean(log_sum_exp(Z) - (Z * Y).sum(axis=1))

    return Instance(loss, gradient, {"W": rng.normal(size=(len(w), c)), "b": rng.normal(size=c)})


def _poisson(rng: Rng) -> Instance:
    X, w = _draw_data(rng)
    w = w / 2
    exposure = rng.uniform(0.5, 20, len(X))
    y = rng.poisson(exposure * np.exp(X @ w)).astype(float)

    def gradient(w: Array, mistake: str) -> Array:
        rate = np.exp(X @ w) * (1 if mistake == "exposure forgotten" else exposure)
        return np.asarray(X.T @ (rate - y))

    def loss(w: Array) -> Any:
        return np.sum(exposure * np.exp(X @ w) - y * (X @ w))

    return Instance(loss, gradient, w + 0.2 * rng.normal(size=len(w)))


def _robust(rho: Callable[[Any, float], Any], psi: Callable[[Any, float], Any]) -> Any:
    """Return a family's draw for a loss rho(residual, scale) with the slope psi."""

    def draw(rng: Rng) -> Instance:
        X, w = _draw_data(rng)
        y = X @ w + rng.standard_t(2, size=len(X))
        scale = float(rng.uniform(0.7, 2))

        def gradient(w: Array, mistake: str) -> Array:
            e = X @ w - y
            slope = psi(e, scale)
            if mistake == "as for squares":
                slope = e
            if mistake == "scale forgotten":
                slope = psi(e, 1.0)
            return np.asarray(X.T @ slope)

        return Instance(lambda w: np.sum(rho(X @ w - y, scale)), gradient, rng.normal(size=len(w)))

    return draw


_huber = _robust(
    lambda e, k: np.where(np.abs(e) <= k, e * e / 2, k * np.abs(e) - k * k / 2),
    lambda e, k: np.clip(e, -k, k),
)


_cauchy = _robust(
    lambda e, k: k * k / 2 * np.log1p((e / k) ** 2), lambda e, k: e / (1 + (e / k) ** 2)
)


_pseudo_huber = _robust(
    lambda e, k: k * k * (np.sqrt(1 + (e / k) ** 2) - 1),
    lambda e, k: e / np.sqrt(1 + (e / k) ** 2),
)


_tukey = _robust(
    lambda e, k: (3 * k) ** 2 / 6 * (1 - np.maximum(1 - (e / (3 * k)) ** 2, 0) ** 3),
    lambda e, k: e * np.maximum(1 - (e / (3 * k)) ** 2, 0) ** 2,
)


def _factorisation(rng: Rng) -> Instance:
    m, n, k = int(rng.integers(4, 8)), int(rng.integers(3, 7)), int(rng.integers(2, 4))
    A, seen = rng.normal(size=(m, n)), rng.random((m, n)) < 0.7
    seen[0, 0] = False

    def gradient(p: Tree, mistake: str) -> Tree:
        E = p["U"] @ p["V"].T - A
        if mistake != "mask forgotten":
            E = E * seen
        return {"U": 2 * E @ p["V"], "V": 2 * E.T @ p["U"]}

    def loss(p: Tree) -> Any:
        E = (p["U"] @ p["V"].T - A) * seen
        return np.sum(E * E)

    return Instance(loss, gradient, {"U": rng.normal(size=(m, k)), "V": rng.normal(size=(n, k))})


def _rotation(rng: Rng) -> Instance:
    X, v = rng.normal(size=(8, 3)), rng.normal(size=3)

    def rotate(q: Array) -> Any:
        """Return the first row of the rotation matrix of the unit quaternion q."""
        w, x, y, z = q
        return np.array([w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)])

    def gradient(q: Array, mistake: str) -> Array:
        norm = np.sqrt(q @ q)
        w, x, y, z = u = q / norm
        J = 2 * np.array([[w, x, -y, -z], [-z, y, x, -w], [y, z, w, x]])
        d = J.T @ (X.T @ (2 * (X @ (rotate(u) - v))))
        return np.asarray((d if mistake == "norm held constant" else d - u * (u @ d)) / norm)

    def loss(q: Array) -> Any:
        e = X @ (rotate(q / np.sqrt(q @ q)) - v)
        return e @ e

    return Instance(loss, gradient, rng.normal(size=4))


def _whittaker(rng: Rng) -> Instance:
    n, strength = int(rng.integers(12, 30)), float(10 ** rng.uniform(0, 2))
    y = np.sin(np.linspace(0, 4, n)) + 0.3 * rng.normal(size=n)
    D = np.diff(np.eye(n), 2, axis=0)

    def gradient(z: Array, mistake: str) -> Array:
        rough = np.zeros(n)
        rough[1:-1] = D @ z
        if mistake != "D for D'D":
            rough = D.T @ (D @ z)
        return z - y + strength * rough

    def loss(z: Array) -> Any:
        rough = D @ z
        return (z - y) @ (z - y) / 2 + strength * (rough @ rough) / 2

    return Instance(loss, gradient, y + 0.1 * rng.normal(size=n))


_ESL = "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, chapter "


_GLM = "McCullagh and Nelder, Generalized Linear Models, 1989"


_BATES = "Bates and Watts, Nonlinear Regression Analysis, 1988"


_NIST = "NIST Statistical Reference Datasets, nonlinear regression"


_ROBUST = ("as for squares", "scale forgotten")

FAMILIES = (
    Family(
        "ridge regression",
        "fits",
        _ESL + "3",
        _least_squares,
        ("2 forgotten", "penalty forgotten", "1/m forgotten"),
    ),
    Family(
        "logistic regression",
        "fits",
        _ESL + "4",
        _logistic,
        ("slope of the sigmoid too many", "sum for mean"),
    ),
    Family("multinomial regression", "fits", _ESL + "4", _multinomial, ("mean for sum",)),
    Family("Poisson regression", "fits", _GLM, _poisson, ("exposure forgotten",)),
    Family("Huber loss", "fits", "Huber 1964, Ann. Math. Statist. 35", _huber, _ROBUST),
    Family("Cauchy loss", "fits", "SciPy, least_squares", _cauchy, _ROBUST),
    Family("pseudo-Huber loss", "fits", "Charbonnier et al. 1994, ICIP", _pseudo_huber, _ROBUST),
    Family(
        "Tukey's biweight",
        "fits",
        "Beaton and Tukey 1974, Technometrics 16",
        _tukey,
        ("as for squares",),
    ),
    Family(
        "matrix factorisation",
        "fits",
        "Koren, Bell and Volinsky 2009, Computer 42",
        _factorisation,
        ("mask forgotten",),
    ),
    Family(
        "rotation by a quaternion",
        "fits",
        "Horn 1987, J. Opt. Soc. Am. A 4",
        _rotation,
        ("norm held constant",),
    ),
    Family(
        "Whittaker smoother", "fits", "Eilers 2003, Anal. Chem. 75", _whittaker, ("D for D'D",)
    ),
)
