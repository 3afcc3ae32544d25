"""The exercises of lesson 6: L2, dropout, randomness, samples, kinks."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import gradlab
from gradlab.exercises.draws import signed
from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial


def l2_loss(params, X, Y, lam):
    """Loss of a tanh network with an L2 penalty, a number.

    It is the mean cross-entropy plus lam / 2 times the sum of the squares of all W (no bias).
    params is a list of (W, b), X has shape (m, n_0), one-hot Y has shape (m, K), and lam is any
    number, a negative one too. gradlab.MLP may give the cross-entropy; the penalty is yours.
    """
    network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
    network.params = params
    penalty = lam / 2 * sum(np.sum(W**2) for W, _ in params)
    return network.loss(X, Y) + penalty


def l2_backward(params, X, Y, lam):
    """Gradient of l2_loss(params, X, Y, lam): a list of (dW, db) in the shapes of params.

    params, X, Y and lam are as for l2_loss. gradlab.MLP may give the gradient of the
    cross-entropy; that of the penalty is yours.
    """
    network = gradlab.MLP([X.shape[1], *(len(b) for _, b in params)])
    network.params = params
    data = network.gradients(X, Y)
    return [(dW + lam * W, db) for (W, _), (dW, db) in zip(params, data, strict=True)]


def dropout_forward(A, keep_prob, mask):
    """Activations after inverted dropout: a new float64 array in the shape of A.

    mask has the shape of A and holds 1 (or True) where a unit is kept, 0 (or False) where it is
    dropped. What is kept is divided by keep_prob, above 0 and at most 1. A stays as it is.
    """
    return A * mask / keep_prob


def dropout_backward(dA, keep_prob, mask):
    """Gradient of the loss by the input of dropout_forward: a new float64 array.

    dA is the gradient by its output; keep_prob and mask are those of the forward pass, and
    mask has the shape of dA. dA stays as it is.
    """
    return dA * mask / keep_prob


def is_deterministic(loss, theta):
    """Whether ten evaluations of loss at theta, a 1-D array, give the same number to the last bit.

    theta and the global random state are left alone. A loss may change the array that it is
    given, so each evaluation gets a fresh copy of theta.
    """
    first = loss(theta.copy())
    return all(loss(theta.copy()) == first for _ in range(9))


def miss_probability(bad, total, samples):
    """Probability that a check of some entries of a gradient meets none of the wrong ones.

    bad of its total entries are wrong. The check draws one entry after the other, samples times,
    with replacement: each draw may be any of all the entries.
    """
    return (1 - bad / total) ** samples


def has_kink(f, x, h):
    """Whether the slope of f jumps somewhere between x - h and x + h; x is a number.

    f has one kink at most, where its slope jumps by at least 0.1, up or down. Elsewhere
    |f''| <= 10. h is at most 1e-3, and no kink is within h / 10 of x - h or x + h.
    """
    s = h / 20
    left = (f(x - h + s) - f(x - h)) / s
    right = (f(x + h) - f(x + h - s)) / s
    # Without a kink the slope changes by no more than 10 * 2h, which is 0.02.
    return abs(right - left) > 0.05


def _are_answers(trials: list[Trial]) -> bool:
    """Whether every call gave a value of the right kind and shape, right or wrong."""
    return all(trial.stage in ("", "values") for trial in trials)


# --- L2

Params = list[tuple[Any, Any]]


def _problem(rng: np.random.Generator, hidden: int, sign: int) -> tuple[Any, ...]:
    """Draw a network, its data and a lam of this sign; no two sizes are the same."""
    rows = int(rng.integers(3, hidden + 5))  # not 2, where lam / m is lam / 2
    sizes = rng.permutation([size for size in range(2, hidden + 5) if size != rows]).tolist()
    params = [
        (signed(rng, 0.1, 1.2, pair), signed(rng, 0.1, 0.9, pair[1])) for pair in pairwise(sizes)
    ]
    X = rng.uniform(0.05, 1, (rows, sizes[0])).round(2)
    Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=rows)]
    return params, X, Y, sign * round(rng.uniform(0.3, 1.5), 2)


def _problems(rng: np.random.Generator, *hidden: int) -> list[tuple[Any, ...]]:
    """Draw a network for each number of hidden layers, with a positive lam and a negative one.

    MLP refuses a negative l2, so handing lam to MLP is no answer in any group.
    """
    return [_problem(rng, layers, sign) for layers in hidden for sign in (1, -1)]


def _loss_cases(rng: np.random.Generator) -> Cases:
    return {
        "no hidden layer": _problems(rng, 0),
        "hidden layers": _problems(rng, 1, 2),
    }


def _backward_cases(rng: np.random.Generator) -> Cases:
    return {
        "no hidden layer": _problems(rng, 0),
        "one hidden layer": _problems(rng, 1),
        "two hidden layers": _problems(rng, 2),
    }


def _network(params: Params, **settings: Any) -> gradlab.MLP:
    network = gradlab.MLP([len(params[0][0]), *(len(b) for _, b in params)], **settings)
    network.params = params
    return network


def _untouched(params: Params) -> gradlab.MLP:
    """Return a network of the right sizes that still has its own parameters."""
    return gradlab.MLP(_network(params).sizes)


def _penalised(size: Callable[[Params], Any]) -> Callable[..., Any]:
    """Return the loss with lam / 2 times something else than the sum of all squares."""
    return lambda params, X, Y, lam: l2_loss(params, X, Y, 0) + lam / 2 * size(params)


def _squares(params: Params) -> Any:
    return sum(np.sum(W**2) for W, _ in params)


def _hands_lam_to_mlp(trials: list[Trial]) -> bool:
    """Whether MLP refused a negative lam."""
    return any("l2 is -" in trial.detail for trial in trials)


_PENALTY_OF_MLP = {
    "gradlab.network.mlp.l2_penalty": "l2 penalty of MLP",
    "gradlab.network.mlp.add_l2_slopes": "l2 penalty of MLP",
}
_SHORTCUT = (
    "You hand lam to gradlab.MLP, which would do the exercise for you, and refuses a negative "
    "one. Leave its l2 alone and add the penalty's part yourself."
)
_OTHER_PARAMS = (
    "A new MLP draws parameters of its own: set network.params = params before you use it."
)
_DATA_SUMMED = (
    "The cross-entropy is the mean over the rows of X, and yours is their sum: it is m times too "
    "large."
)

L2_LOSS = Exercise(
    lesson=6,
    points=2,
    reference=l2_loss,
    cases=_loss_cases,
    may_use=frozenset({"MLP"}),
    withheld=_PENALTY_OF_MLP,
    misconceptions=(
        Misconception(
            wrong=lambda params, X, Y, lam: _network(params, l2=lam).loss(X, Y),
            hint=_SHORTCUT,
            shows=_hands_lam_to_mlp,
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_loss(params, X, Y, 2 * lam),
            hint="The penalty is twice too large: its factor is lam / 2, so that its derivative "
            "is lam W.",
        ),
        Misconception(
            wrong=_penalised(lambda params: sum(np.sum(W**2) + np.sum(b**2) for W, b in params)),
            hint="You penalise the biases too. The penalty is on every W, and on no b.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_loss(params, X, Y, 0),
            hint="This is the cross-entropy alone: the penalty is missing.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: lam / 2 * _squares(params),
            hint="This is the penalty alone: add it to the cross-entropy.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_loss(params, X, Y, lam / len(X)),
            hint="You divide the penalty by m. Some conventions do; here only the cross-entropy "
            "is a mean over the rows.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: (
                _network(params, reduction="sum").loss(X, Y) + lam / 2 * _squares(params)
            ),
            hint=_DATA_SUMMED,
        ),
        Misconception(
            wrong=_penalised(lambda params: _squares(params[-1:])),
            hint="Only the last W is in your penalty. Sum over all layers.",
        ),
        Misconception(
            wrong=_penalised(lambda params: _squares(params[:1])),
            hint="Only the first W is in your penalty. Sum over all layers.",
        ),
        Misconception(
            wrong=_penalised(lambda params: _squares(params[:-1])),
            hint="The last W is not in your penalty. Sum over all layers.",
        ),
        Misconception(
            wrong=_penalised(lambda params: sum(np.linalg.norm(W) for W, _ in params)),
            hint="You add up the norms of the W. The penalty has their squares.",
        ),
        Misconception(
            wrong=_penalised(lambda params: np.sqrt(_squares(params))),
            hint="The penalty has squares and no root.",
        ),
        Misconception(
            wrong=_penalised(lambda params: sum(np.linalg.norm(W, 2) ** 2 for W, _ in params)),
            hint="np.linalg.norm(W, 2) of a matrix is its largest singular value. Sum the squares "
            "of the entries instead.",
        ),
        Misconception(
            wrong=_penalised(lambda params: sum(np.sum(W) ** 2 for W, _ in params)),
            hint="You square the sum of the entries. Square each entry, then sum.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: (
                _untouched(params).loss(X, Y) + lam / 2 * _squares(params)
            ),
            hint=_OTHER_PARAMS,
        ),
    ),
    hints=(
        "Two parts, computed apart: the cross-entropy does not know lam, and the penalty knows "
        "neither X nor Y.",
        "network = gradlab.MLP(sizes) with sizes = [n_0, ..., K], the number of columns of X and "
        "then the length of each b. Set network.params = params and take network.loss(X, Y).",
        "The penalty is lam / 2 * sum(np.sum(W**2) for W, b in params).",
    ),
)


def _with_terms(
    term: Callable[[Any, float], Any],
    network: Callable[[Params], gradlab.MLP] = _network,
) -> Callable[..., Any]:
    """Return the gradient with another term added to each dW, or that of another network."""

    def backward(params: Params, X: Any, Y: Any, lam: float) -> Any:
        data = network(params).gradients(X, Y)
        return [(dW + term(W, lam), db) for (W, _), (dW, db) in zip(params, data, strict=True)]

    return backward


def _penalises_biases(params: Params, X: Any, Y: Any, lam: float) -> Any:
    right = l2_backward(params, X, Y, lam)
    return [(dW, db + lam * b) for (_, b), (dW, db) in zip(params, right, strict=True)]


def _penalty_in(layers: slice) -> Callable[..., Any]:
    """Return the gradient with lam W in some layers only."""

    def backward(params: Params, X: Any, Y: Any, lam: float) -> Any:
        gradients = l2_backward(params, X, Y, 0)
        gradients[layers] = l2_backward(params, X, Y, lam)[layers]
        return gradients

    return backward


L2_BACKWARD = Exercise(
    lesson=6,
    points=3,
    reference=l2_backward,
    cases=_backward_cases,
    may_use=frozenset({"MLP"}),
    withheld=_PENALTY_OF_MLP,
    misconceptions=(
        Misconception(
            wrong=lambda params, X, Y, lam: _network(params, l2=lam).gradients(X, Y),
            hint=_SHORTCUT,
            shows=_hands_lam_to_mlp,
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, 0),
            hint="This is the gradient of the cross-entropy alone. A check would show a residual "
            "proportional to W: the penalty's derivative is missing.",
        ),
        Misconception(
            wrong=_penalises_biases,
            hint="You add lam b to db. The biases are not in the penalty, so it has no "
            "derivative by them.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, lam / 2),
            hint="The derivative of W² is 2 W, and the 2 cancels the 1/2 of the penalty: what is "
            "left?",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, lam / len(params)),
            hint="You share lam out among the layers. Each W has the whole of lam in the penalty.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, 2 * lam),
            hint="2 lam W belongs to a penalty of lam times the squares. Here it has a 1/2: loss "
            "and gradient must follow the same convention.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, lam / len(X)),
            hint="You divide lam W by m. The loss does not: its penalty is added after the mean. "
            "Loss and gradient must follow the same convention.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, -lam),
            hint="You subtract lam W. The penalty is added to the loss, so its derivative is "
            "added too; the minus sign belongs to the training step.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: [(lam * W, 0 * b) for W, b in params],
            hint="This is the gradient of the penalty alone: add that of the cross-entropy.",
        ),
        Misconception(
            wrong=_penalty_in(slice(-1, None)),
            hint="Only the last dW has its lam W. Every layer's W is in the penalty.",
        ),
        Misconception(
            wrong=_penalty_in(slice(1)),
            hint="Only the first dW has its lam W. Every layer's W is in the penalty.",
        ),
        Misconception(
            wrong=_penalty_in(slice(-1)),
            hint="The last dW lacks its lam W. Every layer's W is in the penalty.",
        ),
        Misconception(
            wrong=_with_terms(lambda W, lam: lam / 2 * np.sum(W**2)),
            hint="You add the penalty itself to every entry of dW. Add its derivative: how does "
            "it change if one entry of W does?",
        ),
        Misconception(
            wrong=_with_terms(
                lambda W, lam: lam * W, network=lambda params: _network(params, reduction="sum")
            ),
            hint=_DATA_SUMMED,
        ),
        Misconception(
            wrong=_with_terms(lambda W, lam: lam * W, network=_untouched), hint=_OTHER_PARAMS
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: [dW for dW, _ in l2_backward(params, X, Y, lam)],
            hint="db is missing. The penalty adds nothing to it, but it is part of the gradient: "
            "return a pair (dW, db) for each layer.",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: list(
                zip(*l2_backward(params, X, Y, lam), strict=True)
            ),
            hint="You return all dW and then all db. Return them layer by layer: "
            "[(dW1, db1), (dW2, db2), ...].",
        ),
        Misconception(
            wrong=lambda params, X, Y, lam: l2_backward(params, X, Y, lam)[::-1],
            hint="The layers are in reverse: backpropagation finds the last one first, but the "
            "list begins with layer 1, as params does.",
        ),
    ),
    hints=(
        "A sum is differentiated term by term. What is the derivative of lam / 2 W[i, j]² by "
        "W[i, j], and by b[j]?",
        "It is lam W[i, j] and 0. So dW changes, and db does not.",
        "network = gradlab.MLP(sizes) with sizes = [n_0, ..., K]. Set network.params = params, "
        "take network.gradients(X, Y), a list of (dW, db), and add lam * W to each dW.",
    ),
)


# --- Dropout


def _dropout_case(rng: np.random.Generator, kind: type) -> tuple[Any, ...]:
    """Draw an array, a keep_prob and a mask whose share of ones is not near it."""
    shape = tuple(rng.permutation([3, 4, 5])[:2].tolist())
    size = math.prod(shape)
    kept = int(rng.integers(4, size - 3))
    mask: Any = (rng.permutation(size) < kept).reshape(shape).astype(kind)
    # Never 1/2, where keeping and dropping look the same.
    choices = [p for p in (0.3, 0.6, 0.7, 0.8, 0.9) if abs(p - kept / size) > 0.05]
    return signed(rng, 0.1, 0.95, shape), float(rng.choice(choices)), mask


def _dropout_cases(rng: np.random.Generator) -> Cases:
    """Two groups by the type of the mask; in the last case of each nothing is dropped."""

    def cases(kind: type) -> list[tuple[Any, ...]]:
        ones: Any = np.ones((2, 3), dtype=kind)
        all_kept = signed(rng, 0.1, 0.95, (2, 3)), 1.0, ones
        return [_dropout_case(rng, kind), _dropout_case(rng, kind), all_kept]

    return {"masks of 0.0 and 1.0": cases(float), "masks of True and False": cases(bool)}


def _has_zeros_elsewhere(trials: list[Trial]) -> bool:
    """Whether entries are 0 or scaled as they should be, but not where the mask says so."""

    def fits(trial: Trial) -> bool:
        values, keep_prob, _ = trial.arguments
        scaled = np.isclose(trial.got, values / keep_prob, rtol=1e-9, atol=0.0)
        return bool(np.all(scaled | (trial.got == 0.0)))

    return _are_answers(trials) and all(map(fits, trials))


def _scales_otherwise(trials: list[Trial]) -> bool:
    """Whether what is kept has a factor of its own in each trial, and what is dropped is 0."""

    def fits(trial: Trial) -> bool:
        values, _, mask = trial.arguments
        kept = mask != 0
        factors = trial.got[kept] / values[kept]
        alike = np.allclose(factors, factors[0], rtol=1e-9, atol=0.0)
        return alike and not np.any(trial.got[~kept])

    return _are_answers(trials) and all(map(fits, trials))


def _changes_in_place(trials: list[Trial]) -> bool:
    return any(trial.detail.startswith("changed its argument") for trial in trials)


def _hands_back_its_argument(trials: list[Trial]) -> bool:
    """Whether all is right, but where nothing is dropped the argument itself comes back."""
    *dropped, all_kept = trials
    return "shares memory" in all_kept.detail and not any(trial.stage for trial in dropped)


def _in_place(values: Any, keep_prob: float, mask: Any) -> Any:
    values *= mask
    values /= keep_prob
    return values


def _itself_where_all_is_kept(values: Any, keep_prob: float, mask: Any) -> Any:
    return values if keep_prob == 1.0 else values * mask / keep_prob


def _other_mask(values: Any, keep_prob: float, mask: Any) -> Any:
    drawn = np.random.default_rng(0).random(values.shape) < keep_prob
    return values * drawn / keep_prob


def _by_drop_probability(values: Any, keep_prob: float, mask: Any) -> Any:
    with np.errstate(all="ignore"):  # keep_prob may be 1
        return values * mask / (1 - keep_prob)


# Mistakes that are made in both passes; those with a predicate are less exact, so they go last.
_IN_EITHER_PASS = (
    Misconception(
        wrong=lambda values, keep_prob, mask: values * (1 - mask) / keep_prob,
        hint="You drop what should be kept: mask is 1 where a unit is kept.",
    ),
    Misconception(
        wrong=_by_drop_probability,
        hint="You divide by 1 - keep_prob, as if it were the probability to drop. keep_prob is "
        "that to keep.",
    ),
    Misconception(
        wrong=lambda values, keep_prob, mask: values * mask / np.mean(mask),
        hint="You divide by the share of ones in the mask. Divide by keep_prob, the probability "
        "that it was drawn with.",
    ),
    Misconception(
        wrong=_in_place,
        hint="You change your argument in place, and others still need it as it was: multiply "
        "with *, not with *=.",
        shows=_changes_in_place,
    ),
    Misconception(
        wrong=_itself_where_all_is_kept,
        hint="Where nothing is dropped you hand back the argument itself: whoever changes the "
        "result changes the argument too. Return a new array.",
        shows=_hands_back_its_argument,
    ),
    Misconception(
        wrong=_other_mask,
        hint="The zeros are not where the mask has them. Do not draw another mask: both passes, "
        "and every evaluation of the loss, need the same one.",
        shows=_has_zeros_elsewhere,
    ),
    Misconception(
        wrong=lambda values, keep_prob, mask: values * mask / np.sqrt(keep_prob),
        hint="The zeros are where they belong, but what is kept is multiplied by something else "
        "than 1 / keep_prob.",
        shows=_scales_otherwise,
    ),
)

DROPOUT_FORWARD = Exercise(
    lesson=6,
    points=2,
    reference=dropout_forward,
    cases=_dropout_cases,
    new_arrays=True,
    misconceptions=(
        Misconception(
            wrong=lambda A, keep_prob, mask: A * mask,
            hint="The scale is missing. Inverted dropout divides what is kept by keep_prob, so "
            "that its mean stays the same.",
        ),
        Misconception(
            wrong=lambda A, keep_prob, mask: A * mask * keep_prob,
            hint="You multiply by keep_prob. Where some units are dropped, those that are left "
            "must become larger: divide.",
        ),
        Misconception(
            wrong=lambda A, keep_prob, mask: A / keep_prob,
            hint="Nothing is dropped: multiply by the mask.",
        ),
        Misconception(
            wrong=lambda A, keep_prob, mask: A * keep_prob,
            hint="This is what plain dropout does after training. Inverted dropout, in training, "
            "multiplies by the mask and divides by keep_prob.",
        ),
        *_IN_EITHER_PASS,
    ),
    hints=(
        "What becomes of a unit where mask is 0, and of one where it is 1?",
        "0, and the activation divided by keep_prob. A product with the mask does both cases.",
        "The whole body is one line: return A * mask / keep_prob.",
    ),
)

DROPOUT_BACKWARD = Exercise(
    lesson=6,
    points=2,
    reference=dropout_backward,
    cases=_dropout_cases,
    new_arrays=True,
    misconceptions=(
        Misconception(
            wrong=lambda dA, keep_prob, mask: dA * mask,
            hint="The scale is missing. The forward pass divides what is kept by keep_prob: what "
            "is the derivative of a / keep_prob by a?",
        ),
        Misconception(
            wrong=lambda dA, keep_prob, mask: dA * mask * keep_prob,
            hint="You undo the forward pass, but a derivative is no inverse: a / keep_prob has "
            "the slope 1 / keep_prob.",
        ),
        Misconception(
            wrong=lambda dA, keep_prob, mask: dA / keep_prob,
            hint="The mask is missing. A dropped unit does not reach the loss, so its derivative "
            "is 0.",
        ),
        Misconception(
            wrong=lambda dA, keep_prob, mask: dA.copy(),
            hint="dA passes through unchanged, as if there were no dropout. Each output is "
            "mask / keep_prob times its input: by what is dA multiplied?",
        ),
        Misconception(
            wrong=lambda dA, keep_prob, mask: mask / keep_prob,
            hint="This is the derivative of the output by the input. Multiply dA by it: the chain "
            "rule.",
        ),
        *_IN_EITHER_PASS,
    ),
    hints=(
        "Write one entry of the forward pass: output = input * mask / keep_prob. What is the "
        "derivative of output by input?",
        "It is mask / keep_prob. The chain rule multiplies dA by it, entry by entry.",
        "The whole body is one line: return dA * mask / keep_prob.",
    ),
)


# --- Is the loss deterministic?


class _Loss:
    """The sum of theta^2, and one of `_ADDED`; it counts its calls from 1.

    Parameters
    ----------
    added : str
        What is added, in words.
    rng : Generator
        Where the seed of its own random numbers comes from.
    """

    # Some do. Whoever calls one from another process must share the global state with all of
    # them: to share it with these alone would tell which they are.
    draws_globally = True

    def __init__(self, added: str, rng: np.random.Generator) -> None:
        self.__name__ = f"sum(theta^2){added}"
        self.added = added
        self.rng = np.random.default_rng(int(rng.integers(2**32)))
        self.calls = 0

    def __call__(self, theta: Any) -> float:
        self.calls += 1
        return float(np.sum(theta**2) + _ADDED[self.added](self, theta))


_SEEDED = " + noise by a generator seeded at each call"
_SAME_MASK = " + sum(mask theta), always the same mask"
_NEW_MASK = " + sum(mask theta), a new mask each time"
_NUMPYS, _PYTHONS = " + noise by np.random", " + noise by random.random"
_DRIFT = " + 1e-12 times the number of calls"
_SURPRISE = ", and 1 more at call 9"
_GROWTH = "; then it multiplies theta by 1.01 in place"
_NOISY_GROWTH = f" + noise{_GROWTH}"


def _grown(theta: Any, added: float) -> float:
    theta *= 1.01
    return added


# What a loss adds to sum(theta^2), in words and in code.
_ADDED: dict[str, Callable[[_Loss, Any], float]] = {
    "": lambda loss, theta: 0.0,
    _SEEDED: lambda loss, theta: np.random.default_rng(0).random(),
    _SAME_MASK: lambda loss, theta: np.sum(theta[::2]),
    " + noise": lambda loss, theta: loss.rng.random(),
    # Losses in the wild use the global state.
    _NUMPYS: lambda loss, theta: np.random.random_sample(),  # noqa: NPY002
    _PYTHONS: lambda loss, theta: random.random(),
    # Of 32 masks, ten in a row are the same with a probability of 2**-45.
    _NEW_MASK: lambda loss, theta: np.sum(theta * (loss.rng.random(5) < 0.5)),
    _DRIFT: lambda loss, theta: 1e-12 * loss.calls,
    _SURPRISE: lambda loss, theta: loss.calls == 9,
    ", and 1 more at every other call": lambda loss, theta: loss.calls % 2,
    _GROWTH: lambda loss, theta: _grown(theta, 0.0),
    _NOISY_GROWTH: lambda loss, theta: _grown(theta, loss.rng.random()),
}


def _deterministic_cases(rng: np.random.Generator) -> Cases:
    """Three groups, with as many True as False in each; what is True comes first."""

    def cases(*added: str) -> list[tuple[Any, ...]]:
        return [(_Loss(words, rng), signed(rng, 0.3, 1.5, 5)) for words in added]

    def plain(rounded: bool) -> tuple[Any, ...]:
        """Nothing is added, and the mean of ten losses is rounded, or is exactly the loss."""
        while True:
            theta = signed(rng, 0.3, 1.5, 5)
            if (np.std([np.sum(theta**2)] * 10) > 0) == rounded:
                return _Loss("", rng), theta

    return {
        "random numbers": [
            plain(rounded=True),
            plain(rounded=False),
            *cases(_SEEDED, _SAME_MASK, " + noise", _NUMPYS, _PYTHONS, _NEW_MASK),
        ],
        "rare and tiny changes": [
            plain(rounded=True),
            *cases(_SAME_MASK, _SEEDED),
            *cases(_SURPRISE, _DRIFT, ", and 1 more at every other call"),
        ],
        "losses that change theta": cases(_GROWTH, _NOISY_GROWTH),
    }


def _repeated(
    times: int, copies: bool, same: Callable[[float, float], Any] = operator.eq
) -> Callable[[Callable[[Any], float], Any], bool]:
    """Return a comparison of so many evaluations, at copies of theta or at theta itself."""

    def compare(loss: Callable[[Any], float], theta: Any) -> bool:
        first, *others = [loss(theta.copy() if copies else theta) for _ in range(times)]
        return all(same(first, other) for other in others)

    return compare


def _seeds_before_each(loss: Callable[[Any], float], theta: Any) -> bool:
    """Compare ten evaluations from one seed, and leave NumPy's global state as it was."""
    before = np.random.get_state()  # noqa: NPY002
    values = []
    for _ in range(10):
        np.random.seed(0)  # noqa: NPY002
        values.append(loss(theta.copy()))
    np.random.set_state(before)  # noqa: NPY002
    return values.count(values[0]) == 10


def _errs_on(*added: str) -> Callable[[list[Trial]], bool]:
    """Return whether losses that add this, if there are any, mislead, and else only carelessness.

    That is too few evaluations, or none at a copy of theta: both go with any other mistake.
    """
    careless = {_NEW_MASK, _SURPRISE, _GROWTH, _NOISY_GROWTH}

    def shows(trials: list[Trial]) -> bool:
        if any(trial.stage not in ("", "values", "changes") for trial in trials):
            return False
        misleading = {trial.arguments[0].added for trial in trials if trial.stage} - careless
        if misleading:
            return misleading <= {*added}
        return not any(trial.arguments[0].added in added for trial in trials)

    return shows


_OPPOSITE = (
    "True and False are the wrong way round: True means that the loss gave the same number again."
)

IS_DETERMINISTIC = Exercise(
    lesson=6,
    points=3,
    reference=is_deterministic,
    cases=_deterministic_cases,
    misconceptions=(
        Misconception(
            wrong=_repeated(2, copies=True),
            hint="The first evaluations may agree and a later one not: dropout that rarely drops "
            "is such a loss. Compare all of ten evaluations.",
        ),
        Misconception(
            wrong=_repeated(10, copies=False),
            hint="One of these losses changes the array that it is given, so the next evaluation "
            "is at another theta. Hand it a fresh copy, theta.copy(), at each evaluation.",
        ),
        Misconception(
            wrong=_repeated(2, copies=False),
            hint="Two evaluations are too few, because a later one may differ: compare ten. And "
            "hand each a fresh copy of theta, because a loss may change the array that it gets.",
        ),
        Misconception(
            wrong=lambda loss, theta: loss(theta) == loss(theta + 1e-6),
            hint="You answer False for every loss, even for sum(theta^2). Compare the values at "
            "one and the same theta, each with the first, with ==.",
        ),
        Misconception(wrong=_repeated(2, copies=False, same=operator.ne), hint=_OPPOSITE),
        Misconception(wrong=_repeated(2, copies=True, same=operator.ne), hint=_OPPOSITE),
        Misconception(
            wrong=_repeated(10, copies=True, same=np.isclose),
            hint="You allow a tolerance. A change of 1e-12, divided by h = 1e-6, is an error of "
            "1e-6 in a slope: ask for the same number, with ==.",
            shows=_errs_on(_DRIFT),
        ),
        Misconception(
            wrong=_seeds_before_each,
            hint="Where the same seed is set before each evaluation, a random loss repeats itself "
            "and looks deterministic. Leave the global random state alone.",
            shows=_errs_on(_NUMPYS, _PYTHONS),
        ),
        Misconception(
            wrong=lambda loss, theta: np.std([loss(theta.copy()) for _ in range(10)]) == 0,
            hint="The spread of equal numbers need not come out as exactly 0, because their mean "
            "is rounded. Compare each value with the first, with ==.",
            shows=_errs_on("", _SEEDED, _SAME_MASK),
        ),
    ),
    hints=(
        "Evaluate the loss again and again at the same theta. What do you compare?",
        "Keep the first value, and compare nine more with it, with ==. Each evaluation gets "
        "theta.copy(), so that nothing it does to the array is left behind.",
        "first = loss(theta.copy()), and then all(loss(theta.copy()) == first for _ in range(9)).",
    ),
)


# --- The chance to miss


def _miss_cases(rng: np.random.Generator) -> Cases:
    """Two groups by size; in each are also gradients with no entry wrong, and with all wrong."""

    def small(samples: int) -> tuple[int, int, int]:
        return int(rng.integers(2, 5)), int(rng.integers(15, 25)), samples

    def large() -> tuple[int, int, int]:
        total = int(rng.integers(40, 90)) * 100
        return int(rng.integers(30, 60)), total, int(rng.integers(70, 200))

    def none_and_all(total: int) -> list[tuple[int, int, int]]:
        return [(0, total, 5), (total, total, 3)]

    return {
        "small gradients": [small(2), small(7), small(11), *none_and_all(7)],
        "large gradients": [large(), large(), large(), *none_and_all(5000)],
    }


def _is_rounded(trials: list[Trial]) -> bool:
    """Whether the values are the right ones in few digits, as many in each trial."""
    styles = [f".{digits}{kind}" for digits in range(1, 9) for kind in "fg"]
    return _are_answers(trials) and any(
        all(trial.got == float(format(float(trial.expected), style)) for trial in trials)
        for style in styles
    )


MISS_PROBABILITY = Exercise(
    lesson=6,
    points=2,
    reference=miss_probability,
    cases=_miss_cases,
    rtol=1e-9,
    atol=1e-12,
    misconceptions=(
        Misconception(
            wrong=lambda bad, total, samples: 1 - (1 - bad / total) ** samples,
            hint="This is the probability to catch a wrong entry. To miss is the opposite.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: (
                math.comb(total - bad, samples) / math.comb(total, samples)
            ),
            hint="This is drawing without replacement. With replacement every draw has the same "
            "chance to miss.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: (bad / total) ** samples,
            hint="This is the probability that every draw hits a wrong entry. To miss, every "
            "draw has to hit a right one.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: 1 - (bad / total) ** samples,
            hint="The power is on the wrong part: first the probability that one draw misses, "
            "1 - bad / total, then its power.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: 1 - bad / total,
            hint="This is the probability that one draw misses. All samples draws have to miss.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: 1 - samples * bad / total,
            hint="Probabilities to hit do not add up: with enough draws yours is negative. "
            "Multiply the probabilities to miss.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: (1 - samples / total) ** bad,
            hint="bad and samples have changed places: each of the draws misses with the "
            "probability 1 - bad / total.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: samples * bad / total,
            hint="You add up the probabilities to hit a wrong entry. To miss, every draw has to "
            "hit a right one: multiply the probabilities of that.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: 1 - bad / total**samples,
            hint="“**” comes before “/” and “-”: put brackets around 1 - bad / total.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: round((1 - bad / total) ** samples, 3),
            hint="Do not round.",
            shows=_is_rounded,
        ),
    ),
    hints=(
        "What is the probability that a single draw misses all wrong entries?",
        "It is 1 - bad / total. The draws are independent: how do probabilities combine, if all "
        "of them have to miss?",
        "The whole body is one line: return (1 - bad / total) ** samples.",
    ),
)


# --- Kinks


@dataclass(frozen=True)
class _Curve:
    """A parabola about x, on which the slope jumps once, unless the kink is infinitely far."""

    x: float
    value: float
    slope: float
    second_derivative: float
    jump: float = 0.0
    kink: float = math.inf

    @property
    def __name__(self) -> str:
        """The formula."""
        terms = [
            (self.slope, f"(t - {self.x:g})"),
            (self.second_derivative / 2, f"(t - {self.x:g})^2"),
            (self.jump, f"max(0, t - {self.kink:.9g})"),
        ]
        shown = [
            f"{'-' if factor < 0 else '+'} {abs(factor):g} {power}"
            for factor, power in terms
            if factor
        ]
        return " ".join([f"{self.value:g}", *shown])

    def __call__(self, t: Any) -> Any:
        d = t - self.x
        smooth = self.value + self.slope * d + self.second_derivative / 2 * d**2
        return smooth + self.jump * np.maximum(0.0, t - self.kink)


class _Kinks:
    """Draws cases around one point: smooth curves, and curves with a kink `distance * h` away."""

    def __init__(self, rng: np.random.Generator, h: float) -> None:
        self.rng = rng
        self.h = h

    def smooth(self, second_derivative: float, slope: float | None = None) -> tuple[Any, ...]:
        x = round(self.rng.uniform(0.5, 2), 2)
        value = round(self.rng.uniform(1, 4), 2)
        # Far from 0 on either side of a kink, so that a kink is no minimum.
        slope = signed(self.rng, 1.5, 3) if slope is None else slope
        return _Curve(x, value, slope, second_derivative), x, self.h

    def kinked(
        self, distance: float, jump: float, second_derivative: float = 0.0
    ) -> tuple[Any, ...]:
        f, x, h = self.smooth(second_derivative)
        kink = x + distance * h
        return _Curve(x, f.value, f.slope, second_derivative, jump, kink), x, h


def _kink_cases(rng: np.random.Generator) -> Cases:
    """Four groups, with as many True as False in each.

    Jumps go up and down on either side of x, and the farther ones are smaller, so that each
    misconception misses other kinks. The first curve of each group is straight: where that is
    taken for a kink, it is the case to show.
    """

    def draw(low: float, high: float) -> float:
        return round(rng.uniform(low, high), 2)

    def step() -> float:
        return float(f"{rng.uniform(1, 9):.1f}e-{rng.integers(4, 7)}")

    at, near, far, strong = (_Kinks(rng, h) for h in (step(), step(), step(), 1e-3))
    bend = draw(4, 9.8)
    return {
        "kink at x": [
            at.smooth(0.0),
            at.kinked(0, draw(0.3, 0.5)),
            at.kinked(0, -draw(0.3, 0.5), draw(1, 3)),
            at.smooth(bend, slope=0.0),
        ],
        "kink off x": [
            near.smooth(0.0),
            near.kinked(1 / 3, draw(0.56, 0.65)),
            near.kinked(-1 / 3, -draw(0.56, 0.65)),
            near.smooth(bend),
            near.kinked(1 / 5, -draw(0.35, 0.42)),
            near.smooth(-bend),
            near.kinked(-1 / 5, draw(0.35, 0.42)),
            near.smooth(-draw(1, 3)),
            near.kinked(0.7, 0.3),
            near.smooth(draw(1, 3)),
            near.kinked(-0.7, -0.3),
            near.smooth(bend, slope=0.0),
        ],
        "strong curvature, small jump": [
            strong.smooth(0.0),
            strong.kinked(0.9, 0.1, -9.8),
            strong.smooth(9.8),
            strong.kinked(-0.9, -0.14, 9.8),
            strong.smooth(-9.8),
            strong.kinked(0, 0.11),
            strong.kinked(-0.5, 0.14, 1.0),
            strong.smooth(3.0),
            strong.kinked(1 / 3, -0.13),
            strong.smooth(-3.0),
            strong.kinked(-1 / 5, 0.5),
            strong.smooth(9.8, slope=0.0),
        ],
        "kink beyond x - h or x + h": [
            far.smooth(0.0),
            far.kinked(0, draw(0.4, 0.6)),
            far.kinked(1.2, draw(0.6, 0.9), draw(1, 3)),
            far.kinked(-0.5, -draw(0.4, 0.6)),
            far.kinked(-1.3, draw(0.6, 0.9), draw(1, 3)),
            far.kinked(0.5, draw(0.4, 0.6)),
            far.kinked(1.4, -draw(0.6, 0.9), draw(1, 3)),
            far.kinked(0.9, -0.3),
            far.kinked(-1.2, -draw(0.6, 0.9), draw(1, 3)),
            far.kinked(-0.9, 0.3),
            far.kinked(0.7, 0.35),
            far.smooth(bend),
        ],
    }


def _gap(f: Any, x: float, s: float) -> Any:
    """Slope from x to x + s minus slope from x - s to x."""
    return (f(x + s) - 2 * f(x) + f(x - s)) / s


def _gap_left_over(f: Any, x: float, h: float, parts: int) -> Any:
    """What of the gap at h is not explained by that at h / parts, if f is smooth."""
    return _gap(f, x, h) - parts * _gap(f, x, h / parts)


def _ends_apart(f: Any, x: float, h: float) -> Any:
    """Slope at x + h minus slope at x - h, both taken inside."""
    s = h / 20
    return (f(x + h) - f(x + h - s) - f(x - h + s) + f(x - h)) / s


def _looks_right(f: Any, x: float, h: float) -> bool:
    return bool(abs(_ends_apart(f, x + h / 2, h / 2)) > 0.05)


def _looks_left(f: Any, x: float, h: float) -> bool:
    return bool(abs(_ends_apart(f, x - h / 2, h / 2)) > 0.05)


def _distance(trial: Trial) -> float:
    """How far the kink is from x, in steps h."""
    f, x, h = trial.arguments
    return float(abs(f.kink - x) / h)


def _is_straight(trial: Trial) -> bool:
    """Whether f is straight from x - h to x + h, where quotients of its gaps are noise."""
    f, _, _ = trial.arguments
    return not f.second_derivative and _distance(trial) > 1.0


def _not_straight(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if not _is_straight(trial)]


def _fits_a_threshold(measure: Callable[..., Any]) -> Callable[[list[Trial]], bool]:
    """Return whether answers are those of some threshold on a measure's size."""

    def shows(trials: list[Trial]) -> bool:
        if not _are_answers(trials):
            return False
        yes = [abs(measure(*trial.arguments)) for trial in trials if trial.got]
        no = [abs(measure(*trial.arguments)) for trial in trials if not trial.got]
        return bool(yes and no and min(yes) > max(no))

    return shows


def _calls_every_bend_a_kink(trials: list[Trial]) -> bool:
    return _are_answers(trials) and all(bool(trial.got) != _is_straight(trial) for trial in trials)


def _sees_what_is_too_far(trials: list[Trial]) -> bool:
    """Whether the only mistakes are kinks beyond the interval that are taken for kinks in it."""
    return _are_answers(trials) and all(
        trial.got and math.isfinite(_distance(trial)) for trial in trials if trial.stage
    )


def _misses(trials: list[Trial]) -> list[float] | None:
    """How far the kinks are that were missed; None if there are other mistakes."""
    if not _are_answers(trials) or any(trial.stage and trial.got for trial in trials):
        return None
    return [_distance(trial) for trial in trials if trial.stage and not trial.got]


def _found(trials: list[Trial]) -> list[float]:
    return [_distance(trial) for trial in trials if trial.got and not trial.stage]


def _sees_only_what_is_near(trials: list[Trial]) -> bool:
    """Whether the kinks that are missed are off x, and no nearer than those that are found."""
    missed = _misses(trials)
    if missed is None:
        return False
    nearest = min(missed, default=math.inf)
    return nearest > 0.0 and nearest >= max(_found(trials), default=0.0)


def _gap_kept(trial: Trial, parts: int) -> float:
    """What share of the gap at h is left at h / parts: about 1 / parts if f is smooth there."""
    f, x, h = trial.arguments
    return float(abs(_gap(f, x, h / parts) / _gap(f, x, h)))


def _asks_whether_the_gap_stays(trials: list[Trial]) -> bool:
    """Whether those curves are called kinked of whose gap some share, below 98%, is left."""
    if not _are_answers(trials) or any(trial.got and _is_straight(trial) for trial in trials):
        return False
    curved = _not_straight(trials)
    return any(
        min((_gap_kept(t, parts) for t in curved if t.got), default=0.98)
        > max((_gap_kept(t, parts) for t in curved if not t.got), default=1.0)
        for parts in (2, 4)
    )


def _is_blind_at(parts: int) -> Callable[[list[Trial]], bool]:
    """Return whether answers come from the gaps at h and h / parts, or from their quotient."""
    fits = _fits_a_threshold(lambda f, x, h: _gap_left_over(f, x, h, parts))
    place = 1 / (parts + 1)

    def shows(trials: list[Trial]) -> bool:
        if fits(trials):
            return True
        missed = _misses(trials)
        if missed is None or not np.allclose(missed, place, atol=1e-6):
            return False
        return not np.any(np.isclose(_found(trials), place, atol=1e-6))

    return shows


def _takes_noise_for_a_kink(trials: list[Trial]) -> bool:
    """Whether answers come from a comparison of gaps, where f is not straight."""
    curved = _not_straight(trials)
    comparisons = (
        _sees_only_what_is_near,
        _asks_whether_the_gap_stays,
        _is_blind_at(2),
        _is_blind_at(4),
    )
    return _are_answers(trials) and any(shows(curved) for shows in comparisons)


_ENDS = "Compare the slopes at the two ends, x - h and x + h, instead."
_ONE_SIDE = (
    "You look to one side of x. The central difference evaluates f at x - h and at x + h, so a "
    "kink on either side spoils it."
)

HAS_KINK = Exercise(
    lesson=6,
    points=4,
    reference=has_kink,
    cases=_kink_cases,
    misconceptions=(
        Misconception(
            wrong=lambda f, x, h: _ends_apart(f, x, h) > 0.05,
            hint="A slope may also jump down: compare the size of its change, abs(...).",
        ),
        Misconception(wrong=_looks_right, hint=_ONE_SIDE),
        Misconception(wrong=_looks_left, hint=_ONE_SIDE),
        Misconception(
            wrong=lambda f, x, h: abs(f(x + h) - f(x - h)) / (2 * h) < 0.1,
            hint="You ask whether the slope is 0. At a kink it jumps, whatever it is, and at the "
            "bottom of a smooth valley it is 0 without a jump.",
        ),
        Misconception(
            wrong=lambda f, x, h: abs(f(x + h) - 2 * f(x) + f(x - h)) > 0.05,
            hint="You answer False for every f. Over so short a way f hardly changes, with or "
            "without a kink. Compare slopes, which are changes divided by the way.",
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_gap(f, x, h)) > 1e-7,
            hint="You call everything kinked that is not straight. Curvature changes the slope "
            "too: by up to 10 * 2h = 0.02 from x - h to x + h.",
            shows=_calls_every_bend_a_kink,
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_ends_apart(f, x, h)) > 0.01,
            hint="Your threshold is too low or too high. From x - h to x + h curvature changes "
            "the slope by up to 10 * 2h = 0.02, and a jump of 0.1 by at least 0.08.",
            shows=_fits_a_threshold(_ends_apart),
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_gap(f, x, h)) > 1e-3,
            hint="No threshold on the gap of the one-sided slopes at x will do: curvature alone "
            "makes it up to 10 h = 0.01, and a jump of 0.1 at a distance of 0.9 h makes it 0.01 "
            "too. Compare the slopes at the two ends, x - h and x + h.",
            shows=_fits_a_threshold(_gap),
        ),
        Misconception(
            wrong=lambda f, x, h: abs(2 * _gap(f, x, 2 * h) - _gap(f, x, h)) > 0.05,
            hint="You look beyond x - h and x + h. A kink out there does not touch the central "
            "difference with step h.",
            shows=_sees_what_is_too_far,
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_gap(f, x, h / 100)) > 0.05,
            hint="You find a kink at x, but miss one farther off. Anywhere between x - h and "
            "x + h it spoils the central difference: compare slopes at these two ends.",
            shows=_sees_only_what_is_near,
        ),
        Misconception(
            # On a straight f both gaps are rounding, below 1e-6.
            wrong=lambda f, x, h: abs(_gap(f, x, h / 4)) > 0.5 * abs(_gap(f, x, h)) + 1e-6,
            hint="You ask whether the gap of the one-sided slopes at x stays while the step "
            f"shrinks. It does for a kink at x; for one farther off it falls to 0. {_ENDS}",
            shows=_asks_whether_the_gap_stays,
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_gap_left_over(f, x, h, 2)) > 0.005,
            hint="The gaps of the one-sided slopes at h and at h / 2 are blind to a kink at a "
            f"distance of h / 3: there they are in the ratio 2 to 1, as for a smooth f. {_ENDS}",
            shows=_is_blind_at(2),
        ),
        Misconception(
            wrong=lambda f, x, h: abs(_gap_left_over(f, x, h, 4)) > 0.005,
            hint="The gaps of the one-sided slopes at h and at h / 4 are blind to a kink at a "
            f"distance of h / 5: there they are in the ratio 4 to 1, as for a smooth f. {_ENDS}",
            shows=_is_blind_at(4),
        ),
        Misconception(
            # That the quotient of the gaps is not 4, without dividing by 0.
            wrong=lambda f, x, h: abs(_gap_left_over(f, x, h, 4)) >= 0.1 * abs(_gap(f, x, h)),
            hint=f"On a straight f both gaps are rounding, and their quotient is noise. {_ENDS}",
            shows=_takes_noise_for_a_kink,
        ),
    ),
    hints=(
        "Take the slope close to x - h and the slope close to x + h. Can they differ much if "
        "there is no kink in between?",
        "|f''| <= 10 lets the slope change by at most 10 * 2h = 0.02 between them, a kink by at "
        "least 0.1 - 0.02. Measure both slopes with a step below h / 10, such as s = h / 20, but "
        "not so short that rounding decides.",
        "left = (f(x - h + s) - f(x - h)) / s and right = (f(x + h) - f(x + h - s)) / s. There is "
        "a kink if abs(right - left) > 0.05.",
    ),
)

EXERCISES = (
    L2_LOSS,
    L2_BACKWARD,
    DROPOUT_FORWARD,
    DROPOUT_BACKWARD,
    IS_DETERMINISTIC,
    HAS_KINK,
    MISS_PROBABILITY,
)
