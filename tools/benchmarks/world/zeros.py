"""Blocks whose true gradient is zero beside others, and losses that are constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.functions import log_sum_exp, softmax, softmax_back
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _centre(Z: Array, eps: float, axis: int) -> tuple[Array, Array]:
    middle = Z - Z.mean(axis=axis, keepdims=True)
    s = np.sqrt((middle * middle).mean(axis=axis, keepdims=True) + eps)
    return middle / s, s


def _bias_before_batch_norm(rng: Rng) -> Instance:
    m, d, h = int(rng.integers(5, 17)), int(rng.integers(2, 6)), int(rng.integers(2, 5))
    X, Y, eps = rng.normal(size=(m, d)), rng.normal(size=(m, 2)), float(rng.choice([0, 1e-5]))

    def loss(p: Tree) -> Any:
        E = np.tanh(_centre(X @ p["W1"] + p["b1"], eps, 0)[0]) @ p["W2"] - Y
        return np.sum(E * E) / (2 * m)

    def gradient(p: Tree, mistake: str) -> Tree:
        H, s = _centre(X @ p["W1"] + p["b1"], eps, 0)
        A = np.tanh(H)
        D = (A @ p["W2"] - Y) / m
        dH = (D @ p["W2"].T) * (1 - A * A)
        dZ = (dH - dH.mean(0) - H * (dH * H).mean(0)) / s
        db = dH.sum(0) if mistake == "bias after the normalisation" else dZ.sum(0)
        return {"W1": X.T @ dZ, "b1": db, "W2": A.T @ D}

    params = {
        "W1": rng.normal(size=(d, h)),
        "b1": rng.normal(size=h),
        "W2": rng.normal(size=(h, 2)),
    }
    return Instance(loss, gradient, params)


def _key_bias(rng: Rng) -> Instance:
    n, d = int(rng.integers(3, 7)), int(rng.integers(2, 5))
    X, Y = rng.normal(size=(n, d)), rng.normal(size=(n, d))

    def attend(p: Tree) -> tuple[Any, ...]:
        q, k = X @ p["Q"], X @ p["K"] + p["bk"]
        P = softmax(q @ k.T / np.sqrt(d))
        return q, k, P, P @ (X @ p["V"]) - Y

    def loss(p: Tree) -> Any:
        E = attend(p)[-1]
        return np.sum(E * E) / 2

    def gradient(p: Tree, mistake: str) -> Tree:
        q, k, P, E = attend(p)
        upstream = E @ (X @ p["V"]).T
        back = P * upstream if mistake == "softmax held constant" else softmax_back(P, upstream)
        dS = softmax_back(P, upstream) / np.sqrt(d)
        dbk = (back.T @ q / np.sqrt(d)).sum(0)
        return {"Q": X.T @ (dS @ k), "K": X.T @ (dS.T @ q), "bk": dbk, "V": X.T @ (P.T @ E)}

    params = {name: rng.normal(size=(d, d)) for name in "QK"}
    params |= {"bk": rng.normal(size=d), "V": rng.normal(size=(d, d))}
    return Instance(loss, gradient, params)


def _shift_of_softmax(rng: Rng) -> Instance:
    m, c = int(rng.integers(2, 8)), int(rng.integers(2, 6))
    labels = rng.integers(c, size=m)

    def gradient(p: Tree, mistake: str) -> Tree:
        d = softmax(p["z"] + p["shift"]) - np.eye(c)[labels]
        shift = np.eye(c)[labels].sum() if mistake == "only the labels counted" else d.sum()
        return {"z": d, "shift": np.array([shift])}

    def loss(p: Tree) -> Any:
        Z = p["z"] + p["shift"]
        return np.sum(log_sum_exp(Z) - Z[np.arange(m), labels])

    return Instance(loss, gradient, {"z": rng.normal(size=(m, c)), "shift": rng.normal(size=1)})


def _unused(rng: Rng) -> Instance:
    n = int(rng.integers(2, 8))
    R, offset = rng.normal(size=n), float(rng.choice([0, 1, 100]))

    def gradient(p: Tree, mistake: str) -> Tree:
        d = R * (1 - np.tanh(p["used"]) ** 2)
        return {"used": d, "unused": d if mistake == "another block's" else 0 * d}

    return Instance(
        lambda p: offset + np.sum(R * np.tanh(p["used"])),
        gradient,
        {"used": rng.normal(size=n), "unused": rng.normal(size=n)},
    )


def _sum_of_softmax(rng: Rng) -> Instance:
    def gradient(z: Array, mistake: str) -> Array:
        p = softmax(z)
        return p * (1 - p) if mistake == "p (1 - p)" else 0 * z

    shape = (int(rng.integers(2, 6)), int(rng.integers(2, 6)))
    return Instance(lambda z: np.sum(softmax(z)), gradient, rng.normal(size=shape))


def _sum_of_batch_norm(rng: Rng) -> Instance:
    def gradient(x: Array, mistake: str) -> Array:
        s = _centre(x, 1e-5, 0)[1]
        return np.ones_like(x) / s if mistake == "mean held constant" else 0 * x

    shape = (int(rng.integers(4, 9)), int(rng.integers(2, 5)))
    return Instance(lambda x: np.sum(_centre(x, 1e-5, 0)[0]), gradient, rng.normal(size=shape))


def _shift_before_layer_norm(rng: Rng) -> Instance:
    m, n = int(rng.integers(2, 6)), int(rng.integers(3, 7))
    R = rng.normal(size=(m, n))

    def gradient(p: Tree, mistake: str) -> Tree:
        H, s = _centre(p["x"] + p["shift"], 1e-5, 1)
        dx = (R - R.mean(axis=1, keepdims=True) - H * (R * H).mean(axis=1, keepdims=True)) / s
        shift = R / s if mistake == "mean held constant" else dx
        return {"x": dx, "shift": shift.sum(axis=1, keepdims=True)}

    return Instance(
        lambda p: np.sum(_centre(p["x"] + p["shift"], 1e-5, 1)[0] * R),
        gradient,
        {"x": rng.normal(size=(m, n)), "shift": rng.normal(size=(m, 1))},
    )


def _scale_before_normalisation(rng: Rng) -> Instance:
    m, n = int(rng.integers(2, 6)), int(rng.integers(3, 7))
    R = rng.normal(size=(m, n))

    def loss(p: Tree) -> Any:
        y = p["x"] * p["scale"]
        return np.sum(y / np.sqrt((y * y).sum(axis=1, keepdims=True)) * R)

    def gradient(p: Tree, mistake: str) -> Tree:
        norm = np.linalg.norm(p["x"], axis=1, keepdims=True)
        unit = p["x"] / norm
        dx = (R - unit * (R * unit).sum(axis=1, keepdims=True)) / norm
        d_scale = (R * unit).sum() if mistake == "norm held constant" else 0.0
        return {"x": dx, "scale": np.array([d_scale])}

    return Instance(
        loss, gradient, {"x": rng.normal(size=(m, n)), "scale": rng.uniform(0.5, 2, 1)}
    )


def _dead_units(rng: Rng) -> Instance:
    m, d, n = int(rng.integers(4, 9)), int(rng.integers(2, 5)), int(rng.integers(3, 6))
    X, R = rng.normal(size=(m, d)), rng.normal(size=m)

    def gradient(p: Tree, mistake: str) -> Tree:
        Z = X @ p["W"] + p["b"]
        slope = np.where(Z > 0, 1.0, 0.01) if mistake == "slope 0.01 below" else (Z > 0) * 1.0
        d = np.outer(R, p["v"]) * slope
        return {"W": X.T @ d, "b": d.sum(0), "v": np.maximum(Z, 0).T @ R}

    return Instance(
        lambda p: np.sum(R * (np.maximum(X @ p["W"] + p["b"], 0) @ p["v"])),
        gradient,
        {
            "W": rng.normal(size=(d, n)),
            "b": np.where(np.arange(n) < n - 1, -30.0, 30.0),
            "v": rng.normal(size=n),
        },
    )


def _padding(rng: Rng) -> Instance:
    words, d = int(rng.integers(4, 8)), int(rng.integers(2, 5))
    ids = rng.integers(1, words - 1, size=6)  # the first word is padding, the last never occurs
    R = rng.normal(size=(6, d))

    def gradient(E: Array, mistake: str) -> Array:
        g = np.zeros_like(E)
        np.add.at(g, ids - 1 if mistake == "ids off by one" else ids, R * np.cos(E[ids]))
        return g

    return Instance(lambda E: np.sum(np.sin(E[ids]) * R), gradient, rng.normal(size=(words, d)))


def _zero_weights(rng: Rng) -> Instance:
    m, d, h = int(rng.integers(5, 12)), int(rng.integers(2, 5)), int(rng.integers(2, 5))
    X, y = rng.normal(size=(m, d)), rng.normal(size=m)

    def loss(p: Tree) -> Any:
        e = np.tanh(X @ p["W1"]) @ p["w2"] + p["b2"] - y
        return e @ e / (2 * m)

    def gradient(p: Tree, mistake: str) -> Tree:
        H = np.tanh(X @ p["W1"])
        e = (H @ p["w2"] + p["b2"] - y) / m
        back = np.ones(h) if mistake == "weights of the output forgotten" else p["w2"]
        d = np.outer(e, back) * (1 - H * H)
        return {"W1": X.T @ d, "w2": H.T @ e, "b2": np.array([e.sum()])}

    params = {"W1": rng.normal(size=(d, h)), "w2": np.zeros(h), "b2": np.zeros(1)}
    return Instance(loss, gradient, params)


def _saturated_clip(rng: Rng) -> Instance:
    n = int(rng.integers(3, 8))
    R = rng.normal(size=n)

    def gradient(p: Tree, mistake: str) -> Tree:
        inside = np.ones(n) if mistake == "clip forgotten" else 0.0 * p["ratio"]
        return {"ratio": R * inside, "value": 2 * p["value"]}

    def loss(p: Tree) -> Any:
        return np.sum(R * np.minimum(np.maximum(p["ratio"], 0.8), 1.2)) + np.sum(p["value"] ** 2)

    ratio = np.where(rng.random(n) < 0.5, rng.uniform(0.3, 0.6, n), rng.uniform(1.5, 3, n))
    return Instance(loss, gradient, {"ratio": ratio, "value": rng.normal(size=3)})


def _small_block(rng: Rng) -> Instance:
    n, k = int(rng.integers(2, 6)), int(rng.integers(1, 5))
    R, share = rng.normal(size=n), float(10.0 ** rng.uniform(-8, -4))

    def gradient(p: Tree, mistake: str) -> Tree:
        factor = {"small block forgotten": 0.0, "small block doubled": 2.0}.get(mistake, 1.0)
        return {"x": R * np.cos(p["x"]), "z": factor * share * (1 - np.tanh(p["z"]) ** 2)}

    return Instance(
        lambda p: np.sum(R * np.sin(p["x"])) + share * np.sum(np.tanh(p["z"])),
        gradient,
        {"x": rng.normal(size=n), "z": rng.normal(size=k)},
    )


_BATCH_NORM = "Ioffe and Szegedy 2015, arXiv:1502.03167, section 3.2"

FAMILIES = (
    Family(
        "block with a small gradient",
        "zero blocks",
        "Glorot and Bengio 2010, AISTATS",
        _small_block,
        ("small block forgotten", "small block doubled"),
    ),
    Family(
        "bias before batch normalisation",
        "zero blocks",
        _BATCH_NORM,
        _bias_before_batch_norm,
        ("bias after the normalisation",),
    ),
    Family(
        "key bias of attention",
        "zero blocks",
        "Vaswani et al. 2017, arXiv:1706.03762",
        _key_bias,
        ("softmax held constant",),
    ),
    Family(
        "shift of softmax",
        "zero blocks",
        "Goodfellow et al. 2016, section 6.2.2.3",
        _shift_of_softmax,
        ("only the labels counted",),
    ),
    Family(
        "unused parameter",
        "zero blocks",
        "PyTorch, find_unused_parameters",
        _unused,
        ("another block's",),
    ),
    Family(
        "sum of softmax",
        "zero blocks",
        "Goodfellow et al. 2016, section 6.2.2.3",
        _sum_of_softmax,
        ("p (1 - p)",),
    ),
    Family(
        "sum of batch normalisation",
        "zero blocks",
        _BATCH_NORM,
        _sum_of_batch_norm,
        ("mean held constant",),
    ),
    Family(
        "shift before layer normalisation",
        "zero blocks",
        "Ba, Kiros and Hinton 2016, arXiv:1607.06450",
        _shift_before_layer_norm,
        ("mean held constant",),
    ),
    Family(
        "scale before normalisation",
        "zero blocks",
        "Salimans and Kingma 2016, arXiv:1602.07868",
        _scale_before_normalisation,
        ("norm held constant",),
    ),
    Family(
        "dead ReLU units",
        "zero blocks",
        "Lu et al. 2019, arXiv:1903.06733",
        _dead_units,
        ("slope 0.01 below",),
    ),
    Family(
        "padding and unseen words",
        "zero blocks",
        "PyTorch, Embedding(padding_idx)",
        _padding,
        ("ids off by one",),
    ),
    Family(
        "output weights zero",
        "zero blocks",
        "Zhang, Dauphin and Ma 2019, arXiv:1901.09321",
        _zero_weights,
        ("weights of the output forgotten",),
    ),
    Family(
        "clip saturated",
        "zero blocks",
        "Schulman et al. 2017, arXiv:1707.06347",
        _saturated_clip,
        ("clip forgotten",),
    ),
)
