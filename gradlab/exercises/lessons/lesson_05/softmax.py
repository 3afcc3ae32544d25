"""The exercise ``softmax`` of lesson 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_05.common.probabilities import (
    KEEPDIMS,
    SINGLE_PRECISION,
    draw_level,
    find_log_probabilities,
    find_log_softmax,
    find_log_sum_exp,
    is_in_single_precision,
    make_raised,
    softmax_by_columns,
    softmax_by_rows,
)
from gradlab.exercises.lessons.lesson_05.observations import SOFTMAX_OBSERVATIONS
from gradlab.exercises.lessons.lesson_05.steps import list_softmax_steps


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

    The very first case is a tie in every row: each probability is 1/2. Two cases of the first
    group differ by one number in each row, and have the same answer.
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
        rows[2, 2] += level
        return rng.permuted(rng.permutation(rows), axis=1)

    some, shifts = ordinary(4, 3), draw_signed(rng, 1, 4, (4, 1))
    return {
        "ordinary logits": [
            (np.array([[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]]),),
            (some,),
            (some + shifts,),
            (draw_signed(rng, 2, 9, (2, 5)),),
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


@np.errstate(all="ignore")
def _upside_down(Z: Any) -> Any:
    exponentials = np.exp(Z.max(axis=1, keepdims=True) - Z)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


@np.errstate(all="ignore")
def _shift_above_only(Z: Any) -> Any:
    return np.exp(Z - Z.max(axis=1, keepdims=True)) / np.exp(Z).sum(axis=1, keepdims=True)


@np.errstate(all="ignore")
def _sigmoid(Z: Any) -> Any:
    return 1 / (1 + np.exp(-Z))


def _is_nearly_right(trial: Trial) -> bool:
    return trial.stage in ("", "values") and np.allclose(trial.got, trial.expected, 0.02, 0.02)


def _sums_below_one(trials: list[Trial]) -> bool:
    """Whether rows are right but for a factor of their own, which is a little below 1."""
    for trial in trials:
        if not _is_nearly_right(trial):
            return False
        sums = trial.got.sum(axis=1, keepdims=True)
        if not (np.all(sums < 1 - 1e-14) and np.allclose(trial.got / sums, trial.expected, 1e-9)):
            return False
    return True


def _scales_rows(trials: list[Trial]) -> bool:
    """Whether each row is that of the probabilities times a factor of its own."""
    for trial in trials:
        if trial.stage not in ("", "values"):
            return False
        with np.errstate(all="ignore"):
            shares = trial.got / trial.got.sum(axis=1, keepdims=True)
        if not np.allclose(shares, trial.expected, rtol=1e-9, atol=1e-12):
            return False
    return True


def _is_rounded(trials: list[Trial]) -> bool:
    """Whether all probabilities are those with a few decimals that are nearest to the right."""
    return all(_is_nearly_right(trial) for trial in trials) and any(
        all(np.array_equal(trial.got, np.round(trial.expected, n)) for trial in trials)
        for n in range(1, 12)
    )


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
    steps=list_softmax_steps,
    observations=SOFTMAX_OBSERVATIONS,
    rtol=1e-9,
    atol=1e-12,
    misconceptions=(
        Misconception(
            wrong=_sum_without_keepdims,
            hint=KEEPDIMS,
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
            wrong=_normalised(shift=lambda Z: Z.min(axis=1, keepdims=True)),
            hint="You subtract the row's smallest logit, and one that lies 10,000 above it still "
            "overflows. Subtract the largest: only then is no exponent above 0.",
        ),
        Misconception(
            wrong=_normalised(total=lambda E: E.sum(axis=1, keepdims=True) + 1e-8),
            hint="Your rows do not quite sum to 1: leave out the constant in the denominator. "
            "With the maximum subtracted the sum is at least 1, so it needs no guard.",
            shows=_sums_below_one,
        ),
        Misconception(
            wrong=_normalised(total=lambda E: 1.0),
            hint="The exponentials are right, but the rows do not sum to 1: divide each row by "
            "its sum.",
            shows=_scales_rows,
        ),
        Misconception(
            wrong=lambda Z: Z / Z.sum(axis=1, keepdims=True),
            hint="You normalise the logits themselves, and those may be negative: take np.exp "
            "first.",
        ),
        Misconception(
            wrong=find_log_softmax,
            hint="These are the logarithms of the probabilities. Take np.exp of them, or do not "
            "take np.log.",
        ),
        Misconception(
            wrong=lambda Z: softmax(Z / np.abs(Z).max(axis=1, keepdims=True)),
            hint="You divide the logits by the largest one. That changes their differences, on "
            "which all depends: subtract it.",
        ),
        Misconception(
            wrong=_shift_above_only,
            hint="You shift the logits above the fraction line and not below it. Shift once, "
            "then use the same exponentials in both places.",
        ),
        Misconception(
            wrong=lambda Z: np.nan_to_num(_normalised(shift=lambda Z: 0)(Z)),
            hint="You turn NaN into a number, and it is the wrong one. Keep NaN from arising: "
            "subtract the row's maximum before np.exp.",
        ),
        Misconception(
            wrong=lambda Z: softmax(Z * np.log(2)),
            hint="These are powers of 2. Softmax has those of e: np.exp.",
        ),
        Misconception(
            wrong=lambda Z: softmax(np.abs(Z)),
            hint="You take the absolute value of the logits. A negative logit means a small "
            "probability: leave its sign.",
        ),
        *(
            Misconception(
                wrong=wrong,
                hint="The largest logit gets the smallest probability: an exponent has the wrong "
                "sign. It is z minus the maximum.",
            )
            for wrong in (lambda Z: softmax(-Z), _upside_down)
        ),
        Misconception(
            wrong=lambda Z: np.eye(Z.shape[1])[Z.argmax(axis=1)],
            hint="You give all to the likeliest class. Softmax is soft: each class has a "
            "probability, exp(z) over the row's sum.",
        ),
        Misconception(
            wrong=_sigmoid,
            hint="This is the sigmoid of each logit by itself. In softmax the classes share out "
            "1: exponentials, divided by the sum of their row.",
        ),
        Misconception(
            wrong=lambda Z: np.round(softmax(Z), 6),
            hint="You round. Return the probabilities as they come, with all their digits.",
            shows=_is_rounded,
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
    advice="In the first case the logits of each row are equal, so each probability is 1/2. What "
    "does each of your lines give for it?",
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
