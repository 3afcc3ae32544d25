"""What several exercises of lesson 5 share."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments, Trial

KEEPDIMS = (
    "A sum or a maximum over axis=1 has shape (m,), which does not line up with (m, K). With "
    "keepdims=True it has shape (m, 1), and each row meets its own."
)


def draw_one_hot(rng: np.random.Generator, rows: int, classes: int) -> Any:
    """Draw a class for each row: an array of shape (rows, classes) with one 1 in each."""
    return np.eye(classes)[rng.integers(classes, size=rows)]


def draw_level(rng: np.random.Generator) -> float:
    """Draw how large large logits are: far above 709, where np.exp overflows."""
    return float(rng.integers(5000, 9900))


def make_raised(*words: str) -> Callable[[list[Trial]], bool]:
    """Return a test whether an error that says one of these words is all that went wrong."""

    def shows(trials: list[Trial]) -> bool:
        failed = [trial for trial in trials if trial.stage]
        return bool(failed) and all(
            trial.stage == "raises" and any(word in trial.detail for word in words)
            for trial in failed
        )

    return shows


def is_in_single_precision(trials: list[Trial]) -> bool:
    """Return whether values came back as float32, and would be right but for its rounding."""
    return all(
        isinstance(trial.got, np.ndarray)
        and trial.got.dtype == np.float32
        and np.allclose(trial.got, trial.expected, rtol=0.02, atol=1e-3)
        for trial in trials
    )


def make_scaled_by(
    list_sizes: Callable[[Arguments], tuple[int, ...]],
) -> Callable[[list[Trial]], bool]:
    """Return a test whether all results are off by a product of powers of these sizes."""

    def shows(trials: list[Trial]) -> bool:
        known = [t for t in trials if np.all(np.isfinite(t.expected)) and np.any(t.expected)]
        if not known or any(np.ndim(t.got) or t.got is None or t.got <= 0 for t in known):
            return False
        logs = np.array([np.log(list_sizes(t.arguments)) for t in known])
        off = np.array([np.log(t.got / t.expected) for t in known])
        powers = itertools.product((-2, -1, 0, 1, 2), repeat=logs.shape[1])
        return any(any(power) and np.allclose(logs @ power, off) for power in powers)

    return shows


SINGLE_PRECISION = (
    "Your numbers are float32, which holds 7 digits; a logit of 5000.25 keeps 3 decimals. Leave "
    "the arrays in float64, as they come."
)


def find_log_softmax(Z: Any, axis: int = 1) -> Any:
    """Return the logarithms of the probabilities, each row shifted by its maximum."""
    shifted = Z - Z.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def join_entries(pairs: Any) -> Any:
    """Return all entries of pairs of arrays in one row."""
    return np.concatenate([np.ravel(part) for pair in pairs for part in pair])


def find_norm(v: Any) -> Any:
    """Return the root of the sum of squares; infinities and NaN as they come."""
    return np.sqrt(np.sum(v**2))


@np.errstate(all="ignore")
def divide_unguarded(a: Any, b: Any) -> Any:
    """Return the relative difference, NaN where both are zero."""
    return find_norm(a - b) / (find_norm(a) + find_norm(b))


def softmax_by_rows(Z: Any) -> Any:
    """Return softmax by loops, with Python's own exponential."""
    out = np.empty_like(Z)
    for i, row in enumerate(Z):
        exponentials = [math.exp(z - max(row)) for z in row]
        out[i] = np.array(exponentials) / math.fsum(exponentials)
    return out


def softmax_by_columns(Z: Any) -> Any:
    """Return softmax by way of the transpose, where no axis has to be kept."""
    exponentials = np.exp(Z.T - np.max(Z, axis=-1))
    return (exponentials / np.sum(exponentials, axis=0)).T


def find_log_sum_exp(Z: Any) -> Any:
    """Return ln(sum exp(z)) of each row."""
    top = Z.max(axis=1)
    return top + np.log(np.exp(Z - top[:, np.newaxis]).sum(axis=1))


def find_log_probabilities(Z: Any) -> Any:
    """Return the logarithms of the probabilities by NumPy's logaddexp."""
    return Z - np.logaddexp.reduce(Z, axis=1, keepdims=True)


def difference_by_loops(a: Any, b: Any) -> float:
    """Return the relative difference in Python's own floats."""
    a, b = a.ravel().tolist(), b.ravel().tolist()
    apart = math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)))
    total = math.sqrt(sum(p * p for p in a)) + math.sqrt(sum(q * q for q in b))
    return 0.0 if total == 0 else apart / total


def difference_by_einsum(a: Any, b: Any) -> Any:
    """Return the relative difference by sums of products; the integer 0 where both are zero."""
    d, a, b = np.ravel(a - b), np.ravel(a), np.ravel(b)
    if not (np.any(a) or np.any(b)):
        return 0
    above, *below = (np.sqrt(np.einsum("i,i->", v, v)) for v in (d, a, b))
    return above / sum(below)


def difference_scaled(a: Any, b: Any) -> Any:
    """Divide by the largest entry first, so that no square overflows or underflows."""
    largest = np.max(np.abs([a, b]))
    if largest == 0:
        return np.float64(0.0)
    a, b = a / largest, b / largest
    return np.linalg.norm(b - a, "fro" if a.ndim == 2 else None) / (
        np.sqrt((a * a).sum()) + np.sqrt((b * b).sum())
    )


def find_entropy_by_rows(Z: Any, Y: Any) -> Any:
    """Return the cross-entropy, one row after the other; a right answer."""
    losses = []
    for z, y in zip(Z, Y, strict=True):
        top = max(z)
        total = sum(math.exp(value - top) for value in z)
        losses.append(math.log(total) + top - z[list(y).index(1)])
    return sum(losses) / len(losses)
