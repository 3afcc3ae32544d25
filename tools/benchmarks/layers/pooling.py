"""Pooling: the largest or the mean of windows, and of everything."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake, draw_distinct
from tools.benchmarks.world.problem import Array, Rng

_CNN = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 9.3"


def _count_windows(x: Array, k: int, stride: int) -> tuple[int, int]:
    return (x.shape[2] - k) // stride + 1, (x.shape[3] - k) // stride + 1


def _max_pool(x: Array, k: int, stride: int) -> Any:
    height, width = _count_windows(x, k, stride)
    out = np.empty((*x.shape[:2], height, width), dtype=x.dtype)
    for i, j in np.ndindex(height, width):
        window = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
        out[:, :, i, j] = window.max(axis=(2, 3))
    return out


def _max_pool_back(dout: Array, x: Array, k: int, stride: int, mistake: str = "") -> Any:
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + k, left : left + k]
        row, column = divmod(int(window.argmax()), k)
        if mistake == "to the corner of the window":
            row = column = 0
        place = n, c, top + row, left + column
        if mistake == "= for +=":
            dx[place] = dout[n, c, i, j]
        elif mistake == "to every entry of the window":
            dx[n, c, top : top + k, left : left + k] += dout[n, c, i, j]
        else:
            dx[place] += dout[n, c, i, j]
    return dx


def _draw_overlapping(rng: Rng) -> tuple[Any, ...]:
    x = draw_distinct(rng, (1, 2, 7, 7))
    x[:, :, 2, 2] = 2.0  # the largest of four windows
    return x, 3, 2


def _max_pool_2x2(x: Array, pool_param: dict[str, int]) -> Any:
    k = pool_param["pool_size"]
    n, c, height, width = x.shape
    tiles = x.reshape(n, c, height // k, k, width // k, k)
    out = tiles.max(axis=3).max(axis=4)
    return out, (x, tiles, out)


def _max_pool_2x2_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, tiles, out = cache
    is_largest = tiles == out[:, :, :, None, :, None]
    if mistake == "dout ignored":
        return (1.0 * is_largest).reshape(x.shape)
    if mistake == "as the mean":
        is_largest = np.full(tiles.shape, 0.25)
    return (is_largest * dout[:, :, :, None, :, None]).reshape(x.shape)


def _average_pool(x: Array, k: int, stride: int) -> Any:
    height, width = _count_windows(x, k, stride)
    out = np.empty((*x.shape[:2], height, width), dtype=x.dtype)
    for i, j in np.ndindex(height, width):
        window = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
        out[:, :, i, j] = window.mean(axis=(2, 3))
    return out


def _average_pool_back(dout: Array, x: Array, k: int, stride: int, mistake: str = "") -> Any:
    dx = np.zeros_like(x)
    share = dout / (k if mistake == "divided by k, not k^2" else k * k)
    for i, j in np.ndindex(*dout.shape[2:]):
        place = np.s_[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
        if mistake == "= for +=":
            dx[place] = share[:, :, i, j, None, None]
        else:
            dx[place] += share[:, :, i, j, None, None]
    return dx


def _global_average(x: Array) -> Any:
    return x.mean(axis=(2, 3))


def _global_average_back(dout: Array, x: Array, mistake: str = "") -> Any:
    size = 1 if mistake == "not divided" else x.shape[2] * x.shape[3]
    dx = np.zeros_like(x) + dout[:, :, None, None] / size
    if mistake == "to the first pixel":
        dx = np.zeros_like(x)
        dx[:, :, 0, 0] = dout
    return dx


def _global_max(x: Array) -> Any:
    where = x.argmax(axis=1)
    return x.max(axis=1), (where, x.shape)


def _global_max_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    where, shape = cache
    rows, features = np.indices(dout.shape)
    dx = np.zeros(shape)
    if mistake == "one time step for all features":
        where = np.broadcast_to(where[:, :1], where.shape)
    dx[rows, where, features] = dout
    return dx


LAYERS = (
    Layer(
        "max pooling, overlap",
        "pooling",
        _CNN,
        _max_pool,
        _max_pool_back,
        _draw_overlapping,
        (
            Mistake("= for +=", "x"),
            Mistake("to every entry of the window", "x"),
            Mistake("to the corner of the window", "x", also="permuted"),
        ),
    ),
    Layer(
        "max pooling, 2 x 2",
        "pooling",
        "CS231n, assignment 2, fast_layers.py",
        _max_pool_2x2,
        _max_pool_2x2_back,
        lambda rng: (draw_distinct(rng, (2, 2, 4, 4)), {"pool_size": 2, "stride": 2}),
        (Mistake("dout ignored", "x", "nonlinear"), Mistake("as the mean", "x")),
        cache=True,
    ),
    Layer(
        "average pooling, overlap",
        "pooling",
        _CNN,
        _average_pool,
        _average_pool_back,
        lambda rng: (rng.normal(size=(2, 1, 5, 5)), 3, 2),
        (Mistake("divided by k, not k^2", "x", "wrong_scale"), Mistake("= for +=", "x")),
    ),
    Layer(
        "global average pooling",
        "pooling",
        "Lin, Chen and Yan 2013, arXiv:1312.4400",
        _global_average,
        _global_average_back,
        lambda rng: (rng.normal(size=(2, 3, 3, 2)),),
        (Mistake("not divided", "x", "wrong_scale"), Mistake("to the first pixel", "x")),
    ),
    Layer(
        "max over time",
        "pooling",
        "Collobert et al. 2011, JMLR 12",
        _global_max,
        _global_max_back,
        lambda rng: (draw_distinct(rng, (3, 5, 4)),),
        (Mistake("one time step for all features", "x", also="permuted"),),
        cache=True,
    ),
)
