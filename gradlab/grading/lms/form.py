"""The table that an LMS exports for grades: its form, and the columns that may be filled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gradlab.grading.intake.roster import is_of_people
from gradlab.grading.outcome.raw_table import RawTable

# What stands in a cell where nobody gave points yet.
EMPTY = ("", "-", "- %")
_NUMBER = re.compile(r"(?P<number>-?\d+(?:[.,]\d+)?)(?:\s*%)?")
_UNIT = re.compile(r"(?:-|-?\d+(?:[.,]\d+)?)(?P<unit>\s*%)")
# Canvas puts the number of the assignment behind its name. What it works out itself has such
# words anywhere in it, and none in the line of points possible.
_CANVAS_ASSIGNMENT = re.compile(r".*\(\d+\)", re.DOTALL)
_CANVAS_OWN = re.compile(r"(?:Current|Final|Override) (?:Score|Points|Grade|Status)")
# Moodle's worksheet begins with "Participant 11", also where it shows the names.
_PARTICIPANT = re.compile(r"(?P<word>[^\W\d_][^\d_@]*)\d+")
_MAXIMUM = re.compile(
    r"(?:maximum grade|bestwertung|höchstbewertung|note maximale|calificación máxima"
    r"|valutazione massima|nota máxima|maximumcijfer)",
    re.IGNORECASE,
)
# Moodle's gradebook: "Assignment: Lesson 1 (Real)". Its totals are of no activity.
_MOODLE_TITLE = re.compile(r"(?P<name>.*\S)\s*\((?P<kind>[^()]+)\)", re.DOTALL)
_ACTIVITY = re.compile(r"[^:\d]{1,40}:\s+(?=\S)")
_PERCENT = ("percent", "prozent", "pourcent", "porcent", "percentu")
_NO_POINTS = (
    *("letter", "feedback", "buchstabe", "rückmeldung", "kommentar", "lettre", "letra", "lettera"),
    *("comment", "retroaliment"),
)
_TOTAL = re.compile(
    r"(?:course|category) total|kurs(?:summe| gesamt)|kategorie(?:summe| gesamt)|gesamt"
    r"|total (?:du cours|del curso|de la catégorie|de categoría)|totale (?:del )?corso",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Column:
    """A column that may be filled.

    Attributes
    ----------
    place : int
        Which it is, counted from 0.
    title : str
        How it is headed.
    name : str
        What of it is the name of the assignment.
    most : mapping of int to float
        What the file says can be earned: the row -> the points. Empty if it does not say.
    is_percent : bool
        Whether it counts percent.
    unit : str
        What follows a number: `` %``, or nothing.
    """

    place: int
    title: str
    name: str
    most: Mapping[int, float] = field(default_factory=dict)
    is_percent: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Form:
    """What a table is, and what may be filled.

    Attributes
    ----------
    system : str
        ``Moodle`` or ``Canvas``; empty if it is neither's.
    columns : tuple of Column
        What may be filled, from the left.
    is_of_one : bool
        Whether all of it is about one assignment: Moodle's worksheet.
    assignments : tuple of Column
        Those among the columns that are surely of assignments.
    has_comma : bool
        Whether numbers have a decimal comma.
    """

    system: str
    columns: tuple[Column, ...]
    is_of_one: bool
    assignments: tuple[Column, ...]
    has_comma: bool


def read_form(table: RawTable, rows: Sequence[int]) -> Form:
    r"""Find out what a table is by how it is headed and built.

    Parameters
    ----------
    table : RawTable
        The table.
    rows : sequence of int
        Its rows that say something; the first is the header.

    Returns
    -------
    Form
        Whose it is, and what may be filled.

    Examples
    --------
    >>> from gradlab.grading.lms.form import read_form
    >>> from gradlab.grading.outcome.raw_table import parse_table
    >>> text = "Student,ID,Section,HW (7),Final Score\n Points Possible,,,8,(read only)\n"
    >>> form = read_form(parse_table(text), [0, 1])
    >>> form.system, [(column.title, dict(column.most)) for column in form.columns]
    ('Canvas', [('HW (7)', {0: 8.0, 1: 8.0})])
    """
    header = [field.value.strip() for field in table.rows[rows[0]]]
    system, is_of_one = "", False
    if _is_canvas(header):
        system, columns = "Canvas", _read_canvas(header, table, rows)
        assignments = columns
    elif worksheet := _read_worksheet(header, table, rows):
        system, is_of_one, columns = "Moodle", True, [worksheet]
        assignments = columns
    else:
        columns = _read_gradebook(header, table, rows)
        assignments = [column for column in columns if _ACTIVITY.match(column.title)]
        if assignments:
            system = "Moodle"
        else:
            columns = columns or [
                Column(place, title, title)
                for place, title in enumerate(header)
                if title and not is_of_people(title) and not _TOTAL.search(title)
            ]
    comma = _has_comma(table, rows, columns)
    return Form(system, tuple(columns), is_of_one, tuple(assignments), comma)


def read_number(cell: str) -> float | None:
    """Return the number that a cell holds, with a decimal point or comma; None if it is none.

    Examples
    --------
    >>> from gradlab.grading.lms.form import read_number
    >>> read_number("7,5"), read_number("80.00 %"), read_number("-")
    (7.5, 80.0, None)
    """
    found = _NUMBER.fullmatch(cell)
    return float(found["number"].replace(",", ".")) if found else None


def _is_canvas(header: Sequence[str]) -> bool:
    start = [cell.replace(" ", "") for cell in header[:3]]
    has_names = start[:2] == ["Student", "ID"] or start == ["LastName", "FirstName", "ID"]
    return has_names and "Section" in header


def _read_canvas(header: Sequence[str], table: RawTable, rows: Sequence[int]) -> list[Column]:
    possible = next((row for row in rows if "Points Possible" in table.read(row, 0)), None)
    columns = []
    for place, title in enumerate(header):
        if not _CANVAS_ASSIGNMENT.fullmatch(title) or _CANVAS_OWN.search(title):
            continue
        said = "" if possible is None else table.read(possible, place)
        most = read_number(said)
        # Where it may not be changed, words stand in place of points.
        if said and most is None:
            continue
        name = title.rpartition("(")[0].strip()
        columns.append(Column(place, title, name, dict.fromkeys(rows, most) if most else {}))
    return columns


def _read_worksheet(header: Sequence[str], table: RawTable, rows: Sequence[int]) -> Column | None:
    """Return the column of grades in Moodle's worksheet: left of what says the maximum."""
    learners = rows[1:]
    words = {
        found["word"] if (found := _PARTICIPANT.fullmatch(table.read(row, 0))) else ""
        for row in learners
    }
    if len(words) != 1 or "" in words:
        return None
    known = [place for place, title in enumerate(header) if _MAXIMUM.fullmatch(title)]
    for place in known or range(2, len(header)):
        most = {row: read_number(table.read(row, place)) or 0.0 for row in learners}
        grades = [table.read(row, place - 1) for row in learners]
        same = len(set(most.values())) == 1 and min(most.values()) > 0
        if same and place > 1 and all(g in EMPTY or read_number(g) is not None for g in grades):
            title = header[place - 1]
            return Column(place - 1, title, title, most)
    return None


def _read_gradebook(header: Sequence[str], table: RawTable, rows: Sequence[int]) -> list[Column]:
    """Return the columns of Moodle's gradebook that count points or percent."""
    columns = []
    for place, title in enumerate(header):
        told = _MOODLE_TITLE.fullmatch(title)
        if told is None or is_of_people(title) or _TOTAL.search(told["name"]):
            continue
        kind = told["kind"].strip().casefold()
        if kind.startswith(_NO_POINTS):
            continue
        name = _ACTIVITY.sub("", told["name"], count=1)
        is_percent = kind.startswith(_PERCENT)
        unit = _find_unit(table, rows, place) if is_percent else ""
        columns.append(Column(place, title, name, is_percent=is_percent, unit=unit))
    return columns


def _find_unit(table: RawTable, rows: Sequence[int], place: int) -> str:
    """Return what stands behind the numbers of a column, as the first cell of them has it."""
    found = (_UNIT.fullmatch(table.read(row, place)) for row in rows[1:])
    return next((one["unit"] for one in found if one), "")


def _has_comma(table: RawTable, rows: Sequence[int], columns: Sequence[Column]) -> bool:
    """Whether numbers have a decimal comma, as those in the file do."""
    places = {place for column in columns for place in range(column.place, column.place + 2)}
    cells = (table.read(row, place) for row in rows[1:] for place in sorted(places))
    decimals = [cell for cell in cells if _NUMBER.fullmatch(cell) and re.search("[.,]", cell)]
    return "," in decimals[0] if decimals else table.separator == ";"
