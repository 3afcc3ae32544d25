"""Sums of functions at points near a pole, a branch cut or where they are steep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.functions import digamma, log_gamma, sigmoid
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Function = Callable[[Any], Any]


def _make_draw(
    function: Function,
    slope: Function,
    low: float = -4.0,
    high: float = 3.0,
    place: Function = lambda x: x,
) -> Callable[[Rng], Instance]:
    """Return a draw of sum(f(x)), x = place(10^low .. 10^high)."""

    def draw(rng: Rng) -> Instance:
        n = int(rng.integers(2, 7))
        x = place(10.0 ** rng.uniform(low, high, n))
        return Instance(
            lambda x: np.sum(function(x)),
            lambda x, mistake: np.asarray(slope(x)),
            np.asarray(x),
        )

    return draw


def _sinc(x: Any) -> Any:
    return np.sin(np.pi * x) / (np.pi * x)


def _slope_of_sinc(x: Array) -> Any:
    a = np.pi * x
    series = np.pi * a * (-1 / 3 + a**2 / 30 - a**4 / 840 + a**6 / 45360)
    return np.where(np.abs(a) < 0.1, series, np.pi * (np.cos(a) * a - np.sin(a)) / a**2)


def _angle(rng: Rng) -> Instance:
    n = int(rng.integers(2, 6))
    y = 10.0 ** rng.uniform(-9, -1, n) * rng.choice([-1, 1], n)

    def gradient(p: dict[str, Array], mistake: str) -> dict[str, Array]:
        square = p["x"] ** 2 + p["y"] ** 2
        dy, dx = p["x"] / square, -p["y"] / square
        if mistake == "pair swapped":
            dy, dx = dx, dy
        return {"y": dy, "x": dx}

    # The cut is where y = 0 and x < 0.
    return Instance(
        lambda p: np.sum(np.arctan2(p["y"], p["x"])),
        gradient,
        {"y": y, "x": -rng.uniform(0.5, 2, n)},
    )


def _coulomb(rng: Rng) -> Instance:
    n = int(rng.integers(3, 6))
    x = rng.normal(size=(n, 2))
    x[1] = x[0] + 10.0 ** rng.uniform(-4, -2) * np.array([0.6, 0.8])
    charge = rng.choice([-1.0, 1.0], n)

    def loss(x: Array) -> Any:
        total = 0
        for i in range(1, n):
            for j in range(i):
                gap = x[i] - x[j]
                total = total + charge[i] * charge[j] / np.sqrt(gap @ gap)
        return total

    def gradient(x: Array, mistake: str) -> Array:
        g = np.zeros_like(x)
        power = 2 if mistake == "power of the distance" else 3
        for i in range(1, n):
            for j in range(i):
                gap = x[i] - x[j]
                force = -charge[i] * charge[j] * gap / np.linalg.norm(gap) ** power
                g[i] += force
                g[j] -= force
        return g

    return Instance(loss, gradient, x)


def _family(name: str, draw: Callable[[Rng], Instance], mistake: str) -> Family:
    source = "Abramowitz and Stegun, Handbook of Mathematical Functions, 1964"
    return Family(name, "poles", source, draw, (mistake,))


FAMILIES = (
    _family("1/x", _make_draw(lambda x: 1 / x, lambda x: -1 / x**2), "the wrong sign"),
    _family(
        "1/x^2", _make_draw(lambda x: 1 / x**2, lambda x: -2 / x**3), "the largest entry 1% off"
    ),
    _family("log x", _make_draw(np.log, lambda x: 1 / x), "the largest entry 1% off"),
    _family(
        "log |x|",
        _make_draw(lambda x: np.log(np.abs(x)), lambda x: 1 / x, place=lambda x: -x),
        "the wrong sign",
    ),
    _family(
        "x log x", _make_draw(lambda x: x * np.log(x), lambda x: np.log(x) + 1), "a factor of 1.01"
    ),
    _family("square root", _make_draw(np.sqrt, lambda x: 0.5 / np.sqrt(x), -6), "a factor of 2"),
    _family(
        "x^-0.3",
        _make_draw(lambda x: x**-0.3, lambda x: -0.3 * x**-1.3),
        "the largest entry missing",
    ),
    _family(
        "exp(-1/x)",
        _make_draw(lambda x: np.exp(-1 / x), lambda x: np.exp(-1 / x) / x**2, -2.5, 2),
        "a factor of 2",
    ),
    _family(
        "sin(1/x)",
        _make_draw(lambda x: np.sin(1 / x), lambda x: -np.cos(1 / x) / x**2, -2.5, 1),
        "the wrong sign",
    ),
    _family("sinc", _make_draw(_sinc, _slope_of_sinc, -6, 1), "a factor of 1.01"),
    _family("log Gamma", _make_draw(log_gamma, digamma, -5, 3), "the largest entry 1% off"),
    _family(
        "tangent near its pole",
        _make_draw(np.tan, lambda x: 1 / np.cos(x) ** 2, -3, -0.5, lambda d: 0.5 * np.pi - d),
        "the largest entry missing",
    ),
    _family(
        "artanh near 1",
        _make_draw(
            lambda x: (np.log1p(x) - np.log1p(-x)) / 2,
            lambda x: 1 / ((1 - x) * (1 + x)),
            -5,
            -0.3,
            lambda d: 1 - d,
        ),
        "a factor of 2",
    ),
    _family(
        "log p and log(1 - p)",
        _make_draw(
            lambda p: -0.3 * np.log(p) - 0.7 * np.log(1 - p),
            lambda p: -0.3 / p + 0.7 / (1 - p),
            -8,
            -0.5,
        ),
        "the largest entry 1% off",
    ),
    _family(
        "log(p + eps)",
        _make_draw(lambda p: np.log(p + 1e-8), lambda p: 1 / (p + 1e-8), -9, -1),
        "the largest entry 1% off",
    ),
    _family(
        "steep sigmoid",
        _make_draw(
            lambda x: sigmoid(1e4 * (x - 0.5)),
            lambda x: 1e4 * sigmoid(1e4 * (x - 0.5)) * sigmoid(-1e4 * (x - 0.5)),
            -6,
            -4,
            lambda d: 0.5 + d,
        ),
        "a factor of 2",
    ),
    _family("arctan2 near its cut", _angle, "pair swapped"),
    Family(
        "Coulomb energy",
        "poles",
        "Griffiths 2013, section 2.4",
        _coulomb,
        ("power of the distance",),
    ),
)
