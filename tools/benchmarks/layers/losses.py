"""Losses as layers: their output is a number, or one for each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.layers.functions import sigmoid
from tools.benchmarks.layers.layer import Layer, Mistake
from tools.benchmarks.world.functions import log_sum_exp, softmax
from tools.benchmarks.world.problem import Array, Rng

_CS231N = "CS231n, assignment 1"


def _cross_entropy(z: Array, labels: Array) -> Any:
    rows = np.arange(len(z))
    return (log_sum_exp(z) - z[rows, labels]).mean()


def _cross_entropy_back(dout: Array, z: Array, labels: Array, mistake: str = "") -> Any:
    m = len(z)
    dz = softmax(z)
    places = (labels + 1) % z.shape[1] if mistake == "labels off by one" else labels
    if mistake != "labels not subtracted":
        dz[np.arange(m), places] -= 1
    if mistake == "only at the label":
        dz = np.where(np.eye(z.shape[1])[labels] > 0, dz, 0.0)
    if mistake == "dout ignored":
        return dz / m
    return dout * dz / (1 if mistake == "1/m forgotten" else m)


def _draw_labels(rng: Rng) -> tuple[Any, ...]:
    return rng.normal(size=(5, 4)), np.array([0, 3, 1, 3, 2])


def _cross_entropies(z: Array, labels: Array) -> Any:
    rows = np.arange(len(z))
    return log_sum_exp(z) - z[rows, labels], (softmax(z), labels)


def _cross_entropies_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    p, labels = cache
    dz = p - np.eye(p.shape[1])[labels]
    if mistake == "mean of dout for all rows":
        return dz * dout.mean()
    if mistake == "dout ignored":
        return dz
    return dz * dout[:, None]


def _hinge(scores: Array, y: Array) -> Any:
    rows = np.arange(len(scores))
    margins = np.maximum(scores - scores[rows, y][:, None] + 1, 0)
    margins[rows, y] = 0
    return margins.sum() / len(scores), (margins, y)


def _hinge_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    margins, y = cache
    rows = np.arange(len(y))
    d = (margins > 0) * 1.0
    count = 1.0 if mistake == "1 for the number of margins" else d.sum(axis=1)
    if mistake != "right class forgotten":
        d[rows, y] = d[rows, y] + count if mistake == "sign at the right class" else -count
    if mistake == "margins for their signs":
        d = np.where(margins > 0, margins, d)
    return dout * d / (1 if mistake == "1/m forgotten" else len(y))


def _draw_scores(rng: Rng) -> tuple[Any, ...]:
    y = np.array([0, 2, 1, 3, 2])
    while True:
        scores = 1.5 * rng.normal(size=(5, 4))
        gaps = scores - scores[np.arange(5), y][:, None] + 1
        # Away from kinks; at least one row with two margins that count.
        if np.abs(gaps).min() > 0.05 and ((gaps > 0).sum(axis=1) > 2).any():
            return scores, y


def _squared_error(prediction: Array, target: Array) -> Any:
    return ((prediction - target) ** 2).mean()


def _squared_error_back(dout: Array, prediction: Array, target: Array, mistake: str = "") -> Any:
    d = 2 * dout * (prediction - target) / prediction.size
    if mistake == "2 missing":
        d = d / 2
    if mistake == "mean over the rows only":
        d = d * prediction.shape[1]
    return (d, d) if mistake == "sign of dtarget" else (d, -d)


def _huber(prediction: Array, delta: float, target: tuple[float, ...]) -> Any:
    e = prediction - np.array(target)
    size = np.abs(e)
    return np.where(size <= delta, e * e / 2, delta * (size - delta / 2))


def _huber_back(
    dout: Array, prediction: Array, delta: float, target: tuple[float, ...], mistake: str = ""
) -> Any:
    e = prediction - np.array(target)
    if mistake == "quadratic everywhere":
        return dout * e
    if mistake == "delta forgotten":
        return dout * np.where(np.abs(e) <= delta, e, np.sign(e))
    if mistake == "sign forgotten":
        return dout * np.where(np.abs(e) <= delta, e, delta)
    return dout * np.clip(e, -delta, delta)


def _draw_huber(rng: Rng) -> tuple[Any, ...]:
    target = tuple(rng.normal(size=6).tolist())
    # Three inside, three outside, on both sides.
    return np.array(target) + np.array([0.2, -0.3, 0.1, 1.4, -2.0, 0.9]), 0.5, target


def _binary(z: Array, y: Array) -> Any:
    # log(1 + exp(z)) - y z, with labels 0 and 1.
    return (np.log1p(np.exp(z)) - y * z).sum()


def _binary_back(dout: Array, z: Array, y: Array, mistake: str = "") -> Any:
    p = sigmoid(z)
    if mistake == "sigmoid' too much":
        return dout * (p - y) * p * (1 - p)
    return dout * (y - p if mistake == "y - p" else p - y)


def _contrastive(a: Array, b: Array, same: Array, margin: float) -> Any:
    distance = np.sqrt(((a - b) ** 2).sum(axis=1))
    gap = np.maximum(margin - distance, 0)
    return np.where(same, distance**2, gap**2) / 2, (a - b, distance, gap, same)


def _contrastive_back(dout: Array, cache: Any, mistake: str = "") -> Any:
    difference, distance, gap, same = cache
    apart = -gap / distance
    if mistake == "pairs pushed the wrong way":
        apart = -apart
    if mistake == "distance squared":
        apart = -gap / distance**2
    if mistake == "other pairs forgotten":
        apart = np.zeros_like(gap)
    da = (dout * np.where(same, 1.0, apart))[:, None] * difference
    return (da, da) if mistake == "sign of db" else (da, -da)


def _draw_pairs(rng: Rng) -> tuple[Any, ...]:
    same, margin = np.array([True, False, False, True, False]), 2.0
    a, unit = rng.normal(size=(2, 5, 3))
    unit /= np.sqrt((unit * unit).sum(axis=1, keepdims=True))
    # Of the pairs that are not the same, two are near and one is far.
    return a, a + unit * np.array([[0.8], [0.7], [1.3], [1.5], [3.0]]), same, margin


def _triplet(anchor: Array, positive: Array, negative: Array) -> Any:
    near, far = ((anchor - v) ** 2 for v in (positive, negative))
    return np.maximum((near - far).sum(axis=1) + 1, 0).sum()


def _triplet_back(
    dout: Array, anchor: Array, positive: Array, negative: Array, mistake: str = ""
) -> Any:
    near, far = anchor - positive, anchor - negative
    active = ((near**2 - far**2).sum(axis=1) + 1 > 0)[:, None]
    if mistake == "margin ignored":
        active = np.ones_like(active)
    d = 2 * dout * active
    danchor = d * (near if mistake == "negative left out of the anchor" else near - far)
    dpositive, dnegative = -d * near, d * far
    if mistake == "positive and negative swapped":
        dpositive, dnegative = dnegative, dpositive
    return danchor, dpositive, dnegative


def _draw_triplets(rng: Rng) -> tuple[Any, ...]:
    anchor, near, far = rng.normal(size=(3, 4, 3))
    near, far = (v / np.sqrt((v * v).sum(axis=1, keepdims=True)) for v in (near, far))
    # The squared distances: three triplets count, one is far enough apart.
    return anchor, anchor + near, anchor + far * np.array([[0.7], [1.2], [2.5], [0.9]])


LAYERS = (
    Layer(
        "cross-entropy, mean",
        "losses",
        _CS231N,
        _cross_entropy,
        _cross_entropy_back,
        _draw_labels,
        (
            Mistake("1/m forgotten", "z", "wrong_scale"),
            Mistake("labels not subtracted", "z"),
            Mistake("labels off by one", "z"),
            Mistake("only at the label", "z", "some_zero softmax_diagonal"),
            Mistake("dout ignored", "z", "wrong_scale nonlinear"),
        ),
    ),
    Layer(
        "cross-entropy of each row",
        "losses",
        "PyTorch, cross_entropy(reduction='none')",
        _cross_entropies,
        _cross_entropies_back,
        _draw_labels,
        (
            Mistake("mean of dout for all rows", "z", "scaled_rows"),
            Mistake("dout ignored", "z", "scaled_rows nonlinear"),
        ),
        cache=True,
    ),
    Layer(
        "hinge loss of many classes",
        "losses",
        "CS231n, assignment 1, linear_svm.py",
        _hinge,
        _hinge_back,
        _draw_scores,
        (
            Mistake("1 for the number of margins", "scores"),
            Mistake("right class forgotten", "scores", "some_zero"),
            Mistake("sign at the right class", "scores", "sign_flipped"),
            Mistake("margins for their signs", "scores"),
            Mistake("1/m forgotten", "scores", "wrong_scale"),
        ),
        cache=True,
    ),
    Layer(
        "mean squared error",
        "losses",
        "PyTorch, mse_loss",
        _squared_error,
        _squared_error_back,
        lambda rng: tuple(rng.normal(size=(2, 4, 3))),
        (
            Mistake("2 missing", "prediction target", "wrong_scale"),
            Mistake("mean over the rows only", "prediction target", "wrong_scale"),
            Mistake("sign of dtarget", "target", "sign_flipped", "swapped"),
        ),
    ),
    Layer(
        "Huber loss",
        "losses",
        "Huber 1964, Annals of Mathematical Statistics 35, 73-101",
        _huber,
        _huber_back,
        _draw_huber,
        (
            Mistake("quadratic everywhere", "prediction"),
            Mistake("delta forgotten", "prediction", "wrong_scale"),
            Mistake("sign forgotten", "prediction"),
        ),
        analytic=False,
    ),
    Layer(
        "binary cross-entropy of logits",
        "losses",
        "PyTorch, binary_cross_entropy_with_logits",
        _binary,
        _binary_back,
        lambda rng: (1.5 * rng.normal(size=6), np.array([0, 1, 1, 0, 1, 0])),
        (Mistake("sigmoid' too much", "z"), Mistake("y - p", "z", "sign_flipped")),
    ),
    Layer(
        "contrastive loss",
        "losses",
        "Hadsell, Chopra and LeCun 2006, CVPR",
        _contrastive,
        _contrastive_back,
        _draw_pairs,
        (
            Mistake("pairs pushed the wrong way", "a b", "sign_flipped"),
            Mistake("distance squared", "a b", "scaled_rows"),
            Mistake("other pairs forgotten", "a b", "some_zero"),
            Mistake("sign of db", "b", "sign_flipped", "swapped"),
        ),
        cache=True,
    ),
    Layer(
        "triplet loss",
        "losses",
        "Schroff, Kalenichenko and Philbin 2015, arXiv:1503.03832",
        _triplet,
        _triplet_back,
        _draw_triplets,
        (
            Mistake("margin ignored", "anchor positive negative", "dead_units"),
            Mistake("negative left out of the anchor", "anchor"),
            Mistake("positive and negative swapped", "positive negative", "swapped"),
        ),
    ),
)
