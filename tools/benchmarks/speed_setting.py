"""What the speed benchmarks measure: a network with its data, and ways to check its gradient."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import gradlab
from gradlab.checker.parameters import Layout, ravel
from gradlab.support.floats import FloatArray

STEP = 2.0**-17
"""The step of the hand-written loops, in NumPy and in JAX."""
ROWS = 32
"""The number of samples in the data."""
# If one full loop took more seconds than this, slow ways measure a sample of the entries.
_PATIENCE = 20.0
_SAMPLE = 400


@dataclass
class Setting:
    """One network and its data.

    Attributes
    ----------
    network : MLP
    X, Y : ndarray
    gradient : ndarray of float64, shape (N,)
        By backpropagation.
    sampled : bool
        Whether slow ways measure only a sample of the entries.
    """

    network: gradlab.MLP
    X: FloatArray
    Y: FloatArray
    gradient: FloatArray
    sampled: bool = False

    def choose_entries(self) -> NDArray[np.intp]:
        """Return the entries that slow ways measure: all, or the same random sample each time."""
        count = self.gradient.size
        if not self.sampled:
            return np.arange(count)
        return np.sort(np.random.default_rng(1).choice(count, _SAMPLE, replace=False))

    def loss(self, params: Any) -> float:
        """Return the loss at other parameters."""
        self.network.params = params
        return self.network.loss(self.X, self.Y)

    def gradients(self, params: Any) -> Any:
        """Return the gradient at other parameters."""
        self.network.params = params
        return self.network.gradients(self.X, self.Y)

    def restrict_loss(self) -> tuple[Callable[[FloatArray], float], FloatArray]:
        """Return the loss as a function of the chosen entries alone, and their values."""
        layout = Layout(self.network.params)
        theta, params = layout.theta, layout.view(layout.theta)
        chosen = self.choose_entries()

        def loss(entries: FloatArray) -> float:
            theta[chosen] = entries
            return self.loss(params)

        return loss, theta[chosen]


@dataclass
class Way:
    """One way to check.

    Attributes
    ----------
    name : str
    run : callable
        Checks once; returns the largest difference from backpropagation, or None if unknown.
    share : float
        The fraction of the entries that it measures; its time is divided by this.
    checks : str
        What it checks.
    in_numpy : bool
        Whether tracemalloc sees its memory.
    """

    name: str
    run: Callable[[], float | None]
    share: float = 1.0
    checks: str = "all"
    in_numpy: bool = True


def make_setting(sizes: list[int]) -> Setting:
    """Make a tanh network of these sizes, with random data; the same each time.

    It is marked as sampled if two losses for each parameter would take too long.
    """
    rng = np.random.default_rng(0)
    network = gradlab.MLP(sizes)
    X = rng.normal(size=(ROWS, sizes[0]))
    Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=ROWS)]
    setting = Setting(network, X, Y, ravel(network.gradients(X, Y))[0])
    start = time.perf_counter()
    for _ in range(20):
        network.loss(X, Y)
    one_loss = (time.perf_counter() - start) / 20
    setting.sampled = 2 * setting.gradient.size * one_loss > _PATIENCE
    return setting
