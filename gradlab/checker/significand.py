"""How many bits the significand of a number has, and what follows for its rounding.

float64 has 53, float32 24, float16 11 and bfloat16 8, the first one included; the unit round-off
of a type with p bits is 2^-p.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.support.floats import FloatArray, Index

FLOAT64 = 53
NAMES = {53: "float64", 24: "float32", 11: "float16", 8: "bfloat16"}


@dataclass(frozen=True)
class Arithmetic:
    """What is known of the numbers in which a loss is computed.

    Attributes
    ----------
    size : float, optional
        The size of the numbers whose rounding is that of the loss. Default: that of the loss.
    rounding : float, optional
        The least that their rounding can be. Default: u times their size, u = 2^-53.
    bits : ndarray of int, shape (N,), optional
        To how many bits the loss rounds each entry of theta. Default: those of float64.
    """

    size: float | None = None
    rounding: float | None = None
    bits: Index | None = None

    def round(self, theta: FloatArray) -> FloatArray:
        """Return a theta as the loss sees it."""
        return theta if self.bits is None else round_to_bits(theta, self.bits)


def significand_bits(dtype: np.dtype[Any]) -> int:
    """Return the number of bits of NumPy's type of floats.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.significand import significand_bits
    >>> significand_bits(np.dtype(np.float32))
    24
    """
    return int(np.finfo(dtype).nmant) + 1


def gradient_rounding(bits: int) -> float:
    """Return how far a gradient may be off by its rounding, as a part of a block's largest entry.

    It is 0 for float64, whose rounding is that of the measurement, 64 units of round-off of
    float32, and four of shorter types, where more would hide too much.
    """
    if bits == FLOAT64:
        return 0.0
    return (64.0 if bits >= 24 else 4.0) * 2.0**-bits


def round_to_bits(values: FloatArray, bits: Index) -> FloatArray:
    """Return numbers rounded to so many bits each, halves to even.

    Parameters
    ----------
    values : ndarray of float64
    bits : ndarray of int
        Of a shape that broadcasts against that of `values`.

    Notes
    -----
    As in float32, float16 and bfloat16, but for numbers so small or so large that their exponent
    does not fit there.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.significand import round_to_bits
    >>> float(round_to_bits(np.array([0.1]), np.array([24]))[0]) == float(np.float32(0.1))
    True
    """
    fractions, exponents = np.frexp(values)
    rounded: FloatArray = np.ldexp(np.rint(np.ldexp(fractions, bits)), exponents - bits)
    return rounded
