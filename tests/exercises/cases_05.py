"""The cases of lesson 5, and the slopes that their losses have."""

from typing import Any

import numpy as np

from gradlab.exercises.catalogue import EXERCISES


def cases(name: str, seed: int) -> list[tuple[Any, ...]]:
    groups = EXERCISES[name].cases(np.random.default_rng(seed))
    return [arguments for group in groups.values() for arguments in group]


def complex_step_gradient(loss: Any, theta: Any) -> Any:
    """The gradient of a smooth loss to the last digits: nothing is subtracted."""
    return np.array([loss(theta + e).imag / 1e-20 for e in 1e-20j * np.eye(theta.size)])
