"""Convolutions (as in machine learning: cross-correlations): strided, padded, grouped."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.problem import Array, Rng

_CNN = "Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 9"
_CS231N = "CS231n, assignment 2, layers.py"


def _pad(x: Array, width: int) -> Array:
    """Return x with zeros around its last axis."""
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(width, width)])


def _convolve(x: Array, w: Array, b: Array, stride: int, padding: int) -> Any:
    xp, k = _pad(x, padding), w.shape[2]
    steps = range((xp.shape[2] - k) // stride + 1)
    windows = [xp[:, :, t * stride : t * stride + k] for t in steps]
    return np.stack([np.einsum("nck,ock->no", s, w) + b for s in windows], axis=2)


def _convolve_back(
    dout: Array, x: Array, w: Array, b: Array, stride: int, padding: int, mistake: str = ""
) -> Any:
    xp, k = _pad(x, padding), w.shape[2]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    seen = 1 if mistake == "stride forgotten in dW" else stride
    kernel = w[:, :, ::-1] if mistake == "kernel flipped in dx" else w
    for t in range(dout.shape[2]):
        here = dout[:, :, t]
        dw += np.einsum("no,nck->ock", here, xp[:, :, t * seen : t * seen + k])
        step = np.einsum("no,ock->nck", here, kernel)
        if mistake == "= for += in dx":
            dxp[:, :, t * stride : t * stride + k] = step
        else:
            dxp[:, :, t * stride : t * stride + k] += step
    first = 0 if mistake == "padding cropped at one end only" else padding
    db = dout.mean(axis=(0, 2)) if mistake == "db a mean" else dout.sum(axis=(0, 2))
    return dxp[:, :, first : first + x.shape[2]], dw, db


def _draw_1d(rng: Rng) -> tuple[Any, ...]:
    x, w = rng.normal(size=(2, 2, 9)), rng.normal(size=(3, 2, 3))
    return x, w, rng.normal(size=3), 2, 1


def _convolve_2d(x: Array, w: Array, b: Array, conv_param: dict[str, int]) -> Any:
    stride, pad = conv_param["stride"], conv_param["pad"]
    k = w.shape[2]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    size = 1 + (xp.shape[2] - k) // stride
    out = np.zeros((len(x), len(w), size, size), dtype=np.result_type(x, w, b))
    for i in range(size):
        for j in range(size):
            window = xp[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, :, i, j] = np.einsum("nchw,ochw->no", window, w) + b
    return out, (x, w, b, conv_param)


def _convolve_2d_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, w, _, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    k = w.shape[2]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    end = dout.shape[2] - (mistake == "loop ends one row early")
    for i in range(end):
        for j in range(dout.shape[3]):
            place = np.s_[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            here = dout[:, :, i, j]
            dw += np.einsum("no,nchw->ochw", here, xp[place])
            dxp[place] += np.einsum("no,ochw->nchw", here, w)
    db = dout.sum(axis=(0, 2, 3))
    if mistake == "dW rotated by 180 degrees":
        dw = dw[:, :, ::-1, ::-1]
    if mistake == "db of one sample":
        db = dout[0].sum(axis=(1, 2))
    inside = slice(pad, -pad)
    return dxp[:, :, inside, inside], dw, db


def _draw_2d(rng: Rng) -> tuple[Any, ...]:
    x, w = rng.normal(size=(2, 2, 5, 5)), rng.normal(size=(2, 2, 3, 3))
    return x, w, rng.normal(size=2), {"stride": 2, "pad": 1}


def _unfold(x: Array, k: int, stride: int) -> Array:
    """Return the windows of x, shape (n, oh, ow, c, k, k): im2col."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)


def _convolve_im2col(x: Array, w: Array, b: Array) -> Any:
    columns = _unfold(x, w.shape[2], 1)
    n, height, width = columns.shape[:3]
    matrix = columns.reshape(n * height * width, -1)
    out = matrix @ w.reshape(len(w), -1).T + b
    return out.reshape(n, height, width, -1).transpose(0, 3, 1, 2), (matrix, x.shape, w)


def _convolve_im2col_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    matrix, shape, w = cache
    o, _, k, _ = w.shape
    n, _, height, width = dout.shape
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, o)
    if mistake == "dout reshaped without a transpose":
        rows = dout.reshape(-1, o)
    dw = (rows.T @ matrix).reshape(w.shape)
    parts = (rows @ w.reshape(o, -1)).reshape(n, height, width, *w.shape[1:])
    dx = np.zeros(shape)
    for i in range(height):
        for j in range(width):
            if mistake == "col2im with = for +=":
                dx[:, :, i : i + k, j : j + k] = parts[:, i, j]
            else:
                dx[:, :, i : i + k, j : j + k] += parts[:, i, j]
    return dx, dw, rows.sum(axis=0)


def _draw_im2col(rng: Rng) -> tuple[Any, ...]:
    return rng.normal(size=(2, 2, 4, 4)), rng.normal(size=(3, 2, 2, 2)), rng.normal(size=3)


def _depthwise(x: Array, w: Array) -> Any:
    k = w.shape[1]
    xp = np.pad(x, ((0, 0), (0, 0), (k - 1, 0)))
    return sum(w[:, a, None] * xp[:, :, a : a + x.shape[2]] for a in range(k))


def _depthwise_back(dout: Array, x: Array, w: Array, mistake: str = "") -> Any:
    k, length = w.shape[1], x.shape[2]
    xp = np.pad(x, ((0, 0), (0, 0), (k - 1, 0)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for a in range(k):
        dw[:, a] = (dout * xp[:, :, a : a + length]).sum(axis=(0, 2))
        dxp[:, :, a : a + length] += w[:, a, None] * dout
    if mistake == "dW summed over the channels":
        dw = np.repeat(dw.sum(axis=0, keepdims=True), len(w), axis=0)
    if mistake == "taps reversed in dW":
        dw = dw[:, ::-1]
    first = 0 if mistake == "padding cropped at the other end" else k - 1
    return dxp[:, :, first : first + length], dw


def _grouped(x: Array, w: Array, groups: int) -> Any:
    n, c, length = x.shape
    o, _, k = w.shape
    xg, wg = x.reshape(n, groups, c // groups, length), w.reshape(groups, o // groups, -1, k)
    end = length - k + 1
    out: Any = sum(np.einsum("ngcl,goc->ngol", xg[..., a : a + end], wg[..., a]) for a in range(k))
    return out.reshape(n, o, end)


def _grouped_back(dout: Array, x: Array, w: Array, groups: int, mistake: str = "") -> Any:
    n, c, length = x.shape
    o, _, k = w.shape
    xg, wg = x.reshape(n, groups, c // groups, length), w.reshape(groups, o // groups, -1, k)
    kernel = wg[::-1] if mistake == "kernel of the other group" else wg
    d, end = dout.reshape(n, groups, o // groups, -1), dout.shape[2]
    dx, dw = np.zeros_like(xg), np.zeros_like(wg)
    for a in range(k):
        dx[..., a : a + end] += np.einsum("ngol,goc->ngcl", d, kernel[..., a])
        dw[..., a] = np.einsum("ngol,ngcl->goc", d, xg[..., a : a + end])
    if mistake == "dW of the first group only":
        dw[1:] = 0.0
    return dx.reshape(x.shape), dw.reshape(w.shape)


def _transposed(x: Array, w: Array, stride: int) -> Any:
    n, _, height, width = x.shape
    _, o, k, _ = w.shape
    out_shape = (n, o, stride * (height - 1) + k, stride * (width - 1) + k)
    out = np.zeros(out_shape, dtype=np.result_type(x, w))
    for i in range(height):
        for j in range(width):
            place = np.s_[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[place] += np.einsum("nc,cohw->nohw", x[:, :, i, j], w)
    return out


def _transposed_back(dout: Array, x: Array, w: Array, stride: int, mistake: str = "") -> Any:
    k = w.shape[2]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    step = 1 if mistake == "stride forgotten in dx" else stride
    kernel = w[:, :, ::-1, ::-1] if mistake == "kernel flipped in dx" else w
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            a, b = i * stride, j * stride
            seen = dout[:, :, i * step : i * step + k, j * step : j * step + k]
            dx[:, :, i, j] = np.einsum("nohw,cohw->nc", seen, kernel)
            dw += np.einsum("nc,nohw->cohw", x[:, :, i, j], dout[:, :, a : a + k, b : b + k])
    if mistake == "dW with the channels swapped":
        dw = dw.transpose(1, 0, 2, 3)
    return dx, dw


LAYERS = (
    Layer(
        "convolution 1-D, stride, padding",
        "convolution",
        _CNN,
        _convolve,
        _convolve_back,
        _draw_1d,
        (
            Mistake("kernel flipped in dx", "x"),
            Mistake("stride forgotten in dW", "w"),
            Mistake("= for += in dx", "x"),
            Mistake("padding cropped at one end only", "x"),
            Mistake("db a mean", "b", "wrong_scale"),
        ),
    ),
    Layer(
        "convolution 2-D, loops",
        "convolution",
        _CS231N,
        _convolve_2d,
        _convolve_2d_back,
        _draw_2d,
        (
            Mistake("loop ends one row early", "x w"),
            Mistake("dW rotated by 180 degrees", "w", "permuted"),
            Mistake("db of one sample", "b"),
        ),
        cache=True,
    ),
    Layer(
        "convolution 2-D, im2col",
        "convolution",
        "Chellapilla, Puri and Simard 2006, IWFHR",
        _convolve_im2col,
        _convolve_im2col_back,
        _draw_im2col,
        (
            Mistake("col2im with = for +=", "x"),
            Mistake("dout reshaped without a transpose", "x w b"),
        ),
        cache=True,
    ),
    Layer(
        "causal depthwise convolution",
        "convolution",
        "Gu and Dao 2023, arXiv:2312.00752",
        _depthwise,
        _depthwise_back,
        lambda rng: (rng.normal(size=(2, 3, 6)), rng.normal(size=(3, 4))),
        (
            Mistake("dW summed over the channels", "w", "equal_entries"),
            Mistake("taps reversed in dW", "w", "permuted"),
            Mistake("padding cropped at the other end", "x"),
        ),
    ),
    Layer(
        "grouped convolution",
        "convolution",
        "Krizhevsky, Sutskever and Hinton 2012, NIPS",
        _grouped,
        _grouped_back,
        lambda rng: (rng.normal(size=(2, 4, 5)), rng.normal(size=(4, 2, 2)), 2),
        (
            Mistake("kernel of the other group", "x"),
            Mistake("dW of the first group only", "w", "some_zero"),
        ),
    ),
    Layer(
        "transposed convolution",
        "convolution",
        "Dumoulin and Visin 2016, arXiv:1603.07285",
        _transposed,
        _transposed_back,
        lambda rng: (rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 2, 3, 3)), 2),
        (
            Mistake("stride forgotten in dx", "x"),
            Mistake("kernel flipped in dx", "x"),
            Mistake("dW with the channels swapped", "w", "permuted"),
        ),
    ),
)
