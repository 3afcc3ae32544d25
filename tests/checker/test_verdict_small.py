"""Gradients that are off by a little: decided, with finite numbers, and with an rtol they pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from checker.losses import FAMILIES, Gradient, Loss, Params, draw, waves

from gradlab.checker.check import check_gradient
from gradlab.checker.diagnosis import Finding
from gradlab.checker.report import GradientReport
from gradlab.support.floats import FloatArray


def small_differences(report: GradientReport) -> list[Finding]:
    return [finding for finding in report.findings if finding.kind == "small_difference"]


def is_finite(report: GradientReport) -> bool:
    rows = report.parameters
    return math.isfinite(report.difference) and all(
        np.isfinite([row.difference, row.numeric, row.tolerance]).all() for row in rows
    )


def off_by(gradient: Gradient, part: float, seed: int) -> Gradient:
    """Return the gradient with each entry off by up to a part of its block's largest."""

    def wrong(p: Params) -> Params:
        rng = np.random.default_rng([40, seed])
        result = {}
        for name, value in gradient(p).items():
            signs = rng.choice([-1.0, 1.0], np.shape(value)) * rng.uniform(0.5, 1, np.shape(value))
            signs = np.asarray(signs)
            signs.flat[int(rng.integers(signs.size))] = 1.0
            result[name] = value + part * np.abs(value).max() * signs
        return result

    return wrong


def check_off_by(loss: Loss, wrong: Gradient, params: Params, part: float) -> bool:
    """Check that it fails, is decided, and passes with a fitting rtol; or was not resolved."""
    report = check_gradient(loss, wrong, params)
    assert is_finite(report), report
    if report.passed:
        assert max(row.resolution for row in report.parameters) > part / 2, report
        return False
    assert report.verdict == "fail", report
    found = small_differences(report)
    assert (len(found) > 0) == (part <= 1e-4), report
    for finding in found:
        # A power of ten, from 2 to 20 times the difference.
        rtol = rtol_of(finding)
        assert f"rtol={rtol:.0e} would let it pass" in finding.message
        assert 1.5 * part <= rtol <= 21 * part, report
    rtol = max((rtol_of(finding) for finding in found), default=10 * part)
    assert check_gradient(loss, wrong, params, rtol=rtol).passed
    assert check_gradient(loss, wrong, params, rtol=part / 10).verdict == "fail"
    return True


def rtol_of(finding: Finding) -> float:
    rtol = finding.evidence["rtol"]
    assert isinstance(rtol, float)
    return rtol


@pytest.mark.parametrize("part", [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gradient_that_is_off_by_a_little_is_decided(family: Any, part: float) -> None:
    # Just below, so that 1e-4 is small.
    part *= 0.99
    found = 0
    for seed in range(4):
        problem = draw(family, 41, seed)
        wrong = off_by(problem.gradient, part, seed)
        found += check_off_by(problem.loss, wrong, problem.params, part)
    # The waves may have an offset of 1000, where 1e-7 is lost in rounding.
    assert found == 4 or (part < 5e-7 and found >= (2 if family is waves else 3))


def test_a_billionth_of_a_smooth_sum_is_decided() -> None:
    for seed in range(10):
        point = {"x": np.random.default_rng([42, seed]).normal(size=6)}

        def loss(p: Params) -> float:
            return float(np.sum(np.sin(p["x"])))

        wrong = off_by(lambda p: {"x": np.cos(p["x"])}, 1e-9, seed)
        report = check_gradient(loss, wrong, point)
        assert report.verdict == "fail", (seed, report)
        assert is_finite(report)
        assert len(small_differences(report)) == 1
        assert check_gradient(loss, wrong, point, rtol=1e-8).passed


@pytest.mark.parametrize("power", range(-15, 0))
def test_whatever_the_error_every_number_is_finite(power: int) -> None:
    for family in FAMILIES:
        problem = draw(family, 43, power + 15)
        wrong = off_by(problem.gradient, 10.0**power, power + 15)
        report = check_gradient(problem.loss, wrong, problem.params)
        assert is_finite(report), (family.__name__, report)
        assert "nan" not in str(report), report
        # Between 1e-11 and 1e-8 it may be at the edge of what can be told.
        assert report.verdict != "inconclusive" or -11 <= power <= -8, (family.__name__, report)


def test_a_gradient_that_went_through_float32_and_back_says_so() -> None:
    for seed in range(6):
        problem = draw(FAMILIES[seed], 44, seed)

        def through(p: Params, gradient: Gradient = problem.gradient) -> Params:
            return {
                name: np.asarray(value, dtype=np.float32).astype(np.float64)
                for name, value in gradient(p).items()
            }

        report = check_gradient(problem.loss, through, problem.params)
        if report.verdict == "fail":
            assert small_differences(report), (seed, report)
        assert check_gradient(problem.loss, through, problem.params, rtol=1e-6).passed


# Losses that end an iteration at a tolerance; the gradients are exact


def fixed_point(rng: np.random.Generator) -> tuple[Callable[[float], Loss], Gradient, Params]:
    """A state that feeds itself: z = tanh(z W + X U + b)."""
    rows, units = int(rng.integers(3, 7)), int(rng.integers(2, 5))
    X = rng.normal(size=(rows, 3))
    params = {
        "W": 0.25 * rng.normal(size=(units, units)),
        "U": rng.normal(size=(3, units)),
        "b": rng.normal(size=units),
    }

    def state(p: Params, stop: float) -> FloatArray:
        z = np.zeros((rows, units))
        for _ in range(1000):
            following = np.tanh(z @ p["W"] + X @ p["U"] + p["b"])
            moved, z = np.abs(following - z).max(), following
            if moved < stop:
                break
        return z

    def gradient(p: Params) -> Params:
        z = state(p, 1e-16)
        s, u = 1 - z * z, np.zeros_like(z)
        for _ in range(500):
            u = z + (u * s) @ p["W"].T
        return {"W": z.T @ (u * s), "U": X.T @ (u * s), "b": (u * s).sum(axis=0)}

    return lambda stop: lambda p: float(np.sum(state(p, stop) ** 2) / 2), gradient, params


def root(rng: np.random.Generator) -> tuple[Callable[[float], Loss], Gradient, Params]:
    """The root of y + y^3 = x for each x, by bisection down to a tolerance."""
    params = {"x": rng.uniform(0.5, 3.0, int(rng.integers(1, 5)))}

    def solve(x: FloatArray, stop: float) -> FloatArray:
        low, high = np.zeros_like(x), np.full_like(x, 2.0)
        for _ in range(60):
            if (high - low).max() <= stop:
                break
            middle = (low + high) / 2
            below = middle + middle**3 < x
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray((low + high) / 2)

    def gradient(p: Params) -> Params:
        y = solve(p["x"], 0.0)
        return {"x": np.asarray(2 * y / (1 + 3 * y * y))}

    return lambda stop: lambda p: float(np.sum(solve(p["x"], stop) ** 2)), gradient, params


def jacobi(rng: np.random.Generator) -> tuple[Callable[[float], Loss], Gradient, Params]:
    """A linear system solved by Jacobi's iteration."""
    size = int(rng.integers(2, 6))
    A = 0.3 * rng.normal(size=(size, size)) / size + np.diag(rng.uniform(1, 2, size))
    c, params = rng.normal(size=size), {"b": rng.normal(size=size)}

    def solve(b: FloatArray, stop: float) -> FloatArray:
        x = np.zeros(size)
        for _ in range(1000):
            step = (b - A @ x) / np.diag(A)
            x = x + step
            if np.abs(step).max() < stop:
                break
        return x

    def loss_with(stop: float) -> Loss:
        return lambda p: float(np.sum(np.cos(solve(p["b"], stop) * c)))

    def gradient(p: Params) -> Params:
        x = np.linalg.solve(A, p["b"])
        return {"b": np.asarray(np.linalg.solve(A.T, -c * np.sin(x * c)), dtype=np.float64)}

    return loss_with, gradient, params


SOLVERS = [fixed_point, root, jacobi]


def solvers(seeds: range, stop: float) -> Iterator[tuple[Loss, Gradient, Params]]:
    for build in SOLVERS:
        for seed in seeds:
            loss, gradient, params = build(np.random.default_rng([45, seed]))
            yield loss(stop), gradient, params


@pytest.mark.parametrize("stop", [1e-3, 1e-5, 1e-7, 1e-9, 1e-11, 1e-14])
def test_a_solver_that_stops_early_leaves_finite_numbers(stop: float) -> None:
    for loss, gradient, params in solvers(range(4), stop):
        report = check_gradient(loss, gradient, params)
        assert is_finite(report), report
        said = {finding.kind for finding in report.findings}
        if report.verdict == "fail" and report.difference < 1e-5:
            assert "small_difference" in said, report


@pytest.mark.parametrize("stop", [1e-5, 1e-7, 1e-9, 1e-12])
def test_a_solver_that_stops_early_passes_with_an_rtol(stop: float) -> None:
    for loss, gradient, params in solvers(range(4), stop):
        assert check_gradient(loss, gradient, params, rtol=max(1e3 * stop, 1e-8)).passed


@pytest.mark.parametrize("stop", [1e-12, 1e-14])
def test_a_solver_that_goes_on_to_the_end_passes(stop: float) -> None:
    for loss, gradient, params in solvers(range(4), stop):
        report = check_gradient(loss, gradient, params)
        assert report.passed, report


# An eps in the loss and not in the gradient


def cross_entropy(eps: float, scale: float, seed: int) -> tuple[Loss, Gradient, Params]:
    rng = np.random.default_rng([46, seed])
    Y = np.eye(4)[rng.integers(4, size=8)]

    def softmax(z: FloatArray) -> FloatArray:
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    return (
        lambda p: float(-np.mean(np.sum(Y * np.log(softmax(p["z"]) + eps), axis=1))),
        lambda p: {"z": (softmax(p["z"]) - Y) / 8},
        {"z": scale * rng.normal(size=(8, 4))},
    )


@pytest.mark.parametrize("eps", [1e-16, 1e-12, 1e-10, 1e-8, 1e-7])
@pytest.mark.parametrize("scale", [1.0, 5.0])
def test_an_eps_in_the_logarithm_is_decided(eps: float, scale: float) -> None:
    for seed in range(4):
        case = cross_entropy(eps, scale, seed)
        report = check_gradient(*case)
        assert is_finite(report)
        if report.verdict != "fail":
            assert report.difference < 3e-9, (seed, report)
            continue
        found = small_differences(report)
        for finding in found:
            assert check_gradient(*case, rtol=rtol_of(finding)).passed
        assert found or report.difference > 1e-6, (seed, report)


def test_an_eps_below_the_last_digit_passes() -> None:
    for seed in range(5):
        assert check_gradient(*cross_entropy(1e-16, 1.0, seed)).passed


def test_a_rounded_corner_is_off_by_its_eps() -> None:
    for seed in range(10):
        rng = np.random.default_rng([47, seed])
        point = rng.uniform(0.4, 1.0, 4) * rng.choice([-1, 1], 4)
        report = check_gradient(lambda x: float(np.sum(np.sqrt(x * x + 1e-8))), np.sign, point)
        assert report.verdict == "fail", (seed, report)
        # sqrt(x^2 + eps) has the slope sign(x) (1 - eps / 2 x^2 + ...).
        largest = float(1e-8 / (2 * np.min(point**2)))
        assert small_differences(report)[0].evidence["part"] == pytest.approx(largest, rel=0.05)
        assert " 1 times" not in str(report)


# Functions whose slope has a pole; mpmath tells the truth


def log_gamma(x: FloatArray) -> float:
    return float(sum(math.lgamma(value) for value in x.tolist()))


def digamma(x: FloatArray) -> FloatArray:
    return np.array([float(mpmath.digamma(value)) for value in x.tolist()])


def log_beta(x: FloatArray) -> float:
    return log_gamma(x) - math.lgamma(float(np.sum(x)))


def slope_of_log_beta(x: FloatArray) -> FloatArray:
    return digamma(x) - digamma(np.array([np.sum(x)]))


@pytest.mark.parametrize(
    ("loss", "gradient"), [(log_gamma, digamma), (log_beta, slope_of_log_beta)]
)
def test_a_pole_beside_large_entries_is_measured(
    loss: Callable[[FloatArray], float], gradient: Callable[[FloatArray], FloatArray]
) -> None:
    for seed in range(12):
        rng = np.random.default_rng([48, seed])
        point = np.r_[10.0 ** rng.uniform(-3, -1), 10.0 ** rng.uniform(-1, 3, 3)]
        report = check_gradient(loss, gradient, point)
        assert report.passed, (seed, report)
        wrong = check_gradient(loss, lambda x: gradient(x) * np.array([1.01, 1, 1, 1]), point)
        assert wrong.verdict == "fail", (seed, wrong)
        assert wrong.parameters[0].worst == (0,)
