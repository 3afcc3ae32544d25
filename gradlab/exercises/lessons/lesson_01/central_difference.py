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
    SWAPPED,
    TRUNCATED,
    Function,
    draw_difference_cases,
    filled,
    halve_forward,
    ignores_h,
    in_float64,
    stays_in_float32,
)


def central_difference(f, x, h):
    """Slope of the chord from x - h to x + h, for a number or an array x, in float64."""
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / (2 * h)


def _central_over_h(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / h


def _swapped_central(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x - h) - f(x + h)) / (2 * h)


def _precedence_central(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / 2 * h


def _slow_central(f: Any, x: Any, h: float) -> Any:
    x = np.array(x, dtype=float)
    slopes = [(f(value + h) - f(value - h)) / (2 * h) for value in x.ravel()]
    return np.array(slopes).reshape(x.shape)


def _gradlab_free_forward(f: Any, x: Any, h: float) -> Any:
    return (f(x + h) - f(x)) / h


EXERCISE = Exercise(
    points=4,
    reference=central_difference,
    cases=draw_difference_cases,
    misconceptions=(
        Misconception(
            wrong=_central_over_h,
            hint="Twice the slope: from x - h to x + h the run is 2 h, not h.",
        ),
        Misconception(wrong=_swapped_central, hint=SWAPPED),
        Misconception(
            wrong=halve_forward,
            hint="You use f(x) where f(x - h) belongs: the rise covers only half the run of 2 h.",
        ),
        Misconception(
            wrong=in_float64(lambda f, x, h: (f(x + h) - f(x)) / h),
            hint="This is the forward difference. The central one takes f(x - h) for f(x).",
        ),
        Misconception(
            wrong=_precedence_central,
            hint="“/ 2 * h” divides by 2 and then multiplies by h: write / (2 * h).",
        ),
        Misconception(
            wrong=in_float64(lambda f, x, h: abs(f(x + h) - f(x - h)) / (2 * h)),
            hint=ABSOLUTE,
        ),
        Misconception(
            wrong=in_float64(lambda f, x, h: (f(x + h) - f(x - h)) * 2 * h),
            hint=MULTIPLIED,
        ),
        Misconception(
            wrong=in_float64(lambda f, x, h: (f(x + h) - f(x - h)) // (2 * h)),
            hint=FLOORED,
        ),
        Misconception(
            wrong=in_float64(lambda f, x, h: f(x + h) - f(x - h) / (2 * h)),
            hint="Only f(x - h) is divided: put brackets around the whole difference.",
        ),
        Misconception(
            wrong=in_float64(lambda f, x, h: (f(x) - f(x - h)) / h),
            hint="This is the backward difference. The central one takes f(x + h) for f(x).",
        ),
        Misconception(
            wrong=in_float64(lambda f, x, h: (f(x + h / 2) - f(x - h / 2)) / h),
            hint="Your chord goes half a step to each side. It should go a whole h to each side.",
        ),
        Misconception(wrong=filled(central_difference), hint=TRUNCATED),
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
    also_right=(
        _slow_central,
        lambda f, x, h: (f(np.float64(x) + h) - f(np.float64(x) - h)) / h / 2,
        lambda f, x, h: (
            (
                _gradlab_free_forward(f, np.float64(x), h)
                + _gradlab_free_forward(f, np.float64(x), -h)
            )
            / 2
        ),
    ),
)
