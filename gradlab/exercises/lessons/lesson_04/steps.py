"""Exercises of lesson 4, worked step by step."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Step


def list_pack_steps(params: Any) -> tuple[Step, ...]:
    """Work theta block by block."""
    blocks = []
    for layer, (W, b) in enumerate(params, start=1):
        blocks.append(Step(f"W{layer}, row by row", np.array([w for row in W for w in row])))
        blocks.append(Step(f"b{layer}", np.array(list(b))))
    theta = [float(entry) for _, block in blocks for entry in block]
    return *blocks, Step("one after the other", np.array(theta))


def list_unpack_steps(theta: Any, shapes: Any) -> tuple[Step, ...]:
    """Cut theta into blocks."""
    steps, params, start = [], [], 0
    for layer, ((n_in, n_out), _) in enumerate(shapes, start=1):
        rows = [theta[start + k * n_out : start + (k + 1) * n_out] for k in range(n_in)]
        middle, end = start + n_in * n_out, start + n_in * n_out + n_out
        pair = np.array(rows), np.array(theta[middle:end])
        steps.append(Step(f"W{layer} is theta[{start}:{middle}], in rows of {n_out}", pair[0]))
        steps.append(Step(f"b{layer} is theta[{middle}:{end}]", pair[1]))
        params.append(pair)
        start = end
    return *steps, Step("the list of the pairs", params)


def list_locate_steps(index: int, shapes: Any) -> tuple[Step, ...]:
    """Say from where to where each block goes, and in which the index is."""
    sizes = [size for (n_in, n_out), _ in shapes for size in (n_in * n_out, n_out)]
    borders = [int(border) for border in np.cumsum([0, *sizes])]
    names = [f"{letter}{layer}" for layer in range(1, len(shapes) + 1) for letter in "Wb"]
    steps = []
    for name, (start, end) in zip(names, pairwise(borders), strict=True):
        steps.append(Step(f"places of {name} in theta", f"{start} to {end - 1}"))
        if start <= index < end:
            return *steps, *_place(name, index - start, shapes)
    return *steps, Step(f"{index} lies in none of them", "raise an IndexError")


def _place(name: str, offset: int, shapes: Any) -> tuple[Step, ...]:
    """Say which entry of a block it is."""
    come = Step(f"entries of {name} before it", offset)
    if name[0] == "b":
        return come, Step("answer", (name, (offset,)))
    _, n_out = shapes[int(name[1:]) - 1][0]
    row = offset // n_out
    rows = Step(f"whole rows of {n_out} before it", row)
    return come, rows, Step("answer", (name, (row, offset - row * n_out)))


def list_gradient_steps(loss: Any, theta: Any, h: float) -> tuple[Step, ...]:
    """Work the central differences, all entries at once."""
    moved = h * np.eye(theta.size)
    above = np.array([loss(theta + step) for step in moved])
    below = np.array([loss(theta - step) for step in moved])
    return (
        Step("losses with one entry moved up by h", above),
        Step("losses with one entry moved down by h", below),
        Step("their differences", above - below),
        Step("divided by 2 h", (above - below) / (2 * h)),
    )
