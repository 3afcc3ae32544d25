"""What the functions do when called: twice alike, without noise, with errors of their own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from checker.losses import FAMILIES, Family, Loss, Params, draw, with_error

from gradlab.checker.check import check_gradient
from gradlab.checker.report import GradientReport
from gradlab.support.floats import FloatArray


def changing(report: GradientReport) -> list[str]:
    return [f.message for f in report.findings if f.kind == "nondeterministic"]


# Two calls of the gradient


class Accumulating:
    """A layer whose arrays are added to and never set to zero."""

    def __init__(self, gradient: Callable[[Params], Params]) -> None:
        self.gradient = gradient
        self.total: Params = {}

    def backward(self, params: Params) -> Params:
        for name, value in self.gradient(params).items():
            self.total[name] = self.total.get(name, 0.0) + value
        return self.total


@pytest.mark.parametrize("calls", [0, 1, 2, 5])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gradient_that_accumulates_fails_and_is_named(family: Family, calls: int) -> None:
    problem = draw(family, 60, calls)
    layer = Accumulating(problem.gradient)
    for _ in range(calls):
        layer.backward(problem.params)
    report = check_gradient(problem.loss, layer.backward, problem.params)
    assert report.verdict == "fail", report
    (message,) = changing(report)
    assert "added to, never reset" in message
    # The first gradient of a fresh layer is right, and stays so.
    assert all((row.verdict == "pass") == (calls == 0) for row in report.parameters), report
    if calls == 0:
        assert "not a function of the parameters" in str(report)


@pytest.mark.parametrize("size", [1e-1, 1e-3, 1e-6, 1e-9, 1e-11])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gradient_that_is_random_fails_and_is_named(family: Family, size: float) -> None:
    problem = draw(family, 61, 0)
    rng = np.random.default_rng(62)

    def random(p: Params) -> Params:
        return {
            name: value * (1 + size * rng.normal(size=np.shape(value)))
            for name, value in problem.gradient(p).items()
        }

    report = check_gradient(problem.loss, random, problem.params)
    assert report.verdict == "fail", report
    (message,) = changing(report)
    assert "randomness" in message
    if size <= 1e-11:
        assert all(row.verdict == "pass" for row in report.parameters)


@pytest.mark.parametrize("how", [{"sample": 2}, {"directions": 2}, {"points": 2}])
def test_a_gradient_that_accumulates_is_named_in_every_way_of_checking(how: Any) -> None:
    problem = draw(FAMILIES[1], 63, 0)
    layer = Accumulating(problem.gradient)
    report = check_gradient(problem.loss, layer.backward, problem.params, **how)
    assert report.verdict == "fail", report
    assert changing(report)


def test_sums_in_another_order_are_no_randomness() -> None:
    rng = np.random.default_rng(64)
    A = rng.normal(size=(200, 4))

    def gradient(w: FloatArray) -> FloatArray:
        rows = A[rng.permutation(200)]
        return np.asarray(2 * rows.T @ (rows @ w))

    report = check_gradient(lambda w: float(np.sum((A @ w) ** 2)), gradient, rng.normal(size=4))
    assert report.passed, report
    assert not report.findings


# Warnings and errors at points that the checker chose

EDGES: dict[str, tuple[Callable[[FloatArray], float], Callable[[FloatArray], FloatArray]]] = {
    "log": (lambda x: float(np.sum(np.log(x))), lambda x: 1 / x),
    "sqrt": (lambda x: float(np.sum(np.sqrt(x))), lambda x: 0.5 / np.sqrt(x)),
    "1/x": (lambda x: float(np.sum(1 / x)), lambda x: -1 / x**2),
    "power": (lambda x: float(np.sum(x**1.5)), lambda x: 1.5 * np.sqrt(x)),
    "exp": (
        lambda x: float(np.sum(1e-300 * np.exp(700 * x))),
        lambda x: 7e-298 * np.exp(700 * x),
    ),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("how", [{}, {"directions": 3}, {"points": 3}])
def test_no_warning_of_the_checkers_points_becomes_an_error(edge: str, how: Any) -> None:
    loss, gradient = EDGES[edge]
    for seed in range(5):
        rng = np.random.default_rng([65, seed])
        point = np.r_[10.0 ** rng.uniform(-12, -4), rng.uniform(0.5, 1, 2)]
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            report = check_gradient(loss, gradient, point, **how)
        assert report.verdict != "fail", (seed, report)


@pytest.mark.parametrize("edge", EDGES)
def test_no_warning_of_the_checkers_points_is_shown(edge: str) -> None:
    loss, gradient = EDGES[edge]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        report = check_gradient(loss, gradient, np.array([1e-9, 1.0, 0.5]))
    assert not seen
    assert report.verdict != "fail", report


class OutOfDomainError(Exception):
    """What a user's loss raises."""


@pytest.mark.parametrize("error", [OutOfDomainError, AssertionError, ValueError, KeyError])
def test_an_error_at_a_point_of_the_checkers_means_no_value(error: type[Exception]) -> None:
    def loss(x: FloatArray) -> float:
        if not (x > 0).all():
            raise error("rates must be positive")
        return float(np.sum(np.log(x)))

    for seed in range(5):
        point = np.r_[1e-9, np.random.default_rng([66, seed]).uniform(0.5, 2, 2)]
        for how in ({}, {"points": 3}, {"directions": 2}):
            report = check_gradient(loss, lambda x: 1 / x, point, **how)
            assert report.verdict != "fail", (seed, how, report)
        assert check_gradient(loss, lambda x: 1 / x, point).passed
        wrong = check_gradient(loss, lambda x: 1.1 / x, point)
        assert wrong.verdict == "fail", (seed, wrong)


def test_an_error_at_the_users_own_point_is_raised() -> None:
    def loss(x: FloatArray) -> float:
        raise OutOfDomainError("no")

    with pytest.raises(OutOfDomainError, match="no"):
        check_gradient(loss, np.ones_like, np.ones(2))

    def gradient(x: FloatArray) -> FloatArray:
        raise OutOfDomainError("not yet written")

    with pytest.raises(OutOfDomainError, match="not yet written"):
        check_gradient(lambda x: 1.0, gradient, np.ones(2))


def test_a_warning_at_the_users_own_point_is_theirs() -> None:
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        check_gradient(
            lambda x: float(np.sum(np.log(np.abs(x)))), np.ones_like, np.array([0.0, 1.0])
        )


# The type of the gradient


def in_dtype(gradient: Callable[[Params], Params], dtype: Any) -> Callable[[Params], Any]:
    return lambda p: {name: np.asarray(value, dtype) for name, value in gradient(p).items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gradient_of_few_digits_passes_as_far_as_it_is_right(family: Family, dtype: Any) -> None:
    for seed in range(4):
        problem = draw(family, 67, seed)
        loss: Loss = problem.loss
        report = check_gradient(loss, in_dtype(problem.gradient, dtype), problem.params)
        assert report.passed, (seed, report)
        assert any("few digits" in note for note in report.notes)
        error = 1e-3 if dtype is np.float32 else 3e-2
        name = next(iter(problem.params))
        wrong = with_error(problem.gradient, name, 0, error)
        report = check_gradient(loss, in_dtype(wrong, dtype), problem.params)
        assert report.verdict == "fail", (seed, report)


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64, np.int64, np.bool_])
def test_a_gradient_of_another_kind_of_number_is_refused_by_name(dtype: Any) -> None:
    def gradient(p: Params) -> Any:
        return {"a": np.cos(p["a"]), "second": np.ones(3, dtype)}

    def loss(p: Params) -> float:
        return float(np.sum(np.sin(p["a"])) + np.sum(p["second"]))

    with pytest.raises(TypeError, match="second"):
        check_gradient(loss, gradient, {"a": np.ones(2), "second": np.ones(3)})
