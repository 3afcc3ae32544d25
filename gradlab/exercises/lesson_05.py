"""The exercises of lesson 5: softmax, cross-entropy, backpropagation, the ratio, the check."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from gradlab.exercises.draws import signed
from gradlab.exercises.exercise import Arguments, Cases, Exercise, Misconception, Trial

Params = list[tuple[Any, Any]]


def softmax(Z):
    """Class probabilities from the logits Z of shape (m, K), where each row is a sample.

    Returns an array of shape (m, K) whose rows sum to 1. It is finite for logits of any size
    up to 1e4.
    """
    # The largest exponent of each row is now 0, so np.exp cannot overflow.
    exponentials = np.exp(Z - Z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def cross_entropy(Z, Y):
    """Mean over the rows of -sum_k y_k ln a_k, where a is the softmax of a row of logits.

    Z holds the logits and Y the one-hot classes, both of shape (m, K). Returns one number,
    which is finite for logits of any size up to 1e4.
    """
    shifted = Z - Z.max(axis=1, keepdims=True)
    # ln a_k = z_k - ln(sum of all exp(z_j)): no probability is formed, so none becomes 0.
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(Y * log_probabilities) / len(Z)


def backward(params, X, Y):
    """Gradient of the mean softmax cross-entropy of a network, by backpropagation.

    params is a list of (W, b), one pair for each layer: W has shape (n_in, n_out), b (n_out,).
    Every layer but the last is followed by tanh; the last one gives the logits. X has shape
    (m, n_0), the one-hot Y shape (m, K). Returns a list of (dW, db), in the order and with the
    shapes of params. The arguments stay as they are.
    """
    activations = [X]
    for W, b in params[:-1]:
        activations.append(np.tanh(activations[-1] @ W + b))
    W, b = params[-1]
    logits = activations[-1] @ W + b
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)

    delta = (probabilities - Y) / len(X)
    gradients = []
    for layer in reversed(range(len(params))):
        A = activations[layer]  # what went into this layer
        gradients.append((A.T @ delta, delta.sum(axis=0)))
        if layer > 0:
            W, _ = params[layer]
            delta = (delta @ W.T) * (1 - A**2)  # tanh'(z) = 1 - tanh(z)^2
    return gradients[::-1]


def relative_difference(a, b):
    """Return ||a - b|| / (||a|| + ||b||) for two arrays of the same shape, 1-D or 2-D.

    ||a|| is the root of the sum of the squares of all entries. Returns one number: 0.0 if both
    arrays are zero, NaN if an entry is NaN.
    """
    total = np.linalg.norm(a) + np.linalg.norm(b)
    if total == 0:
        return 0.0
    return np.linalg.norm(a - b) / total


def gradient_check(loss, gradient, theta):
    """Whether gradient(theta) agrees with central differences of loss: True or False.

    theta is a 1-D float64 array and stays as it is. loss(theta) is a number, gradient(theta) an
    array like theta. Agreement is relative: it means the same for a tiny and a huge loss. A
    gradient with a NaN in it does not agree.
    """
    h = 1e-5
    analytic = gradient(theta)
    numeric = np.zeros_like(theta)
    for i in range(len(theta)):
        right, left = theta.copy(), theta.copy()
        right[i] += h
        left[i] -= h
        numeric[i] = (loss(right) - loss(left)) / (2 * h)
    distance = np.linalg.norm(analytic - numeric)
    size = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    # Any comparison with NaN is False; 0 <= 0 is True.
    return bool(distance <= 1e-6 * size)


# --- Drawing cases


def _one_hot(rng: np.random.Generator, rows: int, classes: int) -> Any:
    return np.eye(classes)[rng.integers(classes, size=rows)]


def _level(rng: np.random.Generator) -> float:
    """Draw how large large logits are: far above 709, where np.exp overflows."""
    return float(rng.integers(5000, 9900))


def _raised(*words: str) -> Callable[[list[Trial]], bool]:
    """Return a test whether every call was stopped by an error that says one of these words."""

    def shows(trials: list[Trial]) -> bool:
        return all(
            trial.stage == "raises" and any(word in trial.detail for word in words)
            for trial in trials
        )

    return shows


# --- Softmax


def _softmax_cases(rng: np.random.Generator) -> Cases:
    """Three groups: any formula is finite on the first, any shift by row on the second."""

    def ordinary(*shape: int) -> Any:
        return signed(rng, 0.3, 3, shape)

    def large_and_small(others: int, classes: int) -> Any:
        level = _level(rng)
        rows = ordinary(3 + others, classes)
        rows[0] += level
        rows[1] -= level
        rows[2, 0] += level
        rows[2, 1] -= level
        return rng.permuted(rng.permutation(rows), axis=1)

    return {
        "ordinary logits": [(ordinary(4, 3),), (ordinary(2, 5),), (ordinary(3, 2),)],
        "large logits": [(ordinary(3, 4) + _level(rng),), (ordinary(5, 2) - _level(rng),)],
        "large and small logits together": [(large_and_small(1, 3),), (large_and_small(0, 5),)],
    }


def _normalised(
    shift: Callable[[Any], Any] = lambda Z: Z.max(axis=1, keepdims=True),
    total: Callable[[Any], Any] = lambda E: E.sum(axis=1, keepdims=True),
) -> Callable[[Any], Any]:
    """Return a wrong softmax: another shift of the logits, or another sum of exponentials."""

    @np.errstate(all="ignore")
    def answer(Z: Any) -> Any:
        exponentials = np.exp(Z - shift(Z))
        return exponentials / total(exponentials)

    return answer


def _sum_without_keepdims(Z: Any) -> Any:
    exponentials = np.exp(Z - Z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1)


_OWN_MAXIMUM = (
    "You shift all rows alike, so the rows far below underflow to 0 / 0: subtract from each row "
    "its own maximum (axis=1, keepdims=True)."
)

SOFTMAX = Exercise(
    lesson=5,
    points=3,
    reference=softmax,
    cases=_softmax_cases,
    misconceptions=(
        Misconception(
            wrong=_sum_without_keepdims,
            hint="A sum over axis=1 has shape (m,), which does not line up with (m, K). With "
            "keepdims=True it has shape (m, 1), and each row meets its own sum.",
            shows=_raised("broadcast"),
        ),
        Misconception(
            wrong=_normalised(shift=lambda Z: 0),
            hint="np.exp overflows above 709, and far below 0 it gives 0. Softmax does not change "
            "if a whole row is shifted: subtract the row's maximum first.",
        ),
        Misconception(
            wrong=_normalised(
                shift=lambda Z: Z.max(axis=0), total=lambda E: E.sum(axis=0, keepdims=True)
            ),
            hint="Your columns sum to 1. A row is a sample, so each row must: sum along axis=1.",
        ),
        Misconception(
            wrong=_normalised(shift=lambda Z: Z.max(), total=lambda E: E.sum()),
            hint="All entries together sum to 1. Every row must: sum along axis=1.",
        ),
        Misconception(wrong=_normalised(shift=lambda Z: Z.max()), hint=_OWN_MAXIMUM),
        Misconception(wrong=_normalised(shift=lambda Z: Z.max(axis=0)), hint=_OWN_MAXIMUM),
        Misconception(
            wrong=_normalised(shift=lambda Z: np.abs(Z).max(axis=1, keepdims=True)),
            hint="You subtract the largest |z|. That pushes a row of large negative logits even "
            "lower, and all of it underflows to 0: subtract the largest z.",
        ),
        Misconception(
            wrong=_normalised(shift=lambda Z: Z.mean(axis=1, keepdims=True)),
            hint="Finite where a row's logits are close together, not where they are far apart. "
            "Subtract the row's maximum: only then is no exponent above 0.",
        ),
        Misconception(
            wrong=_normalised(total=lambda E: 1.0),
            hint="The exponentials are right, but the rows do not sum to 1: divide each row by "
            "its sum.",
        ),
        Misconception(
            wrong=lambda Z: Z / Z.sum(axis=1, keepdims=True),
            hint="You normalise the logits themselves, and those may be negative: take np.exp "
            "first.",
        ),
        Misconception(
            wrong=lambda Z: softmax(np.clip(Z, -500, 500)),
            hint="Clipping makes the large logits of a row equal, and with them the "
            "probabilities. Subtract the row's maximum instead: differences survive.",
        ),
    ),
    hints=(
        "Exponentials, divided by their sum. Over which entries does the sum run, if a row is a "
        "sample?",
        "np.exp(1e4) is inf. But exp(z - c) / sum exp(z - c) is the same for every c: choose c, "
        "for each row, so that no exponent is above 0.",
        "Subtract Z.max(axis=1, keepdims=True), take np.exp, and divide by its "
        "sum(axis=1, keepdims=True).",
    ),
)


# --- Cross-entropy


def _cross_entropy_cases(rng: np.random.Generator) -> Cases:
    """Three groups: the last has samples whose class has a probability that rounds to 0.

    In each of its cases one sample has two likely classes, so that it is not the same to
    exchange y and a.
    """

    def case(rows: int, classes: int, level: float = 0.0) -> Arguments:
        return signed(rng, 0.3, 3, (rows, classes)) + level, _one_hot(rng, rows, classes)

    def far_apart(rows: int, classes: int) -> Arguments:
        gaps = 1000.0 * rng.permuted(np.tile(np.arange(classes), (rows, 1)), axis=1)
        levels = rng.permutation(np.linspace(-9000, _level(rng) - 4000, rows).round())
        # In one row the right class is the likeliest, in the others the least likely.
        right = gaps.argmin(axis=1)
        *_, second, right[0] = gaps[0].argsort()
        Z = gaps + levels[:, np.newaxis] + signed(rng, 0.3, 3, gaps.shape)
        Z[0, second] = Z[0, right[0]] - 0.5
        return Z, np.eye(classes)[right]

    return {
        "ordinary logits": [case(5, 3), case(2, 4), case(3, 2)],
        "large logits, close together": [case(4, 3, _level(rng)), case(2, 5, -_level(rng))],
        "large logits, far apart": [far_apart(4, 3), far_apart(3, 5)],
    }


def _log_softmax(Z: Any, axis: int = 1) -> Any:
    shifted = Z - Z.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _reduced(reduce: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a wrong cross-entropy: the terms -y_k ln a_k, put together in another way."""
    return lambda Z, Y: reduce(-Y * _log_softmax(Z))


def _mean_over_rows(terms: Any) -> Any:
    return terms.sum() / len(terms)


def _in_two_terms(
    over_rows: Callable[[Any], Any], over_entries: Callable[[Any], Any], shifted: bool
) -> Callable[[Any, Any], Any]:
    """Return a cross-entropy whose log-sum-exps and logits are put together in different ways."""

    def answer(Z: Any, Y: Any) -> Any:
        Z = Z - Z.max(axis=1, keepdims=True) if shifted else Z
        return over_rows(np.logaddexp.reduce(Z, axis=1)) - over_entries(Y * Z)

    return answer


@np.errstate(all="ignore")
def _without_shift(Z: Any, Y: Any) -> Any:
    return np.mean(np.log(np.exp(Z).sum(axis=1)) - np.sum(Y * Z, axis=1))


@np.errstate(all="ignore")
def _softmax_then_log(Z: Any, Y: Any) -> Any:
    return -np.mean(np.sum(Y * np.log(softmax(Z)), axis=1))


@np.errstate(all="ignore")
def _shift_of_the_whole(Z: Any, Y: Any) -> Any:
    shifted = Z - Z.max()
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - np.sum(Y * shifted, axis=1))


def _over_all_rows(Z: Any, Y: Any) -> Any:
    return Z.max() + np.log(np.exp(Z - Z.max()).sum()) - np.sum(Y * Z) / len(Z)


@np.errstate(all="ignore")
def _logits_as_probabilities(Z: Any, Y: Any) -> Any:
    return -np.mean(np.sum(Y * np.log(Z), axis=1))


@np.errstate(all="ignore")
def _two_sided(Z: Any, Y: Any) -> Any:
    A = softmax(Z)
    return -np.mean(np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A), axis=1))


def _maximum_not_added(Z: Any, Y: Any) -> Any:
    log_sums = np.log(np.exp(Z - Z.max(axis=1, keepdims=True)).sum(axis=1))
    return np.mean(log_sums - np.sum(Y * Z, axis=1))


def _overflows(trials: list[Trial]) -> bool:
    """Whether all losses are inf or NaN, and logits are so large that np.exp overflows."""
    return all(
        trial.stage == "finite" and np.abs(trial.arguments[0]).max() > 709 for trial in trials
    )


def _underflows(trials: list[Trial]) -> bool:
    """Whether all losses are inf or NaN, and logits so far apart that a probability is 0."""
    return all(
        trial.stage == "finite" and np.ptp(trial.arguments[0], axis=1).max() > 746
        for trial in trials
    )


def _bounds_the_logarithm(trials: list[Trial]) -> bool:
    """Whether every row whose probability rounds to 0 costs the same: -ln(eps) for some eps."""
    costs = []
    for trial in trials:
        Z, Y = trial.arguments
        right = -np.sum(Y * _log_softmax(Z), axis=1)
        far = right > 700
        if not far.any() or trial.got is None or np.shape(trial.got) != ():
            return False
        costs.append((trial.got * len(Z) - right[~far].sum()) / far.sum())
    return bool(5 < min(costs) < 700 and np.ptp(costs) < 1e-3)


def _exchanged(constant: float) -> Callable[[Any, Any], Any]:
    @np.errstate(all="ignore")
    def answer(Z: Any, Y: Any) -> Any:
        return -np.sum(softmax(Z) * np.log(Y + constant)) / len(Z)

    return answer


_BOUNDED = (
    "A constant inside the logarithm, or a clipped probability, bounds the loss: with 1e-12 it "
    "cannot exceed 27.6, and there its gradient is wrong. Form no probability: ln a_k is z_k "
    "minus the log-sum-exp of the row."
)
_OVER_ALL = (
    "np.mean over all entries divides by m K. The sum over the classes is a sum, only that over "
    "the rows is a mean: divide by m."
)
_ONE_MEAN = (
    "One of your two terms is a mean over the rows, the other a sum. Divide both by m: subtract "
    "first, then take the mean."
)
_BASE = "ln is the natural logarithm, np.log: not to the base 2, and not to the base 10."

CROSS_ENTROPY = Exercise(
    lesson=5,
    points=3,
    reference=cross_entropy,
    cases=_cross_entropy_cases,
    misconceptions=(
        Misconception(
            wrong=_reduced(np.sum),
            hint="This is the sum over the rows. The loss is their mean: divide by m.",
        ),
        Misconception(wrong=_reduced(np.mean), hint=_OVER_ALL),
        *(
            Misconception(wrong=_in_two_terms(over_rows, over_entries, shifted), hint=hint)
            for over_rows, over_entries, hint in (
                (np.mean, np.sum, _ONE_MEAN),
                (np.sum, _mean_over_rows, _ONE_MEAN),
                (np.mean, np.mean, _OVER_ALL),
            )
            for shifted in (False, True)
        ),
        Misconception(
            wrong=_reduced(lambda terms: terms.sum(axis=0).mean()),
            hint="You divide by the number of classes: the mean is over the m rows.",
        ),
        Misconception(
            wrong=_reduced(lambda terms: terms.sum(axis=1)),
            hint="These are the losses of the rows, one by one. The loss is one number: their "
            "mean.",
        ),
        Misconception(
            wrong=_shift_of_the_whole,
            hint="You shift all rows by one maximum, so a row far below it becomes ln(0): shift "
            "each row by its own.",
        ),
        Misconception(
            wrong=_softmax_then_log,
            hint="The probability of an unlikely class rounds to 0, and ln(0) is -inf. Form no "
            "probability: ln a_k is z_k minus the log-sum-exp of the row.",
            shows=_underflows,
        ),
        Misconception(
            wrong=_without_shift,
            hint="np.exp overflows for large logits. ln(sum exp(z)) is "
            "c + ln(sum exp(z - c)): take the row's maximum for c.",
            shows=_overflows,
        ),
        Misconception(
            wrong=lambda Z, Y: -np.sum(Y * np.log(softmax(Z) + 1e-12)) / len(Z),
            hint=_BOUNDED,
            shows=_bounds_the_logarithm,
        ),
        *(
            Misconception(
                wrong=_exchanged(constant),
                hint="y and a have changed places: the logarithm is that of the probability a_k, "
                "and y_k is its factor. Most y_k are 0, and 0 has no logarithm.",
            )
            for constant in (0.0, 1e-15, 1e-12, 1e-8)
        ),
        Misconception(
            wrong=_maximum_not_added,
            hint="ln(sum exp(z - c)) is c too small: use the shifted logits in both terms, or add "
            "c again.",
        ),
        Misconception(
            wrong=lambda Z, Y: -np.sum(Y * _log_softmax(Z, axis=0)) / len(Z),
            hint="Your log-sum-exp runs down the columns. A row is a sample: axis=1.",
        ),
        Misconception(wrong=lambda Z, Y: cross_entropy(Z, Y) / np.log(2), hint=_BASE),
        Misconception(wrong=lambda Z, Y: cross_entropy(Z, Y) / np.log(10), hint=_BASE),
        Misconception(
            wrong=_over_all_rows,
            hint="Your log-sum-exp runs over all rows together. Each row has its own: axis=1.",
        ),
        Misconception(
            wrong=lambda Z, Y: -np.sum(Y * Z) / len(Z),
            hint="You take z_k for ln a_k. The softmax has a denominator: subtract the "
            "log-sum-exp of the row.",
        ),
        Misconception(
            wrong=_logits_as_probabilities,
            hint="Z holds logits, not probabilities, and the logarithm of a negative one is NaN. "
            "Which function makes probabilities of them?",
        ),
        Misconception(
            wrong=_two_sided,
            hint="The terms (1 - y) ln(1 - a) belong to the loss for yes-or-no labels. Here a "
            "row counts its own class alone: -sum y_k ln a_k.",
        ),
    ),
    hints=(
        "Put a_k = exp(z_k) / sum_j exp(z_j) into ln a_k. Which exponential and logarithm cancel?",
        "ln a_k = z_k - ln(sum_j exp(z_j)). Before np.exp subtract the row's maximum: from z_k "
        "too, and nothing has changed.",
        "shifted = Z - Z.max(axis=1, keepdims=True); logs = shifted - "
        "np.log(np.exp(shifted).sum(axis=1, keepdims=True)); then -np.sum(Y * logs) / len(Z).",
    ),
)


# --- Backward


def _backward_cases(rng: np.random.Generator) -> Cases:
    """Three groups, by depth; all sizes of a case differ, so that swapped axes show."""

    def case(hidden: int) -> Arguments:
        rows, *sizes = rng.permutation([2, 3, 4, 5, 6])[: hidden + 3].tolist()
        params = [
            (signed(rng, 0.3, 0.9, pair), signed(rng, 0.2, 0.6, pair[1]))
            for pair in pairwise(sizes)
        ]
        X = np.round(rng.uniform(0.05, 1, (rows, sizes[0])), 2)
        return params, X, _one_hot(rng, rows, sizes[-1])

    depths = ("no hidden layer", "one hidden layer", "two hidden layers")
    return {name: [case(hidden), case(hidden)] for hidden, name in enumerate(depths)}


class _Pass(NamedTuple):
    """A forward pass: A[l] goes into layer l, counted from 0, and Z[l] comes out of it.

    P are the probabilities. A holds one array more, for wrong answers: the logits, activated.
    """

    params: Params
    A: list[Any]
    Z: list[Any]
    P: Any
    Y: Any


def _forward(params: Params, X: Any, Y: Any, activation: Callable[[Any], Any]) -> _Pass:
    A, Z = [X], []
    for W, b in params:
        Z.append(A[-1] @ W + b)
        A.append(activation(Z[-1]))
    return _Pass(params, A, Z, np.exp(_log_softmax(Z[-1])), Y)


def _backpropagation(
    start: Callable[[_Pass], Any] = lambda f: (f.P - f.Y) / len(f.Y),
    weights: Callable[[_Pass, int, Any], Any] = lambda f, layer, delta: f.A[layer].T @ delta,
    bias: Callable[[_Pass, int, Any], Any] = lambda f, layer, delta: delta.sum(axis=0),
    product: Callable[[_Pass, int, Any], Any] = lambda f, layer, delta: (
        delta @ f.params[layer][0].T
    ),
    slope: Callable[[_Pass, int], Any] = lambda f, layer: 1 - f.A[layer] ** 2,
    activation: Callable[[Any], Any] = np.tanh,
) -> Callable[[Params, Any, Any], Params]:
    """Return backpropagation in which any of the steps may be a wrong one."""

    def gradients(params: Params, X: Any, Y: Any) -> Params:
        f = _forward(params, X, Y, activation)
        delta = start(f)
        found: Params = []
        for layer in reversed(range(len(params))):
            found.insert(0, (weights(f, layer, delta), bias(f, layer, delta)))
            if layer > 0:
                delta = product(f, layer, delta) * slope(f, layer)
        return found

    return gradients


_right_gradients = _backpropagation()


def _summed(f: _Pass) -> Any:
    return f.P - f.Y


def _mean_dw(f: _Pass, layer: int, delta: Any) -> Any:
    return f.A[layer].T @ delta / len(delta)


def _mean_db(f: _Pass, layer: int, delta: Any) -> Any:
    return delta.mean(axis=0)


def _with_slope(f: _Pass, layer: int, delta: Any) -> Any:
    return delta if layer == len(f.params) - 1 else delta * (1 - f.A[layer + 1] ** 2)


def _in_one_list(params: Params, X: Any, Y: Any) -> list[Any]:
    return [part for pair in _right_gradients(params, X, Y) for part in pair]


def _in_two_lists(params: Params, X: Any, Y: Any) -> list[Any]:
    return [list(parts) for parts in zip(*_right_gradients(params, X, Y), strict=True)]


def _in_a_row(pairs: Any) -> Any:
    return np.concatenate([np.ravel(part) for pair in pairs for part in pair])


def _updated(params: Params, X: Any, Y: Any) -> Params:
    pairs = zip(params, _right_gradients(params, X, Y), strict=True)
    return [(W - 0.1 * dW, b - 0.1 * db) for (W, b), (dW, db) in pairs]


def _is_updated(trials: list[Trial]) -> bool:
    """Whether every result is params plus a multiple of the gradient."""
    for trial in trials:
        if trial.got is None or trial.stage != "values":
            return False
        gradient = _in_a_row(trial.expected)
        step = _in_a_row(trial.got) - _in_a_row(trial.arguments[0])
        rate = step @ gradient / (gradient @ gradient)
        if abs(rate) < 1e-9 or not np.allclose(step, rate * gradient, rtol=1e-6, atol=1e-9):
            return False
    return True


_ONE_SUMMED = (
    "One of dW and db is averaged over the rows, the other is summed. Divide by m once, in "
    "delta_L = (A_L - Y) / m, and nowhere else."
)
_TWICE = (
    "You divide by m twice somewhere. If delta_L is already divided by m, then dW is "
    "A^T delta and db the plain sum over the rows."
)
_FROM_Z = (
    "tanh'(Z) is 1 - tanh(Z)^2, so in terms of the activations it is 1 - A^2. You put something "
    "else in the place of A."
)
_PAIRS = (
    "The gradient has the form of params: a list with one pair (dW, db) for each layer, also "
    "where there is only one layer."
)
_LAST_SLOPE = (
    "For softmax with cross-entropy all derivatives are done in A_L - Y: multiply delta_L by "
    "no further one. The last layer has no tanh."
)

BACKWARD = Exercise(
    lesson=5,
    points=6,
    reference=backward,
    cases=_backward_cases,
    misconceptions=(
        Misconception(
            wrong=_backpropagation(start=_summed),
            hint="Everything is m times too large: the loss is a mean over m rows, so delta_L is "
            "(A_L - Y) / m.",
        ),
        Misconception(wrong=_backpropagation(start=_summed, weights=_mean_dw), hint=_ONE_SUMMED),
        Misconception(wrong=_backpropagation(start=_summed, bias=_mean_db), hint=_ONE_SUMMED),
        Misconception(wrong=_backpropagation(bias=_mean_db), hint=_TWICE),
        Misconception(wrong=_backpropagation(weights=_mean_dw), hint=_TWICE),
        Misconception(wrong=_backpropagation(weights=_mean_dw, bias=_mean_db), hint=_TWICE),
        Misconception(
            wrong=_backpropagation(start=lambda f: (f.P - f.Y) / f.Y.size),
            hint="You divide by m K, the number of entries of Y. The mean is over the m rows.",
        ),
        Misconception(
            wrong=_backpropagation(slope=lambda f, layer: 1.0),
            hint="The last layer is right, those before are not: on its way back delta also "
            "passes tanh. Multiply delta W^T by tanh'(Z), entry by entry.",
        ),
        Misconception(
            wrong=_backpropagation(slope=lambda f, layer: 1 - f.Z[layer - 1] ** 2), hint=_FROM_Z
        ),
        Misconception(
            wrong=_backpropagation(slope=lambda f, layer: 1 - np.tanh(f.A[layer]) ** 2),
            hint=_FROM_Z,
        ),
        Misconception(
            wrong=_backpropagation(slope=lambda f, layer: 1 - f.A[layer]),
            hint="tanh' is 1 - A^2: the square is missing.",
        ),
        Misconception(
            wrong=_backpropagation(slope=lambda f, layer: f.A[layer] * (1 - f.A[layer])),
            hint="A (1 - A) is the derivative of the sigmoid. The hidden layers are tanh.",
        ),
        Misconception(
            wrong=_backpropagation(slope=lambda f, layer: f.A[layer] > 0),
            hint="This is the derivative of ReLU. The hidden layers are tanh.",
        ),
        *(
            Misconception(
                wrong=_backpropagation(activation=activation, slope=slope),
                hint="The hidden layers are tanh, on the way forward too.",
            )
            for activation, slope in (
                (lambda Z: 1 / (1 + np.exp(-Z)), lambda f, layer: f.A[layer] * (1 - f.A[layer])),
                (lambda Z: np.maximum(Z, 0), lambda f, layer: f.A[layer] > 0),
                (lambda Z: Z, lambda f, layer: 1.0),
            )
        ),
        Misconception(
            wrong=lambda params, X, Y: _right_gradients([(W, 0 * b) for W, b in params], X, Y),
            hint="You leave b out on the way forward: Z is A W + b.",
        ),
        *(
            Misconception(
                wrong=_backpropagation(
                    weights=lambda f, layer, d: f.A[layer].T @ _with_slope(f, layer, d),
                    bias=bias,
                    slope=lambda f, layer: 1.0,
                ),
                hint="The slope of tanh belongs into delta itself, not only into this dW: db and "
                "the layers before come from the same delta.",
            )
            for bias in (
                lambda f, layer, d: d.sum(axis=0),
                lambda f, layer, d: _with_slope(f, layer, d).sum(axis=0),
            )
        ),
        Misconception(
            wrong=_backpropagation(bias=lambda f, layer, d: d),
            hint="b is added to every row, so every row has a share in db: sum delta over the "
            "rows.",
        ),
        Misconception(
            wrong=_backpropagation(bias=lambda f, layer, d: d.sum()),
            hint="Your db is one number. Each unit has a bias of its own: sum over the rows only, "
            "axis=0.",
        ),
        Misconception(
            wrong=_backpropagation(bias=lambda f, layer, d: d.sum(axis=1)),
            hint="db has one entry for each unit, so sum delta over the rows: axis=0.",
        ),
        Misconception(
            wrong=_backpropagation(bias=lambda f, layer, d: d.sum(axis=0, keepdims=True)),
            hint="db has shape (1, n_out). b has shape (n_out,): sum without keepdims.",
        ),
        Misconception(
            wrong=_backpropagation(start=lambda f: (f.Y - f.P) / len(f.Y)),
            hint="The sign of everything is wrong: delta_L is A_L - Y, not Y - A_L. The update "
            "W - rate * dW has its minus elsewhere.",
        ),
        Misconception(
            wrong=_backpropagation(product=lambda f, layer, d: d @ f.params[layer][0]),
            hint="The shapes of a matrix product do not fit. Write them beside each factor: delta "
            "is (m, n_out), W is (n_in, n_out), A is (m, n_in). Which factor needs .T? And the "
            "slope of tanh is no matrix product: *.",
            shows=_raised("matmul", "not aligned"),
        ),
        Misconception(
            wrong=_backpropagation(slope=lambda f, layer: 1 - f.A[layer + 1] ** 2),
            hint="Two arrays of unequal shapes meet. Where it is the slope: on the way back "
            "through layer l delta W^T has the shape of A_{l-1}, so the slope is 1 - A_{l-1}^2.",
            shows=_raised("broadcast"),
        ),
        Misconception(
            wrong=lambda params, X, Y: _right_gradients(params, X, Y)[::-1],
            hint="The layers come out last to first, as you find them. Turn the list round.",
        ),
        Misconception(
            wrong=lambda params, X, Y: _right_gradients(params, X, Y)[-1:],
            hint="One layer comes out, however many there are. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=_updated,
            hint="You return updated parameters. Return the gradient itself, dW and db: whoever "
            "calls you makes the update.",
            shows=_is_updated,
        ),
        Misconception(wrong=_in_one_list, hint=_PAIRS),
        Misconception(wrong=_in_two_lists, hint=_PAIRS),
        Misconception(
            wrong=lambda params, X, Y: [(dW.T, db) for dW, db in _right_gradients(params, X, Y)],
            hint="dW is transposed: W has shape (n_in, n_out), so dW is A^T delta.",
        ),
        Misconception(
            wrong=_backpropagation(weights=lambda f, layer, d: f.A[layer + 1].T @ d),
            hint="dW_l takes the activations that go into layer l, A_{l-1}, not those that come "
            "out.",
        ),
        Misconception(
            wrong=_backpropagation(start=lambda f: (f.Z[-1] - f.Y) / len(f.Y)),
            hint="delta_L takes the probabilities: put the logits through softmax first.",
        ),
        Misconception(
            wrong=_backpropagation(start=lambda f: (softmax(f.A[-1]) - f.Y) / len(f.Y)),
            hint="The last layer has no tanh: its pre-activations are the logits.",
        ),
        Misconception(
            wrong=_backpropagation(start=lambda f: (f.P - f.Y) / len(f.Y) * f.P * (1 - f.P)),
            hint=_LAST_SLOPE,
        ),
        Misconception(
            wrong=_backpropagation(start=lambda f: (f.P - f.Y) / len(f.Y) * (1 - f.P**2)),
            hint=_LAST_SLOPE,
        ),
    ),
    hints=(
        "First forward, and keep every A_l. Then start at the end: what is the derivative of the "
        "mean loss by the logits?",
        "delta_L = (A_L - Y) / m. In each layer dW_l = A_{l-1}^T delta_l, and db_l is the sum of "
        "delta_l over the rows. Then one layer back.",
        "delta_{l-1} = (delta_l @ W_l.T) * (1 - A_{l-1}**2), because tanh' = 1 - tanh^2. "
        "Without hidden layers you never need it.",
        "Go through the layers from last to first, append (A.T @ delta, delta.sum(axis=0)), and "
        "return the list turned round.",
    ),
)


# --- Relative difference


def _difference_cases(rng: np.random.Generator) -> Cases:
    """Four groups, none of which has the same answer throughout; one pair is nearly equal."""

    def pair(*shape: int, apart: float = 0.3, scale: float = 1.0) -> Arguments:
        a = signed(rng, 0.5, 3, shape)
        b = a + apart * signed(rng, 0.5, 2, shape)
        return scale * a, scale * b

    def with_nan(arrays: Arguments, in_a: bool, in_b: bool) -> Arguments:
        a, b = arrays
        place = np.unravel_index(rng.integers(a.size), a.shape)
        a[place] = math.nan if in_a else a[place]
        b[place] = math.nan if in_b else b[place]
        return a, b

    some, same = pair(4)[0], pair(3)[0]
    return {
        "vectors": [pair(4), pair(3, apart=1e-7), pair(5, scale=1e6), pair(2, scale=1e-6)],
        "matrices": [pair(2, 3), pair(4, 2, scale=1e-6), pair(3, 5, scale=1e6)],
        "zeros": [
            (np.zeros(4), some),
            (np.zeros(3), np.zeros(3)),
            (pair(3, 2)[0], np.zeros((3, 2))),
            (np.zeros((2, 3)), np.zeros((2, 3))),
            (same, same.copy()),
        ],
        "NaN": [
            with_nan(pair(3), True, False),
            with_nan(pair(2, 4), False, True),
            with_nan(pair(5), True, True),
            pair(4),
        ],
    }


def _size(v: Any) -> Any:
    return np.sqrt(np.sum(v**2))


def _ratio(
    distance: Callable[[Any, Any], Any] = lambda a, b: _size(a - b),
    total: Callable[[Any, Any], Any] = lambda a, b: _size(a) + _size(b),
) -> Callable[[Any, Any], Any]:
    """Return a wrong ratio, which is still 0 where both arrays are zero."""

    @np.errstate(all="ignore")
    def answer(a: Any, b: Any) -> Any:
        if not a.any() and not b.any():
            return 0.0
        return distance(a, b) / total(a, b)

    return answer


def _norms(size: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the ratio with another norm."""
    return _ratio(lambda a, b: size(a - b), lambda a, b: size(a) + size(b))


def _square(v: Any) -> Any:
    return np.sum(v**2)


def _largest_singular_value(v: Any) -> Any:
    """Return the spectral norm of a matrix, which np.linalg.norm(v, 2) is; NaN stays NaN."""
    return np.linalg.norm(v, 2) if np.isfinite(v).all() else math.nan


@np.errstate(all="ignore")
def _unguarded(a: Any, b: Any) -> Any:
    return _size(a - b) / (_size(a) + _size(b))


def _zero_by_zero(trials: list[Trial]) -> bool:
    """Whether 0 / 0 was NaN or an error, and what is not 0 / 0 is right."""
    both_zero = [t for t in trials if not np.any(t.arguments[0]) and not np.any(t.arguments[1])]
    return bool(both_zero) and all(
        trial.stage == "finite" or "ZeroDivisionError" in trial.detail for trial in both_zero
    )


def _zero_unless_positive(a: Any, b: Any) -> Any:
    total = _size(a) + _size(b)
    return _size(a - b) / total if total > 0 else 0.0


def _zero_where_near(trials: list[Trial]) -> bool:
    """Whether ratios below 1 came out as 0, and all else is right."""
    failed = [trial for trial in trials if trial.stage]
    return 0 < len(failed) < len(trials) and all(
        np.array_equal(trial.got, 0.0) and 0 < trial.expected < 1 for trial in failed
    )


def _adds_a_constant(trials: list[Trial]) -> bool:
    """Whether the ratios are a little too small where the arrays are tiny, and right elsewhere."""
    for trial in trials:
        if trial.got is None or np.shape(trial.got) != ():
            return False
        tiny = np.abs(trial.arguments[0]).max() < 1e-4
        if trial.stage and not (tiny and trial.got < trial.expected):
            return False
    return True


_SQUARED = (
    "These are squares. A norm is the root of the sum of squares, and without the roots a ratio "
    "of 1e-4 looks like 1e-8."
)
_ONE_SIDE = (
    "You divide by the norm of one of the two alone. Divide by ||a|| + ||b||: then the order does "
    "not matter, and the ratio is at most 1."
)
_LARGEST = (
    "You take the largest entry of each. The norm here is the root of the sum of all squares."
)

RELATIVE_DIFFERENCE = Exercise(
    lesson=5,
    points=3,
    reference=relative_difference,
    cases=_difference_cases,
    atol=0.0,
    misconceptions=(
        Misconception(
            wrong=_ratio(total=lambda a, b: 1.0),
            hint="This is the distance alone. Tiny gradients are close by that measure whatever "
            "they are: divide by ||a|| + ||b||.",
        ),
        Misconception(wrong=_norms(_square), hint=_SQUARED),
        Misconception(
            wrong=lambda a, b: relative_difference(a, b) ** 2,
            hint=_SQUARED,
        ),
        *(
            Misconception(wrong=_ratio(lambda a, b: np.max(np.abs(a - b)), total), hint=_LARGEST)
            for total in (
                lambda a, b: np.max(np.abs(a)) + np.max(np.abs(b)),
                lambda a, b: np.max(np.abs([a, b])),
                lambda a, b: 1.0,
            )
        ),
        Misconception(
            wrong=_norms(lambda v: np.sum(np.abs(v))),
            hint="You add up absolute values. The norm here is the root of the sum of squares.",
        ),
        Misconception(
            wrong=_norms(_largest_singular_value),
            hint="Of a matrix, np.linalg.norm(a, 2) is the largest singular value. Without the 2 "
            "it is the root of the sum of squares.",
        ),
        Misconception(wrong=_ratio(total=lambda a, b: _size(a)), hint=_ONE_SIDE),
        Misconception(wrong=_ratio(total=lambda a, b: _size(b)), hint=_ONE_SIDE),
        Misconception(
            wrong=_ratio(total=lambda a, b: np.maximum(_size(a), _size(b))),
            hint="You divide by the larger of the two norms: divide by their sum.",
        ),
        Misconception(
            wrong=_ratio(lambda a, b: _size(a - b) / _size(a) + _size(b), lambda a, b: 1.0),
            hint="Only the first norm is below the fraction line: put brackets around the sum.",
        ),
        Misconception(
            wrong=_ratio(distance=lambda a, b: np.abs(_size(a) - _size(b))),
            hint="You compare the lengths alone, and lose the directions: a and -a would agree. "
            "Subtract first, then take the norm.",
        ),
        Misconception(
            wrong=_ratio(lambda a, b: np.abs(a - b), lambda a, b: np.abs(a) + np.abs(b)),
            hint="This is a ratio for each entry. One number is needed, from the norms.",
        ),
        Misconception(
            wrong=_unguarded,
            hint="If both are zero you divide 0 by 0. Ask first whether the sum of the norms is "
            "0, and return 0.0 then.",
            shows=_zero_by_zero,
        ),
        Misconception(
            wrong=lambda a, b: (
                0.0 if _size(a) == 0 or _size(b) == 0 else relative_difference(a, b)
            ),
            hint="If only one of the two is zero they differ as much as can be: the ratio is 1. "
            "It is 0 where both are.",
        ),
        Misconception(
            wrong=lambda a, b: 0.0 if np.allclose(a, b) else relative_difference(a, b),
            hint="Nearly equal is not equal: a ratio of 1e-7 comes out as 0. Ask only whether "
            "both norms are 0.",
            shows=_zero_where_near,
        ),
        Misconception(
            wrong=_zero_unless_positive,
            hint="NaN becomes 0, which reads “equal”. NaN > 0 is False: ask whether the sum of "
            "the norms == 0 instead.",
        ),
        Misconception(
            wrong=lambda a, b: _size(a - b) / (_size(a) + _size(b) + 1e-8),
            hint="A constant in the denominator makes the ratio of tiny gradients too small. Ask "
            "whether the sum of the norms is 0 instead.",
            shows=_adds_a_constant,
        ),
    ),
    hints=(
        "np.linalg.norm(a) is the root of the sum of squares of all entries, for 1-D and 2-D "
        "arrays. You need it three times.",
        "Subtract, then take the norm; divide by the sum of the two norms, in brackets. What if "
        "that sum is 0?",
        "total = np.linalg.norm(a) + np.linalg.norm(b); return 0.0 if total == 0, else "
        "np.linalg.norm(a - b) / total. NaN then stays NaN by itself.",
    ),
)


# --- Gradient check


@dataclass(frozen=True)
class _Loss:
    """Mean cross-entropy of a network with one tanh layer, times a scale, at theta.

    It takes a complex theta too, so that a complex step is a right way to check it. A check
    evaluates it some fifty times, so it is plain: its logits are too small to need a shift.
    """

    sizes: tuple[int, int, int]
    X: Any
    Y: Any
    scale: float

    @property
    def __name__(self) -> str:
        times = "" if self.scale == 1 else f"{self.scale:g} times the "
        return f"{times}loss of a {'-'.join(map(str, self.sizes))} tanh network"

    @property
    def length(self) -> int:
        """The number of entries of theta."""
        inputs, hidden, classes = self.sizes
        return (inputs + 1) * hidden + (hidden + 1) * classes

    def params(self, theta: Any) -> Params:
        """Return the pairs (W, b) that theta holds."""
        if np.shape(theta) != (self.length,):
            raise ValueError(
                f"theta has shape {np.shape(theta)}; it must have shape ({self.length},)"
            )
        inputs, hidden, classes = self.sizes
        theta = np.asarray(theta)
        first, second = theta[: (inputs + 1) * hidden], theta[(inputs + 1) * hidden :]
        return [
            (first[:-hidden].reshape(inputs, hidden), first[-hidden:]),
            (second[:-classes].reshape(hidden, classes), second[-classes:]),
        ]

    def __call__(self, theta: Any) -> Any:
        """Return the loss at theta."""
        (W1, b1), (W2, b2) = self.params(theta)
        Z = np.tanh(self.X @ W1 + b1) @ W2 + b2
        total = np.log(np.exp(Z).sum(axis=1)).sum() - (self.Y * Z).sum()
        return self.scale * total / len(self.Y)


def _packed(loss: _Loss, gradients: Params) -> Any:
    return loss.scale * _in_a_row(gradients)


def _right_gradient(loss: _Loss, theta: Any) -> Any:
    return _packed(loss, _right_gradients(loss.params(theta), loss.X, loss.Y))


def _missing_slope(loss: _Loss, theta: Any) -> Any:
    wrong = _backpropagation(slope=lambda f, layer: 1.0)
    return _packed(loss, wrong(loss.params(theta), loss.X, loss.Y))


def _transposed(loss: _Loss, theta: Any) -> Any:
    pairs = _right_gradients(loss.params(theta), loss.X, loss.Y)
    return _packed(loss, [(dW.T, db) for dW, db in pairs])


def _last_layer_not_averaged(loss: _Loss, theta: Any) -> Any:
    *others, (dW, db) = _right_gradients(loss.params(theta), loss.X, loss.Y)
    return _packed(loss, [*others, (len(loss.Y) * dW, len(loss.Y) * db)])


def _slightly_wrong_bias(loss: _Loss, theta: Any) -> Any:
    """Return a gradient whose relative difference from the right one is 1.5e-4."""
    g = _right_gradient(loss, theta)
    last_db = g[-loss.sizes[-1] :]
    last_db *= 1 + 3e-4 * _size(g) / _size(last_db)
    return g


def _without_an_entry(sign: int) -> Callable[[_Loss, Any], Any]:
    """Return a gradient whose largest entry of this sign, but for the first, is 0."""

    def gradient(loss: _Loss, theta: Any) -> Any:
        g = _right_gradient(loss, theta)
        g[1 + np.argmax(sign * g[1:])] = 0.0
        return g

    return gradient


def _with_nan(loss: _Loss, theta: Any) -> Any:
    g = _right_gradient(loss, theta)
    g[len(g) // 2] = math.nan
    return g


# What is passed off as a gradient, in the words that a learner reads.
_RIGHT = "its gradient"
_SLIGHT = "its gradient, the last db slightly wrong"
_NAN = "its gradient with one NaN"
_WRONG_IN_MANY: dict[str, Callable[[_Loss, Any], Any]] = {
    "its gradient without 1/m": lambda loss, theta: len(loss.Y) * _right_gradient(loss, theta),
    "minus its gradient": lambda loss, theta: -_right_gradient(loss, theta),
    "its gradient without tanh'": _missing_slope,
    "its gradient, each dW transposed": _transposed,
    "its gradient, the last layer without 1/m": _last_layer_not_averaged,
}
# Here the first entry is right.
_WRONG_IN_A_FEW: dict[str, Callable[[_Loss, Any], Any]] = {
    "its gradient with one positive entry set to 0": _without_an_entry(1),
    "its gradient with one negative entry set to 0": _without_an_entry(-1),
    _SLIGHT: _slightly_wrong_bias,
    _NAN: _with_nan,
}
_KINDS = {_RIGHT: _right_gradient} | _WRONG_IN_MANY | _WRONG_IN_A_FEW


@dataclass(frozen=True)
class _Gradient:
    """The gradient of a loss, right or wrong in a way of `_KINDS`."""

    loss: _Loss
    kind: str

    @property
    def __name__(self) -> str:
        return self.kind

    def __call__(self, theta: Any) -> Any:
        """Return what is passed off as the gradient at theta."""
        return _KINDS[self.kind](self.loss, theta)


def _check_cases(rng: np.random.Generator) -> Cases:
    """Four groups, each with as many right gradients as wrong ones, in any order."""

    def case(kind: str, scale: float) -> Arguments:
        inputs, hidden, classes = rng.permutation([2, 3, 4]).tolist()
        X = np.round(rng.uniform(0, 1, (5, inputs)), 2)
        loss = _Loss((inputs, hidden, classes), X, _one_hot(rng, 5, classes), scale)
        return loss, _Gradient(loss, kind), signed(rng, 0.2, 1.2, loss.length)

    def group(*wrong: str, scale: float = 1.0) -> list[Arguments]:
        kinds = rng.permutation([_RIGHT] * len(wrong) + list(wrong)).tolist()
        return [case(kind, scale) for kind in kinds]

    return {
        "wrong in many entries": group(*_WRONG_IN_MANY),
        "wrong in a few entries": group(*_WRONG_IN_A_FEW),
        "tiny losses": group(_SLIGHT, str(rng.choice([*_WRONG_IN_MANY])), scale=1e-6),
        "huge losses": group(_SLIGHT, str(rng.choice([*_WRONG_IN_MANY])), scale=1e6),
    }


def _move_entry(theta: Any, i: int, step: float) -> Any:
    theta = theta.copy()
    theta[i] += step
    return theta


def _central(loss: Any, theta: Any, i: int) -> Any:
    return (loss(_move_entry(theta, i, 1e-5)) - loss(_move_entry(theta, i, -1e-5))) / 2e-5


def _checked(
    agree: Callable[[Any, Any], Any],
    slope: Callable[[Any, Any, int], Any] = _central,
) -> Callable[[Any, Any, Any], bool]:
    """Return a wrong check: it compares, or differentiates, in another way."""

    @np.errstate(all="ignore")
    def answer(loss: Any, gradient: Any, theta: Any) -> bool:
        numeric = np.array([slope(loss, theta, i) for i in range(len(theta))])
        return bool(agree(gradient(theta), numeric))

    return answer


def _forward_slope(loss: Any, theta: Any, i: int) -> Any:
    return (loss(_move_entry(theta, i, 1e-5)) - loss(theta)) / 1e-5


def _near(a: Any, n: Any) -> Any:
    return _size(a - n) <= 1e-7 * (_size(a) + _size(n))


def _not_restored(loss: Any, gradient: Any, theta: Any) -> bool:
    h, numeric = 1e-5, np.zeros_like(theta)
    for i in range(len(theta)):
        theta[i] += h
        above = loss(theta)
        theta[i] -= 2 * h
        numeric[i] = (above - loss(theta)) / (2 * h)
    return bool(_near(gradient(theta), numeric))


def _ratio_itself(loss: Any, gradient: Any, theta: Any) -> Any:
    numeric = np.array([_central(loss, theta, i) for i in range(len(theta))])
    return _unguarded(gradient(theta), numeric)


def _changes_theta(trials: list[Trial]) -> bool:
    return any(trial.stage == "changes" for trial in trials)


def _hands_back_numbers(trials: list[Trial]) -> bool:
    """Whether answers are neither True nor False; one that happens to be 1.0 reads True."""
    return all(trial.got is not None for trial in trials) and any(
        trial.detail.endswith("True or False is needed") for trial in trials
    )


def _is_opposite(trials: list[Trial]) -> bool:
    """Whether all answers are wrong, but for NaN, which no comparison turns round."""
    return all(trial.stage == "values" or trial.arguments[1].kind == _NAN for trial in trials)


def _always_false(trials: list[Trial]) -> bool:
    return all(trial.got is not None and np.array_equal(trial.got, False) for trial in trials)


def _is_absolute(trials: list[Trial]) -> bool:
    """Whether tiny gradients pass and huge ones fail, and of others only the subtlest pass."""
    mistakes = [trial for trial in trials if trial.stage]
    for trial in mistakes:
        loss, gradient, _ = trial.arguments
        if trial.stage != "values" or bool(trial.got) != (loss.scale <= 1):
            return False
        if loss.scale == 1 and gradient.kind not in (_SLIGHT, _NAN):
            return False
    return bool(mistakes)


_ALL_REFUSED = (
    "You refuse every gradient, the right ones too. Either your tolerance is too strict (a right "
    "ratio is below 1e-8, but not 0), or the numbers that you compare with are off: take a "
    "central difference with h near 1e-5, move one entry at a time, and keep the others where "
    "they were. A forward difference, or a tiny h, is not that accurate."
)
_NAN_PASSES = (
    "A gradient with a NaN passes. Every comparison with NaN is False, also “ratio > tolerance”: "
    "ask whether the ratio is small, not whether it is large. And leave no entry out."
)
_ABSOLUTE = (
    "You ask for a fixed distance: tiny gradients meet it even if they are wrong, huge ones do "
    "not even if they are right. Divide by the norms. (np.allclose has a fixed tolerance too, "
    "atol.)"
)
_LENIENT = (
    "An error of 1e-4 of the norm passes. Is your tolerance above that, or do you compare "
    "squares, which are far smaller? For tanh a right gradient is below 1e-7."
)

GRADIENT_CHECK = Exercise(
    lesson=5,
    points=6,
    reference=gradient_check,
    cases=_check_cases,
    misconceptions=(
        Misconception(
            wrong=_not_restored,
            hint="theta is another one afterwards. Move an entry of a copy, or put the entry back "
            "from where you saved it: x + h - 2 h + h is not always x.",
            shows=_changes_theta,
        ),
        Misconception(
            wrong=_ratio_itself,
            hint="A verdict is needed: compare your number with a tolerance, and return True or "
            "False.",
            shows=_hands_back_numbers,
        ),
        Misconception(
            wrong=_checked(lambda a, n: not _size(a - n) > 1e-7 * (_size(a) + _size(n))),
            hint=_NAN_PASSES,
        ),
        Misconception(
            wrong=_checked(lambda a, n: _near(a[np.isfinite(a)], n[np.isfinite(a)])),
            hint=_NAN_PASSES,
        ),
        Misconception(
            wrong=_checked(
                lambda a, n: np.abs(_size(a) - _size(n)) <= 1e-7 * (_size(a) + _size(n))
            ),
            hint="You compare the lengths of the two gradients alone: one that points the other "
            "way passes. Subtract first, then take the norm.",
        ),
        *(
            Misconception(
                wrong=_checked(one_sided),
                hint="Without the bars of |a - n|, an entry that is too small counts as near, or "
                "one that is too large: a negative difference is below any tolerance.",
            )
            for one_sided in (
                lambda a, n: np.max(a - n) <= 1e-6 * _size(n),
                lambda a, n: np.max(n - a) <= 1e-6 * _size(n),
            )
        ),
        Misconception(
            wrong=_checked(lambda a, n: _near(a / _size(a), n / _size(n))),
            hint="You compare directions alone, so a wrong factor passes. Do not bring the two "
            "gradients to length 1 before you compare them.",
        ),
        Misconception(
            wrong=_checked(lambda a, n: np.sum((a - n) ** 2) <= 1e-7 * np.sum(a**2 + n**2)),
            hint=_LENIENT,
        ),
        Misconception(
            wrong=_checked(lambda a, n: _size(a - n) <= 1e-3 * (_size(a) + _size(n))),
            hint=_LENIENT,
        ),
        Misconception(
            wrong=_checked(lambda a, n: _size(a - n) < 1e-7), hint=_ABSOLUTE, shows=_is_absolute
        ),
        Misconception(wrong=_checked(np.allclose), hint=_ABSOLUTE, shows=_is_absolute),
        Misconception(
            wrong=_checked(lambda a, n: np.abs(a[0] - n[0]) <= 1e-4 * np.abs([a[0], n[0]]).sum()),
            hint="You look at the first entry alone. Does return stand inside the loop?",
        ),
        Misconception(
            wrong=_checked(lambda a, n: _size(a - n) > 1e-7 * (_size(a) + _size(n))),
            hint="True and False are the wrong way round: True means that the two agree.",
            shows=_is_opposite,
        ),
        Misconception(
            wrong=_checked(_near, _forward_slope), hint=_ALL_REFUSED, shows=_always_false
        ),
    ),
    hints=(
        "Two gradients of the same loss: one you are given, the other you measure. How many "
        "losses does it take?",
        "For each i move entry i of a copy of theta by h = 1e-5 both ways, and divide the change "
        "of the loss by 2 h. Then compare the two arrays by their relative difference.",
        "Compare so that NaN gives False: return bool(ratio <= 1e-6). A right gradient of a tanh "
        "network comes out below 1e-8, a wrong one here above 1e-4.",
    ),
)

EXERCISES = (SOFTMAX, CROSS_ENTROPY, BACKWARD, RELATIVE_DIFFERENCE, GRADIENT_CHECK)
