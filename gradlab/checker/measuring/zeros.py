"""Slopes that are zero: exactly, or beside the others."""

from __future__ import annotations

import numpy as np

from gradlab.checker.measuring.measurement import Measurement, is_multiple_of_large_power
from gradlab.checker.measuring.slopes import NOISE_FACTOR
from gradlab.checker.measuring.steps import EXTRAPOLATED, LONGEST, TWICE_EXTRAPOLATED
from gradlab.support.floats import FloatArray, Mask

# A slope, times its parameter's scale, that is at most this part of the yardstick is zero.
ZERO = 1e-10
# Steps s 2^-j at which zeros are measured, the most telling first.
_STEPS = (8, 5, 11, 2)
# A loss that is the same on both sides, bit by bit, at both of these steps has slope 0.
_NEAR, _FAR = 8, 2
# Further away, a unit that was dead may come to life, which changes the loss by this many sigma.
_ALIVE = 1e3


@np.errstate(all="ignore")
def settle_constant(m: Measurement) -> None:
    """Settle entries along which the loss does not move by a bit, and should not."""
    index = np.flatnonzero(m.is_open() & (m.gradient == 0.0) & (m.value == 0.0))
    if not index.size:
        return
    losses = m.evaluate(index, m.scales[index] * 2.0**-_NEAR, EXTRAPOLATED)[1]
    S = losses[:, ::2] + losses[:, 1::2]
    # A function that is saturated on both sides is even and not constant.
    is_flat = np.abs(S[:, 1] - 4.0 * S[:, 0]) <= 0.1 * np.abs(S[:, 1]) + 4.0 * m.sigma[index]
    index = index[_is_even(losses) & is_flat]
    losses = m.evaluate(index, m.scales[index] * 2.0**-_FAR, EXTRAPOLATED)[1]
    # A loss that only just begins to move was moving all the time, by less than a bit.
    is_alive = np.abs(losses).max(axis=1, initial=0.0) > _ALIVE * m.sigma[index]
    is_granular = is_alive & is_multiple_of_large_power(losses, m.sigma[index])
    m.is_granular[index] |= is_granular
    m.settled[index] = _is_even(losses) | (is_alive & ~is_granular)


def _is_even(losses: FloatArray) -> Mask:
    return np.asarray((losses[:, ::2] == losses[:, 1::2]).all(axis=1))


@np.errstate(all="ignore")
def settle_zeros(m: Measurement) -> None:
    """Settle slopes that are zero beside the whole gradient, or beside the slopes nearby.

    Gradient and slope, times the scale, must be at most ZERO of the yardstick (see
    `Measurement.yardstick`), as far as can be measured. Where the whole gradient is exactly zero,
    a loss that is constant to within its noise is enough.
    """
    if not m.is_open().any():
        return
    is_all_zero = not m.gradient.any()
    rows = _find_candidates(m, is_all_zero)
    if not rows.any():
        return
    again = rows & ~m.was_sought
    m.was_sought |= rows
    # Anew where the step was larger than a quarter of the scale: a loss may be the same again a
    # period away.
    far = again & (m.step > m.scales / 4.0)
    kept = m.value[far], m.tolerance[far], m.step[far]
    m.value[far], m.tolerance[far], m.step[far] = 0.0, np.inf, np.inf
    for j in _STEPS:
        is_near = m.tolerance * _reach(m) > 0.1 * ZERO * m.yardstick()
        m.look(m.scales * 2.0**-j, again & is_near & ~m.wrong, TWICE_EXTRAPOLATED)
    lost = far & ~np.isfinite(m.tolerance)
    m.value[lost], m.tolerance[lost], m.step[lost] = (known[lost[far]] for known in kept)
    rows &= ~lost & ~m.is_granular & ~m.wrong & ~m.is_outside() & np.isfinite(m.tolerance)
    zero = rows & (m.tolerance * _reach(m) <= ZERO * m.yardstick())
    if is_all_zero and _is_noise_alone(m):
        zero |= rows & (m.tolerance * m.scales <= 64.0 * m.sigma)
    m.zero |= zero
    m.settled |= zero


def _is_noise_alone(m: Measurement) -> bool:
    """Return whether the loss is on no grid that hides a slope, or is nothing but noise nearby."""
    noise = m.task.noise
    return not noise.is_quantised or m.task.size_nearby() <= 8.0 * noise.sigma


def _reach(m: Measurement) -> FloatArray:
    """Return how far each entry is moved to say that a slope is zero.

    Parameters may be tiny where the loss varies over a unit.
    """
    reach: FloatArray = np.maximum(m.scales, LONGEST)
    return reach


def _find_candidates(m: Measurement, is_all_zero: bool) -> Mask:
    """Return open entries whose gradient and slope are zero to within the tolerance."""
    yardstick = m.yardstick()
    size = np.maximum(np.abs(m.gradient), np.abs(m.value))
    rows: Mask = m.is_open() & ~m.is_outside() & np.isfinite(m.tolerance)
    rows &= (size <= 4.0 * m.tolerance) | (size * _reach(m) <= ZERO * yardstick)
    rows &= ~m.is_granular
    if is_all_zero:
        return rows
    # A step beyond the scale on which the loss varies makes a large slope look small; and with
    # few digits, nothing is known to be zero.
    rows &= m.tolerance * _reach(m) <= 1e-2 * yardstick
    rows &= NOISE_FACTOR * m.sigma <= 1e-9 * yardstick
    return rows
