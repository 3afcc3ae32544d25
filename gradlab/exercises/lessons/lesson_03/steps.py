"""Exercises of lesson 3, worked step by step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Step


def list_f_steps(x: Any) -> tuple[Step, ...]:
    """Work x^2 + 3x."""
    x = np.asarray(x)
    return Step("x²", x * x), Step("3x", x + x + x), Step("their sum", x * x + 3 * x)


def list_f_prime_steps(x: Any) -> tuple[Step, ...]:
    """Work the derivative of x^2 + 3x."""
    x = np.asarray(x)
    return Step("derivative of x², 2x", x + x), Step("plus that of 3x, which is 3", x + x + 3)


def list_close_steps(
    numeric: float, analytic: float, rtol: float, atol: float
) -> tuple[Step, ...]:
    """Work a comparison with both tolerances."""
    if not (math.isfinite(numeric) and math.isfinite(analytic)):
        return Step("both numbers are finite", False), Step("so the answer is", False)
    distance = math.fabs(numeric - analytic)
    size = max(numeric, -numeric, analytic, -analytic)
    allowed = atol + rtol * size
    return (
        Step("distance |numeric - analytic|", distance),
        Step("size, the larger of |numeric| and |analytic|", size),
        Step("rtol * size", rtol * size),
        Step("allowed, atol + rtol * size", allowed),
        Step("distance <= allowed", distance <= allowed),
    )
