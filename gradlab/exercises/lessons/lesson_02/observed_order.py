"""The exercise ``observed_order`` of lesson 2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception


def observed_order(steps, errors):
    """Slope of the straight line, fitted by least squares, of the errors on log-log axes."""
    slope, _intercept = np.polyfit(np.log(steps), np.log(errors), 1)
    return slope


def _order_cases(rng: np.random.Generator) -> Cases:
    """Three groups; each has an error that shrinks with h, fast and slowly, and one that grows.

    The errors wiggle about their power law, so that two points are not enough.
    """

    def case(order: float, count: int, as_list: bool = False) -> tuple[Any, ...]:
        # All below 1/2, so that no logarithm is 0, and unevenly spaced.
        exponents = 0.5 + np.cumsum(rng.uniform(0.3, 0.8, count))
        steps = np.array([float(f"{10**-e:.3g}") for e in exponents])
        wiggle = rng.choice([-1, 1], count) * rng.uniform(0.05, 0.3, count)
        exact = rng.uniform(0.02, 0.4) * steps**order * np.exp(wiggle)
        errors = np.array([float(f"{e:.4g}") for e in exact])
        return (steps.tolist(), errors.tolist()) if as_list else (steps, errors)

    orders = (2.0, 1.0, -1.0, 4.0)
    return {
        "falling steps": [case(order, 6) for order in orders],
        "growing steps": [tuple(v[::-1] for v in case(order, 5)) for order in orders],
        "lists": [case(order, 4, as_list=True) for order in orders],
    }


def _fit(x: Any, y: Any, which: int = 0) -> Any:
    return np.polyfit(x, y, 1)[which]


def _first_and_last(steps: Any, errors: Any) -> Any:
    return np.log(errors[-1] / errors[0]) / np.log(steps[-1] / steps[0])


def _mean_of_slopes(steps: Any, errors: Any) -> Any:
    return np.mean(np.diff(np.log(errors)) / np.diff(np.log(steps)))


def _through_the_origin(steps: Any, errors: Any) -> Any:
    return np.sum(np.log(steps) * np.log(errors)) / np.sum(np.log(steps) ** 2)


_INTERCEPT = "This is where the line meets the axis. np.polyfit gives the slope first."


_NO_FACTOR = (
    "You fit error = h^p. There is a factor before it: error = C h^p, so the line need not pass "
    "through the origin of the log-log axes."
)


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


EXERCISE = Exercise(
    points=3,
    reference=observed_order,
    cases=_order_cases,
    misconceptions=(
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
            hint="Only the errors are logarithms. Log-log means both.",
        ),
        Misconception(
            wrong=lambda steps, errors: _fit(np.log(steps), errors),
            hint="Only the steps are logarithms. Log-log means both.",
        ),
        Misconception(
            wrong=_first_and_last,
            hint="This slope uses the first and the last point alone. Least squares uses all.",
        ),
        Misconception(
            wrong=_mean_of_slopes,
            hint="This is the mean of the slopes between neighbours. The least-squares line is "
            "another one: np.polyfit with degree 1 finds it.",
        ),
        Misconception(wrong=_through_the_origin, hint=_NO_FACTOR),
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
            wrong=lambda steps, errors: abs(observed_order(steps, errors)),
            hint="Keep the sign. Where rounding rules, the error grows as h shrinks, and the "
            "slope is negative.",
        ),
    ),
    hints=(
        "If error = C h^p, what is log(error) as a function of log(h)? Which number is p in it?",
        "It is a straight line with slope p. Any base of the logarithm gives the same slope.",
        "np.polyfit(x, y, 1) returns slope and intercept; x is np.log(steps), y np.log(errors).",
    ),
    also_right=(
        lambda steps, errors: np.polyfit(np.log10(steps), np.log10(errors), 1)[0],
        lambda steps, errors: (
            np.polynomial.Polynomial.fit(np.log(steps), np.log(errors), 1).convert().coef[1]
        ),
        _order_by_covariance,
        _order_by_hand,
        _order_by_lstsq,
    ),
)
