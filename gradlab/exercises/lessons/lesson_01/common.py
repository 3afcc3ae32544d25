"""What the two exercises of lesson 1 share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import make_function
from gradlab.exercises.exercise import Cases, Trial

Function = Callable[[Any], Any]
Formula = Callable[[Function, Any, float], Any]

SWAPPED = "The sign is the wrong way round: take the value on the right minus the one on the left."
ABSOLUTE = "A slope may be negative, and here it is: drop the absolute value."
MULTIPLIED = "You multiply by the run. A slope is rise over run: divide."
FLOORED = "“//” cuts the quotient to a whole number: divide with “/”."
HARD_CODED = "Your result is the same for two different steps: use the h that you are given."
TRUNCATED = (
    "Your result has the type of x: whole numbers where x holds integers, about 7 digits where it "
    "is float32. An array made like x (zeros_like, empty_like, copy) does that: convert x to "
    "float64 first."
)
NARROWED = (
    "Your difference is right, but where x is float32 you turn the result back into float32, "
    "which keeps about 7 digits: return it as float64."
)
FLOAT32 = (
    "Where x is float32 your whole difference is computed in float32, and most digits are "
    "lost in the subtraction: convert x with np.asarray(x, dtype=np.float64) first."
)


def draw_difference_cases(rng: np.random.Generator) -> Cases:
    """Four groups, each with rising and falling curves; every point comes with two steps.

    The first two cases can be done by hand.
    """

    def pairs(*points: Any) -> list[tuple[Any, ...]]:
        steps = rng.uniform([0.002, 0.1], [0.004, 0.2]).round(4).tolist()
        curves = [draw_curve(rng, sign) for _, sign in zip(points, (1, -1), strict=True)]
        return [(f, x, h) for x, f in zip(points, curves, strict=True) for h in steps]

    def draw(size: Any = None) -> Any:
        return np.round(rng.uniform(0.5, 2, size), 2)

    cube = make_function("lambda x: x**3")
    by_hand = [(cube, 3.0, 2.0), (cube, 3.0, 1.0)]
    return {
        "numbers": [*by_hand, *pairs(float(draw()), -float(draw()))],
        "arrays": pairs(draw(4), -draw((2, 3))),
        "integers": pairs(int(rng.integers(1, 4)), rng.integers(1, 4, size=3)),
        "float32": pairs(draw(3).astype(np.float32), np.float32(draw())),
    }


def draw_curve(rng: np.random.Generator, sign: int) -> Function:
    """Draw a curve whose first three derivatives are well away from 0, the first of this sign."""
    a, b, c = rng.uniform(1.0, 3.0, size=3).round(1).tolist()
    first, then = ("", "+") if sign > 0 else ("-", "-")
    curve: Function = make_function(
        f"lambda x: {first}{a:g} * np.exp(0.3 * x) {then} {b:g} * x**3 {then} {c:g} * x"
    )
    return curve


def ignores_h(trials: list[Trial]) -> bool:
    """Whether trials that differ in h alone gave the same value, and other trials did not."""
    values = [trial.got for trial in trials]
    if any(value is None for value in values) or np.array_equal(values[0], values[2]):
        return False
    return all(np.array_equal(*pair) for pair in zip(values[::2], values[1::2], strict=True))


def stays_in_float32(trials: list[Trial]) -> bool:
    """Whether the values are as right as float32 can make them where x is float32, no more."""
    for trial in trials:
        f, x, h = trial.arguments
        if np.asarray(x).dtype != np.float32 or np.shape(trial.got) != np.shape(x):
            return False
        noise = 8 * 2.0**-24 * np.abs(f(np.float64(x))) / h
        if trial.got is None or np.any(np.abs(trial.got - trial.expected) > noise):
            return False
    return True


def convert_first(formula: Formula) -> Formula:
    """Convert x to float64, so that a wrong formula is wrong for one reason only."""
    return lambda f, x, h: formula(f, np.asarray(x, dtype=np.float64), h)


def fill_like_x(formula: Formula) -> Formula:
    """Put what a right formula gives into an array made like x, which keeps the type of x."""

    def fill(f: Function, x: Any, h: float) -> Any:
        out = np.zeros_like(x)
        out[...] = formula(f, x, h)
        return out

    return fill


def narrow_result(formula: Formula) -> Formula:
    """Turn what a right formula gives back into float32 where x is float32."""

    def narrow(f: Function, x: Any, h: float) -> Any:
        slope = formula(f, x, h)
        return np.float32(slope) if np.asarray(x).dtype == np.float32 else slope

    return narrow


def halve_forward(f: Function, x: Any, h: float) -> Any:
    """Return half the forward difference."""
    x = np.asarray(x, dtype=np.float64)
    return (f(x + h) - f(x)) / (2 * h)
