"""Least squares in one unknown, where the numbers may be of any size."""

from __future__ import annotations

import numpy as np

from gradlab.support.floats import FloatArray, Mask


def fit_factor(onto: FloatArray, what: FloatArray, where: Mask) -> float:
    """Return the c for which c * onto is closest to `what`, 0 where `onto` is zero.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.causes.fits import fit_factor
    >>> fit_factor(np.array([1.0, 2.0]), np.array([3.0, 6.0]), np.array([True, True]))
    3.0
    """
    a, b = onto[where], what[where]
    size = np.abs(a).max(initial=0.0)
    if size == 0.0:
        return 0.0
    unit = a / size
    return float(np.vdot(unit, b) / np.vdot(unit, unit) / size)


def fit_two(
    first: FloatArray, second: FloatArray, what: FloatArray, where: Mask
) -> tuple[float, float] | None:
    """Return a and b for which a * first + b * second is closest to `what`, if they are unique."""
    columns = np.stack([first[where], second[where]], axis=1)
    sizes = np.abs(columns).max(axis=0, initial=0.0)
    if not sizes.all():
        return None
    solution, _, rank, _ = np.linalg.lstsq(columns / sizes, what[where], rcond=1e-10)
    if rank < 2:
        return None
    a, b = solution / sizes
    return float(a), float(b)
