"""What a report must say about its own limits: what was not resolved, what cannot show here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gradlab.checker.diagnosis import Block
from gradlab.checker.measuring.slopes import RESOLUTION
from gradlab.checker.measuring.zeros import ZERO
from gradlab.checker.report import BlockReport
from gradlab.checker.significand import NAMES


def describe_resolution(rows: Sequence[BlockReport]) -> list[str]:
    """Say of each inconclusive block how well it could be measured."""
    return [f"{row.name}: {_reach(row)}." for row in rows if row.verdict == "inconclusive"]


def _reach(row: BlockReport) -> str:
    if math.isnan(row.numeric):
        return "the loss has no finite value near the parameters along some entry"
    if row.resolution <= RESOLUTION:
        return "its gradient looks wrong, but no smaller step could confirm it"
    if not math.isfinite(row.resolution) or row.resolution >= 1.0:
        return "its slopes could not be told from zero"
    part = _power_of_ten(row.resolution)
    reached = f"its slopes could be measured to within {part} of its largest entry"
    return f"{reached}, and {RESOLUTION:.0e} is needed"


def describe_precision(rows: Sequence[BlockReport], bits: int) -> list[str]:
    """Say in which type of floats all was computed, and how well the slopes are known in it."""
    reached = [f"{_power_of_ten(row.resolution)} in {row.name}" for row in rows]
    return [
        f"Computed in {NAMES[bits]}. Slopes were measured to within these parts of each block's "
        f"largest entry: {', '.join(reached)}."
    ]


def _power_of_ten(part: float) -> str:
    # Its digits differ between machines.
    if not 0.0 < part < 1.0:
        return "0" if part == 0.0 else "nothing"
    return f"1e{math.ceil(math.log10(part))}"


def describe_zeros(blocks: Sequence[Block]) -> list[str]:
    """Say which slopes count as zero, and beside what."""
    counts = [(block.name, int(block.slopes.zero.sum()), block.gradient.size) for block in blocks]
    names = [f"{name} ({count} of {size})" for name, count, size in counts if count]
    if not names:
        return []
    return [
        f"Zero to within {ZERO:.0e} of the largest slope, each times its parameter's size: "
        f"{', '.join(names)}."
    ]


def describe_blind_spots(blocks: Sequence[Block], of_data: Sequence[str]) -> list[str]:
    """Say what is 0, equal or single at this point, and so may hide a mistake.

    Parameters
    ----------
    blocks : sequence of Block
        What was measured of each.
    of_data : sequence of str
        What is single or zero in the data, in words.
    """
    spots: list[str] = []
    for block in blocks:
        values, gradient = block.values, block.gradient
        entries = "entries" if block.whole else "measured entries"
        if not values.any():
            spots.append(f"all {entries} of {block.name} are 0")
        elif values.size > 1 and (values == values.flat[0]).all():
            spots.append(f"all {entries} of {block.name} are equal")
        exact = int(np.count_nonzero(gradient == 0.0))
        if exact:
            of = f"{gradient.size} {entries} of {block.name}"
            spots.append(f"the gradient is 0 in {exact} of {of}")
    spots += of_data
    if not spots:
        return []
    return [
        "This point may hide mistakes that are multiplied by 0, or alike for all entries: "
        f"{'; '.join(spots)}."
    ]
