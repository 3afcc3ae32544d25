"""Zeros on one side only: never filled in, or not zero where the loss does not change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradlab.checker.block import Block, Finding, Setting
from gradlab.checker.causes.scale import find_flipped_sign, find_scale
from gradlab.checker.places import (
    describe_place,
    describe_rest,
    find_lines,
    name_lines,
    select_lines,
)

# A gradient that is less than this many times as large as what is allowed may be rounding.
_CONTRAST = 1e3
# Of a row or column that is called dead, at least this part must be known to be so.
_SHARE = 0.75


def find_all_zero(block: Block) -> list[Finding]:
    """Return the finding that the gradient is zero, and the loss changes."""
    if block.gradient.any():
        return []
    return [block.make_finding("all_zero", "The gradient is all zeros, but the loss changes.")]


def find_flat_block(block: Block) -> list[Finding]:
    """Return the finding that the loss does not change along any entry, but the gradient is there.

    The slopes are zero to within their tolerances, and the gradient is far from it.
    """
    if block.telling.any() or block.contrast < _CONTRAST:
        return []
    if not block.explained_by(np.zeros_like(block.gradient)):
        return []
    message = (
        "The gradient should be zero: the loss does not change with this block "
        "(masked, not used, or in front of a normalisation?)."
    )
    return [block.make_finding("dead_units", message)]


def find_some_zero(block: Block) -> list[Finding]:
    """Return the finding that the gradient is zero in some rows, columns or entries only.

    Every wrong entry is exactly zero, and the loss changes along it.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.zeros import find_some_zero
    >>> S = np.array([[1.0, -2.0], [3.0, 5.0], [4.0, 7.0]])
    >>> block = make_exact_block("W", S, np.array([[1.0], [1.0], [0.0]]) * S, S)
    >>> print(*find_some_zero(block))
    W: The gradient is zero in row 2, but the loss changes there; the others pass.
    """
    wrong = block.slopes.wrong
    if wrong.all() or block.gradient[wrong].any() or not block.telling[wrong].all():
        return []
    where = _describe_zeros(block)
    message = f"The gradient is zero {where}, but the loss changes there; {describe_rest(block)}."
    return [block.make_finding("some_zero", message, entries=np.argwhere(wrong).tolist())]


def find_dead_units(block: Block, setting: Setting) -> list[Finding]:
    """Return the finding that the gradient is not zero where the loss does not change.

    Of a matrix whole rows or columns, as those of a unit that is off in every sample. The rest
    passes, or is off by a factor.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import Setting, make_exact_block
    >>> from gradlab.checker.causes.zeros import find_dead_units
    >>> G = np.array([[1.0, -2.0], [3.0, 5.0], [4.0, 7.0]])
    >>> block = make_exact_block("W", G, G, G * [1.0, 0.0])
    >>> print(*find_dead_units(block, Setting()))  # doctest: +NORMALIZE_WHITESPACE
    W: The gradient should be zero in column 1, where the loss does not change (units that are
    off, or masked: a slope of 0 taken as another?); the others pass.
    """
    flat = block.sharp & ~block.telling
    dead = block.slopes.wrong & flat
    if not dead.any() or not (block.telling & ~dead).any() or dead.ndim > 2:
        return []
    # Slopes that are only known to be small are not zero.
    if (block.difference[dead] / block.allowed[dead]).max() < _CONTRAST:
        return []
    place = describe_place(block, dead)
    if dead.ndim == 2:
        lines = find_lines(dead)
        if lines is None:
            return []
        # Whole lines, with the few entries that could not be measured.
        dead = select_lines(dead, *lines)
        if not (flat | ~block.sharp)[dead].all() or flat[dead].mean() < _SHARE:
            return []
        place = f"in {name_lines(*lines, dead.ndim)}"
    others = replace(block, gradient=np.where(dead, 0.0, block.gradient))
    start = f"The gradient should be zero {place}, where the loss does not change "
    guess = "(units that are off, or masked: a slope of 0 taken as another?)"
    if others.explained_by(others.gradient):
        message = f"{start}{guess}; {describe_rest(block)}."
        return [block.make_finding("dead_units", message, entries=np.argwhere(dead).tolist())]
    rest = find_flipped_sign(others) or find_scale(others, setting, [])
    if not rest:
        return []
    message = f"{start}{guess}."
    return [block.make_finding("dead_units", message, entries=np.argwhere(dead).tolist()), *rest]


def _describe_zeros(block: Block) -> str:
    """Return words for the wrong entries: whole lines if the gradient is zero all along them."""
    zero = block.gradient == 0.0
    lines = find_lines(block.slopes.wrong)
    if lines is not None and zero[select_lines(zero, *lines)].all():
        return f"in {name_lines(*lines, zero.ndim)}"
    return describe_place(block, block.slopes.wrong)
