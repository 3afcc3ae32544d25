"""The exercise ``relative_difference`` of lesson 5."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Arguments, Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_05.common.probabilities import (
    difference_by_einsum,
    difference_by_loops,
    difference_scaled,
    divide_unguarded,
    find_norm,
)
from gradlab.exercises.lessons.lesson_05.observations import DIFFERENCE_OBSERVATIONS
from gradlab.exercises.lessons.lesson_05.steps import list_difference_steps


def relative_difference(a, b):
    """Return ||a - b|| / (||a|| + ||b||) for two arrays of the same shape, 1-D or 2-D.

    ||a|| is the root of the sum of the squares of all entries. Returns one number: 0.0 if both
    arrays are zero, NaN if an entry is NaN.
    """
    total = np.linalg.norm(a) + np.linalg.norm(b)
    if total == 0:
        return 0.0
    return np.linalg.norm(a - b) / total


def _difference_cases(rng: np.random.Generator) -> Cases:
    """Four groups, none of which has the same answer throughout; one pair is nearly equal.

    One pair comes again with its arrays exchanged, and doubled: the answer stays the same.

    Some are tiny and some huge, but for their squares there is room. The first is 8 / (5 + 5).
    """

    def pair(*shape: int, apart: float = 0.3, scale: float = 1.0) -> Arguments:
        a = draw_signed(rng, 0.5, 3, shape)
        b = a + apart * draw_signed(rng, 0.5, 2, shape)
        return scale * a, scale * b

    def with_nan(arrays: Arguments, in_a: bool, in_b: bool) -> Arguments:
        a, b = arrays
        place = np.unravel_index(rng.integers(a.size), a.shape)
        a[place] = math.nan if in_a else a[place]
        b[place] = math.nan if in_b else b[place]
        return a, b

    some, same = pair(4)[0], pair(3)[0]
    a, b = pair(4)
    return {
        "vectors": [
            (np.array([3.0, 4.0]), np.array([3.0, -4.0])),
            (a, b),
            (b, a),
            (2 * a, 2 * b),
            pair(3, apart=4e-7),
            pair(5, scale=1e12),
            pair(2, scale=1e-12),
        ],
        "matrices": [pair(2, 3), pair(4, 2, scale=1e-30), pair(3, 5, scale=1e30)],
        "zeros": [
            (np.zeros(4), some),
            (np.zeros(3), np.zeros(3)),
            (pair(3, 2)[0], np.zeros((3, 2))),
            (np.zeros((2, 3)), np.zeros((2, 3))),
            (same, same.copy()),
        ],
        "NaN": [
            with_nan(pair(3), True, False),
            with_nan(pair(2, 4), False, True),
            with_nan(pair(5), True, True),
            pair(4),
        ],
    }


def _ratio(
    distance: Callable[[Any, Any], Any] = lambda a, b: find_norm(a - b),
    total: Callable[[Any, Any], Any] = lambda a, b: find_norm(a) + find_norm(b),
) -> Callable[[Any, Any], Any]:
    """Return a wrong ratio, which is still 0 where both arrays are zero."""

    @np.errstate(all="ignore")
    def answer(a: Any, b: Any) -> Any:
        if not a.any() and not b.any():
            return 0.0
        return distance(a, b) / total(a, b)

    return answer


def _norms(size: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the ratio with another norm."""
    return _ratio(lambda a, b: size(a - b), lambda a, b: size(a) + size(b))


def _square(v: Any) -> Any:
    return np.sum(v**2)


def _largest_singular_value(v: Any) -> Any:
    """Return the spectral norm of a matrix, which np.linalg.norm(v, 2) is; NaN stays NaN."""
    return np.linalg.norm(v, 2) if np.isfinite(v).all() else math.nan


def _zero_by_zero(trials: list[Trial]) -> bool:
    """Whether 0 / 0 was NaN or an error, and what is not 0 / 0 is right."""
    both_zero = [t for t in trials if not np.any(t.arguments[0]) and not np.any(t.arguments[1])]
    return bool(both_zero) and all(
        trial.stage == "finite" or "ZeroDivisionError" in trial.detail for trial in both_zero
    )


def _zero_unless_positive(a: Any, b: Any) -> Any:
    total = find_norm(a) + find_norm(b)
    return find_norm(a - b) / total if total > 0 else 0.0


def _zero_where_near(trials: list[Trial]) -> bool:
    """Whether tiny ratios, or those of tiny arrays, came out as 0, and all else is right."""
    failed = [trial for trial in trials if trial.stage]
    return 0 < len(failed) < len(trials) and all(
        np.array_equal(trial.got, 0.0)
        and (0 < trial.expected < 1e-4 or 0 < np.abs(trial.arguments[0]).max() < 1e-4)
        for trial in failed
    )


def _zero_where_tiny(trials: list[Trial]) -> bool:
    """Whether only tiny arrays came out wrong, and as equal."""
    failed = [trial for trial in trials if trial.stage]
    return bool(failed) and all(
        np.array_equal(trial.got, 0.0) and 0 < np.abs(trial.arguments[0]).max() < 1e-4
        for trial in failed
    )


def _compares_entries(trials: list[Trial]) -> bool:
    """Whether each result is the largest, or the mean, of the ratios of the single entries."""
    # Tiny ones may be bounded below.
    failed = [t for t in trials if t.stage and np.abs(t.arguments[0]).max() > 1e-6]

    def fits(trial: Trial, reduce: Callable[[Any], Any]) -> bool:
        a, b = trial.arguments
        with np.errstate(all="ignore"):
            ratios = np.abs(a - b) / (np.abs(a) + np.abs(b))
        return (
            np.shape(trial.got) == ()
            and trial.got is not None
            and np.allclose(trial.got, reduce(ratios))
        )

    return bool(failed) and any(
        all(fits(trial, reduce) for trial in failed) for reduce in (np.max, np.mean)
    )


@np.errstate(all="ignore")
def _largest_ratio(a: Any, b: Any) -> Any:
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def _wrong_if_one_is_zero(trials: list[Trial]) -> bool:
    """Whether pairs of which one is zero, and no others, came out as 0 or infinite."""
    failed = [trial for trial in trials if trial.stage]
    return bool(failed) and all(
        np.any(trial.arguments[0]) != np.any(trial.arguments[1])
        and trial.got is not None
        and np.ndim(trial.got) == 0
        and trial.got in (0.0, np.inf)
        for trial in failed
    )


def _one_where_equal(trials: list[Trial]) -> bool:
    failed = [trial for trial in trials if trial.stage]
    return bool(failed) and all(
        np.array_equal(trial.got, 1.0) and trial.expected == 0 for trial in failed
    )


def _nan_left_out(a: Any, b: Any) -> Any:
    return relative_difference(np.nan_to_num(a), np.nan_to_num(b))


def _sum_without_nan(a: Any, b: Any) -> Any:
    apart, *sizes = (np.sqrt(np.nansum(v**2)) for v in (a - b, a, b))
    return apart / sum(sizes) if sum(sizes) else 0.0


def _adds_a_constant(trials: list[Trial]) -> bool:
    """Whether the ratios are a little too small where the arrays are tiny, and right elsewhere."""
    for trial in trials:
        if trial.got is None or np.shape(trial.got) != ():
            return False
        tiny = np.abs(trial.arguments[0]).max() < 1e-4
        if trial.stage and not (tiny and trial.got < trial.expected):
            return False
    return True


_SQUARED = (
    "These are squares. A norm is the root of the sum of squares, and without the roots a ratio "
    "of 1e-4 looks like 1e-8."
)
_ONE_SIDE = (
    "You divide by the norm of one of the two alone. Divide by ||a|| + ||b||: then the order does "
    "not matter, and the ratio is at most 1."
)
_LARGEST = (
    "You take the largest entry of each. The norm here is the root of the sum of all squares."
)


EXERCISE = Exercise(
    points=3,
    reference=relative_difference,
    cases=_difference_cases,
    steps=list_difference_steps,
    observations=DIFFERENCE_OBSERVATIONS,
    rtol=1e-8,
    atol=0.0,
    misconceptions=(
        Misconception(
            wrong=_ratio(total=lambda a, b: 1.0),
            hint="This is the distance alone. Tiny gradients are close by that measure whatever "
            "they are: divide by ||a|| + ||b||.",
        ),
        Misconception(wrong=_norms(_square), hint=_SQUARED),
        Misconception(
            wrong=lambda a, b: relative_difference(a, b) ** 2,
            hint=_SQUARED,
        ),
        *(
            Misconception(wrong=_ratio(lambda a, b: np.max(np.abs(a - b)), total), hint=_LARGEST)
            for total in (
                lambda a, b: np.max(np.abs(a)) + np.max(np.abs(b)),
                lambda a, b: np.max(np.abs([a, b])),
                lambda a, b: 1.0,
            )
        ),
        Misconception(
            wrong=_norms(lambda v: np.sum(np.abs(v))),
            hint="You add up absolute values. The norm here is the root of the sum of squares.",
        ),
        Misconception(
            wrong=_norms(_largest_singular_value),
            hint="Of a matrix, np.linalg.norm(a, 2) is the largest singular value. Without the 2 "
            "it is the root of the sum of squares.",
        ),
        Misconception(wrong=_ratio(total=lambda a, b: find_norm(a)), hint=_ONE_SIDE),
        Misconception(wrong=_ratio(total=lambda a, b: find_norm(b)), hint=_ONE_SIDE),
        Misconception(
            wrong=_ratio(total=lambda a, b: np.maximum(find_norm(a), find_norm(b))),
            hint="You divide by the larger of the two norms: divide by their sum.",
        ),
        Misconception(
            wrong=_ratio(
                lambda a, b: find_norm(a - b) / find_norm(a) + find_norm(b), lambda a, b: 1.0
            ),
            hint="Only the first norm is below the fraction line: put brackets around the sum.",
        ),
        Misconception(
            wrong=_ratio(distance=lambda a, b: np.abs(find_norm(a) - find_norm(b))),
            hint="You compare the lengths alone, and lose the directions: a and -a would agree. "
            "Subtract first, then take the norm.",
        ),
        Misconception(
            wrong=lambda a, b: (
                0.0 if find_norm(a) == 0 or find_norm(b) == 0 else relative_difference(a, b)
            ),
            hint="If only one of the two is zero they differ as much as can be: the ratio is 1. "
            "It is 0 where both are.",
            shows=_wrong_if_one_is_zero,
        ),
        Misconception(
            wrong=_ratio(distance=lambda a, b: find_norm(a + b)),
            hint="Above the fraction line you add: the ratio of two equal arrays comes out as 1. "
            "Subtract.",
        ),
        Misconception(
            wrong=_ratio(
                lambda a, b: np.abs(np.sum(a - b)),
                lambda a, b: np.abs(np.sum(a)) + np.abs(np.sum(b)),
            ),
            hint="You add up entries as they are, and those of unlike sign cancel. A norm is the "
            "root of the sum of squares.",
        ),
        *(
            Misconception(
                wrong=_ratio(total=total),
                hint="You put a and b together before you take a norm. Take the norm of each, "
                "then add the two numbers: ||a|| + ||b||.",
            )
            for total in (
                lambda a, b: find_norm(a + b),
                lambda a, b: np.sqrt(np.sum(a**2 + b**2)),
            )
        ),
        Misconception(
            wrong=_largest_ratio,
            hint="You compare entry by entry, and take the largest or the mean. Here three norms "
            "make one ratio: a tiny entry should not decide.",
            shows=_compares_entries,
        ),
        Misconception(
            wrong=_ratio(lambda a, b: np.abs(a - b), lambda a, b: np.abs(a) + np.abs(b)),
            hint="This is a ratio for each entry. One number is needed, from the norms.",
        ),
        Misconception(
            wrong=divide_unguarded,
            hint="If both are zero you divide 0 by 0. Ask first whether the sum of the norms is "
            "0, and return 0.0 then.",
            shows=_zero_by_zero,
        ),
        Misconception(
            wrong=lambda a, b: (
                0.0 if find_norm(a) + find_norm(b) < 1e-10 else relative_difference(a, b)
            ),
            hint="You call tiny arrays equal, whatever they are. Tiny is not zero: ask whether "
            "the sum of the norms == 0.",
            shows=_zero_where_tiny,
        ),
        Misconception(
            wrong=lambda a, b: 1.0 if np.array_equal(a, b) else relative_difference(a, b),
            hint="Two equal arrays come out as 1, which means “nothing in common”: they differ "
            "by 0, also where both are zero.",
            shows=_one_where_equal,
        ),
        *(
            Misconception(
                wrong=wrong,
                hint="You leave NaN out, and a gradient with a NaN in it may pass. Let it through "
                "to the result: sums and norms of NaN are NaN by themselves.",
            )
            for wrong in (_nan_left_out, _sum_without_nan)
        ),
        Misconception(
            wrong=lambda a, b: 0.0 if np.allclose(a, b) else relative_difference(a, b),
            hint="Nearly equal is not equal: a ratio of 1e-7 comes out as 0. Ask only whether "
            "both norms are 0.",
            shows=_zero_where_near,
        ),
        Misconception(
            wrong=_zero_unless_positive,
            hint="NaN becomes 0, which reads “equal”: let it through to the result. As NaN > 0 is "
            "False, a guard has to ask whether the sum of the norms == 0.",
        ),
        Misconception(
            wrong=lambda a, b: find_norm(a - b) / (find_norm(a) + find_norm(b) + 1e-8),
            hint="A constant in the denominator, added or as a least value, makes the ratio of "
            "tiny gradients too small. Ask whether the sum of the norms is 0 instead.",
            shows=_adds_a_constant,
        ),
        Misconception(
            wrong=lambda a, b: np.sqrt(relative_difference(a, b)),
            hint="You take a root too many: np.linalg.norm has taken it.",
        ),
        Misconception(
            wrong=_ratio(distance=lambda a, b: find_norm(a) - find_norm(b)),
            hint="You subtract the two norms, and lose the directions: a and -a would agree. "
            "Subtract the arrays first, then take the norm.",
        ),
    ),
    advice="In the first case a - b is (0, 8) and both norms are 5, so the answer is 8 / 10. What "
    "does each of your lines give for it?",
    hints=(
        "np.linalg.norm(a) is the root of the sum of squares of all entries, for 1-D and 2-D "
        "arrays. You need it three times.",
        "Subtract, then take the norm; divide by the sum of the two norms, in brackets. What if "
        "that sum is 0?",
        "total = np.linalg.norm(a) + np.linalg.norm(b); return 0.0 if total == 0, else "
        "np.linalg.norm(a - b) / total. NaN then stays NaN by itself.",
    ),
    also_right=(
        difference_by_loops,
        difference_by_einsum,
        difference_scaled,
        lambda a, b: 0.0 if np.array_equal(a, b) else difference_by_einsum(a, b),
        lambda a, b: np.linalg.norm(a - b) / ((np.linalg.norm(a) + np.linalg.norm(b)) or 1.0),
        lambda a, b: (
            np.sqrt(np.mean((a - b) ** 2)) / (np.sqrt(np.mean(a**2)) + np.sqrt(np.mean(b**2)))
            if np.any(a) or np.any(b)
            else 0.0
        ),
        lambda a, b: (
            np.hypot.reduce((a - b).ravel())
            / (np.hypot.reduce(a.ravel()) + np.hypot.reduce(b.ravel()) + 1e-300)
        ),
    ),
)
