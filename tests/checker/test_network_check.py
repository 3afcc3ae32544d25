"""`check_network`: every method finds the same, for every network."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from checker.batches import X, Y

from gradlab.network.activations import ACTIVATIONS
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray


class Perceptron:
    """A network by somebody else: its params are one dict."""

    def __init__(self) -> None:
        self.params = {"w": np.array([0.5, -1.0, 0.25]), "c": np.array(0.1)}
        self.calls = 0

    def loss(self, X: FloatArray, Y: FloatArray) -> float:
        self.calls += 1
        residual = X @ self.params["w"] + self.params["c"] - Y
        return float(residual @ residual) / 2

    def gradients(self, X: FloatArray, Y: FloatArray) -> dict[str, FloatArray]:
        residual = X @ self.params["w"] + self.params["c"] - Y
        return {"c": residual.sum(), "w": X.T @ residual}


def test_any_network_with_params_loss_and_gradients_can_be_checked() -> None:
    network = Perceptron()
    report = check_network(network, X, Y[:, 0])
    assert report.passed, report
    assert [row.name for row in report.parameters] == ["w", "c"]
    assert network.calls == 0


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("method", ["loop", "entries", "units"])
def test_each_method_finds_the_same(method: str, activation: str) -> None:
    for seed in range(5):
        network = MLP([3, 4, 5, 2], activation, l2=0.1 * (seed % 2), seed=seed)
        if seed == 4:
            network.reduction = "sum"
        report = check_network(network, X, Y, method=method)
        assert report.passed, report
        assert report.method == method
        right = [block for layer in network.gradients(X, Y) for block in layer]
        for slopes, gradient in zip(report.evidence.slopes, right, strict=True):
            # To the rounding noise of the loop: 5 sigma / h, sigma near u, h near 2^-17.
            assert np.abs(slopes.value - gradient).max() < 1e-9
            assert (np.abs(slopes.value - gradient) <= 2 * slopes.tolerance).all()

        class Wrong(MLP):
            def gradients(self, X: FloatArray, Y: FloatArray) -> Any:
                gradients = super().gradients(X, Y)
                gradients[1][0][2, 3] += 0.01 * np.abs(gradients[1][0]).max()
                return gradients

        network.__class__ = Wrong
        report = check_network(network, X, Y, method=method)
        assert [row.name for row in report.parameters if row.verdict == "fail"] == ["W2"], report
        assert report.parameters[2].worst == (2, 3)
        assert report.findings[0].kind == "few_entries"


def test_units_notice_that_weights_enter_elsewhere() -> None:
    # A penalty on the biases, which units do not know of.
    class Penalized(MLP):
        def _forward(self, *arguments: Any) -> Any:
            return super()._forward(*arguments)

        def loss(self, X: FloatArray, Y: FloatArray) -> float:
            return super().loss(X, Y) + sum(float(b @ b) for _, b in self.params)

    network = Penalized([3, 4, 2])
    report = check_network(network, X, Y)
    assert report.method == "loop"
    assert [row.name for row in report.parameters if row.verdict == "fail"] == ["b1", "b2"]
    for method in ("units", "entries"):
        with pytest.raises(ValueError, match=f"method is '{method}', which needs the loss of MLP"):
            check_network(network, X, Y, method=method)


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(ValueError, match="method is 'fast'; it must be one of units, entries"):
        check_network(MLP([3, 2]), X, Y, method="fast")


def test_check_network_changes_nothing() -> None:
    network = MLP([3, 4, 2])
    before = copy.deepcopy(network.__dict__)
    arrays = [block for layer in network.params for block in layer]
    check_network(network, X, Y)
    assert repr(network.__dict__) == repr(before)
    assert all(a is b for a, b in zip(arrays, sum(network.params, ()), strict=True))


def test_gradients_that_take_a_step_are_named() -> None:
    class Trainer(MLP):
        def gradients(self, X: FloatArray, Y: FloatArray) -> Any:
            steps = super().gradients(X, Y)
            self.params = [
                (W, b - 0.1 * db) for (W, b), (_, db) in zip(self.params, steps, strict=True)
            ]
            return steps

    with pytest.raises(ValueError, match=r"gradients\(X, Y\) changed b1"):
        check_network(Trainer([3, 4, 2]), X, Y)


def test_bad_data_is_named_by_the_network() -> None:
    with pytest.raises(ValueError, match="X has nan"):
        check_network(MLP([3, 2]), np.full((2, 3), np.nan), Y[:2])
