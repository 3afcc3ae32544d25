"""The exercise ``taylor_polynomial`` of lesson 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_02.steps import list_taylor_steps


def taylor_polynomial(derivatives, x0, x):
    """Value at x, a number or an array, of the Taylor polynomial of f about x0.

    derivatives holds f(x0), f'(x0), f''(x0), ...: the polynomial uses all of them. Any of
    the numbers may be integers.
    """
    step = np.asarray(x, dtype=np.float64) - x0
    total = np.zeros_like(step)
    term = np.ones_like(step)
    for k, derivative in enumerate(derivatives):
        total = total + derivative * term
        term = term * step / (k + 1)
    return total


def _horner_taylor(derivatives: Any, x0: Any, x: Any) -> Any:
    total = 0.0 * x
    for k in range(len(derivatives) - 1, -1, -1):
        total = derivatives[k] + total * (x - x0) / (k + 1)
    return total


def _taylor_by_cumulative_product(derivatives: Any, x0: Any, x: Any) -> Any:
    factorials = np.cumprod([1.0, *range(1, len(derivatives))])
    powers = np.subtract.outer(x, x0)[..., np.newaxis] ** np.arange(len(derivatives))
    return powers @ (np.asarray(derivatives) / factorials)


def _draw_cases(rng: np.random.Generator) -> Cases:
    """Four groups; k and k! differ from k = 3 on, so most lists have at least four entries.

    The first case can be done by hand: 5 + 3 * 2 + 2 * 4 / 2 + 6 * 8 / 6 = 23.
    """

    def case(length: int, shape: Any = None, as_list: bool = True) -> tuple[Any, ...]:
        derivatives = draw_signed(rng, 0.5, 4, length)
        x0 = draw_signed(rng, 0.5, 2)
        x = np.round(x0 + draw_signed(rng, 0.5, 1.5, shape), 2)
        return (derivatives.tolist() if as_list else derivatives), x0, x

    by_hand = ([5.0, 3.0, 2.0, 6.0], 1.0, 3.0)
    derivatives, x0, _ = case(4)
    return {
        "numbers": [by_hand, case(4), case(5, as_list=False), case(6), (derivatives, x0, x0)],
        "arrays": [case(4, 3), case(5, (2, 3), as_list=False), case(6, 4)],
        "one or two derivatives": [case(1), case(2), case(1, 3), case(2, 4, as_list=False)],
        "integers": _draw_integer_cases(rng),
    }


def _draw_integer_cases(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Draw integers for which no value is whole, as f''(x0) and x - x0 are odd, and f''' is 2."""

    def case(length: int, shape: Any = None, as_list: bool = True) -> tuple[Any, ...]:
        derivatives = np.array([*rng.integers(1, 5, 2), 1 + 2 * rng.integers(1, 4), 2])[:length]
        x0 = int(rng.integers(-3, 4))
        x = x0 + rng.choice([-5, -1, 1, 5], shape)
        return (derivatives.tolist() if as_list else derivatives), x0, x if shape else int(x)

    return [case(3), case(3, 4), case(4, (2, 3)), case(4, 2, as_list=False)]


def _make_wrong(
    weight: Callable[[int], float],
    step: Callable[[Any, Any], Any] = lambda x, x0: x - x0,
    power: int = 0,
) -> Callable[[Any, Any, Any], Any]:
    """Return the sum with another weight, step or power of each term."""

    def polynomial(derivatives: Any, x0: Any, x: Any) -> Any:
        s = step(np.asarray(x, dtype=np.float64), x0)
        terms = [d * weight(k) * s ** (k + power) for k, d in enumerate(derivatives)]
        return sum(terms, np.zeros_like(s))

    return polynomial


def _reciprocal_factorial(k: int) -> float:
    return 1 / math.factorial(k)


def _fill_like_x(derivatives: Any, x0: Any, x: Any) -> Any:
    """Put the right values into an array made like x, which keeps the type of x."""
    out = np.zeros_like(x)
    out[...] = taylor_polynomial(derivatives, x0, x)
    return out


def _add_term_by_term_like_x(derivatives: Any, x0: Any, x: Any) -> Any:
    out = np.zeros_like(x)
    for k, derivative in enumerate(derivatives):
        out[...] = out + derivative * (x - x0) ** k / math.factorial(k)
    return out


def _divide_in_place(derivatives: Any, x0: Any, x: Any) -> Any:
    """Divide by the factorials within an array of derivatives, which keeps their type."""
    coefficients = np.array(derivatives)
    for k in range(len(coefficients)):
        coefficients[k] = coefficients[k] / math.factorial(k)
    return np.polyval(coefficients[::-1], np.asarray(x, dtype=np.float64) - x0)


def _add_in_place(derivatives: Any, x0: Any, x: Any) -> Any:
    out = np.zeros_like(x)
    for k, derivative in enumerate(derivatives):
        out += derivative * (x - x0) ** k / math.factorial(k)
    return out


def _cannot_cast(trials: list[Trial]) -> bool:
    """Whether NumPy refused floats for an array of integers, and nothing else went wrong."""
    failed = [trial for trial in trials if trial.stage]
    return bool(failed) and all("Cannot cast ufunc" in trial.detail for trial in failed)


_TRUNCATED = (
    "Your result is cut to whole numbers where x holds integers. An array made like x "
    "(zeros_like, empty_like, copy) has the type of x: convert x to float64 first."
)

EXERCISE = Exercise(
    points=3,
    reference=taylor_polynomial,
    also_right=(
        lambda derivatives, x0, x: sum(
            d / math.factorial(k) * (x - x0) ** k for k, d in enumerate(derivatives)
        ),
        lambda derivatives, x0, x: np.polyval(
            [d / math.factorial(k) for k, d in enumerate(derivatives)][::-1], x - x0
        ),
        _horner_taylor,
        _taylor_by_cumulative_product,
    ),
    cases=_draw_cases,
    steps=list_taylor_steps,
    misconceptions=(
        Misconception(
            wrong=_make_wrong(lambda k: 1.0),
            hint="The factorials are missing. Differentiate (x - x0)² twice: what is left?",
        ),
        Misconception(
            wrong=_make_wrong(lambda k: 1 / max(k, 1)),
            hint="You divide term k by k, not by k!. The two differ from k = 3 on: 3! is 6.",
        ),
        Misconception(
            wrong=_make_wrong(lambda k: 1 / 2**k),
            hint="You divide term k by 2^k. The factorials are 1, 1, 2, 6, 24, ...",
        ),
        Misconception(
            wrong=_make_wrong(lambda k: 1 / math.factorial(k + 1)),
            hint="Your factorials run one ahead: the term with f(x0) itself is divided by 0! = 1.",
        ),
        Misconception(
            wrong=_make_wrong(lambda k: 1 / math.factorial(k + 1), power=1),
            hint="You count from 1: the first entry of derivatives, f(x0), is the term k = 0.",
        ),
        Misconception(
            wrong=_make_wrong(_reciprocal_factorial, step=lambda x, x0: x),
            hint="You take powers of x. The polynomial is about x0: how far is x from there?",
        ),
        Misconception(
            wrong=_make_wrong(_reciprocal_factorial, step=lambda x, x0: x0 - x),
            hint="The odd terms have the wrong sign: walk from x0 to x, not back.",
        ),
        Misconception(
            wrong=_make_wrong(_reciprocal_factorial, step=lambda x, x0: x + x0),
            hint="You take powers of x + x0. How far is it from x0 to x?",
        ),
        Misconception(
            wrong=lambda derivatives, x0, x: taylor_polynomial([0, *derivatives[1:]], x0, x),
            hint="The first term, f(x0), is missing.",
        ),
        Misconception(
            wrong=lambda derivatives, x0, x: taylor_polynomial(derivatives[:1], x0, x),
            hint="Your result is f(x0) alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=lambda derivatives, x0, x: taylor_polynomial(derivatives[:-1], x0, x),
            hint="The last term is missing: n derivatives make n terms, k = 0 to n - 1.",
        ),
        Misconception(
            wrong=lambda derivatives, x0, x: taylor_polynomial(derivatives[:2], x0, x),
            hint="This is the tangent, f(x0) + f'(x0)(x - x0). Use every entry of derivatives.",
        ),
        Misconception(wrong=_fill_like_x, hint=_TRUNCATED),
        Misconception(wrong=_add_term_by_term_like_x, hint=_TRUNCATED),
        Misconception(
            wrong=_divide_in_place,
            hint="Where derivatives holds integers, your quotients by k! are cut to whole "
            "numbers: an array of integers keeps its type. Convert it to float64 first.",
        ),
        Misconception(
            wrong=_add_in_place,
            hint="Where all are integers, you add floats in place to an array of integers, and "
            "NumPy refuses: make that array one of float64.",
            shows=_cannot_cast,
        ),
    ),
    hints=(
        "Each entry of derivatives gives one term. Which power of (x - x0) goes with entry k?",
        "Term k has the k-th derivative, the k-th power of (x - x0), and one more factor. At "
        "k = 2 it is 1/2, at k = 3 it is 1/6.",
        "Sum derivatives[k] * (x - x0)**k / math.factorial(k), with k from 0.",
    ),
)
