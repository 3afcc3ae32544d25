"""The network against arithmetic with 40 digits, which knows nothing of backpropagation."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.network import ACTIVATIONS, MLP, FloatArray

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
    for x, y in zip(X.tolist(), Y.tolist(), strict=True):
        a = [mp.mpf(value) for value in x]
        for layer, (W, b) in enumerate(params):
            z = [b[j] + sum(a[i] * W[i][j] for i in range(len(a))) for j in range(len(b))]
            last = layer == len(params) - 1
            a = z if last else [EXACT[network.activation](value) for value in z]
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
        (X, Y[:2], ValueError, "Y has 2 rows; it needs 3"),
        (X, bad(Y, np.nan), ValueError, r"Y has nan at \(1, 0\)"),
        (X, bad(Y, 0.5), ValueError, "Y needs rows that sum to 1; row 1 sums to 1.25"),
        (X, Y * [3, 1] - [0, 0], ValueError, "Y needs rows that sum to 1"),
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
