"""The global random numbers of Python and NumPy, which an answer or a loss may draw or seed."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

State = tuple[Any, Any]


def random_state() -> State:
    """Return the state of both generators."""
    return random.getstate(), np.random.get_state()  # noqa: NPY002


def set_random_state(state: State) -> None:
    """Put both generators into a state."""
    random.setstate(state[0])
    np.random.set_state(state[1])  # noqa: NPY002


def seed_random_state(seed: int) -> None:
    """Begin both generators anew."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
