"""The figures of a report: which entry, which steps, and what the loss is there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.checker.figures.blocks import plot_blocks
from gradlab.checker.figures.steps import plot_steps
from gradlab.checker.figures.taylor import plot_taylor
from gradlab.checker.loss import LossOfTheta
from gradlab.checker.parameters import Layout
from gradlab.checker.report import VERDICTS, GradientReport
from gradlab.support.drawing import Drawing
from gradlab.support.floats import FloatArray


def draw_blocks(report: GradientReport) -> Drawing:
    """Draw the difference of every entry beside its tolerance."""
    evidence = report.evidence
    pairs = list(zip(evidence.blocks, evidence.slopes, strict=True))
    return plot_blocks(
        [block.name for block in report.parameters],
        [np.abs(gradient - slopes.value) for gradient, slopes in pairs],
        [slopes.tolerance for slopes in evidence.slopes],
        [block.verdict for block in report.parameters],
        [float(np.abs(slopes.value).max()) for slopes in evidence.slopes],
    )


def draw_steps(report: GradientReport, loss: Callable[[Any], float], params: Any) -> Drawing:
    """Draw the error of the central difference at the worst entry over the step."""
    if report.method == "directions":
        raise ValueError("kind is 'steps', but this report is about directions, not entries")
    at = _loss_of(report, loss, params)
    entry, name = _entry_to_show(report)
    origin = float(at.theta[entry])
    _, exponent = np.frexp(max(abs(origin), 2.0**-4))
    steps = np.ldexp(1.0, exponent - np.arange(2, 45))

    def value(place: float) -> float:
        at.theta[entry] = place
        return at.value_or_nan()

    above, below = origin + steps, origin - steps
    changes = np.array([value(p) - value(q) for p, q in zip(above, below, strict=True)])
    slopes = changes / (above - below)
    # The third difference, where it is well above the noise.
    h = float(np.ldexp(1.0, exponent - 7))
    values = [value(origin + k * h) for k in (2, 1, -1, -2)]
    third = float(np.array([1.0, -2.0, 2.0, -1.0]) @ values) / (2.0 * h**3)
    gradient = float(report.evidence.gradient[entry])
    return plot_steps(steps, slopes, gradient, report.evidence.noise, third, name)


def draw_taylor(report: GradientReport, loss: Callable[[Any], float], params: Any) -> Drawing:
    """Draw the remainder of the loss along a random direction."""
    at = _loss_of(report, loss, params)
    theta = at.theta.copy()
    direction = np.random.default_rng(0).standard_normal(theta.size)
    direction *= max(float(np.abs(theta).max()), 1.0) / np.linalg.norm(direction)
    steps = 2.0 ** -np.arange(1.0, 40.0)

    def value(move: FloatArray) -> float:
        at.theta[:] = theta + move
        return at.value_or_nan()

    base = value(np.zeros_like(theta))
    change = np.array([value(t * direction) - base for t in steps])
    slope = float(report.evidence.gradient @ direction)
    return plot_taylor(steps, np.abs(change), np.abs(change - steps * slope), passed=report.passed)


def _loss_of(report: GradientReport, loss: Callable[[Any], float], params: Any) -> LossOfTheta:
    at = LossOfTheta(loss, Layout(params))
    # Now, because further away no error is heard.
    at()
    checked = report.evidence.gradient.size
    if at.theta.size != checked:
        raise ValueError(
            f"params has {at.theta.size} entries; it must have the {checked} that were checked"
        )
    return at


def _entry_to_show(report: GradientReport) -> tuple[int, str]:
    """Return the worst entry, or the one with the largest slope where none is bad."""
    sizes = [math.prod(block.shape) for block in report.parameters]
    if report.passed:
        entry = int(np.argmax(np.abs(report.evidence.gradient)))
        number = int(np.searchsorted(np.cumsum(sizes), entry, side="right"))
        row = report.parameters[number]
        at = np.unravel_index(entry - sum(sizes[:number]), row.shape)
        place = tuple(int(k) for k in at)
    else:
        row = max(report.parameters, key=lambda row: (VERDICTS.index(row.verdict), row.difference))
        place = row.worst
        before = sum(sizes[: report.parameters.index(row)])
        entry = before + int(np.ravel_multi_index(row.worst, row.shape))
    return entry, f"{row.name}[{', '.join(map(str, place))}]"
