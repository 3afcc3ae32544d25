"""The exercise ``f`` of lesson 3."""

from __future__ import annotations

import numpy as np

from gradlab.exercises.exercise import Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_03.common import draw_points
from gradlab.exercises.lessons.lesson_03.steps import list_f_steps


def f(x):
    """Return x^2 + 3x, for a number or an array x."""
    return x**2 + 3 * x


def _is_xor(trials: list[Trial]) -> bool:
    """Whether every call failed because Python's ^ does not take floats."""
    return all(
        trial.got is None and ("for ^" in trial.detail or "bitwise_xor" in trial.detail)
        for trial in trials
    )


_XOR = "In Python ^ is not a power but a bitwise operation on integers: write x**2."


EXERCISE = Exercise(
    points=1,
    reference=f,
    also_right=(
        lambda x: x * (x + 3),
        lambda x: np.square(x) + x + x + x,
        lambda x: pow(x, 2) + 3.0 * x,
        lambda x: np.polyval([1, 3, 0], x),
        lambda x: (x + 1.5) ** 2 - 2.25,
    ),
    cases=draw_points,
    steps=list_f_steps,
    misconceptions=(
        Misconception(wrong=lambda x: x ^ 2 + 3 * x, hint=_XOR, shows=_is_xor),
        Misconception(
            wrong=lambda x: x**2 + 3,
            hint="The second term is 3 times x, not 3.",
        ),
        Misconception(
            wrong=lambda x: x**2,
            hint="The second term is missing: add 3 times x.",
        ),
        Misconception(
            wrong=lambda x: x**3 + 3 * x,
            hint="The first term is x², and you have x³.",
        ),
        Misconception(
            wrong=lambda x: 2 * x + 3 * x,
            hint="x² is x times x; you have 2 times x. At x = 2 both give 4, at 3 they differ.",
        ),
        Misconception(
            wrong=lambda x: 3 * x**2 + x,
            hint="The 3 belongs to x, not to x².",
        ),
        Misconception(
            wrong=lambda x: x**2 * 3 * x,
            hint="You multiply the two terms: add them.",
        ),
        Misconception(
            wrong=lambda x: (x + 3) ** 2,
            hint="Only x is squared: square first, then add 3x.",
        ),
        Misconception(
            wrong=lambda x: 2 * x + 3,
            hint="This is the derivative. f is the function itself.",
        ),
    ),
    hints=(
        "Two terms: the square of x, and three times x.",
        "A power in Python is x**2, and a product needs its star: 3 * x.",
        "The whole body is one line: return x**2 + 3 * x.",
    ),
)
