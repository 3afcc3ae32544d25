"""Lengths in a layer that its gradient may be multiplied or divided by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradlab.checker.reading import is_float_array

if TYPE_CHECKING:
    from gradlab.checker.layer.pullback import Layer


def list_lengths(layer: Layer) -> dict[int, str]:
    """Return the lengths of axes, of several together, and of all, each with where it is found.

    Of several places with the same length, the first: inputs before outputs, in order.
    """
    lengths: dict[int, str] = {}
    for name, shape in _shapes(layer):
        for length, where in _lengths_of(name, shape):
            if length > 2:
                lengths.setdefault(length, where)
    return lengths


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
