"""The exercise ``cross_entropy`` of lesson 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Arguments, Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_05.common.probabilities import (
    KEEPDIMS,
    SINGLE_PRECISION,
    draw_level,
    draw_one_hot,
    find_entropy_by_rows,
    find_log_probabilities,
    find_log_softmax,
    find_log_sum_exp,
    is_in_single_precision,
    make_raised,
    make_scaled_by,
)
from gradlab.exercises.lessons.lesson_05.observations import ENTROPY_OBSERVATIONS
from gradlab.exercises.lessons.lesson_05.softmax import softmax
from gradlab.exercises.lessons.lesson_05.steps import list_entropy_steps


def cross_entropy(Z, Y):
    """Mean over the rows of -sum_k y_k ln a_k, where a is the softmax of a row of logits.

    Z holds the logits and Y the one-hot classes, both of shape (m, K). Returns one number,
    which is finite for logits of any size up to 1e4.
    """
    shifted = Z - Z.max(axis=1, keepdims=True)
    # ln a_k = z_k - ln(sum of all exp(z_j)): no probability is formed, so none becomes 0.
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(Y * log_probabilities) / len(Z)


def _cross_entropy_cases(rng: np.random.Generator) -> Cases:
    """Three groups: the last has samples whose class has a probability that rounds to 0.

    In each of its cases one sample has two likely classes, so that it is not the same to
    exchange y and a. Two cases have a single row, and two differ by one number in each row, so
    that their loss is the same. In the very first case each probability is 1/2, and the loss ln 2.
    """

    def case(rows: int, classes: int, level: float = 0.0) -> Arguments:
        return draw_signed(rng, 0.3, 3, (rows, classes)) + level, draw_one_hot(rng, rows, classes)

    def far_apart(rows: int, classes: int) -> Arguments:
        gaps = 1000.0 * rng.permuted(np.tile(np.arange(classes), (rows, 1)), axis=1)
        levels = rng.permutation(np.linspace(-9000, draw_level(rng) - 4000, rows).round())
        # In one row the right class is the likeliest, in the others the least likely.
        right = gaps.argmin(axis=1)
        *_, second, right[0] = gaps[0].argsort()
        Z = gaps + levels[:, np.newaxis] + draw_signed(rng, 0.3, 3, gaps.shape)
        Z[0, second] = Z[0, right[0]] - 0.5
        return Z, np.eye(classes)[right]

    Z, Y = case(5, 3)
    shifts = draw_signed(rng, 1, 4, (5, 1))
    z = draw_signed(rng, 0.3, 3, (1, 4))
    single = [(z, np.eye(4)[[k]]) for k in (int(z.argmax()), int(z.argmin()))]
    by_hand = np.array([[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]]), np.eye(2)[[0, 1, 0]]
    return {
        "ordinary logits": [by_hand, (Z, Y), (Z + shifts, Y), *single, case(2, 4)],
        "large logits, close together": [
            case(4, 3, draw_level(rng)),
            case(2, 5, -draw_level(rng)),
        ],
        "large logits, far apart": [far_apart(4, 3), far_apart(3, 5)],
    }


def _reduced(reduce: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a wrong cross-entropy: the terms -y_k ln a_k, put together in another way."""
    return lambda Z, Y: reduce(-Y * find_log_softmax(Z))


def _mean_over_rows(terms: Any) -> Any:
    return terms.sum() / len(terms)


def _in_two_terms(
    over_rows: Callable[[Any], Any], over_entries: Callable[[Any], Any], shifted: bool
) -> Callable[[Any, Any], Any]:
    """Return a cross-entropy whose log-sum-exps and logits are put together in different ways."""

    def answer(Z: Any, Y: Any) -> Any:
        Z = Z - Z.max(axis=1, keepdims=True) if shifted else Z
        return over_rows(np.logaddexp.reduce(Z, axis=1)) - over_entries(Y * Z)

    return answer


@np.errstate(all="ignore")
def _add_logarithms(Z: Any, Y: Any) -> Any:
    shifted = Z - Z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(shifted)).sum(axis=1) - (Y * shifted).sum(axis=1))


@np.errstate(all="ignore")
def _without_shift(Z: Any, Y: Any) -> Any:
    return np.mean(np.log(np.exp(Z).sum(axis=1)) - np.sum(Y * Z, axis=1))


@np.errstate(all="ignore")
def _softmax_then_log(Z: Any, Y: Any) -> Any:
    return -np.mean(np.sum(Y * np.log(softmax(Z)), axis=1))


@np.errstate(all="ignore")
def _shift_of_the_whole(Z: Any, Y: Any) -> Any:
    shifted = Z - Z.max()
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - np.sum(Y * shifted, axis=1))


def _over_all_rows(Z: Any, Y: Any) -> Any:
    return Z.max() + np.log(np.exp(Z - Z.max()).sum()) - np.sum(Y * Z) / len(Z)


@np.errstate(all="ignore")
def _logits_as_probabilities(Z: Any, Y: Any) -> Any:
    return -np.mean(np.sum(Y * np.log(Z), axis=1))


@np.errstate(all="ignore")
def _two_sided(Z: Any, Y: Any) -> Any:
    A = softmax(Z)
    return -np.mean(np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A), axis=1))


def _overflows(trials: list[Trial]) -> bool:
    """Whether all losses are inf or NaN, and logits are so large that np.exp overflows."""
    return all(
        trial.stage == "finite" and np.abs(trial.arguments[0]).max() > 709 for trial in trials
    )


def _underflows(trials: list[Trial]) -> bool:
    """Whether all losses are inf or NaN, and logits so far apart that a probability is 0."""
    return all(
        trial.stage == "finite" and np.ptp(trial.arguments[0], axis=1).max() > 746
        for trial in trials
    )


def _bounds_the_logarithm(trials: list[Trial]) -> bool:
    """Whether every row whose probability rounds to 0 costs the same: -ln(eps) for some eps."""
    costs = []
    for trial in trials:
        Z, Y = trial.arguments
        right = -np.sum(Y * find_log_softmax(Z), axis=1)
        far = right > 700
        if not far.any() or trial.got is None or np.shape(trial.got) != ():
            return False
        costs.append((trial.got * len(Z) - right[~far].sum()) / far.sum())
    return bool(5 < min(costs) < 700 and np.ptp(costs) < 1e-3)


def _exchanged(constant: float) -> Callable[[Any, Any], Any]:
    @np.errstate(all="ignore")
    def answer(Z: Any, Y: Any) -> Any:
        return -np.sum(softmax(Z) * np.log(Y + constant)) / len(Z)

    return answer


def _leaves_out_zeros(trials: list[Trial]) -> bool:
    """Whether every row whose probability rounds to 0 costs nothing."""
    for trial in trials:
        Z, Y = trial.arguments
        right = -np.sum(Y * find_log_softmax(Z), axis=1)
        kept = right[right < 700].sum() / len(Z)
        if right.max() < 700 or trial.got is None or not np.allclose(trial.got, kept):
            return False
    return True


@np.errstate(all="ignore")
def _skip_zeros(Z: Any, Y: Any) -> Any:
    A = softmax(Z)
    return -np.sum(Y * np.log(np.where(A > 0, A, 1))) / len(Z)


@np.errstate(all="ignore")
def _log_of_mean(Z: Any, Y: Any) -> Any:
    return -np.log(np.mean(np.sum(Y * softmax(Z), axis=1)))


def _maximum_in_one_term(Z: Any, Y: Any) -> Any:
    shifted = Z - Z.max(axis=1, keepdims=True)
    return np.mean(find_log_sum_exp(Z) - np.sum(Y * shifted, axis=1))


def _likeliest(Z: Any, Y: Any) -> Any:
    return -np.mean(find_log_softmax(Z)[np.arange(len(Z)), Z.argmax(axis=1)])


_BOUNDED = (
    "A constant inside the logarithm, or a clipped probability, bounds the loss: with 1e-12 it "
    "cannot exceed 27.6, and there its gradient is wrong. Form no probability: ln a_k is z_k "
    "minus the log-sum-exp of the row."
)
_OVER_ALL = (
    "np.mean over all entries divides by m K. The sum over the classes is a sum, only that over "
    "the rows is a mean: divide by m."
)
_ONE_MEAN = (
    "One of your two terms is a mean over the rows, the other a sum. Divide both by m: subtract "
    "first, then take the mean."
)
_SIZES = (
    "You are off by a factor made of the numbers of rows and classes. Sum over the classes, then "
    "divide once by the number m of rows, len(Z)."
)
_BASE = "ln is the natural logarithm, np.log: not to the base 2, and not to the base 10."


EXERCISE = Exercise(
    points=3,
    reference=cross_entropy,
    cases=_cross_entropy_cases,
    steps=list_entropy_steps,
    observations=ENTROPY_OBSERVATIONS,
    rtol=1e-9,
    atol=1e-12,
    misconceptions=(
        Misconception(
            wrong=_reduced(np.sum),
            hint="This is the sum over the rows. The loss is their mean: divide by m.",
        ),
        Misconception(wrong=_reduced(np.mean), hint=_OVER_ALL),
        Misconception(
            wrong=lambda Z, Y: cross_entropy(Z - Z.max(axis=1), Y),
            hint=KEEPDIMS,
            shows=make_raised("broadcast"),
        ),
        Misconception(
            wrong=_add_logarithms,
            hint="You add up logarithms. ln(sum exp(z)) is the logarithm of a sum: sum first.",
        ),
        *(
            Misconception(wrong=_in_two_terms(over_rows, over_entries, shifted), hint=hint)
            for over_rows, over_entries, hint in (
                (np.mean, np.sum, _ONE_MEAN),
                (np.sum, _mean_over_rows, _ONE_MEAN),
                (np.mean, np.mean, _OVER_ALL),
            )
            for shifted in (False, True)
        ),
        Misconception(
            wrong=_reduced(lambda terms: terms.sum(axis=0).mean()),
            hint="You divide by the number of classes: the mean is over the m rows.",
        ),
        Misconception(
            wrong=_reduced(lambda terms: terms.sum(axis=1)),
            hint="These are the losses of the rows, one by one. The loss is one number: their "
            "mean.",
        ),
        Misconception(
            wrong=_shift_of_the_whole,
            hint="You shift all rows by one maximum, so a row far below it becomes ln(0): shift "
            "each row by its own.",
        ),
        Misconception(
            wrong=_softmax_then_log,
            hint="The probability of an unlikely class rounds to 0, and ln(0) is -inf. Form no "
            "probability: ln a_k is z_k minus the log-sum-exp of the row.",
            shows=_underflows,
        ),
        Misconception(
            wrong=_without_shift,
            hint="np.exp overflows for large logits. ln(sum exp(z)) is "
            "c + ln(sum exp(z - c)): take the row's maximum for c.",
            shows=_overflows,
        ),
        Misconception(
            wrong=lambda Z, Y: -np.sum(Y * np.log(softmax(Z) + 1e-12)) / len(Z),
            hint=_BOUNDED,
            shows=_bounds_the_logarithm,
        ),
        *(
            Misconception(
                wrong=_exchanged(constant),
                hint="y and a have changed places: the logarithm is that of the probability a_k, "
                "and y_k is its factor. Most y_k are 0, and 0 has no logarithm.",
            )
            for constant in (0.0, 1e-15, 1e-12, 1e-8)
        ),
        Misconception(
            wrong=lambda Z, Y: cross_entropy(Z, Y) - np.mean(Z.max(axis=1)),
            hint="ln(sum exp(z - c)) is c too small: use the shifted logits in both terms, or add "
            "c again.",
        ),
        Misconception(
            wrong=_maximum_in_one_term,
            hint="The row's maximum is in one of your two terms and not in the other: z_k and the "
            "log-sum-exp must both be shifted, or neither.",
        ),
        Misconception(
            wrong=_skip_zeros,
            hint="A row whose probability rounds to 0 costs nothing in yours, and it should cost "
            "most. Form no probability: ln a_k is z_k minus the log-sum-exp of the row.",
            shows=_leaves_out_zeros,
        ),
        Misconception(
            wrong=lambda Z, Y: -np.sum(find_log_softmax(Z)) / len(Z),
            hint="You add up ln a_k of all classes. Y picks out one for each row: multiply by Y "
            "first.",
        ),
        Misconception(
            wrong=lambda Z, Y: -np.sum(Y * find_log_softmax(softmax(Z))) / len(Z),
            hint="Softmax is taken twice: of the logits, and then of the probabilities. Take it "
            "of Z, once.",
        ),
        Misconception(
            wrong=lambda Z, Y: cross_entropy(Z[:1], Y[:1]),
            hint="This is the loss of the first row alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=_log_of_mean,
            hint="The logarithm of a mean is not the mean of logarithms. Take ln a_k for each "
            "row, then their mean.",
        ),
        Misconception(
            wrong=_likeliest,
            hint="You take the likeliest class of each row. The loss asks for the class that Y "
            "marks, however unlikely.",
        ),
        *(
            Misconception(
                wrong=wrong,
                hint="This measures how far the probabilities are from Y in another way. "
                "Cross-entropy is -ln a_k of the class that Y marks, averaged over the rows.",
            )
            for wrong in (
                lambda Z, Y: np.mean(1 - np.sum(Y * softmax(Z), axis=1)),
                lambda Z, Y: np.sum((softmax(Z) - Y) ** 2) / len(Z),
            )
        ),
        Misconception(
            wrong=lambda Z, Y: -np.sum(Y * find_log_softmax(Z, axis=0)) / len(Z),
            hint="Your log-sum-exp runs down the columns. A row is a sample: axis=1.",
        ),
        Misconception(wrong=lambda Z, Y: cross_entropy(Z, Y) / np.log(2), hint=_BASE),
        Misconception(
            wrong=_over_all_rows,
            hint="Your log-sum-exp runs over all rows together. Each row has its own: axis=1.",
        ),
        Misconception(
            wrong=lambda Z, Y: -np.sum(Y * Z) / len(Z),
            hint="You take z_k for ln a_k. The softmax has a denominator: subtract the "
            "log-sum-exp of the row.",
        ),
        Misconception(
            wrong=_logits_as_probabilities,
            hint="Z holds logits, not probabilities, and the logarithm of a negative one is NaN. "
            "Which function makes probabilities of them?",
        ),
        Misconception(
            wrong=_two_sided,
            hint="The terms (1 - y) ln(1 - a) belong to the loss for yes-or-no labels. Here a "
            "row counts its own class alone: -sum y_k ln a_k.",
        ),
        Misconception(
            wrong=lambda Z, Y: cross_entropy(Z.astype(np.float32), Y.astype(np.float32)),
            hint=SINGLE_PRECISION,
            shows=is_in_single_precision,
        ),
        Misconception(
            wrong=lambda Z, Y: cross_entropy(Z, Y) * len(Z) ** 2,
            hint=_SIZES,
            shows=make_scaled_by(lambda arguments: arguments[0].shape),
        ),
    ),
    advice="In the first case each probability is 1/2, so each row costs ln 2 = 0.693, and so "
    "does their mean. What does each of your lines give for it?",
    hints=(
        "Put a_k = exp(z_k) / sum_j exp(z_j) into ln a_k. Which exponential and logarithm cancel?",
        "ln a_k = z_k - ln(sum_j exp(z_j)). Before np.exp subtract the row's maximum: from z_k "
        "too, and nothing has changed.",
        "shifted = Z - Z.max(axis=1, keepdims=True); logs = shifted - "
        "np.log(np.exp(shifted).sum(axis=1, keepdims=True)); then -np.sum(Y * logs) / len(Z).",
    ),
    also_right=(
        find_entropy_by_rows,
        lambda Z, Y: np.mean(find_log_sum_exp(Z) - np.sum(Y * Z, axis=1)),
        lambda Z, Y: -np.einsum("ik,ik->", Y, find_log_probabilities(Z)) / Z.shape[0],
        lambda Z, Y: np.mean(find_log_sum_exp(Z) - Z[np.arange(len(Z)), np.argmax(Y, axis=1)]),
        lambda Z, Y: find_log_sum_exp(Z - Z[Y == 1][:, np.newaxis]).mean(),
        lambda Z, Y: -np.trace(Y.T @ find_log_probabilities(Z)) / len(Y),
    ),
)
