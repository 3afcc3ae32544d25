"""Layers that look up, select and mark places: embeddings, indices, positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.problem import Array, Rng

_BENGIO = "Bengio et al. 2003, JMLR 3"


def _embed(ids: Array, table: Array) -> Any:
    return table[ids]


def _embed_back(dout: Array, ids: Array, table: Array, mistake: str = "") -> Any:
    dtable = np.zeros_like(table)
    if mistake == "repeated ids lost":
        dtable[ids] += dout
    elif mistake == "ids off by one":
        np.add.at(dtable, (ids + 1) % len(table), dout)
    elif mistake == "last id lost":
        np.add.at(dtable, ids[:-1], dout[:-1])
    else:
        np.add.at(dtable, ids, dout)
    if mistake == "mean over the repeats":
        dtable /= np.maximum(np.bincount(ids, minlength=len(table)), 1)[:, None]
    return dtable


def _draw_ids(rng: Rng) -> tuple[Any, ...]:
    # Word 2 occurs three times, word 4 twice, word 5 never.
    return rng.permutation([0, 1, 2, 2, 2, 3, 4, 4]), rng.normal(size=(6, 3))


def _embed_batch(ids: Array, W: Array) -> Any:
    return W[ids], (ids, W.shape)


def _embed_batch_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    ids, shape = cache
    dW = np.zeros(shape)
    if mistake == "= for +=":
        dW[ids] = dout
    elif mistake == "first time step only":
        np.add.at(dW, ids[:, 0], dout[:, 0])
    else:
        np.add.at(dW, ids, dout)
    return None, dW


def _draw_sentences(rng: Rng) -> tuple[Any, ...]:
    return np.array([[0, 1, 2, 1], [2, 3, 0, 1]]), rng.normal(size=(5, 3))


def _take(x: Array, columns: Array) -> Any:
    return x[:, columns]


def _take_back(dout: Array, x: Array, columns: Array, mistake: str = "") -> Any:
    dx = np.zeros_like(x)
    if mistake == "= for +=":
        dx[:, columns] = dout
    else:
        np.add.at(dx.T, columns, dout.T)
    return dx, None


def _select(x: Array, keep: Array) -> Any:
    return x[keep]


def _select_back(dout: Array, x: Array, keep: Array, mistake: str = "") -> Any:
    dx = np.zeros_like(x)
    if mistake == "in the order of the columns":
        dx.T[keep.T] = dout
    elif mistake == "mask turned":
        dx[~keep] = np.resize(dout, np.count_nonzero(~keep))
    else:
        dx[keep] = dout
    return dx


def _draw_mask(rng: Rng) -> tuple[Any, ...]:
    keep = np.array([[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 1, 1]], dtype=bool)
    return rng.normal(size=(3, 4)), keep


def _add_positions(x: Array, positions: Array) -> Any:
    return x + positions[: x.shape[1]]


def _add_positions_back(dout: Array, x: Array, positions: Array, mistake: str = "") -> Any:
    dpositions = np.zeros_like(positions)
    total = dout[0] if mistake == "of one sample" else dout.sum(axis=0)
    if mistake == "a mean over the batch":
        total = dout.mean(axis=0)
    # There are more positions than the sequence is long.
    if mistake == "counted from the end":
        dpositions[-x.shape[1] :] = total
    else:
        dpositions[: x.shape[1]] = total
    return dout, dpositions


def _find_angles(x: Array, base: float) -> tuple[Array, Array]:
    """Return cosine and sine of the angle of each pair of features at each position."""
    length, pairs = len(x), x.shape[1] // 2
    angles = np.outer(np.arange(length), base ** (-np.arange(pairs) / pairs))
    return np.cos(angles), np.sin(angles)


def _turn(x: Array, cosine: Array, sine: Array) -> Any:
    a, b = np.split(x, 2, axis=1)
    return np.concatenate([a * cosine - b * sine, a * sine + b * cosine], axis=1)


def _rotate(x: Array, base: float) -> Any:
    return _turn(x, *_find_angles(x, base))


def _rotate_back(dout: Array, x: Array, base: float, mistake: str = "") -> Any:
    cosine, sine = _find_angles(x, base)
    if mistake == "turned forward again":
        return _turn(dout, cosine, sine)
    if mistake == "sine terms forgotten":
        return dout * np.tile(cosine, 2)
    return _turn(dout, cosine, -sine)


LAYERS = (
    Layer(
        "embedding",
        "lookups",
        _BENGIO,
        _embed,
        _embed_back,
        _draw_ids,
        (
            Mistake("repeated ids lost", "table", "repeated_index"),
            Mistake("ids off by one", "table", "permuted"),
            Mistake("mean over the repeats", "table", "scaled_rows wrong_scale"),
            Mistake("last id lost", "table", also="some_zero"),
        ),
    ),
    Layer(
        "embedding of sentences",
        "lookups",
        "CS231n, assignment 3, rnn_layers.py",
        _embed_batch,
        _embed_batch_back,
        _draw_sentences,
        (Mistake("= for +=", "W", "repeated_index"), Mistake("first time step only", "W")),
        cache=True,
    ),
    Layer(
        "columns by index",
        "lookups",
        "PyTorch, index_select",
        _take,
        _take_back,
        lambda rng: (rng.normal(size=(3, 5)), np.array([4, 1, 1, 0])),
        (Mistake("= for +=", "x", "repeated_index"),),
    ),
    Layer(
        "entries by mask",
        "lookups",
        "PyTorch, masked_select",
        _select,
        _select_back,
        _draw_mask,
        (
            Mistake("in the order of the columns", "x", "permuted"),
            Mistake("mask turned", "x", also="permuted"),
        ),
    ),
    Layer(
        "learned positions",
        "lookups",
        "Gehring et al. 2017, arXiv:1705.03122",
        _add_positions,
        _add_positions_back,
        lambda rng: (rng.normal(size=(3, 4, 3)), rng.normal(size=(6, 3))),
        (
            Mistake("of one sample", "positions"),
            Mistake("a mean over the batch", "positions", "wrong_scale"),
            Mistake("counted from the end", "positions", "permuted"),
        ),
    ),
    Layer(
        "rotary positions",
        "lookups",
        "Su et al. 2021, arXiv:2104.09864",
        _rotate,
        _rotate_back,
        lambda rng: (rng.normal(size=(4, 6)), 100.0),
        (Mistake("turned forward again", "x"), Mistake("sine terms forgotten", "x")),
    ),
)
