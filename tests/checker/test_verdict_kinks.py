"""Kinks: found where the central difference agrees, too, and not where a loss bends strongly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from checker.losses import FAMILIES, Family, draw

from gradlab.checker.check import check_gradient
from gradlab.checker.report import GradientReport
from gradlab.support.floats import FloatArray


def kinks(report: GradientReport) -> list[list[int]]:
    entries: list[list[int]] = []
    for finding in report.findings:
        if finding.kind == "kink":
            found = finding.evidence["entries"]
            assert isinstance(found, list)
            entries += found
    return entries


@pytest.mark.parametrize("seed", range(30))
def test_the_penalty_of_the_lasso_at_zero_is_found_though_it_is_symmetric(seed: int) -> None:
    rng = np.random.default_rng([70, seed])
    rows, columns = int(rng.integers(10, 60)), int(rng.integers(1, 8))
    X, y = rng.normal(size=(rows, columns)), rng.normal(size=rows)
    strength = rng.uniform(0.05, 2.0)
    zero = rng.random(columns) < 0.6
    zero[int(rng.integers(columns))] = True
    point = np.where(zero, 0.0, rng.normal(size=columns))

    def loss(w: FloatArray) -> float:
        return float(np.mean((X @ w - y) ** 2) + strength * np.abs(w).sum())

    def gradient(w: FloatArray) -> FloatArray:
        # No penalty where w is 0: the middle of the two slopes.
        return np.asarray(2 * X.T @ (X @ w - y) / rows + strength * np.sign(w))

    report = check_gradient(loss, gradient, point)
    assert report.passed, report
    assert kinks(report) == [[k] for k in np.flatnonzero(zero)]


@pytest.mark.parametrize("beyond", [1.5, -4.0])
def test_a_slope_beyond_both_sides_of_a_kink_is_not_called_right_for_long(beyond: float) -> None:
    for seed in range(10):
        point = np.random.default_rng([71, seed]).normal(size=4)
        point[2] = 0.0

        def wrong(w: FloatArray) -> FloatArray:
            return np.asarray(np.sign(w) + 9.0 * beyond * (w == 0.0))

        report = check_gradient(lambda w: float(np.abs(w).sum()), wrong, point)
        assert report.verdict == "fail", (seed, report)
        assert report.parameters[0].worst == (2,)


def test_a_rectified_unit_at_its_corner_is_a_kink() -> None:
    for seed in range(10):
        rng = np.random.default_rng([72, seed])
        X = rng.normal(size=(12, 3))
        # Zero weights: every unit is at its corner, on some rows up, on others down.
        params = {"W": np.zeros((3, 2)), "v": rng.normal(size=2)}

        def loss(p: dict[str, FloatArray], X: FloatArray = X) -> float:
            return float(np.mean(np.maximum(X @ p["W"], 0.0) @ p["v"]))

        def gradient(p: dict[str, FloatArray], X: FloatArray = X) -> dict[str, FloatArray]:
            alive = (X @ p["W"] > 0) * p["v"] / len(X)
            return {"W": X.T @ alive, "v": np.maximum(X @ p["W"], 0.0).mean(axis=0)}

        report = check_gradient(loss, gradient, params)
        assert report.verdict != "fail", (seed, report)
        assert kinks(report), (seed, report)


STRONGLY_CURVED: dict[
    str, tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]
] = {
    "steep exp": (lambda x: np.exp(30 * x), lambda x: 30 * np.exp(30 * x)),
    "fast sin": (lambda x: np.sin(300 * x), lambda x: 300 * np.cos(300 * x)),
    "narrow bump": (
        lambda x: np.exp(-((50 * x) ** 2)),
        lambda x: -5000 * x * np.exp(-2500 * x * x),
    ),
    "steep parabola": (lambda x: 1e6 * x * x + x, lambda x: 2e6 * x + 1),
    "rounded corner": (lambda x: np.sqrt(x * x + 1e-6), lambda x: x / np.sqrt(x * x + 1e-6)),
    "sharp step": (lambda x: np.tanh(1e3 * x), lambda x: 1e3 / np.cosh(1e3 * x) ** 2),
}


@pytest.mark.parametrize("name", STRONGLY_CURVED)
def test_a_smooth_loss_that_bends_strongly_has_no_kink(name: str) -> None:
    f, slope = STRONGLY_CURVED[name]
    for seed in range(12):
        rng = np.random.default_rng([73, seed])
        point = rng.uniform(-0.02, 0.02, 3) if name == "sharp step" else rng.uniform(-1, 1, 3)
        if name == "narrow bump":
            point = point / 50
        if seed % 3 == 0:
            point[0] = 0.0
        if name == "sharp step":
            point = point / 10
        report = check_gradient(lambda x: float(np.sum(f(x))), slope, point)
        assert report.verdict != "fail", (seed, report)
        assert kinks(report) == [], (seed, report)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_smooth_loss_has_no_kink(family: Family) -> None:
    for seed in range(6):
        problem = draw(family, 74, seed)
        report = check_gradient(problem.loss, problem.gradient, problem.params)
        assert report.passed, (seed, report)
        assert kinks(report) == []
