"""The exercise ``close_enough`` of lesson 3."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_03.observations import CLOSE_OBSERVATIONS
from gradlab.exercises.lessons.lesson_03.steps import list_close_steps


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
    """The first two can be done by hand: a distance of 3 against tolerances of 4 and of 2."""
    rtol = 0.5  # wide, so that the mean of the two sizes is told from the larger one
    cases = [(8.0, 5.0, rtol, 0.0), (8.0, 5.0, rtol / 2, 0.0)]
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
        (0.0, t, rtol, 2 * t),
        (t / 2, 0.0, rtol, 0.0),
    ]


def _draw_scaled(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    rtol = 1e-3
    cases = []
    for scale, atol in ((1e-9, 0.0), (1e-9, 1e-13), (1e9, 1e-5)):
        for margin in (0.9, 1.3):
            n, a = _pair(float(f"{_draw_number(rng) * scale:.6g}"), margin, rtol, atol)
            cases += [(n, a, rtol, atol), (-a, -n, rtol, atol)]
    # The tolerances that np.isclose and math.isclose have by themselves tell these two apart.
    tiny, huge = (float(f"{_draw_number(rng) * scale:.6g}") for scale in (1e-9, 1e9))
    cases += [(tiny, 1.5 * tiny, rtol, 0.0), (huge + 0.5, huge, rtol, 0.0)]
    # The same pairs, with other tolerances.
    return [*cases, (tiny, 1.5 * tiny, 0.5, 0.0), (huge + 0.5, huge, 1e-12, 0.0)]


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
    first = cases[0][:2]
    return [*cases, (*first, 0.05, 0.25), (*first, 0.001, 0.0)]


Answer = Callable[[float, float, float, float], Any]


def _largest(n: float, a: float) -> float:
    return max(abs(n), abs(a))


def _are_finite(n: float, a: float) -> bool:
    return math.isfinite(n) and math.isfinite(a)


def _is_within(n: float, a: float, rtol: float, atol: float) -> bool:
    return abs(n - a) <= atol + rtol * _largest(n, a)


def _is_not_beyond(n: float, a: float, rtol: float, atol: float) -> bool:
    return not abs(n - a) > atol + rtol * _largest(n, a)


def _guard(close: Answer, is_let_in: Callable[[float, float], bool] = _are_finite) -> Answer:
    """Return an answer that says False at once to pairs that are not let in."""
    return lambda n, a, rtol, atol: is_let_in(n, a) and close(n, a, rtol, atol)


def _welcome(are_alike: Callable[[float, float], bool]) -> Answer:
    """Return an answer that says True at once to pairs that are alike."""
    return lambda n, a, rtol, atol: are_alike(n, a) or close_enough(n, a, rtol, atol)


def _raises_unless_finite(trials: list[Trial]) -> bool:
    failed = [trial for trial in trials if trial.stage]
    return bool(failed) and all(
        trial.stage == "raises" and not _are_finite(*trial.arguments[:2]) for trial in failed
    )


def _ignores_tolerances(trials: list[Trial]) -> bool:
    """Whether pairs got one answer for all tolerances, where it should change with these."""
    if any(np.shape(trial.got) != () or trial.got is None for trial in trials):
        return False
    answers: dict[tuple[float, float], dict[bool, bool]] = {}
    for trial in trials:
        pairs = answers.setdefault(trial.arguments[:2], {})
        pairs[bool(trial.expected)] = bool(trial.got)
    changing = [pairs for pairs in answers.values() if len(pairs) == 2]
    same = len({bool(trial.got) for trial in trials}) == 1
    # A constant answer has a hint of its own, but a guard may make all of a group False.
    is_constant = same and all(_are_finite(*trial.arguments[:2]) for trial in trials)
    return not is_constant and all(pairs[True] == pairs[False] for pairs in changing)


def _returns_number(trials: list[Trial]) -> bool:
    """Whether there are numbers among the values, and nothing else but truth values."""
    are_values = all(trial.got is not None for trial in trials)
    return are_values and any(trial.stage == "returns" for trial in trials)


_ONE_GUARDED = (
    "You ask whether {} is finite, but not the other one. Ask both: math.isfinite(numeric) and "
    "math.isfinite(analytic)."
)
_NAN_SLIPS_BY = (
    "NaN passes, where False is right. Every comparison with NaN is False, so “not >” lets it "
    "pass: ask math.isfinite first."
)
_ONE_SIDED = (
    "You measure against the {} value alone. Swap the two and the answer may change: take the "
    "larger size."
)

# What goes wrong with NaN and infinity alone.
_GUARDS: dict[str, tuple[Answer, ...]] = {
    "An infinite distance is within an infinite tolerance: inf <= inf is True. Ask "
    "math.isfinite first.": (_is_within,),
    _NAN_SLIPS_BY: (
        _is_not_beyond,
        _guard(_is_not_beyond, lambda n, a: not (math.isinf(n) or math.isinf(a))),
    ),
    _ONE_GUARDED.format("numeric"): (_guard(_is_within, lambda n, a: math.isfinite(n)),),
    _ONE_GUARDED.format("analytic"): (_guard(_is_within, lambda n, a: math.isfinite(a)),),
    "It is enough for you that one of the two is finite. Both must be: False if either is not.": (
        _guard(_is_within, lambda n, a: math.isfinite(n) or math.isfinite(a)),
    ),
    "-inf passes your test: it is not equal to inf. math.isfinite refuses both, and NaN.": (
        _guard(_is_within, lambda n, a: math.inf not in (n, a)),
    ),
    "You call two numbers close because they are equal, or alike, before you ask whether they "
    "are finite. inf against inf, and NaN against NaN, is False: ask math.isfinite first.": (
        _welcome(lambda n, a: n == a),
        _welcome(lambda n, a: math.isnan(n) and math.isnan(a)),
    ),
    "“not >=” lets NaN pass, as every comparison with NaN is False; and it refuses 0 against 0 "
    "with atol = 0. Use <=.": (
        lambda n, a, rtol, atol: not abs(n - a) >= atol + rtol * _largest(n, a),
    ),
    "Where one of them is not finite your function hands back nothing: return False.": (
        lambda n, a, rtol, atol: _is_within(n, a, rtol, atol) if _are_finite(n, a) else None,
    ),
}

# What goes wrong with finite numbers too, whether or not it is asked that they are finite.
_FORMULAS: dict[str, Answer] = {
    _ONE_SIDED.format("analytic"): lambda n, a, rtol, atol: abs(n - a) <= atol + rtol * abs(a),
    _ONE_SIDED.format("numeric"): lambda n, a, rtol, atol: abs(n - a) <= atol + rtol * abs(n),
    "You take a size between the two, such as their mean: take the larger.": (
        lambda n, a, rtol, atol: abs(n - a) <= atol + rtol * (abs(n) + abs(a)) / 2
    ),
    "You take the smaller of the two sizes: take the larger.": lambda n, a, rtol, atol: (
        abs(n - a) <= atol + rtol * min(abs(n), abs(a))
    ),
    "You take the sum of the two sizes, which lets too much through: take the larger.": (
        lambda n, a, rtol, atol: abs(n - a) <= atol + rtol * (abs(n) + abs(a))
    ),
    "You take |n + a|, in which numbers of unlike signs cancel, and others count twice: take the "
    "larger of |n| and |a|.": lambda n, a, rtol, atol: abs(n - a) <= atol + rtol * abs(n + a),
    "The larger of n and a is not the larger size: for negative numbers take the absolute values "
    "first.": lambda n, a, rtol, atol: abs(n - a) <= atol + rtol * max(n, a),
    "It is not enough to compare with the larger of the two tolerances, as math.isclose does, or "
    "with one or the other: they add up, atol + rtol * size.": lambda n, a, rtol, atol: (
        abs(n - a) <= max(atol, rtol * _largest(n, a))
    ),
    "Near zero you take one tolerance and elsewhere the other. Both always count: they add up, "
    "atol + rtol * size.": lambda n, a, rtol, atol: (
        abs(n - a) <= (rtol * _largest(n, a) if n and a else atol)
    ),
    "The two tolerances are swapped: rtol goes with the size, atol stands alone.": (
        lambda n, a, rtol, atol: abs(n - a) <= rtol + atol * _largest(n, a)
    ),
    "You multiply atol by the size too. It is absolute: add it as it is.": (
        lambda n, a, rtol, atol: abs(n - a) <= (atol + rtol) * _largest(n, a)
    ),
    "You refuse all pairs of unlike signs. Near zero they may be close: the distance decides.": (
        lambda n, a, rtol, atol: n * a >= 0 and _is_within(n, a, rtol, atol)
    ),
    "The distance is |n - a|: without the bars every smaller number is close.": (
        lambda n, a, rtol, atol: n - a <= atol + rtol * _largest(n, a)
    ),
    "You compare the sizes and lose the signs: 3 and -3 are not close.": (
        lambda n, a, rtol, atol: abs(abs(n) - abs(a)) <= atol + rtol * _largest(n, a)
    ),
    "You answer as if atol were 0: against 0 nothing is close by a relative tolerance alone.": (
        lambda n, a, rtol, atol: abs(n - a) <= rtol * _largest(n, a)
    ),
    "You answer as if rtol were 0: one absolute tolerance cannot suit 1e-9 and 1e9.": (
        lambda n, a, rtol, atol: abs(n - a) <= atol
    ),
    "The border counts as close: 0 against 0 with atol = 0 needs <=.": (
        lambda n, a, rtol, atol: abs(n - a) < atol + rtol * _largest(n, a)
    ),
    "Two floats that were computed in different ways are hardly ever equal: allow a tolerance.": (
        lambda n, a, rtol, atol: n == a
    ),
    "True and False are the wrong way round: True means close.": (
        lambda n, a, rtol, atol: abs(n - a) > atol + rtol * _largest(n, a)
    ),
}

# The rest: what NaN and infinity do not pass, as a quotient of them is not small, and what is
# wrong with the value that is returned.
_OTHERS: dict[str, tuple[Answer, ...]] = {
    "You divide by the size of the numbers: 0 against 0 then has no answer, and atol is not used. "
    "Multiply the other side instead.": (
        lambda n, a, rtol, atol: abs(n - a) / _largest(n, a) <= rtol,
    ),
    "This is the textbook's relative error. It measures against the analytic value alone and says "
    "nothing useful where that is 0: use the larger size, and atol.": (
        lambda n, a, rtol, atol: abs(n - a) / abs(a) <= rtol,
    ),
    "You leave the tolerances to the function you call: use the rtol and atol given.": (
        lambda n, a, rtol, atol: np.isclose(n, a),
        _guard(lambda n, a, rtol, atol: np.isclose(n, a)),
    ),
    "np.isclose measures against its second argument alone, and calls inf and inf close. Write "
    "the comparison out.": (lambda n, a, rtol, atol: np.isclose(n, a, rtol=rtol, atol=atol),),
    "math.isclose takes the larger of the two tolerances, not their sum, and calls inf and inf "
    "close. Write the comparison out.": (
        lambda n, a, rtol, atol: math.isclose(n, a, rel_tol=rtol, abs_tol=atol),
    ),
    "Where the two are not close your function hands back nothing: every way through it needs a "
    "return. Return the comparison itself.": (
        lambda n, a, rtol, atol: close_enough(n, a, rtol, atol) or None,
    ),
    "You return text. True and False are values of their own: leave out the quotation marks.": (
        lambda n, a, rtol, atol: str(close_enough(n, a, rtol, atol)),
    ),
    "You return a list or an array that holds one answer: return True or False itself.": (
        lambda n, a, rtol, atol: [close_enough(n, a, rtol, atol)],
    ),
}


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
    steps=list_close_steps,
    observations=CLOSE_OBSERVATIONS,
    misconceptions=(
        *(Misconception(wrong, hint) for hint, wrongs in _GUARDS.items() for wrong in wrongs),
        *(Misconception(_guard(formula), hint) for hint, formula in _FORMULAS.items()),
        *(Misconception(wrong, hint) for hint, wrongs in _OTHERS.items() for wrong in wrongs),
        Misconception(
            wrong=lambda n, a, rtol, atol: (
                _is_within(n, a, rtol, atol) if _are_finite(n, a) else 1 / 0
            ),
            hint="Where one of them is not finite your function raises an error: return False "
            "there.",
            shows=_raises_unless_finite,
        ),
        Misconception(
            wrong=_guard(lambda n, a, rtol, atol: round(n, 5) == round(a, 5)),
            hint="Where it fails, your answer does not change with rtol and atol: compare the "
            "distance |n - a| with what they allow.",
            shows=_ignores_tolerances,
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
            shows=lambda trials: all("interpreted as an integer" in t.detail for t in trials),
        ),
    ),
    advice="Take the case above. Work out the distance |n - a|, then what the two tolerances "
    "allow, and see which of them your function gets wrong.",
    hints=(
        "How far apart may the two numbers be? Part of it is fixed, part grows with their size.",
        "The distance |n - a| may be as large as atol plus rtol times the larger of |n| and |a|. "
        "And before that: what is inf <= inf?",
        "First return False unless math.isfinite holds for both. Then return "
        "abs(n - a) <= atol + rtol * max(abs(n), abs(a)).",
    ),
)
