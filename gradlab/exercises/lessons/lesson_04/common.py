"""What several exercises of lesson 4 share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Trial

Params = list[tuple[Any, Any]]


Shapes = list[tuple[tuple[int, int], tuple[int]]]


def draw_sizes(rng: np.random.Generator, layers: int) -> list[int]:
    """Draw layer sizes that all differ, so that a transpose or a wrong size shows."""
    sizes: list[int] = rng.permutation([2, 3, 4, 5])[: layers + 1].tolist()
    return sizes


def make_shapes(sizes: Iterable[int]) -> Shapes:
    return [((n_in, n_out), (n_out,)) for n_in, n_out in pairwise(sizes)]


def count_entries(shapes: Shapes) -> int:
    return sum(n_in * n_out + n_out for (n_in, n_out), _ in shapes)


def draw_whole_numbers(rng: np.random.Generator, count: int) -> Any:
    """Draw integers that all differ, so that every change of their order shows."""
    return rng.permutation(np.arange(1, 100))[:count] * rng.choice([-1, 1], count)


def draw_theta(rng: np.random.Generator, shapes: Shapes) -> Any:
    return draw_whole_numbers(rng, count_entries(shapes)) / 10


def cut_theta(theta: Any, shapes: Iterable[tuple[int, ...]]) -> list[Any]:
    """Cut theta into new arrays of these shapes, one after the other."""
    blocks, start = [], 0
    for shape in shapes:
        end = start + int(np.prod(shape))
        blocks.append(theta[start:end].reshape(shape).copy())
        start = end
    return blocks


def list_failed(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.stage]


def make_told(*words: str) -> Callable[[list[Trial]], bool]:
    """Return a test whether what went wrong is in each failed trial told in one of these words."""

    def shows(trials: list[Trial]) -> bool:
        return all(any(word in t.detail for word in words) for t in list_failed(trials))

    return shows


FORTRAN = (
    "You go down the columns of W (Fortran order). Go along its rows (C order), which is what "
    "NumPy does unless told otherwise."
)


WEIGHTS_FIRST = (
    "You have every W first and then every b. The order is by layers: W1, b1, W2, b2, ..."
)


def list_blocks(params: Params) -> list[Any]:
    return [block for layer in params for block in layer]


def unpack_weights_first(theta: Any, shapes: Shapes) -> Params:
    blocks = cut_theta(theta, [W for W, _ in shapes] + [b for _, b in shapes])
    return list(zip(blocks[: len(shapes)], blocks[len(shapes) :], strict=True))


def make_unpack(step: Callable[[int, int], int]) -> Callable[[Any, Shapes], Params]:
    """Return a wrong unpack, where a layer adds step(size of W, size of b) to the start."""

    def unpacked(theta: Any, shapes: Shapes) -> Params:
        params, start = [], 0
        for W_shape, b_shape in shapes:
            W, b = cut_theta(theta[start:], (W_shape, b_shape))
            params.append((W, b))
            start += step(W.size, b.size)
        return params

    return unpacked
