"""The exercise ``dropout_forward`` of lesson 6."""

from __future__ import annotations

from gradlab.exercises.exercise import Exercise, Misconception
from gradlab.exercises.lessons.lesson_06.common import (
    IN_EITHER_PASS,
    RIGHT_IN_EITHER_PASS,
    draw_dropout_cases,
)
from gradlab.exercises.lessons.lesson_06.steps import list_dropout_steps


def dropout_forward(A, keep_prob, mask):
    """Activations after inverted dropout: a new float64 array in the shape of A.

    mask has the shape of A and holds 1 (or True) where a unit is kept, 0 (or False) where it is
    dropped. What is kept is divided by keep_prob, above 0 and at most 1. A stays as it is.
    """
    return A * mask / keep_prob


EXERCISE = Exercise(
    points=2,
    reference=dropout_forward,
    cases=draw_dropout_cases,
    steps=list_dropout_steps,
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
    also_right=RIGHT_IN_EITHER_PASS,
)
