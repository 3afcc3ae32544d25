"""Losses with linear algebra inside.

What LAPACK computes is written down a second time for numbers of any kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.functions import cholesky, solve
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


_GILES = "Giles 2008, An extended collection of matrix derivative results"


def _linear_solve(rng: Rng) -> Instance:
    n = int(rng.integers(2, 6))
    R = rng.normal(size=n)

    def gradient(p: Tree, mistake: str) -> Tree:
        A = p["A"] if mistake == "A not transposed" else p["A"].T
        x, u = np.linalg.solve(p["A"], p["b"]), np.linalg.solve(A, R)
        return {"A": np.outer(u, x) if mistake == "sign of dA" else -np.outer(u, x), "b": u}

    return Instance(
        lambda p: R @ solve(p["A"], p["b"]),
        gradient,
        {"A": 3 * np.eye(n) + rng.normal(size=(n, n)), "b": rng.normal(size=n)},
        computed=lambda p: R @ np.linalg.solve(p["A"], p["b"]),
    )


def _log_det(rng: Rng) -> Instance:
    n = int(rng.integers(2, 5))

    def gram(B: Array) -> Any:
        return B @ B.T + np.eye(n)

    def gradient(B: Array, mistake: str) -> Array:
        return np.asarray((1 if mistake == "2 forgotten" else 2) * np.linalg.solve(gram(B), B))

    return Instance(
        lambda B: 2 * sum(np.log(v) for v in np.diag(cholesky(gram(B)))),
        gradient,
        rng.normal(size=(n, n)),
        computed=lambda B: np.linalg.slogdet(gram(B))[1],
    )


def _find_eigenvalues(A: Array) -> Any:
    """Return the eigenvalues of a symmetric matrix in ascending order, by Jacobi's rotations."""
    A, n = A.copy(), len(A)
    for _ in range(10):
        for i in range(n):
            for j in range(i):
                if A[i, j] == 0:
                    continue
                gap = (A[j, j] - A[i, i]) / (2 * A[i, j])
                t = (1 if gap >= 0 else -1) / (np.abs(gap) + np.sqrt(gap * gap + 1))
                c = 1 / np.sqrt(t * t + 1)
                s = t * c
                A[[i, j]] = c * A[i] - s * A[j], s * A[i] + c * A[j]
                A[:, [i, j]] = np.stack([c * A[:, i] - s * A[:, j], s * A[:, i] + c * A[:, j]], 1)
    return np.sort(np.diag(A))


def _eigenvalues(rng: Rng) -> Instance:
    n = int(rng.integers(2, 5))
    c = rng.normal(size=n)

    def symmetric(A: Array) -> Any:
        return (A + A.T) / 2

    def gradient(A: Array, mistake: str) -> Array:
        V = np.linalg.eigh(symmetric(A))[1]
        g = (V * c) @ V.T
        return np.asarray(np.tril(2 * g) - np.diag(np.diag(g)) if mistake == "one triangle" else g)

    return Instance(
        lambda A: _find_eigenvalues(symmetric(A)) @ c,
        gradient,
        rng.normal(size=(n, n)),
        computed=lambda A: np.linalg.eigvalsh(symmetric(A)) @ c,
    )


def _singular_values(rng: Rng) -> Instance:
    shape = (int(rng.integers(3, 5)), int(rng.integers(2, 4)))
    c = rng.uniform(0.5, 2, shape[1])

    def gradient(A: Array, mistake: str) -> Array:
        U, _, Vt = np.linalg.svd(A, full_matrices=False)
        return np.asarray((U * (c if mistake == "order of the values" else c[::-1])) @ Vt)

    return Instance(
        lambda A: np.sqrt(_find_eigenvalues(A.T @ A)) @ c,
        gradient,
        rng.normal(size=shape),
        computed=lambda A: np.linalg.svd(A, compute_uv=False)[::-1] @ c,
    )


def _exponential(A: Array, terms: int) -> Any:
    """Return exp(A) by the Taylor series of A / 16, squared four times."""
    A = A / 16
    total = term = np.eye(len(A))
    for k in range(1, terms):
        term = term @ A / k
        total = total + term
    for _ in range(4):
        total = total @ total
    return total


def _matrix_exponential(rng: Rng) -> Instance:
    n = int(rng.integers(2, 4))
    R = rng.normal(size=(n, n))

    def gradient(A: Array, mistake: str) -> Array:
        if mistake == "as if R and A commuted":
            return np.asarray(R @ _exponential(A.T, 18))
        block = np.block([[A.T, R], [np.zeros((n, n)), A.T]])
        return np.asarray(_exponential(block, 18)[:n, n:])

    return Instance(lambda A: np.sum(_exponential(A, 18) * R), gradient, rng.normal(size=(n, n)))


def _sinkhorn(rng: Rng) -> Instance:
    n = int(rng.integers(2, 4))
    a, b = (v / v.sum() for v in rng.uniform(0.5, 1.5, (2, n)))

    def iterate(C: Array, steps: int, tolerance: float) -> tuple[Any, Any, Any]:
        K, v = np.exp(-C), np.ones(n)
        u: Any = v
        for _ in range(steps):
            u = a / (K @ v)
            before, v = v, b / (K.T @ u)
            if tolerance and np.abs(v - before).max() < tolerance:
                break
        return u, K, v

    def loss(C: Array, steps: int, tolerance: float) -> Any:
        u, _, v = iterate(C, steps, tolerance)
        return a @ np.log(u) + b @ np.log(v)

    def gradient(C: Array, mistake: str) -> Array:
        u, K, v = iterate(C, 500, 1e-16)
        plan = u[:, None] * K * v
        return np.outer(a, b) if mistake == "plan of independence" else plan

    return Instance(
        lambda C: loss(C, 40, 0.0),
        gradient,
        rng.uniform(0, 1.5, (n, n)),
        computed=lambda C: loss(C, 500, 1e-14),
    )


def _stationary_distribution(rng: Rng) -> Instance:
    n = int(rng.integers(2, 5))
    R = rng.normal(size=n)

    def chain(Z: Array) -> Any:
        powers = np.exp(Z - Z.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def system(P: Any) -> Any:
        # pi (I - P) = 0 and sum(pi) = 1 as one system that is not singular.
        return np.eye(n) - P.T + np.ones((n, n))

    def gradient(Z: Array, mistake: str) -> Array:
        P = chain(Z)
        pi, u = np.linalg.solve(system(P), np.ones(n)), np.linalg.solve(system(P).T, R)
        dP = np.outer(pi, u)
        if mistake == "softmax' forgotten":
            return dP
        return np.asarray(P * (dP - (dP * P).sum(axis=1, keepdims=True)))

    return Instance(
        lambda Z: R @ solve(system(chain(Z)), np.ones(n)),
        gradient,
        rng.normal(size=(n, n)),
        computed=lambda Z: R @ np.linalg.solve(system(chain(Z)), np.ones(n)),
    )


FAMILIES = (
    Family("linear system", "solvers", _GILES, _linear_solve, ("A not transposed", "sign of dA")),
    Family("log determinant", "solvers", _GILES, _log_det, ("2 forgotten",)),
    Family("eigenvalues", "solvers", _GILES, _eigenvalues, ("one triangle",)),
    Family("singular values", "solvers", _GILES, _singular_values, ("order of the values",)),
    Family(
        "matrix exponential",
        "solvers",
        "Najfeld and Havel 1995, Adv. Appl. Math. 16",
        _matrix_exponential,
        ("as if R and A commuted",),
    ),
    Family(
        "Sinkhorn", "solvers", "Cuturi 2013, arXiv:1306.0895", _sinkhorn, ("plan of independence",)
    ),
    Family(
        "stationary distribution",
        "solvers",
        "Page et al. 1999, PageRank",
        _stationary_distribution,
        ("softmax' forgotten",),
    ),
)
