"""All entries equal, or all along an axis, and the slopes are not: a mean, a sum, a broadcast."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.support.floats import FloatArray


def find_equal_entries(block: Block) -> list[Finding]:
    """Return the finding that the gradient repeats numbers, if they follow from the slopes.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.equal import find_equal_entries
    >>> S = np.array([1.0, -7.0, 5.5])
    >>> block = make_exact_block("b", S, np.full(3, S.sum()), S)
    >>> print(*find_equal_entries(block))
    b: All entries are equal: they are the sum of the slopes (summed over too much?).
    """
    S, G = block.slopes.value, block.gradient
    if G.size < 3 or not block.sharp.all():
        return []
    axes: list[int | None] = [None]
    if G.ndim == 2 and min(G.shape) > 1:
        axes += [0, 1]
    for axis in axes:
        if not _is_repeated(G, axis) or np.ptp(S) <= block.allowed.max():
            continue
        for words, expected in _suspect(S, axis):
            # What is summed up adds its errors.
            if (np.abs(G - expected) <= np.sqrt(G.size) * block.allowed).all():
                return [
                    block.make_finding("equal_entries", f"{_start(axis)}: {words}.", axis=axis)
                ]
    return []


def _is_repeated(G: FloatArray, axis: int | None) -> bool:
    spread = np.ptp(G, axis=axis)
    return bool((spread <= 1e-12 * np.abs(G).max()).all() and G.any())


def _start(axis: int | None) -> str:
    if axis is None:
        return "All entries are equal"
    return f"All {('rows', 'columns')[axis]} are equal"


def _suspect(S: FloatArray, axis: int | None) -> Iterator[tuple[str, FloatArray]]:
    """Yield readings, and the numbers that would be repeated."""
    each = "slopes" if axis is None else ("slopes in each column", "slopes in each row")[axis]
    mean, total = S.mean(axis, keepdims=True), S.sum(axis, keepdims=True)
    yield f"they are the mean of the {each} (averaged once too often?)", mean
    yield f"they are the sum of the {each} (summed over too much?)", total
    if axis is None:
        for place in np.argwhere(np.ones(S.shape)).tolist():
            one = np.full((1,) * S.ndim, S[tuple(place)])
            yield f"they are the slope of entry {place} (one entry that was broadcast?)", one
        return
    line = ("row", "column")[axis]
    for number in range(S.shape[axis]):
        yield f"they are {line} {number} of the slopes (broadcast?)", S.take([number], axis)
