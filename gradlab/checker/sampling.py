"""Checks that look at a part of the gradient only, and how likely they are to miss a mistake."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.loss import LossOfTheta, silence
from gradlab.checker.measuring.slopes import Slopes
from gradlab.support.floats import FloatArray

# The error, as a part of a block's norm, for which the chance to miss it is told.
_ERROR_TOLD = 1e-3


def sample_entries(sizes: NDArray[np.intp], count: int, seed: int) -> NDArray[np.intp]:
    """Draw entries without replacement, from each block as its size demands.

    Parameters
    ----------
    sizes : ndarray of int
        The sizes of the blocks.
    count : int
        How many entries; every block gets at least one, and no more than it has.
    seed : int
        Seed of the draw.

    Returns
    -------
    ndarray of int
        Indices in theta, sorted.
    """
    rng = np.random.default_rng(seed)
    shares = np.clip(np.round(count * sizes / sizes.sum()), 1, sizes).astype(int)
    starts = np.cumsum(sizes) - sizes
    draw = [
        start + rng.choice(size, share, replace=False)
        for start, size, share in zip(starts, sizes, shares, strict=True)
    ]
    return np.sort(np.concatenate(draw))


def chance_to_miss(bad: int, total: int, samples: int) -> float:
    """Return the probability that none of the samples is one of the bad entries.

    Parameters
    ----------
    bad, total, samples : int
        Samples are draw without replacement from `total` entries, `bad` of them wrong.

    Returns
    -------
    float
        ``C(total - bad, samples) / C(total, samples)``, the hypergeometric probability of 0.

    Examples
    --------
    >>> from gradlab.checker.sampling import chance_to_miss
    >>> round(chance_to_miss(bad=1, total=100, samples=25), 6)
    0.75
    """
    if samples > total - bad:
        return 0.0
    factors = 1.0 - bad / (total - np.arange(samples))
    return float(np.prod(factors))


def chance_to_miss_along(ratio: float, directions: int) -> float:
    """Return the probability that an error of the gradient shows in no random direction.

    Parameters
    ----------
    ratio : float
        The norm of the error over the tolerance of a slope along a direction.
    directions : int
        How many independent standard normal directions there are.

    Returns
    -------
    float
        ``erf(1 / (sqrt(2) ratio)) ^ directions``: the slope along v is off by the error times v,
        which is normal with the error's norm as its standard deviation.

    Examples
    --------
    >>> from gradlab.checker.sampling import chance_to_miss_along
    >>> round(chance_to_miss_along(ratio=1000.0, directions=1), 5)
    0.0008
    """
    return math.erf(1.0 / (math.sqrt(2.0) * ratio)) ** directions if ratio > 0.0 else 1.0


@dataclass
class Directions:
    """Random directions, each within one block: the loss as a function of the way along each.

    Attributes
    ----------
    at : LossOfTheta
        The loss.
    parts : list of slice
        The block of each direction.
    vectors : list of ndarray
        The directions, standard normal.
    """

    at: LossOfTheta
    parts: list[slice]
    vectors: list[FloatArray]

    @classmethod
    def draw(
        cls, at: LossOfTheta, starts: list[int], sizes: NDArray[np.intp], count: int, seed: int
    ) -> Directions:
        """Draw `count` directions for each block."""
        rng = np.random.default_rng(seed)
        parts, vectors = [], []
        for start, size in zip(starts, sizes.tolist(), strict=True):
            for _ in range(count):
                parts.append(slice(start, start + size))
                vectors.append(rng.standard_normal(size))
        return cls(at, parts, vectors)

    @np.errstate(all="ignore")
    def slopes(self, gradient: FloatArray) -> FloatArray:
        """Return the slope along each direction that a gradient predicts."""
        return np.array(
            [gradient[part] @ v for part, v in zip(self.parts, self.vectors, strict=True)]
        )

    def changes(self, index: NDArray[np.intp], points: FloatArray) -> FloatArray:
        """Return how much the loss changes at these ways along these directions."""
        theta, base = self.at.theta, self.at.base
        losses = np.empty_like(points)
        with silence():
            for row, (number, places) in enumerate(
                zip(index.tolist(), points.tolist(), strict=True)
            ):
                part, vector = self.parts[number], self.vectors[number]
                before = theta[part].copy()
                for column, place in enumerate(places):
                    theta[part] = before + place * vector
                    losses[row, column] = self.at.value_or_nan()
                theta[part] = before
            return losses - base


def describe_sample(sizes: NDArray[np.int_], counts: NDArray[np.int_]) -> tuple[str, ...]:
    """Say how many entries of each block were measured, and how likely that is to miss some."""
    single = 1.0 - float((counts / sizes).min())
    tenth = max(
        chance_to_miss(math.ceil(size / 10), size, count)
        for size, count in zip(sizes.tolist(), counts.tolist(), strict=True)
    )
    return (
        f"{counts.sum()} of {sizes.sum()} entries were measured. The chance to miss a mistake, "
        "in the block where it is largest:",
        f"{single:.2g} for one wrong entry, {tenth:.2g} for a tenth of the block, "
        "0 for the whole block.",
    )


def describe_directions(
    given: FloatArray, slopes: Slopes, sizes: NDArray[np.int_], count: int
) -> tuple[str, ...]:
    """Say how many directions were measured, and how likely they are to miss an error."""
    # E (v.g)^2 = |g|^2 for a standard normal v.
    tolerances = slopes.tolerance.reshape(-1, count).max(axis=1)
    with np.errstate(all="ignore"):
        norms = np.sqrt(np.mean(given.reshape(-1, count) ** 2, axis=1))
        ratios = np.nan_to_num(_ERROR_TOLD * norms / tolerances, nan=0.0)
    chance = max(chance_to_miss_along(float(ratio), count) for ratio in ratios)
    return (
        f"{_count(count, 'random direction')} in each of {_count(sizes.size, 'block')} "
        f"{'was' if count == 1 else 'were'} measured, no entries.",
        f"The chance to miss an error of {_ERROR_TOLD:.0e} of a block's norm: "
        f"{chance:.2g} at most.",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
