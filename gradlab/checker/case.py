"""One gradient to be checked: what is found out before any difference, measured, and reported."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.diagnosis import Block, Finding, Setting, diagnose
from gradlab.checker.findings import find_kinks, find_not_finite, find_unusable_loss
from gradlab.checker.loss import LossOfTheta, loss_noise
from gradlab.checker.norms import distance_ratio
from gradlab.checker.parameters import Layout, ravel
from gradlab.checker.report import VERDICTS, BlockReport, Evidence, GradientReport, Verdict
from gradlab.checker.sampling import (
    Directions,
    describe_directions,
    describe_sample,
)
from gradlab.checker.slopes import FIRST, Changes, Measurement, Slopes, step_scales, unknown_slopes
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray, Index
from gradlab.support.progress import progress

# Noise above this many units of round-off cannot come from float64 arithmetic alone.
_LOW_PRECISION = 2.0**17
# A progress bar moves after so many entries.
_PART = 4096
# Of slopes measured in another way, so many in doubt are measured again by whole losses.
_IN_DOUBT = 500
# The noise of a whole loss in units of round-off, where it is not worth measuring.
_ROUGH = 1e3


class GradientCheck:
    """A loss, its gradient and the params where they are compared.

    Parameters
    ----------
    loss, gradient : callable
        Of params.
    params : ndarray, or nested lists, tuples and dicts of ndarrays
        Not changed.
    setting : Setting, optional
        What is known of the loss.

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
        params: Any,
        setting: Setting | None = None,
    ) -> None:
        layout = Layout(params)
        require_finite(layout)
        self.theta = layout.theta
        self._setting = setting
        self._at = LossOfTheta(loss, layout)
        self._replays = [self._at() for _ in range(2)]
        require_unchanged("loss", layout, self._at.theta)
        copies = layout.unravel(self.theta)
        self._analytic = layout.ravel_gradient(gradient(copies))
        require_unchanged("gradient", layout, ravel(copies)[0])
        self._finite = np.isfinite(self._analytic)
        self.gradient = np.where(self._finite, self._analytic, 0.0)
        self._names, self._shapes = layout.names, layout.shapes
        self.sizes, self.starts = layout.sizes, layout.starts
        self.finding = find_unusable_loss(self._replays)
        self._sigma = math.nan

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
        typical = np.maximum.reduceat(self._scales, self.starts)
        zeros = np.zeros(count * self.sizes.size)
        given = lines.slopes(self.gradient)
        starts = list(range(0, zeros.size, count))
        slopes = Measurement(
            lines.changes,
            zeros,
            given,
            starts,
            np.repeat(typical, count),
            self._sigma,
            self._size_nearby,
        ).slopes()
        notes = describe_directions(given, slopes, self.sizes, count)
        return self._report_of_directions(lines.slopes(self._analytic), slopes, count, notes)

    def judge(self, slopes: Slopes, sigma: float, method: str) -> GradientReport:
        """Report slopes that were measured in another way, if the whole loss confirms them.

        If it does not, every entry is measured by whole losses. `sigma` is the noise of the loss.
        """
        slopes.wrong |= ~self._finite
        self._scales = step_scales(self.theta, self.starts)
        self._sigma = sigma
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
        return _loss_at(self._at, self.theta + move)

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
        self._scales = step_scales(self.theta, self.starts)
        self._sigma = loss_noise(self._at, self._scales)

    def _size_nearby(self) -> float:
        return self._at.size_nearby(self._scales)

    def _measure(self, chosen: Index, changes: Changes) -> Slopes:
        given = self.gradient[chosen]
        starts = np.unique(np.searchsorted(chosen, self.starts))
        starts = starts[starts < chosen.size]
        slopes = Measurement(
            lambda index, points: changes(chosen[index], points),
            self.theta[chosen],
            given,
            starts.tolist(),
            self._scales[chosen],
            self._sigma,
            self._size_nearby,
        ).slopes()
        slopes.wrong |= ~self._finite[chosen]
        return slopes

    def _report(
        self,
        slopes: Slopes,
        method: str,
        chosen: Index | None = None,
        notes: tuple[str, ...] = (),
    ) -> GradientReport:
        # Some randomness only shows after many calls.
        self.finding = self.finding or find_unusable_loss([*self._replays, self._at()])
        indices = np.arange(self.theta.size) if chosen is None else chosen
        if self.finding is not None:
            slopes = unknown_slopes(indices.size)
        blocks, rows = [], []
        ends = np.searchsorted(indices, [*self.starts, self.theta.size])
        for k, (name, shape) in enumerate(zip(self._names, self._shapes, strict=True)):
            part = indices[ends[k] : ends[k + 1]]
            whole = part.size == self.sizes[k]
            kept = shape if whole else (part.size,)
            block = Block(
                name,
                self.theta[part].reshape(kept),
                self._analytic[part].reshape(kept),
                slopes.block(int(ends[k]), kept),
            )
            blocks.append(block)
            row = _block_report(block, shape, part - self.starts[k])
            if row.verdict == "inconclusive" and self.finding is None:
                entry = self.starts[k] + int(np.ravel_multi_index(row.worst, shape))
                row = replace(row, complex_step=self._at.complex_slope(entry))
            rows.append(row)
        return self._assemble_report(blocks, rows, method, notes)

    def _report_of_directions(
        self, given: FloatArray, slopes: Slopes, count: int, notes: tuple[str, ...]
    ) -> GradientReport:
        slopes.wrong |= ~np.isfinite(given)
        self.finding = self.finding or find_unusable_loss([*self._replays, self._at()])
        if self.finding is not None:
            slopes = unknown_slopes(given.size)
        blocks, rows = [], []
        for k, (name, shape) in enumerate(zip(self._names, self._shapes, strict=True)):
            along = slice(k * count, (k + 1) * count)
            measured = slopes.block(k * count, (count,))
            block = Block(name, np.zeros(count), given[along], measured)
            blocks.append(block)
            rows.append(_block_report(block, shape, None))
        return self._assemble_report(blocks, rows, "directions", notes)

    def _assemble_report(
        self, blocks: list[Block], rows: list[BlockReport], method: str, notes: tuple[str, ...]
    ) -> GradientReport:
        findings = [self.finding] if self.finding else []
        findings += [find_not_finite(b) for b in blocks if not np.isfinite(b.gradient).all()]
        if not findings:
            findings += diagnose(blocks, self._setting) if method != "directions" else []
            findings += [find_kinks(block) for block in blocks if block.slopes.kink.any()]
            findings += self._low_precision()
        given = np.concatenate([block.gradient.ravel() for block in blocks])
        measured = np.concatenate([block.slopes.value.ravel() for block in blocks])
        return GradientReport(
            verdict=max((row.verdict for row in rows), key=VERDICTS.index),
            difference=_ratio_of_measured(given, measured),
            parameters=tuple(rows),
            findings=tuple(findings),
            evaluations=self._at.evaluations,
            method=method,
            notes=notes,
            evidence=Evidence(
                self._analytic,
                tuple(block.gradient for block in blocks),
                tuple(block.slopes for block in blocks),
                self._sigma,
            ),
        )

    def _low_precision(self) -> list[Finding]:
        size = abs(self._replays[0])
        if not self._sigma > _LOW_PRECISION * UNIT_ROUNDOFF * size:
            return []
        # A small loss may be the difference of large numbers, whose digits are all there.
        size = max(size, self._size_nearby())
        if not self._sigma > _LOW_PRECISION * UNIT_ROUNDOFF * size:
            return []
        digits = max(0, math.floor(-math.log10(self._sigma / size)))
        message = (
            f"It has about {digits} correct digits where float64 has 16 "
            "(a float32 inside, or a large number that cancels?)."
        )
        return [Finding("low_precision", None, message, evidence={"noise": self._sigma})]


def in_parts(changes: Changes) -> Changes:
    """Return the same function, done part by part, with a progress bar after a second."""

    def all_changes(index: Index, points: FloatArray) -> FloatArray:
        starts = progress(range(0, index.size, _PART), "entry", unit_scale=_PART)
        parts = [changes(index[k : k + _PART], points[k : k + _PART]) for k in starts]
        return np.concatenate(parts) if parts else np.empty_like(points)

    return all_changes


def _loss_at(at: LossOfTheta, theta: FloatArray) -> float:
    before = at.theta.copy()
    at.theta[:] = theta
    value = at.value_or_nan()
    at.theta[:] = before
    return value


def _block_report(block: Block, shape: tuple[int, ...], places: Index | None) -> BlockReport:
    """Return the row of a block; `places` are the entries measured, None for directions."""
    given, slopes = block.gradient, block.slopes
    verdict: Verdict = "pass"
    candidates: NDArray[np.bool_] | bool = True
    if slopes.wrong.any():
        verdict, candidates = "fail", slopes.wrong
    elif slopes.doubtful.any():
        verdict, candidates = "inconclusive", slopes.doubtful
    worst = _first_largest(np.where(candidates, np.abs(given - slopes.value), -1.0))
    index: tuple[int, ...] = ()
    if places is not None:
        index = tuple(int(k) for k in np.unravel_index(places[worst], shape))
    return BlockReport(
        name=block.name,
        shape=shape,
        verdict=verdict,
        difference=_ratio_of_measured(given, slopes.value),
        worst=index,
        analytic=float(given.flat[worst]),
        numeric=float(slopes.value.flat[worst]),
        tolerance=float(slopes.tolerance.flat[worst]),
        wrong=int(slopes.wrong.sum()),
        measured=given.size,
    )


def _ratio_of_measured(given: FloatArray, measured: FloatArray) -> float:
    """Return the customary ratio over the entries whose slope could be measured, if any."""
    known = np.isfinite(measured)
    return distance_ratio(given[known], measured[known]) if known.any() else math.nan


def _first_largest(distance: FloatArray) -> int:
    """Return the index of the first nan, else of the first entry that is the largest or a tie.

    Which of two entries is larger by its last digits differs between machines.
    """
    if np.isnan(distance).any():
        return int(np.argmax(np.isnan(distance)))
    return int(np.argmax(distance >= (1.0 - 1e-6) * distance.max()))


def require_finite(layout: Layout) -> None:
    """Raise ValueError, naming block and index, if an entry of the parameters is not finite."""
    bad = np.flatnonzero(~np.isfinite(layout.theta))
    if not bad.size:
        return
    entry = int(bad[0])
    number = layout.names.index(layout.name_of(entry))
    place = np.unravel_index(entry - layout.starts[number], layout.shapes[number])
    index = [int(k) for k in place]
    raise ValueError(
        f"{layout.names[number]} is {layout.theta[entry]} in {index}; it must be finite"
    )


def require_unchanged(function: str, layout: Layout, after: FloatArray) -> None:
    """Raise ValueError, naming the block, if a function changed its params."""
    if np.array_equal(layout.theta, after):
        return
    changed = "its params"
    if layout.theta.shape == after.shape:
        changed = layout.name_of(int(np.argmax(layout.theta != after)))
    raise ValueError(f"{function} changed {changed}; it must leave its params as they are")
