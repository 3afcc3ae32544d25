"""What Moodle's grading worksheet says of learners besides their points."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradlab.grading.intake.roster import Member
from gradlab.grading.outcome.phrases import shorten
from gradlab.grading.outcome.raw_table import RawTable
from gradlab.grading.outcome.text import as_line

_LONGEST = 200
_STATUS = ("status", "statut", "estado", "estatus", "stato")
_CAN_CHANGE = (
    *("grade can be changed", "bewertung kann geändert werden", "la note peut être modifiée"),
    *("la calificación puede cambiarse", "la calificación puede ser cambiada"),
    *("la valutazione può essere cambiata", "het cijfer kan gewijzigd worden"),
)
_NO = ("no", "nein", "non", "nee")
# The heading that only an assignment has in which groups hand in as one.
_TEAM = ("group", "gruppe", "groupe", "grupo", "gruppo", "groep")
_NUMBER = re.compile(r"[0-9]+$")


@dataclass(frozen=True)
class Worksheet:
    """What a worksheet says, by the rows of its table.

    Attributes
    ----------
    participants : mapping of int to Member
        The number that Moodle gave somebody in this assignment -> who it is.
    is_of_groups : bool
        Whether groups hand in as one.
    statuses : mapping of int to str
        The row -> what Moodle says of when it was handed in, if it says a time.
    locked : frozenset of int
        The rows whose grade cannot be changed.
    """

    participants: Mapping[int, Member]
    is_of_groups: bool
    statuses: Mapping[int, str]
    locked: frozenset[int]


def read_worksheet(
    table: RawTable, header: int, people: Sequence[tuple[int, Member]], grades: int
) -> Worksheet:
    r"""Read what a worksheet says besides points, as far as its headings are known.

    Parameters
    ----------
    table : RawTable
        The table.
    header : int
        The row with the headings.
    people : sequence of (int, Member)
        The rows of people, and who they are.
    grades : int
        The column of grades.

    Returns
    -------
    Worksheet
        Nothing of what stands under a heading in a language that is not known here.

    Examples
    --------
    >>> from gradlab.grading.intake.roster import Member
    >>> from gradlab.grading.lms.worksheet import read_worksheet
    >>> from gradlab.grading.outcome.raw_table import parse_table
    >>> text = "Identifier,Status,Grade\nParticipant 7,Submitted - 2 days late,-\n"
    >>> worksheet = read_worksheet(parse_table(text), 0, [(1, Member("ada", frozenset()))], 2)
    >>> dict(worksheet.statuses)
    {1: 'Submitted - 2 days late'}
    """
    headings = [field.value.strip().casefold() for field in table.rows[header]]
    before, after = headings[:grades], headings[grades:]
    # Columns that a school adds stand further to the left.
    status = max((place for place, one in enumerate(before) if one in _STATUS), default=None)
    can_change = next((grades + n for n, one in enumerate(after) if one in _CAN_CHANGE), None)
    teams = before if status is None else before[status:]
    rows = [row for row, _ in people]
    return Worksheet(
        _read_participants(table, people),
        any(one in _TEAM for one in teams),
        {} if status is None else _read_statuses(table, rows, status),
        frozenset(
            row
            for row in rows
            if can_change is not None and table.read(row, can_change).casefold() in _NO
        ),
    )


def _read_participants(table: RawTable, people: Sequence[tuple[int, Member]]) -> dict[int, Member]:
    found = [
        (int(number[0][:18]), member)
        for row, member in people
        if (number := _NUMBER.search(table.read(row, 0)))
    ]
    times = Counter(number for number, _ in found)
    return {number: member for number, member in found if times[number] == 1}


def _read_statuses(table: RawTable, rows: Sequence[int], status: int) -> dict[int, str]:
    """Return what tells how late something is, or until when it may be: there is a digit in it."""
    said = {row: " ".join(as_line(table.read(row, status)).split()) for row in rows}
    return {
        row: shorten(text, _LONGEST)
        for row, text in said.items()
        if any(character.isdigit() for character in text)
    }
