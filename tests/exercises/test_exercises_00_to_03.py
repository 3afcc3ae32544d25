"""Lessons 0 to 3: first cases done by hand, holes that were closed, hints that fit."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pasted_code import run_code

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Arguments
from gradlab.exercises.marking.mark import draw_cases, mark

seeds = st.integers(0, 2**32 - 1)

# What the first case of each comes to, worked out in the head.
BY_HAND = {
    "double": 3 + 3,
    "forward_difference": (125 - 27) / 2,
    "central_difference": (125 - 1) / 4,
    "taylor_polynomial": 5 + 3 * 2 + 2 * 4 / 2 + 6 * 8 / 6,
    "observed_order": 2,
    "best_central_step": 2**-16,
    "richardson": (4 * (27 - 1) / 2 - (64 - 0) / 4) / 3,
    "f": 9 + 9,
    "f_prime": 6 + 3,
    "predict_forward_error": (54 - 10) / 4 - 7,
    "close_enough": 3 <= 4,
}


def draw_arguments(name: str, seed: int = 0) -> list[Arguments]:
    drawn = draw_cases(EXERCISES[name], seed)
    return [arguments for cases in drawn.values() for arguments, _ in cases]


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_first_case_can_be_done_by_hand(name: str, seed: int) -> None:
    exercise = EXERCISES[name]
    right = exercise.reference(*draw_arguments(name, seed)[0])
    np.testing.assert_allclose(right, BY_HAND[name], rtol=1e-12)


@pytest.mark.parametrize("name", ["forward_difference", "central_difference", "richardson"])
@settings(max_examples=10)
@given(seed=seeds)
def test_the_code_of_a_function_makes_the_same_function(name: str, seed: int) -> None:
    for f, x, h in draw_arguments(name, seed):
        assert f.code.startswith("lambda x: ")
        again = run_code(f.code)
        for point in (x, x + h, np.float64(x) - h):
            np.testing.assert_array_equal(again(point), f(point))


def in_float32(f: Any, x: Any, h: float) -> Any:
    x = np.asarray(x)
    return (f(x + h) - f(x - h)) / (2 * h)


def in_float64(f: Any, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / (2 * h)


def back_to_float32(f: Any, x: Any, h: float) -> Any:
    slope = in_float64(f, x, h)
    return slope.astype(np.float32) if np.asarray(x).dtype == np.float32 else slope


def like_x(f: Any, x: Any, h: float) -> Any:
    out = np.empty_like(x)
    out[...] = in_float64(f, x, h)
    return out


@pytest.mark.parametrize(
    ("answer", "points", "words"),
    [
        (in_float32, 3, "computed in float32"),
        (back_to_float32, 3, "back into float32"),
        (like_x, 2, "has the type of x"),
    ],
)
def test_a_slope_of_fewer_digits_than_float64_has_is_refused(
    answer: Callable[..., Any], points: float, words: str
) -> None:
    result = gradlab.check("central_difference", answer)
    assert result.points == points
    assert words in str(result)


def of(derivatives: Any, x0: Any, x: Any) -> Any:
    return sum(d * (x - x0) ** k / math.factorial(k) for k, d in enumerate(derivatives))


def into_an_array_like_x(derivatives: Any, x0: Any, x: Any) -> Any:
    values = np.array(x)
    values[...] = of(derivatives, x0, x)
    return values


def by_floor_division(derivatives: Any, x0: Any, x: Any) -> Any:
    if np.asarray(x).dtype.kind == "f":
        return of(derivatives, x0, x)
    return sum(d * (x - x0) ** k // math.factorial(k) for k, d in enumerate(derivatives))


def from_positive_points(derivatives: Any, x0: Any, x: Any) -> Any:
    return of(derivatives, abs(x0), x)


@pytest.mark.parametrize("answer", [into_an_array_like_x, by_floor_division, from_positive_points])
@settings(max_examples=10)
@given(seed=seeds)
def test_a_taylor_polynomial_right_for_some_numbers_alone_is_refused(
    answer: Callable[..., Any], seed: int
) -> None:
    exercise = EXERCISES["taylor_polynomial"]
    assert mark(exercise, of, seed).points == exercise.points
    assert mark(exercise, answer, seed).points < exercise.points


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("taylor_polynomial", gradlab.taylor_polynomial),
        ("observed_order", lambda h, e: gradlab.fit_order(h, e).slope),
        (
            "best_central_step",
            lambda f, d: gradlab.error_budget("central", abs(d), 2**-53 * f).best_step,
        ),
        (
            "central_difference",
            lambda f, x, h: (
                (
                    gradlab.forward_difference(f, np.float64(x), h)
                    + gradlab.backward_difference(f, np.float64(x), h)
                )
                / 2
            ),
        ),
        ("richardson", lambda f, x, h: gradlab.five_point_difference(f, np.float64(x), h / 2)),
    ],
)
def test_what_gradlab_does_itself_is_no_answer(name: str, answer: Callable[..., Any]) -> None:
    result = gradlab.check(name, answer)
    assert result.points == 0
    assert "Write this yourself" in str(result)


def log_fit(steps: Any, errors: Any, degree: int = 1) -> Any:
    return np.polyfit(np.log(steps), np.log(errors), degree)


def divide_lists(steps: Any, errors: Any) -> Any:
    return np.polyfit(np.log(steps), np.log(errors / errors[0]), 1)[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (log_fit, "return the slope alone"),
        (lambda h, e: tuple(np.polyfit(np.log2(h), np.log2(e), 1)), "return the slope alone"),
        (lambda h, e: log_fit(h, e)[::-1], "return the slope alone"),
        (lambda h, e: [float(log_fit(h, e)[0])], "the number itself"),
        (lambda h, e: np.diff(np.log(e)) / np.diff(np.log(h)), "one for each pair"),
        (lambda h, e: np.gradient(np.log(e), np.log(h)), "a number for each point"),
        (lambda h, e: -log_fit(h, e)[0], "wrong sign"),
        (lambda h, e: round(log_fit(h, e)[0]), "is rounded"),
        (lambda h, e: round(log_fit(h, e)[0], 3), "is rounded"),
        (lambda h, e: int(log_fit(h, e)[0]), "is rounded"),
        (lambda h, e: np.log2(e[1] / e[0]) / np.log2(h[1] / h[0]), "the first two"),
        (lambda h, e: np.polyfit(np.log10(h), np.log(e), 1)[0], "base"),
        (lambda h, e: np.log2(np.divide(e[:-1], e[1:])).mean(), "as if each step were half"),
        (lambda h, e: np.cov(np.log(h), np.log(e))[0, 1] / np.var(np.log(h)), "ddof=1"),
        (lambda h, e: log_fit(h, e, 2)[0], "degree"),
        (lambda h, e: np.corrcoef(np.log(h), np.log(e))[1, 0], "correlation"),
        (lambda h, e: log_fit(np.sort(h), e)[0], "sort"),
        (lambda h, e: log_fit(h[:-1], e[:-1])[0], "listed the other way round"),
        (divide_lists, "Lists cannot be divided"),
        (lambda h, e: log_fit(math.log(h), math.log(e)), "math.log takes a single number"),
    ],
)
def test_a_wrong_order_gets_words_that_fit(answer: Callable[..., Any], words: str) -> None:
    result = gradlab.check("observed_order", answer)
    assert not result.passed
    assert len(result.hints) == 1
    assert words in result.hints[0]


def is_close(n: float, a: float, rtol: float, atol: float) -> bool:
    return abs(n - a) <= atol + rtol * max(abs(n), abs(a))


def are_finite(n: float, a: float) -> bool:
    return math.isfinite(n) and math.isfinite(a)


def by_cases(n: float, a: float, rtol: float, atol: float) -> bool:
    if not are_finite(n, a):
        return False
    return abs(n - a) <= (atol if n == 0 or a == 0 else rtol * max(abs(n), abs(a)))


def raises_for_nan(n: float, a: float, rtol: float, atol: float) -> bool:
    if math.isnan(n) or math.isnan(a):
        raise ValueError("not a number")
    return are_finite(n, a) and is_close(n, a, rtol, atol)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda n, a, r, t: math.isfinite(n) and is_close(n, a, r, t), "whether numeric is"),
        (
            lambda n, a, r, t: (math.isfinite(n) or math.isfinite(a)) and is_close(n, a, r, t),
            "False if either is not",
        ),
        (lambda n, a, r, t: n != math.inf != a and is_close(n, a, r, t), "-inf passes"),
        (lambda n, a, r, t: n == a or (are_finite(n, a) and is_close(n, a, r, t)), "inf against"),
        (
            lambda n, a, r, t: True if are_finite(n, a) and is_close(n, a, r, t) else None,
            "nothing",
        ),
        (raises_for_nan, "raises an error"),
        (lambda n, a, r, t: are_finite(n, a) and is_close(n, a, t, r), "swapped"),
        (lambda n, a, r, t: are_finite(n, a) and is_close(n, a, r * t, 0), "At which step"),
        (lambda n, a, r, t: are_finite(n, a) and is_close(n, a, r + t, 0), "multiply atol"),
        (lambda n, a, r, t: are_finite(n, a) and abs(n - a) <= t + r * abs(n + a), "|n + a|"),
        (lambda n, a, r, t: are_finite(n, a) and math.isclose(n, a), "change with rtol and atol"),
        (lambda n, a, r, t: f"{n:.3g}" == f"{a:.3g}", "does not change with rtol and atol"),
        (lambda n, a, r, t: round(n, 7) == round(a, 7) if are_finite(n, a) else False, "change"),
        (by_cases, "Near zero you take one"),
        (lambda n, a, r, t: are_finite(n, a) and n * a >= 0 and is_close(n, a, r, t), "unlike"),
        (lambda n, a, r, t: abs(n - a) / (t + r * max(abs(n), abs(a)) + 1), "return a number"),
        (lambda n, a, r, t: str(is_close(n, a, r, t)), "text"),
        (lambda n, a, r, t: [is_close(n, a, r, t)], "sits in an array"),
        (lambda n, a, r, t: abs(n - a) <= t + r * np.max(abs(n), abs(a)), "np.max takes one"),
    ],
)
def test_a_wrong_comparison_gets_words_that_fit(answer: Callable[..., Any], words: str) -> None:
    result = gradlab.check("close_enough", answer)
    assert not result.passed
    assert len(result.hints) == 1
    assert words in str(result)


def test_a_constant_is_not_taken_for_an_answer_without_tolerances() -> None:
    for constant in (True, False):
        hints = gradlab.check("close_enough", lambda n, a, rtol, atol, c=constant: c).hints
        assert "same for every input" in hints[0]


def test_hints_name_the_function_that_the_lesson_names() -> None:
    exercise = EXERCISES["close_enough"]
    said = " ".join([*exercise.hints, *(m.hint for m in exercise.misconceptions)])
    assert "math.isfinite" in said
    assert "np.isfinite" not in said
