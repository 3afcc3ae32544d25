"""The right numbers in other places: transposed, reshaped, rows or columns in another order."""

from __future__ import annotations

import numpy as np

from gradlab.checker.block import SLACK, Block, Finding, Setting
from gradlab.checker.causes.fits import fit_factor
from gradlab.checker.causes.scale import describe_scale, is_factor
from gradlab.support.floats import FloatArray

# Numbers that differ by less than this many times what is allowed would fit in any order.
_CONTRAST = 10.0


def is_square(array: FloatArray) -> bool:
    """Return whether an array can be transposed without a change of its shape."""
    return array.ndim == 2 and array.shape[0] == array.shape[1] > 1


def find_transposed(block: Block) -> list[Finding]:
    """Return the finding that the transpose is right."""
    if not is_square(block.gradient) or not block.explained_by(block.gradient.T):
        return []
    return [
        block.make_finding("transposed", "The gradient is transposed: its transpose is right.")
    ]


def find_permuted(block: Block) -> list[Finding]:
    """Return the finding that the entries are right, but in another order.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.order import find_permuted
    >>> S = np.array([[1.0, -2.0], [3.0, 5.0], [4.0, 7.0]])
    >>> block = make_exact_block("W", S, S[::-1], S)
    >>> print(*find_permuted(block))
    W: The entries are right, but in another order (whole rows in other places?).
    """
    G, slopes = block.gradient, block.slopes.value
    if G.size < 2 or block.contrast < _CONTRAST:
        return []
    # Sorted, both are the same numbers, if one is the other in another order.
    order_of_slopes = np.argsort(slopes, axis=None)
    corrected = np.empty_like(G).ravel()
    corrected[order_of_slopes] = np.sort(G, axis=None)
    if not block.explained_by(corrected.reshape(G.shape)):
        return []
    message = f"The entries are right, but in another order{_describe_order(block)}."
    return [block.make_finding("permuted", message)]


def find_transposed_and_scaled(block: Block, setting: Setting) -> list[Finding]:
    """Return the findings that the transpose is c times the right gradient."""
    if not is_square(block.gradient) or np.count_nonzero(block.telling) < 4:
        return []
    factor = fit_factor(block.slopes.value, block.gradient.T, block.sharp)
    if not is_factor(factor) or not block.explained_by(block.gradient.T / factor):
        return []
    message = "The gradient is transposed, and so is what follows from it."
    return [block.make_finding("transposed", message), describe_scale(block, factor, setting)]


def _describe_order(block: Block) -> str:
    G = block.gradient
    if G.ndim == 1:
        return " (reversed?)" if block.explained_by(G[::-1]) else ""
    if G.ndim != 2:
        return ""
    if block.explained_by(G.ravel().reshape(G.shape, order="F")):
        return " (column by column in place of row by row: a transpose that was reshaped?)"
    if block.explained_by(G.T.ravel().reshape(G.shape)):
        return " (row by row in place of column by column: a transpose that was reshaped?)"
    slopes = block.slopes.value
    for name, mine, theirs in (("rows", G, slopes), ("columns", G.T, slopes.T)):
        mine, theirs = (lines[np.lexsort(lines.T[::-1])] for lines in (mine, theirs))
        if np.abs(mine - theirs).max() <= SLACK * np.abs(slopes).max():
            return f" (whole {name} in other places?)"
    return ""
