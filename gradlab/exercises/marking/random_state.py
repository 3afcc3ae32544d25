"""The global random numbers of Python and NumPy, which an answer or a loss may draw or seed."""

from __future__ import annotations

import random
from collections.abc import Callable
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
    """Begin both generators anew.

    Parameters
    ----------
    pythons, numpys : int
        The seed of each.
    """
    random.seed(pythons)
    np.random.seed(numpys)  # noqa: NPY002


def draw_seeds() -> tuple[int, int]:
    """Draw a seed from each generator: the same where the same went before.

    Returns
    -------
    tuple of int
        One from Python's generator, one from NumPy's, both below 2^32.
    """
    return random.getrandbits(32), int(np.random.randint(2**32, dtype=np.int64))  # noqa: NPY002


class RandomWatch:
    """Notes whether an answer draws from the global random numbers, or seeds them.

    Functions that it is given may draw: each of their calls lies between `look` and `go_on`.

    Attributes
    ----------
    is_touched : bool
        Whether anything else did.
    """

    def __init__(self) -> None:
        draw_seeds()  # or setting the seed that was set before would change nothing
        self._begin = self._left = _as_lists(get_random_state())
        self.is_touched = False

    def look(self) -> None:
        """Compare the state with that which the last of those functions left."""
        self.is_touched = self.is_touched or _as_lists(get_random_state()) != self._left

    def go_on(self) -> None:
        """Take the state as it is now for what one of those functions left."""
        self._left = _as_lists(get_random_state())

    def look_at_end(self) -> None:
        """Compare once more; to put back the state of the beginning is no harm."""
        if _as_lists(get_random_state()) != self._begin:
            self.look()

    def let_draw(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same as a function, which may draw."""

        def draw(*arguments: Any, **keywords: Any) -> Any:
            self.look()
            try:
                return function(*arguments, **keywords)
            finally:
                self.go_on()

        return draw


def _as_lists(state: State) -> list[Any]:
    pythons, numpys = state
    return [pythons, [x.tolist() if isinstance(x, np.ndarray) else x for x in numpys]]
