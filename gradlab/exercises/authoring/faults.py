"""What an exercise still lacks, whoever answers it."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from pathlib import Path
from typing import Any

import numpy as np

import gradlab
from gradlab.exercises.catalogue import describe_error
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.mark import draw_cases, mark

_LEAST = {"misconceptions": 3, "hints": 2, "also_right": 1}
_SENTENCE = re.compile(r"\S.*[.?!)]")


def find_obstacle(exercise: Exercise, seed: int) -> str:
    """Say why no answer can be marked.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    seed : int
        The seed of its cases.

    Returns
    -------
    str
        A sentence; "" if answers can.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.exercises.authoring.faults import find_obstacle
    >>> find_obstacle(replace(EXERCISES["double"], cases=lambda rng: {"numbers": [3]}), 0)
    'A case of “numbers” is 3. It must be a tuple of arguments, such as (3,).'
    """
    for field in _LEAST:
        if not isinstance(getattr(exercise, field), tuple):
            return f"{field} must be a tuple. If there is one entry, put a comma after it."
    try:
        groups = exercise.cases(np.random.default_rng(seed))
    except Exception as error:
        return f"No cases can be drawn. {_describe(exercise, error)}"
    if misfit := _find_misfit(exercise, groups):
        return misfit
    try:
        draw_cases(exercise, seed)
    except Exception as error:
        return f"The reference fails in a case. {_describe(exercise, error)}"
    return ""


def list_faults(exercise: Exercise) -> list[str]:
    """List what must be fixed, apart from hints that the wrong answer gets.

    Parameters
    ----------
    exercise : Exercise
        One whose answers can be marked.

    Returns
    -------
    list of str
        Sentences; none if nothing is missing.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.exercises.authoring.faults import list_faults
    >>> list_faults(replace(EXERCISES["double"], also_right=()))
    ['also_right has 0 entries; it must have at least 1.']
    """
    faults = [
        *_list_what_is_missing(exercise),
        *_list_what_is_no_sentence(exercise),
        *_list_functions_without_code(exercise),
    ]
    if exercise.signature.parameters and _show_cases(exercise, 1) == _show_cases(exercise, 2):
        faults.append("Every seed draws the same cases. Draw some arguments from the generator.")
    alone = _find_fault_of_the_solution(exercise)
    return [*faults, alone] if alone else faults


def _find_misfit(exercise: Exercise, groups: dict[str, list[Any]]) -> str:
    parameters = exercise.signature.parameters
    for group, cases in groups.items():
        if not cases:
            return f"The group “{group}” is empty. It must hold at least one case."
        for arguments in cases:
            if not isinstance(arguments, tuple):
                return (
                    f"A case of “{group}” is {arguments!r}. It must be a tuple of arguments, such "
                    f"as ({arguments!r},)."
                )
            try:
                exercise.signature.bind(*arguments)
            except TypeError as error:
                return (
                    f"A case of “{group}” does not fit {exercise.name}"
                    f"({', '.join(parameters)}): {error}."
                )
    return ""


def _describe(exercise: Exercise, error: Exception) -> str:
    return f"{describe_error(error, Path(inspect.getfile(exercise.reference)))}."


def _list_what_is_missing(exercise: Exercise) -> list[str]:
    counts = {field: (len(getattr(exercise, field)), least) for field, least in _LEAST.items()}
    faults = [
        f"{field} has {count} entr{'y' if count == 1 else 'ies'}; it must have at least {least}."
        for field, (count, least) in counts.items()
        if count < least
    ]
    if exercise.points < 1:
        faults.append(f"points is {exercise.points}; it must be at least 1.")
    return faults


def _list_what_is_no_sentence(exercise: Exercise) -> list[str]:
    said = [*exercise.hints, *(one.hint for one in exercise.misconceptions), exercise.advice]
    return [f"“{text}” must be a sentence." for text in said if not _SENTENCE.fullmatch(text)]


def _list_functions_without_code(exercise: Exercise) -> list[str]:
    drawn = exercise.cases(np.random.default_rng(0))
    groups = [
        group
        for group, cases in drawn.items()
        if any(
            inspect.isfunction(value) and not hasattr(value, "code") for c in cases for value in c
        )
    ]
    return [
        f"A function among the arguments of “{group}” has no text that a learner could paste. "
        'Make it with make_function("lambda x: x**3") of gradlab/exercises/draws.py.'
        for group in groups
    ]


def _find_fault_of_the_solution(exercise: Exercise) -> str:
    """Run the published solution as a learner would: without what else is in the file."""
    names: dict[str, Any] = {"np": np, "gradlab": gradlab}
    try:
        exercise.solution_cell()
        exec(exercise.source(), names)
    except Exception as error:
        return f"The solution cannot be published. {_describe(exercise, error)}"
    with contextlib.redirect_stdout(io.StringIO()):
        marking = mark(exercise, names[exercise.name])
    raised = (
        trial for group in marking.groups for trial in group.trials if trial.stage == "raises"
    )
    first = next(raised, None)
    if first is None:
        return ""
    return (
        f"By itself the solution {first.detail}. It may use np and gradlab, and nothing else from "
        "outside."
    )


def _show_cases(exercise: Exercise, seed: int) -> str:
    return re.sub(r" at 0x\w+", "", str(draw_cases(exercise, seed)))
