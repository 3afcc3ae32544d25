"""The scorecard's networks are fixed, their gradients right or wrong as said; a short run."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st

from tools.benchmarks import distribution, scorecard
from tools.benchmarks.distribution import Network, Params
from tools.benchmarks.scorecard_checks import check_right, check_wrong
from tools.benchmarks.scorecard_tables import format_right, format_wrong

# Of the first six seeds: what stands in docs/scorecard.md was counted on these draws.
RIGHT = [
    ("tanh", "converged", 9, 1),
    ("sigmoid", "fresh", 2, 12),
    ("relu", "near kinks", 10, 4),
    ("relu", "saturated", 5, 9),
    ("sigmoid", "saturated", 5, 4),
    ("sigmoid", "near kinks", 9, 4),
]
WRONG = ["decay negative", "noise", "weights_not_transposed", "sample_lost", "odd factor", "sign"]
# Losses of converged networks, and of some with an offset: a change of what is drawn shows here.
LOSSES = {
    0: 0.00776,
    9: 0.03185,
    19: 9.962,
    22: 9.479,
    8: 1.439e6,
    15: 284.7,
    20: 4586.0,
    23: 8330.0,
}
SEEDS = st.integers(0, scorecard.WRONG - 1)


def exact_loss(network: Network, params: list[tuple[mpmath.matrix, mpmath.matrix]]) -> mpmath.mpf:
    """Return the loss of the network by its definition, with the digits of `mpmath.mp`."""
    g = {
        "tanh": mpmath.tanh,
        "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
        "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
        "relu": lambda z: z if z > 0 else mpmath.mpf(0),
        "leaky": lambda z: z if z > 0 else mpmath.mpf(0.01) * z,
    }[network.activation]
    total = mpmath.mpf(0)
    for x, y in zip(network.X, network.Y, strict=True):
        A = mpmath.matrix([x.tolist()])
        for layer, (W, b) in enumerate(params):
            Z = A * W + b
            A = Z.apply(g) if layer + 1 < len(params) else Z
        total += mpmath.log(sum(map(mpmath.exp, A))) - A[int(y.argmax())]
    if network.mean:
        total /= len(network.X)
    penalty = mpmath.mpf(network.l2) / 2 * sum(w * w for W, _ in params for w in W)
    return network.scale * (total + penalty) + network.offset


def exact_slope(network: Network, block: int, index: tuple[int, ...]) -> float:
    """Return one derivative by a central difference with 60 digits."""
    with mpmath.workdps(60):
        losses = []
        for step in (mpmath.mpf(10) ** -20, -(mpmath.mpf(10) ** -20)):
            params = [
                (mpmath.matrix(W.tolist()), mpmath.matrix([b.tolist()])) for W, b in network.params
            ]
            # A bias is a matrix of one row here.
            params[block // 2][block % 2][index if len(index) == 2 else (0, *index)] += step
            losses.append(exact_loss(network, params))
        return float((losses[0] - losses[1]) / (2 * mpmath.mpf(10) ** -20))


@pytest.mark.parametrize("seed", range(12))
def test_a_right_gradient_is_the_derivative_of_its_loss(seed: int) -> None:
    network = distribution.draw_right(seed)
    with mpmath.workdps(60):
        params = [
            (mpmath.matrix(W.tolist()), mpmath.matrix([b.tolist()])) for W, b in network.params
        ]
        assert network.loss(network.params) == pytest.approx(float(exact_loss(network, params)))
    rng = np.random.default_rng(seed)
    gradient = distribution.list_blocks(network.gradient(network.params))
    for block in rng.choice(len(gradient), min(3, len(gradient)), replace=False):
        index = tuple(int(rng.integers(n)) for n in gradient[block].shape)
        size = float(np.abs(gradient[block]).max())
        expected = exact_slope(network, int(block), index)
        assert gradient[block][index] == pytest.approx(expected, rel=1e-6, abs=1e-8 * size)


def _numbers(params: Params) -> list[float]:
    return [float(np.abs(block).sum()) for block in distribution.list_blocks(params)]


@given(SEEDS)
def test_a_seed_draws_the_same_each_time(seed: int) -> None:
    with np.errstate(all="ignore"):
        (one, fault), (other, same) = distribution.draw_wrong(seed), distribution.draw_wrong(seed)
        assert fault.kind == same.kind
        assert _numbers(fault.gradient(one.params)) == _numbers(same.gradient(other.params))


def test_the_draws_are_those_of_the_published_tables() -> None:
    networks = [distribution.draw_right(seed) for seed in range(6)]
    assert [(n.activation, n.state, len(n.params), len(n.X)) for n in networks] == RIGHT
    for seed, loss in LOSSES.items():
        network = distribution.draw_right(seed)
        assert network.loss(network.params) == pytest.approx(loss, rel=1e-3)
    faults = [distribution.draw_wrong(seed)[1] for seed in range(6)]
    assert [fault.kind for fault in faults] == WRONG


@given(SEEDS)
def test_a_fault_changes_some_blocks_and_leaves_network_and_loss_alone(seed: int) -> None:
    with np.errstate(all="ignore"):
        network, fault = distribution.draw_wrong(seed)
        before, loss = _numbers(network.params), network.loss(network.params)
        errors = distribution.measure_relative_errors(
            fault.gradient(network.params), network.gradient(network.params)
        )
        assert list(errors) == distribution.name_blocks(network.params)
        assert (_numbers(network.params), network.loss(network.params)) == (before, loss)


@given(SEEDS)
def test_an_offset_or_a_kink_makes_nothing_measurable_that_was_not(seed: int) -> None:
    network = distribution.draw_right(seed)
    network.offset = 0.0
    with np.errstate(all="ignore"):
        plain = distribution.is_measurable(network)
        network.offset = network.scale * 1e20
        flat = all(not g.any() for g in distribution.list_blocks(network.gradient(network.params)))
        assert distribution.is_measurable(network) <= plain or flat
        assert distribution.is_measurable(network) == flat


def test_a_short_run_has_no_false_alarm_and_passes_nothing_wrong() -> None:
    with np.errstate(all="ignore"):
        right = check_right(range(40))
        _, wrong = check_wrong(range(40))
    assert {case.report.verdict for case in right} <= {"pass", "inconclusive"}
    assert all(case.report.verdict == "pass" for case in right if case.measurable)
    assert {case.report.verdict for case in wrong} == {"fail"}
    assert all(case.exact for case in wrong)
    assert "False alarms: none." in format_right(right)
    assert "Every miss" in format_wrong(0, wrong)
