"""Curves of science, fitted by least squares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


_ESL = "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, chapter "


_BATES = "Bates and Watts, Nonlinear Regression Analysis, 1988"


_NIST = "NIST Statistical Reference Datasets, nonlinear regression"


Model = Callable[[Any, Array], Any]


def make_fit(
    model: Model,
    jacobian: Callable[[Array, Array, str], Any],
    x: Array,
    truth: Any,
    spread: float = 0.2,
) -> Callable[[Rng], Instance]:
    """Return a family's draw: sum((model(p, x) - y)^2) / 2 with p a vector.

    Both the point and the parameters that the data come from are up to `spread` of `truth` away
    from it, relatively.
    """

    def draw(rng: Rng) -> Instance:
        p0 = np.asarray(truth) * rng.uniform(1 - spread, 1 + spread, len(truth))
        clean = model(p0, x)
        y = clean + 0.02 * np.abs(clean).max() * rng.normal(size=len(x))

        def gradient(p: Array, mistake: str) -> Array:
            e = model(p, x) - y
            return np.array([e @ column for column in jacobian(p, x, mistake)])

        def loss(p: Array) -> Any:
            e = model(p, x) - y
            return e @ e / 2

        return Instance(loss, gradient, p0 * rng.uniform(1 - spread, 1 + spread, len(truth)))

    return draw


def _slope_of_decay(p: Array, t: Array, mistake: str) -> list[Array]:
    e = np.exp(-p[1] * t)
    return [e, -p[0] * (1 if mistake == "inner derivative forgotten" else t) * e, np.ones_like(t)]


def _slope_of_rate(p: Array, s: Array, mistake: str) -> list[Array]:
    low = p[1] + s
    power = 1 if mistake == "quotient rule forgotten" else 2
    return [s / low, -p[0] * s / low**power]


def _slope_of_peak(p: Array, x: Array, mistake: str) -> list[Array]:
    z = (x - p[1]) / p[2]
    G = np.exp(-z * z / 2)
    width = 1 if mistake == "1 / width forgotten" else p[2]
    return [G, p[0] * G * z / width, p[0] * G * z * z / p[2], np.ones_like(x)]


def _slope_of_dose(p: Array, x: Array, mistake: str) -> list[Array]:
    low, high, middle, power = p
    r = (x / middle) ** power
    share = r / (1 + r)
    d = (high - low) * share * (1 - share)
    log = 1 if mistake == "logarithm lost" else np.log(x / middle)
    sign = 1 if mistake == "sign of one entry" else -1
    return [1 - share, share, sign * d * power / middle, d * log]


def _slope_of_weibull(p: Array, x: Array, mistake: str) -> list[Array]:
    e = np.exp(-p[1] * x)
    return [1 - e, p[0] * e if mistake == "inner derivative forgotten" else p[0] * x * e]


def _slope_of_rational(p: Array, x: Array, mistake: str) -> list[Array]:
    low = 1 + p[2] * x + p[3] * x**2
    high = p[0] + p[1] * x
    square = low if mistake == "quotient rule forgotten" else low**2
    return [1 / low, x / low, -high * x / square, -high * x**2 / square]


_decay = make_fit(
    lambda p, t: p[0] * np.exp(-p[1] * t) + p[2],
    _slope_of_decay,
    np.linspace(0, 5, 20),
    [3, 0.8, 0.5],
)


_michaelis_menten = make_fit(
    lambda p, s: p[0] * s / (p[1] + s), _slope_of_rate, np.linspace(0.2, 10, 12), [2, 1.5]
)


_peak = make_fit(
    lambda p, x: p[0] * np.exp(-(((x - p[1]) / p[2]) ** 2) / 2) + p[3],
    _slope_of_peak,
    np.linspace(-4, 6, 25),
    [5, 1, 1.5, 0.5],
)


_dose = make_fit(
    lambda p, x: p[0] + (p[1] - p[0]) * (1 - 1 / (1 + (x / p[2]) ** p[3])),
    _slope_of_dose,
    np.geomspace(0.05, 50, 14),
    [0.5, 4, 2, 1.5],
)


_weibull = make_fit(
    lambda p, x: p[0] * (1 - np.exp(-p[1] * x)),
    _slope_of_weibull,
    np.array([77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3]),
    [239, 5.5e-3],
)


_rational = make_fit(
    lambda p, x: (p[0] + p[1] * x) / (1 + p[2] * x + p[3] * x**2),
    _slope_of_rational,
    np.linspace(0.1, 4, 20),
    [1, 0.8, 0.5, 0.2],
)


def _circle(rng: Rng) -> Instance:
    t = rng.uniform(0, 2 * np.pi, 15)
    x, y = (c + 2 * f(t) + 0.1 * rng.normal(size=15) for c, f in ((1.0, np.cos), (-2.0, np.sin)))

    def loss(p: Array) -> Any:
        e = np.sqrt((x - p[0]) ** 2 + (y - p[1]) ** 2) - p[2]
        return e @ e

    def gradient(p: Array, mistake: str) -> Array:
        d = np.hypot(x - p[0], y - p[1])
        e = d - p[2]
        sign = -1 if mistake == "sign of the centre" else 1
        to_centre = np.array([e @ ((p[0] - x) / d), e @ ((p[1] - y) / d)])
        return 2 * np.append(sign * to_centre, -e.sum())

    return Instance(loss, gradient, np.array([1.0, -2.0, 2.0]) + rng.uniform(-0.5, 0.5, 3))


def _radial_basis(rng: Rng) -> Instance:
    k, x = int(rng.integers(2, 5)), rng.uniform(-2, 2, 20)
    y = np.sin(2 * x)

    def model(p: Tree) -> tuple[Any, Any]:
        D = x[:, None] - p["centre"]
        return D, np.exp(-(p["sharpness"] ** 2) * D * D)

    def gradient(p: Tree, mistake: str) -> Tree:
        D, G = model(p)
        e = G @ p["weight"] - y
        d = e[:, None] * G * p["weight"]
        s = p["sharpness"]
        wide = -s if mistake == "2 forgotten" else -2 * s
        return {
            "weight": G.T @ e,
            "centre": (d * D).sum(0) * 2 * s**2,
            "sharpness": (d * D * D).sum(0) * wide,
        }

    def loss(p: Tree) -> Any:
        e = model(p)[1] @ p["weight"] - y
        return e @ e / 2

    return Instance(
        loss,
        gradient,
        {
            "weight": rng.normal(size=k),
            "centre": rng.uniform(-2, 2, k),
            "sharpness": rng.uniform(0.5, 1.5, k),
        },
    )


FAMILIES = (
    Family("exponential decay", "fits", _BATES, _decay, ("inner derivative forgotten",)),
    Family("Michaelis-Menten", "fits", _BATES, _michaelis_menten, ("quotient rule forgotten",)),
    Family("Gaussian peak", "fits", _NIST + ", Gauss1", _peak, ("1 / width forgotten",)),
    Family(
        "dose and response",
        "fits",
        "Hill 1910, J. Physiol. 40",
        _dose,
        ("logarithm lost", "sign of one entry"),
    ),
    Family(
        "monomolecular absorption",
        "fits",
        _NIST + ", Misra1a",
        _weibull,
        ("inner derivative forgotten",),
    ),
    Family(
        "rational function", "fits", _NIST + ", Kirby2", _rational, ("quotient rule forgotten",)
    ),
    Family(
        "circle",
        "fits",
        "Gander, Golub and Strebel 1994, BIT 34",
        _circle,
        ("sign of the centre",),
    ),
    Family("radial basis functions", "fits", _ESL + "6", _radial_basis, ("2 forgotten",)),
)
