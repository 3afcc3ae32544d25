"""The monitor checks when it should, finds what shows late, and does not disturb training."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import gradlab
from gradlab.bugs import plant
from gradlab.checker.parameters import ravel
from gradlab.network.check import check_network
from gradlab.network.digits import load_digits
from gradlab.network.mlp import MLP
from gradlab.network.monitor import GradientMonitor
from gradlab.plots import png

X, Y = (array[:96] for array in load_digits())
FEW = X[:16], Y[:16]


def monitored(network: MLP, every: int = 5, **options: Any) -> GradientMonitor:
    monitor = GradientMonitor(*FEW, every=every)
    options = {"epochs": 4, "batch_size": 32} | options
    network.fit(X, Y, callback=monitor, **options)
    return monitor


@pytest.mark.parametrize(
    ("every", "steps"),
    [(1, list(range(13))), (5, [0, 5, 10, 12]), (6, [0, 6, 12]), (100, [0, 12])],
)
def test_it_checks_at_the_start_every_so_often_and_at_the_end(
    every: int, steps: list[int]
) -> None:
    monitor = monitored(MLP([64, 4, 10]), every)
    assert [step for step, _ in monitor.history] == steps
    assert monitor.passed


def test_each_report_is_that_of_the_network_at_this_step() -> None:
    network = MLP([64, 4, 10], l2=0.01)
    start = copy.deepcopy(network)
    monitor = monitored(network)
    assert monitor.history[0][1] == check_network(start, *FEW)
    assert monitor.history[-1][1] == check_network(network, *FEW)
    assert monitor.history[0][1] != monitor.history[-1][1]


@pytest.mark.parametrize("keep_prob", [1.0, 0.7])
def test_training_goes_on_as_without_it(keep_prob: float) -> None:
    network, alone = (MLP([64, 4, 10], keep_prob=keep_prob) for _ in range(2))
    data = [array.copy() for array in FEW]
    monitor = GradientMonitor(*FEW, every=2)
    losses = network.fit(X, Y, epochs=3, callback=monitor)
    assert losses == alone.fit(X, Y, epochs=3)
    np.testing.assert_array_equal(ravel(network.params)[0], ravel(alone.params)[0])
    # The masks to come are the same, too.
    assert network.loss(X, Y) == alone.loss(X, Y)
    assert network.masks is None
    for array, before in zip(FEW, data, strict=True):
        np.testing.assert_array_equal(array, before)
    assert monitor.passed


def test_a_bug_that_shows_late_is_found_late() -> None:
    network = plant(MLP([64, 12, 12, 10]), "slope_near_zero")
    monitor = monitored(network, every=20, epochs=40, batch_size=16, learning_rate=0.5)
    assert monitor.history[0][1].passed
    assert not monitor.history[-1][1].passed
    assert not monitor.passed
    first = next(step for step, report in monitor.history if not report.passed)
    assert f"fails, in {sum(not r.passed for _, r in monitor.history)} of 13" in monitor.plot().alt
    assert f"first at step {first}" in monitor.plot().alt


@pytest.mark.parametrize("name", ["mask_forgotten", "mask_of_another_draw", "mask_unscaled"])
def test_bugs_in_dropout_are_found(name: str) -> None:
    monitor = monitored(plant(MLP([64, 6, 6, 10], keep_prob=0.6), name))
    verdicts = {
        row.name: {r.parameters[k].verdict for _, r in monitor.history}
        for k, row in enumerate(monitor.history[0][1].parameters)
    }
    right = {"W3": {"pass"}, "b3": {"pass"}}
    assert verdicts == {block: {"fail"} for block in ("W1", "b1", "W2", "b2")} | right


def test_a_new_training_starts_a_new_history() -> None:
    network, monitor = MLP([64, 4, 10]), GradientMonitor(*FEW, every=2)
    assert not monitor.passed
    for epochs in (3, 1):
        network.fit(X, Y, epochs=epochs, batch_size=96, callback=monitor)
    assert [step for step, _ in monitor.history] == [0, 1]


def test_the_figure_shows_every_block_and_marks_what_fails() -> None:
    monitor = monitored(plant(MLP([64, 5, 10]), "flipped_bias"))
    drawing = monitor.plot()
    axes = drawing.figure.axes[0]
    assert axes.get_yscale() == "log"
    lines = {str(line.get_label()): line for line in axes.get_lines()}
    assert list(lines) == ["W1", "b1", "W2", "b2", "fail"]
    for k, name in enumerate(["W1", "b1", "W2", "b2"]):
        assert list(np.asarray(lines[name].get_xdata())) == [0, 5, 10, 12]
        ratios = [report.parameters[k].difference for _, report in monitor.history]
        np.testing.assert_allclose(
            np.asarray(lines[name].get_ydata()), np.maximum(ratios, 1e-17), rtol=1e-15
        )
    assert np.asarray(lines["fail"].get_ydata()) == pytest.approx(np.ones(4))
    assert len({(line.get_linestyle(), str(line.get_color())) for line in lines.values()}) == 5
    assert axes.get_title() == "Gradient checks during training: 0 of 4 passed"
    assert drawing.alt == (
        "The relative difference of gradient and measured slopes for W1, b1, W2, b2, on a log "
        "axis, in 4 checks during training, at step 0, 5, 10, 12. A cross marks a block that "
        "fails, in 4 of 4 checks: b1 first at step 0."
    )
    assert png(drawing.figure).startswith(b"\x89PNG")


def test_the_figure_of_a_good_training_says_so() -> None:
    alt = monitored(MLP([64, 5, 10]), every=1).plot().alt
    assert "in 13 checks during training, at step 0 to 12." in alt
    assert alt.endswith("Every check passed, and every ratio is below 1e-7.")


def test_what_is_neither_right_nor_wrong_is_marked_otherwise() -> None:
    class Noisy(MLP):
        def loss(self, X: Any, Y: Any) -> float:
            self._dropout_draws += 1
            return super().loss(X, Y) + self._dropout_draws

    monitor = GradientMonitor(*FEW)
    monitor(Noisy([64, 5, 10]), 0, 1)
    drawing = monitor.plot()
    assert [report.verdict for _, report in monitor.history] == ["inconclusive"]
    labels = [line.get_label() for line in drawing.figure.axes[0].get_lines()]
    assert labels[-1] == "inconclusive"
    assert "An open square marks a block that is inconclusive, in 1 of 1 checks: W1" in drawing.alt


def test_a_gradient_that_is_not_finite_is_drawn_at_the_top() -> None:
    network = plant(MLP([64, 5, 10]), "overflowing_softmax")
    network.params = [(1e5 * W, b) for W, b in network.params]
    monitor = GradientMonitor(*FEW)
    monitor(network, 0, 1)
    crosses = monitor.plot().figure.axes[0].get_lines()[-1]
    assert crosses.get_label() == "fail"
    assert np.asarray(crosses.get_ydata()).tolist() == [1.0] * 4


def test_wrong_use_is_named() -> None:
    for every in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match=f"every is {every}; it must be a whole number"):
            GradientMonitor(*FEW, every=every)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="history is empty; give the monitor to fit"):
        GradientMonitor(*FEW).plot()
    with pytest.raises(ValueError, match=r"X has shape \(16, 63\)"):
        MLP([64, 10]).fit(X, Y, callback=GradientMonitor(FEW[0][:, 1:], FEW[1]))


def test_it_is_exported() -> None:
    assert gradlab.GradientMonitor is GradientMonitor
