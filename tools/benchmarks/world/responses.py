"""Negative log likelihoods of answers, choices, ranks and times, up to a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.functions import (
    log_sum_exp,
    sigmoid,
    softmax,
    softplus,
)
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _cox(rng: Rng) -> Instance:
    m, n = 15, int(rng.integers(1, 5))
    X, event = rng.normal(size=(m, n)), rng.random(m) < 0.7  # rows in order of time
    event[0] = True

    def loss(w: Array) -> Any:
        z = X @ w
        return sum(log_sum_exp(z[i:]) - z[i] for i in range(m) if event[i])

    def gradient(w: Array, mistake: str) -> Array:
        z, g = X @ w, np.zeros(n)
        for i in np.flatnonzero(event):
            risk = np.arange(i, m)
            if mistake == "censored not at risk":
                risk = risk[event[i:]]
            g += softmax(z[risk]) @ X[risk] - X[i]
        return g

    return Instance(loss, gradient, rng.normal(size=n))


def _item_response(rng: Rng) -> Instance:
    people, items = int(rng.integers(4, 9)), int(rng.integers(3, 6))
    Y = (rng.random((people, items)) < 0.5) * 1.0

    def loss(p: Tree) -> Any:
        z = p["slope"] * (p["ability"][:, None] - p["difficulty"])
        return np.sum(softplus(z) - Y * z)

    def gradient(p: Tree, mistake: str) -> Tree:
        gap = p["ability"][:, None] - p["difficulty"]
        d = sigmoid(p["slope"] * gap) - Y
        back = d * p["slope"]
        result = {"ability": back.sum(1), "difficulty": -back.sum(0), "slope": (d * gap).sum(0)}
        if mistake == "pair swapped":
            result["difficulty"], result["slope"] = result["slope"], result["difficulty"]
        if mistake == "sign of the difficulty":
            result["difficulty"] = -result["difficulty"]
        return result

    return Instance(
        loss,
        gradient,
        {
            "ability": rng.normal(size=people),
            "difficulty": rng.normal(size=items),
            "slope": rng.uniform(0.5, 2, items),
        },
    )


def _bradley_terry(rng: Rng) -> Instance:
    n = int(rng.integers(3, 8))
    wins = rng.integers(0, 5, (n, n)).astype(float) * (1 - np.eye(n))

    def loss(s: Array) -> Any:
        return np.sum(wins * softplus(s[None, :] - s[:, None]))

    def gradient(s: Array, mistake: str) -> Array:
        d = wins * sigmoid(s[None, :] - s[:, None])
        return np.asarray(-d.sum(1) if mistake == "losses forgotten" else d.sum(0) - d.sum(1))

    return Instance(loss, gradient, rng.normal(size=n))


def _weibull_survival(rng: Rng) -> Instance:
    t = rng.weibull(1.5, 20) * 2
    event = (rng.random(20) < 0.6) * 1.0
    event[0] = 0.0

    def loss(p: Array) -> Any:
        log_k, log_s = p
        k = np.exp(log_k)
        z = (t * np.exp(-log_s)) ** k
        return np.sum(z - event * (log_k - log_s + (k - 1) * (np.log(t) - log_s)))

    def gradient(p: Array, mistake: str) -> Array:
        k, e = np.exp(p[0]), np.ones(20) if mistake == "censored as events" else event
        log_ratio = np.log(t) - p[1]
        z = np.exp(k * log_ratio)
        return np.array([np.sum((z - e) * k * log_ratio - e), np.sum(k * (e - z))])

    return Instance(loss, gradient, rng.uniform(-0.3, 0.8, 2))


def _ordinal(rng: Rng) -> Instance:
    c, m = int(rng.integers(3, 6)), 20
    X, y = rng.normal(size=(m, 2)), rng.integers(c, size=m)

    def bounds(p: Tree) -> tuple[Any, Any]:
        """Return the probabilities of at most y - 1, and of at most y."""
        z = X @ p["w"]
        steps = np.stack([sigmoid(cut - z) for cut in p["cut"]], axis=1)
        steps = np.concatenate([0 * steps[:, :1], steps, 0 * steps[:, :1] + 1], axis=1)
        return steps[np.arange(m), y], steps[np.arange(m), y + 1]

    def gradient(p: Tree, mistake: str) -> Tree:
        low, high = bounds(p)
        share = -1 / (high - low)
        d_low, d_high = low * (1 - low), high * (1 - high)
        cut = np.zeros(c + 1)
        np.add.at(cut, y + 1, share * d_high)
        if mistake != "lower cut forgotten":
            np.add.at(cut, y, -share * d_low)
        return {"w": -X.T @ (share * (d_high - d_low)), "cut": cut[1:-1]}

    def loss(p: Tree) -> Any:
        low, high = bounds(p)
        return -np.sum(np.log(high - low))

    return Instance(
        loss,
        gradient,
        {"w": rng.normal(size=2), "cut": np.linspace(-1, 1.5, c - 1) + rng.uniform(-0.2, 0.2)},
    )


def _pseudo_likelihood(rng: Rng) -> Instance:
    n = int(rng.integers(3, 7))
    S = rng.choice([-1.0, 1.0], (12, n))

    def loss(J: Array) -> Any:
        return np.sum(softplus(-2 * S * (S @ J)))

    def gradient(J: Array, mistake: str) -> Array:
        d = -2 * S * sigmoid(-2 * S * (S @ J))
        return np.asarray(d.T @ d / 2 if mistake == "fields for spins" else S.T @ d)

    return Instance(loss, gradient, rng.normal(size=(n, n)) * 0.3)


def _negative_sampling(rng: Rng) -> Instance:
    d, k = int(rng.integers(2, 6)), int(rng.integers(2, 6))

    def loss(p: Tree) -> Any:
        return softplus(-(p["word"] @ p["context"])) + np.sum(softplus(p["noise"] @ p["word"]))

    def gradient(p: Tree, mistake: str) -> Tree:
        a, b = -sigmoid(-(p["word"] @ p["context"])), sigmoid(p["noise"] @ p["word"])
        if mistake == "sign of the noise":
            b = -b
        word = a * p["context"] + b @ p["noise"]
        return {"word": word, "context": a * p["word"], "noise": np.outer(b, p["word"])}

    return Instance(
        loss,
        gradient,
        {
            "word": rng.normal(size=d),
            "context": rng.normal(size=d),
            "noise": rng.normal(size=(k, d)),
        },
    )


def _evidence_bound(rng: Rng) -> Instance:
    n = int(rng.integers(2, 8))
    x, noise = rng.normal(size=n), rng.normal(size=n)

    def loss(p: Tree) -> Any:
        z = p["mean"] + np.exp(p["log_var"] / 2) * noise
        prior = np.exp(p["log_var"]) + p["mean"] ** 2 - 1 - p["log_var"]
        return np.sum((x - np.tanh(z)) ** 2) + np.sum(prior) / 2

    def gradient(p: Tree, mistake: str) -> Tree:
        s = np.exp(p["log_var"] / 2)
        t = np.tanh(p["mean"] + s * noise)
        dz = -2 * (x - t) * (1 - t * t)
        prior = (s * s + 1) / 2 if mistake == "sign in the prior" else (s * s - 1) / 2
        half = 1.0 if mistake == "1/2 of the variance forgotten" else 0.5
        return {"mean": dz + p["mean"], "log_var": half * dz * s * noise + prior}

    return Instance(loss, gradient, {"mean": rng.normal(size=n), "log_var": rng.normal(size=n)})


FAMILIES = (
    Family(
        "Cox partial likelihood",
        "likelihoods",
        "Cox 1975, Biometrika 62",
        _cox,
        ("censored not at risk",),
    ),
    Family(
        "item response",
        "likelihoods",
        "Birnbaum 1968, in Lord and Novick",
        _item_response,
        ("pair swapped", "sign of the difficulty"),
    ),
    Family(
        "Bradley-Terry",
        "likelihoods",
        "Bradley and Terry 1952, Biometrika 39",
        _bradley_terry,
        ("losses forgotten",),
    ),
    Family(
        "Weibull survival",
        "likelihoods",
        "Kalbfleisch and Prentice 2002, chapter 3",
        _weibull_survival,
        ("censored as events",),
    ),
    Family(
        "ordinal logit",
        "likelihoods",
        "McCullagh 1980, J. R. Statist. Soc. B 42",
        _ordinal,
        ("lower cut forgotten",),
    ),
    Family(
        "Ising pseudo-likelihood",
        "likelihoods",
        "Besag 1975, The Statistician 24",
        _pseudo_likelihood,
        ("fields for spins",),
    ),
    Family(
        "negative sampling",
        "likelihoods",
        "Mikolov et al. 2013, arXiv:1310.4546",
        _negative_sampling,
        ("sign of the noise",),
    ),
    Family(
        "evidence lower bound",
        "likelihoods",
        "Kingma and Welling 2013, arXiv:1312.6114",
        _evidence_bound,
        ("sign in the prior", "1/2 of the variance forgotten"),
    ),
)
