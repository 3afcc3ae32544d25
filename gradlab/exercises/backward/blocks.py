"""A gradient judged block by block: which are wrong, where most, and why if that is proved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gradlab.checker.block import Block, Finding, Setting
from gradlab.checker.diagnosis import diagnose
from gradlab.checker.measuring.slopes import Slopes
from gradlab.exercises.marking.values import show_value
from gradlab.support.floats import FloatArray, Mask

# Findings that say where, not why.
_PLACES = frozenset(
    {"some_entries", "some_blocks", "every_block", "backprop_from_layer", "backprop_from_block"}
)


class ReturnedBlock(NamedTuple):
    """A block of a gradient that was returned, beside the right one.

    `got` is an array of any shape and type of number, or None.
    """

    name: str
    parameter: FloatArray
    got: Any
    right: FloatArray


@dataclass(frozen=True)
class JudgedBlock:
    """What is known of a block.

    Attributes
    ----------
    name : str
        W1, b1, W2, ...
    complaint : str
        What is wrong with it, mostly with its worst entry; empty if the block is right.
    findings : tuple of Finding
        Causes that are proved.
    has_right_shape : bool
        Whether its shape is that of its parameter.
    distance : float
        How far the worst entry is off, as a part of the block's largest; inf if there is no entry
        to compare.
    """

    name: str
    complaint: str
    findings: tuple[Finding, ...] = ()
    has_right_shape: bool = True
    distance: float = math.inf

    @property
    def is_wrong(self) -> bool:
        """Whether the block is wrong in any way."""
        return bool(self.complaint)


def judge_blocks(
    returned: Sequence[ReturnedBlock], rows: int, rtol: float, atol: float
) -> list[JudgedBlock]:
    """Judge each block of a gradient.

    Parameters
    ----------
    returned : sequence of ReturnedBlock
        The blocks, in order. They may hold anything.
    rows : int
        The number of rows of the batch, which gives a wrong factor its meaning.
    rtol, atol : float
        How near an entry must come to the right one.

    Returns
    -------
    list of JudgedBlock
        In the same order.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.exercises.backward.blocks import ReturnedBlock, judge_blocks
    >>> right = np.array([0.1, 0.2, 0.3])
    >>> returned = ReturnedBlock("b1", np.zeros(3), 5 * right, right)
    >>> (block,) = judge_blocks([returned], rows=5, rtol=1e-6, atol=1e-9)
    >>> print(block.complaint)
    db1[2] is 1.5; 0.3 is right
    >>> print(block.findings[0].message)
    The gradient is 5 times what it should be (m = 5 rows: a sum where the loss has a mean?).
    """
    measured = {
        block.name: _measure(block, rtol, atol) for block in returned if _is_comparable(block)
    }
    with np.errstate(all="ignore"):
        findings = diagnose(list(measured.values()), Setting(rows=rows))
    judged = []
    for block in returned:
        if block.name not in measured:
            has_right_shape = np.shape(block.got) == block.right.shape
            judged.append(JudgedBlock(block.name, _describe_odd(block), (), has_right_shape))
            continue
        causes = [f for f in findings if f.parameter == block.name and f.kind not in _PLACES]
        known = measured[block.name]
        complaint = _describe_worst(block, known.slopes.wrong)
        with np.errstate(all="ignore"):
            distance = float(known.difference.max() / known.largest)
        judged.append(JudgedBlock(block.name, complaint, tuple(causes), distance=distance))
    return judged


def _is_comparable(block: ReturnedBlock) -> bool:
    """Whether a block holds finite real numbers in the right shape."""
    got = block.got
    return (
        isinstance(got, np.ndarray)
        and got.dtype.kind in "biuf"
        and got.shape == block.right.shape
        and bool(np.isfinite(got).all())
    )


def _measure(block: ReturnedBlock, rtol: float, atol: float) -> Block:
    got = np.asarray(block.got, dtype=np.float64)
    tolerance = atol + rtol * np.abs(block.right)
    nowhere = np.zeros(got.shape, dtype=bool)
    wrong = np.abs(got - block.right) > tolerance
    slopes = Slopes(block.right, tolerance, wrong, nowhere, nowhere)
    return Block(block.name, block.parameter, got, slopes)


def _describe_odd(block: ReturnedBlock) -> str:
    """Say why a block cannot be compared with the right one."""
    got, name = block.got, block.name
    if not isinstance(got, np.ndarray):
        return f"d{name} is not an array of numbers"
    if got.shape != block.right.shape:
        return f"d{name} has shape {got.shape}; {name} has {block.right.shape}"
    if np.iscomplexobj(got):
        return f"d{name} is complex"
    return f"{_name_entry(block, ~np.isfinite(got))} is not finite"


def _describe_worst(block: ReturnedBlock, wrong: Mask) -> str:
    if not wrong.any():
        return ""
    got = np.asarray(block.got, dtype=np.float64)
    distance = np.where(wrong, np.abs(got - block.right), -1.0)
    place = distance == distance.max()
    # Adding 0 turns -0 into 0.
    value, right = got[place][0] + 0.0, block.right[place][0] + 0.0
    for digits in (4, 6, 9, 12, 17):
        shown = show_value(value, digits), show_value(right, digits)
        if shown[0] != shown[1]:
            break
    return f"{_name_entry(block, place)} is {shown[0]}; {shown[1]} is right"


def _name_entry(block: ReturnedBlock, where: Mask) -> str:
    index = np.argwhere(where)[0].tolist()
    return f"d{block.name}{index}" if index else f"d{block.name}"
