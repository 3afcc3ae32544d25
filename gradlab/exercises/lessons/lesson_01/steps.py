"""Exercises of lesson 1, worked step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.exercises.exercise import Step


def list_forward_steps(f: Any, x: Any, h: float) -> tuple[Step, ...]:
    """Work a forward difference."""
    x = np.asarray(x, dtype=np.float64)
    right, middle = f(x + h), f(x)
    return (
        Step("f(x + h)", right),
        Step("f(x)", middle),
        Step("rise f(x + h) - f(x)", right - middle),
        Step("divided by the run h", (right - middle) / h),
    )


def list_central_steps(f: Any, x: Any, h: float) -> tuple[Step, ...]:
    """Work a central difference."""
    x = np.asarray(x, dtype=np.float64)
    right, left = f(x + h), f(x - h)
    return (
        Step("f(x + h)", right),
        Step("f(x - h)", left),
        Step("rise f(x + h) - f(x - h)", right - left),
        Step("divided by the run 2 h", (right - left) / (2 * h)),
    )
