"""Notes on learners for the summary: equal ones together, and none that all have anyway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from gradlab.grading.outcome.phrases import shorten
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult

# How a note begins on who handed in lessons, but none that counts.
OTHER_LESSONS = "handed in nothing that counts, but lesson "
_MOST_LINES = 40
_MOST_NAMED = 10
_LONGEST = 500


def note_missing_lessons(
    exercises: Sequence[ExerciseResult], not_set: Collection[int] = ()
) -> list[str]:
    """Say of which lessons a learner handed in nothing, if there is something of others.

    Parameters
    ----------
    exercises : sequence of ExerciseResult
        All of the learner's.
    not_set : collection of int, optional
        Lessons of which to say nothing.

    Returns
    -------
    list of str
        One note, or none.

    Examples
    --------
    >>> from gradlab.grading.outcome.learner_notes import note_missing_lessons
    >>> from gradlab.grading.outcome.results import ExerciseResult
    >>> right = ExerciseResult("pack", 4, "right", 3.0, 3.0)
    >>> note_missing_lessons([right, ExerciseResult("softmax", 5, "missing", 0.0, 2.0)])
    ['nothing of lesson 5 was found']
    """
    lessons = dict.fromkeys(exercise.lesson for exercise in exercises)
    there = find_lessons(exercises)
    gone = [str(lesson) for lesson in lessons if lesson not in there and lesson not in not_set]
    return [f"nothing of lesson {', '.join(gone)} was found"] if gone and there else []


def note_other_lessons(lessons: Collection[int]) -> str:
    """Say of who handed in nothing that counts which lessons there are instead."""
    return f"{OTHER_LESSONS}{', '.join(map(str, sorted(lessons)))}"


def find_lessons(exercises: Sequence[ExerciseResult]) -> set[int]:
    """Return the lessons of which there is something."""
    return {exercise.lesson for exercise in exercises if exercise.outcome != "missing"}


def list_learner_notes(results: Sequence[LearnerResult]) -> list[str]:
    """Return the notes on learners that are told nowhere else in the summary.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.

    Returns
    -------
    list of str
        A line for each note, with those who have it, the most common first; of very many the
        first. What could not be read of a learner is told where that needs a person; that nobody
        handed in a lesson is told once.

    Examples
    --------
    >>> from gradlab.grading.outcome.learner_notes import list_learner_notes
    >>> from gradlab.grading.outcome.results import LearnerResult
    >>> late = [LearnerResult(name, "graded", (), ("handed in late",)) for name in ("ada", "ben")]
    >>> list_learner_notes(late)
    ['ada, ben: handed in late']
    """
    there = {lesson for result in results for lesson in find_lessons(result.exercises)}
    not_set = {e.lesson for result in results for e in result.exercises} - there
    having: defaultdict[str, list[str]] = defaultdict(list)
    for result in sorted(results, key=lambda result: result.student):
        if result.status not in ("graded", "needs-manual"):
            continue
        told = note_missing_lessons(result.exercises)
        own = [note for note in result.notes if note not in told]
        for note in dict.fromkeys([*own, *note_missing_lessons(result.exercises, not_set)]):
            having[note].append(result.student)
    common = sorted(having, key=lambda note: -len(having[note]))
    lines = [
        f"{_tell_who(having[note])}: {shorten(note, _LONGEST)}" for note in common[:_MOST_LINES]
    ]
    more = len(common) - _MOST_LINES
    return [*lines, f"and {more} more, in the notes of the grades"] if more > 0 else lines


def _tell_who(students: Sequence[str]) -> str:
    return ", ".join(students) if len(students) <= _MOST_NAMED else f"{len(students)} learners"
