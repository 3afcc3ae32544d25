"""Other checks, as rules for any loss with a gradient, by one vector.

The rules of PyTorch, JAX and autograd are computed here, from their sources, and not by calling
them: their own functions want a loss that is written with their arrays.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.benchmarks.world.problem import Problem, flatten, order_blocks, restore

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Vectors:
    """A problem as functions of one vector."""

    problem: Problem

    @property
    def theta(self) -> Vector:
        """The point."""
        return flatten(self.problem.params)

    def loss(self, theta: Vector) -> float:
        """Return the loss."""
        return self.problem.loss(restore(np.asarray(theta, dtype=float), self.problem.params))

    def gradient(self, theta: Vector) -> Vector:
        """Return the gradient that is checked."""
        params = restore(np.asarray(theta, dtype=float), self.problem.params)
        blocks = order_blocks(self.problem.gradient(params), self.problem.params)
        return np.concatenate([block.ravel() for block in blocks])

    def central_differences(self, h: float) -> Vector:
        """Return (loss(theta + h e_i) - loss(theta - h e_i)) / (2 h) for every i."""
        theta = self.theta
        steps = h * np.eye(theta.size)
        return np.array([(self.loss(theta + s) - self.loss(theta - s)) / (2 * h) for s in steps])


@dataclass(frozen=True)
class Rule:
    """Another way to check a gradient.

    Attributes
    ----------
    name, passes_if : str
    check : callable
        ``check(vectors, rng)``, True if the gradient passes. An exception counts as False.
    module : str
        The package that it needs; empty for none.
    """

    name: str
    passes_if: str
    check: Callable[[Vectors, np.random.Generator], bool]
    module: str = ""

    @property
    def title(self) -> str:
        """The name, with the installed version of its package."""
        return f"{self.name}, {self.module} {version(self.module)}" if self.module else self.name

    def accepts(self, problem: Problem) -> bool:
        """Return whether the gradient passes."""
        try:
            return self.check(Vectors(problem), np.random.default_rng(0))
        except Exception:
            return False


def _make_textbook(limit: float) -> Callable[[Vectors, np.random.Generator], bool]:
    def check(vectors: Vectors, rng: np.random.Generator) -> bool:
        numeric, analytic = vectors.central_differences(1e-5), vectors.gradient(vectors.theta)
        total = np.linalg.norm(analytic) + np.linalg.norm(numeric)
        return bool(total == 0.0 or np.linalg.norm(analytic - numeric) / total < limit)

    return check


def _check_by_allclose(vectors: Vectors, rng: np.random.Generator) -> bool:
    numeric = vectors.central_differences(1e-5)
    return bool(np.allclose(vectors.gradient(vectors.theta), numeric))


def _check_by_grad(vectors: Vectors, rng: np.random.Generator) -> bool:
    optimize: Any = importlib.import_module("scipy.optimize")
    theta = vectors.theta
    off = optimize.check_grad(vectors.loss, vectors.gradient, theta)
    # It returns the norm of the difference; its documentation shows 1e-6 to 1e-8 for right ones.
    return bool(off <= 1e-6 * max(1.0, float(np.linalg.norm(vectors.gradient(theta)))))


def _check_by_derivative(vectors: Vectors, rng: np.random.Generator) -> bool:
    numdiff: Any = importlib.import_module("scipy.optimize._numdiff")
    return bool(numdiff.check_derivative(vectors.loss, vectors.gradient, vectors.theta) < 1e-5)


def _check_by_approximation(vectors: Vectors, rng: np.random.Generator) -> bool:
    numdiff: Any = importlib.import_module("scipy.optimize._numdiff")
    theta = vectors.theta
    numeric = numdiff.approx_derivative(vectors.loss, theta)
    return bool(np.allclose(vectors.gradient(theta), numeric))


def _check_as_torch(vectors: Vectors, rng: np.random.Generator) -> bool:
    numeric, analytic = vectors.central_differences(1e-6), vectors.gradient(vectors.theta)
    return bool(np.allclose(analytic, numeric, rtol=1e-3, atol=1e-5))


def _compare_along(vectors: Vectors, rng: np.random.Generator, h: float) -> tuple[float, float]:
    """Return the slope along a random direction by the gradient, and by a difference."""
    theta = vectors.theta
    direction = rng.normal(size=theta.size)
    above, below = vectors.loss(theta + h * direction), vectors.loss(theta - h * direction)
    return float(vectors.gradient(theta) @ direction), (above - below) / (2 * h)


def _check_as_jax(vectors: Vectors, rng: np.random.Generator) -> bool:
    analytic, numeric = _compare_along(vectors, rng, 1e-4)
    return bool(np.allclose(analytic, numeric, rtol=1e-5, atol=1e-5))


def _check_as_autograd(vectors: Vectors, rng: np.random.Generator) -> bool:
    analytic, numeric = _compare_along(vectors, rng, 5e-7)
    off = abs(analytic - numeric)
    return bool(off < 1e-6 or off / abs(analytic + numeric) < 1e-6)


RULES = (
    Rule(
        "textbook, 1e-7", "central differences, h = 1e-5; ratio below 1e-7", _make_textbook(1e-7)
    ),
    Rule("textbook, 1e-4", "the same; ratio below 1e-4", _make_textbook(1e-4)),
    Rule("allclose", "the same differences; np.allclose with its defaults", _check_by_allclose),
    Rule("check_grad", "at most 1e-6 of the gradient's norm, or of 1", _check_by_grad, "scipy"),
    Rule("check_derivative", "its accuracy is below 1e-5", _check_by_derivative, "scipy"),
    Rule(
        "approx_derivative", "np.allclose to 3-point differences", _check_by_approximation, "scipy"
    ),
    Rule("PyTorch's rule", "central differences, eps 1e-6; rtol 1e-3, atol 1e-5", _check_as_torch),
    Rule("JAX's rule", "one random direction, eps 1e-4; rtol and atol 1e-5", _check_as_jax),
    Rule(
        "autograd's rule",
        "one random direction, eps 1e-6; 1e-6 absolute or of the sum",
        _check_as_autograd,
    ),
)


def find_installed_rules() -> list[Rule]:
    """Return the rules that can run here."""
    return [rule for rule in RULES if not rule.module or find_spec(rule.module)]
