"""A factor too many: the whole gradient, some of its entries, or each row by a factor of its own.

Corrected: G / c, with c = -1 for a sign.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradlab.checker.block import Block, Finding, Setting
from gradlab.checker.causes.fits import fit_factor
from gradlab.checker.measuring.slopes import RESOLUTION
from gradlab.checker.places import describe_place, describe_rest, name_lines
from gradlab.support.floats import FloatArray, Mask

# A factor nearer to 1 than this is no cause but a small difference.
NEAR_ONE = 1e-3
# Nearer to an outer product than so many times what is allowed, slopes prove no factors of lines.
_CONTRAST = 100.0


def find_flipped_sign(block: Block) -> list[Finding]:
    """Return the finding that minus the gradient is right."""
    if not block.explained_by(-block.gradient):
        return []
    message = "The sign is flipped: minus the gradient is right."
    return [block.make_finding("sign_flipped", message, -1.0)]


def find_scale(block: Block, setting: Setting, factors: Sequence[float]) -> list[Finding]:
    """Return the finding that the gradient is c times the right one.

    `factors` are those proved by other blocks, which one number is enough to confirm.
    """
    for factor in (*setting.meanings(), *factors):
        if block.explained_by(block.gradient / factor):
            return [describe_scale(block, factor, setting)]
    # With fewer than two slopes that are not zero, some factor would explain anything.
    if np.count_nonzero(block.telling) < 2:
        return []
    factor = fit_factor(block.slopes.value, block.gradient, block.sharp)
    if not is_factor(factor) or not block.explained_by(block.gradient / factor):
        return []
    return [describe_scale(block, factor, setting)]


def find_scale_in_part(block: Block, setting: Setting) -> list[Finding]:
    """Return the finding that the wrong entries, not all, share a sign or a factor.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import Setting, make_exact_block
    >>> from gradlab.checker.causes.scale import find_scale_in_part
    >>> S = np.array([[1.0, -2.0], [3.0, 5.0], [4.0, 7.0]])
    >>> block = make_exact_block("W", S, np.array([[1.0], [2.0], [2.0]]) * S, S)
    >>> print(*find_scale_in_part(block, Setting()))
    W: The gradient is 2 times what it should be in rows 1 and 2 (a 2 too many?); the others pass.
    """
    G, wrong = block.gradient, block.slopes.wrong
    count = np.count_nonzero(wrong & block.telling)
    # Two numbers are needed to confirm a likely factor, three to find another one.
    if count < 2 or wrong.all():
        return []
    place = describe_place(block, wrong)
    if block.explained_by(np.where(wrong, -G, G)):
        sure = "minus the gradient is right there"
        message = f"The sign is flipped {place}: {sure}; {describe_rest(block)}."
        return [block.make_finding("sign_flipped", message, -1.0)]
    known = list(setting.meanings())
    if count >= 3:
        known.append(fit_factor(block.slopes.value, G, wrong & block.sharp))
    for factor in filter(is_factor, known):
        if block.explained_by(np.where(wrong, G / factor, G)):
            return [describe_scale(block, factor, setting, place=place)]
    return []


def find_scaled_lines(block: Block) -> list[Finding]:
    """Return the finding that each row, or each column, is right but for a factor of its own.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.scale import find_scaled_lines
    >>> S = np.array([[1.0, -2.0], [3.0, 5.0], [4.0, 7.0]])
    >>> block = make_exact_block("W", S, S * [0.5, 3.0], S)
    >>> print(*find_scaled_lines(block))  # doctest: +NORMALIZE_WHITESPACE
    W: Each column is right but for a factor of its own: columns 0 and 1 are 0.5, 3 times what
    it should be (a slope, a gain or a weight of each left out?).
    """
    S, G = block.slopes.value, block.gradient
    # Of an outer product, such as one sample's, every line is a multiple of every other.
    if S.ndim != 2 or not block.sharp.all() or has_rank_one(S, _CONTRAST * block.allowed):
        return []
    for axis in (1, 0):
        told = np.count_nonzero(block.telling, axis=1 - axis)
        if np.count_nonzero(told >= 2) < 2 or ((told == 1).any()):
            continue
        factors = _fit_lines(S, G, 1 - axis)
        with np.errstate(all="ignore"):
            corrected = np.where(factors == 0.0, G, G / factors)
        # One factor for all, too near to 1 to be a cause, is none for each.
        is_one = np.ptp(factors) <= NEAR_ONE * np.abs(factors).max()
        if not is_one and any(map(is_factor, factors.flat)) and block.explained_by(corrected):
            return [_describe_lines(block, axis, factors.ravel())]
    return []


def has_rank_one(array: FloatArray, allowed: FloatArray) -> bool:
    """Return whether an array is an outer product, to within what is allowed."""
    return bool((np.abs(array - cross_product(array)) <= allowed).all())


def cross_product(array: FloatArray) -> FloatArray:
    """Return the outer product with the same row and column through the largest entry."""
    row, column = np.unravel_index(np.argmax(np.abs(array)), array.shape)
    pivot = array[row, column]
    return np.outer(array[:, column] / pivot, array[row]) if pivot else np.zeros_like(array)


def is_factor(factor: float) -> bool:
    """Return whether a number can be a wrong factor: not 0, nor 1 to within a small difference."""
    return bool(factor) and np.isfinite(factor) and abs(factor - 1.0) > NEAR_ONE


def describe_scale(
    block: Block, factor: float, setting: Setting, but: str = "", place: str = ""
) -> Finding:
    """Return the finding of a factor; `but` is what is left out of account."""
    digits = 4 if abs(factor - 1.0) > 1e-2 else 7
    message = f"The gradient{but} is {factor:.{digits}g} times what it should be"
    message += f" {place}" if place else ""
    for likely, meaning in setting.meanings().items():
        if abs(factor / likely - 1.0) < RESOLUTION:
            message += f" ({meaning})"
    message += f"; {describe_rest(block)}." if place else "."
    return block.make_finding("wrong_scale", message, factor)


def _fit_lines(S: FloatArray, G: FloatArray, axis: int) -> FloatArray:
    """Return the factor of each line along an axis, 0 where the slopes are zero."""
    unit = np.abs(S).max() or 1.0
    squares = np.sum((S / unit) ** 2, axis=axis, keepdims=True)
    products = np.sum(S / unit * (G / unit), axis=axis, keepdims=True)
    factors: FloatArray = np.divide(
        products, squares, out=np.zeros_like(products), where=squares > 0.0
    )
    return factors


def _describe_lines(block: Block, axis: int, factors: FloatArray) -> Finding:
    one = ("column", "row")[axis == 0]
    off: Mask = np.asarray(block.slopes.wrong.any(axis=1 - axis))
    shown = ", ".join(f"{factor:.4g}" for factor in factors[off][:6])
    message = (
        f"Each {one} is right but for a factor of its own: {name_lines(axis, off, 2)} "
        f"{'is' if off.sum() == 1 else 'are'} {shown}{', ...' if off.sum() > 6 else ''} times "
        "what it should be (a slope, a gain or a weight of each left out?)."
    )
    return block.make_finding("scaled_rows", message, axis=axis, factors=factors.tolist())
