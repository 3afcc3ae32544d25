"""Layers as sums: the loss is sum(layer(params) * R), R the upstream gradient, fixed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _affine(rng: Rng) -> Instance:
    m, n = int(rng.integers(3, 9)), int(rng.integers(2, 6))
    R = rng.normal(size=(m, n))

    def gradient(p: Tree, mistake: str) -> Tree:
        W = p["W"].T if mistake == "W not transposed" else p["W"]
        db = R[0] if mistake == "bias of one row" else R.sum(0)
        dW = p["X"].T @ R / (m if mistake == "mean for sum" else 1)
        return {"X": R @ W.T, "W": dW, "b": db}

    params = {"X": rng.normal(size=(m, n)), "W": rng.normal(size=(n, n)), "b": rng.normal(size=n)}
    return Instance(lambda p: np.sum((p["X"] @ p["W"] + p["b"]) * R), gradient, params)


def _convolution(rng: Rng) -> Instance:
    c, o, k, s = (int(rng.integers(*pair)) for pair in ((1, 3), (1, 3), (2, 4), (2, 4)))
    size = k + s * 2 + int(rng.integers(0, s))
    out = (size - k) // s + 1
    R = rng.normal(size=(o, out, out))

    def look(x: Array, a: int, b: int, step: int = s) -> Array:
        return x[:, a : a + step * out : step, b : b + step * out : step]

    def loss(p: Tree) -> Any:
        total: Any = 0
        for a in range(k):
            for b in range(k):
                total = total + np.sum(np.tensordot(p["w"][:, :, a, b], look(p["x"], a, b), 1) * R)
        return total

    def gradient(p: Tree, mistake: str) -> Tree:
        dx, dw = np.zeros_like(p["x"]), np.zeros_like(p["w"])
        w = p["w"][:, :, ::-1, ::-1] if mistake == "kernel flipped" else p["w"]
        for a in range(k):
            for b in range(k):
                seen = look(p["x"], a, b, 1 if mistake == "stride forgotten" else s)
                dw[:, :, a, b] = np.einsum(
                    "ohw,chw->oc", R[:, : seen.shape[1], : seen.shape[2]], seen
                )
                look(dx, a, b)[...] += np.tensordot(w[:, :, a, b].T, R, 1)
        return {"x": dx, "w": dw}

    params = {"x": rng.normal(size=(c, size, size)), "w": rng.normal(size=(o, c, k, k))}
    return Instance(loss, gradient, params)


def _dilated_convolution(rng: Rng) -> Instance:
    n, k, d = int(rng.integers(10, 16)), int(rng.integers(2, 4)), int(rng.integers(2, 4))
    out = n - d * (k - 1)
    R = rng.normal(size=out)

    def gradient(p: Tree, mistake: str) -> Tree:
        step = 1 if mistake == "dilation forgotten" else d
        dx = np.zeros(n)
        for a in range(k):
            dx[a * step : a * step + out] += p["w"][a] * R
        return {"x": dx, "w": np.array([p["x"][a * step :][:out] @ R for a in range(k)])}

    def loss(p: Tree) -> Any:
        return sum(p["w"][a] * (p["x"][a * d : a * d + out] @ R) for a in range(k))

    return Instance(loss, gradient, {"x": rng.normal(size=n), "w": rng.normal(size=k)})


def _max_pooling(rng: Rng) -> Instance:
    places = [(i, j) for i in range(3) for j in range(3)]
    R = rng.normal(size=(3, 3))
    x = rng.permutation(49).reshape(7, 7) / 10.0
    x[2, 2] = 9.0  # the largest of four windows

    def loss(x: Array) -> Any:
        return sum(R[i, j] * x[2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max() for i, j in places)

    def gradient(x: Array, mistake: str) -> Array:
        g = np.zeros_like(x)
        for i, j in places:
            window = x[2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            a, b = divmod(int(window.argmax()), 3)
            before = 0.0 if mistake == "= for +=" else g[2 * i + a, 2 * j + b]
            g[2 * i + a, 2 * j + b] = before + R[i, j]
        return g

    return Instance(loss, gradient, x)


def _average_pooling(rng: Rng) -> Instance:
    n, k = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    R = rng.normal(size=(n, n))

    def loss(x: Array) -> Any:
        return np.sum(x.reshape(n, k, n, k).sum(axis=3).sum(axis=1) * R) / k**2

    def gradient(x: Array, mistake: str) -> Array:
        share = k if mistake == "divided by k, not k^2" else k * k
        return np.kron(R, np.ones((k, k))) / share

    return Instance(loss, gradient, rng.normal(size=(n * k, n * k)))


def _normalise(x: Array, eps: float, axis: int) -> tuple[Array, Array]:
    middle = x - x.mean(axis=axis, keepdims=True)
    s = np.sqrt((middle * middle).mean(axis=axis, keepdims=True) + eps)
    return middle / s, s


def _normalisation(rng: Rng, axis: int) -> Instance:
    shape = (int(rng.integers(4, 9)), int(rng.integers(3, 7)))
    R, eps = rng.normal(size=shape), float(rng.choice([1e-8, 1e-5, 1e-3]))

    def loss(p: Tree) -> Any:
        return np.sum((p["gamma"] * _normalise(p["x"], eps, axis)[0] + p["beta"]) * R)

    def gradient(p: Tree, mistake: str) -> Tree:
        H, s = _normalise(p["x"], eps, axis)
        d = R if mistake == "gamma forgotten" else R * p["gamma"]
        dx = d
        if mistake != "mean held constant":
            dx = dx - d.mean(axis=axis, keepdims=True)
        if mistake != "variance held constant":
            dx = dx - H * (d * H).mean(axis=axis, keepdims=True)
        dgamma, dbeta = (R * H).sum(0), R.sum(0)
        if mistake == "gamma and beta swapped":
            dgamma, dbeta = dbeta, dgamma
        return {"x": dx / s, "gamma": dgamma, "beta": dbeta}

    n = shape[1]
    x = rng.normal(size=shape) * 10.0 ** rng.uniform(-1, 1)
    return Instance(
        loss, gradient, {"x": x, "gamma": rng.uniform(0.5, 1.5, n), "beta": rng.normal(size=n)}
    )


def _length(x: Array) -> Any:
    return np.sqrt((x * x).sum(axis=-1, keepdims=True))


def _rms_norm(rng: Rng) -> Instance:
    n = int(rng.integers(3, 7))
    R = rng.normal(size=(4, n))

    def loss(p: Tree) -> Any:
        return np.sum(p["x"] / _length(p["x"]) * np.sqrt(n) * p["gain"] * R)

    def gradient(p: Tree, mistake: str) -> Tree:
        unit, s = p["x"] / _length(p["x"]), _length(p["x"]) / np.sqrt(n)
        d = R * p["gain"]
        if mistake != "norm held constant":
            d = d - unit * (d * unit).sum(axis=-1, keepdims=True)
        return {"x": d / s, "gain": (R * unit).sum(0) * np.sqrt(n)}

    return Instance(loss, gradient, {"x": rng.normal(size=(4, n)), "gain": rng.uniform(0.5, 2, n)})


def _weight_norm(rng: Rng) -> Instance:
    m, n = int(rng.integers(4, 9)), int(rng.integers(2, 6))
    X, R = rng.normal(size=(m, n)), rng.normal(size=m)

    def loss(p: Tree) -> Any:
        return np.sum(np.tanh(X @ (p["g"] * p["v"] / _length(p["v"]))) * R)

    def gradient(p: Tree, mistake: str) -> Tree:
        norm = _length(p["v"])
        unit = p["v"] / norm
        dw = X.T @ (R * (1 - np.tanh(X @ (p["g"] * unit)) ** 2))
        dv = p["g"] / norm * dw
        if mistake != "norm held constant":
            dv = dv - p["g"] / norm * unit * (unit @ dw)
        return {"g": np.array([unit @ dw]), "v": dv}

    return Instance(loss, gradient, {"g": rng.uniform(0.5, 2, 1), "v": rng.normal(size=n)})


def _dropout(rng: Rng) -> Instance:
    keep = float(rng.uniform(0.4, 0.8))
    shape = (int(rng.integers(4, 8)), int(rng.integers(3, 6)))
    mask = (rng.random(shape) < keep) / keep
    mask[0, :2] = 0.0, 1 / keep
    R = rng.normal(size=shape)

    def gradient(x: Array, mistake: str) -> Array:
        d = R * (1 - np.tanh(x * mask) ** 2)
        if mistake == "mask forgotten":
            return np.asarray(d)
        return np.asarray(d * (mask > 0) if mistake == "1 / keep forgotten" else d * mask)

    return Instance(lambda x: np.sum(np.tanh(x * mask) * R), gradient, rng.normal(size=shape))


def _upsampling(rng: Rng) -> Instance:
    n, k = int(rng.integers(2, 5)), 2
    D = rng.normal(size=(n * k, n * k))

    def gradient(x: Array, mistake: str) -> Array:
        if mistake == "one of the copies":
            return D[::k, ::k]
        return np.asarray(D.reshape(n, k, n, k).sum(axis=(1, 3)))

    def loss(x: Array) -> Any:
        return np.sum(x.repeat(k, axis=0).repeat(k, axis=1) * D)

    return Instance(loss, gradient, rng.normal(size=(n, n)))


def _cosine_similarity(rng: Rng) -> Instance:
    n = int(rng.integers(3, 8))
    R = rng.normal(size=4)

    def loss(p: Tree) -> Any:
        a, b = p["a"] / _length(p["a"]), p["b"] / _length(p["b"])
        return np.sum((a * b).sum(axis=1) * R)

    def gradient(p: Tree, mistake: str) -> Tree:
        a, b = p["a"] / _length(p["a"]), p["b"] / _length(p["b"])
        c = (a * b).sum(axis=1, keepdims=True)
        da, db = b - c * a, a - c * b
        if mistake == "norm held constant":
            da = b
        return {"a": R[:, None] * da / _length(p["a"]), "b": R[:, None] * db / _length(p["b"])}

    return Instance(loss, gradient, {"a": rng.normal(size=(4, n)), "b": rng.normal(size=(4, n))})


def _bilinear(rng: Rng) -> Instance:
    n = int(rng.integers(2, 6))

    def gradient(p: list[Array], mistake: str) -> list[Array]:
        x, A, y = p
        dA = np.outer(y, x) if mistake == "dA transposed" else np.outer(x, y)
        return [A @ y, dA, (A if mistake == "A not transposed" else A.T) @ x]

    params = [rng.normal(size=n), rng.normal(size=(n, n)), rng.normal(size=n)]
    return Instance(lambda p: p[0] @ (p[1] @ p[2]), gradient, params)


_BACKPROP = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.5"


_CNN = "Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 9"


_NORMS = ("mean held constant", "variance held constant", "gamma forgotten")

FAMILIES = (
    Family(
        "affine",
        "layers",
        _BACKPROP,
        _affine,
        ("W not transposed", "bias of one row", "mean for sum"),
    ),
    Family("convolution", "layers", _CNN, _convolution, ("kernel flipped", "stride forgotten")),
    Family(
        "dilated convolution",
        "layers",
        "Yu and Koltun 2015, arXiv:1511.07122",
        _dilated_convolution,
        ("dilation forgotten",),
    ),
    Family("overlapping max pooling", "layers", _CNN, _max_pooling, ("= for +=",)),
    Family("average pooling", "layers", _CNN, _average_pooling, ("divided by k, not k^2",)),
    Family(
        "batch normalisation",
        "layers",
        "Ioffe and Szegedy 2015, arXiv:1502.03167",
        lambda rng: _normalisation(rng, 0),
        (*_NORMS, "gamma and beta swapped"),
    ),
    Family(
        "layer normalisation",
        "layers",
        "Ba, Kiros and Hinton 2016, arXiv:1607.06450",
        lambda rng: _normalisation(rng, 1),
        _NORMS,
    ),
    Family(
        "RMS normalisation",
        "layers",
        "Zhang and Sennrich 2019, arXiv:1910.07467",
        _rms_norm,
        ("norm held constant",),
    ),
    Family(
        "weight normalisation",
        "layers",
        "Salimans and Kingma 2016, arXiv:1602.07868",
        _weight_norm,
        ("norm held constant",),
    ),
    Family(
        "dropout, mask frozen",
        "layers",
        "Srivastava et al. 2014, JMLR 15",
        _dropout,
        ("mask forgotten", "1 / keep forgotten"),
    ),
    Family(
        "upsampling",
        "layers",
        "ML-From-Scratch, UpSampling2D",
        _upsampling,
        ("one of the copies",),
    ),
    Family(
        "cosine similarity",
        "layers",
        "Luo et al. 2017, arXiv:1702.05870",
        _cosine_similarity,
        ("norm held constant",),
    ),
    Family(
        "bilinear form",
        "layers",
        "Giles 2008, An extended collection of matrix derivatives",
        _bilinear,
        ("A not transposed", "dA transposed"),
    ),
)
