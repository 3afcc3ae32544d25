"""One gradient to be checked: what is found out before any difference, measured, and reported."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradlab.checker.diagnosis import Block, Finding, Setting, diagnose
from gradlab.checker.findings import (
    find_changing_gradient,
    find_kinks,
    find_low_precision,
    find_not_finite,
    find_small_difference,
    find_unusable_loss,
)
from gradlab.checker.limits import describe_blind_spots, describe_resolution, describe_zeros
from gradlab.checker.loss import LossOfTheta, silence
from gradlab.checker.measuring.ladder import measure_slopes
from gradlab.checker.measuring.noise import Noise, find_coarse_noise, measure_noise
from gradlab.checker.measuring.slopes import Slopes, unknown_slopes
from gradlab.checker.measuring.steps import FIRST, ODD, entry_units, step_scales
from gradlab.checker.measuring.task import Changes, Task
from gradlab.checker.parameters import Layout
from gradlab.checker.report import VERDICTS, BlockReport, Evidence, GradientReport
from gradlab.checker.sampling import Directions, describe_directions, describe_sample
from gradlab.checker.significand import Arithmetic, gradient_rounding
from gradlab.checker.verdict import judge_block, ratio_of_measured
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray, Index, Mask

# Of slopes measured in another way, this many in doubt are measured again by whole losses.
_IN_DOUBT = 500
# The noise of a whole loss in units of round-off, where it is not worth measuring.
_ROUGH = 1e3
# How far theta is moved, in scales, to see whether the loss follows arrays that change in place.
_MOVE = 2.0**-10


class GradientCheck:
    """A loss, its gradient and the params where they are compared.

    Parameters
    ----------
    loss, gradient : callable
        Of params.
    layout : Layout
        The params, and where they are compared.
    rtol : float
        How far the gradient may be off, as a part of its block's largest entry.
    arithmetic : Arithmetic, optional
        What is known of the numbers in which the loss is computed.
    setting : Setting, optional
        What is known of the loss.
    data_spots : sequence of str
        What the data cannot show, in words.
    may_keep_arrays : bool
        Whether the loss may hold on to its arrays or replace them. For one that is known not to,
        False saves two evaluations.
    functions : tuple of str
        What to call loss and gradient.
    notes : sequence of str
        What the report says besides.
    noise_of_entries : callable, optional
        Takes indices of entries and returns the noise along each, where it may be less than that
        of the loss.

    Attributes
    ----------
    theta : ndarray of float64, shape (N,)
        The params as one vector.
    gradient : ndarray of float64, shape (N,)
        The gradient that is checked, with 0 where it is not finite.
    sizes : ndarray of int
        The sizes of the blocks.
    starts : list of int
        The index in theta of the first entry of each block.
    finding : Finding or None
        Why nothing can be measured, if that is so.
    """

    def __init__(
        self,
        loss: Callable[[Any], Any],
        gradient: Callable[[Any], Any],
        layout: Layout,
        *,
        rtol: float = 0.0,
        arithmetic: Arithmetic | None = None,
        setting: Setting | None = None,
        data_spots: Sequence[str] = (),
        may_keep_arrays: bool = True,
        functions: tuple[str, str] = ("loss", "gradient"),
        notes: Sequence[str] = (),
        noise_of_entries: Callable[[Index], FloatArray] | None = None,
    ) -> None:
        layout.require_finite()
        arithmetic = arithmetic or Arithmetic()
        self.theta = layout.theta
        self._setting = setting
        self._data_spots = data_spots
        self._at = LossOfTheta(loss, layout, arithmetic)
        self._replays = [self._at.base, self._at()]
        layout.require_unchanged(functions[0], self._at.theta)
        copies = layout.unravel(self.theta)
        self._analytic, rounding = layout.ravel_gradient(gradient(copies))
        layout.require_unchanged(functions[1], layout.ravel(copies))
        self._again, _ = layout.ravel_gradient(gradient(layout.unravel(self.theta)))
        self._finite = np.isfinite(self._analytic)
        self.gradient = self._analytic
        if not self._finite.all():
            self.gradient = np.where(self._finite, self._analytic, 0.0)
        self._bits = arithmetic.bits
        self._noise_of_entries = noise_of_entries
        if self._bits is not None:
            short = [gradient_rounding(int(bits)) for bits in self._bits[layout.starts]]
            rounding = np.maximum(rounding, short)
        self._rtol = np.maximum(rtol, rounding)
        self._notes = (*notes, *_describe_allowance(layout.names, rounding, rtol))
        self._names, self._shapes = layout.names, layout.shapes
        self.sizes, self.starts = layout.sizes, layout.starts
        self.finding = find_unusable_loss(self._replays, self._at.size)
        if self.finding is None:
            self._plain_scales = step_scales(self.theta, self.starts)
            if may_keep_arrays:
                self._at.give_copies_if_needed(self._plain_scales * (ODD * _MOVE))
        self._noise = Noise(math.nan)

    def report_unmeasured(self) -> GradientReport:
        """Return the report of a loss that cannot be differenced."""
        return self._report(unknown_slopes(self.theta.size), "loop")

    def entry_by_entry(
        self, chosen: Index, changes: Changes | None = None, method: str = "loop"
    ) -> GradientReport:
        """Measure the slopes along these entries of theta, sorted, one after the other."""
        self._measure_noise()
        slopes = self._measure(chosen, changes or self._at.changes)
        if chosen.size == self.theta.size:
            return self._report(slopes, method)
        counts = np.diff(np.searchsorted(chosen, [*self.starts, self.theta.size]))
        return self._report(slopes, "sample", chosen, describe_sample(self.sizes, counts))

    def along(self, count: int, seed: int) -> GradientReport:
        """Measure the slopes along random directions within each block."""
        self._measure_noise()
        lines = Directions.draw(self._at, self.starts, self.sizes, count, seed)
        typical = np.repeat(np.maximum.reduceat(self._scales, self.starts), count)
        zeros = np.zeros(count * self.sizes.size)
        given = lines.slopes(self.gradient)
        slopes = measure_slopes(
            Task(
                changes=lines.changes,
                theta=zeros,
                gradient=given,
                starts=list(range(0, zeros.size, count)),
                scales=typical,
                units=typical,
                noise=self._noise,
                rtol=np.repeat(self._rtol, count),
                size_nearby=self._size_nearby,
            )
        )
        notes = describe_directions(given, slopes, self.sizes, count)
        return self._report_of_directions(lines.slopes(self._analytic), slopes, count, notes)

    def judge(self, slopes: Slopes, sigma: float, method: str) -> GradientReport:
        """Report slopes that were measured in another way, if the whole loss confirms them.

        If it does not, every entry is measured by whole losses. `sigma` is the noise of the loss.
        """
        slopes.wrong |= ~self._finite
        self._scales = self._plain_scales
        self._noise = Noise(sigma)
        if not self._is_confirmed(slopes):
            return self.entry_by_entry(np.arange(self.theta.size))
        doubtful = np.flatnonzero(slopes.doubtful)
        if 0 < doubtful.size <= _IN_DOUBT:
            self._measure_noise()
            self._settle(slopes, doubtful)
        return self._report(slopes, method)

    def _is_confirmed(self, slopes: Slopes) -> bool:
        """Return whether the whole loss has these slopes along a random direction.

        What the other way does not see, such as weights that enter a second time, the loss does.
        """
        direction = self._scales * np.random.default_rng(0).standard_normal(self.theta.size)
        terms = direction * slopes.value
        error = float(np.abs(direction) @ slopes.tolerance)
        # With a kink between the points, a smaller step may still agree.
        for j in (FIRST, FIRST + 6, FIRST + 12):
            h = 2.0**-j
            ahead, behind = (self._loss_moved_by(s * h * direction) for s in (1.0, -1.0))
            slope = (ahead - behind) / (2.0 * h)
            noise = _ROUGH * UNIT_ROUNDOFF * abs(self._replays[0]) / h
            if abs(slope - terms.sum()) <= 1e-3 * np.linalg.norm(terms) + error + noise:
                return True
        return False

    def _loss_moved_by(self, move: FloatArray) -> float:
        with silence():
            return self._at.value_away_from_theta(move)

    def _settle(self, slopes: Slopes, doubtful: Index) -> None:
        # Whole blocks, because an entry is judged by the largest of its block.
        blocks = np.searchsorted(self.starts, doubtful, side="right") - 1
        chosen = np.flatnonzero(
            np.isin(np.repeat(np.arange(self.sizes.size), self.sizes), np.unique(blocks))
        )
        if chosen.size > 4 * _IN_DOUBT:
            return
        again = self._measure(chosen, self._at.changes)
        better = np.isin(chosen, doubtful) & ~again.doubtful
        kept = chosen[better]
        slopes.value[kept], slopes.tolerance[kept] = again.value[better], again.tolerance[better]
        slopes.wrong[kept], slopes.kink[kept] = again.wrong[better], again.kink[better]
        slopes.doubtful[kept] = False

    def _measure_noise(self) -> None:
        self._units = entry_units(self.theta, self._plain_scales)
        # Zeros stay: a float32 of 0 moves by as little as one likes, and shows no rounding.
        moving = np.where(self.theta == 0.0, 0.0, self._units)
        self._noise = measure_noise(self._at, moving if moving.any() else self._units)
        if not self._noise.has_moved and moving.any() and not moving.all():
            self._noise = measure_noise(self._at, self._units)
        if self._bits is not None:
            self._noise = replace(self._noise, is_quantised=True)
        self._scales = self._plain_scales * ODD

    def _size_nearby(self) -> float:
        return self._at.size_nearby(self._scales)

    def _measure(self, chosen: Index, changes: Changes) -> Slopes:
        starts = np.unique(np.searchsorted(chosen, self.starts))

        def spread(values: FloatArray) -> FloatArray:
            everywhere = np.zeros_like(self.theta)
            everywhere[chosen] = values
            return everywhere

        def noise_along(rows: Mask) -> Noise:
            return measure_noise(self._at, spread(np.where(rows, self._units[chosen], 0.0)))

        def coarse_noise_along(rows: Mask) -> float:
            units = spread(np.where(rows, self._units[chosen], 0.0))
            return find_coarse_noise(self._at, units, self._noise.sigma)

        def change(move: FloatArray) -> float:
            with silence():
                return self._at.value_away_from_theta(spread(move)) - self._at.base

        slopes = measure_slopes(
            Task(
                changes=lambda index, points: changes(chosen[index], points),
                theta=self.theta[chosen],
                gradient=self.gradient[chosen],
                starts=starts[starts < chosen.size].tolist(),
                scales=self._scales[chosen],
                units=self._units[chosen],
                noise=self._noise,
                rtol=np.repeat(self._rtol, self.sizes)[chosen],
                size_nearby=self._size_nearby,
                noise_along=noise_along,
                coarse_noise_along=coarse_noise_along,
                change=change,
                bits=None if self._bits is None else self._bits[chosen],
                noise_of_entries=self._noise_of_entries,
            )
        )
        slopes.wrong |= ~self._finite[chosen]
        return slopes

    def _report(
        self,
        slopes: Slopes,
        method: str,
        chosen: Index | None = None,
        notes: tuple[str, ...] = (),
    ) -> GradientReport:
        slopes = self._slopes_if_usable(slopes)
        theta, given, again = self.theta, self._analytic, self._again
        ends = np.array([*self.starts, theta.size])
        if chosen is not None:
            theta, given, again = theta[chosen], given[chosen], again[chosen]
            ends = np.searchsorted(chosen, ends)
        blocks, rows = [], []
        for k, (name, shape) in enumerate(zip(self._names, self._shapes, strict=True)):
            part = slice(ends[k], ends[k + 1])
            size = int(ends[k + 1] - ends[k])
            whole = size == self.sizes[k]
            kept = shape if whole else (size,)
            block = Block(
                name,
                theta[part].reshape(kept),
                given[part].reshape(kept),
                slopes.block(int(ends[k]), kept),
                whole=whole,
            )
            blocks.append(block)
            places = np.arange(size) if chosen is None else chosen[part] - self.starts[k]
            row = judge_block(block, shape, places)
            if row.verdict == "inconclusive" and self.finding is None:
                entry = self.starts[k] + int(np.ravel_multi_index(row.worst, shape))
                row = replace(row, complex_step=self._at.complex_slope(entry) or None)
            rows.append(row)
        changing = find_changing_gradient(given, again, slopes.value)
        difference = ratio_of_measured(given, slopes.value, slopes.zero)
        return self._assemble_report(blocks, rows, difference, method, notes, changing)

    def _report_of_directions(
        self, given: FloatArray, slopes: Slopes, count: int, notes: tuple[str, ...]
    ) -> GradientReport:
        slopes.wrong |= ~np.isfinite(given)
        slopes = self._slopes_if_usable(slopes)
        blocks, rows = [], []
        for k, (name, shape) in enumerate(zip(self._names, self._shapes, strict=True)):
            along = slice(k * count, (k + 1) * count)
            measured = slopes.block(k * count, (count,))
            block = Block(name, np.zeros(count), given[along], measured)
            blocks.append(block)
            rows.append(judge_block(block, shape, None))
        unknown = np.full(self.theta.size, np.nan)
        again = find_changing_gradient(self._analytic, self._again, unknown)
        difference = ratio_of_measured(given, slopes.value, slopes.zero)
        return self._assemble_report(blocks, rows, difference, "directions", notes, again)

    def _slopes_if_usable(self, slopes: Slopes) -> Slopes:
        # Some randomness only shows after many calls.
        if self.finding is None:
            self.finding = find_unusable_loss([*self._replays, self._at()], self._at.size)
        return slopes if self.finding is None else unknown_slopes(slopes.value.size)

    def _assemble_report(
        self,
        blocks: list[Block],
        rows: list[BlockReport],
        difference: float,
        method: str,
        notes: tuple[str, ...],
        again: Finding | None,
    ) -> GradientReport:
        verdict = max((row.verdict for row in rows), key=VERDICTS.index)
        if self.finding is not None:
            # Of a loss that differs from call to call, the gradient does so, too.
            again = None
        if again is not None and verdict == "pass":
            verdict = "fail"
        of_entries = method != "directions"
        said = [*notes, *self._notes, *describe_zeros(blocks)]
        if self.finding is None:
            said += describe_resolution(rows)
        if verdict == "pass" and of_entries:
            said += describe_blind_spots(blocks, self._data_spots)
        return GradientReport(
            verdict=verdict,
            difference=difference,
            parameters=tuple(rows),
            findings=tuple(self._find(blocks, of_entries, again)),
            evaluations=self._at.evaluations,
            method=method,
            notes=tuple(said),
            evidence=Evidence(
                self._analytic,
                tuple(block.gradient for block in blocks),
                tuple(block.slopes for block in blocks),
                self._noise.sigma,
            ),
        )

    def _find(self, blocks: list[Block], of_entries: bool, again: Finding | None) -> list[Finding]:
        findings = [finding for finding in (self.finding, again) if finding is not None]
        findings += [find_not_finite(b) for b in blocks if not np.isfinite(b.gradient).all()]
        if self.finding is not None or any(f.kind == "non_finite" for f in findings):
            return findings
        findings += diagnose(blocks, self._setting) if of_entries else []
        findings += [find_kinks(block) for block in blocks if block.slopes.kink.any()]
        small = [find_small_difference(block) for block in blocks if block.failed]
        # Beside larger differences they are what these lead to.
        findings += [finding for finding in small if finding] if all(small) else []
        # What is known to have few digits need not be told.
        known = self._bits is not None
        few = None if known else find_low_precision(self._at, self._noise, self._scales)
        return [*findings, few] if few is not None else findings


def _describe_allowance(
    names: Sequence[str], rounding: FloatArray, rtol: float
) -> tuple[str, ...]:
    """Say which differences count as none."""
    said = []
    if rtol > 0.0:
        said.append(f"Differences of at most rtol = {rtol:g} of the block's largest entry pass.")
    short = [name for name, part in zip(names, rounding.tolist(), strict=True) if part > rtol]
    if short:
        said.append(
            f"The gradient has few digits in {', '.join(short)}: differences of at most "
            f"{rounding.max():.0e} of the block's largest entry count as its rounding."
        )
    return tuple(said)
