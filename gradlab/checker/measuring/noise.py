"""The noise of a loss: how far its values are off, measured from the values alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradlab.checker.loss import LossOfTheta, silence
from gradlab.checker.measuring.steps import ODD
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray

# Spacings are 2^-j of each entry's unit: from the closest by factors of 16 to the farthest, or,
# while the loss does not move at all, to the widest.
_CLOSEST, _FARTHEST, _WIDEST, _FACTOR = 46, 18, -6, 4
# A quantum of so many units of round-off is not that of float64.
_COARSE_QUANTUM = 2.0**12
# Between these spacings the noise of a coarser part is looked for.
_COARSE, _WIDEST_COARSE, _FINER_FACTOR = 38, 5, 3
# Nearer than this, what two spacings agree on is noise; further away it may be anything.
_FAR = 2
# The loss at theta itself is left out: it is often rounder there than anywhere nearby.
_POSITIONS = np.arange(-7.0, 8.0, 2.0)
# How far an entry is moved at most, in its units.
LONGEST_MOVE = 7.0 * 2.0**-_WIDEST
# With this many entries or fewer, one direction tells as much as two.
_FEW = 16
# Moves by more bits than this would not be exact.
_EXACT = 30
# A loss with more steps than this between two spacings is not known to be quantised.
_MOST_STEPS = 1e5
# A float16 or float32 may move by up to this many digits at a time.
_HALVINGS = 2.0 ** np.arange(7)


@dataclass(frozen=True)
class Noise:
    """What is known of the rounding error of a loss.

    Attributes
    ----------
    sigma : float
        Its standard deviation: at least u times the size of what is rounded, u = 2^-53.
    has_moved : bool
        Whether the loss changed at all where it was looked at.
    is_settled : bool
        Whether two spacings agree on `sigma`, or a quantum was found. Otherwise, as at a kink or
        for exact sums, it is the level at the closest points that moved.
    is_quantised : bool
        Whether the values lie on a grid that is coarser than float64's.
    """

    sigma: float
    has_moved: bool = True
    is_settled: bool = True
    is_quantised: bool = False


def measure_noise(at: LossOfTheta, units: FloatArray) -> Noise:
    """Measure the noise of a loss along random directions.

    The loss is evaluated at equally spaced points, so close together that it is a straight line
    but for its noise, and its fourth differences are taken. Those of independent errors have
    variance ``(1 + 16 + 36 + 16 + 1) sigma^2 = 70 sigma^2`` [1]_. If the points are too close the
    loss repeats itself, and if they are too far apart it curves; in between, the estimate stays
    the same from one spacing to the next, and that one is taken.

    A loss of few digits (a float32, a rounded number) does not move at all at close spacings, so
    it seems to have no noise. Where it begins to move, all its values lie on a grid, and the
    distance q between neighbours shows: rounding to a multiple of q has a standard deviation of
    ``q / sqrt(12)``, and an extrapolated slope is off by at most ``0.83 q / h``. With sigma at
    least q / 4, five sigma / h cover that.

    Parameters
    ----------
    at : LossOfTheta
        The loss, at theta; it is left there.
    units : ndarray of float64, shape (N,)
        The unit of each entry's moves, 0 for entries that are to stay.

    Returns
    -------
    Noise

    References
    ----------
    .. [1] J. J. Moré and S. M. Wild, "Estimating computational noise", SIAM Journal on Scientific
       Computing 33 (2011), 1292-1314. They look for a difference that is flat over the orders;
       here one order is flat over the spacings.
    """
    with silence():
        return _search(at, _draw_directions(units))


def _draw_directions(units: FloatArray) -> FloatArray:
    count = 1 if np.count_nonzero(units) <= _FEW else 2
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (count, units.size))
    # Not all by the same: a softmax, for one, does not move if all its inputs do.
    directions: FloatArray = units * signs * np.resize([1.0, 0.5, 0.25], units.size)
    return directions


def _search(at: LossOfTheta, directions: FloatArray) -> Noise:
    floor = at.rounding
    levels: list[float] = []
    silent: int | None = None
    farthest = _FARTHEST
    for j in range(_CLOSEST, _WIDEST - 1, -_FACTOR):
        if levels and j < farthest:
            break
        values = _values_along(at, directions, j)
        if not np.isfinite(values).all():
            # It moves, to where it has no value.
            return Noise(max([floor, *levels[:1]]), is_settled=False)
        if not levels and _is_constant(values):
            # It says nothing: whatever the loss is rounded to is more than it moves.
            silent = j
            continue
        level = _level(values)
        if silent is not None and not levels:
            farthest = min(farthest, j - 2 * _FACTOR)
            near = _values_at_onset(at, directions, silent, j, values)
            quantum = _find_quantum(near, values, of_two=j < _FAR)
            # A quantum near the round-off of float64 is that round-off.
            if quantum > 8.0 * floor:
                further = _level(_values_along(at, directions, j - _FACTOR))
                # As long as the loss does not curve yet.
                beyond = [some for some in (level, further) if some <= 8.0 * quantum]
                return Noise(max(_level(near), quantum / 4.0, *beyond), is_quantised=True)
        if j < _FAR:
            # Whatever moves only here is no noise, unless its steps are those of a float.
            return Noise(max([floor, *levels[:1]]), has_moved=bool(levels), is_settled=False)
        if levels and 0.0 < level <= 4.0 * levels[-1]:
            quantum = _find_quantum(values, values, of_two=False) if silent is not None else 0.0
            if quantum > _COARSE_QUANTUM * floor:
                return Noise(max(level, levels[-1], quantum / 4.0), is_quantised=True)
            if silent is not None:
                level = max(level, min(_smallest_gap(values) / 4.0, 4.0 * level))
            return Noise(max(floor, _without_jump(values, level, levels[-1], silent)))
        if silent is not None and not levels:
            # Whatever it is that made the loss move, its steps are at least so large.
            level = max(level, _smallest_gap(values) / 4.0)
        levels.append(level)
    return Noise(max([floor, *levels[:1]]), has_moved=bool(levels), is_settled=False)


def find_coarse_noise(at: LossOfTheta, units: FloatArray, sigma: float) -> float:
    """Return the noise of a coarser part of the loss beside a finer one, 0 if there is none.

    Where a part in float64 and a part of few digits depend on the same parameters, the finer one
    alone moves the loss at close spacings, and sets `sigma`. The noise of the coarser one shows at
    wider spacings as a level that is there at once and stays, where that of a smooth loss would
    grow by 8^4 from one to the next, and that of a kink by 8.
    """
    directions = _draw_directions(units)
    visible = 64.0 * sigma
    spacings = range(_COARSE, _WIDEST_COARSE - 1, -_FINER_FACTOR)
    with silence():
        values = [_values_along(at, directions, j) for j in spacings]
    levels = np.array([_level(some) for some in values])
    # A jump or kink at theta itself shows on no side of it.
    beside = np.array([_level_of_sides(some) for some in values])
    shown = np.flatnonzero((levels > visible) & (beside >= levels / 64.0))
    if not shown.size:
        return 0.0
    first = int(shown[0])
    following = levels[first + 1 : first + 4]
    stays = following <= 6.0 * levels[first]
    is_seen_again = np.isin(np.arange(first + 1, first + 4), shown)[: following.size] & stays
    if stays.sum() < 2 or not is_seen_again.any():
        return 0.0
    return float(max(levels[first], following[is_seen_again].max()))


def _values_along(at: LossOfTheta, directions: FloatArray, j: int) -> FloatArray:
    spacing = 2.0**-j * (ODD if j <= _EXACT else 1.0)
    values = [
        at.value_away_from_theta(position * spacing * direction)
        for direction in directions
        for position in _POSITIONS.tolist()
    ]
    return np.reshape(values, (len(directions), _POSITIONS.size))


def _is_constant(values: FloatArray) -> bool:
    return bool((values == values.flat[0]).all())


def _level(values: FloatArray) -> float:
    return root_mean_square(np.diff(values, 4)) / math.sqrt(70.0)


def root_mean_square(values: FloatArray) -> float:
    """Return the root mean square, of numbers of any size."""
    # Divided by the largest first, so that no square overflows.
    largest = float(np.abs(values).max())
    if largest == 0.0 or not np.isfinite(largest):
        return largest
    return float(largest * np.sqrt(np.mean((values / largest) ** 2)))


def _without_jump(values: FloatArray, level: float, before: float, silent: int | None) -> float:
    """Return the level; that of the two sides of theta, if the loss jumps at theta.

    A jump looks alike at every spacing. A quantised loss may look like one, too; but it was silent
    at close spacings.
    """
    beside = _level_of_sides(values)
    return beside if silent is None and beside < level / 64.0 else max(level, before)


def _level_of_sides(values: FloatArray) -> float:
    """Return the level on the two sides of theta, which no jump or kink at theta has a part in."""
    sides = np.stack([np.diff(values[:, :4], 3), np.diff(values[:, 4:], 3)])
    # Third differences of independent errors have variance (1 + 9 + 9 + 1) sigma^2.
    return root_mean_square(sides) / math.sqrt(20.0)


def _smallest_gap(values: FloatArray) -> float:
    gaps = np.diff(np.unique(values))
    return float(gaps.min()) if gaps.size else 0.0


def _values_at_onset(
    at: LossOfTheta, directions: FloatArray, silent: int, j: int, values: FloatArray
) -> FloatArray:
    """Return values at the closest spacing where the loss moves.

    It is constant at the spacing 2^-silent, and moves at 2^-j, where it has these values.
    """
    for closer in range(silent - 1, j, -1):
        near = _values_along(at, directions, closer)
        if np.isfinite(near).all() and not _is_constant(near):
            return near
    return values


def _find_quantum(near: FloatArray, values: FloatArray, of_two: bool) -> float:
    """Return the largest q of which all these values differ by multiples, 0 if there is none.

    Of a rounded number that is the smallest gap between neighbours. A sum in float16 or float32
    may move by several digits at a time; its q is a power of two below that. If `of_two`, nothing
    but a power of two counts.
    """
    grid = np.unique(near)
    gaps = np.diff(grid)
    if not gaps.size:
        return 0.0
    gap = float(gaps.min())
    away = np.unique(np.concatenate([grid, values.ravel()])) - grid[0]
    error = 8.0 * UNIT_ROUNDOFF * float(np.abs(grid).max())
    below = 2.0 ** np.floor(np.log2(gap) + 1e-6)
    candidates = below / _HALVINGS if of_two else (gap, *(below / _HALVINGS))
    # Any two values are on some grid; but not on one of powers of two.
    fits = (q for q in candidates if q != gap or of_two or away.size > 3)
    return next((float(q) for q in fits if _is_on_grid(away, q, error)), 0.0)


def _is_on_grid(away: FloatArray, q: float, error: float) -> bool:
    steps = away / q
    off = np.abs(steps - np.round(steps))
    allowed = np.maximum((np.abs(steps) + 2.0) * error / q, 1e-9)
    is_clear = error < 0.05 * q and np.abs(steps).max() < _MOST_STEPS
    return bool(is_clear and (off <= allowed).all())
