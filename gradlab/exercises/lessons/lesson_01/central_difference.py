"""The exercise ``central_difference`` of lesson 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.exercises.exercise import Exercise, Misconception
from gradlab.exercises.lessons.lesson_01.common import (
    ABSOLUTE,
    FLOAT32,
    FLOORED,
    HARD_CODED,
    MULTIPLIED,
    NARROWED,
    SWAPPED,
    TRUNCATED,
    convert_first,
    draw_difference_cases,
    fill_like_x,
    halve_forward,
    ignores_h,
    narrow_result,
    stays_in_float32,
)
from gradlab.exercises.lessons.lesson_01.steps import list_central_steps


def central_difference(f, x, h):
    """Slope of the chord from x - h to x + h, for a number or an array x, in float64."""
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / (2 * h)


def _central_by_entries(f: Any, x: Any, h: float) -> Any:
    x = np.array(x, dtype=float)
    slopes = [(f(value + h) - f(value - h)) / (2 * h) for value in x.ravel()]
    return np.array(slopes).reshape(x.shape)


def _mean_of_both_sides(f: Any, x: Any, h: float) -> Any:
    x = np.float64(x)
    right, left = (f(x + h) - f(x)) / h, (f(x) - f(x - h)) / h
    return (right + left) / 2


EXERCISE = Exercise(
    points=4,
    reference=central_difference,
    also_right=(
        lambda f, x, h: (f(np.float64(x) + h) - f(np.float64(x) - h)) / h / 2,
        _central_by_entries,
        _mean_of_both_sides,
    ),
    cases=draw_difference_cases,
    steps=list_central_steps,
    rtol=1e-9,
    misconceptions=(
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x - h)) / h),
            hint="Twice the slope: from x - h to x + h the run is 2 h, not h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h)),
            hint=SWAPPED,
        ),
        Misconception(
            wrong=halve_forward,
            hint="You use f(x) where f(x - h) belongs: the rise covers only half the run of 2 h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x)) / h),
            hint="This is the forward difference. The central one takes f(x - h) in place of "
            "f(x), and the run is then 2 h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x) - f(x - h)) / h),
            hint="This is the backward difference. The central one takes f(x + h) in place of "
            "f(x), and the run is then 2 h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h),
            hint="“/ 2 * h” divides by 2 and then multiplies by h: write / (2 * h).",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: f(x + h) - f(x - h)),
            hint="This is the rise f(x + h) - f(x - h) alone. A slope is rise over run: divide by "
            "2 h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x - h)) / 2),
            hint="You divide by 2, but the run from x - h to x + h is 2 h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: abs(f(x + h) - f(x - h)) / (2 * h)),
            hint=ABSOLUTE,
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x - h)) * 2 * h),
            hint=MULTIPLIED,
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x - h)) // (2 * h)),
            hint=FLOORED,
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: f(x + h) - f(x - h) / (2 * h)),
            hint="Only f(x - h) is divided: put brackets around the whole difference.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h / 2) - f(x - h / 2)) / h),
            hint="Your chord goes half a step to each side. It should go a whole h to each side.",
        ),
        Misconception(wrong=fill_like_x(central_difference), hint=TRUNCATED),
        Misconception(wrong=narrow_result(central_difference), hint=NARROWED),
        Misconception(
            wrong=lambda f, x, h: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5,
            hint=HARD_CODED,
            shows=ignores_h,
        ),
        Misconception(
            wrong=lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
            hint=FLOAT32,
            shows=stays_in_float32,
        ),
    ),
    hints=(
        "The chord goes from x - h to x + h. How far is that?",
        "Rise: f(x + h) - f(x - h). Run: 2 h. Mind the brackets around 2 * h.",
        "x may hold integers or float32: begin with x = np.asarray(x, dtype=np.float64).",
    ),
)
