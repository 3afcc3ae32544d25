"""A table of which a few cells change, and nothing else: not a quote, not the end of a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

# The first is taken where a header has as many of two. Moodle offers the colon too.
_SEPARATORS = ",;\t"
_COLON = ":"
# A first line by which Excel is told the separator.
TOLD = re.compile(r"sep=(?P<separator>[,;\t:|])(?=\r|\n|$)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]+|"")*+"')
_LINE_END = re.compile(r"\r\n|\r|\n")


class RawTableError(ValueError):
    """A line that is no CSV; its number, and what is wrong with it."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True)
class Field:
    """A cell, and where in the text it stands, with its quotes.

    Attributes
    ----------
    value : str
        What it says.
    start, end : int
        Its first character and the one behind its last.
    is_quoted : bool
        Whether it stands in double quotes.
    """

    value: str
    start: int
    end: int
    is_quoted: bool


@dataclass(frozen=True)
class RawTable:
    """A table as it was written.

    Attributes
    ----------
    text : str
        All of it, a byte-order mark too.
    separator : str
        What stands between two cells.
    rows : tuple of tuple of Field
        The cells; none in a line without anything, and in one that tells Excel the separator.
    """

    text: str
    separator: str
    rows: tuple[tuple[Field, ...], ...]

    def read(self, row: int, column: int) -> str:
        """Return what a cell says, without spaces around it; nothing where the row is short."""
        fields = self.rows[row]
        return fields[column].value.strip() if column < len(fields) else ""


def parse_table(text: str) -> RawTable:
    r"""Find each cell of a table.

    Parameters
    ----------
    text : str
        CSV, with commas, semicolons, tabs or colons, and any ends of lines. The separator is the
        one that the first line has most of, outside of quotes.

    Returns
    -------
    RawTable
        The cells as Python's csv module would read them, and where they stand.

    Raises
    ------
    RawTableError
        If a quote is not closed, or something stands behind it.

    Examples
    --------
    >>> from gradlab.grading.outcome.raw_table import parse_table
    >>> table = parse_table('student;points\r\n"Example; Ada";-')
    >>> [field.value for field in table.rows[1]]
    ['Example; Ada', '-']
    """
    start = 1 if text.startswith("\ufeff") else 0
    told = TOLD.match(text, start)
    separator = told["separator"] if told else _find_separator(text, start)
    place = told.end() if told else start
    rows: list[tuple[Field, ...]] = []
    line = 1
    while place < len(text):
        fields, place = _parse_row(text, place, separator, line)
        is_nothing = len(fields) == 1 and fields[0].start == fields[0].end
        rows.append(() if is_nothing else tuple(fields))
        line += len(_LINE_END.findall(text, fields[0].start, place))
    return RawTable(text, separator, tuple(rows))


def replace_cells(table: RawTable, values: Mapping[tuple[int, int], str]) -> str:
    r"""Return the text of a table in which some cells say something else.

    Parameters
    ----------
    table : RawTable
        The table.
    values : mapping
        (row, column) -> what the cell is to say. It stands in quotes if it must, or if the old
        value did.

    Returns
    -------
    str
        The text; outside of these cells, each character is as it was.

    Examples
    --------
    >>> from gradlab.grading.outcome.raw_table import parse_table, replace_cells
    >>> replace_cells(parse_table("student,points\r\nada,-\r\n"), {(1, 1): "7.5"})
    'student,points\r\nada,7.5\r\n'
    """
    changes = []
    for (row, column), value in values.items():
        field = table.rows[row][column]
        changes.append((field.start, field.end, _write(value, field, table.separator)))
    changes.sort()
    edges = [(0, 0, ""), *changes, (len(table.text), 0, "")]
    pieces = [new + table.text[end:start] for (_, end, new), (start, _, _) in pairwise(edges)]
    return "".join(pieces)


def _find_separator(text: str, start: int) -> str:
    end = start
    while end < len(text) and text[end] not in "\r\n":
        quoted = _QUOTED.match(text, end)
        end = quoted.end() if quoted else end + 1
    bare = _QUOTED.sub("", text[start:end])
    best = max(_SEPARATORS, key=bare.count)
    return best if best in bare or _COLON not in bare else _COLON


def _parse_row(text: str, place: int, separator: str, line: int) -> tuple[list[Field], int]:
    """Return the cells of a row, and where the next one begins."""
    bare = re.compile(rf"[^\r\n{re.escape(separator)}]*")
    fields: list[Field] = []
    while True:
        found = bare.match(text, place)
        is_quoted = text.startswith('"', place)
        if is_quoted:
            found = _QUOTED.match(text, place)
        if found is None:
            raise RawTableError(line, "a double quote has no partner")
        value = found[0][1:-1].replace('""', '"') if is_quoted else found[0]
        fields.append(Field(value, place, found.end(), is_quoted))
        place = found.end()
        if text.startswith(separator, place):
            place += 1
            continue
        end = _LINE_END.match(text, place)
        if end is None and place < len(text):
            raise RawTableError(line, "something stands behind a closing double quote")
        return fields, end.end() if end else place


def _write(value: str, old: Field, separator: str) -> str:
    must = any(character in value for character in f'{separator}"\r\n')
    if not must and not old.is_quoted:
        return value
    return '"' + value.replace('"', '""') + '"'
