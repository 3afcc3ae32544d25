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
    part = _round_up(row.resolution)
    reached = f"its slopes could be measured to within {part} of its largest entry"
    return f"{reached}, and {RESOLUTION:.0e} is needed"


def describe_precision(rows: Sequence[BlockReport], bits: int, reason: str) -> list[str]:
    """Say in which type of floats all was computed, why, and how well slopes are known in it."""
    reached = [f"{_round_up(row.resolution)} in {row.name}" for row in rows]
    return [
        f"Computed in {NAMES[bits]}{', ' if reason else ''}{reason}. Slopes were measured to "
        f"within these parts of each block's largest entry: {', '.join(reached)}."
    ]


def _round_up(part: float) -> str:
    """Return a power of ten, because the digits differ between machines; or what is needed."""
    if not 0.0 < part < 1.0:
        return "0" if part == 0.0 else "not at all"
    power = math.ceil(math.log10(part))
    return "5e-4" if RESOLUTION / 5.0 < part <= RESOLUTION else f"1e{power}"


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
