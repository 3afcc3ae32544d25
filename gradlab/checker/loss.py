"""The loss as a function of theta: the user's code, called once for each value."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.parameters import Layout, leaves
from gradlab.checker.significand import Arithmetic
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray
from gradlab.support.progress import progress

# From this many entries on, a progress bar is prepared, which appears after a second.
_SLOW = 200


class LossOfTheta:
    """The loss as a function of a theta of its own, whose entries may be moved in place.

    Parameters
    ----------
    loss : callable
        Of params.
    layout : Layout
        The params, and where to begin.
    arithmetic : Arithmetic, optional
        What is known of the numbers in which the loss is computed.

    Attributes
    ----------
    theta : ndarray of float64, shape (N,)
        Where the next call evaluates the loss.
    evaluations : int
        The number of calls so far.
    """

    def __init__(
        self,
        loss: Callable[[Any], Any],
        layout: Layout,
        arithmetic: Arithmetic | None = None,
    ) -> None:
        self.theta = layout.theta.copy()
        self.evaluations = 0
        self._arithmetic = arithmetic or Arithmetic()
        self._loss = loss
        self._layout = layout
        self._view = layout.view
        self._params = layout.view(self.theta)
        self._gives_copies = False

    def __call__(self) -> float:
        """Return the loss at theta; raise TypeError or ValueError unless it is a real number."""
        self.evaluations += 1
        params = self._layout.unravel(self.theta) if self._gives_copies else self._params
        value = self._loss(params)
        return value if isinstance(value, float) else _real_scalar(value)

    def give_copies_if_needed(self, move: FloatArray) -> None:
        """From now on pass a copy of theta each time, if the loss must not get the same arrays.

        That is slower, but a loss may replace the arrays in its dict, or keep the last ones to see
        whether it was called there before.

        Parameters
        ----------
        move : ndarray of float64, shape (N,)
            A small move, at which the loss is asked for both ways.

        Raises
        ------
        ValueError
            If the loss changes its params there.
        """
        before = self.theta.copy()
        with silence():
            self.theta += move
            moved = self.theta.copy()
            in_place = self.value_or_nan()
            after = self.theta.copy()
            self.theta[:] = before
            if in_place == self.base:
                # A loss that compares with the last array must see another one in between.
                self._value_of_copy(before + 2.0 * move)
            with_copies = self._value_of_copy(moved)
        self._layout.at(moved).require_unchanged("loss", after)
        is_same = in_place == with_copies or (np.isnan(in_place) and np.isnan(with_copies))
        self._gives_copies = not is_same or not self._keeps_arrays()

    def _value_of_copy(self, theta: FloatArray) -> float:
        self.evaluations += 1
        try:
            return _real_scalar(self._loss(self._layout.unravel(theta)))
        except Exception:
            return float("nan")

    def _keeps_arrays(self) -> bool:
        blocks = [leaf for _, leaf in leaves(self._params)]
        return len(blocks) == len(self._layout.sizes) and all(
            isinstance(block, np.ndarray) and np.shares_memory(block, self.theta)
            for block in blocks
        )

    @cached_property
    def base(self) -> float:
        """The loss at the theta that it was made with."""
        return self()

    @property
    def size(self) -> float:
        """The size of the numbers whose rounding is that of the loss at this theta."""
        size = self._arithmetic.size
        return abs(self.base) if size is None else size

    @property
    def rounding(self) -> float:
        """The least that the noise of the loss can be."""
        rounding = self._arithmetic.rounding
        return UNIT_ROUNDOFF * self.size if rounding is None else rounding

    def changes(self, index: NDArray[np.intp], points: FloatArray) -> FloatArray:
        """Return how much the loss changes if one entry of theta is moved.

        Parameters
        ----------
        index : ndarray of int, shape (n,)
            Which entries, one after another; theta is put back afterwards.
        points : ndarray of float64, shape (n, k)
            Where to: ``theta[index[r]]`` becomes ``points[r, c]``.

        Returns
        -------
        ndarray of float64, shape (n, k)
            The changes; nan where the loss has no value, that is, raises an error.
        """
        theta, base = self.theta, self.base
        losses = np.empty_like(points)
        before = theta[index].tolist()
        rows: Iterable[Any] = zip(index.tolist(), before, points.tolist(), strict=True)
        if index.size >= _SLOW:
            rows = progress(rows, "entry", total=index.size)
        with silence():
            for row, (i, original, places) in enumerate(rows):
                for column, place in enumerate(places):
                    theta[i] = place
                    losses[row, column] = self.value_or_nan()
                theta[i] = original
        # Subtracted here, so that what cancels later does so exactly.
        return losses - base

    def complex_slope(self, entry: int) -> float | None:
        """Return the derivative by an entry as ``Im f(theta + ih) / h``, None if that fails.

        It fails where the loss does not take complex numbers or drops the imaginary part. Where
        the loss is not analytic, as with ``abs``, it may succeed and still be wrong.
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
        rng = np.random.default_rng(1)
        with silence():
            losses = [
                self.value_away_from_theta(scales * rng.uniform(-1.0, 1.0, scales.size))
                for _ in range(4)
            ]
        return max([self.size, *(abs(loss) for loss in losses if np.isfinite(loss))])

    def value_away_from_theta(self, move: FloatArray) -> float:
        """Return the loss at theta + move, nan where it has none; theta is put back."""
        before = self.theta.copy()
        self.theta += move
        value = self.value_or_nan()
        self.theta[:] = before
        return value

    def value_or_nan(self) -> float:
        """Return the loss at theta, nan if it raises an error there."""
        # The checker chose the point: whatever the loss objects to is not the user's mistake.
        try:
            return self()
        except Exception:
            return float("nan")


@contextmanager
def silence() -> Iterator[None]:
    """Keep warnings about points that the checker chose from the user, and from being errors."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _real_scalar(value: Any) -> float:
    if isinstance(value, tuple) and len(value) == 2 and np.ndim(value[0]) == 0:
        raise TypeError(
            "the loss is a pair; it must be one real number. If its second part is the gradient, "
            "pass gradient=True; if it is something else, return the first alone"
        )
    array = _as_array(value)
    if array.dtype.kind not in "fiu":
        kind = type(value).__name__ if array.dtype.kind == "O" else array.dtype
        raise TypeError(f"the loss is of type {kind}; it must be one real number")
    if array.size != 1:
        raise ValueError(
            f"the loss has shape {array.shape}; it must be one real number. Add it up; or, if it "
            "is the output of a layer, use check_layer"
        )
    return float(array.item())


def _as_array(value: Any) -> NDArray[Any]:
    """Return whatever it is as an array, of objects where NumPy sees nothing else in it."""
    try:
        return np.asarray(value)
    except Exception:
        return np.array(None)
