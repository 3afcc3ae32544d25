"""No entry is called wrong unless the smallest step that can tell says so, too."""

from __future__ import annotations

import numpy as np

from gradlab.checker.measuring.measurement import LONGEST_FOR_WRONG, Measurement
from gradlab.checker.measuring.slopes import NOISE_FACTOR
from gradlab.checker.measuring.steps import EXTRAPOLATED, FIRST, SMALLEST
from gradlab.support.floats import FloatArray, Index, Mask

# A step can tell if its tolerance is at most this part of the distance to be confirmed.
_TELLING = 0.6
# How often an entry that was refuted and looks wrong again is confirmed again.
_ROUNDS = 4
# Steps of a confirmation are doubled, those of a walk up multiplied by 8, at most this often.
_DOUBLINGS, _STEPS_UP = 12, 20
# Steps s 2^-j at which the stairs of a rounded parameter are climbed.
_STAIRS = (8, 5, 2, -1, -3)


def confirm(m: Measurement) -> None:
    """Keep `wrong` only where the slope stays the same down to the smallest step that can tell.

    That is the smallest whose noise is below a quarter of the distance from the gradient. Kinks
    on both sides of theta, one up and one down, look like a straight line of another slope to
    every step that reaches across both.
    """
    for _ in range(_ROUNDS):
        rows = m.wrong & ~m.confirmed
        if not rows.any():
            return
        m.kink[rows] = False
        refuted = _confirm_once(m, np.flatnonzero(rows))
        m.confirmed |= rows & m.wrong
        _walk_up(m, refuted)
    # What looked wrong again each time is not confirmed.
    m.wrong &= m.confirmed


@np.errstate(all="ignore")
def reconsider_silence(m: Measurement) -> None:
    """Take back what was called wrong because the loss did not move, where larger steps agree.

    A loss of parameters that are rounded inside is a staircase: it is constant up to the next step
    of the stairs, and has the slope of the gradient beyond. That of a dead unit has another slope,
    or one on one side only.
    """
    rows = m.wrong & m.is_silent
    for j in _STAIRS:
        index = np.flatnonzero(rows & m.wrong)
        if not index.size:
            return
        h = m.scales[index] * 2.0**-j
        moves, losses = m.evaluate(index, h, EXTRAPOLATED)
        slope, tolerance = m.measure(index, h, moves, losses)
        gradient = m.gradient[index]
        agree = np.abs(slope - gradient) <= tolerance + m.allowance()[index]
        climbs = agree & (losses != 0.0).any(axis=1) & (tolerance <= np.abs(gradient) / 2.0)
        m.wrong[index[climbs]] = m.confirmed[index[climbs]] = False
        m.keep(index[climbs], slope[climbs], tolerance[climbs], h[climbs])


@np.errstate(all="ignore")
def _confirm_once(m: Measurement, index: Index) -> Mask:
    """Confirm or take back these entries, and return what was taken back."""
    refuted: Mask = np.zeros_like(m.wrong)
    distance = m.distance()[index]
    h = _smallest_telling_step(m, index, distance)
    for _ in range(_DOUBLINGS):
        is_confirmed, is_open = _try_step(m, index, h, distance)
        off = index[~is_confirmed & ~is_open]
        m.wrong[off] = False
        refuted[off] = True
        index, h, distance = index[is_open], 2.0 * h[is_open], distance[is_open]
        if not index.size:
            return refuted
    m.wrong[index] = False
    return refuted


def _smallest_telling_step(m: Measurement, index: Index, distance: FloatArray) -> FloatArray:
    scales, units = m.scales[index], m.units[index]
    j = np.floor(np.log2(distance / 4.0 * scales / (NOISE_FACTOR * m.sigma[index])))
    largest_j = SMALLEST + np.log2(scales / units)
    h = scales * 2.0 ** -np.clip(j, -np.log2(LONGEST_FOR_WRONG), largest_j)
    # Not the points that looked wrong: beyond several kinks, two large steps agree. With few
    # digits a much smaller step could not tell anything.
    apart = np.where(m.has_few_digits()[index], 2.0, 4.0)
    smaller: FloatArray = np.minimum(h, m.step[index] / apart)
    return smaller


def _try_step(
    m: Measurement, index: Index, h: FloatArray, distance: FloatArray
) -> tuple[Mask, Mask]:
    """Measure with the steps `h`; return where that confirms, and where a larger step may tell.

    Everywhere else the entry is not wrong, as far as can be told. What is known of it then stays
    finite: the more uncertain of both measurements if they agree, else the one just made.
    """
    moves, losses = m.evaluate(index, h, EXTRAPOLATED)
    slope, tolerance = m.measure(index, h, moves, losses)
    value, old_tolerance = m.value[index], m.tolerance[index]
    allowed = m.allowance()[index]
    apart = np.abs(slope - value)
    agree = apart <= tolerance + old_tolerance
    can_tell = tolerance <= _TELLING * distance
    # Sides that differ by about as much: a kink nearer than can be told.
    noise = NOISE_FACTOR * m.sigma[index] / h
    is_even = ~(_difference_of_sides(losses, h) > distance / 2.0)
    # The rounding of the loss at theta alone makes sides differ, at one step as at no other.
    is_blurred = noise > distance / 8.0
    is_confirmed = (
        agree
        & can_tell
        & is_even
        & (np.abs(slope - m.gradient[index]) > tolerance + allowed)
        & (apart <= np.maximum(distance / 4.0, old_tolerance))
    )
    # What does not shrink with the step is noise, and more than was thought.
    grows = agree & ~is_confirmed & (tolerance >= distance)
    old_tolerance = np.maximum(old_tolerance, np.where(grows, tolerance * h / m.step[index], 0.0))
    m.tolerance[index] = old_tolerance
    is_open = (
        agree
        & ~is_confirmed
        & (~can_tell & is_even | ~is_even & is_blurred)
        & (h < m.step[index] / 7.9)
        & (distance > old_tolerance + allowed)
    )
    off = ~is_confirmed & ~is_open
    keeps_value = agree & (tolerance > old_tolerance)
    m.keep(
        index[off],
        np.where(keeps_value, value, slope)[off],
        np.where(agree, np.maximum(tolerance, old_tolerance), tolerance)[off],
        h[off],
    )
    return is_confirmed, is_open


def _difference_of_sides(losses: FloatArray, h: FloatArray) -> FloatArray:
    """Return by how much the slopes to the right and to the left differ, curvature aside."""
    S = losses[:, ::2] + losses[:, 1::2]
    return np.asarray(np.abs(4.0 * S[:, 0] - S[:, 1]) / (2.0 * h))


def _walk_up(m: Measurement, rows: Mask) -> None:
    """From a small step that tells something to larger ones, as far as it gets better."""
    rows = rows.copy()
    h = m.step.copy()
    for _ in range(_STEPS_UP):
        rows &= m.is_open()
        if not rows.any():
            return
        h = np.where(rows, 8.0 * h, h)
        rows &= h <= 8.0 * m.scales
        before = m.tolerance.copy()
        m.look(h, rows, EXTRAPOLATED)
        # Once it gets worse, it has reached past what it should not.
        rows &= (m.tolerance < before) | (h <= m.scales * 2.0**-FIRST)
