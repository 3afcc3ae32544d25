"""Answers are found in whatever learners hand in, as text; nothing of it is executed."""

import ast
import contextlib
import copy
import json
import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from hypothesis import example, given, settings, strategies as st

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.marking import mark
from gradlab.grading.intake import notebooks
from gradlab.grading.intake.answers import Answer, Work, find_answers
from gradlab.grading.intake.python_cells import tree_of
from tools.lessons import NOTEBOOKS

ALL = [*EXERCISES, *WRITTEN]
Json = dict[str, Any]


def edition(folder: str) -> dict[str, Json]:
    paths = sorted((NOTEBOOKS / folder).glob("*.ipynb"))
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}


SOLVED, BLANK = edition("solved"), edition(".")
LESSON_3, LESSON_4 = "03_worked_example.ipynb", "04_vectorizing.ipynb"
every_lesson = pytest.mark.parametrize("file", SOLVED)

TWICE = "def double(x):\n    return 2 * x"
STUB = """\
def double(x):
    '''Return x + x.'''
    # YOUR CODE HERE
    raise NotImplementedError()"""


def exercises_of(file: str) -> set[str]:
    return {name for name, exercise in EXERCISES.items() if exercise.lesson == int(file[:2])}


def find(notebooks: dict[str, Any], names: list[str] = ALL) -> Work:
    """Find the answers in notebooks given as plain data."""
    return find_answers(
        {file: json.dumps(data).encode() for file, data in notebooks.items()}, names
    )


def cell(text: str, mark: str | None = None, kind: str = "code") -> Json:
    metadata = {"nbgrader": {"grade_id": mark, "solution": True}} if mark else {}
    return {"cell_type": kind, "metadata": metadata, "source": text}


def notebook(*cells: Any) -> Json:
    return {
        "cells": list(cells),
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def work_of(*cells: Any) -> Work:
    return find({"00_start_here.ipynb": notebook(*cells)}, ["double"])


def answer_of(*cells: Any) -> Answer:
    """Return the answer to double in a notebook of these cells."""
    return work_of(*cells).answers["double"]


def run(answer: Answer, name: str) -> Any:
    """Run an answer as a grader would, and return what it defines."""
    namespace: dict[str, Any] = {}
    for text in (*answer.setup, answer.source):
        exec(text, namespace)
    return namespace[name]


def unmarked(data: Json) -> Json:
    bare = copy.deepcopy(data)
    bare["metadata"] = {}
    for part in bare["cells"]:
        part["metadata"] = {}
    return bare


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
    assert find(BLANK) == Work({}, frozenset(ALL), {}, (), ())


def test_only_what_counts_is_looked_for() -> None:
    work = find(SOLVED, ["pack", "of another course"])
    assert [*work.answers] == ["pack"]
    assert not work.written
    assert find({}) == find(SOLVED, []) == Work({}, frozenset(), {}, (), ())


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
    work = find({file: unmarked(SOLVED[file])})
    assert work.answers.keys() == exercises_of(file)
    for answer in work.answers.values():
        assert re.fullmatch("found by the function's name, in cell [0-9]+", answer.notes[0])
        assert answer.notes[1:] == ("same as published",)
    assert work.notes[0] == f"{file} names no kernel; read as Python"


def test_without_any_metadata_the_blank_edition_is_blank() -> None:
    bare = {file: unmarked(data) for file, data in BLANK.items()}
    assert find(bare).blank == frozenset(ALL)
    assert not find(bare).answers


def test_cells_are_numbered_from_1_as_they_stand_in_the_file() -> None:
    answer = answer_of("no cell", cell("# 0 Start here", kind="markdown"), cell(TWICE))
    assert answer.notes[0] == "found by the function's name, in cell 3"


def test_of_a_cell_that_is_there_twice_the_last_answered_one_counts() -> None:
    first, last = TWICE, "def double(x):\n    return x + x"
    note = "the cell is there 3 times; the last one that was answered counts"
    for third in (STUB, "", "print(1)"):
        answer = answer_of(cell(first, "double"), cell(last, "double"), cell(third, "double"))
        assert answer.source == last
        assert answer.notes == (note,)


@pytest.mark.parametrize("left", ["", STUB, "# my answer is below", "pass", '"""Below."""'])
def test_an_answer_below_the_cell_that_was_meant_for_it_is_found(left: str) -> None:
    answer = answer_of(cell(left, "double"), cell(TWICE))
    assert answer.source == TWICE
    assert answer.notes == ("found by the function's name, in cell 2", "same as published")
    assert work_of(cell(left, "double")).blank == {"double"}


@pytest.mark.parametrize("left", [STUB, "def double(x):\n    print(2 * x)"])
def test_an_answer_in_the_cell_of_another_exercise_is_found(left: str) -> None:
    work = find(
        {LESSON_3: notebook(cell("", "f"), cell("def f(x):\n    return 1", "f_prime"))}, ["f"]
    )
    assert work.answers["f"].notes == ("found by the function's name, in cell 2",)
    assert answer_of(cell(left, "grade_double"), cell(TWICE, "f")).source == TWICE


def test_a_marked_cell_counts_before_later_ones_without_the_mark() -> None:
    scratch = "def double(x):\n    return x * x"
    answer = answer_of(cell(scratch), cell(TWICE, "double"), cell(scratch), cell("double = abs"))
    assert answer.source == TWICE
    assert answer.notes[0] == (
        "is defined again in cell 3, 4, without the mark; the marked cell counts"
    )


def test_without_marks_the_last_function_counts() -> None:
    answer = answer_of(cell("double = abs"), cell(STUB), cell(TWICE), cell("double = max(1, 2)"))
    assert answer.source == TWICE
    assert answer.notes[:2] == (
        "found by the function's name, in cell 3",
        "is defined in cell 1, 4 too; cell 3 counts",
    )


@pytest.mark.parametrize("value", ["3.0", "-1", "None", "[1, 2]", "2.0**-53"])
def test_a_literal_is_no_answer(value: str) -> None:
    assert work_of(cell(f"double = {value}")) == Work({}, frozenset(), {}, (), ())


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
        answer = answer_of(cell(STUB), cell(text, mark_of_cell))
        assert answer.source == text
        assert callable(run(answer, "double"))


@pytest.mark.parametrize(
    "body",
    ["pass", "...", "raise NotImplementedError", '"""Later."""', "raise NotImplementedError('?')"],
)
def test_a_body_that_says_nothing_is_a_stub(body: str) -> None:
    stub = f'def double(x, y=2):\n    """Any docstring."""\n    # any comment\n    {body}\n'
    assert work_of(cell(stub, "double")).blank == {"double"}
    assert work_of(cell(stub)).blank == {"double"}


def test_a_part_of_an_answer_is_an_answer() -> None:
    text = "def double(x):\n    if x == 0:\n        return 0\n    raise NotImplementedError()"
    assert answer_of(cell(text, "double")).source == text


def test_a_marked_cell_that_does_not_parse_is_the_answer_as_it_is() -> None:
    wrong = "def double(x)\n    return 2 * x\nprint(double(3))"
    answer = answer_of(cell(wrong, "double"), cell(TWICE))
    assert answer.source == wrong
    assert "cell 1 is not valid Python" in answer.notes


def test_a_cell_that_does_not_parse_counts_by_name_if_nothing_else_does() -> None:
    wrong = "def double(x):\n    return 2 x"
    assert answer_of(cell(STUB, "double"), cell(wrong)).source == wrong
    assert answer_of(cell(wrong), cell(TWICE), cell(wrong)).source == TWICE


def test_a_marked_cell_that_defines_something_else_is_the_answer_for_want_of_another() -> None:
    misspelt = cell("def duoble(x):\n    return 2 * x", "double")
    assert answer_of(misspelt).source == misspelt["source"]
    assert answer_of(misspelt, cell(TWICE)).source == TWICE


def test_an_answer_in_a_cell_that_was_made_one_for_text_is_found() -> None:
    answer = answer_of(cell(TWICE, "double", "markdown"))
    assert answer.notes == ("cell 1 is no code cell; read as one", "same as published")
    assert not work_of(cell(TWICE, kind="markdown")).answers


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
    assert ("same as published" in answer_of(cell(text, "double")).notes) == same


def test_demos_of_an_answers_cell_fall_away_and_lines_stay() -> None:
    text = (
        "import math\nprint(math.pi)\n\n@staticmethod\ndef double(x):  # mine\n    return 2 * x\n"
        "for i in range(3):\n    print(double(i))\nassert double(2) == 4\nk = len('ab')\n"
        "while True:\n    pass\ndel k\nraise SystemExit\nk += 1"
    )
    kept = text.split("\n")
    for line in (2, 7, 8, 9, 11, 12, 13, 14):
        kept[line - 1] = ""
    assert answer_of(cell(text, "double")).source == "\n".join(kept)


@pytest.mark.parametrize(
    "text",
    [
        "print(1); double = lambda x: 2 * x; print(double(3))",
        "double = lambda x: 2 * x; 1 / 0",
        "1 / 0; \\\ndouble = lambda x: 2 * x",
        "double = lambda x: 2 * x \\\n; 1 / 0",
        "'''\n'''; double = lambda x: 2 * x\n",
    ],
)
def test_demos_that_share_a_line_with_an_answer_fall_away(text: str) -> None:
    assert run(answer_of(cell(text, "double")), "double")(3) == 6


def test_of_earlier_cells_only_imports_definitions_and_literals_are_kept() -> None:
    setup = {
        "import math, os.path": True,
        "from math import *": True,
        "from __future__ import annotations": True,
        "def helper(x=2):\n    return x": True,
        "async def later():\n    pass": True,
        "@print\nclass Thing:\n    pass": True,
        "h = 1e-5": True,
        "u: float = 2.0**-53": True,
        "limit: int": True,
        "a, (b, *c) = 1, (2, [3, {4: {5}}])": True,
        "k = -(1 + 2) * 3 / 4 // 5 - 1e-3 * 2": True,
        "big = 10**9": True,
        "square = lambda x: x * x": True,
        "try:\n    import nothing\nexcept ImportError:\n    nothing = None\nelse:\n    pass": True,
        "x = len('ab')": False,
        "y = h": False,
        "text = f'{print()}'": False,
        "os.name = 'mine'": False,
        "table['a'] = 1": False,
        "h += 1": False,
        "huge = 9**9**9": False,
        "larger = 10**100000": False,
        "long = 'a' * 10**10": False,
        "d = {**e}": False,
        "if True:\n    import sys": False,
        "try:\n    print(1)\nfinally:\n    pass": False,
        "with open('x') as f:\n    pass": False,
        "for i in range(3):\n    def wrong(): pass": False,
        "print('demo')": False,
        "assert False": False,
        "%matplotlib inline": False,
        "%%bash\nimport math": False,
        "def wrong(:": False,
        "# only a comment": False,
    }
    cells = [cell(text) for text in setup]
    raw, graded = cell("import raw", kind="raw"), cell("import graded", "grade_double")
    answer = answer_of(*cells, raw, graded, cell(TWICE, "double"))
    assert list(answer.setup) == [text for text, kept in setup.items() if kept]


def test_demos_fall_away_from_a_cell_that_is_kept() -> None:
    mixed = "import math\nx = math.cos(1)\ndef helper(x):\n    return x\nhelper(x)"
    answer = answer_of(cell(mixed), cell(TWICE, "double"))
    assert answer.setup == ("import math\n\ndef helper(x):\n    return x\n",)


def test_other_definitions_of_the_answer_are_left_out_but_not_their_neighbours() -> None:
    older = "@staticmethod\ndef double(x):\n    return 0\nk = 2"
    answer = answer_of(
        cell(older, "double"), cell("def f(x):\n    return x"), cell(TWICE, "double")
    )
    assert answer.setup == ("\n\n\nk = 2", "def f(x):\n    return x")


def test_helpers_below_are_taken_if_nothing_above_defines_them() -> None:
    uses = "def double(x):\n    return twice(x)"
    twice, two = "def twice(x):\n    return x * two", "two = 2"
    unused = "def unused():\n    pass"
    above = answer_of(cell(two), cell(twice), cell(uses, "double"), cell("two = 3"), cell(twice))
    assert above.setup == (two, twice)
    below = answer_of(cell(uses, "double"), cell(unused), cell(twice), cell(two))
    assert below.setup == (twice, two)
    for answer in (above, below):
        assert run(answer, "double")(3) == 6
        assert answer.notes == ()


def test_an_answer_brings_its_own_helpers() -> None:
    text = "k = 2\ndef times(x):\n    return k * x\ndef double(x):\n    return times(x)"
    answer = answer_of(cell(text, "double"))
    assert (answer.setup, answer.source) == ((), text)


def test_local_names_of_an_answer_need_no_helper() -> None:
    text = "def double(x, k=2):\n    product = k * x\n    return [product for _ in x][0]"
    answer = answer_of(cell(text, "double"), cell("k = 1\nproduct = 2"), cell("_ = 3"))
    assert answer.setup == ()


def test_a_note_tells_of_values_that_an_answer_needs_and_that_are_not_computed() -> None:
    answer = answer_of(
        cell("import numpy as np\ntwo = np.add(1, 1)"),
        cell("def double(x):\n    return two * x", "double"),
    )
    assert answer.notes == (
        "uses two, set by code that is not run: of other cells, only imports, definitions and "
        "literal values are",
    )


@pytest.mark.parametrize(
    "text",
    [
        f"%matplotlib inline\n{TWICE}\n!pip install numpy\nprint?\n?print",
        f"%%time\n{TWICE}\nprint(double(2))",
        f"\n%%capture out\n%%timeit -n 1\n{TWICE}",
        "    def double(x):\n        return 2 * x",
        ">>> def double(x):\n...     return 2 * x",
        f"{TWICE}\nif 1:\n    pass\n%time double(3)\nhere = '%d!'",
    ],
)
def test_what_ipython_adds_to_python_falls_away(text: str) -> None:
    for mark_of_cell in ("double", None):
        answer = answer_of(cell(text, mark_of_cell))
        assert run(answer, "double")(3) == 6
        assert "get_ipython" not in answer.source


def test_lines_below_a_cell_magic_keep_their_numbers() -> None:
    assert answer_of(cell(f"\n%%time\n%%capture\n{TWICE}")).source == f"\n\n\n{TWICE}"


def test_a_cell_of_another_language_is_no_answer() -> None:
    assert not work_of(cell(f"%%javascript\n{STUB}")).blank
    assert not work_of(cell(f"%%writefile x.py\n{TWICE}"), cell(STUB)).answers.get("f")


def test_invalid_escapes_and_other_warnings_do_not_leak() -> None:
    text = "def double(x):\n    '\\d'\n    return 2 * x if x is not 1 else 0or 2"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert answer_of(cell("s = '\\d'"), cell(text, "double")).source == text
    assert caught == []


def as_format_3(data: Json) -> Json:
    old: Json = nbformat.convert(nbformat.reads(json.dumps(data), 4), 3)
    return old


@every_lesson
def test_notebooks_of_format_3_are_read(file: str) -> None:
    old = as_format_3(SOLVED[file])
    assert "worksheets" in old
    work = find({file: old})
    assert work.answers.keys() == exercises_of(file)
    assert {answer.notes for answer in work.answers.values()} == {("same as published",)}
    assert work.notes[0] == f"{file} is in an old notebook format"


def test_headings_and_worksheets_of_old_formats_are_read() -> None:
    title = {"cell_type": "heading", "level": 1, "source": "3 Worked example"}
    code = {
        "cell_type": "code",
        "language": "python",
        "input": ["f = abs\n", "pack = unpack = max"],
    }
    old = {"worksheets": [{"cells": [title]}, {}, {"cells": [code]}], "nbformat": 3}
    work = find({"a.ipynb": old})
    assert work.answers["f"].notes == ("found by the function's name, in cell 2",)


def test_a_lost_kernelspec_is_noted() -> None:
    lost = notebook(cell(TWICE, "double"))
    lost["metadata"] = []
    work = find({"mine.ipynb": lost})
    assert [*work.answers] == ["double"]
    assert work.notes == ("mine.ipynb names no kernel; read as Python",)


@every_lesson
@pytest.mark.parametrize("rename", ["Untitled.ipynb", "ada_{}", "Copy of {}", "99_{}", "{}.txt"])
@pytest.mark.parametrize("change", [lambda data: data, unmarked], ids=["marked", "unmarked"])
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


@pytest.mark.parametrize("change", [lambda data: data, unmarked], ids=["marked", "unmarked"])
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


def test_encodings_other_than_utf_8_are_read_with_a_note() -> None:
    data = notebook(cell(f"{TWICE}  # für π"[:-2], "double"))
    text = json.dumps(data, ensure_ascii=False)
    notes = {"latin-1": "Latin-1", "utf-16": "UTF-16", "utf-8": "", "utf-8-sig": ""}
    for encoding, called in notes.items():
        work = find_answers({"a.ipynb": text.encode(encoding)}, ["double"])
        assert work.answers["double"].source == f"{TWICE}  # für"
        assert work.notes == ((f"a.ipynb is not in UTF-8; read as {called}",) if called else ())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b"NaN",
        b"\x00",
        b"\xff\xfe{",
        b"\xef\xbb\xbf",
        b'{"cells": {}}',
        b'{"cells": null, "worksheets": 1}',
        b"[" * 100_000,
        b'{"cells":' * 100_000,
        json.dumps(SOLVED[LESSON_4]).encode()[:-9],
        b"PK\x03\x04",
        b'{"cells": [' + b"[]," * 1_000_000 + b"[]]}",
        b" " * 25_000_001,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_notebook_is_unreadable(content: bytes) -> None:
    work = find_answers({"a.ipynb": content, LESSON_3: json.dumps(SOLVED[LESSON_3]).encode()}, ALL)
    assert work.unreadable == ("a.ipynb",)
    assert work.notes[0].startswith("a.ipynb ")
    assert work.answers.keys() == exercises_of(LESSON_3)


def test_odd_numbers_tabs_and_keys_that_are_there_twice_do_not_matter() -> None:
    text = json.dumps(notebook(cell(TWICE, "double")))
    text = text.replace("return", "return\t")
    odd = f'{{"cells": 3, "n": [NaN, -Infinity, 1e999, {"9" * 9999}], {text[1:]}'
    assert [*find_answers({"a.ipynb": odd.encode()}, ALL).answers] == ["double"]


def test_a_source_may_be_lines_and_have_any_line_ends() -> None:
    lines = ["def double(x):\r\n", "    return 2 * x\r", "print(1)"]
    assert answer_of(cell("", "double") | {"source": lines}).source == f"{TWICE}\n"


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    answer = answer_of(cell(f"{TWICE}  # \ud800", "double"))
    assert answer.source == f"{TWICE}  # ?"
    assert find({"\udc80.ipynb": notebook(cell("\udfff", "explain"))}).written == {"explain": "?"}


def test_code_that_is_too_deep_to_be_written_anew_is_left_out() -> None:
    deep = "x" + " + x" * 1500
    answer = answer_of(cell(f"1; y = {deep}\n{TWICE}", "double"))
    assert answer.source == ""
    text = f"def double(x):\n    return {deep}"
    assert answer_of(cell(text, "double")) == Answer("double", (), text, ())


def test_very_deep_code_is_no_python() -> None:
    deep = [
        "-" * 90_000 + "1",
        "1" + "+1" * 50_000,
        "(" * 500,
        "if 1: pass\n" + "elif 1: 1\n" * 9_000,
    ]
    for text in deep:
        answer = answer_of(cell(f"{TWICE}\n{text}", "double"), cell(TWICE))
        # Python 3.14 parses the long sum, which falls away as a demonstration does.
        parses = tree_of(text) is not None
        assert ("cell 1 is not valid Python" in answer.notes) != parses
        assert not work_of(cell(text)).answers


def test_what_is_too_much_is_left_out_and_noted() -> None:
    long = cell("#" * 200_001)
    work = work_of(*[long] * 7, cell(TWICE, "double"))
    assert "double" in work.answers
    assert work.notes == (
        "00_start_here.ipynb has more code than is read: cell 1, 2, 3, 4, 5, ... is left out",
    )
    work = work_of(*[cell("#" * 150_000)] * 4)
    assert work.notes == ("00_start_here.ipynb has more code than is read: cell 4 is left out",)
    work = work_of(*[cell("")] * 5000, cell(TWICE, "double"))
    assert "double" not in work.answers
    assert work.notes == ("00_start_here.ipynb has 5001 cells; the first 5000 are read",)


def test_ipython_reads_no_more_than_is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython.core.inputtransformer2 import TransformerManager

    read = []
    genuine = TransformerManager.transform_cell

    def counted(self: Any, text: str) -> str:
        read.append(len(text))
        return str(genuine(self, text))

    monkeypatch.setattr(TransformerManager, "transform_cell", counted)
    many = [cell("%a\n" * 100 + ")" * 200)] * 100
    work_of(*many, cell("%a\n" + ")" * 501))
    # A cell of 500 characters with 100 magics takes 101 readings.
    assert read == [500] * (300_000 // (500 * 101))


# Texts that are Python, nearly, or not at all, and may be about the exercise.
PIECES = ["double", "(", ")", ":", "=", "\n", "\n    ", "def ", "lambda x", "return ", "2", "**"]
PIECES += [";", "\\", "'''", "%", "!", "?", "%%time\n", "#", "\x00", "\ud800", "@", "import ", "é"]
PIECES += [STUB, TWICE, "raise NotImplementedError", "try:\n pass\n", "f'{", "\x0c", "[1]", "a.b"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=30)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANYTHING = st.recursive(PLAIN, lambda v: st.lists(v) | st.dictionaries(TEXTS, v), max_leaves=8)
MARKS = st.sampled_from(["double", "grade_double", "explain", "f", ""])


def odd(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a dict with any of the keys, now and then with something else as a value."""
    optional = {key: value | ANYTHING for key, value in values.items()}
    return st.fixed_dictionaries({}, optional=optional)


CELLS = odd(
    cell_type=st.sampled_from(["code", "markdown", "raw", "heading"]),
    source=TEXTS | st.lists(TEXTS, max_size=3),
    input=TEXTS,
    metadata=odd(nbgrader=odd(grade_id=MARKS)),
)
SHEETS = st.lists(odd(cells=st.lists(CELLS, max_size=3)), max_size=2)
BOOKS = odd(cells=st.lists(CELLS, max_size=5), worksheets=SHEETS, metadata=ANYTHING)
FILES = st.sampled_from(["00_start_here.ipynb", "a.ipynb", "ada_07_bug_hunt.ipynb", "\udcff", ""])


def is_sound(work: Work) -> bool:
    """Whether each name has one place, and every text can be written and holds no demo."""
    places = [*work.answers, *work.blank, *work.written]
    texts = [text for a in work.answers.values() for text in (*a.setup, a.source, *a.notes)]
    setups = [text for a in work.answers.values() for text in a.setup]
    texts += [*work.written.values(), *work.notes]
    return (
        len(places) == len(set(places))
        and all(text.encode() is not None for text in texts)
        and all(isinstance(ast.parse(text), ast.Module) for text in setups)
    )


@given(st.dictionaries(FILES, st.binary(), max_size=3))
@example({"a.ipynb": b"\xff\xfe\x00"})
def test_no_bytes_raise(notebooks: dict[str, bytes]) -> None:
    assert is_sound(find_answers(notebooks, ALL))


@given(st.dictionaries(FILES, BOOKS | ANYTHING, max_size=3))
@settings(max_examples=300)
def test_no_json_raises(notebooks: dict[str, Any]) -> None:
    assert is_sound(find(notebooks))


@given(st.lists(st.tuples(TEXTS, MARKS), max_size=6))
@settings(max_examples=300)
def test_no_code_raises(cells: list[tuple[str, str]]) -> None:
    work = work_of(*(cell(text, mark_of_cell) for text, mark_of_cell in cells))
    assert is_sound(work)
    assert work.unreadable == ()


@given(st.sampled_from(sorted(SOLVED)), st.randoms(use_true_random=False))
def test_no_damage_raises(file: str, rng: random.Random) -> None:
    content = bytearray(json.dumps(SOLVED[file]).encode())
    for _ in range(rng.randrange(1, 20)):
        at = rng.randrange(len(content))
        content[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    assert is_sound(find_answers({file: bytes(content)}, ALL))


@given(st.sampled_from(sorted(SOLVED)), st.data())
def test_emptied_cells_are_blank_and_the_others_stay(file: str, data: st.DataObject) -> None:
    emptied = data.draw(st.sets(st.sampled_from(sorted(exercises_of(file)))))
    book = copy.deepcopy(SOLVED[file])
    for part in book["cells"]:
        if part["metadata"].get("nbgrader", {}).get("grade_id") in emptied:
            part["source"] = data.draw(st.sampled_from(["", [], "\n", "# nothing"]))
    work = find({file: book}, [*EXERCISES])
    assert work.blank == emptied
    assert work.answers.keys() == exercises_of(file) - emptied


def combined(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "//", "**", "<<", "%"])
    binary = st.tuples(part, operators, part).map(lambda parts: f"({' '.join(parts)})")
    return binary | part.map(lambda text: f"-{text}")


@given(st.recursive(st.sampled_from(["2", "0.5", "1e-3", "7j", "999", "999_999"]), combined))
@example("999_999 ** 1_001")
@example("(999 ** 999) ** 999")
@example("1_000_001 ** 999")
@example("1 << 10_000_000")
@settings(max_examples=300)
def test_arithmetic_that_is_kept_is_cheap(text: str) -> None:
    for kept in answer_of(cell(f"x = {text}"), cell(TWICE, "double")).setup:
        namespace: dict[str, Any] = {}
        with contextlib.suppress(ArithmeticError, TypeError):
            exec(kept, namespace)
        # 64 powers of 1000 times 20 bits, multiplied.
        assert not isinstance(x := namespace.get("x"), int) or x.bit_length() <= 64 * 20_000


def test_the_bounds_are_far_above_what_the_course_holds() -> None:
    for data in SOLVED.values():
        code = [
            len("".join(part["source"])) for part in data["cells"] if part["cell_type"] == "code"
        ]
        assert sum(code) * 20 < notebooks._MOST_CODE
        assert max(code) * 20 < notebooks._MOST_IN_A_CELL
        assert len(json.dumps(data)) * 20 < notebooks._MOST_BYTES


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("for k in range(1, 9): FACTORIALS.append(k * FACTORIALS[-1])", True),
        ("FACTORIALS.extend([1, 2])", True),
        ("while len(FACTORIALS) < 9: FACTORIALS.append(1)", True),
        ("print(FACTORIALS)", False),
        ("for k in range(3): print(double(k))", False),
        ("double(3)", False),
        ("unread.append(double(3))", False),
    ],
)
def test_what_fills_a_table_of_the_answer_is_no_demo(statement: str, kept: bool) -> None:
    cell = "FACTORIALS = [1]\nunread = []\n\ndef double(x):\n    return FACTORIALS[0] * 2 * x\n"
    book = json.dumps({"cells": [{"cell_type": "code", "source": f"{cell}{statement}\n"}]})
    answer = find_answers({"mine.ipynb": book.encode()}, ["double"]).answers["double"]
    assert (statement in answer.source) == kept
