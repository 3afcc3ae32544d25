"""Numbers in a layer that its gradient may be multiplied or divided by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradlab.checker.reading import is_float_array

if TYPE_CHECKING:
    from gradlab.checker.layer.pullback import Layer

# These are in every formula.
_COMMON = (0.5, 1.0, 2.0)
# A seed, for example, is no factor.
_LARGEST = 1e6


def list_numbers(layer: Layer) -> dict[float, str]:
    """Return factors that a gradient is likely to be off by, and what they would mean.

    They are the lengths of axes, of several together and of all, and the numbers that are held. Of
    several places with the same number, the first counts: inputs before outputs, in order.
    """
    meanings: dict[float, str] = {}
    for name, value in layer.held.items():
        is_small = isinstance(value, (int, float)) and 0.0 < abs(value) < _LARGEST
        if is_small and abs(value) not in _COMMON:
            meanings.setdefault(
                float(value), f"{name} = {value:g}: once too often, or a division by it left out?"
            )
            meanings.setdefault(
                1.0 / value,
                f"1/{name}, {name} = {value:g}: left out, or divided by once too often?",
            )
    for name, shape in _shapes(layer):
        for length, where in _lengths_of(name, shape):
            if length > 2:
                n = float(length)
                meanings.setdefault(n, f"{length}, {where}: a sum where forward has a mean?")
                meanings.setdefault(
                    1.0 / n, f"1/{length}, {length} {where}: a mean where forward has a sum?"
                )
        if shape and shape[-1] > 2:
            root, d = math.sqrt(shape[-1]), f"{shape[-1]} the length of the last axis of {name}"
            meanings.setdefault(root, f"the root of d, d = {d}: its division left out?")
            meanings.setdefault(
                1.0 / root, f"1 by the root of d, d = {d}: divided once too often?"
            )
    return meanings


def _shapes(layer: Layer) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, value in layer.params.items():
        if is_float_array(value):
            yield name, np.shape(value)
    yield from zip(layer.outputs.names, layer.outputs.shapes, strict=True)


def _lengths_of(name: str, shape: tuple[int, ...]) -> Iterator[tuple[int, str]]:
    for axis, length in enumerate(shape):
        yield length, f"the length of axis {axis} of {name}"
    if len(shape) > 2:
        yield math.prod(shape[2:]), f"the size of {name} beyond axis 1"
        yield math.prod(shape) // max(shape[1], 1), f"the size of {name} without axis 1"
    if len(shape) > 1:
        yield math.prod(shape), f"the size of {name}"
