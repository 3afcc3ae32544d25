"""The exercise ``softmax`` of lesson 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Cases, Exercise, Misconception
from gradlab.exercises.lessons.lesson_05.common import (
    SINGLE_PRECISION,
    draw_level,
    find_log_probabilities,
    find_log_sum_exp,
    is_in_single_precision,
    make_raised,
    softmax_by_columns,
    softmax_by_rows,
)


def softmax(Z):
    """Class probabilities from the logits Z of shape (m, K), where each row is a sample.

    Returns an array of shape (m, K) whose rows sum to 1. It is finite for logits of any size
    up to 1e4.
    """
    # The largest exponent of each row is now 0, so np.exp cannot overflow.
    exponentials = np.exp(Z - Z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _softmax_cases(rng: np.random.Generator) -> Cases:
    """Three groups: any formula is finite on the first, any shift by row on the second.

    The very first case is a tie in every row: each probability is 1/2.
    """

    def ordinary(*shape: int) -> Any:
        return draw_signed(rng, 0.3, 3, shape)

    def large_and_small(others: int, classes: int) -> Any:
        level = draw_level(rng)
        rows = ordinary(3 + others, classes)
        rows[0] += level
        rows[1] -= level
        rows[2, 0] += level
        rows[2, 1] -= level
        return rng.permuted(rng.permutation(rows), axis=1)

    return {
        "ordinary logits": [
            (np.array([[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]]),),
            (ordinary(4, 3),),
            (ordinary(2, 5),),
        ],
        "large logits": [(ordinary(3, 4) + draw_level(rng),), (ordinary(5, 2) - draw_level(rng),)],
        "large and small logits together": [(large_and_small(1, 3),), (large_and_small(0, 5),)],
    }


def _normalised(
    shift: Callable[[Any], Any] = lambda Z: Z.max(axis=1, keepdims=True),
    total: Callable[[Any], Any] = lambda E: E.sum(axis=1, keepdims=True),
) -> Callable[[Any], Any]:
    """Return a wrong softmax: another shift of the logits, or another sum of exponentials."""

    @np.errstate(all="ignore")
    def answer(Z: Any) -> Any:
        exponentials = np.exp(Z - shift(Z))
        return exponentials / total(exponentials)

    return answer


def _sum_without_keepdims(Z: Any) -> Any:
    exponentials = np.exp(Z - Z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1)


_OWN_MAXIMUM = (
    "You shift all rows alike, so the rows far below underflow to 0 / 0: subtract from each row "
    "its own maximum (axis=1, keepdims=True)."
)


def _softmax_by_differences(Z: Any) -> Any:
    """1 / sum_j exp(z_j - z_k); an overflow to inf gives the 0 that is right."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(Z[:, np.newaxis, :] - Z[:, :, np.newaxis]).sum(axis=2)


EXERCISE = Exercise(
    points=3,
    reference=softmax,
    cases=_softmax_cases,
    rtol=1e-9,
    atol=1e-12,
    misconceptions=(
        Misconception(
            wrong=_sum_without_keepdims,
            hint="A sum over axis=1 has shape (m,), which does not line up with (m, K). With "
            "keepdims=True it has shape (m, 1), and each row meets its own sum.",
            shows=make_raised("broadcast"),
        ),
        Misconception(
            wrong=_normalised(shift=lambda Z: 0),
            hint="np.exp overflows above 709, and far below 0 it gives 0. Softmax does not change "
            "if a whole row is shifted: subtract the row's maximum first.",
        ),
        Misconception(
            wrong=_normalised(
                shift=lambda Z: Z.max(axis=0), total=lambda E: E.sum(axis=0, keepdims=True)
            ),
            hint="Your columns sum to 1. A row is a sample, so each row must: sum along axis=1.",
        ),
        Misconception(
            wrong=_normalised(shift=lambda Z: Z.max(), total=lambda E: E.sum()),
            hint="All entries together sum to 1. Every row must: sum along axis=1.",
        ),
        Misconception(wrong=_normalised(shift=lambda Z: Z.max()), hint=_OWN_MAXIMUM),
        Misconception(wrong=_normalised(shift=lambda Z: Z.max(axis=0)), hint=_OWN_MAXIMUM),
        Misconception(
            wrong=_normalised(shift=lambda Z: np.abs(Z).max(axis=1, keepdims=True)),
            hint="You subtract the largest |z|. That pushes a row of large negative logits even "
            "lower, and all of it underflows to 0: subtract the largest z.",
        ),
        Misconception(
            wrong=_normalised(shift=lambda Z: Z.mean(axis=1, keepdims=True)),
            hint="Finite where a row's logits are close together, not where they are far apart. "
            "Subtract the row's maximum: only then is no exponent above 0.",
        ),
        Misconception(
            wrong=_normalised(total=lambda E: 1.0),
            hint="The exponentials are right, but the rows do not sum to 1: divide each row by "
            "its sum.",
        ),
        Misconception(
            wrong=lambda Z: Z / Z.sum(axis=1, keepdims=True),
            hint="You normalise the logits themselves, and those may be negative: take np.exp "
            "first.",
        ),
        Misconception(
            wrong=lambda Z: softmax(np.clip(Z, -500, 500)),
            hint="Clipping makes the large logits of a row equal, and with them the "
            "probabilities. Subtract the row's maximum instead: differences survive.",
        ),
        Misconception(
            wrong=lambda Z: softmax(Z.astype(np.float32)),
            hint=SINGLE_PRECISION,
            shows=is_in_single_precision,
        ),
    ),
    hints=(
        "Exponentials, divided by their sum. Over which entries does the sum run, if a row is a "
        "sample?",
        "np.exp(1e4) is inf. But exp(z - c) / sum exp(z - c) is the same for every c: choose c, "
        "for each row, so that no exponent is above 0.",
        "Subtract Z.max(axis=1, keepdims=True), take np.exp, and divide by its "
        "sum(axis=1, keepdims=True).",
    ),
    also_right=(
        softmax_by_rows,
        _softmax_by_differences,
        softmax_by_columns,
        lambda Z: np.exp(find_log_probabilities(Z)),
        lambda Z: [(np.exp(z - z.max()) / np.exp(z - z.max()).sum()).tolist() for z in Z],
        lambda Z: np.exp(Z - find_log_sum_exp(Z)[:, None]),
    ),
)
