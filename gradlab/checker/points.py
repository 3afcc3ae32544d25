"""Other points: where the same gradient is checked again, because one point may hide a mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from gradlab.checker.loss import LossOfTheta, silence
from gradlab.checker.measuring.steps import step_scales
from gradlab.checker.parameters import Layout
from gradlab.checker.report import VERDICTS, GradientReport
from gradlab.checker.significand import Arithmetic
from gradlab.support.floats import FloatArray

# A point where the loss has no finite value is drawn again, at half the distance, this many times.
_HALVINGS = 20


def check_at_points(
    check: Callable[[Layout], GradientReport],
    loss: Callable[[Any], float],
    layout: Layout,
    points: int,
    seed: int,
    arithmetic: Arithmetic | None = None,
) -> GradientReport:
    """Check here and at random points, and return the worst report.

    Parameters
    ----------
    check : callable
        Takes a layout, with the params of a point, and returns its report.
    loss : callable
        Of params: it must be finite at a point that is drawn.
    layout : Layout
        The params, here.
    points : int
        How many points, this one included.
    seed : int
        Seed of the draw.
    arithmetic : Arithmetic, optional
        How the loss rounds its params.
    """
    here = check(layout)
    if points == 1:
        return here
    elsewhere = []
    with silence():
        for theta in _draw_points(LossOfTheta(loss, layout), layout, points - 1, seed):
            # Whatever the functions object to at a point that was drawn is not the user's mistake.
            with suppress(Exception):
                seen = theta if arithmetic is None else arithmetic.round(theta)
                elsewhere.append(check(layout.at(seen)))
    return _choose_worst([here, *elsewhere], points)


def _draw_points(at: LossOfTheta, layout: Layout, count: int, seed: int) -> list[FloatArray]:
    """Return random thetas about a parameter's size away where the loss is finite.

    They are ``theta + s v`` with s the power of two above the size of each entry or of its block,
    whichever is larger, and v standard normal; nearer where the loss has no finite value; fewer
    than `count`, where it has none anywhere nearby.
    """
    scales = step_scales(layout.theta, layout.starts)
    rng = np.random.default_rng(seed)
    moves = [scales * rng.standard_normal(layout.theta.size) for _ in range(count)]
    nearer = [_shorten(at, move) for move in moves]
    return [layout.theta + move for move in nearer if move is not None]


def _shorten(at: LossOfTheta, move: FloatArray) -> FloatArray | None:
    for _ in range(_HALVINGS):
        if np.isfinite(at.value_away_from_theta(move)):
            return move
        move = move / 2.0
    return None


def _choose_worst(reports: Sequence[GradientReport], points: int) -> GradientReport:
    """Return the report with the worst verdict, which also tells of the others.

    Parameters
    ----------
    reports : sequence of GradientReport
        The first is that of the user's own point.
    points : int
        How many points were asked for.
    """
    severity = [VERDICTS.index(report.verdict) for report in reports]
    number = severity.index(max(severity))
    counts = ", ".join(
        f"{severity.count(level)} {verdict}"
        for level, verdict in enumerate(VERDICTS)
        if level in severity
    )
    where = "the params given" if number == 0 else f"random point {number} of {points - 1}"
    number_of = "1 point" if len(reports) == 1 else f"{len(reports)} points"
    note = f"Checked at {number_of}: {counts}. This is the report at {where}."
    if len(reports) < points:
        note += f" Nothing could be checked near {points - len(reports)} of the {points}."
    return replace(
        reports[number],
        evaluations=sum(report.evaluations for report in reports),
        notes=(note, *reports[number].notes),
    )
