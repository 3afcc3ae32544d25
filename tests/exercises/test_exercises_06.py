"""Lesson 6: what all its exercises share, and ``miss_probability``."""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.marking.mark import draw_cases, mark

seeds = st.integers(0, 2**32 - 1)
REFERENCES: dict[str, Callable[..., Any]] = {
    name: exercise.reference for name, exercise in EXERCISES.items() if exercise.lesson == 6
}
l2_loss, l2_backward = REFERENCES["l2_loss"], REFERENCES["l2_backward"]
dropout_forward, dropout_backward = REFERENCES["dropout_forward"], REFERENCES["dropout_backward"]
is_deterministic, has_kink = REFERENCES["is_deterministic"], REFERENCES["has_kink"]
miss_probability = REFERENCES["miss_probability"]


@given(total=st.integers(1, 9), samples=st.integers(0, 4), fraction=st.fractions(0, 1))
@settings(max_examples=40)
def test_miss_probability_counts_the_draws_that_miss(
    total: int, samples: int, fraction: Fraction
) -> None:
    bad = int(fraction * total)
    draws = list(itertools.product(range(total), repeat=samples))
    missing = Fraction(sum(all(entry >= bad for entry in draw) for draw in draws), len(draws))
    assert miss_probability(bad, total, samples) == pytest.approx(float(missing))


def test_miss_probability_at_its_ends() -> None:
    assert miss_probability(0, 7, 5) == 1.0
    assert miss_probability(7, 7, 5) == 0.0


@pytest.mark.parametrize("name", ["is_deterministic", "has_kink"])
@settings(max_examples=25)
@given(seed=seeds)
def test_half_of_the_yes_or_no_cases_of_each_group_are_yes(name: str, seed: int) -> None:
    for cases in draw_cases(EXERCISES[name], seed).values():
        answers = [bool(expected) for _, expected in cases]
        assert 2 * sum(answers) == len(answers)


def first_argument(*arguments: Any) -> Any:
    return arguments[0]


def index_error(*arguments: Any) -> Any:
    raise IndexError


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("answer", [first_argument, index_error])
def test_an_answer_without_thought_earns_nothing(name: str, answer: Any) -> None:
    for seed in range(20):
        assert mark(EXERCISES[name], answer, seed).points == 0


@settings(max_examples=5)
@given(seed=seeds)
def test_the_first_case_of_each_exercise_can_be_done_by_hand(seed: int) -> None:
    first = {
        name: next(iter(EXERCISES[name].cases(np.random.default_rng(seed)).values()))[0]
        for name in REFERENCES
    }
    assert l2_loss(*first["l2_loss"]) == pytest.approx(math.log(2) + 2, rel=1e-15)
    ((dW, db),) = l2_backward(*first["l2_backward"])
    assert (dW.tolist(), db.tolist()) == ([[1.0, 3.0]], [-0.25, 0.25])
    for name in ("dropout_forward", "dropout_backward"):
        assert REFERENCES[name](*first[name]).tolist() == [[4, 0, 12], [0, 20, 0]]
    loss, theta = first["is_deterministic"]
    assert loss(theta) == 5
    assert is_deterministic(loss, theta)
    assert miss_probability(*first["miss_probability"]) == pytest.approx(0.81)
    f, x, h = first["has_kink"]
    assert (f(x), f(x + 1), x, h) == (1, 3, 1, 0.001)
    assert not has_kink(f, x, h)


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            lambda bad, total, samples: (1 - bad / total) ^ samples,
            "write **",
        ),
        (
            lambda bad, total, samples: round((1 - bad / total) ** samples, 2),
            "Hint: Do not round.",
        ),
        (
            lambda bad, total, samples: float(f"{(1 - bad / total) ** samples:.4g}"),
            "Hint: Do not round.",
        ),
        (lambda bad, total, samples: 0.5, "the same for every input"),
        (
            lambda bad, total, samples: math.comb(samples, bad) / math.comb(total, bad),
            "is right",
        ),
        (
            lambda bad, total, samples: np.prod(
                [(total - bad - k) / (total - k) for k in range(samples)]
            ),
            "This is drawing without replacement",
        ),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(answer: Any, words: str) -> None:
    result = gradlab.check("miss_probability", answer)
    assert not result.passed
    assert words in str(result)
