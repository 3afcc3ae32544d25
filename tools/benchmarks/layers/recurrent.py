"""Recurrent networks with tanh: one step, and all steps in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.problem import Array, Rng

_ELMAN = "Elman 1990, Cognitive Science 14, 179-211"
_CS231N = "CS231n, assignment 3, rnn_layers.py"


def _step(x: Array, prev_h: Array, Wx: Array, Wh: Array, b: Array) -> Any:
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, b, next_h)


def _step_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, prev_h, Wx, Wh, b, next_h = cache
    if mistake == "tanh' forgotten":
        da = dout
    elif mistake == "tanh' at the wrong place":
        da = dout * (1 - (x @ Wx + prev_h @ Wh + b) ** 2)
    else:
        da = dout * (1 - next_h**2)
    dx, dprev_h = da @ Wx.T, da @ (Wh if mistake == "Wh not transposed" else Wh.T)
    dWx, dWh = x.T @ da, prev_h.T @ da
    if mistake == "dWx and dWh swapped":
        dWx, dWh = dWh, dWx
    if mistake == "next h for previous h in dWh":
        dWh = next_h.T @ da
    if mistake == "dWh transposed":
        dWh = dWh.T
    return dx, dprev_h, dWx, dWh, da.sum(axis=0)


def _draw_step(rng: Rng) -> tuple[Any, ...]:
    x, prev_h = rng.normal(size=(2, 3, 4))
    return x, prev_h, *0.7 * rng.normal(size=(2, 4, 4)), rng.normal(size=4)


def _run(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Any:
    steps = [h0]
    for t in range(x.shape[1]):
        steps.append(np.tanh(x[:, t] @ Wx + steps[-1] @ Wh + b))
    h = np.stack(steps[1:], axis=1)
    return h, (x, h0, Wx, Wh, h)


def _run_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, h0, Wx, Wh, h = cache
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(len(Wh))
    dnext = np.zeros_like(h0)
    first = 1 if mistake == "first time step lost" else 0
    for t in reversed(range(first, x.shape[1])):
        da = (dout[:, t] + dnext) * (1 - h[:, t] ** 2)
        before = h[:, t - 1] if t > 0 else h0
        if mistake == "h of the same step in dWh":
            before = h[:, t]
        dx[:, t] = da @ Wx.T
        dWx += x[:, t].T @ da
        dWh += before.T @ da
        db = da.sum(axis=0) + (0.0 if mistake == "= for += in db" else db)
        dnext = da @ Wh.T
        if mistake == "nothing passed back in time":
            dnext = np.zeros_like(h0)
    dh0 = np.zeros_like(h0) if mistake == "dh0 forgotten" else dnext
    if mistake == "dx in reversed time":
        dx = dx[:, ::-1]
    return dx, dh0, dWx, dWh, db


def _draw_run(rng: Rng) -> tuple[Any, ...]:
    x, h0 = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 4))
    return x, h0, rng.normal(size=(3, 4)), 0.7 * rng.normal(size=(4, 4)), rng.normal(size=4)


def _run_to_last(x: Array, Wx: Array, Wh: Array) -> Any:
    h = np.zeros((len(x), len(Wh)), dtype=x.dtype)
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh)
    return h


def _run_to_last_back(dout: Array, x: Array, Wx: Array, Wh: Array, mistake: str = "") -> Any:
    steps = [np.zeros((len(x), len(Wh)))]
    for t in range(x.shape[1]):
        steps.append(np.tanh(x[:, t] @ Wx + steps[-1] @ Wh))
    dx, dWx, dWh, dh = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), dout
    for t in reversed(range(x.shape[1])):
        slope = steps[t] if mistake == "tanh' of the step before" else steps[t + 1]
        da = dh * (1 - slope**2)
        dx[:, t] = da @ Wx.T
        dWx += x[:, t].T @ da
        dWh += steps[t].T @ da
        dh = da @ (Wh if mistake == "Wh not transposed" else Wh.T)
        if mistake == "stopped after two steps" and t == x.shape[1] - 2:
            break
    return dx, dWx, dWh


def _draw_run_to_last(rng: Rng) -> tuple[Any, ...]:
    return rng.normal(size=(2, 4, 3)), rng.normal(size=(3, 3)), 0.8 * rng.normal(size=(3, 3))


LAYERS = (
    Layer(
        "RNN step",
        "recurrent",
        _CS231N,
        _step,
        _step_back,
        _draw_step,
        (
            Mistake("tanh' forgotten", "x prev_h Wx Wh b"),
            Mistake("tanh' at the wrong place", "x prev_h Wx Wh b"),
            Mistake("Wh not transposed", "prev_h"),
            Mistake("dWx and dWh swapped", "Wx Wh", "swapped"),
            Mistake("next h for previous h in dWh", "Wh"),
            Mistake("dWh transposed", "Wh", "transposed"),
        ),
        cache=True,
    ),
    Layer(
        "RNN over time",
        "recurrent",
        _CS231N,
        _run,
        _run_back,
        _draw_run,
        (
            Mistake("first time step lost", "x h0 Wx Wh b", "some_zero"),
            Mistake("nothing passed back in time", "x h0 Wx Wh b", "all_zero"),
            Mistake("h of the same step in dWh", "Wh"),
            Mistake("= for += in db", "b"),
            Mistake("dh0 forgotten", "h0", "all_zero"),
            Mistake("dx in reversed time", "x", "permuted"),
        ),
        cache=True,
    ),
    Layer(
        "RNN, last state",
        "recurrent",
        _ELMAN,
        _run_to_last,
        _run_to_last_back,
        _draw_run_to_last,
        (
            Mistake("tanh' of the step before", "x Wx Wh"),
            Mistake("Wh not transposed", "x Wx Wh"),
            Mistake("stopped after two steps", "x Wx Wh", "some_zero"),
        ),
    ),
)
