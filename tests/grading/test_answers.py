"""Which cell of which notebook holds an answer; nothing of it is executed."""

import copy
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st
from notebook_data import (
    ALL,
    BLANK,
    LESSON_3,
    LESSON_4,
    SOLVED,
    STUB,
    TWICE,
    Json,
    cell,
    every_lesson,
    exercises_of,
    find,
    find_answer,
    find_work,
    notebook,
    remove_marks,
    run,
)

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.marking.mark import mark
from gradlab.grading.intake.answers import Work


def test_the_solved_edition_is_found_whole_and_is_the_published_one() -> None:
    work = find(SOLVED)
    assert work.answers.keys() == EXERCISES.keys()
    assert {answer.notes for answer in work.answers.values()} == {("same as published",)}
    assert work.written == {"explain": WRITTEN["explain"].model}
    assert work.blank == frozenset()
    assert work.notes == ("explain: same as published",)
    assert work.unreadable == ()


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_found_in_the_solved_edition_runs_and_is_right(name: str) -> None:
    answer = find(SOLVED, [name]).answers[name]
    assert mark(EXERCISES[name], run(answer, name), seed=1).points == EXERCISES[name].points


def test_the_blank_edition_is_blank() -> None:
    lessons = frozenset(range(8))
    assert find(BLANK) == Work({}, frozenset(ALL), {}, (), (), lessons=lessons)


def test_only_what_counts_is_looked_for() -> None:
    work = find(SOLVED, ["pack", "of another course"])
    assert [*work.answers] == ["pack"]
    assert not work.written
    assert find({}) == Work({}, frozenset(), {}, (), ())
    assert find(SOLVED, []) == replace(find({}), lessons=frozenset(range(8)))


def test_an_answer_that_is_in_no_notebook_is_neither_found_nor_blank() -> None:
    work = find({LESSON_4: BLANK[LESSON_4]})
    assert not work.answers
    assert work.blank == exercises_of(LESSON_4)


@every_lesson
@settings(max_examples=10)
@given(data=st.data())
def test_cells_may_be_in_any_order(file: str, data: st.DataObject) -> None:
    shuffled = {**SOLVED[file], "cells": data.draw(st.permutations(SOLVED[file]["cells"]))}
    work = find({file: shuffled})
    assert work.answers.keys() == exercises_of(file)
    assert all("same as published" in answer.notes for answer in work.answers.values())


@every_lesson
def test_without_any_metadata_answers_are_found_by_name(file: str) -> None:
    work = find({file: remove_marks(SOLVED[file])})
    assert work.answers.keys() == exercises_of(file)
    for answer in work.answers.values():
        assert re.fullmatch("found by the function's name, in cell [0-9]+", answer.notes[0])
        assert answer.notes[1:] == ("same as published",)
    assert work.notes[0] == f"{file} names no kernel; read as Python"


def test_without_any_metadata_the_blank_edition_is_blank() -> None:
    bare = {file: remove_marks(data) for file, data in BLANK.items()}
    assert find(bare).blank == frozenset(ALL)
    assert not find(bare).answers


def test_cells_are_numbered_from_1_as_they_stand_in_the_file() -> None:
    answer = find_answer("no cell", cell("# 0 Start here", kind="markdown"), cell(TWICE))
    assert answer.notes[0] == "found by the function's name, in cell 3"


def test_of_a_cell_that_is_there_twice_the_last_answered_one_counts() -> None:
    first, last = TWICE, "def double(x):\n    return x + x"
    note = "the cell is there 3 times; the last one that was answered counts"
    for third in (STUB, "", "print(1)"):
        answer = find_answer(cell(first, "double"), cell(last, "double"), cell(third, "double"))
        assert answer.source == last
        assert answer.notes == (note,)


@pytest.mark.parametrize("left", ["", STUB, "# my answer is below", "pass", '"""Below."""'])
def test_an_answer_below_the_cell_that_was_meant_for_it_is_found(left: str) -> None:
    answer = find_answer(cell(left, "double"), cell(TWICE))
    assert answer.source == TWICE
    assert answer.notes == ("found by the function's name, in cell 2", "same as published")
    assert find_work(cell(left, "double")).blank == {"double"}


@pytest.mark.parametrize("left", [STUB, "def double(x):\n    print(2 * x)"])
def test_an_answer_in_the_cell_of_another_exercise_is_found(left: str) -> None:
    work = find(
        {LESSON_3: notebook(cell("", "f"), cell("def f(x):\n    return 1", "f_prime"))}, ["f"]
    )
    assert work.answers["f"].notes == ("found by the function's name, in cell 2",)
    assert find_answer(cell(left, "grade_double"), cell(TWICE, "f")).source == TWICE


def test_a_marked_cell_counts_before_later_ones_without_the_mark() -> None:
    scratch = "def double(x):\n    return x * x"
    answer = find_answer(cell(scratch), cell(TWICE, "double"), cell(scratch), cell("double = abs"))
    assert answer.source == TWICE
    assert answer.notes[0] == (
        "is defined again in cell 3, 4, without the mark; the marked cell counts"
    )


def test_without_marks_the_last_function_counts() -> None:
    answer = find_answer(cell("double = abs"), cell(STUB), cell(TWICE), cell("double = max(1, 2)"))
    assert answer.source == TWICE
    assert answer.notes[:2] == (
        "found by the function's name, in cell 3",
        "is defined in cell 1, 4 too; cell 3 counts",
    )


@pytest.mark.parametrize("value", ["3.0", "-1", "None", "[1, 2]", "2.0**-53"])
def test_a_literal_is_no_answer(value: str) -> None:
    work = find_work(cell(f"double = {value}"))
    assert work == Work({}, frozenset(), {}, (), (), lessons=frozenset({0}))


@pytest.mark.parametrize(
    "text",
    [
        TWICE,
        "double = lambda x: 2 * x",
        "import functools, operator\ndouble = functools.partial(operator.mul, 2)",
        "half, double = lambda x: x / 2, lambda x: 2 * x",
        "double: object = lambda x: 2 * x",
        "mine = double = lambda x: x + x",
        "from math import fabs as double",
        "if True:\n    def double(x):\n        return x + x",
        "try:\n    import nothing_of_that_name\nexcept ImportError:\n    double = abs",
        "import contextlib\nwith contextlib.suppress(Exception):\n    double = abs",
        "class double:\n    def __init__(self, x):\n        self.x = x",
        f"{STUB}\n\n\n{TWICE}",
    ],
)
def test_a_name_may_be_defined_in_many_ways(text: str) -> None:
    for mark_of_cell in ("double", None):
        answer = find_answer(cell(STUB), cell(text, mark_of_cell))
        assert answer.source == text
        assert callable(run(answer, "double"))


@pytest.mark.parametrize(
    "body",
    ["pass", "...", "raise NotImplementedError", '"""Later."""', "raise NotImplementedError('?')"],
)
def test_a_body_that_says_nothing_is_a_stub(body: str) -> None:
    stub = f'def double(x, y=2):\n    """Any docstring."""\n    # any comment\n    {body}\n'
    assert find_work(cell(stub, "double")).blank == {"double"}
    assert find_work(cell(stub)).blank == {"double"}


def test_a_part_of_an_answer_is_an_answer() -> None:
    text = "def double(x):\n    if x == 0:\n        return 0\n    raise NotImplementedError()"
    assert find_answer(cell(text, "double")).source == text


def test_a_marked_cell_that_does_not_parse_is_the_answer_as_it_is() -> None:
    wrong = "def double(x)\n    return 2 * x\nprint(double(3))"
    answer = find_answer(cell(wrong, "double"), cell(TWICE))
    assert answer.source == wrong
    assert "cell 1 is not valid Python" in answer.notes


def test_a_cell_that_does_not_parse_counts_by_name_if_nothing_else_does() -> None:
    wrong = "def double(x):\n    return 2 x"
    assert find_answer(cell(STUB, "double"), cell(wrong)).source == wrong
    assert find_answer(cell(wrong), cell(TWICE), cell(wrong)).source == TWICE


def test_a_marked_cell_that_defines_something_else_is_the_answer_for_want_of_another() -> None:
    misspelt = cell("def duoble(x):\n    return 2 * x", "double")
    assert find_answer(misspelt).source == misspelt["source"]
    assert find_answer(misspelt, cell(TWICE)).source == TWICE


def test_an_answer_in_a_cell_that_was_made_one_for_text_is_found() -> None:
    answer = find_answer(cell(TWICE, "double", "markdown"))
    assert answer.notes == ("cell 1 is no code cell; read as one", "same as published")
    assert not find_work(cell(TWICE, kind="markdown")).answers


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("def double( x ):\n  # my own\n  return (2*x)", True),
        ("def double(x):\n    '''Mine.'''\n    return 2 * x", True),
        ("def double(y):\n    return 2 * y", False),
        ("def double(x):\n    return x * 2", False),
        ("def double(x: float):\n    return 2 * x", False),
        ("double = lambda x: 2 * x", False),
    ],
)
def test_the_published_answer_is_known_by_its_tree(text: str, same: bool) -> None:
    assert ("same as published" in find_answer(cell(text, "double")).notes) == same


@every_lesson
@pytest.mark.parametrize("rename", ["Untitled.ipynb", "ada_{}", "Copy of {}", "99_{}", "{}.txt"])
@pytest.mark.parametrize("change", [lambda data: data, remove_marks], ids=["marked", "unmarked"])
def test_a_file_may_have_any_name(file: str, rename: str, change: Callable[[Json], Json]) -> None:
    other = "05_full_gradient_check.ipynb"
    work = find({rename.format(file): change(SOLVED[file]), other: BLANK[other]})
    assert work.answers.keys() == exercises_of(file)
    for answer in work.answers.values():
        assert not any(note.startswith("found in") for note in answer.notes)


@pytest.mark.parametrize(
    "blank_copy", ["04_vectorizing.ipynb", "04_vectorizing-Copy1.ipynb", "Untitled.ipynb"]
)
def test_of_several_notebooks_the_one_with_most_answers_counts(blank_copy: str) -> None:
    work = find({blank_copy: BLANK[LESSON_4], "mine.ipynb": SOLVED[LESSON_4]})
    assert work.answers.keys() == exercises_of(LESSON_4)
    assert {answer.notes for answer in work.answers.values()} == {("same as published",)}
    both = ", ".join(sorted([blank_copy, "mine.ipynb"]))
    assert work.notes == (f"lesson 4 is there 2 times ({both}): mine.ipynb counts",)


@pytest.mark.parametrize("own", [LESSON_4, f"ada_{LESSON_4}"])
def test_of_equally_many_answers_the_lessons_own_file_counts(own: str) -> None:
    files = [own, "04_a.ipynb", "a.ipynb"]
    work = find(dict.fromkeys(files, SOLVED[LESSON_4]))
    assert work.notes[0].endswith(f": {own} counts")
    others = find(dict.fromkeys(["b.ipynb", "a.ipynb"], SOLVED[LESSON_4]))
    assert others.notes[0].endswith(": a.ipynb counts")


def test_an_answer_that_is_only_in_another_notebook_is_found_there() -> None:
    work = find({"05_full_gradient_check.ipynb": SOLVED[LESSON_3], LESSON_3: BLANK[LESSON_3]})
    assert work.answers.keys() == exercises_of(LESSON_3)
    extra = copy.deepcopy(BLANK[LESSON_4])
    extra["cells"].append(cell(TWICE))
    work = find({LESSON_4: extra, "00_start_here.ipynb": BLANK["00_start_here.ipynb"]})
    number = len(extra["cells"])
    assert work.answers["double"].notes == (
        f"found in {LESSON_4}",
        f"found by the function's name, in cell {number}",
        "same as published",
    )
    assert "double" not in work.blank


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("03_a.ipynb", notebook(cell("", "pack"), cell(TWICE))),
        ("a.ipynb", notebook(cell("", "grade_pack"))),
        ("03_a_04_b.ipynb", notebook(cell("# 3 Title", kind="markdown"), cell(TWICE))),
        ("ada_04_b.ipynb", notebook(cell("def f(x):\n    return x"))),
        ("99_c.ipynb", notebook(cell("1"), cell("# 4 Title", kind="markdown"), cell(TWICE))),
        (
            "a.ipynb",
            notebook(cell("# Notes", kind="markdown"), cell(TWICE), cell("pack, unpack = F")),
        ),
    ],
)
def test_the_lesson_is_told_by_marks_then_name_then_title_then_what_is_defined(
    file: str, data: Json
) -> None:
    work = find({file: data, LESSON_4: SOLVED[LESSON_4]})
    assert work.notes[0].startswith("lesson 4 is there 2 times")


def test_the_lessons_own_notebook_counts_before_others() -> None:
    own = notebook(cell("", "f_prime"), cell("def f(x):\n    return x * (x + 3)"))
    work = find(
        {"a.ipynb": own, LESSON_4: notebook(cell("", "pack"), cell("def f(x): return 1", "f"))}
    )
    assert work.answers["f"].notes == ("found by the function's name, in cell 2",)
    work = find(
        {"a.ipynb": notebook(cell("f = abs")), "b.ipynb": notebook(cell("f = 1 / 2j", "f"))}
    )
    assert "found in a.ipynb" not in work.answers["f"].notes


@pytest.mark.parametrize("change", [lambda data: data, remove_marks], ids=["marked", "unmarked"])
def test_one_file_may_hold_all_lessons(change: Callable[[Json], Json]) -> None:
    everything = notebook(*(part for data in SOLVED.values() for part in data["cells"]))
    work = find({"all.ipynb": change(everything)})
    assert work.answers.keys() == EXERCISES.keys()
    assert all("same as published" in answer.notes for answer in work.answers.values())
    assert [*work.written] == ["explain"]


def test_answers_in_words_are_blank_until_something_is_written() -> None:
    def work(*cells: Json) -> Work:
        return find({"07_bug_hunt.ipynb": notebook(*cells)}, ["explain"])

    rubric = cell(WRITTEN["explain"].rubric_table(), kind="markdown")
    for text in ("", " \n", "YOUR ANSWER HERE"):
        assert work(cell(text, "explain", "markdown")).blank == {"explain"}
        assert work(rubric, cell(text, kind="markdown")).blank == {"explain"}
    mine = "The bias was divided by m twice."
    assert work(cell(mine, "explain", "markdown")).written == {"explain": mine}
    assert work(cell(mine, "explain", "raw"), cell("", "explain")).written == {"explain": mine}
    assert work(rubric, cell(mine, kind="markdown")).written == {"explain": mine}
    deleted = work(rubric, cell("## Recap", kind="markdown"))
    assert (deleted.written, deleted.blank) == ({}, frozenset())
