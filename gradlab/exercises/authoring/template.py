"""The exercise ``template`` of lesson 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial


# The published solution, and what the learner is asked: the signature and the docstring stand in
# the exercise's cell, the body is left out. It may use np and gradlab, and nothing else from
# outside: no other module and no helper of this file.
def template(x):
    """Return x squared, for a number or an array x."""
    return x**2


# Groups of cases, each worth the same share of the points: what an answer may get right and wrong
# apart. Each case is a tuple of arguments, drawn, so that an answer cannot hold a list of results.
# The first case of the first group is for the head: small whole numbers. Draw so that no case is
# right by accident: here not 0, 1 or 2, whose squares are their doubles or themselves.
def _cases(rng: np.random.Generator) -> Cases:
    return {
        "numbers": [(3,), (round(rng.uniform(3, 9), 2),), (round(rng.uniform(-9, -3), 2),)],
        "arrays": [(rng.uniform(3, 9, size=shape).round(2),) for shape in (4, (2, 3))],
    }


# Wrong answers may be functions of their own, with types, if a lambda is too short for them.
def _add_up(x: Any) -> Any:
    return np.sum(np.square(x))


def _are_rounded(trials: list[Trial]) -> bool:
    return any(
        all(np.array_equal(t.got, np.round(t.expected, digits)) for t in trials)
        for digits in range(3)
    )


EXERCISE = Exercise(
    points=2,
    reference=template,
    cases=_cases,
    # What people really answer, at least three, the most telling first. An answer that returns
    # what `wrong` returns gets the hint: a sentence that says what it does, not only that it is
    # wrong, and what to look at, but not the solution. There are hints already for what goes wrong
    # everywhere, such as an error, a missing return or another shape.
    misconceptions=(
        Misconception(
            wrong=lambda x: 2 * x,
            hint="This doubles x. At x = 3 the square is 9, not 6.",
        ),
        Misconception(
            wrong=_add_up,
            hint="Your squares are added up to one number: an array needs one for each entry.",
        ),
        # Where `wrong` is one of many ways to make a mistake, `shows` tells it from the trials of
        # a group: here a rounding to any number of digits.
        Misconception(
            wrong=lambda x: np.round(x**2, 1),
            hint="Your squares are rounded: hand back all their digits.",
            shows=_are_rounded,
        ),
    ),
    # From a nudge to nearly the answer.
    hints=(
        "What do you do to 3 to get 9?",
        "NumPy raises a number and an array to a power alike, so one expression does for both.",
        "The whole body is one line: return x**2.",
    ),
    # Right answers in other styles than the reference's; they must get full marks.
    also_right=(
        lambda x: x * x,
        np.square,
        lambda x: np.exp(2 * np.log(np.abs(x))),
    ),
)
