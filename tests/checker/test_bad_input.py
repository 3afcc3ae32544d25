"""Bad input: each is refused with a ValueError or TypeError that names the argument and its fault.

The words are those that someone needs to mend their call: what it is about, and what it is or
has. A raw AttributeError, or a message of NumPy's about broadcasting, would not do.
"""

from collections import namedtuple
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from checker.bad_input import A, Call, Cases, itself, label_cases, put, returns

import gradlab

PAIR = [(np.ones((2, 3)), np.ones(3))]

check: Any = gradlab.check_gradient
numerical: Any = gradlab.numerical_gradient
difference: Any = gradlab.relative_difference
ravel: Any = gradlab.ravel


def half_square(p: Any) -> float:
    theta, _ = gradlab.ravel(p)
    return float(theta @ theta) / 2


def stretches(p: Any) -> float:
    p *= 2.0
    return float(p.sum())


def fresh(p: Any) -> Any:
    p += 1.0
    return p.copy()


def generator() -> Iterator[Any]:
    yield A


Layer = namedtuple("Layer", ["W", "b"])

RAVEL: Cases = {
    "None": (lambda: ravel(None), "params holds no array"),
    "a string": (lambda: ravel("theta"), "params is of type str"),
    "an empty list": (lambda: ravel([]), "params is an empty list"),
    "an empty dict": (lambda: ravel({}), "params is an empty dict"),
    "an empty list inside": (lambda: ravel({"a": A, "b": []}), "b is an empty list"),
    "an empty array": (lambda: ravel([np.ones((0, 3))]), "params holds no array with entries"),
    "a block that is a string": (lambda: ravel([A, "a"]), r"\[1\] is of type str"),
    "a bias that is an integer": (lambda: ravel([Layer(np.ones((2, 3)), 0)]), r"\[0\]\[1\] is of"),
    "integers": (lambda: ravel({"w": np.arange(3)}), "w has entries of type int64"),
    "one integer": (lambda: ravel(3), "params is of type int"),
    "complex numbers": (lambda: ravel([A + 1j]), r"\[0\] has entries of type complex128"),
    "booleans": (lambda: ravel({"w": A > 0}), "w has entries of type bool"),
    "objects": (lambda: ravel([np.array([A, None], dtype=object)]), "entries of type object"),
    "a masked array": (lambda: ravel([np.ma.masked_array(A)]), "is of type MaskedArray"),
    "a generator": (lambda: ravel(generator()), "params is of type generator"),
    "a set": (lambda: ravel({1.0, 2.0}), "params is of type set"),
    "lists of numbers": (lambda: ravel({"w": [1, 2]}), r"w\[0\] is of type int"),
    "theta too long": (lambda: ravel(PAIR)[1](np.ones(10)), r"theta has shape \(10,\)"),
    "theta a column": (lambda: ravel(A)[1](np.ones((3, 1))), r"theta has shape \(3, 1\)"),
}

NUMERICAL: Cases = {
    "loss is no function": (lambda: numerical(3.0, A), "loss is of type float"),
    "h is an array": (lambda: numerical(half_square, A, np.ones(3)), "h is array"),
    "h is complex": (lambda: numerical(half_square, A, 1e-20j), "h is 1e-20j"),
    "h is a string": (lambda: numerical(half_square, A, "1e-5"), "h is '1e-5'"),
    "h is 0": (lambda: numerical(half_square, A, 0), "h is 0"),
    "h is negative": (lambda: numerical(half_square, A, -1e-5), "h is -1e-05"),
    "h is nan": (lambda: numerical(half_square, A, np.nan), "h is nan"),
    "h is infinite": (lambda: numerical(half_square, A, np.inf), "h is inf"),
    "h is too small": (lambda: numerical(half_square, A, 1e-30), "h is 1e-30, too small"),
    "params have a nan": (lambda: numerical(half_square, put(A, 1, np.nan)), "params is nan in"),
    "params have an inf": (lambda: numerical(half_square, [A, A * np.inf]), r"\[1\] is inf in"),
    "params are integers": (lambda: numerical(half_square, np.arange(3)), "type int64"),
    "the loss is None": (lambda: numerical(returns(None), A), "the loss is of type NoneType"),
    "the loss is a string": (lambda: numerical(returns("1.0"), A), "the loss is of type"),
    "the loss is complex": (lambda: numerical(returns(1j), A), "the loss is of type complex"),
    "the loss is an array": (lambda: numerical(itself, A), r"the loss has shape \(3,\)"),
    "the loss has two rows": (
        lambda: numerical(lambda p: p[:2], A),
        r"the loss has shape \(2,\)",
    ),
    "loss and params swapped": (lambda: numerical(A, half_square), "loss is of type ndarray"),
}

DIFFERENCE: Cases = {
    "booleans": (lambda: difference(A > 0, A), "a has entries of type bool"),
    "a block that is None": (lambda: difference([A, None], [A, A]), r"a\[1\] has entries of type"),
    "None": (lambda: difference(None, A), "a has entries of type object"),
    "strings": (lambda: difference(A, ["a", "b", "c"]), "b has entries of type <U1"),
    "complex": (lambda: difference(A + 1j, A), "a has entries of type complex128"),
    "other keys": (lambda: difference({"W": A}, {"b": A}), "a has the .*W.* b .*b"),
    "lengths differ": (lambda: difference(A, A[:2]), r"a has the shapes \(3,\), b \(2,\)"),
    "a column and a row": (
        lambda: difference(A[:, None], A),
        r"a has the shapes \(3, 1\), b \(3,\)",
    ),
    "a block is missing": (
        lambda: difference([A, np.ones((2, 2))], [A]),
        r"a has the shapes \(3,\) at \[0\], \(2, 2\) at \[1\], b \(1, 3\)",
    ),
}

CHECK: Cases = {
    "seed is a string": (
        lambda: check(half_square, itself, A, directions=2, seed="x"),
        "seed is 'x'",
    ),
    "seed is negative": (lambda: check(half_square, itself, A, sample=2, seed=-1), "seed is -1"),
    "loss is no function": (lambda: check(0.5, itself, A), "loss is of type float"),
    "gradient is no function": (lambda: check(half_square, A, A), "gradient is of type ndarray"),
    "gradient is None": (lambda: check(half_square, None, A), "gradient is of type NoneType"),
    "params are None": (lambda: check(half_square, itself, None), "params holds no array"),
    "params are a list of numbers": (
        lambda: check(half_square, itself, [1, 2]),
        r"\[0\] is of type int",
    ),
    "params are complex": (lambda: check(half_square, itself, A * 1j), "type complex128"),
    "params have a nan": (
        lambda: check(half_square, itself, {"w": put(A, 1, np.nan)}),
        r"w is nan in \[1\]",
    ),
    "params have an inf": (
        lambda: check(half_square, itself, [A, put(np.ones((2, 2)), (1, 0), -np.inf)]),
        r"\[1\] is -inf in \[1, 0\]",
    ),
    "the loss is an array": (lambda: check(itself, itself, A), r"the loss has shape \(3,\)"),
    "the loss is complex": (lambda: check(returns(1j), itself, A), "the loss is of type complex"),
    "the loss is None": (lambda: check(returns(None), itself, A), "the loss is of type NoneType"),
    "the loss is a pair": (
        lambda: check(returns((1.0, 2.0)), itself, A),
        "the loss is a pair.* gradient=True",
    ),
    "the loss changes params": (lambda: check(stretches, itself, A), "loss changed params"),
    "the gradient changes params": (
        lambda: check(half_square, fresh, A),
        "gradient changed params",
    ),
    "a column for a vector": (
        lambda: check(half_square, lambda p: p[:, None], A),
        r"the gradient of params has shape \(3, 1\); it must have shape \(3,\)",
    ),
    "a transpose": (
        lambda: check(half_square, lambda p: [(p[0][0].T, p[0][1])], PAIR),
        r"the gradient of W1 has shape \(3, 2\); it must have shape \(2, 3\), which is its tr",
    ),
    "a missing block": (
        lambda: check(half_square, lambda p: [(p[0][0],)], PAIR),
        "the gradient has no block b1",
    ),
    "a missing key": (
        lambda: check(half_square, lambda p: {"W": p["W"]}, {"W": A, "b": A}),
        "the gradient has no block b",
    ),
    "a block too many": (
        lambda: check(half_square, lambda p: [*p, A], [A, A]),
        r"the gradient has a block \[2\] that params has not",
    ),
    "another key": (
        lambda: check(half_square, lambda p: {"dW": p["W"]}, {"W": A}),
        "the gradient has no block W",
    ),
    "one array for a structure": (
        lambda: check(half_square, lambda p: np.ones(9), PAIR),
        "the gradient has no block W1",
    ),
    "a structure for one array": (
        lambda: check(half_square, lambda p: [p], A),
        r"the gradient of params has shape \(1, 3\)",
    ),
    "the gradient is None": (
        lambda: check(half_square, returns(None), A),
        "the gradient is None; it must be returned",
    ),
    "a block that is None": (
        lambda: check(half_square, lambda p: [p[0], None], [A, A]),
        r"the gradient of \[1\] is NoneType",
    ),
    "the gradient is complex": (
        lambda: check(half_square, lambda p: p + 0j, A),
        "the gradient of params is complex128; it must be float64",
    ),
    "the gradient is of integers": (
        lambda: check(half_square, lambda p: p.astype(np.int64), A),
        "the gradient of params is int64",
    ),
    "the gradient is integers": (
        lambda: check(half_square, lambda p: p.astype(int), A),
        "the gradient of params is int64",
    ),
    "sample is 0": (lambda: check(half_square, itself, A, sample=0), "sample is 0"),
    "sample is a share": (lambda: check(half_square, itself, A, sample=0.5), "sample is 0.5"),
    "directions is negative": (
        lambda: check(half_square, itself, A, directions=-1),
        "directions is -1",
    ),
    "directions is True": (
        lambda: check(half_square, itself, A, directions=True),
        "directions is True",
    ),
    "both": (
        lambda: check(half_square, itself, A, sample=1, directions=1),
        "sample and directions are both given",
    ),
}

CASES = label_cases(
    ravel=RAVEL,
    numerical_gradient=NUMERICAL,
    relative_difference=DIFFERENCE,
    check_gradient=CHECK,
)


@pytest.mark.parametrize(("call", "words"), CASES.values(), ids=CASES.keys())
def test_bad_input_is_refused_with_a_message_that_names_it(call: Call, words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        call()
