"""What wrong answers to lesson 4 are told that nobody foresaw."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from answers_04 import index_a_list, windows

import gradlab
from gradlab.exercises.lessons.lesson_04.pack import _pack_stacked


def with_room_to_spare(params: Any) -> Any:
    theta = np.zeros(100)
    start = 0
    for layer in params:
        for block in layer:
            theta[start : start + block.size] = block.ravel()
            start += block.size
    return theta


def flattened_rows(params: Any) -> Any:
    rows = []
    for W, b in params:
        rows.append(W.ravel())
        rows.append(b)
    return np.array(rows)


def emptied(params: Any) -> Any:
    rows = []
    while params:
        rows += [block.ravel() for block in params.pop(0)]
    return np.concatenate(rows, dtype=float)


def in_the_type_of_the_blocks(params: Any) -> Any:
    return np.hstack([block.ravel() for layer in params for block in layer])


def sums_of_layers(params: Any) -> Any:
    return np.concatenate([(W + b).ravel() for W, b in params], dtype=float)


def sizes_added(theta: Any, shapes: Any) -> Any:
    params, start = [], 0
    for (n_in, n_out), _ in shapes:
        end = start + n_in + n_out
        params.append((theta[start:end].reshape(n_in, n_out), theta[end : end + n_out]))
        start = end + n_out
    return params


def n_in_for_b(theta: Any, shapes: Any) -> Any:
    params, start = [], 0
    for (n_in, n_out), _ in shapes:
        W = theta[start : start + n_in * n_out].reshape(n_in, n_out)
        start += n_in * n_out
        params.append((W.copy(), theta[start : start + n_in].copy()))
        start += n_in
    return params


def n_in_for_b_alone(theta: Any, shapes: Any) -> Any:
    starts = np.cumsum([0, *((n_in + 1) * n_out for (n_in, n_out), _ in shapes)])
    return [n_in_for_b(theta[k:], [pair])[0] for k, pair in zip(starts, shapes, strict=False)]


def equal_parts(theta: Any, shapes: Any) -> Any:
    return [(part, part) for part in np.array_split(theta, len(shapes))]


def biases_of_zero(theta: Any, shapes: Any) -> Any:
    return [(W.copy(), 0 * b) for W, b in windows(theta, shapes)]


def named_blocks(theta: Any, shapes: Any) -> Any:
    return {f"W{k}": pair for k, pair in enumerate(windows(theta, shapes), start=1)}


def inside_only(change: Callable[[str, Any], Any]) -> Callable[[int, Any], Any]:
    def located(index: int, shapes: Any) -> Any:
        if index < 0:
            raise IndexError
        return change(*index_a_list(index, shapes))

    return located


def ends_without_answer(index: int, shapes: Any) -> Any:
    for layer, ((n_in, n_out), _) in enumerate(shapes):
        if index < n_in * n_out:
            return f"W{layer}", (index % n_out, index // n_out)
        index -= n_in * n_out
        if index < n_out:
            return f"b{layer}", (index,)
        index -= n_out
    return None


def two_divisors(index: int, shapes: Any) -> Any:
    name, place = index_a_list(index, shapes)
    if name[0] == "b":
        return name, place
    n_in, n_out = shapes[int(name[1:]) - 1][0]
    offset = place[0] * n_out + place[1]
    return name, (offset // n_out, offset % n_in)


def asserts_inside(index: int, shapes: Any) -> Any:
    assert 0 <= index < sum(n_in * n_out + n_out for (n_in, n_out), _ in shapes)
    return index_a_list(index, shapes)


def aliases(loss: Any, theta: Any, h: float) -> Any:
    gradient = np.zeros(len(theta))
    for i in range(len(theta)):
        above = theta
        above[i] += h
        below = theta
        below[i] -= h
        gradient[i] = (loss(above) - loss(below)) / (2 * h)
    return gradient


def one_sum(loss: Any, theta: Any, h: float) -> Any:
    total = 0.0
    for step in h * np.eye(len(theta)):
        total += (loss(theta + step) - loss(theta - step)) / (2 * h)
    return total


def all_rows_at_once(loss: Any, theta: Any, h: float) -> Any:
    steps = h * np.eye(len(theta))
    return (loss(theta + steps) - loss(theta - steps)) / (2 * h)


def added_in_place(loss: Any, theta: Any, h: float) -> Any:
    gradient = np.zeros(len(theta))
    for i, step in enumerate(h * np.eye(len(theta))):
        theta += step
        above = loss(theta)
        theta -= 2 * step
        gradient[i] = (above - loss(theta)) / (2 * h)
        theta += step
    return gradient


def slopes(loss: Any, theta: Any, h: float) -> Any:
    steps = h * np.eye(len(theta))
    return [(loss(theta + step) - loss(theta - step)) / (2 * h) for step in steps]


def own_step(loss: Any, theta: Any, h: float) -> Any:
    return slopes(loss, theta, 1e-6)


def scaled_steps(loss: Any, theta: Any, h: float) -> Any:
    gradient = []
    for i, size in enumerate(np.abs(theta)):
        step = np.zeros(len(theta))
        step[i] = h * size
        gradient.append((loss(theta + step) - loss(theta - step)) / (2 * step[i]))
    return gradient


def tripled(loss: Any, theta: Any, h: float) -> Any:
    return [3 * slope for slope in slopes(loss, theta, h)]


def backward_differences(loss: Any, theta: Any, h: float) -> Any:
    return [(loss(theta) - loss(theta - step)) / h for step in h * np.eye(len(theta))]


def steps_of_one(loss: Any, theta: Any, h: float) -> Any:
    units = np.eye(len(theta))
    return np.array([(loss(theta + e) - loss(theta - e)) / (2 * h) for e in units])


def steps_like_theta(loss: Any, theta: Any, h: float) -> Any:
    gradient = np.empty_like(theta)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = h
        gradient[i] = (loss(theta + step) - loss(theta - step)) / (2 * h)
    return gradient


def imaginary_steps(loss: Any, theta: Any, h: float) -> Any:
    return np.array([loss(theta + 1j * step).imag / h for step in h * np.eye(len(theta))])


def offset_alone(index: int, shapes: Any) -> Any:
    name, place = index_a_list(index, shapes)
    n_out = shapes[int(name[1:]) - 1][1][0]
    return name, (place[0] * n_out + place[1],) if name[0] == "W" else place


def first_layer_alone(index: int, shapes: Any) -> Any:
    for (n_in, n_out), _ in shapes:
        if 0 <= index < n_in * n_out:
            return "W1", divmod(index, n_out)
        if 0 <= index < n_in * n_out + n_out:
            return "b1", (index - n_in * n_out,)
        break
    raise IndexError("no such entry")


def negated(params: Any) -> Any:
    return np.concatenate([-block.ravel() for layer in params for block in layer], dtype=float)


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("pack", with_room_to_spare, "returned shape (100,); shape (9,) is needed"),
        ("pack", with_room_to_spare, "one entry for every number in every W and b"),
        ("pack", flattened_rows, "join the rows with np.concatenate"),
        ("pack", emptied, "changed its argument in place"),
        ("pack", sums_of_layers, "no more and no less"),
        ("pack", in_the_type_of_the_blocks, "a step of 1e-5 is lost or becomes a whole 1"),
        ("pack", negated, "Every value has the wrong sign"),
        ("unpack", sizes_added, "W has n_in * n_out"),
        ("unpack", n_in_for_b, "b has one entry for each unit of its layer: n_out"),
        ("unpack", n_in_for_b_alone, "b has one entry for each unit of its layer: n_out"),
        ("unpack", equal_parts, "At [0][0] your function returned shape"),
        ("unpack", biases_of_zero, "At [0][1] your function returned"),
        ("unpack", named_blocks, "returned a dict; a list or tuple of 1 is needed"),
        ("locate", inside_only(lambda name, place: (name.lower(), place)), '"W1" is right'),
        ("locate", inside_only(lambda name, place: f"{name}{place}"), "Return two things"),
        (
            "locate",
            inside_only(lambda name, place: (name, (0, *place)[-2:])),
            "The place in b is a tuple too, of one number",
        ),
        ("locate", ends_without_answer, "You count layers from 0"),
        ("locate", two_divisors, "take // and % by the same number"),
        ("locate", asserts_inside, "the error to raise is an IndexError"),
        ("locate", offset_alone, "W has two axes"),
        ("locate", first_layer_alone, "ends with the first layer"),
        ("numerical_gradient", aliases, "a second name for the same array"),
        ("numerical_gradient", one_sum, "You return a single number"),
        ("numerical_gradient", all_rows_at_once, "nor several thetas at once"),
        ("numerical_gradient", added_in_place, "Convert theta to float64 first"),
        ("numerical_gradient", own_step, "the same for two different steps"),
        ("numerical_gradient", scaled_steps, "Your steps grow with |theta[i]|"),
        ("numerical_gradient", tripled, "Every value is 3 times the right one"),
        ("numerical_gradient", backward_differences, "a one-sided difference"),
        ("numerical_gradient", steps_of_one, "have to be multiplied by h"),
        ("numerical_gradient", steps_like_theta, "Convert theta to float64 first"),
        ("numerical_gradient", imaginary_steps, "it got complex ones"),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(
    name: str, answer: Any, words: str
) -> None:
    result = gradlab.check(name, answer)
    assert not result.passed
    assert words in str(result)


@pytest.mark.usefixtures("unwatched")
def test_entries_that_are_off_by_next_to_nothing_are_shown() -> None:
    # Numbers that are moved, not computed, have to be the same to the last bit.
    text = str(gradlab.check("pack", lambda params: _pack_stacked(params) * (1.0 + 1e-13)))
    assert "At entry [0] your function returned " in text
    assert "could not be checked" not in text
