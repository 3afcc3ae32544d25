"""Bad input of layers and of losses with their gradient: refused, naming what and what to do."""

from typing import Any

import numpy as np
import pytest
from checker.bad_input import A, Call, Cases, itself, label_cases, returns
from checker.layers import AFFINE, IDS, TABLE, affine, affine_backward, embed, embed_backward

import gradlab

layer: Any = gradlab.check_layer
check: Any = gradlab.check_gradient
numerical: Any = gradlab.numerical_gradient

X, W, B = AFFINE


def half_square(p: Any) -> float:
    return float(p @ p) / 2


def double(upstream: Any, x: Any) -> Any:
    return 2 * upstream


def change(x: Any) -> Any:
    x *= 2
    return x


def change_backward(upstream: Any, x: Any) -> Any:
    x *= 2
    return upstream


def grows() -> Any:
    sizes = iter(range(2, 100))
    return lambda x: np.ones(next(sizes))


LAYER: Cases = {
    "forward is an array": (lambda: layer(X, double, X), "forward is of type ndarray.* function"),
    "backward is None": (
        lambda: layer(itself, None, X),
        "backward is of type NoneType.* function",
    ),
    "inputs are a number": (lambda: layer(itself, double, 1.0), "inputs is of type float.* tuple"),
    "inputs are a dict": (
        lambda: layer(itself, double, {"x": X}),
        "inputs is of type dict.*tuple",
    ),
    "inputs are a string": (lambda: layer(itself, double, "x"), "inputs is of type str.* tuple"),
    "one input too few": (
        lambda: layer(affine, affine_backward, (X, W)),
        r"inputs has 2 entries, but forward takes \(x, W, b\).*missing.*'b'",
    ),
    "one input too many": (
        lambda: layer(itself, double, (X, W)),
        r"inputs has 2 entries, but forward takes \(p\)",
    ),
    "no array of floats": (
        lambda: layer(itself, double, (IDS,)),
        r"inputs \(p\) has no array of floats; one .* must be",
    ),
    "an empty array alone": (
        lambda: layer(itself, double, (np.ones((0, 2)),)),
        "has no array of floats",
    ),
    "a list of floats alone": (
        lambda: layer(itself, double, ([1.0, 2.0],)),
        r"has no array of floats; .* np.array",
    ),
    "a list of floats with a gradient": (
        lambda: layer(np.multiply, lambda u, x, w: (u * w, u * x), (A, [1.0] * 3)),
        r"is a list of floats, and backward returns a gradient.*np.array",
    ),
    "complex numbers": (
        lambda: layer(itself, double, (X + 1j,)),
        "p has entries of type complex128",
    ),
    "long doubles": (
        lambda: layer(itself, double, (X.astype(np.longdouble),)),
        "p has entries of type .*at most 64 bits",
    ),
    "a masked array": (
        lambda: layer(itself, double, (np.ma.masked_array(X),)),
        "p is of type MaskedArray; it must be a NumPy array",
    ),
    "a matrix": (
        lambda: layer(itself, double, (X.view(np.matrix),)),
        "p is of type matrix; it must be",
    ),
    "not finite": (
        lambda: layer(itself, double, (np.array([1.0, np.inf]),)),
        r"p is inf in \[1\]",
    ),
    "forward returns None": (
        lambda: layer(returns(None), double, X),
        "output is of type NoneType",
    ),
    "forward returns a list": (
        lambda: layer(returns(([1.0, 2.0], X)), double, X),
        r"output\[0\] is of type list; it must be an array of floats.*cache=True",
    ),
    "forward returns a cache": (
        lambda: layer(lambda x: (x, (x,)), double, X),
        r"output\[1\] is of type tuple.* cache=True",
    ),
    "forward returns integers": (
        lambda: layer(returns(IDS), double, X),
        "forward returned no array of floats, but int64; it must return one",
    ),
    "forward returns complex numbers": (
        lambda: layer(lambda x: x + 1j, double, X),
        "output is of type complex128; it must be an array of floats",
    ),
    "forward returns other shapes": (lambda: layer(grows(), double, A), "forward returned shapes"),
    "forward changes its input": (lambda: layer(change, double, X), "forward changed x"),
    "backward changes its input": (
        lambda: layer(lambda x: x + 0, change_backward, X),
        "backward changed x",
    ),
    "backward returns None": (
        lambda: layer(itself, lambda u, p: None, X),
        "backward returned no gradient; it must return that of p",
    ),
    "backward returns one of three": (
        lambda: layer(affine, lambda u, x, W, b: u @ W.T, AFFINE),
        r"backward returned one array of shape \(5, 3\); it must .* x, W and b",
    ),
    "backward returns two of three": (
        lambda: layer(affine, lambda u, x, W, b: (u @ W.T, x.T @ u), AFFINE),
        "backward returned 2 gradients; it must return one for each of x, W and b, or None",
    ),
    "backward returns a transpose": (
        lambda: layer(affine, lambda u, x, W, b: (u @ W.T, u.T @ x, u.sum(0)), AFFINE),
        r"the gradient of W has shape \(4, 3\); it must have shape \(3, 4\), .* transpose",
    ),
    "backward keeps a row": (
        lambda: layer(affine, lambda u, x, W, b: (u @ W.T, x.T @ u, u.sum(0)[None]), AFFINE),
        r"the gradient of b has shape \(1, 4\); it must have shape \(4,\).*reshape",
    ),
    "backward does not add up": (
        lambda: layer(affine, lambda u, x, W, b: (u @ W.T, x.T @ u, u), AFFINE),
        r"the gradient of b has shape \(5, 4\); it must have shape \(4,\)",
    ),
    "backward returns integers": (
        lambda: layer(embed, lambda u, t, i: embed_backward(u, t, i).astype(int), (TABLE, IDS)),
        "the gradient of table is int64; it must be float64",
    ),
    "backward returns unknown names": (
        lambda: layer(affine, lambda u, x, W, b: {"dx": u @ W.T}, AFFINE),
        "backward returned a dict with the keys dx; it must .* x, W and b",
    ),
    "backward takes less": (
        lambda: layer(affine, lambda u, cache: u, AFFINE),
        r"backward takes \(u, cache\).*\(upstream, x, W, b\).*cache=True",
    ),
    "cache without a pair": (
        lambda: layer(itself, double, X, cache=True),
        "with cache=True, forward returned a ndarray; it must return a pair",
    ),
    "an upstream of another shape": (
        lambda: layer(itself, double, X, upstream=np.ones((3, 5))),
        r"upstream of output has shape \(3, 5\); it must have the shape of the output, \(5, 3\)",
    ),
    "an upstream too few": (
        lambda: layer(lambda x: (x, x), lambda u, x: u[0] + u[1], X, upstream=[X]),
        r"upstream has 1 arrays; it must have 2.*output\[0\], output\[1\]",
    ),
    "an upstream that is nan": (
        lambda: layer(itself, double, A, upstream=np.array([1.0, np.nan, 0.0])),
        "upstream of output is not finite",
    ),
    "an upstream of strings": (
        lambda: layer(itself, double, A, upstream=["a", "b", "c"]),
        "upstream",
    ),
    "rtol of 1": (lambda: layer(itself, double, X, rtol=1), "rtol is 1; it must be"),
    "no points": (lambda: layer(itself, double, X, points=0), "points is 0; it must be"),
    "a negative seed": (lambda: layer(itself, double, X, seed=-1), "seed is -1; it must be"),
}

GRADIENT: Cases = {
    "the loss is a pair": (
        lambda: check(lambda p: (half_square(p), p), itself, A),
        "the loss is a pair.* gradient=True",
    ),
    "the gradient is a pair": (
        lambda: check(half_square, lambda p: (half_square(p), p), A),
        "the gradient is a pair.* gradient=True",
    ),
    "True and no pair": (
        lambda: check(half_square, True, A),
        "with gradient=True, the loss returned a float; it must be a pair",
    ),
    "True and three": (
        lambda: check(lambda p: (1.0, p, p), True, A),
        "with gradient=True, the loss returned a tuple of 3; it must be a pair",
    ),
    "True and a vector": (
        lambda: check(lambda p: (p, p), True, A),
        r"the loss has shape \(3,\); it must be one real number.*check_layer",
    ),
    "False": (
        lambda: check(half_square, False, A),
        "gradient is False; it must be a function, or True",
    ),
    "an output of a layer": (
        lambda: check(itself, itself, A),
        r"the loss has shape \(3,\).*Add it up; .*check_layer",
    ),
    "integers": (
        lambda: check(half_square, itself, np.array([1, 2])),
        r"params has entries of type int64.*np.asarray\(..., dtype=float\)",
    ),
    "integers among floats": (
        lambda: check(lambda p: half_square(p["w"]), itself, {"w": A, "step": np.arange(2)}),
        "step has entries of type int64.*keep it out of params",
    ),
    "an integer in a list": (
        lambda: check(half_square, itself, [1, 2]),
        r"\[0\] is of type int; .*dtype=float",
    ),
    "complex numbers": (
        lambda: check(half_square, itself, A + 1j),
        "params has entries of type complex128.*real and its imaginary part",
    ),
    "nothing but None": (
        lambda: check(half_square, itself, {"w": None}),
        "params holds no array with entries; it must have something to check",
    ),
    "a gradient in place": (
        lambda: check(half_square, returns(None), A),
        "the gradient is None; it must be returned",
    ),
    "a column": (
        lambda: check(half_square, lambda p: p[:, None], A),
        r"has shape \(3, 1\); it must have shape \(3,\).*reshape",
    ),
    "a list of lists of another length": (
        lambda: check(half_square, lambda p: [1.0, [2.0]], A),
        "the gradient of params is list; it must be float64",
    ),
}


@pytest.mark.parametrize(
    ("call", "message"),
    label_cases(layer=LAYER, gradient=GRADIENT).values(),
    ids=label_cases(layer=LAYER, gradient=GRADIENT).keys(),
)
def test_bad_input_is_refused_with_a_message_that_names_it(call: Call, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"(?s){message}"):
        call()


# What looks bad and is not


@pytest.mark.parametrize(
    ("loss", "gradient", "params"),
    [
        (lambda p: np.array([half_square(p)]), itself, A),
        (lambda p: np.array([[half_square(p)]]), itself, A),
        (lambda p: (half_square(p), p), True, A),
        (lambda p: [half_square(p), p], True, A),
        (half_square, lambda p: p.tolist(), A),
        (half_square, lambda p: p.astype(np.float32), A),
        (lambda p: half_square(np.stack(p)), np.stack, [1.0, 2.0]),
        (lambda p: half_square(p["w"]), lambda p: {"w": p["w"]}, {"w": A, "b": None}),
        (lambda p: half_square(p["w"]), lambda p: {"w": p["w"], "b": None}, {"w": A, "b": None}),
        (lambda p: half_square(p[0]), lambda p: [p[0], p[1]], [A, np.ones((0, 2))]),
        (lambda p: half_square(p[0][0].ravel()), itself, [(W, None), (W.T, None)][:1]),
    ],
)
def test_what_is_clear_is_accepted(loss: Any, gradient: Any, params: Any) -> None:
    assert check(loss, gradient, params).passed


def test_nothing_and_what_is_empty_stay_where_they_are() -> None:
    seen = []

    def loss(p: Any) -> float:
        seen.append((p["b"], p["e"].shape))
        return half_square(p["w"])

    params = {"b": None, "w": A, "e": np.ones((0, 2))}
    assert check(loss, lambda p: {"w": p["w"]}, params).passed
    assert set(seen) == {(None, (0, 2))}
    assert numerical(loss, params)["b"] is None
