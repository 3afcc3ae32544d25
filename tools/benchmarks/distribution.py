"""A fixed distribution of networks with right and wrong gradients, for the scorecard.

``draw_right(seed)`` draws a network with its loss and its true gradient; ``draw_wrong(seed)``
also puts one fault into the gradient. Everything follows from the seed. Nothing here is gradlab's:
the networks, their backward pass and the faults are written independently, so that no checker is
judged by its own code.

Drawn independently:

- depth 1 to 10 layers, widths 2 to 8, 1 to 12 rows, 2 to 5 classes;
- tanh, sigmoid, softplus, ReLU or leaky ReLU (slope 0.01 below 0);
- the state: fresh (2 in 6), saturated (weights 2 to 16 times larger), converged (32 to 200 steps
  of gradient descent), dead (a hidden layer's biases 3 to 10 lower), near kinks (biases such that
  1 to 3 units have a pre-activation 1e-10 to 1e-3 away from 0), 1 in 6 each;
- an L2 penalty of 1e-4 to 1 in about half of the networks; the mean or the sum over the rows;
- the loss times 1e-9 to 1e9 in 1 of 5 networks, plus an offset of 1 to 1e4 in 3 of 20.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Params = list[tuple[FloatArray, FloatArray]]
Rng = np.random.Generator

STATES = ("fresh", "fresh", "saturated", "converged", "dead", "near kinks")


def _sigmoid(Z: FloatArray) -> FloatArray:
    tail = np.exp(-np.abs(Z))
    return np.where(Z >= 0.0, 1.0, tail) / (1.0 + tail)


# g and g', both as functions of Z.
ACTIVATIONS: dict[
    str, tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]
] = {
    "tanh": (np.tanh, lambda Z: 1.0 / np.cosh(np.clip(Z, -350.0, 350.0)) ** 2),
    "sigmoid": (_sigmoid, lambda Z: _sigmoid(Z) * _sigmoid(-Z)),
    "softplus": (lambda Z: np.logaddexp(0.0, Z), _sigmoid),
    "relu": (lambda Z: np.maximum(Z, 0.0), lambda Z: (Z > 0.0).astype(float)),
    "leaky": (lambda Z: np.where(Z > 0.0, Z, 0.01 * Z), lambda Z: np.where(Z > 0.0, 1.0, 0.01)),
}


@dataclass
class Network:
    """One draw: everything needed to evaluate the loss and its gradient."""

    activation: str
    state: str
    X: FloatArray
    Y: FloatArray
    params: Params
    l2: float
    mean: bool
    scale: float
    offset: float

    def forward(self, params: Params) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return [A_0, ..., A_{L-1}] and [Z_1, ..., Z_L]."""
        g, _ = ACTIVATIONS[self.activation]
        activations, logits = [self.X], []
        for layer, (W, b) in enumerate(params):
            logits.append(activations[-1] @ W + b)
            if layer + 1 < len(params):
                activations.append(g(logits[-1]))
        return activations, logits

    def loss(self, params: Params) -> float:
        """Return the loss, scaled and with its offset."""
        Z = self.forward(params)[1][-1]
        top = Z.max(axis=1, keepdims=True)
        rows = np.log(np.exp(Z - top).sum(axis=1)) - ((Z - top) * self.Y).sum(axis=1)
        total = rows.mean() if self.mean else rows.sum()
        penalty = self.l2 / 2 * sum((W * W).sum() for W, _ in params)
        return float(self.scale * (total + penalty) + self.offset)

    def gradient(self, params: Params) -> Params:
        """Return the gradient by backpropagation."""
        return backward(self, params)


def backward(
    network: Network,
    params: Params,
    fault: str = "",
    layer: int = 0,
    factor: float = 1.0,
) -> Params:
    """Return the gradient, with a fault in the backward step of one layer."""
    _, slope = ACTIVATIONS[network.activation]
    activations, logits = network.forward(params)
    Z = logits[-1]
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    delta = powers / powers.sum(axis=1, keepdims=True) - network.Y
    delta *= network.scale / (len(Z) if network.mean else 1)
    result: Params = []
    for k in range(len(params) - 1, -1, -1):
        W = params[k][0]
        if fault == "delta_scaled" and k == layer:
            delta = factor * delta
        dW, db = activations[k].T @ delta, delta.sum(axis=0)
        if fault == "sample_lost" and k == layer:
            dW = activations[k][1:].T @ delta[1:]
        if fault == "bias_of_one_row" and k == layer:
            db = delta[0].copy()
        if fault == "bias_averaged" and k == layer:
            db = delta.mean(axis=0)
        result.append((dW + network.scale * network.l2 * W, db))
        if k == 0:
            break
        derivative = slope(logits[k - 1])
        here = k - 1 == layer
        if fault == "slope_missing" and here:
            derivative = np.ones_like(derivative)
        if fault == "slope_of_activation" and here:
            derivative = slope(activations[k])
        if fault == "weights_not_transposed" and here and W.shape[0] == W.shape[1]:
            W = W.T
        delta = (delta @ W.T) * derivative
    return result[::-1]


def draw_right(seed: int) -> Network:
    """Draw a network whose ``gradient`` is the gradient of its ``loss``."""
    rng = np.random.default_rng([20, seed])
    depth = int(rng.integers(1, 11))
    sizes = rng.integers(2, 9, depth + 1)
    sizes[-1] = rng.integers(2, 6)
    rows = int(rng.integers(1, 13))
    network = Network(
        activation=str(rng.choice([*ACTIVATIONS])),
        state=str(rng.choice(STATES)),
        X=rng.uniform(-1.0, 1.0, (rows, sizes[0])),
        Y=np.eye(sizes[-1])[rng.integers(sizes[-1], size=rows)],
        params=[
            (rng.normal(0.0, np.sqrt(2.0 / (a + b)), (a, b)), rng.normal(0.0, 0.1, b))
            for a, b in pairwise(sizes)
        ],
        l2=float(10.0 ** rng.uniform(-4, 0)) if rng.random() < 0.5 else 0.0,
        mean=bool(rng.random() < 0.5),
        scale=1.0,
        offset=0.0,
    )
    _enter_state(network, rng)
    if rng.random() < 0.2:
        network.scale = float(10.0 ** rng.uniform(-9, 9))
    if rng.random() < 0.15:
        network.offset = float(10.0 ** rng.uniform(0, 4))
    return network


def _enter_state(network: Network, rng: Rng) -> None:
    params = network.params
    if network.state == "saturated":
        growth = 2.0 ** rng.uniform(1, 4)
        network.params = [(growth * W, b) for W, b in params]
    elif network.state == "converged":
        for _ in range(int(10.0 ** rng.uniform(1.5, 2.3))):
            step = network.gradient(network.params)
            network.params = [
                (W - 0.3 * dW, b - 0.3 * db)
                for (W, b), (dW, db) in zip(network.params, step, strict=True)
            ]
    elif network.state == "dead" and len(params) > 1:
        layer = int(rng.integers(len(params) - 1))
        params[layer] = (params[layer][0], params[layer][1] - rng.uniform(3, 10))
    elif network.state == "near kinks" and len(params) > 1:
        layer = int(rng.integers(len(params) - 1))
        W, b = params[layer]
        Z = network.forward(params)[1][layer]
        row = int(rng.integers(len(Z)))
        distance = 10.0 ** rng.uniform(-10, -3, b.size) * rng.choice([-1.0, 1.0], b.size)
        near = rng.permutation(b.size) < rng.integers(1, 4)
        params[layer] = (W, np.where(near, b - Z[row] + distance, b))


@dataclass
class Fault:
    """A wrong gradient, and what a checker should say about it.

    Attributes
    ----------
    kind : str
        What was done to the gradient.
    cause : str or None
        The kind of finding that names it, or None if there is none.
    gradient : callable
        The wrong gradient.
    """

    kind: str
    cause: str | None
    gradient: Callable[[Params], Params]


def draw_wrong(seed: int) -> tuple[Network, Fault]:
    """Draw a network and one fault in its gradient."""
    network = draw_right(10**6 + seed)
    rng = np.random.default_rng([21, seed])
    if rng.random() < 0.35:
        return network, _draw_backward_fault(network, rng)
    return network, _draw_block_fault(network, rng)


def _draw_backward_fault(network: Network, rng: Rng) -> Fault:
    kinds = ["delta_scaled", "sample_lost", "bias_of_one_row", "bias_averaged", "slope_missing"]
    kinds += ["slope_of_activation", "weights_not_transposed"]
    kind = str(rng.choice(kinds))
    layer = int(rng.integers(len(network.params)))
    factor = float(rng.choice([-1.0, 0.5, 1.5, 2.0]))
    cause = None
    if kind in ("slope_missing", "slope_of_activation", "weights_not_transposed"):
        cause = "backprop_from_layer"
    return Fault(kind, cause, lambda params: backward(network, params, kind, layer, factor))


# A fault in one block: (right gradient, block, rows of the batch, generator) -> wrong gradient.
BlockFault = Callable[[FloatArray, FloatArray, int, Rng], FloatArray]


def _change_few(G: FloatArray, change: Callable[[FloatArray], FloatArray], rng: Rng) -> FloatArray:
    flat = G.ravel().copy()
    place = rng.choice(flat.size, max(1, flat.size // 20), replace=False)
    flat[place] = change(flat[place])
    return flat.reshape(G.shape)


BLOCK_FAULTS: dict[str, tuple[str | None, BlockFault]] = {
    "sign": ("sign_flipped", lambda G, P, m, rng: -G),
    "double": ("wrong_scale", lambda G, P, m, rng: 2.0 * G),
    "half": ("wrong_scale", lambda G, P, m, rng: G / 2.0),
    "m": ("wrong_scale", lambda G, P, m, rng: m * G),
    "1/m": ("wrong_scale", lambda G, P, m, rng: G / m),
    "odd factor": ("wrong_scale", lambda G, P, m, rng: rng.uniform(1.01, 1.3) * G),
    "zero": ("all_zero", lambda G, P, m, rng: 0.0 * G),
    "decay": (
        "weight_decay",
        lambda G, P, m, rng: G + _compare_sizes(G, P) * rng.uniform(0.1, 1.0) * P,
    ),
    "decay negative": (
        "weight_decay",
        lambda G, P, m, rng: G - _compare_sizes(G, P) * rng.uniform(0.1, 1.0) * P,
    ),
    "transposed": ("transposed", lambda G, P, m, rng: G.T if _is_square(G) else G),
    "Fortran order": ("permuted", lambda G, P, m, rng: G.ravel("F").reshape(G.shape)),
    "rows reversed": ("permuted", lambda G, P, m, rng: G[::-1]),
    "columns rolled": ("permuted", lambda G, P, m, rng: np.roll(G, 1, axis=-1)),
    "entries shuffled": (
        "permuted",
        lambda G, P, m, rng: rng.permutation(G.ravel()).reshape(G.shape),
    ),
    "a few zeroed": ("few_entries", lambda G, P, m, rng: _change_few(G, np.zeros_like, rng)),
    "a few doubled": ("few_entries", lambda G, P, m, rng: _change_few(G, lambda g: 2.0 * g, rng)),
    "noise": (None, lambda G, P, m, rng: G + 0.1 * np.abs(G).max() * rng.normal(size=G.shape)),
    "clipped": (None, lambda G, P, m, rng: np.clip(G, *(np.abs(G).max() * np.array([-0.3, 0.3])))),
    "absolute": (None, lambda G, P, m, rng: np.abs(G)),
    "squared": (None, lambda G, P, m, rng: G * G),
    "two digits": (None, lambda G, P, m, rng: _round_to_two_digits(G)),
}


def _compare_sizes(G: FloatArray, P: FloatArray) -> float:
    return float(np.abs(G).max() / max(np.abs(P).max(), 1e-300))


def _is_square(G: FloatArray) -> bool:
    return G.ndim == 2 and G.shape[0] == G.shape[1]


def _round_to_two_digits(G: FloatArray) -> FloatArray:
    exponent = np.floor(np.log10(np.maximum(np.abs(G), 1e-300)))
    return np.round(G / 10.0**exponent, 1) * 10.0**exponent


def _draw_block_fault(network: Network, rng: Rng) -> Fault:
    kind = str(rng.choice([*BLOCK_FAULTS]))
    cause, spoil = BLOCK_FAULTS[kind]
    layer, which = int(rng.integers(len(network.params))), int(rng.integers(2))
    seed = int(rng.integers(2**32))

    def gradient(params: Params) -> Params:
        blocks = [list(pair) for pair in network.gradient(params)]
        block = spoil(
            blocks[layer][which],
            params[layer][which],
            len(network.X),
            np.random.default_rng(seed),
        )
        blocks[layer][which] = np.array(block)
        return [(dW, db) for dW, db in blocks]

    return Fault(kind, cause, gradient)


def name_blocks(params: Params) -> list[str]:
    """Return W1, b1, W2, ..., the names of the blocks in order."""
    return [f"{kind}{layer}" for layer in range(1, len(params) + 1) for kind in "Wb"]


def list_blocks(params: Params) -> list[FloatArray]:
    """Return the blocks in order."""
    return [block for pair in params for block in pair]


def measure_relative_errors(given: Params, true: Params) -> dict[str, float]:
    """Return for each block the norm of its error divided by the norm of the true gradient.

    It is infinite if the given block has entries that are not finite.
    """
    errors = {}
    for name, a, g in zip(name_blocks(true), list_blocks(given), list_blocks(true), strict=True):
        if not np.isfinite(a).all():
            errors[name] = np.inf
            continue
        size = max(float(np.abs(g).max()), float(np.abs(a).max()), 1e-300)
        norm = float(np.linalg.norm(g / size))
        off = float(np.linalg.norm(a / size - g / size))
        errors[name] = off / norm if norm else (np.inf if off else 0.0)
    return errors


def is_measurable(network: Network) -> bool:
    """Return whether float64 can measure the gradient to the promised 5e-4 at all.

    A step h turns the loss's own rounding, at least u |f|, into an error of u |f| / h. Half of the
    promise, 2.5e-4 of the block's largest derivative g, leaves steps above
    ``u |f| / (2.5e-4 |g|)``. A block can be measured if that is less than the typical size of its
    parameters and, for ReLU and leaky ReLU, also less than a tenth of the distance to the nearest
    kink. A block whose gradient is zero counts as measurable.
    """
    size = abs(network.loss(network.params))
    kink = np.inf
    if network.activation in ("relu", "leaky"):
        hidden = network.forward(network.params)[1][:-1]
        kink = min((float(np.abs(Z).min()) for Z in hidden), default=np.inf)
    for P, G in zip(
        list_blocks(network.params), list_blocks(network.gradient(network.params)), strict=True
    ):
        largest = float(np.abs(G).max())
        if largest == 0.0:
            continue
        smallest_step = 2.0**-53 * size / (2.5e-4 * largest)
        if smallest_step > min(float(np.sqrt(np.mean(P * P))), kink / 10.0):
            return False
    return True
