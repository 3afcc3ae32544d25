"""Taylor polynomials against fractions and against 50-digit arithmetic."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from differences.smooth_functions import FUNCTIONS
from hypothesis import given, strategies as st

from gradlab.differences.taylor import lagrange_bound, taylor_polynomial
from gradlab.support.floats import UNIT_ROUNDOFF as U


@given(
    coefficients=st.lists(st.integers(-9, 9), min_size=1, max_size=7),
    x0=st.integers(-4, 4),
    x=st.integers(-32, 32).map(lambda n: n / 8),
)
def test_the_taylor_polynomial_of_a_polynomial_is_that_polynomial(
    coefficients: list[int], x0: int, x: float
) -> None:
    derivatives = [
        sum(
            c * math.perm(k, order) * x0 ** (k - order)
            for k, c in enumerate(coefficients)
            if k >= order
        )
        for order in range(len(coefficients))
    ]
    exact = sum(c * Fraction(x) ** k for k, c in enumerate(coefficients))
    # Expanding about x0 and summing may cancel; the terms' sizes bound what rounding does.
    size = sum(abs(d) * abs(x - x0) ** k / math.factorial(k) for k, d in enumerate(derivatives))
    assert abs(Fraction(taylor_polynomial(derivatives, x0, x)) - exact) <= 16 * U * size


@given(
    name=st.sampled_from(["sin", "exp", "tanh"]),
    degree=st.integers(0, 6),
    x0=st.floats(-2, 2),
    x=st.floats(-3, 3),
)
def test_the_polynomial_agrees_with_50_digits_and_the_bound_of_lagrange_holds(
    name: str, degree: int, x0: float, x: float
) -> None:
    smooth = FUNCTIONS[name]
    with mpmath.workdps(50):
        derivatives = list(mpmath.diffs(smooth.exact, x0, degree))
        d = mpmath.mpf(x) - mpmath.mpf(x0)
        polynomial = sum(v * d**k / mpmath.factorial(k) for k, v in enumerate(derivatives))
        remainder = float(abs(smooth.exact(x) - polynomial))
    measured = taylor_polynomial([float(d) for d in derivatives], x0, x)
    size = sum(
        abs(float(d)) * abs(x - x0) ** k / math.factorial(k) for k, d in enumerate(derivatives)
    )
    assert abs(measured - polynomial) <= 32 * U * size
    # The derivatives of exp are largest at the right; those of sin are at most 1; those of tanh
    # are at most n! (2/pi)^(n+1) 2 (1 + 3^-(n+1) + ...), since its poles are pi/2 away.
    largest = {
        "sin": 1.0,
        "exp": math.exp(max(x, x0)),
        "tanh": 3.0 * math.factorial(degree + 1) * (2 / math.pi) ** (degree + 2),
    }[name]
    # The oracle itself has 50 digits of numbers up to 100.
    assert remainder <= lagrange_bound(largest, degree, x0, x) * (1 + 1e-12) + 1e-47


def test_taylor_takes_arrays_and_gives_floats_for_scalars() -> None:
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    np.testing.assert_array_equal(taylor_polynomial([5.0], 1.0, x), np.full((2, 3), 5.0))
    np.testing.assert_allclose(
        taylor_polynomial([1, 2, 6], 1, x), 1 + 2 * (x - 1) + 3 * (x - 1) ** 2
    )
    np.testing.assert_allclose(lagrange_bound(6, 2, 1, x), np.abs(x - 1) ** 3)
    np.testing.assert_array_equal(lagrange_bound([2, 4], 0, 0, 0.5), [1.0, 2.0])
    assert type(taylor_polynomial([1], 0, 1)) is float
    assert type(lagrange_bound(1, 0, 0, 1)) is float
    assert taylor_polynomial([1] * 400, 0, 1.0) == pytest.approx(math.e, rel=1e-14)
    assert 0.0 <= lagrange_bound(1.0, 400, 0.0, 1.0) < 1e-300


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: taylor_polynomial([], 0, 1), ValueError, r"derivatives has shape \(0,\)"),
        (lambda: taylor_polynomial([[1.0]], 0, 1), ValueError, r"shape \(1, 1\)"),  # type: ignore[list-item]
        (lambda: taylor_polynomial([math.nan], 0, 1), ValueError, "derivatives has an entry"),
        (lambda: taylor_polynomial([1j], 0, 1), TypeError, "derivatives has the type complex"),  # type: ignore[list-item]
        (lambda: taylor_polynomial([1], math.inf, 1), ValueError, "x0 is inf"),
        (lambda: lagrange_bound(-1, 1, 0, 1), ValueError, "derivative_bound is -1"),
        (lambda: lagrange_bound(1, -1, 0, 1), ValueError, "degree is -1"),
        (lambda: lagrange_bound(1, 1.5, 0, 1), TypeError, "degree is 1.5"),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
