"""What a loss can tell: its noise, the steps, its precision, and a second opinion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gradlab.checker.check import check_gradient
from gradlab.checker.loss import LossOfTheta
from gradlab.checker.measuring.noise import measure_noise
from gradlab.checker.measuring.steps import step_scales
from gradlab.checker.parameters import Layout
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray

# The noise of a loss


@pytest.mark.parametrize("sigma", [1e-12, 1e-8])
def test_noise_is_estimated_within_a_factor_of_two(sigma: float) -> None:
    rng = np.random.default_rng(0)
    at = LossOfTheta(
        lambda p: np.sum(np.sin(p)) + sigma * rng.standard_normal(), Layout(np.ones(5))
    )
    assert 0.5 * sigma < measure_noise(at, np.ones(5)).sigma < 2 * sigma
    assert at.theta.tolist() == [1.0] * 5


def test_noise_of_a_smooth_loss_is_near_the_unit_roundoff() -> None:
    at = LossOfTheta(lambda p: np.sum(np.exp(p)), Layout(np.linspace(0.1, 1.0, 10)))
    size = at()
    noise = measure_noise(at, np.ones(10))
    assert UNIT_ROUNDOFF * size <= noise.sigma < 10 * UNIT_ROUNDOFF * size
    assert noise.is_settled
    assert not noise.is_quantised


def test_steps_are_powers_of_two_at_least_as_large_as_the_parameters() -> None:
    theta = np.array([0.3, -5.0, 0.0, 0.0, 1e-200, 1e-200])
    scales = step_scales(theta, [0, 2, 4])
    # A block of zeros is about as small as the smallest of the others.
    assert scales[:4].tolist() == [4.0, 8.0, 2.0**-9, 2.0**-9]
    assert step_scales(np.zeros(2), [0]).tolist() == [2.0, 2.0]
    assert (np.log2(scales) % 1 == 0).all()
    assert (scales[4:] > 1e-200).all()
    assert (scales[4:] <= 4e-200).all()


# Precision, and a second opinion


def test_a_float32_inside_the_loss_is_found() -> None:
    def loss(p: FloatArray) -> float:
        return float(np.sum(np.tanh(p.astype(np.float32))) + 1.0)

    report = check_gradient(loss, lambda p: 1.0 - np.tanh(p) ** 2, np.array([0.3, -1.2, 0.7]))
    assert report.verdict != "fail"
    assert [finding.kind for finding in report.findings] == ["low_precision"]


def test_the_complex_step_says_what_differences_cannot() -> None:
    def loss(p: FloatArray) -> Any:
        return 1.0 + 1e-30 * np.sum(np.sin(p))

    report = check_gradient(loss, lambda p: 1e-30 * np.cos(p), np.array([1.0, 2.0]))
    assert report.verdict == "inconclusive"
    row = report.parameters[0]
    assert row.complex_step == pytest.approx(1e-30 * np.cos([1.0, 2.0])[row.worst[0]], rel=1e-12)
    assert "complex step" in str(report)


def test_no_second_opinion_where_complex_numbers_are_made_real() -> None:
    report = check_gradient(
        lambda p: 1.0 + float(1e-30 * np.sum(p**2)), lambda p: 2e-30 * p, np.array([1.0, 2.0])
    )
    assert report.verdict == "inconclusive"
    assert report.parameters[0].complex_step is None


def test_a_loss_that_has_no_value_at_some_points_is_measured_at_others() -> None:
    def loss(p: FloatArray) -> float:
        return math.log(p[0]) + math.exp(700.0 * p[1])

    report = check_gradient(
        loss,
        lambda p: np.array([1.0 / p[0], 700.0 * math.exp(700.0 * p[1])]),
        np.array([1e-5, 1.0]),
    )
    assert report.verdict != "fail", report
