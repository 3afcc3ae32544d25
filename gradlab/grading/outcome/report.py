"""The summary: how the grading went, in short lines, and who needs a person."""

from __future__ import annotations

import statistics
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from gradlab.grading.outcome.given_marks import OTHER_ANSWER
from gradlab.grading.outcome.gradebook import as_number
from gradlab.grading.outcome.learner_notes import OTHER_LESSONS, list_learner_notes
from gradlab.grading.outcome.marks import IN_PLACE
from gradlab.grading.outcome.phrases import count_things
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult, Run, Status
from gradlab.grading.outcome.text import as_line

_UNANSWERED = {"blank", "missing"}
_MEANING: dict[Status, str] = {
    "graded": "graded",
    "needs-manual": "needs-manual: an answer waits for your marks",
    "unreadable": "unreadable: something could not be read or marked",
    "missing": "missing: nothing that counts was handed in",
}


def as_report(
    results: Sequence[LearnerResult],
    run: Run,
    remarks: Sequence[str] = (),
    strangers: Sequence[str] = (),
    same: Sequence[str] = (),
    sections: Sequence[tuple[str, Sequence[str]]] = (),
    to_add: Sequence[str] = (),
) -> str:
    """Say in short lines how the grading went, and who needs a person.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    run : Run
        How it was done.
    remarks : sequence of str, optional
        Marks that could not be used, as `merge_marks` tells them.
    strangers : sequence of str, optional
        Who is not on the roster, as `compare` tells them.
    same : sequence of str, optional
        Which answers are the same, as `list_same_answers` tells them.
    sections : sequence of (str, sequence of str), optional
        What else is to be said: a heading, and lines under it.
    to_add : sequence of str, optional
        Lines for the teacher's table of marks, as they are to be pasted.

    Returns
    -------
    str
        A text that is the same for the same results.

    Examples
    --------
    >>> from gradlab.grading.outcome.report import as_report
    >>> from gradlab.grading.outcome.results import LearnerResult, Run
    >>> run = Run("0.1.0", 7, "Limits only.", (4,))
    >>> print(as_report([LearnerResult("dora", "missing", ())], run), end="")
    gradlab 0.1.0 graded 1 learner. Only lesson 4 counts.
         1  missing: nothing that counts was handed in
    Seed: 7 (with --seed 7 the grades come out the same)
    Isolation: Limits only.
    <BLANKLINE>
    Needs a person:
      dora: handed in no notebook
    """
    learners = count_things(len(results), "learner")
    only = f" Only {_name_lessons(run.lessons)}." if run.lessons else ""
    counts = Counter(result.status for result in results)
    lines = [f"gradlab {run.version} graded {learners}.{only}"]
    lines += [f"{counts[s]:6}  {meaning}" for s, meaning in _MEANING.items() if counts[s]]
    lines += _summarize_totals([result for result in results if result.status == "graded"])
    lines += _explain_lessons(results, run)
    lines += _wrap(f"Seed: {run.seed} (with --seed {run.seed} the grades come out the same)")
    lines += _wrap(f"Isolation: {as_line(run.isolation)}")
    lines += _list_under("Marks that were not used:", remarks)
    lines += _list_under("Differences from the roster:", strangers)
    lines += _list_under("Needs a person:", list_who_needs_a_person(results))
    lines += _list_under("Worth a look (these may have cost points):", _list_worth_a_look(results))
    lines += _list_under("Your points in place of those of the check:", _list_by_hand(results))
    lines += _list_under("Same answers (no points were taken off):", same)
    lines += _list_under("Notes on learners:", list_learner_notes(results))
    for heading, items in sections:
        lines += _list_under(heading, items)
    if to_add:
        lines += ["", "Not in your table of marks yet (lines to add at its end):", *to_add]
    return "\n".join(lines) + "\n"


def list_who_needs_a_person(results: Sequence[LearnerResult]) -> list[str]:
    """Say why each learner that is not graded needs a person.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.

    Returns
    -------
    list of str
        A line for each reason, with all who have it.

    Examples
    --------
    >>> from gradlab.grading.outcome.report import list_who_needs_a_person
    >>> from gradlab.grading.outcome.results import LearnerResult
    >>> list_who_needs_a_person([LearnerResult("dora", "missing", ())])
    ['dora: handed in no notebook']
    """
    waiting = [result for result in results if result.status != "graded"]
    return list_by_reason((result.student, _explain_status(result)) for result in waiting)


def list_by_reason(told: Iterable[tuple[str, str]]) -> list[str]:
    """Say what there is to say of learners, once for all of whom it is the same.

    Parameters
    ----------
    told : iterable of (str, str)
        A learner's name, and what is to be said.

    Returns
    -------
    list of str
        Lines, in the order of the names that come first in each.

    Examples
    --------
    >>> from gradlab.grading.outcome.report import list_by_reason
    >>> list_by_reason([("eva", "is late"), ("dan", "is ill"), ("abe", "is late")])
    ['is late (2): abe, eva', 'dan: is ill']
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for student, reason in sorted(told):
        names[reason].append(student)
    # Canvas has the last name first.
    between = "; " if any("," in student for who in names.values() for student in who) else ", "
    return [
        as_line(
            f"{reason} ({len(who)}): {between.join(who)}" if who[1:] else f"{who[0]}: {reason}"
        )
        for reason, who in names.items()
    ]


def _list_by_hand(results: Sequence[LearnerResult]) -> list[str]:
    """Return where a person gave other points than the check."""
    return [
        f"{result.student}: {exercise.name}: {note}"
        for result in sorted(results, key=lambda result: result.student)
        for exercise in result.exercises
        for note in exercise.notes
        if exercise.is_by_hand and IN_PLACE in note
    ]


def _list_worth_a_look(results: Sequence[LearnerResult]) -> list[str]:
    """Return what was noted on answers that did not get full marks, and who answered nothing."""
    blank = list_by_reason(
        (result.student, "every answer is as it was given out; is it the wrong file?")
        for result in results
        if result.status == "graded" and all(map(_is_unanswered, result.exercises))
    )
    return blank + list_by_reason(
        (result.student, f"{exercise.name}: {note}")
        for result in results
        for exercise in result.exercises
        if exercise.outcome in ("wrong", "stopped", *_UNANSWERED) and not exercise.is_by_hand
        for note in exercise.notes
    )


def _is_unanswered(exercise: ExerciseResult) -> bool:
    return exercise.outcome in _UNANSWERED and not exercise.is_by_hand


def _name_lessons(lessons: Sequence[int]) -> str:
    if len(lessons) == 1:
        return f"lesson {lessons[0]} counts"
    return f"lessons {', '.join(map(str, lessons[:-1]))} and {lessons[-1]} count"


def _explain_lessons(results: Sequence[LearnerResult], run: Run) -> list[str]:
    """Say of which lessons nobody handed in anything: perhaps they were not set."""
    exercises = [e for result in results if result.status != "missing" for e in result.exercises]
    there = {e.lesson for e in exercises if e.outcome != "missing"}
    gone = sorted({e.lesson for e in exercises} - there)
    if gone and run.lessons and exercises:
        return _wrap(
            f"Nobody handed in anything of lesson {', '.join(map(str, gone))}. Is --lesson right?"
        )
    if not there or not gone:
        return []
    points = sum({e.name: e.max_points for e in exercises if e.lesson in gone}.values())
    return _wrap(
        f"Nobody handed in anything of lesson {', '.join(map(str, gone))}, which count "
        f"{as_number(points)} points. If they were not set, grade again with --lesson."
    )


def _explain_status(result: LearnerResult) -> str:
    if result.status == "missing":
        other = [note for note in result.notes if note.startswith(OTHER_LESSONS)]
        return "; ".join(other) or "handed in no notebook"
    reasons = [
        "; ".join((f"the written answer `{e.name}` waits for your marks", *e.notes))
        for e in result.exercises
        if e.points is None
    ]
    reasons += [f"`{e.name}` {OTHER_ANSWER}" for e in result.exercises if OTHER_ANSWER in e.notes]
    if result.status == "unreadable":
        reasons = [*(result.notes or ("a notebook could not be read",)), *reasons]
    return "; ".join(reasons)


def _summarize_totals(graded: Sequence[LearnerResult]) -> list[str]:
    if not graded:
        return []
    totals = [result.total for result in graded]
    mean, median = as_number(statistics.fmean(totals)), as_number(statistics.median(totals))
    most = as_number(max(result.max_total for result in graded))
    return [f"Of the {len(totals)} graded: mean {mean}, median {median} of {most} points"]


def _list_under(heading: str, items: Sequence[str]) -> list[str]:
    lines = [line for item in items for line in _wrap(as_line(item), "  ")]
    return ["", heading, *lines] if lines else []


def _wrap(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, 79, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )
