"""Test functions that are sums of squares, at their standard starting points or near them.

The numbers are those of J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained
optimization software", ACM Trans. Math. Software 7 (1981), 17-41. Residuals and Jacobians are
written down by hand from the formulas there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Residuals = Callable[[Array], Any]


MISTAKES = ("2 forgotten", "last residual lost", "inner derivatives of one sign")


def _draw_near(start: Any, rng: Rng) -> Array:
    """Return a point a few per cent from the starting point; a zero stays near zero."""
    point = np.asarray(start, dtype=float)
    return np.asarray(
        point * rng.uniform(0.9, 1.1, point.size) + 0.01 * rng.normal(size=point.size)
    )


def make_draw(residuals: Residuals, jacobian: Residuals, start: Any) -> Callable[[Rng], Instance]:
    """Return a family's draw for the sum of the squares of the residuals."""

    def loss(x: Array) -> Any:
        return sum(r * r for r in residuals(x))

    def gradient(x: Array, mistake: str) -> Array:
        r, J = np.array(residuals(x)), np.array(jacobian(x))
        if mistake == "last residual lost":
            r[-1] = 0.0
        if mistake == "inner derivatives of one sign":
            J = np.abs(J)
        return np.asarray((1 if mistake == "2 forgotten" else 2) * J.T @ r)

    return lambda rng: Instance(loss, gradient, _draw_near(start, rng))


def _helical(x: Array) -> list[Any]:
    # Where x1 > 0, the angle of the paper is arctan(x2 / x1).
    turn = np.arctan2(x[1], x[0]) / (2 * np.pi)
    return [10 * (x[2] - 10 * turn), 10 * (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1), x[2]]


def _slope_of_helical(x: Array) -> list[list[Any]]:
    square = x[0] ** 2 + x[1] ** 2
    root, turn = np.sqrt(square), 100 / (2 * np.pi * square)
    return [[turn * x[1], -turn * x[0], 10], [10 * x[0] / root, 10 * x[1] / root, 0], [0, 0, 1]]


def _watson(x: Array) -> list[Any]:
    rows = []
    for t in (i / 29 for i in range(1, 30)):
        value = sum(x[j] * t**j for j in range(6))
        rows.append(sum(j * x[j] * t ** (j - 1) for j in range(1, 6)) - value * value - 1)
    return [*rows, x[0], x[1] - x[0] ** 2 - 1]


def _slope_of_watson(x: Array) -> list[list[Any]]:
    rows = []
    for t in (i / 29 for i in range(1, 30)):
        value = sum(x[j] * t**j for j in range(6))
        rows.append([(j * t ** (j - 1) if j else 0) - 2 * value * t**j for j in range(6)])
    return [*rows, [1, 0, 0, 0, 0, 0], [-2 * x[0], 1, 0, 0, 0, 0]]


def _trigonometric(x: Array) -> list[Any]:
    n, total = len(x), np.cos(x).sum()
    return [n - total + (i + 1) * (1 - np.cos(x[i])) - np.sin(x[i]) for i in range(n)]


def _slope_of_trigonometric(x: Array) -> Array:
    n = len(x)
    rows = np.tile(np.sin(x), (n, 1))
    return np.asarray(rows + np.diag(np.arange(1, n + 1) * np.sin(x) - np.cos(x)))


def _broyden(x: Array) -> list[Any]:
    y = [0, *x, 0]
    return [(3 - 2 * y[i]) * y[i] - y[i - 1] - 2 * y[i + 1] + 1 for i in range(1, len(x) + 1)]


def _slope_of_broyden(x: Array) -> Array:
    n = len(x)
    return np.asarray(np.diag(3 - 4 * x) - np.eye(n, k=-1) - 2 * np.eye(n, k=1))


def _boundary_value(x: Array) -> list[Any]:
    n, y = len(x), [0, *x, 0]
    h = 1 / (n + 1)
    return [
        2 * y[i] - y[i - 1] - y[i + 1] + h * h * (y[i] + i * h + 1) ** 3 / 2
        for i in range(1, n + 1)
    ]


def _slope_of_boundary_value(x: Array) -> Array:
    n = len(x)
    h, i = 1 / (n + 1), np.arange(1, n + 1)
    middle = 2 + 1.5 * h * h * (x + i * h + 1) ** 2
    return np.asarray(np.diag(middle) - np.eye(n, k=-1) - np.eye(n, k=1))


def _variably_dimensioned(x: Array) -> list[Any]:
    total = sum((j + 1) * (x[j] - 1) for j in range(len(x)))
    return [*(x - 1), total, total * total]


def _slope_of_variably_dimensioned(x: Array) -> Array:
    j = np.arange(1, len(x) + 1)
    total = j @ (x - 1)
    return np.vstack([np.eye(len(x)), j, 2 * total * j])


def _wood(x: Array) -> list[Any]:
    root90, root10 = 90**0.5, 10**0.5
    return [
        10 * (x[1] - x[0] ** 2),
        1 - x[0],
        root90 * (x[3] - x[2] ** 2),
        1 - x[2],
        root10 * (x[1] + x[3] - 2),
        (x[1] - x[3]) / root10,
    ]


def _slope_of_wood(x: Array) -> list[list[Any]]:
    root90, root10 = 90**0.5, 10**0.5
    return [
        [-20 * x[0], 10, 0, 0],
        [-1, 0, 0, 0],
        [0, 0, -2 * root90 * x[2], root90],
        [0, 0, -1, 0],
        [0, root10, 0, root10],
        [0, 1 / root10, 0, -1 / root10],
    ]


def _powell(x: Array) -> list[Any]:
    return [
        x[0] + 10 * x[1],
        5**0.5 * (x[2] - x[3]),
        (x[1] - 2 * x[2]) ** 2,
        10**0.5 * (x[0] - x[3]) ** 2,
    ]


def _slope_of_powell(x: Array) -> list[list[Any]]:
    a, b = 2 * (x[1] - 2 * x[2]), 2 * 10**0.5 * (x[0] - x[3])
    return [[1, 10, 0, 0], [0, 0, 5**0.5, -(5**0.5)], [0, a, -2 * a, 0], [b, 0, 0, -b]]


def _freudenstein(x: Array) -> list[Any]:
    return [
        -13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1],
        -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1],
    ]


def _brown_badly_scaled(x: Array) -> list[Any]:
    return [x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2]


def _powell_badly_scaled(x: Array) -> list[Any]:
    return [1e4 * x[0] * x[1] - 1, np.exp(-x[0]) + np.exp(-x[1]) - 1.0001]


def _beale(x: Array) -> list[Any]:
    return [y - x[0] * (1 - x[1] ** i) for i, y in enumerate((1.5, 2.25, 2.625), start=1)]


def make_family(name: str, number: int, draw: Callable[[Rng], Instance], *mistakes: str) -> Family:
    """Return the family of a problem by its number in the paper."""
    source = f"Moré, Garbow and Hillstrom 1981, problem {number}"
    return Family(name, "test functions", source, draw, mistakes)


FAMILIES = (
    make_family(
        "Rosenbrock",
        1,
        make_draw(
            lambda x: [10 * (x[1] - x[0] ** 2), 1 - x[0]],
            lambda x: [[-20 * x[0], 10], [-1, 0]],
            [-1.2, 1],
        ),
        "inner derivatives of one sign",
    ),
    make_family(
        "Freudenstein and Roth",
        2,
        make_draw(
            _freudenstein,
            lambda x: [[1, 10 * x[1] - 3 * x[1] ** 2 - 2], [1, 3 * x[1] ** 2 + 2 * x[1] - 14]],
            [0.5, -2],
        ),
        "last residual lost",
    ),
    make_family(
        "Powell badly scaled",
        3,
        make_draw(
            _powell_badly_scaled,
            lambda x: [[1e4 * x[1], 1e4 * x[0]], [-np.exp(-x[0]), -np.exp(-x[1])]],
            [0, 1],
        ),
        "all zero",
    ),
    make_family(
        "Brown badly scaled",
        4,
        make_draw(_brown_badly_scaled, lambda x: [[1, 0], [0, 1], [x[1], x[0]]], [1, 1]),
        "2 forgotten",
    ),
    make_family(
        "Beale",
        5,
        make_draw(
            _beale,
            lambda x: [[x[1] ** i - 1, i * x[0] * x[1] ** (i - 1)] for i in (1, 2, 3)],
            [1, 0.8],
        ),
        "2 forgotten",
    ),
    make_family(
        "helical valley",
        7,
        make_draw(_helical, _slope_of_helical, [1, 0.3, 0.2]),
        "inner derivatives of one sign",
    ),
    make_family(
        "Powell singular", 13, make_draw(_powell, _slope_of_powell, [3, -1, 0.5, 1]), "2 forgotten"
    ),
    make_family(
        "Wood",
        14,
        make_draw(_wood, _slope_of_wood, [-3, -1, -3, -1]),
        "inner derivatives of one sign",
    ),
    make_family(
        "Watson",
        20,
        make_draw(_watson, _slope_of_watson, [0.1, -0.1, 0.2, 0.1, -0.1, 0.1]),
        "last residual lost",
    ),
    make_family(
        "variably dimensioned",
        25,
        make_draw(_variably_dimensioned, _slope_of_variably_dimensioned, 1 - np.arange(1, 8) / 7),
        "the wrong sign in every other entry",
    ),
    make_family(
        "trigonometric",
        26,
        make_draw(_trigonometric, _slope_of_trigonometric, np.full(6, 1 / 6)),
        "inner derivatives of one sign",
    ),
    make_family(
        "discrete boundary value",
        28,
        make_draw(_boundary_value, _slope_of_boundary_value, [-0.1, -0.15, -0.2, -0.15, -0.1]),
        "the largest entry missing",
    ),
    make_family(
        "Broyden tridiagonal",
        30,
        make_draw(_broyden, _slope_of_broyden, -np.ones(7)),
        "inner derivatives of one sign",
    ),
)
