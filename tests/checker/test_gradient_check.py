"""The verdict: right gradients never fail, wrong ones never pass."""

from __future__ import annotations

import copy
import itertools
import json
import math
import re
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from gradlab.checker.check import check_gradient, numerical_gradient
from gradlab.checker.loss import LossOfTheta, loss_noise
from gradlab.checker.norms import relative_difference
from gradlab.checker.parameters import Layout, ravel
from gradlab.checker.sampling import chance_to_miss
from gradlab.checker.slopes import step_scales
from gradlab.network.activations import ACTIVATIONS
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray

VECTORS = hnp.arrays(np.float64, 4, elements=st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3))


def data(rows: int, columns: int, classes: int, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    return rng.random((rows, columns)), np.eye(classes)[rng.integers(classes, size=rows)]


X, Y = data(6, 3, 2)


# numerical_gradient


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


# relative_difference


@given(VECTORS, VECTORS, st.integers(-900, 900))
def test_relative_difference_is_the_formula_symmetric_and_without_scale(
    a: FloatArray, b: FloatArray, exponent: int
) -> None:
    exact = [mp.mpf(float(v)) for v in a], [mp.mpf(float(v)) for v in b]
    distance = mp.norm([left - right for left, right in zip(*exact, strict=True)])
    expected = float(distance / (mp.norm(exact[0]) + mp.norm(exact[1])))
    value = relative_difference(a, b)
    assert value == pytest.approx(expected, rel=1e-12)
    assert value == relative_difference(b, a)
    assert value == relative_difference(np.ldexp(a, exponent), np.ldexp(b, exponent))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([0.0], [0.0], 0.0),
        ([0.0, 0.0], [1e-300, 0.0], 1.0),
        ([1e-200], [3e-200], 0.5),
        ([1e200], [3e200], 0.5),
        ([1.7e308], [-1.7e308], 1.0),
        ([5e-324], [-5e-324], 1.0),
        ([1, 2], np.array([1.0, 2.0]), 0.0),
        ([(np.ones((2, 2)), np.ones(2))], [(np.ones((2, 2)), -np.ones(2))], np.sqrt(8 / 6) / 2),
        ({"a": np.ones(1), "b": np.zeros(2)}, {"a": np.ones(1), "b": np.zeros(2)}, 0.0),
    ],
)
def test_relative_difference_of(a: Any, b: Any, expected: float) -> None:
    assert relative_difference(a, b) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_relative_difference_keeps_nan(bad: float) -> None:
    assert np.isnan(relative_difference([1.0, bad], [1.0, 2.0]))
    assert np.isnan(relative_difference([1.0, bad], [1.0, bad]))


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        (np.ones(3), np.ones((3, 1)), ValueError, r"a has the shapes \(3,\), b \(3, 1\)"),
        ({"a": np.ones(2)}, {"b": np.ones(2)}, ValueError, "must be the same"),
        ([1j], [1.0], TypeError, "a has entries of type complex128"),
        (["x"], ["y"], TypeError, "real numbers"),
        (None, [1.0], TypeError, "a has entries of type object"),
    ],
)
def test_relative_difference_of_bad_input(
    a: Any, b: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        relative_difference(a, b)


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
    inputs, targets = data(rows, 3, 2, seed=rows)

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
    inputs, targets = data(8, 12, 4)
    report = check_network(network, inputs, targets)
    assert report.passed
    theta, _ = ravel(network.params)
    assert report.evaluations / theta.size < 4.5


# The noise of a loss


@pytest.mark.parametrize("sigma", [1e-12, 1e-8])
def test_noise_is_estimated_within_a_factor_of_two(sigma: float) -> None:
    rng = np.random.default_rng(0)
    at = LossOfTheta(
        lambda p: np.sum(np.sin(p)) + sigma * rng.standard_normal(), Layout(np.ones(5))
    )
    assert 0.5 * sigma < loss_noise(at, np.ones(5)) < 2 * sigma
    assert at.theta.tolist() == [1.0] * 5


def test_noise_of_a_smooth_loss_is_near_the_unit_roundoff() -> None:
    at = LossOfTheta(lambda p: np.sum(np.exp(p)), Layout(np.linspace(0.1, 1.0, 10)))
    size = at()
    assert UNIT_ROUNDOFF * size <= loss_noise(at, np.ones(10)) < 10 * UNIT_ROUNDOFF * size


def test_steps_are_powers_of_two_at_least_as_large_as_the_parameters() -> None:
    theta = np.array([0.3, -5.0, 0.0, 0.0, 1e-200, 1e-200])
    scales = step_scales(theta, [0, 2, 4])
    assert scales[:4].tolist() == [4.0, 8.0, 2.0, 2.0]
    assert (np.log2(scales) % 1 == 0).all()
    assert (scales[4:] > 1e-200).all()
    assert (scales[4:] <= 4e-200).all()


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
        (lambda p: np.ones((1, 1)), lambda p: p, PARAMS, ValueError, r"has shape \(1, 1\)"),
        (lambda p: None, lambda p: p, PARAMS, TypeError, "the loss is of type NoneType"),
        (lambda p: 1j, lambda p: p, PARAMS, TypeError, "the loss is of type complex128"),
        (lambda p: True, lambda p: p, PARAMS, TypeError, "the loss is of type bool"),
        (lambda p: "1", lambda p: p, PARAMS, TypeError, "the loss is of type <U1"),
        (lambda p: 1.0, lambda p: p[:1], PARAMS, ValueError, r"no block \[1\]"),
        (lambda p: 1.0, lambda p: None, PARAMS, ValueError, r"no block \[0\]"),
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


# Samples and directions


def tanh_loss(p: list[FloatArray]) -> float:
    return float(np.sum(np.tanh(p[0])) + np.sum(np.sin(p[1])))


def tanh_gradient(p: list[FloatArray]) -> list[FloatArray]:
    return [1.0 - np.tanh(p[0]) ** 2, np.cos(p[1])]


BIG = [np.linspace(-1.0, 1.0, 400).reshape(20, 20), np.linspace(0.1, 1.0, 20)]


@pytest.mark.parametrize("options", [{"sample": 40}, {"directions": 3}])
def test_a_part_of_the_gradient_tells_right_from_wrong_blocks(options: dict[str, int]) -> None:
    report = check_gradient(tanh_loss, tanh_gradient, BIG, **options)
    assert report.passed, report
    assert report.evaluations < 200
    assert "chance to miss" in str(report)
    wrong = check_gradient(
        tanh_loss, lambda p: [g * 1.01 for g in tanh_gradient(p)], BIG, **options
    )
    assert [row.verdict for row in wrong.parameters] == ["fail", "fail"]
    one = check_gradient(tanh_loss, lambda p: [tanh_gradient(p)[0], p[1]], BIG, **options)
    assert [row.verdict for row in one.parameters] == ["pass", "fail"]


def test_a_sample_says_which_entry_is_wrong_and_how_likely_it_was_to_miss_it() -> None:
    def one_wrong(p: list[FloatArray]) -> list[FloatArray]:
        first, second = tanh_gradient(p)
        second[7] = 0.0
        return [first, second]

    seeds = range(40)
    reports = [check_gradient(tanh_loss, one_wrong, BIG, sample=105, seed=s) for s in seeds]
    found = [report for report in reports if not report.passed]
    assert {report.parameters[1].worst for report in found} == {(7,)}
    # 5 of the 20 entries of the second block are drawn: 40 draws find it 10 times, give or take.
    assert {report.parameters[1].measured for report in reports} == {5}
    assert 3 <= len(found) <= 19
    assert "0.75 for one wrong entry" in str(reports[0])


def test_the_same_seed_draws_the_same() -> None:
    texts = [str(check_gradient(tanh_loss, tanh_gradient, BIG, sample=9, seed=3)) for _ in "ab"]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("options", [{"sample": 0}, {"directions": -1}, {"sample": 2.5}])
def test_a_bad_number_of_samples_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(options))} is .*whole number >= 1"):
        check_gradient(np.sum, np.ones_like, np.ones(2), **options)
    with pytest.raises(ValueError, match="sample and directions are both given"):
        check_gradient(np.sum, np.ones_like, np.ones(2), sample=1, directions=1)


@pytest.mark.parametrize(
    ("bad", "total", "samples"), [(1, 10, 3), (4, 10, 3), (9, 10, 2), (3, 7, 7)]
)
def test_the_chance_to_miss_counts_the_draws(bad: int, total: int, samples: int) -> None:
    draws = list(itertools.combinations(range(total), samples))
    missed = sum(min(draw) >= bad for draw in draws)
    assert chance_to_miss(bad, total, samples) == pytest.approx(missed / len(draws))


# Precision, and a second opinion


def test_a_float32_inside_the_loss_is_found() -> None:
    def loss(p: FloatArray) -> float:
        return float(np.sum(np.tanh(p.astype(np.float32))) + 1.0)

    report = check_gradient(loss, lambda p: 1.0 - np.tanh(p) ** 2, np.array([0.3, -1.2, 0.7]))
    assert report.verdict != "fail"
    assert [finding.kind for finding in report.findings] == ["low_precision"]


def test_the_complex_step_says_what_differences_cannot() -> None:
    def loss(p: FloatArray) -> Any:
        return 1.0 + 1e-30 * np.sum(np.sin(p))

    report = check_gradient(loss, lambda p: 1e-30 * np.cos(p), np.array([1.0, 2.0]))
    assert report.verdict == "inconclusive"
    row = report.parameters[0]
    assert row.complex_step == pytest.approx(1e-30 * np.cos([1.0, 2.0])[row.worst[0]], rel=1e-12)
    assert "complex step" in str(report)


def test_no_second_opinion_where_complex_numbers_are_made_real() -> None:
    report = check_gradient(
        lambda p: 1.0 + float(1e-30 * np.sum(p**2)), lambda p: 2e-30 * p, np.array([1.0, 2.0])
    )
    assert report.verdict == "inconclusive"
    assert report.parameters[0].complex_step is None


def test_a_loss_that_has_no_value_at_some_points_is_measured_at_others() -> None:
    def loss(p: FloatArray) -> float:
        return math.log(p[0]) + math.exp(700.0 * p[1])

    report = check_gradient(
        loss,
        lambda p: np.array([1.0 / p[0], 700.0 * math.exp(700.0 * p[1])]),
        np.array([1e-5, 1.0]),
    )
    assert report.verdict != "fail", report


# check_network


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


# The report


def test_the_text_of_a_report() -> None:
    params = {"<w>": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([1.0, 2.0])}
    report = check_gradient(
        lambda p: np.sum(p["<w>"] ** 2) + p["b"][0] * p["b"][1],
        lambda p: {"<w>": 2 * p["<w>"].T, "b": np.array([2.0, 1.5])},
        params,
    )
    lines = [line.split() for line in str(report).splitlines()]
    assert str(report).startswith(
        "FAIL: the gradient does not fit the loss. Wrong: <w>, b.\n"
        "<w>: The gradient is transposed: its transpose is right.\n"
    )
    assert [
        "<w>",
        "(2,",
        "2)",
        "✗",
        "fail",
        "0.13",
        "2",
        "of",
        "4",
        "[0,",
        "1]",
        "6",
        "4",
    ] in lines
    assert ["b", "(2,)", "✗", "fail", "0.11", "1", "of", "2", "[1]", "1.5", "1"] in lines
    assert report.band == "almost surely wrong (above 1e-2)"
    assert repr(report) == str(report)
    html = report._repr_html_()
    assert "<td" in html
    assert "&lt;w&gt;: The gradient is transposed" in html
    assert "<w>" not in html
    assert "background" not in html
    assert not re.search(r"\bcolor", html)


def test_the_text_of_a_pass_shows_no_digits_of_rounding() -> None:
    text = str(check_network(MLP([3, 4, 2]), X, Y))
    assert text.startswith("PASS: the gradient fits the loss.\n")
    assert text.count("< 1e-7") == 6
    assert not re.search(r"e-(0[89]|[1-9]\d)", text)


def test_to_dict_has_what_the_report_has() -> None:
    report = check_gradient(np.sum, lambda p: 2 * np.ones_like(p), np.arange(3.0))
    loaded = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert loaded["verdict"] == "fail"
    assert loaded["passed"] is False
    assert loaded["difference"] == report.difference
    assert loaded["evaluations"] == report.evaluations
    assert loaded["parameters"][0]["shape"] == [3]
    assert loaded["findings"][0]["kind"] == "wrong_scale"
    assert loaded["findings"][0]["factor"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("difference", "band"),
    [
        (0.5, "almost surely wrong"),
        (1e-3, "suspicious"),
        (1e-6, "acceptable with kinks"),
        (1e-9, "right"),
        (0.0, "right"),
        (np.nan, "none"),
    ],
)
def test_bands(difference: float, band: str) -> None:
    report = check_gradient(np.sum, np.ones_like, np.ones(1))
    object.__setattr__(report, "difference", difference)
    assert report.band.startswith(band)


@pytest.mark.parametrize("seed", range(10))
def test_which_of_two_equally_wrong_entries_is_named_does_not_hang_on_rounding(seed: int) -> None:
    M = np.random.default_rng(0).normal(size=(4, 4))
    noise = np.random.default_rng(seed).uniform(-1e-8, 1e-8, (4, 4))
    # The transpose is as far off at [i, j] as at [j, i].
    transposed = M.T + noise
    report = check_gradient(lambda W: np.sum(M * W), lambda W: transposed, np.ones((4, 4)))
    row, column = report.parameters[0].worst
    assert row < column


def test_the_ratio_is_about_the_entries_that_could_be_measured() -> None:
    # The second entry cannot be moved: the loss is infinite right beside it.
    def loss(p: dict[str, FloatArray]) -> float:
        return float(np.sum(p["w"][0] ** 2) + (0.0 if p["w"][1] == 1.0 else np.inf))

    def gradient(p: dict[str, FloatArray]) -> dict[str, FloatArray]:
        return {"w": np.array([3.0 * p["w"][0], 0.0])}

    report = check_gradient(loss, gradient, {"w": np.array([2.0, 1.0])})
    assert report.verdict == "fail"
    assert report.difference == pytest.approx(0.2, rel=1e-6)
    assert report.parameters[0].difference == pytest.approx(0.2, rel=1e-6)
    assert "nan" not in str(report)
