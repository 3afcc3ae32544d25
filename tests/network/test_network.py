"""The network against arithmetic with 40 digits, which knows nothing of backpropagation."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, strategies as st

from gradlab.network.activations import ACTIVATIONS
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray

mp.mp.dps = 40
EXACT: dict[str, Callable[[Any], Any]] = {
    "tanh": mp.tanh,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "relu": lambda z: max(z, mp.mpf(0)),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
}
X = np.array([[0.3, -1.2, 0.7], [1.0, 0.4, 0.0], [-0.5, 0.9, 2.0]])
Y = np.array([[1.0, 0.0], [0.25, 0.75], [0.0, 1.0]])


def exact_loss(network: MLP, params: Any) -> Any:
    """The definition, term by term: -sum y ln softmax(z), and the penalty."""
    total = mp.mpf(0)
    for row, (x, y) in enumerate(zip(X.tolist(), Y.tolist(), strict=True)):
        a = [mp.mpf(value) for value in x]
        for layer, (W, b) in enumerate(params):
            z = [b[j] + sum(a[i] * W[i][j] for i in range(len(a))) for j in range(len(b))]
            last = layer == len(params) - 1
            a = z if last else [EXACT[network.activation](value) for value in z]
            if network.masks is not None and not last:
                mask = network.masks[layer][row].tolist()
                a = [
                    v * mp.mpf(k) / mp.mpf(network.keep_prob) for v, k in zip(a, mask, strict=True)
                ]
        normalizer = sum(mp.exp(value) for value in a)
        total -= sum(mp.mpf(p) * mp.log(mp.exp(v) / normalizer) for p, v in zip(y, a, strict=True))
    if network.reduction == "mean":
        total /= len(X)
    squares = sum(w**2 for W, _ in params for row in W for w in row)
    return total + mp.mpf(network.l2) / 2 * squares


def exact_params(network: MLP) -> Any:
    return [
        ([[mp.mpf(w) for w in row] for row in W.tolist()], [mp.mpf(v) for v in b.tolist()])
        for W, b in network.params
    ]


def exact_derivative(network: MLP, layer: int, place: tuple[int, ...]) -> float:
    def moved(value: Any) -> Any:
        params = exact_params(network)
        if len(place) == 2:
            params[layer][0][place[0]][place[1]] = value
        else:
            params[layer][1][place[0]] = value
        return exact_loss(network, params)

    at = exact_params(network)[layer][2 - len(place)]
    for index in place:
        at = at[index]
    h = mp.mpf(10) ** -12
    return float((moved(at + h) - moved(at - h)) / (2 * h))


NETWORKS = [
    MLP([3, 2, 2], activation, l2=l2, reduction=reduction, seed=seed)
    for seed, activation in enumerate(ACTIVATIONS)
    for l2, reduction in ((0.0, "mean"), (0.3, "sum"), (0.3, "mean"))
]
NETWORKS.append(MLP([3, 2]))


def frozen(network: MLP, rows: int = 3, seed: int = 0) -> MLP:
    network.freeze_dropout(rows, seed)
    return network


NETWORKS += [
    frozen(MLP([3, 4, 3, 2], activation, keep_prob=0.6, l2=0.1, seed=seed))
    for seed, activation in enumerate(ACTIVATIONS)
]
NETWORKS += [frozen(MLP([3, 2], keep_prob=0.5)), frozen(MLP([3, 2, 2], reduction="sum"))]


@pytest.mark.parametrize("network", NETWORKS)
def test_loss_and_gradient_match_40_digit_arithmetic(network: MLP) -> None:
    exact = float(exact_loss(network, exact_params(network)))
    assert network.loss(X, Y) == pytest.approx(exact, rel=1e-14)
    for layer, blocks in enumerate(network.gradients(X, Y)):
        for block in blocks:
            for place, value in np.ndenumerate(block):
                expected = exact_derivative(network, layer, place)
                assert value == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_activations_and_slopes_are_stable_far_from_zero(name: str) -> None:
    g, slope = ACTIVATIONS[name]
    Z = np.array([-1e4, -800.0, -40.0, -5.0, -1e-9, 1e-9, 0.5, 5.0, 40.0, 800.0, 1e4])
    A = g(Z)
    for z, a, s in zip(Z.tolist(), A.tolist(), slope(A).tolist(), strict=True):
        exact = EXACT[name](mp.mpf(z))
        assert a == pytest.approx(float(exact), rel=1e-14)
        assert s == pytest.approx(float(mp.diff(EXACT[name], mp.mpf(z))), rel=1e-9, abs=1e-15)


def test_huge_logits_give_a_finite_loss() -> None:
    network = MLP([3, 2])
    network.params = [(1e4 * np.ones((3, 2)) * [1, -1], np.zeros(2))]
    exact = exact_loss(network, exact_params(network))
    assert network.loss(X, Y) == pytest.approx(float(exact), rel=1e-14)
    assert all(np.isfinite(block).all() for layer in network.gradients(X, Y) for block in layer)


@given(st.integers(0, 2**32), st.sampled_from([*ACTIVATIONS]), st.floats(0.0, 1.0))
def test_the_sum_is_m_means_but_the_penalty_counts_once(seed: int, name: str, l2: float) -> None:
    mean = MLP([3, 4, 2], name, l2=l2, seed=seed)
    total = MLP([3, 4, 2], name, l2=l2, reduction="sum", seed=seed)
    bare = MLP([3, 4, 2], name, seed=seed)
    penalty = l2 / 2 * sum(float(np.sum(W**2)) for W, _ in bare.params)
    assert mean.loss(X, Y) == pytest.approx(bare.loss(X, Y) + penalty)
    assert total.loss(X, Y) == pytest.approx(3 * bare.loss(X, Y) + penalty)


def test_initial_parameters_are_seeded_and_not_zero() -> None:
    one, again, other = MLP([4, 3, 2]), MLP([4, 3, 2]), MLP([4, 3, 2], seed=1)
    for (W, b), (W_again, b_again), (W_other, _) in zip(
        one.params, again.params, other.params, strict=True
    ):
        np.testing.assert_array_equal(W, W_again)
        np.testing.assert_array_equal(b, b_again)
        assert (W_other != W).all()
        assert W.all()
        assert b.all()
    assert [(W.shape, b.shape) for W, b in one.params] == [((4, 3), (3,)), ((3, 2), (2,))]
    wide = MLP([400, 600]).params[0][0]
    assert wide.std() == pytest.approx(np.sqrt(2 / 1000), rel=0.01)


def test_fit_is_gradient_descent_on_batches() -> None:
    network = MLP([3, 4, 2])
    by_hand = copy.deepcopy(network)
    losses = network.fit(X, Y, epochs=2, learning_rate=0.5, batch_size=3)
    expected = [by_hand.loss(X, Y)]
    for _ in range(2):
        by_hand.params = [
            (W - 0.5 * dW, b - 0.5 * db)
            for (W, b), (dW, db) in zip(by_hand.params, by_hand.gradients(X, Y), strict=True)
        ]
        expected.append(by_hand.loss(X, Y))
    np.testing.assert_allclose(losses, expected, rtol=1e-12)


def test_fit_learns_and_leaves_its_data_and_old_arrays_alone() -> None:
    network = MLP([3, 8, 2])
    X_before, Y_before = X.copy(), Y.copy()
    W, before = network.params[0][0], network.params[0][0].copy()
    losses = network.fit(X, Y, epochs=300, learning_rate=0.5, batch_size=2)
    assert len(losses) == 301
    assert losses[-1] < 0.3
    assert losses == MLP([3, 8, 2]).fit(X, Y, epochs=300, learning_rate=0.5, batch_size=2)
    assert network.predict(X).tolist() == [0, 1, 1]
    for array, old in ((X, X_before), (Y, Y_before), (W, before)):
        np.testing.assert_array_equal(array, old)


def test_arguments_come_in_this_order() -> None:
    network = MLP([3, 2], "relu", 0.5, 0.8, "sum", 7)
    named = (network.activation, network.l2, network.keep_prob, network.reduction)
    assert named == ("relu", 0.5, 0.8, "sum")
    np.testing.assert_array_equal(network.params[0][0], MLP([3, 2], seed=7).params[0][0])


def test_masks_keep_as_many_as_they_should_and_are_scaled() -> None:
    network = MLP([3, 40, 30, 2], keep_prob=0.7)
    network.freeze_dropout(500)
    masks, scaled = network.masks, network.scale_masks(500)
    assert masks is not None
    assert scaled is not None
    assert [mask.shape for mask in masks] == [(500, 40), (500, 30)]
    for mask, factor in zip(masks, scaled, strict=True):
        assert set(np.unique(mask).tolist()) == {0.0, 1.0}
        # Four standard deviations.
        assert abs(mask.mean() - 0.7) < 4 * np.sqrt(0.21 / mask.size)
        np.testing.assert_array_equal(factor, mask / 0.7)
    assert not np.array_equal(masks[0][:, :30], masks[1])


def test_without_dropout_there_are_no_masks() -> None:
    network = MLP([3, 4, 2])
    assert network.scale_masks(3) is None
    before = network.loss(X, Y)
    assert frozen(network).loss(X, Y) == before


def test_dropout_is_drawn_at_each_call_until_it_is_frozen() -> None:
    network = MLP([3, 20, 2], keep_prob=0.5)
    losses = {network.loss(X, Y) for _ in range(5)}
    assert len(losses) == 5
    one, other = network.gradients(X, Y)[1][0], network.gradients(X, Y)[1][0]
    assert not np.array_equal(one, other)
    network.freeze_dropout(3)
    first = network.loss(X, Y)
    assert network.loss(X, Y) == first
    np.testing.assert_array_equal(network.gradients(X, Y)[0][0], network.gradients(X, Y)[0][0])
    assert frozen(MLP([3, 20, 2], keep_prob=0.5)).loss(X, Y) == first
    assert frozen(network, seed=1).loss(X, Y) != first
    network.unfreeze_dropout()
    assert network.masks is None
    assert network.loss(X, Y) != network.loss(X, Y)


def test_a_copy_draws_the_masks_that_the_original_would_have_drawn() -> None:
    network = MLP([3, 20, 2], keep_prob=0.5)
    network.loss(X, Y)
    twin = copy.deepcopy(network)
    drawn = [network.loss(X, Y) for _ in range(3)]
    assert [twin.loss(X, Y) for _ in range(3)] == drawn
    other = MLP([3, 20, 2], keep_prob=0.5, seed=1)
    other.params = network.params
    assert other.loss(X, Y) != MLP([3, 20, 2], keep_prob=0.5).loss(X, Y)


def test_dropout_keeps_the_mean_of_what_follows() -> None:
    network = MLP([3, 6, 2], keep_prob=0.4)
    masks = [network.scale_masks(3) for _ in range(4000)]
    logits = np.array([network._forward(X, mask)[-1] for mask in masks])
    error = logits.std(axis=0) / np.sqrt(len(masks))
    assert (np.abs(logits.mean(axis=0) - network._forward(X, None)[-1]) < 4.5 * error).all()


def test_predictions_and_the_losses_of_fit_are_without_dropout() -> None:
    network, plain = MLP([3, 8, 2], keep_prob=0.5), MLP([3, 8, 2])
    assert network.predict(X).tolist() == plain.predict(X).tolist()
    losses = network.fit(X, Y, epochs=2)
    assert losses[0] == plain.loss(X, Y)
    plain.params = network.params
    assert losses[-1] == plain.loss(X, Y)
    assert network.predict(X).tolist() == plain.predict(X).tolist()


def test_fit_with_dropout_descends_along_what_gradients_returns() -> None:
    network = MLP([3, 4, 2], keep_prob=0.5)
    by_hand = copy.deepcopy(network)
    network.fit(X, Y, epochs=1, learning_rate=0.5, batch_size=2, seed=3)
    order = np.random.default_rng(3).permutation(3)
    for batch in (order[:2], order[2:]):
        by_hand.params = [
            (W - 0.5 * dW, b - 0.5 * db)
            for (W, b), (dW, db) in zip(
                by_hand.params, by_hand.gradients(X[batch], Y[batch]), strict=True
            )
        ]
    for (W, b), (W_by_hand, b_by_hand) in zip(network.params, by_hand.params, strict=True):
        np.testing.assert_array_equal(W, W_by_hand)
        np.testing.assert_array_equal(b, b_by_hand)


def test_frozen_masks_fit_one_batch_only() -> None:
    network = frozen(MLP([3, 4, 2], keep_prob=0.5))
    for method in (network.loss, network.gradients):
        with pytest.raises(ValueError, match="X has 2 rows; it must have 3, for which dropout is"):
            method(X[:2], Y[:2])
    with pytest.raises(ValueError, match=r"call unfreeze_dropout\(\) before fit"):
        network.fit(X, Y)
    assert network.predict(X[:2]).shape == (2,)
    network.masks = [np.ones((3, 5))]
    with pytest.raises(
        ValueError, match=r"masks\[0\] has shape \(3, 5\); it must have shape \(3, 4\)"
    ):
        network.loss(X, Y)
    network.masks = []
    with pytest.raises(ValueError, match="masks has 0 arrays; it must have 1"):
        network.loss(X, Y)
    with pytest.raises(ValueError, match="rows is 0"):
        network.freeze_dropout(0)


def test_the_callback_sees_every_step() -> None:
    seen: list[tuple[int, int, float]] = []

    def watch(network: MLP, step: int, steps: int) -> None:
        seen.append((step, steps, network.loss(X, Y)))

    network = MLP([3, 4, 2])
    losses = network.fit(X, Y, epochs=3, batch_size=2, callback=watch)
    assert [step for step, _, _ in seen] == list(range(7))
    assert {steps for _, steps, _ in seen} == {6}
    assert [loss for _, _, loss in seen[::2]] == losses
    assert losses == MLP([3, 4, 2]).fit(X, Y, epochs=3, batch_size=2)


def test_an_error_in_the_callback_ends_the_training() -> None:
    def stop(network: MLP, step: int, steps: int) -> None:
        if step == 2:
            raise RuntimeError("enough")

    network, two_steps = MLP([3, 4, 2]), MLP([3, 4, 2])
    with pytest.raises(RuntimeError, match="enough"):
        network.fit(X, Y, epochs=3, callback=stop)
    two_steps.fit(X, Y, epochs=2)
    assert network.loss(X, Y) == two_steps.loss(X, Y)


def test_fit_prints_nothing_within_a_second(capfd: pytest.CaptureFixture[str]) -> None:
    MLP([3, 2]).fit(X, Y, epochs=2)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([(np.ones((3, 4)), np.ones(4))], r"params has 1 layers; sizes \(3, 4, 2\) need 2"),
        ([(np.ones((3, 4)), np.ones(4)), (np.ones((4, 2)),)], r"params\[1\] has 1 parts"),
        (
            [(np.ones((4, 3)), np.ones(4)), (np.ones((4, 2)), np.ones(2))],
            r"W1 in params has shape \(4, 3\); it must have shape \(3, 4\)",
        ),
        (
            # NumPy would broadcast it.
            [(np.ones((3, 4)), np.ones(4)), (np.ones((4, 2)), np.ones((1, 2)))],
            r"b2 in params has shape \(1, 2\); it must have shape \(2,\)",
        ),
    ],
)
def test_params_of_other_shapes_are_named(params: Any, message: str) -> None:
    network = MLP([3, 4, 2])
    network.params = params
    for method in (network.loss, network.gradients, network.fit):
        with pytest.raises(ValueError, match=message):
            method(X, Y)
    with pytest.raises(ValueError, match=message):
        network.predict(X)


def test_a_callback_that_cannot_be_called_is_named() -> None:
    callback: Any = "print"
    with pytest.raises(TypeError, match="callback is of type str; it must be a function"):
        MLP([3, 2]).fit(X, Y, callback=callback)


def bad(array: FloatArray, value: float) -> FloatArray:
    array = array.copy()
    array[1, 0] = value
    return array


@pytest.mark.parametrize(
    ("X_bad", "Y_bad", "error", "message"),
    [
        (X.tolist(), Y, TypeError, "X is of type list"),
        (X[0], Y, ValueError, r"X has shape \(3,\); .* \(m, 3\)"),
        (X[:, :2], Y, ValueError, r"X has shape \(3, 2\); .* \(m, 3\)"),
        (X[:0], Y[:0], ValueError, r"X has shape \(0, 3\)"),
        (bad(X, np.nan), Y, ValueError, r"X has nan at \(1, 0\)"),
        (bad(X, np.inf), Y, ValueError, r"X has inf at \(1, 0\)"),
        (X.astype(complex), Y, TypeError, "X has entries of type complex128"),
        (X.astype(object), Y, TypeError, "X has entries of type object"),
        (X, None, TypeError, "Y is of type NoneType"),
        (X, Y[:, 0], ValueError, r"Y has shape \(3,\); .* \(m, 2\)"),
        (X, Y[:2], ValueError, "Y has 2 rows; it must have 3"),
        (X, bad(Y, np.nan), ValueError, r"Y has nan at \(1, 0\)"),
        (X, bad(Y, 0.5), ValueError, "Y must have rows that sum to 1; row 1 sums to 1.25"),
        (X, Y * [3, 1] - [0, 0], ValueError, "Y must have rows that sum to 1"),
        (X, 1 - 2 * Y, ValueError, "Y has a negative entry, -1.0"),
        (X, Y > 0.5, TypeError, "Y has entries of type bool"),
    ],
)
def test_bad_data_is_named(X_bad: Any, Y_bad: Any, error: type[Exception], message: str) -> None:
    network = MLP([3, 4, 2])
    for method in (network.loss, network.gradients, network.fit):
        with pytest.raises(error, match=message):
            method(X_bad, Y_bad)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": [3]}, r"sizes is \[3\]"),
        ({"sizes": 3}, "sizes is 3"),
        ({"sizes": [3, 0]}, r"sizes\[1\] is 0"),
        ({"sizes": [3, 2.0]}, r"sizes\[1\] is 2.0"),
        ({"sizes": [True, 2]}, r"sizes\[0\] is True"),
        ({"activation": "gelu"}, "activation is 'gelu'; .*'tanh', 'sigmoid', 'relu', 'softplus'"),
        ({"activation": []}, r"activation is \[\]"),
        ({"l2": -1.0}, "l2 is -1.0"),
        ({"l2": np.nan}, "l2 is nan"),
        ({"l2": None}, "l2 is None"),
        ({"keep_prob": 0.0}, "keep_prob is 0.0; it must be above 0 and at most 1"),
        ({"keep_prob": 1.1}, "keep_prob is 1.1"),
        ({"keep_prob": np.nan}, "keep_prob is nan"),
        ({"keep_prob": True}, "keep_prob is True"),
        ({"reduction": "max"}, "reduction is 'max'"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLP(**({"sizes": [3, 2]} | arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 1.5}, "epochs is 1.5"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'"),
    ],
)
def test_bad_arguments_of_fit_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLP([3, 2]).fit(X, Y, **arguments)
