"""What differences really do, step by step, against what Taylor's theorem predicts."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differences.smooth_functions import FUNCTIONS, METHODS, ORDERS
from hypothesis import given, strategies as st

from gradlab.differences.budget import error_budget
from gradlab.differences.convergence import fit_order, sweep
from gradlab.support.floats import UNIT_ROUNDOFF as U

# Sweeps


def test_a_sweep_runs_from_a_tenth_down_to_1e_15_by_half_decades() -> None:
    steps, errors = sweep(np.sin, 1.0, math.cos(1.0), "central")
    np.testing.assert_allclose(steps, np.logspace(-1, -15, 29))
    assert errors.shape == (29,)
    assert errors[0] == pytest.approx(0.01 * math.cos(1.0) / 6, rel=1e-2)


@pytest.mark.parametrize("method", METHODS)
def test_a_sweep_is_the_error_of_its_formula(method: str) -> None:
    steps, errors = sweep(lambda x: x**2, 3, 6, method, steps=[0.5, 0.25])
    assert steps.tolist() == [0.5, 0.25]
    biased = {"forward": [0.5, 0.25], "backward": [0.5, 0.25]}.get(method, [0.0, 0.0])
    np.testing.assert_allclose(errors, biased, atol=8 * 6 * U)


def test_the_complex_step_goes_on_where_the_others_are_lost() -> None:
    _, errors = sweep(np.exp, 1.0, math.e, "complex_step", steps=[1e-8, 1e-12, 1e-20, 1e-100])
    assert errors.max() <= 8 * U * math.e


def test_float32_stays_float32_without_a_warning_for_each_step() -> None:
    seen = set()

    def f(x: Any) -> Any:
        seen.add(x.dtype)
        return np.sin(x)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in ORDERS:
            _, errors = sweep(f, np.float32(1), math.cos(1.0), method)
            # The best that float32 can do with central differences is about 1e-5.
            assert np.median(errors) > 1e-7
    assert seen == {np.dtype(np.float32)}


def test_a_warning_of_f_itself_is_not_swallowed() -> None:
    def f(x: Any) -> Any:
        warnings.warn("out of range", UserWarning, stacklevel=1)
        return x

    with pytest.warns(UserWarning, match="out of range"):
        sweep(f, 1.0, 1.0, "central", steps=[0.1])


def test_where_f_is_not_finite_the_error_is_not() -> None:
    _, errors = sweep(np.log, 0.05, 20.0, "central", steps=[0.1, 0.01])
    assert math.isnan(errors[0])
    assert errors[1] == pytest.approx(0.27, abs=0.01)


# Orders


@pytest.mark.parametrize("method", sorted(ORDERS))
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_measured_order_is_the_predicted_one(name: str, method: str) -> None:
    smooth = FUNCTIONS[name]
    slope = smooth.derivative(1)
    order, _ = ORDERS[method]
    dense = 2.0 ** -np.arange(2, 40, 0.5)
    for steps in (None, dense):
        fit = fit_order(*sweep(smooth.f, smooth.x, slope, method, steps))
        assert abs(fit.slope - order) < 0.1
    # The fit is as good a ruler for the size of the error.
    _, k = ORDERS[method]
    predicted = error_budget(method, smooth.derivative(k), 0.0)
    assert fit.constant * 1e-2**fit.slope == pytest.approx(predicted.truncation(1e-2), rel=0.3)


@pytest.mark.parametrize("method", sorted(ORDERS))
def test_the_order_does_not_hang_on_the_luck_of_one_point(method: str) -> None:
    # Rounding errors differ from point to point and from one libm to the next.
    rng = np.random.default_rng(0)
    order, _ = ORDERS[method]
    for name in ("exp", "log", "tanh"):
        smooth = FUNCTIONS[name]
        for x in smooth.x + rng.uniform(-0.05, 0.05, 20):
            fit = fit_order(*sweep(smooth.f, x, smooth.derivative(1, x), method))
            assert abs(fit.slope - order) < 0.1


@given(
    power=st.floats(-2, 5).filter(lambda p: abs(p) > 0.1),
    constant=st.floats(1e-6, 1e6),
    seed=st.integers(0, 99),
)
def test_a_pure_power_is_fitted_over_all_points_in_any_order(
    power: float, constant: float, seed: int
) -> None:
    steps = np.random.default_rng(seed).permutation(np.logspace(-1, -4, 12))
    fit = fit_order(steps, constant * steps**power)
    assert fit.slope == pytest.approx(power, rel=1e-9)
    assert fit.constant == pytest.approx(constant, rel=1e-8)
    assert {fit.first, fit.last} == {int(steps.argmin()), int(steps.argmax())}


def test_the_left_branch_falls_with_slope_minus_1() -> None:
    steps = np.logspace(-15, -8, 200)
    _, errors = sweep(np.exp, 1.0, math.e, "central", steps)
    assert abs(fit_order(steps, errors).slope + 1) < 0.2


def test_zeros_and_what_is_not_finite_are_left_out() -> None:
    steps = np.array([1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 1e-4])
    errors = 2 * steps**3
    errors[[1, 3, 5]] = 0.0, math.nan, math.inf
    fit = fit_order(steps, errors)
    assert (round(fit.slope, 9), fit.first, fit.last) == (3.0, 0, 4)


@pytest.mark.parametrize(
    ("steps", "errors", "words"),
    [
        ([0.1, 0.01], [1.0, 1.0], "have 2 different steps.*at least three"),
        ([0.1, 0.01, 1e-3], [1.0, 0.0, math.nan], "have 1 different steps"),
        ([0.1, 0.1, 0.1, 0.01], [1.0, 1.0, 2.0, 3.0], "have 2 different steps"),
        ([], [], "have 0 different steps"),
        ([0.1, 0.01, 0.0], [1.0, 1.0, 1.0], "steps is .*positive"),
        ([0.1, 0.01, 1e-3], [1.0, -1.0, 1.0], "errors has a negative entry"),
        ([0.1, 0.01, 1e-3], [1.0, 1.0], r"steps has shape \(3,\) and errors \(2,\)"),
    ],
)
def test_a_fit_that_cannot_be_made_says_why(
    steps: list[float], errors: list[float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        fit_order(steps, errors)


# Prediction against measurement


@pytest.mark.parametrize("method", sorted(ORDERS))
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_best_step_and_the_error_there_are_as_predicted(name: str, method: str) -> None:
    smooth = FUNCTIONS[name]
    _, k = ORDERS[method]
    budget = error_budget(method, smooth.derivative(k), U * abs(float(smooth.f(smooth.x))))
    # One error can be small by luck, so the curve is the largest error at 30 points nearby, and
    # smoothed over three steps. These have two binary digits, so that x + h is exact and only f
    # rounds.
    steps = np.sort(np.outer([1.0, 1.5], 2.0 ** -np.arange(2, 36)).ravel())
    steps = steps[(steps > budget.best_step / 30) & (steps < budget.best_step * 30)]
    nearby = smooth.x + np.random.default_rng(0).uniform(-0.01, 0.01, 30)
    errors = [sweep(smooth.f, x, smooth.derivative(1, x), method, steps)[1] for x in nearby]
    curve = np.exp(np.convolve(np.log(np.max(errors, axis=0)), np.full(3, 1 / 3), "valid"))
    at = int(curve.argmin()) + 1
    assert 1 / 3 < steps[at] / budget.best_step < 3
    assert 1 / 10 < curve.min() / budget.best_error < 10
    # So is the root mean square of the errors at the step nearest to the predicted one.
    typical = np.sqrt(np.mean(np.square(errors), axis=0))
    near = int(np.abs(np.log(steps / budget.best_step)).argmin())
    assert 1 / 10 < typical[near] / budget.best_error < 10


def test_the_rounding_line_bounds_what_is_measured() -> None:
    steps = 2.0 ** -np.arange(30, 45)
    budget = error_budget("central", math.e, U * math.e)
    for x in 1.0 + np.random.default_rng(0).uniform(-0.01, 0.01, 30):
        _, errors = sweep(np.exp, x, FUNCTIONS["exp"].derivative(1, x), "central", steps)
        # An exp that errs by a whole digit, not half of one, may double it.
        assert np.all(errors <= 2.1 * budget.total(steps))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: sweep(np.sin, 1, 1, "middle"), ValueError, "method is 'middle'"),
        (lambda: sweep(np.sin, math.nan, 1, "central"), ValueError, "x is nan"),
        (lambda: sweep(np.sin, 1, math.inf, "central"), ValueError, "slope is inf"),
        (lambda: sweep(np.sin, 1, 1, "central", 0.1), ValueError, r"steps has shape \(\)"),
        (lambda: sweep(np.sin, 1, 1, "central", [0.0]), ValueError, "steps is"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
