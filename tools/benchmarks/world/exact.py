"""Slopes of a problem by its formula, with 50 digits: what right and wrong are proved by.

NumPy applies its functions to arrays of objects by calling a method of each element. mpmath's
numbers get these methods here, and so the very formula that is checked in float64 is evaluated
with as many digits as one likes; nothing is written down a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import mpmath
import numpy as np
from numpy.typing import NDArray

from tools.benchmarks.world.problem import Array, Problem, list_blocks, map_blocks, order_blocks

DIGITS = 50
STEP = 1e-20
"""The step, in units of the parameter. Truncation is of this size, rounding of 1e-50 / 1e-20."""
ENTRIES = 24
"""A block of more entries is measured along random directions: an entry that is wrong changes the
slope along each of them."""
DIRECTIONS = 3

Vector = NDArray[np.float64]


class Slopes(NamedTuple):
    """The slopes of a loss over one block.

    Attributes
    ----------
    directions : ndarray, shape (n, size)
        Unit vectors, or random directions.
    below, above : ndarray, shape (n,)
        The smaller and the larger of the slopes on both sides. They differ at a kink.
    curvature : ndarray, shape (n,)
        The second derivative, times the size of the parameter.
    """

    directions: Vector
    below: Vector
    above: Vector
    curvature: Vector


def _make_context() -> Any:
    """Return mpmath with numbers that NumPy's functions take; mpmath's own are left alone."""
    context = mpmath.MPContext()
    context.dps = DIGITS
    number = context.mpf
    for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "cosh", "tanh"):
        setattr(number, name, _as_method(getattr(context, name)))
    number.erf = _as_method(context.erf)
    number.lgamma = _as_method(context.loggamma)
    number.arctan2 = _as_method(context.atan2)
    return context


def _as_method(function: Any) -> Any:
    # A bound method, as the attribute of a class, would get no self.
    def method(*numbers: Any) -> Any:
        return function(*numbers)

    return method


_CONTEXT = _make_context()


def lift(block: Array) -> Array:
    """Return an array with the same values as numbers of 50 digits."""
    lifted = np.empty(np.shape(block), dtype=object)
    lifted.flat[:] = [_CONTEXT.mpf(value) for value in np.asarray(block, float).ravel().tolist()]
    return lifted


def evaluate(problem: Problem) -> float:
    """Return the loss by its formula with 50 digits, rounded to float64."""
    return float(problem.formula(map_blocks(lift, problem.params)))


def measure_slopes(problem: Problem) -> list[Slopes]:
    """Return the slopes over each block."""
    rng = np.random.default_rng(0)
    params = map_blocks(lift, problem.params)
    here = problem.formula(params)
    return [_measure_block(problem, params, block, here, rng) for block in list_blocks(params)]


def _measure_block(
    problem: Problem, params: Any, block: Array, here: Any, rng: np.random.Generator
) -> Slopes:
    many = block.size > ENTRIES
    directions = rng.normal(size=(DIRECTIONS, block.size)) if many else np.eye(block.size)
    middle, rows = block.copy(), []
    for direction in directions:
        # 1e-20 is no small step for a length of 1e-9 metres: in units of the parameter.
        size = np.abs(middle.ravel()) @ np.abs(direction) or _CONTEXT.mpf(1)
        step = _CONTEXT.mpf(STEP) * size
        sides = []
        for h in (-step, step):
            block[...] = middle + h * lift(direction.reshape(block.shape))
            sides.append((problem.formula(params) - here) / h)
        rows.append((min(sides), max(sides), (sides[1] - sides[0]) / step * size))
    block[...] = middle
    below, above, curvature = np.array(rows, dtype=float).T
    return Slopes(directions, below, above, curvature)


def measure_distances(problem: Problem, slopes: Sequence[Slopes]) -> list[Vector]:
    """Return, for each block, how far the given gradient is outside of its slopes."""
    given = order_blocks(problem.gradient(problem.params), problem.params)
    distances = []
    for block, g in zip(slopes, given, strict=True):
        along = block.directions @ g.ravel()
        distances.append(np.maximum(np.maximum(block.below - along, along - block.above), 0.0))
    return distances
