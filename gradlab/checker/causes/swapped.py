"""A block that has another block's gradient: assigned, returned or unpacked in another order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.support.floats import FloatArray

# Slopes that differ by less than this many times what is allowed could be either block's.
_CONTRAST = 10.0


def find_swapped(block: Block, blocks: Sequence[Block]) -> list[Finding]:
    """Return the finding that the gradient is that of another block of the same size.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.swapped import find_swapped
    >>> a, b = np.array([1.0, -2.0]), np.array([3.0, 5.0])
    >>> blocks = [make_exact_block("W", a, b, a), make_exact_block("V", b, a, b)]
    >>> print(*find_swapped(blocks[0], blocks))
    W: The gradients of W and V are swapped.
    """
    if block.contrast < _CONTRAST:
        return []
    for other in blocks:
        if other is block or other.gradient.size != block.gradient.size:
            continue
        if not other.sharp.all() or not other.telling.any():
            continue
        # Of two blocks with the same slopes, as tied weights have, neither has the other's.
        if any(other.explained_by(S) for S in _fit_into(block.slopes.value, other)):
            continue
        back = _fit_into(other.gradient, block)
        for mine, how in _lay_out(block.gradient, other.gradient.shape):
            if not other.explained_by(mine):
                continue
            both = any(block.explained_by(theirs) for theirs in back)
            # One number may be equal to another by accident, two pairs are not.
            if both and other.failed:
                first, second = (b.name for b in blocks if b is block or b is other)
                text = f"The gradients of {first} and {second} are swapped{how}."
                return [block.make_finding("swapped", text, other=other.name)]
            if np.ptp(other.slopes.value) > other.allowed.max():
                text = f"This is the gradient of {other.name}{how} (a copied line?)."
                return [block.make_finding("swapped", text, other=other.name)]
    return []


def _lay_out(array: FloatArray, shape: tuple[int, ...]) -> Iterator[tuple[FloatArray, str]]:
    if array.shape == shape:
        yield array, ""
    if array.ndim == 2 and array.T.shape == shape:
        yield array.T, ", transposed"
    if array.size in array.shape and array.size in shape and array.shape != shape:
        yield array.reshape(shape), ""


def _fit_into(array: FloatArray, block: Block) -> list[FloatArray]:
    return [laid_out for laid_out, _ in _lay_out(array, block.gradient.shape)]
