"""params to theta and back."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from gradlab.checker.parameters import Layout, block_names, ravel

ARRAYS = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=0, max_dims=3, max_side=3),
    elements=st.floats(allow_nan=False, width=64),
)
STRUCTURES = st.recursive(
    ARRAYS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def assert_same(a: Any, b: Any) -> None:
    """Same structure, same order, same numbers."""
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        a, b = list(a.values()), list(b.values())
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for left, right in zip(a, b, strict=True):
            assert_same(left, right)
    else:
        np.testing.assert_array_equal(a, b, strict=True)


def arrays_in(node: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(node, np.ndarray):
        return [node]
    children = node.values() if isinstance(node, dict) else node
    return [array for child in children for array in arrays_in(child)]


@given(STRUCTURES)
def test_round_trip(params: Any) -> None:
    theta, unravel = ravel(params)
    assert_same(unravel(theta), params)
    assert len(block_names(params)) == len(arrays_in(params))
    np.testing.assert_array_equal(Layout(params).ravel_gradient(params)[0], theta)


@given(STRUCTURES)
def test_nothing_shares_memory(params: Any) -> None:
    theta, unravel = ravel(params)
    before = theta.copy()
    rebuilt = unravel(theta)
    for array in arrays_in(params) + arrays_in(rebuilt):
        assert not np.shares_memory(array, theta)
    for array in arrays_in(rebuilt):
        array[...] = 7.0
    np.testing.assert_array_equal(theta, before)
    assert_same(unravel(theta), params)


def test_theta_is_in_c_order_whatever_the_memory_order() -> None:
    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert ravel(np.asfortranarray(W))[0].tolist() == [1, 2, 3, 4]
    assert ravel(W.T)[0].tolist() == [1, 3, 2, 4]
    assert ravel(W[:, ::-1])[0].tolist() == [2, 1, 4, 3]


def test_float32_becomes_float64() -> None:
    theta, unravel = ravel({"w": np.array([0.1, 0.2], dtype=np.float32)})
    assert theta.dtype == np.float64
    assert unravel(theta)["w"].dtype == np.float64


def test_named_tuples_stay_named() -> None:
    Layer = namedtuple("Layer", ["W", "b"])
    theta, unravel = ravel(Layer(np.ones(2), np.zeros(1)))
    assert unravel(2 * theta).W.tolist() == [2, 2]


def test_later_changes_of_the_containers_do_not_matter() -> None:
    params = [np.ones(2), np.zeros(1)]
    theta, unravel = ravel(params)
    params.pop()
    assert len(unravel(theta)) == 2


def test_unravel_needs_the_right_length() -> None:
    _, unravel = ravel(np.ones(3))
    with pytest.raises(ValueError, match=r"theta has shape \(4,\), it must have shape \(3,\)"):
        unravel(np.ones(4))


W, b = np.ones((3, 2)), np.ones(2)


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ([(W, b), (W.T, np.ones(3))], ["W1", "b1", "W2", "b2"]),
        (([W, b],), ["W1", "b1"]),
        ({"kernel": W, "bias": b}, ["kernel", "bias"]),
        ({"enc": [W, b], "dec": {"w": b}}, ["enc[0]", "enc[1]", "dec['w']"]),
        ([(b, W)], ["[0][0]", "[0][1]"]),
        ([W, b], ["[0]", "[1]"]),
        ([(W, b), (W, b, b)], ["[0][0]", "[0][1]", "[1][0]", "[1][1]", "[1][2]"]),
        (W, ["params"]),
        (0.5, ["params"]),
    ],
)
def test_block_names(params: Any, names: list[str]) -> None:
    assert block_names(params) == names


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], TypeError, "params is an empty list"),
        ({}, TypeError, "params is an empty dict"),
        ([W, []], TypeError, r"\[1\] is an empty list"),
        (None, ValueError, "params holds no array"),
        ({1.0}, TypeError, "params is of type set"),
        ("W", TypeError, "params is of type str"),
        ({"w": "a"}, TypeError, "w is of type str; it must be a NumPy array"),
        ([1, 2], TypeError, r"\[0\] is of type int"),
        ([(W, b), (W.astype(int), b)], TypeError, "W2 has entries of type int64"),
        ([(W, b.astype(complex))], TypeError, "b1 has entries of type complex128"),
        (np.array([W, None], dtype=object), TypeError, "params has entries of type object"),
        (np.array(["a"]), TypeError, "params has entries of type <U1"),
        (np.array([True]), TypeError, "params has entries of type bool"),
        (np.ma.masked_array(b), TypeError, "params is of type MaskedArray"),
        ([None, np.ones((0, 3))], ValueError, "holds no array with entries"),
    ],
)
def test_bad_params_are_named(params: Any, error: type[Exception], message: str) -> None:
    for function in (ravel, block_names):
        with pytest.raises(error, match=message):
            function(params)


@pytest.mark.parametrize(
    ("gradient", "error", "message"),
    [
        ([(W.T, b)], ValueError, r"W1 has shape \(2, 3\); it must have shape \(3, 2\).*transpose"),
        ([(W, b[:, None])], ValueError, r"b1 has shape \(2, 1\); it must have shape \(2,\)"),
        ([(W,)], ValueError, r"no block b1; .* shape \(2,\)"),
        ([(W, b), (W, b)], ValueError, r"has a block \[1\]\[0\]"),
        (None, ValueError, "the gradient is None"),
        ([(W, None)], TypeError, "gradient of b1 is NoneType"),
        ([(W.astype(np.int64), b)], TypeError, "gradient of W1 is int64; .* float64"),
        ([(W.astype(complex), b)], TypeError, "gradient of W1 is complex128"),
    ],
)
def test_bad_gradients_are_named(gradient: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Layout([(W, b)]).ravel_gradient(gradient)


def test_a_gradient_may_order_keys_and_choose_sequences() -> None:
    params = {"a": [W], "b": b}
    gradient, _ = Layout(params).ravel_gradient({"b": 2 * b, "a": (3 * W,)})
    assert gradient.tolist() == [3.0] * 6 + [2.0] * 2
