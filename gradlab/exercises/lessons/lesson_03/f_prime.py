"""The exercise ``f_prime`` of lesson 3."""

from __future__ import annotations

import numpy as np

from gradlab.exercises.exercise import Exercise, Misconception
from gradlab.exercises.lessons.lesson_03.common import draw_points
from gradlab.exercises.lessons.lesson_03.f import f
from gradlab.exercises.lessons.lesson_03.steps import list_f_prime_steps


def f_prime(x):
    """Return the derivative of x^2 + 3x at x, a number or an array."""
    return 2 * x + 3


EXERCISE = Exercise(
    points=1,
    reference=f_prime,
    also_right=(
        lambda x: 3 + x + x,
        lambda x: 2 * (x + 1.5),
        lambda x: np.polyval([2, 3], x),
        lambda x: [2 * v + 3 for v in x] if np.ndim(x) == 1 else 2.0 * np.asarray(x) + 3,
    ),
    cases=draw_points,
    steps=list_f_prime_steps,
    misconceptions=(
        Misconception(
            wrong=lambda x: 2 * x,
            hint="That is the derivative of x² alone. What is the slope of the line 3x?",
        ),
        Misconception(
            wrong=lambda x: 2 * x + 3 * x,
            hint="The slope of the line 3x is the same everywhere: it does not depend on x.",
        ),
        Misconception(
            wrong=lambda x: x + 3,
            hint="The derivative of x² is not x: the exponent comes down as a factor.",
        ),
        Misconception(
            wrong=lambda x: x**2 + 3,
            hint="You differentiated 3x, but x² is still there as it was.",
        ),
        Misconception(
            wrong=lambda x: 0 * x + 3,
            hint="That is the derivative of 3x alone. What is the slope of x²?",
        ),
        Misconception(
            wrong=f,
            hint="This is f itself. Differentiate each of its two terms.",
        ),
        Misconception(
            wrong=lambda x: 0 * x + 5,
            hint="5 is f'(1). The derivative depends on x.",
        ),
        Misconception(
            wrong=lambda x: 0 * x + 7,
            hint="7 is f'(2). The function has to work for every x.",
        ),
        Misconception(
            wrong=lambda x: 0 * x + 2,
            hint="2 is the second derivative: you differentiated twice.",
        ),
    ),
    hints=(
        "Differentiate term by term: x² first, then 3x.",
        "The derivative of xⁿ is n xⁿ⁻¹. Try it at x = 2: the answer there is 7.",
        "x² gives 2x, and 3x gives 3. Add them.",
    ),
)
