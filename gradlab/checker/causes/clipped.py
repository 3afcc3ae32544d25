"""Clipping: each entry at plus or minus c, or the whole scaled down to a norm of c.

Both are rules for a step. A function that returns them returns no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.support.floats import Mask


def find_clipped(block: Block) -> list[Finding]:
    """Return the finding that the gradient is the slopes, clipped at plus or minus c.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.clipped import find_clipped
    >>> S = np.array([1.0, -7.0, 5.5])
    >>> block = make_exact_block("w", S, np.clip(S, -5.0, 5.0), S)
    >>> print(*find_clipped(block))  # doctest: +NORMALIZE_WHITESPACE
    w: The gradient is clipped at plus or minus 5, in 2 of its 3 entries (check it before it is
    clipped?).
    """
    S, G = block.slopes.value, block.gradient
    c = float(np.abs(G).max())
    at_limit = (np.abs(G) >= c * (1.0 - 1e-12)) & (np.abs(S) > c + block.allowed)
    count = int(np.count_nonzero(at_limit & block.sharp))
    if not count or not _is_clipped(block, c) or not _is_no_accident(block, at_limit, c):
        return []
    message = (
        f"The gradient is clipped at plus or minus {c:.4g}, in {count} of its {G.size} entries "
        "(check it before it is clipped?)."
    )
    return [block.make_finding("clipped", message, c)]


def find_clipped_norm(blocks: Sequence[Block], factors: dict[str, float]) -> list[Finding]:
    """Return the findings that blocks were scaled down to a norm that people choose.

    `factors` holds, by block, the factor that was proved. A norm is that of one block, or of all
    blocks if all share a factor.
    """
    small = {name: factor for name, factor in factors.items() if 0.0 < factor < 1.0}
    # A half of (6, 8) has a norm of 5 as well.
    scaled = [block for block in blocks if block.name in small]
    if not scaled or any(map(_is_simple, small.values())):
        return []
    everything = np.concatenate([block.gradient.ravel() for block in blocks])
    norm = float(np.linalg.norm(everything))
    alike = np.ptp([*small.values()]) <= 1e-3 * max(small.values())
    others = [block for block in blocks if block.name not in small]
    if is_chosen(norm) and alike and not any(block.telling.any() for block in others):
        message = (
            f"The whole gradient has a norm of {norm:.4g}, to which it was scaled down "
            "(clipped by its norm? Check it before)."
        )
        return [block.make_finding("clipped", message, norm) for block in scaled]
    findings = []
    for block in scaled:
        own = float(np.linalg.norm(block.gradient))
        if is_chosen(own) and block.gradient.size > 1:
            message = (
                f"The gradient has a norm of {own:.4g}, to which it was scaled down "
                "(normalised, or clipped by its norm? Check it before)."
            )
            findings.append(block.make_finding("clipped", message, own))
    return findings


def is_chosen(number: float) -> bool:
    """Return whether a number has two digits at most, as people choose them: 5, 0.25, 1.

    Examples
    --------
    >>> from gradlab.checker.causes.clipped import is_chosen
    >>> is_chosen(0.25), is_chosen(5.0000001), is_chosen(0.0)
    (True, False, False)
    """
    return number > 0.0 and abs(number - float(f"{number:.2g}")) <= 1e-12 * number


def _is_clipped(block: Block, c: float) -> bool:
    limited = np.clip(block.slopes.value, -c, c)
    return bool((np.abs(limited - block.gradient) <= block.allowed).all())


def _is_no_accident(block: Block, at_limit: Mask, c: float) -> bool:
    """Return whether the entries at the limit tell a limit from a factor or a constant.

    The largest entry of any gradient may be too small. Two that are equal where their slopes are
    not are no accident; nor is one, if the limit is a number that people choose. Others must be
    there that are not clipped, or clipped on the other side.
    """
    sizes = np.abs(block.slopes.value[at_limit])
    others = bool((block.telling & ~at_limit).any())
    both = np.unique(np.sign(block.gradient[at_limit])).size == 2
    if np.ptp(sizes) > block.allowed.max():
        return others or both
    return others and is_chosen(c)


def _is_simple(factor: float) -> bool:
    """Return whether a measured factor is a half, 0.3 or a fifth: a mistake, not a clipping."""
    return any(abs(f - float(f"{f:.2g}")) <= 1e-6 * f for f in (factor, 1.0 / factor))
