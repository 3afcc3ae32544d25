"""The exercise ``taylor_polynomial`` of lesson 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Cases, Exercise, Misconception


def taylor_polynomial(derivatives, x0, x):
    """Value at x, a number or an array, of the Taylor polynomial of f about x0.

    derivatives holds f(x0), f'(x0), f''(x0), ...: the polynomial uses all of them.
    """
    step = np.asarray(x, dtype=np.float64) - x0
    total = np.zeros_like(step)
    term = np.ones_like(step)
    for k, derivative in enumerate(derivatives):
        total = total + derivative * term
        term = term * step / (k + 1)
    return total


def _taylor_cases(rng: np.random.Generator) -> Cases:
    """Three groups; k and k! differ from k = 3 on, so most lists have at least four entries."""

    def case(length: int, shape: Any = None, as_list: bool = True) -> tuple[Any, ...]:
        derivatives = draw_signed(rng, 0.5, 4, length)
        x0 = round(rng.uniform(0.5, 2), 2)
        x = np.round(x0 + draw_signed(rng, 0.5, 1.5, shape), 2)
        return (derivatives.tolist() if as_list else derivatives), x0, x

    derivatives, x0, _ = case(4)
    return {
        "numbers": [case(4), case(5, as_list=False), case(6), (derivatives, x0, x0)],
        "arrays": [case(4, 3), case(5, (2, 3), as_list=False), case(6, 4)],
        "one or two derivatives": [case(1), case(2), case(1, 3), case(2, 4, as_list=False)],
    }


def _taylor(
    weight: Callable[[int], float],
    step: Callable[[Any, Any], Any] = lambda x, x0: x - x0,
    power: int = 0,
) -> Callable[[Any, Any, Any], Any]:
    """Return a wrong Taylor polynomial: another weight, step or power of each term."""

    def polynomial(derivatives: Any, x0: Any, x: Any) -> Any:
        s = step(np.asarray(x, dtype=np.float64), x0)
        terms = [d * weight(k) * s ** (k + power) for k, d in enumerate(derivatives)]
        return sum(terms, np.zeros_like(s))

    return polynomial


def _reciprocal_factorial(k: int) -> float:
    return 1 / math.factorial(k)


def _horner_taylor(derivatives: Any, x0: Any, x: Any) -> Any:
    total = 0.0 * x
    for k in range(len(derivatives) - 1, -1, -1):
        total = derivatives[k] + total * (x - x0) / (k + 1)
    return total


def _taylor_by_cumulative_product(derivatives: Any, x0: Any, x: Any) -> Any:
    factorials = np.cumprod([1.0, *range(1, len(derivatives))])
    powers = np.subtract.outer(x, x0)[..., np.newaxis] ** np.arange(len(derivatives))
    return powers @ (np.asarray(derivatives) / factorials)


EXERCISE = Exercise(
    points=3,
    reference=taylor_polynomial,
    cases=_taylor_cases,
    misconceptions=(
        Misconception(
            wrong=_taylor(lambda k: 1.0),
            hint="The factorials are missing: differentiate (x - x0)^2 twice: what is left?",
        ),
        Misconception(
            wrong=_taylor(lambda k: 1 / max(k, 1)),
            hint="You divide term k by k; k! grows faster. The two part at k = 3: 3! is 6.",
        ),
        Misconception(
            wrong=_taylor(lambda k: 1 / 2**k),
            hint="You divide term k by 2^k. The factorials are 1, 1, 2, 6, 24, ...",
        ),
        Misconception(
            wrong=_taylor(lambda k: 1 / math.factorial(k + 1)),
            hint="Your factorials run one ahead: the term with f(x0) itself is divided by 0! = 1.",
        ),
        Misconception(
            wrong=_taylor(lambda k: 1 / math.factorial(k + 1), power=1),
            hint="You count from 1: the first entry of derivatives, f(x0), is the term k = 0.",
        ),
        Misconception(
            wrong=_taylor(_reciprocal_factorial, step=lambda x, x0: x),
            hint="You take powers of x. The polynomial is about x0: how far is x from there?",
        ),
        Misconception(
            wrong=_taylor(_reciprocal_factorial, step=lambda x, x0: x0 - x),
            hint="The odd terms have the wrong sign: walk from x0 to x, not back.",
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
    ),
    hints=(
        "Each entry of derivatives gives one term. Which power of (x - x0) goes with entry k?",
        "Term k has the k-th derivative, the k-th power of (x - x0), and one more factor. At "
        "k = 2 it is 1/2, at k = 3 it is 1/6.",
        "Import math, and sum derivatives[k] * (x - x0)**k / math.factorial(k), k from 0.",
    ),
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
)
