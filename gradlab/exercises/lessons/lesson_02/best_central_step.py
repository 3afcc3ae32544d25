"""The exercise ``best_central_step`` of lesson 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception
from gradlab.exercises.lessons.lesson_02.steps import list_best_step_steps
from gradlab.support.floats import UNIT_ROUNDOFF


def best_central_step(f_scale, third_derivative):
    """Step at which the error bound of the central difference is smallest; f_scale is |f|."""
    u = 2.0**-53
    return (3 * u * f_scale / abs(third_derivative)) ** (1 / 3)


def _search_step(f_scale: float, third_derivative: float) -> Any:
    h = np.logspace(-12, 2, 2000)
    return h[np.argmin(2**-53 * f_scale / h + h**2 * abs(third_derivative) / 6)]


def _draw_cases(rng: np.random.Generator) -> Cases:
    """Two groups, by sign; all sizes stay far from 1, so that none can be left out.

    The first case can be done by hand: 3 u 32/3 is 2^-48, and its cube root 2^-16.
    """

    def cases(sign: float) -> list[tuple[Any, ...]]:
        large, small = rng.uniform(6, 90, 4), rng.uniform(0.01, 0.15, 4)
        pairs = [(large[0], small[0]), (small[1], large[1]), (large[2], large[3])]
        pairs.append((small[2], small[3]))
        return [(float(f"{f:.3g}"), sign * float(f"{d:.3g}")) for f, d in pairs]

    return {
        "positive derivative": [(32.0, 3.0), *cases(1.0)],
        "negative derivative": cases(-1.0),
    }


_NO_ABS = "A step is positive: take |f'''|, the size of the third derivative."


def _make_wrong(
    factor: float = 3.0,
    power: float = 1 / 3,
    u: float = UNIT_ROUNDOFF,
    ratio: Callable[[float, float], float] = lambda f, d: f / d,
    outside: float = 1.0,
) -> Callable[[float, float], float]:
    """Return the formula with another factor, power, unit round-off or ratio."""

    def step(f_scale: float, third_derivative: float) -> float:
        inside = factor * u * ratio(f_scale, abs(third_derivative))
        return float(outside * inside**power)

    return step


EXERCISE = Exercise(
    points=2,
    reference=best_central_step,
    also_right=(
        lambda f_scale, third_derivative: np.cbrt(
            1.5 * np.finfo(float).eps * f_scale / np.abs(third_derivative)
        ),
        lambda f_scale, third_derivative: math.exp(
            math.log(3 * 1.1e-16 * f_scale / math.fabs(third_derivative)) / 3
        ),
        lambda f_scale, third_derivative: abs(3 * 2**-53 * f_scale / third_derivative) ** (1 / 3),
        _search_step,
    ),
    cases=_draw_cases,
    steps=list_best_step_steps,
    rtol=0.1,
    atol=0.0,
    misconceptions=(
        Misconception(
            wrong=_make_wrong(power=1 / 2),
            hint="That is a square root. Where the slope of u|f|/h + h²|f'''|/6 is zero, a power "
            "of h stands alone: which one?",
        ),
        Misconception(
            wrong=_make_wrong(factor=1.0, power=1 / 2, outside=2.0),
            hint="This is the forward difference's best step. The central error falls like h².",
        ),
        Misconception(
            wrong=_make_wrong(factor=6.0),
            hint="Your step is about 1.26 times the best. Is your u = 2**-53? np.finfo(float).eps "
            "is twice that. Or did you set the two terms equal? At the minimum it is the slope of "
            "their sum that is zero.",
        ),
        Misconception(
            wrong=_make_wrong(factor=1.0),
            hint="A factor 3 is missing under the root: the derivative of h²/6 is h/3.",
        ),
        Misconception(
            wrong=_make_wrong(power=1.0, outside=1 / 3),
            hint="“** 1 / 3” takes the power 1 and then divides by 3: write ** (1 / 3).",
        ),
        Misconception(
            wrong=_make_wrong(power=1.0),
            hint="This is h³, the third power of the best step: take its cube root.",
        ),
        Misconception(
            wrong=_make_wrong(ratio=lambda f, d: 1 / d),
            hint="f_scale is missing: large values of f bring large rounding errors.",
        ),
        Misconception(
            wrong=_make_wrong(ratio=lambda f, d: f),
            hint="The third derivative is missing: the larger |f'''|, the smaller the step.",
        ),
        Misconception(
            wrong=_make_wrong(ratio=lambda f, d: d / f),
            hint="The quotient is upside down. A larger |f| means more rounding, and asks for a "
            "larger h.",
        ),
        Misconception(
            wrong=_make_wrong(ratio=lambda f, d: f * d),
            hint="You multiply by |f'''|. The larger |f'''|, the smaller the step has to be: "
            "divide.",
        ),
        Misconception(
            wrong=_make_wrong(u=1.0),
            hint="The unit round-off u = 2**-53 is missing: without it the step is far too large.",
        ),
        Misconception(
            wrong=_make_wrong(u=2.0**-24),
            hint="You take the unit round-off of float32. In float64 it is u = 2**-53.",
        ),
        Misconception(
            wrong=lambda f_scale, third_derivative: (
                (3 * UNIT_ROUNDOFF * f_scale / third_derivative) ** (1 / 3)
            ),
            hint=_NO_ABS,
        ),
        Misconception(
            wrong=lambda f_scale, third_derivative: np.cbrt(
                3 * UNIT_ROUNDOFF * f_scale / third_derivative
            ),
            hint=_NO_ABS,
        ),
    ),
    hints=(
        "The error is at most u|f|/h + h²|f'''|/6: one term falls as h grows, the other rises.",
        "At the best h the slope of that sum is zero: -u|f|/h² + h|f'''|/3 = 0. Solve for h.",
        "h³ = 3 u |f| / |f'''|, with u = 2**-53. Mind the brackets in ** (1 / 3).",
    ),
)
