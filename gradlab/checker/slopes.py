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

import numpy as np

from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray, Index, Mask

# A slope counts as known if its tolerance is at most this part of the block's largest slope.
RESOLUTION = 5e-4
# Tolerances allow for this many sigma / h. The slopes have standard deviations of 0.7 sigma / h
# (central) to 1.1 sigma / h (extrapolated), so that hardly one in a million is off by more.
NOISE_FACTOR = 5.0

# Steps are s 2^-j. The first suits a smooth loss with noise near u; the smaller ones get out of
# the way of a kink, the larger ones out of the noise.
FIRST = 17
SMALLER = (20, 23, 26, 29, 32, 35, 38)
LARGER = (15, 13, 11, 9, 7, 5, 4, 3, 2, 1, 0, -1, -2, -4, -6, -8, -10)
SMALLEST = 44
# Larger steps reach past so much of the loss that they can confirm a gradient, but not refute it.
LARGEST_FOR_WRONG = 1
# Steps at which a loss that is the same on both sides, bit by bit, has slope 0.
FLAT = (8, 2)
# Parameters may be tiny where the loss varies over a unit; so steps may exceed them eight times,
# and up to here at least.
LONGEST_PART, LONGEST = -3, 2.0**-2

# At a kink, a gradient this many jumps of the slope away from the middle is wrong.
KINKS = 4.0

# Moves, in units of h: three formulas, each with the points of the one before it.
CENTRAL = np.array([1.0, -1.0])
EXTRAPOLATED = np.array([1.0, -1.0, 2.0, -2.0])
TWICE_EXTRAPOLATED = np.array([1.0, -1.0, 2.0, -2.0, 4.0, -4.0])

# changes(index, points): how much the loss changes if theta[index[r]] is points[r, c] instead.
Changes = Callable[[Index, FloatArray], FloatArray]


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
    kink : ndarray of bool, shape (N,)
        The loss has a kink at theta: its slopes on both sides differ. `value` is then the middle
        between them, and `tolerance` reaches to both.
    """

    value: FloatArray
    tolerance: FloatArray
    wrong: Mask
    doubtful: Mask
    kink: Mask

    def block(self, start: int, shape: tuple[int, ...]) -> Slopes:
        """Return the part that begins at entry `start`, in the shape of its block."""
        part = slice(start, start + math.prod(shape))
        return Slopes(
            self.value[part].reshape(shape),
            self.tolerance[part].reshape(shape),
            self.wrong[part].reshape(shape),
            self.doubtful[part].reshape(shape),
            self.kink[part].reshape(shape),
        )


def unknown_slopes(size: int) -> Slopes:
    """Return the slopes of a loss that cannot be measured."""
    return Slopes(
        value=np.full(size, np.nan),
        tolerance=np.full(size, np.inf),
        wrong=np.zeros(size, dtype=bool),
        doubtful=np.ones(size, dtype=bool),
        kink=np.zeros(size, dtype=bool),
    )


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


class Measurement:
    """Measure the slope along each entry, well enough to judge a gradient if that is possible.

    Every entry is measured with the two losses of a central difference. If the gradient is within
    the noise of it, truncation error included, the entry is settled. All others are measured with
    two more losses, which bound the truncation error, and where that settles nothing, at smaller
    and at larger steps.

    Parameters
    ----------
    changes : callable
        The loss, as changes against theta.
    theta, gradient : ndarray of float64, shape (N,)
        Where to measure, and the finite gradient to be judged.
    starts : list of int
        The index of the first entry of each block.
    scales : ndarray of float64, shape (N,)
        The s of each entry's steps s 2^-j: powers of two, see `step_scales`.
    sigma : float
        The noise of the loss.
    size_nearby : callable
        Returns the size of the loss at points about as far away as theta is large.

    Notes
    -----
    Of two steps whose slopes agree within their tolerances, the one with the smaller tolerance
    counts. If they disagree, the smaller step counts: its rounding error is in its tolerance, and
    its truncation error is the smaller.
    """

    def __init__(
        self,
        changes: Changes,
        theta: FloatArray,
        gradient: FloatArray,
        starts: list[int],
        scales: FloatArray,
        sigma: float,
        size_nearby: Callable[[], float],
    ) -> None:
        self._changes = changes
        self._theta = theta
        self._gradient = gradient
        self._starts = starts
        self._sizes = np.diff([*starts, theta.size])
        self._scales = scales
        self._sigma = sigma
        self._hidden = functools.cache(lambda: UNIT_ROUNDOFF * size_nearby())
        self._value = np.zeros_like(theta)
        self._tolerance = np.full_like(theta, np.inf)
        self._step = self._scales * 2.0**-FIRST
        self._noise = np.full_like(theta, sigma)
        self._settled, self._wrong, self._flat, self._kink = np.zeros((4, theta.size), dtype=bool)

    def slopes(self) -> Slopes:
        """Return the slopes, measured as often as it takes."""
        central = self._first_look()
        self._look(FIRST, ~self._settled, EXTRAPOLATED, central)
        self._look_for_flat(self._open())
        for j in SMALLER:
            rows = self._open() & (self._outside() | ~self._noise_rules())
            self._look(j, rows & self._useful(j), EXTRAPOLATED)
        for j, following in zip(LARGER, [*LARGER[1:], None], strict=True):
            rows = self._open() & (self._outside() | self._noise_rules()) & self._is_allowed(j)
            # The last step within reach is the best there is, whatever it may be worth.
            self._look(
                j, rows & (self._useful(j) | ~self._is_allowed(following)), TWICE_EXTRAPOLATED
            )
        self._look_for_kinks(self._open())
        self._confirm(self._wrong)
        doubtful = self._open()
        self._value[np.isinf(self._tolerance)] = np.nan
        return Slopes(self._value, self._tolerance, self._wrong, doubtful, self._kink)

    def _first_look(self) -> FloatArray:
        """Take central differences, settle what they can, and return the changes of the loss."""
        everything = np.arange(self._theta.size)
        moves, losses = self._evaluate_moved(everything, self._step, CENTRAL)
        with np.errstate(all="ignore"):
            D = (losses[:, 0] - losses[:, 1]) / (moves[:, 0] - moves[:, 1])
            tolerance = NOISE_FACTOR * self._sigma / self._step + self._arithmetic(D, everything)
        finite = np.isfinite(D) & np.isfinite(tolerance)
        self._value[finite], self._tolerance[finite] = D[finite], tolerance[finite]
        moved = (losses != 0.0).any(axis=1)
        self._settled = (
            finite
            & (moved | (self._gradient == 0.0))
            & ~self._outside()
            & (self._tolerance <= self._required_tolerance())
            & (self._required_tolerance() > 0.0)
        )
        # Without a bound for the truncation error, these slopes tell nothing yet.
        self._tolerance[~self._settled] = np.inf
        return losses

    def _look(
        self, j: int, rows: Mask, formula: FloatArray, known: FloatArray | None = None
    ) -> None:
        """Measure these entries with the step s 2^-j, and keep the better of old and new.

        `known` are the changes at the first points of the formula, if there are any.
        """
        index = np.flatnonzero(rows)
        if not index.size:
            return
        h = self._scales[index] * 2.0**-j
        first = 0 if known is None else known.shape[1]
        moves, losses = self._evaluate_moved(index, h, formula, first)
        if known is not None:
            losses = np.hstack([known[index], losses])
        new, new_tolerance = self._extrapolate(index, h, moves, losses)
        old, old_tolerance = self._value[index], self._tolerance[index]
        gradient = self._gradient[index]
        agree = np.abs(new - old) <= new_tolerance + old_tolerance
        self._wrong[index] = (
            agree
            & (j >= LARGEST_FOR_WRONG)
            & (np.abs(new - gradient) > new_tolerance)
            & (np.abs(old - gradient) > old_tolerance)
        )
        better = np.where(agree, new_tolerance < old_tolerance, h < self._step[index])
        kept = index[better]
        self._value[kept], self._tolerance[kept] = new[better], new_tolerance[better]
        self._step[kept] = h[better]

    # The points are ours: what overflows there is not for the author of the loss to be warned of.
    @np.errstate(all="ignore")
    def _extrapolate(
        self, index: Index, h: FloatArray, moves: FloatArray, losses: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the slopes at these entries and their tolerances.

        With D(h) the central difference, and S(h) the sum of the losses at h and -h, from four
        losses the slope is Richardson's ``R = (4 D(h) - D(2h)) / 3``, with the tolerance

            |D(h) - D(2h)| + 3 |d4| / (8 h) + 5 sigma / h + 8 u (|R| + |gradient|).

        The first term is three times the truncation error of D(h), and R is better than D(h). The
        second, with the fourth difference ``d4 = S(2h) - 4 S(h)``, covers a kink wherever it lies
        between the points; the first alone is zero if it lies in the middle. The third is the
        noise, the last the rounding of the arithmetic done here. From six losses the same is done
        once more: the slope is ``(16 R(h) - R(2h)) / 15``, the first term ``|R(h) - R(2h)|``, the
        second ``|d6| / h`` with ``d6 = (64 S(h) - 20 S(2h) + S(4h)) / 45``. A kink anywhere makes
        an error of at most 0.67 (four losses) or 0.81 (six) of the first two terms.
        """
        # What was really moved: theta + h is rounded.
        D = (losses[:, ::2] - losses[:, 1::2]) / (moves[:, ::2] - moves[:, 1::2])
        S = losses[:, ::2] + losses[:, 1::2]
        R = D[:, :-1] + (D[:, :-1] - D[:, 1:]) / 3.0
        if D.shape[1] == 2:
            slope = R[:, 0]
            truncation = np.abs(D[:, 0] - D[:, 1])
            kink = 3.0 / 8.0 * np.abs(S[:, 1] - 4.0 * S[:, 0]) / h
        else:
            slope = R[:, 0] + (R[:, 0] - R[:, 1]) / 15.0
            truncation = np.abs(R[:, 0] - R[:, 1])
            kink = np.abs(64.0 * S[:, 0] - 20.0 * S[:, 1] + S[:, 2]) / 45.0 / h
        noise = np.full(index.size, self._sigma)
        # A loss that does not move by a bit may hide its slope under the rounding of something
        # larger inside it, as log(1 + 1e-20) does. Where it is 0 all around, nothing tells how
        # much larger.
        silent = (losses == 0.0).all(axis=1) & (self._gradient[index] != 0.0)
        if silent.any():
            noise[silent] = max(self._sigma, self._hidden()) or np.inf
        self._noise[index] = noise
        tolerance = truncation + kink + NOISE_FACTOR * noise / h + self._arithmetic(slope, index)
        # A loss that is not finite near theta says nothing: any slope is within this tolerance.
        unknown = ~np.isfinite(tolerance)
        slope[unknown], tolerance[unknown] = 0.0, np.inf
        return slope, tolerance

    def _look_for_flat(self, rows: Mask) -> None:
        """Settle entries along which the loss does not move by a bit, and should not."""
        index = np.flatnonzero(rows & (self._gradient == 0.0) & (self._value == 0.0))
        for j in FLAT:
            h = self._scales[index] * 2.0**-j
            losses = self._evaluate_moved(index, h, EXTRAPOLATED)[1]
            still = (losses[:, ::2] == losses[:, 1::2]).all(axis=1)
            if j == FLAT[-1]:
                # Far away, a unit that was dead may come to life. A loss that only just begins
                # to move, though, was moving all the time, by less than a bit.
                still |= np.abs(losses).max(axis=1) > 1e3 * self._sigma
            index = index[still]
        self._flat[index] = True

    @np.errstate(all="ignore")
    def _look_for_kinks(self, rows: Mask) -> None:
        """Judge entries at a kink: by the slopes to the right and to the left.

        One-sided slopes ``(4 f(h) - f(2h)) / (2h)``, f the change of the loss, have an error of
        order h^2. Where they differ, and by the same at a step 8 times smaller, there is a kink.
        """
        index = np.flatnonzero(rows & ~self._noise_rules())
        if not index.size:
            return
        sides, errors = [], []
        for j in (FIRST + 3, FIRST + 6):
            h = self._scales[index] * 2.0**-j
            _, losses = self._evaluate_moved(index, h, EXTRAPOLATED)
            right = (4.0 * losses[:, 0] - losses[:, 2]) / (2.0 * h)
            left = -(4.0 * losses[:, 1] - losses[:, 3]) / (2.0 * h)
            sides.append(np.stack([right, left]))
            errors.append(4.0 * NOISE_FACTOR * self._sigma / h)
        error = np.abs(sides[0] - sides[1]).max(axis=0) + errors[1]
        jump = np.abs(sides[0][0] - sides[0][1])
        found = (error < jump / 4.0) & np.isfinite(jump)
        kept, sides_kept, margin = index[found], sides[0][:, found], error[found]
        self._kink[kept] = True
        self._value[kept] = sides_kept.mean(axis=0)
        self._tolerance[kept] = jump[found] / 2.0 + margin
        # With several kinks at one place, backpropagation may take either side of each, and
        # land outside. What is further away than that is wrong.
        self._wrong[kept] = self._distance()[kept] > KINKS * jump[found] + margin

    @np.errstate(all="ignore")
    def _confirm(self, rows: Mask) -> None:
        """Call entries wrong only if their slopes stay the same down to the smallest step.

        That is the smallest whose noise is below a quarter of the distance from the gradient.
        Kinks on both sides of theta, one up and one down, look like a straight line of another
        slope to every step that reaches across both.
        """
        index = np.flatnonzero(rows)
        quarter = self._distance()[index] / 4.0
        j = np.floor(np.log2(quarter * self._scales[index] / (NOISE_FACTOR * self._sigma)))
        h = self._scales[index] * 2.0 ** -np.clip(j, LARGEST_FOR_WRONG, SMALLEST)
        moves, losses = self._evaluate_moved(index, h, CENTRAL)
        D = (losses[:, 0] - losses[:, 1]) / (moves[:, 0] - moves[:, 1])
        still = ~(np.abs(D - self._value[index]) > quarter)
        # Slopes that differ from side to side by half of that: a kink nearer than can be told.
        still &= ~(np.abs(losses.sum(axis=1)) / h > 2.0 * quarter)
        self._wrong[index] = still
        self._kink[index] = False
        self._tolerance[index[~still]] = np.inf

    def _evaluate_moved(
        self, index: Index, h: FloatArray, formula: FloatArray, first: int = 0
    ) -> tuple[FloatArray, FloatArray]:
        """Return by how much these entries are moved, and the changes from point `first` on."""
        before = self._theta[index]
        points = before[:, None] + h[:, None] * formula
        return points - before[:, None], self._changes(index, points[:, first:])

    def _arithmetic(self, slope: FloatArray, index: Index) -> FloatArray:
        return 8.0 * UNIT_ROUNDOFF * (np.abs(slope) + np.abs(self._gradient[index]))

    def _distance(self) -> FloatArray:
        return np.abs(self._value - self._gradient)

    def _outside(self) -> Mask:
        return self._distance() > self._tolerance

    def _required_tolerance(self) -> FloatArray:
        """Return the tolerance that each entry must be settled."""
        sizes = np.maximum(np.abs(self._value), np.abs(self._gradient))
        return np.repeat(RESOLUTION * np.maximum.reduceat(sizes, self._starts), self._sizes)

    def _open(self) -> Mask:
        known = self._tolerance <= self._required_tolerance()
        closed = self._settled | self._wrong | self._flat
        return ~closed & (self._outside() | ~(known | self._kink))

    def _useful(self, j: int) -> Mask:
        """Return where the noise at step s 2^-j leaves something to be seen."""
        noise = NOISE_FACTOR * self._sigma / (self._scales * 2.0**-j)
        wanted = np.where(self._outside(), self._distance(), 0.0)
        return noise <= np.maximum(self._required_tolerance(), wanted)

    def _noise_rules(self) -> Mask:
        # The differences that bound truncation and kinks are themselves as noisy as this.
        return self._tolerance <= 4.0 * NOISE_FACTOR * self._noise / self._step

    def _is_allowed(self, j: int | None) -> Mask:
        if j is None:
            return np.zeros(self._theta.size, dtype=bool)
        allowed: Mask = (j >= LONGEST_PART) | (self._scales * 2.0**-j <= LONGEST)
        return allowed
