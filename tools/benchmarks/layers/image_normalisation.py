"""Normalisation of images: over pixels, channels, groups of channels, and their batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.layers.normalisation import HELD_CONSTANT, standardise, standardise_back
from tools.benchmarks.world.problem import Array, Rng

_EPS = 1e-5


def _spatial(gain: Array) -> Array:
    """Return one number for each channel in the shape in which it multiplies an image."""
    return gain[:, None, None]


def _spatial_batch_norm(x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]) -> Any:
    xhat, s = standardise(x, bn_param.get("eps", _EPS), (0, 2, 3))
    return _spatial(gamma) * xhat + _spatial(beta), (xhat, s, gamma)


def _spatial_batch_norm_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    xhat, s, gamma = cache
    dgamma, dbeta = (dout * xhat).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))
    axis = (0,) if mistake == "means over the batch alone" else (0, 2, 3)
    if mistake == "dgamma a mean over pixels":
        dgamma = dgamma / (dout.shape[2] * dout.shape[3])
    if mistake == "dbeta for all channels":
        dbeta = np.full_like(dbeta, dout.sum())
    return standardise_back(dout * _spatial(gamma), xhat, s, axis, mistake), dgamma, dbeta


def _group_norm(x: Array, gamma: Array, beta: Array, groups: int, eps: float) -> Any:
    shape = (len(x), groups, x.shape[1] // groups, *x.shape[2:])
    xhat, s = standardise(x.reshape(shape), eps, (2, 3, 4))
    xhat = xhat.reshape(x.shape)
    return _spatial(gamma) * xhat + _spatial(beta), (xhat, s, gamma, shape)


def _group_norm_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    xhat, s, gamma, shape = cache
    d = (dout * _spatial(gamma)).reshape(shape)
    dx = standardise_back(d, xhat.reshape(shape), s, (2, 3, 4), mistake)
    if mistake == "means over each channel":
        dx = standardise_back(d, xhat.reshape(shape), s, (3, 4))
    dgamma = (dout * xhat).sum(axis=(0, 2, 3))
    if mistake == "dgamma of the last sample":
        dgamma = (dout[-1] * xhat[-1]).sum(axis=(1, 2))
    return dx.reshape(dout.shape), dgamma, dout.sum(axis=(0, 2, 3))


def _instance_norm(x: Array) -> Any:
    return standardise(x, _EPS, (2, 3))[0]


def _instance_norm_back(dout: Array, x: Array, mistake: str = "") -> Any:
    xhat, s = standardise(x, _EPS, (2, 3))
    if mistake == "variance in place of its root":
        s = s * s
    return standardise_back(dout, xhat, s, (2, 3), mistake)


def _response_norm(x: Array, k: float, alpha: float) -> Any:
    return x / np.sqrt(k + alpha * (x * x).sum(axis=1, keepdims=True))


def _response_norm_back(dout: Array, x: Array, k: float, alpha: float, mistake: str = "") -> Any:
    s = np.sqrt(k + alpha * (x * x).sum(axis=1, keepdims=True))
    if mistake == "sum over the channels held constant":
        return dout / s
    return dout / s - alpha * x * (dout * x).sum(axis=1, keepdims=True) / s**3


def _draw_image(rng: Rng, channels: int) -> tuple[Any, ...]:
    x = 1.0 + 2.0 * rng.normal(size=(2, channels, 2, 3))
    return x, rng.uniform(0.5, 1.5, size=channels), rng.normal(size=channels)


LAYERS = (
    Layer(
        "spatial batch normalisation",
        "normalisation",
        "CS231n, assignment 2, layers.py",
        _spatial_batch_norm,
        _spatial_batch_norm_back,
        lambda rng: (*_draw_image(rng, 3), {"mode": "train"}),
        (
            *HELD_CONSTANT,
            Mistake("means over the batch alone", "x"),
            Mistake("dgamma a mean over pixels", "gamma", "wrong_scale"),
            Mistake("dbeta for all channels", "beta", "equal_entries"),
        ),
        cache=True,
    ),
    Layer(
        "group normalisation",
        "normalisation",
        "Wu and He 2018, arXiv:1803.08494",
        _group_norm,
        _group_norm_back,
        lambda rng: (*_draw_image(rng, 4), 2, 1e-5),
        (
            Mistake("variance held constant", "x"),
            Mistake("means over each channel", "x"),
            Mistake("dgamma of the last sample", "gamma"),
        ),
        cache=True,
    ),
    Layer(
        "instance normalisation",
        "normalisation",
        "Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022",
        _instance_norm,
        _instance_norm_back,
        lambda rng: (rng.normal(size=(2, 2, 3, 3)),),
        (
            Mistake("mean held constant", "x", "standardised"),
            Mistake("variance in place of its root", "x"),
        ),
    ),
    Layer(
        "local response normalisation",
        "normalisation",
        "Krizhevsky, Sutskever and Hinton 2012, NIPS",
        _response_norm,
        _response_norm_back,
        lambda rng: (rng.normal(size=(2, 3, 2, 2)), 2.0, 0.5),
        (Mistake("sum over the channels held constant", "x"),),
    ),
)
