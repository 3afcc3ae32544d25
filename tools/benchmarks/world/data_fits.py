"""Test functions that fit a curve to data, at their standard starting points or near them.

Numbers, data and formulas: Moré, Garbow and Hillstrom 1981, as in `sums_of_squares`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array
from tools.benchmarks.world.sums_of_squares import make_draw, make_family

_BARD_Y = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39]


def _bard(x: Array) -> list[Any]:
    return [
        y - (x[0] + u / ((16 - u) * x[1] + min(u, 16 - u) * x[2]))
        for u, y in enumerate(_BARD_Y, start=1)
    ]


def _slope_of_bard(x: Array) -> list[list[Any]]:
    rows = []
    for u in range(1, 16):
        v, w = 16 - u, min(u, 16 - u)
        low = (v * x[1] + w * x[2]) ** 2
        rows.append([-1, u * v / low, u * w / low])
    return rows


_KOWALIK = np.array(
    [
        (0.1957, 4),
        (0.1947, 2),
        (0.1735, 1),
        (0.16, 0.5),
        (0.0844, 0.25),
        (0.0627, 0.167),
        (0.0456, 0.125),
        (0.0342, 0.1),
        (0.0323, 0.0833),
        (0.0235, 0.0714),
        (0.0246, 0.0625),
    ]
)


def _kowalik(x: Array) -> list[Any]:
    return [
        y - x[0] * (u * u + u * x[1]) / (u * u + u * x[2] + x[3]) for y, u in _KOWALIK.tolist()
    ]


def _slope_of_kowalik(x: Array) -> list[list[Any]]:
    rows = []
    for u in _KOWALIK[:, 1]:
        high, low = u * u + u * x[1], u * u + u * x[2] + x[3]
        d = x[0] * high / low**2
        rows.append([-high / low, -x[0] * u / low, d * u, d])
    return rows


_TIMES = [0.1 * i for i in range(1, 11)]


def _box(x: Array) -> list[Any]:
    return [
        np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10 * t))
        for t in _TIMES
    ]


def _slope_of_box(x: Array) -> list[list[Any]]:
    return [
        [-t * np.exp(-t * x[0]), t * np.exp(-t * x[1]), np.exp(-10 * t) - np.exp(-t)]
        for t in _TIMES
    ]


def _biggs(x: Array) -> list[Any]:
    return [
        x[2] * np.exp(-t * x[0])
        - x[3] * np.exp(-t * x[1])
        + x[5] * np.exp(-t * x[4])
        - (np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t))
        for t in (0.1 * i for i in range(1, 14))
    ]


def _slope_of_biggs(x: Array) -> list[list[Any]]:
    rows = []
    for t in (0.1 * i for i in range(1, 14)):
        a, b, c = (np.exp(-t * x[i]) for i in (0, 1, 4))
        rows.append([-t * x[2] * a, t * x[3] * b, a, -b, -t * x[5] * c, c])
    return rows


_OSBORNE_Y = [
    0.844,
    0.908,
    0.932,
    0.936,
    0.925,
    0.908,
    0.881,
    0.850,
    0.818,
    0.784,
    0.751,
    0.718,
    0.685,
    0.658,
    0.628,
    0.603,
    0.580,
    0.558,
    0.538,
    0.522,
    0.506,
    0.490,
    0.478,
    0.467,
    0.457,
    0.448,
    0.438,
    0.431,
    0.424,
    0.420,
    0.414,
    0.411,
    0.406,
]


def _osborne(x: Array) -> list[Any]:
    return [
        y - (x[0] + x[1] * np.exp(-10 * i * x[3]) + x[2] * np.exp(-10 * i * x[4]))
        for i, y in enumerate(_OSBORNE_Y)
    ]


def _slope_of_osborne(x: Array) -> list[list[Any]]:
    rows = []
    for t in (10 * i for i in range(len(_OSBORNE_Y))):
        a, b = np.exp(-t * x[3]), np.exp(-t * x[4])
        rows.append([-1, -a, -b, x[1] * t * a, x[2] * t * b])
    return rows


_MEYER_Y = [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427,
            3820, 3307, 2872]  # fmt: skip


def _meyer(x: Array) -> list[Any]:
    return [x[0] * np.exp(x[1] / (50 + 5 * i + x[2])) - y for i, y in enumerate(_MEYER_Y)]


def _slope_of_meyer(x: Array) -> list[list[Any]]:
    rows = []
    for low in (45 + 5 * i + x[2] for i in range(1, 17)):
        e = np.exp(x[1] / low)
        rows.append([e, x[0] * e / low, -x[0] * x[1] * e / low**2])
    return rows


def _brown_dennis(x: Array) -> list[Any]:
    return [
        (x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2
        for t in (i / 5 for i in range(1, 21))
    ]


def _slope_of_brown_dennis(x: Array) -> list[list[Any]]:
    rows = []
    for t in (i / 5 for i in range(1, 21)):
        a, b = 2 * (x[0] + t * x[1] - np.exp(t)), 2 * (x[2] + x[3] * np.sin(t) - np.cos(t))
        rows.append([a, a * t, b, b * np.sin(t)])
    return rows


def _jennrich_sampson(x: Array) -> list[Any]:
    return [2 + 2 * i - np.exp(i * x[0]) - np.exp(i * x[1]) for i in range(1, 11)]


FAMILIES = (
    make_family(
        "Jennrich and Sampson",
        6,
        make_draw(
            _jennrich_sampson,
            lambda x: [[-i * np.exp(i * x[0]), -i * np.exp(i * x[1])] for i in range(1, 11)],
            [0.3, 0.4],
        ),
        "the wrong sign in every other entry",
    ),
    make_family("Bard", 8, make_draw(_bard, _slope_of_bard, [1, 1, 1]), "two digits"),
    make_family(
        "Meyer",
        10,
        make_draw(_meyer, _slope_of_meyer, [0.02, 4000, 250]),
        "the largest entry 1% off",
    ),
    make_family(
        "Box in three dimensions", 12, make_draw(_box, _slope_of_box, [0.5, 10, 20]), "2 forgotten"
    ),
    make_family(
        "Kowalik and Osborne",
        15,
        make_draw(_kowalik, _slope_of_kowalik, [0.25, 0.39, 0.415, 0.39]),
        "last residual lost",
    ),
    make_family(
        "Brown and Dennis",
        16,
        make_draw(_brown_dennis, _slope_of_brown_dennis, [25, 5, -5, -1]),
        "the largest entry 1% off",
    ),
    make_family(
        "Osborne 1",
        17,
        make_draw(_osborne, _slope_of_osborne, [0.5, 1.5, -1, 0.01, 0.02]),
        "last residual lost",
    ),
    make_family(
        "Biggs EXP6",
        18,
        make_draw(_biggs, _slope_of_biggs, [1, 2, 1, 1, 1, 1]),
        "inner derivatives of one sign",
    ),
)
