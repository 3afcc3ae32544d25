"""Write the tables that follow from the lessons and the exercises into the documents.

``python -m tools.tables``, a part of ``make notebooks``, replaces what stands between
``<!-- make notebooks: NAME -->`` and ``<!-- end -->``. A column that does not follow from them,
such as what a lesson leaves behind, is kept as it stands; edit it there. For a new lesson it is
empty until somebody fills it in.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gradlab.exercises.catalogue import ALL_EXERCISES, EXERCISES, WRITTEN
from gradlab.support.errors import GradlabError
from tools.facts import Lesson, Section, read_lessons

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "docs/instructor_guide.md")
_WIDTH = 99
_BLOCK = re.compile(
    r"^(<!-- make notebooks: ([\w ]+) -->\n\n)(.*?)(\n<!-- end -->$)", re.MULTILINE | re.DOTALL
)

Row = Sequence[str]
# Takes what stands there and all lessons, and returns what should.
Writer = Callable[[str, Sequence[Lesson]], str]


class TableError(GradlabError):
    """Which table of which document cannot be written."""


def fill_in(text: str, lessons: Sequence[Lesson]) -> str:
    """Return a document with its tables as they should be.

    Parameters
    ----------
    text : str
        The document.
    lessons : sequence of Lesson
        All lessons, by number.

    Returns
    -------
    str
        The same, where nothing has changed.

    Raises
    ------
    TableError
        If it asks for a table that there is not.
    FactsError
        If a table names a section that there is not.
    """

    def replace(found: re.Match[str]) -> str:
        begin, name, old, end = found.groups()
        if name not in _WRITERS:
            raise TableError(
                f"A document asks for a table “{name}”; there are: {', '.join(_WRITERS)}."
            )
        return f"{begin}{_WRITERS[name](old, lessons)}\n{end}"

    return _BLOCK.sub(replace, text)


def write_tables(root: Path = ROOT) -> list[str]:
    """Bring the tables of every document up to date.

    Parameters
    ----------
    root : Path, optional
        The checkout.

    Returns
    -------
    list of str
        The documents that were written.

    Raises
    ------
    TableError, FactsError
        As `fill_in` and `tools.facts.read_lessons`; nothing more is written then.
    """
    lessons = read_lessons(root / "notebooks" / "source")
    written = []
    for name in DOCUMENTS:
        path = root / name
        old = path.read_text(encoding="utf-8")
        new = fill_in(old, lessons)
        if new != old:
            path.write_text(new, encoding="utf-8", newline="\n")
            written.append(name)
    return written


def read_rows(text: str) -> list[list[str]]:
    """Return the cells of the table rows in a text, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    rules = {i for i, row in enumerate(cells) if all(re.fullmatch(r":?-+:?", c) for c in row)}
    return [row for i, row in enumerate(cells) if not {i, i + 1} & rules]


def find_sections(text: str, lessons: Sequence[Lesson]) -> list[tuple[Lesson, Section]]:
    """Return the sections that a cell of the table of weeks speaks of.

    Parameters
    ----------
    text : str
        Such as "lessons 0 and 1" or "lesson 5, up to *The ratio*".
    lessons : sequence of Lesson
        All lessons, by number.

    Returns
    -------
    list of (Lesson, Section)
        In order, "up to" and "from" with the section that is named.
    """
    # The title of a section may hold numbers, too.
    numbers = [int(number) for number in re.findall(r"\d+", text.partition("*")[0])]
    whole = [(lessons[n], section) for n in numbers for section in lessons[n].sections]
    bounds = re.search(r"(up to|from) \*(.+)\*", text)
    if bounds is None:
        return whole
    named = lessons[numbers[-1]].find_section(bounds[2])
    place = [section for _, section in whole].index(named)
    return whole[: place + 1] if bounds[1] == "up to" else whole[place:]


def _format(head: str, rows: Iterable[Row]) -> str:
    """Return a table: a head with its rule, and rows."""
    lines = [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows]
    return "\n".join([head, *lines])


def _keep(old: str) -> dict[str, str]:
    """Return the last cell of each row, which is written by hand, by the lesson's number."""
    return {number[0]: row[-1] for row in read_rows(old) if (number := re.findall(r"\d+", row[0]))}


def _link(lesson: Lesson, text: str) -> str:
    return f"[{text}](../notebooks/{lesson.stem}.ipynb)"


def _bold(value: object) -> str:
    return f"**{value}**"


# What each table holds


def _write_length(_: str, lessons: Sequence[Lesson]) -> str:
    minutes, reading, exercises = _sum_up(lessons)[:3]
    return textwrap.fill(
        f"**How long.** {minutes} minutes: {reading} to read and run, {exercises} for exercises. "
        "Everything can be done alone. In a room, add time for questions: the minutes below "
        "include none.",
        _WIDTH,
    )


def _sum_up(lessons: Sequence[Lesson]) -> list[int]:
    numbers = [(x.minutes, x.reading, x.exercises, x.points) for x in lessons]
    return [sum(column) for column in zip(*numbers, strict=True)]


def _write_glance(old: str, lessons: Sequence[Lesson]) -> str:
    kept = _keep(old)
    rows = [
        [
            _link(x, x.title),
            *map(str, (x.minutes, x.reading, x.exercises, x.points)),
            kept.get(str(x.number), ""),
        ]
        for x in lessons
    ]
    table = _format(
        "| lesson | minutes | to read and run | exercises | points | to bring away |\n"
        "|:--|--:|--:|--:|--:|:--|",
        [*rows, [_bold("together"), *map(_bold, _sum_up(lessons)), ""]],
    )
    checked, by_hand = (sum(x.points for x in kind.values()) for kind in (EXERCISES, WRITTEN))
    numbers = sorted({x.lesson for x in WRITTEN.values()})
    answers = "answer of lesson" if len(WRITTEN) == 1 else "answers of lessons"
    return f"{table}\n\n" + textwrap.fill(
        f"Of the {checked + by_hand} points a check gives {checked}. A person gives {by_hand}, "
        f"for the written {answers} {' and '.join(map(str, numbers))}.",
        _WIDTH,
    )


def _write_timings(_: str, lessons: Sequence[Lesson]) -> str:
    rows: list[Row] = []
    for lesson in lessons:
        rows.append([_bold(lesson.title), _bold(lesson.minutes)])
        rows += [[section.title, str(section.minutes)] for section in lesson.sections]
    rows.append([_bold("together"), _bold(_sum_up(lessons)[0])])
    return _format("| section | minutes |\n|:--|--:|", rows)


def _write_route(old: str, lessons: Sequence[Lesson]) -> str:
    """Fill in the minutes; which sections a route has, and where it stops, is chosen by hand."""
    rows, total = [], 0
    for place, title, _, stop in read_rows(old)[:-1]:
        lesson = lessons[int(re.findall(r"\d+", place)[0])]
        minutes = lesson.find_section(title).minutes
        rows.append([_link(lesson, str(lesson.number)), title, str(minutes), stop])
        total += minutes
    return _format(
        "| lesson | section | minutes | stop for |\n|:--|:--|--:|:--|",
        [*rows, ["", _bold("together"), _bold(total), ""]],
    )


def _write_weeks(old: str, lessons: Sequence[Lesson]) -> str:
    """Fill in minutes and points; what is done in class and at home is chosen by hand."""
    rows = []
    for week, in_class, _, at_home, _, _ in read_rows(old):
        parts = [find_sections(text, lessons) for text in (in_class, at_home)]
        first, second = (str(sum(section.minutes for _, section in part)) for part in parts)
        points = sum(section.points for part in parts for _, section in part)
        rows.append([week, in_class, first, at_home, second, str(points)])
    return _format(
        "| week | in class | minutes | at home | minutes | points |\n|--:|:--|--:|:--|--:|--:|",
        rows,
    )


def _write_points(_: str, lessons: Sequence[Lesson]) -> str:
    rows = [
        [f"`{x.name}`", str(x.lesson), f"{x.points}{', by a person' * (x.name in WRITTEN)}"]
        for x in ALL_EXERCISES.values()
    ]
    total = sum(x.points for x in ALL_EXERCISES.values())
    return _format(
        "| exercise | lesson | points |\n|:--|--:|--:|",
        [*rows, [_bold("together"), "", _bold(total)]],
    )


def _write_rubric(_: str, lessons: Sequence[Lesson]) -> str:
    return WRITTEN["explain"].rubric_table()


def _write_nbgrader(old: str, lessons: Sequence[Lesson]) -> str:
    """Fill in what a blank and a solved edition get; what a half-done one gets was measured."""
    (half,) = (row[1:] for row in read_rows(old) if row[0] == "half done")
    numbers = (1, 7)
    most = [lessons[number].points for number in numbers]
    solved = [sum(x.points for x in EXERCISES.values() if x.lesson == n) for n in numbers]
    head = [f"lesson {n}, of {points}" for n, points in zip(numbers, most, strict=True)]
    return _format(
        f"| submission | {' | '.join(head)} |\n|:--|--:|--:|",
        [["blank", "0", "0"], ["half done", *half], ["solved", *map(str, solved)]],
    )


def _write_lessons(old: str, lessons: Sequence[Lesson]) -> str:
    kept = _keep(old)
    return _format(
        "| lesson | minutes | points | you learn |\n|:--|--:|--:|:--|",
        [[x.title, str(x.minutes), str(x.points), kept.get(str(x.number), "")] for x in lessons],
    )


_WRITERS: dict[str, Writer] = {
    "length": _write_length,
    "glance": _write_glance,
    "timings": _write_timings,
    "route": _write_route,
    "weeks": _write_weeks,
    "points": _write_points,
    "rubric": _write_rubric,
    "nbgrader": _write_nbgrader,
    "lessons": _write_lessons,
}


def main() -> int:
    """Write the tables and print which documents changed."""
    try:
        written = write_tables()
    except GradlabError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"tables: {'wrote ' + ', '.join(written) if written else 'nothing changed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
