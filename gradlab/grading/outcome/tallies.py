"""What a class did, as plain data: everything is counted from the results, and nobody is named."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.marking.generic_hints import GENERIC_HINTS
from gradlab.exercises.marking.patterns import WHERE_IT_FAILS
from gradlab.exercises.marking.values import OTHER_TYPE
from gradlab.grading.outcome.predicted import PredictionTally, tally_predictions
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult

# What became of an exercise, from the best; "waiting" and "marked" are answers in words.
Part = Literal[
    "right", "partly", "wrong", "stopped", "borrowed", "marked", "waiting", "blank", "missing"
]
PARTS: tuple[Part, ...] = get_args(Part)
_UNANSWERED = ("blank", "missing")
_NOT_RIGHT = ("partly", "wrong", "stopped", "borrowed")
BINS = 10

# A learner's own words are never counted by themselves: what is not known here is "another hint".
_RAISED = re.compile(r"It raised ([\w. ]+?)(?:, in the line “.*”)?\.", re.DOTALL)
_RETURNED = re.compile(rf"It {OTHER_TYPE.pattern}\.")
# How hints begin that have the learner's numbers or names in them, and what is told instead.
_BY_START = (
    ("Every value is off by", "Every value is off by the same amount."),
    ("Every value is too large", "Every value is too large by the number of rows or entries."),
    ("Every value is too small", "Every value is too small by the number of rows or entries."),
    ("Every value is ", "Every value is the right one times the same number."),
    ("Your answer uses ", "It uses a name that is not defined, or a function still blank."),
    ("Your answer needs ", "It needs something that is not there when it is graded."),
    # What these say is told by the counts.
    ("It was stopped", ""),
    ("It was not run", ""),
    ("Your function calls", ""),
    ("Run gradlab.check", ""),
)
_OTHER = "Another hint"


@dataclass(frozen=True)
class HintTally:
    """A sentence that learners were given, and how many were."""

    text: str
    count: int


@dataclass(frozen=True)
class GroupTally:
    """How many answers failed a group of cases, of those that ran to their end."""

    name: str
    failed: int
    ran: int


@dataclass(frozen=True)
class ExerciseTally:
    """What became of one exercise.

    Attributes
    ----------
    name : str
        The exercise.
    lesson : int
        The number of its lesson.
    max_points : float
        What a right answer earns.
    parts : mapping of str to int
        How many learners each part has; see `Part`. Together they are those whose work on the
        lesson was read.
    mean : float or None
        The mean of the points that are known; None if there are none.
    groups : tuple of GroupTally
        The groups of cases that failed, most often first.
    misconceptions : tuple of HintTally
        The known misconceptions that were met, most often first.
    hints : tuple of HintTally
        What else was said, most often first. Whatever a learner wrote is left out of it.
    unexplained : int
        How many answers are not right, and show no known misconception.
    out_of_time : int
        How many ran out of time.
    """

    name: str
    lesson: int
    max_points: float
    parts: Mapping[Part, int]
    mean: float | None
    groups: tuple[GroupTally, ...]
    misconceptions: tuple[HintTally, ...]
    hints: tuple[HintTally, ...]
    unexplained: int
    out_of_time: int

    @property
    def base(self) -> int:
        """How many learners are counted."""
        return sum(self.parts.values())

    @property
    def answered(self) -> int:
        """How many of them answered."""
        return sum(count for part, count in self.parts.items() if part not in _UNANSWERED)


@dataclass(frozen=True)
class LessonTally:
    """What became of a lesson: how many handed in anything of it, and their points."""

    lesson: int
    handed_in: int
    mean: float | None
    max_points: float
    exercises: tuple[ExerciseTally, ...]


@dataclass(frozen=True)
class Totals:
    """Where the totals lie: of learners whose work was read, so that no points may be missing.

    `bins` are the counts in tenths of what can be earned; the last has the full marks too.
    """

    count: int
    mean: float
    quartiles: tuple[float, float, float]
    max_total: float
    bins: tuple[int, ...]


@dataclass(frozen=True)
class ClassTally:
    """What a class did.

    Attributes
    ----------
    learners, handed_in, unreadable, waiting : int
        How many learners there are, handed in something, handed in something that could not be
        read, and have an answer in words that waits for its points.
    totals : Totals or None
        None if there are none.
    lessons : tuple of LessonTally
        Those of which anything was handed in.
    predictions : tuple of PredictionTally
        What was predicted; see `tally_predictions`.
    """

    learners: int
    handed_in: int
    unreadable: int
    waiting: int
    totals: Totals | None
    lessons: tuple[LessonTally, ...]
    predictions: tuple[PredictionTally, ...]


def tally_class(results: Sequence[LearnerResult]) -> ClassTally:
    """Count what a class did.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found, with marks by hand.

    Returns
    -------
    ClassTally
        The counts. Who handed in nothing of a lesson is not counted in it.

    Examples
    --------
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> from gradlab.grading.outcome.tallies import tally_class
    >>> answer = ExerciseResult("pack", 4, "right", 3.0, 3.0)
    >>> absent = ExerciseResult("pack", 4, "missing", 0.0, 3.0)
    >>> tally = tally_class(
    ...     [LearnerResult("ada", "graded", (answer,)), LearnerResult("ben", "missing", (absent,))]
    ... )
    >>> tally.learners, tally.handed_in, dict(tally.lessons[0].exercises[0].parts)
    (2, 1, {'right': 1})
    """
    present = [result for result in results if result.status != "missing"]
    lessons = tuple(
        _tally_lesson(lesson, present)
        for lesson in sorted({e.lesson for r in present for e in r.exercises if _is_there(e)})
    )
    return ClassTally(
        learners=len(results),
        handed_in=len(present),
        unreadable=sum(result.status == "unreadable" for result in results),
        waiting=sum(any(e.points is None for e in result.exercises) for result in present),
        totals=_tally_totals([result for result in present if result.status != "unreadable"]),
        lessons=lessons,
        predictions=tally_predictions([p for result in present for p in result.predictions]),
    )


def _is_there(exercise: ExerciseResult) -> bool:
    return exercise.outcome != "missing"


def _tally_totals(results: Sequence[LearnerResult]) -> Totals | None:
    if not results:
        return None
    totals = [result.total for result in results]
    most = max(result.max_total for result in results)
    bins = Counter(min(BINS - 1, int(BINS * total / most)) if most else 0 for total in totals)
    # Of one learner alone there are no quartiles.
    low, middle, high = statistics.quantiles(
        totals if len(totals) > 1 else totals * 2, n=4, method="inclusive"
    )
    return Totals(
        len(totals),
        statistics.fmean(totals),
        (low, middle, high),
        most,
        tuple(bins[place] for place in range(BINS)),
    )


def _tally_lesson(lesson: int, present: Sequence[LearnerResult]) -> LessonTally:
    there = [r for r in present if any(e.lesson == lesson and _is_there(e) for e in r.exercises)]
    read = [result for result in there if result.status != "unreadable"]
    names = dict.fromkeys(e.name for r in there for e in r.exercises if e.lesson == lesson)
    exercises = tuple(_tally_exercise(name, lesson, there) for name in names)
    return LessonTally(
        lesson,
        len(there),
        statistics.fmean(result.sum_of(lesson) for result in read) if read else None,
        sum(exercise.max_points for exercise in exercises),
        exercises,
    )


def _tally_exercise(name: str, lesson: int, there: Sequence[LearnerResult]) -> ExerciseTally:
    pairs = [(r, e) for r in there for e in r.exercises if (e.name, e.lesson) == (name, lesson)]
    # What is not found of somebody whose work could not all be read may be there.
    pairs = [(r, e) for r, e in pairs if _is_there(e) or r.status != "unreadable"]
    found = [exercise for _, exercise in pairs]
    parts = Counter(_find_part(exercise) for exercise in found)
    known = {m.hint for m in EXERCISES[name].misconceptions} if name in EXERCISES else set()
    observed = {o.hint for o in EXERCISES[name].observations} if name in EXERCISES else set()
    misconceptions, hints = _tally_hints(found, known, observed)
    return ExerciseTally(
        name=name,
        lesson=lesson,
        max_points=max((exercise.max_points for exercise in found), default=0.0),
        parts={part: parts[part] for part in PARTS if parts[part]},
        mean=_find_mean(found),
        groups=_tally_groups(found),
        misconceptions=misconceptions,
        hints=hints,
        unexplained=sum(_find_part(e) in _NOT_RIGHT and known.isdisjoint(e.hints) for e in found),
        out_of_time=sum(exercise.is_out_of_time for exercise in found),
    )


def _find_part(exercise: ExerciseResult) -> Part:
    """Return what became of an exercise; where a person gave the points, by these."""
    if exercise.outcome == "written":
        return "waiting" if exercise.points is None else "marked"
    if not exercise.points:
        is_refused = exercise.is_by_hand and exercise.outcome == "right"
        return "wrong" if is_refused else exercise.outcome
    if exercise.name in WRITTEN:
        return "marked"
    if exercise.is_by_hand or exercise.outcome in _UNANSWERED:
        return "right" if exercise.points >= exercise.max_points else "partly"
    return "partly" if exercise.outcome == "wrong" else exercise.outcome


def _find_mean(found: Sequence[ExerciseResult]) -> float | None:
    """Return the mean of the points; of answers in words, of those that were marked."""
    in_words = [e for e in found if _find_part(e) in ("marked", "waiting")]
    counted = [e for e in in_words if e.points is not None] if in_words else found
    return statistics.fmean(e.points or 0.0 for e in counted) if counted else None


def _tally_groups(found: Sequence[ExerciseResult]) -> tuple[GroupTally, ...]:
    """Count the groups that failed, of answers that ran to their end."""
    groups = [g for e in found if e.outcome in ("right", "wrong") for g in e.groups]
    ran = Counter(group.name for group in groups)
    failed = Counter(group.name for group in groups if group.right < group.total)
    return tuple(GroupTally(name, count, ran[name]) for name, count in failed.most_common())


def _tally_hints(
    found: Sequence[ExerciseResult], known: Collection[str], observed: Collection[str]
) -> tuple[tuple[HintTally, ...], tuple[HintTally, ...]]:
    """Count what was said of known misconceptions, and what else."""
    name = _name_hint({*known, *observed})
    texts = [text for e in found for text in dict.fromkeys(map(name, e.hints))]
    counts = [HintTally(text, count) for text, count in Counter(texts).most_common() if text]
    return (
        tuple(hint for hint in counts if hint.text in known),
        tuple(hint for hint in counts if hint.text not in known),
    )


def _name_hint(known: Collection[str]) -> Callable[[str], str]:
    """Return what tells the sentence that stands for a hint; "" if it is told by other counts."""

    def name(hint: str) -> str:
        if hint.startswith(WHERE_IT_FAILS):
            pattern = hint.removeprefix(WHERE_IT_FAILS)
            hint = pattern[:1].upper() + pattern[1:]
        if hint in known or hint in GENERIC_HINTS or _RETURNED.fullmatch(hint):
            return hint
        if raised := _RAISED.fullmatch(hint):
            return f"It raised {raised[1]}."
        return next((text for start, text in _BY_START if hint.startswith(start)), _OTHER)

    return name
