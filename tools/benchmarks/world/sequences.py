"""Layers of sequences: embeddings, attention and recurrent cells, as sums times an upstream."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.functions import sigmoid, softmax, softmax_back
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _embedding(rng: Rng) -> Instance:
    words, d = int(rng.integers(5, 9)), int(rng.integers(2, 5))
    ids = rng.integers(words, size=6)
    ids[3:5] = ids[0]
    R = rng.normal(size=(6, d))

    def gradient(E: Array, mistake: str) -> Array:
        g = np.zeros_like(E)
        if mistake == "repeated id lost":
            g[ids] += R  # as written, this adds only the last row of a repeated id
        else:
            np.add.at(g, ids, R)
        return g

    return Instance(lambda E: np.sum(E[ids] * R), gradient, rng.normal(size=(words, d)))


def _embedding_bag(rng: Rng) -> Instance:
    words, d = int(rng.integers(5, 9)), int(rng.integers(2, 5))
    bags = [rng.integers(words, size=int(rng.integers(2, 5))) for _ in range(4)]
    R = rng.normal(size=(4, d))

    def loss(E: Array) -> Any:
        return sum(
            np.sum(np.tanh(E[bag].sum(0) / len(bag)) * r) for bag, r in zip(bags, R, strict=True)
        )

    def gradient(E: Array, mistake: str) -> Array:
        g = np.zeros_like(E)
        for bag, r in zip(bags, R, strict=True):
            count = len(bag)
            d = r * (1 - np.tanh(E[bag].mean(0)) ** 2)
            np.add.at(g, bag, d if mistake == "count forgotten" else d / count)
        return g

    return Instance(loss, gradient, rng.normal(size=(words, d)))


def _attend(p: Tree, mask: Array) -> tuple[Array, Array]:
    scores = p["Q"] @ p["K"].T / np.sqrt(p["Q"].shape[1])
    return scores, softmax(scores + mask)


def _attention(rng: Rng, causal: bool) -> Instance:
    n, d = int(rng.integers(3, 6)), int(rng.integers(2, 5))
    R = rng.normal(size=(n, d))
    mask = np.triu(np.full((n, n), -1e3), 1) if causal else np.zeros((n, n))

    def gradient(p: Tree, mistake: str) -> Tree:
        P = _attend(p, 0 * mask if mistake == "mask forgotten" else mask)[1]
        dP = R @ p["V"].T
        dS = P * (1 - P) * dP if mistake == "diagonal of the softmax" else softmax_back(P, dP)
        if mistake != "1 / sqrt(d) forgotten":
            dS = dS / np.sqrt(d)
        dK = dS @ p["Q"] if mistake == "scores not transposed" else dS.T @ p["Q"]
        return {"Q": dS @ p["K"], "K": dK, "V": P.T @ R}

    params = {name: rng.normal(size=(n, d)) for name in "QKV"}
    return Instance(lambda p: np.sum((_attend(p, mask)[1] @ p["V"]) * R), gradient, params)


def _rotary_embedding(rng: Rng) -> Instance:
    n = int(rng.integers(4, 8))
    angles = np.arange(n) * float(rng.uniform(0.3, 1))
    c, s, R = np.cos(angles), np.sin(angles), rng.normal(size=(n, 2))

    def rotate(x: Array, sign: float) -> Array:
        return np.stack([c * x[:, 0] - sign * s * x[:, 1], sign * s * x[:, 0] + c * x[:, 1]], 1)

    def gradient(x: Array, mistake: str) -> Array:
        d = 2 * rotate(x, 1.0) * R
        return rotate(d, 1.0 if mistake == "rotation not inverted" else -1.0)

    return Instance(lambda x: np.sum(rotate(x, 1.0) ** 2 * R), gradient, rng.normal(size=(n, 2)))


def _recurrent(rng: Rng) -> Instance:
    T, d, n = int(rng.integers(3, 6)), int(rng.integers(1, 4)), int(rng.integers(2, 5))
    X, R = rng.normal(size=(T, d)), rng.normal(size=(T, n))

    def run(p: Tree) -> list[Array]:
        H = [p["h0"]]
        for x in X:
            H.append(np.tanh(H[-1] @ p["W"] + x @ p["U"] + p["b"]))
        return H

    def gradient(p: Tree, mistake: str) -> Tree:
        H = run(p)
        g = {name: np.zeros_like(block) for name, block in p.items()}
        back = np.zeros(n)
        for t in reversed(range(T)):
            dz = (R[t] + back) * (1 - H[t + 1] ** 2)
            g["W"] += np.outer(H[t], dz)
            g["U"] += np.outer(X[t], dz)
            g["b"] = dz if mistake == "= for += over time" else g["b"] + dz
            back = p["W"] @ dz
            if mistake == "no gradient through time":
                back = 0 * back
        g["h0"] = back
        return g

    params = {
        "h0": rng.normal(size=n),
        "W": rng.normal(size=(n, n)) / np.sqrt(n),
        "U": rng.normal(size=(d, n)),
        "b": rng.normal(size=n),
    }
    return Instance(lambda p: np.sum(np.array(run(p)[1:]) * R), gradient, params)


def _lstm(rng: Rng) -> Instance:
    T, n = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    X, R = rng.normal(size=(T, n)), rng.normal(size=n)

    def run(p: Tree) -> tuple[list[Any], Any]:
        h, c = p["h0"], p["c0"]
        steps: list[Any] = []
        for x in X:
            z = np.concatenate([h, x]) @ p["W"] + p["b"]
            i, f, o = (sigmoid(z[k * n : k * n + n]) for k in range(3))
            u = np.tanh(z[3 * n :])
            before, old = np.concatenate([h, x]), c
            c = f * c + i * u
            h = o * np.tanh(c)
            steps.append((before, old, i, f, o, u, np.tanh(c)))
        return steps, h

    def gradient(p: Tree, mistake: str) -> Tree:
        g = {name: np.zeros_like(block) for name, block in p.items()}
        dh, dc = R, np.zeros(n)
        for before, c, i, f, o, u, t in reversed(run(p)[0]):
            dc = dc + dh * o * (1 - t * t)
            gates = [dc * u * i * (1 - i), dc * c * f * (1 - f), dh * t * o * (1 - o)]
            if mistake == "gates swapped":
                gates[:2] = gates[1::-1]
            dz = np.concatenate([*gates, dc * i * (1 - u * u)])
            g["W"] += np.outer(before, dz)
            g["b"] += dz
            dh = (p["W"] @ dz)[:n]
            dc = 0 * dc if mistake == "cell path lost" else dc * f
        return {**g, "h0": dh, "c0": dc}

    params = {
        "h0": rng.normal(size=n),
        "c0": rng.normal(size=n),
        "W": rng.normal(size=(2 * n, 4 * n)) / np.sqrt(n),
        "b": rng.normal(size=4 * n),
    }
    return Instance(lambda p: np.sum(run(p)[1] * R), gradient, params)


def _gru(rng: Rng) -> Instance:
    n = int(rng.integers(2, 5))
    x, R = rng.normal(size=n), rng.normal(size=n)

    def run(p: Tree) -> tuple[Any, ...]:
        h = p["h"]
        r, z = sigmoid(x + h @ p["Wr"]), sigmoid(x + h @ p["Wz"])
        u = np.tanh(x + (r * h) @ p["Wu"])
        return h, r, z, u, (1 - z) * h + z * u

    def gradient(p: Tree, mistake: str) -> Tree:
        h, r, z, u, _ = run(p)
        du = R * z * (1 - u * u)
        dz = R * (u - h) * z * (1 - z)
        drh = p["Wu"] @ du
        dr = drh * h * r * (1 - r)
        dh = R * (1 - z) + drh * r + p["Wz"] @ dz
        if mistake != "path through the reset gate lost":
            dh = dh + p["Wr"] @ dr
        return {"h": dh, "Wr": np.outer(h, dr), "Wz": np.outer(h, dz), "Wu": np.outer(r * h, du)}

    params = {name: rng.normal(size=(n, n)) for name in ("Wr", "Wz", "Wu")}
    return Instance(
        lambda p: np.sum(run(p)[-1] * R), gradient, {"h": rng.normal(size=n), **params}
    )


def _state_space(rng: Rng) -> Instance:
    T, n = int(rng.integers(5, 12)), int(rng.integers(2, 5))
    X, R = rng.normal(size=T), rng.normal(size=T)

    def run(p: Tree) -> tuple[list[Any], Any]:
        states, out = [0 * p["b"]], 0
        a = sigmoid(p["a"])
        for x, r in zip(X, R, strict=True):
            states.append(a * states[-1] + p["b"] * x)
            out = out + r * (p["c"] @ states[-1])
        return states, out

    def gradient(p: Tree, mistake: str) -> Tree:
        states, a = run(p)[0], sigmoid(p["a"])
        da, db, dc, back = (np.zeros(n) for _ in range(4))
        for t in reversed(range(T)):
            back = back + R[t] * p["c"]
            da, db, dc = da + back * states[t], db + back * X[t], dc + R[t] * states[t + 1]
            back = back * a
        return {"a": da if mistake == "sigmoid' forgotten" else da * a * (1 - a), "b": db, "c": dc}

    return Instance(lambda p: run(p)[1], gradient, {name: rng.normal(size=n) for name in "abc"})


_ATTENTION = "Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1"
_PARTS = ("1 / sqrt(d) forgotten", "diagonal of the softmax", "scores not transposed")

FAMILIES = (
    Family(
        "embedding", "sequences", "Bengio et al. 2003, JMLR 3", _embedding, ("repeated id lost",)
    ),
    Family(
        "embedding bag", "sequences", "numpy-ml, Embedding", _embedding_bag, ("count forgotten",)
    ),
    Family("attention", "sequences", _ATTENTION, lambda rng: _attention(rng, False), _PARTS),
    Family(
        "causal attention",
        "sequences",
        _ATTENTION,
        lambda rng: _attention(rng, True),
        ("mask forgotten",),
    ),
    Family(
        "rotary embedding",
        "sequences",
        "Su et al. 2021, arXiv:2104.09864",
        _rotary_embedding,
        ("rotation not inverted",),
    ),
    Family(
        "recurrent cell",
        "sequences",
        "Elman 1990, Cognitive Science 14",
        _recurrent,
        ("no gradient through time", "= for += over time"),
    ),
    Family(
        "LSTM",
        "sequences",
        "Hochreiter and Schmidhuber 1997, Neural Computation 9",
        _lstm,
        ("cell path lost", "gates swapped"),
    ),
    Family(
        "GRU",
        "sequences",
        "Cho et al. 2014, arXiv:1406.1078",
        _gru,
        ("path through the reset gate lost",),
    ),
    Family(
        "linear state space",
        "sequences",
        "Gu et al. 2021, arXiv:2111.00396",
        _state_space,
        ("sigmoid' forgotten",),
    ),
)
