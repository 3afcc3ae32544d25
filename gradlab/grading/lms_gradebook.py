"""The gradebook that Moodle or Canvas exported, filled: only the cells of points change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.intake.lms_columns import ColumnError, Target, choose_targets
from gradlab.grading.intake.lms_form import EMPTY, Form, read_form, read_number
from gradlab.grading.intake.lms_members import find_member
from gradlab.grading.intake.roster import Member, list_members
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.worksheet import Worksheet, read_worksheet
from gradlab.grading.outcome.gradebook import as_number
from gradlab.grading.outcome.raw_table import (
    RawTable,
    RawTableError,
    parse_table,
    replace_cells,
)
from gradlab.grading.outcome.results import LearnerResult, Status
from gradlab.grading.outcome.table import TableError, read_raw_text
from gradlab.grading.outcome.text import as_line

_REASONS: dict[Status, str] = {
    "needs-manual": "waits for your marks",
    "unreadable": "something could not be read or marked",
    "missing": "handed in no notebook",
}


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
    """

    path: Path
    table: RawTable
    form: Form
    rows: tuple[int, ...]
    members: tuple[Member, ...]
    targets: tuple[Target, ...]
    worksheet: Worksheet | None = None


@dataclass
class Filled:
    """A gradebook with points in it.

    Attributes
    ----------
    text : str
        The whole file.
    sections : list of (str, list of str)
        What was filled, what was not and why: headings, and lines under each.
    said : str
        In a sentence, how to give it back.
    """

    text: str
    sections: list[tuple[str, list[str]]]
    said: str


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
        All that `fill` needs.

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
    >>> from gradlab.grading.lms_gradebook import read_gradebook
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
    people = list_members([_pad(_read_row(table, row), width) for row in rows], path)
    form = read_form(table, rows)
    everything = {e.lesson for e in EXERCISES.values()} | {e.lesson for e in WRITTEN.values()}
    counting = lessons or sorted(everything)
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
    )


def fill(
    gradebook: LmsGradebook,
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
) -> Filled:
    """Put points into a gradebook.

    Only who is graded gets points; of all others the cells stay as they are.

    Parameters
    ----------
    gradebook : LmsGradebook
        As `read_gradebook` read it.
    results : sequence of LearnerResult
        What grading found.
    submissions : sequence of Submission
        What they handed in, in the same order.

    Returns
    -------
    Filled
        The new text, and what is to be said of it.
    """
    rows, unfilled = _find_rows(gradebook, results, submissions)
    fillings = [_Filling(target) for target in gradebook.targets]
    for place, row in rows.items():
        for filling in fillings:
            _fill_cell(gradebook, filling, results[place], row)
    values = {place: value for filling in fillings for place, value in filling.values.items()}
    changed = [line for filling in fillings for line in filling.changed]
    left = [line for filling in fillings for line in filling.left]
    sections = [
        (
            f"{as_line(gradebook.path.name)}, filled:",
            [_tell(gradebook.form, one) for one in fillings],
        ),
        ("Points that were there and are others now:", changed),
        ("Not filled:", sorted([*unfilled, *left])),
    ]
    learners = {row for filling in fillings for row in filling.filled}
    return Filled(
        replace_cells(gradebook.table, values),
        sections,
        _tell_way_back(gradebook.form, len(learners)),
    )


def note_statuses(
    gradebook: LmsGradebook,
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
) -> list[LearnerResult]:
    """Note for the teacher what Moodle's worksheet says of how late something is.

    Parameters
    ----------
    gradebook : LmsGradebook
        As `read_gradebook` read it.
    results : sequence of LearnerResult
        What grading found.
    submissions : sequence of Submission
        What they handed in, in the same order.

    Returns
    -------
    list of LearnerResult
        The results, with a note where the row is clear and says a time.
    """
    if gradebook.worksheet is None:
        return [*results]
    found = [find_member(one, gradebook.members) for one in submissions]
    owners = _count_owners(results, found)
    noted = []
    for result, members in zip(results, found, strict=True):
        others = (owners[members[0]] if members else 0) - (result.status != "missing")
        is_clear = len(members) == 1 and not others
        row = gradebook.rows[members[0]] if is_clear else -1
        said = gradebook.worksheet.statuses.get(row)
        note = (f"Moodle says: {said}",) if said else ()
        noted.append(replace(result, notes=(*result.notes, *note)))
    return noted


@dataclass
class _Filling:
    """What becomes of one column."""

    target: Target
    values: dict[tuple[int, int], str] = field(default_factory=dict)
    filled: list[int] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    most: float = 0.0
    # The first; rather of somebody who earned some points and not all.
    example: str = ""
    is_of_some: bool = False


def _read_row(table: RawTable, row: int) -> list[str]:
    return [cell.value.strip() for cell in table.rows[row]]


def _pad(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))][:width]


# Who is in which row


def _find_rows(
    gradebook: LmsGradebook,
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
) -> tuple[dict[int, int], list[str]]:
    """Return for the place of each result the row in the table, and why others have none."""
    found = [find_member(one, gradebook.members) for one in submissions]
    owners = _count_owners(results, found)
    rows: dict[int, int] = {}
    unfilled = []
    for place, (result, members) in enumerate(zip(results, found, strict=True)):
        why = _explain_unfilled(gradebook, result, members, owners)
        if why:
            unfilled.append(f"{result.student}: {why}")
        else:
            rows[place] = gradebook.rows[members[0]]
    known = {member for members in found for member in members}
    unfilled += [
        f"{member.name}: is in the file, but not among those graded"
        for place, member in enumerate(gradebook.members)
        if place not in known
    ]
    return rows, unfilled


def _count_owners(
    results: Sequence[LearnerResult], found: Sequence[Sequence[int]]
) -> Counter[int]:
    """Count for each member who of those that handed in something may be it."""
    return Counter(
        member
        for result, members in zip(results, found, strict=True)
        if result.status != "missing"
        for member in members
    )


def _explain_unfilled(
    gradebook: LmsGradebook,
    result: LearnerResult,
    members: Sequence[int],
    owners: Counter[int],
) -> str:
    """Say why a learner gets no points in the file; nothing if the row is clear."""
    if result.status != "graded":
        return _REASONS[result.status]
    if not members:
        return "is not in the file"
    if len(members) > 1:
        return f"may be any of {len(members)} lines of the file"
    if owners[members[0]] > 1:
        return f"is not the only one who may be {gradebook.members[members[0]].name} in the file"
    if gradebook.worksheet and gradebook.rows[members[0]] in gradebook.worksheet.locked:
        return "Moodle says that the grade cannot be changed"
    return ""


# What a cell will say


def _fill_cell(
    gradebook: LmsGradebook, filling: _Filling, result: LearnerResult, row: int
) -> None:
    column = filling.target.column
    who = result.student if len(gradebook.targets) == 1 else f"{result.student}, {column.title}"
    if column.place >= len(gradebook.table.rows[row]):
        filling.left.append(f"{who}: the line ends before the column")
        return
    old = gradebook.table.read(row, column.place)
    before = read_number(old)
    if before is None and old not in EMPTY:
        filling.left.append(f"{who}: there is “{old}”, which is no number")
        return
    own = [e for e in result.exercises if e.lesson in filling.target.lessons]
    earned, most = sum(e.points or 0.0 for e in own), sum(e.max_points for e in own)
    if not most:
        filling.left.append(f"{who}: nothing counts that goes into this column")
        return
    counted = 100.0 if column.is_percent else column.most.get(row, most)
    points = as_number(earned * counted / most)
    new = (points.replace(".", ",") if gradebook.form.has_comma else points) + column.unit
    filling.filled.append(row)
    filling.most = most
    is_some = 0 < earned < most
    if not filling.example or (is_some and not filling.is_of_some):
        filling.example = f"{as_number(earned)} of {as_number(most)} became {new}"
        filling.is_of_some = is_some
    if before is not None and as_number(before) == points:
        return
    if before is not None:
        filling.changed.append(f"{who}: {old} became {new}")
    filling.values[row, column.place] = new


# What is said of it


def _tell(form: Form, filling: _Filling) -> str:
    column = filling.target.column
    learners = _count(filling.filled)
    start = f"Column “{as_line(column.title)}”: the points of {learners}."
    if not filling.filled:
        return start
    most = as_number(filling.most)
    whose = form.system or "The file"
    if column.is_percent:
        return f"{start} It counts percent: {filling.example}."
    if not column.most:
        return (
            f"{start} The file does not say how many it counts, so they are gradlab's own, of "
            f"{most}."
        )
    counted = as_number(next(iter(column.most.values())))
    if counted == most:
        return f"{start} {whose} counts {most} points for it, as gradlab does."
    return f"{start} {whose} counts {counted} points for it, gradlab {most}: {filling.example}."


def _tell_way_back(form: Form, learners: int) -> str:
    start = f"with the points of {_count(range(learners))}"
    if form.is_of_one:
        return (
            f"{start}. To give it back: the assignment in Moodle, “Upload grading worksheet”; it "
            "needs the feedback type “Offline grading worksheet”"
        )
    if form.system == "Moodle":
        return f"{start}. To give it back: in Moodle, Grades, Import, CSV file"
    if form.system == "Canvas":
        return f"{start}. To give it back: in Canvas, Grades, Import"
    return start


def _count(learners: Sequence[int]) -> str:
    return "1 learner" if len(learners) == 1 else f"{len(learners)} learners"
