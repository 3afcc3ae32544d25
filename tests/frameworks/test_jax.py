"""``frameworks.jax.check``: custom_vjp and functions of pytrees."""

from collections import namedtuple
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradlab import GradientReport
from gradlab.frameworks.jax import check

custom_vjp: Any = jax.custom_vjp


def array(*shape: int, seed: int = 0, dtype: Any = np.float32) -> Any:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), dtype=dtype)


def names(report: GradientReport) -> list[str]:
    return [block.name for block in report.parameters]


def failing(report: GradientReport) -> list[str]:
    return [block.name for block in report.parameters if block.verdict == "fail"]


def affine(wrong: str = "") -> Any:
    """Return x W + b with a backward pass that may be wrong."""

    @custom_vjp
    def function(x: Any, W: Any, b: Any) -> Any:
        return x @ W + b

    def backward(kept: Any, upstream: Any) -> Any:
        x, W = kept
        db = upstream.mean(0) if wrong == "b" else upstream.sum(0)
        return upstream @ W.T, jnp.zeros_like(W) if wrong == "W" else x.T @ upstream, db

    function.defvjp(lambda x, W, b: (x @ W + b, (x, W)), backward)
    return function


@pytest.mark.parametrize("wrong", ["", "W", "b"])
@pytest.mark.parametrize("wrap", [jax.jit, lambda f: f])
def test_a_custom_vjp(wrong: str, wrap: Any) -> None:
    report = check(wrap(affine(wrong)), (array(5, 3), array(3, 4), array(4)))
    assert names(report) == ["x", "W", "b"]
    assert failing(report) == ([wrong] if wrong else [])
    assert report.precision == "float64"
    assert not jax.config.jax_enable_x64


def test_arguments_that_are_not_differentiated() -> None:
    @custom_vjp
    def scale(x: Any, factor: Any) -> Any:
        return x * factor

    scale.defvjp(lambda x, factor: (x * factor, factor), lambda factor, u: (u * factor, None))
    report = check(scale, (array(4), 3))
    assert report.passed
    assert any("factor" in note for note in report.notes if note.startswith("Held"))


Point = namedtuple("Point", ["x", "y"])


def test_pytrees() -> None:
    def function(point: Any, params: Any) -> Any:
        hidden = jnp.tanh(point.x @ params["W"]) * params["layers"][1]
        return {"hidden": hidden, "count": jnp.arange(3), "sum": hidden.sum() + point.y}

    params = {"W": array(3, 4), "layers": [None, array(4)], "steps": jnp.arange(2)}
    report = check(function, (Point(array(2, 3), array(2)), params))
    assert report.passed, report
    assert names(report) == ["point.x", "point.y", "params['W']", "params['layers'][1]"]


def test_numpys_arrays_and_an_upstream() -> None:
    x = np.linspace(-1, 2, 5)
    upstream = np.array([1.0, 2.0, 0.5, -1.0, 3.0])
    report = check(jnp.sin, x, upstream=upstream)
    assert np.allclose(report.evidence.slopes[0].value, upstream * np.cos(x), rtol=1e-9)


def test_a_stopped_gradient_fails() -> None:
    report = check(lambda x, y: x * jax.lax.stop_gradient(y), (array(4), array(4, seed=1)))
    assert failing(report) == ["y"]


# Fewer digits


@pytest.mark.parametrize("seed", range(5))
def test_a_float32_inside(seed: int) -> None:
    def kernel(factor: float) -> Any:
        @custom_vjp
        def function(x: Any, W: Any) -> Any:
            return jnp.tanh(x.astype(jnp.float32) @ W.astype(jnp.float32))

        def backward(kept: Any, upstream: Any) -> Any:
            x, W = kept
            delta = upstream * (1 - function(x, W) ** 2)
            return (factor * delta @ W.T).astype(x.dtype), (x.T @ delta).astype(W.dtype)

        function.defvjp(lambda x, W: (function(x, W), (x, W)), backward)
        return jax.jit(function)

    inputs = array(5, 8, seed=seed), array(8, 4, seed=seed + 50) / 3
    right = check(kernel(1.0), inputs, seed=seed)
    assert right.precision == "float32"
    assert right.verdict != "fail", right
    resolution = max(block.resolution for block in right.parameters)
    assert failing(check(kernel(1 + 10 * resolution), inputs, seed=seed)) == ["x"]


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float16, jnp.bfloat16])
def test_few_digits_inside_are_found_and_do_not_fail(dtype: Any) -> None:
    for f in (jnp.tanh, jnp.exp, jax.nn.silu):
        report = check(jax.jit(lambda x, f=f: f(x.astype(dtype))), array(3, 7))
        assert report.verdict != "fail", report
        assert report.precision == jnp.dtype(dtype).name


# Bad input


@pytest.mark.parametrize(
    ("function", "inputs", "message"),
    [
        (None, (array(3),), "function is of type NoneType"),
        (jnp.sin, 1.0, "inputs is of type float; it must be an array, or a tuple"),
        (jnp.sin, (jnp.arange(3),), "inputs has no array of floats"),
        (lambda x, y: x, (array(3),), "inputs has 1 entry, but forward takes"),
        (jnp.abs, (array(3) + 1j,), "is complex; it must be real"),
        (lambda x: x + 1j, (array(3),), "an output is complex"),
        (lambda x: jnp.arange(3), (array(3),), "no array of floats, but .*; it must return one"),
        (lambda x: None, (array(3),), "no array of floats, but .*; it must return one"),
        (jnp.sin, (jnp.array([1.0, jnp.nan]),), r"is nan in \[1\]; it must be finite"),
    ],
)
def test_bad_input_is_named(function: Any, inputs: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        check(function, inputs)


def test_an_error_of_the_users_own_passes_through() -> None:
    def mine(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        check(mine, array(3))


# What strangers do


def test_what_is_held_is_a_copy() -> None:
    counts = np.zeros(2, dtype=int)

    def function(x: Any, counts: Any) -> Any:
        counts += 1
        return x * counts[0]

    assert check(function, (array(4), counts)).passed
    assert counts.tolist() == [0, 0]


def test_an_output_without_entries() -> None:
    assert check(lambda x: (x, x[:0]), array(4)).passed


def test_an_upstream_has_the_form_of_the_output() -> None:
    def both(x: Any) -> Any:
        return {"b": 3 * x, "a": 2 * x}

    zero, one = np.zeros(4), np.ones(4)
    report = check(both, array(4), upstream={"b": zero, "a": one})
    assert np.allclose(report.evidence.slopes[0].value, 2)
    with pytest.raises(ValueError, match="upstream has the form"):
        check(both, array(4), upstream={"a": one, "c": one})
