"""Exercises of lesson 2, worked step by step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Step


def list_taylor_steps(derivatives: Any, x0: Any, x: Any) -> tuple[Step, ...]:
    """Work a Taylor polynomial term by term."""
    distance = np.asarray(x, dtype=np.float64) - x0
    terms = [d * distance**k / math.factorial(k) for k, d in enumerate(derivatives)]
    named = (Step(f"term {k}, of (x - x0)^{k} / {k}!", term) for k, term in enumerate(terms))
    return (Step("x - x0", distance), *named, Step("sum of the terms", sum(terms)))


def list_order_steps(steps: Any, errors: Any) -> tuple[Step, ...]:
    """Work the slope of a straight line on log-log axes by sums over the points."""
    x = np.array([math.log(step) for step in steps])
    y = np.array([math.log(error) for error in errors])
    dx, dy = x - sum(x) / len(x), y - sum(y) / len(y)
    above, below = sum(dx * dy), sum(dx * dx)
    return (
        Step("x, the logarithms of the steps", x),
        Step("y, the logarithms of the errors", y),
        Step("x minus the mean of x", dx),
        Step("y minus the mean of y", dy),
        Step("sum of the products of these two", above),
        Step("sum of the squares of x minus its mean", below),
        Step("slope, the quotient of these two sums", above / below),
    )


def list_best_step_steps(f_scale: float, third_derivative: float) -> tuple[Step, ...]:
    """Work the best step of the central difference."""
    above = 3 * 2.0**-53 * f_scale
    quotient = above / abs(third_derivative)
    return (
        Step("3 u f_scale, with u = 2^-53", above),
        Step("divided by |f'''|", quotient),
        Step("the cube root of it", float(np.cbrt(quotient))),
    )


def list_richardson_steps(f: Any, x: Any, h: float) -> tuple[Step, ...]:
    """Work Richardson's combination of two central differences."""
    x = np.asarray(x, dtype=np.float64)
    coarse = (f(x + h) - f(x - h)) / h / 2
    fine = (f(x + h / 2) - f(x - h / 2)) / h
    return (
        Step("central difference with step h", coarse),
        Step("central difference with step h / 2", fine),
        Step("4 times the second minus the first", 4 * fine - coarse),
        Step("divided by 3", (4 * fine - coarse) / 3),
    )
