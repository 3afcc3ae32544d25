"""Gradients that are wrong by little: an eps, a float32, a tolerance, a short constant.

What is checked here are the wrong ones. The loss is what is written, so the gradient without its
eps is wrong, by 1e-9 to 1e-4 of a block. Someone who accepts that gives `rtol`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.functions import erf, softmax
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _draw_eps(rng: Rng, least: float, most: float) -> float:
    return float(10.0 ** rng.uniform(np.log10(least), np.log10(most)))


def _smooth_absolute(rng: Rng) -> Instance:
    eps, x = _draw_eps(rng, 1e-8, 1e-5), rng.choice([-1, 1], 5) * rng.uniform(0.3, 2, 5)

    def gradient(x: Array, mistake: str) -> Array:
        return np.sign(x) if mistake == "eps forgotten" else x / np.sqrt(x * x + eps)

    return Instance(lambda x: np.sum(np.sqrt(x * x + eps)), gradient, x)


def _cross_entropy(rng: Rng) -> Instance:
    m, c = int(rng.integers(4, 9)), int(rng.integers(2, 6))
    Y, eps = np.eye(c)[rng.integers(c, size=m)], _draw_eps(rng, 1e-8, 1e-6)

    def gradient(z: Array, mistake: str) -> Array:
        p = softmax(z)
        if mistake == "eps forgotten":
            return (p - Y) / m
        kept = (Y * p / (p + eps)).sum(axis=1, keepdims=True)
        return np.asarray((kept * p - Y * p / (p + eps)) / m)

    return Instance(
        lambda z: -np.mean((Y * np.log(softmax(z) + eps)).sum(axis=1)),
        gradient,
        rng.normal(size=(m, c)),
    )


def _normalised(rng: Rng) -> Instance:
    n, eps = int(rng.integers(3, 7)), _draw_eps(rng, 1e-8, 1e-5)
    R = rng.normal(size=n)

    def gradient(x: Array, mistake: str) -> Array:
        norm = np.linalg.norm(x)
        low = norm if mistake == "eps forgotten" else norm + eps
        return np.asarray(R / low - x * (x @ R) / (norm * low**2))

    return Instance(lambda x: (x @ R) / (np.sqrt(x @ x) + eps), gradient, rng.normal(size=n))


def _batch_norm(rng: Rng) -> Instance:
    m, n, eps = int(rng.integers(5, 12)), int(rng.integers(2, 5)), _draw_eps(rng, 1e-8, 1e-5)
    R = rng.normal(size=(m, n))

    def normalise(x: Array, eps: float) -> tuple[Any, Any]:
        middle = x - x.mean(axis=0)
        s = np.sqrt((middle * middle).mean(axis=0) + eps)
        return middle / s, s

    def gradient(x: Array, mistake: str) -> Array:
        H, s = normalise(x, 0.0 if mistake == "eps forgotten" else eps)
        return np.asarray((R - R.mean(axis=0) - H * (R * H).mean(axis=0)) / s)

    return Instance(lambda x: np.sum(normalise(x, eps)[0] * R), gradient, rng.normal(size=(m, n)))


def _scaled_sines(rng: Rng, spoil: Callable[[Array], Array]) -> Instance:
    w = rng.uniform(0.5, 2, 6)

    def gradient(x: Array, mistake: str) -> Array:
        g = w * np.cos(w * x)
        return spoil(g) if mistake else g

    return Instance(lambda x: np.sum(np.sin(w * x)), gradient, rng.normal(size=6))


def _short_constant(rng: Rng) -> Instance:
    def gradient(x: Array, mistake: str) -> Array:
        pi = 3.14159 if mistake == "pi to six digits" else np.pi
        return 2 * pi * np.cos(2 * pi * x)

    return Instance(lambda x: np.sum(np.sin(2 * np.pi * x)), gradient, rng.uniform(0, 1, 5))


def _gelu(rng: Rng) -> Instance:
    k, c = np.sqrt(2 / np.pi), 0.044715
    R = rng.normal(size=8)

    def gradient(z: Array, mistake: str) -> Array:
        if mistake == "that of erf":
            return np.asarray(
                R * (0.5 * (1 + erf(z / np.sqrt(2))) + z * np.exp(-z * z / 2) * k / 2)
            )
        t = np.tanh(k * (z + c * z**3))
        return np.asarray(R * (0.5 * (1 + t) + 0.5 * z * (1 - t * t) * k * (1 + 3 * c * z**2)))

    return Instance(
        lambda z: np.sum(R * z * (1 + np.tanh(k * (z + c * z**3)))) / 2,
        gradient,
        rng.uniform(-1, 1, 8),
    )


def _loose_iteration(rng: Rng) -> Instance:
    n, tolerance = 6, _draw_eps(rng, 1e-8, 1e-5)
    w = rng.uniform(0.3, 0.6, n)

    def iterate(b: Array, tolerance: float) -> tuple[Any, int]:
        z, steps, change = 0 * b, 0, np.inf
        while steps < 1000 and change >= tolerance:
            before, z = z, np.tanh(w * z + b)
            steps, change = steps + 1, np.abs(z - before).max()
        return z, steps

    def gradient(b: Array, mistake: str) -> Array:
        if mistake == "as if converged":
            z = iterate(b, 1e-16)[0]
            return np.asarray((1 - z * z) / (1 - w * (1 - z * z)))
        z, dz = np.zeros(n), np.zeros(n)
        for _ in range(iterate(b, tolerance)[1]):
            z = np.tanh(w * z + b)
            dz = (1 - z * z) * (w * dz + 1)
        return dz

    return Instance(lambda b: np.sum(iterate(b, tolerance)[0]), gradient, rng.normal(size=n))


def _ridge(rng: Rng) -> Instance:
    X, y, strength = rng.normal(size=(20, 4)), rng.normal(size=20), _draw_eps(rng, 1e-7, 1e-5)

    def loss(w: Array) -> Any:
        e = X @ w - y
        return np.mean(e * e) + strength * (w @ w)

    def gradient(w: Array, mistake: str) -> Array:
        penalty = 0 if mistake == "tiny penalty forgotten" else 2 * strength * w
        return 2 * X.T @ (X @ w - y) / 20 + penalty

    return Instance(loss, gradient, rng.normal(size=4))


_FORMATS = "Higham, Accuracy and Stability of Numerical Algorithms, 2002, chapter 2"


def _family(name: str, source: str, draw: Callable[[Rng], Instance], mistake: str) -> Family:
    return Family(name, "small differences", source, draw, (mistake,))


FAMILIES = (
    _family("sqrt(x^2 + eps)", "Charbonnier et al. 1994, ICIP", _smooth_absolute, "eps forgotten"),
    _family(
        "log(p + eps) of softmax",
        "Keras, categorical_crossentropy",
        _cross_entropy,
        "eps forgotten",
    ),
    _family("x / (|x| + eps)", "PyTorch, functional.normalize", _normalised, "eps forgotten"),
    _family(
        "sqrt(variance + eps)",
        "Ioffe and Szegedy 2015, arXiv:1502.03167",
        _batch_norm,
        "eps forgotten",
    ),
    _family(
        "sines, gradient by way of float32",
        _FORMATS,
        lambda rng: _scaled_sines(rng, lambda g: g.astype(np.float32).astype(float)),
        "rounded",
    ),
    _family(
        "sines, gradient by way of five digits",
        _FORMATS,
        lambda rng: _scaled_sines(rng, lambda g: np.round(g, 5)),
        "rounded",
    ),
    _family(
        "sines, one entry off",
        _FORMATS,
        lambda rng: _scaled_sines(rng, lambda g: g * (1 + 1e-6 * (np.arange(6) == 2))),
        "an entry 1e-6 off",
    ),
    _family(
        "sines, gradient off by 1e-8",
        _FORMATS,
        lambda rng: _scaled_sines(
            rng, lambda g: g * (1 + 1e-8 * np.array([1, -1, 0.5, -0.5, 0.7, -0.2]))
        ),
        "1e-8 off",
    ),
    _family("sines with 2 pi", _FORMATS, _short_constant, "pi to six digits"),
    _family("GELU by tanh, gradient by erf", "numpy-ml, GELU", _gelu, "that of erf"),
    _family(
        "fixed point of a loose tolerance",
        "Bai, Kolter and Koltun 2019, arXiv:1909.01377",
        _loose_iteration,
        "as if converged",
    ),
    _family(
        "regression with a tiny penalty",
        "Hastie, Tibshirani and Friedman 2009, section 3.4",
        _ridge,
        "tiny penalty forgotten",
    ),
)
