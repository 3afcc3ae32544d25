"""Slopes by way of the units, where whole losses would say less."""

from __future__ import annotations

import pytest

from gradlab.network.activations import ACTIVATIONS
from gradlab.network.check import check_network
from gradlab.network.digits import load_digits
from gradlab.network.mlp import MLP
from gradlab.network.monitor import GradientMonitor

X, Y = load_digits()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_right_gradients_pass_all_along_a_training(activation: str) -> None:
    # Among trained ReLUs some are dead, and tell nothing of the noise of the others.
    network = MLP([64, 32, 32, 10], activation)
    monitor = GradientMonitor(X[:16], Y[:16], every=47)
    network.fit(X[:1500], Y[:1500], epochs=20, callback=monitor)
    assert [step for step, report in monitor.history if not report.passed] == []
    assert {report.method for _, report in monitor.history} == {"units"}


@pytest.mark.parametrize("keep_prob", [0.8, 0.5])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_frozen_dropout_is_checked_by_each_method(activation: str, keep_prob: float) -> None:
    network = MLP([64, 8, 6, 10], activation, l2=0.01, keep_prob=keep_prob)
    network.freeze_dropout(12)
    for method in ("units", "entries", "loop"):
        report = check_network(network, X[:12], Y[:12], method=method)
        assert report.passed, report


def test_dropout_that_is_not_frozen_is_found_before_any_difference() -> None:
    report = check_network(MLP([64, 8, 10], keep_prob=0.8), X[:12], Y[:12])
    assert report.verdict == "inconclusive"
    assert [finding.kind for finding in report.findings] == ["nondeterministic"]
