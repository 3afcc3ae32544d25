"""The list of problems: every family once, right and with each of its mistakes; fresh draws."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from tools.benchmarks.world import (
    activations,
    curves,
    data_fits,
    digits,
    fits,
    kinks,
    landscapes,
    layers,
    likelihoods,
    linear_algebra,
    penalties,
    poles,
    responses,
    sequences,
    small,
    solvers,
    stationary,
    sums_of_squares,
    time_series,
    units,
    zeros,
)
from tools.benchmarks.world.problem import (
    GENERAL_MISTAKES,
    Family,
    Problem,
    measure_errors,
    scale_and_shift,
)

FAMILIES: tuple[Family, ...] = (
    *layers.FAMILIES,
    *activations.FAMILIES,
    *sequences.FAMILIES,
    *fits.FAMILIES,
    *curves.FAMILIES,
    *likelihoods.FAMILIES,
    *responses.FAMILIES,
    *time_series.FAMILIES,
    *sums_of_squares.FAMILIES,
    *data_fits.FAMILIES,
    *landscapes.FAMILIES,
    *kinks.FAMILIES,
    *penalties.FAMILIES,
    *zeros.FAMILIES,
    *stationary.FAMILIES,
    *units.FAMILIES,
    *solvers.FAMILIES,
    *linear_algebra.FAMILIES,
    *poles.FAMILIES,
    *digits.FAMILIES,
    *small.FAMILIES,
)
FEW_DIGITS, SMALL = "few digits", "small differences"
KINDS = tuple(dict.fromkeys(family.kind for family in FAMILIES))

WRONG = 1e-3
"""The error, relative to a block, from which on a gradient counts as wrong."""
SMALL_WRONG = 1e-9
"""The same for the kind of small differences."""
# A scale or an offset would change the question here.
_AS_THEY_ARE = (FEW_DIGITS, SMALL, "stationary points")


def list_right() -> list[Problem]:
    """Return the right gradients of the fixed list."""
    return [family.make() for family in FAMILIES]


def list_wrong() -> list[Problem]:
    """Return the wrong gradients of the fixed list."""
    return [family.make(0, mistake) for family in FAMILIES for mistake in family.mistakes]


def draw(kind: str, seed: int) -> tuple[Problem, Problem]:
    """Draw a right and a wrong gradient of a kind, of the same family and point.

    Sizes, data and places are drawn anew. In 1 of 5 cases the loss is multiplied by 1e-9 to 1e9,
    in 3 of 20 an offset of 1 to 1e4 times its size is added, but not where the digits themselves
    are the question. The mistake is one of the family's or one that any gradient can make, drawn
    until one changes a block by 1e-3. At a kink it is one of the family's: a little more or less
    may be as right.

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    families = [family for family in FAMILIES if family.kind == kind]
    if not families:
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    rng = np.random.default_rng([zlib.crc32(kind.encode()), seed])
    while True:
        family = families[int(rng.integers(len(families)))]
        variant = int(rng.integers(1, 10**9))
        right = family.make(variant)
        size = abs(right.loss(right.params))
        if not np.isfinite(size):
            continue  # float16 overflows at 65,504
        scale = float(10.0 ** rng.uniform(-9, 9)) if rng.random() < 0.2 else 1.0
        offset = float(10.0 ** rng.uniform(0, 4)) * (size or 1.0) if rng.random() < 0.15 else 0.0
        if kind in _AS_THEY_ARE:
            scale, offset = 1.0, 0.0
        for mistake in _order_mistakes(family, right, rng):
            wrong = family.make(variant, mistake)
            if is_wrong(wrong):
                right, wrong = (
                    replace(scale_and_shift(problem, scale, offset), seed=seed)
                    for problem in (right, wrong)
                )
                return right, wrong


def _order_mistakes(family: Family, problem: Problem, rng: np.random.Generator) -> list[str]:
    own = [str(mistake) for mistake in rng.permutation(list(family.mistakes))]
    if family.kind == SMALL or problem.on_kink:
        return own
    general = [str(mistake) for mistake in rng.permutation(list(GENERAL_MISTAKES))]
    return own + general if rng.random() < 0.6 else general + own


def is_wrong(problem: Problem) -> bool:
    """Return whether the gradient is off by as much as its kind asks for."""
    limit = SMALL_WRONG if problem.kind == SMALL else WRONG
    return max(measure_errors(problem).values()) >= limit
