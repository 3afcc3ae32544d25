"""The noise of a function against errors of known size."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differences.smooth_functions import FUNCTIONS, names
from hypothesis import given, strategies as st

from gradlab.differences.noise import estimate_noise
from gradlab.support.floats import UNIT_ROUNDOFF as U

U32 = 2.0**-24


@given(name=names, offset=st.floats(-0.1, 0.1))
def test_the_noise_of_float64_is_near_u_times_the_value(name: str, offset: float) -> None:
    smooth = FUNCTIONS[name]
    x = smooth.x + offset
    # Evenly spread rounding errors have 0.29 to 0.58 u |f|; a libm may double them.
    assert 0.07 < estimate_noise(smooth.f, x) / (U * abs(float(smooth.f(x)))) < 4


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_float32_inside_shows(name: str) -> None:
    smooth = FUNCTIONS[name]

    def rounded(x: Any) -> float:
        return float(np.float32(smooth.f(x)))

    for x in smooth.x + np.linspace(-0.1, 0.1, 40):
        value = float(smooth.f(x))
        assert 0.07 < estimate_noise(rounded, x) / (U32 * abs(value)) < 2
        # An argument that is rounded adds u |x f'|.
        rounding = U32 * (abs(value) + abs(x * smooth.derivative(1, x)))
        assert 0.02 < estimate_noise(lambda t: smooth.f(np.float32(t)), x) / rounding < 4


def test_a_float32_x_is_kept() -> None:
    assert 0.07 < estimate_noise(np.sin, np.float32(1.0)) / (U32 * math.sin(1.0)) < 4


@given(name=names, log_sigma=st.floats(-12, -2), seed=st.integers(0, 999))
@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_an_added_noise_of_known_size_is_found(
    kind: str, name: str, log_sigma: float, seed: int
) -> None:
    smooth = FUNCTIONS[name]
    sigma = 10.0**log_sigma
    rng = np.random.default_rng(seed)

    def noisy(x: Any) -> Any:
        error = rng.normal() if kind == "normal" else rng.uniform(-1, 1) * math.sqrt(3)
        return smooth.f(x) + sigma * error

    assert 1 / 4.5 < estimate_noise(noisy, smooth.x) / sigma < 4.5
    assert 1 / 8 < estimate_noise(noisy, smooth.x, h=1e-6) / sigma < 8  # one table alone


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


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: estimate_noise(np.sin, math.inf), ValueError, "x is inf"),
        (lambda: estimate_noise(np.sin, 1.0, h=-1), ValueError, "h is -1"),
        (lambda: estimate_noise(lambda x: 1j, 1.0), TypeError, "complex"),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
