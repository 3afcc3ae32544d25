"""The section of a lesson in which something is asked, in a learner's notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gradlab.exercises.catalogue import WRITTEN
from gradlab.grading.intake.given_out import GivenOut, list_words, read_given_out, read_heading
from gradlab.grading.intake.notebooks import LESSON_OF, Cell, Notebook
from gradlab.grading.outcome.phrases import join_few

_DEFINITION = re.compile(r"^[ \t]*def[ \t]+(\w{1,60})[ \t]*\(", re.MULTILINE)


def list_section(name: str, book: Notebook) -> list[Cell]:
    r"""Return the cells around those of a question, up to the next heading or the next question.

    A heading of the learner's own ends no section.

    Parameters
    ----------
    name : str
        An exercise, or a question in words.
    book : Notebook
        A learner's notebook.

    Returns
    -------
    list of Cell
        In their order; none where nothing of the question is left.

    Examples
    --------
    >>> from gradlab.grading.intake.given_out import read_given_out
    >>> from gradlab.grading.intake.sections import list_section
    >>> lesson = read_given_out().lessons[4]
    >>> [cell.text.partition("\n")[0] for cell in list_section("pack", lesson)]
    ['## Your turn: pack (3 min)', 'def pack(params):', 'gradlab.check("pack").grade()']
    """
    given, cells = read_given_out(), book.cells
    heading = _find_heading(name, given)
    wanted: set[int] = set()
    for place, cell in enumerate(cells):
        is_anchor = (
            cell.mark in (name, f"grade_{name}")
            or (heading and read_heading(cell.text).startswith(heading))
            or is_rubric(name, cell)
        )
        if not is_anchor or place in wanted:
            continue
        begin = end = place
        while begin > 0 and not given.is_heading(cells[begin].text):
            if _is_of_another(name, cells[begin - 1]):
                break
            begin -= 1
        while end + 1 < len(cells) and not given.is_heading(cells[end + 1].text):
            if _is_of_another(name, cells[end + 1]):
                break
            end += 1
        wanted.update(range(begin, end + 1))
    return [cells[place] for place in sorted(wanted)]


def is_rubric(name: str, cell: Cell) -> bool:
    """Whether a cell is the rubric of a question in words, as it was given out."""
    if name not in WRITTEN:
        return False
    rubric = WRITTEN[name].rubric_table()
    # Long texts need not be compared.
    return len(cell.text) < 2 * len(rubric) and list_words(cell.text) == list_words(rubric)


def note_beside(name: str, books: Iterable[Notebook], is_there: bool) -> str:
    """Say which functions stand beside the blank cell of an exercise that were not given out.

    Parameters
    ----------
    name : str
        The exercise.
    books : iterable of Notebook
        The learner's notebooks.
    is_there : bool
        Whether one has a cell for it.

    Returns
    -------
    str
        A note for the teacher; empty where there is nothing to say.
    """
    given = read_given_out()
    for book in books:
        for cell in list_section(name, book):
            if cell.mark or not given.find_added(cell.text):
                continue
            defined = cell.defines if cell.is_code else _DEFINITION.findall(cell.text)
            own = [key for key in dict.fromkeys(defined) if key not in given.defines - {name}]
            if own:
                what = "its cell is as it was given out" if is_there else "its cell is not there"
                return (
                    f"{what}, but cell {cell.number} beside it, which was not given out, defines "
                    f"{join_few(own)}"
                )
    return ""


def _is_of_another(name: str, cell: Cell) -> bool:
    key = cell.mark.removeprefix("grade_")
    return key != name and key in LESSON_OF


def _find_heading(name: str, given: GivenOut) -> str:
    """Return the heading of the section in which a question was given out."""
    lesson = given.lessons.get(LESSON_OF[name])
    heading = ""
    for cell in lesson.cells if lesson else ():
        if given.is_heading(cell.text):
            heading = read_heading(cell.text)
        if cell.mark == name:
            return heading
    return ""
