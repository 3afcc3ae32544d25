"""``check_layer``: which layers it takes, what it passes on, and its verdicts."""

import pickle
from collections import namedtuple
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
    layer_norm_backward,
    softmax,
    softmax_backward,
)

from gradlab import GradientReport, check_layer


def names(report: GradientReport) -> list[str]:
    return [block.name for block in report.parameters]


def failing(report: GradientReport) -> list[str]:
    return [block.name for block in report.parameters if block.verdict == "fail"]


@pytest.mark.parametrize(
    ("forward", "backward", "inputs"),
    [
        (affine, affine_backward, AFFINE),
        (softmax, softmax_backward, LOGITS),
        (layer_norm, layer_norm_backward, NORM),
        (layer_norm, layer_norm_backward, (*NORM, 1e-3)),
        (embed, embed_backward, (TABLE, IDS)),
        (np.sin, lambda u, x: u * np.cos(x), LOGITS),
        (np.sum, lambda u, x: np.full_like(x, u), LOGITS),
    ],
)
def test_right_layers_pass_at_several_points(forward: Any, backward: Any, inputs: Any) -> None:
    for seed in range(5):
        report = check_layer(forward, backward, inputs, points=2, seed=seed)
        assert report.passed, report


def test_blocks_have_the_names_of_forwards_parameters() -> None:
    assert names(check_layer(affine, affine_backward, AFFINE)) == ["x", "W", "b"]

    def concatenate(*xs: Any) -> Any:
        return np.concatenate(xs, axis=1)

    def split(upstream: Any, *xs: Any) -> Any:
        return np.split(upstream, np.cumsum([x.shape[1] for x in xs])[:-1], axis=1)

    report = check_layer(concatenate, split, (LOGITS, LOGITS[:, :2]))
    assert report.passed
    assert names(report) == ["xs[0]", "xs[1]"]


@pytest.mark.parametrize("wrong", ["x", "W", "b"])
def test_the_block_that_is_wrong_is_named(wrong: str) -> None:
    def backward(upstream: Any, x: Any, W: Any, b: Any) -> Any:
        gradients = dict(zip("xWb", affine_backward(upstream, x, W, b), strict=True))
        gradients[wrong] = 1.01 * gradients[wrong]
        return tuple(gradients.values())

    assert failing(check_layer(affine, backward, AFFINE)) == [wrong]


def test_slopes_are_those_of_the_jacobian_times_the_upstream() -> None:
    upstream = np.arange(20.0).reshape(4, 5) - 7.0
    report = check_layer(softmax, softmax_backward, LOGITS, upstream=upstream)
    slopes = report.evidence.slopes[0]
    for place in np.ndindex(LOGITS.shape):
        z = LOGITS.astype(complex)
        z[place] += 1e-30j
        powers = np.exp(z - LOGITS.max())
        outputs = powers / powers.sum(axis=-1, keepdims=True)
        exact = np.sum(upstream * outputs.imag) / 1e-30
        assert abs(slopes.value[place] - exact) <= slopes.tolerance[place]


def test_an_output_that_does_not_change_costs_no_digits() -> None:
    def beside(x: Any) -> Any:
        return np.tanh(x), np.full(3, 1e12)

    def backward(upstream: Any, x: Any) -> Any:
        return upstream[0] * (1 - np.tanh(x) ** 2)

    report = check_layer(beside, backward, LOGITS)
    assert report.passed, report

    def off(upstream: Any, x: Any) -> Any:
        return 1.001 * backward(upstream, x)

    assert check_layer(beside, off, LOGITS).verdict == "fail"


# What is held


def test_what_is_no_array_of_floats_is_held_and_may_be_left_out() -> None:
    def scaled(x: Any, ids: Any, factor: Any, name: Any, W: Any) -> Any:
        assert name == "name"
        return factor * x[ids] @ W

    def two(upstream: Any, x: Any, ids: Any, factor: Any, name: Any, W: Any) -> Any:
        dx = np.zeros_like(x)
        np.add.at(dx, ids, factor * upstream @ W.T)
        return dx, factor * x[ids].T @ upstream

    def five(upstream: Any, *inputs: Any) -> Any:
        dx, dW = two(upstream, *inputs)
        return dx, None, None, None, dW

    def named(upstream: Any, *inputs: Any) -> Any:
        return dict(zip(("x", "W"), two(upstream, *inputs), strict=True))

    inputs = (LOGITS, np.array([0, 2, 2]), 0.5, "name", np.eye(5)[:, :3])
    for backward in (two, five, named):
        report = check_layer(scaled, backward, inputs)
        assert report.passed
        assert names(report) == ["x", "W"]
        assert any("ids, factor, name" in note for note in report.notes)


def test_each_call_gets_a_copy_of_what_is_held() -> None:
    settings: dict[str, Any] = {"mode": "train", "calls": [], "running_mean": np.zeros(5)}

    def forward(x: Any, param: Any) -> Any:
        assert param["calls"] == []
        param["calls"].append(1)
        param["running_mean"] += x.mean(axis=0)
        return x - x.mean(axis=0), param

    def backward(upstream: Any, cache: Any) -> Any:
        return upstream - upstream.mean(axis=0)

    assert check_layer(forward, backward, (LOGITS, settings), cache=True).passed
    assert settings["calls"] == []
    assert np.array_equal(settings["running_mean"], np.zeros(5))


def test_a_generator_gives_the_same_mask_each_time() -> None:
    def dropout(x: Any, rng: Any) -> Any:
        mask = rng.random(x.shape) < 0.5
        return x * mask / 0.5, mask

    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert check_layer(dropout, lambda u, mask: u * mask / 0.5, (LOGITS, rng), cache=True).passed
    assert rng.bit_generator.state == before


def test_an_array_whose_gradient_is_none_is_said_to_be_unchecked() -> None:
    report = check_layer(affine, lambda u, x, W, b: (u @ W.T, None, u.sum(axis=0)), AFFINE)
    assert names(report) == ["x", "b"]
    assert any("W (backward returns no gradient for it)" in note for note in report.notes)


def test_a_number_is_checked_if_it_gets_a_gradient() -> None:
    def scale(x: Any, factor: Any) -> Any:
        return x * factor

    report = check_layer(scale, lambda u, x, factor: (u * factor, np.sum(u * x)), (LOGITS, 0.5))
    assert report.passed
    assert names(report) == ["x", "factor"]
    wrong = check_layer(scale, lambda u, x, factor: (u * factor, np.mean(u * x)), (LOGITS, 0.5))
    assert failing(wrong) == ["factor"]


# Structures


Step = namedtuple("Step", ["hidden", "cell"])


def test_inputs_and_outputs_may_be_structures() -> None:
    def forward(state: Any, params: Any) -> Any:
        hidden = np.tanh(state[0] @ params["W"])
        return Step(hidden, state[1] * hidden)

    def backward(upstream: Any, state: Any, params: Any) -> Any:
        hidden = np.tanh(state[0] @ params["W"])
        delta = (upstream.hidden + upstream.cell * state[1]) * (1 - hidden**2)
        return (
            [delta @ params["W"].T, upstream.cell * hidden],
            {"W": state[0].T @ delta, "name": None},
        )

    state = [AFFINE[0], np.ones((5, 4))]
    report = check_layer(forward, backward, (state, {"W": AFFINE[1], "name": "W"}))
    assert report.passed, report
    assert names(report) == ["state[0]", "state[1]", "params['W']"]


def test_one_of_several_outputs_may_be_wrong() -> None:
    def forward(x: Any) -> Any:
        return {"sin": np.sin(x), "cos": np.cos(x)}

    def backward(upstream: Any, x: Any) -> Any:
        return upstream["sin"] * np.cos(x)  # and the cosine's?

    assert check_layer(forward, backward, LOGITS).verdict == "fail"


def test_outputs_of_integers_have_no_upstream() -> None:
    def largest(x: Any) -> Any:
        return x.max(axis=1), x.argmax(axis=1)

    def backward(upstream: Any, x: Any) -> Any:
        values, places = upstream
        assert places is None
        return values[:, None] * (x == x.max(axis=1, keepdims=True))

    assert check_layer(largest, backward, LOGITS).passed


def test_an_object_may_be_the_cache() -> None:
    class Layer:
        def __init__(self, W: Any) -> None:
            self.W = W

        def forward(self, x: Any) -> Any:
            self.x = x
            return x @ self.W

        def backward(self, upstream: Any) -> Any:
            self.dW = self.x.T @ upstream
            return upstream @ self.W.T

    def forward(x: Any, W: Any) -> Any:
        layer = Layer(W)
        return layer.forward(x), layer

    def backward(upstream: Any, layer: Any) -> Any:
        return layer.backward(upstream), layer.dW

    assert check_layer(forward, backward, AFFINE[:2], cache=True).passed


@pytest.mark.parametrize("order", ["F", "C"])
def test_the_order_in_memory_does_not_matter(order: Any) -> None:
    inputs = [np.asarray(array, order=order) for array in AFFINE]
    for array in inputs:
        array.flags.writeable = False
    assert check_layer(affine, affine_backward, (inputs[0][::-1], *inputs[1:])).passed


# What is no function of its inputs, or not linear in the upstream


def test_a_layer_that_is_random_is_inconclusive() -> None:
    rng = np.random.default_rng(0)

    def dropout(x: Any) -> Any:
        return x * (rng.random(x.shape) < 0.5)

    report = check_layer(dropout, lambda u, x: u, LOGITS)
    assert report.verdict == "inconclusive"
    assert [finding.kind for finding in report.findings] == ["nondeterministic"]


def test_a_backward_that_accumulates_fails() -> None:
    kept = np.zeros_like(LOGITS)

    def backward(upstream: Any, x: Any) -> Any:
        kept[...] += upstream * np.cos(x)
        return kept.copy()

    report = check_layer(np.sin, backward, LOGITS)
    assert report.verdict == "fail"
    assert "nondeterministic" in [finding.kind for finding in report.findings]


@pytest.mark.parametrize("limit", [1.0, 2.0])
def test_a_backward_that_clips_is_not_linear(limit: float) -> None:
    def backward(upstream: Any, x: Any) -> Any:
        return np.clip(upstream, -limit, limit) * np.cos(x)

    report = check_layer(np.sin, backward, LOGITS)
    assert report.verdict == "fail"
    assert report.findings[0].kind == "nonlinear"


@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_infinite_outputs_have_no_part_in_the_check(factor: float) -> None:
    mask = np.tri(4, 5, dtype=bool)

    def masked(x: Any) -> Any:
        return np.where(mask, np.sin(x), -np.inf)

    report = check_layer(masked, lambda u, x: factor * np.where(mask, u * np.cos(x), 0), LOGITS)
    assert report.verdict == ("pass" if factor == 1.0 else "fail")
    assert any(note.startswith("output is infinite in 10 entries") for note in report.notes)


def test_an_output_that_is_not_a_number_is_named() -> None:
    def forward(x: Any) -> Any:
        with np.errstate(invalid="ignore"):
            return x, np.sqrt(x)

    report = check_layer(forward, lambda u, x: u[0] + u[1] / 2 / np.sqrt(np.abs(x)), LOGITS)
    assert report.verdict == "inconclusive"
    assert any(note.startswith("output[1] is NaN in") for note in report.notes)


# What is left as it was


def test_nothing_of_the_users_is_changed() -> None:
    inputs = [array.copy() for array in AFFINE]
    upstream = np.ones((5, 4))
    check_layer(affine, affine_backward, inputs, upstream=upstream, points=3)
    assert all(map(np.array_equal, inputs, AFFINE))
    assert np.array_equal(upstream, np.ones((5, 4)))


def test_an_upstream_that_is_changed_in_place_is_a_copy() -> None:
    def backward(upstream: Any, x: Any) -> Any:
        upstream[x <= 0] = 0
        return upstream

    assert check_layer(lambda x: np.maximum(x, 0), backward, LOGITS).passed


def test_the_report_is_data() -> None:
    report = check_layer(affine, affine_backward, AFFINE)
    assert pickle.loads(pickle.dumps(report)).to_dict() == report.to_dict()
    assert str(report).startswith("PASS: backward fits forward.")
    assert "calls of forward" in str(report)
    assert report.method == "layer"


def test_an_error_of_the_users_own_passes_through() -> None:
    def forward(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        check_layer(forward, lambda u, x: u, LOGITS)
