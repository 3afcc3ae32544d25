"""The exercises of lesson 3: x^2 + 3x, its derivative, forward's error, and "close enough"."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial


def f(x):
    """Return x^2 + 3x, for a number or an array x."""
    return x**2 + 3 * x


def f_prime(x):
    """Return the derivative of x^2 + 3x at x, a number or an array."""
    return 2 * x + 3


def predict_forward_error(h):
    """Forward difference of x^2 + 3x with step h, a number or an array, minus its derivative."""
    return h


def close_enough(numeric, analytic, rtol, atol):
    """Whether two numbers agree to the tolerances, in whichever order; never unless finite."""
    if not (np.isfinite(numeric) and np.isfinite(analytic)):
        return False
    return abs(numeric - analytic) <= atol + rtol * max(abs(numeric), abs(analytic))


# --- f and f_prime


def _points(rng: np.random.Generator) -> Cases:
    """Numbers and arrays; never 0, 1 or 2, where wrong formulas meet the right one."""

    def draw(size: Any = None) -> Any:
        return np.round(rng.uniform(2.2, 6, size), 2)

    return {
        "numbers": [(float(draw()),), (-float(draw()),), (float(draw()) / 10,)],
        "arrays": [(draw(4),), (-draw((2, 3)),)],
    }


def _is_xor(trials: list[Trial]) -> bool:
    """Whether every call failed because Python's ^ does not take floats."""
    return all(
        trial.got is None and ("for ^" in trial.detail or "bitwise_xor" in trial.detail)
        for trial in trials
    )


_XOR = "In Python ^ is not a power but a bitwise operation on integers: write x**2."

F = Exercise(
    lesson=3,
    points=1,
    reference=f,
    cases=_points,
    misconceptions=(
        Misconception(wrong=lambda x: x ^ 2 + 3 * x, hint=_XOR, shows=_is_xor),
        Misconception(
            wrong=lambda x: x**2 + 3,
            hint="The second term is 3 times x, not 3.",
        ),
        Misconception(
            wrong=lambda x: 2 * x + 3 * x,
            hint="x² is x times x; you have 2 times x. At x = 2 you cannot tell, at 3 you can.",
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
            wrong=f_prime,
            hint="This is the derivative. f is the function itself.",
        ),
    ),
    hints=(
        "Two terms: the square of x, and three times x.",
        "A power in Python is x**2, and a product needs its star: 3 * x.",
        "The whole body is one line: return x**2 + 3 * x.",
    ),
)

F_PRIME = Exercise(
    lesson=3,
    points=1,
    reference=f_prime,
    cases=_points,
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


# --- The error of the forward difference


def _error_cases(rng: np.random.Generator) -> Cases:
    """Two groups; each has a step so small that a measured error is mostly rounding."""

    def draw(exponent: int, size: Any = None) -> Any:
        return np.round(rng.uniform(1.2, 9, size), 2) * 10.0**exponent

    return {
        "numbers": [(float(draw(-1)),), (float(draw(-3)),), (float(draw(-13)),)],
        "arrays": [(draw(-2, 3),), (draw(-3, (2, 2)),), (draw(-13, 4),)],
    }


def _measured(h: Any) -> Any:
    return (f(2 + h) - f(2)) / h - f_prime(2)


def _is_measured(trials: list[Trial]) -> bool:
    """Whether the large steps are right, and the tiny ones off by no more than rounding."""
    tiny = trials[-1]
    return (
        all(trial.got is not None for trial in trials)
        and not any(trial.stage for trial in trials[:-1])
        and tiny.stage == "values"
        and bool(np.all(np.abs(tiny.got - tiny.expected) <= 1e-14 / tiny.arguments[0]))
        and not np.array_equal(tiny.got, np.zeros_like(tiny.got))
    )


PREDICT_FORWARD_ERROR = Exercise(
    lesson=3,
    points=2,
    reference=predict_forward_error,
    cases=_error_cases,
    atol=0.0,
    misconceptions=(
        Misconception(
            wrong=lambda h: h / 2,
            hint="The error is h f''/2. What is f'' here?",
        ),
        Misconception(
            wrong=lambda h: 2 * h,
            hint="f'' is 2, but the error is half of h f''.",
        ),
        Misconception(
            wrong=lambda h: -h,
            hint="The sign: forward minus exact. At x = 2 forward gives 7.001, exact is 7.",
        ),
        Misconception(
            wrong=lambda h: h**2,
            hint="h² is left in the rise f(x + h) - f(x). A slope is the rise divided by h.",
        ),
        Misconception(
            wrong=lambda h: h**2 / 2,
            hint="This is a term of the expansion of f(x + h), halved. Divide by h as the "
            "difference does, and put in f''.",
        ),
        Misconception(
            wrong=lambda h: 0 * h,
            hint="0 is the error of the central difference. Forward's is not 0: it gave 7.001.",
        ),
        Misconception(
            wrong=lambda h: 7 + h,
            hint="This is the forward difference at x = 2. Its error is what is left after "
            "subtracting the exact slope.",
        ),
        Misconception(
            wrong=_measured,
            hint="You measure the error, and at tiny h you measure rounding instead. Predict it: "
            "expand (x + h)² and simplify by hand.",
            shows=_is_measured,
        ),
    ),
    hints=(
        "Write out ((x + h)² + 3(x + h) - x² - 3x) / h. What is left besides 2x + 3?",
        "Or by Taylor: the error is h f''/2, and nothing after it, because f''' = 0. What is f''?",
        "f'' = 2, so h f''/2 = h. It does not depend on x.",
    ),
)


# --- Close enough


def _pair(low: float, margin: float, rtol: float, atol: float) -> tuple[float, float]:
    """Return a larger number, so far from `low` > 0 that their distance is margin * tolerance."""
    high = (low + margin * atol) / (1 - margin * rtol)
    return float(f"{high:.6g}"), low


def _close_cases(rng: np.random.Generator) -> Cases:
    """Four groups, with as many True as False in each.

    No distance is within a tenth of its tolerance, save where both sides are 0 exactly, so that
    rounding decides nothing; a relative tolerance of 0.2 tells the larger size from the smaller.
    """
    return {
        "ordinary numbers": _ordinary_cases(rng),
        "near zero": _near_zero_cases(rng),
        "tiny and huge": _scaled_cases(rng),
        "NaN and infinity": _not_finite_cases(rng),
    }


def _number(rng: np.random.Generator) -> float:
    return round(rng.uniform(1.5, 9), 2)


def _ordinary_cases(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    rtol = 0.5  # wide, so that the mean of the two sizes is told from the larger one
    cases = []
    for margin in (0.9, 1.3):
        n, a = _pair(_number(rng), margin, rtol, 0.0)
        cases += [(n, a, rtol, 0.0), (a, n, rtol, 0.0), (-n, -a, rtol, 0.0), (-a, -n, rtol, 0.0)]
        # Here both tolerances count, and neither alone would do.
        a = _number(rng)
        atol = round(rtol * a, 2)
        n, a = _pair(a, margin, rtol, atol)
        cases += [(n, a, rtol, atol), (a, n, rtol, atol)]
    opposite, same = _number(rng), _number(rng)
    return [*cases, (opposite, -opposite, rtol, 0.0), (same, same, rtol, 0.0)]


def _near_zero_cases(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    rtol = 0.01
    t = float(f"{rng.uniform(1, 9) * 1e-5:.3g}")
    return [
        (0.0, 0.0, rtol, t),
        (0.0, 0.0, rtol, 0.0),
        (0.0, t / 2, rtol, t),
        (-0.4 * t, 0.3 * t, rtol, t),
        (0.0, 2 * t, rtol, t),
        (2 * t, 0.0, rtol, t),
        (-0.9 * t, 0.8 * t, rtol, t),
        (0.0, t, rtol, 0.0),
    ]


def _scaled_cases(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    rtol = 1e-3
    cases = []
    for scale, atol in ((1e-9, 0.0), (1e-9, 1e-13), (1e9, 1e-5)):
        for margin in (0.9, 1.3):
            n, a = _pair(float(f"{_number(rng) * scale:.6g}"), margin, rtol, atol)
            cases += [(n, a, rtol, atol), (-a, -n, rtol, atol)]
    return cases


def _not_finite_cases(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Every way of not being finite, and as many pairs that are close by any standard."""
    nan, inf = math.nan, math.inf
    cases = []
    odd = [
        (nan, 1),
        (1, nan),
        (nan, nan),
        (inf, 1),
        (1, -inf),
        (inf, inf),
        (-inf, inf),
        (nan, inf),
    ]
    for numeric, analytic in odd:
        a = _number(rng)
        cases.append((round(1.01 * a, 4), a, 0.1, 0.5))
        cases.append((a * numeric, a * analytic, 0.1, 0.5))
    return cases


def _tolerance(combine: Callable[[float, float], float]) -> Callable[..., bool]:
    """Return the formula without its guard, with another size for the relative tolerance."""

    def close(n: float, a: float, rtol: float, atol: float) -> bool:
        return abs(n - a) <= atol + rtol * combine(n, a)

    return close


def _largest(n: float, a: float) -> float:
    return max(abs(n), abs(a))


def _quotient_or_nan(n: float, a: float, rtol: float, atol: float) -> bool:
    """Return what the quotient gives where 0 / 0 is NaN, as with NumPy's numbers."""
    return bool(_largest(n, a)) and abs(n - a) / _largest(n, a) <= rtol


_DIVIDES = (
    "You divide by the size of the numbers: 0 against 0 then has no answer, and atol is not used. "
    "Multiply the other side instead."
)

_TEXTBOOK = (
    "This is the textbook's relative error. It measures against the analytic value alone and says "
    "nothing useful where that is 0: use the larger size, and atol."
)

CLOSE_ENOUGH = Exercise(
    lesson=3,
    points=4,
    reference=close_enough,
    cases=_close_cases,
    misconceptions=(
        Misconception(
            wrong=_tolerance(_largest),
            hint="An infinite distance is within an infinite tolerance: inf <= inf is True. Ask "
            "np.isfinite first.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: not abs(n - a) > atol + rtol * _largest(n, a),
            hint="Comparisons with NaN are False, so “not >” lets NaN pass: use np.isfinite.",
        ),
        Misconception(
            wrong=_tolerance(lambda n, a: abs(a)),
            hint="You measure against the analytic value alone. Swap the two and the answer may "
            "change: take the larger size.",
        ),
        Misconception(
            wrong=_tolerance(lambda n, a: abs(n)),
            hint="You measure against the numeric value alone. Swap the two and the answer may "
            "change: take the larger size.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: (
                bool(np.isfinite(n) and np.isfinite(a))
                and abs(n - a) <= atol + rtol * (abs(n) + abs(a)) / 2
            ),
            hint="You take the mean of the two sizes: take the larger.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: np.isclose(n, a, rtol=rtol, atol=atol),
            hint="np.isclose measures against its second argument alone, and calls inf and inf "
            "close. Write the comparison out.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: math.isclose(n, a, rel_tol=rtol, abs_tol=atol),
            hint="math.isclose takes the larger of the two tolerances, not their sum, and calls "
            "inf and inf close. Write the comparison out.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) <= max(atol, rtol * _largest(n, a)),
            hint="Passing one of the two tolerances is asked too much: they add up.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) <= min(atol, rtol * _largest(n, a)),
            hint="You ask for both tolerances at once. They add up: a pair may use the sum.",
        ),
        Misconception(
            wrong=_tolerance(lambda n, a: min(abs(n), abs(a))),
            hint="You take the smaller of the two sizes: take the larger.",
        ),
        Misconception(
            wrong=_tolerance(lambda n, a: abs(n) + abs(a)),
            hint="Your relative tolerance grows with both sizes, which lets too much through: "
            "take the larger size alone.",
        ),
        Misconception(
            wrong=_tolerance(max),
            hint="The larger of n and a is not the larger size: for negative numbers take the "
            "absolute values first.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: n - a <= atol + rtol * _largest(n, a),
            hint="The distance is |n - a|: without the bars every smaller number is close.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(abs(n) - abs(a)) <= atol + rtol * _largest(n, a),
            hint="You compare the sizes and lose the signs: 3 and -3 are not close.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) <= rtol * _largest(n, a),
            hint="atol is missing: against 0 nothing is close by a relative tolerance.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) <= atol,
            hint="rtol is missing: one absolute tolerance cannot suit 1e-9 and 1e9.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) / _largest(n, a) <= rtol, hint=_DIVIDES
        ),
        Misconception(wrong=_quotient_or_nan, hint=_DIVIDES),
        Misconception(wrong=lambda n, a, rtol, atol: abs(n - a) / abs(a) <= rtol, hint=_TEXTBOOK),
        Misconception(wrong=lambda n, a, rtol, atol: abs(n - a) <= rtol * abs(a), hint=_TEXTBOOK),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) / (abs(n) + abs(a)) <= rtol,
            hint="You divide by the sum of the sizes: 0 against 0 then has no answer, and atol is "
            "not used. Multiply the larger size by rtol instead.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) < atol + rtol * _largest(n, a),
            hint="The border counts as close: 0 against 0 with atol = 0 needs <=.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: n == a,
            hint="Two floats that were computed in different ways are hardly ever equal: allow a "
            "tolerance.",
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) > atol + rtol * _largest(n, a),
            hint="True and False are the wrong way round: True means close.",
        ),
    ),
    hints=(
        "How far apart may the two numbers be? Part of it is fixed, part grows with their size.",
        "The distance |n - a| may be as large as atol plus rtol times the larger of |n| and |a|. "
        "And before that: what is inf <= inf?",
        "First return False unless np.isfinite holds for both. Then return "
        "abs(n - a) <= atol + rtol * max(abs(n), abs(a)).",
    ),
)

EXERCISES = (F, F_PRIME, PREDICT_FORWARD_ERROR, CLOSE_ENOUGH)
