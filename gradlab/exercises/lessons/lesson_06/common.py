"""What several exercises of lesson 6 share."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

import gradlab
from gradlab.exercises.draws import draw_signed
from gradlab.exercises.exercise import Cases, Misconception, Trial

Params = list[tuple[Any, Any]]

# What an answer may use of gradlab, but for the penalty, which is the exercise.
PENALTY_OF_MLP = {
    "gradlab.network.mlp.l2_penalty": "the l2 penalty of MLP",
    "gradlab.network.mlp.add_l2_slopes": "the l2 penalty of MLP",
}
SHORTCUT = (
    "You hand lam to gradlab.MLP, which would do the exercise for you, and refuses a negative "
    "one. Leave its l2 alone and add the penalty's part yourself."
)
OTHER_PARAMS = (
    "A new MLP draws parameters of its own: set network.params = params before you use it."
)
DATA_SUMMED = (
    "The cross-entropy is the mean over the rows of X, and yours is their sum: it is m times too "
    "large."
)


def are_answers(trials: list[Trial]) -> bool:
    """Whether every call gave a value of the right kind and shape, right or wrong."""
    return all(trial.stage in ("", "values") for trial in trials)


def make_problem_by_hand() -> tuple[Any, ...]:
    """Return one whose logits are equal, so that all probabilities are 1/2.

    The loss is ln 2 + 2, and its gradient dW = [[1, 3]], db = [-1/4, 1/4].
    """
    X = np.array([[4.0], [4.0], [0.0], [0.0]])
    Y = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    return [(np.array([[1.0, 1.0]]), np.array([3.0, 3.0]))], X, Y, 2.0


def draw_problem(rng: np.random.Generator, hidden: int, sign: int) -> tuple[Any, ...]:
    """Draw a network, its data and a lam of this sign; no two sizes are the same."""
    rows = int(rng.integers(3, hidden + 5))  # not 2, where lam / m is lam / 2
    sizes = rng.permutation([size for size in range(2, hidden + 5) if size != rows]).tolist()
    params = [
        (draw_signed(rng, 0.1, 1.2, pair), draw_signed(rng, 0.1, 0.9, pair[1]))
        for pair in pairwise(sizes)
    ]
    X = rng.uniform(0.05, 1, (rows, sizes[0])).round(2)
    Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=rows)]
    return params, X, Y, sign * round(rng.uniform(0.3, 1.5), 2)


def draw_problems(rng: np.random.Generator, *hidden: int) -> list[tuple[Any, ...]]:
    """Draw a network for each number of hidden layers, with a positive lam and a negative one.

    MLP refuses a negative l2, so handing lam to MLP is no answer in any group.
    """
    return [draw_problem(rng, layers, sign) for layers in hidden for sign in (1, -1)]


def make_network(params: Params, **settings: Any) -> gradlab.MLP:
    """Return the network that has these parameters."""
    network = gradlab.MLP([len(params[0][0]), *(len(b) for _, b in params)], **settings)
    network.params = params
    return network


def make_untouched(params: Params) -> gradlab.MLP:
    """Return a network of the right sizes that still has its own parameters."""
    return gradlab.MLP(make_network(params).sizes)


def run_forward(params: Any, X: Any) -> list[Any]:
    """Return the activations of every layer, then the logits."""
    outputs = [X]
    for W, b in params[:-1]:
        outputs.append(np.tanh(outputs[-1] @ W + b))
    W, b = params[-1]
    return [*outputs, outputs[-1] @ W + b]


def find_l2_loss(params: Any, X: Any, Y: Any, lam: float) -> Any:
    """Return the loss without gradlab."""
    Z = run_forward(params, X)[-1]
    log_softmax = Z - np.logaddexp.reduce(Z, axis=1, keepdims=True)
    weights = np.concatenate([W.ravel() for W, _ in params])
    return -np.sum(Y * log_softmax) / len(X) + lam * (weights @ weights) / 2


def hands_lam_to_mlp(trials: list[Trial]) -> bool:
    """Whether MLP refused a negative lam."""
    return any("l2 is -" in trial.detail for trial in trials)


def draw_dropout_case(rng: np.random.Generator, kind: type) -> tuple[Any, ...]:
    """Draw an array, a keep_prob and a mask whose share of ones is not near it."""
    shape = tuple(rng.permutation([3, 4, 5])[:2].tolist())
    size = math.prod(shape)
    kept = int(rng.integers(4, size - 3))
    mask: Any = (rng.permutation(size) < kept).reshape(shape).astype(kind)
    # Never 1/2, where keeping and dropping look the same.
    choices = [p for p in (0.3, 0.6, 0.7, 0.8, 0.9) if abs(p - kept / size) > 0.05]
    return draw_signed(rng, 0.1, 0.95, shape), float(rng.choice(choices)), mask


def draw_dropout_cases(rng: np.random.Generator) -> Cases:
    """Two groups by the type of the mask; in the last case of each nothing is dropped.

    The first case of the first is by hand.
    """

    def cases(kind: type) -> list[tuple[Any, ...]]:
        ones: Any = np.ones((2, 3), dtype=kind)
        all_kept = draw_signed(rng, 0.1, 0.95, (2, 3)), 1.0, ones
        return [draw_dropout_case(rng, kind), draw_dropout_case(rng, kind), all_kept]

    mask = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    by_hand = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), 0.25, mask
    return {
        "masks of 0.0 and 1.0": [by_hand, *cases(float)],
        "masks of True and False": cases(bool),
    }


def has_zeros_elsewhere(trials: list[Trial]) -> bool:
    """Whether entries are 0 or scaled as they should be, but not where the mask says so."""

    def fits(trial: Trial) -> bool:
        values, keep_prob, _ = trial.arguments
        scaled = np.isclose(trial.got, values / keep_prob, rtol=1e-9, atol=0.0)
        return bool(np.all(scaled | (trial.got == 0.0)))

    return are_answers(trials) and all(map(fits, trials))


def scales_otherwise(trials: list[Trial]) -> bool:
    """Whether what is kept has a factor of its own in each trial, and what is dropped is 0."""

    def fits(trial: Trial) -> bool:
        values, _, mask = trial.arguments
        kept = mask != 0
        factors = trial.got[kept] / values[kept]
        alike = np.allclose(factors, factors[0], rtol=1e-9, atol=0.0)
        return alike and not np.any(trial.got[~kept])

    return are_answers(trials) and all(map(fits, trials))


def changes_in_place(trials: list[Trial]) -> bool:
    """Whether an argument was changed."""
    return any(trial.detail.startswith("changed its argument") for trial in trials)


def hands_back_its_argument(trials: list[Trial]) -> bool:
    """Whether all is right, but where nothing is dropped the argument itself comes back."""
    *dropped, all_kept = trials
    return "shares memory" in all_kept.detail and not any(trial.stage for trial in dropped)


def drop_in_place(values: Any, keep_prob: float, mask: Any) -> Any:
    """Change the argument itself."""
    values *= mask
    values /= keep_prob
    return values


def drop_unless_all_is_kept(values: Any, keep_prob: float, mask: Any) -> Any:
    """Hand back the argument itself where nothing is dropped."""
    return values if keep_prob == 1.0 else values * mask / keep_prob


def drop_by_other_mask(values: Any, keep_prob: float, mask: Any) -> Any:
    """Draw another mask than the one that is given."""
    drawn = np.random.default_rng(0).random(values.shape) < keep_prob
    return values * drawn / keep_prob


def divide_by_drop_probability(values: Any, keep_prob: float, mask: Any) -> Any:
    """Take keep_prob for the probability to drop."""
    with np.errstate(all="ignore"):  # keep_prob may be 1
        return values * mask / (1 - keep_prob)


# Mistakes that are made in both passes; those with a predicate are less exact, so they go last.
IN_EITHER_PASS = (
    Misconception(
        wrong=lambda values, keep_prob, mask: values * (1 - mask) / keep_prob,
        hint="You drop what should be kept: mask is 1 where a unit is kept.",
    ),
    Misconception(
        wrong=divide_by_drop_probability,
        hint="You divide by 1 - keep_prob, as if it were the probability to drop. keep_prob is "
        "that to keep.",
    ),
    Misconception(
        wrong=lambda values, keep_prob, mask: values * mask / np.mean(mask),
        hint="You divide by the share of ones in the mask. Divide by keep_prob, the probability "
        "that it was drawn with.",
    ),
    Misconception(
        wrong=drop_in_place,
        hint="You change your argument in place, and others still need it as it was: multiply "
        "with *, not with *=.",
        shows=changes_in_place,
    ),
    Misconception(
        wrong=drop_unless_all_is_kept,
        hint="Where nothing is dropped you hand back the argument itself: whoever changes the "
        "result changes the argument too. Return a new array.",
        shows=hands_back_its_argument,
    ),
    Misconception(
        wrong=drop_by_other_mask,
        hint="The zeros are not where the mask has them. Do not draw another mask: both passes, "
        "and every evaluation of the loss, need the same one.",
        shows=has_zeros_elsewhere,
    ),
    Misconception(
        wrong=lambda values, keep_prob, mask: values * mask / np.sqrt(keep_prob),
        hint="The zeros are where they belong, but what is kept is multiplied by something else "
        "than 1 / keep_prob.",
        shows=scales_otherwise,
    ),
)


def _drop_by_entries(values: Any, keep_prob: float, mask: Any) -> Any:
    out = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        if mask[index]:
            out[index] = values[index] / keep_prob
    return out


def _drop_by_assignment(values: Any, keep_prob: float, mask: Any) -> Any:
    out = values.copy()
    out[mask == 0] = 0
    out /= keep_prob
    return out


# Right answers, which are the same in both passes.
RIGHT_IN_EITHER_PASS = (
    _drop_by_entries,
    _drop_by_assignment,
    lambda values, keep_prob, mask: np.where(mask, values, 0.0) / keep_prob,
    lambda values, keep_prob, mask: (mask / keep_prob) * values,
    lambda values, keep_prob, mask: np.einsum("ij,ij->ij", values, mask.astype(float)) / keep_prob,
    lambda values, keep_prob, mask: np.array(
        [
            [a * k / keep_prob for a, k in zip(*rows, strict=True)]
            for rows in zip(values, mask, strict=True)
        ]
    ),
)
