"""Steps: how far each parameter is moved, and the formulas that make a slope of the losses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradlab.support.floats import FloatArray, Index

# Steps are s 2^-j, s the scale of the entry. The first suits a smooth loss with noise near u; the
# smaller ones get out of the way of a kink, the larger ones out of the noise.
FIRST = 17
SMALLER = (20, 23, 26, 29, 32, 35, 38)
LARGER = (15, 13, 11, 9, 7, 5, 4, 3, 2, 1, 0, -1, -2, -4, -6, -8, -10)
SMALLEST = 44
# The first step is no more than this part of an entry: beside larger entries of its block, a tiny
# one may be all that the loss varies over.
PART_OF_ENTRY = 2.0**-5
# Parameters may be tiny where the loss varies over a unit; so steps may exceed them eight times,
# and up to here at least.
LONGEST_PART, LONGEST = -3, 2.0**-2
_LEAST_OF_ZEROS = 2.0**-10
# Entries of a block that differ in size by more than this, times their number, have units.
_MIXED = 2.0**10
# Powers of two lie on the grid of a float32, where its rounding would not show, and a quantised
# loss would have the same slope at several of them. Twenty bits keep the moves exact.
ODD = 1.0 + 247151 * 2.0**-20

# Moves, in units of h: three formulas, each with the points of the one before it.
CENTRAL = np.array([1.0, -1.0])
EXTRAPOLATED = np.array([1.0, -1.0, 2.0, -2.0])
TWICE_EXTRAPOLATED = np.array([1.0, -1.0, 2.0, -2.0, 4.0, -4.0])


class Extrapolation(NamedTuple):
    """Slopes from losses at several distances, and what bounds their errors but for noise.

    Attributes
    ----------
    slope : ndarray of float64, shape (n,)
    truncation : ndarray of float64, shape (n,)
        In size, three times the truncation error of the difference that `slope` improves on, or
        more.
    kink : ndarray of float64, shape (n,)
        In size, with that of `truncation`, more than the error that one kink between the points
        can make.
    """

    slope: FloatArray
    truncation: FloatArray
    kink: FloatArray


def extrapolate(moves: FloatArray, losses: FloatArray, h: FloatArray) -> Extrapolation:
    """Return the slope at 0 of each row, by Richardson's extrapolation.

    Parameters
    ----------
    moves, losses : ndarray of float64, shape (n, 4) or (n, 6)
        By how much the entry was moved, about h times EXTRAPOLATED or TWICE_EXTRAPOLATED, and how
        much the loss changed.
    h : ndarray of float64, shape (n,)

    Notes
    -----
    With D(h) the central difference and S(h) the sum of the changes at h and -h, from four losses
    the slope is ``R = (4 D(h) - D(2h)) / 3``, `truncation` is ``D(h) - D(2h)`` and `kink` is
    ``3 d4 / (8 h)`` with the fourth difference ``d4 = S(2h) - 4 S(h)``: the first alone is zero
    if a kink lies in the middle. From six losses the same is done once more: the slope is
    ``(16 R(h) - R(2h)) / 15``, `truncation` is ``R(h) - R(2h)`` and `kink` is ``d6 / h`` with
    ``d6 = (64 S(h) - 20 S(2h) + S(4h)) / 45``. A kink anywhere makes an error of at most 0.67
    (four losses) or 0.81 (six) of the sum of the sizes of the two.
    """
    # Divided by what was really moved, because theta + h is rounded.
    D = (losses[:, ::2] - losses[:, 1::2]) / (moves[:, ::2] - moves[:, 1::2])
    S = losses[:, ::2] + losses[:, 1::2]
    R = D[:, :-1] + (D[:, :-1] - D[:, 1:]) / 3.0
    if D.shape[1] == 2:
        kink = 3.0 / 8.0 * (S[:, 1] - 4.0 * S[:, 0]) / h
        return Extrapolation(R[:, 0], D[:, 0] - D[:, 1], kink)
    slope = R[:, 0] + (R[:, 0] - R[:, 1]) / 15.0
    kink = (64.0 * S[:, 0] - 20.0 * S[:, 1] + S[:, 2]) / 45.0 / h
    return Extrapolation(slope, R[:, 0] - R[:, 1], kink)


def first_part(bits: Index | None) -> FloatArray:
    """Return the part of its scale that each entry is moved by at first.

    It is the cube root of the unit round-off, which is best for central differences.
    """
    exponents = FIRST if bits is None else bits // 3
    part: FloatArray = np.ldexp(1.0, -np.asarray(exponents))
    return part


@np.errstate(all="ignore")
def step_scales(theta: FloatArray, starts: list[int]) -> FloatArray:
    """Return a power of two for each entry, at least its size and the typical size of its block.

    The typical size is the root mean square. Where a whole block is zero, as biases often are, it
    is the smallest of the other blocks, but at least 2^-10 and at most 1.
    """
    sizes = np.diff([*starts, theta.size])
    largest = np.maximum.reduceat(np.abs(theta), starts)
    # Divided by the largest entry first, so that no square under- or overflows.
    unit = np.where(largest > 0.0, largest, 1.0)
    squares = (theta / np.repeat(unit, sizes)) ** 2
    typical = unit * np.sqrt(np.add.reduceat(squares, starts) / sizes)
    smallest = np.min(typical, where=typical > 0.0, initial=1.0)
    typical[typical == 0.0] = max(float(smallest), _LEAST_OF_ZEROS)
    return _power_of_two_above(np.maximum(np.abs(theta), np.repeat(typical, sizes)))


@np.errstate(all="ignore")
def largest_in_units(theta: FloatArray, slopes: FloatArray) -> FloatArray:
    """Return what each slope of a block is small or large beside: the largest of the block.

    Where the entries of the block are in different units, slopes are compared after each is
    multiplied by the size of its parameter.

    Parameters
    ----------
    theta : ndarray of float64, shape (n,)
        The entries of one block.
    slopes : ndarray of float64, shape (n,)
        The sizes of its slopes.
    """
    largest = np.full(theta.shape, slopes.max())
    if not has_mixed_units(theta):
        return largest
    units = _power_of_two_above(np.where(theta == 0.0, np.abs(theta).max(), theta))
    smaller: FloatArray = np.minimum(largest, (slopes * units).max() / units)
    return smaller


def has_mixed_units(theta: FloatArray) -> bool:
    """Return whether the entries of a block differ so much in size that they must have units."""
    sizes = np.abs(theta[theta != 0.0])
    return sizes.size > 1 and bool(sizes.max() > _MIXED * theta.size * sizes.min())


def entry_units(theta: FloatArray, scales: FloatArray) -> FloatArray:
    """Return a power of two above the size of each entry itself; its scale where it is 0."""
    return _power_of_two_above(np.where(theta == 0.0, scales / 2.0, theta))


def _power_of_two_above(sizes: FloatArray) -> FloatArray:
    _, exponents = np.frexp(sizes)
    # The bounds keep the steps themselves within float64.
    powers: FloatArray = np.ldexp(1.0, np.clip(exponents, -960, 1020))
    return powers
