"""Measuring every slope well enough to judge a gradient, if that is possible.

Every entry is measured with the two losses of a central difference. If the gradient is within the
noise of it, the entry is settled. All others are measured with two more losses, which bound the
truncation error, and where that settles nothing, at smaller and at larger steps.
"""

from __future__ import annotations

import numpy as np

from gradlab.checker.measuring.averaging import average
from gradlab.checker.measuring.confirmation import confirm, reconsider_silence
from gradlab.checker.measuring.kinks import find_kinks
from gradlab.checker.measuring.measurement import Measurement
from gradlab.checker.measuring.noise import LONGEST_MOVE
from gradlab.checker.measuring.slopes import NOISE_FACTOR, Slopes
from gradlab.checker.measuring.steps import (
    EXTRAPOLATED,
    FIRST,
    LARGER,
    SMALLER,
    TWICE_EXTRAPOLATED,
    extrapolate,
)
from gradlab.checker.measuring.task import Task
from gradlab.checker.measuring.zeros import settle_constant, settle_zeros
from gradlab.support.floats import Mask

# Where digits are few, these larger steps count even if they cannot settle anything.
_FEW_DIGITS = (13, 9, 5, 3, 1)
# Steps, in scales, at which a loss that never moved is looked at once more.
_FAR = (2.0**3, 2.0**10)
# Moves of all entries together, in their units.
_TOGETHER = (0.5, -0.5, 1.0, -1.0, 4.0, -4.0)
_AROUND = (2.0, 0.5)
# A way over which a part of few digits changes, in the units of the parameters; and by what part
# of it the change may differ from what the gradient predicts, besides its own doubt.
_LONGER, _ROUGHLY = 2.0**-6, 0.1
# The last digit of a float16, as a part of its size.
_FLOAT16 = 2.0**-10
# Noise that is not less than this part of what was thought changes little.
_LESS = 0.5
# After this many larger steps in vain the best one is behind.
_IN_VAIN = 4


def measure_slopes(task: Task) -> Slopes:
    """Return the slopes along all entries, measured as often as it takes."""
    m = Measurement(task)
    central = m.take_central_differences()
    m.look(m.first, ~m.settled, EXTRAPOLATED, central)
    settle_constant(m)
    settle_zeros(m)
    _climb_down(m)
    _climb_up(m, m.is_open())
    _look_around(m)
    _hear_each_entry(m)
    average(m)
    find_kinks(m)
    confirm(m)
    _look_in_own_units(m)
    if _measure_noise_again(m):
        confirm(m)
    if _find_coarse_part(m):
        confirm(m)
    reconsider_silence(m)
    settle_zeros(m)
    _judge_without_noise(m)
    return m.result()


def _climb_down(m: Measurement) -> None:
    for j in SMALLER:
        rows = m.is_open() & (m.is_outside() | ~m.is_noisy())
        if not rows.any():
            return
        h = m.scales * 2.0**-j
        m.look(h, rows & m.is_useful(h), EXTRAPOLATED)


def _climb_up(m: Measurement, entries: Mask) -> None:
    m.looks_in_vain[:] = 0
    for j, following in zip(LARGER, [*LARGER[1:], None], strict=True):
        rows = entries & m.is_open() & (m.is_outside() | m.is_noisy())
        if not rows.any():
            return
        h = m.scales * 2.0**-j
        rows &= m.is_allowed(j) & (m.looks_in_vain < _IN_VAIN)
        # The last step within reach is the best there is, whatever it may be worth.
        useful = m.is_useful(h) | ~m.is_allowed(following)
        if j in _FEW_DIGITS:
            useful |= m.has_few_digits() & m.shows_large_slopes(h)
        m.look(h, rows & useful, TWICE_EXTRAPOLATED)


def _look_around(m: Measurement) -> None:
    """With few digits, look beside the best step as well: much depends on it there."""
    rows = m.is_open() & ~m.is_outside() & m.has_few_digits()
    if not rows.any():
        return
    best = m.step.copy()
    for factor in _AROUND:
        h = factor * best
        m.look(h, rows & m.is_open() & (h <= m.scales), TWICE_EXTRAPOLATED)


def _hear_each_entry(m: Measurement) -> None:
    """Measure entries in doubt anew where the loss has less noise along them than as a whole.

    Of what was called wrong with few digits, too: smaller steps come within reach.
    """
    if m.task.noise_of_entries is None:
        return
    doubtful = m.is_open() | (m.wrong if m.task.bits is not None else False)
    index = np.flatnonzero(doubtful)
    if not index.size:
        return
    sigma = m.task.noise_of_entries(index)
    is_less = (sigma > 0.0) & (sigma < _LESS * m.sigma[index])
    again = np.zeros_like(m.wrong)
    again[index[is_less]] = True
    m.sigma[again] = sigma[is_less]
    if again.any():
        _begin_again(m, again)


def _look_in_own_units(m: Measurement) -> None:
    """Measure entries that are small beside the others of their block by their own size."""
    small = m.units < m.scales / 8.0
    if not (m.is_open() & small).any():
        return
    for j in (FIRST, *SMALLER, *LARGER):
        h = m.units * 2.0**-j
        rows = m.is_open() & small
        if j in SMALLER:
            rows &= m.is_outside() | ~m.is_noisy()
        if j in LARGER:
            rows &= (m.is_outside() | m.is_noisy()) & (h <= m.scales * 2.0**-FIRST)
        m.look(h, rows, EXTRAPOLATED)
    confirm(m)


def _measure_noise_again(m: Measurement) -> bool:
    """Measure the noise along doubtful entries alone; where it is more, begin again.

    A part of the loss with few digits does not move, and so shows no noise, where another does.
    """
    suspects = (m.wrong | m.is_open()) & m.was_silent & (m.gradient != 0.0)
    suspects |= m.is_granular & ~m.settled
    # What is rounded as a whole hides no part of fewer digits.
    if m.task.noise.is_quantised or not suspects.any():
        return False
    again = _find_noisier(m, suspects)
    if not again.any():
        return False
    _begin_again(m, again)
    return True


def _find_coarse_part(m: Measurement) -> bool:
    """Look for a part of few digits beside a finer one that depends on the same parameters.

    At close spacings the finer part alone moves. So it is looked for where something seems to be
    wrong, and where the gradient does not predict how the loss changes over a longer way.
    """
    coarse_noise_along = m.task.coarse_noise_along
    if coarse_noise_along is None or m.task.noise.is_quantised:
        return False
    suspects = m.wrong.copy()
    if not suspects.any():
        if _predicts_change(m):
            return False
        suspects[:] = True
    sigma = coarse_noise_along(suspects)
    again = suspects & (sigma > 4.0 * m.sigma)
    if not again.any():
        return False
    m.sigma[again] = sigma
    _begin_again(m, again)
    return True


@np.errstate(all="ignore")
def _predicts_change(m: Measurement) -> bool:
    """Return whether the gradient predicts the change of the loss along a direction, roughly."""
    if m.task.change is None:
        return True
    signs = np.random.default_rng(1).choice([-1.0, 1.0], m.units.size)
    direction = m.units * signs
    h = np.array([_LONGER])
    moves = h[:, None] * EXTRAPOLATED
    losses = np.array([[m.task.change(float(move) * direction) for move in moves[0]]])
    slope, truncation, kink = extrapolate(moves, losses, h)
    apart = abs(float(slope[0] - m.gradient @ direction))
    size = float(np.linalg.norm(m.gradient * direction) + abs(float(slope[0])))
    doubt = abs(float(truncation[0])) + abs(float(kink[0])) + NOISE_FACTOR * m.sigma.max() / h[0]
    return not apart > 2.0 * doubt + _ROUGHLY * size


def _begin_again(m: Measurement, again: Mask) -> None:
    """Measure entries anew whose noise is larger than was thought."""
    for mask in (m.wrong, m.confirmed, m.kink, m.settled, m.zero, m.was_silent):
        mask[again] = False
    rows = np.flatnonzero(again)
    m.keep(rows, np.zeros(rows.size), np.full(rows.size, np.inf), m.first[rows])
    m.look(m.first, again, EXTRAPOLATED)
    _climb_up(m, again)
    _look_around(m)
    average(m)


def _find_noisier(m: Measurement, suspects: Mask) -> Mask:
    """Return the suspects along which the loss has more noise, block by block."""
    again, unclear = np.zeros_like(suspects), np.zeros_like(suspects)
    if m.task.noise_along is None:
        return again
    for start, end in zip(m.task.starts, [*m.task.starts[1:], suspects.size], strict=True):
        part = np.zeros_like(suspects)
        part[start:end] = suspects[start:end]
        if not part.any():
            continue
        noise = m.task.noise_along(part)
        # A unit that was dead may come to life far away, which no two spacings agree on.
        is_noise = noise.is_settled or m.is_granular[part].any()
        if not noise.has_moved:
            _hear_nothing(m, part)
        if not is_noise:
            unclear |= part
        elif noise.sigma > 4.0 * m.sigma[part].max():
            # What moved may have moved by rounding alone.
            part[start:end] |= (m.wrong | m.is_open())[start:end]
            m.sigma[part] = noise.sigma
            again |= part
    if again.any():
        # What lies in the same part of few digits may be hidden altogether.
        m.sigma[unclear] = np.maximum(m.sigma[unclear], m.sigma[again].max())
        again |= unclear
    return again


def _hear_nothing(m: Measurement, entries: Mask) -> None:
    """Take back what was called wrong along entries that never move the loss.

    They stay wrong if the gradient predicts a change that even a float16 inside would show.
    """
    predicted = np.abs(m.gradient) * m.units * LONGEST_MOVE
    rows = entries & m.wrong & (predicted < _FLOAT16 * m.task.size_nearby())
    m.wrong[rows] = m.confirmed[rows] = False
    m.tolerance[rows] = 4.0 * np.abs(m.gradient[rows])


def _judge_without_noise(m: Measurement) -> None:
    """Decide little if the loss did not move at all where its noise was looked for.

    It may be constant, or of so few digits that nothing shows. Entries along which it does not
    move much further away either are constant: there a gradient of 0 passes, and one that predicts
    a change far larger than the loss is wrong.
    """
    if m.task.noise.has_moved:
        return
    everything = np.arange(m.value.size)
    for far in _FAR:
        m.has_moved |= (m.evaluate(everything, m.scales * far, EXTRAPOLATED)[1] != 0.0).any(axis=1)
    change = m.task.change
    if change is not None and any(change(part * m.units) != 0.0 for part in _TOGETHER):
        # Along no entry alone, but along all of them.
        m.has_moved[:] = True
    predicted = np.abs(m.gradient) * m.scales
    size = m.task.size_nearby()
    is_large = predicted > 8.0 * size
    is_clear = ~m.has_moved & ((m.gradient == 0.0) | is_large)
    constant = np.flatnonzero(is_clear & (m.gradient != 0.0))
    m.wrong[constant] = True
    m.keep(constant, np.zeros(constant.size), np.zeros(constant.size), m.scales[constant])
    rows = np.flatnonzero(~is_clear)
    for mask in (m.wrong, m.confirmed, m.settled, m.zero):
        mask[rows] = False
    largest = np.maximum(np.abs(m.gradient), np.abs(m.value))
    m.tolerance[rows] = np.maximum(4.0 * largest, m.sigma / m.units)[rows]
