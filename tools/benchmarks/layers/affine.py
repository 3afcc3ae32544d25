"""Affine layers: with and without a bias, on matrices, images and sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.problem import Array, Rng

_BACKPROP = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.5"
_CS231N = "CS231n, assignment 2, layers.py"


def _affine(x: Array, w: Array, b: Array) -> Any:
    return x @ w + b


def _affine_back(dout: Array, x: Array, w: Array, b: Array, mistake: str = "") -> Any:
    m = len(x)
    dx = dout @ (w if mistake == "W not transposed" else w.T)
    dw = x.T @ dout
    db = dout.sum(axis=0)
    if mistake == "dW transposed":
        dw = dw.T
    elif mistake == "dW with 1/m too much":
        dw = dw / m
    elif mistake == "dW without the last row":
        dw = x[:-1].T @ dout[:-1]
    elif mistake == "dW with the wrong sign":
        dw = -dw
    elif mistake == "db a mean":
        db = dout.mean(axis=0)
    elif mistake == "db of one row":
        db = dout[0]
    elif mistake == "db summed over both axes":
        db = np.full_like(b, dout.sum())
    elif mistake == "db forgotten":
        db = np.zeros_like(b)
    elif mistake == "dout clipped":
        dout = np.clip(dout, -0.5, 0.5)
        dx, dw, db = dout @ w.T, x.T @ dout, dout.sum(axis=0)
    return dx, dw, db


def _draw_square(rng: Rng) -> tuple[Any, ...]:
    return rng.normal(size=(6, 4)), rng.normal(size=(4, 4)), rng.normal(size=4)


def _linear(x: Array, w: Array) -> Any:
    return x @ w.T


def _linear_back(dout: Array, x: Array, w: Array, mistake: str = "") -> Any:
    if mistake == "dW clipped at 1":
        return dout @ w, np.clip(dout.T @ x, -1.0, 1.0)
    rows = slice(0, 1) if mistake == "dW of the first row" else slice(None)
    return dout @ w, dout[rows].T @ x[rows]


def _affine_images(x: Array, w: Array, b: Array) -> Any:
    out = x.reshape(len(x), -1) @ w + b
    return out, (x, w, b)


def _affine_images_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, w, _ = cache
    order: Any = "F" if mistake == "dx reshaped column by column" else "C"
    dx = (dout @ w.T).reshape(x.shape, order=order)
    dw = x.reshape(len(x), -1).T @ dout
    db = dout.sum(axis=0) / (len(x) if mistake == "db with 1/m too much" else 1)
    return dx, dw, db


def _affine_optional(x: Array, w: Array, b: Array | None) -> Any:
    out = x @ w
    return (out if b is None else out + b), (x, w, b)


def _affine_optional_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, w, b = cache
    dw = x.T @ dout
    if mistake == "dW doubled":
        dw = 2.0 * dw
    return dout @ w.T, dw, None if b is None else dout.sum(axis=0)


def _affine_steps(x: Array, w: Array, b: Array) -> Any:
    return np.einsum("ntd,dh->nth", x, w) + b


def _affine_steps_back(dout: Array, x: Array, w: Array, b: Array, mistake: str = "") -> Any:
    seen, back = (x, dout)
    if mistake == "dW of the last time step":
        seen, back = x[:, -1:], dout[:, -1:]
    db = dout.sum(axis=(0, 1))
    if mistake == "db a mean over time":
        db = dout.mean(axis=1).sum(axis=0)
    return dout @ w.T, np.einsum("ntd,nth->dh", seen, back), db


LAYERS = (
    Layer(
        "affine",
        "affine",
        _BACKPROP,
        _affine,
        _affine_back,
        _draw_square,
        (
            Mistake("W not transposed", "x"),
            Mistake("dW transposed", "w", "transposed"),
            Mistake("dW with 1/m too much", "w", "wrong_scale"),
            Mistake("dW without the last row", "w", "rank_one"),
            Mistake("dW with the wrong sign", "w", "sign_flipped"),
            Mistake("db a mean", "b", "wrong_scale"),
            Mistake("db of one row", "b"),
            Mistake("db summed over both axes", "b", "equal_entries"),
            Mistake("db forgotten", "b", "all_zero"),
            Mistake("dout clipped", "x w b", "nonlinear"),
        ),
    ),
    Layer(
        "linear, no bias",
        "affine",
        "PyTorch, nn.Linear",
        _linear,
        _linear_back,
        lambda rng: (rng.normal(size=(5, 3)), rng.normal(size=(4, 3))),
        (
            Mistake("dW clipped at 1", "w", "nonlinear"),
            Mistake("dW of the first row", "w"),
        ),
    ),
    Layer(
        "affine on images",
        "affine",
        _CS231N,
        _affine_images,
        _affine_images_back,
        lambda rng: (rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 3)), rng.normal(size=3)),
        (
            Mistake("dx reshaped column by column", "x", "permuted"),
            Mistake("db with 1/m too much", "b", "wrong_scale"),
        ),
        cache=True,
    ),
    Layer(
        "affine, bias None",
        "affine",
        "PyTorch, nn.functional.linear",
        _affine_optional,
        _affine_optional_back,
        lambda rng: (rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), None),
        (Mistake("dW doubled", "w", "wrong_scale"),),
        cache=True,
    ),
    Layer(
        "affine at each time step",
        "affine",
        "CS231n, assignment 3, rnn_layers.py",
        _affine_steps,
        _affine_steps_back,
        lambda rng: (rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)),
        (
            Mistake("dW of the last time step", "w"),
            Mistake("db a mean over time", "b", "wrong_scale"),
        ),
    ),
)
