"""Copies with other names are found, and answers that people write by themselves are not."""

from __future__ import annotations

import ast
import inspect
import keyword
import random
import textwrap
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st
from learner_results import RESULTS, make_learner

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.copies import find_copies
from gradlab.grading.intake.code.nameless import spell_nameless
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
from gradlab.grading.outcome.same_answers import (
    SameAnswers,
    add_notes,
    list_same_answers,
)

LONG = ["unpack", "locate", "numerical_gradient", "backward", "gradient_check", "find_bugs"]
# With helpers, keywords, a closure, comprehensions and a lambda: all that may bind a name.
RICH = '''
import numpy as np
from functools import partial as part

_STEP: float = 1e-5

def unused(x):
    return x

def slope(f, at, *, step=_STEP):
    """Say something."""
    above, below = at + step, at - step
    return (f(above) - f(below)) / (2 * step)

def numerical_gradient(loss, theta):
    # A comment.
    count: int = 0
    def move(place, by):
        nonlocal count
        count += 1
        moved = theta.copy()
        moved[place] += by
        return moved
    numbers = [number for number in range(theta.size)]
    try:
        picked = sorted(numbers, key=lambda number: -number)
    except ValueError as trouble:
        raise KeyError(str(trouble))
    with np.errstate(all="ignore") as state:
        while (left := len(picked)) > 0:
            picked = picked[:left - 1]
    slopes = {place: slope(part(lambda place, by: loss(move(place, by)), place), 0.0, step=1e-6)
              for place in numbers}
    return np.array([slopes[place] for place in numbers])

numerical_gradient(sum, np.ones(3))
'''


def make_result(student: str, name: str, answer: str, *notes: str) -> LearnerResult:
    points = EXERCISES[name].points if name in EXERCISES else 10.0
    exercise = ExerciseResult(name, 5, "right", points, points, notes=notes, answer=answer)
    return make_learner(student, exercise)


def find(name: str, *answers: str) -> list[tuple[tuple[int, ...], bool]]:
    results = [make_result(f"s{number}", name, text) for number, text in enumerate(answers)]
    return [(same.places, same.is_published) for same in find_copies(results)]


class Renamer(ast.NodeTransformer):
    """Give other names to all that a text binds, each the same wherever it stands."""

    def __init__(self, tree: ast.Module, kept: str, seed: int) -> None:
        shuffled = random.Random(seed)
        bound = set()
        for node in ast.walk(tree):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                    bound.add(name)
                case ast.FunctionDef(name=name) | ast.ExceptHandler(name=str(name)):
                    bound.add(name)
        self.parameters = {
            a.arg
            for n in ast.walk(tree)
            if isinstance(n, ast.FunctionDef)
            for a in n.args.kwonlyargs
        }
        self.functions = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        self.new = {
            name: f"n{shuffled.randrange(10**9)}" for name in sorted(bound) if name != kept
        }
        assert not any(map(keyword.iskeyword, self.new.values()))

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if isinstance(node.func, ast.Name) and node.func.id in self.functions:
            for one in node.keywords:
                one.arg = self.new.get(one.arg or "", one.arg)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.new.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.new.get(node.arg, node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.name, node.returns = self.new.get(node.name, node.name), None
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        node.name = self.new.get(node.name or "", node.name)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Nonlocal:
        return ast.Nonlocal([self.new.get(name, name) for name in node.names])


def rename(text: str, kept: str, seed: int) -> str:
    tree = ast.parse(text)
    return ast.unparse(ast.fix_missing_locations(Renamer(tree, kept, seed).visit(tree)))


# Their answers have no names of their own that could be others.
UNNAMED = {name for name, one in EXERCISES.items() if not one.signature.parameters}
SOURCES = [(name, EXERCISES[name].source()) for name in EXERCISES] + [("numerical_gradient", RICH)]


@settings(max_examples=60)
@given(st.sampled_from(SOURCES), st.integers(0, 999))
def test_other_names_are_no_difference(source: tuple[str, str], seed: int) -> None:
    name, text = source
    copy = rename(text, name, seed)
    assert copy != ast.unparse(ast.parse(text)) or name in UNNAMED
    assert spell_nameless(name, copy) == spell_nameless(name, text) != ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import numpy as np\n", ""),
        ("import numpy as np\n", "import numpy\n"),
        ("# A comment.", ""),
        ('    """Say something."""\n', ""),
        (": float", ""),
        ("count: int = 0", "count = 0"),
        ("def unused(x):\n    return x\n", ""),
        ("\nnumerical_gradient(sum, np.ones(3))\n", ""),
        ("from functools import partial as part\n", "from functools import partial\n"),
        ("    count: int = 0\n", "    count: int = 0\n    print(theta, 'so far')\n"),
        ("    count: int = 0\n", "    count = 0\n    pass\n    mine = theta\n"),
        ("    numbers = ", "    theta = theta\n    size: int = theta.size\n    numbers = "),
        ("    numbers = ", "    if theta.size:\n        print()\n    numbers = "),
    ],
)
def test_what_is_not_of_the_answer_is_no_difference(old: str, new: str) -> None:
    assert old in RICH
    other = RICH.replace(old, new)
    if new == "import numpy\n":
        other = other.replace("np.", "numpy.")
    if new.endswith("partial\n"):
        other = other.replace("part(", "partial(")
    assert spell_nameless("numerical_gradient", other) == spell_nameless(
        "numerical_gradient", RICH
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1e-6", "1e-7"),
        ("np.array(", "np.asarray("),
        ("theta.copy", "theta.view"),
        ("at + step, at - step", "at - step, at + step"),
        ("-number", "number"),
        ("(2 * step)", "(step * 2)"),
        ("step=1e-6", ""),
        ("moved[place] += by", "moved[place] += place"),
    ],
)
def test_what_an_answer_does_is_a_difference(old: str, new: str) -> None:
    assert old in RICH
    other = RICH.replace(old, new)
    ast.parse(other)
    assert spell_nameless("numerical_gradient", other) != spell_nameless(
        "numerical_gradient", RICH
    )


def test_an_answer_that_is_assigned_is_not_left_out() -> None:
    text = EXERCISES["backward"].source()
    other = text.replace("def backward", "def mine") + "\nbackward = mine\n"
    assert len(spell_nameless("backward", other)) > len(spell_nameless("backward", text))


def list_right_answers() -> Iterator[tuple[str, str]]:
    """Yield the right answers beside the references as learners would write them."""
    for name, exercise in EXERCISES.items():
        for function in exercise.also_right:
            if not inspect.isfunction(function):  # such as np.square
                continue
            text = textwrap.dedent(inspect.getsource(function))
            if text.startswith("def "):
                yield name, text.replace(f"def {function.__name__}(", f"def {name}(", 1)


INDEPENDENT = [*list_right_answers()]


def test_answers_written_by_themselves_are_not_copies() -> None:
    by_name: dict[str, list[str]] = {}
    for name, text in INDEPENDENT:
        by_name.setdefault(name, []).append(text)
    assert {name for name in LONG if len(by_name.get(name, ())) > 1}
    for name, texts in by_name.items():
        assert find(name, *texts) == []


@pytest.mark.parametrize(
    "name", ["double", "f", "central_difference", "softmax", "relative_difference", "close_enough"]
)
def test_what_anybody_would_write_is_too_short_to_say(name: str) -> None:
    text = EXERCISES[name].source()
    assert find(name, text, text, rename(text, name, 3)) == []


def test_what_textbooks_have_is_no_copy() -> None:
    text = """
def numerical_gradient(loss, theta, h=1e-6):
    gradient = np.zeros_like(theta)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = h
        gradient[i] = (loss(theta + step) - loss(theta - step)) / (2 * h)
    return gradient
"""
    assert find("numerical_gradient", text, rename(text, "numerical_gradient", 3)) == []


@pytest.mark.parametrize("name", LONG)
def test_copies_and_the_published_answer_are_told_apart(name: str) -> None:
    published = EXERCISES[name].source()
    others = [text for other, text in INDEPENDENT if other == name]
    mine = next(text for text in others if find(name, text, text))
    answers = [mine, rename(published, name, 1), rename(mine, name, 2), others[0] + "\nx = 1"]
    groups = find(name, *answers)
    assert ((1,), True) in groups
    assert any(not is_published and {0, 2} <= set(places) for places, is_published in groups)
    assert len(groups) == 2


def test_the_published_answer_word_by_word_has_its_note_already() -> None:
    text = EXERCISES["backward"].source()
    result = make_result("ada", "backward", text, "same as published")
    assert find_copies([result, result]) == []


# Words.

WORDS = " ".join(f"word{number}" for number in range(60))


def test_words_that_are_nearly_the_same_are_found() -> None:
    shouted = WORDS.upper().replace(" ", ",\n  ")
    changed = WORDS.replace("word30 ", "other ")
    other = " ".join(f"other{number}" for number in range(60))
    short = " ".join(WORDS.split()[:39])
    assert find("explain", WORDS, other, shouted, changed, short, short) == [((0, 2, 3), False)]


def test_words_that_are_nearly_the_published_ones_are_found() -> None:
    model = WRITTEN["explain"].model
    assert find("explain", model, model.upper(), WORDS) == [((1,), True)]


@given(st.lists(st.integers(0, 59), max_size=9))
def test_near_is_what_the_shares_say(places: list[int]) -> None:
    words = WORDS.split()
    for place in places:
        words[place] = f"new{place}"
    one, other = (
        {tuple(text[at : at + 5]) for at in range(56)} for text in (WORDS.split(), words)
    )
    is_near = len(one & other) / len(one | other) >= 0.8
    assert find("explain", WORDS, " ".join(words)) == ([((0, 1), False)] if is_near else [])


# What is said.


def test_each_is_told_who_else_has_it() -> None:
    results = [make_result(f"s{number}", "backward", "x") for number in range(12)]
    same = SameAnswers("backward", tuple(range(12)), 100)
    noted = add_notes(results, [same, SameAnswers("backward", (3,), 100, is_published=True)])
    assert noted[0].exercises[0].notes == (
        "the same as the answers of s1, s2, s3 and 8 more, but for names",
    )
    assert noted[3].exercises[0].notes[-1] == "same as published but for names"
    assert [one.total for one in noted] == [one.total for one in results]
    assert list_same_answers(results, [same]) == [
        "backward: s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 2 more"
    ]


def test_what_many_have_may_be_the_usual_answer() -> None:
    results = [make_result(f"s{number}", "backward", "x") for number in range(40)]
    many, few = (SameAnswers("backward", tuple(range(n)), 40) for n in (14, 4))
    assert "14 of 40" in add_notes(results, [many])[0].all_notes[0]
    assert "usual" not in add_notes(results, [few])[0].all_notes[0]
    assert "usual" in list_same_answers(results, [many])[0]
    # A pair that is all of a small class is a pair still.
    assert not SameAnswers("backward", (0, 1), 2).is_usual


def test_very_many_groups_are_not_all_listed() -> None:
    results = [make_result(f"s{number}", "backward", "x") for number in range(2)]
    lines = list_same_answers(results, [SameAnswers("backward", (0, 1), 2)] * 50)
    assert len(lines) == 41
    assert "10 more" in lines[-1]


# Hostile text.

HOSTILE = {
    "nothing": "",
    "no Python": "def backward(:",
    "deep brackets": "def backward(x):\n    return " + "(" * 150 + "x" + ")" * 150,
    "deep sum": "def backward(x):\n    return " + "+".join(["x"] * 9000),
    "deep attributes": "def backward(x):\n    return x" + ".a" * 9000,
    "nested": "def backward(x):\n    return " + "lambda: " * 90 + "x",
    "digits": "def backward(x):\n    return 0x" + "f" * 15_000,
    "long": "def backward(x):\n    return x\n" + "# long\n" * 9000,
    "null": "def backward(x):\n    return '\0'",
    "surrogate": "def backward(x):\n    return '\\ud800'",
    "many names": ", ".join(f"a{n}" for n in range(3000)) + " = backward = range(3001)",
    "helpers": "\n".join(f"def h{n}(): return h{n + 1}()" for n in range(600))
    + "\ndef backward(x): return h0()",
    "star": "def backward(*, x=1, **y):\n    match x:\n        case {'a': [*b], **c}: return b, c",
    "class": "class backward:\n    x = 1\n    def __call__(self): return self.x",
    "global": "def backward(x):\n    global y\n    y = x",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_does_no_harm(text: str) -> None:
    assert spell_nameless("backward", text) == spell_nameless("backward", text)
    assert find("explain", text, text) in ([], [((0, 1), False)])
    find("backward", text, text)


@given(RESULTS)
def test_any_results_are_noted_and_lose_nothing(results: list[LearnerResult]) -> None:
    longer = [
        replace(
            result,
            exercises=tuple(replace(e, answer=e.answer + WORDS) for e in result.exercises),
        )
        for result in results
    ]
    found = find_copies(longer)
    noted = add_notes(longer, found)
    assert len(list_same_answers(longer, found)) == len(found)
    for before, after in zip(longer, noted, strict=True):
        bare = tuple(
            replace(new, notes=new.notes[: len(old.notes)])
            for old, new in zip(before.exercises, after.exercises, strict=True)
        )
        assert replace(after, exercises=bare) == before
