"""Worked steps end with the right answer, and are shown to whom no hint explains it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.mark import draw_cases
from gradlab.exercises.marking.values import are_close, make_value

WORKED = {name: exercise for name, exercise in EXERCISES.items() if exercise.steps}


@pytest.mark.parametrize("exercise", WORKED.values(), ids=list(WORKED))
@pytest.mark.parametrize("seed", [0, 1])
def test_the_last_step_is_what_the_reference_answers(exercise: Exercise, seed: int) -> None:
    for cases in draw_cases(exercise, seed).values():
        for arguments, expected in cases:
            assert exercise.steps
            steps = exercise.steps(*arguments)
            assert len(steps) >= 2
            assert len({what for what, _ in steps}) == len(steps)
            if isinstance(expected, IndexError):
                assert "IndexError" in steps[-1].value
            else:
                assert are_close(exercise, make_value(steps[-1].value), expected), arguments


def softmax(Z: Any) -> Any:
    exponentials = np.exp(Z - Z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def find_norm(v: Any) -> Any:
    return np.sqrt((v * v).sum())


def divide_norms(a: Any, b: Any) -> Any:
    total = find_norm(a) + find_norm(b)
    return find_norm(a - b) / total if total or total != total else 0.0


def fit(h: Any, e: Any) -> Any:
    return np.polyfit(np.log(h), np.log(e), 1)[0]


def find_losses(Z: Any, Y: Any) -> Any:
    top = Z.max(axis=1)
    return top + np.log(np.exp(Z - top[:, None]).sum(axis=1)) - (Y * Z).sum(axis=1)


def is_close(n: float, a: float, rtol: float, atol: float) -> bool:
    is_finite = abs(n) < np.inf and abs(a) < np.inf
    return bool(is_finite and abs(n - a) <= atol + rtol * max(abs(n), abs(a)))


OBSERVED = [
    ("softmax", lambda Z: softmax(1.5 * Z), "Each of your rows sums to 1"),
    ("softmax", lambda Z: softmax(Z) ** 0.5, "Not all of your rows sum to 1"),
    ("softmax", lambda Z: 1 - softmax(Z), "the larger a logit, the smaller"),
    ("softmax", lambda Z: np.log(softmax(Z) + 1e-3), "Some of your entries are negative"),
    ("softmax", lambda Z: softmax(Z) / softmax(Z).sum(axis=0), "Each of your columns sums to 1"),
    ("cross_entropy", lambda Z, Y: find_losses(Z, Y).max(), "Right for a single row"),
    ("cross_entropy", lambda Z, Y: (find_losses(Z, Y) ** 2).mean(), "already for a single row"),
    ("cross_entropy", lambda Z, Y: find_losses(2 * Z, Y).mean(), "Right where all logits"),
    (
        "cross_entropy",
        lambda Z, Y: (find_losses(Z, Y) * Z.max(axis=1)).mean(),
        "changes if one number is added",
    ),
    ("relative_difference", lambda a, b: find_norm(a - b) ** 1.5, "multiplied by 2"),
    ("relative_difference", lambda a, b: divide_norms(a, b) * (1 + find_norm(a)), "change places"),
    ("relative_difference", lambda a, b: divide_norms(abs(a), abs(b)), "is a sign lost"),
    ("relative_difference", lambda a, b: np.tanh(divide_norms(a, b)), "is symmetric"),
    ("observed_order", lambda h, e: fit(h[1:], e[1:]), "listed the other way round"),
    (
        "observed_order",
        lambda h, e: np.std(np.log(e)) / np.std(np.log(h)),
        "lie exactly on a line",
    ),
    ("observed_order", lambda h, e: fit(h, e) ** 2, "already where the points lie"),
    ("observed_order", lambda h, e: fit(h, np.add(e, 1e-3)), "all errors are multiplied"),
    (
        "close_enough",
        lambda n, a, r, t: n >= 0 and a >= 0 and is_close(n, a, r, t),
        "with a negative number in them",
    ),
    ("close_enough", lambda n, a, r, t: is_close(n, a, r, t + 1e-8), "sizes below 1e-3"),
    ("close_enough", lambda n, a, r, t: is_close(n, a, 2 * r, 2 * t), "you allow too much"),
    ("close_enough", lambda n, a, r, t: is_close(n, a, r / 2, t / 2), "you allow too little"),
    (
        "close_enough",
        lambda n, a, r, t: n * a == np.inf or is_close(n, a, r, t),
        "with an infinity",
    ),
]


@pytest.mark.parametrize(("name", "answer", "words"), OBSERVED, ids=[o[2] for o in OBSERVED])
def test_what_is_observed_of_an_unknown_mistake_is_said_beside_the_steps(
    name: str, answer: Any, words: str
) -> None:
    result = gradlab.check(name, answer)
    assert not result.passed
    assert words in " ".join(result.hints)
    assert result.steps
    for text in (str(result), result._repr_html_()):
        assert "At which step does yours differ?" in text


def test_the_smallest_case_that_fails_is_worked() -> None:
    result = gradlab.check("close_enough", lambda n, a, r, t: is_close(n, a, r / 2, t / 2))
    assert result.quoted is not None
    assert result.quoted.arguments == (8.0, 5.0, 0.5, 0.0)
    assert [step.split(": ")[1] for step in result.steps] == ["3", "8", "4", "4", "True"]


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("relative_difference", lambda a, b: find_norm(a) + find_norm(b), "||a|| + ||b||"),
        ("cross_entropy", lambda Z, Y: find_losses(Z[:1], Y[:1])[0], ""),
        ("best_central_step", lambda f, d: 3 * 2**-53 * f, "3 u f_scale"),
    ],
)
def test_who_returns_an_earlier_step_is_told_so(name: str, answer: Any, words: str) -> None:
    said = " ".join(gradlab.check(name, answer).hints)
    assert ("a step on the way" in said) == bool(words)
    assert words in said


def test_who_is_told_the_mistake_is_shown_no_steps() -> None:
    for name, answer in (
        ("softmax", lambda Z: softmax(-Z)),
        ("softmax", lambda Z: None),
        ("relative_difference", divide_norms),
    ):
        assert gradlab.check(name, answer).steps == ()


def test_a_misconception_is_not_said_if_it_is_wrong_where_the_answer_is_right() -> None:
    def leave_undivided(a: Any, b: Any) -> Any:
        return find_norm(a - b) / (find_norm(a) + find_norm(b) if a.any() and b.any() else 1.0)

    [hint] = gradlab.check("relative_difference", leave_undivided).hints
    assert "Where one of the two arrays is zero" in hint


def test_rounding_is_no_factor() -> None:
    hints = gradlab.check("observed_order", lambda h, e: 1e-16 * fit(h, e)).hints
    assert not any("times the right one" in hint for hint in hints)


def test_complex_values_are_observed_to_be_complex_alone() -> None:
    hints = gradlab.check("softmax", lambda Z: softmax(Z) + 0.5j).hints
    assert len(hints) == 1
    assert "imaginary" in hints[0]


@pytest.mark.parametrize("name", [name for name, one in EXERCISES.items() if one.observations])
def test_each_observation_is_another_sentence(name: str) -> None:
    said = [observation.hint for observation in EXERCISES[name].observations]
    assert len(set(said)) == len(said)
    for text in said:
        assert text == " ".join(text.split())
        assert text.endswith((".", "?"))
