"""Layers in fewer digits than float64's: in what they are checked, and what that can tell."""

import itertools
from typing import Any

import numpy as np
import pytest
from checker.layers import (
    AFFINE,
    SHORT,
    affine,
    affine_backward,
    softmax,
    softmax_backward,
    tanh32,
    tanh32_backward,
)

from gradlab import check_layer


def test_float32_is_checked_in_float64_where_that_works() -> None:
    short = [array.astype(np.float32) for array in AFFINE]
    report = check_layer(affine, affine_backward, short)
    assert report.passed
    assert report.precision == "float64"


def test_a_kernel_for_float32_gets_float32() -> None:
    report = check_layer(tanh32, tanh32_backward, SHORT)
    assert report.passed, report
    assert report.precision == "float32"


def test_a_float32_inside_is_found() -> None:
    def forward(x: Any, W: Any) -> Any:
        return tanh32(x.astype(np.float32), W.astype(np.float32))

    def backward(upstream: Any, x: Any, W: Any) -> Any:
        return tanh32_backward(upstream, x.astype(np.float32), W.astype(np.float32))

    wide = [array.astype(np.float64) for array in SHORT]
    assert check_layer(forward, backward, wide).precision == "float32"


def test_a_float16_among_float32_keeps_its_own_steps() -> None:
    def forward(x: Any, W: Any) -> Any:
        assert x.dtype == np.float16
        return np.tanh(x.astype(np.float32) @ W)

    def backward(upstream: Any, x: Any, W: Any) -> Any:
        delta = upstream * (1 - forward(x, W) ** 2)
        return (delta @ W.T).astype(np.float16), x.astype(np.float32).T @ delta

    report = check_layer(forward, backward, (SHORT[0].astype(np.float16), SHORT[1]))
    assert report.verdict != "fail", report
    assert report.precision == "float32"


@pytest.mark.parametrize("seed", range(8))
def test_in_float32_a_right_one_does_not_fail_and_a_wrong_one_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(5, 8)).astype(np.float32)
    W = (rng.normal(size=(8, 4)) / 3).astype(np.float32)
    right = check_layer(tanh32, tanh32_backward, (x, W), seed=seed)
    assert right.verdict != "fail", right
    resolution = max(block.resolution for block in right.parameters)

    def wrong(upstream: Any, x: Any, W: Any) -> Any:
        dx, dW = tanh32_backward(upstream, x, W)
        dW.flat[np.abs(dW).argmax()] *= 1 + 10 * resolution
        return dx, dW

    report = check_layer(tanh32, wrong, (x, W), seed=seed)
    assert [block.name for block in report.parameters if block.verdict == "fail"] == ["W"]


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (np.exp, np.exp),
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(x.dtype)),
        (lambda x: x**2, lambda x: 2 * x),
        (lambda x: x / (1 + np.exp(-x)), None),
    ],
)
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_no_activation_of_few_digits_fails(f: Any, slope: Any, kind: Any) -> None:
    def forward(x: Any) -> Any:
        assert x.dtype == kind
        return f(x)

    def backward(upstream: Any, x: Any) -> Any:
        if slope is not None:
            return upstream * slope(x)
        s = 1 / (1 + np.exp(-x))
        return upstream * (s + x * s * (1 - s))

    for seed, scale in itertools.product(range(5), (0.01, 1.0, 3.0)):
        x = (scale * np.random.default_rng(seed).normal(size=(3, 7))).astype(kind)
        report = check_layer(forward, backward, x, seed=seed)
        assert report.verdict != "fail", report


# In float16, the noise along each entry is asked for.
@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_the_calls_of_forward_are_counted(kind: Any) -> None:
    calls = []

    def forward(z: Any) -> Any:
        assert z.dtype == kind
        calls.append(1)
        return softmax(z)

    report = check_layer(forward, softmax_backward, np.array([0.5, -1.0, 2.0], dtype=kind))
    # Besides: what is seen before the check, and a call before each backward.
    assert report.evaluations <= len(calls) <= report.evaluations + 16


def test_a_layer_that_cannot_be_measured_has_its_precision_all_the_same() -> None:
    rng = np.random.default_rng(0)

    def noisy(x: Any, W: Any) -> Any:
        return tanh32(x, W) + rng.normal(size=(len(x), W.shape[1])).astype(np.float32)

    report = check_layer(noisy, tanh32_backward, SHORT)
    assert (report.verdict, report.precision) == ("inconclusive", "float32")
