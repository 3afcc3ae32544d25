"""What to say of a wrong answer: a mistake that it shows, or what its values have in common."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.calling import make_caller, try_case
from gradlab.exercises.exercise import Exercise, Group, Misconception, Trial
from gradlab.exercises.values import Value, agree, is_truth, list_leaves

# What to say of an answer that did not get as far as values, and that nobody foresaw.
STAGE_HINTS = {
    "stub": "One part still raises NotImplementedError: answer that too.",
    "raises": "An error stopped your function. What it said, and where, is quoted above.",
    "returns": "Look at what your function hands back: print only shows a value, and every way "
    "through the function needs a return.",
    "changes": "Make a copy first, or collect the result in a new variable.",
    "shape": "The result has another shape than is needed: should it be one value for each entry, "
    "one for each row, or a single one?",
    "finite": "Something overflowed or was divided by zero on the way.",
}
# What a wrong answer that nobody foresaw may have in common with the right one.
PATTERN_HINTS = {
    "power": "In Python ^ is not a power but a bitwise operation on integers: write **.",
    "constant": "The result is the same for every input: what should it depend on?",
    "near": "Every value is nearly right: is one rounded, or computed by another formula?",
    "sign": "Every value has the wrong sign.",
    "factor": "Every value is {:.4g} times the right one: which factor is that?",
    "offset": "Every value is off by the same amount, {:.4g}.",
    "opposite": "Every answer is the opposite of the right one.",
    "lenient": "Your mistakes are all True where False is right: the test is too lenient.",
    "strict": "Your mistakes are all False where True is right: the test is too strict.",
}


def choose_hints(exercise: Exercise, groups: list[Group]) -> tuple[str, ...]:
    """Say which misconceptions the failed groups show; if none, what they have in common.

    One misconception that accounts for every failed group is better than one for each group,
    and best of all is one that passes where the answer passed.
    """
    failed = [group.trials for group in groups if not group.passed]
    right = [group.trials for group in groups if group.passed]
    known = [[m for m in exercise.misconceptions if _shows(exercise, m, t)] for t in failed]
    shared = [m for m in exercise.misconceptions if failed and all(m in ms for ms in known)]
    if shared:
        exact = (m for m in shared if not any(_fails(exercise, m, t) for t in right))
        return (next(exact, shared[0]).hint,)
    if any(is_truth(trial.expected) for trials in failed for trial in trials):
        # A few yes-or-no answers of one group fit many misconceptions by chance.
        pattern = _pattern([trial for group in groups for trial in group.trials])
        return (pattern,) if pattern else ()
    firsts = [found[0].hint for found in known if found]
    hints = firsts or _patterns(failed)
    return tuple(hint for hint in dict.fromkeys(hints) if hint)


def _patterns(failed: list[list[Trial]]) -> list[str]:
    """Return what the trials of each failed group have in common, if it is no accident of one."""
    patterns = [_pattern(trials) for trials in failed]
    of_values = {p for p in patterns if p and p not in STAGE_HINTS.values()}
    # A group that is wrong throughout, in no pattern, contradicts the others'.
    shapeless = any(
        not pattern and all(trial.stage for trial in trials)
        for pattern, trials in zip(patterns, failed, strict=True)
    )
    return [p for p in patterns if p not in of_values or (len(of_values) == 1 and not shapeless)]


def _shows(exercise: Exercise, misconception: Misconception, trials: list[Trial]) -> bool:
    """Whether trials gave what a wrong answer gives, and that is indeed wrong there."""
    if misconception.shows:
        return misconception.shows(trials)
    wrong_here = False
    for trial in trials:
        other = _try_quietly(exercise, misconception.wrong, trial)
        if not agree(exercise, trial.got, other.got):
            return False
        # Without a value, two failures are alike only if the same happened.
        if trial.got is None and trial.detail != other.detail:
            return False
        wrong_here = wrong_here or bool(other.stage)
    return wrong_here


def _fails(exercise: Exercise, misconception: Misconception, trials: list[Trial]) -> bool:
    return any(_try_quietly(exercise, misconception.wrong, trial).stage for trial in trials)


def _try_quietly(exercise: Exercise, wrong: Callable[..., Any], trial: Trial) -> Trial:
    """Call a wrong answer of the catalogue: what it prints or warns is not the learner's."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = make_caller(wrong)
        return try_case(exercise, call, trial.arguments, trial.expected, told=False)


def _pattern(trials: list[Trial]) -> str:
    """What a wrong answer that nobody foresaw has in common with the right one."""
    if any("for ^" in trial.detail or "bitwise_xor" in trial.detail for trial in trials):
        return PATTERN_HINTS["power"]
    for stage, hint in STAGE_HINTS.items():
        if any(trial.stage == stage for trial in trials):
            return hint
    got, expected = _in_a_row([t.got for t in trials]), _in_a_row([t.expected for t in trials])
    if got.size != expected.size or not got.size:
        return ""
    if got.size > 1 and np.all(got == got[0]):
        return PATTERN_HINTS["constant"]
    if expected.dtype.kind == "b":
        return _pattern_of_truth(got.astype(bool), expected)
    if expected.dtype.kind == "U":
        return ""
    if not all(trial.stage for trial in trials):
        return ""
    with np.errstate(all="ignore"):
        ratios, offsets = got / expected, got - expected
    if np.allclose(ratios, 1.0, rtol=0.02, atol=0):
        return PATTERN_HINTS["near"]
    if np.allclose(ratios, -1.0, rtol=1e-3, atol=0):
        return PATTERN_HINTS["sign"]
    if ratios.size > 1 and np.allclose(ratios, ratios[0], rtol=1e-3, atol=0):
        return PATTERN_HINTS["factor"].format(ratios[0])
    if np.allclose(offsets, offsets[0], rtol=1e-3, atol=0):
        return PATTERN_HINTS["offset"].format(offsets[0])
    return ""


def _in_a_row(values: list[Value]) -> Any:
    """Return all numbers of some values, one after the other, as text if there is any."""
    rows = [np.ravel(leaf) for leaf in list_leaves(values) if isinstance(leaf, np.ndarray)]
    if any(row.dtype.kind == "U" for row in rows):
        rows = [row.astype(str) for row in rows]
    return np.concatenate(rows) if rows else np.empty(0)


def _pattern_of_truth(got: Any, expected: Any) -> str:
    if np.all(got != expected):
        return PATTERN_HINTS["opposite"]
    if np.all(got >= expected):
        return PATTERN_HINTS["lenient"]
    if np.all(got <= expected):
        return PATTERN_HINTS["strict"]
    return ""
