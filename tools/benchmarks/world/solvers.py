"""Losses with a solver inside: iterations, differential equations, linear algebra.

Where the solver ends at a tolerance or is LAPACK's, the formula is written down a second time for
numbers of any kind: a closed form, more iterations than are needed, or elimination by hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.functions import solve
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _fixed_point(rng: Rng) -> Instance:
    n = int(rng.integers(2, 4))
    x, R = rng.normal(size=n), rng.normal(size=n)

    def iterate(p: Tree, steps: int, tolerance: float) -> Any:
        z = 0 * p["b"]
        for _ in range(steps):
            before, z = z, np.tanh(p["W"] @ z + x + p["b"])
            if tolerance and np.abs(z - before).max() < tolerance:
                break
        return z

    def gradient(p: Tree, mistake: str) -> Tree:
        z = iterate(p, 500, 1e-16)
        s = 1 - z * z
        u = np.linalg.solve(np.eye(n) - p["W"].T * s, R)
        if mistake == "one step of the iteration":
            u = R
        if mistake == "W not transposed":
            u = np.linalg.solve(np.eye(n) - p["W"] * s, R)
        return {"W": np.outer(u * s, z), "b": u * s}

    W = rng.normal(size=(n, n))
    W *= 0.4 / np.linalg.norm(W, 2)
    return Instance(
        lambda p: R @ iterate(p, 120, 0.0),
        gradient,
        {"W": W, "b": rng.normal(size=n)},
        computed=lambda p: R @ iterate(p, 500, 1e-14),
    )


def _kepler(rng: Rng) -> Instance:
    """The eccentric anomaly E from the mean anomaly M: M = E - e sin E, by Newton's method."""

    def find(p: Array, steps: int, tolerance: float) -> Any:
        M, e = p
        E = M + e * np.sin(M)
        for _ in range(steps):
            step = (E - e * np.sin(E) - M) / (1 - e * np.cos(E))
            E = E - step
            if tolerance and abs(step) < tolerance:
                break
        return E

    def gradient(p: Array, mistake: str) -> Array:
        E = find(p, 50, 1e-15)
        slope = 1 if mistake == "implicit factor forgotten" else 1 - p[1] * np.cos(E)
        return np.asarray(-np.sin(E) / slope * np.array([1, np.sin(E)]))

    return Instance(
        lambda p: np.cos(find(p, 9, 0.0)),
        gradient,
        np.array([rng.uniform(0.3, 2.8), rng.uniform(0.1, 0.7)]),
        computed=lambda p: np.cos(find(p, 50, 1e-13)),
    )


def _lotka_volterra(rng: Rng) -> Instance:
    steps, h = 15, 0.2
    y0 = rng.uniform(0.5, 1.5, 2)

    def slope(y: Any, p: Array) -> Any:
        both = y[0] * y[1]
        return np.array([p[0] * y[0] - p[1] * both, p[3] * both - p[2] * y[1]])

    def step(y: Any, p: Any, f: Any) -> Any:
        a = f(y, p)
        b = f(y + h / 2 * a, p)
        c = f(y + h / 2 * b, p)
        return y + h / 6 * (a + 2 * b + 2 * c + f(y + h * c, p))

    def loss(p: Array) -> Any:
        y: Any = y0
        for _ in range(steps):
            y = step(y, p, slope)
        return np.sum(y * y)

    def augmented(u: Array, p: Array) -> Array:
        y, S = u[:, 0], u[:, 1:]
        J = np.array([[p[0] - p[1] * y[1], -p[1] * y[0]], [p[3] * y[1], p[3] * y[0] - p[2]]])
        F = np.array([[y[0], -y[0] * y[1], 0, 0], [0, 0, -y[1], y[0] * y[1]]])
        return np.column_stack([slope(y, p), J @ S + F])

    def gradient(p: Array, mistake: str) -> Array:
        u = np.column_stack([y0, np.zeros((2, 4))])
        for _ in range(steps):
            if mistake == "Euler's sensitivities":
                after = step(u[:, 0], p, slope)
                u = u + h * augmented(u, p)
                u[:, 0] = after
            else:
                u = step(u, p, augmented)
        return np.asarray(2 * u[:, 0] @ u[:, 1:])

    return Instance(loss, gradient, np.array([1.5, 1, 1, 0.8]) * rng.uniform(0.8, 1.2, 4))


# Dormand and Prince 1980, J. Comp. Appl. Math. 6: the stages, and the estimate of the error.
_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)


_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


def _integrate(r: float, K: float, y: float, end: float, tolerance: float) -> float:
    """Return the solution of y' = r y (1 - y / K) by steps that adapt to the tolerance."""
    t, h = 0.0, 0.1
    while t < end:
        h = min(h, end - t)
        after, slopes = y, [r * y * (1 - y / K)]
        for weights in _STAGES:
            after = y + h * sum(w * s for w, s in zip(weights, slopes, strict=True))
            slopes.append(r * after * (1 - after / K))
        error = h * abs(sum(w * s for w, s in zip(_ERROR, slopes, strict=True)))
        if error <= tolerance:
            t, y = t + h, after
        h *= min(2.0, max(0.3, 0.9 * (tolerance / max(error, 1e-300)) ** 0.2))
    return y


def _logistic_growth(rng: Rng) -> Instance:
    y0, end = float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.5, 1.0))

    def formula(p: Array) -> Any:
        r, K = p
        return K / (1 + (K / y0 - 1) * np.exp(-r * end))

    def gradient(p: Array, mistake: str) -> Array:
        r, K = p
        e = np.exp(-r * end)
        low = 1 + (K / y0 - 1) * e
        quotient = 0 if mistake == "quotient rule" else K / y0 * e / low**2
        return np.array([K * (K / y0 - 1) * end * e / low**2, 1 / low - quotient])

    return Instance(
        formula,
        gradient,
        rng.uniform(0.7, 2.0, 2),
        computed=lambda p: _integrate(float(p[0]), float(p[1]), y0, end, 1e-13),
    )


def _backward_euler(rng: Rng) -> Instance:
    n, steps, h = int(rng.integers(3, 5)), 4, 0.3
    u0, R = rng.normal(size=n), rng.normal(size=n)
    D = np.diff(np.eye(n + 2), axis=0)[:, 1:-1]  # gradients at the n + 1 faces

    def matrix(k: Any) -> Any:
        return np.eye(n) + h * (D.T @ (k[:, None] * D))

    def loss(k: Array) -> Any:
        u: Any = u0
        for _ in range(steps):
            u = solve(matrix(k), u)
        return R @ u

    def gradient(k: Array, mistake: str) -> Array:
        A, u, back, g = matrix(k), [u0], R, np.zeros(n + 1)
        for _ in range(steps):
            u.append(np.linalg.solve(A, u[-1]))
        for t in range(steps, 0, -1):
            back = np.linalg.solve(A, back)
            g -= h * (D @ back) * (D @ u[t - 1 if mistake == "state of the step before" else t])
        return g

    return Instance(loss, gradient, rng.uniform(0.5, 3, n + 1))


def _leapfrog(rng: Rng) -> Instance:
    steps, h = 25, 0.1

    def loss(p: Array) -> Any:
        stiffness, q, v = p
        for _ in range(steps):
            v = v - h / 2 * stiffness * np.sin(q)
            q = q + h * v
            v = v - h / 2 * stiffness * np.sin(q)
        return q * q + v * v

    def gradient(p: Array, mistake: str) -> Array:
        stiffness, q, v = p
        dq, dv, dk = np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), np.array([1.0, 0, 0])
        for _ in range(steps):
            dv = dv - h / 2 * (dk * np.sin(q) + stiffness * np.cos(q) * dq)
            v = v - h / 2 * stiffness * np.sin(q)
            q, dq = q + h * v, dq + h * dv
            cosine = 1.0 if mistake == "small angles" else np.cos(q)
            dv = dv - h / 2 * (dk * np.sin(q) + stiffness * cosine * dq)
            v = v - h / 2 * stiffness * np.sin(q)
        return np.asarray(2 * q * dq + 2 * v * dv)

    return Instance(loss, gradient, np.array([1.0, 1.2, 0.4]) * rng.uniform(0.7, 1.3, 3))


def _unrolled_descent(rng: Rng) -> Instance:
    n, steps = int(rng.integers(2, 5)), 8
    B, target = rng.normal(size=(n, n)), rng.normal(size=n)
    A = B @ B.T / n + np.eye(n)

    def loss(p: Tree) -> Any:
        x, v = p["start"], 0 * p["start"]
        for _ in range(steps):
            v = p["momentum"] * v - p["rate"] * (A @ x)
            x = x + v
        return (x - target) @ (x - target) / 2

    def gradient(p: Tree, mistake: str) -> Tree:
        X, V, (rate,), (momentum,) = [p["start"]], [np.zeros(n)], p["rate"], p["momentum"]
        for _ in range(steps):
            V.append(momentum * V[-1] - rate * (A @ X[-1]))
            X.append(X[-1] + V[-1])
        dx, dv = X[-1] - target, np.zeros(n)
        d_rate, d_momentum = 0.0, 0.0
        for t in reversed(range(steps)):
            dv = dv + dx
            d_rate -= float(dv @ (A @ X[t]))
            d_momentum += float(dv @ V[t])
            dx = dx - (0 if mistake == "path through the state lost" else rate * A @ dv)
            dv = momentum * dv
        return {"start": dx, "rate": np.array([d_rate]), "momentum": np.array([d_momentum])}

    return Instance(
        loss,
        gradient,
        {
            "start": rng.normal(size=n),
            "rate": rng.uniform(0.05, 0.2, 1),
            "momentum": rng.uniform(0.3, 0.8, 1),
        },
    )


def _quadrature(rng: Rng) -> Instance:
    x = np.linspace(0, 2, 21)
    weight = np.array([1, *[4, 2] * 9, 4, 1]) * 0.1 / 3

    def gradient(p: Array, mistake: str) -> Array:
        e = np.exp(-p[0] * x * x)
        inner = x if mistake == "x for x^2" else x * x
        return np.array(
            [-weight @ (inner * e * np.cos(p[1] * x)), -weight @ (x * e * np.sin(p[1] * x))]
        )

    return Instance(
        lambda p: weight @ (np.exp(-p[0] * x * x) * np.cos(p[1] * x)),
        gradient,
        rng.uniform(0.5, 3, 2),
    )


_GILES = "Giles 2008, An extended collection of matrix derivative results"


_HAIRER = "Hairer, Nørsett and Wanner 1993, Solving Ordinary Differential Equations I, "

FAMILIES = (
    Family(
        "fixed point",
        "solvers",
        "Bai, Kolter and Koltun 2019, arXiv:1909.01377",
        _fixed_point,
        ("one step of the iteration", "W not transposed"),
    ),
    Family(
        "Kepler's equation by Newton",
        "solvers",
        "Murray and Dermott 1999, section 2.4",
        _kepler,
        ("implicit factor forgotten",),
    ),
    Family(
        "Lotka-Volterra by Runge-Kutta",
        "solvers",
        _HAIRER + "section II.1",
        _lotka_volterra,
        ("Euler's sensitivities",),
    ),
    Family(
        "logistic growth by adaptive steps",
        "solvers",
        "Dormand and Prince 1980, JCAM 6",
        _logistic_growth,
        ("quotient rule",),
    ),
    Family(
        "diffusion by backward Euler",
        "solvers",
        "LeVeque 2007, chapter 9",
        _backward_euler,
        ("state of the step before",),
    ),
    Family(
        "pendulum by leapfrog",
        "solvers",
        "Hairer, Lubich and Wanner 2006, section I.1",
        _leapfrog,
        ("small angles",),
    ),
    Family(
        "unrolled descent",
        "solvers",
        "Maclaurin, Duvenaud and Adams 2015, arXiv:1502.03492",
        _unrolled_descent,
        ("path through the state lost",),
    ),
    Family(
        "Simpson's rule",
        "solvers",
        "Davis and Rabinowitz 1984, section 2.1",
        _quadrature,
        ("x for x^2",),
    ),
)
