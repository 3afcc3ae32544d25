"""What is said of a wrong answer is true of every group that failed, and of the case shown."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise, Misconception
from gradlab.exercises.marking.generic_hints import GENERIC_HINTS
from gradlab.exercises.marking.mark import Marking, mark
from gradlab.exercises.marking.patterns import WHERE_IT_FAILS
from gradlab.exercises.marking.values import describe_type, show_value


def triple(x: Any) -> Any:
    """Return 3 x."""
    return 3 * x


def make_exercise(**changes: Any) -> Exercise:
    """Return an exercise of three groups, whose misconceptions show in some of them."""
    settings: dict[str, Any] = {
        "points": 3,
        "reference": triple,
        "cases": lambda rng: {
            "numbers": [(2.0,), (-7.0,)],
            "vectors": [(np.array([1.0, 4.0, -2.0]),), (np.array([5.0, -3.0]),)],
            "matrices": [(np.array([[1.0, 2.0, 8.0], [4.0, 5.0, -6.0]]),)],
        },
        "misconceptions": (
            Misconception(lambda x: x**3, "CUBE"),
            Misconception(lambda x: x**3 if np.ndim(x) else 3 * x, "CUBE OF ARRAYS"),
            Misconception(lambda x: x if np.ndim(x) == 2 else 3 * x, "MATRIX"),
            Misconception(lambda x: x if np.ndim(x) == 1 else 3 * x, "VECTOR"),
            Misconception(lambda x: x, "SAME"),
        ),
        "hints": ("Multiply.", "By 3."),
    }
    return Exercise(**(settings | changes))


PLAIN = make_exercise()


def by_kind(number: Any, vector: Any, matrix: Any) -> Callable[[Any], Any]:
    """Return an answer that is made of three, one for each group."""
    return lambda x: (number, vector, matrix)[np.ndim(x)](x)


def cube(x: Any) -> Any:
    return x**3


def same(x: Any) -> Any:
    return x


def fail(x: Any) -> Any:
    raise ValueError("no")


def wave(x: Any) -> Any:
    return np.sin(17 * x) + 40


def get_group(marking: Marking) -> str:
    [name] = [g.name for g in marking.groups if any(t is marking.quoted for t in g.trials)]
    return name


@pytest.mark.parametrize(
    ("answer", "hints", "group"),
    [
        (triple, (), ""),
        (cube, ("CUBE",), "numbers"),
        # Two explain it; one passes where the answer does.
        (by_kind(triple, cube, cube), ("CUBE OF ARRAYS",), "vectors"),
        # Several, if each failed group is explained, in the order of the groups.
        (by_kind(cube, same, triple), ("CUBE", "VECTOR"), "numbers"),
        (by_kind(triple, same, cube), ("VECTOR", "CUBE"), "vectors"),
        # None, if a failed group stays unexplained.
        (by_kind(wave, same, triple), (), "numbers"),
        (by_kind(triple, same, wave), (), "vectors"),
        (wave, (), "numbers"),
    ],
)
def test_hints_explain_every_group_that_failed(
    answer: Callable[[Any], Any], hints: tuple[str, ...], group: str
) -> None:
    marking = mark(PLAIN, answer)
    assert marking.hints == hints
    if not group:
        assert marking.quoted is None
        return
    assert marking.quoted is not None
    assert marking.quoted.stage
    assert get_group(marking) == group


def test_an_error_comes_first_and_is_quoted() -> None:
    for answer, others in (
        (by_kind(cube, triple, fail), ("CUBE",)),
        (by_kind(wave, triple, fail), ()),
    ):
        marking = mark(PLAIN, answer)
        assert "quoted above" in marking.hints[0]
        assert marking.hints[1:] == others
        assert marking.quoted is not None
        assert "ValueError: no" in marking.quoted.detail


def test_the_case_shown_is_one_where_the_misconception_is_wrong() -> None:
    # 0 and 3 ** 0.5 are no witnesses of a cube.
    exercise = make_exercise(cases=lambda rng: {"numbers": [(0.0,), (2.0,)]})
    marking = mark(exercise, cube)
    assert marking.quoted is not None
    assert marking.quoted.arguments == (2.0,)
    # A predicate says that the second case shows it; the first fails for the same reason.
    shown = Misconception(lambda x: 2 * x, "EVEN", shows=lambda trials: True)
    marking = mark(make_exercise(misconceptions=(shown,)), lambda x: 7 * x)
    assert marking.hints == ("EVEN",)
    assert marking.quoted is marking.groups[0].trials[0]


BARE = make_exercise(misconceptions=())
NEW_ARRAYS = make_exercise(misconceptions=(), new_arrays=True)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: None, "print only shows"),
        (lambda x: str(3 * x), "string only shows"),
        (lambda x: (3 * v for v in np.ravel(x)), "generator"),
        (lambda x: lambda: 3 * x, "call it"),
        (lambda x: 3 * x > 0, "True or False came back"),
        (lambda x: 3 * x + 1j, "imaginary"),
        (lambda x: np.array([[1], None], dtype=object), "array of objects"),
        (lambda x: [[1], [2, 3]], "equally long"),
        (lambda x: {"x": 3 * x}, "dict"),
        (lambda x: 0 * x + 7.5, "the same for every input"),
        (lambda x: -3 * x, "wrong sign"),
        (lambda x: 6 * x, "2 times"),
        (lambda x: 3 * x + 0.25, "off by the same amount, 0.25"),
        (lambda x: 1 / (3 * x), "swap numerator and denominator"),
        (lambda x: abs(3 * x), "none is negative"),
        (lambda x: 3.01 * x, "nearly right"),
        (lambda x: np.nan * x, "NaN, not a number"),
        (lambda x: np.inf * x, "overflowed or was divided by zero"),
        (lambda x: x ^ 2, "write **"),
    ],
)
def test_what_was_returned_decides_what_is_said(answer: Callable[[Any], Any], words: str) -> None:
    hints = mark(BARE, answer).hints
    assert len(hints) == 1
    assert words in hints[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: [3 * x], "take it out"),
        (lambda x: (x, 3 * x), "which of them"),
        (lambda x: [x, x, 3 * x], "Several numbers came back"),
    ],
)
def test_a_number_in_something_else(answer: Callable[[Any], Any], words: str) -> None:
    hints = mark(BARE, lambda x: 3 * x if np.ndim(x) else answer(x)).hints
    assert len(hints) == 1
    assert words in hints[0]


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (BARE, lambda x: np.sum(3 * x), "sum too many"),
        (BARE, lambda x: 3 * x[:, None], "axis of length 1"),
        (BARE, lambda x: 3 * x[::-1], "in another order"),
        (BARE, lambda x: 0 * x, "every value is 0"),
        (NEW_ARRAYS, lambda x: [3 * v for v in x], "A list came back"),
        (NEW_ARRAYS, lambda x: (x, 3 * x), "A comma after return"),
        (NEW_ARRAYS, lambda x: (3 * x).astype(np.float32), "fewer digits than float64"),
        (NEW_ARRAYS, lambda x: (3 * x).astype(int), "Whole numbers came back"),
        (NEW_ARRAYS, lambda x: float(np.sum(x)), "sum too many"),
        (NEW_ARRAYS, lambda x: {1, 2}, "another type"),
    ],
)
def test_arrays_in_another_form(
    exercise: Exercise, answer: Callable[[Any], Any], words: str
) -> None:
    marking = mark(exercise, by_kind(triple, answer, lambda x: 3 * x))
    assert [group.passed for group in marking.groups] == [True, False, True]
    assert len(marking.hints) == 1
    assert words in marking.hints[0]


def test_rows_and_columns_swapped() -> None:
    [hint] = mark(BARE, by_kind(triple, triple, lambda x: 3 * x.T)).hints
    assert "Rows and columns are swapped" in hint


def test_a_pattern_of_one_group_is_limited_to_it_and_of_two_must_be_the_same() -> None:
    [hint] = mark(BARE, by_kind(triple, lambda x: 6 * x, lambda x: 6 * x)).hints
    assert hint.startswith(WHERE_IT_FAILS)
    assert "2 times" in hint
    assert mark(BARE, by_kind(triple, lambda x: 6 * x, lambda x: 9 * x)).hints == ()
    assert mark(BARE, by_kind(lambda x: 6 * x, wave, wave)).hints == ()


def test_the_same_for_every_input_is_said_only_if_so() -> None:
    said = mark(BARE, by_kind(triple, lambda x: 0 * x + 5, lambda x: 0 * x + 5)).hints
    assert not any("same for every input" in hint for hint in said)
    # An error gives no result to be the same.
    said = mark(BARE, by_kind(fail, lambda x: 0 * x + 5, lambda x: 0 * x + 5)).hints
    assert not any("same for every input" in hint for hint in said)
    # Two shapes of one constant are the same, too.
    [hint] = mark(BARE, lambda x: 0 * x + 5).hints
    assert "same for every input" in hint


def test_float32_is_named_as_the_reason_and_not_called_nearly_right() -> None:
    def slope_in_float32(x: Any) -> Any:
        x = np.float32(x)
        return (np.float32(1.5) * (x + np.float32(0.1)) ** 2 - np.float32(1.5) * x**2) * 10

    exercise = make_exercise(
        reference=triple,
        misconceptions=(),
        cases=lambda rng: {"float32": [(np.array([1.3, 2.7, 6.1], dtype=np.float32),)]},
        rtol=1e-9,
    )
    [hint] = mark(exercise, lambda x: (3 * x * np.float32(1.00001)).astype(np.float64)).hints
    assert "few digits of float32" in hint
    [hint] = mark(exercise, lambda x: np.float32(3.00001) * x).hints
    assert "few digits of float32" in hint
    # What is far from right is not float32's doing.
    assert not any("float32" in h for h in mark(exercise, slope_in_float32).hints)


def test_a_factor_that_is_the_number_of_rows_is_named() -> None:
    def mean_of_squares(X: Any) -> Any:
        """Return the mean over the rows of the sums of squares."""
        return np.sum(X**2) / len(X)

    exercise = make_exercise(
        reference=mean_of_squares,
        misconceptions=(),
        cases=lambda rng: {"X": [(rng.normal(size=shape),) for shape in ((3, 2), (5, 2), (4, 7))]},
    )
    [hint] = mark(exercise, lambda X: np.sum(X**2)).hints
    assert "multiplied by the number of rows of X" in hint
    [hint] = mark(exercise, lambda X: np.sum(X**2) / len(X) ** 2).hints
    assert "divided by the number of rows of X" in hint
    [hint] = mark(exercise, lambda X: np.mean(X**2) / len(X)).hints or [""]
    assert "number of entries" in hint or not hint


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        ("x", "a string"),
        (3, "an int"),
        (np.int8(3), "an int"),
        (2.5, "a float"),
        (True, "a bool"),
        (1j, "a complex number"),
        (np.zeros(3, dtype=np.float32), "an array of float32"),
        (np.array(["a"]), "an array of strings"),
        (math.sin, "a function"),
        (np.sin, "a function"),
        ([], "a list"),
        (np.ma.masked_array([1.0]), "array"),
    ],
)
def test_types_have_their_articles(value: Any, words: str) -> None:
    assert words in describe_type(value)
    assert "ndarray" not in describe_type(value)


def test_no_zero_has_a_minus() -> None:
    for value in (-0.0, np.float32(-0.0), np.array([-0.0, 1.5]), np.array([[-0.0]])):
        assert "-0" not in show_value(value)
    assert show_value(-0.5) == "-0.5"


@pytest.mark.parametrize("name", [name for name in EXERCISES if name != "find_bugs"])
def test_the_case_shown_failed_and_is_in_the_text(name: str) -> None:
    for answer in (lambda *a: None, lambda *a: 7.25, lambda *a: [1.0, 2.0], lambda *a: a[0]):
        result = gradlab.check(name, answer)
        if result.passed:
            continue
        assert result.quoted is not None
        assert result.quoted.stage
        text = str(result)
        assert f"    {name}({', '.join(EXERCISES[name].signature.parameters)})" in text
        assert "shape ()" not in text
        assert "ndarray" not in text


def test_generic_hints_are_sentences_that_hold_nothing_of_an_answer() -> None:
    ends = (".", "?", ".)", "**.")
    assert not [hint for hint in GENERIC_HINTS if "{" in hint or not hint.endswith(ends)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda f, x, h: (f(x) - f(x - h)) / h, "This is the backward difference"),
        (lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h), "This is the central difference"),
        (lambda f, x, h: (f(x + h) - f(x)) / (2 * h), "Half the slope"),
        (lambda f, x, h: (f(x) - f(x + h)) / h, "The sign is the wrong way round"),
    ],
)
def test_a_mistake_is_named_although_the_answer_stays_in_float32_besides(
    answer: Callable[..., Any], words: str
) -> None:
    (hint,) = gradlab.check("forward_difference", answer).hints
    assert hint.startswith(words)


def test_where_steps_are_shown_nothing_is_to_be_worked_out_by_hand() -> None:
    result = gradlab.check("miss_probability", lambda bad, total, samples: 0.3 / (samples + bad))
    assert result.steps
    assert not any("by hand" in hint for hint in result.hints)
