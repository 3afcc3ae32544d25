"""Bad input of networks and of `check_network`, refused as in `test_bad_input.py`."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from checker.bad_input import A, Call, Cases, itself, label_cases, put, returns

import gradlab

X, Y = (array[:8] for array in gradlab.load_digits())

check_network: Any = gradlab.check_network
mlp: Any = gradlab.MLP
plant: Any = gradlab.bugs.plant
ravel: Any = gradlab.ravel


def net() -> Any:
    return gradlab.MLP([64, 4, 10])


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


NETWORK: Cases = {
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
        "the gradient is None",
    ),
}

MAKING: Cases = {
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

USING: Cases = {
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
    "loss: Y sums to 2": (lambda: net().loss(X, 2 * Y), "Y must have rows that sum to 1; row 0"),
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

BUGS: Cases = {
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

CASES = label_cases(check_network=NETWORK, MLP={**MAKING, **USING}, plant=BUGS)


@pytest.mark.parametrize(("call", "words"), CASES.values(), ids=CASES.keys())
def test_bad_input_is_refused_with_a_message_that_names_it(call: Call, words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        call()
