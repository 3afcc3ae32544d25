"""Scaled dot-product attention: one head, with a causal mask, and several heads."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.functions import softmax, softmax_back
from tools.benchmarks.world.problem import Array, Rng

_VASWANI = "Vaswani et al. 2017, arXiv:1706.03762"


def _attend(q: Array, k: Array, v: Array) -> Any:
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def _attend_back(dout: Array, q: Array, k: Array, v: Array, mistake: str = "") -> Any:
    scale = 1.0 / np.sqrt(q.shape[1])
    p = softmax(q @ k.T * scale)
    dp = dout @ v.T
    ds = softmax_back(p, dp)
    if mistake == "diagonal of the softmax only":
        ds = dp * p * (1 - p)
    elif mistake == "softmax over the queries":
        ds = softmax_back(p, dp, axis=0)
    if mistake != "1 / sqrt(d) forgotten":
        ds = ds * scale
    dv = (p if mistake == "P not transposed in dv" else p.T) @ dout
    dq, dk = ds @ k, ds.T @ q
    if mistake == "dq and dk swapped":
        dq, dk = dk, dq
    if mistake == "dS not transposed in dk":
        dk = ds @ q
    return dq, dk, dv


def _attend_causally(q: Array, k: Array, v: Array, mask: Array) -> Any:
    scores = np.where(mask, q @ k.swapaxes(1, 2) / np.sqrt(q.shape[2]), -1e9)
    p = softmax(scores)
    return p @ v, (q, k, v, mask, p)


def _attend_causally_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    q, k, v, mask, p = cache
    scale = 1.0 / np.sqrt(q.shape[2])
    if mistake == "mask forgotten":
        p = softmax(q @ k.swapaxes(1, 2) * scale)
    if mistake == "mask of the transpose":
        p = np.where(mask.T, p, 0.0)
    dp = dout @ v.swapaxes(1, 2)
    ds = softmax_back(p, dp) * scale
    if mistake == "last query lost":
        ds = np.where(np.arange(len(mask))[:, None] < len(mask) - 1, ds, 0.0)
    return ds @ k, ds.swapaxes(1, 2) @ q, p.swapaxes(1, 2) @ dout, None


def _draw_causal(rng: Rng) -> tuple[Any, ...]:
    q, k, v = rng.normal(size=(3, 2, 4, 3))
    return q, k, v, np.tril(np.ones((4, 4), dtype=bool))


def _split(x: Array, heads: int) -> Array:
    """Return x, shape (n, d), as (heads, n, d / heads)."""
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)


def _merge(x: Array) -> Array:
    """Return x, shape (heads, n, d / heads), as (n, d)."""
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


def _attend_by_heads(x: Array, wq: Array, wk: Array, wv: Array, wo: Array, heads: int) -> Any:
    q, k, v = (_split(x @ w, heads) for w in (wq, wk, wv))
    p = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2]))
    z = _merge(p @ v)
    return z @ wo, (x, wq, wk, wv, wo, q, k, v, p, z, heads)


def _attend_by_heads_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, wq, wk, wv, wo, q, k, v, p, z, heads = cache
    width = x.shape[1] if mistake == "1 / sqrt(d) of all heads" else q.shape[2]
    dz = _split(dout @ wo.T, heads)
    if mistake == "heads split without a transpose":
        dz = (dout @ wo.T).reshape(dz.shape)
    dp, dv = dz @ v.transpose(0, 2, 1), _merge(p.transpose(0, 2, 1) @ dz)
    ds = softmax_back(p, dp) / np.sqrt(width)
    dq, dk = _merge(ds @ k), _merge(ds.transpose(0, 2, 1) @ q)
    dx = dq @ wq.T + dk @ wk.T + dv @ wv.T
    if mistake == "dx without the path through the values":
        dx = dq @ wq.T + dk @ wk.T
    dwo = z.T @ dout
    if mistake == "dWo transposed":
        dwo = dwo.T
    dwq, dwk = x.T @ dq, x.T @ dk
    if mistake == "dWq and dWk swapped":
        dwq, dwk = dwk, dwq
    return dx, dwq, dwk, x.T @ dv, dwo


def _draw_heads(rng: Rng) -> tuple[Any, ...]:
    return (rng.normal(size=(3, 4)), *rng.normal(size=(4, 4, 4)), 2)


LAYERS = (
    Layer(
        "attention",
        "attention",
        _VASWANI,
        _attend,
        _attend_back,
        lambda rng: tuple(rng.normal(size=(3, 4, 3))),
        (
            Mistake("1 / sqrt(d) forgotten", "q k", "wrong_scale"),
            Mistake("diagonal of the softmax only", "q k"),
            Mistake("softmax over the queries", "q k"),
            Mistake("P not transposed in dv", "v"),
            Mistake("dq and dk swapped", "q k", "swapped"),
            Mistake("dS not transposed in dk", "k"),
        ),
    ),
    Layer(
        "causal attention",
        "attention",
        _VASWANI,
        _attend_causally,
        _attend_causally_back,
        _draw_causal,
        (
            Mistake("mask forgotten", "q k v"),
            Mistake("mask of the transpose", "q k v"),
            Mistake("last query lost", "q k", "some_zero"),
        ),
        cache=True,
    ),
    Layer(
        "multi-head self-attention",
        "attention",
        _VASWANI,
        _attend_by_heads,
        _attend_by_heads_back,
        _draw_heads,
        (
            Mistake("1 / sqrt(d) of all heads", "x wq wk", "wrong_scale"),
            Mistake("heads split without a transpose", "x wq wk wv"),
            Mistake("dx without the path through the values", "x"),
            Mistake("dWo transposed", "wo", "transposed"),
            Mistake("dWq and dWk swapped", "wq wk", "swapped"),
        ),
        cache=True,
    ),
)
