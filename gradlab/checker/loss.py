"""The loss as a function of theta: any code, called once for each number that is wanted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.parameters import Layout
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray
from gradlab.support.progress import progress

# From so many entries on, a progress bar is made ready, which shows up after a second.
_SLOW = 200
# The noise is measured along so many random directions.
_DIRECTIONS = 3


class LossOfTheta:
    """The loss as a function of a theta of its own, whose entries may be moved in place.

    Attributes
    ----------
    theta : ndarray of float64, shape (N,)
        Where the next call evaluates the loss.
    evaluations : int
        How many calls there were.
    """

    def __init__(self, loss: Callable[[Any], Any], layout: Layout) -> None:
        self.theta = layout.theta.copy()
        self.evaluations = 0
        self._loss = loss
        self._view = layout.view
        self._params = layout.view(self.theta)

    def __call__(self) -> float:
        """Return the loss at theta; raise TypeError or ValueError unless it is a real number."""
        self.evaluations += 1
        value = self._loss(self._params)
        return value if isinstance(value, float) else _real_scalar(value)

    def changes(self, index: NDArray[np.intp], points: FloatArray) -> FloatArray:
        """Return how much the loss changes if one entry of theta is moved.

        Parameters
        ----------
        index : ndarray of int, shape (n,)
            Which entries, one after the other; theta is as before afterwards.
        points : ndarray of float64, shape (n, k)
            Where to: ``theta[index[r]]`` becomes ``points[r, c]``.

        Returns
        -------
        ndarray of float64, shape (n, k)
            The changes; nan where the loss has no value, that is, raises an error.
        """
        theta, base = self.theta, self()
        losses = np.empty_like(points)
        before = theta[index].tolist()
        rows: Iterable[Any] = zip(index.tolist(), before, points.tolist(), strict=True)
        if index.size >= _SLOW:
            rows = progress(rows, "entry", total=index.size)
        with np.errstate(all="ignore"):
            for row, (i, original, places) in enumerate(rows):
                for column, place in enumerate(places):
                    theta[i] = place
                    losses[row, column] = self.value_or_nan()
                theta[i] = original
        # The loss at theta comes off here: what follows cancels, and should do so exactly.
        return losses - base

    def complex_slope(self, entry: int) -> float | None:
        """Return the derivative by an entry as ``Im f(theta + ih) / h``, None if that fails.

        It fails where the loss does not take complex numbers, or drops the imaginary part. Where
        the loss is not analytic, as with ``abs``, it may succeed and be wrong.
        """
        step = 1e-20
        theta: Any = self.theta.astype(np.complex128)
        theta[entry] += step * 1j
        with warnings.catch_warnings():
            # NumPy only warns where a complex number is made real.
            warnings.simplefilter("error")
            # Whatever the loss objects to: it was not written for complex numbers.
            with suppress(Exception):
                value = np.asarray(self._loss(self._view(theta)))
                if value.dtype.kind == "c" and value.shape == () and np.isfinite(value):
                    return float(value.imag / step)
        return None

    def size_nearby(self, scales: FloatArray) -> float:
        """Return the largest finite loss at a few points about as far away as theta is large."""
        theta = self.theta.copy()
        rng = np.random.default_rng(1)
        losses = [self()]
        with np.errstate(all="ignore"):
            for _ in range(4):
                self.theta[:] = theta + scales * rng.uniform(-1.0, 1.0, theta.size)
                losses.append(self.value_or_nan())
        self.theta[:] = theta
        return max(abs(loss) for loss in losses if np.isfinite(loss))

    def value_or_nan(self) -> float:
        """Return the loss at theta, nan if it raises an arithmetic or value error there."""
        # The points are ours: that math.log or math.exp objects to them is not the author's fault.
        try:
            return self()
        except (ArithmeticError, ValueError):
            return float("nan")


def _real_scalar(value: Any) -> float:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        kind = type(value).__name__ if array.dtype.kind == "O" else array.dtype
        raise TypeError(f"the loss is of type {kind}; it must be one real number")
    if array.shape != ():
        raise ValueError(f"the loss has shape {array.shape}; it must be one real number")
    return float(array)


def loss_noise(at: LossOfTheta, scales: FloatArray) -> float:
    """Estimate the noise of the loss: the standard deviation of its rounding error.

    The loss is evaluated at equally spaced points along random directions, so close together that
    it is a straight line but for its noise, and its fourth differences are taken. Those of
    independent errors have variance ``(1 + 16 + 36 + 16 + 1) sigma^2 = 70 sigma^2`` [1]_. If the
    points are too close the loss repeats itself, and if they are too far apart it curves; between
    the two the estimate stays the same from one spacing to the next, and that one is taken.

    Parameters
    ----------
    at : LossOfTheta
        The loss, at theta; it is left there.
    scales : ndarray of float64, shape (N,)
        The unit of each entry's moves: powers of two, so that the moves are exact.

    Returns
    -------
    float
        At least u times the size of the loss, u = 2^-53.

    References
    ----------
    .. [1] J. J. Moré and S. M. Wild, "Estimating computational noise", SIAM Journal on Scientific
       Computing 33 (2011), 1292-1314. They look for a difference that is flat over the orders;
       here one order is flat over the spacings, which also notices a float32 inside the loss.
    """
    theta = at.theta.copy()
    rng = np.random.default_rng(0)
    moves = scales * rng.choice([-1.0, 1.0], (_DIRECTIONS, theta.size))
    # theta itself is left out: losses are often rounder there than anywhere near.
    positions = np.arange(-7.0, 8.0, 2.0)
    floor = UNIT_ROUNDOFF * abs(at())
    levels: list[float] = []
    for j in range(46, 14, -4):
        values = np.empty((_DIRECTIONS, len(positions)))
        for row, direction in enumerate(moves):
            for column, position in enumerate(positions.tolist()):
                at.theta[:] = theta + (position * 2.0**-j) * direction
                values[row, column] = at.value_or_nan()
        at.theta[:] = theta
        with np.errstate(all="ignore"):
            level = float(np.sqrt(np.mean(np.diff(values, 4) ** 2) / 70.0))
        if not np.isfinite(level):
            break
        if levels and 0.0 < level <= 4.0 * levels[-1]:
            return max(floor, level, levels[-1])
        levels.append(level)
    # Never flat, as on a kink or for exact sums: the closest points show the noise best.
    return max([floor, *levels[:1]])
