"""Causes are named when they are proved, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from gradlab.checker.check import check_gradient
from gradlab.checker.diagnosis import Block, Finding, Setting, diagnose
from gradlab.checker.measuring.slopes import Slopes
from gradlab.network.check import check_network
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray

RNG = np.random.default_rng(3)
SLOPES = RNG.normal(size=(4, 4))
VALUES = RNG.normal(size=(4, 4))
TIGHT = np.full((4, 4), 1e-9)

ORDER = np.random.default_rng(4).permutation(16)
Spoil = Callable[[FloatArray], FloatArray]

WRONG: dict[str, tuple[Spoil, str, float | None]] = {
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
    "rows in another order": (lambda g: g[::-1], "permuted", None),
    "columns in another order": (lambda g: np.roll(g, 1, axis=1), "permuted", None),
    "any order": (lambda g: g.ravel()[ORDER].reshape(4, 4), "permuted", None),
    "one entry": (lambda g: np.where(g == g.max(), 2 * g, g), "few_entries", None),
    "scaled, but for one entry": (
        lambda g: np.where(g == g.max(), g, 2 * g),
        "wrong_scale",
        2.0,
    ),
}


def block(
    gradient: FloatArray,
    slopes: FloatArray = SLOPES,
    tolerance: FloatArray = TIGHT,
    values: FloatArray = VALUES,
    name: str = "W1",
) -> Block:
    no = np.zeros(gradient.shape, dtype=bool)
    wrong = np.abs(gradient - slopes) > tolerance
    return Block(name, values, gradient, Slopes(slopes, tolerance, wrong, no, no))


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize("name", WRONG)
def test_known_causes(name: str) -> None:
    spoil, kind, factor = WRONG[name]
    finding = only(diagnose([block(spoil(SLOPES))], Setting(rows=32)))
    assert (finding.kind, finding.parameter) == (kind, "W1")
    assert finding.factor == (None if factor is None else pytest.approx(factor))
    assert str(finding).startswith("W1: ")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda g: g[::-1], "(whole rows in other places?)."),
        (lambda g: g[:, ::-1], "(whole columns in other places?)."),
        (lambda g: g.T.ravel()[ORDER].reshape(4, 4), "in another order."),
        (lambda g: np.where(np.arange(4)[:, None] == 2, g**3, g), "(all in row 2)."),
        (lambda g: np.where(np.arange(4) == 1, g**3, g), "(all in column 1)."),
    ],
)
def test_where_the_entries_went(spoil: Spoil, words: str) -> None:
    assert only(diagnose([block(spoil(SLOPES))])).message.endswith(words)


def test_a_transpose_that_was_reshaped() -> None:
    slopes = RNG.normal(size=(3, 5))
    tolerance = np.full((3, 5), 1e-9)
    for gradient in (slopes.T.reshape(3, 5), slopes.ravel().reshape((3, 5), order="F")):
        finding = only(diagnose([block(gradient, slopes, tolerance, np.ones((3, 5)))]))
        assert finding.kind == "permuted"
        assert finding.message.endswith("a transpose that was reshaped?).")


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (32.0, "32 times what it should be (m = 32 rows: a sum where the loss has a mean?)."),
        (1 / 32, "(1/m, m = 32 rows: a mean where the loss has a sum?)."),
        (2.0, "(a 2 too many?)."),
        (0.5, "(a 2 missing?)."),
        (0.8, "(keep probability 0.8: the 1/0.8 of inverted dropout missing?)."),
        (1.25, "(1/0.8, keep probability 0.8: scaled once too often?)."),
        (1.5, "1.5 times what it should be."),
    ],
)
def test_likely_meanings_of_a_factor(factor: float, words: str) -> None:
    finding = only(diagnose([block(factor * SLOPES)], Setting(rows=32, keep_prob=0.8)))
    assert finding.factor == pytest.approx(factor)
    assert finding.message.endswith(words)


def test_two_causes_at_once() -> None:
    summed = diagnose([block(32 * (SLOPES - 0.1 * VALUES) + 0.1 * VALUES)], Setting(rows=32))
    assert [finding.kind for finding in summed] == ["wrong_scale", "weight_decay"]
    assert summed[0].factor == pytest.approx(32.0)
    both = diagnose([block(-3.0 * SLOPES.T)])
    assert [finding.kind for finding in both] == ["transposed", "wrong_scale"]


def test_nothing_is_proved_by_coarse_slopes() -> None:
    findings = diagnose([block(-SLOPES, tolerance=np.full((4, 4), 0.1))])
    assert {finding.kind for finding in findings} <= {"some_entries", "every_block"}


def test_a_block_without_slope_proves_that_its_gradient_is_zero() -> None:
    zeros = np.zeros((4, 4))
    for tolerance in (TIGHT, zeros):
        finding = only(diagnose([block(SLOPES, zeros, tolerance)]))
        assert finding.kind == "dead_units"
        assert finding.message.startswith("The gradient should be zero: the loss does not change")
    # As small as this, it may be rounding.
    assert {f.kind for f in diagnose([block(1e-8 * SLOPES, zeros)])} <= {"every_block"}


def test_a_free_factor_is_not_proved_by_one_entry_but_confirmed() -> None:
    one = np.array([1.0])

    def bias(gradient: FloatArray) -> Block:
        return block(gradient, one, 1e-9 * one, one, "b1")

    assert only(diagnose([bias(3.1 * one)])).kind == "every_block"
    assert only(diagnose([bias(-one)])).kind == "sign_flipped"
    assert only(diagnose([bias(2 * one)])).kind == "wrong_scale"
    # Proved by W1, it explains b1 too.
    findings = diagnose([block(3.1 * SLOPES), bias(3.1 * one)])
    assert [(f.kind, f.parameter) for f in findings] == [("wrong_scale", k) for k in ("W1", "b1")]


def layers(spoiled: dict[str, Spoil]) -> list[Block]:
    names = [f"{kind}{layer}" for layer in (1, 2, 3) for kind in "Wb"]
    spoils = [spoiled.get(name, np.asarray) for name in names]
    return [block(spoil(SLOPES), name=name) for spoil, name in zip(spoils, names, strict=True)]


def noisy(g: FloatArray) -> FloatArray:
    return g * np.random.default_rng(1).uniform(0.5, 1.5, g.shape)


@pytest.mark.parametrize(
    ("names", "layer"),
    [
        (("W1", "b1"), 1),
        (("W1", "b1", "W2", "b2"), 2),
    ],
)
def test_the_layer_from_which_on_all_is_wrong(names: tuple[str, ...], layer: int) -> None:
    finding = only(diagnose(layers(dict.fromkeys(names, noisy))))
    assert (finding.kind, finding.parameter) == ("backprop_from_layer", f"W{layer}")
    assert f"delta_{layer} follows from delta_{layer + 1}" in finding.message
    assert "every one after it passes: " in finding.message


def test_what_could_not_be_measured_is_not_said_to_pass() -> None:
    blocks = layers(dict.fromkeys(("W1", "b1"), noisy))
    slopes = blocks[-1].slopes
    slopes.doubtful = np.ones_like(slopes.doubtful)
    assert "none after it is shown to be wrong: " in only(diagnose(blocks)).message


@pytest.mark.parametrize(
    "names",
    [("W1", "b1", "W2", "b2", "W3", "b3"), ("W2", "b2"), ("W1",), ("W1", "b1", "W2"), ("b3",)],
)
def test_other_blocks_are_no_matter_of_a_layer(names: tuple[str, ...]) -> None:
    findings = diagnose(layers(dict.fromkeys(names, noisy)))
    assert findings == []


def test_two_blocks_with_causes_of_their_own_are_no_matter_of_a_layer() -> None:
    findings = diagnose(layers({"W1": lambda g: g.T, "b1": lambda g: -g}))
    assert [finding.kind for finding in findings] == ["transposed", "sign_flipped"]


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
    spoiled = WRONG[name][0](right([W]))
    for finding in report.findings:
        repaired = repair(finding.kind, finding.factor, spoiled, W)
        if repaired is not None:
            # A finding may be about the wrong entries only.
            repaired = np.where(np.isclose(spoiled, right([W])), spoiled, repaired)
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
