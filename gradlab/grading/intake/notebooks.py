"""A notebook's cells, read from its bytes, each with what follows from its code.

The bytes may be hostile: none make this raise, and bounds keep time and memory small.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from gradlab.exercises.catalogue import ALL_EXERCISES, EXERCISES, WRITTEN
from gradlab.grading.intake.code.program import Program
from gradlab.grading.intake.code.python_cells import (
    Effort,
    Kind,
    find_definitions,
    read_python,
    says_nothing,
)
from gradlab.grading.intake.code.statements import Statement, read_statements
from gradlab.grading.intake.editions import Edition, read_edition
from gradlab.grading.intake.published import is_untouched
from gradlab.grading.outcome.phrases import join_few
from gradlab.grading.outcome.text import replace_surrogates

# Each is many times what people write.
_MOST_BYTES = 25_000_000
_MOST_VALUES = 1_000_000
_MOST_CELLS = 5_000
_MOST_IN_A_CELL = 200_000
_MOST_CODE = 500_000
_MOST_STATEMENTS = 10_000

_NUMBERED_NAME = re.compile(r"(?:^|[^0-9])(\d\d)_(?=[^\W\d_])")
_NUMBERED_HEADLINE = re.compile(r"#\s+(\d{1,2})\s")

_MARK = re.compile(rb'"grade_id"\s*:\s*"(?:grade_)?(\w{1,99})"', re.ASCII)
# The lesson of each exercise and of each question in words.
LESSON_OF = {name: exercise.lesson for name, exercise in ALL_EXERCISES.items()}
_LESSONS = frozenset(LESSON_OF.values())


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell and what follows from its text; only a cell with code defines anything."""

    number: int
    kind: str
    mark: str
    text: str
    is_code: bool = False
    parses: bool = False
    says_nothing: bool = False
    defines: Mapping[str, Kind] = field(default_factory=dict)

    @cached_property
    def statements(self) -> tuple[Statement, ...] | None:
        """What is at the top level of its code; None if it is no Python, or has too many."""
        return read_statements(self.text) if self.parses else None

    @property
    def is_check(self) -> bool:
        """Whether it is the graded check of an answer."""
        return self.mark.startswith("grade_")

    def answers(self, name: str) -> bool:
        """Whether it defines a name as more than the blank stub."""
        return self.defines.get(name) in ("function", "value")


@dataclass(frozen=True, eq=False)
class Notebook:
    """The cells of a file, the lesson and edition that it is, and remarks for the teacher."""

    name: str
    cells: tuple[Cell, ...]
    lesson: int | None
    notes: tuple[str, ...]
    edition: Edition

    @cached_property
    def program(self) -> Program:
        """The statements of its cells; of very many the first."""
        cells, left = [], _MOST_STATEMENTS
        for cell in self.cells:
            statements = (cell.statements or ()) if left > 0 else ()
            cells.append(statements)
            left -= len(statements)
        checks = {place for place, cell in enumerate(self.cells) if cell.is_check}
        return Program(cells, checks)


def read_notebook(name: str, content: bytes) -> Notebook | str:
    """Return what a file holds, or a sentence that says why it is no notebook.

    Parameters
    ----------
    name : str
        The name of the file.
    content : bytes
        Whatever is in it.

    Returns
    -------
    Notebook or str
        Of a very large notebook a part, and its notes say so.

    Examples
    --------
    >>> from gradlab.grading.intake.notebooks import read_notebook
    >>> notebook = read_notebook("04_mine.ipynb", b'{"cells": [{"source": "x = 1"}]}')
    >>> notebook.lesson, [cell.text for cell in notebook.cells], notebook.notes
    (4, ['x = 1'], ('04_mine.ipynb names no kernel; read as Python',))
    >>> read_notebook("empty.ipynb", b"")
    'empty.ipynb is empty'
    """
    if len(content) > _MOST_BYTES:
        return f"{name} has {len(content) / 1e6:.0f} MB; up to {_MOST_BYTES / 1e6:.0f} are read"
    if not content.strip():
        return f"{name} is empty"
    # What is between these takes far more memory than in the file.
    if sum(map(content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        return f"{name} holds too many values: up to {_MOST_VALUES:,} are read"
    text, encoding = _decode(content)
    try:
        # Any length of digits is a float; an int of too many would raise.
        data = json.loads(text, strict=False, parse_int=float)
    except (ValueError, RecursionError, MemoryError):
        return f"{name} is not a notebook: its text is not JSON, or only a part of it"
    raw = _find_raw_cells(data)
    if raw is None:
        return f"{name} is not a notebook: it has no list of cells"
    notes = [f"is not in UTF-8; read as {encoding}"] if encoding else []
    notes += _note_oddities(data)
    if len(raw) > _MOST_CELLS:
        notes.append(f"has {len(raw)} cells; the first {_MOST_CELLS} are read")
    cells, unread = _read_cells(raw[:_MOST_CELLS])
    if unread:
        notes.append(f"has more code than is read; left out: cell {join_few(unread)}")
    return Notebook(
        name,
        tuple(cells),
        _guess_lesson(name, cells),
        tuple(f"{name} {note}" for note in notes),
        read_edition(
            _get_part(_get_part(data, "metadata"), "gradlab"), map(_get_marks, raw[:_MOST_CELLS])
        ),
    )


def find_lesson(name: str, read: Callable[[], bytes]) -> int | str:
    """Return which lesson a notebook is, by its name or by the marks of its cells.

    Parameters
    ----------
    name : str
        The name of the file.
    read : callable
        Reads the file, if its name does not tell.

    Returns
    -------
    int or str
        The number of the lesson. Of what is none, the name without its folders.

    Examples
    --------
    >>> from gradlab.grading.intake.notebooks import find_lesson
    >>> find_lesson("04_mine.ipynb", bytes), find_lesson("ada/work.ipynb", bytes)
    (4, 'work.ipynb')
    >>> find_lesson("work.ipynb", lambda: b'{"grade_id": "pack"}')
    4
    """
    numbers = [int(number) for number in _NUMBERED_NAME.findall(name)]
    marks = numbers[-1:] or [LESSON_OF.get(m.decode(), -1) for m in _MARK.findall(read())]
    known = Counter(lesson for lesson in marks if lesson in _LESSONS)
    return known.most_common(1)[0][0] if known else name.rpartition("/")[2]


def _decode(content: bytes) -> tuple[str, str]:
    """Return the text and, if it is not in UTF-8, what it is in."""
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16", errors="replace"), "UTF-16"
        return content.decode("latin-1"), "Latin-1"


def _find_raw_cells(data: Any) -> list[Any] | None:
    """Return the list of cells, which before nbformat 4 was in parts; None without one."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("cells"), list):
        return list(data["cells"])
    if not isinstance(data.get("worksheets"), list):
        return None
    sheets = [sheet.get("cells") for sheet in data["worksheets"] if isinstance(sheet, dict)]
    return [cell for cells in sheets if isinstance(cells, list) for cell in cells]


def _note_oddities(data: dict[str, Any]) -> list[str]:
    if not isinstance(data.get("cells"), list):
        return ["is in an old notebook format"]
    if not isinstance(_get_part(data, "metadata").get("kernelspec"), dict):
        return ["names no kernel; read as Python"]
    return []


def _get_part(data: dict[str, Any], key: str) -> dict[str, Any]:
    part = data.get(key)
    return part if isinstance(part, dict) else {}


def _get_marks(raw: Any) -> dict[str, Any]:
    """Return what nbgrader put into the metadata of a cell."""
    return _get_part(_get_part(raw, "metadata"), "nbgrader") if isinstance(raw, dict) else {}


def _read_cells(raws: Sequence[Any]) -> tuple[list[Cell], list[str]]:
    """Return the cells, and the numbers of those with more code than is read."""
    cells, unread = [], []
    left, effort = _MOST_CODE, Effort()
    for number, raw in enumerate(raws, start=1):
        if not isinstance(raw, dict):
            continue
        kind = raw.get("cell_type")
        mark = _get_marks(raw).get("grade_id")
        cell = Cell(
            number,
            kind if isinstance(kind, str) else "code",
            mark if isinstance(mark, str) else "",
            _read_source(raw),
        )
        # A key pressed by accident turns a cell for code into one for text, or the other way.
        if cell.mark in WRITTEN or (cell.kind != "code" and cell.mark not in EXERCISES):
            cells.append(replace(cell, text=cell.text[:_MOST_IN_A_CELL]))
        elif len(cell.text) > min(_MOST_IN_A_CELL, left):
            unread.append(str(number))
        else:
            left -= len(cell.text)
            cells.append(_add_code(cell, effort))
    return cells, unread


def _read_source(raw: dict[str, Any]) -> str:
    source = raw.get("source", raw.get("input"))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    text = replace_surrogates(source.replace("\r\n", "\n").replace("\r", "\n"))
    return f"# {text}" if raw.get("cell_type") == "heading" else text


def _add_code(cell: Cell, effort: Effort) -> Cell:
    """Add to a cell what follows from its code."""
    text, tree = read_python(cell.text, effort)
    if tree is None:
        return replace(cell, is_code=True)
    return replace(
        cell,
        text=text,
        is_code=True,
        parses=True,
        says_nothing=says_nothing(tree.body),
        defines={
            name: "stub" if is_untouched(name, tree) else kind
            for name, kind in find_definitions(tree.body).items()
        },
    )


def _guess_lesson(name: str, cells: Sequence[Cell]) -> int | None:
    """Return which lesson a notebook is: by its marks, its name, its title or what it defines."""
    title = next((cell.text for cell in cells if not cell.is_code and cell.text.strip()), "")
    headline = _NUMBERED_HEADLINE.match(title)
    guesses: tuple[list[int], ...] = (
        [LESSON_OF.get(cell.mark.removeprefix("grade_"), -1) for cell in cells],
        [int(number) for number in _NUMBERED_NAME.findall(name)[-1:]],
        [int(headline[1])] if headline else [],
        [LESSON_OF.get(key, -1) for cell in cells for key in cell.defines],
    )
    for lessons in guesses:
        known = Counter(lesson for lesson in lessons if lesson in _LESSONS)
        if known:
            return known.most_common(1)[0][0]
    return None
