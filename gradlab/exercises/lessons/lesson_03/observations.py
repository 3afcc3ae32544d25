"""What the mistakes of a comparison have in common."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

from gradlab.exercises.exercise import Observation, Trial

_VERDICTS = {
    "True where False is right": lambda wrong: all(trial.got for trial in wrong),
    "False where True is right": lambda wrong: not any(trial.got for trial in wrong),
    "of both kinds": lambda wrong: len({bool(trial.got) for trial in wrong}) == 2,
}


def _needs_both(n: float, a: float, rtol: float, atol: float) -> bool:
    size = max(abs(n), abs(a))
    return max(atol, rtol * size) < abs(n - a) <= atol + rtol * size


Sort = Callable[[float, float, float, float], bool]

_NO_ABS = "Sizes are |n| and |a|, and the distance is |n - a|: is an abs missing?"
_SWAP = "The answer must be the same if the two change places."
_SIGN = "The distance is |n - a|, which has no sign."
# Sorts of finite pairs, each with what to look at, and the pairs that show it by being right.
_SORTS: dict[str, tuple[str, Sort, Sort]] = {
    "of 0 against 0": (
        "The border counts as close, and nothing may be divided by 0.",
        lambda n, a, rtol, atol: n == a == 0,
        lambda n, a, rtol, atol: n != a,
    ),
    "of equal numbers": (
        "A distance of 0 is within any tolerance.",
        lambda n, a, rtol, atol: n == a,
        lambda n, a, rtol, atol: n != a,
    ),
    "of sizes below 1e-3": (
        "What hides them in your function: a constant, rounding, a square?",
        lambda n, a, rtol, atol: max(abs(n), abs(a)) < 1e-3,
        lambda n, a, rtol, atol: max(abs(n), abs(a)) >= 1e-3,
    ),
    "with a 0 in them": (
        "The size is then that of the other number: atol + rtol times it is allowed.",
        lambda n, a, rtol, atol: n == 0 or a == 0,
        lambda n, a, rtol, atol: n * a != 0,
    ),
    "of unlike signs": (
        "Their distance is |n| + |a|, and signs play no other part.",
        lambda n, a, rtol, atol: n * a < 0,
        lambda n, a, rtol, atol: n * a > 0,
    ),
    "of negative numbers": (
        _NO_ABS,
        lambda n, a, rtol, atol: n < 0 and a < 0,
        lambda n, a, rtol, atol: n > 0 and a > 0,
    ),
    "with a negative number in them": (
        _NO_ABS,
        lambda n, a, rtol, atol: n < 0 or a < 0,
        lambda n, a, rtol, atol: n > 0 and a > 0,
    ),
    "that need both tolerances": (
        "Neither would do alone; they add up, atol + rtol * size.",
        _needs_both,
        lambda *case: not _needs_both(*case),
    ),
    "in which |analytic| is the larger size": (
        _SWAP,
        lambda n, a, rtol, atol: abs(a) > abs(n),
        lambda n, a, rtol, atol: abs(a) < abs(n),
    ),
    "in which |numeric| is the larger size": (
        _SWAP,
        lambda n, a, rtol, atol: abs(n) > abs(a),
        lambda n, a, rtol, atol: abs(n) < abs(a),
    ),
    "in which numeric is below analytic": (
        _SIGN,
        lambda n, a, rtol, atol: n < a,
        lambda n, a, rtol, atol: n > a,
    ),
    "in which numeric is above analytic": (
        _SIGN,
        lambda n, a, rtol, atol: n > a,
        lambda n, a, rtol, atol: n < a,
    ),
    "with atol = 0": (
        "What does your function do with rtol then?",
        lambda n, a, rtol, atol: atol == 0,
        lambda n, a, rtol, atol: atol > 0,
    ),
    "with atol above 0": (
        "It is added once, as it is: atol + rtol * size.",
        lambda n, a, rtol, atol: atol > 0,
        lambda n, a, rtol, atol: atol == 0,
    ),
    "of sizes above 1e3": (
        "Does what is allowed grow with their size, as rtol says?",
        lambda n, a, rtol, atol: max(abs(n), abs(a)) > 1e3,
        lambda n, a, rtol, atol: max(abs(n), abs(a)) <= 1e3,
    ),
}

# So many pairs of a sort are no chance, and so great a share of their counterparts may be wrong.
_FEWEST = 3
_MOST_OTHERS = 0.35

# Sorts of pairs that are not finite.
_NOT_FINITE: dict[str, Callable[[float, float], bool]] = {
    "two NaN": lambda n, a: math.isnan(n) and math.isnan(a),
    "pairs with a NaN in them": lambda n, a: math.isnan(n) or math.isnan(a),
    "two equal infinities": lambda n, a: n == a,
    "an infinity against its opposite": lambda n, a: n == -a,
    "an infinity against a number": lambda n, a: math.isinf(n) != math.isinf(a),
    "pairs with an infinity and no NaN in them": lambda n, a: not math.isnan(n + a) or n == -a,
    "pairs that are not finite": lambda n, a: True,
}


def _is_finite(trial: Trial) -> bool:
    return math.isfinite(trial.arguments[0]) and math.isfinite(trial.arguments[1])


def _find_sort(trials: list[Trial]) -> str:
    """Find the sort that all wrong finite pairs are of, and the fewest of the right ones."""
    finite = [trial for trial in trials if _is_finite(trial)]
    wrong = [trial for trial in finite if trial.stage]
    verdicts = {bool(trial.expected) for trial in wrong}
    counts = {}
    for name, (_, is_of_it, _) in _SORTS.items():
        if wrong and all(is_of_it(*trial.arguments) for trial in wrong):
            alike = [t for t in finite if bool(t.expected) in verdicts and is_of_it(*t.arguments)]
            counts[name] = len(alike)
    best = min(counts, key=lambda name: counts[name], default="")
    # What is wrong in few of its sort is not wrong for that reason.
    return best if best and len(wrong) >= 0.5 * counts[best] else ""


def _observe_sort(verdict: str, name: str) -> Observation:
    def holds(trials: list[Trial]) -> bool:
        wrong = [trial for trial in trials if trial.stage and _is_finite(trial)]
        return _find_sort(trials) == name and _VERDICTS[verdict](wrong)

    advice, *_ = _SORTS[name]
    return Observation(
        f"Where it answers for finite numbers, what your function gets wrong is {verdict}, for "
        f"pairs {name}. {advice}",
        holds,
        "finite",
    )


def _observe_all_of_a_sort(is_right: bool, name: str) -> Observation:
    """Observe that no pair of a sort came out as it should, though others did."""
    advice, is_of_it, is_other = _SORTS[name]

    def holds(trials: list[Trial]) -> bool:
        alike = [t for t in trials if _is_finite(t) and bool(t.expected) == is_right]
        of_it = [t for t in alike if is_of_it(*t.arguments)]
        others = [t for t in alike if is_other(*t.arguments)]
        # Where as many others are wrong, that is not why; and a missing abs spares all others.
        wrong = sum(bool(trial.stage) for trial in others)
        most = 0.0 if advice == _NO_ABS else _MOST_OTHERS
        return (
            len(of_it) >= _FEWEST
            and all(trial.stage for trial in of_it)
            and wrong <= most * len(others)
        )

    return Observation(
        f"Pairs {name} all come out {not is_right} where {is_right} is right. {advice}",
        holds,
        "finite",
    )


_ADVICE = {
    "True where False is right": "you allow too much. It is atol + rtol times the larger size, "
    "with nothing added and nothing twice, for a distance |n - a| without a sign.",
    "False where True is right": "you allow too little. It is all of atol, plus all of rtol "
    "times the larger of the sizes |n| and |a|.",
    "of both kinds": "is what you compare the distance |n - a|, and what you compare it with "
    "atol + rtol * max(|n|, |a|)?",
}


def _observe_verdict(verdict: str) -> Observation:
    def holds(trials: list[Trial]) -> bool:
        wrong = [trial for trial in trials if trial.stage and _is_finite(trial)]
        return bool(wrong) and _VERDICTS[verdict](wrong)

    return Observation(
        f"With finite numbers, your mistakes are {verdict}: {_ADVICE[verdict]}",
        holds,
        "finite",
    )


def _observe_not_finite(name: str) -> Observation:
    def holds(trials: list[Trial]) -> bool:
        wrong = [trial for trial in trials if trial.stage and not _is_finite(trial)]
        return bool(wrong) and all(_NOT_FINITE[name](*trial.arguments[:2]) for trial in wrong)

    return Observation(
        f"You return True for {name}. False is right there: return False first unless "
        "math.isfinite holds for both.",
        holds,
        "not finite",
    )


CLOSE_OBSERVATIONS = (
    *(_observe_sort(verdict, name) for name, verdict in product(_SORTS, _VERDICTS)),
    *(_observe_all_of_a_sort(is_right, name) for name in _SORTS for is_right in (True, False)),
    *map(_observe_verdict, _VERDICTS),
    *map(_observe_not_finite, _NOT_FINITE),
)
