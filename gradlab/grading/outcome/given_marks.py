"""Points that a person gave, and for which answer: another one needs the person again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gradlab.grading.outcome.results import ExerciseResult, LearnerResult

OTHER_ANSWER = (
    "has points by hand for another answer than the one that is there now, so they were not used: "
    "change the points or the comment in its row"
)
_DIGITS = 16


@dataclass(frozen=True)
class GivenMark:
    """What a person gave, and for what.

    Attributes
    ----------
    points : float
        The points.
    comment : str
        What was said to the learner.
    answer : str
        A digest of the answer that was there.
    """

    points: float
    comment: str
    answer: str


# (student, exercise) -> what was given
GivenMarks = Mapping[tuple[str, str], GivenMark]


def list_given(
    results: Sequence[LearnerResult], before: GivenMarks
) -> dict[tuple[str, str], GivenMark]:
    """Return all points that a person gave, each with the answer that it was given for.

    Parameters
    ----------
    results : sequence of LearnerResult
        The results, with marks by hand.
    before : mapping
        What the run before said. A mark that is the same was given for the answer of then.

    Returns
    -------
    dict
        (student, exercise) -> the mark.

    Examples
    --------
    >>> from gradlab.grading.outcome.given_marks import list_given
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> answer = ExerciseResult("explain", 7, "written", 8.0, 10.0, answer="A", is_by_hand=True)
    >>> list(list_given([LearnerResult("ada", "graded", (answer,))], {}))
    [('ada', 'explain')]
    """
    given = {}
    for result in results:
        for exercise in result.exercises:
            if exercise.is_by_hand:
                key = result.student, exercise.name
                now = _describe(exercise)
                earlier = before.get(key)
                is_same_mark = earlier is not None and replace(earlier, answer=now.answer) == now
                given[key] = earlier if earlier is not None and is_same_mark else now
    return given


def ask_again(
    results: Sequence[LearnerResult], unmarked: Sequence[LearnerResult], before: GivenMarks
) -> list[LearnerResult]:
    """Take back marks that were given for another answer, and ask the person again.

    Parameters
    ----------
    results : sequence of LearnerResult
        The results, with marks by hand.
    unmarked : sequence of LearnerResult
        The same without them.
    before : mapping
        What `list_given` returned for the run before.

    Returns
    -------
    list of LearnerResult
        The same, with a note on each such answer, whose learner then waits for the person.

    Examples
    --------
    >>> from gradlab.grading.outcome.given_marks import ask_again, list_given
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> old = ExerciseResult("explain", 7, "written", 8.0, 10.0, answer="A", is_by_hand=True)
    >>> new = ExerciseResult("explain", 7, "written", 8.0, 10.0, answer="B", is_by_hand=True)
    >>> before = list_given([LearnerResult("ada", "graded", (old,))], {})
    >>> found = ExerciseResult("explain", 7, "written", None, 10.0, answer="B")
    >>> unmarked = [LearnerResult("ada", "needs-manual", (found,))]
    >>> (ada,) = ask_again([LearnerResult("ada", "graded", (new,))], unmarked, before)
    >>> ada.status, ada.exercises[0].points
    ('needs-manual', None)
    """
    pairs = zip(results, unmarked, strict=True)
    return [_ask_again(result, other, before) for result, other in pairs]


def _ask_again(
    result: LearnerResult, unmarked: LearnerResult, before: GivenMarks
) -> LearnerResult:
    exercises = tuple(
        replace(found, notes=(*found.notes, OTHER_ANSWER))
        if _is_of_another_answer(one, before.get((result.student, one.name)))
        else one
        for one, found in zip(result.exercises, unmarked.exercises, strict=True)
    )
    if exercises == result.exercises:
        return result
    status = "needs-manual" if result.status == "graded" else result.status
    return replace(result, exercises=exercises, status=status)


def _is_of_another_answer(exercise: ExerciseResult, earlier: GivenMark | None) -> bool:
    if earlier is None or not exercise.is_by_hand:
        return False
    now = _describe(exercise)
    return now.answer != earlier.answer and replace(now, answer=earlier.answer) == earlier


def _describe(exercise: ExerciseResult) -> GivenMark:
    text = exercise.answer.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(text).hexdigest()[:_DIGITS]
    return GivenMark(exercise.points or 0.0, exercise.comment, digest)
