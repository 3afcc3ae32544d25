"""Networks under suspicion: half of them have a bug, and none looks as if it had one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradlab.bugs import BUGS, plant
from gradlab.bugs.planting import disguise
from gradlab.checker.parameters import named_blocks
from gradlab.network.batch import Params
from gradlab.network.mlp import MLP
from gradlab.support.arguments import require_count
from gradlab.support.floats import FloatArray

# Bugs that show in small networks and act alike in every call.
_BUGS_TO_DRAW = (
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
# A block is plainly wrong if its error exceeds this fraction of its largest entry, and this bound.
_LEAST_FRACTION = 1e-2
_LEAST_ERROR = 1e-5
_KINDS = ("new", "trained", "raw inputs", "large loss", "blank sample")
_ANSWERS = ("said ok", "right block", "another block")


class Suspect:
    """A network that may have a bug in its ``gradients``, with the batch to check it on.

    Attributes
    ----------
    params : list of (W, b)
        Its parameters; they may be replaced by others of the same shapes.
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
        """Return the loss of `MLP.loss`, plus a constant, which is 0 for most networks."""
        self._network.params = self.params
        return self._network.loss(X, Y) + self._constant

    def gradients(self, X: FloatArray, Y: FloatArray) -> Params:
        """Return what the network computes as the gradient of its loss."""
        self._network.params = self.params
        return self._network.gradients(X, Y)


def draw_suspects(count: int = 20, seed: int = 0) -> tuple[list[Suspect], list[str]]:
    """Draw networks, half of them with a bug, and return which have one.

    They differ in size, activation, penalty and scale of the inputs. Some are trained, some have
    a constant added to their loss, and some have a sample that lies on the kink of a ReLU. None
    of this tells whether a network has a bug.

    Parameters
    ----------
    count : int
        The number of networks; if it is odd, the smaller half has bugs.
    seed : int
        The seed of the draw.

    Returns
    -------
    networks : list of Suspect
    answers : list of str
        For each network, "ok" or the name of the wrong block nearest to the output, such as "b2";
        W, if both W and b of that layer are wrong.

    Raises
    ------
    ValueError, TypeError
        If `count` is not a whole number >= 1, or `seed` not a whole number >= 0.

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
    # Each kind is as frequent among the wrong networks as among the right ones.
    drawn = [
        (_draw_wrong if number < count // 2 else _draw_right)(rng, _KINDS[number % len(_KINDS)])
        for number in range(count)
    ]
    order = rng.permutation(count).tolist()
    return [drawn[k][0] for k in order], [drawn[k][1] for k in order]


def confusion_table(said: Sequence[str], answers: Sequence[str]) -> str:
    """Count the bugs that were found, missed or misplaced, and the false alarms.

    Parameters
    ----------
    said : sequence of str
        The verdict on each network: "ok" or the name of a block.
    answers : sequence of str
        The right verdicts.

    Returns
    -------
    str
        A table with a row for the right networks and one for the wrong ones.

    Raises
    ------
    ValueError
        If `said` and `answers` differ in length.

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
            f"said has {len(said)} entries; it must have {len(answers)}, as many as answers"
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
    """Return the wrong block that is nearest to the output, or "ok" if no block is wrong."""
    if not blocks:
        return "ok"
    return max(blocks, key=lambda name: (int(name[1:]), name[0] == "W"))


def _draw_right(rng: np.random.Generator, kind: str) -> tuple[Suspect, str]:
    network, X, Y, constant = _draw_network(rng, kind)
    return Suspect(disguise(network), X, Y, constant), "ok"


def _draw_wrong(rng: np.random.Generator, kind: str) -> tuple[Suspect, str]:
    # Some bugs change nothing, or next to nothing, in some networks.
    while True:
        network, X, Y, constant = _draw_network(rng, kind)
        name = str(rng.choice(_BUGS_TO_DRAW))
        if not BUGS[name].spoils(network):
            continue
        spoiled = plant(network, name)
        blocks = _list_spoiled_blocks(network.gradients(X, Y), spoiled.gradients(X, Y))
        answer = nearest_to_output(blocks)
        # A blank sample puts hidden biases on a kink, where any slope between both sides is right.
        on_kinks = kind == "blank sample" and answer in _list_hidden_biases(network)
        if blocks and not on_kinks:
            return Suspect(spoiled, X, Y, constant), answer


def _list_hidden_biases(network: MLP) -> list[str]:
    return [f"b{layer}" for layer in range(1, len(network.params))]


def _list_spoiled_blocks(right: Params, wrong: Params) -> list[str]:
    """Return the plainly wrong blocks; none if any block is wrong, but not plainly."""
    names = []
    for (name, r), (_, w) in zip(named_blocks(right), named_blocks(wrong), strict=True):
        error, size = float(np.abs(r - w).max()), float(np.abs(r).max())
        if error > max(_LEAST_FRACTION * size, _LEAST_ERROR):
            names.append(name)
        elif error > 1e-12 * size:
            return []
    return names


def _draw_network(
    rng: np.random.Generator, kind: str
) -> tuple[MLP, FloatArray, FloatArray, float]:
    """Draw a network of a kind, its batch, and a constant to add to its loss."""
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
