"""The exercise ``close_enough`` of lesson 3."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception


def close_enough(numeric, analytic, rtol, atol):
    """Whether two numbers agree to the tolerances, in whichever order; never unless finite."""
    if not (np.isfinite(numeric) and np.isfinite(analytic)):
        return False
    return abs(numeric - analytic) <= atol + rtol * max(abs(numeric), abs(analytic))


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


def _close_in_cases(numeric: float, analytic: float, rtol: float, atol: float) -> bool:
    if math.isnan(numeric) or math.isnan(analytic):
        return False
    if math.isinf(numeric) or math.isinf(analytic):
        return False
    if numeric < analytic:
        return _close_in_cases(analytic, numeric, rtol, atol)
    larger = abs(numeric) if abs(numeric) > abs(analytic) else abs(analytic)
    return numeric - analytic <= rtol * larger + atol


EXERCISE = Exercise(
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
    also_right=(
        _close_in_cases,
        lambda n, a, rtol, atol: bool(
            np.isfinite(n)
            and np.isfinite(a)
            and np.abs(n - a) <= atol + rtol * np.abs([n, a]).max()
        ),
        lambda n, a, rtol, atol: (
            abs(n) < math.inf
            and abs(a) < math.inf
            and (np.isclose(n, a, rtol, atol) or np.isclose(a, n, rtol, atol))
        ),
        lambda n, a, rtol, atol: int(
            np.isfinite([n, a]).all() and not abs(a - n) > max(abs(n), abs(a)) * rtol + atol
        ),
    ),
)
