"""Marking an answer: run it on cases drawn from a seed and compare with the reference."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments, Exercise, Group, Trial
from gradlab.exercises.marking.calling import Caller, make_caller, try_case
from gradlab.exercises.marking.hints import choose_hints
from gradlab.exercises.marking.values import Value, make_value, show_value


@dataclass(frozen=True)
class Marking:
    """What an answer did on every group, and the hints that follow from it.

    `quoted` is the case that the first hint is about, one that failed. `explained` says whether
    the hints name the mistake, rather than what the values have in common.
    """

    groups: tuple[Group, ...]
    hints: tuple[str, ...]
    points: float
    attempted: bool
    quoted: Trial | None = None
    explained: bool = False


# The arguments of every case, by group, each with what is right.
Drawn = dict[str, list[tuple[Arguments, "Value | IndexError"]]]


def mark(exercise: Exercise, answer: Callable[..., Any], seed: int = 0) -> Marking:
    """Run `answer` on the cases of `exercise` and mark it.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    answer : callable
        What was answered.
    seed : int, optional
        The seed that the cases are drawn from.

    Returns
    -------
    Marking
        The groups with their trials. Whatever `answer` raises is a failed trial.

    Examples
    --------
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.exercises.marking.mark import mark
    >>> mark(EXERCISES["double"], lambda x: x + x).points
    1.0
    """
    call = make_caller(answer)
    cases = exercise.cases(np.random.default_rng(seed))
    # What is right is computed afterwards: an answer can read the frames that it is called from.
    done = iter([call(arguments) for group in cases.values() for arguments in group])
    return mark_calls(exercise, lambda _: next(done), draw_cases(exercise, seed))


def draw_cases(exercise: Exercise, seed: int) -> Drawn:
    """Draw the cases of an exercise.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    seed : int
        The seed that the cases are drawn from.

    Returns
    -------
    dict
        For each group the arguments of its cases, each with what the reference answers; with
        None where the exercise has a judge.
    """
    return {
        name: [(arguments, _expected(exercise, arguments)) for arguments in cases]
        for name, cases in exercise.cases(np.random.default_rng(seed)).items()
    }


def mark_calls(
    exercise: Exercise, call: Caller, drawn: Drawn, order: np.random.Generator | None = None
) -> Marking:
    """Call an answer, wherever it may be, on cases that were drawn, and mark it.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    call : callable
        Calls the answer.
    drawn : dict
        The cases, which stay as they are.
    order : Generator, optional
        Draws the order of the calls, so that an answer cannot tell a case by its number. Default:
        the order of the cases.

    Returns
    -------
    Marking
        The groups with their trials.
    """
    places = [(name, number) for name, cases in drawn.items() for number in range(len(cases))]
    turns = range(len(places)) if order is None else order.permutation(len(places)).tolist()
    tried = {}
    for name, number in (places[turn] for turn in turns):
        tried[name, number] = try_case(exercise, call, *drawn[name][number])
    groups = []
    for name, cases in drawn.items():
        trials = [tried[name, number] for number in range(len(cases))]
        groups.append(Group(name, trials, exercise.tally(trials)))
    if all(trial.stage == "stub" for group in groups for trial in group.trials):
        return Marking((), (), 0.0, attempted=False)
    points = exercise.points * sum(group.tally.share for group in groups) / len(groups)
    hints, quoted, explained = choose_hints(exercise, groups)
    return Marking(tuple(groups), hints, points, True, quoted, explained)


def make_report(exercise: Exercise, marking: Marking, told: bool) -> tuple[str, ...]:
    """Return the lines of the exercise's own report.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    marking : Marking
        How it was answered.
    told : bool
        Whether the numbers of cases may be told.

    Returns
    -------
    tuple of str
        None if the exercise has no report, or it has nothing to say.
    """
    if exercise.report is None:
        return ()
    return exercise.report([trial for group in marking.groups for trial in group.trials], told)


def list_steps(exercise: Exercise, marking: Marking) -> tuple[str, ...]:
    """Work the case that is quoted step by step, with its numbers.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    marking : Marking
        How it was answered.

    Returns
    -------
    tuple of str
        A line for each step. None if the mistake is known, or nothing is quoted.
    """
    if exercise.steps is None or marking.explained or marking.quoted is None:
        return ()
    steps = exercise.steps(*copy.deepcopy(marking.quoted.arguments))
    return tuple(f"{what}: {_show_step(value)}" for what, value in steps)


def _show_step(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_show_step, value))})"
    return show_value(value)


def _expected(exercise: Exercise, arguments: Arguments) -> Value | IndexError:
    if exercise.judge is not None:  # Many answers are right.
        return None
    try:
        return make_value(exercise.reference(*copy.deepcopy(arguments)))
    except IndexError as error:
        return error
