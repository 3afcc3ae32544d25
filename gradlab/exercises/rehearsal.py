"""The command ``gradlab exercise try``: what learners read who give the answers of the file."""

from __future__ import annotations

import contextlib
import io
import textwrap
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from gradlab.exercises.catalogue import ALL_EXERCISES
from gradlab.exercises.checking import make_result
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking import Marking, mark
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
        its own. Of the right ones, those that did not get full marks.
    ok : bool
        Whether right answers got full marks, and each wrong one its own hint, on all seeds.

    Raises
    ------
    RehearsalError
        If there is no such exercise, or it is answered in words.

    Examples
    --------
    >>> from gradlab.exercises.rehearsal import try_answers
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
    right, right_ok = _try_right_answers(exercise)
    parts, ok = [f"{name}: {right}"], right_ok
    for number, misconception in enumerate(exercise.misconceptions, 1):
        markings = _mark_all(exercise, misconception.wrong)
        slips = _list_slips(exercise, misconception.hint, markings)
        ok = ok and not slips
        verdict = "; ".join(slips) if slips else "its own hint on every seed"
        read = textwrap.indent(str(make_result(exercise, markings[0])), "    ")
        parts.append(f"Misconception {number}: {verdict}.\n\n{read}")
    return "\n\n".join(parts), ok


def _try_right_answers(exercise: Exercise) -> tuple[str, bool]:
    answers = {"the reference": exercise.reference} | {
        f"also_right[{number}]": answer for number, answer in enumerate(exercise.also_right)
    }
    found = {what: _mark_all(exercise, answer) for what, answer in answers.items()}
    seeds = {
        what: [seed for seed, one in enumerate(all_) if one.points < exercise.points]
        for what, all_ in found.items()
    }
    failed = {what: wrong for what, wrong in seeds.items() if wrong}
    if not failed:
        return f"{len(answers)} right answers get full marks on {_name_seeds(_SEEDS)}.", True
    lines = [f"{what} does not get full marks on {_name_seeds(s)}." for what, s in failed.items()]
    return "\n".join(lines), False


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
