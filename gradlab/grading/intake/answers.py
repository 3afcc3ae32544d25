"""Finding a learner's answers in their notebooks, as source text. Nothing is executed here.

The notebooks may be hostile: no bytes make this raise, and bounds keep time and memory small.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.intake.archives import has_notebook_name
from gradlab.grading.intake.code.slice import Slice, find_slice
from gradlab.grading.intake.code.statements import Statement, keep
from gradlab.grading.intake.editions import compare_editions
from gradlab.grading.intake.given_out import read_given_out
from gradlab.grading.intake.names import find_lesson_files
from gradlab.grading.intake.notebooks import (
    LESSON_OF,
    Cell,
    Notebook,
    read_notebook,
)
from gradlab.grading.intake.published import is_published
from gradlab.grading.intake.sections import note_beside
from gradlab.grading.intake.words import (
    find_words,
    has_cell,
    has_model,
    has_words_near,
    note_unsearched,
)
from gradlab.grading.outcome.phrases import join_few
from gradlab.grading.outcome.same_answers import SAME_AS_PUBLISHED
from gradlab.grading.outcome.text import replace_surrogates

_ALONE = "runs without other cells: its notebook has too many statements to look for what it needs"


@dataclass(frozen=True)
class Answer:
    """One answer as it stands in a notebook.

    Attributes
    ----------
    name : str
        The exercise.
    setup : tuple of str
        What to run first: the statements of other cells that the answer needs, a text for each
        cell.
    source : str
        The cell with the answer, less its demos. Lines keep their numbers.
    notes : tuple of str
        Remarks for the teacher. Cells are counted from 1.
    text : str
        The whole cell with the answer, as the learner wrote it.
    cells : tuple of int
        The numbers of the cells that `setup` is from.
    imports : frozenset of str
        The modules that are imported in these texts.
    unbound, stubs : tuple of str
        The names that the answer needs and that no cell binds, or only as a blank function.
    narrow : Answer or None
        The same with less of the notebook, if some of it is there only because what the answer
        needs was called or drawn from. Such calls may be slow demos, of a function that counts
        its calls or remembers results: run this one where the other runs out of time before it
        defines the answer.
    """

    name: str
    setup: tuple[str, ...]
    source: str
    notes: tuple[str, ...]
    text: str = ""
    cells: tuple[int, ...] = ()
    imports: frozenset[str] = frozenset()
    unbound: tuple[str, ...] = ()
    stubs: tuple[str, ...] = ()
    narrow: Answer | None = None


@dataclass(frozen=True)
class Work:
    """What was found in all notebooks of a learner.

    Attributes
    ----------
    answers : dict of str to Answer
        The exercises that were attempted.
    blank : frozenset of str
        The exercises, and the questions in words, that are as they were given out, or empty.
    written : dict of str to str
        The answers in words; empty where they are in a file that was not read.
    notes : tuple of str
        Remarks for the teacher about notebooks.
    unreadable : tuple of str
        The notebooks that could not be read at all.
    remarks : dict of str to tuple of str
        More remarks on exercises, answered or not.
    lessons : frozenset of int
        The lessons of which there is a notebook.
    """

    answers: dict[str, Answer]
    blank: frozenset[str]
    written: dict[str, str]
    notes: tuple[str, ...]
    unreadable: tuple[str, ...]
    remarks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lessons: frozenset[int] = frozenset()


def find_answers(
    notebooks: Mapping[str, bytes],
    names: Collection[str],
    attempts: Mapping[str, int] = MappingProxyType({}),
    others: Sequence[str] = (),
) -> Work:
    r"""Find a learner's answers, by nbgrader's marks of cells, else by the names they define.

    Parameters
    ----------
    notebooks : mapping of str to bytes
        The contents of the notebooks, by file name.
    names : collection of str
        The exercises and questions in words that count.
    attempts : mapping of str to int, optional
        Of notebooks that belong to several attempts, the name -> the number of the attempt. Of a
        lesson, the latest attempt counts in which something was answered.
    others : sequence of str, optional
        What else was handed in and may hold an answer in words.

    Returns
    -------
    Work
        The answers. A name that is in none of its parts is in no notebook.

    Examples
    --------
    >>> import json
    >>> from gradlab.grading.intake.answers import find_answers
    >>> cell = {"cell_type": "code", "source": "def double(x):\n    return 2 * x\ndouble(3)\n"}
    >>> notebook = json.dumps({"cells": [cell], "metadata": {"kernelspec": {}}})
    >>> answer = find_answers({"mine.ipynb": notebook.encode()}, ["double"]).answers["double"]
    >>> answer.source
    'def double(x):\n    return 2 * x\n\n'
    >>> answer.notes
    ("found by the function's name, in cell 1", 'same as published')
    """
    found = {
        name: read_notebook(replace_surrogates(name), notebooks[name])
        for name in sorted(notebooks)
    }
    books = [book for book in found.values() if isinstance(book, Notebook)]
    refused = {name: why for name, why in found.items() if isinstance(why, str)}
    # A file in JSON may be anything.
    unreadable = [name for name in refused if has_notebook_name(name)]
    notes = [*refused.values(), *(note for book in books for note in book.notes)]
    used, older, choices = _choose_for_each_lesson(books, attempts)
    books = [book for book in books if book not in older]
    work = Work({}, frozenset(), {}, (), tuple(unreadable))
    blank = set()
    for name in (name for name in LESSON_OF if name in names):
        first = used.get(LESSON_OF[name])
        ordered = [book for book in books if book is first]
        ordered += [book for book in books if book is not first]
        if answer := _find_answer(name, first, ordered):
            work.answers[name] = answer
        elif words := find_words(name, ordered, others):
            work.written[name] = words.text
            work.remarks[name] = words.notes
        else:
            is_there = _is_there(name, ordered)
            blank |= {name} if is_there else set()
            why = note_beside(name, ordered, is_there) or note_unsearched(name, ordered)
            work.remarks[name] = (why,) if why else ()
    notes += choices + _compare_with_lessons(used, names, work)
    copied = [name for name, text in work.written.items() if has_model(name, text)]
    notes += [f"{name}: {SAME_AS_PUBLISHED}" for name in copied]
    remarks = {name: said for name, said in work.remarks.items() if said}
    return replace(
        work,
        blank=frozenset(blank),
        notes=tuple(notes),
        remarks=remarks,
        lessons=frozenset(used),
    )


def _compare_with_lessons(
    used: Mapping[int, Notebook], names: Collection[str], work: Work
) -> list[str]:
    """Say which notebooks are of another edition; add to the remarks on their exercises."""
    notes: list[str] = []
    answered = {*work.answers, *work.written}
    for number, book in used.items():
        lesson = read_given_out().lessons.get(number)
        if lesson is None:
            continue
        asked = [name for name in LESSON_OF if LESSON_OF[name] == number and name in names]
        unanswered = {name for name in asked if name not in answered}
        note, remarks = compare_editions(
            book.name, book.edition, lesson.edition, asked, unanswered
        )
        notes += [note] if note else []
        for name, more in remarks.items():
            work.remarks[name] = (*work.remarks.get(name, ()), *more)
    return notes


def _choose_for_each_lesson(
    books: Sequence[Notebook], attempts: Mapping[str, int]
) -> tuple[dict[int, Notebook], list[Notebook], list[str]]:
    """Return what counts for each lesson, what was handed in before that, and remarks on both."""
    used: dict[int, Notebook] = {}
    older: list[Notebook] = []
    notes = []
    for lesson in sorted({book.lesson for book in books if book.lesson is not None}):
        same = [book for book in books if book.lesson == lesson]
        if len(same) == 1:
            used[lesson] = same[0]
            continue
        best = min(same, key=lambda book: _rank(book, attempts.get(book.name, 0)))
        latest = attempts.get(best.name, 0)
        before = [book for book in same if attempts.get(book.name, 0) != latest]
        used[lesson] = best
        older += before
        names = join_few([book.name for book in same])
        last = max(same, key=lambda book: attempts.get(book.name, 0))
        why = ", the latest" if before else ""
        if attempts.get(last.name, 0) > latest:
            why = f", because nothing is answered in the latest, {last.name}"
        notes.append(
            f"lesson {lesson} is there {len(same)} times ({names}): {best.name} counts{why}"
        )
    return used, older, notes


def _rank(book: Notebook, attempt: int) -> tuple[bool, int, int, bool, bool, str]:
    """Return what puts the notebook first that counts: answered, late, the most of it, present."""
    count = _count_answers(book)
    is_other_file = not _is_lesson_file(book.name)
    return (count == 0, -attempt, -count, not _is_present(book), is_other_file, book.name)


def _is_present(book: Notebook) -> bool:
    """Whether a notebook is of the present edition, which a learner puts beside an older one."""
    lesson = None if book.lesson is None else read_given_out().lessons.get(book.lesson)
    return lesson is not None and book.edition.mark == lesson.edition.mark


def _count_answers(book: Notebook) -> int:
    """Count the exercises of its own lesson that a notebook answers."""
    names = [name for name, lesson in LESSON_OF.items() if lesson == book.lesson]
    return sum(bool(_pick(name, book.cells)) or has_words_near(name, book) for name in names)


def _is_lesson_file(name: str) -> bool:
    """Whether a file is called as the lesson was given out, perhaps after a learner's name."""
    return any(name == own or name.endswith(f"_{own}") for own in find_lesson_files())


# Which cell has an answer


def _find_answer(name: str, first: Notebook | None, books: Sequence[Notebook]) -> Answer | None:
    """Take an answer from its lesson's own notebook if it is there, else from any other."""
    picks = [(book, cell) for book in books if (cell := _pick(name, book.cells))]
    if not picks:
        return None
    book, cell = min(picks, key=lambda pick: (pick[0] is not first, pick[1].mark != name))
    notes = [*_make_remarks(name, cell, book.cells)]
    if book is not first:
        notes.insert(0, f"found in {book.name}")
    if is_published(name, cell.text):
        notes.append(SAME_AS_PUBLISHED)
    return _add_needs(Answer(name, (), cell.text, tuple(notes), cell.text), book, cell)


def _pick(name: str, cells: Sequence[Cell]) -> Cell | None:
    """Return the cell of a notebook that answers an exercise; None if none does."""
    if name not in EXERCISES:
        return None
    marked = [cell for cell in cells if cell.mark == name and cell.is_code]
    others = [cell for cell in cells if cell.mark != name and cell.is_code]
    ranks = (
        [cell for cell in marked if cell.answers(name)],
        [cell for cell in marked if not cell.parses],
        [cell for cell in others if cell.defines.get(name) == "function"],
        [cell for cell in others if cell.defines.get(name) == "value"],
        [cell for cell in others if not cell.parses and _looks_defined(name, cell.text)],
        [cell for cell in marked if not cell.says_nothing and name not in cell.defines],
    )
    return next((rank[-1] for rank in ranks if rank), None)


def _looks_defined(name: str, text: str) -> bool:
    return re.search(rf"\bdef {name}\b", text) is not None


def _is_there(name: str, books: Sequence[Notebook]) -> bool:
    """Whether a notebook has the cell for an answer at all, be it blank."""
    cells = (cell for book in books for cell in book.cells)
    return any(cell.mark == name or name in cell.defines for cell in cells) or has_cell(
        name, books
    )


def _make_remarks(name: str, cell: Cell, cells: Sequence[Cell]) -> Iterator[str]:
    """Say how a cell was found, and what else might have been meant."""
    marked = [other for other in cells if other.mark == name]
    rivals = [o for o in cells if o.mark != name and o.answers(name) and o is not cell]
    if cell.mark != name:
        yield f"found by the function's name, in cell {cell.number}"
        if rivals:
            numbers = join_few([str(other.number) for other in rivals])
            yield f"is defined in cell {numbers} too; cell {cell.number} counts"
    elif later := [str(other.number) for other in rivals if other.number > cell.number]:
        numbers = join_few(later)
        yield f"is defined again in cell {numbers}, without the mark; the marked cell counts"
    if len(marked) > 1:
        yield f"the cell is there {len(marked)} times; the last one that was answered counts"
    if cell.kind != "code":
        yield f"cell {cell.number} is no code cell; read as one"
    if not cell.parses:
        yield f"cell {cell.number} is not valid Python"


# What an answer needs


def _add_needs(answer: Answer, book: Notebook, cell: Cell) -> Answer:
    """Add to an answer what it needs of the notebook, and take away its demos."""
    place = book.cells.index(cell)
    if not book.program.find_places(place):
        return replace(answer, notes=(*answer.notes, _ALONE)) if cell.parses else answer
    needs = find_slice(book.program, answer.name, place)
    whole = _add_slice(answer, book, place, needs)
    if not needs.is_wide:
        return whole
    less = find_slice(book.program, answer.name, place, is_narrow=True)
    narrow = _add_slice(answer, book, place, less)
    return whole if narrow == whole else replace(whole, narrow=narrow)


def _add_slice(answer: Answer, book: Notebook, place: int, needs: Slice) -> Answer:
    texts = {where: _keep_of(book.cells[where], kept) for where, kept in needs.kept.items()}
    return replace(
        answer,
        source=texts.pop(place, ""),
        setup=tuple(texts.values()),
        cells=tuple(book.cells[where].number for where in texts),
        imports=needs.imports,
        unbound=tuple(sorted(needs.unbound)),
        stubs=tuple(sorted(needs.stubs)),
    )


def _keep_of(cell: Cell, kept: Sequence[Statement]) -> str:
    there = {id(statement) for statement in kept}
    return keep(cell.text, kept, [s for s in cell.statements or () if id(s) not in there])
