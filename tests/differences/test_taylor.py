"""Taylor analysis against 50-digit arithmetic, and against what differences really do."""

import math
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st

from gradlab.differences.formulas import best_step
from gradlab.differences.noise import estimate_noise
from gradlab.differences.taylor import (
    ErrorBudget,
    error_budget,
    fit_order,
    lagrange_bound,
    sweep,
    taylor_polynomial,
)

U = 2.0**-53
U32 = 2.0**-24


class Case(NamedTuple):
    """A function for NumPy and for mpmath, and a point where f'', f''' and f^(5) are not small."""

    f: Callable[[Any], Any]
    exact: Callable[[Any], Any]
    x: float

    def derivative(self, order: int, x: float | None = None) -> float:
        with mpmath.workdps(50):
            return float(mpmath.diff(self.exact, self.x if x is None else x, order))


CASES = {
    "exp": Case(np.exp, mpmath.exp, 1.0),
    "sin": Case(np.sin, mpmath.sin, 1.0),
    "log": Case(np.log, mpmath.log, 2.0),
    "sqrt": Case(np.sqrt, mpmath.sqrt, 2.0),
    "tanh": Case(np.tanh, mpmath.tanh, 0.2),
    "rational": Case(lambda x: 1 / (1 + x * x), lambda x: 1 / (1 + x * x), 0.3),
    "sigmoid": Case(lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + mpmath.exp(-x)), 0.5),
    "softplus": Case(lambda x: np.log1p(np.exp(x)), lambda x: mpmath.log1p(mpmath.exp(x)), 1.5),
    "power": Case(lambda x: x**5, lambda x: x**5, 1.3),
}
# method: the order of the error, and that of the derivative in it.
ORDERS = {
    "forward": (1, 2),
    "backward": (1, 2),
    "central": (2, 3),
    "five_point": (4, 5),
    "richardson": (4, 5),
}
METHODS = [*ORDERS, "complex_step"]

cases = st.sampled_from(sorted(CASES))


# Taylor polynomials


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
    case = CASES[name]
    with mpmath.workdps(50):
        derivatives = list(mpmath.diffs(case.exact, x0, degree))
        d = mpmath.mpf(x) - mpmath.mpf(x0)
        polynomial = sum(v * d**k / mpmath.factorial(k) for k, v in enumerate(derivatives))
        remainder = float(abs(case.exact(x) - polynomial))
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


# The error budget


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
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_measured_order_is_the_predicted_one(name: str, method: str) -> None:
    case = CASES[name]
    slope = case.derivative(1)
    order, _ = ORDERS[method]
    dense = 2.0 ** -np.arange(2, 40, 0.5)
    for steps in (None, dense):
        fit = fit_order(*sweep(case.f, case.x, slope, method, steps))
        assert abs(fit.slope - order) < 0.1
    # The fit is as good a ruler for the size of the error.
    _, k = ORDERS[method]
    predicted = error_budget(method, case.derivative(k), 0.0)
    assert fit.constant * 1e-2**fit.slope == pytest.approx(predicted.truncation(1e-2), rel=0.3)


@pytest.mark.parametrize("method", sorted(ORDERS))
def test_the_order_does_not_hang_on_the_luck_of_one_point(method: str) -> None:
    # Rounding errors differ from point to point and from one libm to the next.
    rng = np.random.default_rng(0)
    order, _ = ORDERS[method]
    for name in ("exp", "log", "tanh"):
        case = CASES[name]
        for x in case.x + rng.uniform(-0.05, 0.05, 20):
            fit = fit_order(*sweep(case.f, x, case.derivative(1, x), method))
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
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_best_step_and_the_error_there_are_as_predicted(name: str, method: str) -> None:
    case = CASES[name]
    _, k = ORDERS[method]
    budget = error_budget(method, case.derivative(k), U * abs(float(case.f(case.x))))
    # One error can be small by luck, so the curve is the largest error at 30 points nearby, and
    # smoothed over three steps. These have two binary digits, so that x + h is exact and only f
    # rounds.
    steps = np.sort(np.outer([1.0, 1.5], 2.0 ** -np.arange(2, 36)).ravel())
    steps = steps[(steps > budget.best_step / 30) & (steps < budget.best_step * 30)]
    nearby = case.x + np.random.default_rng(0).uniform(-0.01, 0.01, 30)
    errors = [sweep(case.f, x, case.derivative(1, x), method, steps)[1] for x in nearby]
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
        _, errors = sweep(np.exp, x, CASES["exp"].derivative(1, x), "central", steps)
        # An exp that errs by a whole digit, not half of one, may double it.
        assert np.all(errors <= 2.1 * budget.total(steps))


# Noise


@given(name=cases, offset=st.floats(-0.1, 0.1))
def test_the_noise_of_float64_is_near_u_times_the_value(name: str, offset: float) -> None:
    case = CASES[name]
    x = case.x + offset
    # Evenly spread rounding errors have 0.29 to 0.58 u |f|; a libm may double them.
    assert 0.07 < estimate_noise(case.f, x) / (U * abs(float(case.f(x)))) < 4


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_float32_inside_shows(name: str) -> None:
    case = CASES[name]

    def rounded(x: Any) -> float:
        return float(np.float32(case.f(x)))

    for x in case.x + np.linspace(-0.1, 0.1, 40):
        value = float(case.f(x))
        assert 0.07 < estimate_noise(rounded, x) / (U32 * abs(value)) < 2
        # An argument that is rounded adds u |x f'|.
        rounding = U32 * (abs(value) + abs(x * case.derivative(1, x)))
        assert 0.02 < estimate_noise(lambda t: case.f(np.float32(t)), x) / rounding < 4


def test_a_float32_x_is_kept() -> None:
    assert 0.07 < estimate_noise(np.sin, np.float32(1.0)) / (U32 * math.sin(1.0)) < 4


@given(name=cases, log_sigma=st.floats(-12, -2), seed=st.integers(0, 999))
@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_an_added_noise_of_known_size_is_found(
    kind: str, name: str, log_sigma: float, seed: int
) -> None:
    case = CASES[name]
    sigma = 10.0**log_sigma
    rng = np.random.default_rng(seed)

    def noisy(x: Any) -> Any:
        error = rng.normal() if kind == "normal" else rng.uniform(-1, 1) * math.sqrt(3)
        return case.f(x) + sigma * error

    assert 1 / 4.5 < estimate_noise(noisy, case.x) / sigma < 4.5
    assert 1 / 8 < estimate_noise(noisy, case.x, h=1e-6) / sigma < 8  # one table alone


def test_the_noise_behind_an_offset_is_that_of_the_offset() -> None:
    assert 0.1 < estimate_noise(lambda x: np.exp(x) + 1e6, 1.0) / (U * 1e6) < 2


@pytest.mark.parametrize(
    ("f", "x"), [(lambda x: 0 * x + 3.0, 1.0), (lambda x: 2 * x, 2.0), (lambda x: 7.0, 0.0)]
)
def test_an_exact_function_has_no_noise(f: Callable[[Any], Any], x: float) -> None:
    assert estimate_noise(f, x) == 0.0


def test_the_noise_of_the_worked_example_is_not_hidden_by_round_numbers() -> None:
    # x^2 + 3 x at 2: at points such as 2 + 2^-20 every value is exact, but not at most points.
    assert 0.1 < estimate_noise(lambda x: x**2 + 3 * x, 2) / (U * 10) < 2


@pytest.mark.parametrize("f", [abs, lambda x: 1 / x, np.sqrt])
def test_what_is_not_smooth_is_refused(f: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=r"near x = 0\.0 cannot be told from f"):
        estimate_noise(f, 0.0)


def test_a_spacing_that_does_not_settle_is_refused() -> None:
    with pytest.raises(ValueError, match=r"does not settle with h = 0\.5"):
        estimate_noise(np.exp, 1.0, h=0.5)
    with pytest.raises(ValueError, match=r"h is 1e-17; it must be positive and at least"):
        estimate_noise(np.exp, 1.0, h=1e-17)


def test_huge_and_tiny_points_do_no_harm() -> None:
    for x in (1e-300, 1e300, -1e150):
        assert estimate_noise(lambda t: 2 * t, x) == 0.0


# Bad input


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
        (lambda: error_budget("middle", 1, 1), ValueError, "'middle'; it must be one of back"),
        (lambda: error_budget("central", math.nan, 1), ValueError, "derivative is nan"),
        (lambda: error_budget("central", 1, -1), ValueError, "noise is -1"),
        (lambda: ErrorBudget("central", 1, 1).total(0), ValueError, "h is 0; a step"),
        (lambda: ErrorBudget("central", 1, 1).total("a"), TypeError, "h has the type"),
        (lambda: sweep(np.sin, 1, 1, "middle"), ValueError, "method is 'middle'"),
        (lambda: sweep(np.sin, math.nan, 1, "central"), ValueError, "x is nan"),
        (lambda: sweep(np.sin, 1, math.inf, "central"), ValueError, "slope is inf"),
        (lambda: sweep(np.sin, 1, 1, "central", 0.1), ValueError, r"steps has shape \(\)"),
        (lambda: sweep(np.sin, 1, 1, "central", [0.0]), ValueError, "steps is"),
        (lambda: estimate_noise(np.sin, math.inf), ValueError, "x is inf"),
        (lambda: estimate_noise(np.sin, 1.0, h=-1), ValueError, "h is -1"),
        (lambda: estimate_noise(lambda x: 1j, 1.0), TypeError, "complex"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_the_noise_is_one_rounding_of_the_value_unless_it_is_given() -> None:
    budget = error_budget("central", 1.0, value=-8.0)
    assert budget.noise == 8 * 2.0**-53
    assert error_budget("central", 1.0).noise == 2.0**-53
    assert error_budget("central", 1.0, 0.25, value=-8.0).noise == 0.25
    with pytest.raises(ValueError, match="value is nan"):
        error_budget("central", 1.0, value=math.nan)
