"""Exercises of lesson 5, worked step by step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Step


def list_softmax_steps(Z: Any) -> tuple[Step, ...]:
    """Work the probabilities row by row."""
    shifted = np.array([[z - max(row) for z in row] for row in Z.tolist()])
    exponentials = np.array([[math.exp(z) for z in row] for row in shifted.tolist()])
    sums = np.array([[math.fsum(row)] for row in exponentials])
    return (
        Step("Z minus the maximum of its row", shifted),
        Step("exponentials", exponentials),
        Step("sum of each row", sums),
        Step("exponentials divided by the sum of their row", exponentials / sums),
    )


def list_entropy_steps(Z: Any, Y: Any) -> tuple[Step, ...]:
    """Work the loss row by row."""
    sums = []
    for row in Z.tolist():
        top = max(row)
        sums.append(top + math.log(math.fsum(math.exp(z - top) for z in row)))
    log_sums, right = (
        np.array(sums),
        np.array([row[y == 1][0] for row, y in zip(Z, Y, strict=True)]),
    )
    losses = log_sums - right
    return (
        Step("log-sum-exp of each row", log_sums),
        Step("z_k of each row, of the class that Y marks", right),
        Step("losses of the rows, log-sum-exp minus z_k", losses),
        Step("their mean", math.fsum(losses) / len(losses)),
    )


def list_difference_steps(a: Any, b: Any) -> tuple[Step, ...]:
    """Work the three norms and their quotient."""
    apart, size_a, size_b = (_find_norm(v) for v in (a - b, a, b))
    total = size_a + size_b
    norms = (
        Step("||a - b||", apart),
        Step("||a||", size_a),
        Step("||b||", size_b),
        Step("||a|| + ||b||", total),
    )
    if total == 0:
        return *norms, Step("both are zero, so the answer is", 0.0)
    return *norms, Step("the first divided by the last", apart / total)


def _find_norm(values: Any) -> float:
    return math.sqrt(sum(value * value for value in values.ravel().tolist()))


def list_check_steps(loss: Any, gradient: Any, theta: Any) -> tuple[Step, ...]:
    """Work a gradient check by the relative difference."""
    moved = 1e-5 * np.eye(len(theta))
    numeric = np.array([(loss(theta + s) - loss(theta - s)) / 2e-5 for s in moved])
    analytic = np.asarray(gradient(theta))
    *norms, (_, difference) = list_difference_steps(analytic, numeric)
    return (
        Step("gradient(theta), a", analytic),
        Step("central differences of loss, h = 1e-5, b", numeric),
        norms[0],
        norms[-1],
        Step("the first divided by the last", difference),
        Step("at most 1e-6", difference <= 1e-6),
    )
