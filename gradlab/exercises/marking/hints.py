"""Which hints a wrong answer gets: those that explain every group of cases that failed."""

from __future__ import annotations

import contextlib
import copy
import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradlab.exercises.exercise import Exercise, Group, Misconception, Trial
from gradlab.exercises.marking.calling import make_caller, try_case
from gradlab.exercises.marking.generic_hints import drop_weaker_hints, find_stage_hint
from gradlab.exercises.marking.patterns import find_pattern_hint, is_weak
from gradlab.exercises.marking.values import STAGES, are_close, is_truth, list_leaves, make_value

# Calls the wrong answer of a misconception as a trial was called.
_Try = Callable[[Misconception, Trial], Trial]
# Misconceptions, each with the places of the failed groups that show it.
_Shown = list[tuple[Misconception, set[int]]]
# What happened there is certain, whatever else is wrong.
_CERTAIN = ("stub", "raises", "returns")
# How near two slopes come that are computed in float32 with a small step, relative.
_FLOAT32_DIGITS = 1e-3
_EARLIER_STEP = "What you return is a step on the way, “{}”, and not yet the answer."


class Advice(NamedTuple):
    """Hints, the case that they are about, and whether they name the mistake.

    There are none, and no case, if every group passed.
    """

    hints: tuple[str, ...] = ()
    quoted: Trial | None = None
    explained: bool = False


def choose_hints(exercise: Exercise, groups: Sequence[Group]) -> Advice:
    """Choose hints that together explain every group that failed.

    Best is one misconception that explains all of them and passes where the answer passed, then
    one whose predicate does, then several, then what the values have in common, or is true of
    them. There is no hint if none of this fits.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    groups : sequence of Group
        What the answer did.

    Returns
    -------
    Advice
        The hints, and a case that failed: one in which the first hint shows. Where the mistake
        is unknown, it is the smallest that failed.
    """
    failed = [group.trials for group in groups if not group.passed]
    if not failed:
        return Advice()
    passed = [group.trials for group in groups if group.passed]
    found = _find_misconceptions(exercise, failed, passed)
    if found:
        return Advice(tuple(found), next(iter(found.values())), explained=True)
    found = _find_generic_hints(exercise, failed, passed)
    smallest = min((t for trials in failed for t in trials if t.stage), key=_count_numbers)
    if not found:
        return Advice((), smallest)
    first = next(iter(found.values()))
    if first.stage == "values":
        return Advice(tuple(found), smallest)
    return Advice(tuple(found), first, explained=first.stage != "finite")


def _find_misconceptions(
    exercise: Exercise, failed: list[list[Trial]], passed: list[list[Trial]]
) -> dict[str, Trial]:
    """Return hints of misconceptions that explain every failed group, each with a case."""
    try_wrong = _make_try(exercise)

    def list_places(misconception: Misconception) -> set[int]:
        return {
            place
            for place, trials in enumerate(failed)
            if _is_shown(exercise, try_wrong, misconception, trials)
        }

    # What the wrong answers of the catalogue print or warn is not the learner's.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shown = [(m, list_places(m)) for m in exercise.misconceptions]
        by_one = _explain_by_one(exercise, try_wrong, shown, failed, passed)
        return by_one or _explain_by_several(exercise, try_wrong, shown, failed)


def _make_try(exercise: Exercise) -> _Try:
    """Return what tries wrong answers of the catalogue, each once on a case."""
    tried: dict[tuple[int, int], Trial] = {}

    def try_wrong(misconception: Misconception, trial: Trial) -> Trial:
        key = id(misconception), id(trial)
        if key not in tried:
            call = make_caller(misconception.wrong)
            tried[key] = try_case(
                exercise, call, trial.arguments, trial.expected, with_detail=False
            )
        return tried[key]

    return try_wrong


def _explain_by_one(
    exercise: Exercise,
    try_wrong: _Try,
    shown: _Shown,
    failed: list[list[Trial]],
    passed: list[list[Trial]],
) -> dict[str, Trial]:
    whole = [m for m, places in shown if len(places) == len(failed)]
    exact = (
        m for m in whole if not any(try_wrong(m, t).stage for trials in passed for t in trials)
    )
    # What is right where a wrong formula is wrong is another formula; a predicate says less.
    best = next(exact, None) or next((m for m in whole if m.shows), None)
    return {best.hint: _quote(exercise, try_wrong, best, failed)} if best else {}


def _has_truths(groups: list[list[Trial]]) -> bool:
    return any(is_truth(trial.expected) for trials in groups for trial in trials)


def _explain_by_several(
    exercise: Exercise, try_wrong: _Try, shown: _Shown, failed: list[list[Trial]]
) -> dict[str, Trial]:
    """Explain every failed group by a misconception, or by what stopped it; nothing if one stays.

    A few yes-or-no answers of one group fit many misconceptions by chance.
    """
    if _has_truths(failed):
        return {}
    known = set().union(*(places for _, places in shown))
    stopped = {n: trial for n, trials in enumerate(failed) if (trial := _find_stop(trials))}
    if len(stopped) == len(failed) and all(t.stage == "finite" for t in stopped.values()):
        # Nothing was finite anywhere: what explains it in a part explains it wrongly.
        return {}
    stopped = {n: trial for n, trial in stopped.items() if n not in known}
    chosen, left = [], set(range(len(failed))) - set(stopped)
    while left:
        best, places = max(shown, key=lambda pair: len(pair[1] & left), default=(None, set()))
        if best is None or not places & left:
            return {}
        quoted = _quote(exercise, try_wrong, best, failed)
        chosen.append((min(places & left), best.hint, quoted))
        left -= places
    # One that explains all by itself, and yet was not chosen, is wrong where the answer is right.
    if not chosen or (len(chosen) == 1 and not stopped):
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


def _find_stop(trials: list[Trial]) -> Trial | None:
    """Return a case of a group in which nothing that failed gave values to compare."""
    is_stopped = all(find_stage_hint(trial) for trial in trials if trial.stage)
    return _find_early_failure(trials) if is_stopped else None


def _is_shown(
    exercise: Exercise, try_wrong: _Try, misconception: Misconception, trials: list[Trial]
) -> bool:
    """Whether trials gave what a wrong answer gives, and that is indeed wrong there."""
    if misconception.shows:
        return misconception.shows(trials)
    return all(
        _came_to_the_same(exercise, trial, try_wrong(misconception, trial)) for trial in trials
    ) and any(try_wrong(misconception, trial).stage for trial in trials)


def _came_to_the_same(exercise: Exercise, trial: Trial, other: Trial) -> bool:
    if trial.got is None:
        # Without a value, two failures are alike only if the same happened.
        return other.got is None and trial.detail == other.detail
    if are_close(exercise, trial.got, other.got):
        return True
    # With the same mistake, an answer may stay in float32 besides, and lose digits.
    return (
        any(getattr(argument, "dtype", None) == np.float32 for argument in trial.arguments)
        and isinstance(trial.got, np.ndarray)
        and isinstance(other.got, np.ndarray)
        and trial.got.shape == other.got.shape == trial.expected.shape
        and np.allclose(trial.got, other.got, rtol=_FLOAT32_DIGITS, atol=0)
        and not np.allclose(trial.expected, other.got, rtol=_FLOAT32_DIGITS, atol=0)
    )


def _quote(
    exercise: Exercise, try_wrong: _Try, misconception: Misconception, failed: list[list[Trial]]
) -> Trial:
    """Return the first case in which a misconception shows and is wrong."""
    shown = [trials for trials in failed if _is_shown(exercise, try_wrong, misconception, trials)]
    wrong = [trial for trials in shown for trial in trials if trial.stage]
    # Where a predicate recognises it, its own wrong answer need not give the same.
    alike = (
        trial
        for trial in wrong
        if _came_to_the_same(exercise, trial, try_wrong(misconception, trial))
    )
    return next(alike, wrong[0])


def _find_generic_hints(
    exercise: Exercise, failed: list[list[Trial]], passed: list[list[Trial]]
) -> dict[str, Trial]:
    """Return what can be said of failed groups without knowing the mistake, each with a case.

    Nothing, if it does not explain all of them, but for what is certain or was observed.
    """
    early = [trial for trials in failed if (trial := _find_early_failure(trials))]
    late = [trials for trials in failed if not _find_early_failure(trials)]
    found: dict[str, Trial] = {}
    for trial in sorted(early, key=_find_stage_number):
        found.setdefault(find_stage_hint(trial), trial)
    found = drop_weaker_hints(found)
    everything = [trial for trials in (*failed, *passed) for trial in trials]
    if not late:
        observed = _observe(exercise, everything) if _gave_values(early) else {}
        return {**found, **observed}
    compared = [trial for trials in late for trial in trials]
    others = [trial for trials in passed for trial in trials]
    pattern = find_pattern_hint(exercise, compared, [*others, *early])
    observed = _observe(exercise, everything)
    if pattern and not (observed and is_weak(pattern)):
        return {**found, pattern: next(trial for trial in compared if trial.stage)}
    certain = {hint: trial for hint, trial in found.items() if trial.stage in _CERTAIN}
    return {**(found if observed else certain), **observed}


def _gave_values(trials: list[Trial]) -> bool:
    return all(trial.stage == "finite" for trial in trials)


def _observe(exercise: Exercise, trials: list[Trial]) -> dict[str, Trial]:
    """Return the observations that hold, with the first case that gave a wrong value."""
    valued = [t for t in trials if t.stage in ("", "values", "finite") and t.got is not None]
    wrong = next((trial for trial in valued if trial.stage), None)
    if wrong is None or not all(_is_real(trial.got) for trial in valued):
        return {}
    # Of NaN alone anything would be true.
    if all(trial.stage == "finite" for trial in valued if trial.stage):
        return {}
    with np.errstate(all="ignore"):
        step = _find_earlier_step(exercise, valued)
        if step:
            return {_EARLIER_STEP.format(step): wrong}
        hints: dict[str, str] = {}
        for observation in exercise.observations:
            if observation.kind not in hints and observation.holds(valued):
                hints[observation.kind] = observation.hint
    return dict.fromkeys(hints.values(), wrong)


def _is_real(value: Any) -> bool:
    return all(leaf is not None and leaf.dtype.kind in "biuf" for leaf in list_leaves(value))


def _find_earlier_step(exercise: Exercise, trials: list[Trial]) -> str:
    """Say which step of the right way all values are; empty if they are none."""
    if exercise.steps is None or any(is_truth(trial.expected) for trial in trials):
        return ""
    ways = [dict(exercise.steps(*copy.deepcopy(trial.arguments))[:-1]) for trial in trials]
    for what in ways[0]:
        if all(
            what in way and are_close(exercise, trial.got, make_value(way[what]))
            for way, trial in zip(ways, trials, strict=True)
        ):
            return what
    return ""


def _find_early_failure(trials: list[Trial]) -> Trial | None:
    """Return the case of a group that failed first, if it gave no values to compare."""
    failed = sorted((trial for trial in trials if trial.stage), key=_find_stage_number)
    return failed[0] if failed and find_stage_hint(failed[0]) else None


def _find_stage_number(trial: Trial) -> int:
    return STAGES.index(trial.stage)


def _count_numbers(trial: Trial) -> int:
    return sum(np.size(leaf) for leaf in list_leaves(trial.arguments))
