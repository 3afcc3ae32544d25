"""The exercise ``dropout_backward`` of lesson 6."""

from __future__ import annotations

from gradlab.exercises.exercise import Exercise, Misconception
from gradlab.exercises.lessons.lesson_06.common import (
    IN_EITHER_PASS,
    RIGHT_IN_EITHER_PASS,
    draw_dropout_cases,
)
from gradlab.exercises.lessons.lesson_06.steps import list_dropout_steps


def dropout_backward(dA, keep_prob, mask):
    """Gradient with respect to the input of dropout_forward: a new float64 array.

    dA is that with respect to its output; keep_prob and mask are those of the forward pass, and
    mask has the shape of dA. dA stays as it is.
    """
    return dA * mask / keep_prob


EXERCISE = Exercise(
    points=2,
    reference=dropout_backward,
    cases=draw_dropout_cases,
    steps=list_dropout_steps,
    new_arrays=True,
    misconceptions=(
        Misconception(
            wrong=lambda dA, keep_prob, mask: dA * mask,
            hint="The scale is missing. The forward pass divides what is kept by keep_prob: what "
            "is the derivative of a / keep_prob by a?",
        ),
        Misconception(
            wrong=lambda dA, keep_prob, mask: dA * mask * keep_prob,
            hint="You undo the forward pass, but a derivative is no inverse: a / keep_prob has "
            "the slope 1 / keep_prob.",
        ),
        Misconception(
            wrong=lambda dA, keep_prob, mask: dA / keep_prob,
            hint="The mask is missing. A dropped unit does not reach the loss, so its derivative "
            "is 0.",
        ),
        Misconception(
            wrong=lambda dA, keep_prob, mask: dA.copy(),
            hint="dA passes through unchanged, as if there were no dropout. Each output is "
            "mask / keep_prob times its input: by what is dA multiplied?",
        ),
        Misconception(
            wrong=lambda dA, keep_prob, mask: mask / keep_prob,
            hint="This is the derivative of the output by the input. Multiply dA by it: the chain "
            "rule.",
        ),
        *IN_EITHER_PASS,
    ),
    hints=(
        "Write one entry of the forward pass: output = input * mask / keep_prob. What is the "
        "derivative of output by input?",
        "It is mask / keep_prob. The chain rule multiplies dA by it, entry by entry.",
        "The whole body is one line: return dA * mask / keep_prob.",
    ),
    also_right=RIGHT_IN_EITHER_PASS,
)
