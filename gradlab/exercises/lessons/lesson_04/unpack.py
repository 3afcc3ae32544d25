"""The exercise ``unpack`` of lesson 4."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_04.common import (
    FORTRAN,
    WEIGHTS_FIRST,
    Params,
    Shapes,
    draw_sizes,
    draw_theta,
    list_blocks,
    list_failed,
    make_shapes,
    make_told,
    make_unpack,
    unpack_by_split,
    unpack_weights_first,
)
from gradlab.exercises.lessons.lesson_04.steps import list_unpack_steps
from gradlab.exercises.marking.values import list_leaves


def unpack(theta, shapes):
    """Return [(W1, b1), (W2, b2), ...], new arrays filled from theta in the order of pack.

    theta is a 1-D float64 array; shapes is [((n_in, n_out), (n_out,)), ...], the shapes of W and
    b for each layer. The arrays are float64 and share no memory with theta.
    """
    params = []
    start = 0
    for W_shape, b_shape in shapes:
        middle = start + W_shape[0] * W_shape[1]
        end = middle + b_shape[0]
        W = theta[start:middle].reshape(W_shape).copy()
        b = theta[middle:end].copy()
        params.append((W, b))
        start = end
    return params


def _unpack_cases(rng: np.random.Generator) -> Cases:
    """Three groups; a layer of one unit is where an axis gets lost. The first case is by hand."""

    def case(sizes: Iterable[int]) -> tuple[Any, ...]:
        shapes = make_shapes(sizes)
        return draw_theta(rng, shapes), shapes

    n_0, n_2 = draw_sizes(rng, 1)
    by_hand = np.arange(1.0, 10.0), make_shapes([2, 3])
    return {
        "one layer": [by_hand, *(case(draw_sizes(rng, 1)) for _ in range(2))],
        "several layers": [case(draw_sizes(rng, layers)) for layers in (2, 2, 3)],
        "a layer of one unit": [
            case([*draw_sizes(rng, 1), 1]),
            case([1, *draw_sizes(rng, 1)]),
            case([n_0, 1, n_2]),
        ],
    }


def _read_bias_from_start(theta: Any, shapes: Shapes) -> Params:
    starts = np.cumsum([0, *(n_in * n_out + n_out for (n_in, n_out), _ in shapes)])
    pairs = zip(unpack(theta, shapes), starts, strict=False)
    return [(W, theta[start : start + b.size].copy()) for (W, b), start in pairs]


def _take_n_in_for_b(theta: Any, shapes: Shapes) -> Params:
    params = []
    for (n_in, n_out), _ in shapes:
        W, b, theta = np.split(theta.copy(), [n_in * n_out, n_in * n_out + n_in])
        params.append((W.reshape(n_in, n_out), b))
    return params


def _takes_n_in_for_b(trials: list[Trial]) -> bool:
    """Whether b1 has n_in entries, or what is left of theta; a later W may lack some then."""
    seen = False
    for trial in list_failed(trials):
        theta, (((n_in, n_out), _), *_) = trial.arguments
        _, b, *_ = [*list_leaves(trial.got), None]
        if b is not None and n_out != b.size == min(n_in, theta.size - n_in * n_out):
            seen = True
        elif "cannot reshape" not in trial.detail:
            return False
    return seen


def _return_views(theta: Any, shapes: Shapes) -> Params:
    params, start = [], 0
    for (n_in, n_out), _ in shapes:
        middle, end = start + n_in * n_out, start + n_in * n_out + n_out
        params.append((theta[start:middle].reshape(n_in, n_out), theta[middle:end]))
        start = end
    return params


def _change_layers(change: Callable[[Any, Any], Any]) -> Callable[[Any, Shapes], Any]:
    """Return a wrong unpack, which makes change(W, b) of every right pair."""
    return lambda theta, shapes: [change(W, b) for W, b in unpack(theta, shapes)]


def _is_flat(trials: list[Trial]) -> bool:
    """Whether the right blocks came in a row, and not in pairs."""
    return all(
        trial.detail.startswith(f"returned {2 * len(trial.expected)} parts")
        for trial in list_failed(trials)
    )


_ONE_AXIS = "b has a single axis: shape (n_out,), neither (1, n_out) nor (n_out, 1)."


def _unpack_entry_by_entry(theta: Any, shapes: Any) -> Any:
    layers, k = [], 0
    for W_shape, b_shape in shapes:
        W, b = np.empty(W_shape), np.empty(b_shape)
        for row in range(W_shape[0]):
            for column in range(W_shape[1]):
                W[row, column] = theta[k]
                k += 1
        for j in range(b_shape[0]):
            b[j] = theta[k]
            k += 1
        layers.append([W, b])
    return layers


def _unpack_from_one_copy(theta: Any, shapes: Any) -> Any:
    """Return views of a private copy, which share no memory with the theta of the caller."""
    rest = np.array(theta)
    layers = []
    for (n_in, n_out), _ in shapes:
        layer, rest = np.split(rest, [(n_in + 1) * n_out])
        rows = layer.reshape(n_in + 1, n_out)
        layers.append((rows[:-1], rows[-1]))
    return tuple(layers)


def _unpack_from_an_iterator(theta: Any, shapes: Any) -> Any:
    numbers = iter(theta)
    return [
        tuple(
            np.fromiter(numbers, dtype=float, count=math.prod(shape)).reshape(shape)
            for shape in pair
        )
        for pair in shapes
    ]


def _unpack_in_fortran_layout(theta: Any, shapes: Any) -> Any:
    params = []
    for W_shape, b_shape in shapes:
        size = math.prod(W_shape)
        W = theta[:size].reshape(W_shape)
        params.append((np.asfortranarray(W) + 0.0, 1.0 * theta[size : size + b_shape[0]]))
        theta = theta[size + b_shape[0] :]
    return params


EXERCISE = Exercise(
    points=3,
    reference=unpack,
    cases=_unpack_cases,
    steps=list_unpack_steps,
    rtol=0.0,  # numbers are moved, not computed
    atol=0.0,
    new_arrays=True,
    misconceptions=(
        Misconception(
            wrong=make_unpack(lambda W_size, b_size: W_size),
            hint="From the second layer on your blocks begin too early: the next layer starts "
            "after b, not after W.",
        ),
        Misconception(
            wrong=make_unpack(lambda W_size, b_size: 0),
            hint="Every layer of yours begins at theta[0]. Remember where the last one ended.",
        ),
        Misconception(
            wrong=_read_bias_from_start,
            hint="Your b is read from where W begins. It comes after W.",
        ),
        Misconception(wrong=unpack_weights_first, hint=WEIGHTS_FIRST),
        Misconception(
            wrong=lambda theta, shapes: [
                (W.reshape(W.T.shape).T, b) for W, b in unpack(theta, shapes)
            ],
            hint=FORTRAN,
        ),
        Misconception(
            wrong=_change_layers(lambda W, b: (W.ravel(), b)),
            hint="W is still a row of numbers: reshape it to (n_in, n_out).",
        ),
        *(
            Misconception(
                wrong=_change_layers(other_shape),
                hint="W has the shape (n_out, n_in). The first size in shapes is the number of "
                "rows.",
            )
            for other_shape in (
                lambda W, b: (W.reshape(W.T.shape), b),
                lambda W, b: (W.T.copy(), b),
            )
        ),
        Misconception(wrong=_change_layers(lambda W, b: (W, b[np.newaxis])), hint=_ONE_AXIS),
        Misconception(wrong=_change_layers(lambda W, b: (W, b[:, np.newaxis])), hint=_ONE_AXIS),
        Misconception(
            wrong=_change_layers(lambda W, b: (W, b[:-1].copy())),
            hint="b is one entry short: theta[start:end] stops before end.",
        ),
        Misconception(
            wrong=_take_n_in_for_b,
            hint="b has one entry for each unit of its layer: n_out, not n_in.",
            shows=_takes_n_in_for_b,
        ),
        Misconception(
            wrong=_change_layers(lambda W, b: (W.squeeze(), b.squeeze())),
            hint="A layer of one unit keeps its axes: W has shape (n_in, 1), b has shape (1,). "
            "Do not squeeze them.",
        ),
        Misconception(
            wrong=_change_layers(lambda W, b: (W.tolist(), b.tolist())),
            hint="W and b are arrays of float64, as theta is: no lists, and no other type.",
            shows=make_told("a NumPy array of float64 is needed"),
        ),
        Misconception(
            wrong=lambda theta, shapes: list_blocks(unpack(theta, shapes)),
            hint="You return the blocks one after the other: W1, b1, W2, ... Put those of a layer "
            "into a pair: append((W, b)).",
            shows=_is_flat,
        ),
        Misconception(
            wrong=lambda theta, shapes: unpack(theta, shapes)[:1],
            hint="You return the first layer alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=_return_views,
            hint="Your arrays are views: they are windows on theta, so whoever changes theta "
            "changes W and b. Slices and reshape give views: add .copy().",
            shows=make_told("shares memory"),
        ),
        Misconception(
            wrong=_change_layers(lambda W, b: (W.ravel()[:-1].reshape(W.shape), b)),
            hint="A slice does not hold as many numbers as its shape needs: W has n_in * n_out, b "
            "has n_out, and theta[start:end] stops before end.",
            shows=make_told("cannot reshape"),
        ),
    ),
    hints=(
        "Keep one number, start: where in theta does the next block begin?",
        "W is theta[start:start + n_in * n_out], reshaped, and b the n_out entries after it. Then "
        "start moves by both.",
        "theta[a:b].reshape(n_in, n_out) is a view of theta: end it with .copy(). A slice is a "
        "view too. Append (W, b), and return the list after the loop.",
    ),
    also_right=(
        unpack_by_split,
        _unpack_entry_by_entry,
        _unpack_from_one_copy,
        _unpack_from_an_iterator,
        _unpack_in_fortran_layout,
    ),
)
