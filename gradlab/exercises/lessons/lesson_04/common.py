"""What the exercises of lesson 4 are made of: shapes, losses, mistakes that several share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Trial

Params = list[tuple[Any, Any]]
Shapes = list[tuple[tuple[int, int], tuple[int]]]
Loss = Callable[[Any], float]

FORTRAN = (
    "You go down the columns of W (Fortran order). Go along its rows (C order), which is what "
    "NumPy does unless told otherwise."
)
WEIGHTS_FIRST = (
    "You have every W first and then every b. The order is by layers: W1, b1, W2, b2, ..."
)


def draw_sizes(rng: np.random.Generator, layers: int) -> list[int]:
    """Draw layer sizes that all differ, so that a transpose or a wrong size shows."""
    sizes: list[int] = rng.permutation([2, 3, 4, 5])[: layers + 1].tolist()
    return sizes


def make_shapes(sizes: Iterable[int]) -> Shapes:
    """Return the shapes of W and b for each layer between these sizes."""
    return [((n_in, n_out), (n_out,)) for n_in, n_out in pairwise(sizes)]


def count_entries(shapes: Shapes) -> int:
    """Return how long theta is."""
    return sum(n_in * n_out + n_out for (n_in, n_out), _ in shapes)


def draw_theta(rng: np.random.Generator, shapes: Shapes) -> Any:
    """Draw tenths that all differ, so that every change of their order shows."""
    count = count_entries(shapes)
    return rng.permutation(np.arange(1, 100))[:count] * rng.choice([-1, 1], count) / 10


def make_loss(code: str, size: int) -> Loss:
    """Return the function of this code, which takes nothing but one whole theta."""
    formula = eval(code, {"np": np})

    def loss(theta: Any) -> float:
        if np.iscomplexobj(theta):
            raise TypeError("loss takes real numbers; it got complex ones")
        theta = np.asarray(theta, dtype=np.float64)
        if theta.shape != (size,):
            raise ValueError(f"loss needs a theta of shape {(size,)}; it got shape {theta.shape}")
        return float(formula(theta))

    loss.__qualname__ = "loss"  # what an error message calls it
    loss.__dict__["code"] = code
    return loss


def draw_loss(rng: np.random.Generator, size: int, coupled: bool) -> Loss:
    """Draw a loss with slopes of both signs and much curvature; products couple neighbours."""
    weights = rng.uniform(0.5, 2, size).round(1) * (-1.0) ** np.arange(size)
    terms = [f"{weight:+g} * np.exp(2 * x[{i}])" for i, weight in enumerate(weights)]
    if coupled:
        products = rng.uniform(1, 3, size - 1).round(1) * rng.choice([-1, 1], size - 1)
        terms += [f"{factor:+g} * x[{i}] * x[{i + 1}]" for i, factor in enumerate(products)]
    formula = " ".join(f"{term[0]} {term[1:]}" for term in terms).removeprefix("+ ")
    return make_loss(f"lambda x: {formula}", size)


def cut_theta(theta: Any, shapes: Iterable[tuple[int, ...]]) -> list[Any]:
    """Cut theta into new arrays of these shapes, one after the other."""
    blocks, start = [], 0
    for shape in shapes:
        end = start + int(np.prod(shape))
        blocks.append(theta[start:end].reshape(shape).copy())
        start = end
    return blocks


def list_blocks(params: Params) -> list[Any]:
    """Return W1, b1, W2, b2, ... in a row."""
    return [block for layer in params for block in layer]


def unpack_by_split(theta: Any, shapes: Any) -> Any:
    """Unpack by np.split, which is right."""
    in_a_row = [shape for pair in shapes for shape in pair]
    ends = np.cumsum([math.prod(shape) for shape in in_a_row])
    parts = np.split(theta, ends[:-1])
    blocks = [part.copy().reshape(shape) for part, shape in zip(parts, in_a_row, strict=True)]
    return list(zip(blocks[::2], blocks[1::2], strict=True))


def unpack_weights_first(theta: Any, shapes: Shapes) -> Params:
    """Unpack a theta that has every W first and then every b, which is wrong."""
    blocks = cut_theta(theta, [W for W, _ in shapes] + [b for _, b in shapes])
    return list(zip(blocks[: len(shapes)], blocks[len(shapes) :], strict=True))


def make_unpack(step: Callable[[int, int], int]) -> Callable[[Any, Shapes], Params]:
    """Return a wrong unpack, where a layer adds step(size of W, size of b) to the start."""

    def unpack_otherwise(theta: Any, shapes: Shapes) -> Params:
        params, start = [], 0
        for W_shape, b_shape in shapes:
            W, b = cut_theta(theta[start:], (W_shape, b_shape))
            params.append((W, b))
            start += step(W.size, b.size)
        return params

    return unpack_otherwise


def list_failed(trials: list[Trial]) -> list[Trial]:
    """Return the trials that went wrong."""
    return [trial for trial in trials if trial.stage]


def make_told(*words: str) -> Callable[[list[Trial]], bool]:
    """Return a test whether each failed trial was told of in one of these words."""

    def shows(trials: list[Trial]) -> bool:
        return all(any(word in t.detail for word in words) for t in list_failed(trials))

    return shows
