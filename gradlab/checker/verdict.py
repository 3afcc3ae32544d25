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
    candidates = np.ones(given.shape, dtype=bool)
    if slopes.wrong.any():
        verdict, candidates = "fail", slopes.wrong
    elif slopes.doubtful.any():
        verdict, candidates = "inconclusive", slopes.doubtful
    worst = _first_largest(np.where(candidates, np.abs(given - slopes.value), -1.0))
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
    known = np.isfinite(measured)
    if not known.any():
        return math.nan
    return distance_ratio(given[known], np.where(zero, given, measured)[known])


def _resolution(block: Block) -> float:
    """Return the largest tolerance of a slope as a part of the block's largest."""
    slopes = block.slopes
    known = np.isfinite(slopes.value) & ~slopes.zero
    if not known.all() and not slopes.zero.any():
        return math.inf
    if not known.any():
        return 0.0
    largest = max(np.abs(slopes.value[known]).max(), np.abs(block.gradient[known]).max())
    tolerance = float(slopes.tolerance[known].max())
    if largest == 0.0:
        return 0.0 if tolerance == 0.0 else math.inf
    return tolerance / float(largest)


def _first_largest(distance: FloatArray) -> int:
    """Return the index of the first nan, else of the first entry that is the largest or a tie.

    Which of two entries is larger by its last digits differs between machines.
    """
    if np.isnan(distance).any():
        return int(np.argmax(np.isnan(distance)))
    return int(np.argmax(distance >= (1.0 - 1e-6) * distance.max()))
