"""What is true of wrong probabilities, losses and relative differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Observation, Trial

# np.exp of what lies farther from 0 overflows, or loses its digits.
_LARGE = 700


def _sums_are_one(axis: int | None) -> Callable[[list[Trial]], bool]:
    def holds(trials: list[Trial]) -> bool:
        sums = [np.sum(trial.got, axis=axis) for trial in _list_finite(trials)]
        return bool(sums) and all(np.allclose(one, 1, rtol=0, atol=1e-9) for one in sums)

    return holds


def _list_finite(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if np.all(np.isfinite(trial.got))]


def _is_large(trial: Trial) -> bool:
    return bool(np.max(np.abs(trial.arguments[0])) > _LARGE)


def _is_wrong_where_large_alone(trials: list[Trial]) -> bool:
    ordinary, large = _list_ordinary(trials), [trial for trial in trials if _is_large(trial)]
    return (
        bool(ordinary)
        and not any(trial.stage for trial in ordinary)
        and all(trial.stage for trial in large)
    )


def _list_ordinary(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if not _is_large(trial)]


def _changes_with_a_shift(trials: list[Trial]) -> bool:
    """Whether values differ for logits that differ by one number in each row."""
    for one in trials:
        for other in trials:
            if one.arguments[0].shape == other.arguments[0].shape:
                apart = other.arguments[0] - one.arguments[0]
                is_shift = np.allclose(apart, apart[:, :1], rtol=0, atol=1e-12) and apart.any()
                if is_shift and not np.allclose(one.got, other.got, equal_nan=True):
                    return True
    return False


def _falls_with_the_logit(trials: list[Trial]) -> bool:
    """Whether no entry is above one of a smaller logit, and some are below."""
    ordinary = _list_finite(_list_ordinary(trials))
    falls = [
        np.diff(np.take_along_axis(t.got, np.argsort(t.arguments[0], axis=1), axis=1), axis=1)
        for t in ordinary
    ]
    return all(np.all(fall <= 0) for fall in falls) and any(np.any(fall < 0) for fall in falls)


def _fills_the_first_row_alone(trials: list[Trial]) -> bool:
    return all(np.allclose(t.got[0].sum(), 1) and not t.got[1:].any() for t in trials)


SOFTMAX_OBSERVATIONS = (
    Observation(
        "Right for ordinary logits, wrong for large ones: np.exp of them overflows or becomes 0. "
        "Subtract from each row its own maximum first.",
        _is_wrong_where_large_alone,
    ),
    Observation(
        "All of your entries are within 0.001 of the right ones: they are rounded, cut off, or "
        "computed in fewer digits.",
        lambda trials: all(np.allclose(t.got, t.expected, rtol=0, atol=1e-3) for t in trials),
    ),
    Observation(
        "Some of your entries are negative. Exponentials never are, nor are their quotients: "
        "where does the minus come from?",
        lambda trials: any(np.any(t.got < 0) for t in trials),
    ),
    Observation(
        "In each of your rows, the larger a logit, the smaller the entry, and it must be the "
        "other way round: where is a sign wrong, or a 1 - too many?",
        _falls_with_the_logit,
    ),
    Observation(
        "Each of your columns sums to 1. A row of Z is a sample, so each row must: axis=1 of Z as "
        "it is given.",
        _sums_are_one(axis=0),
    ),
    Observation(
        "Your first row sums to 1 and all others are 0: is the return inside the loop?",
        _fills_the_first_row_alone,
    ),
    Observation(
        "All entries together sum to 1. Each row must: axis=1, keepdims=True.",
        _sums_are_one(axis=None),
    ),
    Observation(
        "Each of your rows sums to 1, as it should, but the shares are wrong: look at what you "
        "normalise. It must be np.exp(z), z shifted by one number in each row, and nothing else.",
        _sums_are_one(axis=1),
    ),
    Observation(
        "Your result changes if one number is added to a whole row of Z, and it must not. Is the "
        "same row above and below the fraction line, shifted alike?",
        lambda trials: _changes_with_a_shift(_list_ordinary(trials)),
    ),
    Observation(
        "Not all of your rows sum to 1. The last step divides each row by its own sum, of the "
        "same exponentials as above the fraction line, and leaves the result as it then is.",
        lambda trials: not _sums_are_one(axis=1)(trials),
    ),
)


def _is_single(trial: Trial) -> bool:
    return len(trial.arguments[0]) == 1


def _is_wrong_for_several_rows_alone(trials: list[Trial]) -> bool:
    single = [trial for trial in trials if _is_single(trial)]
    return bool(single) and not any(trial.stage for trial in single)


def _is_tie(trial: Trial) -> bool:
    return bool(np.all(np.ptp(trial.arguments[0], axis=1) == 0))


def _is_right_for_ties_alone(trials: list[Trial]) -> bool:
    return all(bool(trial.stage) != _is_tie(trial) for trial in trials)


ENTROPY_OBSERVATIONS = (
    Observation(
        "Right for ordinary logits, wrong for large ones: np.exp of them overflows or becomes 0. "
        "Form no probability: ln a_k is z_k minus the log-sum-exp of the row.",
        _is_wrong_where_large_alone,
    ),
    Observation(
        "Right for a single row, wrong for several: how do you put the rows together? The loss "
        "is the mean of theirs, and each row has a maximum and a sum of its own.",
        lambda trials: _is_wrong_for_several_rows_alone(_list_ordinary(trials)),
    ),
    Observation(
        "Right where all logits of a row are equal, wrong elsewhere: which of its logits "
        "do you take?",
        lambda trials: _is_right_for_ties_alone(_list_ordinary(trials)),
    ),
    Observation(
        "Your loss changes if one number is added to a whole row of Z, and it must not: z_k and "
        "the log-sum-exp both grow by it. Is it in one of them alone?",
        lambda trials: _changes_with_a_shift(_list_ordinary(trials)),
    ),
    Observation(
        "Some of your losses are negative. -ln of a probability never is: look at signs, and at "
        "what stands below the fraction line of the probability.",
        lambda trials: any(t.got < 0 for t in trials),
    ),
    Observation(
        "Wrong already for a single row, so not only in the mean: look first at log-sum-exp "
        "minus z_k, for one row.",
        lambda trials: any(t.stage and _is_single(t) for t in _list_ordinary(trials)),
    ),
)


def _has_nan(trial: Trial) -> bool:
    return any(bool(np.isnan(v).any()) for v in trial.arguments)


def _has_zeros(trial: Trial) -> bool:
    return not all(bool(np.any(v)) for v in trial.arguments)


def _list_plain(trials: list[Trial]) -> list[Trial]:
    """Return the pairs without NaN and without a zero array."""
    return [trial for trial in trials if not _has_nan(trial) and not _has_zeros(trial)]


def _changes_if_swapped(trials: list[Trial]) -> bool:
    return _changes_between(
        trials, lambda a, b, c, d: np.array_equal(a, d) and np.array_equal(b, c)
    )


def _changes_if_doubled(trials: list[Trial]) -> bool:
    return _changes_between(
        trials, lambda a, b, c, d: np.array_equal(2 * a, c) and np.array_equal(2 * b, d)
    )


def _changes_between(
    trials: list[Trial], are_related: Callable[[Any, Any, Any, Any], bool]
) -> bool:
    return any(
        are_related(*one.arguments, *other.arguments)
        and not np.allclose(one.got, other.got, rtol=1e-8, atol=0, equal_nan=True)
        for one in trials
        for other in trials
    )


def _fails(is_of_it: Callable[[Trial], bool]) -> Callable[[list[Trial]], bool]:
    return lambda trials: any(trial.stage and is_of_it(trial) for trial in trials)


def _is_wrong_for_matrices_alone(trials: list[Trial]) -> bool:
    return any(trial.stage for trial in trials) and all(
        bool(trial.stage) == (np.ndim(trial.arguments[0]) == 2) for trial in trials
    )


def _is_wrong_for_tiny_ones_alone(trials: list[Trial]) -> bool:
    wrong = [trial for trial in trials if trial.stage]
    return bool(wrong) and all(np.max(np.abs(trial.arguments)) < 1e-6 for trial in wrong)


DIFFERENCE_OBSERVATIONS = (
    Observation(
        "Right for vectors, wrong for matrices: the norm of a matrix is the root of the sum of "
        "the squares of all its entries, as if they stood in one row.",
        lambda trials: _is_wrong_for_matrices_alone(_list_plain(trials)),
        "plain",
    ),
    Observation(
        "Some of your results are negative, and a quotient of norms never is: where does the "
        "minus come from?",
        lambda trials: any(t.got < 0 for t in _list_plain(trials)),
        "plain",
    ),
    Observation(
        "Some of your results are 0 for arrays that differ: is a sign lost, or a difference taken "
        "for none?",
        lambda trials: any(t.got == 0 and t.expected > 0 for t in _list_plain(trials)),
        "plain",
    ),
    Observation(
        "Two equal arrays do not give 0. Above the fraction line is ||a - b||.",
        lambda trials: any(
            np.array_equal(*t.arguments) and abs(t.got) > 1e-9 for t in _list_plain(trials)
        ),
        "plain",
    ),
    Observation(
        "Your result changes if a and b change places, and it must not. Below the fraction line "
        "is ||a|| + ||b||, in which both count alike.",
        lambda trials: _changes_if_swapped(_list_plain(trials)),
        "plain",
    ),
    Observation(
        "Your result changes if both arrays are multiplied by 2, and it must not: what is above "
        "and below the fraction line must grow alike. Is a root, a square or a term too many?",
        lambda trials: _changes_if_doubled(_list_plain(trials)),
        "plain",
    ),
    Observation(
        "Some of your results are above 1, and ||a - b|| is at most ||a|| + ||b||: which of the "
        "three norms is not that norm?",
        lambda trials: any(t.got > 1 + 1e-9 for t in _list_plain(trials)),
        "plain",
    ),
    Observation(
        "Wrong only where both arrays are tiny: is there a constant of your own, which is large "
        "beside them?",
        lambda trials: _is_wrong_for_tiny_ones_alone(_list_plain(trials)),
        "plain",
    ),
    Observation(
        "Your result is symmetric in a and b, and does not change if both are multiplied by 2, "
        "as it should. So it is a ratio, but not of these norms: root of the sum of squares of "
        "a - b, divided by that of a plus that of b.",
        lambda trials: any(trial.stage == "values" for trial in _list_plain(trials)),
        "plain",
    ),
    Observation(
        "Where both arrays are zero, 0.0 is right: ask whether the sum of the norms is 0 before "
        "you divide.",
        _fails(lambda t: not np.any(t.arguments[0]) and not np.any(t.arguments[1])),
        "zeros",
    ),
    Observation(
        "Where one of the two arrays is zero, and the other is not, 1 is right: ||a|| / ||a||.",
        _fails(lambda t: bool(np.any(t.arguments[0])) != bool(np.any(t.arguments[1]))),
        "zeros",
    ),
    Observation(
        "Where a or b has a NaN, NaN is right: let it through to the result, as sums and norms "
        "do by themselves.",
        _fails(_has_nan),
        "NaN",
    ),
)
