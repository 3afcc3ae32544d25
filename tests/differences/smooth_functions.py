"""Functions whose derivatives mpmath knows to 50 digits, and the orders of the formulas."""

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
from hypothesis import strategies as st


class Smooth(NamedTuple):
    """A function for NumPy and for mpmath, and a point where f'', f''' and f^(5) are not small."""

    f: Callable[[Any], Any]
    exact: Callable[[Any], Any]
    x: float

    def derivative(self, order: int, x: float | None = None) -> float:
        with mpmath.workdps(50):
            return float(mpmath.diff(self.exact, self.x if x is None else x, order))


FUNCTIONS = {
    "exp": Smooth(np.exp, mpmath.exp, 1.0),
    "sin": Smooth(np.sin, mpmath.sin, 1.0),
    "log": Smooth(np.log, mpmath.log, 2.0),
    "sqrt": Smooth(np.sqrt, mpmath.sqrt, 2.0),
    "tanh": Smooth(np.tanh, mpmath.tanh, 0.2),
    "rational": Smooth(lambda x: 1 / (1 + x * x), lambda x: 1 / (1 + x * x), 0.3),
    "sigmoid": Smooth(lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + mpmath.exp(-x)), 0.5),
    "softplus": Smooth(lambda x: np.log1p(np.exp(x)), lambda x: mpmath.log1p(mpmath.exp(x)), 1.5),
    "power": Smooth(lambda x: x**5, lambda x: x**5, 1.3),
}
# method: the order of the error, and that of the derivative in it.
ORDERS = {
    "forward": (1, 2),
    "backward": (1, 2),
    "central": (2, 3),
    "five_point": (4, 5),
    "richardson": (4, 5),
}
METHODS = [*ORDERS, "complex_step"]

names = st.sampled_from(sorted(FUNCTIONS))
