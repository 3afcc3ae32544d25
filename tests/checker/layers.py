"""Layers that several tests check, with backward passes that are right."""

from typing import Any

import numpy as np

RNG = np.random.default_rng(20)


def affine(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b


def affine_backward(upstream: Any, x: Any, W: Any, b: Any) -> Any:
    return upstream @ W.T, x.T @ upstream, upstream.sum(axis=0)


AFFINE = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=4)


def softmax(z: Any) -> Any:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_backward(upstream: Any, z: Any) -> Any:
    p = softmax(z)
    return p * (upstream - np.sum(upstream * p, axis=-1, keepdims=True))


LOGITS = RNG.normal(size=(4, 5))


def layer_norm(x: Any, gain: Any, shift: Any, eps: Any = 1e-5) -> Any:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt(x.var(axis=-1, keepdims=True) + eps) * gain + shift


def layer_norm_backward(upstream: Any, x: Any, gain: Any, shift: Any, eps: Any = 1e-5) -> Any:
    return layer_norm_without(upstream, x, gain, shift, eps)


def layer_norm_without(
    upstream: Any,
    x: Any,
    gain: Any,
    shift: Any,
    eps: Any = 1e-5,
    missing: tuple[str, ...] = (),
) -> Any:
    """Return the gradients, the first without the terms of mean or standard deviation."""
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    normal = (x - x.mean(axis=-1, keepdims=True)) / deviation
    g = upstream * gain
    dx = g.copy()
    if "mean" not in missing:
        dx -= g.mean(axis=-1, keepdims=True)
    if "deviation" not in missing:
        dx -= normal * (g * normal).mean(axis=-1, keepdims=True)
    return dx / deviation, (upstream * normal).sum(axis=0), upstream.sum(axis=0)


NORM = RNG.normal(size=(4, 6)), RNG.normal(size=6), RNG.normal(size=6)


def embed(table: Any, ids: Any) -> Any:
    return table[ids]


def embed_backward(upstream: Any, table: Any, ids: Any) -> Any:
    gradient = np.zeros_like(table)
    np.add.at(gradient, ids, upstream)
    return gradient


TABLE, IDS = RNG.normal(size=(7, 3)), np.array([1, 2, 2, 5])


def tanh32(x: Any, W: Any) -> Any:
    """A kernel that takes float32 only."""
    if x.dtype != np.float32 or W.dtype != np.float32:
        raise TypeError("this kernel takes float32")
    return np.tanh(x @ W)


def tanh32_backward(upstream: Any, x: Any, W: Any) -> Any:
    delta = upstream * (1 - tanh32(x, W) ** 2)
    return delta @ W.T, x.T @ delta


SHORT = (
    RNG.normal(size=(5, 8)).astype(np.float32),
    RNG.normal(size=(8, 4)).astype(np.float32),
)
