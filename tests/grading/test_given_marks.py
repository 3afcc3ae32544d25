"""Points by hand belong to an answer: with another one, a person is asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from learner_results import RESULTS, make_answer, make_learner

from gradlab.grading.outcome.given_marks import OTHER_ANSWER, GivenMark, ask_again, list_given
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult, Status

MARKED = replace(make_answer("written", 8.0), answer="It is the sign.", is_by_hand=True)


def see(*answers: ExerciseResult) -> list[LearnerResult]:
    """Return what is said of one learner's answer after several runs, with the marks of each."""
    marks: dict[tuple[str, str], GivenMark] = {}
    seen = []
    for answer in answers:
        results = [make_learner("ada", answer)]
        unmarked = [
            make_learner("ada", replace(answer, points=None, is_by_hand=False, comment=""))
        ]
        seen += ask_again(results, unmarked, marks)
        marks = list_given(results, marks)
    return seen


@given(RESULTS)
def test_the_same_answers_ask_for_nothing(results: list[LearnerResult]) -> None:
    assert ask_again(results, results, list_given(results, {})) == results


def test_another_answer_waits_until_the_mark_is_another_one() -> None:
    other = replace(MARKED, answer="It is the mean.")
    confirmed = replace(other, comment="Seen again.")
    seen = see(MARKED, other, other, confirmed, confirmed)
    assert [one.status for one in seen] == [
        *("graded", "needs-manual", "needs-manual", "graded", "graded")
    ]
    assert [OTHER_ANSWER in one.exercises[0].notes for one in seen] == [
        *(False, True, True, False, False)
    ]
    # What the learner is told has neither the old points nor the old comment.
    assert [one.exercises[0].points for one in seen] == [8.0, None, None, 8.0, 8.0]


@pytest.mark.parametrize("answer", ["", "It is the sign. ", "\udcff"])
def test_any_other_text_is_another_answer(answer: str) -> None:
    assert see(MARKED, replace(MARKED, answer=answer))[1].status == "needs-manual"


def test_what_the_check_marked_asks_for_nothing() -> None:
    right = replace(make_answer("right", 3.0, "pack"), answer="x")
    assert see(right, replace(right, answer="y"))[1].status == "graded"


@pytest.mark.parametrize("status", ["missing", "unreadable"])
def test_a_learner_of_whom_less_is_known_stays_so(status: Status) -> None:
    results = [make_learner("ada", MARKED, status=status)]
    other = [make_learner("ada", replace(MARKED, answer="x"), status=status)]
    assert ask_again(other, other, list_given(results, {}))[0].status == status
