"""What of a notebook's cells is run with an answer, and what falls away."""

import json
import warnings

import pytest
from notebook_data import STUB, TWICE, cell, find_answer, find_work, run

from gradlab.grading.intake.answers import find_answers


def test_demos_of_an_answers_cell_fall_away_and_lines_stay() -> None:
    text = (
        "import math\nprint(math.pi)\n\n@staticmethod\ndef double(x):  # mine\n    return k * x\n"
        "for i in range(3):\n    print(double(i))\nassert double(2) == 4\nk = len('ab')\n"
        "while True:\n    pass\ndel i\nraise SystemExit\nk += 0"
    )
    kept = text.split("\n")
    for line in (1, 2, 7, 8, 9, 11, 12, 13, 14):
        kept[line - 1] = ""
    assert find_answer(cell(text, "double")).source == "\n".join(kept)


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
    assert run(find_answer(cell(text, "double")), "double")(3) == 6


def test_a_cell_that_does_not_define_the_answer_is_kept_but_for_its_demos() -> None:
    text = "def duoble(x):\n    return 2 * x\nduoble(3)\nprint(duoble(4))\nx = len('ab')"
    kept = "def duoble(x):\n    return 2 * x\n\n\nx = len('ab')"
    assert find_answer(cell(text, "double")).source == kept


def test_other_definitions_of_the_answer_are_left_out_but_not_their_neighbours() -> None:
    older = "@staticmethod\ndef double(x):\n    return 0\nk = 2"
    answer = find_answer(
        cell(older, "double"),
        cell("def f(x):\n    return x"),
        cell("def double(x):\n    return f(k * x)", "double"),
    )
    assert answer.setup == ("\n\n\nk = 2", "def f(x):\n    return x")


def test_no_cell_is_run_that_an_answer_does_not_need() -> None:
    cells = [
        "import math",
        "def helper(x):\n    return x",
        "h = 1e-5",
        "print(1)",
        "from math import *",
    ]
    raw, graded = cell("k = 3", kind="raw"), cell("k = 4", "grade_double")
    others = map(cell, cells[:4])
    assert find_answer(*others, raw, graded, cell(TWICE, "double")).setup == ()
    uses = cell("def double(x):\n    return k * x", "double")
    assert find_answer(*map(cell, cells), raw, graded, uses).setup == (cells[-1],)


def test_helpers_below_are_taken_if_nothing_above_defines_them() -> None:
    uses = "def double(x):\n    return twice(x)"
    twice, two = "def twice(x):\n    return x * two", "two = 2"
    unused = "def unused():\n    pass"
    above = find_answer(cell(two), cell(twice), cell(uses, "double"), cell("two = 3"), cell(twice))
    assert above.setup == (two, twice)
    below = find_answer(cell(uses, "double"), cell(unused), cell(twice), cell(two))
    assert below.setup == (twice, two)
    for answer in (above, below):
        assert run(answer, "double")(3) == 6
        assert answer.notes == ()


def test_an_answer_brings_its_own_helpers() -> None:
    text = "k = 2\ndef times(x):\n    return k * x\ndef double(x):\n    return times(x)"
    answer = find_answer(cell(text, "double"))
    assert (answer.setup, answer.source) == ((), text)


def test_local_names_of_an_answer_need_no_helper() -> None:
    text = "def double(x, k=2):\n    product = k * x\n    return [product for _ in x][0]"
    answer = find_answer(cell(text, "double"), cell("k = 1\nproduct = 2"), cell("_ = 3"))
    assert answer.setup == ()


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
        answer = find_answer(cell(text, mark_of_cell))
        assert run(answer, "double")(3) == 6
        assert "get_ipython" not in answer.source


@pytest.mark.parametrize(
    "text",
    [
        "%time k = 2",
        "if 1:\n    %time k = 2; print(k)",
        "k = %time 1 + 1",
        "%time k = ('\"' * 2).__len__()",
    ],
)
def test_what_is_timed_in_a_line_is_run(text: str) -> None:
    answer = find_answer(cell(text), cell("def double(x):\n    return k * x", "double"))
    assert run(answer, "double")(3) == 6
    assert "get_ipython" not in answer.setup[0]


def test_a_line_that_is_timed_and_is_no_python_harms_no_other() -> None:
    text = f"{TWICE}\n%time\n%time !ls\ns = '%time k'"
    assert run(find_answer(cell(text, "double")), "double")(3) == 6


def test_lines_below_a_cell_magic_keep_their_numbers() -> None:
    assert find_answer(cell(f"\n%%time\n%%capture\n{TWICE}")).source == f"\n\n\n{TWICE}"


def test_a_cell_of_another_language_is_no_answer() -> None:
    assert not find_work(cell(f"%%javascript\n{STUB}")).blank
    assert not find_work(cell(f"%%writefile x.py\n{TWICE}"), cell(STUB)).answers.get("f")


def test_invalid_escapes_and_other_warnings_do_not_leak() -> None:
    text = "def double(x):\n    '\\d'\n    return 2 * x if x is not 1 else 0or 2"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert find_answer(cell("s = '\\d'"), cell(text, "double")).source == text
    assert caught == []


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
