"""The gradebook that Moodle or Canvas exported: its cells, who is in it, what is to be filled."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlab.exercises.catalogue import ALL_EXERCISES
from gradlab.grading.intake.roster import Member, list_members
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.lms.columns import ColumnError, Target, choose_targets
from gradlab.grading.lms.form import Form, read_form
from gradlab.grading.lms.members import find_member
from gradlab.grading.lms.worksheet import Worksheet, read_worksheet
from gradlab.grading.outcome.raw_table import RawTable, RawTableError, parse_table
from gradlab.grading.outcome.table import TableError, read_raw_text

# "11", "Participant 11"; not "1~11", which Canvas calls somebody of another school.
_NUMBER = re.compile(r"[^0-9~]*0*(?P<number>[0-9]+)")


@dataclass(frozen=True)
class LmsGradebook:
    """What an LMS exported, and what of it will be filled.

    Attributes
    ----------
    path : Path
        The file.
    table : RawTable
        Its cells.
    form : Form
        Whose it is.
    rows : tuple of int
        The rows of the table that are of somebody.
    members : tuple of Member
        Who they are of.
    targets : tuple of Target
        The columns that get points.
    worksheet : Worksheet or None
        What it says besides points, if it is Moodle's worksheet of one assignment.
    numbers : tuple of str
        By which numbers the LMS calls the members in the names of files, too; empty where the
        file does not say.
    """

    path: Path
    table: RawTable
    form: Form
    rows: tuple[int, ...]
    members: tuple[Member, ...]
    targets: tuple[Target, ...]
    worksheet: Worksheet | None = None
    numbers: tuple[str, ...] = ()

    def find(self, submission: Submission) -> list[int]:
        """Return which of the members a learner may be."""
        return find_member(submission, self.members, self.form.system, self.numbers)


def read_gradebook(
    path: Path,
    lessons: Sequence[int],
    column: str | None,
    make_command: Callable[[str], str],
) -> LmsGradebook:
    r"""Read what an LMS exported, and find out what is to be filled.

    Parameters
    ----------
    path : Path
        The file: CSV in UTF-8.
    lessons : sequence of int
        The lessons that count; all if it is empty.
    column : str or None
        The column that the teacher named.
    make_command : callable
        Returns what to type to name a column.

    Returns
    -------
    LmsGradebook
        All that `fill_gradebook` needs.

    Raises
    ------
    TableError
        If it cannot be read, or names nobody.
    ColumnError
        If it is not clear which column gets the points.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.lms.gradebook import read_gradebook
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "canvas.csv")
    ...     _ = path.write_text("Student,ID,Section,Lesson 4 (7)\nAda Example,12,A,\n")
    ...     gradebook = read_gradebook(path, [4], None, str)
    >>> [target.column.title for target in gradebook.targets]
    ['Lesson 4 (7)']
    """
    try:
        table = parse_table(read_raw_text(path))
    except RawTableError as error:
        raise TableError(
            f"{path}, line {error.line}: this is no CSV ({error}). Look for a double quote that "
            "has no partner."
        ) from error
    rows = [row for row, _ in enumerate(table.rows) if any(_read_row(table, row))]
    if not rows:
        raise TableError(f"{path} is empty; give the gradebook as Moodle or Canvas exports it.")
    width = len(table.rows[rows[0]])
    _require_width(path, table, rows, width)
    people = list_members([_pad(_read_row(table, row), width) for row in rows], path)
    form = read_form(table, rows)
    counting = lessons or sorted({exercise.lesson for exercise in ALL_EXERCISES.values()})
    try:
        targets = choose_targets(form, counting, column, make_command)
    except ColumnError as error:
        raise ColumnError(f"{path}: {error}") from error
    members = [(rows[place], member) for place, member in people]
    return LmsGradebook(
        path,
        table,
        form,
        tuple(row for row, _ in members),
        tuple(member for _, member in members),
        targets,
        read_worksheet(table, rows[0], members, form.columns[0].place) if form.is_of_one else None,
        _read_numbers(table, form, [row for row, _ in members], rows[0]),
    )


def _read_row(table: RawTable, row: int) -> list[str]:
    return [cell.value.strip() for cell in table.rows[row]]


def _require_width(path: Path, table: RawTable, rows: Sequence[int], width: int) -> None:
    """Raise if a line goes on behind the header: its cells may be in the wrong columns."""
    for row in rows:
        if any(_read_row(table, row)[width:]):
            line = len(re.findall(r"\r\n|\r|\n", table.text[: table.rows[row][0].start])) + 1
            raise TableError(
                f"{path}, line {line}: there are {len(table.rows[row])} fields, but the header "
                f"has {width}. Is a comma in a number or a name? Put it into double quotes."
            )


def _read_numbers(
    table: RawTable, form: Form, rows: Sequence[int], header: int
) -> tuple[str, ...]:
    """Return by which numbers the LMS calls people in the names of files, as far as it says."""
    if form.system == "Canvas":
        place = [cell.replace(" ", "") for cell in _read_row(table, header)].index("ID")
    elif form.is_of_one:
        place = 0
    else:
        return ()
    found = [_NUMBER.fullmatch(table.read(row, place)) for row in rows]
    return tuple(one["number"] if one else "" for one in found)


def _pad(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))][:width]
