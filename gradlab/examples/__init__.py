"""Functions to try things out on, each with its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["CURVES", "Example"]

Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Example:
    """A function and its derivatives.

    Attributes
    ----------
    name : str
        The formula.
    derivatives : tuple of callables
        f, f', f'' and so on, each taking an array; up to the fifth if the function is smooth.
    """

    name: str
    derivatives: tuple[Function, ...]

    @property
    def f(self) -> Function:
        """The function itself."""
        return self.derivatives[0]

    @property
    def slope(self) -> Function:
        """Its first derivative; NaN where there is none."""
        return self.derivatives[1]

    @property
    def smooth(self) -> bool:
        """Whether the derivatives up to the fifth are known."""
        return len(self.derivatives) > 5


def _minus_sin(x: Any) -> Any:
    return -np.sin(x)


def _minus_cos(x: Any) -> Any:
    return -np.cos(x)


def _differentiate_half_exp(order: int) -> Function:
    """Return the derivative of exp(x / 2) of an order."""
    return lambda x: 0.5**order * np.exp(x / 2)


def _differentiate_polynomial(*coefficients: float) -> tuple[Function, ...]:
    """Return a polynomial, lowest power first, and its derivatives up to the fifth."""
    polynomials = [np.polynomial.Polynomial(coefficients)]
    for _ in range(5):
        polynomials.append(polynomials[-1].deriv())
    # Cast back to the type of x: a Polynomial turns float32 into float64.
    return tuple(lambda x, p=p: p(np.asarray(x)).astype(np.asarray(x).dtype) for p in polynomials)


CURVES = {
    example.name: example
    for example in (
        Example("sin x", (np.sin, np.cos, _minus_sin, _minus_cos, np.sin, np.cos)),
        Example("exp(x / 2)", tuple(_differentiate_half_exp(order) for order in range(6))),
        Example("x³/4 − x", _differentiate_polynomial(0.0, -1.0, 0.0, 0.25)),
        Example("x²/2 (a parabola)", _differentiate_polynomial(0.0, 0.0, 0.5)),
        Example(
            "1000 + sin x",
            (lambda x: 1000 + np.sin(x), np.cos, _minus_sin, _minus_cos, np.sin, np.cos),
        ),
        Example(
            "|x| (a kink at 0)",
            (np.abs, lambda x: np.where(x == 0, np.nan, np.sign(x))),
        ),
    )
}
