"""The verdict: right gradients never fail, wrong ones never pass."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from checker.batches import X, Y, draw_batch
from hypothesis import given, settings, strategies as st

from gradlab.checker.check import check_gradient
from gradlab.checker.parameters import ravel
from gradlab.network.activations import ACTIVATIONS
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray

# The verdict

LOSSES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "parabola": (lambda p: np.sum(p * p), lambda p: 2 * p),
    "linear": (lambda p: 3 * np.sum(p), lambda p: 3 * np.ones_like(p)),
    "exp": (lambda p: np.sum(np.exp(p)), np.exp),
    "sin": (lambda p: np.sum(np.sin(p)), np.cos),
    "tiny": (lambda p: 1e-12 * np.sum(np.sin(p)), lambda p: 1e-12 * np.cos(p)),
    "huge": (lambda p: 1e100 * np.sum(np.sin(p)), lambda p: 1e100 * np.cos(p)),
    "offset": (lambda p: 1e4 + np.sum(np.sin(p)), np.cos),
    "constant": (lambda p: 1.0, np.zeros_like),
    "zero": (lambda p: 0, np.zeros_like),
    "float32": (lambda p: np.float32(np.sum(np.sin(p))), np.cos),
    "abs": (lambda p: np.sum(np.abs(p)), np.sign),
    "close kink": (
        lambda p: np.sum(np.abs(p - 0.5 - 1e-7)),
        lambda p: np.sign(p - 0.5 - 1e-7),
    ),
}
POINT = np.array([0.5, -1.25, 3.0])


@pytest.mark.parametrize("name", LOSSES)
def test_right_gradients_pass(name: str) -> None:
    loss, gradient = LOSSES[name]
    report = check_gradient(loss, gradient, POINT)
    assert report.passed, report


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"constant", "zero"}))
@pytest.mark.parametrize("entry", [0, 2])
def test_one_entry_off_by_a_hundredth_fails(name: str, entry: int) -> None:
    loss, gradient = LOSSES[name]

    def wrong(p: FloatArray) -> FloatArray:
        result = np.array(gradient(p))
        result[entry] += 0.01 * np.abs(result).max()
        return result

    report = check_gradient(loss, wrong, POINT)
    assert report.verdict == "fail", report
    assert report.parameters[0].worst == (entry,)
    assert not report


def test_a_loss_that_never_moves_settles_nothing_about_a_gradient_that_is_not_zero() -> None:
    # log(1 + 1e-20) is 0 in float64, and its derivative is not.
    def hidden(p: FloatArray) -> float:
        return float(np.log(1.0 + np.exp(-50.0 - p[0])))

    report = check_gradient(hidden, lambda p: np.array([-np.exp(-50.0 - p[0])]), np.array([1.0]))
    assert report.verdict == "inconclusive"


@pytest.mark.parametrize(
    ("slope", "verdict"), [(1.0, "pass"), (-1.0, "pass"), (0.25, "pass"), (9.0, "fail")]
)
def test_at_a_kink_any_slope_between_those_of_both_sides_is_right(
    slope: float, verdict: str
) -> None:
    report = check_gradient(
        lambda p: abs(p[0]) + p[1] ** 2,
        lambda p: np.array([slope, 2 * p[1]]),
        np.array([0.0, 1.0]),
    )
    assert report.verdict == verdict, report
    kinks = [finding for finding in report.findings if finding.kind == "kink"]
    assert [kink.evidence["entries"] for kink in kinks] == ([[[0]]] if verdict == "pass" else [])


def constant(slope: float) -> Callable[[FloatArray], FloatArray]:
    return lambda p: np.full(1, slope)


@pytest.mark.parametrize("distance", [1e-4, 1e-6, 1e-8, 1e-9])
def test_a_kink_beside_theta_is_no_kink_at_theta(distance: float) -> None:
    for side, right in ((distance, -1.0), (-distance, 1.0)):

        def loss(p: FloatArray, kink: float = 1.0 + side) -> float:
            return float(abs(p[0] - kink))

        report = check_gradient(loss, constant(right), np.array([1.0]))
        assert report.passed
        assert not report.findings
        wrong = check_gradient(loss, constant(-right), np.array([1.0]))
        assert wrong.verdict == "fail", wrong


def test_kinks_on_both_sides_that_cancel_from_afar_are_no_wrong_gradient() -> None:
    # Nearer than all steps that give digits; from afar the line has slope 2.
    def loss(p: FloatArray) -> float:
        return math.sin(0.3 + max(p[0] - 1e-11, 0.0) + min(p[0] + 1e-11, 0.0) + p[0])

    report = check_gradient(loss, lambda p: np.array([math.cos(0.3)]), np.array([0.0]))
    assert report.verdict != "fail", report


def test_where_the_loss_is_not_finite_nearby_nothing_is_settled() -> None:
    def loss(p: FloatArray) -> float:
        return float(p[0]) if p[0] <= 1.0 else np.inf

    report = check_gradient(loss, np.ones_like, np.array([1.0]))
    assert report.verdict == "inconclusive"
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["verdict"] == "inconclusive"


NETWORKS = st.builds(
    MLP,
    st.lists(st.integers(1, 5), min_size=0, max_size=3).map(lambda hidden: [3, *hidden, 2]),
    st.sampled_from([*ACTIVATIONS]),
    l2=st.sampled_from([0.0, 1e-3, 0.5]),
    reduction=st.sampled_from(["mean", "sum"]),
    seed=st.integers(0, 2**32),
)


@settings(max_examples=40, deadline=None)
@given(NETWORKS, st.integers(1, 8), st.sampled_from([1e-9, 1.0, 1e9]))
def test_right_networks_never_fail(network: MLP, rows: int, scale: float) -> None:
    inputs, targets = draw_batch(rows, 3, 2, seed=rows)

    def at(params: Any) -> MLP:
        clone = copy.copy(network)
        clone.params = params
        return clone

    report = check_gradient(
        lambda p: scale * at(p).loss(inputs, targets),
        lambda p: [(scale * dW, scale * db) for dW, db in at(p).gradients(inputs, targets)],
        network.params,
    )
    assert report.verdict != "fail", report


@settings(max_examples=40, deadline=None)
@given(NETWORKS, st.data())
def test_wrong_networks_never_pass(network: MLP, draw: st.DataObject) -> None:
    layer = draw.draw(st.integers(0, len(network.params) - 1))
    which = draw.draw(st.integers(0, 1))
    right = MLP.gradients(network, X, Y)
    block = right[layer][which]
    place = draw.draw(st.integers(0, block.size - 1))
    # An error of a hundredth of the block's largest entry, in one entry.
    block.flat[place] += 0.01 * (np.abs(block).max() or 1.0)
    report = check_gradient(
        lambda p: _loss_at(network, p), lambda p: copy.deepcopy(right), network.params
    )
    assert report.verdict != "pass", report
    names = [row.name for row in report.parameters if row.verdict == "fail"]
    assert names in ([], [f"{'Wb'[which]}{layer + 1}"])


def _loss_at(network: MLP, params: Any) -> float:
    clone = copy.copy(network)
    clone.params = params
    return clone.loss(X, Y)


def test_a_check_costs_little_more_than_four_losses_per_parameter() -> None:
    network = MLP([12, 10, 10, 4])
    inputs, targets = draw_batch(8, 12, 4)
    report = check_network(network, inputs, targets)
    assert report.passed
    theta, _ = ravel(network.params)
    assert report.evaluations / theta.size < 4.5


# Before any difference


def test_a_random_loss_is_found_and_not_judged() -> None:
    rng = np.random.default_rng(0)
    report = check_gradient(lambda p: np.sum(p) * rng.random(), np.ones_like, np.ones(3))
    assert report.verdict == "inconclusive"
    assert [finding.kind for finding in report.findings] == ["nondeterministic"]
    assert "dropout" in str(report)


def test_randomness_that_shows_late_is_found() -> None:
    calls = iter(range(10**6))
    report = check_gradient(lambda p: np.sum(p) + (next(calls) > 20), np.ones_like, np.ones(3))
    assert [finding.kind for finding in report.findings] == ["nondeterministic"]


def test_a_loss_that_is_not_finite_is_found() -> None:
    report = check_gradient(lambda p: np.nan, np.ones_like, np.ones(2))
    assert report.verdict == "inconclusive"
    assert [(f.kind, f.parameter) for f in report.findings] == [("non_finite", None)]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_fails(bad: float) -> None:
    report = check_gradient(
        lambda p: np.sum(p["a"]) + np.sum(p["b"]),
        lambda p: {"a": np.ones(2), "b": np.array([1.0, bad, 1.0])},
        {"a": np.zeros(2), "b": np.zeros(3)},
    )
    assert report.verdict == "fail"
    assert [row.verdict for row in report.parameters] == ["pass", "fail"]
    assert [(f.kind, f.parameter) for f in report.findings] == [("non_finite", "b")]
    assert report.parameters[1].worst == (1,)
    assert np.isnan(report.difference)
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["difference"] == "nan"


def in_place_loss(p: list[FloatArray]) -> float:
    p[1] += 1.0
    return float(np.sum(p[0]))


def in_place_gradient(p: list[FloatArray]) -> list[FloatArray]:
    p[1] -= 0.1 * p[1]
    return [np.ones(2), np.zeros(2)]


PARAMS = [np.zeros(2), np.ones(2)]


@pytest.mark.parametrize(
    ("loss", "gradient", "params", "error", "message"),
    [
        (in_place_loss, in_place_gradient, PARAMS, ValueError, r"loss changed \[1\]"),
        (lambda p: 0.0, in_place_gradient, PARAMS, ValueError, r"gradient changed \[1\]"),
        (lambda p: p[0], lambda p: p, PARAMS, ValueError, r"the loss has shape \(2,\)"),
        (lambda p: np.ones((1, 2)), lambda p: p, PARAMS, ValueError, r"has shape \(1, 2\)"),
        (lambda p: None, lambda p: p, PARAMS, TypeError, "the loss is of type NoneType"),
        (lambda p: 1j, lambda p: p, PARAMS, TypeError, "the loss is of type complex128"),
        (lambda p: True, lambda p: p, PARAMS, TypeError, "the loss is of type bool"),
        (lambda p: "1", lambda p: p, PARAMS, TypeError, "the loss is of type <U1"),
        (lambda p: 1.0, lambda p: p[:1], PARAMS, ValueError, r"no block \[1\]"),
        (lambda p: 1.0, lambda p: None, PARAMS, ValueError, "the gradient is None"),
        (np.sum, lambda p: p[:, None], np.ones(3), ValueError, r"shape \(3, 1\); it must"),
        (np.sum, np.ones_like, np.array([1, 2]), TypeError, "params has entries of type int64"),
        (np.sum, np.ones_like, np.array([1.0, np.nan]), ValueError, r"params is nan in \[1\]"),
        (np.sum, np.ones_like, [], TypeError, "params is an empty list"),
    ],
)
def test_bad_input_is_named(
    loss: Any, gradient: Any, params: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check_gradient(loss, gradient, params)
