"""Slopes of a loss, each with the error that it may have.

A central difference is wrong for two reasons. Truncation: the loss is not a parabola between the
points. Rounding: the loss is only known up to its noise sigma, which the division by h enlarges.
Both are measured here, not assumed, so that a gradient can be compared with each slope to within
that slope's own tolerance.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.parameters import FloatArray, ravel_with_views

UNIT_ROUNDOFF = 2.0**-53
# A slope counts as known if its tolerance is at most this part of the block's largest slope.
RESOLUTION = 5e-4
# Tolerances allow for this many sigma / h. The extrapolated slope has a standard deviation of
# 0.95 sigma / h, so that not one in a million slopes is off by more.
NOISE_FACTOR = 5.0

# Steps are s 2^-j. The first suits a smooth loss with noise near u; the smaller ones get out of
# the way of a kink, the larger ones out of the noise.
FIRST = 17
SMALLER = (20, 23, 26, 29, 32, 35, 38)
LARGER = (16, 14, 11, 8, 5, 2, -1, -4, -7, -10)
# From this step on, a loss that is the same on both sides, bit by bit, has slope 0.
LARGE = 8
# Parameters may be tiny where the loss varies over a unit; so steps may exceed them, up to here.
LONGEST = 2.0**-5


class LossAt:
    """The loss as a function of a theta of its own, whose entries may be moved in place.

    Attributes
    ----------
    theta : ndarray of float64, shape (N,)
        Where the next call evaluates the loss.
    evaluations : int
        How many calls there were.
    """

    def __init__(self, loss: Callable[[Any], Any], params: Any) -> None:
        self.theta, view = ravel_with_views(params)
        self.evaluations = 0
        self._loss = loss
        self._params = view(self.theta)

    def __call__(self) -> float:
        """Return the loss at theta; raise TypeError or ValueError unless it is a real number."""
        self.evaluations += 1
        value = self._loss(self._params)
        return value if isinstance(value, float) else _real_scalar(value)


def _real_scalar(value: Any) -> float:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        kind = type(value).__name__ if array.dtype.kind == "O" else array.dtype
        raise TypeError(f"the loss is of type {kind}; it needs to be one real number")
    if array.shape != ():
        raise ValueError(f"the loss has shape {array.shape}; it needs to be one real number")
    return float(array)


def step_scales(theta: FloatArray, starts: list[int]) -> FloatArray:
    """Return a power of two for each entry, at least its size and the typical size of its block.

    The typical size is the root of the mean square; where a whole block is zero, 1.
    """
    sizes = np.diff([*starts, theta.size])
    largest = np.maximum.reduceat(np.abs(theta), starts)
    # Divided by the largest entry first, so that no square under- or overflows.
    unit = np.where(largest > 0.0, largest, 1.0)
    squares = (theta / np.repeat(unit, sizes)) ** 2
    typical = unit * np.sqrt(np.add.reduceat(squares, starts) / sizes)
    typical[typical == 0.0] = 1.0
    _, exponents = np.frexp(np.maximum(np.abs(theta), np.repeat(typical, sizes)))
    # The bounds keep the steps themselves within float64.
    scales: FloatArray = np.ldexp(1.0, np.clip(exponents, -960, 1020))
    return scales


def loss_noise(at: LossAt, scales: FloatArray) -> float:
    """Estimate the noise of the loss: the standard deviation of its rounding error.

    The loss is evaluated at equally spaced points along random directions, so close together that
    it is a straight line but for its noise, and its fourth differences are taken. Those of
    independent errors have variance ``(1 + 16 + 36 + 16 + 1) sigma^2 = 70 sigma^2`` [1]_. If the
    points are too close the loss repeats itself, and if they are too far apart it curves; between
    the two the estimate stays the same from one spacing to the next, and that one is taken.

    Parameters
    ----------
    at : LossAt
        The loss, at theta; it is left there.
    scales : ndarray of float64, shape (N,)
        The unit of each entry's moves: powers of two, so that the moves are exact.

    Returns
    -------
    float
        At least u times the size of the loss, u = 2^-53.

    References
    ----------
    .. [1] J. J. Moré and S. M. Wild, "Estimating computational noise", SIAM Journal on Scientific
       Computing 33 (2011), 1292-1314. They look for a difference that is flat over the orders;
       here one order is flat over the spacings, which also notices a float32 inside the loss.
    """
    theta = at.theta.copy()
    rng = np.random.default_rng(0)
    directions = scales * rng.choice([-1.0, 1.0], (3, theta.size))
    # theta itself is left out: losses are often rounder there than anywhere near.
    positions = np.arange(-7.0, 8.0, 2.0)
    floor = UNIT_ROUNDOFF * abs(at())
    levels: list[float] = []
    for j in range(46, 14, -4):
        values = np.empty((len(directions), len(positions)))
        for row, direction in enumerate(directions):
            for column, position in enumerate(positions.tolist()):
                at.theta[:] = theta + (position * 2.0**-j) * direction
                values[row, column] = at()
        at.theta[:] = theta
        with np.errstate(all="ignore"):
            level = float(np.sqrt(np.mean(np.diff(values, 4) ** 2) / 70.0))
        if not np.isfinite(level):
            break
        if levels and 0.0 < level <= 4.0 * levels[-1]:
            return max(floor, level, levels[-1])
        levels.append(level)
    # Never flat, as on a kink or for exact sums: the closest points show the noise best.
    return max([floor, *levels[:1]])


@dataclass
class Slopes:
    """The slope along each entry of theta, with its error.

    Attributes
    ----------
    value : ndarray of float64, shape (N,)
        The slope; nan where the loss was not finite at any step.
    tolerance : ndarray of float64, shape (N,)
        How far the true derivative may be from `value`.
    wrong : ndarray of bool, shape (N,)
        The gradient is further from the slope than the tolerance, at two steps that agree.
    doubtful : ndarray of bool, shape (N,)
        Neither wrong nor known well enough to be called right.
    """

    value: FloatArray
    tolerance: FloatArray
    wrong: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]

    def block(self, start: int, shape: tuple[int, ...]) -> Slopes:
        """Return the part that begins at entry `start`, in the shape of its block."""
        part = slice(start, start + math.prod(shape))
        return Slopes(
            self.value[part].reshape(shape),
            self.tolerance[part].reshape(shape),
            self.wrong[part].reshape(shape),
            self.doubtful[part].reshape(shape),
        )


def unknown_slopes(size: int) -> Slopes:
    """Return the slopes of a loss that cannot be measured."""
    return Slopes(
        value=np.full(size, np.nan),
        tolerance=np.full(size, np.inf),
        wrong=np.zeros(size, dtype=bool),
        doubtful=np.ones(size, dtype=bool),
    )


def measure_slopes(
    at: LossAt, gradient: FloatArray, starts: list[int], scales: FloatArray, sigma: float
) -> Slopes:
    """Measure the slope along each entry, well enough to judge `gradient` if that is possible.

    Every entry is measured with one step. Only those in doubt are measured again, first with
    smaller steps and then with larger ones, until they are settled.

    Parameters
    ----------
    at : LossAt
        The loss, at theta; it is left there.
    gradient : ndarray of float64, shape (N,)
        The finite gradient to be judged.
    starts : list of int
        The index of the first entry of each block.
    scales : ndarray of float64, shape (N,)
        The s of each entry's steps s 2^-j.
    sigma : float
        The noise of the loss.

    Notes
    -----
    Of two steps whose slopes agree within their tolerances, the one with the smaller tolerance
    counts. If they disagree, the smaller step counts: its rounding error is in its tolerance, and
    its truncation error is the smaller.
    """
    base = at()
    sizes = np.diff([*starts, gradient.size])
    hidden = functools.cache(lambda: UNIT_ROUNDOFF * _size_nearby(at, scales))
    step = scales * 2.0**-FIRST
    everything = np.arange(gradient.size)
    value, tolerance, _ = _stencils(at, everything, step, gradient, base, sigma, hidden)
    wrong = np.zeros(gradient.size, dtype=bool)
    flat = np.zeros(gradient.size, dtype=bool)

    def outside() -> NDArray[np.bool_]:
        return np.abs(value - gradient) > tolerance

    def needed() -> FloatArray:
        largest = np.maximum.reduceat(np.maximum(np.abs(value), np.abs(gradient)), starts)
        return np.repeat(RESOLUTION * largest, sizes)

    def doubtful() -> NDArray[np.bool_]:
        return ~wrong & ~flat & (outside() | (tolerance > needed()))

    def noise_rules() -> NDArray[np.bool_]:
        return tolerance <= 2.0 * NOISE_FACTOR * sigma / step

    def look_again(j: int, entries: NDArray[np.bool_]) -> None:
        index = np.flatnonzero(entries)
        h = scales[index] * 2.0**-j
        new, new_tolerance, even = _stencils(at, index, h, gradient, base, sigma, hidden)
        agree = np.abs(new - value[index]) <= new_tolerance + tolerance[index]
        new_outside = np.abs(new - gradient[index]) > new_tolerance
        wrong[index] = agree & new_outside & outside()[index]
        flat[index] = even & (gradient[index] == 0.0) & (j <= LARGE)
        better = np.where(agree, new_tolerance < tolerance[index], h < step[index])
        kept = index[better]
        value[kept], tolerance[kept], step[kept] = new[better], new_tolerance[better], h[better]

    for j in SMALLER:
        noise = NOISE_FACTOR * sigma / (scales * 2.0**-j)
        useful = noise <= np.maximum(needed(), np.abs(value - gradient))
        look_again(j, doubtful() & useful & (outside() | ~noise_rules()))
    for j in LARGER:
        allowed = (j > 0) | (scales * 2.0**-j <= LONGEST)
        look_again(j, doubtful() & allowed & (outside() | noise_rules()))

    unresolved = doubtful()
    value[np.isinf(tolerance)] = np.nan
    return Slopes(value, tolerance, wrong, unresolved)


# The points are ours: what overflows there is not for the author of the loss to be warned of.
@np.errstate(all="ignore")
def _stencils(
    at: LossAt,
    index: NDArray[np.intp],
    h: FloatArray,
    gradient: FloatArray,
    base: float,
    sigma: float,
    hidden: Callable[[], float],
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return the slopes at these entries, their tolerances, and where both sides are equal.

    With D(h) the central difference, the slope is Richardson's ``R = (4 D(h) - D(2h)) / 3``. The
    tolerance is

        |D(h) - D(2h)| + 3 |d4| / (8 h) + 5 sigma / h + 8 u (|R| + |gradient|).

    The first term is three times the truncation error of D(h), and R is better than D(h). The
    second, with the fourth difference d4 of the five losses, covers a kink wherever it lies
    between the points; the first alone is zero if it lies in the middle. The third is the noise,
    the last the rounding of the arithmetic done here.
    """
    before = at.theta[index]
    points = before[:, None] + h[:, None] * np.array([1.0, -1.0, 2.0, -2.0])
    losses = np.empty_like(points)
    theta = at.theta
    for row, (i, original, quartet) in enumerate(
        zip(index.tolist(), before.tolist(), points.tolist(), strict=True)
    ):
        for column, point in enumerate(quartet):
            theta[i] = point
            losses[row, column] = at()
        theta[i] = original
    # The loss at theta comes off first: what follows cancels, and should do so exactly.
    changes = losses - base
    up, down, up2, down2 = changes.T
    # What was really moved: theta + h is rounded.
    D = (up - down) / (points[:, 0] - points[:, 1])
    D2 = (up2 - down2) / (points[:, 2] - points[:, 3])
    d4 = up2 - 4.0 * up - 4.0 * down + down2
    R = D + (D - D2) / 3.0
    tolerance = (
        np.abs(D - D2)
        + 3.0 * np.abs(d4) / (8.0 * h)
        + NOISE_FACTOR * sigma / h
        + 8.0 * UNIT_ROUNDOFF * (np.abs(R) + np.abs(gradient[index]))
    )
    # A loss that does not move by a bit may hide its slope under the rounding of something larger
    # inside it, as log(1 + 1e-20) does. Where it is 0 all around, nothing tells how much larger.
    silent = (changes == 0.0).all(axis=1) & (gradient[index] != 0.0)
    if silent.any():
        unseen = max(sigma, hidden()) or np.inf
        tolerance[silent] = NOISE_FACTOR * unseen / h[silent]
    # A loss that is not finite near theta says nothing: any slope is within this tolerance.
    unknown = ~np.isfinite(tolerance)
    R[unknown] = 0.0
    tolerance[unknown] = np.inf
    even = (up == down) & (up2 == down2)
    return R, tolerance, even


@np.errstate(all="ignore")
def _size_nearby(at: LossAt, scales: FloatArray) -> float:
    """Return the largest finite loss at a few points about as far away as theta is large."""
    theta = at.theta.copy()
    rng = np.random.default_rng(1)
    losses = [at()]
    for _ in range(4):
        at.theta[:] = theta + scales * rng.uniform(-1.0, 1.0, theta.size)
        losses.append(at())
    at.theta[:] = theta
    return max(abs(loss) for loss in losses if np.isfinite(loss))
