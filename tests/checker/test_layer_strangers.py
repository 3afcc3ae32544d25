"""Layers as strangers write them: with state, saturated, of any size, in their own structures."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from checker.layers import LOGITS, softmax, softmax_backward

from gradlab import check_layer

X = np.array([0.3, -1.2, 0.8])


# Saturated: an output near 1 hides what is less than its last digit


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 10, 30])
def test_a_saturated_softmax_does_not_fail(kind: Any, size: float) -> None:
    def forward(z: Any) -> Any:
        assert z.dtype == kind
        return softmax(z)

    for seed in range(15):
        z = (size * np.random.default_rng(seed).normal(size=(4, 4))).astype(kind)
        report = check_layer(forward, softmax_backward, z, seed=seed)
        assert report.verdict != "fail", report


@pytest.mark.parametrize("z", [[0, 40], [0, 20, 60], [0, 100, -50], [1, 2, 18]])
def test_two_logits_far_apart_do_not_fail(z: Any) -> None:
    assert check_layer(softmax, softmax_backward, np.array(z, dtype=float)).verdict != "fail"


# State


class Exponential:
    """Keeps its output, and changes it in place."""

    def forward(self, x: Any) -> Any:
        self.y = np.exp(x)
        return self.y

    def backward(self, upstream: Any, x: Any) -> Any:
        self.y *= upstream
        return self.y


class Square:
    """Keeps its inputs on a stack."""

    def __init__(self) -> None:
        self.stack: list[Any] = []

    def forward(self, x: Any) -> Any:
        self.stack.append(x.copy())
        return x**2

    def backward(self, upstream: Any, x: Any) -> Any:
        return 2 * upstream * self.stack.pop()


@pytest.mark.parametrize("kind", [Exponential, Square])
def test_a_layer_may_keep_on_itself_what_backward_needs(kind: Any) -> None:
    layer = kind()
    assert check_layer(layer.forward, layer.backward, X, points=2).passed


class Affine:
    """Keeps its inputs, and the gradient of its weights."""

    def __init__(self, W: Any) -> None:
        self.W = W

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W

    def backward(self, upstream: Any) -> Any:
        self.dW = self.x.T @ upstream
        return upstream @ self.W.T


def test_the_backward_of_an_object_may_take_the_upstream_alone() -> None:
    layer = Affine(LOGITS.T[:, :2])
    report = check_layer(layer.forward, layer.backward, LOGITS[:, :5])
    assert report.passed
    assert any("nothing is known" in note for note in report.notes)
    layer.W = 2 * layer.W
    wrong = check_layer(layer.forward, lambda u: layer.backward(u) / 2, LOGITS[:, :5])
    assert wrong.verdict == "fail"


def test_a_backward_that_is_right_at_first_only_fails() -> None:
    calls = []

    def backward(upstream: Any, x: Any) -> Any:
        calls.append(1)
        return upstream * np.cos(x) * (1 if len(calls) <= 3 else 2)

    assert check_layer(np.sin, backward, X).verdict == "fail"


@pytest.mark.parametrize("limit", [4.0, 10.0, 100.0])
def test_clipping_far_above_the_upstream_is_seen(limit: float) -> None:
    report = check_layer(lambda x: x**2, lambda u, x: 2 * x * np.clip(u, -limit, limit), X)
    assert report.verdict == "fail"


# Sizes


def test_a_large_output_does_not_hide_a_small_one() -> None:
    scales = np.array([1e12, 1, 1])

    def forward(x: Any) -> Any:
        return x**2 * scales

    assert check_layer(forward, lambda u, x: 2 * u * x * scales, X).passed
    wrong = check_layer(forward, lambda u, x: 2 * u * x * scales * [1, -1, 1], X)
    assert wrong.verdict == "fail"


@pytest.mark.parametrize("ratio", [1e6, 1e13])
def test_a_large_output_does_not_hide_another(ratio: float) -> None:
    def forward(x: Any, y: Any) -> Any:
        return ratio * x**2, y**3

    def backward(upstream: Any, x: Any, y: Any, factor: float = 3.0) -> Any:
        return 2 * ratio * upstream[0] * x, factor * upstream[1] * y**2

    assert check_layer(forward, backward, (X, X[::-1].copy())).passed
    wrong = check_layer(forward, lambda u, x, y: backward(u, x, y, 3.03), (X, X[::-1].copy()))
    assert [block.verdict for block in wrong.parameters] == ["pass", "fail"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("factor", [1e200, 1e-200, 1e-300])
def test_outputs_of_any_size(factor: float) -> None:
    assert check_layer(lambda x: x * factor, lambda u, x: u * factor, X).passed


# Types and structures


def test_the_byte_order_does_not_matter() -> None:
    swapped = X.astype(X.dtype.newbyteorder())
    report = check_layer(lambda x, w: x * w, lambda u, x, w: (u * w, 7 * u * x), (X, swapped))
    assert [block.verdict for block in report.parameters] == ["pass", "fail"]


def test_single_floats_alone_are_checked() -> None:
    report = check_layer(lambda a, b: a * b, lambda u, a, b: (u * b, u * a), (np.float64(2), 3.0))
    assert report.passed
    assert [block.name for block in report.parameters] == ["a", "b"]


def test_a_marker_stays_what_it_is() -> None:
    marker = object()

    def forward(x: Any, mask: Any) -> Any:
        return x * (2 if mask is marker else 3)

    assert check_layer(forward, lambda u, x, mask: 2 * u, (X, marker)).passed


def test_what_is_held_inside_a_structure_is_a_copy() -> None:
    ids = np.array([0, 1])

    def forward(params: Any) -> Any:
        out = params["x"][params["ids"]]
        params["ids"].fill(0)
        return out

    def backward(upstream: Any, params: Any) -> Any:
        return {"x": np.array([*upstream, 0.0])}

    report = check_layer(forward, backward, ({"x": X, "ids": ids},))
    assert report.passed
    assert ids.tolist() == [0, 1]


@pytest.mark.parametrize("gradient", ["left out", "None"])
def test_part_of_a_structure_may_have_no_gradient(gradient: str) -> None:
    def backward(upstream: Any, params: Any) -> Any:
        gradients = {"gain": upstream * (LOGITS - params["mean"]).sum(axis=0)}
        return gradients if gradient == "left out" else {**gradients, "mean": None, "eps": None}

    def forward(params: Any) -> Any:
        return (params["gain"] * (LOGITS - params["mean"])).sum(axis=0) + params["eps"]

    params = {"gain": LOGITS[0], "mean": LOGITS[1], "eps": 1e-5}
    report = check_layer(forward, backward, (params,))
    assert report.passed
    assert [block.name for block in report.parameters] == ["params['gain']"]
    assert any("params['mean'] (backward returns no gradient for it)" in n for n in report.notes)


def test_a_list_of_layers_is_one_input() -> None:
    layers = [(np.ones((3, 2)), np.ones(2))]

    def forward(layers: Any) -> Any:
        return X @ layers[0][0] + layers[0][1]

    def backward(upstream: Any, layers: Any) -> Any:
        return [(np.outer(X, upstream), upstream)]

    for returned in (backward, lambda u, layers: (backward(u, layers),)):
        report = check_layer(forward, returned, (layers,))
        assert [block.name for block in report.parameters] == ["layers[0][0]", "layers[0][1]"]
        assert report.passed


class Bunch(dict[str, Any]):
    """A dict whose items are attributes."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


@pytest.mark.parametrize("kind", [Bunch, OrderedDict, dict])
def test_a_dict_keeps_its_kind(kind: Any) -> None:
    def forward(params: Any) -> Any:
        assert type(params) is kind
        return params["a"] * 2

    assert check_layer(forward, lambda u, params: {"a": 2 * u}, (kind(a=X),)).passed


def test_an_upstream_by_keys_is_taken_by_its_keys() -> None:
    def forward(x: Any) -> Any:
        return {"a": x, "b": 3 * x}

    report = check_layer(
        forward, lambda u, x: u["a"] + 3 * u["b"], X, upstream={"b": 0 * X, "a": 0 * X + 1}
    )
    assert report.passed
    assert np.allclose(report.evidence.slopes[0].value, 1)


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("params", [{"s": 2.5}, (2.5,)])
def test_floats_in_a_structure_are_checked_if_they_get_a_gradient(
    params: Any, wrong: bool
) -> None:
    key = "s" if isinstance(params, dict) else 0

    def forward(x: Any, params: Any) -> Any:
        assert isinstance(params[key], float)
        return x * params[key]

    def backward(upstream: Any, x: Any, params: Any) -> Any:
        slope = 0.0 if wrong else np.sum(upstream * x)
        return upstream * params[key], {"s": slope} if key == "s" else (slope,)

    assert check_layer(forward, backward, (X, params)).verdict == ("fail" if wrong else "pass")


def test_an_option_of_a_method_is_no_input() -> None:
    class Scaled(Exponential):
        def backward(self, upstream: Any, scale: float = 1.0) -> Any:
            return super().backward(upstream, None) * scale

    layer = Scaled()
    assert check_layer(layer.forward, layer.backward, X).passed


def test_outputs_over_the_whole_range_of_numbers() -> None:
    x = np.array([650.0, -100.0, -90.0])
    assert check_layer(np.exp, lambda u, x: u * np.exp(x), x).verdict != "fail"


def test_a_part_of_the_only_input_may_have_no_gradient() -> None:
    layers = [{"W": X}, {"g": X}]
    report = check_layer(
        lambda layers: layers[0]["W"] * layers[1]["g"],
        lambda u, layers: [{"W": u * layers[1]["g"]}, None],
        (layers,),
    )
    assert report.passed
    assert [block.name for block in report.parameters] == ["layers[0]['W']"]


@pytest.mark.parametrize("gradient", [{"W": X}, (X,), [X, 1.0, 2.0]])
def test_a_gradient_of_another_structure_is_refused(gradient: Any) -> None:
    with pytest.raises(ValueError, match="for params; it must return the structure of that input"):
        check_layer(lambda x, params: x * params[0], lambda u, x, p: (u, gradient), (X, (X, 2)))


@pytest.mark.parametrize(
    ("forward", "upstream", "message"),
    [
        (np.sin, 0 * X, "upstream is 0 everywhere; one entry"),
        (lambda x: x * np.inf, None, "no output of forward is finite"),
        (lambda x: x[:0], None, "no output of forward is finite"),
        (lambda x: {0: x, 1: x}, {0: X}, "a dict with the keys of the output: 0, 1"),
    ],
)
def test_nothing_to_check_is_refused(forward: Any, upstream: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_layer(forward, lambda u, x: 0 * x, X, upstream=upstream)
