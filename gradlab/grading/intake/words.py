"""A learner's words: in the cell that was meant for them, beside it, and anywhere else.

An answer in words is never taken for blank while words stand that were not given out: a person
decides what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gradlab.exercises.catalogue import WRITTEN
from gradlab.grading.intake.given_out import GivenOut, is_blank, read_given_out, tidy
from gradlab.grading.intake.notebooks import LESSON_OF, Cell, Notebook
from gradlab.grading.intake.prose import find_prose
from gradlab.grading.intake.sections import is_rubric, list_section
from gradlab.grading.outcome.phrases import join_few

MOST_CHARACTERS = 100_000
# In Latin script; each letter of another one counts, as some have no spaces.
_WORD = re.compile(r"[^\W\d_\x00-\u02ff]|\w+")
_MOST_IN_A_LABEL = 8
_BLANK = "the marked cell is blank"
_GONE = "there is no cell for the answer"

Found = list[tuple[Cell, str]]


@dataclass(frozen=True)
class Words:
    """An answer in words.

    Attributes
    ----------
    text : str
        The words; empty where they are in a file that was not read.
    notes : tuple of str
        Where they were found, if not in the marked cell alone.
    """

    text: str
    notes: tuple[str, ...] = ()


def find_words(name: str, books: Sequence[Notebook], others: Sequence[str] = ()) -> Words | None:
    """Find the answer to a question in words.

    Parameters
    ----------
    name : str
        The question.
    books : sequence of Notebook
        The learner's notebooks; that of its lesson comes first.
    others : sequence of str
        What else was handed in and may hold an answer.

    Returns
    -------
    Words or None
        None if nothing was written, wherever it was looked for.

    Examples
    --------
    >>> import json
    >>> from gradlab.grading.intake.notebooks import read_notebook
    >>> from gradlab.grading.intake.words import find_words
    >>> blank = {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": "explain"}}}
    >>> cells = [blank, {"cell_type": "markdown", "source": "It is the sign."}]
    >>> book = read_notebook("07_mine.ipynb", json.dumps({"cells": cells}).encode())
    >>> words = find_words("explain", [book])
    >>> words.text, words.notes[0].partition(". ")[0]
    ('It is the sign.', 'the marked cell is blank; words were found in cell 2')
    """
    if name not in WRITTEN:
        return None
    looks = [(book, *_look_near(name, book)) for book in books]
    for book, marked, beside in looks:
        if marked is not None:
            return _join_marked(marked, beside, _doubt(name, book))
    is_there = has_cell(name, books)
    blank = _BLANK if is_there else _GONE
    for book, _, beside in looks:
        if beside:
            of = "" if book is books[0] else f" of {book.name}"
            note = f"{blank}; words were found in cell {_number(beside)}{of}"
            return Words(_join(beside), (f"{note}{_doubt(name, book)}",))
    return _find_far(name, books, others, blank)


def has_words_near(name: str, book: Notebook) -> bool:
    """Whether a notebook has an answer in words in the cell that was meant for it, or beside."""
    marked, beside = _look_near(name, book) if name in WRITTEN else (None, [])
    return marked is not None or bool(beside)


def has_cell(name: str, books: Iterable[Notebook]) -> bool:
    """Whether a notebook has the cell for the answer to a question in words, be it blank."""
    return name in WRITTEN and any(_find_marked(name, book) for book in books)


def has_model(name: str, text: str) -> bool:
    """Whether the published answer to a question in words stands in a text."""
    return " ".join(WRITTEN[name].model.split()) in " ".join(text.split())


def note_unsearched(name: str, books: Iterable[Notebook]) -> str:
    """Say of a blank answer where no words were looked for; "" if everywhere."""
    if name in WRITTEN and any(_is_of(name, book) and _is_other(name, book) for book in books):
        return (
            "its notebook is of another edition, so only the section of the question was searched "
            "for words"
        )
    return ""


# In the cell that was meant for it, and in its section


def _look_near(name: str, book: Notebook) -> tuple[Cell | None, Found]:
    """Return the marked cell if it was answered, and the words of its section beside it."""
    given = read_given_out()
    marked = _find_marked(name, book)
    answered = next((cell for cell in reversed(marked) if not is_blank(cell.text)), None)
    counted = answered.text.split() if answered else []
    beside = [
        (cell, words)
        for cell in list_section(name, book)
        # The cell may be there twice, with one answer.
        if (words := given.find_added(cell.text)) and cell.text.split() != counted
    ]
    return answered, beside


def _find_marked(name: str, book: Notebook) -> list[Cell]:
    """Return the cells meant for an answer: without its mark, what follows the rubric."""
    given = read_given_out()
    return [cell for cell in book.cells if cell.mark == name] or [
        cell
        for above, cell in pairwise(book.cells)
        if is_rubric(name, above)
        # A heading belongs to the lesson: the cell with the answer was deleted.
        and not given.is_heading(cell.text)
    ]


def _join_marked(marked: Cell, beside: Found, doubt: str) -> Words:
    note = f"words in cell {_number(beside)} of the same section are added below it{doubt}"
    return Words(_join([(marked, marked.text), *beside]), (note,) if beside else ())


# Anywhere else


def _find_far(
    name: str, books: Sequence[Notebook], others: Sequence[str], blank: str
) -> Words | None:
    """Find what may be the answer, in places that nobody was asked to write it in."""
    own = [book for book in books if _is_of(name, book)]
    if not own and any(book.lesson is not None for book in books):
        # Only other lessons were handed in: what lies beside them belongs to them.
        return None
    notes, found = [], []
    for book in books:
        words = _find_elsewhere(name, book) if book in own or book.lesson is None else []
        if words:
            notes.append(f"words were found in cell {_number(words)} of {book.name}")
            found += words
    if others:
        verb = "was" if len(others) == 1 else "were"
        notes.append(f"{join_few(others)} {verb} handed in and not read")
    return Words(_join(found), (f"{blank}; {'; '.join(notes)}",)) if notes else None


def _is_of(name: str, book: Notebook) -> bool:
    return book.lesson == LESSON_OF[name] or bool(_find_marked(name, book))


def _find_elsewhere(name: str, book: Notebook) -> Found:
    """Return the words of a notebook that were not given out, where its own are known."""
    if _is_other(name, book):
        return []
    given = read_given_out()
    texts, in_code, head = [], [], _find_head(book, given)
    for cell in book.cells:
        added = given.find_added(cell.text)
        if added and not cell.is_code:
            if cell.number > head or not _is_label(added):
                texts.append((cell, added))
        elif added and (words := "\n".join(find_prose(name, cell, added, given))):
            in_code.append((cell, words))
    if not book.edition.mark and len(texts) <= _count_gone(name, book, given):
        # Without a mark it may be of any edition, and each of these a text in other words.
        texts = []
    return sorted([*texts, *in_code], key=lambda one: one[0].number)


def _find_head(book: Notebook, given: GivenOut) -> int:
    """Return the number of the cell with the title of the lesson; 0 if there is none."""
    titles = (
        cell.number
        for cell in book.cells
        if not cell.is_code
        and any(
            line.startswith("# ") and line in given.lines for line in tidy(cell.text).split("\n")
        )
    )
    return next(titles, 0)


def _is_label(text: str) -> bool:
    """Whether a text at the head of a notebook may say whose it is, and no more."""
    is_more = "![" in text or "<" in text or "://" in text
    return not is_more and len(_WORD.findall(text)) <= _MOST_IN_A_LABEL


def _count_gone(name: str, book: Notebook, given: GivenOut) -> int:
    """Count the texts of a lesson that a notebook does not have."""
    lesson = given.lessons.get(LESSON_OF[name])
    if lesson is None or not _is_of(name, book):
        return 0
    there = {tidy(cell.text) for cell in book.cells}
    return sum(not cell.is_code and tidy(cell.text) not in there for cell in lesson.cells)


# Editions


def _is_other(name: str, book: Notebook) -> bool:
    """Whether a notebook says that it was given out with other cells than those here."""
    lesson = read_given_out().lessons.get(LESSON_OF[name])
    return bool(book.edition.mark and lesson and book.edition.mark != lesson.edition.mark)


def _doubt(name: str, book: Notebook) -> str:
    """Say why words in a section may be the lesson's own; "" if they cannot be."""
    lesson = read_given_out().lessons.get(LESSON_OF[name])
    if lesson is None:
        return ""
    if not book.edition.asks_as(lesson.edition, name):
        return ". Its edition is another, so they may be the lesson's own"
    there = {tidy(cell.text) for cell in book.cells}
    asked = [cell for cell in list_section(name, lesson) if cell.mark != name]
    if not book.edition.mark and any(tidy(cell.text) not in there for cell in asked):
        return ". It does not say its edition, so they may be the lesson's own"
    return ""


def _join(found: Found) -> str:
    """Join words, and cut what is longer than anyone reads."""
    return "\n\n".join(text for _, text in found)[:MOST_CHARACTERS]


def _number(found: Found) -> str:
    return join_few([str(cell.number) for cell, _ in found])
