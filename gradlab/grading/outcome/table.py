"""Tables for spreadsheets, and those that a teacher saved from one: CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gradlab.grading.outcome.raw_table import TOLD
from gradlab.grading.outcome.text import as_cell
from gradlab.support.errors import GradlabError

# By it spreadsheets know that a file is in UTF-8.
_BYTE_ORDER_MARK = "\ufeff"


class TableError(GradlabError):
    """What is wrong with a table and what to do, in sentences for the teacher."""


def read_table(path: Path) -> tuple[str, Iterator[tuple[str, list[str]]]]:
    r"""Read a table in UTF-8 whose fields are separated by commas, semicolons or tabs.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    separator : str
        What separates the fields: what the first line has most of, or what it tells Excel.
    rows : iterator of (str, list of str)
        Where each line is, and its fields without spaces around them; as many in each as in the
        first. Lines without anything are left out.

    Raises
    ------
    TableError
        If it cannot be read, here or while the rows are taken; it names the line.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.outcome.table import read_table
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "marks.csv")
    ...     _ = path.write_text("student;points\nada;7,5\n")
    ...     separator, rows = read_table(path)
    ...     separator, [row for _, row in rows]
    (';', [['student', 'points'], ['ada', '7,5']])
    """
    text = read_text(path)
    if told := TOLD.match(text):
        return told["separator"], _read_rows(path, text[told.end() :], told["separator"])
    heading = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=heading.count)
    return separator, _read_rows(path, text, separator)


def format_table(rows: Iterable[Sequence[str]]) -> str:
    r"""Return a table as text for a file in UTF-8, which spreadsheets open as it is.

    Parameters
    ----------
    rows : iterable of sequence of str
        The cells. None can be taken for a formula, whatever a learner is called and whatever
        separates the cells for the spreadsheet.

    Returns
    -------
    str
        CSV after a byte-order mark, in lines that end in a newline.

    Examples
    --------
    >>> from gradlab.grading.outcome.table import format_table
    >>> format_table([["student", "points"], ["=ada", "7.5"]])
    "\ufeffstudent,points\n'=ada,7.5\n"
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([as_cell(cell) for cell in row] for row in rows)
    return _BYTE_ORDER_MARK + file.getvalue()


def read_text(path: Path) -> str:
    """Read a text in UTF-8, without a byte-order mark; raise a `TableError` if it is none."""
    return read_raw_text(path).removeprefix(_BYTE_ORDER_MARK)


def read_raw_text(path: Path) -> str:
    """Read a text in UTF-8 that gives the same bytes again; raise a `TableError` if it is none."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}. Give a CSV file.") from error
    except UnicodeDecodeError as error:
        raise _refuse_encoding(path) from error
    if "\0" in text:
        raise _refuse_encoding(path)
    return text


def _refuse_encoding(path: Path) -> TableError:
    return TableError(
        f"{path} is not text in UTF-8; save it from your spreadsheet as “CSV UTF-8”."
    )


def _read_rows(path: Path, text: str, separator: str) -> Iterator[tuple[str, list[str]]]:
    # Strict: a quote that is never closed would swallow the lines that follow.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    width = None
    try:
        for fields in reader:
            row = [field.strip() for field in fields]
            if not any(row):
                continue
            at = f"{path}, line {reader.line_num}"
            width = width or len(row)
            if any(row[width:]):
                raise TableError(
                    f"{at}: there are {len(row)} fields, but the header has {width}. Is a comma "
                    "in a number or a name? Write 7.5, and put a name into double quotes."
                )
            yield at, row + [""] * (width - len(row))
    except csv.Error as error:
        raise TableError(
            f"{path}, line {reader.line_num}: this is no CSV ({error}). Look for a double quote "
            "that has no partner."
        ) from error
