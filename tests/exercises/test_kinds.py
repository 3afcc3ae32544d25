"""Kinds of exercise besides a function: choose and say why, a counterexample, code to mend."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.choice import Option, make_choice
from gradlab.exercises.marking.mark import mark
from gradlab.exercises.marking.open_answers import judge_openly, simplify
from gradlab.exercises.marking.values import describe_type

CHOICE = EXERCISES["predict_float32_slope"]
PAIR = EXERCISES["lopsided_pair"]
MEND = EXERCISES["mend_relu_step"]
ANSWERS, REASONS = "abcd", "pqrs"
PAIRS = [*product(ANSWERS, REASONS)]


# Choose and say why


def test_the_right_choice_is_what_float32_computes() -> None:
    x, h = np.float32(1), np.float32(1e-8)
    slope = (np.sin(x + h) - np.sin(x)) / h
    assert slope.dtype == np.float32
    assert slope == 0  # c
    assert x + h == x  # q
    assert h != 0  # not r
    with np.errstate(invalid="ignore"):
        assert np.isnan((np.sin(x) - np.sin(x)) / np.float32(0))  # what d and r would need


def test_what_the_wrong_options_and_hints_say_is_true() -> None:
    slope, curvature = math.cos(1), math.sin(1)
    in_float64 = (math.sin(1 + 1e-8) - math.sin(1)) / 1e-8
    assert 7 < -math.log10(abs(in_float64 / slope - 1)) < 9  # about 8 digits
    best = gradlab.error_budget("forward", curvature, 2.0**-53 * math.sin(1)).best_step
    assert 1e-8 < best < 4e-8
    bound = 2 * 2.0**-24 * math.sin(1) / 1e-8
    assert bound == pytest.approx(10, rel=0.02)
    assert 1e-8 / 2 * curvature == pytest.approx(4e-9, rel=0.1)
    assert np.spacing(np.float32(1)) == 2.0**-23


@pytest.mark.parametrize(("answer", "reason"), PAIRS)
def test_each_pair_gets_the_hint_of_what_is_wrong_in_it(answer: str, reason: str) -> None:
    marking = mark(CHOICE, lambda: (answer, reason))
    if (answer, reason) == ("c", "q"):
        assert (marking.points, marking.hints) == (2, ())
        return
    assert marking.points == 0
    (hint,) = marking.hints
    assert hint.startswith("The answer is right, but") == (answer == "c")
    alone = mark(CHOICE, lambda: (answer, "q")) if answer != "c" else marking
    assert alone.hints == (hint,)


@pytest.mark.parametrize(("answer", "reason"), PAIRS)
def test_a_check_of_a_wrong_pair_does_not_show_the_right_letters(answer: str, reason: str) -> None:
    if (answer, reason) == ("c", "q"):
        return
    (group,) = mark(CHOICE, lambda: (answer, reason)).groups
    detail = group.trials[0].detail
    assert detail.replace(f"('{answer}', '{reason}')", "") == (
        "returned ; the answer, the reason or both are wrong"
    )
    text = str(gradlab.check(CHOICE.name, lambda: (answer, reason)))
    assert '"c"' not in text
    assert '"q"' not in text


@pytest.mark.parametrize(
    "letters",
    [("c", "q"), ["C", "Q"], " c ,q", "cq", "C.Q.", np.array(["c", "q"]), (np.str_("c"), "q")],
)
def test_letters_are_read_in_whatever_way_they_are_written(letters: Any) -> None:
    assert mark(CHOICE, lambda: letters).points == CHOICE.points


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("c", "two letters are needed"),
        (("c",), "two letters are needed"),
        (("c", "q", "q"), "two letters are needed"),
        ((3, 17), "two letters are needed"),
        (0, "two letters are needed"),
        ("", "two letters are needed"),
        (("c", "because x + h is x"), "two letters are needed"),
        (("q", "c"), 'there is no answer "q"; the letters are a, b, c, d'),
        (("c", "x"), 'there is no reason "x"; the letters are p, q, r, s'),
        (None, "returned None"),
        ({"c": "q"}, "returned a dict; numbers or text are needed"),
    ],
)
def test_what_is_no_pair_of_letters_is_told_so(value: Any, words: str) -> None:
    result = gradlab.check(CHOICE.name, lambda: value)
    assert result.points == 0
    assert words in str(result)
    assert "The answer is right" not in str(result)


def test_the_question_lists_every_option_once() -> None:
    for letter in ANSWERS + REASONS:
        assert CHOICE.question.count(f"- **{letter}**: ") == 1


def choose() -> tuple[str, str]:
    """Return two letters."""
    return "a", "p"


RIGHT_A, WRONG_B = Option("a", "1"), Option("b", "2", "No.")
RIGHT_P, WRONG_Q = Option("p", "so"), Option("q", "not so", "No.")


@pytest.mark.parametrize(
    ("answers", "reasons", "words"),
    [
        ((RIGHT_A, WRONG_B), (RIGHT_P, Option("b", "again", "No.")), "no two the same"),
        ((RIGHT_A, Option("B", "2", "No.")), (RIGHT_P, WRONG_Q), "each must be one of a to z"),
        ((RIGHT_A, Option("b", "2")), (RIGHT_P, WRONG_Q), "the only ones without a hint"),
        ((WRONG_B, Option("c", "3")), (RIGHT_P, WRONG_Q), "the only ones without a hint"),
    ],
)
def test_a_choice_that_cannot_be_marked_is_refused(
    answers: tuple[Option, ...], reasons: tuple[Option, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        make_choice(choose, 1, "What?", answers, reasons, ("Think.",))


# Find a counterexample


def is_lopsided(a: float, b: float, rtol: float) -> bool:
    """NumPy's documented test, written out: |a - b| <= rtol |b|, and not the other way."""
    return abs(a - b) <= rtol * abs(b) and not abs(b - a) <= rtol * abs(a)


@pytest.mark.parametrize("seed", range(20))
def test_the_judge_of_pairs_agrees_with_the_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert PAIR.judge is not None
    for _ in range(200):
        rtol = float(rng.choice([0.01, 0.1, 0.5]))
        a = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.1, 10))
        b = a * (1 + rtol * float(rng.uniform(-1.5, 1.5)))
        assert (PAIR.judge((rtol,), [a, b]) == "") == is_lopsided(a, b, rtol)


@pytest.mark.parametrize("seed", range(20))
def test_at_the_border_a_pair_is_close_in_either_order(seed: int) -> None:
    """So that (1, 1 + rtol), which rounding might make lopsided by luck, is always wrong."""
    marking = mark(PAIR, lambda rtol: (1.0, 1 + rtol), seed)
    assert marking.points == 0
    assert "too near" in marking.hints[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda rtol: None, "returned None"),
        (lambda rtol: 1.0, "two numbers are needed"),
        (lambda rtol: (1.0, 2.0, 3.0), "two numbers are needed"),
        (lambda rtol: ("1", "2"), "two numbers are needed"),
        (lambda rtol: (True, 1.2), "two numbers are needed"),
        (lambda rtol: (1.0, 2j), "two numbers are needed"),
        (lambda rtol: [[1.0, 2.0], [3.0, 4.0]], "two numbers are needed"),
        (lambda rtol: (1, 10**400), "returned a tuple with a part that cannot be used; numbers"),
        (lambda rtol: (1, 10**30), "returned a tuple with a part that cannot be used; numbers"),
        (lambda rtol: np.zeros((2, 10**6)), "returned an array; numbers"),
        (lambda rtol: {1.0, 2.0}, "returned a set; numbers"),
        (lambda rtol: 10**400, "returned an int; numbers"),
        (lambda rtol: (1.0, math.inf), "both numbers must be finite"),
        (lambda rtol: (1 / 0, 1.0), "raised ZeroDivisionError"),
        (lambda rtol: (1.0, 1 + 1.9 * rtol), "rtol = 0."),
    ],
)
def test_whatever_is_no_counterexample_is_told_why(answer: Any, words: str) -> None:
    result = gradlab.check(PAIR.name, answer)
    assert not result.passed
    assert words in str(result)


@pytest.mark.parametrize("answer", [lambda rtol: (1, 10**400), lambda rtol: iter((1.0, 2.0))])
def test_a_pair_that_cannot_be_used_is_not_told_that_one_number_is_needed(answer: Any) -> None:
    assert "which one is asked" not in str(gradlab.check(PAIR.name, answer))


def test_an_array_of_objects_is_none_of_letters_here_nor_in_a_sandbox() -> None:
    def answer() -> Any:
        return np.array(["c", "q"], dtype=object)

    assert "returned an array; numbers" in str(gradlab.check(CHOICE.name, answer))
    # A sandbox tells no more of it than what its type is called.
    named = type("ndarray", (), {})
    assert describe_type(named()) == "an array"


def test_numpys_longest_floats_are_numbers() -> None:
    def answer(rtol: float) -> Any:
        return np.longdouble(1), 1 + np.longdouble(rtol) + rtol**2 / 2

    assert gradlab.check(PAIR.name, answer).passed


def test_a_judge_that_errs_on_an_odd_value_does_not_raise() -> None:
    def judge(arguments: Any, value: Any) -> str:
        return "" if value > 0 else "it must be positive"

    assert judge_openly(judge, (), 1)[1:] == ("", "")
    assert judge_openly(judge, (), -1)[1] == "values"
    _, stage, detail = judge_openly(judge, (), "one")
    assert (stage, detail) == (
        "values",
        "returned 'one'; this cannot be tested: is it what was asked for?",
    )


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no text of me")


def test_what_is_no_plain_data_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: Any = [[[[1]]]]
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    for value in (endless, deep, masked, Hostile(), [Hostile()], b"1", [None], range(3)):
        with pytest.raises(TypeError):
            simplify(value)
    assert simplify(np.array([[1, 2]], dtype=np.int8)) == [[1, 2]]


# Mend this code


def write_blank(name: str) -> dict[str, Any]:
    """Run the cell as the learner gets it, and return what it defines."""
    namespace: dict[str, Any] = {"np": np}
    exec(EXERCISES[name].blank_cell(), namespace)
    return namespace


@pytest.mark.parametrize("exercise", [CHOICE, PAIR, MEND], ids=lambda exercise: exercise.name)
def test_a_blank_cell_of_each_kind_reads_not_attempted(exercise: Any) -> None:
    result = gradlab.check(exercise.name, write_blank(exercise.name)[exercise.name])
    assert result.points == 0
    assert "not attempted yet" in str(result)


def test_the_learner_finds_the_code_to_mend_below_the_stub() -> None:
    stub, _, found = MEND.blank_cell().partition("raise NotImplementedError()\n")
    assert stub.endswith("# YOUR CODE HERE\n    ")
    assert found.startswith("    # As it was found: delete the line above and mend this.\n")
    assert "A >= 0" in found
    assert MEND.source() not in MEND.blank_cell()


@pytest.mark.parametrize("seed", range(20))
def test_the_code_as_it_was_found_earns_nothing_and_is_told_so(seed: int) -> None:
    text = MEND.blank_cell().replace("    raise NotImplementedError()\n", "")
    namespace: dict[str, Any] = {"np": np}
    exec(text, namespace)
    marking = mark(MEND, namespace[MEND.name], seed)
    assert marking.points == 0
    (hint,) = marking.hints
    assert "as it was found" in hint
    assert ">=" not in hint  # the first hint does not name the line


@pytest.mark.parametrize(
    ("mend", "right"),
    [
        (lambda dA, A, keep_prob, mask: dA * (A > 0) * mask, "nothing dropped"),
        (lambda dA, A, keep_prob, mask: dA * mask / keep_prob, "no unit below zero"),
    ],
)
@pytest.mark.parametrize("seed", range(10))
def test_each_mistake_alone_has_a_group_that_is_right_without_it(
    mend: Any, right: str, seed: int
) -> None:
    marking = mark(MEND, mend, seed)
    assert [group.name for group in marking.groups if group.passed] == [right]
    assert marking.points == 1


def test_the_mended_step_fits_the_step_forward_and_the_found_one_does_not() -> None:
    rng = np.random.default_rng(0)
    Z, mask = rng.normal(size=(3, 4)), rng.integers(0, 2, (3, 4)).astype(float)

    def forward(Z: Any) -> Any:
        return np.maximum(Z, 0) * mask / 0.5

    def check(step: Any) -> gradlab.GradientReport:
        def backward(dA: Any, Z: Any) -> Any:
            return step(dA, forward(Z), 0.5, mask)

        return gradlab.check_layer(forward, backward, (Z,))

    assert check(MEND.reference).passed
    assert check(MEND.found).verdict == "fail"
