"""What of a notebook's cells is run with an answer, and what falls away."""

import contextlib
import json
import warnings
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st
from notebook_data import STUB, TWICE, cell, find_answer, find_work, run

from gradlab.grading.intake.answers import find_answers


def test_demos_of_an_answers_cell_fall_away_and_lines_stay() -> None:
    text = (
        "import math\nprint(math.pi)\n\n@staticmethod\ndef double(x):  # mine\n    return 2 * x\n"
        "for i in range(3):\n    print(double(i))\nassert double(2) == 4\nk = len('ab')\n"
        "while True:\n    pass\ndel k\nraise SystemExit\nk += 1"
    )
    kept = text.split("\n")
    for line in (2, 7, 8, 9, 11, 12, 13, 14):
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
    answer = find_answer(*cells, raw, graded, cell(TWICE, "double"))
    assert list(answer.setup) == [text for text, kept in setup.items() if kept]


def test_demos_fall_away_from_a_cell_that_is_kept() -> None:
    mixed = "import math\nx = math.cos(1)\ndef helper(x):\n    return x\nhelper(x)"
    answer = find_answer(cell(mixed), cell(TWICE, "double"))
    assert answer.setup == ("import math\n\ndef helper(x):\n    return x\n",)


def test_other_definitions_of_the_answer_are_left_out_but_not_their_neighbours() -> None:
    older = "@staticmethod\ndef double(x):\n    return 0\nk = 2"
    answer = find_answer(
        cell(older, "double"), cell("def f(x):\n    return x"), cell(TWICE, "double")
    )
    assert answer.setup == ("\n\n\nk = 2", "def f(x):\n    return x")


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


def test_a_note_tells_of_values_that_an_answer_needs_and_that_are_not_computed() -> None:
    answer = find_answer(
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
        answer = find_answer(cell(text, mark_of_cell))
        assert run(answer, "double")(3) == 6
        assert "get_ipython" not in answer.source


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


def combine(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "//", "**", "<<", "%"])
    binary = st.tuples(part, operators, part).map(lambda parts: f"({' '.join(parts)})")
    return binary | part.map(lambda text: f"-{text}")


@given(st.recursive(st.sampled_from(["2", "0.5", "1e-3", "7j", "999", "999_999"]), combine))
@example("999_999 ** 1_001")
@example("(999 ** 999) ** 999")
@example("1_000_001 ** 999")
@example("1 << 10_000_000")
@settings(max_examples=300)
def test_arithmetic_that_is_kept_is_cheap(text: str) -> None:
    for kept in find_answer(cell(f"x = {text}"), cell(TWICE, "double")).setup:
        namespace: dict[str, Any] = {}
        with contextlib.suppress(ArithmeticError, TypeError):
            exec(kept, namespace)
        # 64 powers of 1000 times 20 bits, multiplied.
        assert not isinstance(x := namespace.get("x"), int) or x.bit_length() <= 64 * 20_000


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
