"""The exercise ``double`` of lesson 0."""

from __future__ import annotations

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception


def double(x):
    """Return x + x, for a number or an array x."""
    return 2 * x


def _draw_cases(rng: np.random.Generator) -> Cases:
    return {
        "numbers": [(3,), (round(rng.uniform(4, 9), 2),), (round(rng.uniform(-9, -1), 2),)],
        "arrays": [(rng.normal(size=shape).round(2),) for shape in (4, (2, 3))],
    }


EXERCISE = Exercise(
    points=1,
    reference=double,
    also_right=(
        lambda x: x + x,
        lambda x: 4 * np.asarray(x) / 2,
        lambda x: np.multiply(x, 2.0),
        lambda x: [2 * v for v in x] if np.ndim(x) else 2 * x,
    ),
    cases=_draw_cases,
    misconceptions=(
        Misconception(
            wrong=lambda x: x**2,
            hint="This squares x. At x = 2 both give 4, so try x = 3: the double is 6, not 9.",
        ),
        Misconception(
            wrong=lambda x: x,
            hint="This returns x as it is. The double is x + x.",
        ),
        Misconception(
            wrong=lambda x: x + 2,
            hint="This adds 2 to x. At x = 2 both give 4, so try x = 3: the double is 6, not 5.",
        ),
        Misconception(
            wrong=lambda x: print(2 * x),
            hint="Your function hands back nothing. print only shows a value: use return.",
        ),
    ),
    hints=(
        "What do you do to 3 to get 6, and to -1.5 to get -3?",
        "NumPy multiplies a number and an array alike, so one expression does for both.",
        "The whole body is one line: return 2 * x.",
    ),
)
