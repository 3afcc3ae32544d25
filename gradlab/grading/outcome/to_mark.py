"""What a person has to mark: a table to fill in, with a row for each answer that needs one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gradlab.grading.outcome.edition_notes import is_about_edition
from gradlab.grading.outcome.gradebook import as_number
from gradlab.grading.outcome.marks import MarksFile
from gradlab.grading.outcome.naming import make_code, normalize_name
from gradlab.grading.outcome.phrases import shorten
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
from gradlab.grading.outcome.table import format_table
from gradlab.grading.outcome.text import as_cell, as_line

# How notes end on what an answer lacked where it is graded: it may have been there at home.
NO_PACKAGE = "which answers cannot import"
NO_FILE = "which raised FileNotFoundError"
_NOT_THEIR_FAULT = (NO_PACKAGE, NO_FILE)
_COLUMNS = ("student", "exercise", "points", "comment", "of", "so far", "why")
_UNREADABLE = "something could not be read or marked"
_LONGEST_REASON = 200
# As the files of lessons are called: 04_vectorizing.ipynb.
_FILE_OF_LESSON = re.compile(r"(?<![0-9])([0-9]{2})_(?=[^\W\d_])")


@dataclass(frozen=True)
class ToMark:
    """An answer that a person has to mark.

    Attributes
    ----------
    student : str
        The learner's name.
    called : str
        What to call the learner: the name, or a code.
    result : ExerciseResult
        What grading found.
    why : str
        Why it needs a person.
    """

    student: str
    called: str
    result: ExerciseResult
    why: str


def list_to_mark(results: Sequence[LearnerResult], is_anonymous: bool) -> list[ToMark]:
    """Find what needs a person: where points may be missing through no fault of the learner's.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found, and what a person gave already.
    is_anonymous : bool
        Whether learners are called by a code where there is an answer in words to read. Else it
        is a file that is to be looked into, which takes the name.

    Returns
    -------
    list of ToMark
        In the order of the exercises, and for each in that of what learners are called.

    Examples
    --------
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> from gradlab.grading.outcome.to_mark import list_to_mark
    >>> answer = ExerciseResult("explain", 7, "written", None, 10.0)
    >>> [row] = list_to_mark([LearnerResult("ada", "needs-manual", (answer,))], False)
    >>> row.called, row.result.name, row.why
    ('ada', 'explain', 'an answer in words')
    """
    names = dict.fromkeys(e.name for result in results for e in result.exercises)
    order = {name: place for place, name in enumerate(names)}
    rows = [
        ToMark(result.student, _call(result.student, exercise, is_anonymous), exercise, why)
        for result in results
        for exercise in result.exercises
        if not exercise.is_by_hand and (why := _find_reason(result, exercise))
    ]
    return sorted(rows, key=lambda row: (order[row.result.name], row.called))


def format_to_mark(rows: Sequence[ToMark]) -> str:
    r"""Return the table to fill in.

    Parameters
    ----------
    rows : sequence of ToMark
        What is to be marked.

    Returns
    -------
    str
        CSV for a spreadsheet; once points are filled in, it can be read as marks.

    Examples
    --------
    >>> from gradlab.grading.outcome.results import ExerciseResult
    >>> from gradlab.grading.outcome.to_mark import ToMark, format_to_mark
    >>> answer = ExerciseResult("pack", 4, "stopped", 1.5, 3.0)
    >>> text = format_to_mark([ToMark("ada", "ada", answer, "was killed twice")])
    >>> print(text.removeprefix("\ufeff"), end="")
    student,exercise,points,comment,of,so far,why
    ada,pack,,,3,1.5,was killed twice
    """
    cells = [
        (
            row.called,
            row.result.name,
            "",
            "",
            as_number(row.result.max_points),
            as_number(row.result.points),
            row.why,
        )
        for row in rows
    ]
    return format_table([_COLUMNS, *cells])


def list_lacking(rows: Sequence[ToMark], file: MarksFile) -> list[str]:
    """Return the lines that a teacher's table lacks, as they may be put at its end.

    Parameters
    ----------
    rows : sequence of ToMark
        What is to be marked.
    file : MarksFile
        The table.

    Returns
    -------
    list of str
        A line for each answer that has none, with its columns and separator.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gradlab.grading.outcome.marks import Mark, MarksFile
    >>> from gradlab.grading.outcome.results import ExerciseResult
    >>> from gradlab.grading.outcome.to_mark import ToMark, list_lacking
    >>> answer = ExerciseResult("explain", 7, "written", None, 10.0)
    >>> rows = [ToMark(name, name, answer, "an answer in words") for name in ("ada", "ben")]
    >>> columns = ("student", "exercise", "points", "comment")
    >>> marks = {("ada", "explain"): Mark(None)}
    >>> list_lacking(rows, MarksFile(Path("marks.csv"), marks, columns, ";"))
    ['ben;explain;;']
    """
    lacking = [row for row in rows if not _is_in(row, file)]
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, delimiter=file.separator, lineterminator="\n")
    for row in lacking:
        cells = {"student": as_cell(row.called), "exercise": row.result.name}
        writer.writerow([cells.get(column, "") for column in file.columns])
    return lines.getvalue().split("\n")[:-1]


def _is_in(row: ToMark, file: MarksFile) -> bool:
    called = (normalize_name(row.student), make_code(row.student))
    return any((name, row.result.name) in file.marks for name in called)


def _call(student: str, exercise: ExerciseResult, is_anonymous: bool) -> str:
    return make_code(student) if is_anonymous and exercise.outcome == "written" else student


def _find_reason(result: LearnerResult, exercise: ExerciseResult) -> str:
    """Say why an answer needs a person; nothing if it does not."""
    if exercise.points is None:
        # The same for all: where names are hidden, a note might tell who it is.
        return "an answer in words"
    if exercise.points >= exercise.max_points:
        return ""
    if result.status == "unreadable":
        reason = "; ".join(_list_reasons(result, exercise)) or _UNREADABLE
    else:
        reason = "; ".join(note for note in exercise.notes if _is_not_their_fault(note))
    return shorten(as_line(reason), _LONGEST_REASON)


def _list_reasons(result: LearnerResult, exercise: ExerciseResult) -> list[str]:
    """Return the notes on an answer, or all that were made, where none names it."""
    named = re.compile(rf"\b{re.escape(exercise.name)}\b")
    notes = [note for note in result.notes if named.search(note)]
    others = [note for note in result.notes if _may_be_of(note, exercise.lesson)]
    return [note for note in [*notes, *exercise.notes] or others if note.strip()]


def _may_be_of(note: str, lesson: int) -> bool:
    """Whether a note may be about a file of a lesson: it names none of another one."""
    numbers = {int(number) for number in _FILE_OF_LESSON.findall(note)}
    return not numbers or lesson in numbers


def _is_not_their_fault(note: str) -> bool:
    return is_about_edition(note) or any(sign in note for sign in _NOT_THEIR_FAULT)
