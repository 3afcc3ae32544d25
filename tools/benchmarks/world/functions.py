"""Functions that several families use; each takes numbers of any kind where it says so.

NumPy applies its functions to arrays of objects by calling a method of each element, ``np.exp``
calls ``exp``. `log_gamma` and `erf` do the same, with the methods ``lgamma`` and ``erf``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.world.problem import Array


def sigmoid(z: Any) -> Any:
    """Return 1 / (1 + exp(-z)) of numbers of any kind, without overflow."""
    tail = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, tail) / (1 + tail)


def softplus(z: Any) -> Any:
    """Return log(1 + exp(z)) of numbers of any kind, without overflow."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def log_sum_exp(z: Array, axis: int = -1) -> Any:
    """Return log(sum(exp(z))) along an axis, of numbers of any kind."""
    top = z.max(axis=axis, keepdims=True)
    return np.log(np.exp(z - top).sum(axis=axis)) + top.squeeze(axis)


def softmax(z: Array, axis: int = -1) -> Array:
    """Return exp(z) / sum(exp(z)) along an axis, of numbers of any kind."""
    powers = np.exp(z - z.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def softmax_back(p: Array, upstream: Array, axis: int = -1) -> Array:
    """Return the gradient by z of ``sum(softmax(z) * upstream)``, p = softmax(z)."""
    return np.asarray(p * (upstream - (p * upstream).sum(axis=axis, keepdims=True)))


def _apply(method: str, of_float: Callable[[float], float], x: Any) -> Any:
    x = np.asarray(x)
    if x.dtype == object:
        return np.frompyfunc(lambda value: getattr(value, method)(), 1, 1)(x)
    return np.vectorize(of_float, otypes=[float])(x)


def log_gamma(x: Any) -> Any:
    """Return log Gamma(x) of float64, or of objects with a method ``lgamma``."""
    return _apply("lgamma", math.lgamma, x)


def erf(x: Any) -> Any:
    """Return the error function of float64, or of objects with a method ``erf``."""
    return _apply("erf", math.erf, x)


def digamma(x: Any) -> Array:
    """Return the derivative of log Gamma at x > 0, float64.

    psi(x) = psi(x + 1) - 1/x up to x >= 10, then the asymptotic series (Abramowitz and Stegun
    1964, 6.3.5 and 6.3.18).
    """
    x = np.asarray(x, dtype=float)
    steps = np.zeros_like(x)
    while (x < 10.0).any():
        low = x < 10.0
        steps = np.where(low, steps - 1.0 / x, steps)
        x = np.where(low, x + 1.0, x)
    w = 1.0 / (x * x)
    tail = w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132)))))
    return np.asarray(steps + np.log(x) - 0.5 / x - tail)


def cholesky(A: Array) -> Array:
    """Return the lower L with L L' = A, of numbers of any kind."""
    n = len(A)
    L = 0 * A
    for i in range(n):
        for j in range(i + 1):
            rest = A[i, j] - L[i, :j] @ L[j, :j] if j else A[i, j]
            L[i, j] = np.sqrt(rest) if i == j else rest / L[j, j]
    return L


def solve(A: Array, b: Array) -> Array:
    """Return x with A x = b by elimination with row exchanges, of numbers of any kind."""
    n = len(A)
    mixed = 0 * A[0, 0] + 0 * b.ravel()[0]
    A, b = A + mixed, b + mixed
    for k in range(n):
        best = k + int(np.argmax(np.abs(A[k:, k])))
        A[[k, best]], b[[k, best]] = A[[best, k]], b[[best, k]]
        for i in range(k + 1, n):
            factor = A[i, k] / A[k, k]
            A[i] = A[i] - factor * A[k]
            b[i] = b[i] - factor * b[k]
    x = b.copy()
    for i in reversed(range(n)):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i] if i + 1 < n else b[i] / A[i, i]
    return x
