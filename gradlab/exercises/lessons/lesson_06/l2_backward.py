"""The exercise ``l2_backward`` of lesson 6."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import gradlab
from gradlab.exercises.backward.report import make_backward_report, make_layer_tally
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


def l2_backward(params, X, Y, lam):
    """Gradient of l2_loss(params, X, Y, lam): a list of (dW, db) in the shapes of params.

    params, X, Y and lam are as for l2_loss. gradlab.MLP may give the gradient of the
    cross-entropy; that of the penalty is yours.
    """
    network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
    network.params = params
    data = network.gradients(X, Y)
    return [(dW + lam * W, db) for (W, _), (dW, db) in zip(params, data, strict=True)]


def _backward_cases(rng: np.random.Generator) -> Cases:
    return {
        "the layer of a one-layer network": [make_problem_by_hand(), *draw_problems(rng, 0)],
        "the layers of a two-layer network": draw_problems(rng, 1),
        "the layers of a three-layer network": draw_problems(rng, 2),
    }


def _add_terms(
    term: Callable[[Any, float], Any],
    network: Callable[[Params], gradlab.MLP] = make_network,
) -> Callable[..., Any]:
    """Return the gradient with another term added to each dW, or that of another network."""

    def backward(params: Params, X: Any, Y: Any, lam: float) -> Any:
        data = network(params).gradients(X, Y)
        return [(dW + term(W, lam), db) for (W, _), (dW, db) in zip(params, data, strict=True)]

    return backward


def _penalise_biases(params: Params, X: Any, Y: Any, lam: float) -> Any:
    right = l2_backward(params, X, Y, lam)
    return [(dW, db + lam * b) for (_, b), (dW, db) in zip(params, right, strict=True)]


def _penalise_layers(layers: slice) -> Callable[..., Any]:
    """Return the gradient with lam W in some layers only."""

    def backward(params: Params, X: Any, Y: Any, lam: float) -> Any:
        gradients = l2_backward(params, X, Y, 0)
        gradients[layers] = l2_backward(params, X, Y, lam)[layers]
        return gradients

    return backward


def _l2_backward_by_hand(params: Any, X: Any, Y: Any, lam: float) -> Any:
    *activations, Z = run_forward(params, X)
    powers = np.exp(Z)
    delta = (powers / powers.sum(axis=1, keepdims=True) - Y) / len(X)
    gradients: list[Any] = []
    for (W, _), A in zip(params[::-1], activations[::-1], strict=True):
        gradients.insert(0, (A.T @ delta + lam * W, delta.sum(axis=0)))
        delta = delta @ W.T * (1 - A**2)
    return gradients


def _l2_backward_by_einsum(params: Any, X: Any, Y: Any, lam: float) -> Any:
    outputs = run_forward(params, X)
    powers = np.exp(outputs[-1])
    delta = powers / np.einsum("ik->i", powers)[:, None] - Y
    gradients: list[Any] = [None] * len(params)
    for k in reversed(range(len(params))):
        dW = np.einsum("ij,ik->jk", outputs[k], delta) / len(X)
        gradients[k] = [dW + params[k][0] * lam, np.mean(delta, axis=0)]
        delta = np.einsum("ik,jk,ij->ij", delta, params[k][0], 1 - outputs[k] ** 2)
    return tuple(gradients)


def _l2_backward_in_place(params: Any, X: Any, Y: Any, lam: float) -> Any:
    network = gradlab.MLP([len(params[0][0])] + [W.shape[1] for W, _ in params])
    network.params = list(params)
    gradients = network.gradients(X, Y)
    for k in range(len(gradients)):
        gradients[k][0][...] += lam * params[k][0]
    return gradients


def _l2_backward_by_differences(params: Any, X: Any, Y: Any, lam: float) -> Any:
    """Central differences of the loss, each entry poked and put back."""
    gradients = []
    for pair in params:
        slopes = []
        for array in pair:
            slope = np.empty_like(array)
            for index in np.ndindex(array.shape):
                before, h = array[index], 2.0**-17
                array[index] = before + h
                above = find_l2_loss(params, X, Y, lam)
                array[index] = before - h
                below = find_l2_loss(params, X, Y, lam)
                array[index] = before
                slope[index] = (above - below) / (2 * h)
            slopes.append(slope)
        gradients.append(tuple(slopes))
    return gradients


EXERCISE = Exercise(
    points=3,
    reference=l2_backward,
    cases=_backward_cases,
    tally=make_layer_tally(rtol=1e-6, atol=1e-9),
    report=make_backward_report("the gradient of the cross-entropy", rtol=1e-6, atol=1e-9),
    may_use=frozenset({"MLP"}),
    withheld=PENALTY_OF_MLP,
    misconceptions=(
        Misconception(
            wrong=lambda params, X, Y, lam: [(W.copy(), b.copy()) for W, b in params],
            hint="You return the parameters themselves: return the gradient, (dW, db) of each.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: make_network(params, l2=lam).gradients(X, Y),
            hint=SHORTCUT,
            shows=hands_lam_to_mlp,
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, 0),
            hint="This is the gradient of the cross-entropy alone. A check would show a residual "
            "proportional to W: the penalty's derivative is missing.",
        ),
        Misconception(
            wrong=_penalise_biases,
            hint="You add lam b to db. The biases are not in the penalty, so it has no "
            "derivative by them.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, lam / 2),
            hint="The derivative of W² is 2 W, and the 2 cancels the 1/2 of the penalty: what is "
            "left?",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, lam / len(params)),
            hint="You share lam out among the layers. Each W has the whole of lam in the penalty.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, 2 * lam),
            hint="2 lam W belongs to a penalty of lam times the squares. Here it has a 1/2: loss "
            "and gradient must follow the same convention.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, lam / len(X)),
            hint="You divide lam W by m. The loss does not: its penalty is added after the mean. "
            "Loss and gradient must follow the same convention.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, -lam),
            hint="You subtract lam W. The penalty is added to the loss, so its derivative is "
            "added too; the minus sign belongs to the training step.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: [(lam * W, 0 * b) for W, b in params],
            hint="This is the gradient of the penalty alone: add that of the cross-entropy.",
        ),
        Misconception(
            wrong=_penalise_layers(slice(-1, None)),
            hint="Only the last dW has its lam W. Every layer's W is in the penalty.",
        ),
        Misconception(
            wrong=_penalise_layers(slice(1)),
            hint="Only the first dW has its lam W. Every layer's W is in the penalty.",
        ),
        Misconception(
            wrong=_penalise_layers(slice(-1)),
            hint="The last dW lacks its lam W. Every layer's W is in the penalty.",
        ),
        Misconception(
            wrong=_add_terms(lambda W, lam: lam / 2 * np.sum(W**2)),
            hint="You add the penalty itself to every entry of dW. Add its derivative: how does "
            "it change if one entry of W does?",
        ),
        Misconception(
            wrong=_add_terms(
                lambda W, lam: lam * W,
                network=lambda params: make_network(params, reduction="sum"),
            ),
            hint=DATA_SUMMED,
        ),
        Misconception(
            wrong=_add_terms(lambda W, lam: lam * W, network=make_untouched), hint=OTHER_PARAMS
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: [dW for dW, _ in l2_backward(params, X, Y, lam)],
            hint="db is missing. The penalty adds nothing to it, but it is part of the gradient: "
            "return a pair (dW, db) for each layer.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: list(
                zip(*l2_backward(params, X, Y, lam), strict=True)
            ),
            hint="You return all dW and then all db. Return them layer by layer: "
            "[(dW1, db1), (dW2, db2), ...].",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, lam)[::-1],
            hint="The layers are in reverse: backpropagation finds the last one first, but the "
            "list begins with layer 1, as params does.",
        ),
    ),
    hints=(
        "A sum is differentiated term by term. What is the derivative of lam / 2 W[i, j]² by "
        "W[i, j], and by b[j]?",
        "It is lam W[i, j] and 0. So dW changes, and db does not.",
        "network = gradlab.MLP(sizes) with sizes = [n_0, ..., K]. Set network.params = params, "
        "take network.gradients(X, Y), a list of (dW, db), and add lam * W to each dW.",
    ),
    also_right=(
        _l2_backward_by_hand,
        _l2_backward_by_einsum,
        _l2_backward_in_place,
        _l2_backward_by_differences,
    ),
)
