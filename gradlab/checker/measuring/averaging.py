"""Averages over several steps, where the noise of a loss with few digits is all that is left."""

from __future__ import annotations

import numpy as np

from gradlab.checker.measuring.measurement import Measurement
from gradlab.checker.measuring.slopes import NOISE_FACTOR
from gradlab.checker.measuring.steps import TWICE_EXTRAPOLATED, extrapolate

# Steps, in parts of the best one: so far apart that each meets other rounding errors.
_PARTS = 1.0 + 0.0713 * np.arange(8)


@np.errstate(all="ignore")
def average(m: Measurement) -> None:
    """Average over eight steps near the best one, where that can settle an entry.

    Rounding errors at different steps are independent, so the average has less than half of their
    noise; and so have the differences that bound its truncation error.
    """
    gain = np.sqrt(_PARTS.size)
    rows = m.is_open() & ~m.is_outside()
    if not rows.any():
        return
    is_near = m.tolerance <= gain * m.required_tolerance()
    index = np.flatnonzero(rows & m.has_few_digits() & is_near)
    if not index.size:
        return
    h = m.step[index] / _PARTS[_PARTS.size // 2]
    sums = np.zeros((3, index.size))
    for part in _PARTS.tolist():
        moves, losses = m.evaluate(index, part * h, TWICE_EXTRAPOLATED)
        sums += np.stack(extrapolate(moves, losses, part * h))
    slope, truncation, kink = sums / _PARTS.size
    blur = NOISE_FACTOR * m.sigma[index] / (gain * h)
    tolerance = np.abs(truncation) + np.abs(kink) + blur
    agree = np.abs(slope - m.value[index]) <= tolerance + m.tolerance[index]
    better = agree & (tolerance < m.tolerance[index])
    m.keep(index[better], slope[better], tolerance[better], h[better])
