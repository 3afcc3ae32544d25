"""Layers of two inputs or more: products, sums, distances, gates."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake, draw_nonzero
from tools.benchmarks.world.functions import softmax, softmax_back
from tools.benchmarks.world.problem import Array, Rng

_GILES = "Giles 2008, An extended collection of matrix derivatives"
_JACOBS = "Jacobs, Jordan, Nowlan and Hinton 1991, Neural Computation 3, 79-87"


def _multiply(A: Array, B: Array) -> Any:
    return A @ B


def _multiply_back(dout: Array, A: Array, B: Array, mistake: str = "") -> Any:
    dA, dB = dout @ B.T, A.T @ dout
    if mistake == "dA and dB swapped":
        return dB, dA
    if mistake == "factors exchanged":
        return B.T @ dout, dout @ A.T
    if mistake == "dB transposed":
        return dA, dB.T
    if mistake == "A not transposed":
        return dA, A @ dout
    return dA, dB


def _multiply_batch(A: Array, B: Array) -> Any:
    return A @ B, (A, B)


def _multiply_batch_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    A, B = cache
    if mistake == "B of the first of the batch":
        B = np.broadcast_to(B[:1], B.shape)
    dB = (A if mistake == "A not transposed" else A.transpose(0, 2, 1)) @ dout
    return dout @ B.transpose(0, 2, 1), dB


def _bilinear(x: Array, A: Array, y: Array) -> Any:
    return ((x @ A) * y).sum(axis=1)


def _bilinear_back(dout: Array, x: Array, A: Array, y: Array, mistake: str = "") -> Any:
    d = dout[:, None]
    dA = (d * x).T @ y
    if mistake == "dA transposed":
        dA = dA.T
    if mistake == "dA of one sample":
        dA = dout[0] * np.outer(x[0], y[0])
    back = A.T if mistake == "A transposed in dx" else A
    return d * (y @ back.T), dA, d * (x @ A)


def _residual(x: Array, W: Array) -> Any:
    h = np.tanh(x @ W)
    return x + h, (x, W, h)


def _residual_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, W, h = cache
    da = dout * (1 - h * h)
    dW = x.T @ da
    if mistake == "skip connection lost":
        return da @ W.T, dW
    if mistake == "branch lost":
        return dout, dW
    if mistake == "skip connection counted twice":
        return 2 * dout + da @ W.T, dW
    return dout + da @ W.T, dW


def _concatenate(a: Array, b: Array) -> Any:
    return np.concatenate([a, b], axis=1)


def _concatenate_back(dout: Array, a: Array, b: Array, mistake: str = "") -> Any:
    da, db = dout[:, : a.shape[1]], dout[:, a.shape[1] :]
    if mistake == "da and db swapped":
        return db, da
    if mistake == "b from the start":
        return da, dout[:, : b.shape[1]]
    return da, db


def _scale_rows(x: Array, s: Array) -> Any:
    return x * s


def _scale_rows_back(dout: Array, x: Array, s: Array, mistake: str = "") -> Any:
    ds = (dout * x).sum(axis=1, keepdims=True)
    if mistake == "ds summed over the rows too":
        ds = np.full_like(s, (dout * x).sum())
    if mistake == "ds a mean":
        ds = (dout * x).mean(axis=1, keepdims=True)
    if mistake == "ds without x":
        ds = dout.sum(axis=1, keepdims=True)
    return dout * (1.0 if mistake == "s forgotten" else s), ds


def _add_outer(a: Array, b: Array) -> Any:
    return a[:, None] + b


def _add_outer_back(dout: Array, a: Array, b: Array, mistake: str = "") -> Any:
    da, db = dout.sum(axis=1), dout.sum(axis=0)
    if mistake == "axes exchanged":
        return db, da
    if mistake == "b subtracted":
        return da, -db
    return da, db


def _find_cosine(a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Return the cosine of the angle between the rows, as a column, and their lengths."""
    na, nb = (np.sqrt((v * v).sum(axis=1, keepdims=True)) for v in (a, b))
    return (a * b).sum(axis=1, keepdims=True) / (na * nb), na, nb


def _cosine(a: Array, b: Array) -> Any:
    return _find_cosine(a, b)[0][:, 0]


def _cosine_back(dout: Array, a: Array, b: Array, mistake: str = "") -> Any:
    cosine, na, nb = _find_cosine(a, b)
    d = dout[:, None]
    da, db = d * (b / nb - cosine * a / na) / na, d * (a / na - cosine * b / nb) / nb
    if mistake == "length of a held constant":
        da = d * b / (na * nb)
    if mistake == "not divided by the length of b":
        db = db * nb
    return da, db


def _normalise(x: Array) -> Any:
    norm = np.sqrt((x * x).sum(axis=1, keepdims=True))
    return x / norm, (x, norm)


def _normalise_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, norm = cache
    if mistake == "length held constant":
        return dout / norm
    if mistake == "length forgotten":
        return dout - x * (dout * x).sum(axis=1, keepdims=True) / norm**2
    return (dout - x * (dout * x).sum(axis=1, keepdims=True) / norm**2) / norm


def _find_distances(a: Array, b: Array) -> Any:
    return ((a[:, None] - b) ** 2).sum(axis=2)


def _find_distances_back(dout: Array, a: Array, b: Array, mistake: str = "") -> Any:
    parts = 2 * dout[:, :, None] * (a[:, None] - b)
    if mistake == "2 missing":
        parts = parts / 2
    db = parts.sum(axis=0)
    return parts.sum(axis=1), db if mistake == "sign of db" else -db


def _mix(x: Array, Wg: Array, We: Array) -> Any:
    p = softmax(x @ Wg)
    experts = np.einsum("nd,kdo->nko", x, We)
    return np.einsum("nk,nko->no", p, experts), (x, Wg, We, p, experts)


def _mix_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    x, Wg, We, p, experts = cache
    dp = np.einsum("no,nko->nk", dout, experts)
    dz = softmax_back(p, dp)
    if mistake == "diagonal of the softmax only":
        dz = dp * p * (1 - p)
    dWg = x.T @ dz
    dexperts = p[:, :, None] * dout[:, None]
    if mistake == "experts not weighted":
        dexperts = np.broadcast_to(dout[:, None], experts.shape)
    dx = np.einsum("nko,kdo->nd", dexperts, We)
    if mistake == "gate held constant":
        return dx, np.zeros_like(Wg), np.einsum("nd,nko->kdo", x, dexperts)
    if mistake != "path through the gate lost in dx":
        dx = dx + dz @ Wg.T
    return dx, dWg, np.einsum("nd,nko->kdo", x, dexperts)


def _draw_squares(rng: Rng) -> tuple[Any, ...]:
    return tuple(rng.normal(size=(2, 3, 3)))


LAYERS = (
    Layer(
        "matrix product",
        "products",
        _GILES,
        _multiply,
        _multiply_back,
        _draw_squares,
        (
            Mistake("dA and dB swapped", "A B", "swapped"),
            Mistake("factors exchanged", "A B"),
            Mistake("dB transposed", "B", "transposed"),
            Mistake("A not transposed", "B"),
        ),
    ),
    Layer(
        "matrix products of a batch",
        "products",
        "PyTorch, bmm",
        _multiply_batch,
        _multiply_batch_back,
        lambda rng: tuple(rng.normal(size=(2, 2, 3, 3))),
        (
            Mistake("B of the first of the batch", "A"),
            Mistake("A not transposed", "B"),
        ),
        cache=True,
    ),
    Layer(
        "bilinear form",
        "products",
        _GILES,
        _bilinear,
        _bilinear_back,
        lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=(4, 3))),
        (
            Mistake("dA transposed", "A", "transposed"),
            Mistake("dA of one sample", "A"),
            Mistake("A transposed in dx", "x"),
        ),
    ),
    Layer(
        "residual block",
        "products",
        "He et al. 2015, arXiv:1512.03385",
        _residual,
        _residual_back,
        lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 3))),
        (
            Mistake("skip connection lost", "x"),
            Mistake("branch lost", "x", "upstream_alone"),
            Mistake("skip connection counted twice", "x"),
        ),
        cache=True,
    ),
    Layer(
        "concatenation",
        "products",
        "PyTorch, cat",
        _concatenate,
        _concatenate_back,
        lambda rng: tuple(rng.normal(size=(2, 3, 3))),
        (
            Mistake("da and db swapped", "a b", "swapped"),
            Mistake("b from the start", "b", "swapped"),
        ),
    ),
    Layer(
        "rows times a column",
        "products",
        "Hu, Shen and Sun 2017, arXiv:1709.01507",
        _scale_rows,
        _scale_rows_back,
        lambda rng: (rng.normal(size=(4, 3)), draw_nonzero(rng, (4, 1), 0.5)),
        (
            Mistake("ds summed over the rows too", "s", "equal_entries"),
            Mistake("ds a mean", "s", "wrong_scale"),
            Mistake("ds without x", "s"),
            Mistake("s forgotten", "x", "scaled_rows upstream_alone"),
        ),
    ),
    Layer(
        "outer sum",
        "products",
        "Velickovic et al. 2017, arXiv:1710.10903",
        _add_outer,
        _add_outer_back,
        lambda rng: (rng.normal(size=4), rng.normal(size=4)),
        (
            Mistake("axes exchanged", "a b", "swapped"),
            Mistake("b subtracted", "b", "sign_flipped"),
        ),
    ),
    Layer(
        "cosine similarity",
        "products",
        "Luo et al. 2017, arXiv:1702.05870",
        _cosine,
        _cosine_back,
        lambda rng: tuple(rng.normal(size=(2, 4, 3))),
        (
            Mistake("length of a held constant", "a", "normalised", "standardised"),
            Mistake("not divided by the length of b", "b", "scaled_rows"),
        ),
    ),
    Layer(
        "rows of length 1",
        "products",
        "Schroff, Kalenichenko and Philbin 2015, arXiv:1503.03832",
        _normalise,
        _normalise_back,
        lambda rng: (rng.normal(size=(4, 3)),),
        (
            Mistake("length held constant", "x", "normalised", "standardised"),
            Mistake("length forgotten", "x", "scaled_rows"),
        ),
        cache=True,
    ),
    Layer(
        "squared distances",
        "products",
        "CS231n, assignment 1, k_nearest_neighbor.py",
        _find_distances,
        _find_distances_back,
        lambda rng: (rng.normal(size=(3, 2)), rng.normal(size=(4, 2))),
        (
            Mistake("2 missing", "a b", "wrong_scale"),
            Mistake("sign of db", "b", "sign_flipped"),
        ),
    ),
    Layer(
        "mixture of experts",
        "products",
        _JACOBS,
        _mix,
        _mix_back,
        lambda rng: (
            rng.normal(size=(3, 3)),
            rng.normal(size=(3, 4)),
            rng.normal(size=(4, 3, 2)),
        ),
        (
            Mistake("diagonal of the softmax only", "x Wg"),
            Mistake("gate held constant", "x Wg", "all_zero"),
            Mistake("path through the gate lost in dx", "x"),
            Mistake("experts not weighted", "x We"),
        ),
        cache=True,
    ),
)
