"""Recurrent networks with gates: LSTM and GRU, one step and all steps in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.functions import sigmoid
from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.problem import Array, Rng

_HOCHREITER = "Hochreiter and Schmidhuber 1997, Neural Computation 9, 1735-1780"
_CS231N = "CS231n, assignment 3, rnn_layers.py"
_CHO = "Cho et al. 2014, arXiv:1406.1078"


def _lstm_step(x: Array, prev_h: Array, prev_c: Array, Wx: Array, Wh: Array, b: Array) -> Any:
    ai, af, ao, ag = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return (next_h, next_c), (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def _lstm_step_back(dout: Any, cache: Any, mistake: str = "") -> Any:
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    dnext_h, dnext_c = dout
    t = np.tanh(next_c)
    slope = 1.0 if mistake == "tanh' of the cell forgotten" else 1 - t * t
    dc = dnext_h * o * slope
    if mistake != "dnext_c ignored":
        dc = dc + dnext_c
    if mistake == "dnext_h ignored by the cell":
        dc = dnext_c
    di, df, do, dg = dc * g, dc * prev_c, dnext_h * t, dc * i
    dai, daf, dao, dag = di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g * g)
    if mistake == "tanh' of the candidate forgotten":
        dag = dg
    da = np.concatenate([dai, daf, dao, dag], axis=1)
    if mistake == "input and forget gate swapped":
        da = np.concatenate([daf, dai, dao, dag], axis=1)
    back = da
    if mistake == "output gate lost in dprev_h":
        back = np.concatenate([dai, daf, 0 * dao, dag], axis=1)
    dprev_c = dc if mistake == "forget gate missing in dprev_c" else dc * f
    return da @ Wx.T, back @ Wh.T, dprev_c, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def _draw_lstm_step(rng: Rng) -> tuple[Any, ...]:
    x, prev_h, prev_c = rng.normal(size=(3, 2, 3))
    Wx, Wh = 0.7 * rng.normal(size=(2, 3, 12))
    return x, prev_h, prev_c, Wx, Wh, rng.normal(size=12)


def _lstm(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Any:
    h, c, steps, caches = h0, np.zeros_like(h0), [], []
    for t in range(x.shape[1]):
        (h, c), cache = _lstm_step(x[:, t], h, c, Wx, Wh, b)
        steps.append(h)
        caches.append(cache)
    return np.stack(steps, axis=1), caches


def _lstm_back(dout: Array, caches: Any, mistake: str = "") -> Any:
    dh, dc = np.zeros_like(dout[:, 0]), np.zeros_like(dout[:, 0])
    dx, weights = [], [0.0, 0.0, 0.0]
    for t in reversed(range(dout.shape[1])):
        dxt, dh, dc, *parts = _lstm_step_back((dout[:, t] + dh, dc), caches[t])
        if mistake == "cell not passed back in time":
            dc = np.zeros_like(dc)
        if mistake == "h not passed back in time":
            dh = np.zeros_like(dh)
        dx.append(dxt)
        if mistake == "= for += in the weights":
            weights = parts
        else:
            weights = [total + part for total, part in zip(weights, parts, strict=True)]
    dx = dx if mistake == "dx in reversed time" else dx[::-1]
    return (np.stack(dx, axis=1), dh, *weights)


def _draw_lstm(rng: Rng) -> tuple[Any, ...]:
    x, h0 = rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 2))
    Wx, Wh = 0.8 * rng.normal(size=(2, 2, 8))
    return x, h0, Wx, Wh, rng.normal(size=8)


def _gru_step(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> Any:
    n = h.shape[1]
    a, c = x @ Wx + b, h @ Wh
    z, r = sigmoid(a[:, :n] + c[:, :n]), sigmoid(a[:, n : 2 * n] + c[:, n : 2 * n])
    g = np.tanh(a[:, 2 * n :] + r * c[:, 2 * n :])
    return z * h + (1 - z) * g


def _gru_step_back(
    dout: Array, x: Array, h: Array, Wx: Array, Wh: Array, b: Array, mistake: str = ""
) -> Any:
    n = h.shape[1]
    a, c = x @ Wx + b, h @ Wh
    z, r = sigmoid(a[:, :n] + c[:, :n]), sigmoid(a[:, n : 2 * n] + c[:, n : 2 * n])
    g = np.tanh(a[:, 2 * n :] + r * c[:, 2 * n :])
    keep, fresh = (1 - z, z) if mistake == "z and 1 - z swapped" else (z, 1 - z)
    dag = dout * fresh * (1 - g * g)
    daz, dar = dout * (h - g) * z * (1 - z), dag * c[:, 2 * n :] * r * (1 - r)
    if mistake == "sign of dz":
        daz = -daz
    if mistake == "reset gate held constant":
        dar = np.zeros_like(dar)
    da = np.concatenate([daz, dar, dag], axis=1)
    dc = np.concatenate([daz, dar, dag if mistake == "reset gate forgotten" else dag * r], axis=1)
    dh = dc @ Wh.T
    if mistake != "direct path of h lost":
        dh = dh + dout * keep
    return da @ Wx.T, dh, x.T @ da, h.T @ dc, da.sum(axis=0)


def _draw_gru_step(rng: Rng) -> tuple[Any, ...]:
    x, h = rng.normal(size=(2, 3, 3))
    Wx, Wh = 0.7 * rng.normal(size=(2, 3, 9))
    return x, h, Wx, Wh, rng.normal(size=9)


_ALL = "x prev_h prev_c Wx Wh b"
_GATES = "x prev_h Wx Wh b"

LAYERS = (
    Layer(
        "LSTM step",
        "recurrent",
        _CS231N,
        _lstm_step,
        _lstm_step_back,
        _draw_lstm_step,
        (
            Mistake("tanh' of the cell forgotten", _ALL),
            Mistake("dnext_c ignored", _ALL, "upstream_ignored"),
            Mistake("dnext_h ignored by the cell", _ALL),
            Mistake("tanh' of the candidate forgotten", _GATES),
            Mistake("input and forget gate swapped", _GATES, "permuted"),
            Mistake("output gate lost in dprev_h", "prev_h"),
            Mistake("forget gate missing in dprev_c", "prev_c"),
        ),
        cache=True,
    ),
    Layer(
        "LSTM over time",
        "recurrent",
        _HOCHREITER,
        _lstm,
        _lstm_back,
        _draw_lstm,
        (
            Mistake("cell not passed back in time", "x h0 Wx Wh b"),
            Mistake("h not passed back in time", "x h0 Wx Wh b", "all_zero"),
            Mistake("= for += in the weights", "Wx Wh b"),
            Mistake("dx in reversed time", "x", "permuted"),
        ),
        cache=True,
    ),
    Layer(
        "GRU step",
        "recurrent",
        _CHO,
        _gru_step,
        _gru_step_back,
        _draw_gru_step,
        (
            Mistake("z and 1 - z swapped", "x h Wx Wh b"),
            Mistake("direct path of h lost", "h"),
            Mistake("reset gate forgotten", "h Wh"),
            Mistake("reset gate held constant", "x h Wx Wh b", "some_zero"),
            Mistake("sign of dz", "x h Wx Wh b", "sign_flipped"),
        ),
    ),
)
