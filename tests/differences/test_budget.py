"""Error budgets against the closed forms of lesson 2, and against a search for a better step."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differences.smooth_functions import METHODS, ORDERS
from hypothesis import given, strategies as st

from gradlab.differences.budget import ErrorBudget, error_budget
from gradlab.differences.steps import best_step
from gradlab.support.floats import UNIT_ROUNDOFF as U


@given(
    method=st.sampled_from(sorted(ORDERS)),
    derivative=st.floats(1e-6, 1e6),
    noise=st.floats(1e-20, 1e-3),
    factor=st.floats(-3, 3),
)
def test_no_step_beats_the_best_step(
    method: str, derivative: float, noise: float, factor: float
) -> None:
    budget = error_budget(method, derivative, noise)
    assert budget.total(budget.best_step) == pytest.approx(budget.best_error, rel=1e-12)
    assert budget.total(budget.best_step * 10**factor) >= budget.best_error * (1 - 1e-12)
    assert error_budget(method, -derivative, noise) == budget


def test_the_closed_forms_of_lesson_2() -> None:
    f, second, third, fifth = 3.0, 0.7, 0.2, 5.0
    forward = error_budget("forward", second, U * f)
    assert forward.best_step == pytest.approx(2 * math.sqrt(U * f / second))
    assert forward.best_error == pytest.approx(2 * math.sqrt(U * f * second))
    assert error_budget("backward", second, U * f).best_error == forward.best_error
    central = error_budget("central", third, U * f)
    assert central.best_step == pytest.approx((3 * U * f / third) ** (1 / 3))
    assert central.best_error == pytest.approx((3 * U * f) ** (2 / 3) * third ** (1 / 3) / 2)
    five, rich = (error_budget(m, fifth, U * f) for m in ("five_point", "richardson"))
    # five_point(h) is richardson(2 h).
    assert rich.best_step == pytest.approx(2 * five.best_step)
    assert rich.best_error == pytest.approx(five.best_error)
    assert rich.total(0.02) == pytest.approx(five.total(0.01))


@pytest.mark.parametrize("method", sorted(ORDERS))
def test_best_step_is_that_of_a_function_whose_derivatives_are_all_1(method: str) -> None:
    budget = error_budget(method, 1.0, U)
    # best_step rounds to a power of two.
    assert 0.707 <= best_step(1.0, method) / budget.best_step <= 1.415


def test_steps_may_be_an_array() -> None:
    budget = error_budget("central", 6.0, 1.0)
    h = np.array([[0.5, 1.0], [2.0, 4.0]])
    np.testing.assert_array_equal(budget.truncation(h), h**2)
    np.testing.assert_array_equal(budget.rounding(h), 1 / h)
    np.testing.assert_array_equal(budget.total(h), h**2 + 1 / h)
    assert type(budget.total(1)) is float


@pytest.mark.parametrize("method", METHODS)
def test_without_truncation_the_longest_step_is_best(method: str) -> None:
    budget = error_budget(method, 0.0, 1e-16)
    assert (budget.best_step, budget.best_error) == (math.inf, 0.0)
    assert budget.truncation(10.0) == 0.0
    assert budget.total(1e9) <= budget.total(1e8)


@pytest.mark.parametrize("method", METHODS)
def test_without_noise_the_shortest_step_is_best(method: str) -> None:
    budget = error_budget(method, 2.0, 0.0)
    assert (budget.best_step, budget.best_error) == (0.0, 0.0)
    assert budget.rounding(1e-300) == 0.0


def test_the_complex_step_has_truncation_alone() -> None:
    budget = error_budget("complex_step", 6.0, 1e-16)
    assert budget.total(0.5) == budget.truncation(0.5) == 0.25
    assert (budget.best_step, budget.best_error) == (0.0, 0.0)


@given(derivative=st.floats(0, 1e300), noise=st.floats(0, 1e300))
def test_nothing_overflows_into_an_exception(derivative: float, noise: float) -> None:
    for method in METHODS:
        budget = error_budget(method, derivative, noise)
        assert budget.best_step >= 0.0
        assert budget.best_error >= 0.0


def test_the_noise_is_one_rounding_of_the_value_unless_it_is_given() -> None:
    budget = error_budget("central", 1.0, value=-8.0)
    assert budget.noise == 8 * 2.0**-53
    assert error_budget("central", 1.0).noise == 2.0**-53
    assert error_budget("central", 1.0, 0.25, value=-8.0).noise == 0.25
    with pytest.raises(ValueError, match="value is nan"):
        error_budget("central", 1.0, value=math.nan)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: error_budget("middle", 1, 1), ValueError, "'middle'; it must be one of back"),
        (lambda: error_budget("central", math.nan, 1), ValueError, "derivative is nan"),
        (lambda: error_budget("central", 1, -1), ValueError, "noise is -1"),
        (lambda: ErrorBudget("central", 1, 1).total(0), ValueError, "h is 0; a step"),
        (lambda: ErrorBudget("central", 1, 1).total("a"), TypeError, "h has the type"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
