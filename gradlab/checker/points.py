"""Other points: where the same gradient is checked again, because one point may hide a mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from gradlab.checker.loss import LossOfTheta, silence
from gradlab.checker.measuring.steps import step_scales
from gradlab.checker.parameters import Layout
from gradlab.checker.report import VERDICTS, GradientReport
from gradlab.support.floats import FloatArray

P = TypeVar("P")

# A point where the loss has no finite value is drawn again, at half the distance, this many times.
_HALVINGS = 20


def draw_points(loss: Callable[[P], float], params: P, count: int, seed: int) -> list[Any]:
    """Return random points about a parameter's size away where the loss is finite.

    Parameters
    ----------
    loss : callable
        Of params.
    params : ndarray, or nested lists, tuples and dicts of ndarrays
    count : int
        How many points.
    seed : int
        Seed of the draw.

    Returns
    -------
    list of params
        ``theta + s v`` with s the power of two above the size of each entry or of its block,
        whichever is larger, and v standard normal; nearer where the loss has no finite value.
        Fewer than `count`, where it has none anywhere nearby.
    """
    layout = Layout(params)
    at = LossOfTheta(loss, layout)
    scales = step_scales(layout.theta, layout.starts)
    rng = np.random.default_rng(seed)
    moves = [scales * rng.standard_normal(layout.theta.size) for _ in range(count)]
    with silence():
        nearer = [_shorten(at, move) for move in moves]
    return [layout.unravel(layout.theta + move) for move in nearer if move is not None]


def _shorten(at: LossOfTheta, move: FloatArray) -> FloatArray | None:
    for _ in range(_HALVINGS):
        if np.isfinite(at.value_away_from_theta(move)):
            return move
        move = move / 2.0
    return None


def choose_worst(reports: Sequence[GradientReport], points: int) -> GradientReport:
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
