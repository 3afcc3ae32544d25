"""Notes on learners in the summary: none is lost, and what all have does not flood it."""

from __future__ import annotations

import re

from hypothesis import given
from learner_results import RESULTS, make_learner

from gradlab.grading.outcome.learner_notes import list_learner_notes
from gradlab.grading.outcome.report import as_report
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult, Run

RUN = Run("0.1.0", 7, "Limits only.", ())


def make(student: str, *notes: str, lessons: tuple[int, ...] = ()) -> LearnerResult:
    exercises = tuple(
        ExerciseResult(f"e{n}", n, "right" if n in lessons else "missing", 0.0, 1.0)
        for n in range(4 if lessons else 0)
    )
    return LearnerResult(student, "graded", exercises, notes)


def test_equal_notes_stand_together_and_the_most_common_come_first() -> None:
    results = [make(f"s{n}", "handed in late") for n in range(12)]
    results += [make("ben", "twice", "rare"), make("ada", "twice")]
    assert list_learner_notes(results) == [
        "12 learners: handed in late",
        "ada, ben: twice",
        "ben: rare",
    ]


def test_a_lesson_that_nobody_handed_in_is_not_noted_for_each() -> None:
    results = [
        make("ada", "nothing of lesson 0, 3 was found", lessons=(1, 2)),
        make("ben", "nothing of lesson 0, 2, 3 was found", lessons=(1,)),
    ]
    assert list_learner_notes(results) == ["ben: nothing of lesson 2 was found"]


def test_who_needs_a_person_for_what_could_not_be_read_is_told_there() -> None:
    unreadable = LearnerResult("ada", "unreadable", (), ("torn",))
    waiting = LearnerResult("ben", "needs-manual", (), ("late",))
    assert list_learner_notes([unreadable, waiting]) == ["ben: late"]


def test_very_many_notes_are_bounded_and_the_rest_is_counted() -> None:
    lines = list_learner_notes([make(f"s{n:02}", f"note {n}", "x" * 9999) for n in range(60)])
    assert len(lines) == 41
    assert lines[-1] == "and 21 more, in the notes of the grades"
    assert max(map(len, lines)) < 600


def test_the_report_has_them_and_the_same_answers_in_sections() -> None:
    report = as_report([make("ada", "late")], RUN, same=["backward: ada, ben"])
    assert "\nSame answers (no points were taken off):\n  backward: ada, ben\n" in report
    assert "\nNotes on learners:\n  ada: late\n" in report
    bare = as_report([make_learner("ada")], RUN)
    assert "Same answers" not in bare
    assert "Notes on learners" not in bare


@given(RESULTS)
def test_no_note_is_lost(results: list[LearnerResult]) -> None:
    lines = list_learner_notes(results)
    for result in results:
        if result.status in ("graded", "needs-manual"):
            for note in result.notes:
                if not re.fullmatch("nothing of lesson .* was found", note):
                    assert any(line.endswith(f": {note}") for line in lines)
