"""Losses with few digits: in float32 or float16, rounded, printed and read back, or inexact.

The gradient is that of the loss with all its digits. How far it is from the slopes of what is
computed, no float64 could tell.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tools.benchmarks.world.functions import softmax, softplus
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]
Cast = Callable[[Any], Any]


class _Base(NamedTuple):
    """A loss whose numbers can be cast: ``loss(params, cast)``; and its gradient."""

    loss: Callable[[Tree, Cast], Any]
    gradient: Callable[[Tree], Tree]
    params: Tree


def _sines(rng: Rng) -> _Base:
    n = int(rng.integers(2, 8))
    offset = float(rng.choice([0, 1, 10, 1000]))
    w = rng.uniform(0.5, 2, n)
    return _Base(
        lambda p, cast: cast(offset) + np.sum(np.sin(cast(w) * cast(p["x"]))),
        lambda p: {"x": w * np.cos(w * p["x"])},
        {"x": rng.normal(size=n)},
    )


def _network(rng: Rng) -> _Base:
    m, d, h, c = (int(rng.integers(*pair)) for pair in ((4, 40), (2, 9), (2, 7), (2, 5)))
    X, labels = rng.normal(size=(m, d)), rng.integers(c, size=m)
    size = float(10 ** rng.uniform(-2, 0.2))

    def loss(p: Tree, cast: Cast) -> Any:
        Z = np.tanh(cast(X) @ cast(p["W1"]) + cast(p["b1"])) @ cast(p["W2"])
        Z = Z - Z.max(axis=1, keepdims=True)
        rows = np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(m), labels]
        return rows.sum() / cast(float(m))

    def gradient(p: Tree) -> Tree:
        H = np.tanh(X @ p["W1"] + p["b1"])
        D = (softmax(H @ p["W2"]) - np.eye(c)[labels]) / m
        d1 = (D @ p["W2"].T) * (1 - H * H)
        return {"W1": X.T @ d1, "b1": d1.sum(0), "W2": H.T @ D}

    params = {
        "W1": rng.normal(size=(d, h)),
        "b1": rng.normal(size=h),
        "W2": rng.normal(size=(h, c)),
    }
    return _Base(loss, gradient, {name: size * block for name, block in params.items()})


def _regression(rng: Rng) -> _Base:
    X = rng.normal(size=(int(rng.integers(10, 60)), int(rng.integers(1, 6))))
    y = float(10 ** rng.uniform(0, 5)) * (1 + 0.25 * rng.normal(size=len(X)))

    def loss(p: Tree, cast: Cast) -> Any:
        e = cast(X) @ cast(p["w"]) - cast(y)
        return (e * e).sum() / cast(float(len(X)))

    def gradient(p: Tree) -> Tree:
        return {"w": 2 * X.T @ (X @ p["w"] - y) / len(X)}

    return _Base(loss, gradient, {"w": rng.normal(size=(X.shape[1],))})


def _logistic(rng: Rng) -> _Base:
    X = rng.normal(size=(int(rng.integers(10, 60)), int(rng.integers(1, 6))))
    y = (rng.random(len(X)) < 0.5) * 1.0

    def loss(p: Tree, cast: Cast) -> Any:
        z = cast(X) @ cast(p["w"]) + cast(p["b"])
        return (softplus(z) - cast(y) * z).sum() / cast(float(len(X)))

    def gradient(p: Tree) -> Tree:
        d = 1 / (1 + np.exp(-(X @ p["w"] + p["b"]))) - y
        return {"w": X.T @ d / len(X), "b": np.array([d.mean()])}

    return _Base(loss, gradient, {"w": rng.normal(size=(X.shape[1],)), "b": rng.normal(size=1)})


def _quadratic(rng: Rng) -> _Base:
    n = int(rng.integers(2, 10))
    B, c = rng.normal(size=(n, n)), rng.normal(size=n)
    Q = B @ B.T
    return _Base(
        lambda p, cast: cast(p["x"]) @ (cast(Q) @ cast(p["x"])) / 2 + cast(c) @ cast(p["x"]),
        lambda p: {"x": Q @ p["x"] + c},
        {"x": rng.normal(size=n)},
    )


def _bumps(rng: Rng) -> _Base:
    n, k = int(rng.integers(2, 6)), float(rng.uniform(1, 4))
    return _Base(
        lambda p, cast: np.sum(np.exp(-((cast(k) * cast(p["x"])) ** 2))),
        lambda p: {"x": -2 * k * k * p["x"] * np.exp(-((k * p["x"]) ** 2))},
        {"x": rng.normal(size=n)},
    )


def _same(x: Any) -> Any:
    return x


def _make_cast(kind: type[np.floating[Any]]) -> Cast:
    return lambda x: np.asarray(x, dtype=kind)


Way = Callable[[_Base], Callable[[Tree], float]]


def _in(kind: type[np.floating[Any]]) -> Way:
    """Return the loss computed in a floating-point format."""

    def compute(base: _Base) -> Callable[[Tree], float]:
        return lambda p: _compute_quietly(base, p, kind)

    return compute


def _compute_quietly(base: _Base, p: Tree, kind: type[np.floating[Any]]) -> float:
    # float16 overflows at 65,504. The result is then infinite, and such a draw is not used.
    with np.errstate(over="ignore", invalid="ignore"):
        return float(base.loss(p, _make_cast(kind)))


def _as(change: Callable[[float], float]) -> Way:
    """Return the loss of float64, with its value changed at the end."""
    return lambda base: lambda p: change(float(base.loss(p, _same)))


def _params_in(kind: type[np.floating[Any]]) -> Way:
    """Return the loss of float64 at parameters that were cast to a floating-point format."""

    def compute(base: _Base) -> Callable[[Tree], float]:
        return lambda p: float(
            base.loss({name: block.astype(kind).astype(float) for name, block in p.items()}, _same)
        )

    return compute


def _with_noise(size: float) -> Way:
    """Return the loss with a relative error that is the same for the same parameters.

    As an inner solver leaves it that stops at a tolerance: no grid of values, as rounding has.
    """

    def compute(base: _Base) -> Callable[[Tree], float]:
        def noisy(p: Tree) -> float:
            seed = zlib.crc32(b"".join(block.tobytes() for block in p.values()))
            error = float(np.random.default_rng(seed).uniform(-1, 1))
            return float(base.loss(p, _same)) * (1 + size * error)

        return noisy

    return compute


def _return_float16(value: float) -> float:
    with np.errstate(over="ignore"):  # at 65,504; such a draw is not used
        return float(np.float16(value))


WAYS: dict[str, Way] = {
    "in float32": _in(np.float32),
    "in float16": _in(np.float16),
    "returned as float32": _as(lambda value: float(np.float32(value))),
    "returned as float16": _as(_return_float16),
    "parameters cast to float32": _params_in(np.float32),
    "parameters cast to float16": _params_in(np.float16),
    "rounded to 2 decimals": _as(lambda value: round(value, 2)),
    "rounded to 4 decimals": _as(lambda value: round(value, 4)),
    "rounded to 6 decimals": _as(lambda value: round(value, 6)),
    "printed with %.3g": _as(lambda value: float(f"{value:.3g}")),
    "printed with %.4g": _as(lambda value: float(f"{value:.4g}")),
    "printed with %.6g": _as(lambda value: float(f"{value:.6g}")),
    "with errors of 1e-4": _with_noise(1e-4),
    "with errors of 1e-7": _with_noise(1e-7),
    "with errors of 1e-10": _with_noise(1e-10),
}

_BASES: dict[str, Callable[[Rng], _Base]] = {
    "sines": _sines,
    "tanh network": _network,
    "regression": _regression,
    "logistic regression": _logistic,
    "quadratic form": _quadratic,
    "Gaussian bumps": _bumps,
}


def _make_draw(base: Callable[[Rng], _Base], way: Way) -> Callable[[Rng], Instance]:
    def draw(rng: Rng) -> Instance:
        drawn = base(rng)
        return Instance(
            lambda p: drawn.loss(p, _same),
            lambda p, mistake: drawn.gradient(p),
            drawn.params,
            computed=way(drawn),
        )

    return draw


def _draw_beside(
    one: Callable[[Rng], _Base], other: Callable[[Rng], _Base], kind: type[np.floating[Any]]
) -> Callable[[Rng], Instance]:
    """Return a draw of one loss in float64 plus another in a coarser format."""

    def pick(params: Tree, first: str) -> Tree:
        return {name[2:]: block for name, block in params.items() if name[0] == first}

    def join(a: Tree, b: Tree) -> Tree:
        return {f"a_{name}": block for name, block in a.items()} | {
            f"b_{name}": block for name, block in b.items()
        }

    def draw(rng: Rng) -> Instance:
        a, b = one(rng), other(rng)
        return Instance(
            lambda p: a.loss(pick(p, "a"), _same) + b.loss(pick(p, "b"), _same),
            lambda p, mistake: join(a.gradient(pick(p, "a")), b.gradient(pick(p, "b"))),
            join(a.params, b.params),
            computed=lambda p: (
                float(a.loss(pick(p, "a"), _same)) + _compute_quietly(b, pick(p, "b"), kind)
            ),
        )

    return draw


# What has so few digits must be wrong by more: these are at least 100%, 100%, 200% and 1% off.
_MISTAKES = ("a factor of 2", "the largest entry missing", "the wrong sign", "a factor of 1.01")

# Which base is computed in which way, and the mistake that is counted.
_PAIRS = (
    ("sines", "in float32"),
    ("sines", "rounded to 2 decimals"),
    ("sines", "rounded to 4 decimals"),
    ("sines", "printed with %.3g"),
    ("sines", "parameters cast to float16"),
    ("tanh network", "in float32"),
    ("tanh network", "in float16"),
    ("tanh network", "returned as float32"),
    ("tanh network", "printed with %.4g"),
    ("tanh network", "parameters cast to float32"),
    ("regression", "in float32"),
    ("regression", "in float16"),
    ("regression", "rounded to 4 decimals"),
    ("regression", "returned as float16"),
    ("logistic regression", "in float32"),
    ("logistic regression", "printed with %.6g"),
    ("logistic regression", "rounded to 6 decimals"),
    ("quadratic form", "in float32"),
    ("quadratic form", "in float16"),
    ("quadratic form", "parameters cast to float32"),
    ("quadratic form", "printed with %.4g"),
    ("Gaussian bumps", "in float32"),
    ("Gaussian bumps", "in float16"),
    ("Gaussian bumps", "rounded to 4 decimals"),
    ("sines", "with errors of 1e-7"),
    ("tanh network", "with errors of 1e-10"),
    ("quadratic form", "with errors of 1e-4"),
    ("logistic regression", "with errors of 1e-7"),
)
_SOURCE = "Higham, Accuracy and Stability of Numerical Algorithms, 2002, chapter 1"

FAMILIES = (
    *(
        Family(
            f"{base}, {way}",
            "few digits",
            _SOURCE,
            _make_draw(_BASES[base], WAYS[way]),
            (_MISTAKES[i % 4],),
        )
        for i, (base, way) in enumerate(_PAIRS)
    ),
    *(
        Family(
            f"{one} in float64, {other} in {kind.__name__}",
            "few digits",
            _SOURCE,
            _draw_beside(_BASES[one], _BASES[other], kind),
            _MISTAKES[:1],
        )
        for one, other, kind in (
            ("quadratic form", "tanh network", np.float32),
            ("sines", "regression", np.float32),
            ("logistic regression", "sines", np.float16),
        )
    ),
)
