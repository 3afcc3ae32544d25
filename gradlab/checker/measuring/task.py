"""What is to be measured: a loss, a place, and the gradient to be judged there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradlab.checker.measuring.noise import Noise
from gradlab.checker.significand import round_to_bits
from gradlab.support.floats import FloatArray, Index, Mask

# changes(index, points): how much the loss changes if theta[index[r]] is points[r, c] instead.
Changes = Callable[[Index, FloatArray], FloatArray]


@dataclass
class Task:
    """What is to be measured.

    Attributes
    ----------
    changes : callable
        The loss, as changes against theta.
    theta, gradient : ndarray of float64, shape (N,)
        Where to measure, and the finite gradient to be judged.
    starts : list of int
        The index of the first entry of each block.
    scales, units : ndarray of float64, shape (N,)
        The s of each entry's steps s 2^-j, and the entry's own size; see `step_scales` and
        `entry_units`.
    noise : Noise
        That of the loss.
    rtol : ndarray of float64, shape (N,)
        How far each entry of the gradient may be off, as a part of its block's largest.
    size_nearby : callable
        Returns the size of the loss at points about as far away as theta is large.
    noise_along, coarse_noise_along : callable, optional
        Take a mask of entries and return the noise of the loss along these alone, and that of a
        coarser part of it, 0 without one.
    change : callable, optional
        Takes a move of all entries and returns how much the loss changes.
    bits : ndarray of int, shape (N,), optional
        To how many bits the loss rounds each entry of theta. Default: those of float64.
    noise_of_entries : callable, optional
        Takes indices of entries and returns the noise along each, where it may be less than that
        of the loss.
    """

    changes: Changes
    theta: FloatArray
    gradient: FloatArray
    starts: list[int]
    scales: FloatArray
    units: FloatArray
    noise: Noise
    rtol: FloatArray
    size_nearby: Callable[[], float]
    noise_along: Callable[[Mask], Noise] | None = None
    coarse_noise_along: Callable[[Mask], float] | None = None
    change: Callable[[FloatArray], float] | None = None
    bits: Index | None = None
    noise_of_entries: Callable[[Index], FloatArray] | None = None

    def points_along(self, index: Index, moves: FloatArray) -> FloatArray:
        """Return the values nearest to theta + moves, a row for each entry, that the loss sees."""
        points = self.theta[index, None] + moves
        return points if self.bits is None else round_to_bits(points, self.bits[index, None])
