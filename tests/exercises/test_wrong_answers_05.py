"""What wrong answers to lesson 5 are told that nobody foresaw."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.lessons.lesson_05.common.backward_passes import (
    run_backward_with_ones as backward_with_ones,
)
from gradlab.exercises.lessons.lesson_05.common.probabilities import (
    find_log_sum_exp as log_sum_exp,
    softmax_by_columns,
)
from gradlab.exercises.lessons.lesson_05.gradient_check import (
    _central_gradient as central_gradient,
)

NAMES = ("softmax", "cross_entropy", "backward", "relative_difference", "gradient_check")
each_exercise = pytest.mark.parametrize("exercise", [EXERCISES[name] for name in NAMES], ids=NAMES)


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
            ["belongs in delta itself, not only into this dW"],
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
