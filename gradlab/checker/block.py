"""What a diagnosis starts from, a block of the gradient and its slopes, and what it ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.measuring.slopes import RESOLUTION, Slopes
from gradlab.support.floats import FloatArray, Mask

# A corrected gradient may differ from the slopes by their tolerances and by this part of the
# block's largest slope: right gradients that pass do so by less.
SLACK = 1e-6
# What fits by accident once in so many times is proved.
_RARE = 1e4


@dataclass(frozen=True)
class Finding:
    """One thing that the check found out.

    Attributes
    ----------
    kind : str
        What a block's gradient is, a cause that is proved: "sign_flipped", "wrong_scale",
        "scaled_rows" (each row or column has a factor of its own), "all_zero", "some_zero",
        "dead_units" (not zero where the loss does not change), "transposed", "permuted",
        "swapped" (it is another block's), "equal_entries", "clipped", "triangle",
        "weight_decay", "l1_penalty", "normalised" (the loss does not depend on the parameter's
        length), "softmax_diagonal", "standardised" (the terms of mean and standard deviation are
        missing), "upstream_alone", "repeated_index", "rank_one", "non_finite", "nonlinear" (in the
        upstream of a layer), "upstream_ignored" (that of one of several outputs).
        Where it is wrong: "few_entries", "some_entries", "some_blocks", "every_block",
        "backprop_from_layer", "backprop_from_block".
        Of the loss, or of both: "kink", "small_difference", "nondeterministic", "non_finite",
        "low_precision".
    parameter : str or None
        The name of the block, None if it is about the loss.
    message : str
        A sentence for people.
    factor : float or None
        For "wrong_scale", the gradient is this times the right one; for "weight_decay", this times
        the parameter is missing; for "l1_penalty", this times its sign; for "clipped", the limit.
    evidence : dict
        The numbers behind it.
    subject : str
        What it is about where it is about no block.
    """

    kind: str
    parameter: str | None
    message: str
    factor: float | None = None
    evidence: dict[str, object] = field(default_factory=dict)
    subject: str = "The loss"

    def __str__(self) -> str:
        return f"{self.parameter or self.subject}: {self.message}"


@dataclass(frozen=True)
class Block:
    """What is known of one block of parameters.

    Attributes
    ----------
    name : str
    values, gradient : ndarray of float64
        The parameters, and the gradient that is checked.
    slopes : Slopes
        As measured, in the same shape.
    whole : bool
        False if these are a sample of the block's entries, in one row: then nothing can be said
        of its rows, or of the places of its entries.
    """

    name: str
    values: FloatArray
    gradient: FloatArray
    slopes: Slopes
    whole: bool = True

    @property
    def failed(self) -> bool:
        """Whether any entry is wrong."""
        return bool(self.slopes.wrong.any())

    @property
    def passing(self) -> Mask:
        """Where the gradient agrees with a slope that is known."""
        return ~self.slopes.wrong & ~self.slopes.doubtful

    @property
    def largest(self) -> float:
        """The size of the largest slope."""
        return float(np.abs(self.slopes.value).max())

    @property
    def difference(self) -> FloatArray:
        """How far the gradient is from each slope."""
        return np.abs(self.gradient - self.slopes.value)

    @property
    def allowed(self) -> FloatArray:
        """How far from each slope a corrected gradient may be."""
        return 2.0 * self.slopes.tolerance + SLACK * self.largest

    @property
    def sharp(self) -> Mask:
        """Where the slope is known well enough to prove anything."""
        return self.slopes.tolerance <= RESOLUTION * self.largest

    @property
    def telling(self) -> Mask:
        """Where the slope is known well enough, and is not zero."""
        return self.sharp & (np.abs(self.slopes.value) > 2.0 * self.slopes.tolerance)

    @property
    def contrast(self) -> float:
        """How far the gradient is off, in units of what a corrected one may be off.

        Where it is hardly above 1, many corrections would seem to help.
        """
        wrong = self.slopes.wrong
        with np.errstate(divide="ignore", invalid="ignore"):
            excess = self.difference[wrong] / self.allowed[wrong]
        return float(excess.max(initial=0.0))

    def explained_by(self, corrected: FloatArray) -> bool:
        """Return whether this gradient would pass."""
        return bool((np.abs(corrected - self.slopes.value) <= self.allowed).all())

    def is_proved_by(self, where: Mask, free: int) -> bool:
        """Return whether these entries, if they fit, prove a cause with so many free numbers.

        By accident, an entry fits once in `contrast` times.
        """
        spare = int(np.count_nonzero(where)) - free
        return spare > 0 and self.contrast ** min(spare, 16) >= _RARE

    def make_finding(
        self, kind: str, message: str, factor: float | None = None, **evidence: object
    ) -> Finding:
        """Return a finding about this block."""
        return Finding(kind, self.name, message, factor, evidence)


@dataclass(frozen=True)
class Setting:
    """What is known of the loss, and gives numbers their meaning.

    Attributes
    ----------
    rows : int or None
        The number m of rows of the batch.
    keep_prob : float
        The keep probability of dropout, 1 without.
    numbers : mapping
        Factors that the gradient of a layer may be off by, and what they would mean.
    indices : mapping
        Arrays of integers that a layer takes, by name.
    upstreams : tuple of ndarray
        What a layer's backward pass was given.
    is_layer : bool
        Whether the blocks are the inputs of one layer, and not the layers of a network in order.
    """

    rows: int | None = None
    keep_prob: float = 1.0
    numbers: Mapping[float, str] = field(default_factory=dict)
    indices: Mapping[str, NDArray[np.integer[Any]]] = field(default_factory=dict)
    upstreams: tuple[FloatArray, ...] = ()
    is_layer: bool = False

    def meanings(self) -> dict[float, str]:
        """Return factors that a gradient is likely to be off by, and why."""
        meanings = {2.0: "a 2 too many?", 0.5: "a 2 missing?"}
        if self.rows is not None and self.rows > 1:
            m = self.rows
            meanings[float(m)] = f"m = {m} rows: a sum where the loss has a mean?"
            meanings[1.0 / m] = f"1/m, m = {m} rows: a mean where the loss has a sum?"
        if self.keep_prob < 1.0:
            p = self.keep_prob
            meanings[p] = f"keep probability {p:g}: the 1/{p:g} of inverted dropout missing?"
            meanings[1.0 / p] = f"1/{p:g}, keep probability {p:g}: scaled once too often?"
        return {**self.numbers, **meanings}


def make_exact_block(
    name: str, values: FloatArray, gradient: FloatArray, slopes: FloatArray, error: float = 1e-9
) -> Block:
    """Return a block whose slopes are known to within `error`: for examples and tests.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> make_exact_block("b", np.ones(2), np.array([1.0, 3.0]), np.array([1.0, 2.0])).slopes.wrong
    array([False,  True])
    """
    wrong = ~(np.abs(gradient - slopes) <= error)
    no = np.zeros(slopes.shape, dtype=bool)
    measured = Slopes(slopes, np.full(slopes.shape, error), wrong, no, no)
    return Block(name, values, gradient, measured)
