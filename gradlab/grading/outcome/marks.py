"""Marks that a person gave: read from a file, and put into the results."""

from __future__ import annotations

import reprlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from gradlab.exercises.catalogue import WRITTEN
from gradlab.grading.outcome.gradebook import GradebookError, as_number
from gradlab.grading.outcome.naming import is_code, make_code, normalize_name
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult, Status
from gradlab.grading.outcome.table import read_table
from gradlab.grading.outcome.text import as_line

_NEEDED = ("student", "exercise", "points")
_COMMENT = "comment"
# How a note says that the check gave other points.
IN_PLACE = "by hand in place of"


@dataclass(frozen=True)
class Mark:
    """What a person gave for one answer.

    Attributes
    ----------
    points : float or None
        The points; None if it is not marked.
    comment : str
        What to say about it to the learner; often empty.
    """

    points: float | None
    comment: str = ""

    @property
    def is_given(self) -> bool:
        """Whether there is anything: a row that waits to be filled in has nothing."""
        return self.points is not None or bool(self.comment)


# (student, exercise) -> what a person gave, where students are called as `normalize_name` does.
Marks = dict[tuple[str, str], Mark]


@dataclass(frozen=True)
class MarksFile:
    """A teacher's table of marks.

    Attributes
    ----------
    path : Path
        Where it is.
    marks : dict
        (student, exercise) -> what was given; rows that wait to be filled in are there, too.
    columns : tuple of str
        The names of its columns, in small letters.
    separator : str
        What separates its fields.
    is_new : bool
        Whether it is not there yet.
    """

    path: Path
    marks: Marks
    columns: tuple[str, ...] = ()
    separator: str = ","
    is_new: bool = False

    @property
    def has_marks(self) -> bool:
        """Whether a person gave anything in it."""
        return any(mark.is_given for mark in self.marks.values())


def read_marks(path: Path, max_points: Mapping[str, float]) -> MarksFile:
    r"""Read the marks that a person gave.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8 with the columns student, exercise, points and, if there are any,
        comment; others do not matter. They are separated by commas, or by semicolons or tabs,
        and then with decimal commas, too. Where points are empty, the answer is not marked.
    max_points : mapping
        All exercises of the course, by name, and what each can earn.

    Returns
    -------
    MarksFile
        What it says.

    Raises
    ------
    TableError
        If the file cannot be read.
    GradebookError
        If it says what cannot be; both name the line.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.outcome.marks import read_marks
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "marks.csv")
    ...     _ = path.write_text("student;exercise;points\nada;explain;7,5\n")
    ...     read_marks(path, {"explain": 10}).marks
    {('ada', 'explain'): Mark(points=7.5, comment='')}
    """
    separator, rows = read_table(path)
    columns = _read_columns(path, next(rows, None))
    marks: Marks = {}
    for at, row in rows:
        student, exercise, given = (row[columns.index(column)] for column in _NEEDED)
        comment = row[columns.index(_COMMENT)] if _COMMENT in columns else ""
        if not student:
            raise GradebookError(
                f"{at}, column student: it is empty; the learner's name is needed."
            )
        if exercise not in max_points:
            raise GradebookError(_explain_no_exercise(at, exercise, max_points))
        points = None
        if separator == ",":
            _require_no_decimal_comma(at, given, comment)
        if given:
            number = given if separator == "," else given.replace(",", ".")
            points = _parse_points(at, number, given, max_points[exercise])
        key, mark = (normalize_name(student), exercise), Mark(points, comment)
        both = _combine(marks.get(key, mark), mark)
        if both is None:
            raise GradebookError(
                f"{at}: {as_line(student)} has {_tell(marks[key])} for {exercise} in a line "
                f"above, and {_tell(mark)} here. Delete one of the two lines."
            )
        marks[key] = both
    return MarksFile(path, marks, columns, separator)


def merge_marks(
    results: Sequence[LearnerResult], marks: Marks
) -> tuple[list[LearnerResult], list[str]]:
    """Put the marks given by hand into the results.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    marks : dict
        What `read_marks` found.

    Returns
    -------
    list of LearnerResult
        The same learners, with the points that a person gave in place of the grader's. Who has no
        answer left that waits, or of which points may be missing, is now graded.
    list of str
        A sentence for each mark that could not be used.

    Examples
    --------
    >>> from gradlab.grading.outcome.marks import Mark, merge_marks
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> answer = ExerciseResult("explain", 7, "written", None, 10.0)
    >>> found = [LearnerResult("ada", "needs-manual", (answer,))]
    >>> marks = {("ada", "explain"): Mark(8.0), ("abel", "explain"): Mark(6.0)}
    >>> merged, unused = merge_marks(found, marks)
    >>> merged[0].total, merged[0].status
    (8.0, 'graded')
    >>> unused
    ['abel: there is a mark for this name, but no such learner.']
    """
    given: defaultdict[str, dict[str, Mark]] = defaultdict(dict)
    for (student, exercise), mark in marks.items():
        if mark.is_given:
            given[normalize_name(student)][exercise] = mark
    names = [normalize_name(result.student) for result in results]
    codes = [make_code(name) for name in names]
    # Whoever is called like another's code would get the other's points.
    times = Counter([*names, *codes])
    unused = [_explain_no_learner(name, times, names) for name in given if times[name] != 1]
    merged = []
    for result, name, code in zip(results, names, codes, strict=True):
        by_name = given.get(name, {}) if times[name] == 1 else {}
        by_code = given.get(code, {}) if times[code] == 1 else {}
        mine, twice = _join(by_name, by_code)
        merged.append(_put_marks(result, mine))
        unused += [
            f"{result.student}: there is {_tell(by_name[exercise])} for {exercise} by the name, "
            f"and {_tell(by_code[exercise])} by the code {code}; neither was used. Delete one of "
            "the two lines."
            for exercise in twice
        ]
        unused += _explain_no_answer(result, mine)
    return merged, [as_line(sentence) for sentence in unused]


# Reading a file


def _read_columns(path: Path, header: tuple[str, list[str]] | None) -> tuple[str, ...]:
    """Return the names of the columns, in which those that are needed are there once."""
    needed = f"needed are {', '.join(_NEEDED)}, separated by commas or semicolons"
    if header is None:
        raise GradebookError(f"{path} is empty; {needed} in the first line, then the marks.")
    at, row = header
    columns = tuple(name.lower() for name in row)
    for name in (*_NEEDED, _COMMENT):
        if columns.count(name) == 1 or (name == _COMMENT and name not in columns):
            continue
        problem = "is there twice" if name in columns else "is missing"
        raise GradebookError(
            f"{at}: the column {name} {problem}. There are {', '.join(map(as_line, row))}; "
            f"{needed}."
        )
    return columns


def _explain_no_exercise(at: str, exercise: str, known: Collection[str]) -> str:
    near = get_close_matches(exercise, known, n=1)
    meant = f"Is {near[0]} meant?" if near else f"The exercises are {', '.join(known)}."
    return (
        f"{at}, column exercise: {reprlib.repr(exercise)} was given, but the course has no such "
        f"exercise. {meant}"
    )


def _parse_points(at: str, number: str, given: str, most: float) -> float:
    try:
        points = float(number)
    except ValueError:
        points = -1.0
    # Not a number is not within bounds either; Python reads 1_0 as ten, a teacher would not.
    if not 0.0 <= points <= most or "_" in number:
        raise GradebookError(
            f"{at}, column points: {reprlib.repr(given)} was given; a number from 0 to "
            f"{as_number(most)} is needed, such as 2.5, or nothing while it is not marked."
        )
    return abs(points)  # -0 is 0


def _require_no_decimal_comma(at: str, given: str, comment: str) -> None:
    """Raise if points and comment may be the two parts of a number such as 7,5."""
    if given.isdecimal() and comment.isdecimal():
        raise GradebookError(
            f"{at}: {given},{comment} may be one number, or points and a comment. Write "
            f"{given}.{comment} for a number; for a comment, put a word beside {comment}."
        )


def _combine(one: Mark, other: Mark) -> Mark | None:
    """Return what two rows give together; None if they contradict each other."""
    points = [mark.points for mark in (one, other) if mark.points is not None]
    comments = [mark.comment for mark in (one, other) if mark.comment]
    if len(set(points)) > 1 or len(set(comments)) > 1:
        return None
    return Mark(points[0] if points else None, comments[0] if comments else "")


def _tell(mark: Mark) -> str:
    """Say what a mark is, to tell it from another one."""
    points = "no points" if mark.points is None else _count_points(mark.points)
    return f"{points} with the comment {reprlib.repr(mark.comment)}" if mark.comment else points


def _count_points(points: float) -> str:
    number = as_number(points)
    return f"{number} point" if number == "1" else f"{number} points"


# Merging


def _join(
    by_name: Mapping[str, Mark], by_code: Mapping[str, Mark]
) -> tuple[dict[str, Mark], list[str]]:
    """Return a learner's marks, and the exercises for which they contradict each other."""
    mine = {**by_name, **by_code}
    twice = []
    for exercise in by_name.keys() & by_code.keys():
        both = _combine(by_name[exercise], by_code[exercise])
        if both is None:
            twice.append(exercise)
            del mine[exercise]
        else:
            mine[exercise] = both
    return mine, sorted(twice)


def _explain_no_learner(name: str, times: Counter[str], names: Sequence[str]) -> str:
    if times[name] > 1 and is_code(name) and name in names:
        return (
            f"{name}: there is a mark for this code, but a learner is called so, and may not be "
            "whom you mean; it was not used. Give that learner's folder another name, or write "
            "the name of the learner whom you mean."
        )
    if times[name] > 1:
        return (
            f"{name}: there is a mark for this name, but {times[name]} learners have it. Give "
            "their folders names that differ in more than spaces or accents."
        )
    if is_code(name):
        return (
            f"{name}: there is a mark for this code, but no learner has it: the class or the "
            "spelling of a name has changed."
        )
    near = get_close_matches(name, names, n=1)
    meant = f" Is {near[0]} meant?" if near else ""
    return f"{name}: there is a mark for this name, but no such learner.{meant}"


def _explain_no_answer(result: LearnerResult, marks: Collection[str]) -> list[str]:
    counts = {exercise.name for exercise in result.exercises}
    return [
        f"{result.student}: the mark for {name} was not used: it does not count here."
        for name in marks
        if name not in counts
    ]


def _put_marks(result: LearnerResult, marks: Mapping[str, Mark]) -> LearnerResult:
    exercises = tuple(
        _put_mark(exercise, marks[exercise.name]) if exercise.name in marks else exercise
        for exercise in result.exercises
    )
    return replace(result, exercises=exercises, status=_decide_status(result.status, exercises))


def _put_mark(exercise: ExerciseResult, mark: Mark) -> ExerciseResult:
    if mark.points is None:
        return replace(exercise, comment=mark.comment)
    return replace(
        exercise,
        points=mark.points,
        comment=mark.comment,
        is_by_hand=True,
        notes=(*exercise.notes, *_note_difference(exercise, mark.points)),
    )


def _note_difference(exercise: ExerciseResult, points: float) -> list[str]:
    """Say what the grader found, if that is something else than what a person gave."""
    if exercise.name in WRITTEN:
        is_found = exercise.outcome == "written"
        return [] if is_found else ["marked by hand though no answer was found"]
    if exercise.points is None or as_number(exercise.points) == as_number(points):
        return []
    return [f"{_count_points(points)} {IN_PLACE} {as_number(exercise.points)}"]


def _decide_status(status: Status, exercises: Sequence[ExerciseResult]) -> Status:
    if status == "needs-manual":
        waits = any(exercise.points is None for exercise in exercises)
        return status if waits else "graded"
    # Points may be missing wherever they are not full, unless a person saw to it.
    settled = all(e.is_by_hand or e.points == e.max_points for e in exercises)
    is_marked = any(exercise.is_by_hand for exercise in exercises)
    return "graded" if settled and is_marked else status
