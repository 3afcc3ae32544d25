"""One vector in several units, and poles nearby: steps follow the size of each entry."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from checker.losses import Gradient, Loss, Params, Problem

from gradlab.checker.check import check_gradient
from gradlab.support.floats import FloatArray

FACTORS = (0.0, 1.1, 2.0, -1.0)


def in_units(problem: Problem, units: FloatArray) -> Problem:
    """Return the same loss of parameters x in other units."""

    def gradient(p: Params) -> Params:
        return {"x": problem.gradient({"x": p["x"] / units})["x"] / units}

    return Problem(
        lambda p, cast: problem.evaluate({"x": p["x"] / units}, cast),
        gradient,
        {"x": problem.params["x"] * units},
    )


def saturating(rng: np.random.Generator) -> Problem:
    size = int(rng.integers(2, 6))
    return Problem(
        lambda p, cast: np.sum(np.tanh(p["x"])),
        lambda p: {"x": 1 - np.tanh(p["x"]) ** 2},
        {"x": rng.uniform(0.4, 1.2, size) * rng.choice([-1, 1], size)},
    )


def peak(rng: np.random.Generator) -> Problem:
    """A peak with a height, a centre, a width and a background, fitted to counts."""
    t = np.linspace(-3.0, 3.0, 40)
    y = 5 * np.exp(-t * t / 2) + 1 + 0.1 * rng.normal(size=t.size)

    def residuals(x: FloatArray) -> tuple[FloatArray, ...]:
        z = (t - x[1]) / x[2]
        G = np.exp(-z * z / 2)
        return x[0] * G + x[3] - y, G, z

    def gradient(p: Params) -> Params:
        x = p["x"]
        e, G, z = residuals(x)
        slope = x[0] * G * z / x[2]
        return {"x": np.array([e @ G, e @ slope, e @ (slope * z), e.sum()])}

    point = np.array([4.0, 0.3, 1.2, 0.8]) * rng.uniform(0.9, 1.1, 4)
    return Problem(lambda p, cast: np.sum(residuals(p["x"])[0] ** 2) / 2, gradient, {"x": point})


def decay(rng: np.random.Generator) -> Problem:
    """An amplitude, a rate and an offset."""
    t = np.linspace(0.0, 4.0, 30)
    y = 2 * np.exp(-t) + 0.5 + 0.05 * rng.normal(size=t.size)

    def gradient(p: Params) -> Params:
        a, k, c = p["x"]
        e = a * np.exp(-k * t) + c - y
        return {"x": np.array([e @ np.exp(-k * t), -a * (e * t) @ np.exp(-k * t), e.sum()])}

    return Problem(
        lambda p, cast: np.sum((p["x"][0] * np.exp(-p["x"][1] * t) + p["x"][2] - y) ** 2) / 2,
        gradient,
        {"x": np.array([1.5, 0.7, 0.3]) * rng.uniform(0.8, 1.2, 3)},
    )


PROBLEMS = [saturating, peak, decay]
SPANS = [1e3, 1e6, 1e9, 1e12]


def make(build: Callable[[np.random.Generator], Problem], span: float, seed: int) -> Problem:
    rng = np.random.default_rng([30, seed])
    problem = build(rng)
    powers = np.linspace(0.0, np.log10(span), problem.params["x"].size)
    return in_units(problem, 10.0 ** (rng.permutation(powers) - rng.uniform(0, powers.max())))


def with_factor(gradient: Gradient, entry: int, factor: float) -> Gradient:
    def wrong(p: Params) -> Params:
        block = gradient(p)["x"].copy()
        block[entry] *= factor
        return {"x": block}

    return wrong


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("build", PROBLEMS)
def test_a_vector_in_several_units_passes(build: Callable[..., Problem], span: float) -> None:
    for seed in range(8):
        problem = make(build, span, seed)
        report = check_gradient(problem.loss, problem.gradient, problem.params)
        assert report.passed, (seed, report)


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("build", PROBLEMS)
def test_one_wrong_entry_in_any_unit_fails(build: Callable[..., Problem], span: float) -> None:
    for seed in range(2):
        problem = make(build, span, seed)
        for entry in range(problem.params["x"].size):
            for factor in FACTORS:
                wrong = with_factor(problem.gradient, entry, factor)
                report = check_gradient(problem.loss, wrong, problem.params)
                assert report.verdict == "fail", (seed, entry, factor, report)
                assert report.parameters[0].worst == (entry,), (seed, entry, factor)


def test_the_units_of_one_entry_do_not_matter() -> None:
    # As far as float64 can tell: tanh(x0) + tanh(x1 / c).
    for power in range(-13, 14):
        units = np.array([1.0, 10.0**power])

        def loss(x: FloatArray, c: FloatArray = units) -> float:
            return float(np.sum(np.tanh(x / c)))

        def gradient(x: FloatArray, c: FloatArray = units) -> FloatArray:
            return np.asarray((1 - np.tanh(x / c) ** 2) / c)

        report = check_gradient(loss, gradient, 0.7 * units)
        assert report.passed, (power, report)


def test_no_report_fails_with_hardly_a_digit() -> None:
    for build in PROBLEMS:
        for seed in range(4):
            problem = make(build, 1e12, seed)
            report = check_gradient(problem.loss, problem.gradient, problem.params)
            assert "low_precision" not in {finding.kind for finding in report.findings}


# Poles

POLES: dict[str, tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]] = {
    "1/x": (lambda x: 1 / x, lambda x: -1 / x**2),
    "1/x^2": (lambda x: 1 / x**2, lambda x: -2 / x**3),
    "log x": (np.log, lambda x: 1 / x),
    "log |x|": (lambda x: np.log(np.abs(x)), lambda x: 1 / x),
    "sqrt x": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "x log x": (lambda x: x * np.log(x), lambda x: 1 + np.log(x)),
    "x^0.1": (lambda x: x**0.1, lambda x: 0.1 * x**-0.9),
}


def pole(name: str, seed: int) -> tuple[Loss, Gradient, Params]:
    f, slope = POLES[name]
    rng = np.random.default_rng([31, seed])
    x = 10.0 ** rng.uniform(-5, 3, int(rng.integers(2, 7)))
    x[0] = 10.0 ** rng.uniform(-6, -2)
    return lambda p: float(np.sum(f(p["x"]))), lambda p: {"x": np.asarray(slope(p["x"]))}, {"x": x}


@pytest.mark.parametrize("name", POLES)
def test_a_right_gradient_near_a_pole_passes(name: str) -> None:
    verdicts = []
    for seed in range(20):
        report = check_gradient(*pole(name, seed))
        assert report.verdict != "fail", (seed, report)
        assert np.isfinite([row.numeric for row in report.parameters]).all(), (seed, report)
        verdicts.append(report.verdict)
    assert verdicts.count("pass") >= 19, verdicts


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", POLES)
def test_a_wrong_entry_near_a_pole_fails(name: str, factor: float) -> None:
    for seed in range(6):
        loss, gradient, params = pole(name, seed)
        steepest = int(np.argmax(np.abs(gradient(params)["x"])))
        report = check_gradient(loss, with_factor(gradient, steepest, factor), params)
        assert report.verdict == "fail", (seed, report)
        assert report.parameters[0].worst == (steepest,), (seed, report)
