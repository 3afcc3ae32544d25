"""The exercise ``has_kink`` of lesson 6."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pasted_code import run_code

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.lessons.lesson_06.has_kink import (
    _compare_gaps,
    _is_straight,
    _kink_by_two_comparisons as kink_by_two_comparisons,
    _kink_cases,
)
from gradlab.exercises.marking.mark import mark

seeds = st.integers(0, 2**32 - 1)
has_kink = EXERCISES["has_kink"].reference
distances = st.floats(-0.9, 0.9)
steps = st.floats(-6, -3).map(lambda exponent: 10.0**exponent)


def piecewise(
    x: float, kink: float, jump: float, left: float, right: float
) -> Callable[[float], float]:
    """Another curvature on either side of the kink, and a wave with |f''| <= 1 on top."""

    def f(t: float) -> float:
        d = t - kink
        wave = 3 + 2 * (t - x) + math.sin(10 * t) / 100
        return wave + (jump * d + right * d * d / 2 if d > 0 else left * d * d / 2)

    return f


@settings(max_examples=300)
@given(
    distance=distances,
    jump=st.floats(0.1, 1),
    sign=st.sampled_from([-1, 1]),
    left=st.floats(-9, 9),
    right=st.floats(-9, 9),
    h=steps,
)
def test_a_kink_anywhere_is_found_whatever_the_curvature_on_either_side(
    distance: float, jump: float, sign: int, left: float, right: float, h: float
) -> None:
    x = 1.3
    f = piecewise(x, x + distance * h, sign * jump, left, right)
    assert has_kink(f, x, h)


@settings(max_examples=300)
@given(
    distance=st.floats(1.1, 5),
    side=st.sampled_from([-1, 1]),
    jump=st.floats(-1, 1),
    h=steps,
    left=st.floats(-9, 9),
    right=st.floats(-9, 9),
)
def test_no_kink_is_found_where_none_is(
    distance: float, side: int, jump: float, h: float, left: float, right: float
) -> None:
    x = 1.3
    assert not has_kink(piecewise(x, x + side * distance * h, jump, left, right), x, h)
    assert not has_kink(lambda t: 3 + 5 * (t - x) ** 2, x, h)


@pytest.mark.parametrize("parts", [2, 4])
def test_two_gaps_are_blind_to_a_kink_at_one_distance(parts: int) -> None:
    h = 2.0**-10

    def left_over(distance: float) -> float:
        f = piecewise(0.0, distance * h, 1.0, 0.0, 0.0)
        return float(abs(_compare_gaps(f, 0.0, h, parts)))

    assert left_over(1 / (parts + 1)) < 1e-6
    assert left_over(0.1) > 0.1
    assert left_over(0.5) > 0.1


def test_the_cases_of_has_kink_keep_the_promises_of_its_docstring() -> None:
    for seed in range(50):
        for cases in _kink_cases(np.random.default_rng(seed)).values():
            for f, x, h in cases:
                distance = abs(f.kink - x) / h
                assert 1e-6 <= h <= 1e-3
                assert abs(f.second_derivative) <= 10
                assert distance < 0.9 + 1e-6 or distance > 1.1
                assert abs(f.jump) >= 0.1 or math.isinf(distance)


@settings(max_examples=20)
@given(seed=seeds)
def test_the_code_of_a_curve_computes_the_curve(seed: int) -> None:
    for cases in _kink_cases(np.random.default_rng(seed)).values():
        for f, x, h in cases:
            t = x + h * np.linspace(-2, 2, 41)
            np.testing.assert_array_equal(run_code(f.code)(t), f(t))


def one_sided_slopes(threshold: float) -> Callable[..., Any]:
    def answer(f: Any, x: float, h: float) -> bool:
        right, left = (f(x + h) - f(x)) / h, (f(x) - f(x - h)) / h
        return bool(abs(right - left) > threshold)

    return answer


def gap_stays(f: Any, x: float, h: float) -> bool:
    coarse, fine = (abs(f(x + s) - 2 * f(x) + f(x - s)) / s for s in (h, h / 2))
    return bool(fine > 0.9 * coarse)


def gap_is_alike(f: Any, x: float, h: float) -> Any:
    coarse, fine = (abs(f(x + s) - 2 * f(x) + f(x - s)) / s for s in (h, h / 2))
    return np.isclose(fine, coarse, rtol=0.1)


def quotient_of_gaps(parts: int) -> Callable[..., Any]:
    def answer(f: Any, x: float, h: float) -> bool:
        gaps = [f(x + s) - 2 * f(x) + f(x - s) for s in (h, h / parts)]
        with np.errstate(all="ignore"):
            quotient = gaps[0] / gaps[1]
        return not abs(quotient - parts**2) < 0.1 * parts**2

    return answer


def quotient_of_gaps_that_are_not_rounding(f: Any, x: float, h: float) -> bool:
    coarse, fine = (f(x + s) - 2 * f(x) + f(x - s) for s in (h, h / 4))
    return bool(abs(coarse) > 1e-13 and abs(fine / coarse - 1 / 16) > 1 / 160)


def tiny_step(f: Any, x: float, h: float) -> bool:
    s = 1e-8
    return bool(abs(f(x + s) - 2 * f(x) + f(x - s)) / s > 0.01)


def steps_are_too_wide(f: Any, x: float, h: float) -> bool:
    left, right = (f(x) - f(x - 2 * h)) / (2 * h), (f(x + 2 * h) - f(x)) / (2 * h)
    return bool(abs(right - left) > 0.03)


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (one_sided_slopes(0.02), "No threshold on the gap"),
        (one_sided_slopes(1e-6), "everything kinked that is not straight"),
        (gap_stays, "stays while the step shrinks"),
        (gap_is_alike, "On a straight f both gaps are rounding"),
        (quotient_of_gaps(2), "On a straight f both gaps are rounding"),
        (quotient_of_gaps(4), "and their quotient is noise"),
        (
            quotient_of_gaps_that_are_not_rounding,
            "blind to a kink at a distance of h / 5",
        ),
        (tiny_step, "miss one farther off"),
        (steps_are_too_wide, "You look beyond"),
        (lambda f, x, h: f(x + h) - f(x), "True or False is needed"),
        (lambda f, x, h: False, "You answer False for every f"),
        (lambda f, x, h: True, "the same for every input"),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(answer: Any, words: str) -> None:
    result = gradlab.check("has_kink", answer)
    assert not result.passed
    assert words in str(result)


@pytest.mark.parametrize("answer", [gap_is_alike, quotient_of_gaps(2), quotient_of_gaps(4)])
def test_the_case_shown_with_a_hint_about_a_straight_f_is_straight(answer: Any) -> None:
    for seed in range(15):
        groups = mark(EXERCISES["has_kink"], answer, seed).groups
        first = next(trial for group in groups for trial in group.trials if trial.stage)
        assert _is_straight(first)


@pytest.mark.usefixtures("unwatched")
def test_a_combination_of_gaps_that_covers_each_others_blind_spots_is_right() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradlab.check("has_kink", kink_by_two_comparisons).passed
