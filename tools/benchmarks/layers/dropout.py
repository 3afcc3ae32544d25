"""Dropout, with a mask that is held: given, or drawn from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.problem import Array, Rng


def _dropout(x: Array, mask: Array, keep_prob: float) -> Any:
    return x * mask / keep_prob


def _dropout_back(dout: Array, x: Array, mask: Array, keep_prob: float, mistake: str = "") -> Any:
    if mistake == "1 / keep_prob forgotten":
        return dout * mask
    if mistake == "mask forgotten":
        return dout / keep_prob
    if mistake == "mask of the next draw":
        return dout * np.roll(mask, 1, axis=0) / keep_prob
    return dout * mask / keep_prob


def _draw_dropout(rng: Rng) -> tuple[Any, ...]:
    mask = np.array([[1, 0, 1], [1, 1, 1], [0, 1, 1], [1, 1, 0]], dtype=bool)
    return rng.normal(size=(4, 3)), mask, 0.75


def _dropout_seeded(x: Array, dropout_param: dict[str, Any]) -> Any:
    p = dropout_param["p"]
    mask = (np.random.default_rng(dropout_param["seed"]).random(x.shape) < p) / p
    return x * mask, mask


def _dropout_seeded_back(dout: Array, mask: Array, mistake: str = "") -> Any:
    return dout if mistake == "as in the test mode" else dout * mask


LAYERS = (
    Layer(
        "dropout, mask given",
        "dropout",
        "Srivastava et al. 2014, JMLR 15",
        _dropout,
        _dropout_back,
        _draw_dropout,
        (
            Mistake("1 / keep_prob forgotten", "x", "wrong_scale"),
            Mistake("mask forgotten", "x", "dead_units"),
            Mistake("mask of the next draw", "x"),
        ),
    ),
    Layer(
        "dropout, seed given",
        "dropout",
        "CS231n, assignment 2, layers.py",
        _dropout_seeded,
        _dropout_seeded_back,
        lambda rng: (rng.normal(size=(5, 4)), {"p": 0.6, "mode": "train", "seed": 3}),
        (Mistake("as in the test mode", "x", "dead_units upstream_alone"),),
        cache=True,
    ),
)
