"""Layers that move, copy and add up entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake, draw_distinct
from tools.benchmarks.world.problem import Array


def _upsample(x: Array, factor: int) -> Any:
    return x.repeat(factor, axis=2).repeat(factor, axis=3)


def _upsample_back(dout: Array, x: Array, factor: int, mistake: str = "") -> Any:
    n, c, height, width = x.shape
    copies = dout.reshape(n, c, height, factor, width, factor)
    if mistake == "one of the copies":
        return copies[:, :, :, 0, :, 0]
    if mistake == "mean of the copies":
        return copies.mean(axis=(3, 5))
    return copies.sum(axis=(3, 5))


def _accumulate(x: Array) -> Any:
    return np.cumsum(x, axis=1)


def _accumulate_back(dout: Array, x: Array, mistake: str = "") -> Any:
    if mistake == "not reversed":
        return np.cumsum(dout, axis=1)
    if mistake == "reversed once only":
        return np.cumsum(dout[:, ::-1], axis=1)
    if mistake == "this entry left out":
        return np.cumsum(dout[:, ::-1], axis=1)[:, ::-1] - dout
    return np.cumsum(dout[:, ::-1], axis=1)[:, ::-1]


def _shuffle(x: Array, r: int) -> Any:
    n, c, height, width = x.shape
    parts = x.reshape(n, c // (r * r), r, r, height, width).transpose(0, 1, 4, 2, 5, 3)
    return parts.reshape(n, c // (r * r), height * r, width * r), (x.shape, r)


def _shuffle_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    (n, c, height, width), r = cache
    if mistake == "reshaped without a transpose":
        return dout.reshape(n, c, height, width)
    parts = dout.reshape(n, c // (r * r), height, r, width, r)
    order = (0, 1, 5, 3, 2, 4) if mistake == "rows and columns exchanged" else (0, 1, 3, 5, 2, 4)
    return parts.transpose(order).reshape(n, c, height, width)


def _transpose(x: Array) -> Any:
    return x.T


def _transpose_back(dout: Array, x: Array, mistake: str = "") -> Any:
    return dout.reshape(x.shape) if mistake == "reshaped" else dout.T


def _sort(x: Array) -> Any:
    order = x.argsort(axis=1)
    return np.take_along_axis(x, order, axis=1), order


def _sort_back(dout: Array, order: Array, mistake: str = "") -> Any:
    if mistake == "sorted once more":
        return np.take_along_axis(dout, order, axis=1)
    dx = np.empty_like(dout)
    np.put_along_axis(dx, order, dout, axis=1)
    return dx


def _summarise(x: Array) -> Any:
    return x.mean(axis=0), x.max(axis=0)


def _summarise_back(dout: Any, x: Array, mistake: str = "") -> Any:
    dmean, dmax = dout
    largest = x == x.max(axis=0)
    if mistake == "dmax ignored":
        return np.zeros_like(x) + dmean / len(x)
    if mistake == "dmean ignored":
        return dmax * largest
    return dmean / (1 if mistake == "mean not divided" else len(x)) + dmax * largest


def _difference(x: Array) -> Any:
    return x[:, 1:] - x[:, :-1]


def _difference_back(dout: Array, x: Array, mistake: str = "") -> Any:
    dx = np.zeros_like(x)
    dx[:, 1:] += dout
    if mistake == "= for -=":
        dx[:, :-1] = -dout
    elif mistake != "earlier entry forgotten":
        dx[:, :-1] -= dout
    return dx


LAYERS = (
    Layer(
        "nearest upsampling",
        "shapes",
        "Odena, Dumoulin and Olah 2016, Distill",
        _upsample,
        _upsample_back,
        lambda rng: (rng.normal(size=(1, 2, 2, 3)), 2),
        (Mistake("one of the copies", "x"), Mistake("mean of the copies", "x", "wrong_scale")),
    ),
    Layer(
        "cumulative sum",
        "shapes",
        "PyTorch, cumsum",
        _accumulate,
        _accumulate_back,
        lambda rng: (rng.normal(size=(2, 5)),),
        (
            Mistake("not reversed", "x"),
            Mistake("reversed once only", "x", "permuted"),
            Mistake("this entry left out", "x"),
        ),
    ),
    Layer(
        "pixel shuffle",
        "shapes",
        "Shi et al. 2016, arXiv:1609.05158",
        _shuffle,
        _shuffle_back,
        lambda rng: (rng.normal(size=(1, 4, 2, 3)), 2),
        (
            Mistake("reshaped without a transpose", "x", "permuted"),
            Mistake("rows and columns exchanged", "x", "permuted"),
        ),
        cache=True,
    ),
    Layer(
        "transpose",
        "shapes",
        "PyTorch, t",
        _transpose,
        _transpose_back,
        lambda rng: (rng.normal(size=(3, 4)),),
        (Mistake("reshaped", "x", "permuted"),),
    ),
    Layer(
        "sort",
        "shapes",
        "PyTorch, sort",
        _sort,
        _sort_back,
        lambda rng: (draw_distinct(rng, (3, 5)),),
        (Mistake("sorted once more", "x", "permuted"),),
        cache=True,
    ),
    Layer(
        "mean and maximum",
        "shapes",
        "Woo et al. 2018, arXiv:1807.06521",
        _summarise,
        _summarise_back,
        lambda rng: (draw_distinct(rng, (4, 3)),),
        (
            Mistake("dmax ignored", "x", "upstream_ignored", also="equal_entries"),
            Mistake("dmean ignored", "x", "upstream_ignored"),
            Mistake("mean not divided", "x"),
        ),
    ),
    Layer(
        "differences",
        "shapes",
        "NumPy, diff",
        _difference,
        _difference_back,
        lambda rng: (rng.normal(size=(2, 5)),),
        (Mistake("= for -=", "x"), Mistake("earlier entry forgotten", "x")),
    ),
)
