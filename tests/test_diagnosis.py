"""Causes are named when they are proved, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlab.diagnosis import diagnose
from gradlab.gradient_check import check_gradient, check_network
from gradlab.network import MLP
from gradlab.parameters import FloatArray

RNG = np.random.default_rng(3)
SLOPES = RNG.normal(size=(4, 4))
VALUES = RNG.normal(size=(4, 4))
TIGHT = np.full((4, 4), 1e-9)

WRONG: dict[str, tuple[Callable[[FloatArray], FloatArray], str | None, float | None]] = {
    "sign": (lambda g: -g, "sign_flipped", -1.0),
    "double": (lambda g: 2 * g, "wrong_scale", 2.0),
    "half": (lambda g: g / 2, "wrong_scale", 0.5),
    "m": (lambda g: 32 * g, "wrong_scale", 32.0),
    "1/m": (lambda g: g / 32, "wrong_scale", 1 / 32),
    "odd factor": (lambda g: -0.37 * g, "wrong_scale", -0.37),
    "transposed": (lambda g: g.T, "transposed", None),
    "zero": (np.zeros_like, "all_zero", None),
    "no penalty": (lambda g: g - 0.1 * VALUES, "weight_decay", 0.1),
    "penalty twice": (lambda g: g + 0.1 * VALUES, "weight_decay", -0.1),
    "rows in another order": (lambda g: g[::-1], None, None),
    "noise": (lambda g: g + RNG.normal(size=g.shape), None, None),
    "scaled, but for one entry": (lambda g: np.where(g == g.max(), g, 2 * g), None, None),
}


@pytest.mark.parametrize("name", WRONG)
def test_known_causes(name: str) -> None:
    spoil, kind, factor = WRONG[name]
    finding = diagnose("W1", spoil(SLOPES), SLOPES, TIGHT, VALUES, rows=32)
    if kind is None:
        assert finding is None
        return
    assert finding is not None
    assert (finding.kind, finding.parameter) == (kind, "W1")
    assert finding.factor == (None if factor is None else pytest.approx(factor))
    assert str(finding).startswith("W1: ")


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (32.0, "32 times what it should be (m = 32 rows: a sum where the loss has a mean?)."),
        (1 / 32, "(1/m, m = 32 rows: a mean where the loss has a sum?)."),
        (2.0, "(a 2 too many?)."),
        (0.5, "(a 2 missing?)."),
        (1.5, "1.5 times what it should be."),
    ],
)
def test_likely_meanings_of_a_factor(factor: float, words: str) -> None:
    finding = diagnose("W1", factor * SLOPES, SLOPES, TIGHT, VALUES, rows=32)
    assert finding is not None
    assert finding.factor == pytest.approx(factor)
    assert finding.message.endswith(words)


def test_nothing_is_proved_by_coarse_slopes() -> None:
    assert diagnose("W1", -SLOPES, SLOPES, np.full((4, 4), 0.1), VALUES) is None


def test_nothing_is_proved_by_a_block_without_slope() -> None:
    zeros = np.zeros((4, 4))
    assert diagnose("W1", SLOPES, zeros, TIGHT, VALUES) is None
    assert diagnose("W1", SLOPES, zeros, zeros, VALUES) is None


def test_a_free_factor_is_not_proved_by_one_entry() -> None:
    one = np.array([1.0])
    assert diagnose("b1", 3 * one, one, 1e-9 * one, one) is None
    flipped = diagnose("b1", -one, one, 1e-9 * one, one)
    assert flipped is not None
    assert flipped.kind == "sign_flipped"


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([*WRONG]), st.integers(0, 1000))
def test_the_named_cause_repairs_the_gradient(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(4, 4))
    x = rng.normal(size=4)

    def loss(p: list[FloatArray]) -> float:
        return float(np.sum(np.tanh(x @ p[0])) + np.sum(np.sin(p[0])))

    def right(p: list[FloatArray]) -> FloatArray:
        return np.outer(x, 1 - np.tanh(x @ p[0]) ** 2) + np.cos(p[0])

    report = check_gradient(loss, lambda p: [np.array(WRONG[name][0](right(p)))], [W])
    assert report.verdict == "fail"
    for finding in report.findings:
        repaired = repair(finding.kind, finding.factor, WRONG[name][0](right([W])), W)
        if repaired is not None:
            np.testing.assert_allclose(repaired, right([W]), atol=1e-7)


def repair(kind: str, factor: float | None, wrong: FloatArray, W: FloatArray) -> Any:
    if kind == "sign_flipped":
        return -wrong
    if kind == "transposed":
        return wrong.T
    if kind == "wrong_scale" and factor is not None:
        return wrong / factor
    if kind == "weight_decay" and factor is not None:
        return wrong + factor * W
    return None


def test_blocks_with_one_cause_share_a_line() -> None:
    class Summed(MLP):
        def gradients(self, X: FloatArray, Y: FloatArray) -> Any:
            return [(len(X) * dW, len(X) * db) for dW, db in super().gradients(X, Y)]

    rng = np.random.default_rng(0)
    report = check_network(
        Summed([3, 4, 2]), rng.random((8, 3)), np.eye(2)[rng.integers(2, size=8)]
    )
    assert [f.parameter for f in report.findings] == ["W1", "b1", "W2", "b2"]
    assert "\nW1, b1, W2, b2: The gradient is 8 times what it should be (m = 8 rows" in str(report)
