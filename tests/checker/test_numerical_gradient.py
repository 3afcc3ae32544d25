"""`numerical_gradient`: the slopes of a loss in the structure of its parameters."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from checker.batches import X, Y

from gradlab.checker.check import numerical_gradient
from gradlab.checker.norms import relative_difference
from gradlab.network.mlp import MLP


def test_numerical_gradient_of_a_parabola_is_exact_in_the_structure_of_params() -> None:
    params = {"a": [np.array([[1.0, -2.0]]), np.array(0.5)], "b": (np.array([4.0]),)}
    before = copy.deepcopy(params)

    def loss(p: Any) -> float:
        return float(np.sum(p["a"][0] ** 2) + 3 * p["a"][1] + p["b"][0][0] ** 2)

    slopes = numerical_gradient(loss, params, h=2.0**-10)
    assert slopes["a"][0].tolist() == [[2.0, -4.0]]
    assert slopes["a"][1].tolist() == 3.0
    assert slopes["b"][0].tolist() == [8.0]
    assert isinstance(slopes["b"], tuple)
    assert repr(params) == repr(before)


@pytest.mark.parametrize("x", [1.0, -30.0, 1e-8, 1e6])
def test_numerical_gradient_divides_by_what_was_moved(x: float) -> None:
    # 3 x has the slope 3 to the last digits only if h is what theta really moved by.
    assert numerical_gradient(lambda p: 3 * p[0], np.array([x]), h=1e-3 * max(abs(x), 1.0))[
        0
    ] == pytest.approx(3.0, rel=1e-12)


def test_numerical_gradient_of_a_network_is_close_to_backpropagation() -> None:
    network = MLP([3, 4, 2])

    def loss(params: Any) -> float:
        clone = copy.copy(network)
        clone.params = params
        return clone.loss(X, Y)

    slopes = numerical_gradient(loss, network.params)
    assert relative_difference(slopes, network.gradients(X, Y)) < 1e-9


@pytest.mark.parametrize("h", [0.0, -1e-3, np.nan, np.inf])
def test_a_bad_step_is_named(h: float) -> None:
    with pytest.raises(ValueError, match=r"h is .*finite and above 0"):
        numerical_gradient(np.sum, np.ones(2), h=h)


def test_a_step_that_does_not_move_is_named() -> None:
    with pytest.raises(ValueError, match=r"h is 1e-20, too small to move the entry 3.0"):
        numerical_gradient(np.sum, np.array([0.0, 3.0]), h=1e-20)
