"""Normalisation over the rows of a batch, or over the features of each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.problem import Array, Rng

_IOFFE = "Ioffe and Szegedy 2015, arXiv:1502.03167"
_CS231N = "CS231n, assignment 2, layers.py"


def standardise(x: Array, eps: float, axis: int | tuple[int, ...]) -> tuple[Array, Array]:
    """Return (x - mean) / s along an axis, and s = sqrt(variance + eps), of any kind."""
    centred = x - x.mean(axis=axis, keepdims=True)
    s = np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + eps)
    return centred / s, s


def standardise_back(
    d: Array, xhat: Array, s: Array, axis: int | tuple[int, ...], mistake: str = ""
) -> Array:
    """Return the gradient by x, given the one by xhat, with one of the three mistakes."""
    dx = d
    if mistake not in ("mean held constant", "mean and variance held constant"):
        dx = dx - d.mean(axis=axis, keepdims=True)
    if mistake not in ("variance held constant", "mean and variance held constant"):
        dx = dx - xhat * (d * xhat).mean(axis=axis, keepdims=True)
    return dx / s


HELD_CONSTANT = (
    Mistake("mean held constant", "x", "standardised"),
    Mistake("variance held constant", "x", "standardised", "normalised"),
    Mistake("mean and variance held constant", "x", "standardised"),
)
"""What normalisations have in common: statistics of x that are taken for numbers."""


def _batch_norm(x: Array, gamma: Array, beta: Array, eps: float) -> Any:
    return gamma * standardise(x, eps, 0)[0] + beta


def _batch_norm_back(
    dout: Array, x: Array, gamma: Array, beta: Array, eps: float, mistake: str = ""
) -> Any:
    xhat, s = standardise(x, eps, 0)
    d = dout if mistake == "gamma forgotten in dx" else dout * gamma
    dgamma, dbeta = (dout * xhat).sum(axis=0), dout.sum(axis=0)
    if mistake == "dgamma and dbeta swapped":
        dgamma, dbeta = dbeta, dgamma
    if mistake == "x for xhat in dgamma":
        dgamma = (dout * x).sum(axis=0)
    if mistake == "dgamma and dbeta means":
        dgamma, dbeta = dgamma / len(x), dbeta / len(x)
    return standardise_back(d, xhat, s, 0, mistake), dgamma, dbeta


def _draw_batch(rng: Rng) -> tuple[Any, ...]:
    x = 1.0 + 2.0 * rng.normal(size=(6, 4))
    return x, rng.uniform(0.5, 1.5, size=4), rng.normal(size=4), 1e-5


def _batch_norm_course(x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]) -> Any:
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = x.mean(axis=0)
    centred = x - mean
    variance = (centred**2).mean(axis=0)
    if bn_param["mode"] == "train":
        for name, batch in (("running_mean", mean), ("running_var", variance)):
            old = bn_param.get(name, np.zeros(x.shape[1]))
            bn_param[name] = momentum * old + (1 - momentum) * batch
    else:
        centred, variance = x - bn_param["running_mean"], bn_param["running_var"]
    s = np.sqrt(variance + eps)
    xhat = centred / s
    return gamma * xhat + beta, (xhat, gamma, s, bn_param["mode"])


def _batch_norm_course_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    xhat, gamma, s, mode = cache
    m = len(dout)
    dxhat = dout * gamma
    dgamma, dbeta = (dout * xhat).sum(axis=0), dout.sum(axis=0)
    if mode == "test" and mistake != "as in training":
        return dxhat / s, dgamma, dbeta
    if mistake == "1/m forgotten in the means":
        return (dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / s, dgamma, dbeta
    total = m * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)
    dx = total / s if mistake == "1/m forgotten" else total / (m * s)
    if mistake == "s squared":
        dx = total / (m * s * s)
    if mistake == "gamma left out twice":
        dx = dx / gamma
    return dx, dgamma, dbeta


def _draw_course(mode: str, rng: Rng) -> tuple[Any, ...]:
    x = 2.0 + rng.normal(size=(5, 3)) * np.array([0.5, 1.0, 3.0])
    averages = {"running_mean": rng.normal(size=3), "running_var": rng.uniform(0.5, 2, size=3)}
    return x, rng.uniform(0.5, 1.5, size=3), rng.normal(size=3), {"mode": mode, **averages}


def _layer_norm(x: Array, gamma: Array, beta: Array, ln_param: dict[str, float]) -> Any:
    xhat, s = standardise(x, ln_param.get("eps", 1e-5), 1)
    return gamma * xhat + beta, (xhat, gamma, s)


def _layer_norm_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    xhat, gamma, s = cache
    d = dout if mistake == "gamma forgotten in dx" else dout * gamma
    dgamma, dbeta = (dout * xhat).sum(axis=0), dout.sum(axis=0)
    if mistake == "gamma applied after the means":
        return standardise_back(dout, xhat, s, 1) * gamma, dgamma, dbeta
    if mistake == "means over the batch":
        return (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)) / s, dgamma, dbeta
    if mistake == "dbeta of the last row":
        dbeta = dout[-1]
    return standardise_back(d, xhat, s, 1, mistake), dgamma, dbeta


def _layer_norm_plain(x: Array) -> Any:
    return standardise(x, 0.0, 1)[0]


def _layer_norm_plain_back(dout: Array, x: Array, mistake: str = "") -> Any:
    xhat, s = standardise(x, 0.0, 1)
    return standardise_back(dout, xhat, s, 1, mistake)


def _rms_norm(x: Array, g: Array, eps: float) -> Any:
    return g * x / np.sqrt((x * x).mean(axis=1, keepdims=True) + eps)


def _rms_norm_back(dout: Array, x: Array, g: Array, eps: float, mistake: str = "") -> Any:
    s = np.sqrt((x * x).mean(axis=1, keepdims=True) + eps)
    xhat, d = x / s, dout if mistake == "gain forgotten in dx" else dout * g
    dx = d
    if mistake == "dx as with a mean":
        dx = dx - d.mean(axis=1, keepdims=True)
    if mistake != "norm held constant":
        dx = dx - xhat * (d * xhat).mean(axis=1, keepdims=True)
    dg = dout * (x if mistake == "x for xhat in dg" else xhat)
    return dx / s, dg.sum(axis=0)


def _weight_norm(x: Array, v: Array, g: Array) -> Any:
    return x @ (g * v / np.sqrt((v * v).sum(axis=0)))


def _weight_norm_back(dout: Array, x: Array, v: Array, g: Array, mistake: str = "") -> Any:
    norm = np.sqrt((v * v).sum(axis=0))
    unit = v / norm
    dw = x.T @ dout
    dg = (dw * unit).sum(axis=0)
    dv = g / norm * (dw if mistake == "norm held constant" else dw - unit * dg)
    if mistake == "g forgotten in dv":
        dv = dv / g
    return dout @ (g * unit).T, dv, dg


LAYERS = (
    Layer(
        "batch normalisation",
        "normalisation",
        _IOFFE,
        _batch_norm,
        _batch_norm_back,
        _draw_batch,
        (
            *HELD_CONSTANT,
            Mistake("gamma forgotten in dx", "x", "scaled_rows"),
            Mistake("dgamma and dbeta swapped", "gamma beta", "swapped"),
            Mistake("x for xhat in dgamma", "gamma"),
            Mistake("dgamma and dbeta means", "gamma beta", "wrong_scale"),
        ),
    ),
    Layer(
        "batch normalisation, train",
        "normalisation",
        _CS231N,
        _batch_norm_course,
        _batch_norm_course_back,
        lambda rng: _draw_course("train", rng),
        (
            Mistake("1/m forgotten", "x", "wrong_scale"),
            Mistake("1/m forgotten in the means", "x", "standardised"),
            Mistake("s squared", "x", "scaled_rows"),
            Mistake("gamma left out twice", "x", "scaled_rows"),
        ),
        cache=True,
    ),
    Layer(
        "batch normalisation, test",
        "normalisation",
        _CS231N,
        _batch_norm_course,
        _batch_norm_course_back,
        lambda rng: _draw_course("test", rng),
        (Mistake("as in training", "x"),),
        cache=True,
    ),
    Layer(
        "layer normalisation",
        "normalisation",
        "Ba, Kiros and Hinton 2016, arXiv:1607.06450",
        _layer_norm,
        _layer_norm_back,
        lambda rng: (*_draw_batch(rng)[:3], {}),
        (
            *HELD_CONSTANT,
            Mistake("gamma forgotten in dx", "x"),
            Mistake("gamma applied after the means", "x"),
            Mistake("means over the batch", "x"),
            Mistake("dbeta of the last row", "beta"),
        ),
        cache=True,
    ),
    Layer(
        "layer normalisation, no gain, no eps",
        "normalisation",
        "PyTorch, nn.LayerNorm(elementwise_affine=False)",
        _layer_norm_plain,
        _layer_norm_plain_back,
        lambda rng: (rng.normal(size=(4, 5)),),
        HELD_CONSTANT,
    ),
    Layer(
        "RMS normalisation",
        "normalisation",
        "Zhang and Sennrich 2019, arXiv:1910.07467",
        _rms_norm,
        _rms_norm_back,
        lambda rng: (rng.normal(size=(4, 5)), rng.uniform(0.5, 1.5, size=5), 1e-8),
        (
            Mistake("norm held constant", "x", "normalised standardised"),
            Mistake("dx as with a mean", "x"),
            Mistake("gain forgotten in dx", "x"),
            Mistake("x for xhat in dg", "g"),
        ),
    ),
    Layer(
        "weight normalisation",
        "normalisation",
        "Salimans and Kingma 2016, arXiv:1602.07868",
        _weight_norm,
        _weight_norm_back,
        lambda rng: (
            rng.normal(size=(5, 4)),
            rng.normal(size=(4, 3)),
            rng.uniform(0.5, 2.0, size=3),
        ),
        (
            Mistake("norm held constant", "v", "normalised standardised"),
            Mistake("g forgotten in dv", "v", "scaled_rows"),
        ),
    ),
)
