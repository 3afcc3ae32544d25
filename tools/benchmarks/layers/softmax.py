"""Softmax and its relatives, along each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.functions import log_sum_exp, softmax, softmax_back
from tools.benchmarks.world.problem import Array

_BRIDLE = "Bridle 1990, in Neurocomputing, 227-236"
_GOODFELLOW = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.3"


def _softmax(z: Array) -> Any:
    return softmax(z)


def _softmax_back(dout: Array, z: Array, mistake: str = "") -> Any:
    p = softmax(z)
    if mistake == "diagonal of the Jacobian only":
        return dout * p * (1 - p)
    if mistake == "without - p sum(dout p)":
        return dout * p
    if mistake == "sum over the whole batch":
        return p * (dout - (dout * p).sum())
    if mistake == "dout ignored":
        return p * (1 - p)
    if mistake == "p - dout, as with the cross-entropy":
        return p - dout
    return softmax_back(p, dout)


def _log_softmax(z: Array) -> Any:
    return z - log_sum_exp(z)[:, None]


def _log_softmax_back(dout: Array, z: Array, mistake: str = "") -> Any:
    if mistake == "as if dout added up to 1":
        return dout - softmax(z)
    if mistake == "log of the sum held constant":
        return dout
    if mistake == "softmax over the batch":
        return dout - softmax(z, axis=0) * dout.sum(axis=1, keepdims=True)
    return dout - softmax(z) * dout.sum(axis=1, keepdims=True)


def _tempered(z: Array, temperature: float) -> Any:
    p = softmax(z / temperature)
    return p, (p, temperature)


def _tempered_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    p, temperature = cache
    dz = softmax_back(p, dout)
    return dz if mistake == "1 / T forgotten" else dz / temperature


def _log_sum_exp(z: Array) -> Any:
    return log_sum_exp(z)


def _log_sum_exp_back(dout: Array, z: Array, mistake: str = "") -> Any:
    if mistake == "not divided by the sum":
        return dout[:, None] * np.exp(z)
    if mistake == "to the largest only":
        return dout[:, None] * (z == z.max(axis=1, keepdims=True))
    return dout[:, None] * softmax(z)


def _logits(rng: np.random.Generator) -> tuple[Any, ...]:
    return (1.5 * rng.normal(size=(3, 5)),)


LAYERS = (
    Layer(
        "softmax",
        "softmax",
        _BRIDLE,
        _softmax,
        _softmax_back,
        _logits,
        (
            Mistake("diagonal of the Jacobian only", "z", "softmax_diagonal"),
            Mistake("without - p sum(dout p)", "z", "softmax_diagonal"),
            Mistake("sum over the whole batch", "z", "softmax_diagonal"),
            Mistake("dout ignored", "z", "nonlinear"),
            Mistake("p - dout, as with the cross-entropy", "z", "nonlinear"),
        ),
    ),
    Layer(
        "log-softmax",
        "softmax",
        _GOODFELLOW,
        _log_softmax,
        _log_softmax_back,
        _logits,
        (
            Mistake("as if dout added up to 1", "z", "nonlinear", "softmax_diagonal"),
            Mistake("log of the sum held constant", "z", "softmax_diagonal upstream_alone"),
            Mistake("softmax over the batch", "z"),
        ),
    ),
    Layer(
        "softmax with a temperature",
        "softmax",
        "Hinton, Vinyals and Dean 2015, arXiv:1503.02531",
        _tempered,
        _tempered_back,
        lambda rng: (*_logits(rng), 2.5),
        (Mistake("1 / T forgotten", "z", "wrong_scale"),),
        cache=True,
    ),
    Layer(
        "log-sum-exp",
        "softmax",
        _GOODFELLOW,
        _log_sum_exp,
        _log_sum_exp_back,
        _logits,
        (
            Mistake("not divided by the sum", "z", "scaled_rows"),
            Mistake("to the largest only", "z"),
        ),
    ),
)
