"""Bad input: each is refused with a ValueError or TypeError that names the argument and its fault.

The words are those that someone needs to mend their call: what it is about, and what it is or
has. A raw AttributeError, or a message of NumPy's about broadcasting, would not do.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import gradlab

Call = Callable[[], Any]

A = np.array([0.5, -1.0, 2.0])
PAIR = [(np.ones((2, 3)), np.ones(3))]
X, Y = (array[:8] for array in gradlab.load_digits())

check: Any = gradlab.check_gradient
check_network: Any = gradlab.check_network
numerical: Any = gradlab.numerical_gradient
difference: Any = gradlab.relative_difference
mlp: Any = gradlab.MLP
ravel: Any = gradlab.ravel


def half_square(p: Any) -> float:
    theta, _ = gradlab.ravel(p)
    return float(theta @ theta) / 2


def itself(p: Any) -> Any:
    return p


def net() -> Any:
    return gradlab.MLP([64, 4, 10])


def put(array: Any, index: Any, value: Any) -> Any:
    """Return a copy with one entry changed."""
    changed = array.copy()
    changed[index] = value
    return changed


def with_params(params: Any) -> Any:
    network = net()
    network.params = params
    return network


def first_layer(change: Callable[[Any, Any], Any]) -> Any:
    """Return a network whose first layer is changed."""
    network = net()
    network.params[0] = change(*network.params[0])
    return network


def with_gradients(change: Callable[[Any], Any]) -> Any:
    """Return a network whose gradients are changed."""

    class Wrong(gradlab.MLP):
        def gradients(self, X: Any, Y: Any) -> Any:
            return change(super().gradients(X, Y))

    return Wrong([64, 4, 10])


def returns(value: Any) -> Callable[[Any], Any]:
    return lambda p: value


def stretches(p: Any) -> float:
    p *= 2.0
    return float(p.sum())


def fresh(p: Any) -> Any:
    p += 1.0
    return p.copy()


def generator() -> Iterator[Any]:
    yield A


Layer = namedtuple("Layer", ["W", "b"])

RAVEL: dict[str, tuple[Call, str]] = {
    "None": (lambda: ravel(None), "params is of type NoneType"),
    "a string": (lambda: ravel("theta"), "params is of type str"),
    "an empty list": (lambda: ravel([]), "params is an empty list"),
    "an empty dict": (lambda: ravel({}), "params is an empty dict"),
    "an empty list inside": (lambda: ravel({"a": A, "b": []}), "b is an empty list"),
    "an empty array": (lambda: ravel([np.ones((0, 3))]), r"\[0\] has shape \(0, 3\)"),
    "a block that is None": (lambda: ravel([A, None]), r"\[1\] is of type NoneType"),
    "a bias that is None": (lambda: ravel([Layer(np.ones((2, 3)), None)]), r"\[0\]\[1\] is of"),
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

NUMERICAL: dict[str, tuple[Call, str]] = {
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
    "the loss has one row": (
        lambda: numerical(lambda p: p.sum(keepdims=True), A),
        r"the loss has shape \(1,\)",
    ),
    "loss and params swapped": (lambda: numerical(A, half_square), "loss is of type ndarray"),
}

DIFFERENCE: dict[str, tuple[Call, str]] = {
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

CHECK: dict[str, tuple[Call, str]] = {
    "seed is a string": (
        lambda: check(half_square, itself, A, directions=2, seed="x"),
        "seed is 'x'",
    ),
    "seed is negative": (lambda: check(half_square, itself, A, sample=2, seed=-1), "seed is -1"),
    "loss is no function": (lambda: check(0.5, itself, A), "loss is of type float"),
    "gradient is no function": (lambda: check(half_square, A, A), "gradient is of type ndarray"),
    "gradient is None": (lambda: check(half_square, None, A), "gradient is of type NoneType"),
    "params are None": (lambda: check(half_square, itself, None), "params is of type NoneType"),
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
        r"the loss has shape \(2,\)",
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
        "the gradient has no block params",
    ),
    "the gradient is None": (
        lambda: check(half_square, returns(None), A),
        "the gradient of params is NoneType",
    ),
    "a block that is None": (
        lambda: check(half_square, lambda p: [p[0], None], [A, A]),
        r"the gradient of \[1\] is NoneType",
    ),
    "the gradient is complex": (
        lambda: check(half_square, lambda p: p + 0j, A),
        "the gradient of params is complex128; it must be float64",
    ),
    "the gradient is float32": (
        lambda: check(half_square, lambda p: p.astype(np.float32), A),
        "the gradient of params is float32",
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

NETWORK: dict[str, tuple[Call, str]] = {
    "X is None": (lambda: check_network(net(), None, Y), "X is of type NoneType"),
    "a loss that is a number": (
        lambda: check_network(SimpleNamespace(params=A, loss=0.5, gradients=itself), X, Y),
        "network.loss is of type float",
    ),
    "no network": (lambda: check_network(A, X, Y), "network is of type ndarray"),
    "no params": (
        lambda: check_network(SimpleNamespace(loss=1, gradients=1), X, Y),
        "network is of type SimpleNamespace, without params",
    ),
    "no loss": (
        lambda: check_network(SimpleNamespace(params=A, gradients=1), X, Y),
        "without loss",
    ),
    "no gradients": (
        lambda: check_network(SimpleNamespace(params=A, loss=1), X, Y),
        "without gradients",
    ),
    "the class": (lambda: check_network(mlp, X, Y), "network is .*without params"),
    "unknown method": (lambda: check_network(net(), X, Y, "fast"), "method is 'fast'"),
    "method is a number": (lambda: check_network(net(), X, Y, 3), "method is 3"),
    "method is a list": (
        lambda: check_network(net(), X, Y, ["loop"]),
        r"method is \['loop'\]",
    ),
    "units for a network of one's own": (
        lambda: check_network(
            SimpleNamespace(params=A, loss=lambda X, Y: 1.0, gradients=lambda X, Y: A),
            X,
            Y,
            "units",
        ),
        "method is 'units', which needs the loss of MLP",
    ),
    "X is a list": (lambda: check_network(net(), X.tolist(), Y), "X is of type list"),
    "X has a nan": (
        lambda: check_network(net(), put(X, (2, 5), np.nan), Y),
        r"X has nan at \(2, 5\)",
    ),
    "Y is labels": (
        lambda: check_network(net(), X, Y.argmax(axis=1)),
        r"Y has shape \(8,\)",
    ),
    "Y has fewer rows": (lambda: check_network(net(), X, Y[:5]), "Y has 5 rows"),
    "params of another shape": (
        lambda: check_network(first_layer(lambda W, b: (W.T.copy(), b)), X, Y),
        r"W1 in params has shape \(4, 64\)",
    ),
    "params with a nan": (
        lambda: check_network(first_layer(lambda W, b: (W, b * np.nan)), X, Y),
        "b1 is nan in",
    ),
    "params are integers": (
        lambda: check_network(first_layer(lambda W, b: (W.astype(int), b)), X, Y),
        "W1 has entries of type int64",
    ),
    "a gradient is missing": (
        lambda: check_network(with_gradients(lambda g: g[:1]), X, Y),
        "the gradient has no block W2",
    ),
    "a gradient has another shape": (
        lambda: check_network(with_gradients(lambda g: [(dW, db[:, None]) for dW, db in g]), X, Y),
        r"the gradient of b1 has shape \(4, 1\)",
    ),
    "gradients return nothing": (
        lambda: check_network(with_gradients(returns(None)), X, Y),
        "the gradient has no block W1",
    ),
}

MAKING: dict[str, tuple[Call, str]] = {
    "seed is a fraction": (lambda: mlp([4, 2], seed=0.5), "seed is 0.5"),
    "seed is negative": (lambda: mlp([4, 2], seed=-1), "seed is -1"),
    "sizes is a number": (lambda: mlp(64), "sizes is 64"),
    "sizes is None": (lambda: mlp(None), "sizes is None"),
    "sizes is a string": (lambda: mlp("64"), r"sizes\[0\] is '6'"),
    "one size": (lambda: mlp([64]), r"sizes is \[64\]"),
    "no sizes": (lambda: mlp([]), r"sizes is \[\]"),
    "a width of 0": (lambda: mlp([64, 0, 10]), r"sizes\[1\] is 0"),
    "a negative width": (lambda: mlp([64, 8, -10]), r"sizes\[2\] is -10"),
    "a width of 8.0": (lambda: mlp([64, 8.0, 10]), r"sizes\[1\] is 8.0"),
    "a width that is True": (lambda: mlp([64, True, 10]), r"sizes\[1\] is True"),
    "unknown activation": (lambda: mlp([4, 2], "swish"), "activation is 'swish'"),
    "activation is a function": (lambda: mlp([4, 2], np.tanh), "activation is <ufunc 'tanh'>"),
    "negative l2": (lambda: mlp([4, 2], l2=-0.1), "l2 is -0.1"),
    "l2 is nan": (lambda: mlp([4, 2], l2=np.nan), "l2 is nan"),
    "l2 is a string": (lambda: mlp([4, 2], l2="0.1"), "l2 is '0.1'"),
    "l2 is True": (lambda: mlp([4, 2], l2=True), "l2 is True"),
    "keep_prob is 0": (lambda: mlp([4, 2], keep_prob=0), "keep_prob is 0"),
    "keep_prob is above 1": (lambda: mlp([4, 2], keep_prob=1.5), "keep_prob is 1.5"),
    "keep_prob is nan": (lambda: mlp([4, 2], keep_prob=np.nan), "keep_prob is nan"),
    "unknown reduction": (lambda: mlp([4, 2], reduction="none"), "reduction is 'none'"),
}

USING: dict[str, tuple[Call, str]] = {
    "fit: seed is negative": (lambda: net().fit(X, Y, seed=-1), "seed is -1"),
    "loss: params are None": (lambda: with_params(None).loss(X, Y), "params is of type NoneType"),
    "loss: X is a list": (lambda: net().loss(X.tolist(), Y), "X is of type list"),
    "loss: X is text": (lambda: net().loss(X.astype(str), Y), "X has entries of type <U"),
    "loss: X is complex": (lambda: net().loss(X + 0j, Y), "X has entries of type complex128"),
    "loss: X is one row": (lambda: net().loss(X[0], Y[:1]), r"X has shape \(64,\)"),
    "loss: X is pictures": (
        lambda: net().loss(X.reshape(8, 8, 8), Y),
        r"X has shape \(8, 8, 8\); .* shape \(m, 64\)",
    ),
    "loss: X has no rows": (lambda: net().loss(X[:0], Y[:0]), r"X has shape \(0, 64\)"),
    "loss: X is short of a column": (lambda: net().loss(X[:, 1:], Y), r"X has shape \(8, 63\)"),
    "loss: X has an inf": (
        lambda: net().loss(put(X, (0, 3), np.inf), Y),
        r"X has inf at \(0, 3\)",
    ),
    "loss: X and Y swapped": (lambda: net().loss(Y, X), r"X has shape \(8, 10\)"),
    "loss: Y is labels": (lambda: net().loss(X, Y.argmax(axis=1)), r"Y has shape \(8,\)"),
    "loss: Y is a column of labels": (
        lambda: net().loss(X, Y.argmax(axis=1)[:, None]),
        r"Y has shape \(8, 1\); .* shape \(m, 10\)",
    ),
    "loss: Y is booleans": (lambda: net().loss(X, Y > 0), "Y has entries of type bool"),
    "loss: Y has more rows": (lambda: net().loss(X[:3], Y), "Y has 8 rows; it must have 3"),
    "loss: Y has a nan": (lambda: net().loss(X, put(Y, (1, 1), np.nan)), r"Y has nan at \(1, 1\)"),
    "loss: Y is negative": (lambda: net().loss(X, -Y), "Y has a negative entry, -1.0"),
    "loss: Y sums to 2": (lambda: net().loss(X, 2 * Y), "Y needs rows that sum to 1; row 0"),
    "loss: Y has an empty row": (lambda: net().loss(X, put(Y, 4, 0.0)), "row 4 sums to 0.0"),
    "loss: a layer is missing": (
        lambda: with_params(net().params[:1]).loss(X, Y),
        "params has 1 layers",
    ),
    "loss: params are one vector": (
        lambda: with_params(ravel(net().params)[0]).loss(X, Y),
        "params is of type ndarray",
    ),
    "loss: a weight is None": (
        lambda: first_layer(lambda W, b: (None, b)).loss(X, Y),
        r"W1 in params has shape \(\)",
    ),
    "loss: a bias is a row": (
        lambda: first_layer(lambda W, b: (W, b[None])).loss(X, Y),
        r"b1 in params has shape \(1, 4\); it must have shape \(4,\)",
    ),
    "loss: three parts": (
        lambda: first_layer(lambda W, b: (W, b, b)).loss(X, Y),
        r"params\[0\] has 3 parts",
    ),
    "gradients: X is None": (lambda: net().gradients(None, Y), "X is of type NoneType"),
    "gradients: Y is None": (lambda: net().gradients(X, None), "Y is of type NoneType"),
    "gradients: X has a nan": (
        lambda: net().gradients(put(X, (7, 0), np.nan), Y),
        r"X has nan at \(7, 0\)",
    ),
    "gradients: Y is short of a class": (
        lambda: net().gradients(X, Y[:, 1:]),
        r"Y has shape \(8, 9\)",
    ),
    "predict: X is one row": (lambda: net().predict(X[0]), r"X has shape \(64,\)"),
    "predict: X is a list": (lambda: net().predict([[0.0] * 64]), "X is of type list"),
    "predict: params have another shape": (
        lambda: first_layer(lambda W, b: (W, b[:1])).predict(X),
        r"b1 in params has shape \(1,\)",
    ),
    "fit: no epochs": (lambda: net().fit(X, Y, epochs=0), "epochs is 0"),
    "fit: epochs is a fraction": (lambda: net().fit(X, Y, epochs=2.5), "epochs is 2.5"),
    "fit: batch_size is 0": (lambda: net().fit(X, Y, batch_size=0), "batch_size is 0"),
    "fit: batch_size is None": (lambda: net().fit(X, Y, batch_size=None), "batch_size is None"),
    "fit: learning_rate is 0": (
        lambda: net().fit(X, Y, learning_rate=0.0),
        "learning_rate is 0.0",
    ),
    "fit: learning_rate is nan": (
        lambda: net().fit(X, Y, learning_rate=np.nan),
        "learning_rate is nan",
    ),
    "fit: learning_rate is text": (
        lambda: net().fit(X, Y, learning_rate="0.1"),
        "learning_rate is '0.1'",
    ),
    "fit: callback is a list": (lambda: net().fit(X, Y, callback=[]), "callback is of type list"),
    "fit: Y is labels": (lambda: net().fit(X, Y.argmax(axis=1)), r"Y has shape \(8,\)"),
}

plant: Any = gradlab.bugs.plant
BUGS: dict[str, tuple[Call, str]] = {
    "unknown name": (lambda: plant(net(), "gremlin"), "name is 'gremlin'"),
    "name is None": (lambda: plant(net(), None), "name is None"),
    "name is a number": (lambda: plant(net(), 3), "name is 3"),
    "arguments swapped": (
        lambda: plant("flipped_bias", net()),
        "name is <gradlab.network",
    ),
    "nothing to spoil": (
        lambda: plant(net(), "forgotten_penalty"),
        "'forgotten_penalty' changes nothing in this network",
    ),
    "no square layer": (
        lambda: plant(net(), "transposed_weights"),
        "'transposed_weights' changes nothing",
    ),
}

CASES = {
    f"{function}: {name}": case
    for function, cases in (
        ("ravel", RAVEL),
        ("numerical_gradient", NUMERICAL),
        ("relative_difference", DIFFERENCE),
        ("check_gradient", CHECK),
        ("check_network", NETWORK),
        ("MLP", MAKING),
        ("MLP", USING),
        ("plant", BUGS),
    )
    for name, case in cases.items()
}


@pytest.mark.parametrize(("call", "words"), CASES.values(), ids=CASES.keys())
def test_bad_input_is_refused_with_a_message_that_names_it(call: Call, words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        call()
