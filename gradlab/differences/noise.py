"""The noise of a function: how wrong its values are, estimated from the values alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradlab.differences.formulas import Function, evaluate
from gradlab.differences.steps import best_step_unchecked
from gradlab.support.arguments import read_number, read_point
from gradlab.support.floats import FloatArray

__all__ = ["estimate_noise"]


# The table of differences has this many values on either side of x, and one at x itself.
_SIDE = 6
# Points spaced by this fraction of a power of two are no rounder than other numbers.
_FRACTION = 0.618
# Two estimates of the noise agree if they differ by at most this factor (Moré and Wild 2011).
_AGREE = 4.0


def estimate_noise(f: Function, x: float | np.floating[Any], h: float | None = None) -> float:
    """Estimate the noise of f near x: the standard deviation of the error of its values.

    The estimate comes from a table of differences of values at equally spaced points. Each order
    removes more of what is smooth in f, while independent errors of variance ``sigma^2`` give the
    k-th differences the variance ``sigma^2 (2k)! / (k!)^2``. Where three orders in a row give
    the same sigma within a factor of 4, and their differences change sign, the table has settled
    [1]_.

    Parameters
    ----------
    f : callable
        Takes a number and returns one.
    x : float
        The point; a `numpy.float32` is kept, so that f computes in float32.
    h : float, optional
        The spacing of the 13 points, positive, in the units of `x`. Default: from 1/13 of the
        central difference's `best_step` down, by factors of 16, and then up, until two spacings
        have settled within a factor of 4 of each other. (At a kink the table settles
        too, but on a sigma that falls with the spacing.)

    Returns
    -------
    float
        sigma, in the units of f. For a correctly rounded f this is 0.29 to 0.58 of ``u |f|``,
        because rounding errors are spread evenly between their bounds. 0.0 if no two spacings
        agree and the differences vanish at one: f is exact there, as a constant is.

    Raises
    ------
    ValueError
        If nothing settles: f has a kink at x, varies too fast, or is not finite there. Pass a
        smaller `h`, or take ``u |f|``. Also if `x` is not one finite number or `h` is not
        positive, or too small for 13 points around `x`.
    TypeError
        If `x`, `h` or the values of f are not real numbers.

    Notes
    -----
    What counts as noise depends on the spacing: a ripple of wavelength 1e-9 is noise to points
    1e-6 apart, and smooth to points 1e-12 apart; so is any function that varies that fast. The
    spacing is an odd multiple of the last digit of x, so that the points are exact while f rounds
    as it does anywhere else.

    References
    ----------
    .. [1] J. J. Moré and S. M. Wild, "Estimating computational noise", SIAM Journal on
       Scientific Computing 33 (2011), 1292-1314 (the algorithm ECnoise).

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab import estimate_noise
    >>> def rounded(x):
    ...     return float(np.float32(np.exp(x)))
    >>> 0.1 < estimate_noise(rounded, 1.0) / (2**-24 * 2.718) < 1.0
    True
    """
    point = read_point(x)
    if h is not None:
        return _noise_at(f, point, read_number(h, "h"))
    widest = _FRACTION * float(best_step_unchecked(np.asarray(point), "central")) / 8
    settled: list[float] = []
    for j in _levels(point, widest):
        sigma = _find_level(_table(f, point, widest * 16.0**-j))
        for earlier in settled:
            if 0.0 < earlier / _AGREE <= sigma <= earlier * _AGREE:
                return earlier
        if not math.isnan(sigma):
            settled.append(sigma)
    if 0.0 in settled:
        return 0.0
    raise ValueError(
        f"the noise of f near x = {x} cannot be told from f: it has a kink there, or varies too "
        "fast, or is not finite; pass a smaller h, or take u |f| as its noise"
    )


def _levels(point: np.floating[Any], widest: float) -> list[int]:
    """Return the powers of 1/16 to try: down to the digits of x, then up in case f is coarse."""
    narrowest = 0
    while widest * 16.0 ** -(narrowest + 1) >= 64 * _last_digit(point, widest):
        narrowest += 1
    return [*range(narrowest + 1), -1, -2, -3]


def _noise_at(f: Function, point: np.floating[Any], spacing: float) -> float:
    least = _last_digit(point, spacing)
    if not spacing >= least > 0.0:
        raise ValueError(
            f"h is {spacing}; it must be positive and at least {least}, the distance between "
            f"numbers of type {point.dtype} near x"
        )
    sigma = _find_level(_table(f, point, spacing))
    if math.isnan(sigma):
        raise ValueError(
            f"the noise of f near x = {point} does not settle with h = {spacing}; leave h out to "
            "try several, pass another one, or take u |f| as the noise"
        )
    return sigma


def _last_digit(point: np.floating[Any], spacing: float) -> float:
    """Return the distance between neighbouring numbers of x's type at the end of the table."""
    with np.errstate(all="ignore"):
        return float(np.spacing(abs(point) + point.dtype.type((_SIDE + 1) * spacing)))


def _table(f: Function, point: np.floating[Any], spacing: float) -> FloatArray:
    """Return f at 13 points around x, about `spacing` apart, that are exact."""
    unit = _last_digit(point, spacing)
    if not math.isfinite(unit):
        return np.array([math.nan])
    # An odd multiple, so that the points are no rounder than other numbers.
    apart = (2 * math.floor(spacing / (2 * unit)) + 1) * unit
    centre = round(float(point) / unit) * unit
    points = centre + apart * np.arange(-_SIDE, _SIDE + 1)
    with np.errstate(all="ignore"):
        values = [evaluate(f, np.asarray(t)) for t in points.astype(point.dtype)]
    return np.asarray(values, dtype=np.float64)


def _find_level(values: FloatArray) -> float:
    """Return the sigma where the table of differences of `values` settles; nan if it does not."""
    if not np.all(np.isfinite(values)):
        return math.nan
    table = [np.diff(values, k) for k in range(1, 9)]
    if not table[-1].any():
        return 0.0
    # Points so close together that f repeats its values show little of its noise.
    if np.count_nonzero(table[0]) < _SIDE:
        return math.nan
    sigma = [
        math.sqrt(float(np.mean(row**2)) / math.comb(2 * k, k)) for k, row in enumerate(table, 1)
    ]
    for k, row in enumerate(table[:-2]):
        three = sigma[k : k + 3]
        if max(three) <= _AGREE * min(three) and row.min() < 0.0 < row.max():
            return sigma[k]
    return math.nan
