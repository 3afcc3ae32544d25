"""The exercise ``close_enough`` of lesson 3."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial


def close_enough(numeric, analytic, rtol, atol):
    """Whether two numbers agree to within the tolerances; never unless both are finite."""
    if not (np.isfinite(numeric) and np.isfinite(analytic)):
        return False
    return abs(numeric - analytic) <= atol + rtol * max(abs(numeric), abs(analytic))


def _close_in_cases(numeric: float, analytic: float, rtol: float, atol: float) -> bool:
    if math.isnan(numeric) or math.isnan(analytic):
        return False
    if math.isinf(numeric) or math.isinf(analytic):
        return False
    if numeric < analytic:
        return _close_in_cases(analytic, numeric, rtol, atol)
    larger = abs(numeric) if abs(numeric) > abs(analytic) else abs(analytic)
    return numeric - analytic <= rtol * larger + atol


def _draw_cases(rng: np.random.Generator) -> Cases:
    """Four groups, with as many True as False in each.

    No distance is within a tenth of its tolerance, save where both sides are 0 exactly, so that
    rounding decides nothing; a relative tolerance of 0.5 tells the larger size from the smaller.
    """
    return {
        "ordinary numbers": _draw_ordinary(rng),
        "near zero": _draw_near_zero(rng),
        "tiny and huge": _draw_scaled(rng),
        "NaN and infinity": _draw_not_finite(rng),
    }


def _draw_number(rng: np.random.Generator) -> float:
    return round(rng.uniform(1.5, 9), 2)


def _pair(low: float, margin: float, rtol: float, atol: float) -> tuple[float, float]:
    """Return a larger number, so far from `low` > 0 that their distance is margin * tolerance."""
    high = (low + margin * atol) / (1 - margin * rtol)
    return float(f"{high:.6g}"), low


def _draw_ordinary(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """The first two can be done by hand: distances of 3 and of 5 against a tolerance of 4."""
    rtol = 0.5  # wide, so that the mean of the two sizes is told from the larger one
    cases = [(8.0, 5.0, rtol, 0.0), (8.0, 3.0, rtol, 0.0)]
    for margin in (0.9, 1.3):
        n, a = _pair(_draw_number(rng), margin, rtol, 0.0)
        cases += [(n, a, rtol, 0.0), (a, n, rtol, 0.0), (-n, -a, rtol, 0.0), (-a, -n, rtol, 0.0)]
        # Here both tolerances count, and neither alone would do.
        a = _draw_number(rng)
        atol = round(rtol * a, 2)
        n, a = _pair(a, margin, rtol, atol)
        cases += [(n, a, rtol, atol), (a, n, rtol, atol)]
    n, opposite, same = (_draw_number(rng) for _ in range(3))
    # Unlike signs: the distance is 1.75 n, and neither 1.5 n nor 0.95 n of it is all.
    cases += [(n, -0.75 * n, rtol, 1.5 * n), (-n, 0.75 * n, rtol, 0.95 * n)]
    return [*cases, (opposite, -opposite, rtol, 0.0), (same, same, rtol, 0.0)]


def _draw_near_zero(rng: np.random.Generator) -> list[tuple[Any, ...]]:
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


def _draw_scaled(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    rtol = 1e-3
    cases = []
    for scale, atol in ((1e-9, 0.0), (1e-9, 1e-13), (1e9, 1e-5)):
        for margin in (0.9, 1.3):
            n, a = _pair(float(f"{_draw_number(rng) * scale:.6g}"), margin, rtol, atol)
            cases += [(n, a, rtol, atol), (-a, -n, rtol, atol)]
    # The tolerances that np.isclose and math.isclose have by themselves get these two wrong, or
    # call them close where equality does not.
    tiny, huge = _draw_number(rng) * 1e-9, _draw_number(rng) * 1e9
    return [*cases, (tiny, 1.5 * tiny, rtol, 0.0), (huge + 0.5, huge, rtol, 0.0)]


def _draw_not_finite(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Every way of not being finite, and as many pairs that are close by any standard."""
    nan, inf = math.nan, math.inf
    signs = [
        *((nan, 1), (1, nan), (nan, nan), (inf, 1)),
        *((1, -inf), (inf, inf), (-inf, inf), (nan, inf)),
        *((-inf, 1), (1, inf), (-inf, -inf), (-inf, nan)),
    ]
    cases = []
    for numeric, analytic in signs:
        a = _draw_number(rng)
        cases.append((round(1.01 * a, 4), a, 0.1, 0.5))
        cases.append((a * numeric, a * analytic, 0.1, 0.5))
    return cases


Answer = Callable[[float, float, float, float], Any]


def _largest(n: float, a: float) -> float:
    return max(abs(n), abs(a))


def _measure_by(size: Callable[[float, float], float]) -> Answer:
    """Return the formula with another size for the relative tolerance, whatever is finite."""
    return lambda n, a, rtol, atol: abs(n - a) <= atol + rtol * size(n, a)


def _is_within(n: float, a: float, rtol: float, atol: float) -> bool:
    return abs(n - a) <= atol + rtol * _largest(n, a)


def _is_not_beyond(n: float, a: float, rtol: float, atol: float) -> bool:
    return not abs(n - a) > atol + rtol * _largest(n, a)


def _guard(close: Answer, is_let_in: Callable[[float, float], bool]) -> Answer:
    """Return an answer that says False at once to pairs that are not let in."""
    return lambda n, a, rtol, atol: is_let_in(n, a) and close(n, a, rtol, atol)


def _are_finite(n: float, a: float) -> bool:
    return math.isfinite(n) and math.isfinite(a)


def _is_quotient_small(n: float, a: float, rtol: float, atol: float) -> bool:
    """Return what the quotient gives where 0 / 0 is NaN, as with NumPy's numbers."""
    return bool(_largest(n, a)) and abs(n - a) / _largest(n, a) <= rtol


def _raise_unless_finite(n: float, a: float, rtol: float, atol: float) -> bool:
    if not _are_finite(n, a):
        raise ValueError
    return _is_within(n, a, rtol, atol)


def _raises_unless_finite(trials: list[Trial]) -> bool:
    failed = [trial for trial in trials if trial.stage]
    return bool(failed) and all(
        trial.stage == "raises" and not _are_finite(*trial.arguments[:2]) for trial in failed
    )


def _returns_number(trials: list[Trial]) -> bool:
    """Whether there are numbers among the values, and nothing else but truth values."""
    if any(trial.got is None for trial in trials):
        return False
    return any(trial.stage == "returns" for trial in trials)


def _confuses_maxima(trials: list[Trial]) -> bool:
    return all("cannot be interpreted as an integer" in trial.detail for trial in trials)


_ONE_GUARDED = (
    "You ask whether {} is finite, but not the other one. Ask both: math.isfinite(numeric) and "
    "math.isfinite(analytic)."
)
_EQUAL_FIRST = (
    "You call two numbers close because they are equal, or alike, before you ask whether they "
    "are finite. inf against inf, and NaN against NaN, is False: ask math.isfinite first."
)
_NAN_SLIPS_BY = (
    "Every comparison with NaN is False, so “not >” lets NaN pass: use <=, or ask math.isfinite "
    "first."
)
_DIVIDES = (
    "You divide by the size of the numbers: 0 against 0 then has no answer, and atol is not used. "
    "Multiply the other side instead."
)
_TEXTBOOK = (
    "This is the textbook's relative error. It measures against the analytic value alone and says "
    "nothing useful where that is 0: use the larger size, and atol."
)
_ONE_TOLERANCE = (
    "It is not enough to compare with the larger of the two tolerances, as math.isclose does, or "
    "with one or the other: they add up, atol + rtol * size."
)
_DEFAULTS = "You leave the tolerances to the function you call: use the rtol and atol given."


def _list_guards() -> Iterator[Misconception]:
    """Yield what goes wrong with NaN and infinity alone."""
    inf = math.inf
    yield Misconception(
        wrong=_is_within,
        hint="An infinite distance is within an infinite tolerance: inf <= inf is True. Ask "
        "math.isfinite first.",
    )
    yield Misconception(wrong=_is_not_beyond, hint=_NAN_SLIPS_BY)
    for let_in, hint in (
        (lambda n, a: math.isfinite(n), _ONE_GUARDED.format("numeric")),
        (lambda n, a: math.isfinite(a), _ONE_GUARDED.format("analytic")),
        (
            lambda n, a: math.isfinite(n) or math.isfinite(a),
            "It is enough for you that one of the two is finite. Both must be: “and”, not “or”.",
        ),
        (
            lambda n, a: not (n == inf or a == inf),
            "-inf passes your test: it is not equal to inf. math.isfinite refuses both, and NaN.",
        ),
    ):
        yield Misconception(wrong=_guard(_is_within, let_in), hint=hint)
    yield Misconception(
        wrong=_guard(_is_not_beyond, lambda n, a: not (math.isinf(n) or math.isinf(a))),
        hint=_NAN_SLIPS_BY,
    )
    for alike in (
        lambda n, a: n == a,
        lambda n, a: math.isnan(n) and math.isnan(a),
        lambda n, a: n == a or (math.isnan(n) and math.isnan(a)),
        lambda n, a: not (math.isfinite(n) or math.isfinite(a)),
    ):
        yield Misconception(
            wrong=lambda n, a, rtol, atol, alike=alike: (
                alike(n, a) or close_enough(n, a, rtol, atol)
            ),
            hint=_EQUAL_FIRST,
        )
    yield Misconception(
        wrong=lambda n, a, rtol, atol: _is_within(n, a, rtol, atol) if _are_finite(n, a) else None,
        hint="Where one of them is not finite your function hands back nothing: return False.",
    )
    yield Misconception(
        wrong=_raise_unless_finite,
        hint="Where one of them is not finite your function raises an error: return False there.",
        shows=_raises_unless_finite,
    )


def _list_formulas() -> Iterator[tuple[Answer, str]]:
    """Yield what goes wrong with finite numbers too; each with and without asking for these."""
    for size, hint in (
        (
            lambda n, a: abs(a),
            "You measure against the analytic value alone. Swap the two and the answer may "
            "change: take the larger size.",
        ),
        (
            lambda n, a: abs(n),
            "You measure against the numeric value alone. Swap the two and the answer may "
            "change: take the larger size.",
        ),
        (
            lambda n, a: (abs(n) + abs(a)) / 2,
            "You take the mean of the two sizes: take the larger.",
        ),
        (
            lambda n, a: min(abs(n), abs(a)),
            "You take the smaller of the two sizes: take the larger.",
        ),
        (
            lambda n, a: abs(n) + abs(a),
            "You take the sum of the two sizes, which lets too much through: take the larger.",
        ),
        (
            lambda n, a: abs(n + a),
            "You take |n + a|, in which numbers of unlike signs cancel, and others count twice: "
            "take the larger of |n| and |a|.",
        ),
        (
            lambda n, a: abs(n - a),
            "You multiply rtol by the distance |n - a| itself: multiply it by the larger of |n| "
            "and |a|.",
        ),
        (
            max,
            "The larger of n and a is not the larger size: for negative numbers take the "
            "absolute values first.",
        ),
    ):
        yield _measure_by(size), hint
    yield lambda n, a, rtol, atol: abs(n - a) <= max(atol, rtol * _largest(n, a)), _ONE_TOLERANCE
    yield (
        lambda n, a, rtol, atol: abs(n - a) <= min(atol, rtol * _largest(n, a)),
        "You ask for both tolerances at once. They add up: a pair may use the sum.",
    )
    yield (
        lambda n, a, rtol, atol: abs(n - a) <= rtol + atol * _largest(n, a),
        "The two tolerances are swapped: rtol goes with the size, atol stands alone.",
    )
    yield (
        lambda n, a, rtol, atol: abs(n - a) <= (atol + rtol) * _largest(n, a),
        "You multiply atol by the size too. It is absolute: add it as it is.",
    )
    yield (
        lambda n, a, rtol, atol: abs(n - a) <= atol * rtol * _largest(n, a),
        "You multiply the two tolerances: add them, atol + rtol * size.",
    )
    yield (
        lambda n, a, rtol, atol: n - a <= atol + rtol * _largest(n, a),
        "The distance is |n - a|: without the bars every smaller number is close.",
    )
    yield (
        lambda n, a, rtol, atol: abs(abs(n) - abs(a)) <= atol + rtol * _largest(n, a),
        "You compare the sizes and lose the signs: 3 and -3 are not close.",
    )
    yield (
        lambda n, a, rtol, atol: abs(n - a) <= rtol * _largest(n, a),
        "atol is missing: against 0 nothing is close by a relative tolerance.",
    )
    yield (
        lambda n, a, rtol, atol: abs(n - a) <= atol,
        "rtol is missing: one absolute tolerance cannot suit 1e-9 and 1e9.",
    )
    yield lambda n, a, rtol, atol: abs(n - a) <= rtol * abs(a), _TEXTBOOK
    yield (
        lambda n, a, rtol, atol: abs(n - a) < atol + rtol * _largest(n, a),
        "The border counts as close: 0 against 0 with atol = 0 needs <=.",
    )
    yield (
        lambda n, a, rtol, atol: n == a,
        "Two floats that were computed in different ways are hardly ever equal: allow a "
        "tolerance.",
    )
    yield (
        lambda n, a, rtol, atol: abs(n - a) > atol + rtol * _largest(n, a),
        "True and False are the wrong way round: True means close.",
    )
    yield lambda n, a, rtol, atol: np.isclose(n, a), _DEFAULTS
    yield lambda n, a, rtol, atol: math.isclose(n, a), _DEFAULTS
    yield (
        lambda n, a, rtol, atol: close_enough(n, a, rtol, atol) or None,
        "Where the two are not close your function hands back nothing: every way through it "
        "needs a return. Return the comparison itself.",
    )
    yield (
        lambda n, a, rtol, atol: _is_within(n, a, rtol, atol) or None,
        "Where the two are not close your function hands back nothing: every way through it "
        "needs a return. Return the comparison itself.",
    )
    yield (
        lambda n, a, rtol, atol: str(_is_within(n, a, rtol, atol)),
        "You return text. True and False are values of their own: leave out the quotation marks.",
    )


def _list_quotients() -> Iterator[tuple[Answer, str]]:
    """Yield what divides, where NaN and infinity give NaN or infinity, which is not small."""
    yield lambda n, a, rtol, atol: abs(n - a) / _largest(n, a) <= rtol, _DIVIDES
    yield _is_quotient_small, _DIVIDES
    yield lambda n, a, rtol, atol: abs(n - a) / _largest(n, a) <= atol + rtol, _DIVIDES
    yield lambda n, a, rtol, atol: abs(n - a) / abs(a) <= rtol, _TEXTBOOK
    yield (
        lambda n, a, rtol, atol: abs(n - a) / (abs(n) + abs(a)) <= rtol,
        "You divide by the sum of the sizes: 0 against 0 then has no answer, and atol is "
        "not used. Multiply the larger size by rtol instead.",
    )


EXERCISE = Exercise(
    points=4,
    reference=close_enough,
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
    cases=_draw_cases,
    misconceptions=(
        *_list_guards(),
        *(
            Misconception(wrong, hint)
            for formula, hint in _list_formulas()
            for wrong in (_guard(formula, _are_finite), formula)
        ),
        *(Misconception(wrong, hint) for wrong, hint in _list_quotients()),
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
            wrong=lambda n, a, rtol, atol: abs(n - a) - atol - rtol * _largest(n, a),
            hint="You return a number. The answer is True or False: return whether the distance "
            "is at most the tolerance.",
            shows=_returns_number,
        ),
        Misconception(
            wrong=lambda n, a, rtol, atol: abs(n - a) <= atol + rtol * np.max(abs(n), abs(a)),
            hint="np.max takes one array, and its second argument is an axis. For two numbers "
            "use Python's max.",
            shows=_confuses_maxima,
        ),
    ),
    hints=(
        "How far apart may the two numbers be? Part of it is fixed, part grows with their size.",
        "The distance |n - a| may be as large as atol plus rtol times the larger of |n| and |a|. "
        "And before that: what is inf <= inf?",
        "First return False unless math.isfinite holds for both. Then return "
        "abs(n - a) <= atol + rtol * max(abs(n), abs(a)).",
    ),
)
