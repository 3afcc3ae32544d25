"""A penalty that the loss has and the gradient lacks, or the other way round.

L2: the gradient lacks c theta. L1: it lacks c sign(theta). Together with a factor there are two
readings, G = f S + e theta: either the penalty is right, and only the rest of the gradient is off
by f, which asks for a penalty e / (1 - f) theta in the loss; or all is off by f, and beside that
e theta is too much.
"""

from __future__ import annotations

import numpy as np

from gradlab.checker.block import Block, Finding, Setting
from gradlab.checker.causes.fits import fit_factor, fit_two
from gradlab.checker.causes.scale import describe_scale, is_factor
from gradlab.checker.places import describe_place, describe_rest, find_lines, select_lines
from gradlab.support.floats import Mask


def find_decay(block: Block) -> list[Finding]:
    """Return the finding that c times the parameter is missing, or too much."""
    return _find_decay(block, np.ones(block.gradient.shape, dtype=bool), "")


def find_scale_and_decay(block: Block, setting: Setting) -> list[Finding]:
    """Return the findings of a factor together with a penalty.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import Setting, make_exact_block
    >>> from gradlab.checker.causes.penalty import find_scale_and_decay
    >>> data, W = np.array([1.0, -2.0, 0.5, 3.0]), np.array([2.0, 1.0, -1.0, 0.5])
    >>> block = make_exact_block("W", W, 3 * data + 0.1 * W, data + 0.1 * W)
    >>> print(*find_scale_and_decay(block, Setting()))  # doctest: +NORMALIZE_WHITESPACE
    W: The gradient, but for a penalty, is 3 times what it should be.
    W: Either an L2 penalty, 0.1 times the parameter, is right in the gradient, and only the
    rest is off by that factor; or the gradient lacks 0.2 times the parameter itself (an L2
    penalty that is in the loss only, or taken of delta in the gradient?).
    """
    return _find_both(block, setting, np.ones(block.gradient.shape, dtype=bool), "")


def find_penalty_in_part(block: Block, setting: Setting) -> list[Finding]:
    """Return the findings of a penalty, or a factor and a penalty, in some rows or columns only.

    A bias that is kept as a column of the weights is such a part: it has no penalty as a rule.
    """
    lines = find_lines(block.slopes.wrong)
    if lines is None:
        return []
    where = select_lines(block.slopes.wrong, *lines)
    place = f" {describe_place(block, where)}"
    return _find_decay(block, where, place) or _find_both(block, setting, where, place)


def find_l1_penalty(block: Block) -> list[Finding]:
    """Return the finding that c times the parameter's sign is missing or too much.

    An L2 penalty on the other side is found as well: a norm in the loss, signs in the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.penalty import find_l1_penalty
    >>> S, w = np.array([1.0, -2.0, 0.5]), np.array([2.0, 1.0, -1.0])
    >>> block = make_exact_block("w", w, S - 0.1 * np.sign(w), S)
    >>> print(*find_l1_penalty(block))  # doctest: +NORMALIZE_WHITESPACE
    w: The gradient lacks 0.1 times the sign of the parameter (an L1 penalty that is only in
    one of the two?).
    """
    V, missing = block.values, block.slopes.value - block.gradient
    signs = np.sign(V)
    # Of one sign only, it is a constant.
    if not (V > 0.0).any() or not (V < 0.0).any() or np.count_nonzero(block.sharp) < 3:
        return []
    if not block.is_proved_by(block.sharp, free=2):
        return []
    c = fit_factor(signs, missing, block.sharp)
    if c and block.explained_by(block.gradient + c * signs):
        return [_describe_l1(block, c, 0.0)]
    pair = fit_two(signs, V, missing, block.sharp)
    if pair is None or np.count_nonzero(block.sharp) < 4:
        return []
    c, d = pair
    if not c or not block.explained_by(block.gradient + c * signs + d * V):
        return []
    return [_describe_l1(block, c, d)]


def _find_decay(block: Block, where: Mask, place: str) -> list[Finding]:
    told = where & block.sharp
    if np.count_nonzero(block.values[where]) < 2 or not block.is_proved_by(told, free=1):
        return []
    c = fit_factor(block.values, block.slopes.value - block.gradient, told)
    if not c or not block.explained_by(block.gradient + np.where(where, c, 0.0) * block.values):
        return []
    rest = f"; {describe_rest(block)}" if place else ""
    message = f"{_say_missing(c)}{place} ({_guess_l2(c)}){rest}."
    return [block.make_finding("weight_decay", message, c)]


def _find_both(block: Block, setting: Setting, where: Mask, place: str) -> list[Finding]:
    G, V = block.gradient, block.values
    told = block.telling & where
    if np.count_nonzero(V[where]) < 2 or np.count_nonzero(told) < 4:
        return []
    if not block.is_proved_by(told, free=2):
        return []
    pair = fit_two(block.slopes.value, V, G, where & block.sharp)
    if pair is None or not is_factor(pair[0]):
        return []
    factor, extra = pair
    if not block.explained_by(np.where(where, (G - extra * V) / factor, G)):
        return []
    scale = describe_scale(block, factor, setting, ", but for a penalty,", place.strip())
    said, guess = _say_missing(-extra), _guess_l2(-extra)
    if factor > 1.0 and extra < 0.0:
        # With (1 + c) delta for delta + c theta, the penalty is missing, and a factor is there.
        guess = "an L2 penalty that is in the loss only, or taken of delta in the gradient?"
    right = extra / (1.0 - factor)
    message = f"{said}{place} ({guess})."
    # A penalty that pulls away from zero is none.
    if right > 0.0:
        message = (
            f"Either an L2 penalty, {right:.4g} times the parameter, is right in the gradient, "
            f"and only the rest is off by that factor; or t{said[1:]}{place} ({guess})."
        )
    return [scale, block.make_finding("weight_decay", message, -extra, right_penalty=right)]


def _say_missing(c: float) -> str:
    times = "" if abs(abs(c) - 1.0) < 1e-3 else f"{abs(c):.4g} times "
    if c > 0.0:
        return f"The gradient lacks {times}the parameter itself"
    return f"The gradient has {times}the parameter itself too much"


def _guess_l2(c: float) -> str:
    if c > 0.0:
        return "an L2 penalty that is in the loss, not in the gradient?"
    return "an L2 penalty counted twice, or put where the loss has none?"


def _describe_l1(block: Block, c: float, d: float) -> Finding:
    signs = f"{abs(c):.4g} times the sign of the parameter"
    message = f"The gradient lacks {signs}" if c > 0.0 else f"The gradient has {signs} too much"
    if d:
        itself = f"{abs(d):.4g} times the parameter itself"
        message += f" and lacks {itself}" if d > 0.0 else f" and {itself} too much"
        if c > 0.0 > d:
            message = f"The gradient lacks {signs} and has {itself} too much"
        guess = "an L1 penalty on one side, an L2 penalty or a norm on the other?"
    else:
        guess = "an L1 penalty that is only in one of the two?"
    return block.make_finding("l1_penalty", f"{message} ({guess}).", c, parameter_missing=d)
