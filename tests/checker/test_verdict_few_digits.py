"""Losses of few digits: a right gradient never fails, and a pass means what it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from checker.losses import (
    FAMILIES,
    Family,
    Loss,
    Params,
    Problem,
    beside,
    draw,
    network,
    with_error,
)

from gradlab.checker.check import check_gradient
from gradlab.checker.loss import LossOfTheta
from gradlab.checker.measuring.noise import Noise, measure_noise
from gradlab.checker.measuring.steps import entry_units, step_scales
from gradlab.checker.parameters import Layout
from gradlab.checker.report import GradientReport
from gradlab.support.floats import FloatArray

# The verdict takes a slope as known at this part of its block's largest.
RESOLUTION = 5e-4

Few = Callable[[Problem], Loss]


def rounded(places: int) -> Few:
    return lambda problem: lambda p: round(problem.loss(p), places)


def printed(digits: int) -> Few:
    return lambda problem: lambda p: float(f"{problem.loss(p):.{digits}g}")


def returned_as(dtype: type[np.floating[Any]]) -> Few:
    return lambda problem: lambda p: float(dtype(problem.loss(p)))


def computed_in(dtype: type[np.floating[Any]]) -> Few:
    return lambda problem: problem.in_type(dtype)


MODES: dict[str, Few] = {
    "computed in float32": computed_in(np.float32),
    "computed in float16": computed_in(np.float16),
    "returned as float32": returned_as(np.float32),
    "returned as float16": returned_as(np.float16),
    **{f"{places} decimals": rounded(places) for places in range(8)},
    **{f"printed with %.{digits}g": printed(digits) for digits in range(2, 9)},
}
HALVES: dict[str, type[np.floating[Any]]] = {"float32": np.float32, "float16": np.float16}


def kinds(report: GradientReport) -> list[str]:
    return [finding.kind for finding in report.findings]


def check_all(few: Few, seeds: Iterable[int]) -> list[tuple[str, int, GradientReport]]:
    """Check right gradients of all families at these seeds."""
    reports = []
    for seed in seeds:
        for family in FAMILIES:
            problem = draw(family, 1, seed)
            report = check_gradient(few(problem), problem.gradient, problem.params)
            reports.append((family.__name__, seed, report))
    return reports


def failed(reports: list[tuple[str, int, GradientReport]]) -> list[tuple[str, int]]:
    return [(name, seed) for name, seed, report in reports if report.verdict == "fail"]


def without_a_word(reports: list[tuple[str, int, GradientReport]]) -> list[tuple[str, int]]:
    return [
        (name, seed)
        for name, seed, report in reports
        if report.verdict == "inconclusive" and not says_why(report)
    ]


def says_why(report: GradientReport) -> bool:
    """Whether a note of each inconclusive block says why.

    Its slopes were not measured well enough, or what looks wrong could not be confirmed.
    """
    return all(
        any(note.startswith(f"{row.name}: its ") for note in report.notes)
        for row in report.parameters
        if row.verdict == "inconclusive"
    )


# Right gradients


@pytest.mark.parametrize("mode", MODES)
def test_a_right_gradient_never_fails(mode: str) -> None:
    reports = check_all(MODES[mode], range(2))
    assert failed(reports) == []
    assert without_a_word(reports) == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_right_gradient_never_fails_in_many_draws(mode: str) -> None:
    reports = check_all(MODES[mode], range(100, 120))
    assert failed(reports) == []
    assert without_a_word(reports) == []


def check_halves(half: str, seeds: Iterable[int]) -> list[tuple[str, int, GradientReport]]:
    reports = []
    for seed in seeds:
        rng = np.random.default_rng([2, seed])
        first, second = (FAMILIES[k] for k in rng.integers(len(FAMILIES), size=2))
        loss, both = beside(first(rng), second(rng), HALVES[half])
        report = check_gradient(loss, both.gradient, both.params)
        reports.append((f"{first.__name__}, {second.__name__}", seed, report))
    return reports


@pytest.mark.parametrize("half", HALVES)
def test_a_part_of_few_digits_beside_one_in_float64_never_fails(half: str) -> None:
    reports = check_halves(half, range(16))
    assert failed(reports) == []
    assert without_a_word(reports) == []


@pytest.mark.slow
@pytest.mark.parametrize("half", HALVES)
def test_a_part_of_few_digits_never_fails_in_many_draws(half: str) -> None:
    reports = check_halves(half, range(100, 350))
    assert failed(reports) == []
    assert without_a_word(reports) == []


def test_prices_that_are_not_standardised_never_fail_in_float32() -> None:
    for seed in range(12):
        rng = np.random.default_rng([3, seed])
        A, y = rng.normal(size=(100, 5)), 2e5 + 5e4 * rng.normal(size=100)

        def loss(w: FloatArray, A: FloatArray = A, y: FloatArray = y) -> float:
            e = A.astype(np.float32) @ w.astype(np.float32) - y.astype(np.float32)
            return float(np.mean(e * e))

        def gradient(w: FloatArray, A: FloatArray = A, y: FloatArray = y) -> FloatArray:
            return np.asarray(2 * A.T @ (A @ w - y) / 100)

        report = check_gradient(loss, gradient, 0.1 * rng.normal(size=5))
        assert report.verdict != "fail", (seed, report)


# Networks in float32: a hidden layer of 2 to 6 tanh or sigmoid units, 20 to 40 rows, weights and
# biases normal with a scale of 0.5 to 1


def check_networks(seeds: range) -> tuple[int, int, int]:
    """Return how many pass, and how many of the wrong entries planted are found, and planted."""
    passed = found = planted = 0
    for seed in seeds:
        problem = draw(network, 4, seed)
        loss = problem.in_type(np.float32)
        report = check_gradient(loss, problem.gradient, problem.params)
        assert report.verdict != "fail", (seed, report)
        assert says_why(report), (seed, report)
        assert "low_precision" in kinds(report), (seed, report)
        passed += report.passed
        rng = np.random.default_rng([5, seed])
        for row in report.parameters:
            error = 10.0 * max(row.resolution, RESOLUTION)
            if not error < 1.0:
                continue
            entry = int(rng.integers(math.prod(row.shape)))
            wrong = with_error(problem.gradient, row.name, entry, error * rng.choice([-1, 1]))
            again = check_gradient(loss, wrong, problem.params)
            assert again.verdict != "pass", (seed, row.name, again)
            verdicts = {block.name: block.verdict for block in again.parameters}
            planted += 1
            found += verdicts[row.name] == "fail"
    return passed, found, planted


def test_networks_in_float32_mostly_pass_and_wrong_entries_show() -> None:
    passed, found, planted = check_networks(range(20))
    assert passed >= 10
    assert found >= 0.9 * planted


@pytest.mark.slow
def test_a_hundred_networks_in_float32_mostly_pass_and_wrong_entries_show() -> None:
    passed, found, planted = check_networks(range(100, 200))
    assert passed >= 50
    assert found >= 0.9 * planted


# What is said


@pytest.mark.parametrize("mode", ["computed in float32", "computed in float16", "3 decimals"])
@pytest.mark.parametrize("family", FAMILIES)
def test_few_digits_are_named(family: Family, mode: str) -> None:
    problem = draw(family, 6, 0)
    report = check_gradient(MODES[mode](problem), problem.gradient, problem.params)
    assert "low_precision" in kinds(report), report


@pytest.mark.parametrize("family", FAMILIES)
def test_all_digits_are_not_called_few(family: Family) -> None:
    for seed in range(3):
        problem = draw(family, 7, seed)
        report = check_gradient(problem.loss, problem.gradient, problem.params)
        assert report.passed, (seed, report)
        assert "low_precision" not in kinds(report)


def angle(p: FloatArray) -> float:
    return float(np.sum(np.arctan2(p[0], p[1])))


def slope_of_angle(p: FloatArray) -> FloatArray:
    return np.asarray(np.stack([p[1], -p[0]]) / (p[0] ** 2 + p[1] ** 2))


def test_a_jump_nearby_is_no_lack_of_digits() -> None:
    for seed in range(20):
        rng = np.random.default_rng([8, seed])
        size = int(rng.integers(1, 5))
        near = 10.0 ** rng.uniform(-11, -6, size) * rng.choice([-1, 1], size)
        report = check_gradient(
            angle, slope_of_angle, np.stack([near, -rng.uniform(0.5, 2, size)])
        )
        assert report.verdict != "fail", (seed, report)
        assert "low_precision" not in kinds(report), (seed, report)


def test_a_jump_at_the_point_itself_is_no_lack_of_digits() -> None:
    for seed in range(20):
        rng = np.random.default_rng([9, seed])
        point, heights = rng.normal(size=4), rng.uniform(0.5, 3.0, size=4)
        point[int(rng.integers(4))] = 0.0

        def stairs(x: FloatArray, heights: FloatArray = heights) -> float:
            return float(np.sum(np.where(x > 0, 1.0, 0.2) * heights))

        report = check_gradient(stairs, np.zeros_like, point)
        assert report.verdict != "fail", (seed, report)
        assert "low_precision" not in kinds(report), (seed, report)


@pytest.mark.parametrize("eps", [0.0, 1e-5])
def test_a_loss_of_zero_has_no_digits_to_lack(eps: float) -> None:
    def total(x: FloatArray) -> float:
        return float(np.sum((x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)))

    for seed in range(20):
        rng = np.random.default_rng([10, seed])
        rows, columns = rng.integers(3, 9), rng.integers(1, 5)
        report = check_gradient(total, np.zeros_like, rng.normal(size=(rows, columns)))
        assert report.verdict != "fail", (seed, report)
        assert "low_precision" not in kinds(report), (seed, report)


# Losses that do not move


def test_where_the_loss_never_moves_but_is_not_constant_nothing_is_called_wrong() -> None:
    for seed in range(20):
        rng = np.random.default_rng([11, seed])
        size = int(rng.integers(1, 6))
        offset, step = 10.0 ** rng.uniform(2, 5), 10.0 * size

        def loss(x: FloatArray, offset: float = offset, step: float = step) -> float:
            return float(step * np.round((offset + np.sum(np.sin(x))) / step))

        report = check_gradient(loss, np.cos, rng.normal(size=size))
        assert report.verdict == "inconclusive", (seed, report)
        assert says_why(report)


def test_where_the_loss_has_a_few_stairs_alone_nothing_is_called_wrong() -> None:
    alarms = []
    for seed in range(300):
        rng = np.random.default_rng([18, seed])
        size = int(rng.integers(1, 8))
        step, offset = rng.uniform(0.5, 1.5) * size, rng.uniform(0.0, 20.0)

        def loss(x: FloatArray, offset: float = offset, step: float = step) -> float:
            return float(step * np.floor((offset + np.sum(np.sin(x))) / step))

        report = check_gradient(loss, np.cos, rng.normal(size=size))
        # One that is 0 wherever it is looked at counts as constant.
        if report.verdict == "fail" and report.evidence.noise > 0.0:
            alarms.append(seed)
    assert alarms == []


@pytest.mark.parametrize("depth", [40.0, 60.0, 300.0])
def test_what_is_hidden_below_the_last_bit_is_not_called_wrong(depth: float) -> None:
    def loss(x: FloatArray) -> float:
        return float(np.sum(np.log1p(np.exp(-depth - x)) + 1.0))

    def gradient(x: FloatArray) -> FloatArray:
        return np.asarray(-1 / (1 + np.exp(depth + x)))

    for seed in range(5):
        point = np.random.default_rng([12, seed]).normal(size=3)
        assert check_gradient(loss, gradient, point).verdict == "inconclusive"


@pytest.mark.parametrize("level", [0.0, 1.0, -3.5e4])
def test_a_constant_loss_passes_a_gradient_of_zero_and_refutes_a_large_one(level: float) -> None:
    for seed in range(3):
        point = np.random.default_rng([13, seed]).normal(size=4)
        assert check_gradient(lambda x: level, np.zeros_like, point).passed
        report = check_gradient(
            lambda x: level, lambda x: np.full_like(x, 10.0 * max(abs(level), 1.0)), point
        )
        assert report.verdict == "fail", report


# The noise of a loss


def noise_of(loss: Callable[[FloatArray], float], point: FloatArray) -> Noise:
    units = entry_units(point, step_scales(point, [0]))
    return measure_noise(LossOfTheta(loss, Layout(point)), units)


QUANTA = [1e-1, 1e-2, 2.0**-7, 1e-3, 3e-4, 1e-6, 1e-8, 1e-10]


def noise_of_rounding(q: float, seed: int) -> Noise:
    point = np.random.default_rng([14, seed]).normal(size=5)
    return noise_of(lambda x: float(q * np.round(np.sum(np.sin(x)) / q)), point)


@pytest.mark.parametrize("q", QUANTA)
def test_rounding_to_multiples_of_q_is_noise_of_about_a_quarter_of_q(q: float) -> None:
    levels = [noise_of_rounding(q, seed).sigma / q for seed in range(20)]
    # Less where few of the points that were looked at are on another multiple.
    assert [level for level in levels if not 0.05 <= level <= 8.0] == []
    assert np.median(levels) >= 0.249


@pytest.mark.parametrize("q", QUANTA)
def test_a_loss_rounded_to_multiples_of_q_is_mostly_found_to_be_on_a_grid(q: float) -> None:
    assert sum(noise_of_rounding(q, seed).is_quantised for seed in range(20)) >= 8


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_the_digits_of_a_short_float_are_its_noise(dtype: type[np.floating[Any]]) -> None:
    for seed in range(10):
        rng = np.random.default_rng([15, seed])
        offset = 10.0 ** rng.uniform(0.5, 3)
        point = rng.normal(size=5)

        def loss(x: FloatArray, offset: float = offset) -> float:
            return float(dtype(offset + np.sum(np.sin(x))))

        noise = noise_of(loss, point)
        value = dtype(offset + np.sum(np.sin(point)))
        assert noise.is_quantised, (seed, noise)
        assert noise.sigma >= float(np.spacing(value)) / 8, (seed, noise)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_loss_in_float64_is_not_called_quantised(family: Family) -> None:
    for seed in range(5):
        problem = draw(family, 16, seed)
        layout = Layout(problem.params)
        units = entry_units(layout.theta, step_scales(layout.theta, layout.starts))
        noise = measure_noise(LossOfTheta(problem.loss, layout), units)
        assert not noise.is_quantised, (seed, noise)


# Mistakes


def scaled(problem: Problem, factor: float) -> Callable[[Params], Params]:
    return lambda p: {key: factor * value for key, value in problem.gradient(p).items()}


@pytest.mark.parametrize("factor", [2.0, -1.0])
def test_a_gradient_of_another_size_or_sign_never_passes_in_float32(factor: float) -> None:
    found = 0
    for family in FAMILIES:
        for seed in range(3):
            problem = draw(family, 17, seed)
            loss = problem.in_type(np.float32)
            report = check_gradient(loss, scaled(problem, factor), problem.params)
            assert report.verdict != "pass", (family.__name__, seed, report)
            found += report.verdict == "fail"
    assert found >= 19
