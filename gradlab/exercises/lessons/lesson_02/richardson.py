"""The exercise ``richardson`` of lesson 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import gradlab
from gradlab.exercises.draws import make_function
from gradlab.exercises.exercise import Cases, Exercise, Misconception
from gradlab.exercises.lessons.lesson_02.steps import list_richardson_steps


def richardson(f, x, h):
    """Slope of f at x, a number or an array, from central differences with steps h and h / 2.

    They are combined so that their errors of order h^2 cancel.
    """
    x = np.asarray(x, dtype=np.float64)
    coarse = (f(x + h) - f(x - h)) / (2 * h)
    fine = (f(x + h / 2) - f(x - h / 2)) / h
    return (4 * fine - coarse) / 3


def _correct_fine(f: Any, x: Any, h: float) -> Any:
    coarse, fine = _central_by_entries(f, x, h), _central_by_entries(f, x, h / 2)
    return fine + (fine - coarse) / 3


def _central_by_entries(f: Any, x: Any, h: float) -> Any:
    x = np.array(x, dtype=float)
    slopes = [(f(value + h) - f(value - h)) / (2 * h) for value in x.ravel()]
    return np.array(slopes).reshape(x.shape)


def _richardson_by_entries(f: Any, x: Any, h: float) -> Any:
    if np.ndim(x):
        return np.array([_richardson_by_entries(f, v, h) for v in x])
    return (8 * (f(x + h / 2) - f(x - h / 2)) - (f(x + h) - f(x - h))) / (6 * h)


def _draw_cases(rng: np.random.Generator) -> Cases:
    """Three groups; steps are large, so that formulas of equal order give unequal values.

    The first case can be done by hand.
    """

    def cases(*points: Any) -> list[tuple[Any, ...]]:
        return [(_draw_curve(rng), x, round(rng.uniform(0.2, 0.5), 2)) for x in points]

    def draw(size: Any = None) -> Any:
        return np.round(rng.uniform(0.2, 1.2, size), 2)

    by_hand = (make_function("lambda x: x**3"), 2.0, 2.0)
    return {
        "numbers": [by_hand, *cases(float(draw()), -float(draw()), float(draw()))],
        "arrays": cases(draw(4), -draw((2, 3)), draw(2)),
        "integers": cases(int(rng.integers(1, 4)), rng.integers(-1, 3, size=3), 0),
    }


def _draw_curve(rng: np.random.Generator) -> Any:
    """Draw a curve whose first, third and fifth derivatives are well above 0 everywhere."""
    a, b, c = rng.uniform(1.0, 3.0, size=3).round(1).tolist()
    return make_function(f"lambda x: {a:g} * np.exp(1.5 * x) + {b:g} * x**3 + {c:g} * x")


Difference = Callable[[Any, Any, float], Any]

_FORWARD = (
    "You start from forward differences. Their h errors cancel with other weights; here combine "
    "central ones."
)

_ONE_ALONE = "This is one central difference alone. Combine two: with h and with h / 2."


def _central(f: Any, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / (2 * h)


def _forward(f: Any, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x)) / h


def _combine(
    fine_weight: float,
    coarse_weight: float,
    difference: Difference = _central,
    scale: float = 1.0,
) -> Difference:
    """Return a weighted sum of a difference with scale * h / 2 and with scale * h."""

    def combination(f: Any, x: Any, h: float) -> Any:
        fine, coarse = difference(f, x, scale * h / 2), difference(f, x, scale * h)
        return fine_weight * fine + coarse_weight * coarse

    return combination


def _halve_fine(f: Any, x: Any, h: float) -> Any:
    return (4 * _central(f, x, h / 2) / 2 - _central(f, x, h)) / 3


def _fill_like_x(f: Any, x: Any, h: float) -> Any:
    """Put the right values into an array made like x, which keeps the type of x."""
    out = np.zeros_like(x)
    out[...] = richardson(f, x, h)
    return out


EXERCISE = Exercise(
    points=3,
    reference=richardson,
    also_right=(
        lambda f, x, h: (
            gradlab.central_difference(f, x, h / 2) * 4 / 3
            - gradlab.central_difference(f, x, h) / 3
        ),
        _correct_fine,
        _richardson_by_entries,
    ),
    cases=_draw_cases,
    steps=list_richardson_steps,
    may_use=frozenset({"central_difference"}),
    misconceptions=(
        Misconception(
            wrong=_combine(-1 / 3, 4 / 3),
            hint="The weights 4/3 and -1/3 are swapped: the finer difference deserves the larger.",
        ),
        Misconception(
            wrong=_combine(4 / 3, 1 / 3),
            hint="The weights add up to 5/3, but must add up to 1: subtract, do not add.",
        ),
        Misconception(
            wrong=_combine(4.0, -1.0),
            hint="The weights 4 and -1 add up to 3, so this is three times the slope.",
        ),
        Misconception(
            wrong=_combine(4.0, -1 / 3),
            hint="Only the second difference is divided by 3: put brackets around both.",
        ),
        Misconception(
            wrong=_combine(2.0, -1.0),
            hint="2 and -1 cancel an error of order h. The central error is of order h²: halving "
            "h divides it by 4.",
        ),
        Misconception(
            wrong=_combine(16 / 15, -1 / 15),
            hint="16/15 and -1/15 cancel an error of order h⁴. That is the round after this one.",
        ),
        Misconception(
            wrong=_combine(4 / 3, -1 / 3, scale=2.0),
            hint="You combine the steps h and 2 h. The idea is right, but take h and h / 2: the "
            "error is then a sixteenth of that.",
        ),
        Misconception(wrong=_combine(4 / 3, -1 / 3, _forward), hint=_FORWARD),
        Misconception(wrong=_combine(2.0, -1.0, _forward), hint=_FORWARD),
        Misconception(wrong=_central, hint=_ONE_ALONE),
        Misconception(wrong=lambda f, x, h: _central(f, x, h / 2), hint=_ONE_ALONE),
        Misconception(
            wrong=_combine(1 / 2, 1 / 2),
            hint="A plain mean keeps an error of order h². One error is four times the other: use "
            "that.",
        ),
        Misconception(
            wrong=_combine(1.0, -1.0),
            hint="The slopes cancel too, and only the difference of the errors is left: take the "
            "finer difference four times before you subtract.",
        ),
        Misconception(
            wrong=_halve_fine,
            hint="From x - h / 2 to x + h / 2 the run is h: with the half step divide by h, "
            "not by 2 h.",
        ),
        Misconception(
            wrong=_fill_like_x,
            hint="Your result is cut to whole numbers where x holds integers: convert x to "
            "float64 first.",
        ),
    ),
    hints=(
        "D(h) = f' + c h² + ..., and D(h/2) = f' + c h²/4 + .... How do you get rid of c?",
        "4 D(h/2) and D(h) contain the same c h². Subtract them: how many f' are left?",
        "Three. So the answer is (4 D(h/2) - D(h)) / 3, where D(h/2) divides by h, not by 2 h.",
    ),
)
