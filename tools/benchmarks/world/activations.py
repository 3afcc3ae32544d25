"""Activations as sums: the loss is sum(activation(params) * R), R fixed and random."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.functions import erf, sigmoid, softmax, softmax_back, softplus
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


_BACKPROP = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.5"


def _softmax(rng: Rng) -> Instance:
    R = rng.normal(size=(int(rng.integers(2, 6)), int(rng.integers(3, 7))))

    def gradient(z: Array, mistake: str) -> Array:
        p = softmax(z)
        return R * p * (1 - p) if mistake == "p (1 - p)" else softmax_back(p, R)

    return Instance(lambda z: np.sum(softmax(z) * R), gradient, rng.normal(size=R.shape))


def _cross_entropy(rng: Rng) -> Instance:
    m, c = int(rng.integers(3, 9)), int(rng.integers(2, 6))
    rows, labels = np.arange(m), rng.integers(c, size=m)
    Y = np.eye(c)[labels]

    def loss(z: Array) -> Any:
        return -np.mean(np.log(softmax(z))[rows, labels])

    def gradient(z: Array, mistake: str) -> Array:
        p = Y * (softmax(z) - 1) if mistake == "only the label's column" else softmax(z) - Y
        return p if mistake == "sum for mean" else p / m

    return Instance(loss, gradient, rng.normal(size=(m, c)) * rng.uniform(0.3, 3))


def _draw_slopes(rng: Rng) -> tuple[Array, Array]:
    """Return a point and an upstream for an activation."""
    n = int(rng.integers(4, 13))
    return rng.normal(size=n) * rng.uniform(0.5, 2), rng.normal(size=n)


def _gelu(rng: Rng) -> Instance:
    x, R = _draw_slopes(rng)

    def gradient(z: Array, mistake: str) -> Array:
        density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
        factor = 1 if mistake == "x forgotten" else z
        return np.asarray(R * (0.5 * (1 + erf(z / np.sqrt(2))) + factor * density))

    return Instance(lambda z: np.sum(R * z * (1 + erf(z / np.sqrt(2)))) / 2, gradient, x)


def _gelu_tanh(rng: Rng) -> Instance:
    x, R = _draw_slopes(rng)
    k, c = np.sqrt(2 / np.pi), 0.044715

    def gradient(z: Array, mistake: str) -> Array:
        t = np.tanh(k * (z + c * z**3))
        inner = k * (1 + (1 if mistake == "3 forgotten" else 3) * c * z**2)
        slope = (1 - t * t) * inner
        return np.asarray(R * (0.5 * (1 + t) + 0.5 * z * slope))

    return Instance(lambda z: np.sum(R * z * (1 + np.tanh(k * (z + c * z**3)))) / 2, gradient, x)


def _elu(rng: Rng) -> Instance:
    x, R = _draw_slopes(rng)
    a = float(rng.uniform(0.3, 1.0))
    x[:2] = -np.abs(x[:2])

    def loss(z: Array) -> Any:
        return np.sum(R * np.where(z > 0, z, a * np.expm1(np.where(z > 0, 0 * z, z))))

    def gradient(z: Array, mistake: str) -> Array:
        low = a * np.expm1(z) if mistake == "alpha forgotten" else a * np.exp(z)
        return R * np.where(z > 0, 1.0, low)

    return Instance(loss, gradient, x)


def _swish(rng: Rng) -> Instance:
    x, R = _draw_slopes(rng)
    b = float(rng.uniform(0.5, 2))

    def gradient(z: Array, mistake: str) -> Array:
        s = sigmoid(b * z)
        return np.asarray(R * (s if mistake == "second term lost" else s + b * z * s * (1 - s)))

    return Instance(lambda z: np.sum(R * z * sigmoid(b * z)), gradient, x)


def _softplus(rng: Rng) -> Instance:
    x, R = _draw_slopes(rng)
    b = float(rng.uniform(1.5, 5))

    def gradient(z: Array, mistake: str) -> Array:
        return np.asarray(R * sigmoid(z if mistake == "beta forgotten" else b * z))

    return Instance(lambda z: np.sum(R * softplus(b * z)) / b, gradient, x)


def _mish(rng: Rng) -> Instance:
    x, R = _draw_slopes(rng)

    def gradient(z: Array, mistake: str) -> Array:
        t = np.tanh(softplus(z))
        inner = 1 if mistake == "inner derivative forgotten" else sigmoid(z)
        return np.asarray(R * (t + z * (1 - t * t) * inner))

    return Instance(lambda z: np.sum(R * z * np.tanh(softplus(z))), gradient, x)


def _gated_linear_unit(rng: Rng) -> Instance:
    shape = (int(rng.integers(2, 5)), int(rng.integers(2, 5)))
    R = rng.normal(size=shape)

    def gradient(p: Tree, mistake: str) -> Tree:
        s = sigmoid(p["gate"])
        dgate, dvalue = R * p["value"] * s * (1 - s), R * s
        if mistake == "pair swapped":
            dgate, dvalue = dvalue, dgate
        return {"value": dvalue, "gate": dgate}

    params = {"value": rng.normal(size=shape), "gate": rng.normal(size=shape)}
    return Instance(lambda p: np.sum(p["value"] * sigmoid(p["gate"]) * R), gradient, params)


FAMILIES = (
    Family("softmax", "layers", _BACKPROP, _softmax, ("p (1 - p)",)),
    Family(
        "softmax cross-entropy",
        "layers",
        _BACKPROP,
        _cross_entropy,
        ("sum for mean", "only the label's column"),
    ),
    Family(
        "GELU", "layers", "Hendrycks and Gimpel 2016, arXiv:1606.08415", _gelu, ("x forgotten",)
    ),
    Family(
        "GELU by tanh",
        "layers",
        "Hendrycks and Gimpel 2016, arXiv:1606.08415",
        _gelu_tanh,
        ("3 forgotten",),
    ),
    Family(
        "ELU",
        "layers",
        "Clevert, Unterthiner and Hochreiter 2015, arXiv:1511.07289",
        _elu,
        ("alpha forgotten",),
    ),
    Family(
        "swish",
        "layers",
        "Ramachandran, Zoph and Le 2017, arXiv:1710.05941",
        _swish,
        ("second term lost",),
    ),
    Family("softplus", "layers", "Dugas et al. 2001, NIPS 13", _softplus, ("beta forgotten",)),
    Family(
        "mish", "layers", "Misra 2019, arXiv:1908.08681", _mish, ("inner derivative forgotten",)
    ),
    Family(
        "gated linear unit",
        "layers",
        "Dauphin et al. 2016, arXiv:1612.08083",
        _gated_linear_unit,
        ("pair swapped",),
    ),
)
