"""The verdict on one block: whether it passes, its worst entry, and how well it was measured."""

from __future__ import annotations

import math

import numpy as np

from gradlab.checker.diagnosis import Block
from gradlab.checker.norms import distance_ratio
from gradlab.checker.report import BlockReport, Verdict
from gradlab.support.floats import FloatArray, Index, Mask


def judge_block(block: Block, shape: tuple[int, ...], places: Index | None) -> BlockReport:
    """Return the row of a block.

    Parameters
    ----------
    block : Block
        What was measured.
    shape : tuple of int
        The shape of the whole block.
    places : ndarray of int or None
        The entries that were measured; None for directions.
    """
    given, slopes = block.gradient, block.slopes
    verdict: Verdict = "pass"
    distance = np.abs(given - slopes.value)
    if slopes.wrong.any():
        verdict, distance = "fail", np.where(slopes.wrong, distance, -1.0)
    elif slopes.doubtful.any():
        verdict, distance = "inconclusive", np.where(slopes.doubtful, distance, -1.0)
    worst = _first_largest(distance)
    index: tuple[int, ...] = ()
    if places is not None:
        index = tuple(int(k) for k in np.unravel_index(places[worst], shape))
    return BlockReport(
        name=block.name,
        shape=shape,
        verdict=verdict,
        difference=ratio_of_measured(given, slopes.value, slopes.zero),
        worst=index,
        analytic=float(given.flat[worst]),
        numeric=float(slopes.value.flat[worst]),
        tolerance=float(slopes.tolerance.flat[worst]),
        wrong=int(slopes.wrong.sum()),
        measured=given.size,
        resolution=_resolution(block),
    )


def ratio_of_measured(given: FloatArray, measured: FloatArray, zero: Mask) -> float:
    """Return the customary ratio over the entries whose slope could be measured, if any.

    Entries that are zero count as equal: their ratio would be one of rounding errors.
    """
    if zero.any():
        measured = np.where(zero, given, measured)
    known = np.isfinite(measured)
    if known.all():
        return distance_ratio(given, measured)
    return distance_ratio(given[known], measured[known]) if known.any() else math.nan


def _resolution(block: Block) -> float:
    """Return the largest tolerance of a slope as a part of the block's largest."""
    slopes = block.slopes
    known = np.isfinite(slopes.value) & ~slopes.zero
    if not known.all() and not slopes.zero.any():
        return math.inf
    if not known.any():
        return 0.0
    sizes = np.maximum(np.abs(slopes.value), np.abs(block.gradient))
    largest = float(sizes.max(initial=0.0, where=known))
    tolerance = float(slopes.tolerance.max(initial=0.0, where=known))
    if largest == 0.0:
        return 0.0 if tolerance == 0.0 else math.inf
    return tolerance / largest


def _first_largest(distance: FloatArray) -> int:
    """Return the index of the first nan, else of the first entry that is the largest or a tie.

    Which of two entries is larger by its last digits differs between machines.
    """
    if np.isnan(distance).any():
        return int(np.argmax(np.isnan(distance)))
    return int(np.argmax(distance >= (1.0 - 1e-6) * distance.max()))
