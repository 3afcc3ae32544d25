"""The exercise ``pack`` of lesson 4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_04.common import (
    FORTRAN,
    WEIGHTS_FIRST,
    Params,
    draw_sizes,
    draw_theta,
    list_blocks,
    list_failed,
    make_shapes,
    make_told,
)
from gradlab.exercises.lessons.lesson_04.steps import list_pack_steps
from gradlab.exercises.lessons.lesson_04.unpack import unpack


def pack(params):
    """Return theta, a new 1-D float64 array: W1, b1, W2, b2, ..., each W row by row.

    params is [(W1, b1), (W2, b2), ...]: a list of pairs of arrays, W of shape (n_in, n_out) and
    b of shape (n_out,). They hold float64, float32 or integers.
    """
    blocks = [block for layer in params for block in layer]
    return np.concatenate([block.ravel() for block in blocks], dtype=np.float64)


def _draw_params(rng: np.random.Generator, sizes: Iterable[int]) -> Params:
    shapes = make_shapes(sizes)
    params: Params = unpack(draw_theta(rng, shapes), shapes)
    return params


def _pack_cases(rng: np.random.Generator) -> Cases:
    """Three groups; the first case of the first two is small, for reading."""
    as_float32, as_integers, transposed = (_draw_params(rng, draw_sizes(rng, 2)) for _ in range(3))

    def whole(block: Any) -> Any:
        return np.rint(10 * block).astype(int)

    return {
        "one layer": [
            ([(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([7.0, 8.0, 9.0]))],),
            *((_draw_params(rng, draw_sizes(rng, 1)),) for _ in range(2)),
        ],
        "several layers": [
            (_draw_params(rng, [1, 2, 3]),),
            (_draw_params(rng, draw_sizes(rng, 2)),),
            (_draw_params(rng, draw_sizes(rng, 3)),),
        ],
        "other types and memory layouts": [
            ([(W.astype(np.float32), b.astype(np.float32)) for W, b in as_float32],),
            ([(whole(W), whole(b)) for W, b in as_integers],),
            ([(np.asfortranarray(W), b) for W, b in transposed],),
        ],
    }


def _join(blocks: Iterable[Any], order: Any = "C") -> Any:
    return np.concatenate([block.ravel(order=order) for block in blocks], dtype=np.float64)


def _has_axes_to_spare(trials: list[Trial]) -> bool:
    """Whether the numbers are as many as they should be, but not in one row."""
    return all(
        isinstance(t.got, np.ndarray) and t.got.ndim > 1 and t.got.size == t.expected.size
        for t in list_failed(trials)
    )


def _has_another_length(trials: list[Trial]) -> bool:
    return all(
        isinstance(t.got, np.ndarray) and t.got.ndim == 1 and t.got.size != t.expected.size
        for t in list_failed(trials)
    )


def _pack_entry_by_entry(params: Any) -> Any:
    numbers = []
    for W, b in params:
        for row in range(W.shape[0]):
            for column in range(W.shape[1]):
                numbers.append(float(W[row, column]))
        numbers += [float(number) for number in b]
    return np.array(numbers)


def _pack_into_zeros(params: Any) -> Any:
    theta = np.zeros(sum(W.size + b.size for W, b in params))
    start = 0
    for layer in params:
        for block in layer:
            theta[start : start + block.size] = block.flat
            start += block.size
    return theta


def _pack_by_append(params: Any) -> Any:
    theta = np.array([])
    for W, b in params:
        theta = np.append(np.append(theta, W.flatten()), b)
    return theta


def _pack_stacked(params: Any) -> Any:
    """Put b below W as one more row, which is where the order has it."""
    return np.hstack([np.vstack([W, b]).reshape(-1) for W, b in params]).astype(float)


def _pack_recursively(params: Any) -> Any:
    if not params:
        return np.empty(0)
    (W, b), *rest = params
    return np.concatenate((np.ravel(W), b, _pack_recursively(rest)))


EXERCISE = Exercise(
    points=3,
    reference=pack,
    cases=_pack_cases,
    steps=list_pack_steps,
    rtol=0.0,  # numbers are moved, not computed
    atol=0.0,
    new_arrays=True,
    misconceptions=(
        Misconception(
            wrong=lambda params: _join([W for W, _ in params] + [b for _, b in params]),
            hint=WEIGHTS_FIRST,
        ),
        Misconception(
            wrong=lambda params: _join([block for W, b in params for block in (b, W)]),
            hint="In each layer W comes before b.",
        ),
        Misconception(wrong=lambda params: _join(list_blocks(params), order="F"), hint=FORTRAN),
        Misconception(
            wrong=lambda params: _join([W for W, _ in params]),
            hint="The biases are missing: every b goes into theta too.",
        ),
        Misconception(
            wrong=lambda params: _join(params[0]),
            hint="Your theta holds the first layer alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=lambda params: _join(list_blocks(params)).tolist(),
            hint="You return a list. Make one array of it: np.concatenate joins arrays, np.array "
            "takes numbers.",
            shows=make_told("returned a list", "returned a tuple"),
        ),
        Misconception(
            wrong=lambda params: np.concatenate([block.ravel() for block in list_blocks(params)]),
            hint="theta is float64 whatever the blocks are: in integers a step of 1e-5 is lost or "
            "becomes a whole 1, in float32 it is coarse.",
            shows=make_told("returned an array of "),
        ),
        Misconception(
            wrong=lambda params: _join(list_blocks(params))[:, np.newaxis],
            hint="theta has a single axis: shape (N,), neither (N, 1) nor (1, N).",
            shows=_has_axes_to_spare,
        ),
        Misconception(
            wrong=lambda params: np.concatenate(list_blocks(params)),
            hint="The blocks differ in shape, so they cannot be joined as they are. Flatten each "
            "one, then join the rows with np.concatenate.",
            shows=make_told("number of dimensions", "inhomogeneous", "array dimensions"),
        ),
        Misconception(
            wrong=lambda params: _join(list_blocks(params))[:-1],
            hint="theta has one entry for every number in every W and b, no more and no less: "
            "count them for the case above.",
            shows=_has_another_length,
        ),
    ),
    hints=(
        "Every block becomes one row of numbers, then the rows are joined. In which order?",
        "Go through the layers, and in each layer take W, then b. Collect W.ravel() and b.ravel() "
        "in a list.",
        "np.concatenate joins such a list, and np.concatenate(rows, dtype=np.float64) also makes "
        "float64 of float32 and integers.",
    ),
    also_right=(
        _pack_entry_by_entry,
        _pack_into_zeros,
        _pack_by_append,
        _pack_stacked,
        _pack_recursively,
        lambda params: np.array([x for W, b in params for x in [*W.flat, *b]], dtype=float),
        lambda params: np.concatenate(
            [np.r_[np.reshape(W, W.size, order="C"), b] for W, b in params]
        ).astype(np.float64),
    ),
)
