"""Whether float64 can measure a gradient at all, decided without any checker.

The formula of a problem is evaluated in ``np.longdouble`` (64 bits where float64 has 53, on
x86-64). The difference between the loss as it is computed and the formula is its noise. With the
formula itself, the truncation of a difference at any step is known. A gradient can be measured to
5e-4 if for each entry there is a step where the truncation of the five-point difference, plus
what the noise can add, is at most 5e-4 of the largest entry of its block.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.problem import (
    Problem,
    list_blocks,
    map_blocks,
    order_blocks,
)

ENOUGH = 5e-4
"""What the checker promises to measure an entry to, relative to the largest of its block."""
# The middle first: most entries are done after one or two steps.
_EXPONENTS = sorted(range(45), key=lambda k: abs(k - 8))
_POINTS = 16


def _lift(params: Any) -> Any:
    return map_blocks(lambda block: np.array(block, dtype=np.longdouble), params)


def estimate_noise(problem: Problem) -> float:
    """Return the largest error of the loss at points up to a few per cent away."""
    rng = np.random.default_rng(0)
    noise = 2.0**-53 * abs(problem.loss(problem.params))
    for k in range(_POINTS):
        size = 2.0 ** -(4 + 2 * k % 24)
        params = map_blocks(
            lambda block, size=size: (
                block  # type: ignore[misc]
                + size * np.where(block == 0, 1.0, block) * rng.uniform(-1, 1, np.shape(block))
            ),
            problem.params,
        )
        error = float(np.abs(problem.loss(params) - problem.formula(_lift(params))))
        if np.isfinite(error):
            noise = max(noise, error)
    return noise


def measure_limit(problem: Problem, enough: float = ENOUGH) -> float:
    """Return to what part of the largest entry of its block each entry can be measured.

    Parameters
    ----------
    problem : Problem
    enough : float
        No better step is looked for once an entry can be measured to this.

    Returns
    -------
    float
        For the worst entry; infinite at a kink, and 0 where all gradients are zero.
    """
    if problem.on_kink:
        return np.inf
    noise, params = estimate_noise(problem), _lift(problem.params)
    gradient = order_blocks(problem.right_gradient(problem.params), problem.params)
    whole = max(float(np.abs(g).max(initial=0.0)) for g in gradient)
    worst = 0.0
    for block, g in zip(list_blocks(params), gradient, strict=True):
        largest = float(np.abs(g).max(initial=0.0))
        if problem.stationary or largest <= 1e-12 * whole:
            continue  # zero is told from a yardstick beside the block
        for i in range(block.size):
            error = _measure_entry(
                problem, params, block, i, float(g.flat[i]), noise, enough * largest
            )
            worst = max(worst, error / largest)
    return worst


def _measure_entry(
    problem: Problem, params: Any, block: Any, i: int, slope: float, noise: float, enough: float
) -> float:
    """Return the error of the best five-point difference by one entry."""
    middle, best = block.flat[i], np.inf
    unit = 2.0 ** np.round(np.log2(float(abs(middle)))) if middle else 1.0
    for k in _EXPONENTS:
        h = np.longdouble(unit * 2.0**-k)
        losses = []
        for step in (-2, -1, 1, 2):
            block.flat[i] = middle + step * h
            losses.append(problem.formula(params))
        block.flat[i] = middle
        measured = (8 * (losses[2] - losses[1]) - (losses[3] - losses[0])) / (12 * h)
        # The weights of the four errors add up to 18 / 12.
        error = float(abs(measured - slope)) + 1.5 * noise / float(h)
        if error < best:
            best = error
        if best <= enough:
            break
    return best


def is_measurable(problem: Problem) -> bool:
    """Return whether float64 can measure the gradient to 5e-4 of each block's largest entry."""
    with np.errstate(all="ignore"):
        return measure_limit(problem) <= ENOUGH
