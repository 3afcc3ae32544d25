"""The exercise ``observed_order`` of lesson 2."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_02.observations import ORDER_OBSERVATIONS
from gradlab.exercises.lessons.lesson_02.steps import list_order_steps


def observed_order(steps, errors):
    """Slope of the straight line, fitted by least squares, of the errors on log-log axes."""
    slope, _intercept = np.polyfit(np.log(steps), np.log(errors), 1)
    return slope


def _order_by_covariance(steps: Any, errors: Any) -> Any:
    x, y = np.log2(steps), np.log2(errors)
    return np.cov(x, y)[0, 1] / np.var(x, ddof=1)


def _order_by_hand(steps: Any, errors: Any) -> float:
    x, y = [math.log(h) for h in steps], [math.log(e) for e in errors]
    n = len(x)
    xy = sum(a * b for a, b in zip(x, y, strict=True))
    return (n * xy - sum(x) * sum(y)) / (n * sum(a * a for a in x) - sum(x) ** 2)


def _order_by_lstsq(steps: Any, errors: Any) -> Any:
    columns = np.column_stack([np.log10(steps), np.ones(len(steps))])
    return np.linalg.lstsq(columns, np.log10(errors))[0][0]


def _draw_cases(rng: np.random.Generator) -> Cases:
    """Three groups; each has an error that shrinks with h, fast and slowly, and one that grows.

    The errors wiggle about their power law, so that two points are not enough; but for the first
    case, which can be done by hand: a tenth of the step, a hundredth of the error. The last four
    cases of the first group have the same answer: turned round, and in other units.
    """

    def case(order: float, count: int, as_list: bool = False) -> tuple[Any, ...]:
        # All below 1/2, so that no logarithm is 0, and unevenly spaced.
        exponents = 0.5 + np.cumsum(rng.uniform(0.3, 0.8, count))
        steps = np.array([float(f"{10**-e:.3g}") for e in exponents])
        wiggle = rng.choice([-1, 1], count) * rng.uniform(0.05, 0.3, count)
        exact = rng.uniform(0.02, 0.4) * steps**order * np.exp(wiggle)
        errors = np.array([float(f"{e:.4g}") for e in exact])
        return (steps.tolist(), errors.tolist()) if as_list else (steps, errors)

    by_hand = (np.array([0.1, 0.01, 0.001]), np.array([0.02, 0.0002, 0.000002]))
    orders = (2.0, 1.0, -1.0, 4.0)
    steps, errors = case(3.0, 5)
    related = [
        (steps, errors),
        (steps[::-1], errors[::-1]),
        (steps, errors / 8),
        (steps / 8, errors),
    ]
    return {
        "falling steps": [by_hand, *(case(order, 6) for order in orders), *related],
        "growing steps": [tuple(v[::-1] for v in case(order, 5)) for order in orders],
        "lists": [case(order, 4, as_list=True) for order in orders],
    }


Answer = Callable[[Any, Any], Any]

_INTERCEPT = "This is where the line meets the axis. np.polyfit gives the slope first."
_NO_FACTOR = (
    "You fit error = h^p. There is a factor before it: error = C h^p, so the line need not pass "
    "through the origin of the log-log axes."
)
_TWO_POINTS = "This slope uses two of the points alone, {}. Least squares uses all."
_BASES = "The base of a logarithm does not matter, if both have the same: yours differ."
_HALVED = (
    "You look at the errors alone, as if each step were {0} of the one before. These steps are "
    "unevenly spaced: use them."
)
_BROKEN_PAIRS = (
    "You sort the steps or the errors on their own, so that an error no longer stands beside its "
    "step. A straight line can be fitted in any order: leave out the sorting."
)


def _fit(x: Any, y: Any, which: int = 0) -> Any:
    return np.polyfit(x, y, 1)[which]


def _connect(first: int, second: int) -> Answer:
    """Return what takes the slope between two of the points alone."""

    def slope(steps: Any, errors: Any) -> Any:
        rise = np.log(errors[second] / errors[first])
        return rise / np.log(steps[second] / steps[first])

    return slope


def _connect_neighbours(steps: Any, errors: Any) -> Any:
    return np.diff(np.log(errors)) / np.diff(np.log(steps))


def _average_quotients(log: Callable[[Any], Any]) -> Answer:
    """Return what takes the logarithms of the quotients of errors for the order."""
    return lambda steps, errors: np.mean(log(np.divide(errors[:-1], errors[1:])))


def _fit_through_the_origin(steps: Any, errors: Any) -> Any:
    return np.sum(np.log(steps) * np.log(errors)) / np.sum(np.log(steps) ** 2)


def _fit_scaled(steps: Any, errors: Any) -> Any:
    return np.polynomial.Polynomial.fit(np.log(steps), np.log(errors), 1).coef[1]


def _mix_divisors(steps: Any, errors: Any) -> Any:
    x, y = np.log(steps), np.log(errors)
    return np.cov(x, y)[0, 1] / np.var(x)


def _is_pair(trials: list[Trial]) -> bool:
    return all(np.shape(trial.got) == (2,) for trial in trials)


def _is_in_list(trials: list[Trial]) -> bool:
    return all(np.ndim(trial.got) > 0 and np.size(trial.got) == 1 for trial in trials)


def _has_one_each(missing: int) -> Callable[[list[Trial]], bool]:
    """Return what tells whether each value has a number for each point, but for so many."""
    return lambda trials: all(
        np.shape(trial.got) == (len(trial.arguments[0]) - missing,) for trial in trials
    )


def _is_rounded(trials: list[Trial]) -> bool:
    """Whether the values are right, but rounded to so many decimals, or cut to whole numbers."""
    pairs = [(trial.got, trial.expected) for trial in trials if trial.stage]
    if not pairs or any(np.shape(got) != () or got is None for got, _ in pairs):
        return False
    got, right = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    if np.all(got == np.round(got)) and np.all(np.abs(got - right) < 1):
        return len(set(got.tolist())) > 1
    return any(np.allclose(got, np.round(right, digits), rtol=1e-9) for digits in range(1, 6))


def _takes_lists_for_arrays(trials: list[Trial]) -> bool:
    """Whether an operation failed that arrays know and lists do not."""
    said = r"Error: .*('list'|by non-int|list indices)"
    return all(
        isinstance(trial.arguments[0], list)
        and re.search(said, trial.detail)
        and "float() argument" not in trial.detail
        for trial in trials
    )


def _calls_math_log(trials: list[Trial]) -> bool:
    """Whether a function of one number, which math.log is, was given a list or an array."""
    said = ("must be real number, not list", "can be converted to Python scalars")
    return all(
        said[isinstance(trial.arguments[0], np.ndarray)] in trial.detail for trial in trials
    )


def _list_mixed_bases() -> Iterator[Misconception]:
    logs = (np.log, np.log2, np.log10)
    for one, other in ((a, b) for a in logs for b in logs if a is not b):
        yield Misconception(
            wrong=lambda steps, errors, x=one, y=other: _fit(x(steps), y(errors)), hint=_BASES
        )


EXERCISE = Exercise(
    points=3,
    reference=observed_order,
    also_right=(
        lambda steps, errors: np.polyfit(np.log10(steps), np.log10(errors), 1)[0],
        lambda steps, errors: (
            np.polynomial.Polynomial.fit(np.log(steps), np.log(errors), 1).convert().coef[1]
        ),
        _order_by_covariance,
        _order_by_hand,
        _order_by_lstsq,
    ),
    cases=_draw_cases,
    steps=list_order_steps,
    observations=ORDER_OBSERVATIONS,
    misconceptions=(
        Misconception(
            wrong=lambda steps, errors: np.polyfit(np.log(steps), np.log(errors), 1),
            hint="You return two numbers. np.polyfit gives the slope and then the intercept: "
            "return the slope alone, np.polyfit(...)[0].",
            shows=_is_pair,
        ),
        Misconception(
            wrong=lambda steps, errors: [observed_order(steps, errors)],
            hint="You return a list or an array that holds one number: return the number "
            "itself, result[0].",
            shows=_is_in_list,
        ),
        Misconception(
            wrong=_connect_neighbours,
            hint="These are slopes between neighbours, one for each pair of points. One line "
            "through all points has a single slope: np.polyfit with degree 1 finds it.",
            shows=_has_one_each(missing=1),
        ),
        Misconception(
            wrong=lambda steps, errors: np.log(errors) / np.log(steps),
            hint="You return a number for each point. A single one is asked: the slope of the "
            "line that fits all points.",
            shows=_has_one_each(missing=0),
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(errors), np.log(steps)),
            hint="The axes are swapped: the steps go along x, the errors along y.",
        ),
        Misconception(
            wrong=lambda steps, errors: 1 / _fit(np.log(steps), np.log(errors)),
            hint="This is run over rise: turn the quotient round.",
        ),
        Misconception(
            wrong=_fit,
            hint="Take the logarithms first. On plain axes C h^p is no straight line.",
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(steps, np.log(errors)),
            hint="You take the logarithm of the errors alone. Log-log means both.",
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(steps), errors),
            hint="You take the logarithm of the steps alone. Log-log means both.",
        ),
        *_list_mixed_bases(),
        Misconception(wrong=_connect(0, -1), hint=_TWO_POINTS.format("the first and the last")),
        Misconception(wrong=_connect(0, 1), hint=_TWO_POINTS.format("the first two")),
        Misconception(
            wrong=lambda steps, errors: np.mean(_connect_neighbours(steps, errors)),
            hint="This is the mean of the slopes between neighbours. The least-squares line is "
            "another one: np.polyfit with degree 1 finds it.",
        ),
        Misconception(wrong=_average_quotients(np.log2), hint=_HALVED.format("half")),
        Misconception(wrong=_fit_through_the_origin, hint=_NO_FACTOR),
        Misconception(
            wrong=lambda steps, errors: np.mean(np.log(errors) / np.log(steps)), hint=_NO_FACTOR
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(steps), np.log(errors), 1), hint=_INTERCEPT
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log10(steps), np.log10(errors), 1),
            hint=_INTERCEPT,
        ),
        Misconception(
            wrong=lambda steps, errors: np.polyfit(np.log(steps), np.log(errors), 2)[0],
            hint="You fit a parabola. The third argument of np.polyfit is the degree, and that of "
            "a straight line is 1.",
        ),
        Misconception(
            wrong=_fit_scaled,
            hint="Polynomial.fit moves and scales x before it fits: call .convert() on what it "
            "returns, then take .coef[1].",
        ),
        Misconception(
            wrong=_mix_divisors,
            hint="np.cov divides by n - 1, but np.var by n: give np.var the argument ddof=1.",
        ),
        Misconception(
            wrong=lambda steps, errors: np.corrcoef(np.log(steps), np.log(errors))[0, 1],
            hint="This is the correlation: it says how straight the line is, not how steep.",
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(np.sort(steps)), np.log(errors)),
            hint=_BROKEN_PAIRS,
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(np.sort(steps)), np.log(np.sort(errors))),
            hint=_BROKEN_PAIRS,
        ),
        Misconception(
            wrong=lambda steps, errors: -observed_order(steps, errors),
            hint="Every value has the wrong sign: where the error shrinks as h shrinks, the order "
            "is positive.",
        ),
        Misconception(
            wrong=lambda steps, errors: abs(observed_order(steps, errors)),
            hint="Keep the sign. Where rounding rules, the error grows as h shrinks, and the "
            "slope is negative.",
        ),
        Misconception(
            wrong=lambda steps, errors: round(observed_order(steps, errors)),
            hint="Your slope is rounded: return it as it is.",
            shows=_is_rounded,
        ),
        Misconception(
            wrong=lambda steps, errors: observed_order(steps / steps[0], errors),
            hint="Lists cannot be divided or multiplied entry by entry: make arrays of both "
            "first, with np.array.",
            shows=_takes_lists_for_arrays,
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(math.log(steps), math.log(errors)),
            hint="math.log takes a single number. np.log takes a list or an array.",
            shows=_calls_math_log,
        ),
    ),
    advice="Go through the parts: the logarithms of the steps along x, those of the errors along "
    "y, one straight line through all points, its slope. Which of them does your function do?",
    hints=(
        "If error = C h^p, what is log(error) as a function of log(h)? Which number is p in it?",
        "It is a straight line with slope p. Any base of the logarithm gives the same slope.",
        "np.polyfit(x, y, 1) returns slope and intercept; x is np.log(steps), y np.log(errors).",
    ),
)
