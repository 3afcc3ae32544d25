"""The difference formulas against exact fractions and 50-digit arithmetic."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st

import gradlab

U = 2.0**-53

# A formula, its nodes in units of h, and their weights in units of 1/h.
FORMULAS: dict[str, tuple[Callable[..., Any], list[str], list[str]]] = {
    "forward": (gradlab.forward_difference, ["1", "0"], ["1", "-1"]),
    "backward": (gradlab.backward_difference, ["0", "-1"], ["1", "-1"]),
    "central": (gradlab.central_difference, ["1", "-1"], ["1/2", "-1/2"]),
    "five_point": (
        gradlab.five_point_difference,
        ["2", "1", "-1", "-2"],
        ["-1/12", "8/12", "-8/12", "1/12"],
    ),
    "richardson": (
        gradlab.richardson,
        ["1", "1/2", "-1/2", "-1"],
        ["-1/6", "8/6", "-8/6", "1/6"],
    ),
}
# The degree up to which a formula has no truncation error at all.
EXACT_DEGREE = {"forward": 1, "backward": 1, "central": 2, "five_point": 4, "richardson": 4}

FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sin": (np.sin, mpmath.sin),
    "exp": (np.exp, mpmath.exp),
    "tanh": (np.tanh, mpmath.tanh),
    "rational": (lambda x: 1 / (1 + x * x), lambda x: 1 / (1 + x * x)),
}

methods = st.sampled_from(sorted(FORMULAS))
functions = st.sampled_from(sorted(FUNCTIONS))


@given(
    method=methods,
    coefficients=st.lists(st.integers(-9, 9), min_size=1, max_size=5),
    x=st.integers(-8, 8),
    exponent=st.integers(-4, 1),
)
def test_a_polynomial_is_exact_in_dyadic_numbers(
    method: str, coefficients: list[int], x: int, exponent: int
) -> None:
    formula, nodes, weights = FORMULAS[method]
    h = Fraction(2) ** exponent

    def polynomial(t: Any) -> Any:
        return sum(c * t**k for k, c in enumerate(coefficients))

    exact = sum(
        Fraction(w) * polynomial(x + Fraction(n) * h) for n, w in zip(nodes, weights, strict=True)
    )
    measured = formula(lambda t: polynomial(t) + 0.0 * t, x, float(h))
    # Every value is exact in binary; only the last division, by 3 or 12, may round.
    assert measured == pytest.approx(float(exact / h), rel=4 * U, abs=0)
    if len(coefficients) - 1 <= EXACT_DEGREE[method]:
        slope = sum(k * c * Fraction(x) ** (k - 1) for k, c in enumerate(coefficients) if k)
        assert exact / h == slope


@given(
    method=methods,
    function=functions,
    x=st.floats(-3, 3),
    log_h=st.floats(-9, -1),
)
def test_agrees_with_50_digits_up_to_rounding(
    method: str, function: str, x: float, log_h: float
) -> None:
    formula, nodes, weights = FORMULAS[method]
    f, exact_f = FUNCTIONS[function]
    h = 10.0**log_h
    with mpmath.workdps(50):
        values = [exact_f(mpmath.mpf(x) + mpmath.mpf(n) * h) for n in nodes]
        exact = sum(mpmath.mpf(w) * v for w, v in zip(weights, values, strict=True)) / h
        # Each value is wrong by a few u (libm, and x + h rounds), each with its weight.
        slope = abs(mpmath.diff(exact_f, x))
        size = max(abs(v) for v in values) + (abs(x) + 2 * h) * slope
    bound = 8 * U * float(size) * sum(abs(Fraction(w)) for w in weights) / h + 8 * U
    assert abs(formula(f, x, h) - float(exact)) <= bound


@pytest.mark.parametrize(("method", "order"), [("forward", 1), ("backward", 1), ("central", 2)])
@given(function=functions, x=st.floats(-2, 2))
def test_truncation_has_the_factor_of_the_remainder(
    method: str, order: int, function: str, x: float
) -> None:
    formula, _, _ = FORMULAS[method]
    f, exact_f = FUNCTIONS[function]
    h = 2.0**-7
    with mpmath.workdps(50):
        exact = mpmath.diff(exact_f, x)
        lead = mpmath.diff(exact_f, x, order + 1) / math.factorial(order + 1)
        sign = -1 if method == "backward" else 1
        rest = 60 * h ** (order + 1)  # bounds the next derivative of each function
        error = formula(f, x, h) - exact
    assert abs(error - sign * lead * h**order) <= rest


@pytest.mark.parametrize("method", sorted(FORMULAS))
@given(function=functions, x=st.floats(-3, 3))
def test_the_default_step_reaches_the_accuracy_of_its_formula(
    method: str, function: str, x: float
) -> None:
    formula, _, _ = FORMULAS[method]
    f, exact_f = FUNCTIONS[function]
    with mpmath.workdps(50):
        exact = float(mpmath.diff(exact_f, x))
    power = {"forward": 1 / 2, "backward": 1 / 2, "central": 2 / 3}.get(method, 4 / 5)
    assert abs(formula(f, x) - exact) <= 100 * max(abs(f(x)), 1.0) * U**power


@pytest.mark.parametrize("method", sorted(FORMULAS))
def test_large_and_small_x_get_a_step_of_their_own_scale(method: str) -> None:
    formula, _, _ = FORMULAS[method]
    x = np.array([-1e8, -1.0, 0.0, 1e-8, 3.0, 1e8])
    step = gradlab.best_step(x, method)
    assert np.all(step > 0)
    assert step[0] == step[-1] > 1e7 * step[1]
    np.testing.assert_array_equal(np.log2(step), np.rint(np.log2(step)))
    assert formula(lambda t: t * t, x) == pytest.approx(2 * x, rel=1e-6, abs=3e-8)


def test_scalars_give_floats_and_arrays_give_arrays_of_their_shape() -> None:
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    for formula, _, _ in FORMULAS.values():
        assert type(formula(np.sin, 1.0)) is float
        assert type(formula(np.sin, 1)) is float
        np.testing.assert_allclose(formula(np.sin, x), np.cos(x), atol=1e-6)
        assert formula(np.sin, []).shape == (0,)
    assert type(gradlab.complex_step(np.sin, 1.0)) is float
    np.testing.assert_allclose(gradlab.complex_step(np.sin, x), np.cos(x), rtol=1e-15)


def test_each_entry_may_have_its_own_step() -> None:
    slopes = gradlab.forward_difference(lambda t: t * t, [1.0, 1.0], h=[0.5, 0.25])
    np.testing.assert_array_equal(slopes, [2.5, 2.25])


def test_integers_are_converted() -> None:
    assert gradlab.central_difference(lambda t: t**3, np.array([2]), h=0.5) == [12.25]
    assert gradlab.complex_step(lambda t: t**3, np.array([2])) == pytest.approx(12)


@pytest.mark.parametrize("method", sorted(FORMULAS))
def test_float32_is_kept_and_warned_about(method: str) -> None:
    formula, _, _ = FORMULAS[method]
    x = np.array([0.5, 1.0], dtype=np.float32)
    with pytest.warns(UserWarning, match=r"x is float32.*np\.float64") as caught:
        slope = formula(np.sin, x)
    assert caught[0].filename == __file__
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope, np.cos(x), atol=2e-3)


def test_the_callers_x_is_never_changed() -> None:
    def in_place(t: Any) -> Any:
        t *= 2
        return t

    x = np.array([1.0, 2.0])
    for formula, _, _ in FORMULAS.values():
        np.testing.assert_allclose(formula(in_place, x), 2.0, rtol=1e-6)
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("h", [0, 0.0, -1e-5, math.nan, math.inf, [1e-5, 0.0]])
def test_a_step_that_is_no_step_is_refused(h: Any) -> None:
    for formula in [*(entry[0] for entry in FORMULAS.values()), gradlab.complex_step]:
        with pytest.raises(ValueError, match="h is"):
            formula(np.sin, np.ones(2), h)


@pytest.mark.parametrize(
    ("f", "x", "h", "error", "words"),
    [
        (np.sin, 1.0, "tiny", TypeError, "h has the type"),
        (np.sin, 1.0, 1e-5j, TypeError, "h has the type complex"),
        (np.sin, 1.0, [1e-5, 1e-5], ValueError, r"h has shape \(2,\).*x of shape \(\)"),
        (np.sin, "one", 1e-5, TypeError, "x has the type"),
        (np.sin, 1j, 1e-5, TypeError, "x has the type complex"),
        (np.sin, True, 1e-5, TypeError, "x has the type bool"),
        (np.sin, [1.0, math.nan], 1e-5, ValueError, "x has an entry"),
        (np.sum, [1.0, 2.0], 1e-5, ValueError, r"sum returned shape \(\) for x of shape \(2,\)"),
        (lambda t: [t, t], 1.0, 1e-5, ValueError, r"f returned shape \(2,\)"),
        (lambda t: t * 1j, 1.0, 1e-5, TypeError, "f returned values of type complex128"),
        (lambda t: "1", 1.0, 1e-5, TypeError, "f returned values of type"),
    ],
)
def test_bad_input_is_named(f: Any, x: Any, h: Any, error: type[Exception], words: str) -> None:
    for formula, _, _ in FORMULAS.values():
        with pytest.raises(error, match=words):
            formula(f, x, h)


@pytest.mark.filterwarnings("ignore:x is float32")
def test_a_step_too_small_for_float32_is_refused() -> None:
    with pytest.raises(ValueError, match="rounds to 0 in float32"):
        gradlab.central_difference(np.sin, np.float32(1), 1e-50)


def test_best_step_names_the_methods_it_knows() -> None:
    with pytest.raises(ValueError, match="'middle'; it must be one of backward, central"):
        gradlab.best_step(1.0, "middle")


@given(function=functions, x=st.floats(-3, 3))
def test_the_complex_step_is_good_to_the_last_digits(function: str, x: float) -> None:
    f, exact_f = FUNCTIONS[function]
    with mpmath.workdps(50):
        exact = float(mpmath.diff(exact_f, x))
    assert abs(gradlab.complex_step(f, x) - exact) <= 16 * U * max(abs(exact), 1e-3)


def _fill(x: Any) -> Any:
    out = np.zeros(np.shape(x))
    out[...] = x
    return out


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (np.abs, TypeError, "absolute returned real values"),
        (lambda x: x.real, TypeError, "f returned real values"),
        (math.sin, TypeError, "sin discarded the imaginary part"),
        (_fill, TypeError, "_fill discarded the imaginary part"),
        (lambda x: np.abs(x) + 0j, ValueError, "imaginary part 0 where it changes"),
        (lambda x: x.real**2 + 0j, ValueError, "imaginary part 0 where it changes"),
        (lambda x: 3.0, TypeError, "f returned real values"),
    ],
)
def test_the_complex_step_refuses_what_loses_the_imaginary_part(
    f: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        gradlab.complex_step(f, 1.0)


@pytest.mark.parametrize("f", [np.log, np.sqrt])
def test_a_branch_cut_is_refused(f: Any) -> None:
    with pytest.raises(ValueError, match="imaginary part at x itself"):
        gradlab.complex_step(f, [2.0, -1.0])


def test_one_entry_that_loses_its_imaginary_part_is_enough() -> None:
    def half(x: Any) -> Any:
        return np.where(x.real > 0, np.abs(x) + 0j, x)

    with pytest.raises(ValueError, match="half returned the imaginary part 0"):
        gradlab.complex_step(half, [1.0, -1.0])


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: np.where(x.real > 0, x, 0 * x), -1e-6, 0.0),  # a kink nearby
        (np.exp, -700.0, 0.0),  # the imaginary part underflows
        (np.log, 1e-6, 1e6),  # not defined a few steps to the left
        (np.sqrt, 1e-6, 500.0),
    ],
)
def test_a_right_complex_step_is_neither_refused_nor_warned_about(
    f: Any, x: float, slope: float
) -> None:
    assert gradlab.complex_step(f, x) == pytest.approx(slope, rel=1e-12, abs=1e-300)


def test_the_complex_step_takes_one_value_where_nothing_is_lost() -> None:
    calls = []

    def counted(x: Any) -> Any:
        calls.append(x)
        return x * x

    gradlab.complex_step(counted, 3.0)
    assert len(calls) == 1


@pytest.mark.parametrize("power", [2, 3, 8, 17, 40])
def test_a_slope_that_really_is_zero_is_not_refused(power: int) -> None:
    assert gradlab.complex_step(lambda x: x**power, 0.0) == pytest.approx(0.0, abs=1e-30)


def test_a_constant_has_slope_zero() -> None:
    for formula, _, _ in FORMULAS.values():
        assert formula(lambda t: 0 * t + 1e300, 1.0) == 0.0
    assert gradlab.complex_step(lambda t: 0 * t + 5, 1.0) == 0.0
