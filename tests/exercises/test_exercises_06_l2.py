"""The exercises ``l2_loss`` and ``l2_backward`` of lesson 6."""

import subprocess
import sys
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.lessons.lesson_06.common import (
    draw_problem,
    find_l2_loss as l2_loss_by_hand,
    make_network,
)
from gradlab.exercises.lessons.lesson_06.l2_backward import (
    _l2_backward_by_hand as l2_backward_by_hand,
)
from gradlab.exercises.marking.mark import mark

seeds = st.integers(0, 2**32 - 1)
l2_loss, l2_backward = (EXERCISES[name].reference for name in ("l2_loss", "l2_backward"))


def problem(hidden: int, seed: int = 0, lam_sign: int = 1) -> tuple[Any, ...]:
    return draw_problem(np.random.default_rng(seed), hidden, lam_sign)


def precise_loss(params: Any, X: Any, Y: Any, lam: float) -> Any:
    """The loss with 50 digits, entry by entry."""
    outputs = mpmath.matrix(X.tolist())
    for layer, (W, b) in enumerate(params):
        Z = outputs * W
        for i in range(Z.rows):
            for j in range(Z.cols):
                z = Z[i, j] + b[j]
                Z[i, j] = mpmath.tanh(z) if layer < len(params) - 1 else z
        outputs = Z
    rows = [
        mpmath.log(sum(mpmath.exp(outputs[i, k]) for k in range(outputs.cols)))
        - sum(Y[i, k] * outputs[i, k] for k in range(outputs.cols))
        for i in range(outputs.rows)
    ]
    return sum(rows) / outputs.rows + mpmath.mpf(lam) / 2 * sum(w**2 for W, _ in params for w in W)


def precise_params(params: Any) -> Any:
    return [(mpmath.matrix(W.tolist()), [mpmath.mpf(v) for v in b.tolist()]) for W, b in params]


@pytest.mark.parametrize("hidden", [0, 1, 2])
@pytest.mark.parametrize("lam_sign", [1, -1])
def test_l2_loss_and_its_gradient_agree_with_fifty_digits(hidden: int, lam_sign: int) -> None:
    params, X, Y, lam = problem(hidden, seed=hidden, lam_sign=lam_sign)
    gradient = l2_backward(params, X, Y, lam)
    with mpmath.workdps(50):
        precise = precise_params(params)
        loss = precise_loss(precise, X, Y, lam)
        assert l2_loss(params, X, Y, lam) == pytest.approx(float(loss), rel=1e-13)
        h = mpmath.mpf(10) ** -15
        for (W, b), (dW, db) in zip(precise, gradient, strict=True):
            places: list[Any] = [(W, index, dW[index]) for index in np.ndindex(dW.shape)]
            places += [(b, j, db[j]) for j in range(len(db))]
            for array, index, slope in places:
                before = array[index]
                array[index] = before + h
                above = precise_loss(precise, X, Y, lam)
                array[index] = before - h
                below = precise_loss(precise, X, Y, lam)
                array[index] = before
                assert float((above - below) / (2 * h)) == pytest.approx(slope, abs=1e-14)


def test_the_l2_references_pass_a_gradient_check() -> None:
    params, X, Y, lam = problem(2, seed=3)
    report = gradlab.check_gradient(
        lambda theta: l2_loss(theta, X, Y, lam),
        lambda theta: l2_backward(theta, X, Y, lam),
        params,
    )
    assert report.passed, report


def test_the_l2_references_agree_with_the_penalty_that_mlp_has_of_its_own() -> None:
    params, X, Y, lam = problem(1, seed=4)
    network = make_network(params, l2=lam)
    assert l2_loss(params, X, Y, lam) == pytest.approx(network.loss(X, Y), rel=1e-14)
    expected = network.gradients(X, Y)
    for mine, theirs in zip(l2_backward(params, X, Y, lam), expected, strict=True):
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)


@settings(max_examples=25)
@given(seed=seeds)
def test_no_two_sizes_of_a_network_are_the_same(seed: int) -> None:
    for hidden in (0, 1, 2):
        params, X, Y, _ = problem(hidden, seed)
        sizes = [*X.shape, *(len(b) for _, b in params)]
        assert len(set(sizes)) == len(sizes) == hidden + 3
        assert len(X) > 2  # or lam / m could be taken for lam / 2
        assert Y.shape == (len(X), sizes[-1])
        np.testing.assert_array_equal(Y.sum(axis=1), 1.0)


@pytest.mark.parametrize(("name", "method"), [("l2_loss", "loss"), ("l2_backward", "gradients")])
def test_mlps_own_penalty_is_no_answer(name: str, method: str) -> None:
    def shortcut(params: Any, X: Any, Y: Any, lam: float) -> Any:
        network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)], l2=lam)
        network.params = params
        return getattr(network, method)(X, Y)

    def by_attribute(params: Any, X: Any, Y: Any, lam: float) -> Any:
        network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
        network.params, network.l2 = params, lam
        return getattr(network, method)(X, Y)

    for answer in (shortcut, by_attribute):
        result = gradlab.check(name, answer)
        assert result.points == 0
        assert "the l2 penalty of MLP. Write this yourself" in str(result)
    # What helps where nobody looks at what is called.
    assert any(
        "would do the exercise for you" in hint
        for hint in mark(EXERCISES[name], shortcut, 0).hints
    )


def test_mlp_may_be_used_first_thing_and_other_code_may_not() -> None:
    program = """
import gradlab
print(gradlab.check("l2_loss"))
def l2_loss(params, X, Y, lam):
    network = gradlab.MLP([X.shape[1]] + [W.shape[1] for W, b in params])
    network.params = params
    return network.loss(X, Y) + lam / 2 * sum((W ** 2).sum() for W, b in params)
result = gradlab.check("l2_loss")
assert result.passed, result
"""
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)

    def borrowed(params: Any, X: Any, Y: Any, lam: float) -> Any:
        return gradlab.numerical_gradient(lambda p: l2_loss_by_hand(p, X, Y, lam), params)

    assert "Of gradlab's functions, you may use MLP." in str(
        gradlab.check("l2_backward", borrowed)
    )


def as_pair(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return l2_loss_by_hand(params, X, Y, 0), lam / 2


def unsummed(params: Any, X: Any, Y: Any, lam: float) -> Any:
    loss = l2_loss_by_hand(params, X, Y, 0)
    for W, _ in params:
        loss = loss + lam / 2 * W**2
    return loss


def no_unpacking(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return l2_loss_by_hand(params, X, Y, 0) + lam / 2 * np.sum(params**2)


def doubled(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return 2 * l2_loss_by_hand(params, X, Y, lam)


def fixed_sizes(params: Any, X: Any, Y: Any, lam: float) -> Any:
    network = gradlab.MLP([3, 4, 2])
    network.params = params
    return network.loss(X, Y)


def one_root(params: Any, X: Any, Y: Any, lam: float) -> Any:
    norm = np.linalg.norm(np.concatenate([W.ravel() for W, _ in params]))
    return l2_loss_by_hand(params, X, Y, 0) + lam / 2 * norm


def loses_the_last(params: Any, X: Any, Y: Any, lam: float) -> Any:
    loss = l2_loss_by_hand(params, X, Y, 0)
    for layer in range(len(params) - 1):
        loss += lam / 2 * np.sum(params[layer][0] ** 2)
    return loss


def last_gradient_plain(params: Any, X: Any, Y: Any, lam: float) -> Any:
    plain = l2_backward_by_hand(params, X, Y, 0)
    return [*l2_backward_by_hand(params, X, Y, lam)[:-1], plain[-1]]


def share_for_each_layer(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return l2_backward_by_hand(params, X, Y, lam / len(params))


def flat(params: Any, X: Any, Y: Any, lam: float) -> Any:
    pairs = l2_backward_by_hand(params, X, Y, lam)
    return np.concatenate([part.ravel() for pair in pairs for part in pair])


def swapped(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return [(db, dW) for dW, db in l2_backward_by_hand(params, X, Y, lam)]


def as_rows(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return [(dW, db[np.newaxis]) for dW, db in l2_backward_by_hand(params, X, Y, lam)]


def spoils_params(params: Any, X: Any, Y: Any, lam: float) -> Any:
    gradients = l2_backward_by_hand(params, X, Y, lam)
    for W, _ in params:
        W -= 0.1 * W
    return gradients


def as_dict(params: Any, X: Any, Y: Any, lam: float) -> Any:
    return dict(enumerate(l2_backward_by_hand(params, X, Y, lam)))


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("l2_loss", as_pair, "a single value is needed"),
        ("l2_loss", unsummed, "is a sum, a mean or an index missing"),
        ("l2_loss", no_unpacking, "in the line “return l2_loss_by_hand(params, X, Y, 0) + lam"),
        ("l2_loss", doubled, "Every value is 2 times the right one"),
        ("l2_loss", fixed_sizes, "sizes (3, 4, 2) need 2"),
        ("l2_loss", loses_the_last, "Hint: The last W is not in your penalty. Sum over all"),
        ("l2_loss", one_root, "Hint: The penalty has squares and no root."),
        ("l2_backward", last_gradient_plain, "Hint: The last dW lacks its lam W."),
        ("l2_backward", share_for_each_layer, "You share lam out among the layers"),
        ("l2_backward", flat, "returned 4 parts"),
        ("l2_backward", swapped, "At dW1 your function returned shape"),
        ("l2_backward", as_rows, "At db1 your function returned shape (1, "),
        ("l2_backward", spoils_params, "changed its argument in place"),
        ("l2_backward", as_dict, "returned a dict; a list or tuple of 1 is needed"),
    ],
)
def test_a_wrong_answer_that_nobody_foresaw_gets_words_that_help(
    name: str, answer: Any, words: str
) -> None:
    result = gradlab.check(name, answer)
    assert not result.passed
    assert words in str(result)


def test_the_hint_of_a_mistake_in_one_layer_only_fits_every_group() -> None:
    for seed in range(10):
        marking = mark(EXERCISES["l2_backward"], share_for_each_layer, seed)
        assert marking.points == 1  # without a hidden layer lam / L is lam
        assert len(marking.hints) == 1
        assert "cancels the 1/2" not in marking.hints[0]
        (hint,) = mark(EXERCISES["l2_loss"], loses_the_last, seed).hints
        assert "missing" not in hint
