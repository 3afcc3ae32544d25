"""Points where the whole gradient is zero: minima of test functions, fitted models, saddles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.functions import sigmoid, softplus
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

# Nothing that is a multiple of the gradient shows here: something must be added to it.
MISTAKES = ("a penalty too many", "an entry left over")


def _add_mistakes(gradient: Callable[[Array], Any]) -> Callable[[Array, str], Array]:
    def add(x: Array, mistake: str) -> Array:
        g = np.array(gradient(x), dtype=float)
        if mistake == "a penalty too many":
            g = g + 0.01 * (x + (x == 0))
        if mistake == "an entry left over":
            g[0] += 0.01
        return g

    return add


def _at(
    point: Any, loss: Callable[[Array], Any], gradient: Callable[[Array], Any]
) -> Callable[[Rng], Instance]:
    """Return a family's draw: a function with an offset, at its stationary point."""

    def draw(rng: Rng) -> Instance:
        offset = float(rng.choice([0, 0, 1, 100]))
        x = np.array(point, dtype=float)
        return Instance(lambda x: loss(x) + offset, _add_mistakes(gradient), x)

    return draw


def _rosenbrock(x: Array) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def _slope_of_rosenbrock(x: Array) -> Array:
    valley, g = x[1:] - x[:-1] ** 2, np.zeros(len(x))
    g[:-1] = -400 * x[:-1] * valley - 2 * (1 - x[:-1])
    g[1:] += 200 * valley
    return g


def _beale_parts(x: Array) -> list[Any]:
    return [y - x[0] * (1 - x[1] ** i) for i, y in enumerate((1.5, 2.25, 2.625), start=1)]


def _slope_of_beale(x: Array) -> list[Any]:
    parts = list(enumerate(_beale_parts(x), start=1))
    return [
        sum(2 * r * (x[1] ** i - 1) for i, r in parts),
        sum(2 * r * x[0] * i * x[1] ** (i - 1) for i, r in parts),
    ]


def _slope_of_himmelblau(x: Array) -> list[Any]:
    a, b = x[0] ** 2 + x[1] - 11, x[0] + x[1] ** 2 - 7
    return [4 * a * x[0] + 2 * b, 2 * a + 4 * b * x[1]]


def _powell(x: Array) -> Any:
    return (
        (x[0] + 10 * x[1]) ** 2
        + 5 * (x[2] - x[3]) ** 2
        + (x[1] - 2 * x[2]) ** 4
        + 10 * (x[0] - x[3]) ** 4
    )


def _slope_of_powell(x: Array) -> list[Any]:
    a, b = 2 * (x[0] + 10 * x[1]), 10 * (x[2] - x[3])
    c, d = 4 * (x[1] - 2 * x[2]) ** 3, 40 * (x[0] - x[3]) ** 3
    return [a + d, 10 * a + c, b - 2 * c, -b - d]


def _least_squares(rng: Rng, exact: bool) -> Instance:
    m, n = int(rng.integers(10, 40)), int(rng.integers(1, 6))
    X = rng.normal(size=(m, n))
    y = X @ rng.normal(size=n) + (0 if exact else rng.normal(size=m))
    w = np.linalg.lstsq(X, y, rcond=None)[0]

    def loss(w: Array) -> Any:
        e = X @ w - y
        return e @ e / m

    return Instance(loss, _add_mistakes(lambda w: 2 * X.T @ (X @ w - y) / m), w)


def _solve_newton(
    w: Array, gradient: Callable[[Array], Array], hessian: Callable[[Array], Array]
) -> Array:
    for _ in range(30):
        w = w - np.linalg.solve(hessian(w), gradient(w))
    return w


def _logistic(rng: Rng) -> Instance:
    m, n = int(rng.integers(30, 60)), int(rng.integers(1, 5))
    X = np.column_stack([np.ones(m), rng.normal(size=(m, n))])
    y = (rng.random(m) < sigmoid(X @ rng.normal(size=n + 1))) * 1.0

    def loss(w: Array) -> Any:
        return np.mean(softplus(X @ w) - y * (X @ w)) + 0.005 * (w @ w)

    def gradient(w: Array) -> Array:
        return np.asarray(X.T @ (sigmoid(X @ w) - y) / m + 0.01 * w)

    def hessian(w: Array) -> Array:
        p = sigmoid(X @ w)
        return np.asarray((X.T * (p * (1 - p))) @ X / m + 0.01 * np.eye(n + 1))

    w = _solve_newton(np.zeros(n + 1), gradient, hessian)
    return Instance(loss, _add_mistakes(gradient), w)


def _poisson(rng: Rng) -> Instance:
    m = int(rng.integers(20, 40))
    X = np.column_stack([np.ones(m), rng.normal(size=(m, 2))])
    y = rng.poisson(np.exp(X @ [1.0, 0.5, -0.3])).astype(float)

    def gradient(w: Array) -> Array:
        return np.asarray(X.T @ (np.exp(X @ w) - y))

    w = _solve_newton(
        np.array([1.0, 0.5, -0.3]), gradient, lambda w: np.asarray((X.T * np.exp(X @ w)) @ X)
    )
    return Instance(lambda w: np.sum(np.exp(X @ w) - y * (X @ w)), _add_mistakes(gradient), w)


def _normal(rng: Rng) -> Instance:
    x = rng.normal(3.0, 2.0, int(rng.integers(10, 40)))

    def loss(p: Array) -> Any:
        z = (x - p[0]) * np.exp(-p[1])
        return np.sum(z * z) / 2 + len(x) * p[1]

    def gradient(p: Array) -> Array:
        z = (x - p[0]) * np.exp(-p[1])
        return np.array([-z.sum() * np.exp(-p[1]), len(x) - z @ z])

    return Instance(loss, _add_mistakes(gradient), np.array([x.mean(), np.log(x.std())]))


def _rayleigh(rng: Rng) -> Instance:
    n = int(rng.integers(3, 7))
    B = rng.normal(size=(n, n))
    A = B + B.T
    v = np.linalg.eigh(A)[1][:, -1] * float(rng.uniform(0.5, 3))

    def gradient(v: Array) -> Array:
        return np.asarray(2 * (A @ v - (v @ (A @ v)) / (v @ v) * v) / (v @ v))

    return Instance(lambda v: (v @ (A @ v)) / (v @ v), _add_mistakes(gradient), v)


def _product(rng: Rng) -> Instance:
    A = rng.normal(size=(3, 4))

    def loss(x: Array) -> Any:
        E = x[:3, None] * x[None, 3:] - A
        return np.sum(E * E)

    def gradient(x: Array) -> Array:
        E = np.outer(x[:3], x[3:]) - A
        return np.concatenate([2 * E @ x[3:], 2 * E.T @ x[:3]])

    return Instance(loss, _add_mistakes(gradient), np.zeros(7))


def _stiff(rng: Rng) -> Instance:
    n = int(rng.integers(2, 7))
    a, c = rng.normal(size=n), 10.0 ** rng.uniform(-2, 5, n)
    return Instance(
        lambda x: np.sum(c * (x - a) ** 2), _add_mistakes(lambda x: 2 * c * (x - a)), a.copy()
    )


def _cosh(rng: Rng) -> Instance:
    a, offset = rng.normal(size=int(rng.integers(1, 7))), float(rng.choice([0, 1, 50]))
    return Instance(
        lambda x: np.sum(np.cosh(x - a)) + offset,
        _add_mistakes(lambda x: np.sinh(x - a)),
        a.copy(),
    )


def _mgh(number: int) -> str:
    return f"Moré, Garbow and Hillstrom 1981, problem {number}"


_SADDLES = "Strang, Calculus, 1991, section 13.6"

FAMILIES = (
    Family(
        "Rosenbrock at its minimum",
        "stationary points",
        _mgh(1),
        _at(np.ones(4), _rosenbrock, _slope_of_rosenbrock),
        MISTAKES,
    ),
    Family(
        "Beale at its minimum",
        "stationary points",
        _mgh(5),
        _at([3, 0.5], lambda x: sum(r * r for r in _beale_parts(x)), _slope_of_beale),
        MISTAKES[:1],
    ),
    Family(
        "Powell singular at its minimum",
        "stationary points",
        _mgh(13),
        _at(np.zeros(4), _powell, _slope_of_powell),
        MISTAKES[:1],
    ),
    Family(
        "Himmelblau at a minimum",
        "stationary points",
        "Himmelblau, Applied Nonlinear Programming, 1972",
        _at(
            [3, 2],
            lambda x: (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2,
            _slope_of_himmelblau,
        ),
        MISTAKES[1:],
    ),
    Family(
        "saddle",
        "stationary points",
        _SADDLES,
        _at([0, 0], lambda x: x[0] ** 2 - x[1] ** 2, lambda x: [2 * x[0], -2 * x[1]]),
        MISTAKES[:1],
    ),
    Family(
        "monkey saddle",
        "stationary points",
        _SADDLES,
        _at(
            [0, 0],
            lambda x: x[0] ** 3 - 3 * x[0] * x[1] ** 2,
            lambda x: [3 * x[0] ** 2 - 3 * x[1] ** 2, -6 * x[0] * x[1]],
        ),
        MISTAKES[1:],
    ),
    Family(
        "product of two factors at zero",
        "stationary points",
        "Baldi and Hornik 1989, Neural Networks 2",
        _product,
        MISTAKES[:1],
    ),
    Family(
        "top of a bump",
        "stationary points",
        _SADDLES,
        _at(
            [0.5, -0.25],
            lambda x: -np.exp(-((x[0] - 0.5) ** 2) - (x[1] + 0.25) ** 2),
            lambda x: (
                2
                * (x - np.array([0.5, -0.25]))
                * np.exp(-((x[0] - 0.5) ** 2) - (x[1] + 0.25) ** 2)
            ),
        ),
        MISTAKES[:1],
    ),
    Family(
        "fitted least squares",
        "stationary points",
        "Björck 1996, section 1.1",
        lambda rng: _least_squares(rng, False),
        MISTAKES,
    ),
    Family(
        "least squares with an exact fit",
        "stationary points",
        "Björck 1996, section 1.1",
        lambda rng: _least_squares(rng, True),
        MISTAKES[1:],
    ),
    Family(
        "fitted logistic regression",
        "stationary points",
        "McCullagh and Nelder, Generalized Linear Models, 1989",
        _logistic,
        MISTAKES,
    ),
    Family(
        "fitted Poisson regression",
        "stationary points",
        "McCullagh and Nelder, Generalized Linear Models, 1989",
        _poisson,
        MISTAKES[:1],
    ),
    Family(
        "normal with mean and deviation fitted",
        "stationary points",
        "Fisher 1922",
        _normal,
        MISTAKES[:1],
    ),
    Family(
        "Rayleigh quotient at an eigenvector",
        "stationary points",
        "Trefethen and Bau 1997, lecture 27",
        _rayleigh,
        MISTAKES[:1],
    ),
    Family(
        "bowl of several stiffnesses",
        "stationary points",
        "Boyd and Vandenberghe 2004, 9.3",
        _stiff,
        MISTAKES[1:],
    ),
    Family("cosh at its minimum", "stationary points", _SADDLES, _cosh, MISTAKES[:1]),
)
