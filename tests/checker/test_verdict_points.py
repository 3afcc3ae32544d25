"""Other points: what is right at one point only is found at others, and the report says where."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from checker.losses import FAMILIES, Family, Gradient, Loss, Params, draw

from gradlab.checker.check import check_gradient
from gradlab.checker.report import GradientReport
from gradlab.support.floats import FloatArray

Special = tuple[Loss, Gradient, Params]


def all_zeros(rng: np.random.Generator) -> Special:
    """The derivative of tanh is taken as 1, which it is at 0."""
    X, R = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    return (
        lambda p: float(np.sum(R * np.tanh(X @ p["W"]))),
        lambda p: {"W": X.T @ R},
        {"W": np.zeros((3, 2))},
    )


def last_weights_zero(rng: np.random.Generator) -> Special:
    """Nothing comes back through weights of 0, so the first layer is not looked at."""
    X, y = rng.normal(size=(9, 3)), rng.normal(size=9)

    def gradient(p: Params) -> Params:
        H = np.tanh(X @ p["W"])
        e = H @ p["v"] - y
        # The derivative of tanh is missing.
        return {"W": X.T @ np.outer(e, p["v"]), "v": H.T @ e}

    return (
        lambda p: float(np.sum((np.tanh(X @ p["W"]) @ p["v"] - y) ** 2) / 2),
        gradient,
        {"W": rng.normal(size=(3, 4)), "v": np.zeros(4)},
    )


def two_steps_from_zero(rng: np.random.Generator) -> Special:
    """A recurrent network whose first state is zero, as its recurrent weights are."""
    inputs, R = rng.normal(size=(2, 3)), rng.normal(size=3)

    def states(p: Params) -> list[FloatArray]:
        found = [np.zeros(3)]
        for x in inputs:
            found.append(np.tanh(x @ p["U"] + found[-1] @ p["W"]))
        return found

    def gradient(p: Params) -> Params:
        # Not carried back through time.
        _, first, second = states(p)
        d = R * (1 - second**2)
        return {"U": np.outer(inputs[1], d), "W": np.outer(first, d)}

    return (
        lambda p: float(R @ states(p)[-1]),
        gradient,
        {"U": rng.normal(size=(3, 3)), "W": np.zeros((3, 3))},
    )


def equal_entries(rng: np.random.Generator) -> Special:
    """The gradient belongs to the entries in the other order."""
    size = int(rng.integers(2, 6))
    return (
        lambda p: float(np.sum(np.sin(p["x"]))),
        lambda p: {"x": np.cos(p["x"][::-1])},
        {"x": np.full(size, rng.normal())},
    )


def one_as_a_power(rng: np.random.Generator) -> Special:
    """x^3 at 1 has the slope of 3 x^7."""
    size = int(rng.integers(1, 5))
    return (
        lambda p: float(np.sum(p["x"] ** 3)),
        lambda p: {"x": 3 * p["x"] ** 7},
        {"x": np.ones(size)},
    )


SPECIAL = [all_zeros, last_weights_zero, two_steps_from_zero, equal_entries, one_as_a_power]


@pytest.mark.parametrize("build", SPECIAL)
@pytest.mark.parametrize("seed", range(5))
def test_what_is_right_at_one_point_only_fails_at_others(
    build: Callable[[np.random.Generator], Special], seed: int
) -> None:
    case = build(np.random.default_rng([80, seed]))
    here = check_gradient(*case)
    assert here.passed, here
    report = check_gradient(*case, points=4, seed=seed)
    assert report.verdict == "fail", report
    (number, of) = re.findall(r"report at random point (\d) of (\d)", report.notes[0])[0]
    assert 1 <= int(number) <= 3
    assert of == "3"
    assert "4 points: 1 pass, 3 fail" in report.notes[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_right_everywhere_passes_everywhere(family: Family) -> None:
    for seed in range(3):
        problem = draw(family, 81, seed)
        report = check_gradient(
            problem.loss, problem.gradient, problem.params, points=3, seed=seed
        )
        assert report.verdict != "fail", (seed, report)
        assert "Checked at 3 points: " in report.notes[0]
        if report.passed:
            assert report.notes[0].endswith("3 pass. This is the report at the params given.")


def in_numbers(report: GradientReport) -> str:
    return str(report.to_dict())


def test_evaluations_add_up_and_are_all_there_are() -> None:
    calls = 0

    def loss(x: FloatArray) -> float:
        nonlocal calls
        calls += 1
        return float(np.sum(np.sin(x)))

    point = np.array([0.3, -1.0, 2.0])
    one = check_gradient(loss, np.cos, point).evaluations
    assert one == calls
    calls = 0
    report = check_gradient(loss, np.cos, point, points=5)
    # Four more to see that the loss is finite at the points.
    assert report.evaluations <= calls <= report.evaluations + 4
    assert 3 * one < report.evaluations


def test_the_same_seed_gives_the_same_report_and_another_seed_other_points() -> None:
    for build in SPECIAL:
        case = build(np.random.default_rng([82, 0]))
        first, again, other = (
            in_numbers(check_gradient(*case, points=3, seed=seed)) for seed in (7, 7, 8)
        )
        assert first == again
        assert first != other


def test_points_are_about_a_parameters_size_away() -> None:
    seen: list[FloatArray] = []

    def gradient(p: Params) -> Params:
        seen.append(np.concatenate([p["large"], p["small"]]))
        return {name: np.cos(value) for name, value in p.items()}

    large, small = np.full(50, 3e3), np.full(50, 3e-3)
    check_gradient(
        lambda p: float(sum(np.sum(np.sin(value)) for value in p.values())),
        gradient,
        {"large": large, "small": small},
        points=3,
    )
    points = {point.tobytes(): point for point in seen}.values()
    assert len(points) == 3
    for point in list(points)[1:]:
        for away, size in ((point[:50] - large, 3e3), (point[50:] - small, 3e-3)):
            assert 0.5 * size < np.sqrt(np.mean(away**2)) < 4 * size


# A loss that is finite in a part of space only


@pytest.mark.parametrize("size", [1, 3, 8])
def test_points_are_drawn_where_the_loss_is_finite(size: int) -> None:
    for seed in range(5):
        point = np.random.default_rng([83, seed]).uniform(0.5, 3.0, size)
        report = check_gradient(
            lambda x: float(np.sum(np.log(x))), lambda x: 1 / x, point, points=4, seed=seed
        )
        assert report.passed, (seed, report)
        assert "Checked at 4 points: 4 pass" in report.notes[0]
        wrong = check_gradient(
            lambda x: float(np.sum(np.log(x))), lambda x: 1 / x**2, np.ones(size), points=4
        )
        assert wrong.verdict == "fail"


def test_where_the_loss_is_finite_nowhere_else_the_report_says_so() -> None:
    def loss(x: FloatArray) -> float:
        return float(np.sum(x)) if np.abs(x - 1).max() < 1e-8 else np.nan

    report = check_gradient(loss, np.ones_like, np.ones(3), points=3)
    assert re.match("Checked at 1 point: .* near 2 of the 3", report.notes[0])


def test_no_warning_of_the_loss_at_a_random_point_reaches_the_user() -> None:
    def loss(x: FloatArray) -> float:
        # Finite everywhere, but NumPy warns where x is negative.
        return float(np.sum(np.where(x > 0, np.log(x), x - 1)))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(4):
            check_gradient(
                loss, lambda x: 1 / np.maximum(x, 1e-3), np.ones(3), points=3, seed=seed
            )


def test_no_warning_of_the_gradient_at_a_random_point_reaches_the_user() -> None:
    def gradient(x: FloatArray) -> FloatArray:
        return np.where(x > 0, 1 / (2 * np.sqrt(x)), 0.5)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(4):
            check_gradient(
                lambda x: float(np.sum(np.sqrt(np.abs(x)))),
                gradient,
                np.ones(3),
                points=3,
                seed=seed,
            )


# What is no number of points, and no rtol


@pytest.mark.parametrize("points", [0, -1])
def test_too_few_points_are_named(points: int) -> None:
    with pytest.raises(ValueError, match=rf"points is {points}"):
        check_gradient(np.sum, np.ones_like, np.ones(2), points=points)


@pytest.mark.parametrize("points", [1.5, "2", None, True])
def test_what_is_no_number_of_points_is_named(points: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="points"):
        check_gradient(np.sum, np.ones_like, np.ones(2), points=points)


@pytest.mark.parametrize("rtol", [-1e-9, 1.0, 2, np.nan, np.inf, "1e-3", None, 1j])
def test_what_is_no_rtol_is_named(rtol: Any) -> None:
    with pytest.raises(ValueError, match=r"rtol is .*; it must be a number from 0"):
        check_gradient(np.sum, np.ones_like, np.ones(2), rtol=rtol)
