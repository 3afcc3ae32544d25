"""How far apart two gradients are, as one number."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.parameters import leaves
from gradlab.support.floats import FloatArray


def relative_difference(a: Any, b: Any) -> float:
    """Return ``||a - b|| / (||a|| + ||b||)``: 0 for equal, 1 for opposite vectors.

    Parameters
    ----------
    a, b : array_like of real numbers, or nested lists, tuples and dicts of ndarrays
        Two gradients of the same structure and shapes.

    Returns
    -------
    float
        Between 0 and 1; 0.0 if both are zero, nan if any entry is nan or infinite.

    Raises
    ------
    ValueError
        If shapes or structures differ.
    TypeError
        If the entries are not real numbers.

    Notes
    -----
    Very large and very small entries are divided by a power of two first, so that no square
    overflows or underflows: the result is the same for gradients near 1e-200 and near 1e200.

    Examples
    --------
    >>> from gradlab import relative_difference
    >>> relative_difference([3.0, 4.0], [3.0, -4.0])
    0.8
    """
    return distance_ratio(*_vectors(a, b))


def distance_ratio(left: FloatArray, right: FloatArray) -> float:
    """Return `relative_difference` of two float64 arrays of one shape."""
    left, right = left.ravel(), right.ravel()
    largest = max(np.abs(left).max(initial=0.0), np.abs(right).max(initial=0.0))
    if not np.isfinite(largest):
        return float("nan")
    _, exponent = np.frexp(largest)
    if abs(exponent) > 400:
        left, right = np.ldexp(left, -exponent), np.ldexp(right, -exponent)
    apart = left - right
    total = math.sqrt(left @ left) + math.sqrt(right @ right)
    return math.sqrt(apart @ apart) / total if total else 0.0


def _numbers(name: str, value: Any) -> dict[str, NDArray[Any]]:
    """Return the arrays in `value`, each with how one would type it."""
    # Blocks of unequal shapes make no array; they are taken one by one.
    with suppress(ValueError):
        array = np.asarray(value)
        if array.dtype.kind in "fiu":
            return {name: array}
    blocks = {}
    for path, leaf in leaves(value):
        block = np.asarray(leaf)
        # A list of numbers that are no real numbers is one array of them.
        whole = isinstance(leaf, (np.ndarray, type(None))) or len(path) == 0
        place = name + "".join(f"[{key!r}]" for key in path) if whole else name
        if block.dtype.kind not in "fiu":
            raise TypeError(
                f"{place} has entries of type {block.dtype}; they must be real numbers"
            )
        blocks[place] = block
    return blocks


def _vectors(a: Any, b: Any) -> tuple[FloatArray, FloatArray]:
    left, right = _numbers("a", a), _numbers("b", b)
    shapes = [
        [(place[1:], block.shape) for place, block in side.items()] for side in (left, right)
    ]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"a has the shapes {_shapes(shapes[0])}, b {_shapes(shapes[1])}; they must be the same"
        )
    return _join(left), _join(right)


def _shapes(blocks: list[tuple[str, tuple[int, ...]]]) -> str:
    return ", ".join(f"{shape} at {place}" if place else str(shape) for place, shape in blocks)


def _join(blocks: dict[str, NDArray[Any]]) -> FloatArray:
    return np.concatenate([block.ravel() for block in blocks.values()]).astype(np.float64)
