"""Negative log likelihoods of sequences of observations."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tools.benchmarks.world.functions import log_sum_exp, softmax
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _garch(rng: Rng) -> Instance:
    T = int(rng.integers(15, 30))
    y = rng.normal(size=T)

    def loss(p: Array) -> Any:
        w, a, b = p
        h, total = 1.0, 0
        for r in y.tolist():
            total = total + (np.log(h) + r * r / h) / 2
            h = w + a * r * r + b * h
        return total

    def gradient(p: Array, mistake: str) -> Array:
        w, a, b = p
        h, dh, g = 1.0, np.zeros(3), np.zeros(3)
        for r in y:
            g += (1 / h - r * r / h**2) / 2 * dh
            carried = 0 if mistake == "recursion lost" else b * dh
            h, dh = w + a * r * r + b * h, np.array([1.0, r * r, h]) + carried
        return g

    return Instance(loss, gradient, np.array([0.1, 0.15, 0.7]) * rng.uniform(0.7, 1.2, 3))


def _kalman(rng: Rng) -> Instance:
    T = int(rng.integers(12, 25))
    y = np.cumsum(rng.normal(size=T)) + rng.normal(size=T)

    def loss(p: Array) -> Any:
        q, r = np.exp(p)
        m, P, total = 0, 1, 0
        for value in y.tolist():
            P = P + q
            S, e = P + r, value - m
            total = total + (np.log(S) + e * e / S) / 2
            m, P = m + P / S * e, P * r / S
        return total

    def gradient(p: Array, mistake: str) -> Array:
        q, r = np.exp(p)
        dq, dr = np.array([q, 0]), np.array([0, r])
        m, P, dm, dP, g = 0.0, 1.0, np.zeros(2), np.zeros(2), np.zeros(2)
        for value in y:
            P, dP = P + q, dP + dq
            S, dS, e, de = P + r, dP + dr, value - m, -dm
            g += (dS / S + 2 * e * de / S - e * e * dS / S**2) / 2
            dK = 0 if mistake == "gain held constant" else dP / S - P * dS / S**2
            m, dm = m + P / S * e, dm + P / S * de + dK * e
            P, dP = P * r / S, dP * r / S + P * dr / S - P * r * dS / S**2
        return g

    return Instance(loss, gradient, rng.normal(size=2))


def _run_both_ways(start: Array, A: Array, B: Array) -> tuple[list[Any], list[Any]]:
    """Return the logarithms of Rabiner's alpha and beta, one array for each time."""
    alpha: list[Any] = [start + B[0]]
    beta: list[Any] = [0 * start]
    for emitted in B[1:]:
        alpha.append(log_sum_exp(alpha[-1][:, None] + A, axis=0) + emitted)
    for emitted in B[:0:-1]:
        beta.insert(0, log_sum_exp(A + emitted + beta[0], axis=1))
    return alpha, beta


def _hidden_markov(rng: Rng) -> Instance:
    k, c, T = int(rng.integers(2, 4)), int(rng.integers(2, 4)), int(rng.integers(6, 12))
    seen = rng.integers(c, size=T)

    def tables(p: Tree) -> tuple[Any, Any, Any]:
        logs = [
            p[name] - np.asarray(log_sum_exp(p[name]))[..., None]
            for name in ("move", "emit", "start")
        ]
        return logs[0], logs[1][:, seen].T, logs[2]

    def loss(p: Tree) -> Any:
        A, B, start = tables(p)
        alpha = start + B[0]
        for emitted in B[1:]:
            alpha = log_sum_exp(alpha[:, None] + A, axis=0) + emitted
        return -log_sum_exp(alpha)

    def gradient(p: Tree, mistake: str) -> Tree:
        A, B, start = tables(p)
        alpha, beta = _run_both_ways(start, A, B)
        state = np.array([softmax(a + b) for a, b in zip(alpha, beta, strict=True)])
        moved = np.zeros((k, k))
        for t in range(T - 1):
            joint = alpha[t][:, None] + A + B[t + 1] + beta[t + 1]
            moved += softmax(joint.ravel()).reshape(k, k)
        emitted = np.zeros((k, c))
        np.add.at(emitted.T, seen, state)
        counts = {"move": moved, "emit": emitted, "start": state[0]}
        if mistake == "normalisation forgotten":
            return {name: -count for name, count in counts.items()}
        if mistake == "last observation lost":
            counts["emit"][:, seen[-1]] -= state[-1]
        return {
            name: softmax(p[name]) * count.sum(axis=-1, keepdims=True) - count
            for name, count in counts.items()
        }

    shapes = {"move": (k, k), "emit": (k, c), "start": (k,)}
    return Instance(loss, gradient, {name: rng.normal(size=s) for name, s in shapes.items()})


def _random_field(rng: Rng) -> Instance:
    k, T = int(rng.integers(2, 5)), int(rng.integers(4, 8))
    tags = rng.integers(k, size=T)

    def forward(p: Tree) -> list[Any]:
        alpha = [p["unary"][0]]
        for t in range(1, T):
            alpha.append(log_sum_exp(alpha[-1][:, None] + p["move"], axis=0) + p["unary"][t])
        return alpha

    def loss(p: Tree) -> Any:
        score = sum(p["unary"][t, tag] for t, tag in enumerate(tags))
        score = score + sum(p["move"][a, b] for a, b in pairwise(tags))
        return log_sum_exp(forward(p)[-1]) - score

    def gradient(p: Tree, mistake: str) -> Tree:
        alpha, beta = forward(p), [np.zeros(k)]
        for t in range(T - 1, 0, -1):
            beta.insert(0, log_sum_exp(p["move"] + p["unary"][t] + beta[0], axis=1))
        unary = np.array([softmax(a + b) for a, b in zip(alpha, beta, strict=True)])
        unary[np.arange(T), tags] -= 1
        move = np.zeros((k, k))
        for t in range(T - 1 - (mistake == "last transition lost")):
            joint = alpha[t][:, None] + p["move"] + p["unary"][t + 1] + beta[t + 1]
            move += softmax(joint.ravel()).reshape(k, k)
            move[tags[t], tags[t + 1]] -= 1
        return {"unary": unary, "move": move.T if mistake == "transitions transposed" else move}

    return Instance(
        loss, gradient, {"unary": rng.normal(size=(T, k)), "move": rng.normal(size=(k, k))}
    )


def _moving_average(rng: Rng) -> Instance:
    T = int(rng.integers(15, 30))
    y = rng.normal(size=T)

    def loss(p: Array) -> Any:
        mean, theta, log_s = p
        e, total = 0, T * log_s
        for value in y.tolist():
            e = value - mean - theta * e
            total = total + e * e * np.exp(-2 * log_s) / 2
        return total

    def gradient(p: Array, mistake: str) -> Array:
        mean, theta, log_s = p
        scale = np.exp(-2 * log_s)
        e, de, g = 0.0, np.zeros(2), np.zeros(3)
        for value in y:
            carried = 0 if mistake == "recursion lost" else theta * de
            e, de = value - mean - theta * e, np.array([-1.0, -e]) - carried
            g += scale * np.append(e * de, -e * e)
        g[2] += T
        return g

    return Instance(loss, gradient, np.append(rng.uniform(-0.7, 0.7, 2), rng.uniform(-0.5, 0.5)))


def _autoregression(rng: Rng) -> Instance:
    n, T = int(rng.integers(1, 4)), 25
    y = np.cumsum(rng.normal(size=T)) * 0.5
    lags = np.stack([y[n - 1 - i : T - 1 - i] for i in range(n)], 1)

    def loss(p: Tree) -> Any:
        e = y[n:] - lags @ p["phi"]
        s = p["log_sd"][0]
        return (T - n) * s + e @ e * np.exp(-2 * s) / 2

    def gradient(p: Tree, mistake: str) -> Tree:
        e, scale = y[n:] - lags @ p["phi"], np.exp(-2 * p["log_sd"])
        count = T if mistake == "T for T - p" else T - n
        lag = lags[::-1] if mistake == "time reversed" else lags
        return {"phi": -scale * (lag.T @ e), "log_sd": count - e @ e * scale}

    return Instance(
        loss, gradient, {"phi": rng.normal(size=n) * 0.4, "log_sd": rng.uniform(-1, 0.5, 1)}
    )


def _hawkes(rng: Rng) -> Instance:
    t = np.cumsum(rng.exponential(0.5, int(rng.integers(8, 16))))
    end = float(t[-1] + 0.5)

    def excitement(b: Any) -> tuple[list[Any], list[Any]]:
        A, B = [0 * b], [0 * b]
        for before, now in pairwise(t.tolist()):
            fade = np.exp(-b * (now - before))
            B.append(fade * (B[-1] - (now - before) * (1 + A[-1])))
            A.append(fade * (1 + A[-1]))
        return A, B

    def loss(p: Array) -> Any:
        rate, a, b = p
        jumps = sum(np.log(rate + a * A) for A in excitement(b)[0])
        return rate * end + a / b * np.sum(1 - np.exp(-b * (end - t))) - jumps

    def gradient(p: Array, mistake: str) -> Array:
        rate, a, b = p
        A, B = (np.array(values) for values in excitement(b))
        low, fade = 1 / (rate + a * A), np.exp(-b * (end - t))
        tail = 0 if mistake == "fading tail forgotten" else np.sum((end - t) * fade)
        d_b = a / b * tail - a / b**2 * np.sum(1 - fade)
        return np.array([end - low.sum(), np.sum(1 - fade) / b - low @ A, d_b - a * (low @ B)])

    return Instance(loss, gradient, np.array([0.8, 0.6, 1.5]) * rng.uniform(0.7, 1.3, 3))


FAMILIES = (
    Family(
        "GARCH(1, 1)",
        "time series",
        "Bollerslev 1986, J. Econometrics 31",
        _garch,
        ("recursion lost",),
    ),
    Family(
        "Kalman filter",
        "time series",
        "Durbin and Koopman 2012, chapter 2",
        _kalman,
        ("gain held constant",),
    ),
    Family(
        "hidden Markov model",
        "time series",
        "Rabiner 1989, Proc. IEEE 77",
        _hidden_markov,
        ("normalisation forgotten", "last observation lost"),
    ),
    Family(
        "conditional random field",
        "time series",
        "Lafferty, McCallum and Pereira 2001, ICML",
        _random_field,
        ("last transition lost", "transitions transposed"),
    ),
    Family(
        "moving average",
        "time series",
        "Box and Jenkins 1970",
        _moving_average,
        ("recursion lost",),
    ),
    Family(
        "autoregression",
        "time series",
        "Box and Jenkins 1970",
        _autoregression,
        ("T for T - p", "time reversed"),
    ),
    Family(
        "Hawkes process",
        "time series",
        "Ozaki 1979, Ann. Inst. Statist. Math. 31",
        _hawkes,
        ("fading tail forgotten",),
    ),
)
