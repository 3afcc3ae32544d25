"""Gradients of a layer without gradlab: what right and wrong are proved by.

Every column of the Jacobian is measured, and the upstream gradient multiplied by it. By the
complex step, Im f(x + ih) / h with h = 1e-30, there is neither truncation nor cancellation, so the
result is exact to rounding (Squire and Trapp 1998, SIAM Review 40, 110-112). Forward passes that
take no complex numbers (absolute values, erf) are differenced with 50 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.layers.layer import (
    Layer,
    Mistake,
    copy_inputs,
    evaluate,
    find_floats,
    pull_back,
)
from tools.benchmarks.world.exact import lift
from tools.benchmarks.world.problem import Array

COMPLEX_STEP = 1e-30
STEP = lift(np.array([1e-20]))[0]
"""The step of a difference with 50 digits; its truncation is of 1e-40."""

Outputs = tuple[Array, ...]


def measure_gradients(layer: Layer, inputs: tuple[Any, ...], upstream: Outputs) -> list[Array]:
    """Return the derivative of sum(upstream * forward) by each input that has a gradient."""
    move = _move_by_imaginary if layer.analytic else _move_with_digits
    gradients = []
    for place in find_floats(inputs):
        gradient = np.empty(inputs[place].shape)
        for i in range(gradient.size):
            column = move(layer, inputs, place, i)
            gradient.flat[i] = sum(
                np.sum(u * part) for u, part in zip(upstream, column, strict=True)
            )
        gradients.append(gradient)
    return gradients


def measure_errors(
    layer: Layer,
    mistake: Mistake | None,
    inputs: tuple[Any, ...],
    upstream: Outputs,
    exact: list[Array],
) -> dict[str, float]:
    """Return for each block the largest error of backward, relative to the largest exact entry."""
    given = pull_back(layer, mistake, upstream, copy_inputs(inputs))
    errors = {}
    for name, mine, right in zip(layer.name_blocks(inputs), given, exact, strict=True):
        if mine.shape != right.shape:
            raise ValueError(f"{layer.name}: {name} has shape {right.shape}, got {mine.shape}")
        errors[name] = float(np.abs(mine - right).max() / np.abs(right).max())
    return errors


def _move(
    layer: Layer, inputs: tuple[Any, ...], place: int, change: Callable[[Any], Any]
) -> Outputs:
    """Return the outputs with one input changed."""
    moved = copy_inputs(inputs)
    return evaluate(layer, (*moved[:place], change(moved[place]), *moved[place + 1 :]))


def _move_by_imaginary(layer: Layer, inputs: tuple[Any, ...], place: int, i: int) -> Outputs:
    """Return a column of the Jacobian by the complex step."""

    def change(x: Array) -> Array:
        moved = x.astype(complex)
        moved.flat[i] += 1j * COMPLEX_STEP
        return moved

    return tuple(np.imag(part) / COMPLEX_STEP for part in _move(layer, inputs, place, change))


def _move_with_digits(layer: Layer, inputs: tuple[Any, ...], place: int, i: int) -> Outputs:
    """Return a column of the Jacobian by a central difference with 50 digits."""
    lifted = tuple(
        lift(value) if k in find_floats(inputs) else value for k, value in enumerate(inputs)
    )

    def change_by(sign: int) -> Callable[[Array], Array]:
        def change(x: Array) -> Array:
            x.flat[i] += sign * STEP
            return x

        return change

    above, below = (_move(layer, lifted, place, change_by(sign)) for sign in (1, -1))
    return tuple(
        np.asarray((a - b) / (2 * STEP), dtype=float) for a, b in zip(above, below, strict=True)
    )
