"""Which hints a wrong answer gets: those that explain every group of cases that failed."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from gradlab.exercises.calling import make_caller, try_case
from gradlab.exercises.exercise import Exercise, Group, Misconception, Trial
from gradlab.exercises.generic_hints import drop_weaker_hints, find_stage_hint
from gradlab.exercises.patterns import find_pattern_hint
from gradlab.exercises.values import STAGES, are_close, is_truth

# Misconceptions, each with the places of the failed groups that show it.
_Shown = list[tuple[Misconception, set[int]]]
# What happened there is certain, whatever else is wrong.
_CERTAIN = ("stub", "raises", "returns")


class Advice(NamedTuple):
    """Hints, and the case that they are about; none and None if every group passed."""

    hints: tuple[str, ...] = ()
    quoted: Trial | None = None


def choose_hints(exercise: Exercise, groups: Sequence[Group]) -> Advice:
    """Choose hints that together explain every group that failed.

    Best is one misconception that explains all of them and passes where the answer passed, then
    one that explains all, then several, then what the values have in common. There is no hint if
    none of this fits.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    groups : sequence of Group
        What the answer did.

    Returns
    -------
    Advice
        The hints, and a case that failed: one in which the first hint shows.
    """
    failed = [group.trials for group in groups if not group.passed]
    if not failed:
        return Advice()
    passed = [group.trials for group in groups if group.passed]
    shown = [
        (m, {n for n, trials in enumerate(failed) if _is_shown(exercise, m, trials)})
        for m in exercise.misconceptions
    ]
    found = (
        _explain_by_one(exercise, shown, failed, passed)
        or _explain_by_several(exercise, shown, failed)
        or _find_generic_hints(exercise, failed, passed)
    )
    if not found:
        return Advice((), next(trial for trials in failed for trial in trials if trial.stage))
    return Advice(tuple(found), next(iter(found.values())))


def _explain_by_one(
    exercise: Exercise, shown: _Shown, failed: list[list[Trial]], passed: list[list[Trial]]
) -> dict[str, Trial]:
    whole = [m for m, places in shown if len(places) == len(failed)]
    exact = (m for m in whole if not any(_would_fail(exercise, m, trials) for trials in passed))
    best = next(exact, whole[0] if whole else None)
    return {best.hint: _quote(exercise, best, failed)} if best else {}


def _explain_by_several(
    exercise: Exercise, shown: _Shown, failed: list[list[Trial]]
) -> dict[str, Trial]:
    """Explain every failed group by a misconception, or by what stopped it; nothing if one stays.

    A few yes-or-no answers of one group fit many misconceptions by chance.
    """
    if any(is_truth(trial.expected) for trials in failed for trial in trials):
        return {}
    known = set().union(*(places for _, places in shown))
    stopped = {
        n: trial
        for n, trials in enumerate(failed)
        if n not in known and all(map(find_stage_hint, filter(_has_failed, trials)))
        if (trial := _find_early_failure(trials))
    }
    chosen, left = [], set(range(len(failed))) - set(stopped)
    while left:
        best, places = max(shown, key=lambda pair: len(pair[1] & left), default=(None, set()))
        if best is None or not places & left:
            return {}
        chosen.append((min(places & left), best.hint, _quote(exercise, best, failed)))
        left -= places
    if not chosen:
        return {}
    by_group = sorted(chosen, key=lambda choice: choice[0])
    hints: dict[str, Trial] = {}
    for _, hint, trial in by_group:
        hints.setdefault(hint, trial)
    # What stops a group in the same way is taken to have the same reason.
    stages = {trial.stage for trial in hints.values()}
    facts = {find_stage_hint(t): t for t in stopped.values() if t.stage not in stages}
    # What an error said is quoted, so it comes first.
    certain = {hint: trial for hint, trial in facts.items() if trial.stage in _CERTAIN}
    return {**certain, **hints, **facts}


def _has_failed(trial: Trial) -> bool:
    return bool(trial.stage)


def _is_shown(exercise: Exercise, misconception: Misconception, trials: list[Trial]) -> bool:
    """Whether trials gave what a wrong answer gives, and that is indeed wrong there."""
    if misconception.shows:
        return misconception.shows(trials)
    others = [_try_quietly(exercise, misconception.wrong, trial) for trial in trials]
    is_same = all(_came_to_the_same(exercise, *pair) for pair in zip(trials, others, strict=True))
    return is_same and any(other.stage for other in others)


def _came_to_the_same(exercise: Exercise, trial: Trial, other: Trial) -> bool:
    # Without a value, two failures are alike only if the same happened.
    is_alike = trial.got is not None or trial.detail == other.detail
    return is_alike and are_close(exercise, trial.got, other.got)


def _would_fail(exercise: Exercise, misconception: Misconception, trials: list[Trial]) -> bool:
    return any(_try_quietly(exercise, misconception.wrong, trial).stage for trial in trials)


def _try_quietly(exercise: Exercise, wrong: Callable[..., Any], trial: Trial) -> Trial:
    """Call a wrong answer of the catalogue: what it prints or warns is not the learner's."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = make_caller(wrong)
        return try_case(exercise, call, trial.arguments, trial.expected, with_detail=False)


def _quote(exercise: Exercise, misconception: Misconception, failed: list[list[Trial]]) -> Trial:
    """Return the first case in which a misconception shows and is wrong."""
    shown = [trials for trials in failed if _is_shown(exercise, misconception, trials)]
    wrong = [trial for trials in shown for trial in trials if trial.stage]
    # Where a predicate recognises it, its own wrong answer need not give the same.
    alike = (
        trial
        for trial in wrong
        if _came_to_the_same(exercise, trial, _try_quietly(exercise, misconception.wrong, trial))
    )
    return next(alike, wrong[0])


def _find_generic_hints(
    exercise: Exercise, failed: list[list[Trial]], passed: list[list[Trial]]
) -> dict[str, Trial]:
    """Return what can be said of failed groups without knowing the mistake, each with a case.

    Nothing, if it does not explain all of them, but for what is certain.
    """
    early = [trial for trials in failed if (trial := _find_early_failure(trials))]
    late = [trials for trials in failed if not _find_early_failure(trials)]
    found: dict[str, Trial] = {}
    for trial in sorted(early, key=_find_stage_number):
        found.setdefault(find_stage_hint(trial), trial)
    found = drop_weaker_hints(found)
    if not late:
        return found
    compared = [trial for trials in late for trial in trials]
    others = [trial for trials in passed for trial in trials]
    pattern = find_pattern_hint(exercise, compared, [*others, *early])
    if pattern:
        return {**found, pattern: next(trial for trial in compared if trial.stage)}
    return {hint: trial for hint, trial in found.items() if trial.stage in _CERTAIN}


def _find_early_failure(trials: list[Trial]) -> Trial | None:
    """Return the case of a group that failed first, if it gave no values to compare."""
    failed = sorted((trial for trial in trials if trial.stage), key=_find_stage_number)
    return failed[0] if failed and find_stage_hint(failed[0]) else None


def _find_stage_number(trial: Trial) -> int:
    return STAGES.index(trial.stage)
