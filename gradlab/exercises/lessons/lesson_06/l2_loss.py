"""The exercise ``l2_loss`` of lesson 6."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import gradlab
from gradlab.exercises.exercise import Cases, Exercise, Misconception
from gradlab.exercises.lessons.lesson_06.common import (
    DATA_SUMMED,
    OTHER_PARAMS,
    PENALTY_OF_MLP,
    SHORTCUT,
    Params,
    draw_problems,
    find_l2_loss,
    hands_lam_to_mlp,
    make_network,
    make_problem_by_hand,
    make_untouched,
    run_forward,
)
from gradlab.exercises.lessons.lesson_06.steps import list_l2_loss_steps


def l2_loss(params, X, Y, lam):
    """Loss of a tanh network with an L2 penalty, a number.

    It is the mean cross-entropy plus lam / 2 times the sum of the squares of all W (no bias).
    params is a list of (W, b), X has shape (m, n_0), one-hot Y has shape (m, K), and lam is any
    number, a negative one too. gradlab.MLP may give the cross-entropy; the penalty is yours.
    """
    network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
    network.params = params
    penalty = lam / 2 * sum(np.sum(W**2) for W, _ in params)
    return network.loss(X, Y) + penalty


def _loss_cases(rng: np.random.Generator) -> Cases:
    return {
        "no hidden layer": [make_problem_by_hand(), *draw_problems(rng, 0)],
        "hidden layers": draw_problems(rng, 1, 2),
    }


def _add_penalty(size: Callable[[Params], Any]) -> Callable[..., Any]:
    """Return the loss with lam / 2 times something else than the sum of all squares."""
    return lambda params, X, Y, lam: l2_loss(params, X, Y, 0) + lam / 2 * size(params)


def _sum_squares(params: Params) -> Any:
    return sum(np.sum(W**2) for W, _ in params)


def _l2_loss_by_rows(params: Any, X: Any, Y: Any, lam: float) -> float:
    total = 0.0
    for x, y in zip(X, Y, strict=True):
        z = run_forward(params, x)[-1]
        total += math.log(sum(math.exp(value) for value in z)) - z[y.argmax()]
    total /= len(X)
    for W, _ in params:
        for weight in W.flat:
            total += lam / 2 * weight**2
    return total


def _l2_loss_from_copies(params: Any, X: Any, Y: Any, lam: float) -> Any:
    network = gradlab.MLP((len(params[0][0]), *(W.shape[1] for W, _ in params)), seed=5)
    network.params = [(W.copy(), b.copy()) for W, b in params]
    penalty = sum(0.5 * lam * np.linalg.norm(W) ** 2 for W, _ in params)
    return np.float64(penalty) + network.loss(X, Y)


def _l2_loss_by_trace(params: Any, X: Any, Y: Any, lam: float) -> Any:
    loss = find_l2_loss(params, X, Y, 0.0)
    for W, _b in params:
        loss += lam * np.trace(W.T @ W) / 2
    return loss


EXERCISE = Exercise(
    points=2,
    reference=l2_loss,
    cases=_loss_cases,
    steps=list_l2_loss_steps,
    may_use=frozenset({"MLP"}),
    withheld=PENALTY_OF_MLP,
    misconceptions=(
        Misconception(
            wrong=lambda params, X, Y, lam: make_network(params, l2=lam).loss(X, Y),
            hint=SHORTCUT,
            shows=hands_lam_to_mlp,
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_loss(params, X, Y, 2 * lam),
            hint="The penalty is twice too large: its factor is lam / 2, so that its derivative "
            "is lam W.",
        ),
        Misconception(
            wrong=_add_penalty(lambda params: sum(np.sum(W**2) + np.sum(b**2) for W, b in params)),
            hint="You penalise the biases too. The penalty is on every W, and on no b.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_loss(params, X, Y, 0),
            hint="This is the cross-entropy alone: the penalty is missing.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: lam / 2 * _sum_squares(params),
            hint="This is the penalty alone: add it to the cross-entropy.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_loss(params, X, Y, lam / len(X)),
            hint="You divide the penalty by m. Some conventions do; here only the cross-entropy "
            "is a mean over the rows.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: (
                make_network(params, reduction="sum").loss(X, Y) + lam / 2 * _sum_squares(params)
            ),
            hint=DATA_SUMMED,
        ),
        Misconception(
            wrong=_add_penalty(lambda params: _sum_squares(params[-1:])),
            hint="Only the last W is in your penalty. Sum over all layers.",
        ),
        Misconception(
            wrong=_add_penalty(lambda params: _sum_squares(params[:1])),
            hint="Only the first W is in your penalty. Sum over all layers.",
        ),
        Misconception(
            wrong=_add_penalty(lambda params: _sum_squares(params[:-1])),
            hint="The last W is not in your penalty. Sum over all layers.",
        ),
        Misconception(
            wrong=_add_penalty(lambda params: sum(np.linalg.norm(W) for W, _ in params)),
            hint="You add up the norms of the W. The penalty has their squares.",
        ),
        Misconception(
            wrong=_add_penalty(lambda params: np.sqrt(_sum_squares(params))),
            hint="The penalty has squares and no root.",
        ),
        Misconception(
            wrong=_add_penalty(lambda params: sum(np.linalg.norm(W, 2) ** 2 for W, _ in params)),
            hint="np.linalg.norm(W, 2) of a matrix is its largest singular value. Sum the squares "
            "of the entries instead.",
        ),
        Misconception(
            wrong=_add_penalty(lambda params: sum(np.sum(W) ** 2 for W, _ in params)),
            hint="You square the sum of the entries. Square each entry, then sum.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: (
                make_untouched(params).loss(X, Y) + lam / 2 * _sum_squares(params)
            ),
            hint=OTHER_PARAMS,
        ),
    ),
    hints=(
        "Two parts, computed apart: the cross-entropy does not know lam, and the penalty knows "
        "neither X nor Y.",
        "network = gradlab.MLP(sizes) with sizes = [n_0, ..., K], the number of columns of X and "
        "then the length of each b. Set network.params = params and take network.loss(X, Y).",
        "The penalty is lam / 2 * sum(np.sum(W**2) for W, b in params).",
    ),
    also_right=(
        find_l2_loss,
        _l2_loss_by_rows,
        _l2_loss_from_copies,
        _l2_loss_by_trace,
    ),
)
