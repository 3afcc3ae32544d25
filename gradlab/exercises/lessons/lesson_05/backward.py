"""The exercise ``backward`` of lesson 5."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gradlab.exercises.backward.report import make_backward_report, make_layer_tally
from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Arguments, Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_05.common.backward_passes import (
    Params,
    Pass,
    find_gradients,
    make_backward,
    run_backward_by_einsum,
    run_backward_by_samples,
    run_backward_recursive,
    run_backward_with_ones,
)
from gradlab.exercises.lessons.lesson_05.common.probabilities import (
    draw_one_hot,
    join_entries,
    make_raised,
)
from gradlab.exercises.lessons.lesson_05.softmax import softmax


def backward(params, X, Y):
    """Gradient of the mean softmax cross-entropy of a network, by backpropagation.

    params is a list of (W, b), one pair for each layer: W has shape (n_in, n_out), b (n_out,).
    Every layer but the last is followed by tanh; the last one gives the logits. X has shape
    (m, n_0), the one-hot Y shape (m, K). Returns a list of (dW, db), in the order and with the
    shapes of params. The arguments stay as they are.
    """
    activations = [X]
    for W, b in params[:-1]:
        activations.append(np.tanh(activations[-1] @ W + b))
    W, b = params[-1]
    logits = activations[-1] @ W + b
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)

    delta = (probabilities - Y) / len(X)
    gradients = []
    for layer in reversed(range(len(params))):
        A = activations[layer]  # what went into this layer
        gradients.append((A.T @ delta, delta.sum(axis=0)))
        if layer > 0:
            W, _ = params[layer]
            delta = (delta @ W.T) * (1 - A**2)  # tanh'(z) = 1 - tanh(z)^2
    return gradients[::-1]


# Differences of the loss are not as near as this, and backpropagation in any style is.
_RTOL, _ATOL = 1e-12, 1e-14
# Tens of thousands of losses, of a complex step, say, take minutes; backpropagation takes no time.
_MANY = (300, 290, 7)


def _backward_cases(rng: np.random.Generator) -> Cases:
    """Three groups, by depth; all sizes of a case differ, so that swapped axes show.

    In the first case each probability is 1/2; one network is too large for differences.
    """

    def case(rows: int, *sizes: int) -> Arguments:
        low = 0.3 if max(sizes) < 10 else 0.01
        params = [
            (draw_signed(rng, low, 3 * low, pair), draw_signed(rng, 0.2, 0.6, pair[1]))
            for pair in pairwise(sizes)
        ]
        X = np.round(rng.uniform(0.05, 1, (rows, sizes[0])), 2)
        return params, X, draw_one_hot(rng, rows, sizes[-1])

    def small_case(layers: int) -> Arguments:
        return case(*rng.permutation([2, 3, 4, 5, 6])[: layers + 2].tolist())

    by_hand = (
        [(np.array([[1.0, 1.0]]), np.array([2.0, 2.0]))],
        np.array([[1.0], [2.0], [3.0], [2.0]]),
        np.eye(2)[[0, 0, 0, 1]],
    )
    return {
        "the layer of a one-layer network": [by_hand, small_case(1), small_case(1)],
        "the layers of a two-layer network": [small_case(2), small_case(2), case(3, *_MANY)],
        "the layers of a three-layer network": [small_case(3), small_case(3)],
    }


def _by_differences(params: Params, X: Any, Y: Any) -> Any:
    """Return what central differences would: the gradient, off in the tenth digit."""
    return [
        tuple(
            part * (1 + 1e-10 * np.cos(np.arange(part.size)).reshape(part.shape)) for part in pair
        )
        for pair in find_gradients(params, X, Y)
    ]


def _is_near_but_not_right(trials: list[Trial]) -> bool:
    """Whether every gradient is right to seven digits, or the like, and one is not right."""
    return any(trial.stage for trial in trials) and all(
        not trial.stage
        or (
            trial.stage == "values"
            and np.allclose(join_entries(trial.got), join_entries(trial.expected), 1e-5, 1e-7)
        )
        for trial in trials
    )


def _summed(f: Pass) -> Any:
    return f.P - f.Y


def _mean_dw(f: Pass, layer: int, delta: Any) -> Any:
    return f.A[layer].T @ delta / len(delta)


def _mean_db(f: Pass, layer: int, delta: Any) -> Any:
    return delta.mean(axis=0)


def _with_slope(f: Pass, layer: int, delta: Any) -> Any:
    return delta if layer == len(f.params) - 1 else delta * (1 - f.A[layer + 1] ** 2)


def _in_one_list(params: Params, X: Any, Y: Any) -> list[Any]:
    return [part for pair in find_gradients(params, X, Y) for part in pair]


def _in_two_lists(params: Params, X: Any, Y: Any) -> list[Any]:
    return [list(parts) for parts in zip(*find_gradients(params, X, Y), strict=True)]


def _updated(params: Params, X: Any, Y: Any) -> Params:
    pairs = zip(params, find_gradients(params, X, Y), strict=True)
    return [(W - 0.1 * dW, b - 0.1 * db) for (W, b), (dW, db) in pairs]


def _is_updated(trials: list[Trial]) -> bool:
    """Whether every result is params plus a multiple of the gradient."""
    for trial in trials:
        if trial.got is None or trial.stage != "values":
            return False
        gradient = join_entries(trial.expected)
        step = join_entries(trial.got) - join_entries(trial.arguments[0])
        rate = step @ gradient / (gradient @ gradient)
        if abs(rate) < 1e-9 or not np.allclose(step, rate * gradient, rtol=1e-6, atol=1e-9):
            return False
    return True


_ONE_SUMMED = (
    "One of dW and db is averaged over the rows, the other is summed. Divide by m once, in "
    "delta_L = (A_L - Y) / m, and nowhere else."
)
_TWICE = (
    "You divide by m twice somewhere. If delta_L is already divided by m, then dW is "
    "A^T delta and db the plain sum over the rows."
)
_FROM_Z = (
    "tanh'(Z) is 1 - tanh(Z)^2, so in terms of the activations it is 1 - A^2. You put something "
    "else in the place of A."
)
_PAIRS = (
    "The gradient has the form of params: a list with one pair (dW, db) for each layer, also "
    "where there is only one layer."
)
_LAST_SLOPE = (
    "For softmax with cross-entropy all derivatives are done in A_L - Y: multiply delta_L by "
    "no further one. The last layer has no tanh."
)


EXERCISE = Exercise(
    points=6,
    reference=backward,
    cases=_backward_cases,
    rtol=_RTOL,
    atol=_ATOL,
    tally=make_layer_tally(rtol=_RTOL, atol=_ATOL),
    report=make_backward_report(
        "delta at the output, (A - Y) / m, and the forward pass before it", rtol=_RTOL, atol=_ATOL
    ),
    misconceptions=(
        Misconception(
            wrong=make_backward(start=_summed),
            hint="Everything is m times too large: the loss is a mean over m rows, so delta_L is "
            "(A_L - Y) / m.",
        ),
        Misconception(wrong=make_backward(start=_summed, weights=_mean_dw), hint=_ONE_SUMMED),
        Misconception(wrong=make_backward(start=_summed, bias=_mean_db), hint=_ONE_SUMMED),
        Misconception(wrong=make_backward(bias=_mean_db), hint=_TWICE),
        Misconception(wrong=make_backward(weights=_mean_dw), hint=_TWICE),
        Misconception(wrong=make_backward(weights=_mean_dw, bias=_mean_db), hint=_TWICE),
        Misconception(
            wrong=make_backward(start=lambda f: (f.P - f.Y) / f.A[0].shape[1]),
            hint="You divide by n_0, the columns of X. The mean is over the m rows: len(X).",
        ),
        Misconception(
            wrong=make_backward(start=lambda f: (f.P - f.Y) / f.Y.size),
            hint="You divide by m K, the number of entries of Y. The mean is over the m rows.",
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: 1.0),
            hint="The last layer is right, those before are not: on its way back delta also "
            "passes tanh. Multiply delta W^T by tanh'(Z), entry by entry.",
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: 1 - f.Z[layer - 1] ** 2), hint=_FROM_Z
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: 1 - np.tanh(f.A[layer]) ** 2),
            hint=_FROM_Z,
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: 1 - f.A[layer]),
            hint="tanh' is 1 - A^2: the square is missing.",
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: (1 - f.A[layer]) ** 2),
            hint="tanh' is 1 - A^2, not (1 - A)^2: the square belongs to A alone.",
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: f.A[layer] ** 2 - 1),
            hint="tanh' is 1 - A^2, never below 0. Yours has the opposite sign.",
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: f.A[layer] * (1 - f.A[layer])),
            hint="A (1 - A) is the derivative of the sigmoid. The hidden layers are tanh.",
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: f.A[layer] > 0),
            hint="This is the derivative of ReLU. The hidden layers are tanh.",
        ),
        *(
            Misconception(
                wrong=make_backward(activation=activation, slope=slope),
                hint="The hidden layers are tanh, on the way forward too.",
            )
            for activation, slope in (
                (lambda Z: 1 / (1 + np.exp(-Z)), lambda f, layer: f.A[layer] * (1 - f.A[layer])),
                (lambda Z: np.maximum(Z, 0), lambda f, layer: f.A[layer] > 0),
                (lambda Z: Z, lambda f, layer: 1.0),
            )
        ),
        Misconception(
            wrong=lambda params, X, Y: find_gradients([(W, 0 * b) for W, b in params], X, Y),
            hint="You leave b out on the way forward: Z is A W + b.",
        ),
        *(
            Misconception(
                wrong=make_backward(
                    weights=lambda f, layer, d: f.A[layer].T @ _with_slope(f, layer, d),
                    bias=bias,
                    slope=lambda f, layer: 1.0,
                ),
                hint="The slope of tanh belongs in delta itself, not only into this dW: db and "
                "the layers before come from the same delta.",
            )
            for bias in (
                lambda f, layer, d: d.sum(axis=0),
                lambda f, layer, d: _with_slope(f, layer, d).sum(axis=0),
            )
        ),
        Misconception(
            wrong=make_backward(bias=lambda f, layer, d: d),
            hint="b is added to every row, so every row has a share in db: sum delta over the "
            "rows.",
        ),
        Misconception(
            wrong=make_backward(bias=lambda f, layer, d: d[0]),
            hint="Your db is the first row of delta. b is added to every row: sum over the rows.",
        ),
        Misconception(
            wrong=make_backward(bias=lambda f, layer, d: d.sum()),
            hint="Your db is one number. Each unit has a bias of its own: sum over the rows only, "
            "axis=0.",
        ),
        Misconception(
            wrong=make_backward(bias=lambda f, layer, d: d.sum(axis=1)),
            hint="db has one entry for each unit, so sum delta over the rows: axis=0.",
        ),
        Misconception(
            wrong=make_backward(bias=lambda f, layer, d: d.sum(axis=0, keepdims=True)),
            hint="db has shape (1, n_out). b has shape (n_out,): sum without keepdims.",
        ),
        Misconception(
            wrong=make_backward(start=lambda f: (f.Y - f.P) / len(f.Y)),
            hint="The sign of everything is wrong: delta_L is A_L - Y, not Y - A_L. The update "
            "W - rate * dW has its minus elsewhere.",
        ),
        Misconception(
            wrong=make_backward(product=lambda f, layer, d: d @ f.params[layer][0]),
            hint="The shapes of a matrix product do not fit. Write them beside each factor: delta "
            "is (m, n_out), W is (n_in, n_out), A is (m, n_in). Is each of the layer at hand, and "
            "which one needs .T? The slope of tanh is no matrix product: *.",
            shows=make_raised("matmul", "not aligned"),
        ),
        Misconception(
            wrong=make_backward(slope=lambda f, layer: 1 - f.A[layer + 1] ** 2),
            hint="Two arrays of unequal shapes meet. Where it is the slope: on the way back "
            "through layer l delta W^T has the shape of A_{l-1}, so the slope is 1 - A_{l-1}^2.",
            shows=make_raised("broadcast"),
        ),
        Misconception(
            wrong=lambda params, X, Y: find_gradients(params, X, Y)[::-1],
            hint="The layers come out last to first, as you find them. Turn the list round.",
        ),
        Misconception(
            wrong=lambda params, X, Y: find_gradients(params, X, Y)[-1:],
            hint="One layer comes out, however many there are. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=_updated,
            hint="You return updated parameters. Return the gradient itself, dW and db: whoever "
            "calls you makes the update.",
            shows=_is_updated,
        ),
        Misconception(
            wrong=lambda params, X, Y: [(db, dW) for dW, db in find_gradients(params, X, Y)],
            hint="dW and db have changed places: each pair is (dW, db).",
        ),
        Misconception(wrong=_in_one_list, hint=_PAIRS),
        Misconception(wrong=_in_two_lists, hint=_PAIRS),
        Misconception(
            wrong=lambda params, X, Y: [(dW.T, db) for dW, db in find_gradients(params, X, Y)],
            hint="dW is transposed: W has shape (n_in, n_out), so dW is A^T delta.",
        ),
        Misconception(
            wrong=make_backward(weights=lambda f, layer, d: f.A[layer + 1].T @ d),
            hint="dW_l takes the activations that go into layer l, A_{l-1}, not those that come "
            "out.",
        ),
        Misconception(
            wrong=make_backward(start=lambda f: (f.Z[-1] - f.Y) / len(f.Y)),
            hint="delta_L takes the probabilities: put the logits through softmax first.",
        ),
        *(
            Misconception(
                wrong=make_backward(start=start),
                hint="Your softmax normalises the wrong entries. The probabilities of one "
                "sample, a row of X, must sum to 1.",
            )
            for start in (
                lambda f: (np.exp(f.Z[-1]) / np.exp(f.Z[-1]).sum() - f.Y) / len(f.Y),
                lambda f: (softmax(f.Z[-1].T).T - f.Y) / len(f.Y),
            )
        ),
        Misconception(
            wrong=make_backward(start=lambda f: (softmax(f.A[-1]) - f.Y) / len(f.Y)),
            hint="The last layer has no tanh: its pre-activations are the logits.",
        ),
        Misconception(
            wrong=make_backward(start=lambda f: (f.P - f.Y) / len(f.Y) * f.P * (1 - f.P)),
            hint=_LAST_SLOPE,
        ),
        Misconception(
            wrong=make_backward(start=lambda f: (f.P - f.Y) / len(f.Y) * (1 - f.P**2)),
            hint=_LAST_SLOPE,
        ),
        Misconception(
            wrong=lambda params, X, Y: [(W.copy(), b.copy()) for W, b in params],
            hint="You return the parameters themselves: return the gradient, (dW, db) of each.",
        ),
        Misconception(
            wrong=_by_differences,
            hint="Nearly right in every digit, and not quite. Differences of the loss, or float32 "
            "numbers, end there; backpropagation in float64 is right to the last digits.",
            shows=_is_near_but_not_right,
        ),
    ),
    hints=(
        "First forward, and keep every A_l. Then start at the end: what is the derivative of the "
        "mean loss with respect to the logits?",
        "delta_L = (A_L - Y) / m. In each layer dW_l = A_{l-1}^T delta_l, and db_l is the sum of "
        "delta_l over the rows. Then one layer back.",
        "delta_{l-1} = (delta_l @ W_l.T) * (1 - A_{l-1}**2), because tanh' = 1 - tanh^2. "
        "Without hidden layers you never need it.",
        "Go through the layers from last to first, append (A.T @ delta, delta.sum(axis=0)), and "
        "return the list turned round.",
    ),
    also_right=(
        run_backward_by_samples,
        run_backward_by_einsum,
        run_backward_with_ones,
        run_backward_recursive,
    ),
)
