"""The global random numbers of Python and NumPy, which an answer or a loss may draw or seed."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

State = tuple[Any, Any]


def get_random_state() -> State:
    """Return the state of both generators."""
    return random.getstate(), np.random.get_state()  # noqa: NPY002


def set_random_state(state: State) -> None:
    """Put both generators into a state."""
    random.setstate(state[0])
    np.random.set_state(state[1])  # noqa: NPY002


def seed_random_state(pythons: int, numpys: int) -> None:
    """Begin both generators anew."""
    random.seed(pythons)
    np.random.seed(numpys)  # noqa: NPY002


def draw_seeds() -> tuple[int, int]:
    """Draw a seed from each generator: the same where the same went before."""
    return random.getrandbits(32), int(np.random.randint(2**32, dtype=np.int64))  # noqa: NPY002
