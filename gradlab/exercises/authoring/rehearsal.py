"""The command ``gradlab exercise try``: what learners read who give the answers of the file."""

from __future__ import annotations

import contextlib
import io
import textwrap
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from gradlab.exercises.authoring.faults import find_obstacle, list_faults
from gradlab.exercises.catalogue import ALL_EXERCISES
from gradlab.exercises.checking.check import make_result
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.mark import Marking, mark
from gradlab.support.errors import GradlabError

# The first is that of the public check.
_SEEDS = range(10)


class RehearsalError(GradlabError):
    """Why an exercise cannot be tried."""


def try_answers(name: str) -> tuple[str, bool]:
    """Mark the answers in the file of an exercise, right and wrong ones, on several seeds.

    Parameters
    ----------
    name : str
        The exercise.

    Returns
    -------
    text : str
        For each wrong answer, what a learner reads, and on which seeds it got another hint than
        its own. Of the right ones, those that did not get full marks. At the end, all that has
        to be fixed.
    ok : bool
        Whether nothing has.

    Raises
    ------
    RehearsalError
        If there is no such exercise, it is answered in words, or no answer can be
        marked.

    Examples
    --------
    >>> from gradlab.exercises.authoring.rehearsal import try_answers
    >>> text, ok = try_answers("double")
    >>> ok
    True
    >>> print(text.splitlines()[0])
    double: 5 right answers get full marks on seeds 0 to 9.
    """
    exercise = ALL_EXERCISES.get(name)
    if exercise is None:
        raise RehearsalError(
            f"There is no exercise {name}. There are: {', '.join(ALL_EXERCISES)}."
        )
    if not isinstance(exercise, Exercise):
        raise RehearsalError(f"{name} is answered in words, which a person marks.")
    for seed in _SEEDS:
        if obstacle := find_obstacle(exercise, seed):
            raise RehearsalError(obstacle)
    right, failed = _try_right_answers(exercise)
    parts, faults = [f"{name}: {right}"], [*failed, *list_faults(exercise)]
    for number, misconception in enumerate(exercise.misconceptions, 1):
        markings = _mark_all(exercise, misconception.wrong)
        slips = _list_slips(exercise, misconception.hint, markings)
        verdict = f"Misconception {number}: {'; '.join(slips) or 'its own hint on every seed'}."
        read = textwrap.indent(str(make_result(exercise, markings[0])), "    ")
        parts.append(f"{verdict}\n\n{read}")
        faults += [verdict] if slips else []
    parts.append(
        "\n- ".join(["To be fixed:\n", *faults]) if faults else "Nothing has to be fixed."
    )
    return "\n\n".join(parts), not faults


def _try_right_answers(exercise: Exercise) -> tuple[str, list[str]]:
    """Mark the right answers; return what they got, and a sentence for each that is not right."""
    answers = {"The reference": exercise.reference} | {
        f"also_right[{number}]": answer for number, answer in enumerate(exercise.also_right)
    }
    found = {what: _mark_all(exercise, answer) for what, answer in answers.items()}
    seeds = {
        what: [seed for seed, one in enumerate(all_) if one.points < exercise.points]
        for what, all_ in found.items()
    }
    failed = [
        f"{what} does not get full marks on {_name_seeds(wrong)}."
        for what, wrong in seeds.items()
        if wrong
    ]
    if failed:
        return "\n".join(failed), failed
    return f"{len(answers)} right answers get full marks on {_name_seeds(_SEEDS)}.", []


def _mark_all(exercise: Exercise, answer: Callable[..., Any]) -> list[Marking]:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [mark(exercise, answer, seed) for seed in _SEEDS]


def _list_slips(exercise: Exercise, own: str, markings: list[Marking]) -> list[str]:
    """Say on which seeds a wrong answer did not get its own hint alone, and what it got."""
    owners = {m.hint: str(n) for n, m in reversed([*enumerate(exercise.misconceptions, 1)])}
    slips: dict[str, list[int]] = {}
    for seed, marking in zip(_SEEDS, markings, strict=True):
        if marking.points == exercise.points:
            slips.setdefault("full marks", []).append(seed)
        elif not marking.hints:
            slips.setdefault("no hint", []).append(seed)
        elif marking.hints != (own,):
            whose = " and ".join(
                f"that of misconception {owners[hint]}" if hint in owners else f"“{hint}”"
                for hint in marking.hints
            )
            slips.setdefault(f"another hint, {whose},", []).append(seed)
    return [f"{what} on {_name_seeds(seeds)}" for what, seeds in slips.items()]


def _name_seeds(seeds: Iterable[int]) -> str:
    listed = list(seeds)
    if listed == list(_SEEDS):
        return f"seeds {listed[0]} to {listed[-1]}"
    return f"seed{'s' if len(listed) > 1 else ''} {', '.join(map(str, listed))}"
