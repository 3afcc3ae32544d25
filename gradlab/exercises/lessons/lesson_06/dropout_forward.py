"""The exercise ``dropout_forward`` of lesson 6."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.exercises.exercise import Exercise, Misconception
from gradlab.exercises.lessons.lesson_06.common import IN_EITHER_PASS, draw_dropout_cases


def dropout_forward(A, keep_prob, mask):
    """Activations after inverted dropout: a new float64 array in the shape of A.

    mask has the shape of A and holds 1 (or True) where a unit is kept, 0 (or False) where it is
    dropped. What is kept is divided by keep_prob, above 0 and at most 1. A stays as it is.
    """
    return A * mask / keep_prob


def _dropout_by_entries(values: Any, keep_prob: float, mask: Any) -> Any:
    out = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        if mask[index]:
            out[index] = values[index] / keep_prob
    return out


def _dropout_by_assignment(values: Any, keep_prob: float, mask: Any) -> Any:
    out = values.copy()
    out[mask == 0] = 0
    out /= keep_prob
    return out


EXERCISE = Exercise(
    points=2,
    reference=dropout_forward,
    cases=draw_dropout_cases,
    new_arrays=True,
    misconceptions=(
        Misconception(
            wrong=lambda A, keep_prob, mask: A * mask,
            hint="The scale is missing. Inverted dropout divides what is kept by keep_prob, so "
            "that its mean stays the same.",
        ),
        Misconception(
            wrong=lambda A, keep_prob, mask: A * mask * keep_prob,
            hint="You multiply by keep_prob. Where some units are dropped, those that are left "
            "must become larger: divide.",
        ),
        Misconception(
            wrong=lambda A, keep_prob, mask: A / keep_prob,
            hint="Nothing is dropped: multiply by the mask.",
        ),
        Misconception(
            wrong=lambda A, keep_prob, mask: A * keep_prob,
            hint="This is what plain dropout does after training. Inverted dropout, in training, "
            "multiplies by the mask and divides by keep_prob.",
        ),
        *IN_EITHER_PASS,
    ),
    hints=(
        "What becomes of a unit where mask is 0, and of one where it is 1?",
        "0, and the activation divided by keep_prob. A product with the mask does both cases.",
        "The whole body is one line: return A * mask / keep_prob.",
    ),
    also_right=(
        _dropout_by_entries,
        _dropout_by_assignment,
        lambda values, keep_prob, mask: np.where(mask, values, 0.0) / keep_prob,
        lambda values, keep_prob, mask: (mask / keep_prob) * values,
        lambda values, keep_prob, mask: (
            np.einsum("ij,ij->ij", values, mask.astype(float)) / keep_prob
        ),
        lambda values, keep_prob, mask: np.array(
            [
                [a * k / keep_prob for a, k in zip(*rows, strict=True)]
                for rows in zip(values, mask, strict=True)
            ]
        ),
    ),
)
