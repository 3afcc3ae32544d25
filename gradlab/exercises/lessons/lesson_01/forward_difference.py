"""The exercise ``forward_difference`` of lesson 1."""

from __future__ import annotations

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
from gradlab.exercises.lessons.lesson_01.steps import list_forward_steps


def forward_difference(f, x, h):
    """Slope of the chord from x to x + h, for a number or an array x, in float64."""
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x)) / h


EXERCISE = Exercise(
    points=4,
    reference=forward_difference,
    also_right=(
        lambda f, x, h: (f(np.float64(x) + h) - f(np.float64(x))) / h,
        lambda f, x, h: f(np.float64(x) + h) / h - f(np.float64(x)) / h,
        lambda f, x, h: -(f(1.0 * np.float64(x)) - f(np.float64(x) + h)) * (1 / h),
    ),
    cases=draw_difference_cases,
    steps=list_forward_steps,
    rtol=1e-9,
    misconceptions=(
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x) - f(x + h)) / h),
            hint=SWAPPED,
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h)),
            hint="This is the central difference. The forward one uses f(x) itself and f(x + h).",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x) - f(x - h)) / h),
            hint="This is the backward difference: it looks left, to x - h. Forward looks right.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: f(x + h) - f(x)),
            hint="This is the rise f(x + h) - f(x) alone. A slope is rise over run: divide by h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: f(x + h) - f(x) / h),
            hint="Only f(x) is divided by h: put brackets around the whole difference.",
        ),
        Misconception(
            wrong=halve_forward,
            hint="Half the slope: from x to x + h the run is h, not 2 h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: abs(f(x + h) - f(x)) / h),
            hint=ABSOLUTE,
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x)) * h),
            hint=MULTIPLIED,
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x)) // h),
            hint=FLOORED,
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x + h) - f(x)) / x),
            hint="You divide by x. The run from x to x + h is h.",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(x) + h - f(x)) / h),
            hint="You add h to the value of f. Add it to x: f(x + h).",
        ),
        Misconception(
            wrong=convert_first(lambda f, x, h: (f(h) - f(x)) / h),
            hint="You evaluate f at h. The point to the right of x is x + h.",
        ),
        Misconception(wrong=fill_like_x(forward_difference), hint=TRUNCATED),
        Misconception(wrong=narrow_result(forward_difference), hint=NARROWED),
        Misconception(
            wrong=lambda f, x, h: (f(x + 1e-5) - f(1.0 * x)) / 1e-5,
            hint=HARD_CODED,
            shows=ignores_h,
        ),
        Misconception(
            wrong=lambda f, x, h: (f(x + h) - f(x)) / h,
            hint=FLOAT32,
            shows=stays_in_float32,
        ),
    ),
    hints=(
        "The chord goes from the point (x, f(x)) to the point (x + h, f(x + h)). Rise over run?",
        "Rise: f(x + h) - f(x). Run: h. Mind the brackets.",
        "x may hold integers or float32: begin with x = np.asarray(x, dtype=np.float64).",
    ),
)
