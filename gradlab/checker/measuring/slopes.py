"""Slopes of a loss, each with the error that it may have: what measuring them returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from gradlab.support.floats import FloatArray, Mask

# A slope counts as known if its tolerance is at most this part of the block's largest slope.
RESOLUTION = 5e-4
# Tolerances allow for this many sigma / h. The slopes have standard deviations of 0.7 sigma / h
# (central) to 1.1 sigma / h (extrapolated), so hardly one in a million is off by more.
NOISE_FACTOR = 5.0


@dataclass
class Slopes:
    """The slope along each entry of theta, with its error.

    Attributes
    ----------
    value : ndarray of float64, shape (N,)
        The slope; nan where the loss was not finite at any step.
    tolerance : ndarray of float64, shape (N,)
        How far the true derivative may be from `value`.
    wrong : ndarray of bool, shape (N,)
        The gradient is further from the slope than the tolerance, at two steps that agree.
    doubtful : ndarray of bool, shape (N,)
        Neither wrong nor known well enough to pass.
    kink : ndarray of bool, shape (N,)
        The loss has a kink at theta: its slopes on the two sides differ. `value` is then the
        middle between them, and `tolerance` reaches to both.
    zero : ndarray of bool, shape (N,), optional
        Gradient and slope are zero beside the rest of the gradient, or beside the slopes nearby.
        Default: nowhere.
    """

    value: FloatArray
    tolerance: FloatArray
    wrong: Mask
    doubtful: Mask
    kink: Mask
    zero: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        if self.zero.size != self.value.size:
            self.zero = np.zeros(self.value.shape, dtype=bool)

    def block(self, start: int, shape: tuple[int, ...]) -> Slopes:
        """Return the part that begins at entry `start`, in the shape of its block."""
        part = slice(start, start + math.prod(shape))
        return Slopes(
            self.value[part].reshape(shape),
            self.tolerance[part].reshape(shape),
            self.wrong[part].reshape(shape),
            self.doubtful[part].reshape(shape),
            self.kink[part].reshape(shape),
            self.zero[part].reshape(shape),
        )


def unknown_slopes(size: int) -> Slopes:
    """Return the slopes of a loss that cannot be measured."""
    return Slopes(
        value=np.full(size, np.nan),
        tolerance=np.full(size, np.inf),
        wrong=np.zeros(size, dtype=bool),
        doubtful=np.ones(size, dtype=bool),
        kink=np.zeros(size, dtype=bool),
    )
