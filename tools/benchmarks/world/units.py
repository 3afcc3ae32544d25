"""One vector whose entries have different units, from 1e-14 to 1e13."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.curves import make_fit
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

GAS = 8.314462618  # J / (mol K)


def _slope_of_line(p: Array, x: Array, mistake: str) -> list[Array]:
    z = (x - p[1]) / p[2]
    G = np.exp(-z * z / 2)
    width = 1e-9 if mistake == "width in nanometres" else p[2]
    return [G, p[0] * G * z / width, p[0] * G * z * z / width, np.ones_like(x)]


def _slope_of_rate(p: Array, s: Array, mistake: str) -> list[Array]:
    low = p[1] + s
    sign = 1 if mistake == "sign of one entry" else -1
    return [-sign * s / low, -p[0] * s / low**2]


def _slope_of_arrhenius(p: Array, T: Array, mistake: str) -> list[Array]:
    e = np.exp(-p[1] / (GAS * T))
    return [e, -p[0] * e / (1 if mistake == "inner derivative forgotten" else GAS * T)]


def _slope_of_diode(p: Array, V: Array, mistake: str) -> list[Array]:
    e = np.exp(V / (0.02585 * p[1]))
    power = 1 if mistake == "power rule" else 2
    return [2 * (e - 1) / power, -p[0] * e * V / (0.02585 * p[1] ** power)]


def _slope_of_discharge(p: Array, t: Array, mistake: str) -> list[Array]:
    tau = p[1] * p[2]
    e = np.exp(-t / tau)
    d = p[0] * e * t / tau
    return [e, d / p[1], d / (p[1] if mistake == "R for C" else p[2])]


def _slope_of_gas(p: Array, V: Array, mistake: str) -> list[Array]:
    power = 1 if mistake == "power rule" else 2
    return [-1 / V**2, GAS * 300 / (V - p[1]) ** power]


def _slope_of_dispersion(p: Array, x: Array, mistake: str) -> list[Array]:
    low = x * x - p[1]
    return [x * x / low, p[0] * x * x / low ** (1 if mistake == "quotient rule" else 2)]


def _slope_of_clearance(p: Array, t: Array, mistake: str) -> list[Array]:
    e = np.exp(-p[1] * t)
    return [
        -2e-4 * e / p[0] ** 2,
        -2e-4 / p[0] * e * (1 if mistake == "time forgotten" else t),
    ]


_line = make_fit(
    lambda p, x: p[0] * np.exp(-(((x - p[1]) / p[2]) ** 2) / 2) + p[3],
    _slope_of_line,
    np.linspace(525e-9, 540e-9, 30),
    [9e3, 532.3e-9, 2.2e-9, 60.0],
    spread=0.001,
)
_rate = make_fit(
    lambda p, s: p[0] * s / (p[1] + s),
    _slope_of_rate,
    np.geomspace(1e-7, 1e-4, 12),
    [2e-9, 1.5e-6],
)
_arrhenius = make_fit(
    lambda p, T: p[0] * np.exp(-p[1] / (GAS * T)),
    _slope_of_arrhenius,
    np.linspace(500, 700, 12),
    [1e13, 8e4],
    spread=0.05,
)
_diode = make_fit(
    lambda p, V: p[0] * (np.exp(V / (0.02585 * p[1])) - 1),
    _slope_of_diode,
    np.linspace(0.1, 0.7, 13),
    [1e-12, 1.5],
    spread=0.05,
)
_discharge = make_fit(
    lambda p, t: p[0] * np.exp(-t / (p[1] * p[2])),
    _slope_of_discharge,
    np.linspace(0, 3e-5, 15),
    [5.0, 1e4, 1e-9],
)
_gas = make_fit(
    lambda p, V: GAS * 300 / (V - p[1]) - p[0] / V**2,
    _slope_of_gas,
    np.geomspace(1e-4, 1e-2, 12),
    [0.36, 4.3e-5],
)
_dispersion = make_fit(
    lambda p, x: 1 + p[0] * x * x / (x * x - p[1]),
    _slope_of_dispersion,
    np.linspace(4e-7, 1e-6, 12),
    [1.1, 1e-14],
)
_clearance = make_fit(
    lambda p, t: 2e-4 / p[0] * np.exp(-p[1] * t),
    _slope_of_clearance,
    np.linspace(0, 4e4, 12),
    [0.04, 5e-5],
)


def _make_scaled(
    function: Callable[[Any], Any], slope: Callable[[Array], Any]
) -> Callable[[Rng], Instance]:
    """Return a draw of sum(c f(C (x / S))), with a unit S for each entry."""

    def draw(rng: Rng) -> Instance:
        n = int(rng.integers(2, 6))
        span = float(rng.uniform(3, 9))
        S, C = 10.0 ** rng.uniform(-span, span, n), rng.normal(size=(n, n))
        c = np.arange(1.0, n + 1)

        def gradient(x: Array, mistake: str) -> Array:
            g = C.T @ (c * slope(C @ (x / S)))
            return np.asarray(g if mistake == "units forgotten" else g / S)

        x = rng.uniform(0.3, 2, n) * rng.choice([-1, 1], n) * S
        return Instance(lambda x: np.sum(c * function(C @ (x / S))), gradient, x)

    return draw


def _brown(rng: Rng) -> Instance:
    def loss(x: Array) -> Any:
        return (x[0] - 1e6) ** 2 + (x[1] - 2e-6) ** 2 + (x[0] * x[1] - 2) ** 2

    def gradient(x: Array, mistake: str) -> Array:
        r = x[0] * x[1] - 2
        cross = 0 if mistake == "product forgotten" else 2 * r
        return np.array([2 * (x[0] - 1e6) + cross * x[1], 2 * (x[1] - 2e-6) + cross * x[0]])

    return Instance(loss, gradient, np.array([1e6, 2e-6]) * rng.uniform(0.8, 1.25, 2))


def _orbit(rng: Rng) -> Instance:
    """Speeds from the vis-viva equation; the mass in kg, the axis in m."""
    G, r = 6.6743e-11, np.linspace(1.2e11, 1.8e11, 10)

    def speeds(p: Array) -> Any:
        return G * p[0] * (2 / r - 1 / p[1])

    truth = np.array([1.989e30, 1.5e11])
    seen = speeds(truth)

    def loss(p: Array) -> Any:
        e = speeds(p) / seen - 1
        return e @ e

    def gradient(p: Array, mistake: str) -> Array:
        e = 2 * (speeds(p) / seen - 1) / seen
        axis = 1 if mistake == "inner derivative forgotten" else p[1] ** 2
        return np.array([e @ (G * (2 / r - 1 / p[1])), np.sum(e * G * p[0] / axis)])

    return Instance(loss, gradient, truth * rng.uniform(0.9, 1.1, 2))


_MISSING = "the largest entry missing"

FAMILIES = (
    Family(
        "spectral line in metres",
        "mixed units",
        "NIST Atomic Spectra Database",
        _line,
        ("width in nanometres", _MISSING),
    ),
    Family(
        "Michaelis-Menten in SI units",
        "mixed units",
        "Bates and Watts 1988",
        _rate,
        ("sign of one entry", _MISSING),
    ),
    Family(
        "Arrhenius",
        "mixed units",
        "Laidler 1984, J. Chem. Educ. 61",
        _arrhenius,
        ("inner derivative forgotten", _MISSING),
    ),
    Family(
        "diode",
        "mixed units",
        "Shockley 1949, Bell Syst. Tech. J. 28",
        _diode,
        ("power rule", _MISSING),
    ),
    Family(
        "discharge of a capacitor",
        "mixed units",
        "Horowitz and Hill 2015, section 1.4",
        _discharge,
        ("R for C", _MISSING),
    ),
    Family(
        "van der Waals gas",
        "mixed units",
        "Atkins and de Paula 2010, section 1.4",
        _gas,
        ("power rule", _MISSING),
    ),
    Family(
        "Sellmeier dispersion",
        "mixed units",
        "Sellmeier 1872, Ann. Phys. 223",
        _dispersion,
        ("quotient rule", _MISSING),
    ),
    Family(
        "clearance of a drug",
        "mixed units",
        "Rowland and Tozer 2011, chapter 3",
        _clearance,
        ("time forgotten", _MISSING),
    ),
    Family(
        "Brown badly scaled near its minimum",
        "mixed units",
        "Moré, Garbow and Hillstrom 1981, problem 4",
        _brown,
        ("product forgotten", _MISSING),
    ),
    Family(
        "orbit",
        "mixed units",
        "Murray and Dermott 1999, section 2.4",
        _orbit,
        ("inner derivative forgotten", _MISSING),
    ),
    Family(
        "tanh of scaled entries",
        "mixed units",
        "Gill, Murray and Wright 1981, section 7.5",
        _make_scaled(np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        ("units forgotten", _MISSING),
    ),
    Family(
        "sine of scaled entries",
        "mixed units",
        "Gill, Murray and Wright 1981, section 7.5",
        _make_scaled(np.sin, np.cos),
        ("a factor of 2", _MISSING),
    ),
    Family(
        "squares of scaled entries",
        "mixed units",
        "Gill, Murray and Wright 1981, section 7.5",
        _make_scaled(lambda z: (z - 1) ** 2 / 2, lambda z: z - 1),
        ("the wrong sign", _MISSING),
    ),
)
