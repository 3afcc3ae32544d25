"""The bugs that can be planted: each makes one line of a backward pass wrong.

First come the blocks that bugs spoil, then the wrong steps, then the catalogue. Layers are
counted from 0 in the code and from 1 in the names of blocks.
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
    average_over_rows,
    change_result,
    compute_bias_gradient,
    compute_input_gradient,
    compute_output_delta,
    compute_slope,
    compute_weight_gradient,
    replace_steps,
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
        The name to pass to `gradlab.bugs.plant`.
    what : str
        What is wrong, in a sentence.
    spoils : callable
        ``spoils(network)`` returns the names of the blocks whose gradient is wrong; none if the
        mistake changes nothing in this network. It assumes generic parameters, and a batch
        of at least two rows with samples of every class.
    finding : str or None
        The kind of finding that a check should report for these blocks in a network without a
        penalty (with one, if the bug concerns it); None if a check can only say where the bug is.
    gradients : callable
        ``gradients(network, X, Y)``, the wrong backward pass.
    late : bool
        Whether it shows only later: the gradient of a new network is right, and becomes wrong
        once the weights have grown, or from the second call on.
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


# The blocks that bugs spoil


def _list_blocks(network: MLP) -> list[str]:
    return block_names(network.params)


def _list_weights(network: MLP) -> list[str]:
    return [name for name in block_names(network.params) if name.startswith("W")]


def _list_later_weights(network: MLP) -> list[str]:
    return _list_weights(network)[1:]


def _list_biases(network: MLP) -> list[str]:
    return [name for name in block_names(network.params) if name.startswith("b")]


def _list_hidden_blocks(network: MLP) -> list[str]:
    return block_names(network.params[:-1]) if network.params[1:] else []


def _list_blocks_if_deep(network: MLP) -> list[str]:
    return block_names(network.params) if network.params[1:] else []


def _list_last_blocks(network: MLP) -> list[str]:
    return block_names(network.params)[-2:]


def _take_first(spoils: Spoils) -> Spoils:
    return lambda network: spoils(network)[:1]


def _take_last(spoils: Spoils) -> Spoils:
    return lambda network: spoils(network)[-1:]


def _list_if(condition: Callable[[MLP], object], spoils: Spoils) -> Spoils:
    return lambda network: spoils(network) if condition(network) else []


def _is_mean(network: MLP) -> bool:
    return network.reduction == "mean"


def _is_sum(network: MLP) -> bool:
    return network.reduction == "sum"


def _has_penalty(network: MLP) -> bool:
    return network.l2 > 0.0


def _has_dropout(network: MLP) -> bool:
    return network.keep_prob < 1.0


def _has_other_activation_than(activation: str) -> Callable[[MLP], bool]:
    return lambda network: network.activation != activation


def _is_relu(network: MLP) -> bool:
    return network.activation == "relu"


def _has_bounded_activation(network: MLP) -> bool:
    return network.activation in ("tanh", "sigmoid")


def _find_square_layer(network: MLP) -> int | None:
    """Return the first layer after layer 0 whose W is square but not 1 x 1, or None."""
    for layer, (W, _) in enumerate(network.params):
        if layer > 0 and W.shape[0] == W.shape[1] > 1:
            return layer
    return None


def _list_square_weights(network: MLP) -> list[str]:
    layer = _find_square_layer(network)
    return [] if layer is None else [f"W{layer + 1}"]


def _list_blocks_before_square_layer(network: MLP) -> list[str]:
    layer = _find_square_layer(network)
    return [] if layer is None else block_names(network.params[:layer])


def _find_oblong_layer(network: MLP) -> int | None:
    """Return the first layer whose W is neither square nor a single row or column, or None."""
    for layer, (W, _) in enumerate(network.params):
        if W.shape[0] != W.shape[1] and min(W.shape) > 1:
            return layer
    return None


def _list_oblong_weights(network: MLP) -> list[str]:
    layer = _find_oblong_layer(network)
    return [] if layer is None else [f"W{layer + 1}"]


def _is_hidden_and_square(network: MLP, layer: int) -> bool:
    """Return whether a layer is as wide as its input and followed by another layer."""
    sizes = network.sizes
    return layer + 1 < len(network.params) and sizes[layer] == sizes[layer + 1]


def _list_hidden_square_weights(network: MLP) -> list[str]:
    return [f"W{k + 1}" for k in range(len(network.params)) if _is_hidden_and_square(network, k)]


def _list_blocks_before_equal_widths(network: MLP) -> list[str]:
    layers = [k for k in range(1, len(network.params)) if _is_hidden_and_square(network, k)]
    return block_names(network.params[: layers[-1]]) if layers else []


def _find_equal_biases(network: MLP) -> list[int]:
    """Return the first two layers of the same width, or an empty list."""
    widths = network.sizes[1:]
    for layer, width in enumerate(widths):
        if width in widths[:layer]:
            return [widths.index(width), layer]
    return []


# Wrong starts: delta of the last layer


def _scale_row(row: int, factor: float) -> Callable[[Forward], FloatArray]:
    def compute_delta(f: Forward) -> FloatArray:
        delta = compute_output_delta(f).copy()
        delta[row] *= factor
        return delta

    return compute_delta


def _reverse_targets(f: Forward) -> FloatArray:
    return average_over_rows(f, softmax(f.Z[-1]) - f.Y[::-1])


def _forget_first_target(f: Forward) -> FloatArray:
    delta = softmax(f.Z[-1]) - f.Y
    delta[:, 0] += f.Y[:, 0]
    return average_over_rows(f, delta)


def _use_hardmax(f: Forward) -> FloatArray:
    Z = f.Z[-1]
    return average_over_rows(f, np.eye(Z.shape[1])[Z.argmax(axis=1)] - f.Y)


def _use_sigmoid(f: Forward) -> FloatArray:
    return average_over_rows(f, sigmoid(f.Z[-1]) - f.Y)


def _normalize_over_rows(f: Forward) -> FloatArray:
    return average_over_rows(f, softmax(f.Z[-1].T).T - f.Y)


def _use_squared_error(f: Forward) -> FloatArray:
    P = softmax(f.Z[-1])
    return average_over_rows(f, (P - f.Y) * P * (1.0 - P))


def _round_to_eight_bits(f: Forward) -> FloatArray:
    delta = compute_output_delta(f)
    unit = np.abs(delta).max() / 127.0 or 1.0
    rounded: FloatArray = np.rint(delta / unit) * unit
    return rounded


def _clip_logits(f: Forward) -> FloatArray:
    return average_over_rows(f, softmax(np.clip(f.Z[-1], -7.0, 7.0)) - f.Y)


def _let_softmax_overflow(f: Forward) -> FloatArray:
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(f.Z[-1])
        P: FloatArray = powers / powers.sum(axis=1, keepdims=True)
        return average_over_rows(f, P - f.Y)


def _divide_by_first_rows(f: Forward) -> FloatArray:
    memory = _get_memory(f.network)
    if not memory:
        memory.append(f.rows)
    return compute_output_delta(f) * (f.rows / int(memory[0]))


# Wrong dW and db


def _replace_penalty(term: Callable[[Forward, int, FloatArray], FloatArray]) -> Gradients:
    def add_term(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
        return f.A[layer].T @ delta + term(f, layer, f.W(layer))

    return replace_steps(weights=add_term)


def _use_next_input(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    A = f.A[layer + 1] if _is_hidden_and_square(f.network, layer) else f.A[layer]
    return A.T @ delta + f.network.l2 * f.W(layer)


def _use_input_before_dropout(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    return f.hidden[layer].T @ delta + f.network.l2 * f.W(layer)


def _penalize_bias(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    return compute_bias_gradient(f, layer, delta) + f.network.l2 * f.network.params[layer][1]


def _multiply_last_bias(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    is_last = layer == len(f.network.params) - 1
    return compute_bias_gradient(f, layer, delta) * (f.rows if is_last else 1.0)


# Wrong ways to pass delta back


def _skip_transpose(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    if layer == _find_square_layer(f.network):
        return delta @ f.W(layer)
    return compute_input_gradient(f, layer, delta)


def _use_updated_weights(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    W = f.W(layer) - 0.1 * compute_weight_gradient(f, layer, delta)
    return delta @ W.T


def _clip_product(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    limit = average_over_rows(f, np.array(2.0))
    return np.clip(compute_input_gradient(f, layer, delta), -limit, limit)


def _forget_mask_scale(f: Forward, layer: int) -> FloatArray | float:
    return 1.0 if f.masks is None else f.masks[layer - 1] * f.network.keep_prob


def _square_mask(f: Forward, layer: int) -> FloatArray | float:
    return 1.0 if f.masks is None else f.masks[layer - 1] ** 2


def _use_another_mask(f: Forward, layer: int) -> FloatArray:
    return _draw_mask(f, layer, f.network.keep_prob)


def _draw_mask(f: Forward, layer: int, keep_prob: float) -> FloatArray:
    memory = _get_memory(f.network)
    memory[:] = [memory[0] + 1 if memory else 0]
    # Different from the masks of `MLP.freeze_dropout`, whatever its seed.
    rng = np.random.default_rng([2**40 + 15, *memory])
    return (rng.random(f.A[layer].shape) < keep_prob) / keep_prob


def _leave_dropout_on(f: Forward, layer: int, delta: FloatArray) -> FloatArray:
    mask = _draw_mask(f, layer, 0.8)
    return (mask * f.A[layer]).T @ delta + f.network.l2 * f.W(layer)


def _take_slope_at_input(f: Forward, layer: int) -> FloatArray:
    return f.activation.slope(f.Z[layer - 1])


def _use_sigmoid_slope(f: Forward, layer: int) -> FloatArray:
    A = f.hidden[layer]
    return A * (1.0 - A)


def _use_next_slope(f: Forward, layer: int) -> FloatArray | float:
    return compute_slope(f, layer + 1 if _is_hidden_and_square(f.network, layer) else layer)


def _use_leaky_slope(f: Forward, layer: int) -> FloatArray:
    return np.maximum(f.activation.slope(f.hidden[layer]), 0.1)


def _take_slope_near_zero(f: Forward, layer: int) -> FloatArray:
    return f.activation.slope(f.activation.function(np.clip(f.Z[layer - 1], -3.0, 3.0)))


# Right gradients, spoiled once they are computed


def _change_block(
    block: str, change: Callable[[FloatArray], FloatArray], layer: int = 0
) -> Gradients:
    """Return a backward pass that changes dW or db of one layer."""

    def change_layer(network: MLP, gradients: Params) -> Params:
        dW, db = gradients[layer]
        gradients[layer] = (change(dW), db) if block == "W" else (dW, change(db))
        return gradients

    return change_result(change_layer)


def _change_every_block(change: Callable[[FloatArray], FloatArray]) -> Gradients:
    return change_result(lambda network, g: [(change(dW), change(db)) for dW, db in g])


def _transpose_square(network: MLP, gradients: Params) -> Params:
    layer = _find_square_layer(network)
    if layer is not None:
        dW, db = gradients[layer]
        gradients[layer] = (dW.T.copy(), db)
    return gradients


def _lay_out_by_column(network: MLP, gradients: Params) -> Params:
    layer = _find_oblong_layer(network)
    if layer is not None:
        dW, db = gradients[layer]
        gradients[layer] = (dW.ravel().reshape(dW.shape, order="F"), db)
    return gradients


def _swap_biases(network: MLP, gradients: Params) -> Params:
    pair = _find_equal_biases(network)
    if pair:
        (dW, db), (dW_other, db_other) = (gradients[layer] for layer in pair)
        gradients[pair[0]], gradients[pair[1]] = (dW, db_other), (dW_other, db)
    return gradients


def _roll_classes(network: MLP, gradients: Params) -> Params:
    dW, db = gradients[-1]
    return [*gradients[:-1], (np.roll(dW, 1, axis=1), np.roll(db, 1))]


def _leave_last_column_zero(dW: FloatArray) -> FloatArray:
    return np.hstack([dW[:, :-1], np.zeros((len(dW), 1))])


def _leave_first_entry_zero(db: FloatArray) -> FloatArray:
    return np.hstack([np.zeros(1), db[1:]])


def _multiply_by_rows(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    return [(len(X) * dW, len(X) * db) for dW, db in MLP.gradients(network, X, Y)]


def _divide_by_rows(network: MLP, X: FloatArray, Y: FloatArray) -> Params:
    return [(dW / len(X), db / len(X)) for dW, db in MLP.gradients(network, X, Y)]


def _clip_norm(network: MLP, gradients: Params) -> Params:
    norm = math.sqrt(sum(float(np.vdot(g, g)) for pair in gradients for g in pair))
    factor = min(1.0, 5.0 / norm) if norm else 1.0
    return [(factor * dW, factor * db) for dW, db in gradients]


def _add_to_old(network: MLP, gradients: Params) -> Params:
    memory = _get_memory(network)
    if memory:
        gradients = [
            (dW + old_dW, db + old_db)
            for (dW, db), (old_dW, old_db) in zip(gradients, memory, strict=True)
        ]
    memory[:] = gradients
    return gradients


def _get_memory(network: MLP) -> list[Any]:
    """Return what a bug keeps from one call to the next; deep copies of a network have their own.

    Its contents bear no names, because anyone may look at them.
    """
    memory: list[Any] = vars(network).setdefault("_memory", [])
    return memory


_CATALOGUE = (
    # Order, sign and place
    Bug(
        name="transposed_weights",
        what="dW of a square layer is delta^T A in place of A^T delta.",
        spoils=_list_square_weights,
        finding="transposed",
        gradients=change_result(_transpose_square),
    ),
    Bug(
        name="flipped_bias",
        what="db of the first layer has the wrong sign.",
        spoils=_take_first(_list_biases),
        finding="sign_flipped",
        gradients=_change_block("b", np.negative),
    ),
    Bug(
        name="ascent",
        what="The whole gradient has the wrong sign: it points downhill.",
        spoils=_list_blocks,
        finding="sign_flipped",
        gradients=_change_every_block(np.negative),
    ),
    Bug(
        name="column_by_column",
        what="dW of a layer that is not square is laid out column by column (Fortran order).",
        spoils=_list_oblong_weights,
        finding="permuted",
        gradients=change_result(_lay_out_by_column),
    ),
    Bug(
        name="upside_down",
        what="The rows of the first dW are in reverse order, as if the images were upside down.",
        spoils=_list_if(lambda network: network.sizes[0] > 1, _take_first(_list_weights)),
        finding="permuted",
        gradients=_change_block("W", lambda dW: dW[::-1].copy()),
    ),
    Bug(
        name="classes_off_by_one",
        what="The gradient of the last layer is shifted by one class, as if classes began at 1.",
        spoils=_list_last_blocks,
        finding="permuted",
        gradients=change_result(_roll_classes),
    ),
    Bug(
        name="swapped_biases",
        what="The db of two layers of the same width are swapped.",
        spoils=lambda network: [f"b{layer + 1}" for layer in _find_equal_biases(network)],
        finding=None,
        gradients=change_result(_swap_biases),
    ),
    Bug(
        name="unfilled_weights",
        what="dW of the first layer is never filled in: it stays zero.",
        spoils=_take_first(_list_weights),
        finding="all_zero",
        gradients=_change_block("W", np.zeros_like),
    ),
    Bug(
        name="last_class_forgotten",
        what="A loop ends one step early: the last column of the last dW stays zero.",
        spoils=_take_last(_list_weights),
        finding="few_entries",
        gradients=_change_block("W", _leave_last_column_zero, layer=-1),
    ),
    Bug(
        name="first_bias_forgotten",
        what="A loop starts at 1: the first entry of the last db stays zero.",
        spoils=_take_last(_list_biases),
        finding="few_entries",
        gradients=_change_block("b", _leave_first_entry_zero, layer=-1),
    ),
    # Sums and means
    Bug(
        name="bias_of_one_row",
        what="Every db is the first row of delta in place of the sum of its rows.",
        spoils=_list_biases,
        finding=None,
        gradients=replace_steps(bias=lambda f, layer, delta: delta[0].copy()),
    ),
    Bug(
        name="mean_of_bias",
        what="Every db is the mean of delta's rows in place of their sum.",
        spoils=_list_biases,
        finding="wrong_scale",
        gradients=replace_steps(bias=lambda f, layer, delta: delta.mean(axis=0)),
    ),
    Bug(
        name="sum_for_mean",
        what="The gradient lacks the 1/m of the mean: it is m times too large.",
        spoils=_list_if(_is_mean, _list_blocks),
        finding="wrong_scale",
        gradients=_multiply_by_rows,
    ),
    Bug(
        name="mean_for_sum",
        what="The loss is a sum over the rows, but the gradient is that of the mean.",
        spoils=_list_if(_is_sum, _list_blocks),
        finding="wrong_scale",
        gradients=_divide_by_rows,
    ),
    Bug(
        name="last_bias_of_sum",
        what="db of the last layer alone lacks the 1/m of the mean.",
        spoils=_list_if(_is_mean, _take_last(_list_biases)),
        finding="wrong_scale",
        gradients=replace_steps(bias=_multiply_last_bias),
    ),
    Bug(
        name="last_row_ignored",
        what="The last sample of the batch is left out.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_scale_row(-1, 0.0)),
    ),
    Bug(
        name="first_row_twice",
        what="The first sample of the batch is counted twice.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_scale_row(0, 2.0)),
    ),
    # Targets and softmax
    Bug(
        name="reversed_targets",
        what="The targets belong to other rows: Y is in reverse order.",
        # The last db, a sum over the rows, does not depend on their order.
        spoils=lambda network: _list_blocks(network)[:-1],
        finding=None,
        gradients=replace_steps(start=_reverse_targets),
    ),
    Bug(
        name="class_without_target",
        what="delta is softmax - Y, except for the first class, where Y is forgotten.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_forget_first_target),
    ),
    Bug(
        name="hardmax",
        what="delta is the one-hot maximum of the logits minus Y, in place of softmax - Y.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_use_hardmax),
    ),
    Bug(
        name="sigmoid_for_softmax",
        what="delta is sigmoid(Z) - Y in place of softmax(Z) - Y.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_use_sigmoid),
    ),
    Bug(
        name="softmax_over_rows",
        what="softmax is normalised over the rows of the batch in place of the classes.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_normalize_over_rows),
    ),
    Bug(
        name="slope_of_squared_error",
        what="delta has an extra factor p (1 - p), which belongs to a squared error.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_use_squared_error),
    ),
    Bug(
        name="eight_bits",
        what="delta is rounded to multiples, from -127 to 127, of a single unit.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_round_to_eight_bits),
    ),
    # Activations
    Bug(
        name="missing_slope",
        what="delta is passed back without the derivative of the activation.",
        spoils=_list_hidden_blocks,
        finding="backprop_from_layer",
        gradients=replace_steps(slope=lambda f, layer: 1.0),
    ),
    Bug(
        name="slope_at_z",
        what="The derivative, a formula for A = g(Z) such as 1 - A^2, is given Z in place of A.",
        spoils=_list_if(_has_other_activation_than("relu"), _list_hidden_blocks),
        finding="backprop_from_layer",
        gradients=replace_steps(slope=_take_slope_at_input),
    ),
    Bug(
        name="slope_of_sigmoid",
        what="The derivative is A (1 - A), that of the sigmoid, but the activation is another.",
        spoils=_list_if(_has_other_activation_than("sigmoid"), _list_hidden_blocks),
        finding="backprop_from_layer",
        gradients=replace_steps(slope=_use_sigmoid_slope),
    ),
    Bug(
        name="slope_of_next_layer",
        what="The derivative of the activation is that of the next layer, which is as wide.",
        spoils=_list_blocks_before_equal_widths,
        finding="backprop_from_layer",
        gradients=replace_steps(slope=_use_next_slope),
    ),
    Bug(
        name="leaky_slope",
        what="The derivative is that of a leaky ReLU, 0.1 where it should be 0.",
        spoils=_list_if(_is_relu, _list_hidden_blocks),
        finding="backprop_from_layer",
        gradients=replace_steps(slope=_use_leaky_slope),
    ),
    # Passing delta back
    Bug(
        name="untransposed_weights",
        what="delta is passed back through W in place of W^T, in a square layer.",
        spoils=_list_blocks_before_square_layer,
        finding="backprop_from_layer",
        gradients=replace_steps(product=_skip_transpose),
    ),
    Bug(
        name="updated_weights",
        what="delta is passed back through weights that have already been updated (rate 0.1).",
        spoils=_list_hidden_blocks,
        finding="backprop_from_layer",
        gradients=replace_steps(product=_use_updated_weights),
    ),
    Bug(
        name="input_of_next_layer",
        what="dW = A^T delta takes A from the output of the layer, which is as wide as its input.",
        spoils=_list_hidden_square_weights,
        finding=None,
        gradients=replace_steps(weights=_use_next_input),
    ),
    # Penalty
    Bug(
        name="forgotten_penalty",
        what="The L2 penalty is in the loss, but not in the gradient.",
        spoils=_list_if(_has_penalty, _list_weights),
        finding="weight_decay",
        gradients=_replace_penalty(lambda f, layer, W: 0.0 * W),
    ),
    Bug(
        name="doubled_penalty",
        what="The L2 term of the gradient is 2 l2 W, as if the loss had l2 and not l2 / 2.",
        spoils=_list_if(_has_penalty, _list_weights),
        finding="weight_decay",
        gradients=_replace_penalty(lambda f, layer, W: 2.0 * f.network.l2 * W),
    ),
    Bug(
        name="penalty_over_rows",
        what="The L2 term is divided by m in the gradient, but not in the loss.",
        spoils=_list_if(_has_penalty, _list_weights),
        finding="weight_decay",
        gradients=_replace_penalty(lambda f, layer, W: f.network.l2 / f.rows * W),
    ),
    Bug(
        name="first_penalty_forgotten",
        what="The L2 term is missing in the first layer only.",
        spoils=_list_if(_has_penalty, _take_first(_list_weights)),
        finding="weight_decay",
        gradients=_replace_penalty(lambda f, layer, W: f.network.l2 * W if layer else 0.0 * W),
    ),
    Bug(
        name="penalty_by_sign",
        what="The L2 term of the gradient is l2 sign(W), which belongs to an L1 penalty.",
        spoils=_list_if(_has_penalty, _list_weights),
        finding=None,
        gradients=_replace_penalty(lambda f, layer, W: f.network.l2 * np.sign(W)),
    ),
    Bug(
        name="penalized_bias",
        what="The gradient has an L2 term for the biases, but the loss has none.",
        spoils=_list_if(_has_penalty, _list_biases),
        finding="weight_decay",
        gradients=replace_steps(bias=_penalize_bias),
    ),
    # Dropout
    Bug(
        name="mask_forgotten",
        what="delta is passed back without the dropout mask.",
        spoils=_list_if(_has_dropout, _list_hidden_blocks),
        finding="backprop_from_layer",
        gradients=replace_steps(dropout=lambda f, layer: 1.0),
    ),
    Bug(
        name="mask_unscaled",
        what="delta is passed back through the mask without the 1 / keep_prob.",
        spoils=_list_if(_has_dropout, _list_hidden_blocks),
        finding="wrong_scale",
        gradients=replace_steps(dropout=_forget_mask_scale),
    ),
    Bug(
        name="mask_scaled_twice",
        what="delta is passed back through the mask with 1 / keep_prob applied twice.",
        spoils=_list_if(_has_dropout, _list_hidden_blocks),
        finding="wrong_scale",
        gradients=replace_steps(dropout=_square_mask),
    ),
    Bug(
        name="input_before_dropout",
        what="dW = A^T delta takes A as it was before dropout.",
        spoils=_list_if(_has_dropout, _list_later_weights),
        finding=None,
        gradients=replace_steps(weights=_use_input_before_dropout),
    ),
    Bug(
        name="mask_of_another_draw",
        what="delta is passed back through a newly drawn dropout mask.",
        spoils=_list_if(_has_dropout, _list_hidden_blocks),
        finding="backprop_from_layer",
        gradients=replace_steps(dropout=_use_another_mask),
        stochastic=True,
    ),
    Bug(
        name="dropout_left_on",
        what="The network has no dropout, but dropout is applied to A in dW = A^T delta.",
        spoils=_list_if(lambda network: not _has_dropout(network), _list_weights),
        finding=None,
        gradients=replace_steps(weights=_leave_dropout_on),
        stochastic=True,
    ),
    # Right at first
    Bug(
        name="added_to_old",
        what="The gradient is added to those of earlier calls, which are never reset.",
        spoils=_list_blocks,
        finding=None,
        gradients=change_result(_add_to_old),
        late=True,
    ),
    Bug(
        name="rows_of_first_call",
        what="The 1/m of the mean keeps the m of the first batch, whatever the later ones have.",
        spoils=_list_if(_is_mean, _list_blocks),
        finding="wrong_scale",
        gradients=replace_steps(start=_divide_by_first_rows),
        late=True,
    ),
    Bug(
        name="clipped_norm",
        what="A gradient with a norm above 5 is scaled down to a norm of 5.",
        # With bounded activations, the norm rarely grows that large.
        spoils=_list_if(
            lambda network: _is_mean(network) and not _has_bounded_activation(network),
            _list_blocks_if_deep,
        ),
        finding="wrong_scale",
        gradients=change_result(_clip_norm),
        late=True,
    ),
    Bug(
        name="clipped_delta",
        what="delta, times m, is clipped to [-2, 2] as it is passed back.",
        spoils=_list_hidden_blocks,
        finding="backprop_from_layer",
        gradients=replace_steps(product=_clip_product),
        late=True,
    ),
    Bug(
        name="slope_near_zero",
        what="The derivative of the activation is taken at the nearest Z between -3 and 3.",
        spoils=_list_if(_has_bounded_activation, _list_hidden_blocks),
        finding="backprop_from_layer",
        gradients=replace_steps(slope=_take_slope_near_zero),
        late=True,
    ),
    Bug(
        name="clipped_logits",
        what="Logits are clipped to [-7, 7] before softmax, to be on the safe side.",
        spoils=_list_blocks,
        finding=None,
        gradients=replace_steps(start=_clip_logits),
        late=True,
    ),
    Bug(
        name="overflowing_softmax",
        what="softmax does not subtract the largest logit: beyond 709, inf / inf is NaN.",
        spoils=_list_blocks,
        finding="non_finite",
        gradients=replace_steps(start=_let_softmax_overflow),
        late=True,
    ),
)

BUGS = MappingProxyType({bug.name: bug for bug in _CATALOGUE})
