"""Exercises of lesson 6, worked step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.exercises.exercise import Step
from gradlab.exercises.lessons.lesson_05.steps import list_entropy_steps
from gradlab.exercises.lessons.lesson_06.common import run_forward


def list_l2_loss_steps(params: Any, X: Any, Y: Any, lam: float) -> tuple[Step, ...]:
    """Work the loss and its penalty."""
    data = list_entropy_steps(run_forward(params, X)[-1], Y)[-1].value
    squares = sum(float(w) ** 2 for W, _ in params for w in W.flat)
    return (
        Step("mean cross-entropy", data),
        Step("sum of the squares of all W, without b", squares),
        Step("penalty, lam / 2 times that", lam / 2 * squares),
        Step("cross-entropy plus penalty", data + lam / 2 * squares),
    )


def list_dropout_steps(values: Any, keep_prob: float, mask: Any) -> tuple[Step, ...]:
    """Work dropout, forward or backward."""
    kept = np.where(mask, values, 0.0)
    return Step("what is kept, times mask", kept), Step("divided by keep_prob", kept / keep_prob)


def list_mend_steps(dA: Any, A: Any, keep_prob: float, mask: Any) -> tuple[Step, ...]:
    """Work the gradient through dropout and ReLU."""
    kept = np.where(mask, dA, 0.0)
    return (
        Step("dA times mask", kept),
        Step("divided by keep_prob", kept / keep_prob),
        Step("slope of ReLU, 1 where A > 0 and else 0", np.where(A > 0, 1, 0)),
        Step("product of the last two", np.where(A > 0, kept / keep_prob, 0.0)),
    )


def list_miss_steps(bad: int, total: int, samples: int) -> tuple[Step, ...]:
    """Work the probability that every draw misses."""
    one = (total - bad) / total
    return (
        Step("probability that one draw hits a wrong entry", bad / total),
        Step("probability that one draw misses", one),
        Step("that all draws miss: its power, samples", float(one**samples)),
    )


def list_kink_steps(f: Any, x: float, h: float) -> tuple[Step, ...]:
    """Work the slopes at both ends of the interval."""
    s = h / 20
    left, right = (f(x - h + s) - f(x - h)) / s, (f(x + h) - f(x + h - s)) / s
    return (
        Step("slope from x - h to x - h + s, with s = h / 20", left),
        Step("slope from x + h - s to x + h", right),
        Step("their distance", abs(right - left)),
        Step("above 0.05, more than curvature makes of it", abs(right - left) > 0.05),
    )
