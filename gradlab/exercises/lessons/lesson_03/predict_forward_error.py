"""The exercise ``predict_forward_error`` of lesson 3."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_03.f import f
from gradlab.exercises.lessons.lesson_03.f_prime import f_prime


def predict_forward_error(h):
    """Forward difference of x^2 + 3x with step h, a number or an array, minus its derivative."""
    return h


def _draw_cases(rng: np.random.Generator) -> Cases:
    """Two groups; each has a step so small that a measured error is mostly rounding.

    The first case can be done by hand.
    """

    def draw(exponent: int, size: Any = None) -> Any:
        return np.round(rng.uniform(1.2, 9, size), 2) * 10.0**exponent

    return {
        "numbers": [(4.0,), (float(draw(-1)),), (float(draw(-3)),), (float(draw(-13)),)],
        "arrays": [(draw(-2, 3),), (draw(-3, (2, 2)),), (draw(-13, 4),)],
    }


def _measure_error(h: Any) -> Any:
    return (f(2 + h) - f(2)) / h - f_prime(2)


def _is_measured(trials: list[Trial]) -> bool:
    """Whether the large steps are right, and the tiny ones off by no more than rounding."""
    tiny = trials[-1]
    return (
        all(trial.got is not None for trial in trials)
        and not any(trial.stage for trial in trials[:-1])
        and tiny.stage == "values"
        and bool(np.all(np.abs(tiny.got - tiny.expected) <= 1e-14 / tiny.arguments[0]))
        and not np.array_equal(tiny.got, np.zeros_like(tiny.got))
    )


EXERCISE = Exercise(
    points=2,
    reference=predict_forward_error,
    also_right=(
        lambda h: 2 * h / 2,
        lambda h: h**2 / h,
        lambda h: np.multiply(h, 1.0),
        lambda h: h * 2 / math.factorial(2),
    ),
    cases=_draw_cases,
    atol=0.0,
    misconceptions=(
        Misconception(
            wrong=lambda h: h / 2,
            hint="The error is h f''/2. What is f'' here?",
        ),
        Misconception(
            wrong=lambda h: 2 * h,
            hint="f'' is 2, but the error is half of h f''.",
        ),
        Misconception(
            wrong=lambda h: -h,
            hint="The sign is the wrong way round: it is forward minus exact. At x = 2, with "
            "h = 0.001, forward gives 7.001, and exact is 7.",
        ),
        Misconception(
            wrong=lambda h: h**2,
            hint="h² is left in the rise f(x + h) - f(x). A slope is the rise divided by h.",
        ),
        Misconception(
            wrong=lambda h: h**2 / 2,
            hint="You have h²/2, as in the expansion of f(x + h). The difference divides that by "
            "h, and f'' = 2 stands before it.",
        ),
        Misconception(
            wrong=lambda h: 0 * h,
            hint="0 is the error of the central difference. Forward's is not 0: at x = 2, with "
            "h = 0.001, it gave 7.001.",
        ),
        Misconception(
            wrong=lambda h: 7 + h,
            hint="This is the forward difference at x = 2. Its error is what is left when you "
            "subtract the exact slope, 7.",
        ),
        Misconception(
            wrong=_measure_error,
            hint="You measure the error, and at tiny h you measure rounding instead. Predict it: "
            "expand (x + h)² and simplify by hand.",
            shows=_is_measured,
        ),
    ),
    hints=(
        "Write out ((x + h)² + 3(x + h) - x² - 3x) / h. What is left besides 2x + 3?",
        "Or by Taylor: the error is h f''/2, and nothing after it, because f''' = 0. What is f''?",
        "f'' = 2, so h f''/2 = h. It does not depend on x.",
    ),
)
