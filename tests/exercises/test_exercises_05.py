"""The exercises of lesson 5: right references, fair cases, and messages that help."""

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradlab
from gradlab.exercises.backward_passes import run_backward_with_ones as backward_with_ones
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.claimed_gradients import RIGHT, ClaimedGradient, NetworkLoss
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.lessons.lesson_05.common import (
    find_log_sum_exp as log_sum_exp,
    softmax_by_columns,
)
from gradlab.exercises.lessons.lesson_05.gradient_check import (
    _central_gradient as central_gradient,
)
from gradlab.exercises.marking import mark
from gradlab.exercises.values import judge_value

NAMES = ("softmax", "cross_entropy", "backward", "relative_difference", "gradient_check")
softmax, cross_entropy, backward, relative_difference, gradient_check = (
    EXERCISES[name].reference for name in NAMES
)
seeds = st.integers(0, 2**32 - 1)
each_exercise = pytest.mark.parametrize("exercise", [EXERCISES[name] for name in NAMES], ids=NAMES)


def cases(name: str, seed: int) -> list[tuple[Any, ...]]:
    groups = EXERCISES[name].cases(np.random.default_rng(seed))
    return [arguments for group in groups.values() for arguments in group]


# --- The references, against 50 digits or closed forms


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


def complex_step_gradient(loss: Any, theta: Any) -> Any:
    """The gradient of a smooth loss to the last digits: nothing is subtracted."""
    return np.array([loss(theta + e).imag / 1e-20 for e in 1e-20j * np.eye(theta.size)])


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


# --- Messages for wrong answers that nobody foresaw


def softmax_in_place(Z: Any) -> Any:
    Z -= Z.max(axis=1, keepdims=True)
    return softmax_by_columns(Z)


def softmax_of_the_first_row(Z: Any) -> Any:
    for z in Z:
        return np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    return None


def softmax_to_the_base_2(Z: Any) -> Any:
    powers = 2 ** (Z - Z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_unshifted_over_all(Z: Any) -> Any:
    return np.exp(Z) / np.sum(np.exp(Z))


def softmax_shifted_by_size(Z: Any) -> Any:
    exponentials = np.exp(Z - np.abs(Z).max(axis=1, keepdims=True))
    with np.errstate(invalid="ignore"):
        return exponentials / exponentials.sum(axis=1, keepdims=True)


def softmax_of_builtin_max(Z: Any) -> Any:
    return np.exp(Z - max(Z))


def sum_of_logs(Z: Any, Y: Any) -> Any:
    return -np.sum(Y * np.log(softmax_by_columns(Z)))


def indexed_by_one_hot(Z: Any, Y: Any) -> Any:
    return -np.mean(np.log(softmax_by_columns(Z)[np.arange(len(Z)), Y]))


def entropy_unshifted_and_floored(Z: Any, Y: Any) -> Any:
    A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    return -np.mean(np.sum(Y * np.log(A + 1e-15), axis=1))


def entropy_floored_at_1e_7(Z: Any, Y: Any) -> Any:
    return -np.mean(np.sum(Y * np.log(np.maximum(softmax_by_columns(Z), 1e-7)), axis=1))


def likeliest_label_as_logit(Z: Any, Y: Any) -> Any:
    return np.mean(log_sum_exp(Z) - Y[np.arange(len(Z)), np.argmax(Z, axis=1)])


def entropy_with_roles_exchanged(constant: float) -> Callable[[Any, Any], Any]:
    def entropy(Z: Any, Y: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return -np.mean(np.sum(softmax_by_columns(Z) * np.log(Y + constant), axis=1))

    return entropy


def mean_of_one_term(Z: Any, Y: Any) -> Any:
    return np.mean(log_sum_exp(Z)) - np.sum(Z[Y == 1])


def mean_of_the_other_term(Z: Any, Y: Any) -> Any:
    shifted = Z - Z.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)).sum() - np.mean(shifted[Y == 1])


def backward_of(
    forward: Callable[[Any], Any], slope: Callable[[Any], Any], carries_slope: bool = True
) -> Callable[[Any, Any, Any], Any]:
    """Backpropagation of a network with another activation, or another use of its slope."""

    def gradients(params: Any, X: Any, Y: Any) -> Any:
        inputs = [X]
        for W, b in params:
            logits = inputs[-1] @ W + b
            inputs.append(forward(logits))
        delta = local = (softmax_by_columns(logits) - Y) / len(X)
        found: list[Any] = []
        for (W, _), A in zip(params[::-1], inputs[-2::-1], strict=True):
            found = [(A.T @ local, local.sum(axis=0)), *found]
            delta = delta @ W.T
            local = delta * slope(A)
            delta = local if carries_slope else delta
        return found

    return gradients


def without_bias(params: Any, X: Any, Y: Any) -> Any:
    return backward_with_ones([(W, np.zeros(len(b))) for W, b in params], X, Y)


def trained(rate: float) -> Callable[[Any, Any, Any], Any]:
    def updated(params: Any, X: Any, Y: Any) -> Any:
        gradients = backward_with_ones(params, X, Y)
        return [
            [old - rate * new for old, new in zip(*pair, strict=True)]
            for pair in zip(params, gradients, strict=True)
        ]

    return updated


def trains_meanwhile(params: Any, X: Any, Y: Any) -> Any:
    gradients = backward_with_ones(params, X, Y)
    for (W, b), (dW, db) in zip(params, gradients, strict=True):
        W -= 0.1 * dW
        b -= 0.1 * db
    return gradients


def into_a_dict(params: Any, X: Any, Y: Any) -> Any:
    return dict(enumerate(backward_with_ones(params, X, Y)))


def weights_alone(params: Any, X: Any, Y: Any) -> Any:
    return [dW for dW, _ in backward_with_ones(params, X, Y)]


def two_layers_only(params: Any, X: Any, Y: Any) -> Any:
    (_, _), (_, _) = params
    return backward_with_ones(params, X, Y)


def multiplied_in_the_wrong_order(params: Any, X: Any, Y: Any) -> Any:
    return [(dW, Y @ W) for (dW, _), (W, _) in zip(backward_with_ones(params, X, Y), params)]  # noqa: B905


def norms_of_columns(a: Any, b: Any) -> Any:
    size = np.linalg.norm
    return size(a - b, axis=0) / (size(a, axis=0) + size(b, axis=0))


def in_percent(a: Any, b: Any) -> Any:
    return 100 * EXERCISES["relative_difference"].also_right[0](a, b)


def largest_by_largest(a: Any, b: Any) -> Any:
    return np.abs(a - b).max() / max(np.abs(a).max(), np.abs(b).max())


def zero_if_close(a: Any, b: Any) -> Any:
    return 0.0 if np.allclose(a, b) else EXERCISES["relative_difference"].also_right[0](a, b)


def zero_if_near(a: Any, b: Any) -> Any:
    difference = EXERCISES["relative_difference"].also_right[0](a, b)
    return 0.0 if difference < 1e-6 else difference


def cs231n(a: Any, b: Any) -> Any:
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def zero_if_tiny(a: Any, b: Any) -> Any:
    total = np.linalg.norm(a) + np.linalg.norm(b)
    return 0.0 if total < 1e-12 else np.linalg.norm(a - b) / total


def without_nan(a: Any, b: Any) -> Any:
    total = np.sqrt(np.nansum(a**2)) + np.sqrt(np.nansum(b**2))
    return 0.0 if total == 0 else np.sqrt(np.nansum((a - b) ** 2)) / total


def never_above_one(a: Any, b: Any) -> Any:
    return 1.0 if np.isnan(a + b).any() else EXERCISES["relative_difference"].also_right[0](a, b)


def ratio(loss: Any, gradient: Any, theta: Any) -> Any:
    return EXERCISES["relative_difference"].also_right[0](
        gradient(theta), central_gradient(loss, theta)
    )


def in_words(loss: Any, gradient: Any, theta: Any) -> Any:
    return "pass" if ratio(loss, gradient, theta) < 1e-7 else "fail"


def only_prints(loss: Any, gradient: Any, theta: Any) -> Any:
    print(ratio(loss, gradient, theta) < 1e-7)


def one_entry_passed_alone(loss: Any, gradient: Any, theta: Any) -> Any:
    slopes = [(loss(value + 1e-5) - loss(value - 1e-5)) / 2e-5 for value in theta]
    return np.allclose(slopes, gradient(theta))


def all_entries_moved_at_once(loss: Any, gradient: Any, theta: Any) -> Any:
    slope = (loss(theta + 1e-5) - loss(theta - 1e-5)) / 2e-5
    return bool(np.linalg.norm(gradient(theta) - slope) < 1e-7)


def restored_by_adding(loss: Any, gradient: Any, theta: Any) -> Any:
    numeric = np.zeros_like(theta)
    for i in range(len(theta)):
        theta[i] += 1e-5
        above = loss(theta)
        theta[i] -= 2e-5
        numeric[i] = (above - loss(theta)) / 2e-5
        theta[i] += 1e-5
    return EXERCISES["relative_difference"].also_right[0](gradient(theta), numeric) < 1e-7


def lenient_and_lets_nan_pass(loss: Any, gradient: Any, theta: Any) -> Any:
    return not ratio(loss, gradient, theta) > 1e-2


def by_entries(reach: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], bool]:
    """Compare the largest difference of the entries, relative to each, with 1e-6."""

    def compared(loss: Any, gradient: Any, theta: Any) -> bool:
        a, n = gradient(theta), central_gradient(loss, theta)
        return bool(np.max(reach(a, n) / (np.abs(a) + np.abs(n))) < 1e-6)

    return compared


def is_equal(loss: Any, gradient: Any, theta: Any) -> Any:
    return np.array_equal(gradient(theta), central_gradient(loss, theta))


def within(tolerance: float, h: float = 1e-5) -> Callable[[Any, Any, Any], Any]:
    def near(loss: Any, gradient: Any, theta: Any) -> Any:
        numeric = central_gradient(loss, theta, h)
        return EXERCISES["relative_difference"].also_right[0](gradient(theta), numeric) < tolerance

    return near


def all_close(loss: Any, gradient: Any, theta: Any) -> Any:
    return np.allclose(gradient(theta), central_gradient(loss, theta))


def fixed_distance_of_1e_4(loss: Any, gradient: Any, theta: Any) -> Any:
    return np.linalg.norm(gradient(theta) - central_gradient(loss, theta)) < 1e-4


def upside_down(loss: Any, gradient: Any, theta: Any) -> Any:
    return ratio(loss, gradient, theta) > 1e-7


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("softmax", softmax_in_place, ["changed its argument in place", "Make a copy"]),
        ("softmax", softmax_of_the_first_row, ["returned shape (2,); shape (3, 2) is needed"]),
        (
            "softmax",
            softmax_unshifted_over_all,
            ["All entries together sum to 1", "np.exp overflows"],
        ),
        ("softmax", softmax_of_builtin_max, ["ambiguous", "max(Z)"]),
        ("softmax", softmax_to_the_base_2, ["powers of 2"]),
        ("softmax", softmax_shifted_by_size, ["the largest |z|"]),
        ("softmax", lambda Z: softmax_by_columns(np.clip(Z, -50, 50)), ["Clipping"]),
        ("softmax", lambda Z: softmax_by_columns(np.clip(Z, -700, 700)), ["Clipping"]),
        ("cross_entropy", sum_of_logs, ["the sum over the rows", "rounds to 0"]),
        ("cross_entropy", indexed_by_one_hot, ["raised IndexError", "[np.arange(len(Z)), Y]"]),
        ("cross_entropy", entropy_unshifted_and_floored, ["np.exp overflows"]),
        ("cross_entropy", entropy_floored_at_1e_7, ["bounds the loss"]),
        ("cross_entropy", likeliest_label_as_logit, ["At which step"]),
        ("softmax", lambda Z: softmax_by_columns(Z) ** 3, ["Not all of your rows sum to 1"]),
        ("softmax", lambda Z: softmax_by_columns(0.5 * Z), ["Each of your rows sums to 1"]),
        ("softmax", lambda Z: softmax_by_columns(Z.T).T, ["Your columns sum to 1", "axis=1"]),
        ("relative_difference", cs231n, ["You compare entry by entry"]),
        ("relative_difference", zero_if_tiny, ["Tiny is not zero"]),
        ("relative_difference", without_nan, ["You leave NaN out"]),
        *(
            ("cross_entropy", entropy_with_roles_exchanged(constant), ["have changed places"])
            for constant in (0.0, 1e-15, 1e-12, 1e-8)
        ),
        ("cross_entropy", mean_of_one_term, ["One of your two terms is a mean"]),
        ("cross_entropy", mean_of_the_other_term, ["One of your two terms is a mean"]),
        (
            "cross_entropy",
            lambda Z, Y: 2 * EXERCISES["cross_entropy"].also_right[0](Z, Y),
            ["Every value is 2 times the right one"],
        ),
        (
            "backward",
            backward_of(lambda Z: 1 / (1 + np.exp(-Z)), lambda A: A * (1 - A)),
            ["tanh, on the way forward too"],
        ),
        (
            "backward",
            backward_of(lambda Z: Z * (Z > 0), np.sign),
            ["tanh, on the way forward too"],
        ),
        ("backward", backward_of(np.copy, np.ones_like), ["tanh, on the way forward too"]),
        ("backward", without_bias, ["Z is A W + b"]),
        (
            "backward",
            backward_of(np.tanh, lambda A: 1 - A**2, carries_slope=False),
            ["belongs into delta itself, not only into this dW"],
        ),
        ("backward", trained(0.3), ["You return updated parameters"]),
        ("backward", trained(-1.0), ["You return updated parameters"]),
        ("backward", trains_meanwhile, ["changed its argument in place", "Make a copy"]),
        ("backward", into_a_dict, ["returned a dict; a list or tuple of 1 is needed"]),
        ("backward", weights_alone, ["At [0] your function returned 1 part; 2 are needed"]),
        ("backward", two_layers_only, ["not enough values to unpack", "quoted above"]),
        ("backward", multiplied_in_the_wrong_order, ["Write them beside each factor"]),
        ("relative_difference", norms_of_columns, ["a single value is needed"]),
        ("relative_difference", in_percent, ["Every value is 100 times the right one"]),
        ("relative_difference", largest_by_largest, ["largest entry", "0 by 0"]),
        ("relative_difference", zero_if_close, ["Nearly equal is not equal"]),
        ("relative_difference", zero_if_near, ["Nearly equal is not equal"]),
        ("relative_difference", never_above_one, ["returned 1; nan is right"]),
        ("gradient_check", ratio, ["True or False is needed", "A verdict is needed"]),
        ("gradient_check", in_words, ["returned a string; True or False is needed"]),
        ("gradient_check", only_prints, ["returned None", "print only shows"]),
        ("gradient_check", one_entry_passed_alone, ["theta has shape (); it must have shape ("]),
        ("gradient_check", all_entries_moved_at_once, ["move one entry at a time"]),
        ("gradient_check", restored_by_adding, ["theta is another one afterwards"]),
        ("gradient_check", lenient_and_lets_nan_pass, ["the test is too lenient"]),
        ("gradient_check", fixed_distance_of_1e_4, ["a fixed distance"]),
        ("gradient_check", all_close, ["a fixed distance"]),
        ("gradient_check", by_entries(lambda a, n: a - n), ["Without the bars of |a - n|"]),
        ("gradient_check", by_entries(lambda a, n: n - a), ["Without the bars of |a - n|"]),
        ("gradient_check", is_equal, ["Either your tolerance is too strict"]),
        ("gradient_check", within(1e-12), ["Either your tolerance is too strict"]),
        ("gradient_check", within(1e-7, h=1e-12), ["a tiny h, is not that accurate"]),
        ("gradient_check", upside_down, ["the wrong way round"]),
        (
            "gradient_check",
            lambda loss, gradient, theta: True,
            ["returned True; False is right", "np.sum(theta**2)", "the same for every input"],
        ),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(
    name: str, answer: Any, words: list[str]
) -> None:
    result = gradlab.check(name, answer)
    assert not result.passed
    for word in words:
        assert word in str(result)


@pytest.mark.parametrize(
    "answer",
    [
        likeliest_label_as_logit,
        entropy_with_roles_exchanged(1e-12),
        lambda Z, Y: np.mean(log_sum_exp(Z)) - np.mean(Y * Z),
    ],
)
def test_only_a_constant_inside_the_logarithm_is_called_one(answer: Any) -> None:
    assert "bounds the loss" not in str(gradlab.check("cross_entropy", answer))


@each_exercise
def test_nothing_of_gradlab_may_be_used(exercise: Exercise) -> None:
    def borrows(*arguments: Any) -> Any:
        gradlab.relative_difference(np.ones(2), np.ones(2))
        return exercise.reference(*arguments)

    assert exercise.may_use == frozenset()
    result = gradlab.check(exercise.name, borrows)
    assert result.points == 0
    assert "Write this yourself" in str(result)


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
            namespace: dict[str, Any] = {"np": np}
            if function.code.startswith("def "):
                exec(function.code, namespace)
                same = namespace["loss" if function is loss else "gradient"]
            else:
                same = eval(function.code, namespace)
            np.testing.assert_allclose(same(theta), function(theta), rtol=1e-10, atol=1e-19)
