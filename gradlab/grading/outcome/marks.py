"""Marks that a person gave: read from a file, and put into the results."""

from __future__ import annotations

import reprlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from gradlab.grading.outcome.gradebook import GradebookError, as_number
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
from gradlab.grading.outcome.table import read_table
from gradlab.grading.outcome.text import as_cell, as_line

# (student, exercise) -> points
Marks = dict[tuple[str, str], float]

_COLUMNS = ("student", "exercise", "points")
# The outcomes of an answer in words.
_BY_HAND = ("written", "blank", "missing")


def read_marks(path: Path, max_points: Mapping[str, float]) -> Marks:
    r"""Read the marks that a person gave to answers in words.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8 with the columns student, exercise and points, separated by commas,
        or by semicolons, and then with decimal commas, too. Where points are empty, the answer
        is not marked yet.
    max_points : mapping
        The answers in words, by name, and what each can earn.

    Returns
    -------
    dict
        (student, exercise) -> points.

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
    ...     read_marks(path, {"explain": 10})
    {('ada', 'explain'): 7.5}
    """
    separator, rows = read_table(path)
    place = _find_columns(path, next(rows, None))
    marks: Marks = {}
    for at, row in rows:
        student, exercise, given = (row[place[column]] for column in _COLUMNS)
        if not student:
            raise GradebookError(
                f"{at}, column student: it is empty; the learner's name is needed."
            )
        if exercise not in max_points:
            raise GradebookError(
                f"{at}, column exercise: {reprlib.repr(exercise)} was given, but only written "
                f"answers can be marked by hand: {', '.join(max_points) or 'here are none'}."
            )
        if not given:
            continue
        number = given.replace(",", ".") if separator == ";" else given
        points = _parse_points(at, number, given, max_points[exercise])
        if marks.setdefault((_normalize_name(student), exercise), points) != points:
            raise GradebookError(
                f"{at}, column points: {given} was given, but {as_line(student)} has another mark "
                f"for {exercise} in a line above. Delete one of the two lines."
            )
    return marks


def merge(results: Sequence[LearnerResult], marks: Marks) -> tuple[list[LearnerResult], list[str]]:
    """Put the marks given by hand into the results.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    marks : dict
        What `read_marks` returned.

    Returns
    -------
    list of LearnerResult
        The same learners; who has no answer left that waits is now graded.
    list of str
        A sentence for each mark that could not be used.

    Examples
    --------
    >>> from gradlab.grading.outcome.marks import merge
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> answer = ExerciseResult("explain", 7, "written", None, 10.0)
    >>> found = [LearnerResult("ada", "needs-manual", (answer,))]
    >>> merged, unused = merge(found, {("ada", "explain"): 8.0, ("abel", "explain"): 6.0})
    >>> merged[0].total, merged[0].status
    (8.0, 'graded')
    >>> unused
    ['abel: there is a mark for this name, but no such learner.']
    """
    given: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (student, exercise), points in marks.items():
        given[_normalize_name(student)][exercise] = points
    names = Counter(_normalize_name(result.student) for result in results)
    unused = [_explain_no_learner(name, names) for name in given if names[name] != 1]
    merged = []
    for result in results:
        name = _normalize_name(result.student)
        mine = given.get(name, {}) if names[name] == 1 else {}
        merged.append(_put_marks(result, mine))
        unused += _explain_no_answer(result, mine)
    return merged, [as_line(sentence) for sentence in unused]


def _find_columns(path: Path, header: tuple[str, list[str]] | None) -> dict[str, int]:
    """Return where each column that is needed stands."""
    needed = f"needed are {', '.join(_COLUMNS)}, separated by commas or semicolons"
    if header is None:
        raise GradebookError(f"{path} is empty; {needed} in the first line, then the marks.")
    at, row = header
    columns = [name.lower() for name in row]
    for name in _COLUMNS:
        if columns.count(name) != 1:
            problem = "is there twice" if name in columns else "is missing"
            raise GradebookError(
                f"{at}: the column {name} {problem}. There are {', '.join(map(as_line, row))}; "
                f"{needed}."
            )
    return {name: columns.index(name) for name in _COLUMNS}


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


def _normalize_name(name: str) -> str:
    """Return a learner's name however a spreadsheet or a file system spells it."""
    line = unicodedata.normalize("NFC", as_line(name)).strip()
    # The apostrophe that as_csv put there.
    return line[1:] if line.startswith("'") and as_cell(line[1:]) == line else line


def _explain_no_learner(name: str, names: Counter[str]) -> str:
    if names[name] > 1:
        return (
            f"{name}: there is a mark for this name, but {names[name]} learners have it. Give "
            "their folders names that differ in more than spaces or accents."
        )
    near = get_close_matches(name, names, n=1)
    meant = f" Is {near[0]} meant?" if near else ""
    return f"{name}: there is a mark for this name, but no such learner.{meant}"


def _explain_no_answer(result: LearnerResult, points: Mapping[str, float]) -> list[str]:
    by_hand = {e.name for e in result.exercises if e.outcome in _BY_HAND}
    return [
        f"{result.student}: the mark for {name} was not used: no written answer of that name "
        "counts here."
        for name in points
        if name not in by_hand
    ]


def _put_marks(result: LearnerResult, points: Mapping[str, float]) -> LearnerResult:
    exercises = tuple(
        _put_mark(e, points[e.name]) if e.name in points and e.outcome in _BY_HAND else e
        for e in result.exercises
    )
    waits = any(e.points is None for e in exercises)
    status = "graded" if result.status == "needs-manual" and not waits else result.status
    return replace(result, exercises=exercises, status=status)


def _put_mark(exercise: ExerciseResult, points: float) -> ExerciseResult:
    if exercise.outcome == "written":
        return replace(exercise, points=points)
    note = "marked by hand though no answer was found"
    return replace(exercise, points=points, notes=(*exercise.notes, note))
