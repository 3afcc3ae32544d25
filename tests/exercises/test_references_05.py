"""The references of lesson 5, against 50 digits or closed forms."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from cases_05 import cases, complex_step_gradient
from hypothesis import given, settings, strategies as st

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.lessons.lesson_05.common.claimed_gradients import (
    RIGHT,
    ClaimedGradient,
    NetworkLoss,
)
from gradlab.exercises.lessons.lesson_05.gradient_check import (
    _central_gradient as central_gradient,
)
from gradlab.exercises.marking.mark import mark

NAMES = ("softmax", "cross_entropy", "backward", "relative_difference", "gradient_check")
softmax, cross_entropy, backward, relative_difference, gradient_check = (
    EXERCISES[name].reference for name in NAMES
)
seeds = st.integers(0, 2**32 - 1)


def exact_log_softmax(Z: Any) -> list[list[Any]]:
    rows = [[mpmath.mpf(float(z)) for z in row] for row in Z]
    totals = [mpmath.log(mpmath.fsum(map(mpmath.exp, row))) for row in rows]
    return [[z - total for z in row] for row, total in zip(rows, totals, strict=True)]


def exact_cross_entropy(Z: Any, Y: Any) -> Any:
    logs = exact_log_softmax(Z)
    return -mpmath.fsum(logs[i][k] for i, k in enumerate(np.argmax(Y, axis=1))) / len(Y)


@settings(max_examples=10)
@given(seed=seeds)
def test_softmax_and_cross_entropy_are_right_to_the_last_digits(seed: int) -> None:
    with mpmath.workdps(50):
        for (Z,) in cases("softmax", seed):
            exact = np.array([[float(mpmath.exp(v)) for v in row] for row in exact_log_softmax(Z)])
            np.testing.assert_allclose(softmax(Z), exact, rtol=1e-11, atol=1e-300)
            np.testing.assert_allclose(softmax(Z).sum(axis=1), 1.0, rtol=1e-15)
        for Z, Y in cases("cross_entropy", seed):
            exact_loss = float(exact_cross_entropy(Z, Y))
            assert cross_entropy(Z, Y) == pytest.approx(exact_loss, rel=1e-11)


@pytest.mark.parametrize("level", [0.0, 1e4, -1e4])
def test_equal_logits_are_a_tie_at_any_level(level: float) -> None:
    Z, Y = np.full((2, 4), level), np.eye(4)[:2]
    np.testing.assert_array_equal(softmax(Z), np.full((2, 4), 0.25))
    assert cross_entropy(Z, Y) == pytest.approx(math.log(4))


def test_logits_of_1e4_of_either_sign_give_finite_values_without_a_warning() -> None:
    Z = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]])
    np.testing.assert_array_equal(softmax(Z), np.array([[1, 0, 0], [0, 0.5, 0.5]]))
    wrong_class = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    assert cross_entropy(Z, wrong_class) == pytest.approx(2e4 + math.log(2) / 2, rel=1e-15)


exact_tanh = np.vectorize(mpmath.tanh, otypes=[object])


def exact_loss_of(params: Any, X: Any, Y: Any) -> Any:
    """The mean cross-entropy, where params and X are arrays of mpmath's numbers."""
    A = X
    for W, b in params[:-1]:
        A = exact_tanh(A @ W + b)
    W, b = params[-1]
    rows = A @ W + b
    totals = [mpmath.log(mpmath.fsum(map(mpmath.exp, row))) for row in rows]
    return (sum(totals) - np.sum(Y * rows)) / len(rows)


@pytest.mark.parametrize("case", [1, 3, 6], ids=["no hidden", "one hidden", "two hidden"])
def test_backward_is_the_derivative_of_the_loss_by_differences_of_fifty_digits(case: int) -> None:
    params, X, Y = cases("backward", 5)[case]
    gradients = backward(params, X, Y)
    with mpmath.workdps(50):
        to_exact = np.vectorize(mpmath.mpf, otypes=[object])
        exact = [(to_exact(W), to_exact(b)) for W, b in params]
        h = mpmath.mpf(10) ** -15
        for layer, gradient in enumerate(gradients):
            for array, claimed in zip(exact[layer], gradient, strict=True):
                for place in np.ndindex(array.shape):
                    value, losses = array[place], []
                    for moved in (value + h, value - h):
                        array[place] = moved
                        losses.append(exact_loss_of(exact, to_exact(X), Y))
                    array[place] = value
                    slope = float((losses[0] - losses[1]) / (2 * h))
                    assert claimed[place] == pytest.approx(slope, rel=1e-11, abs=1e-14)


def test_backward_has_the_shapes_of_params_and_shares_no_memory() -> None:
    for params, X, Y in cases("backward", 1):
        gradients = backward(params, X, Y)
        assert len(gradients) == len(params)
        for (W, b), (dW, db) in zip(params, gradients, strict=True):
            assert (dW.shape, db.shape) == (W.shape, b.shape)
            assert not np.shares_memory(dW, W)
            assert not np.shares_memory(db, b)


@settings(max_examples=10)
@given(seed=seeds)
def test_relative_difference_is_right_symmetric_and_free_of_scale(seed: int) -> None:
    with mpmath.workdps(50):
        for a, b in cases("relative_difference", seed):
            ratio = relative_difference(a, b)
            assert ratio == pytest.approx(relative_difference(b, a), nan_ok=True)
            assert ratio == pytest.approx(relative_difference(8 * a, 8 * b), nan_ok=True)
            if np.isnan(a + b).any():
                assert math.isnan(ratio)
                continue
            apart, *sizes = (mpmath.norm(v.ravel().tolist(), 2) for v in (a - b, a, b))
            total = mpmath.fsum(sizes)
            assert ratio == pytest.approx(float(apart / total) if total else 0.0, rel=1e-13)


def test_relative_difference_in_closed_form() -> None:
    assert relative_difference(np.array([3.0, 4.0]), np.array([3.0, -4.0])) == pytest.approx(0.8)
    assert relative_difference(np.array([3.0, 4.0]), np.zeros(2)) == 1.0
    assert relative_difference(np.ones((2, 2)), -np.ones((2, 2))) == 1.0
    assert relative_difference(np.zeros(3), np.zeros(3)) == 0.0
    assert math.isnan(relative_difference(np.array([math.nan, 0.0]), np.zeros(2)))


@settings(max_examples=25)
@given(seed=seeds)
def test_right_gradients_are_right_and_wrong_ones_are_wrong_by_a_clear_margin(seed: int) -> None:
    for loss, gradient, theta in cases("gradient_check", seed):
        exact, claimed = complex_step_gradient(loss, theta), gradient(theta)
        measured = relative_difference(claimed, central_gradient(loss, theta))
        if gradient.kind == "its gradient":
            assert relative_difference(claimed, exact) < 1e-13
            assert measured < 1e-8
            assert gradient_check(loss, gradient, theta)
        else:
            assert not relative_difference(claimed, exact) < 1.4e-4
            assert not measured < 1.4e-4
            assert not gradient_check(loss, gradient, theta)


def test_the_loss_of_gradient_check_is_the_loss_that_backward_differentiates() -> None:
    rng = np.random.default_rng(0)
    loss = NetworkLoss((3, 4, 2), rng.uniform(size=(5, 3)), np.eye(2)[[0, 1, 1, 0, 1]], 1.0)
    theta = rng.normal(size=26)
    params = loss.params(theta)
    packed = np.concatenate([v.ravel() for pair in backward(params, loss.X, loss.Y) for v in pair])
    np.testing.assert_allclose(ClaimedGradient(loss, RIGHT)(theta), packed, rtol=1e-12)
    (W1, b1), (W2, b2) = params
    logits = np.tanh(loss.X @ W1 + b1) @ W2 + b2
    assert loss(theta) == pytest.approx(cross_entropy(logits, loss.Y), rel=1e-14)
    with pytest.raises(ValueError, match=r"theta has shape \(\); it must have shape \(26,\)"):
        loss(theta[0])


def test_gradient_check_where_the_loss_is_constant() -> None:
    assert gradient_check(lambda t: 3.0, lambda t: 0 * t, np.ones(3)) is True
    assert gradient_check(lambda t: 3.0, lambda t: 0 * t + 1, np.ones(3)) is False


def test_gradient_check_leaves_theta_and_random_numbers_alone() -> None:
    state = np.random.get_state()[1].copy()  # type: ignore[index] # noqa: NPY002
    loss, gradient, theta = cases("gradient_check", 3)[0]
    before = theta.copy()
    gradient_check(loss, gradient, theta)
    mark(EXERCISES["gradient_check"], gradient_check, 3)
    np.testing.assert_array_equal(theta, before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # type: ignore[index] # noqa: NPY002
