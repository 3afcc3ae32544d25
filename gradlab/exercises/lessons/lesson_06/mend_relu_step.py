"""The exercise ``mend_relu_step`` of lesson 6: mend this code.

Found in the wild: numpy/numpy-tutorials, content/tutorial-deep-learning-on-mnist.md, as of
2026-06-02. There ReLU's slope is ``output >= 0``, asked of values that ReLU and dropout have been
through, and the forward pass multiplies by ``dropout_mask * 2``, the backward pass by
``dropout_mask``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Arguments, Cases, Exercise, Misconception
from gradlab.exercises.lessons.lesson_06.common import changes_in_place
from gradlab.exercises.lessons.lesson_06.steps import list_mend_steps


def mend_relu_step(dA, A, keep_prob, mask):
    """Gradient with respect to Z, where A = np.maximum(Z, 0) * mask / keep_prob.

    dA is that with respect to A, and mask is 0.0 or 1.0; all have the same shape. Returns a new
    float64 array and leaves its arguments as they are.
    """
    return dA * mask / keep_prob * (A > 0)


def _step_as_found(dA: Any, A: Any, keep_prob: float, mask: Any) -> Any:
    relu_slope = A >= 0
    dZ = dA * relu_slope
    dZ *= mask
    return dZ


# To be done by hand, in numbers: dA, Z, mask.
_SMALL = np.array([[5.0, 4.0, 3.0]]), np.array([[2.0, 1.0, -6.0]]), np.array([[1.0, 0.0, 1.0]])


def _draw_steps(rng: np.random.Generator) -> Cases:
    """One group for each mistake alone, and one for both at once; the first of each is small."""
    dA, Z, mask = _SMALL
    return {
        "nothing dropped": [
            _make_step(dA, Z, 1.0, np.ones_like(mask)),
            *(_draw_step(rng, is_dropped=False) for _ in range(2)),
        ],
        "no unit below zero": [
            _make_step(dA, np.abs(Z), 0.5, mask),
            *(_draw_step(rng, is_negative=False) for _ in range(2)),
        ],
        "units dropped and units below zero": [
            _make_step(dA, Z, 0.5, mask),
            *(_draw_step(rng) for _ in range(2)),
        ],
    }


def _make_step(dA: Any, Z: Any, keep_prob: float, mask: Any) -> Arguments:
    return dA, np.maximum(Z, 0.0) * mask / keep_prob, keep_prob, mask


def _draw_step(
    rng: np.random.Generator, is_dropped: bool = True, is_negative: bool = True
) -> Arguments:
    """Draw a step. Where any may be, some units are dropped, and some kept ones below zero."""
    shape = tuple(rng.permutation([3, 4, 5])[:2].tolist())
    dA, Z = draw_signed(rng, 0.1, 0.95, shape), draw_signed(rng, 0.1, 0.95, shape)
    Z[0], Z[1] = np.abs(Z[0]), -np.abs(Z[1])
    mask = rng.integers(0, 2, shape).astype(float)
    mask[:, 0], mask[:, 1] = 0.0, 1.0
    if not is_negative:
        Z = np.abs(Z)
    if not is_dropped:
        return _make_step(dA, Z, 1.0, np.ones(shape))
    # Never 1/2, where keeping and dropping look the same.
    return _make_step(dA, Z, float(rng.choice([0.3, 0.6, 0.7, 0.8])), mask)


def _mend_by_entries(dA: Any, A: Any, keep_prob: float, mask: Any) -> Any:
    dZ = np.zeros(dA.shape)
    for index in np.ndindex(dA.shape):
        if mask[index] and A[index] > 0:
            dZ[index] = dA[index] / keep_prob
    return dZ


def _mend_line_by_line(dA: Any, A: Any, keep_prob: float, mask: Any) -> Any:
    relu_slope = A > 0
    dZ = dA * relu_slope
    dZ *= mask / keep_prob
    return dZ


def _change_in_place(dA: Any, A: Any, keep_prob: float, mask: Any) -> Any:
    dA *= mask / keep_prob
    dA[A <= 0] = 0.0
    return dA


def _divide_by_drop_probability(dA: Any, A: Any, keep_prob: float, mask: Any) -> Any:
    return dA * (A > 0) * mask / (1 - keep_prob if keep_prob < 1 else 1.0)


_SLOPE_LEFT = (
    "Dropout is right now. But one thing is left: a unit whose Z is below zero still gets a "
    "gradient. What is A there, and what does the code ask of it?"
)
_FACTOR_LEFT = (
    "The zeros are where they belong now. But one thing is left: where units are dropped, the "
    "others have the wrong size. Compare with the forward step, factor by factor."
)


EXERCISE = Exercise(
    points=3,
    reference=mend_relu_step,
    found=_step_as_found,
    cases=_draw_steps,
    steps=list_mend_steps,
    new_arrays=True,
    advice="Take one entry of the case above through the forward step, A = max(Z, 0) * mask / "
    "keep_prob. What does A gain if Z grows a little?",
    misconceptions=(
        Misconception(
            wrong=_step_as_found,
            hint="This is the code as it was found, or does the same. It makes two mistakes. "
            "Take two entries through the forward step: one with Z below zero, and one that "
            "dropout keeps.",
        ),
        Misconception(
            wrong=lambda dA, A, keep_prob, mask: dA * (A >= 0) * mask / keep_prob,
            hint=_SLOPE_LEFT,
        ),
        Misconception(
            wrong=lambda dA, A, keep_prob, mask: dA * (A > 0) * mask,
            hint=_FACTOR_LEFT,
        ),
        Misconception(
            wrong=lambda dA, A, keep_prob, mask: dA * (A > 0) * mask * keep_prob,
            hint="Z below zero is right now. The factor is not: a derivative is no inverse. What "
            "the forward step divides by, the backward step divides by as well.",
        ),
        Misconception(
            wrong=_divide_by_drop_probability,
            hint="You divide by 1 - keep_prob, the probability to drop. The forward step divides "
            "by keep_prob.",
        ),
        Misconception(
            wrong=lambda dA, A, keep_prob, mask: dA * A * mask / keep_prob,
            hint="You multiply by A itself. ReLU's slope is 0 or 1: is A above zero?",
        ),
        Misconception(
            wrong=lambda dA, A, keep_prob, mask: dA * (dA > 0) * mask / keep_prob,
            hint="You ask for the sign of dA, or send dA through ReLU. ReLU's slope depends on "
            "what went into it, Z, and A shows on which side that was.",
        ),
        Misconception(
            wrong=lambda dA, A, keep_prob, mask: dA * (A < 0) * mask / keep_prob,
            hint="All of your gradient is 0. A is never below zero, since it has been through "
            "ReLU, and where the mask is 0, A is 0.",
        ),
        Misconception(
            wrong=lambda dA, A, keep_prob, mask: dA * (A > 0) * mask * 2,
            hint="2 is 1 / keep_prob for a keep_prob of 0.5 alone, which is what the code was "
            "found with. Use keep_prob.",
        ),
        Misconception(
            wrong=_change_in_place,
            hint="You change dA in place, and others still need it as it was: multiply with *, "
            "not with *=.",
            shows=changes_in_place,
        ),
    ),
    hints=(
        "There are two mistakes, one for each part of the step. Make a small Z and a mask by "
        "hand, and ask gradlab.check_layer.",
        "A is what ReLU hands on, so no entry of it is below zero: what does A >= 0 say? And what "
        "is mask / keep_prob without its denominator?",
        "ReLU's slope is A > 0, and dropout multiplies by mask / keep_prob.",
    ),
    also_right=(
        _mend_line_by_line,
        _mend_by_entries,
        lambda dA, A, keep_prob, mask: np.where(A > 0, dA, 0.0) / keep_prob,
        lambda dA, A, keep_prob, mask: dA * np.sign(A) * mask * (1 / keep_prob),
    ),
)
