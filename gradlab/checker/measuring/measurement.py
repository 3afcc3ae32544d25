"""The state of a measurement: what is known of the slope along each entry so far.

A central difference is wrong for two reasons. Truncation: the loss is not a parabola between the
points. Rounding: the loss is only known up to its noise sigma, which the division by h enlarges.
Both are measured here, not assumed, so that a gradient can be compared with each slope to within
that slope's own tolerance.
"""

from __future__ import annotations

import functools

import numpy as np

from gradlab.checker.measuring.slopes import NOISE_FACTOR, RESOLUTION, Slopes
from gradlab.checker.measuring.steps import (
    CENTRAL,
    LONGEST,
    LONGEST_PART,
    PART_OF_ENTRY,
    extrapolate,
    first_part,
    has_mixed_units,
)
from gradlab.checker.measuring.task import Task
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray, Index, Mask

# Larger steps, in scales, reach past so much of the loss that they can confirm a gradient, but
# not refute it.
LONGEST_FOR_WRONG = 0.5
# Steps within this factor of each other are the same look twice.
_SAME_STEP = 1.9
# Where noise is larger than this part of the yardstick, the loss has few digits, and steps count
# at which this part of a block's largest slope can be seen.
_FEW_DIGITS, _SEEN = 1e-9, 0.1
_FEW_DIGITS_MARGIN = 3.0
# An entry's own size is the unit of the rounding of its arguments up to this factor.
_ARGUMENTS = 2.0**12
# The digits of a float32.
_FLOAT32 = 24


class Measurement:
    """What is known of the slopes; `look` finds out more.

    Attributes
    ----------
    value, tolerance, step : ndarray of float64, shape (N,)
        The slope along each entry, how far the true one may be from it, and the step that it was
        measured with.
    sigma : ndarray of float64, shape (N,)
        The noise of the loss along each entry.
    settled : ndarray of bool, shape (N,)
        The gradient agrees.
    wrong : ndarray of bool, shape (N,)
        The gradient was refuted at two steps that agree.
    confirmed : ndarray of bool, shape (N,)
        It still was at the smallest step that can tell.
    kink, zero : ndarray of bool, shape (N,)
        See `Slopes`.
    has_moved, was_silent, is_silent : ndarray of bool, shape (N,)
        The loss changed at some look; it did not change by a bit at some look, and at the last.
    is_granular : ndarray of bool, shape (N,)
        Far away, the loss changes by multiples of a large power of two.
    was_sought : ndarray of bool, shape (N,)
        The slope was measured where zeros are.
    looks_in_vain : ndarray of int, shape (N,)
        Looks since the last that brought anything.

    Notes
    -----
    Of two steps whose slopes agree within their tolerances, the one with the smaller tolerance
    counts. If they disagree, the smaller step counts: its rounding error is in its tolerance, and
    its truncation error is smaller.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.gradient = task.gradient
        self.scales = task.scales
        self.units = np.minimum(task.units, task.scales)
        size = task.theta.size
        self._has_rtol = bool(task.rtol.any())
        self._sizes = np.diff([*task.starts, size])
        self._has_mixed_units = np.repeat(self._find_mixed_units(), self._sizes)
        self._has_any_mixed_units = bool(self._has_mixed_units.any())
        self._hidden = functools.cache(lambda: UNIT_ROUNDOFF * task.size_nearby())
        self.first = np.minimum(self.scales * first_part(task.bits), self.units * PART_OF_ENTRY)
        self.value = np.zeros(size)
        self.tolerance = np.full(size, np.inf)
        self.step = self.first.copy()
        self.sigma = np.full(size, task.noise.sigma)
        self._noise = self.sigma.copy()
        self._nearby = np.zeros(size)
        self.looks_in_vain = np.zeros(size, dtype=int)
        self.settled, self.wrong, self.confirmed, self.kink, self.zero = _masks(5, size)
        self.has_moved, self.was_silent, self.is_silent = _masks(3, size)
        self.is_granular, self.was_sought = _masks(2, size)

    def _find_mixed_units(self) -> list[bool]:
        return [
            has_mixed_units(block) for block in np.split(self.task.theta, self.task.starts[1:])
        ]

    def take_central_differences(self) -> FloatArray:
        """Settle what two losses for each entry can settle, and return the changes of the loss."""
        everything = np.arange(self.value.size)
        moves, losses = self.evaluate(everything, self.step, CENTRAL)
        with np.errstate(all="ignore"):
            D = (losses[:, 0] - losses[:, 1]) / (moves[:, 0] - moves[:, 1])
            tolerance = NOISE_FACTOR * self.sigma / self.step + self._arithmetic(D, everything)
            bend = np.abs(losses.sum(axis=1)) / self.step
        finite = np.isfinite(D) & np.isfinite(tolerance)
        self.value[finite], self.tolerance[finite] = D[finite], tolerance[finite]
        self.has_moved = (losses != 0.0).any(axis=1)
        required = self.required_tolerance()
        # The difference may agree across a kink, where the loss rises on both sides.
        has_bend = bend - 2.0 * NOISE_FACTOR * self.sigma / self.step > 2.0 * required
        self.settled = (
            finite
            & ~has_bend
            & (self.has_moved | (self.gradient == 0.0))
            & ~self.is_outside()
            & (self.tolerance <= required)
            & (required > 0.0)
        )
        # Without a bound for the truncation error, these slopes tell nothing yet.
        self.tolerance[~self.settled] = np.inf
        return losses

    def look(
        self, h: FloatArray, rows: Mask, formula: FloatArray, known: FloatArray | None = None
    ) -> None:
        """Measure these entries with the steps `h`, and keep the better of old and new.

        `known` are the changes at the first points of the formula, if there are any.
        """
        index = np.flatnonzero(rows)
        if not index.size:
            return
        h = h[index]
        first = 0 if known is None else known.shape[1]
        moves, losses = self.evaluate(index, h, formula, first)
        if known is not None:
            losses = np.hstack([known[index], losses])
        new, new_tolerance = self.measure(index, h, moves, losses)
        old, old_tolerance, old_step = self.value[index], self.tolerance[index], self.step[index]
        gradient, allowed = self.gradient[index], self.allowance()[index]
        # The better of the two must be off by more.
        new_margin = np.where(new_tolerance <= old_tolerance, self.margin()[index], 1.0)
        old_margin = np.where(new_tolerance <= old_tolerance, 1.0, self.margin()[index])
        agree = np.abs(new - old) <= new_tolerance + old_tolerance
        self.wrong[index] = (
            agree
            & ((h > _SAME_STEP * old_step) | (h < old_step / _SAME_STEP))
            & (h <= LONGEST_FOR_WRONG * self.scales[index])
            & (np.abs(new - gradient) > new_margin * new_tolerance + allowed)
            & (np.abs(old - gradient) > old_margin * old_tolerance + allowed)
        )
        better = np.where(agree, new_tolerance < old_tolerance, h < old_step)
        if self.task.noise.is_quantised:
            new, new_tolerance, kept = _intersect(new, new_tolerance, old, old_tolerance)
            better |= agree & kept
        self.keep(index[better], new[better], new_tolerance[better], h[better])
        self.looks_in_vain[index] = np.where(better, 0, self.looks_in_vain[index] + 1)

    def keep(
        self, index: Index, value: FloatArray, tolerance: FloatArray, step: FloatArray
    ) -> None:
        """Take these as what is known."""
        self.value[index], self.tolerance[index], self.step[index] = value, tolerance, step

    def evaluate(
        self, index: Index, h: FloatArray, formula: FloatArray, first: int = 0
    ) -> tuple[FloatArray, FloatArray]:
        """Return by how much these entries are moved, and the changes from point `first` on."""
        points = self.task.points_along(index, h[:, None] * formula)
        moves = points - self.task.theta[index, None]
        return moves, self.task.changes(index, points[:, first:])

    # The checker chose the points: an overflow there is no warning for the author of the loss.
    @np.errstate(all="ignore")
    def measure(
        self, index: Index, h: FloatArray, moves: FloatArray, losses: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the slopes along these entries and their tolerances.

        The tolerance is, besides the two bounds of `extrapolate` for a slope R,

            5 sigma / h + 8 u (|R| + |gradient|) + 8 u s |S(h)| / h^2,

        the noise, the rounding of the arithmetic done here, and that of theta inside the loss,
        which moves the slope by the curvature times u s.
        """
        slope, truncation, kink = extrapolate(moves, losses, h)
        silent = (losses == 0.0).all(axis=1)
        self.has_moved[index] |= ~silent
        # Silent at one step and moving by large units at another: a part of few digits.
        wakes = self.was_silent[index] & ~silent
        if wakes.any():
            is_granular = is_multiple_of_large_power(losses[wakes], self.sigma[index[wakes]])
            self.is_granular[index[wakes]] |= is_granular
        self.was_silent[index] |= silent
        self.is_silent[index] = silent
        self._note_slopes_nearby(index, h, losses)
        # What is seen far away is rounded to its own size.
        noise = np.maximum(self.sigma[index], 2.0 * UNIT_ROUNDOFF * np.abs(losses).max(axis=1))
        # A loss that does not move by a bit may hide its slope under the rounding of something
        # larger inside it, as log(1 + 1e-20) does. Where it is 0 all around, nothing tells how
        # much larger.
        is_hidden = silent & (self.gradient[index] != 0.0)
        if is_hidden.any():
            noise[is_hidden] = max(float(self.sigma.max()), self._hidden()) or np.inf
        self._noise[index] = noise
        bound, blur = np.abs(truncation) + np.abs(kink), NOISE_FACTOR * noise / h
        # With few digits the bounds are mostly noise themselves, and independent of it.
        add = np.hypot if self.task.noise.is_quantised else np.add
        tolerance = add(bound, blur) + self._arithmetic(slope, index)
        size = np.minimum(self.scales[index], _ARGUMENTS * self.units[index])
        bend = np.abs(losses[:, 0] + losses[:, 1])
        tolerance += 8.0 * UNIT_ROUNDOFF * size * bend / h**2
        # A loss that is not finite near theta says nothing: any slope is within this tolerance.
        unknown = ~np.isfinite(tolerance)
        slope[unknown], tolerance[unknown] = 0.0, np.inf
        return slope, tolerance

    def _note_slopes_nearby(self, index: Index, h: FloatArray, losses: FloatArray) -> None:
        is_near = (h <= self.scales[index] / 4.0) & np.isfinite(losses).all(axis=1)
        # On both sides: at a jump, one alone is no slope.
        sides = np.abs(losses[:, ::2]).max(axis=1), np.abs(losses[:, 1::2]).max(axis=1)
        change = np.minimum(*sides) - NOISE_FACTOR * self.sigma[index]
        slope = np.where(is_near, np.maximum(change, 0.0) / h, 0.0)
        self._nearby[index] = np.maximum(self._nearby[index], slope)

    def _arithmetic(self, slope: FloatArray, index: Index) -> FloatArray:
        return 8.0 * UNIT_ROUNDOFF * (np.abs(slope) + np.abs(self.gradient[index]))

    @np.errstate(all="ignore")
    def largest_of_block(self) -> FloatArray:
        """Return, for each entry, the largest slope of its block, measured or given.

        Where the entries of a block are in different units, slopes are compared after each is
        multiplied by the size of its parameter.
        """
        sizes = np.maximum(np.abs(self.value), np.abs(self.gradient))
        largest = np.repeat(np.maximum.reduceat(sizes, self.task.starts), self._sizes)
        if not self._has_any_mixed_units:
            return largest
        changes = np.maximum.reduceat(sizes * self.units, self.task.starts)
        in_units = np.repeat(changes, self._sizes) / self.units
        return np.where(self._has_mixed_units, np.minimum(largest, in_units), largest)

    def required_tolerance(self) -> FloatArray:
        """Return the tolerance at which each entry counts as known."""
        return RESOLUTION * self.largest_of_block()

    def allowance(self) -> FloatArray:
        """Return how far each entry of the gradient may be off besides."""
        return self.task.rtol * self.largest_of_block() if self._has_rtol else self.task.rtol

    def yardstick(self) -> FloatArray:
        """Return, for each entry, what a slope times a scale is small or large beside.

        It is the largest slope of all, times the size of its parameter; or, where that is larger,
        the largest slope within a quarter of a scale along the entries of the same block. The
        second is what stationary points need, where the whole gradient is 0.
        """
        size = np.maximum(np.abs(self.gradient), np.abs(self.value))
        is_known = np.isfinite(self.tolerance) & (size > 4.0 * self.tolerance)
        largest = float(np.max(np.where(is_known, size * self.units, 0.0), initial=0.0))
        nearby = np.maximum.reduceat(self._nearby * self.scales, self.task.starts)
        yardstick: FloatArray = np.maximum(largest, np.repeat(nearby, self._sizes))
        return yardstick

    def distance(self) -> FloatArray:
        """Return how far the gradient is from each slope."""
        return np.abs(self.value - self.gradient)

    def is_outside(self) -> Mask:
        """Return where the gradient is further away than tolerance and allowance."""
        return self.distance() > self.tolerance + self.allowance()

    def is_open(self) -> Mask:
        """Return what is neither settled nor wrong, and not known well enough to pass."""
        required = np.maximum(self.required_tolerance(), self.allowance())
        is_known = (self.tolerance <= required) | self.kink
        still_open: Mask = ~(self.settled | self.wrong) & (self.is_outside() | ~is_known)
        return still_open

    def is_useful(self, h: FloatArray) -> Mask:
        """Return where the noise at the steps `h` leaves something to be seen."""
        wanted = np.where(self.is_outside(), self.distance(), 0.0)
        noise = NOISE_FACTOR * self.sigma / h
        useful: Mask = noise <= np.maximum(self.required_tolerance(), wanted)
        return useful

    def has_few_digits(self) -> Mask:
        """Return where the noise is large beside the slopes, wherever the loss is measured."""
        few: Mask = NOISE_FACTOR * self.sigma > _FEW_DIGITS * self.yardstick()
        return few

    def margin(self) -> FloatArray:
        """Return by how many tolerances the gradient must be off to be called wrong.

        With few digits, steps are long, and the bound for one kink does not hold for several.
        """
        margin: FloatArray = np.where(self.has_few_digits(), _FEW_DIGITS_MARGIN, 1.0)
        return margin

    def shows_large_slopes(self, h: FloatArray) -> Mask:
        """Return where the noise at the steps `h` hides no slope near the block's largest."""
        shown: Mask = NOISE_FACTOR * self.sigma / h <= _SEEN * self.largest_of_block()
        return shown

    def is_noisy(self) -> Mask:
        """Return where noise rules the tolerance: larger steps can help, smaller ones cannot."""
        # The differences that bound truncation and kinks are themselves as noisy as this.
        return self.tolerance <= 4.0 * NOISE_FACTOR * self._noise / self.step

    def is_allowed(self, j: int | None) -> Mask:
        """Return where steps of scale 2^-j are short enough; nowhere for None."""
        if j is None:
            return np.zeros(self.value.size, dtype=bool)
        allowed: Mask = (j >= LONGEST_PART) | (self.scales * 2.0**-j <= LONGEST)
        return allowed

    def result(self) -> Slopes:
        """Return the slopes as they are known."""
        doubtful = self.is_open()
        self.value[np.isinf(self.tolerance)] = np.nan
        return Slopes(self.value, self.tolerance, self.wrong, doubtful, self.kink, self.zero)


@np.errstate(invalid="ignore")
def _intersect(
    new: FloatArray, new_tolerance: FloatArray, old: FloatArray, old_tolerance: FloatArray
) -> tuple[FloatArray, FloatArray, Mask]:
    """Return where two measurements overlap, and where that is narrower than both."""
    low = np.maximum(new - new_tolerance, old - old_tolerance)
    high = np.minimum(new + new_tolerance, old + old_tolerance)
    tolerance = (high - low) / 2.0
    narrower = (tolerance >= 0.0) & (tolerance < np.minimum(new_tolerance, old_tolerance))
    value = np.where(narrower, (low + high) / 2.0, new)
    return value, np.where(narrower, tolerance, new_tolerance), narrower


def is_multiple_of_large_power(losses: FloatArray, sigma: FloatArray) -> Mask:
    """Return where all changes are multiples of a large power of two, as those of a float32 are.

    Of the changes of a loss in float64, hardly any are.
    """
    largest = np.abs(losses).max(axis=1, initial=0.0)
    grid = np.ldexp(1.0, np.frexp(largest)[1] - _FLOAT32)
    off = np.abs(losses / grid[:, None] - np.round(losses / grid[:, None]))
    is_clear = grid > 64.0 * sigma
    multiple: Mask = is_clear & (off * grid[:, None] <= 4.0 * sigma[:, None]).all(axis=1)
    return multiple


def _masks(count: int, size: int) -> Mask:
    return np.zeros((count, size), dtype=bool)
