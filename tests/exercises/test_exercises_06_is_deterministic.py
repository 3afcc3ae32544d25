"""The exercise ``is_deterministic`` of lesson 6."""

import math
import random
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pasted_code import run_code

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.lessons.lesson_06.is_deterministic import (
    _make_comparison,
    _seed_before_each,
)
from gradlab.exercises.marking.mark import mark

seeds = st.integers(0, 2**32 - 1)
is_deterministic = EXERCISES["is_deterministic"].reference


@settings(max_examples=5)
@given(seed=seeds)
def test_the_code_of_a_loss_computes_the_loss(seed: int) -> None:
    groups = EXERCISES["is_deterministic"].cases(np.random.default_rng(seed))
    for loss, theta in (case for cases in groups.values() for case in cases):
        pasted = run_code(loss.code)
        assert is_deterministic(pasted, theta) == is_deterministic(loss, theta)
        loss.calls = 0
        if "default_rng()" in loss.code or "random.random" in loss.code:
            continue
        mine, other = theta.copy(), theta.copy()
        pasted = run_code(loss.code)
        for _ in range(10):
            assert pasted(mine) == pytest.approx(loss(other), rel=1e-15, abs=0)
        np.testing.assert_array_equal(mine, other)


def global_random_state() -> str:
    with np.printoptions(threshold=sys.maxsize):
        return f"{random.getstate()} {np.random.get_state()}"  # noqa: NPY002


def test_the_reference_leaves_theta_and_the_global_random_state_alone() -> None:
    theta = np.array([1.0, 2.0])
    before = global_random_state()
    assert is_deterministic(lambda x: float(x @ x), theta)
    assert global_random_state() == before
    np.testing.assert_array_equal(theta, [1.0, 2.0])


def seed_only(loss: Any, theta: Any) -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


def test_check_leaves_the_global_random_state_alone() -> None:
    before = global_random_state()
    gradlab.check("is_deterministic", _make_comparison(10, copies=True))
    gradlab.check("is_deterministic", seed_only)
    assert global_random_state() == before


def test_the_misconception_that_seeds_leaves_the_global_random_state_as_it_was() -> None:
    before = global_random_state()
    assert _seed_before_each(lambda theta: np.random.random(), np.ones(2))  # noqa: NPY002
    assert global_random_state() == before


@pytest.mark.parametrize("count", [2, 5, 10])
@pytest.mark.parametrize("copies", [True, False])
def test_a_tolerance_or_a_seed_is_noticed_beside_other_carelessness(
    count: int, copies: bool
) -> None:
    def seeded(loss: Any, theta: Any) -> bool:
        values = []
        for _ in range(count):
            random.seed(7)
            np.random.seed(7)  # noqa: NPY002
            values.append(loss(theta.copy() if copies else theta))
        return len(set(values)) == 1

    tolerant = _make_comparison(count, copies, same=math.isclose)
    for answer, words in (
        (tolerant, "do you allow a tolerance"),
        (seeded, "the same seed is set"),
    ):
        for seed in range(5):
            assert words in "".join(mark(EXERCISES["is_deterministic"], answer, seed).hints)


def are_ten_equal(loss: Any, theta: Any) -> bool:
    return len({loss(theta.copy()) for _ in range(10)}) == 1


def seeds_once(loss: Any, theta: Any) -> bool:
    np.random.seed(0)  # noqa: NPY002
    return are_ten_equal(loss, theta)


def seeds_pythons_once(loss: Any, theta: Any) -> bool:
    random.seed(0)
    return are_ten_equal(loss, theta)


def seeds_and_puts_back(loss: Any, theta: Any) -> bool:
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    same = are_ten_equal(loss, theta)
    np.random.set_state(before)  # noqa: NPY002
    return same


def seeds_afterwards(loss: Any, theta: Any) -> bool:
    same = are_ten_equal(loss, theta)
    np.random.seed()  # noqa: NPY002
    return same


def draws_by_itself(loss: Any, theta: Any) -> bool:
    return are_ten_equal(loss, theta + 0 * np.random.random_sample())  # noqa: NPY002


@pytest.mark.parametrize(
    "answer",
    [seeds_once, seeds_pythons_once, seeds_and_puts_back, seeds_afterwards, draws_by_itself],
)
def test_an_answer_that_seeds_or_draws_does_not_pass(answer: Any) -> None:
    result = gradlab.check("is_deterministic", answer)
    assert result.points == 0
    assert "drew from the global random numbers or seeded them" in str(result)
    assert "set no seed, and draw none yourself" in str(result)


def keeps_the_state(loss: Any, theta: Any) -> bool:
    """Put back what the loss drew."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    same = are_ten_equal(loss, theta)
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002
    return same


def draws_from_its_own(loss: Any, theta: Any) -> bool:
    times = int(np.random.default_rng(0).integers(10, 20)) + random.Random(0).randrange(3)
    return len({loss(theta.copy()) for _ in range(times)}) == 1


@pytest.mark.parametrize("answer", [are_ten_equal, keeps_the_state, draws_from_its_own])
def test_who_leaves_the_global_random_numbers_alone_passes(answer: Any) -> None:
    for seed in range(5):
        assert mark(EXERCISES["is_deterministic"], answer, seed).points == 3


def test_an_answer_that_leaves_another_theta_does_not_pass() -> None:
    def spoils_theta(loss: Any, theta: Any) -> bool:
        same = are_ten_equal(loss, theta)
        theta[0] += 1e-9
        return same

    result = gradlab.check("is_deterministic", spoils_theta)
    assert result.points == 0
    assert "changed its argument in place" in str(result)


@settings(max_examples=10)
@given(seed=seeds)
def test_ten_evaluations_tell_every_loss_and_six_do_not(seed: int) -> None:
    exercise = EXERCISES["is_deterministic"]
    for times in (10, 11, 50):
        assert mark(exercise, _make_comparison(times, copies=True), seed).points == 3
    for times in (2, 3, 6):
        marking = mark(exercise, _make_comparison(times, copies=True), seed)
        assert marking.points <= 2
        assert "Compare ten evaluations, all" in marking.hints[0]


def first_and_last(loss: Any, theta: Any) -> bool:
    values = [loss(theta.copy()) for _ in range(10)]
    return bool(values[0] == values[-1])


def first_pair_decides(loss: Any, theta: Any) -> bool:
    for _ in range(10):
        return bool(loss(theta.copy()) == loss(theta.copy()))
    return True


def rounded(loss: Any, theta: Any) -> bool:
    return len({round(loss(theta.copy()), 6) for _ in range(10)}) == 1


def spread(loss: Any, theta: Any) -> Any:
    return np.ptp([loss(theta.copy()) for _ in range(10)])


def variance(loss: Any, theta: Any) -> Any:
    return np.var([loss(theta.copy()) for _ in range(10)]) == 0


def equals_the_mean(loss: Any, theta: Any) -> bool:
    values = [loss(theta.copy()) for _ in range(10)]
    return bool(values[0] == sum(values) / 10)


def seeds_by_itself(loss: Any, theta: Any) -> bool:
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    first = loss(theta.copy())
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    return bool(first == loss(theta.copy()))


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            lambda loss, theta: loss(theta.copy()) in [loss(theta.copy()) for _ in range(9)],
            "not any(...)",
        ),
        (first_and_last, "Compare ten evaluations, all"),
        (first_pair_decides, "Compare ten evaluations, all"),
        (rounded, "do you allow a tolerance"),
        (variance, "spread of equal numbers need not come out as exactly 0"),
        (equals_the_mean, "Compare each value with the first, with =="),
        (spread, "True or False is needed"),
        (seeds_by_itself, "the same seed is set before each evaluation"),
        (
            lambda loss, theta: bool(np.diff([loss(theta), loss(theta)])),
            "wrong way round",
        ),
        (lambda loss, theta: True, "the same for every input"),
        (lambda loss, theta: False, "at one and the same theta"),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(answer: Any, words: str) -> None:
    result = gradlab.check("is_deterministic", answer)
    assert not result.passed
    assert words in str(result)


def test_the_spread_of_equal_losses_is_not_0_in_some_case_of_every_seed() -> None:
    for seed in range(20):
        marking = mark(EXERCISES["is_deterministic"], variance, seed)
        assert [group.passed for group in marking.groups[:2]] == [False, False]
        assert len(marking.hints) == 1
