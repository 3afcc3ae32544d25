"""What wrong layers look like: the cause is named where the numbers prove one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from checker.layers import (
    AFFINE,
    IDS,
    LOGITS,
    NORM,
    TABLE,
    affine,
    affine_backward,
    embed,
    embed_backward,
    layer_norm,
    layer_norm_without,
    softmax,
)

from gradlab import GradientReport, check_layer


def kinds(report: GradientReport) -> dict[str | None, set[str]]:
    """Return the kinds of the findings, by block."""
    found: dict[str | None, set[str]] = {}
    for finding in report.findings:
        found.setdefault(finding.parameter, set()).add(finding.kind)
    return found


@pytest.mark.parametrize(
    "backward",
    [
        lambda u, z: u * softmax(z) * (1 - softmax(z)),
        lambda u, z: u * softmax(z),
    ],
    ids=["diagonal", "no sum"],
)
def test_half_of_the_softmax_jacobian(backward: Any) -> None:
    assert kinds(check_layer(softmax, backward, LOGITS)) == {"z": {"softmax_diagonal"}}


@pytest.mark.parametrize("missing", [("mean",), ("deviation",), ("mean", "deviation")])
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
def test_statistics_taken_for_constants(missing: tuple[str, ...], eps: float) -> None:
    report = check_layer(
        layer_norm,
        lambda u, x, gain, shift, eps: layer_norm_without(u, x, gain, shift, eps, missing),
        (*NORM, eps),
    )
    assert kinds(report) == {"x": {"standardised"}}


def test_statistics_of_a_batch_taken_for_constants() -> None:
    def batch_norm(x: Any) -> Any:
        return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)

    report = check_layer(
        batch_norm, lambda u, x: u / np.sqrt(x.var(axis=0) + 1e-5), NORM[0].T.copy()
    )
    assert kinds(report) == {"x": {"standardised"}}
    assert "column" in report.findings[0].message


def test_a_gradient_that_is_just_wrong_is_not_called_standardised() -> None:
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(size=NORM[0].shape)

        def backward(upstream: Any, x: Any, gain: Any, shift: Any, noise: Any = noise) -> Any:
            dx, dgain, dshift = layer_norm_without(upstream, x, gain, shift)
            return dx * (1 + 0.1 * noise), dgain, dshift

        report = check_layer(layer_norm, backward, NORM)
        assert "standardised" not in kinds(report).get("x", set())


def changed(name: str, how: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return the backward pass of the affine layer with one gradient changed."""

    def backward(upstream: Any, x: Any, W: Any, b: Any) -> Any:
        gradients = dict(zip("xWb", affine_backward(upstream, x, W, b), strict=True))
        gradients[name] = how(gradients[name])
        return tuple(gradients.values())

    return backward


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1 / 5, "5 the length of axis 0 of x: a mean where forward has a sum"),
        (5.0, "the length of axis 0 of x: a sum where forward has a mean"),
        (1 / 20, "20 the size of output: a mean"),
        (2.0, "a 2 too many"),
    ],
)
def test_a_factor_has_a_meaning(factor: float, words: str) -> None:
    report = check_layer(affine, changed("b", lambda db: factor * db), AFFINE)
    assert kinds(report) == {"b": {"wrong_scale"}}
    assert words in report.findings[0].message


def test_a_number_that_is_held_may_be_the_factor() -> None:
    report = check_layer(
        lambda x, mask, keep_prob: x * mask / keep_prob,
        lambda u, x, mask, keep_prob: u * mask,
        (LOGITS, LOGITS > 0, 0.8),
    )
    assert kinds(report) == {"x": {"wrong_scale"}}
    assert "keep_prob = 0.8" in report.findings[0].message


def test_the_scale_of_attention() -> None:
    def attention(Q: Any, K: Any) -> Any:
        return Q @ K.T / np.sqrt(3)

    report = check_layer(attention, lambda u, Q, K: (u @ K, u.T @ Q), (AFFINE[0], TABLE))
    assert kinds(report) == {"Q": {"wrong_scale"}, "K": {"wrong_scale"}}
    assert "3 the length of the last axis of Q" in report.findings[0].message


def test_two_inputs_exchanged() -> None:
    report = check_layer(
        lambda a, b: a @ b, lambda u, a, b: (a.T @ u, u @ b.T), (TABLE[:3], AFFINE[0][:3])
    )
    assert kinds(report) == {"a": {"swapped"}, "b": {"swapped"}}


@pytest.mark.parametrize("add", [True, False])
def test_an_id_that_occurs_twice(add: bool) -> None:
    def backward(upstream: Any, table: Any, ids: Any) -> Any:
        gradient = np.zeros_like(table)
        if add:
            gradient[ids] += upstream
        else:
            gradient[ids] = upstream
        return gradient

    report = check_layer(embed, backward, (TABLE, IDS))
    assert "repeated_index" in kinds(report)["table"]


def test_a_column_that_occurs_twice() -> None:
    def backward(upstream: Any, x: Any, ids: Any) -> Any:
        gradient = np.zeros_like(x)
        gradient[:, ids] = upstream
        return gradient

    report = check_layer(lambda x, ids: x[:, ids], backward, (TABLE, np.array([0, 0, 1])))
    assert "repeated_index" in kinds(report)["x"]


def test_a_mean_of_what_occurs_twice_is_another_mistake() -> None:
    def backward(upstream: Any, table: Any, ids: Any) -> Any:
        counts = np.bincount(ids, minlength=len(table))[:, None]
        return embed_backward(upstream, table, ids) / np.maximum(counts, 1)

    report = check_layer(embed, backward, (TABLE, IDS))
    assert report.verdict == "fail"
    assert "repeated_index" not in kinds(report)["table"]


def test_the_upstream_passed_on_as_it_is() -> None:
    assert kinds(check_layer(np.tanh, lambda u, x: u, LOGITS)) == {"x": {"upstream_alone"}}


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (lambda u, x: np.cos(x), "does not depend on it"),
        (lambda u, x: np.cos(x) + u, "with an upstream of 0 it is not 0"),
        (lambda u, x: np.clip(u, -1, 1) * np.cos(x), "clipped"),
    ],
)
def test_what_is_not_linear_in_the_upstream(backward: Any, words: str) -> None:
    report = check_layer(np.sin, backward, LOGITS)
    assert report.verdict == "fail"
    nonlinear = [finding for finding in report.findings if finding.kind == "nonlinear"]
    assert words in nonlinear[0].message


def test_the_upstream_of_one_output_ignored() -> None:
    report = check_layer(lambda x: (np.sin(x), np.cos(x)), lambda u, x: -u[1] * np.sin(x), LOGITS)
    assert kinds(report)[None] == {"upstream_ignored"}
    assert "output[0]" in next(f.message for f in report.findings if f.parameter is None)


def test_the_inputs_of_a_layer_are_in_no_order_of_computation() -> None:
    # As losses, a block up to which all fail would be named.
    def backward(upstream: Any, x: Any, W: Any, b: Any) -> Any:
        dx, dW, db = affine_backward(upstream, x, W, b)
        noise = np.random.default_rng(0)
        return dx + noise.normal(size=dx.shape), dW + noise.normal(size=dW.shape), db

    report = check_layer(affine, backward, AFFINE)
    assert not any(finding.kind.startswith("backprop") for finding in report.findings)
