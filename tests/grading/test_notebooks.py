"""Notebooks in whatever form they come back: none raises, and bounds hold."""

import ast
import copy
import json
import random
from typing import Any

import nbformat
import pytest
from hypothesis import example, given, settings, strategies as st
from notebook_data import (
    ALL,
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
)

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.intake import notebooks
from gradlab.grading.intake.answers import Answer, Work, find_answers
from gradlab.grading.intake.code.python_cells import parse_tree


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
    assert find_answer(cell("", "double") | {"source": lines}).source == f"{TWICE}\n"


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    answer = find_answer(cell(f"{TWICE}  # \ud800", "double"))
    assert answer.source == f"{TWICE}  # ?"
    assert find({"\udc80.ipynb": notebook(cell("\udfff", "explain"))}).written == {"explain": "?"}


def test_deep_code_is_taken_as_it_is() -> None:
    deep = "x" + " + x" * 1500
    answer = find_answer(cell(f"1; x = 1; y = {deep}\ndef double(z):\n    return y", "double"))
    assert answer.source == f"x = 1; y = {deep}\ndef double(z):\n    return y"
    text = f"def double(x):\n    return {deep}"
    assert find_answer(cell(text, "double")) == Answer("double", (), text, (), text)


def test_very_deep_code_is_no_python() -> None:
    deep = [
        "-" * 90_000 + "1",
        "1" + "+1" * 50_000,
        "(" * 500,
        "if 1: pass\n" + "elif 1: 1\n" * 9_000,
    ]
    for text in deep:
        answer = find_answer(cell(f"{TWICE}\n{text}", "double"), cell(TWICE))
        # Python 3.14 parses the long sum, which falls away as a demonstration does.
        parses = parse_tree(text) is not None
        assert ("cell 1 is not valid Python" in answer.notes) != parses
        assert not find_work(cell(text)).answers


def test_what_is_too_much_is_left_out_and_noted() -> None:
    long = cell("#" * 200_001)
    work = find_work(*[long] * 7, cell(TWICE, "double"))
    assert "double" in work.answers
    assert work.notes == (
        "00_start_here.ipynb has more code than is read; left out: cell 1, 2, 3, 4, 5 and 2 more",
    )
    work = find_work(*[cell("#" * 150_000)] * 4)
    assert work.notes == ("00_start_here.ipynb has more code than is read; left out: cell 4",)
    work = find_work(*[cell("")] * 5000, cell(TWICE, "double"))
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
    find_work(*many, cell("%a\n" + ")" * 501))
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


def draw_odd(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a dict with any of the keys, now and then with something else as a value."""
    optional = {key: value | ANYTHING for key, value in values.items()}
    return st.fixed_dictionaries({}, optional=optional)


CELLS = draw_odd(
    cell_type=st.sampled_from(["code", "markdown", "raw", "heading"]),
    source=TEXTS | st.lists(TEXTS, max_size=3),
    input=TEXTS,
    metadata=draw_odd(nbgrader=draw_odd(grade_id=MARKS)),
)
SHEETS = st.lists(draw_odd(cells=st.lists(CELLS, max_size=3)), max_size=2)
BOOKS = draw_odd(cells=st.lists(CELLS, max_size=5), worksheets=SHEETS, metadata=ANYTHING)
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
    work = find_work(*(cell(text, mark_of_cell) for text, mark_of_cell in cells))
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


def test_the_bounds_are_far_above_what_the_course_holds() -> None:
    for data in SOLVED.values():
        code = [
            len("".join(part["source"])) for part in data["cells"] if part["cell_type"] == "code"
        ]
        assert sum(code) * 20 < notebooks._MOST_CODE
        assert max(code) * 20 < notebooks._MOST_IN_A_CELL
        assert len(json.dumps(data)) * 20 < notebooks._MOST_BYTES
