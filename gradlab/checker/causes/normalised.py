"""A loss that does not depend on the parameter's length: its slopes are at right angles to it.

So it is where x / |x| is used: unit quaternions, cosine similarity, weight normalisation. With
G the derivative by x / |x|, the gradient is (G - x (x·G) / (x·x)) / |x|; what is forgotten is the
projection, or both.
"""

from __future__ import annotations

import numpy as np

from gradlab.checker.block import SLACK, Block, Finding
from gradlab.checker.causes.fits import fit_factor
from gradlab.checker.causes.scale import is_factor
from gradlab.support.floats import FloatArray

# A gradient with less along the parameter than this part of its length is called orthogonal.
_ALONG = 1e-3


def find_normalised(block: Block) -> list[Finding]:
    """Return the finding that the gradient is right without its part along the parameter.

    The parameter is the whole block, or each row or column by itself.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.normalised import find_normalised
    >>> q, v = np.array([0.6, 0.0, 0.8]), np.array([1.0, -5.0, 2.5])
    >>> block = make_exact_block("q", q, v, v - q * (q @ v))
    >>> print(*find_normalised(block))  # doctest: +NORMALIZE_WHITESPACE
    q: The loss does not depend on the length of the parameter: its slopes are at right angles
    to it, but the gradient is not. Without its part along the parameter, it is right (the
    projection of a normalisation forgotten, or an L2 penalty put where the loss has none?).
    """
    for axis, whose in ((None, "parameter"), (1, "row"), (0, "column")):
        if axis is not None and block.values.ndim != 2:
            continue
        found = _explain(block, axis, whose) if _is_across(block, axis) else []
        if found:
            return found
    return []


def _is_across(block: Block, axis: int | None) -> bool:
    """Return whether the slopes, not the gradient, are at right angles to the parameter."""
    S, G, V = block.slopes.value, block.gradient, block.values
    entries = V.size if axis is None else V.shape[axis]
    if entries < 2 or not block.sharp.all():
        return False
    along = np.abs(np.sum(S * V, axis))
    sizes = np.sqrt(np.sum(S * S, axis) * np.sum(V * V, axis))
    errors = np.sum(2.0 * block.slopes.tolerance * np.abs(V), axis)
    told = sizes > 0.0
    off = np.abs(np.sum(G * V, axis)) > _ALONG * np.sqrt(np.sum(G * G, axis) * np.sum(V * V, axis))
    return bool(told.any() and (along <= errors + SLACK * sizes).all() and np.any(off & told))


def _explain(block: Block, axis: int | None, whose: str) -> list[Finding]:
    V, G = block.values, block.gradient
    squares = np.sum(V * V, axis, keepdims=True)
    safe = np.where(squares > 0.0, squares, 1.0)
    across: FloatArray = G - V * np.sum(V * G, axis, keepdims=True) / safe
    start = (
        f"The loss does not depend on the length of the {whose}: its slopes are at right angles "
        f"to it, but the gradient is not. Without its part along the {whose}"
    )
    if block.explained_by(across):
        guess = "the projection of a normalisation forgotten, or an L2 penalty put where the loss"
        return [block.make_finding("normalised", f"{start}, it is right ({guess} has none?).")]
    if block.explained_by(across / np.sqrt(safe)):
        end = f", and divided by the {whose}'s length, it is right (the derivative of x / |x|?)."
        return [block.make_finding("normalised", start + end)]
    factor = fit_factor(block.slopes.value, across, block.sharp)
    # Of two numbers, a factor would explain whatever is left.
    if V.size < 3 or not is_factor(factor) or not block.explained_by(across / factor):
        return []
    message = f"{start}, it is {factor:.4g} times what it should be."
    return [block.make_finding("normalised", message, factor)]
