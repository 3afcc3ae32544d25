"""The exercises ``dropout_forward`` and ``dropout_backward`` of lesson 6."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.lessons.lesson_06.common import (
    draw_dropout_case,
)
from gradlab.exercises.marking.mark import mark

seeds = st.integers(0, 2**32 - 1)
dropout_forward, dropout_backward = (
    EXERCISES[name].reference for name in ("dropout_forward", "dropout_backward")
)
dropouts = pytest.mark.parametrize("name", ["dropout_forward", "dropout_backward"])


@given(seed=seeds)
def test_dropout_backward_is_the_gradient_of_dropout_forward(seed: int) -> None:
    rng = np.random.default_rng(seed)
    A, keep_prob, mask = draw_dropout_case(rng, float)
    dA = rng.normal(size=A.shape)
    gradient = dropout_backward(dA, keep_prob, mask)
    direction = rng.normal(size=A.shape)
    # Dropout is linear in A, so a difference with step 1 is its derivative.
    change = dropout_forward(A + direction, keep_prob, mask) - dropout_forward(A, keep_prob, mask)
    assert np.sum(gradient * direction) == pytest.approx(np.sum(dA * change), rel=1e-9, abs=1e-9)


def test_dropout_keeps_the_mean_of_an_activation() -> None:
    keep_prob = Fraction(3, 10)
    kept = Fraction(dropout_forward(Fraction(7), keep_prob, 1))
    dropped = Fraction(dropout_forward(Fraction(7), keep_prob, 0))
    assert keep_prob * kept + (1 - keep_prob) * dropped == 7


@dropouts
def test_dropout_takes_masks_of_every_type_and_gives_a_new_float64_array(name: str) -> None:
    reference = EXERCISES[name].reference
    values = np.array([[1.0, -2.0], [3.0, 4.0]])
    for kind in (float, bool, int, np.float32):
        mask: Any = np.array([[1, 0], [0, 1]], dtype=kind)
        result = reference(values, 0.5, mask)
        np.testing.assert_array_equal(result, [[2.0, 0.0], [0.0, 8.0]])
        assert result.dtype == np.float64
        assert not np.shares_memory(result, values)
    np.testing.assert_array_equal(values, [[1.0, -2.0], [3.0, 4.0]])


def first_argument(*arguments: Any) -> Any:
    return arguments[0]


@dropouts
def test_the_argument_itself_is_no_answer_even_where_nothing_is_dropped(name: str) -> None:
    for seed in range(20):
        trials = [
            trial
            for group in mark(EXERCISES[name], first_argument, seed).groups
            for trial in group.trials
            if trial.arguments[1] == 1.0
        ]
        assert [trial.detail for trial in trials] == [
            "returned an array that shares memory with its argument"
        ] * 2


@dropouts
@settings(max_examples=100)
@given(seed=seeds)
def test_the_share_of_ones_in_a_mask_is_not_keep_prob(name: str, seed: int) -> None:
    for cases in EXERCISES[name].cases(np.random.default_rng(seed)).values():
        for _, keep_prob, mask in cases[:-1]:
            assert abs(np.mean(mask) - keep_prob) > 0.04
            assert keep_prob != 0.5
            assert 0 < np.sum(mask) < mask.size


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        (
            "dropout_forward",
            lambda A, keep_prob, mask: A[mask == 1] / keep_prob,
            "should it be one value for each entry",
        ),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: (A * mask / keep_prob).tolist(),
            "returned a list; a NumPy array of float64 is needed",
        ),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: A * ~mask / keep_prob,
            "You drop what should be kept",
        ),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: A * mask * (2 - keep_prob),
            "multiplied by something else than 1 / keep_prob",
        ),
        (
            "dropout_forward",
            lambda A, keep_prob, mask: (
                A * (np.random.default_rng().random(A.shape) < keep_prob) / keep_prob
            ),
            "Do not draw another mask",
        ),
        (
            "dropout_backward",
            lambda dA, keep_prob, mask: np.where(mask, dA, 0).astype(np.float32) / keep_prob,
            "returned an array of float32; a NumPy array of float64 is needed",
        ),
        (
            "dropout_backward",
            lambda dA, keep_prob, mask: (dA * mask / keep_prob).sum(axis=0),
            "should it be one value for each entry",
        ),
        (
            "dropout_backward",
            lambda dA, keep_prob, mask: dA * mask / keep_prob / len(dA),
            "multiplied by something else than 1 / keep_prob",
        ),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(
    name: str, answer: Any, words: str
) -> None:
    result = gradlab.check(name, answer)
    assert not result.passed
    assert words in str(result)
