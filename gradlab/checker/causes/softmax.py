"""A part of the softmax's Jacobian taken for the whole of it.

With p = softmax(z) and u the derivative by p, the gradient is p_i (u_i - sum_j u_j p_j). Often
only the diagonal p_i (1 - p_i) of dp/dz is used, as if each p were a sigmoid: u_i p_i (1 - p_i).
Or the sum is forgotten: u_i p_i.
"""

from __future__ import annotations

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.support.floats import FloatArray

_DIAGONAL = (
    "the gradient takes p (1 - p) for all of its Jacobian; with the terms -p_i p_j too it is "
    "right (p - y, which belongs to the cross-entropy alone, taken for another loss?)."
)
_NO_SUM = (
    "-p sum(g) is missing, g being this gradient: the sum in the Jacobian of softmax or "
    "log-softmax."
)


def find_softmax_diagonal(block: Block) -> list[Finding]:
    """Return the finding that the rest of the softmax's Jacobian is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.softmax import find_softmax_diagonal
    >>> z, u = np.array([0.0, 1.0, 2.0]), np.array([3.0, -1.0, 2.0])
    >>> p = np.exp(z) / np.exp(z).sum()
    >>> block = make_exact_block("z", z, u * p * (1 - p), p * (u - u @ p))
    >>> print(*find_softmax_diagonal(block))  # doctest: +NORMALIZE_WHITESPACE
    z: With p the softmax of the parameter, the gradient takes p (1 - p) for all of its
    Jacobian; with the terms -p_i p_j too it is right (p - y, which belongs to the
    cross-entropy alone, taken for another loss?).
    """
    V = block.values
    if np.count_nonzero(block.telling) < 3:
        return []
    for axis in range(V.ndim - 1, -1, -1):
        if V.shape[axis] < 2:
            continue
        p = _softmax(V, axis)
        for corrected, words in (
            (_use_whole(block.gradient, p, p * (1.0 - p), axis), _DIAGONAL),
            (_use_whole(block.gradient, p, p, axis), _NO_SUM),
        ):
            if block.explained_by(corrected):
                message = f"With p the softmax of {_name_lines(axis, V.ndim)}, {words}"
                return [block.make_finding("softmax_diagonal", message, axis=axis)]
    return []


def _name_lines(axis: int, ndim: int) -> str:
    if ndim == 1:
        return "the parameter"
    if ndim > 2:
        return f"the parameter along axis {axis}"
    return f"each {('column', 'row')[axis]} of the parameter"


def _softmax(Z: FloatArray, axis: int) -> FloatArray:
    powers = np.exp(Z - Z.max(axis, keepdims=True))
    p: FloatArray = powers / powers.sum(axis, keepdims=True)
    return p


def _use_whole(G: FloatArray, p: FloatArray, part: FloatArray, axis: int) -> FloatArray:
    """Return the gradient with the whole Jacobian, where G has u times `part`."""
    with np.errstate(all="ignore"):
        u = G / part
        whole: FloatArray = p * (u - np.sum(u * p, axis, keepdims=True))
    return whole
