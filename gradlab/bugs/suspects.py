"""Networks under suspicion: half of them with a bug, the others looking no better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradlab.bugs import BUGS, plant
from gradlab.checker.parameters import named_blocks
from gradlab.network.batch import Params
from gradlab.network.mlp import MLP
from gradlab.support.arguments import require_count
from gradlab.support.floats import FloatArray

# Bugs that show in small networks and do not change from call to call.
_DRAWN = (
    "transposed_weights",
    "flipped_bias",
    "column_by_column",
    "upside_down",
    "swapped_biases",
    "unfilled_weights",
    "last_class_forgotten",
    "first_bias_forgotten",
    "bias_of_one_row",
    "mean_of_bias",
    "last_bias_of_sum",
    "last_row_ignored",
    "hardmax",
    "sigmoid_for_softmax",
    "missing_slope",
    "slope_at_z",
    "untransposed_weights",
    "input_of_next_layer",
    "forgotten_penalty",
    "first_penalty_forgotten",
    "penalized_bias",
)
# A block is plainly wrong if it is off by this part of its largest entry, and by so much.
_PLAIN = 1e-2
_LEAST = 1e-5
_KINDS = ("new", "trained", "raw inputs", "large loss", "blank sample")
_ANSWERS = ("said ok", "right block", "another block")


class Suspect:
    """A network that may have a bug in its ``gradients``, with the batch to check it on.

    Attributes
    ----------
    params : list of (W, b)
        Its parameters. May be replaced by others of these shapes.
    X : ndarray of float64, shape (m, n_0)
        The inputs.
    Y : ndarray of float64, shape (m, K)
        The targets, one-hot.
    """

    def __init__(self, network: MLP, X: FloatArray, Y: FloatArray, constant: float) -> None:
        self.params = network.params
        self.X, self.Y = X, Y
        self._network = network
        self._constant = constant

    def __repr__(self) -> str:
        return "network " + "-".join(map(str, self._network.sizes))

    def loss(self, X: FloatArray, Y: FloatArray) -> float:
        """Return the loss; as `MLP.loss`, with a constant added."""
        self._network.params = self.params
        return self._network.loss(X, Y) + self._constant

    def gradients(self, X: FloatArray, Y: FloatArray) -> Params:
        """Return what the network takes for the gradient of its loss."""
        self._network.params = self.params
        return self._network.gradients(X, Y)


def draw_suspects(count: int = 20, seed: int = 0) -> tuple[list[Suspect], list[str]]:
    """Draw networks, half of them with a bug, and say which.

    They differ in size, activation, penalty and scale of the inputs; some are trained, some have
    a constant in their loss, some samples that lie on the kink of a ReLU. What a network is like
    does not tell whether it has a bug.

    Parameters
    ----------
    count : int
        How many networks; if it is odd, the smaller half has bugs.
    seed : int
        Seed of the draw.

    Returns
    -------
    networks : list of Suspect
    answers : list of str
        For each, "ok" or the name of the wrong block nearest to the output, such as "b2"; where
        both W and b of a layer are wrong, W.

    Raises
    ------
    ValueError, TypeError
        If `count` or `seed` is no whole number of at least 1 or 0.

    Examples
    --------
    >>> from gradlab import draw_suspects
    >>> networks, answers = draw_suspects(count=4, seed=1)
    >>> answers.count("ok")
    2
    """
    require_count("count", count)
    require_count("seed", seed, least=0)
    rng = np.random.default_rng(seed)
    # Every kind comes as often among the wrong ones as among the right ones.
    drawn = [
        (_wrong if number < count // 2 else _right)(rng, _KINDS[number % len(_KINDS)])
        for number in range(count)
    ]
    order = rng.permutation(count).tolist()
    return [drawn[k][0] for k in order], [drawn[k][1] for k in order]


def confusion_table(said: Sequence[str], answers: Sequence[str]) -> str:
    """Count what was found, missed, misplaced and a false alarm.

    Parameters
    ----------
    said : sequence of str
        What was said of each network: "ok" or the name of a block.
    answers : sequence of str
        What is right.

    Returns
    -------
    str
        A table with a row for the right networks and one for the wrong ones.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other.

    Examples
    --------
    >>> from gradlab import confusion_table
    >>> print(confusion_table(["ok", "W1", "W2", "ok"], ["ok", "ok", "W2", "b1"]))
                    said ok  right block  another block
    right networks        1            -              1  (false alarms: 1)
    wrong networks        1            1              0  (missed: 1)
    """
    if len(said) != len(answers):
        raise ValueError(
            f"said has {len(said)} entries; it must have {len(answers)}, as answers has"
        )
    pairs = list(zip(map(str, said), answers, strict=True))
    passed = sum(a == "ok" and s == "ok" for s, a in pairs)
    alarms = sum(a == "ok" and s != "ok" for s, a in pairs)
    missed = sum(a != "ok" and s == "ok" for s, a in pairs)
    found = sum(a != "ok" and s == a for s, a in pairs)
    misplaced = sum(a != "ok" for _, a in pairs) - missed - found
    rows = (
        ("right networks", (passed, "-", alarms), f"false alarms: {alarms}"),
        ("wrong networks", (missed, found, misplaced), f"missed: {missed}"),
    )
    lines = [" " * 14 + "".join(f"  {name}" for name in _ANSWERS)]
    for name, cells, remark in rows:
        counts = zip(cells, _ANSWERS, strict=True)
        lines.append(name + "".join(f"{c:>{len(a) + 2}}" for c, a in counts) + f"  ({remark})")
    return "\n".join(lines)


def nearest_to_output(blocks: Sequence[str]) -> str:
    """Return which of some wrong blocks is nearest to the output, "ok" if there is none."""
    if not blocks:
        return "ok"
    return max(blocks, key=lambda name: (int(name[1:]), name[0] == "W"))


def _right(rng: np.random.Generator, kind: str) -> tuple[Suspect, str]:
    network, X, Y, constant = _network(rng, kind)
    return Suspect(network, X, Y, constant), "ok"


def _wrong(rng: np.random.Generator, kind: str) -> tuple[Suspect, str]:
    # Some bugs change nothing, or next to nothing, in some networks.
    while True:
        network, X, Y, constant = _network(rng, kind)
        name = str(rng.choice(_DRAWN))
        if not BUGS[name].spoils(network):
            continue
        spoiled = plant(network, name)
        blocks = _list_spoiled_blocks(network.gradients(X, Y), spoiled.gradients(X, Y))
        answer = nearest_to_output(blocks)
        # There the biases of hidden layers lie on a kink, where any slope between two is right.
        on_kinks = kind == "blank sample" and answer in _hidden_biases(network)
        if blocks and not on_kinks:
            return Suspect(spoiled, X, Y, constant), answer


def _hidden_biases(network: MLP) -> list[str]:
    return [f"b{layer}" for layer in range(1, len(network.params))]


def _list_spoiled_blocks(right: Params, wrong: Params) -> list[str]:
    """Return the blocks that are plainly wrong; none if another is wrong, but not plainly."""
    names = []
    for (name, r), (_, w) in zip(named_blocks(right), named_blocks(wrong), strict=True):
        error, size = float(np.abs(r - w).max()), float(np.abs(r).max())
        if error > max(_PLAIN * size, _LEAST):
            names.append(name)
        elif error > 1e-12 * size:
            return []
    return names


def _network(rng: np.random.Generator, kind: str) -> tuple[MLP, FloatArray, FloatArray, float]:
    """Draw a network of a kind, with its batch and a constant for its loss."""
    classes, rows = int(rng.integers(2, 5)), int(rng.integers(5, 9))
    inner = int(rng.integers(2, 4))
    widths = [inner, inner] if rng.random() < 0.6 else [inner]
    network = MLP(
        [int(rng.integers(2, 5)), *widths, classes],
        activation=str(rng.choice(["tanh", "sigmoid", "softplus", "relu"])),
        l2=float(rng.choice([0.0, 0.05, 0.5])),
        seed=int(rng.integers(2**32)),
    )
    X = rng.random((rows, network.sizes[0]))
    Y = np.eye(classes)[rng.permutation(np.arange(rows) % classes)]
    if kind == "trained":
        network.fit(X, Y, epochs=40, learning_rate=0.5, batch_size=rows)
    if kind == "raw inputs":
        X, (W, b) = 1e7 * X, network.params[0]
        network.params[0] = (1e-7 * W, b)
    if kind == "blank sample":
        X[0] = 0.0
        network.params = [(W, 0.0 * b) for W, b in network.params]
    return network, X, Y, 1e4 if kind == "large loss" else 0.0
