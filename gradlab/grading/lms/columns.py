"""Which column of an LMS's table gets which points: never a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradlab.grading.lms.form import Column, Form
from gradlab.grading.outcome.pages.document import name_lesson
from gradlab.grading.outcome.text import as_line
from gradlab.support.errors import GradlabError

_LESSON = re.compile(
    r"(?<![^\W_])(?:lesson|lektion|leçon|lecon|lección|leccion|lezione|lição|les)"
    r"[\s_.:#-]*(?P<numbers>0*\d{1,3}(?!\d)"
    # "Lesson 1 and 2", "Lesson 1-3"; not "Lesson 1 - 2nd try".
    r"(?:\s*(?:[-–,;&+/]|and|und|et|y|e|en|to|bis)\s*\d{1,3}(?!\w))*)",
    re.IGNORECASE,
)
# As the notebooks are called: "01_derivatives_by_differences".
_NUMBERED = re.compile(r"0(?P<number>\d)[_ -]")


class ColumnError(GradlabError):
    """Why it is not clear what to fill, with what to type, in sentences for the teacher."""


@dataclass(frozen=True)
class Target:
    """A column, and the lessons whose points go into it."""

    column: Column
    lessons: tuple[int, ...]


def choose_targets(
    form: Form,
    lessons: Sequence[int],
    wanted: str | None,
    make_command: Callable[[str], str],
) -> tuple[Target, ...]:
    """Find for all lessons that count the column that gets their points.

    Parameters
    ----------
    form : Form
        The table.
    lessons : sequence of int
        The lessons that count.
    wanted : str, optional
        The column that the teacher named: the whole name, its beginning, or a part of it.
    make_command : callable
        Returns what to type to name a column.

    Returns
    -------
    tuple of Target
        One column for all lessons, or one for each.

    Raises
    ------
    ColumnError
        If it is not clear; it lists the columns.

    Examples
    --------
    >>> from gradlab.grading.lms.columns import choose_targets
    >>> from gradlab.grading.lms.form import Column, Form
    >>> columns = tuple(Column(n, f"Lesson {n} (12{n})", f"Lesson {n}") for n in (3, 4))
    >>> form = Form("Canvas", columns, False, columns, False)
    >>> [(target.column.title, target.lessons) for target in choose_targets(form, [4], None, str)]
    [('Lesson 4 (124)', (4,))]
    """
    if wanted is not None:
        return (Target(_find_wanted(form, wanted, make_command), tuple(lessons)),)
    if form.is_of_one:
        return (Target(form.columns[0], tuple(lessons)),)
    found = {lesson: _find_by_name(form, lesson) for lesson in lessons}
    if all(len(columns) == 1 for columns in found.values()):
        return tuple(Target(columns[0], (lesson,)) for lesson, columns in found.items())
    only = _prefer_points(form.assignments)
    if len(lessons) == len(only) == 1 and not _find_lessons(only[0].name):
        return (Target(only[0], tuple(lessons)),)
    unclear = [lesson for lesson, columns in found.items() if len(columns) != 1]
    raise ColumnError(_explain_unclear(form, lessons, unclear, make_command))


def _find_wanted(form: Form, wanted: str, make_command: Callable[[str], str]) -> Column:
    text = wanted.strip().casefold()
    titles = {column.place: column.title.casefold() for column in form.columns}
    for fits in (str.__eq__, str.startswith, str.__contains__):
        found = [column for column in form.columns if fits(titles[column.place], text)]
        if len(found) == 1:
            return found[0]
        if found:
            raise ColumnError(
                f"--column {wanted} may be any of {len(found)} columns:\n{_list(found)}"
                + _suggest(found, "Type more of its name:", make_command)
            )
    raise ColumnError(
        f"--column {wanted} names no column that can be filled. {_list_all(form)}"
        + _suggest(form.columns, "Type the name of one, or a part of it:", make_command)
    )


def _find_by_name(form: Form, lesson: int) -> list[Column]:
    named = [column for column in form.columns if _find_lessons(column.name) == {lesson}]
    return _prefer_points(named)


def _find_lessons(name: str) -> set[int]:
    """Return the lessons that the name of an assignment speaks of, by number or by title."""
    said = " ".join(found["numbers"] for found in _LESSON.finditer(name))
    numbers = {*map(int, re.findall(r"\d+", said))}
    if start := _NUMBERED.match(name):
        numbers.add(int(start["number"]))
    if numbers:
        return numbers
    words = _split(name)
    return {
        lesson
        for lesson in range(100)
        if (title := _split(name_lesson(lesson).partition(": ")[2])) and title in words
    }


def _split(text: str) -> str:
    """Return the words of a text with a space around each."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(words)} " if words else ""


def _prefer_points(columns: Sequence[Column]) -> list[Column]:
    """Leave out percent where the points of the same assignment can be filled."""
    counted = {column.name for column in columns if not column.is_percent}
    return [column for column in columns if not column.is_percent or column.name not in counted]


def _explain_unclear(
    form: Form,
    lessons: Sequence[int],
    unclear: Sequence[int],
    make_command: Callable[[str], str],
) -> str:
    which = f"lesson{'s' if len(unclear) > 1 else ''} {', '.join(map(str, unclear))}"
    few = (
        f" Lessons {', '.join(map(str, lessons))} count; --lesson chooses." if lessons[1:] else ""
    )
    together = " the points of all lessons that count" if lessons[1:] else " the points"
    return (
        f"it is not clear which column gets the points of {which}, so nothing was graded. Is it "
        f"the gradebook of this course?{few} {_list_all(form)}"
        + _suggest(form.columns, f"Name the one that gets{together}:", make_command)
    )


def _list_all(form: Form) -> str:
    if not form.columns:
        return "It has no column that can be filled: totals and names are never changed."
    return f"The columns that can be filled:\n{_list(form.columns)}"


def _list(columns: Sequence[Column]) -> str:
    return "\n".join(f"    {as_line(column.title)}" for column in columns)


def _suggest(columns: Sequence[Column], words: str, make_command: Callable[[str], str]) -> str:
    """Say what to type; a name that two columns have names none."""
    if not columns:
        return ""
    if len({column.title.casefold() for column in columns}) == 1 < len(columns):
        return "\nAll have the same name; change it in the file, so that they differ."
    # Of several none: the first would be typed by whoever does not read on.
    title = "THE NAME" if columns[1:] else columns[0].title
    return f"\n{words}\n\n    {make_command(title)}\n"
