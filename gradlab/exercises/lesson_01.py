"""The exercises of lesson 1: forward and central difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial

Function = Callable[[Any], Any]


def forward_difference(f, x, h):
    """Slope of the chord from x to x + h, for a number or an array x, in float64."""
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    """Slope of the chord from x - h to x + h, for a number or an array x, in float64."""
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / (2 * h)


def _function(rng: np.random.Generator, sign: int) -> Function:
    """Draw a curve whose first three derivatives are well away from 0, the first of this sign."""
    a, b, c = (sign * rng.uniform(1.0, 3.0, size=3).round(1)).tolist()

    def f(x: Any) -> Any:
        return a * np.exp(0.3 * x) + b * x**3 + c * x

    f.__name__ = f"{a:g} exp(0.3 x) {b:+g} x^3 {c:+g} x"
    f.__qualname__ = "f"  # what an error message calls it
    return f


def _cases(rng: np.random.Generator) -> Cases:
    """Four groups, each with rising and falling curves; every point comes with two steps."""

    def pairs(*points: Any) -> list[tuple[Any, ...]]:
        steps = rng.uniform([0.002, 0.1], [0.004, 0.2]).round(4).tolist()
        curves = [_function(rng, sign) for _, sign in zip(points, (1, -1), strict=True)]
        return [(f, x, h) for x, f in zip(points, curves, strict=True) for h in steps]

    def draw(size: Any = None) -> Any:
        return np.round(rng.uniform(0.5, 2, size), 2)

    return {
        "numbers": pairs(float(draw()), -float(draw())),
        "arrays": pairs(draw(4), -draw((2, 3))),
        "integers": pairs(int(rng.integers(1, 4)), rng.integers(1, 4, size=3)),
        "float32": pairs(draw(3).astype(np.float32), np.float32(draw())),
    }


def _ignores_h(trials: list[Trial]) -> bool:
    """Whether trials that differ in h alone gave the same value, and other trials did not."""
    values = [trial.got for trial in trials]
    if any(value is None for value in values) or np.array_equal(values[0], values[2]):
        return False
    return all(np.array_equal(*pair) for pair in zip(values[::2], values[1::2], strict=True))


def _stays_in_float32(trials: list[Trial]) -> bool:
    """Whether the values are as right as float32 can make them where x is float32, no more."""
    for trial in trials:
        f, x, h = trial.arguments
        if np.asarray(x).dtype != np.float32 or np.shape(trial.got) != np.shape(x):
            return False
        noise = 8 * 2.0**-24 * np.abs(f(np.float64(x))) / h
        if trial.got is None or np.any(np.abs(trial.got - trial.expected) > noise):
            return False
    return True


def _filled(
    formula: Callable[[Function, Any, float], Any],
) -> Callable[[Function, Any, float], Any]:
    """Wrap a right formula that fills an array made like x, and so keeps the type of x."""

    def fill(f: Function, x: Any, h: float) -> Any:
        out = np.zeros_like(x)
        out[...] = formula(f, np.asarray(x, dtype=np.float64), h)
        return out

    return fill


def _in_float64(formula: Callable[[Function, Any, float], Any]) -> Callable[..., Any]:
    """Convert x first, so that an answer is wrong for one reason only."""
    return lambda f, x, h: formula(f, np.asarray(x, dtype=np.float64), h)


def _central_over_h(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / h


def _swapped_forward(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x) - f(x + h)) / h


def _swapped_central(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x - h) - f(x + h)) / (2 * h)


def _forward_over_2h(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x)) / (2 * h)


def _precedence_forward(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return f(x + h) - f(x) / h


def _precedence_central(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / 2 * h


def _undivided(f: Function, x: Any, h: float) -> Any:
    x = np.asarray(x, dtype=np.float64)
    return f(x + h) - f(x)


_SWAPPED = "The sign is the wrong way round: take the value on the right minus that on the left."
_ABSOLUTE = "A slope may be negative, and here it is: drop the absolute value."
_MULTIPLIED = "You multiply by the run. A slope is rise over run: divide."
_FLOORED = "“//” cuts the quotient to a whole number: divide with “/”."
_TRUNCATED = (
    "Your result is cut to whole numbers where x holds integers. An array made like x "
    "(zeros_like, empty_like, copy) has the type of x: convert x to float64 first."
)
_FLOAT32 = (
    "Where x is float32 your whole difference is computed in float32, and most digits are "
    "lost in the subtraction: convert x with np.asarray(x, dtype=np.float64) first."
)
_HARD_CODED = "Your result is the same for two different steps: use the h that you are given."

FORWARD_DIFFERENCE = Exercise(
    lesson=1,
    points=4,
    reference=forward_difference,
    cases=_cases,
    misconceptions=(
        Misconception(wrong=_swapped_forward, hint=_SWAPPED),
        Misconception(
            wrong=central_difference,
            hint="This is the central difference. The forward one uses f(x) itself and f(x + h).",
        ),
        Misconception(
            wrong=lambda f, x, h: (f(1.0 * x) - f(x - h)) / h,
            hint="This is the backward difference: it looks left, to x - h. Forward looks right.",
        ),
        Misconception(
            wrong=_undivided,
            hint="This is the rise f(x + h) - f(x) alone. A slope is rise over run: divide by h.",
        ),
        Misconception(
            wrong=_precedence_forward,
            hint="Only f(x) is divided by h: put brackets around the whole difference.",
        ),
        Misconception(
            wrong=_forward_over_2h,
            hint="Half the slope: from x to x + h the run is h, not 2 h.",
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: abs(f(x + h) - f(x)) / h),
            hint=_ABSOLUTE,
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: (f(x + h) - f(x)) * h),
            hint=_MULTIPLIED,
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: (f(x + h) - f(x)) // h),
            hint=_FLOORED,
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: (f(x) + h - f(x)) / h),
            hint="You add h to the value of f. Add it to x: f(x + h).",
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: (f(h) - f(x)) / h),
            hint="You evaluate f at h. The point to the right of x is x + h.",
        ),
        Misconception(wrong=_filled(forward_difference), hint=_TRUNCATED),
        Misconception(
            wrong=lambda f, x, h: (f(x + 1e-5) - f(1.0 * x)) / 1e-5,
            hint=_HARD_CODED,
            shows=_ignores_h,
        ),
        Misconception(
            wrong=lambda f, x, h: (f(x + h) - f(x)) / h,
            hint=_FLOAT32,
            shows=_stays_in_float32,
        ),
    ),
    hints=(
        "The chord goes from the point (x, f(x)) to the point (x + h, f(x + h)). Rise over run?",
        "Rise: f(x + h) - f(x). Run: h. Mind the brackets.",
        "x may hold integers or float32: begin with x = np.asarray(x, dtype=np.float64).",
    ),
)

CENTRAL_DIFFERENCE = Exercise(
    lesson=1,
    points=4,
    reference=central_difference,
    cases=_cases,
    misconceptions=(
        Misconception(
            wrong=_central_over_h,
            hint="Twice the slope: from x - h to x + h the run is 2 h, not h.",
        ),
        Misconception(wrong=_swapped_central, hint=_SWAPPED),
        Misconception(
            wrong=_forward_over_2h,
            hint="You use f(x) where f(x - h) belongs: the rise covers only half the run of 2 h.",
        ),
        Misconception(
            wrong=forward_difference,
            hint="This is the forward difference. The central one takes f(x - h) for f(x).",
        ),
        Misconception(
            wrong=_precedence_central,
            hint="“/ 2 * h” divides by 2 and then multiplies by h: write / (2 * h).",
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: abs(f(x + h) - f(x - h)) / (2 * h)),
            hint=_ABSOLUTE,
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: (f(x + h) - f(x - h)) * 2 * h),
            hint=_MULTIPLIED,
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: (f(x + h) - f(x - h)) // (2 * h)),
            hint=_FLOORED,
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: f(x + h) - f(x - h) / (2 * h)),
            hint="Only f(x - h) is divided: put brackets around the whole difference.",
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: (f(x) - f(x - h)) / h),
            hint="This is the backward difference. The central one takes f(x + h) for f(x).",
        ),
        Misconception(
            wrong=_in_float64(lambda f, x, h: (f(x + h / 2) - f(x - h / 2)) / h),
            hint="Your chord goes half a step to each side. It should go a whole h to each side.",
        ),
        Misconception(wrong=_filled(central_difference), hint=_TRUNCATED),
        Misconception(
            wrong=lambda f, x, h: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5,
            hint=_HARD_CODED,
            shows=_ignores_h,
        ),
        Misconception(
            wrong=lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
            hint=_FLOAT32,
            shows=_stays_in_float32,
        ),
    ),
    hints=(
        "The chord goes from x - h to x + h. How far is that?",
        "Rise: f(x + h) - f(x - h). Run: 2 h. Mind the brackets around 2 * h.",
        "x may hold integers or float32: begin with x = np.asarray(x, dtype=np.float64).",
    ),
)

EXERCISES = (FORWARD_DIFFERENCE, CENTRAL_DIFFERENCE)
