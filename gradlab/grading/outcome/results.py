"""What grading found, as plain data: for each learner, and for each of their answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar, get_args

T = TypeVar("T")

# "right": full marks. "wrong": fewer. "blank": the stub as it was given out. "missing": no such
# cell. "stopped": it did not come to an end, or could not be marked. "borrowed": it called
# gradlab's own code. "written": an answer in words, which a person marks.
Outcome = Literal["right", "wrong", "blank", "missing", "stopped", "borrowed", "written"]
# Of a learner, the first that holds: nothing was handed in; something could not be read or marked,
# so points may be missing; an answer waits for a person; all is graded.
Status = Literal["missing", "unreadable", "needs-manual", "graded"]


@dataclass(frozen=True)
class GroupResult:
    """How an answer did on one group of cases.

    Attributes
    ----------
    name : str
        What the cases have in common.
    right, total : int
        How many were right, of how many.
    table : tuple of str
        Lines that say more than the count does; often none.
    """

    name: str
    right: int
    total: int
    table: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExerciseResult:
    """What one answer earned, and why.

    Attributes
    ----------
    name : str
        The exercise.
    lesson : int
        The number of its lesson.
    outcome : str
        See `Outcome`.
    points : float or None
        What was earned; None for an answer in words that nobody has marked yet.
    max_points : float
        What a right answer earns.
    groups : tuple of GroupResult
        The groups of cases; empty where the answer was not run.
    hints : tuple of str
        Sentences for the learner. They tell nothing of the hidden cases.
    notes : tuple of str
        Remarks for the teacher.
    answer : str
        The text of the cell with the answer, or the words; empty where nothing was answered.
    comment : str
        What a person says about it to the learner.
    is_by_hand : bool
        Whether a person gave the points.
    is_out_of_time : bool
        Whether it was stopped because it took more time than it may.
    """

    name: str
    lesson: int
    outcome: Outcome
    points: float | None
    max_points: float
    groups: tuple[GroupResult, ...] = ()
    hints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    answer: str = ""
    comment: str = ""
    is_by_hand: bool = False
    is_out_of_time: bool = False


@dataclass(frozen=True)
class Prediction:
    """What a learner predicted, as the notebook tells it.

    Attributes
    ----------
    name : str
        What the lesson calls it.
    question : str
        What was asked.
    chosen : str
        The answer that was chosen.
    """

    name: str
    question: str
    chosen: str


@dataclass(frozen=True)
class LearnerResult:
    """All results of one learner.

    Attributes
    ----------
    student : str
        What the submission calls them.
    status : str
        See `Status`.
    exercises : tuple of ExerciseResult
        One for each exercise that counts, in the order of the lessons.
    notes : tuple of str
        Remarks for the teacher that belong to no single exercise.
    predictions : tuple of Prediction
        What the learner predicted, in the order of the notebooks.
    """

    student: str
    status: Status
    exercises: tuple[ExerciseResult, ...]
    notes: tuple[str, ...] = ()
    predictions: tuple[Prediction, ...] = ()

    @property
    def total(self) -> float:
        """What was earned together; what waits for a person counts 0."""
        return sum(result.points or 0.0 for result in self.exercises)

    def sum_of(self, lesson: int) -> float:
        """Return what was earned in one lesson; what waits for a person counts 0."""
        return sum(one.points or 0.0 for one in self.exercises if one.lesson == lesson)

    @property
    def max_total(self) -> float:
        """What can be earned together."""
        return sum(result.max_points for result in self.exercises)

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The remarks of the learner and of each exercise, these with its name."""
        own = [f"{e.name}: {note}" for e in self.exercises for note in e.notes]
        return (*self.notes, *own)

    def to_dict(self) -> dict[str, Any]:
        """Return it as nested dicts and lists that JSON can hold."""
        return {**asdict(self), "total": self.total, "max_total": self.max_total}


def read_result(data: Any) -> LearnerResult:
    """Return the results that `LearnerResult.to_dict` took apart, also after a way through JSON.

    Parameters
    ----------
    data : dict
        What `LearnerResult.to_dict` returned, or what JSON made of it.

    Returns
    -------
    LearnerResult
        Equal to the one that was taken apart.

    Raises
    ------
    ValueError
        If the data are anything else.

    Examples
    --------
    >>> import json
    >>> from gradlab.grading.outcome.results import LearnerResult, read_result
    >>> result = LearnerResult("dora", "missing", ())
    >>> read_result(json.loads(json.dumps(result.to_dict()))) == result
    True
    """
    try:
        return LearnerResult(
            student=_read_typed(data["student"], str),
            status=_one_of(data["status"], get_args(Status)),
            exercises=tuple(_read_exercise(one) for one in data["exercises"]),
            notes=_read_texts(data["notes"]),
            predictions=tuple(_read_prediction(one) for one in data["predictions"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"these are no results of a learner ({error!r})") from error


def _read_exercise(data: Any) -> ExerciseResult:
    points, most = data["points"], _read_typed(data["max_points"], int, float)
    # Not a number is not between them either.
    if points is not None and not 0 <= _read_typed(points, int, float) <= most:
        raise ValueError(f"{points!r} points must be from 0 to {most!r}")
    return ExerciseResult(
        name=_read_typed(data["name"], str),
        lesson=_read_typed(data["lesson"], int),
        outcome=_one_of(data["outcome"], get_args(Outcome)),
        points=points,
        max_points=most,
        groups=tuple(_read_group(group) for group in data["groups"]),
        hints=_read_texts(data["hints"]),
        notes=_read_texts(data["notes"]),
        answer=_read_typed(data["answer"], str),
        comment=_read_typed(data["comment"], str),
        is_by_hand=_one_of(data["is_by_hand"], (False, True)),
        is_out_of_time=_one_of(data["is_out_of_time"], (False, True)),
    )


def _read_prediction(data: Any) -> Prediction:
    return Prediction(*(_read_typed(data[key], str) for key in ("name", "question", "chosen")))


def _read_group(data: Any) -> GroupResult:
    right, total = _read_typed(data["right"], int), _read_typed(data["total"], int)
    return GroupResult(_read_typed(data["name"], str), right, total, _read_texts(data["table"]))


def _read_typed(value: Any, *types: type) -> Any:
    """Return a value if it is of one of these types; a bool is no number here."""
    if isinstance(value, types) and not isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} must be of type {' or '.join(kind.__name__ for kind in types)}")


def _one_of(value: Any, known: tuple[T, ...]) -> T:
    if value in known:
        return known[known.index(value)]
    raise ValueError(f"{value!r} must be one of {', '.join(map(str, known))}")


def _read_texts(values: Any) -> tuple[str, ...]:
    return tuple(_read_typed(value, str) for value in _read_typed(values, list, tuple))


@dataclass(frozen=True)
class Entry:
    """What was found of one learner.

    Attributes
    ----------
    digest : str
        Of what the learner handed in.
    level : str
        How the answers were isolated.
    result : LearnerResult
        The results, without marks by hand.
    """

    digest: str
    level: str
    result: LearnerResult


@dataclass(frozen=True)
class Run:
    """How a batch was graded: enough to do it again, and to know how far to trust it.

    Attributes
    ----------
    version : str
        Of gradlab.
    seed : int
        What the cases were drawn from.
    isolation : str
        How answers were kept from everything else, in a sentence.
    lessons : tuple of int
        The lessons that count; all if it is empty.
    """

    version: str
    seed: int
    isolation: str
    lessons: tuple[int, ...]
