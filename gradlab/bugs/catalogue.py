"""The bugs that can be planted: each one line of a backward pass that is wrong.

First which blocks they spoil, then the wrong steps, then the catalogue. Layers are counted from 0
in the code, from 1 in the names of blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from gradlab.bugs.backward import (
    Forward,
    Gradients,
    afterwards,
    average_over_rows,
    backward,
    right_bias,
    right_product,
    right_slope,
    right_start,
    right_weights,
)
from gradlab.checker.parameters import block_names
from gradlab.network.activations import sigmoid, softmax
from gradlab.network.batch import Params
from gradlab.network.mlp import MLP
from gradlab.support.floats import FloatArray

Spoils = Callable[[MLP], list[str]]


@dataclass(frozen=True)
class Bug:
    """A mistake in a backward pass.

    Attributes
    ----------
    name : str
        What `gradlab.bugs.plant` takes.
    what : str
        What is wrong, in a sentence.
    spoils : callable
        ``spoils(network)`` returns the names of the blocks whose gradient is wrong; none if the
        mistake changes nothing in this network. It is meant for batches of at least two rows with
        samples of every class, away from special parameters.
    finding : str or None
        The kind of finding that a check should report for these blocks in a network without
        penalty (with one, if the bug is about it), None if it can only say where.
    gradients : callable
        ``gradients(network, X, Y)``, the wrong backward pass.
    late : bool
        Whether it shows only later: the gradient of a new network is right, and gets wrong when
        the weights have grown, or from the second call on.
    stochastic : bool
        Whether the wrong gradient differs from call to call, even with frozen dropout.
    """

    name: str
    what: str
    spoils: Spoils
    finding: str | None
    gradients: Gradients
    late: bool = False
    stochastic: bool = False


# Which blocks


def _every_block(network: MLP) -> list[str]:
    return block_names(network.params)


def _weights(network: MLP) -> list[str]:
    return [name for name in block_names(network.params) if name.startswith("W")]


def _later_weights(network: MLP) -> list[str]:
    return _weights(network)[1:]


def _biases(network: MLP) -> list[str]:
    return [name for name in block_names(network.params) if name.startswith("b")]


def _hidden_layers(network: MLP) -> list[str]:
    return block_names(network.params[:-1]) if network.params[1:] else []


def _deep_blocks(network: MLP) -> list[str]:
    return block_names(network.params) if network.params[1:] else []


def _last_layer(network: MLP) -> list[str]:
    return block_names(network.params)[-2:]


def _first(spoils: Spoils) -> Spoils:
    return lambda network: spoils(network)[:1]


def _last(spoils: Spoils) -> Spoils:
    return lambda network: spoils(network)[-1:]


def _if(condition: Callable[[MLP], object], spoils: Spoils) -> Spoils:
    return lambda network: spoils(network) if condition(network) else []


def _is_mean(network: MLP) -> bool:
    return network.reduction == "mean"


def _is_sum(network: MLP) -> bool:
    return network.reduction == "sum"


def _has_penalty(network: MLP) -> bool:
    return network.l2 > 0.0


def _has_dropout(network: MLP) -> bool:
    return network.keep_prob < 1.0


def _is_not(activation: str) -> Callable[[MLP], bool]:
    return lambda network: network.activation != activation


def _is_relu(network: MLP) -> bool:
    return network.activation == "relu"


def _saturates(network: MLP) -> bool:
    return network.activation in ("tanh", "sigmoid")


def _square_layer(network: MLP) -> int | None:
    """Return the first layer after the input whose W is square, but for a single number."""
    for layer, (W, _) in enumerate(network.params):
        if layer > 0 and W.shape[0] == W.shape[1] > 1:
            return layer
    return None


def _square_weights(network: MLP) -> list[str]:
    layer = _square_layer(network)
    return [] if layer is None else [f"W{layer + 1}"]


def _before_square_layer(network: MLP) -> list[str]:
    layer = _square_layer(network)
    return [] if layer is None else block_names(network.params[:layer])


def _oblong_layer(network: MLP) -> int | None:
    """Return the first layer whose W has more than a row and a column, not as many of both."""
    for layer, (W, _) in enumerate(network.params):
        if W.shape[0] != W.shape[1] and min(W.shape) > 1:
            return layer
    return None


def _oblong_weights(network: MLP) -> list[str]:
    layer = _oblong_layer(network)
    return [] if layer is None else [f"W{layer + 1}"]


def _keeps_width(network: MLP, layer: int) -> bool:
    """Return whether a layer's input is as wide as its output, and that goes on to another."""
    sizes = network.sizes
    return layer + 1 < len(network.params) and sizes[layer] == sizes[layer + 1]


def _weights_that_keep_width(network: MLP) -> list[str]:
    return [f"W{k + 1}" for k in range(len(network.params)) if _keeps_width(network, k)]


def _before_equal_widths(network: MLP) -> list[str]:
    layers = [k for k in range(1, len(network.params)) if _keeps_width(network, k)]
    return block_names(network.params[: layers[-1]]) if layers else []


def _equal_biases(network: MLP) -> list[int]:
    """Return the first two layers of the same width."""
    widths = network.sizes[1:]
    for layer, width in enumerate(widths):
        if width in widths[:layer]:
            return [widths.index(width), layer]
    return []


# Wrong beginnings: delta of the last layer


def _row_times(row: int, factor: float) -> Callable[[Forward], FloatArray]:
    def start(f: Forward) -> FloatArray:
        delta = right_start(f).copy()
        delta[row] *= factor
        return delta

    return start


def _reverse_targets(f: Forward) -> FloatArray:
    return average_over_rows(f, softmax(f.Z[-1]) - f.Y[::-1])


def _class_without_target(f: Forward) -> FloatArray:
    delta = softmax(f.Z[-1]) - f.Y
    delta[:, 0] += f.Y[:, 0]
    return average_over_rows(f, delta)


def _hardmax(f: Forward) -> FloatArray:
    Z = f.Z[-1]
    return average_over_rows(f, np.eye(Z.shape[1])[Z.argmax(axis=1)] - f.Y)


def _sigmoid_for_softmax(f: Forward) -> FloatArray:
    return average_over_rows(f, sigmoid(f.Z[-1]) - f.Y)


def _softmax_over_rows(f: Forward) -> FloatArray:
    return average_over_rows(f, softmax(f.Z[-1].T).T - f.Y)


def _slope_of_squared_error(f: Forward) -> FloatArray:
    P = softmax(f.Z[-1])
    return average_over_rows(f, (P - f.Y) * P * (1.0 - P))


def _eight_bits(f: Forward) -> FloatArray:
    delta = right_start(f)
    unit = np.abs(delta).max() / 127.0 or 1.0
    rounded: FloatArray = np.rint(delta / unit) * unit
    return rounded


def _clip_logits(f: Forward) -> FloatArray:
    return average_over_rows(f, softmax(np.clip(f.Z[-1], -7.0, 7.0)) - f.Y)


def _overflowing_softmax(f: Forward) -> FloatArray:
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(f.Z[-1])
        P: FloatArray = powers / powers.sum(axis=1, keepdims=True)
        return average_over_rows(f, P - f.Y)


def _rows_of_first_call(f: Forward) -> FloatArray:
    memory = _memory(f.network)
    if not memory:
        memory.append(f.rows)
    return right_start(f) * (f.rows / int(memory[0]))


# Wrong dW and db


def _with_penalty(term: Callable[[Forward, int, FloatArray], FloatArray]) -> Gradients:
    def weights(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
        return f.A[layer].T @ delta + term(f, layer, f.W(layer))

    return backward(weights=weights)


def _input_of_next_layer(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    A = f.A[layer + 1] if _keeps_width(f.network, layer) else f.A[layer]
    return A.T @ delta + f.network.l2 * f.W(layer)


def _input_before_dropout(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    return f.hidden[layer].T @ delta + f.network.l2 * f.W(layer)


def _penalize_bias(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    return right_bias(f, layer, delta) + f.network.l2 * f.network.params[layer][1]


def _last_bias_times_rows(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    is_last = layer == len(f.network.params) - 1
    return right_bias(f, layer, delta) * (f.rows if is_last else 1.0)


# Wrong ways back


def _skip_transpose(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    if layer == _square_layer(f.network):
        return delta @ f.W(layer)
    return right_product(f, layer, delta)


def _use_updated_weights(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    W = f.W(layer) - 0.1 * right_weights(f, layer, delta)
    return delta @ W.T


def _clip_product(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    limit = average_over_rows(f, np.array(2.0))
    return np.clip(right_product(f, layer, delta), -limit, limit)


def _mask_unscaled(f: Forward, layer: int) -> FloatArray | float:
    return 1.0 if f.masks is None else f.masks[layer - 1] * f.network.keep_prob


def _mask_squared(f: Forward, layer: int) -> FloatArray | float:
    return 1.0 if f.masks is None else f.masks[layer - 1] ** 2


def _mask_of_another_draw(f: Forward, layer: int) -> FloatArray:
    return _new_mask(f, layer, f.network.keep_prob)


def _new_mask(f: Forward, layer: int, keep_prob: float) -> FloatArray:
    memory = _memory(f.network)
    memory[:] = [memory[0] + 1 if memory else 0]
    # Not the masks of `MLP.freeze_dropout`, whatever its seed.
    rng = np.random.default_rng([2**40 + 15, *memory])
    return (rng.random(f.A[layer].shape) < keep_prob) / keep_prob


def _dropout_left_on(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    mask = _new_mask(f, layer, 0.8)
    return (mask * f.A[layer]).T @ delta + f.network.l2 * f.W(layer)


def _slope_at_Z(f: Forward, layer: int) -> FloatArray:  # noqa: N802
    return f.activation.slope(f.Z[layer - 1])


def _slope_of_sigmoid(f: Forward, layer: int) -> FloatArray:
    A = f.hidden[layer]
    return A * (1.0 - A)


def _slope_of_next_layer(f: Forward, layer: int) -> FloatArray | float:
    return right_slope(f, layer + 1 if _keeps_width(f.network, layer) else layer)


def _leaky_slope(f: Forward, layer: int) -> FloatArray:
    return np.maximum(f.activation.slope(f.hidden[layer]), 0.1)


def _slope_near_zero(f: Forward, layer: int) -> FloatArray:
    return f.activation.slope(f.activation.function(np.clip(f.Z[layer - 1], -3.0, 3.0)))


# Right gradients that are spoiled afterwards


def _only(block: str, change: Callable[[FloatArray], FloatArray], layer: int = 0) -> Gradients:
    """Change dW or db of one layer."""

    def changed(network: MLP, gradients: Params) -> Params:
        dW, db = gradients[layer]
        gradients[layer] = (change(dW), db) if block == "W" else (dW, change(db))
        return gradients

    return afterwards(changed)


def _each(change: Callable[[FloatArray], FloatArray]) -> Gradients:
    return afterwards(lambda network, g: [(change(dW), change(db)) for dW, db in g])


def _transpose_square(network: MLP, gradients: Params) -> Params:
    layer = _square_layer(network)
    if layer is not None:
        dW, db = gradients[layer]
        gradients[layer] = (dW.T.copy(), db)
    return gradients


def _column_by_column(network: MLP, gradients: Params) -> Params:
    layer = _oblong_layer(network)
    if layer is not None:
        dW, db = gradients[layer]
        gradients[layer] = (dW.ravel().reshape(dW.shape, order="F"), db)
    return gradients


def _swap_biases(network: MLP, gradients: Params) -> Params:
    pair = _equal_biases(network)
    if pair:
        (dW, db), (dW_other, db_other) = (gradients[layer] for layer in pair)
        gradients[pair[0]], gradients[pair[1]] = (dW, db_other), (dW_other, db)
    return gradients


def _roll_classes(network: MLP, gradients: Params) -> Params:
    dW, db = gradients[-1]
    return [*gradients[:-1], (np.roll(dW, 1, axis=1), np.roll(db, 1))]


def _last_column_unfilled(dW: FloatArray) -> FloatArray:
    return np.hstack([dW[:, :-1], np.zeros((len(dW), 1))])


def _first_entry_unfilled(db: FloatArray) -> FloatArray:
    return np.hstack([np.zeros(1), db[1:]])


def _sum_for_mean(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    return [(len(X) * dW, len(X) * db) for dW, db in MLP.gradients(network, X, Y)]


def _mean_for_sum(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    return [(dW / len(X), db / len(X)) for dW, db in MLP.gradients(network, X, Y)]


def _clip_norm(network: MLP, gradients: Params) -> Params:
    norm = math.sqrt(sum(float(np.vdot(g, g)) for pair in gradients for g in pair))
    factor = min(1.0, 5.0 / norm) if norm else 1.0
    return [(factor * dW, factor * db) for dW, db in gradients]


def _add_to_old(network: MLP, gradients: Params) -> Params:
    memory = _memory(network)
    if memory:
        gradients = [
            (dW + old_dW, db + old_db)
            for (dW, db), (old_dW, old_db) in zip(gradients, memory, strict=True)
        ]
    memory[:] = gradients
    return gradients


def _memory(network: MLP) -> list[Any]:
    """Return what a bug keeps from one call to the next; deep copies of a network have their own.

    Nothing in it has a name, because anyone may look at it.
    """
    memory: list[Any] = vars(network).setdefault("_memory", [])
    return memory


_CATALOGUE = (
    # Orders, signs and places
    Bug(
        name="transposed_weights",
        what="dW of a square layer is delta^T A in place of A^T delta.",
        spoils=_square_weights,
        finding="transposed",
        gradients=afterwards(_transpose_square),
    ),
    Bug(
        name="flipped_bias",
        what="db of the first layer has the wrong sign.",
        spoils=_first(_biases),
        finding="sign_flipped",
        gradients=_only("b", np.negative),
    ),
    Bug(
        name="ascent",
        what="The whole gradient has the wrong sign: it points downhill.",
        spoils=_every_block,
        finding="sign_flipped",
        gradients=_each(np.negative),
    ),
    Bug(
        name="column_by_column",
        what="dW of a layer that is not square is laid out column by column (Fortran order).",
        spoils=_oblong_weights,
        finding="permuted",
        gradients=afterwards(_column_by_column),
    ),
    Bug(
        name="upside_down",
        what="The rows of the first dW are in reverse, as if the pictures stood on their heads.",
        spoils=_if(lambda network: network.sizes[0] > 1, _first(_weights)),
        finding="permuted",
        gradients=_only("W", lambda dW: dW[::-1].copy()),
    ),
    Bug(
        name="classes_off_by_one",
        what="The gradient of the last layer belongs to the next class, as if counted from 1.",
        spoils=_last_layer,
        finding="permuted",
        gradients=afterwards(_roll_classes),
    ),
    Bug(
        name="swapped_biases",
        what="The db of two layers of the same width are swapped.",
        spoils=lambda network: [f"b{layer + 1}" for layer in _equal_biases(network)],
        finding=None,
        gradients=afterwards(_swap_biases),
    ),
    Bug(
        name="unfilled_weights",
        what="dW of the first layer is never filled in: it stays zero.",
        spoils=_first(_weights),
        finding="all_zero",
        gradients=_only("W", np.zeros_like),
    ),
    Bug(
        name="last_class_forgotten",
        what="A loop ends one too early: the last column of the last dW stays zero.",
        spoils=_last(_weights),
        finding="few_entries",
        gradients=_only("W", _last_column_unfilled, layer=-1),
    ),
    Bug(
        name="first_bias_forgotten",
        what="A loop starts at 1: the first entry of the last db stays zero.",
        spoils=_last(_biases),
        finding="few_entries",
        gradients=_only("b", _first_entry_unfilled, layer=-1),
    ),
    # Sums and means
    Bug(
        name="bias_of_one_row",
        what="Every db is the first row of delta in place of the sum of its rows.",
        spoils=_biases,
        finding=None,
        gradients=backward(bias=lambda f, layer, delta: delta[0].copy()),
    ),
    Bug(
        name="mean_of_bias",
        what="Every db is the mean of delta's rows in place of their sum.",
        spoils=_biases,
        finding="wrong_scale",
        gradients=backward(bias=lambda f, layer, delta: delta.mean(axis=0)),
    ),
    Bug(
        name="sum_for_mean",
        what="The gradient lacks the 1/m of the mean: it is m times too large.",
        spoils=_if(_is_mean, _every_block),
        finding="wrong_scale",
        gradients=_sum_for_mean,
    ),
    Bug(
        name="mean_for_sum",
        what="The loss is a sum over the rows, the gradient is that of the mean.",
        spoils=_if(_is_sum, _every_block),
        finding="wrong_scale",
        gradients=_mean_for_sum,
    ),
    Bug(
        name="last_bias_of_sum",
        what="db of the last layer alone lacks the 1/m of the mean.",
        spoils=_if(_is_mean, _last(_biases)),
        finding="wrong_scale",
        gradients=backward(bias=_last_bias_times_rows),
    ),
    Bug(
        name="last_row_ignored",
        what="The last sample of the batch is left out.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_row_times(-1, 0.0)),
    ),
    Bug(
        name="first_row_twice",
        what="The first sample of the batch is counted twice.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_row_times(0, 2.0)),
    ),
    # Targets and softmax
    Bug(
        name="reversed_targets",
        what="The targets belong to other rows: Y is in reverse order.",
        # A sum over the rows does not see their order.
        spoils=lambda network: _every_block(network)[:-1],
        finding=None,
        gradients=backward(start=_reverse_targets),
    ),
    Bug(
        name="class_without_target",
        what="delta is softmax - Y, but for the first class, where Y is forgotten.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_class_without_target),
    ),
    Bug(
        name="hardmax",
        what="delta is 1 for the largest logit, minus Y: a maximum in place of softmax.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_hardmax),
    ),
    Bug(
        name="sigmoid_for_softmax",
        what="delta is sigmoid(Z) - Y in place of softmax(Z) - Y.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_sigmoid_for_softmax),
    ),
    Bug(
        name="softmax_over_rows",
        what="softmax is normalised over the rows of the batch in place of the classes.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_softmax_over_rows),
    ),
    Bug(
        name="slope_of_squared_error",
        what="delta has a factor p (1 - p) too many, which belongs to a squared error.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_slope_of_squared_error),
    ),
    Bug(
        name="eight_bits",
        what="delta is rounded to whole numbers from -127 to 127 times one factor.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_eight_bits),
    ),
    # Activations
    Bug(
        name="missing_slope",
        what="delta is passed back without the derivative of the activation.",
        spoils=_hidden_layers,
        finding="backprop_from_layer",
        gradients=backward(slope=lambda f, layer: 1.0),
    ),
    Bug(
        name="slope_at_z",
        what="The derivative, a formula for A = g(Z) such as 1 - A^2, is given Z in place of A.",
        spoils=_if(_is_not("relu"), _hidden_layers),
        finding="backprop_from_layer",
        gradients=backward(slope=_slope_at_Z),
    ),
    Bug(
        name="slope_of_sigmoid",
        what="The derivative is A (1 - A), that of the sigmoid, for another activation.",
        spoils=_if(_is_not("sigmoid"), _hidden_layers),
        finding="backprop_from_layer",
        gradients=backward(slope=_slope_of_sigmoid),
    ),
    Bug(
        name="slope_of_next_layer",
        what="The derivative of the activation is that of the next layer, of the same width.",
        spoils=_before_equal_widths,
        finding="backprop_from_layer",
        gradients=backward(slope=_slope_of_next_layer),
    ),
    Bug(
        name="leaky_slope",
        what="The derivative is that of a leaky ReLU, 0.1 where it should be 0.",
        spoils=_if(_is_relu, _hidden_layers),
        finding="backprop_from_layer",
        gradients=backward(slope=_leaky_slope),
    ),
    # Ways back
    Bug(
        name="untransposed_weights",
        what="delta is passed back through W in place of W^T, in a square layer.",
        spoils=_before_square_layer,
        finding="backprop_from_layer",
        gradients=backward(product=_skip_transpose),
    ),
    Bug(
        name="updated_weights",
        what="delta is passed back through weights that are already updated (rate 0.1).",
        spoils=_hidden_layers,
        finding="backprop_from_layer",
        gradients=backward(product=_use_updated_weights),
    ),
    Bug(
        name="input_of_next_layer",
        what="dW = A^T delta takes A from after the layer, of the same width, not from before.",
        spoils=_weights_that_keep_width,
        finding=None,
        gradients=backward(weights=_input_of_next_layer),
    ),
    # Penalty
    Bug(
        name="forgotten_penalty",
        what="The L2 penalty is in the loss, but not in the gradient.",
        spoils=_if(_has_penalty, _weights),
        finding="weight_decay",
        gradients=_with_penalty(lambda f, layer, W: 0.0 * W),
    ),
    Bug(
        name="doubled_penalty",
        what="The L2 term of the gradient is 2 l2 W, as if the loss had l2 and not l2 / 2.",
        spoils=_if(_has_penalty, _weights),
        finding="weight_decay",
        gradients=_with_penalty(lambda f, layer, W: 2.0 * f.network.l2 * W),
    ),
    Bug(
        name="penalty_over_rows",
        what="The L2 term of the gradient is divided by m, in the loss it is not.",
        spoils=_if(_has_penalty, _weights),
        finding="weight_decay",
        gradients=_with_penalty(lambda f, layer, W: f.network.l2 / f.rows * W),
    ),
    Bug(
        name="first_penalty_forgotten",
        what="The L2 term is missing in the first layer alone.",
        spoils=_if(_has_penalty, _first(_weights)),
        finding="weight_decay",
        gradients=_with_penalty(lambda f, layer, W: f.network.l2 * W if layer else 0.0 * W),
    ),
    Bug(
        name="penalty_by_sign",
        what="The L2 term of the gradient is l2 sign(W), which belongs to an L1 penalty.",
        spoils=_if(_has_penalty, _weights),
        finding=None,
        gradients=_with_penalty(lambda f, layer, W: f.network.l2 * np.sign(W)),
    ),
    Bug(
        name="penalized_bias",
        what="The gradient has an L2 term for the biases, which the loss has not.",
        spoils=_if(_has_penalty, _biases),
        finding="weight_decay",
        gradients=backward(bias=_penalize_bias),
    ),
    # Dropout
    Bug(
        name="mask_forgotten",
        what="delta is passed back without the dropout mask.",
        spoils=_if(_has_dropout, _hidden_layers),
        finding="backprop_from_layer",
        gradients=backward(dropout=lambda f, layer: 1.0),
    ),
    Bug(
        name="mask_unscaled",
        what="delta is passed back through the mask without the 1 / keep_prob.",
        spoils=_if(_has_dropout, _hidden_layers),
        finding="wrong_scale",
        gradients=backward(dropout=_mask_unscaled),
    ),
    Bug(
        name="mask_scaled_twice",
        what="delta is passed back through the mask with 1 / keep_prob twice.",
        spoils=_if(_has_dropout, _hidden_layers),
        finding="wrong_scale",
        gradients=backward(dropout=_mask_squared),
    ),
    Bug(
        name="input_before_dropout",
        what="dW = A^T delta takes A from before dropout.",
        spoils=_if(_has_dropout, _later_weights),
        finding=None,
        gradients=backward(weights=_input_before_dropout),
    ),
    Bug(
        name="mask_of_another_draw",
        what="delta is passed back through a dropout mask that is drawn anew.",
        spoils=_if(_has_dropout, _hidden_layers),
        finding="backprop_from_layer",
        gradients=backward(dropout=_mask_of_another_draw),
        stochastic=True,
    ),
    Bug(
        name="dropout_left_on",
        what="The network has no dropout, but the inputs in dW = A^T delta have.",
        spoils=_if(lambda network: not _has_dropout(network), _weights),
        finding=None,
        gradients=backward(weights=_dropout_left_on),
        stochastic=True,
    ),
    # Right at first
    Bug(
        name="added_to_old",
        what="The gradient is added to that of the calls before, which nobody has reset.",
        spoils=_every_block,
        finding=None,
        gradients=afterwards(_add_to_old),
        late=True,
    ),
    Bug(
        name="rows_of_first_call",
        what="The 1/m of the mean keeps the m of the first batch; other batches have other m.",
        spoils=_if(_is_mean, _every_block),
        finding="wrong_scale",
        gradients=backward(start=_rows_of_first_call),
        late=True,
    ),
    Bug(
        name="clipped_norm",
        what="A gradient with a norm above 5 is scaled down to it.",
        # With bounded activations, the norm rarely gets there.
        spoils=_if(lambda network: _is_mean(network) and not _saturates(network), _deep_blocks),
        finding="wrong_scale",
        gradients=afterwards(_clip_norm),
        late=True,
    ),
    Bug(
        name="clipped_delta",
        what="delta, times m, is cut off at -2 and 2 on its way back.",
        spoils=_hidden_layers,
        finding="backprop_from_layer",
        gradients=backward(product=_clip_product),
        late=True,
    ),
    Bug(
        name="slope_near_zero",
        what="The derivative of the activation is taken at the nearest Z between -3 and 3.",
        spoils=_if(_saturates, _hidden_layers),
        finding="backprop_from_layer",
        gradients=backward(slope=_slope_near_zero),
        late=True,
    ),
    Bug(
        name="clipped_logits",
        what="Logits are cut off at -7 and 7 before softmax, to be on the safe side.",
        spoils=_every_block,
        finding=None,
        gradients=backward(start=_clip_logits),
        late=True,
    ),
    Bug(
        name="overflowing_softmax",
        what="softmax does not subtract the largest logit: beyond 709, inf / inf is NaN.",
        spoils=_every_block,
        finding="non_finite",
        gradients=backward(start=_overflowing_softmax),
        late=True,
    ),
)

BUGS = MappingProxyType({bug.name: bug for bug in _CATALOGUE})
