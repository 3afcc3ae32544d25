"""What is most worth a minute in class, out of all that was counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from gradlab.grading.outcome.tallies import ExerciseTally, LessonTally

MOST_TOPICS = 7
# What fewer than one in so many met is not worth a minute of everybody.
_ONE_IN = 10


@dataclass(frozen=True)
class Topic:
    """Something worth a minute in class.

    Attributes
    ----------
    kind : str
        "misconception"; "not got": answers that are not right and show no known misconception;
        or "blank".
    exercise : ExerciseTally
        Where it was met.
    count, base : int
        How many learners met it, of how many: of those who answered, or for "blank" of all who
        are counted in the exercise.
    sentence : str
        What to say of a misconception; else empty.
    """

    kind: Literal["misconception", "not got", "blank"]
    exercise: ExerciseTally
    count: int
    base: int
    sentence: str = ""


def choose_topics(lessons: Sequence[LessonTally]) -> list[Topic]:
    """Choose what to talk about.

    Parameters
    ----------
    lessons : sequence of LessonTally
        What was counted.

    Returns
    -------
    list of Topic
        At most `MOST_TOPICS`, what most learners met first.

    Examples
    --------
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> from gradlab.grading.outcome.tallies import tally_class
    >>> from gradlab.grading.outcome.topics import choose_topics
    >>> answer = ExerciseResult("pack", 4, "wrong", 0.0, 3.0)
    >>> tally = tally_class([LearnerResult("ada", "graded", (answer,))])
    >>> [(topic.kind, topic.count, topic.base) for topic in choose_topics(tally.lessons)]
    [('not got', 1, 1)]
    """
    # What one learner met in an exercise counts once: as the misconception, for which there is a
    # sentence to say; only if none is known, as an exercise that was not got. So a misconception
    # does not stand below the exercise in which it was met. The more learners, the higher; of as
    # many, the larger share; then in the order of the course.
    topics = [
        topic
        for lesson in lessons
        for exercise in lesson.exercises
        for topic in _list_topics(exercise)
        if topic.count and topic.count * _ONE_IN >= topic.base
    ]
    topics.sort(key=lambda topic: (-topic.count, -Fraction(topic.count, topic.base)))
    return topics[:MOST_TOPICS]


def _list_topics(exercise: ExerciseTally) -> Iterator[Topic]:
    for hint in exercise.misconceptions:
        yield Topic("misconception", exercise, hint.count, exercise.answered, hint.text)
    yield Topic("not got", exercise, exercise.unexplained, exercise.answered)
    yield Topic("blank", exercise, exercise.parts.get("blank", 0), exercise.base)
