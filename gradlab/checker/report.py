"""What a gradient check says, as data: a verdict for each block and for the whole."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gradlab.checker.diagnosis import Finding
from gradlab.checker.measuring.slopes import Slopes
from gradlab.checker.report_text import as_html, as_text
from gradlab.support.floats import FloatArray

if TYPE_CHECKING:
    from gradlab.support.drawing import Drawing

Verdict = Literal["pass", "inconclusive", "fail"]
# From good to bad: the report has the worst of its blocks.
VERDICTS: tuple[Verdict, ...] = ("pass", "inconclusive", "fail")

# The customary reading of the ratio, from the largest to the smallest.
BANDS = (
    (1e-2, "almost surely wrong (above 1e-2)"),
    (1e-4, "suspicious (1e-4 to 1e-2)"),
    (1e-7, "acceptable with kinks, too much for a smooth loss (1e-7 to 1e-4)"),
)


@dataclass(frozen=True)
class BlockReport:
    """The result for one block of parameters.

    Attributes
    ----------
    name : str
        The name of the block, such as ``W1``.
    shape : tuple of int
    verdict : {"pass", "fail", "inconclusive"}
    difference : float
        The relative difference of gradient and slopes over this block.
    worst : tuple of int
        The index of the entry where they differ most; the next three are about this entry.
    analytic, numeric, tolerance : float
        The gradient that was checked, the measured slope, and how far that may be from the truth.
    wrong, measured : int
        How many entries are wrong, and how many were measured: all, unless a sample was drawn.
        Of random directions, how many directions.
    complex_step : float or None
        The derivative by the worst entry as the complex step gives it: a second opinion for
        inconclusive blocks, where the loss takes complex numbers.
    resolution : float
        The largest tolerance in the block as a part of its largest slope: what a pass resolves,
        and what was reached where it is inconclusive. Entries that are zero are left out.
    """

    name: str
    shape: tuple[int, ...]
    verdict: Verdict
    difference: float
    worst: tuple[int, ...]
    analytic: float
    numeric: float
    tolerance: float
    wrong: int
    measured: int
    complex_step: float | None = None
    resolution: float = math.nan


@dataclass(frozen=True)
class Evidence:
    """What was compared: what a report's figures are drawn from.

    Attributes
    ----------
    gradient : ndarray of float64, shape (N,)
        The gradient that was checked, as one vector.
    blocks : tuple of ndarray of float64
        The entries of it that were measured, block by block; of random directions, its slopes.
    slopes : tuple of Slopes
        What was measured, block by block.
    noise : float
        The noise of the loss.
    """

    gradient: FloatArray
    blocks: tuple[FloatArray, ...]
    slopes: tuple[Slopes, ...]
    noise: float


@dataclass(frozen=True, repr=False)
class GradientReport:
    """The result of a gradient check. Print it, or let it be the last line of a cell.

    Attributes
    ----------
    verdict : {"pass", "fail", "inconclusive"}
        "fail" if any block fails, or if the gradient differs from call to call; else
        "inconclusive" if any block is, else "pass".
    difference : float
        The customary ratio ``||a - n|| / (||a|| + ||n||)`` over all entries that were measured;
        nan if none could be.
    parameters : tuple of BlockReport
        One for each block, in order.
    findings : tuple of Finding
        What is wrong and most likely why, as far as it could be proved.
    evaluations : int
        How often the whole loss was evaluated; of a layer, how often forward was, besides the
        calls before each backward.
    method : {"loop", "entries", "units", "sample", "directions", "layer"}
        How it was measured.
    notes : tuple of str
        What else there is to know, such as the chance that a sample misses a mistake.
    evidence : Evidence
        What the plots are drawn from; no part of `to_dict`.
    precision : str
        The type of floats that the loss is known to compute in: "float64" unless a layer takes, or
        has inside, fewer digits.
    """

    verdict: Verdict
    difference: float
    parameters: tuple[BlockReport, ...]
    findings: tuple[Finding, ...]
    evaluations: int
    method: str
    notes: tuple[str, ...]
    evidence: Evidence = field(compare=False)
    precision: str = "float64"

    @property
    def passed(self) -> bool:
        """Whether the verdict is "pass"."""
        return self.verdict == "pass"

    def __bool__(self) -> bool:
        """Return `passed`, so that ``assert check_gradient(...)`` means what it says."""
        return self.passed

    @property
    def band(self) -> str:
        """The customary reading of `difference`, which the verdict does not depend on."""
        if math.isnan(self.difference):
            return "none (not a number)"
        for limit, reading in BANDS:
            if self.difference >= limit:
                return reading
        return "right (below 1e-7)"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as dicts, lists, strings and numbers that JSON can hold.

        Numbers that are not finite become the strings "nan", "inf" and "-inf", which ``float``
        reads.
        """
        data: dict[str, Any] = {"verdict": self.verdict, "passed": self.passed}
        data |= {"difference": self.difference, "band": self.band, "method": self.method}
        data |= {"precision": self.precision}
        data |= {"parameters": [asdict(block) for block in self.parameters]}
        data |= {"findings": [asdict(finding) for finding in self.findings]}
        data |= {"evaluations": self.evaluations, "notes": list(self.notes)}
        safe: dict[str, Any] = _json_safe(data)
        return safe

    def plot(
        self, kind: str = "blocks", loss: Callable[[Any], float] | None = None, params: Any = None
    ) -> Drawing:
        """Draw the result; `gradlab.show` shows it with its alternative text.

        Parameters
        ----------
        kind : {"blocks", "steps", "taylor"}
            "blocks": the difference of every entry beside its tolerance, block by block. "steps":
            the error of the central difference at the worst entry over the step, with the
            predicted truncation and rounding. "taylor": the remainder of the loss along a random
            direction, which falls with the square of the step if the gradient is right.
        loss, params : callable, and what it takes
            As they were checked. "steps" and "taylor" evaluate the loss; the report holds none.

        Returns
        -------
        Drawing
            ``figure`` and ``alt``.

        Raises
        ------
        ValueError
            If `kind` is not one of these; if `loss` or `params` is missing; if `params` has
            another number of entries than were checked; if `kind` is "steps" and the report is
            about directions, not entries; or if it is not "blocks" and the report is on a layer.
        """
        from gradlab.checker.figures import of_report

        if kind == "blocks":
            return of_report.draw_blocks(self)
        if kind not in ("steps", "taylor"):
            raise ValueError(f"kind is {kind!r}; it must be 'blocks', 'steps' or 'taylor'")
        if self.method == "layer":
            raise ValueError(f"kind is {kind!r}; of the report on a layer it must be 'blocks'")
        if loss is None or params is None:
            raise ValueError(
                f"kind is {kind!r}, which evaluates the loss; it must be given with the params, "
                f"as they were checked: plot({kind!r}, loss, params)"
            )
        draw = of_report.draw_steps if kind == "steps" else of_report.draw_taylor
        return draw(self, loss, params)

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self)


def _json_safe(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_safe(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
