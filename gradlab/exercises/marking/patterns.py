"""What the values of a wrong answer that nobody foresaw have in common with the right ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Exercise, Trial
from gradlab.exercises.marking.values import Value, is_number, is_truth, list_leaves, show_value

PATTERN_HINTS = {
    "constant": "The result is the same for every input: what should it depend on?",
    "zero": "Every value is 0: is the result that you return the one that you computed?",
    "truth": "True or False came back where a number is needed: is there a comparison in the "
    "result?",
    "complex": "Complex numbers came back where real ones are needed: where does the imaginary "
    "part come from?",
    "float32": "The result is right to the few digits of float32 alone: convert to float64 before "
    "you compute, with np.asarray(x, dtype=np.float64).",
    "rounded": "Every value is the right one, rounded: return it as it is.",
    "near": "Every value is nearly right: is one rounded, or computed by another formula?",
    "whole": "The results are whole numbers, and the right ones are not: is there a //, an "
    "int(...) or a comparison, or an array that holds integers?",
    "sign": "Every value has the wrong sign.",
    "size": "Every value has the right size, but none is negative: is there an abs too many, or a "
    "square root of a square?",
    "inverse": "Every value is 1 divided by the right one: swap numerator and denominator.",
    "order": "The values are right, but in another order.",
    "many": "Every value is too large: it is multiplied by {}. Is a sum taken for a mean?",
    "few": "Every value is too small: it is divided by {}. Is a mean taken for a sum?",
    "factor": "Every value is {} times the right one: which factor is that?",
    "offset": "Every value is off by the same amount, {}.",
    "opposite": "Every answer is the opposite of the right one.",
    "lenient": "Where you are wrong, you return True each time: the test is too lenient.",
    "strict": "Where you are wrong, you return False each time: the test is too strict.",
}
# How a pattern begins that is not that of the groups that passed.
WHERE_IT_FAILS = "Where it fails, "


def find_pattern_hint(
    exercise: Exercise, failed: Sequence[Trial], others: Sequence[Trial] = ()
) -> str:
    """Say what values have in common with the right ones; empty if it is nothing known.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    failed : sequence of Trial
        The trials of groups that failed, all of which gave values.
    others : sequence of Trial
        The trials of the other groups.

    Returns
    -------
    str
        The hint, which holds for all of `failed`. Where it says more, it is true of `others`, too.
    """
    wrong, everything = [trial for trial in failed if trial.stage], [*failed, *others]
    if not wrong:
        return ""
    if _is_constant([t.got for t in everything]) and not _is_constant(
        [t.expected for t in failed]
    ):
        return PATTERN_HINTS["constant"]
    passed = [trial for trial in others if not trial.stage]
    if all(is_truth(trial.expected) for trial in failed):
        return _find_truth_pattern([*failed, *passed])
    leaves = [leaf for t in failed for leaf in (*list_leaves(t.got), *list_leaves(t.expected))]
    if not all(map(is_number, leaves)):
        return ""
    with np.errstate(all="ignore"):
        key = _find_kind(wrong) or _find_imprecision(wrong)
        if key:
            return PATTERN_HINTS[key]
        hint = _find_relation(exercise, failed)
    return _limit(hint) if hint and passed else hint


def is_weak(hint: str) -> bool:
    """Return whether a hint of a pattern says little about where to look.

    Parameters
    ----------
    hint : str
        What `find_pattern_hint` returned.

    Returns
    -------
    bool
        Whether anything else that is true says more.
    """
    weak = [PATTERN_HINTS[key] for key in ("near", "lenient", "strict")]
    return hint in (*weak, *map(_limit, weak))


def _limit(hint: str) -> str:
    return WHERE_IT_FAILS + hint[0].lower() + hint[1:]


def _is_constant(values: Sequence[Any]) -> bool:
    """Whether several calls gave one and the same value, in however many entries."""
    rows = [
        [entry for leaf in list_leaves(value) for entry in np.ravel(leaf).tolist()]
        for value in values
    ]
    if len(rows) < 2 or not all(rows) or None in rows[0]:
        return False
    if all(row == rows[0] for row in rows):
        return True
    return all(entry == rows[0][0] for row in rows for entry in row)


def _find_truth_pattern(trials: Sequence[Trial]) -> str:
    pairs = [
        (bool(got), bool(right))
        for trial in trials
        for got, right in zip(_join([trial.got]), _join([trial.expected]), strict=True)
    ]
    if all(got != right for got, right in pairs):
        return PATTERN_HINTS["opposite"]
    if all(got >= right for got, right in pairs):
        return PATTERN_HINTS["lenient"]
    return PATTERN_HINTS["strict"] if all(got <= right for got, right in pairs) else ""


def _find_kind(wrong: Sequence[Trial]) -> str:
    """Find out whether the wrong values are truth values or complex, and should not be."""
    for kind, key in (("b", "truth"), ("c", "complex")):
        if all(_has_kind(trial.got, kind) > _has_kind(trial.expected, kind) for trial in wrong):
            return key
    return ""


def _has_kind(value: Value, kind: str) -> bool:
    return any(leaf.dtype.kind == kind for leaf in list_leaves(value))


def _find_imprecision(wrong: Sequence[Trial]) -> str:
    """Find out whether the wrong values are as right as float32 is; a few digits may be lost."""
    if not all(_is_short(trial.got) or _is_short(trial.arguments) for trial in wrong):
        return ""
    got, expected = _join([t.got for t in wrong]), _join([t.expected for t in wrong])
    largest = np.max(np.abs(expected))
    return "float32" if np.all(np.abs(got - expected) <= 3e-4 * largest) else ""


def _is_short(value: Any) -> bool:
    """Whether a value is, or holds, floats of fewer digits than float64 has."""
    if isinstance(value, list | tuple):
        return any(map(_is_short, value))
    return getattr(value, "dtype", None) in (np.dtype(np.float32), np.dtype(np.float16))


def _join(values: Sequence[Value]) -> Any:
    """Return all entries of some values, one after the other."""
    return np.concatenate([np.ravel(leaf) for value in values for leaf in list_leaves(value)])


def _find_relation(exercise: Exercise, failed: Sequence[Trial]) -> str:
    """Say how the values of the groups that failed follow from the right ones, if they do."""
    wrong = [trial for trial in failed if trial.stage]
    got, right = _join([t.got for t in wrong]), _join([t.expected for t in wrong])
    if _is_rounded(got, right):
        return PATTERN_HINTS["rounded"]
    if np.allclose(got, right, rtol=0.02, atol=0):
        return PATTERN_HINTS["near"]
    is_varied = np.unique(got).size > 1
    if (
        is_varied
        and _are_whole(got)
        and not _are_whole(right)
        and np.all(np.abs(got - right) <= 1)
    ):
        return PATTERN_HINTS["whole"]
    if all(map(_has_other_order, wrong)):
        return PATTERN_HINTS["order"]
    # What follows is said of every value, also of those that are right by chance.
    got, right = _join([t.got for t in failed]), _join([t.expected for t in failed])
    if not np.any(got):
        return PATTERN_HINTS["zero"]
    if _is_near(got, -right, exercise.atol):
        return PATTERN_HINTS["sign"]
    if _is_near(got, np.abs(right), exercise.atol):
        return PATTERN_HINTS["size"]
    if np.allclose(got * right, 1.0, rtol=1e-3, atol=0):
        return PATTERN_HINTS["inverse"]
    return _find_count(exercise, failed) or _find_change(got, right, exercise.atol)


def _is_rounded(got: Any, right: Any) -> bool:
    """Whether values have as many decimals, and are the nearest to the right ones."""
    return not _are_whole(got) and any(
        np.allclose(got, np.round(right, digits), rtol=1e-12, atol=0) for digits in range(1, 13)
    )


def _find_change(got: Any, right: Any, atol: float) -> str:
    """Say by which number all values are multiplied, or off."""
    # One number is any number times another one.
    if np.unique(right[np.isfinite(right)]).size < 2:
        return ""
    largest = np.argmax(np.where(np.isfinite(right), np.abs(right), -1.0))
    factor, offset = got[largest] / right[largest], got[largest] - right[largest]
    # What is but rounding is no factor.
    if abs(factor) > 1e-9 and _is_near(got, factor * right, atol):
        return PATTERN_HINTS["factor"].format(show_value(factor, 4))
    if np.allclose(got, right + offset, rtol=0, atol=1e-3 * abs(offset), equal_nan=True):
        return PATTERN_HINTS["offset"].format(show_value(offset, 4))
    return ""


def _are_whole(values: Any) -> bool:
    return bool(np.all(values == np.round(values)))


def _is_near(values: Any, others: Any, atol: float) -> bool:
    return bool(np.allclose(values, others, rtol=1e-3, atol=atol, equal_nan=True))


def _has_other_order(trial: Trial) -> bool:
    got, right = np.sort(_join([trial.got])), np.sort(_join([trial.expected]))
    return got.size > 1 and np.allclose(got, right, rtol=1e-6, atol=0)


def _find_count(exercise: Exercise, trials: Sequence[Trial]) -> str:
    """Say that a factor is the number of an argument's rows, columns or entries, if it is."""
    for place, name in enumerate(exercise.signature.parameters):
        for axis, what in ((0, "rows"), (1, "columns"), (None, "entries")):
            counts = [_count(trial.arguments[place], axis) for trial in trials]
            # One and the same number everywhere may be there by chance.
            if None in counts or 1 in counts or len(set(counts)) == 1:
                continue
            for key, sign in (("many", 1), ("few", -1)):
                if all(
                    _is_near(_join([t.got]), _join([t.expected]) * float(c) ** sign, exercise.atol)
                    for t, c in zip(trials, counts, strict=True)
                    if c is not None
                ):
                    return PATTERN_HINTS[key].format(f"the number of {what} of {name}")
    return ""


def _count(argument: Any, axis: int | None) -> int | None:
    if not isinstance(argument, np.ndarray) or not argument.ndim:
        return None
    if axis is None:
        return int(argument.size)
    return argument.shape[axis] if argument.ndim == 2 else None
