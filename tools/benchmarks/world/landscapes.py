"""Test functions of global optimisation, at random points of their domains.

Formulas: S. Surjanovic and D. Bingham, Virtual Library of Simulation Experiments: Test Functions
and Datasets, www.sfu.ca/~ssurjano; each gradient is written down by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Formula = Callable[[Array], Any]


def _draw_in(
    loss: Formula, gradient: Callable[[Array, str], Any], low: float, high: float, sizes: Any = 2
) -> Callable[[Rng], Instance]:
    """Return a family's draw: a random point of a box; `sizes` is a number, or (least, most)."""

    def draw(rng: Rng) -> Instance:
        n = sizes if isinstance(sizes, int) else int(rng.integers(sizes[0], sizes[1] + 1))
        return Instance(
            loss, lambda x, mistake: np.asarray(gradient(x, mistake)), rng.uniform(low, high, n)
        )

    return draw


def _branin(x: Array) -> Any:
    b, c = 5.1 / (4 * np.pi**2), 5 / np.pi
    valley = x[1] - b * x[0] ** 2 + c * x[0] - 6
    return valley**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x[0]) + 10


def _slope_of_branin(x: Array, mistake: str) -> list[Any]:
    b, c = 5.1 / (4 * np.pi**2), 5 / np.pi
    valley = x[1] - b * x[0] ** 2 + c * x[0] - 6
    sign = 1 if mistake == "sign of the sine" else -1
    wave = sign * 10 * (1 - 1 / (8 * np.pi)) * np.sin(x[0])
    return [2 * valley * (c - 2 * b * x[0]) + wave, 2 * valley]


def _himmelblau(x: Array) -> Any:
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def _slope_of_himmelblau(x: Array, mistake: str) -> list[Any]:
    a, b = x[0] ** 2 + x[1] - 11, x[0] + x[1] ** 2 - 7
    pair = [4 * a * x[0] + 2 * b, 2 * a + 4 * b * x[1]]
    return pair[::-1] if mistake == "pair swapped" else pair


def _ackley(x: Array) -> Any:
    root = np.sqrt(np.mean(x * x))
    return 20 - 20 * np.exp(-0.2 * root) - np.exp(np.mean(np.cos(2 * np.pi * x))) + np.exp(1.0)


def _slope_of_ackley(x: Array, mistake: str) -> Any:
    n, root = len(x), np.sqrt(np.mean(x * x))
    bowl = 4 * np.exp(-0.2 * root) * x / (n if mistake == "root forgotten" else n * root)
    wave = np.exp(np.mean(np.cos(2 * np.pi * x))) * 2 * np.pi * np.sin(2 * np.pi * x) / n
    return bowl + wave


def _slope_of_rastrigin(x: Array, mistake: str) -> Any:
    inner = 1 if mistake == "2 pi forgotten" else 2 * np.pi
    return 2 * x + 10 * inner * np.sin(2 * np.pi * x)


def _levy(x: Array) -> Any:
    w = 1 + (x - 1) / 4
    middle = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)
    last = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    return np.sin(np.pi * w[0]) ** 2 + np.sum(middle) + last


def _slope_of_levy(x: Array, mistake: str) -> Any:
    w = 1 + (x - 1) / 4
    a = np.pi * w[:-1] + 1
    dw = np.zeros(len(x))
    dw[:-1] = 2 * (w[:-1] - 1) * (1 + 10 * np.sin(a) ** 2)
    dw[:-1] += (w[:-1] - 1) ** 2 * 10 * np.pi * np.sin(2 * a)
    dw[-1] = 2 * (w[-1] - 1) * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    dw[-1] += (w[-1] - 1) ** 2 * 2 * np.pi * np.sin(4 * np.pi * w[-1])
    if mistake != "first term lost":
        dw[0] += np.pi * np.sin(2 * np.pi * w[0])
    return dw / 4


def _griewank(x: Array) -> Any:
    cosines = np.cos(x / np.sqrt(np.arange(1, len(x) + 1)))
    return np.sum(x * x) / 4000 - np.prod(cosines) + 1


def _slope_of_griewank(x: Array, mistake: str) -> Any:
    root = np.sqrt(np.arange(1, len(x) + 1))
    inner = 1 if mistake == "inner derivative forgotten" else root
    return x / 2000 + np.prod(np.cos(x / root)) * np.tan(x / root) / inner


def _slope_of_styblinski(x: Array, mistake: str) -> Any:
    return 2 * x**3 - 16 * x + (5 if mistake == "1/2 forgotten" else 2.5)


def _goldstein_parts(x: Array) -> tuple[Any, ...]:
    a, b = x[0] + x[1] + 1, 2 * x[0] - 3 * x[1]
    p = 19 - 14 * x[0] + 3 * x[0] ** 2 - 14 * x[1] + 6 * x[0] * x[1] + 3 * x[1] ** 2
    q = 18 - 32 * x[0] + 12 * x[0] ** 2 + 48 * x[1] - 36 * x[0] * x[1] + 27 * x[1] ** 2
    return a, b, p, q, 1 + a * a * p, 30 + b * b * q


def _slope_of_goldstein(x: Array, mistake: str) -> Any:
    a, b, p, q, left, right = _goldstein_parts(x)
    dp = np.array([-14 + 6 * x[0] + 6 * x[1]] * 2)
    dq = np.array([-32 + 24 * x[0] - 36 * x[1], 48 - 36 * x[0] + 54 * x[1]])
    d_left = 2 * a * p * np.ones(2) + a * a * dp
    d_right = 2 * b * q * np.array([2, -3]) + b * b * dq
    if mistake == "one half of the product rule":
        return d_left * right
    return d_left * right + left * d_right


def _slope_of_camel(x: Array, mistake: str) -> list[Any]:
    d = 8 * x[0] - 8.4 * x[0] ** 3 + 2 * x[0] ** 5
    cross = 0 if mistake == "cross term lost" else 1
    return [d + cross * x[1], cross * x[0] - 8 * x[1] + 16 * x[1] ** 3]


def _camel(x: Array) -> Any:
    return (
        (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2
        + x[0] * x[1]
        + 4 * (x[1] ** 2 - 1) * x[1] ** 2
    )


def _dixon(x: Array) -> Any:
    i = np.arange(2, len(x) + 1)
    return (x[0] - 1) ** 2 + np.sum(i * (2 * x[1:] ** 2 - x[:-1]) ** 2)


def _slope_of_dixon(x: Array, mistake: str) -> Array:
    i = np.arange(2, len(x) + 1)
    d = 2 * i * (2 * x[1:] ** 2 - x[:-1])
    g = np.zeros(len(x))
    g[0] = 2 * (x[0] - 1)
    g[1:] += d * (2 if mistake == "power rule" else 4) * x[1:]
    if mistake != "neighbour forgotten":
        g[:-1] -= d
    return g


def _slope_of_zakharov(x: Array, mistake: str) -> Any:
    i = np.arange(1, len(x) + 1) / 2
    s = i @ x
    return 2 * x + (2 * s + 4 * s**3) * (1 if mistake == "inner derivative forgotten" else i)


def _zakharov(x: Array) -> Any:
    s = (np.arange(1, len(x) + 1) / 2) @ x
    return np.sum(x * x) + s**2 + s**4


def _slope_of_michalewicz(x: Array, mistake: str) -> Any:
    i = np.arange(1, len(x) + 1)
    a = i * x * x / np.pi
    inner = 20 * np.sin(a) ** 19 * np.cos(a) * 2 * i * x / np.pi
    if mistake == "product rule":
        return -np.cos(x) * inner
    return -np.cos(x) * np.sin(a) ** 20 - np.sin(x) * inner


def _michalewicz(x: Array) -> Any:
    i = np.arange(1, len(x) + 1)
    return -np.sum(np.sin(x) * np.sin(i * x * x / np.pi) ** 20)


def _slope_of_easom(x: Array, mistake: str) -> list[Any]:
    a, b = x - np.pi
    e = np.exp(-a * a - b * b)
    c, d = np.cos(x[0]), np.cos(x[1])
    outer = 1 if mistake == "2 forgotten" else 2
    return [e * d * (np.sin(x[0]) + outer * a * c), e * c * (np.sin(x[1]) + outer * b * d)]


def _easom(x: Array) -> Any:
    a, b = x - np.pi
    return -np.cos(x[0]) * np.cos(x[1]) * np.exp(-a * a - b * b)


def _slope_of_schwefel(x: Array, mistake: str) -> Any:
    root = np.sqrt(np.abs(x))
    return -np.sin(root) - (1 if mistake == "1/2 forgotten" else 0.5) * root * np.cos(root)


def _schwefel(x: Array) -> Any:
    return 418.9829 * len(x) - np.sum(x * np.sin(np.sqrt(np.abs(x))))


def _slope_of_trid(x: Array, mistake: str) -> Array:
    g = 2 * (x - 1)
    g[1:] -= x[:-1]
    if mistake != "neighbour forgotten":
        g[:-1] -= x[1:]
    return g


def _lennard_jones(x: Array) -> Any:
    points = x.reshape(-1, 3)
    total = 0
    for i in range(1, len(points)):
        for j in range(i):
            gap = points[i] - points[j]
            s = 1 / (gap @ gap) ** 3
            total = total + 4 * (s * s - s)
    return total


def _slope_of_lennard_jones(x: Array, mistake: str) -> Array:
    points = x.reshape(-1, 3)
    g = np.zeros_like(points)
    for i in range(1, len(points)):
        for j in range(i):
            gap = points[i] - points[j]
            s = 1 / (gap @ gap) ** 3
            force = 24 * (s - 2 * s * s) * gap / (gap @ gap)
            g[i] += force
            if mistake != "reaction forgotten":
                g[j] -= force
    return g.ravel()


def _cluster(rng: Rng) -> Instance:
    grid = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]])
    x = (1.15 * grid + 0.1 * rng.normal(size=grid.shape)).ravel()
    return Instance(_lennard_jones, _slope_of_lennard_jones, x)


def _family(name: str, page: str, draw: Callable[[Rng], Instance], *mistakes: str) -> Family:
    return Family(name, "landscapes", f"Surjanovic and Bingham, {page}", draw, mistakes)


FAMILIES = (
    _family(
        "Branin", "branin.html", _draw_in(_branin, _slope_of_branin, -5, 10), "sign of the sine"
    ),
    Family(
        "Himmelblau",
        "landscapes",
        "Himmelblau, Applied Nonlinear Programming, 1972",
        _draw_in(_himmelblau, _slope_of_himmelblau, -5, 5),
        ("pair swapped",),
    ),
    _family(
        "Ackley",
        "ackley.html",
        _draw_in(_ackley, _slope_of_ackley, -30, 30, (2, 6)),
        "root forgotten",
    ),
    _family(
        "Rastrigin",
        "rastr.html",
        _draw_in(
            lambda x: 10 * len(x) + np.sum(x * x - 10 * np.cos(2 * np.pi * x)),
            _slope_of_rastrigin,
            -5,
            5,
            (2, 10),
        ),
        "2 pi forgotten",
    ),
    _family(
        "Levy", "levy.html", _draw_in(_levy, _slope_of_levy, -10, 10, (2, 6)), "first term lost"
    ),
    _family(
        "Griewank",
        "griewank.html",
        _draw_in(_griewank, _slope_of_griewank, -600, 600, (2, 5)),
        "inner derivative forgotten",
    ),
    _family(
        "Styblinski and Tang",
        "stybtang.html",
        _draw_in(
            lambda x: np.sum(x**4 - 16 * x**2 + 5 * x) / 2, _slope_of_styblinski, -5, 5, (2, 8)
        ),
        "1/2 forgotten",
    ),
    _family(
        "Goldstein and Price",
        "goldpr.html",
        _draw_in(
            lambda x: _goldstein_parts(x)[4] * _goldstein_parts(x)[5], _slope_of_goldstein, -2, 2
        ),
        "one half of the product rule",
    ),
    _family(
        "six-hump camel",
        "camel6.html",
        _draw_in(_camel, _slope_of_camel, -2, 2),
        "cross term lost",
    ),
    _family(
        "Dixon and Price",
        "dixonpr.html",
        _draw_in(_dixon, _slope_of_dixon, -10, 10, (3, 8)),
        "neighbour forgotten",
        "power rule",
    ),
    _family(
        "Zakharov",
        "zakharov.html",
        _draw_in(_zakharov, _slope_of_zakharov, -5, 10, (2, 8)),
        "inner derivative forgotten",
    ),
    _family(
        "Michalewicz",
        "michal.html",
        _draw_in(_michalewicz, _slope_of_michalewicz, 0.5, 2.5, (2, 6)),
        "product rule",
    ),
    _family("Easom", "easom.html", _draw_in(_easom, _slope_of_easom, 1, 5), "2 forgotten"),
    _family(
        "Schwefel",
        "schwef.html",
        _draw_in(_schwefel, _slope_of_schwefel, -500, 500, (2, 6)),
        "1/2 forgotten",
    ),
    _family(
        "trid",
        "trid.html",
        _draw_in(
            lambda x: np.sum((x - 1) ** 2) - np.sum(x[1:] * x[:-1]),
            _slope_of_trid,
            -20,
            20,
            (3, 9),
        ),
        "neighbour forgotten",
    ),
    Family(
        "Lennard-Jones cluster",
        "landscapes",
        "Wales and Doye 1997, J. Phys. Chem. A 101",
        _cluster,
        ("reaction forgotten",),
    ),
)
