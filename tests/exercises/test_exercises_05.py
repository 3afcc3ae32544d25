"""The exercises of lesson 5: fair cases, and no holes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases_05 import cases, complex_step_gradient
from hypothesis import given, settings, strategies as st
from pasted_code import run_code

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.lessons.lesson_05.common.backward_passes import (
    run_backward_with_ones as backward_with_ones,
)
from gradlab.exercises.lessons.lesson_05.common.probabilities import (
    find_log_sum_exp as log_sum_exp,
)
from gradlab.exercises.marking.mark import mark
from gradlab.exercises.marking.values import judge_value

NAMES = ("softmax", "cross_entropy", "backward", "relative_difference", "gradient_check")
softmax, relative_difference, gradient_check = (
    EXERCISES[name].reference for name in ("softmax", "relative_difference", "gradient_check")
)
seeds = st.integers(0, 2**32 - 1)
each_exercise = pytest.mark.parametrize("exercise", [EXERCISES[name] for name in NAMES], ids=NAMES)


# --- The cases


@settings(max_examples=25)
@given(seed=seeds)
def test_half_of_the_gradients_of_each_group_are_right(seed: int) -> None:
    groups = EXERCISES["gradient_check"].cases(np.random.default_rng(seed))
    for group in groups.values():
        answers = [gradient_check(*arguments) for arguments in group]
        assert 2 * sum(answers) == len(answers)


@settings(max_examples=25)
@given(seed=seeds)
def test_a_single_entry_is_wrong_in_either_direction(seed: int) -> None:
    groups = EXERCISES["gradient_check"].cases(np.random.default_rng(seed))
    errors = []
    for loss, gradient, theta in groups["wrong in a few entries"]:
        error = gradient(theta) - complex_step_gradient(loss, theta)
        if np.sum(np.abs(error) > 1e-9) == 1:
            errors.append(error[np.abs(error).argmax()])
    assert np.sign(errors).tolist() in ([-1.0, 1.0], [1.0, -1.0])


@settings(max_examples=25)
@given(seed=seeds)
def test_one_pair_is_nearly_equal(seed: int) -> None:
    ratios = [relative_difference(a, b) for a, b in cases("relative_difference", seed)]
    assert sum(1e-8 < ratio < 1e-6 for ratio in ratios) == 1


@settings(max_examples=25)
@given(seed=seeds)
def test_all_sizes_of_a_network_differ(seed: int) -> None:
    for params, X, Y in cases("backward", seed):
        sizes = [*X.shape, *(len(b) for _, b in params)]
        assert len(set(sizes)) == len(sizes)
        np.testing.assert_array_equal(Y.sum(axis=1), 1.0)
    for loss, _, theta in cases("gradient_check", seed)[2:]:
        assert len({len(loss.X), *loss.sizes}) == 4
        assert 15 <= theta.size <= 40
    for (Z,) in cases("softmax", seed):
        assert Z.shape[0] != Z.shape[1]
        assert np.abs(Z).max() <= 1e4
    for Z, Y in cases("cross_entropy", seed):
        assert Z.shape[0] != Z.shape[1]
        assert Z.shape == Y.shape
        assert np.abs(Z).max() <= 1e4


@settings(max_examples=25)
@given(seed=seeds)
def test_far_apart_most_classes_have_a_probability_of_exactly_zero(seed: int) -> None:
    groups = EXERCISES["cross_entropy"].cases(np.random.default_rng(seed))
    for Z, Y in groups["large logits, far apart"]:
        assert np.sum(softmax(Z)[Y == 1] == 0) == len(Z) - 1


def first_argument(*arguments: Any) -> Any:
    return arguments[0]


def all_zeros(exercise: Exercise) -> Callable[..., Any]:
    def zeros(value: Any) -> Any:
        return [zeros(v) for v in value] if isinstance(value, list | tuple) else 0.0 * value

    return lambda *arguments: zeros(exercise.reference(*arguments))


def index_error(*arguments: Any) -> Any:
    raise IndexError


def not_a_number(*arguments: Any) -> float:
    return math.nan


@each_exercise
@settings(max_examples=5)
@given(seed=seeds)
def test_answers_without_a_thought_earn_nothing(exercise: Exercise, seed: int) -> None:
    for answer in (first_argument, all_zeros(exercise), index_error, not_a_number):
        assert mark(exercise, answer, seed).points == 0


@pytest.mark.parametrize(
    ("got", "stage", "words"),
    [
        (math.nan, "", ""),
        (np.float64("nan"), "", ""),
        (0.0, "values", "returned 0; nan is right"),
        (math.inf, "values", "returned inf; nan is right"),
        (np.array([math.nan]), "shape", "a single value is needed"),
        (None, "returns", "returned None"),
    ],
)
def test_where_nan_is_right_nothing_else_is(got: Any, stage: str, words: str) -> None:
    _, failed, detail = judge_value(EXERCISES["relative_difference"], got, np.array(math.nan))
    assert failed == stage
    assert words in detail


@pytest.mark.parametrize("got", [[1.0, math.nan], [1.0, math.inf]])
def test_where_a_number_is_right_nan_is_called_not_finite(got: list[float]) -> None:
    _, stage, detail = judge_value(EXERCISES["softmax"], got, np.array([1.0, 2.0]))
    assert stage == "finite"
    assert "not finite" in detail
    # Only where NaN belongs it passes.
    assert judge_value(EXERCISES["softmax"], [1.0, math.nan], np.array([1.0, math.nan]))[1] == ""
    assert (
        judge_value(EXERCISES["softmax"], [math.nan, 1.0], np.array([1.0, math.nan]))[1]
        == "finite"
    )


# --- Holes: what must earn nothing


def rounded_to_float32(name: str) -> Callable[..., Any]:
    """The reference on float32 copies of its arrays."""

    def lower(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(map(lower, value))
        return value.astype(np.float32)

    return lambda *arguments: EXERCISES[name].reference(*map(lower, arguments))


@pytest.mark.parametrize("name", ["softmax", "cross_entropy", "backward", "relative_difference"])
def test_float32_is_not_enough(name: str) -> None:
    for seed in range(5):
        marking = mark(EXERCISES[name], rounded_to_float32(name), seed)
        # What has no digits to lose, zeros and NaN, may still be right.
        assert marking.points <= EXERCISES[name].points / 2
    assert "float32" in str(mark(EXERCISES[name], rounded_to_float32(name)).hints) or (
        name == "relative_difference"
    )


@pytest.mark.parametrize(
    "floor", [lambda t: max(t, 1e-8), lambda t: max(t, 1e-12), lambda t: t + 2.2e-16]
)
def test_a_floor_in_the_denominator_does_not_pass(floor: Any) -> None:
    def answer(a: Any, b: Any) -> Any:
        return np.linalg.norm(a - b) / floor(np.linalg.norm(a) + np.linalg.norm(b))

    result = gradlab.check("relative_difference", answer)
    assert result.points < 3
    assert "A constant in the denominator" in str(result)


@pytest.mark.parametrize("shape", ["vectors", "matrices"])
@settings(max_examples=10)
@given(seed=seeds)
def test_the_reference_has_room_for_the_squares_of_tiny_and_huge_arrays(
    shape: str, seed: int
) -> None:
    for a, b in EXERCISES["relative_difference"].cases(np.random.default_rng(seed))[shape]:
        scaled = relative_difference(a / np.abs(a).max(), b / np.abs(a).max())
        assert relative_difference(a, b) == pytest.approx(scaled, rel=1e-8)


def differences_of_the_loss(params: Any, X: Any, Y: Any) -> Any:
    """Richardson's formula, the nearest that differences come."""
    moved = [(W.copy(), b.copy()) for W, b in params]

    def loss() -> Any:
        A = X
        for W, b in moved:
            Z = A @ W + b
            A = np.tanh(Z)
        return np.mean(log_sum_exp(Z) - np.sum(Y * Z, axis=1))

    def slope(array: Any, place: Any) -> Any:
        value, slopes = array[place], []
        for h in (1e-3, 2e-3):
            array[place] = value + h
            above = loss()
            array[place] = value - h
            slopes.append((above - loss()) / (2 * h))
        array[place] = value
        return (4 * slopes[0] - slopes[1]) / 3

    return [
        tuple(np.array([slope(v, k) for k in np.ndindex(v.shape)]).reshape(v.shape) for v in pair)
        for pair in moved
    ]


@pytest.mark.usefixtures("unwatched")
def test_differences_in_place_of_backpropagation_do_not_pass() -> None:
    def answer(params: Any, X: Any, Y: Any) -> Any:
        if X.size < 100:
            return differences_of_the_loss(params, X, Y)
        return backward_with_ones(params, X, Y)  # so that the test does not take minutes

    result = gradlab.check("backward", answer)
    assert result.points == 0
    assert "Differences of the loss" in str(result)


def test_one_network_is_too_large_for_a_loss_for_each_entry() -> None:
    sizes = [sum(W.size + b.size for W, b in params) for params, _, _ in cases("backward", 0)]
    assert max(sizes) > 80_000


def test_a_network_of_gradlabs_own_is_no_answer() -> None:
    def answer(params: Any, X: Any, Y: Any) -> Any:
        network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
        network.params = params
        return network.gradients(X, Y)

    assert "Write this yourself" in str(gradlab.check("backward", answer))


# --- The first case of each exercise can be done in the head


@pytest.mark.parametrize("name", NAMES)
def test_the_first_case_is_of_few_small_whole_numbers(name: str) -> None:
    for seed in range(3):
        numbers = [
            np.ravel(part)
            for argument in cases(name, seed)[0]
            if not callable(argument)
            for pair in (argument if isinstance(argument, list) else [argument])
            for part in (pair if isinstance(pair, tuple) else [pair])
        ]
        joined = np.concatenate(numbers)
        assert joined.size <= 20
        np.testing.assert_array_equal(joined, joined.astype(int))
        assert np.abs(joined).max() <= 4


@pytest.mark.parametrize("seed", range(3))
def test_the_code_of_a_loss_or_gradient_makes_the_same_function(seed: int) -> None:
    for loss, gradient, theta in cases("gradient_check", seed):
        for function in (loss, gradient):
            same = run_code(function.code)
            np.testing.assert_allclose(same(theta), function(theta), rtol=1e-10, atol=1e-19)
