"""What a gradient check says: a verdict for each block and the whole, as text, HTML, data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gradlab.diagnosis import Block, Finding
from gradlab.parameters import FloatArray
from gradlab.slopes import RESOLUTION

if TYPE_CHECKING:
    from gradlab.plots.drawing import Drawing

Verdict = Literal["pass", "inconclusive", "fail"]
# From good to bad: the report has the worst of its blocks.
VERDICTS: tuple[Verdict, ...] = ("pass", "inconclusive", "fail")

# The customary reading of the ratio, from the largest to the smallest.
BANDS = (
    (1e-2, "almost surely wrong (above 1e-2)"),
    (1e-4, "suspicious (1e-4 to 1e-2)"),
    (1e-7, "acceptable with kinks, too much for a smooth loss (1e-7 to 1e-4)"),
)
HEADLINES = {
    "pass": "PASS: the gradient fits the loss.",
    "fail": "FAIL: the gradient does not fit the loss.",
    "inconclusive": "INCONCLUSIVE: the gradient could be neither confirmed nor refuted.",
}
MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?"}
HEADER = (
    "parameter",
    "shape",
    "verdict",
    "difference",
    "wrong",
    "worst entry",
    "gradient",
    "measured",
)
WAYS = {
    "loop": "Every entry was measured by whole losses",
    "entries": "Every entry was measured by the part of the loss that depends on it",
    "units": "Every entry was measured by way of the units",
    "sample": "A sample of the entries was measured",
    "directions": "Random directions were measured",
}


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
        blocks that are not settled, where the loss takes complex numbers.
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


@dataclass(frozen=True)
class Evidence:
    """What a report's plots are drawn from.

    Attributes
    ----------
    blocks : tuple of Block
        Parameters, gradient and slopes of each block.
    loss : callable
        The loss as a function of theta.
    theta, gradient : ndarray of float64, shape (N,)
        Where the check was, and the gradient there.
    noise : float
        The noise of the loss.
    """

    blocks: tuple[Block, ...]
    loss: Callable[[FloatArray], float]
    theta: FloatArray
    gradient: FloatArray
    noise: float


@dataclass(frozen=True, repr=False)
class GradientReport:
    """The result of a gradient check. Print it, or let it be the last line of a cell.

    Attributes
    ----------
    verdict : {"pass", "fail", "inconclusive"}
        "fail" if any block fails, else "inconclusive" if any block is, else "pass".
    difference : float
        The customary ratio ``||a - n|| / (||a|| + ||n||)`` over all entries that were measured;
        nan if none could be.
    parameters : tuple of BlockReport
        One for each block, in order.
    findings : tuple of Finding
        What is wrong and most likely why, as far as it could be proved.
    evaluations : int
        How often the whole loss was evaluated.
    method : {"loop", "entries", "units", "sample", "directions"}
        How it was measured.
    notes : tuple of str
        What else there is to know, such as the chance that a sample misses a mistake.
    evidence : Evidence
        What the plots are drawn from; no part of `to_dict`.
    """

    verdict: Verdict
    difference: float
    parameters: tuple[BlockReport, ...]
    findings: tuple[Finding, ...]
    evaluations: int
    method: str
    notes: tuple[str, ...]
    evidence: Evidence = field(compare=False)

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
        data |= {"parameters": [asdict(block) for block in self.parameters]}
        data |= {"findings": [asdict(finding) for finding in self.findings]}
        data |= {"evaluations": self.evaluations, "notes": list(self.notes)}
        safe: dict[str, Any] = _json_safe(data)
        return safe

    def plot(self, kind: str = "blocks") -> Drawing:
        """Draw the result; `gradlab.show` shows it with its alternative text.

        Parameters
        ----------
        kind : {"blocks", "steps", "taylor"}
            "blocks": the difference of every entry beside its tolerance, block by block. "steps":
            the error of the central difference at the worst entry over the step, with the
            predicted truncation and rounding. "taylor": the remainder of the loss along a random
            direction, which falls with the square of the step if the gradient is right.

        Returns
        -------
        Drawing
            ``figure`` and ``alt``.

        Raises
        ------
        ValueError
            If `kind` is not one of these; or if it is "steps", and the report is about
            directions, not entries.
        """
        from gradlab.plots import reports

        if kind == "blocks":
            return reports.plot_blocks(
                [block.name for block in self.parameters],
                [block.difference for block in self.evidence.blocks],
                [block.slopes.tolerance for block in self.evidence.blocks],
                [block.verdict for block in self.parameters],
                [block.largest for block in self.evidence.blocks],
            )
        if kind == "steps":
            return reports.plot_steps(*self._steps_at_worst())
        if kind == "taylor":
            return reports.plot_taylor(*self._remainders(), passed=self.passed)
        raise ValueError(f"kind is {kind!r}; it needs to be 'blocks', 'steps' or 'taylor'")

    def _steps_at_worst(self) -> tuple[FloatArray, FloatArray, float, float, float, str]:
        if self.method == "directions":
            raise ValueError("kind is 'steps', but this report is about directions, not entries")
        entry, name = self._entry_to_show()
        theta = self.evidence.theta.copy()
        origin = float(theta[entry])
        _, exponent = np.frexp(max(abs(origin), 2.0**-4))
        steps = np.ldexp(1.0, exponent - np.arange(2, 45))

        def loss(place: float) -> float:
            theta[entry] = place
            return self.evidence.loss(theta)

        above, below = origin + steps, origin - steps
        changes = np.array([loss(p) - loss(q) for p, q in zip(above, below, strict=True)])
        slopes = changes / (above - below)
        # The third difference, where it is well above the noise.
        h = float(np.ldexp(1.0, exponent - 7))
        values = [loss(origin + k * h) for k in (2, 1, -1, -2)]
        third = float(np.array([1.0, -2.0, 2.0, -1.0]) @ values) / (2.0 * h**3)
        gradient = float(self.evidence.gradient[entry])
        return steps, slopes, gradient, self.evidence.noise, third, name

    def _entry_to_show(self) -> tuple[int, str]:
        """Return the worst entry, or the one with the largest slope where none is bad."""
        sizes = [math.prod(block.shape) for block in self.parameters]
        if self.passed:
            entry = int(np.argmax(np.abs(self.evidence.gradient)))
            number = int(np.searchsorted(np.cumsum(sizes), entry, side="right"))
            row = self.parameters[number]
            at = np.unravel_index(entry - sum(sizes[:number]), row.shape)
            place = tuple(int(k) for k in at)
        else:
            row = max(
                self.parameters, key=lambda row: (VERDICTS.index(row.verdict), row.difference)
            )
            place = row.worst
            before = sum(sizes[: self.parameters.index(row)])
            entry = before + int(np.ravel_multi_index(row.worst, row.shape))
        return entry, f"{row.name}[{', '.join(map(str, place))}]"

    def _remainders(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        theta = self.evidence.theta
        direction = np.random.default_rng(0).standard_normal(theta.size)
        direction *= max(float(np.abs(theta).max()), 1.0) / np.linalg.norm(direction)
        steps = 2.0 ** -np.arange(1.0, 40.0)
        base = self.evidence.loss(theta)
        change = np.array([self.evidence.loss(theta + t * direction) - base for t in steps])
        slope = float(self.evidence.gradient @ direction)
        return steps, np.abs(change), np.abs(change - steps * slope)

    def __str__(self) -> str:
        rows = [HEADER, *(_cells(block) for block in self.parameters), self._total()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([*self._summary(), "", *lines, "", *self._footnotes()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cell = 'style="text-align: left"'
        head = "".join(f'<th scope="col" {cell}>{escape(name)}</th>' for name in HEADER)
        body = "".join(
            "<tr>" + "".join(f"<td {cell}>{escape(text)}</td>" for text in row) + "</tr>"
            for row in [*(_cells(block) for block in self.parameters), self._total()]
        )
        headline, *findings = self._summary()
        return (
            f"<p><strong>{MARKS[self.verdict]} {escape(headline)}</strong></p>"
            + "".join(f"<p>{escape(finding)}</p>" for finding in findings)
            + f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + f"<p><small>{escape(' '.join(self._footnotes()))}</small></p>"
        )

    def _summary(self) -> list[str]:
        lines = [HEADLINES[self.verdict]]
        for verdict, words in (("fail", "Wrong"), ("inconclusive", "Not settled")):
            names = [block.name for block in self.parameters if block.verdict == verdict]
            if names:
                lines[0] += f" {words}: {', '.join(names)}."
        # Blocks with the same finding share a line.
        subjects: dict[str, list[str]] = {}
        for finding in self.findings:
            subjects.setdefault(finding.message, []).append(finding.parameter or "The loss")
        return lines + [f"{', '.join(names)}: {text}" for text, names in subjects.items()]

    def _total(self) -> tuple[str, ...]:
        entries = sum(math.prod(block.shape) for block in self.parameters)
        verdict = f"{MARKS[self.verdict]} {self.verdict}"
        return ("all", f"{entries} entries", verdict, self._ratio(), "", "", "", "")

    def _footnotes(self) -> list[str]:
        notes = [
            "pass: every entry agrees within the error of its own measurement,",
            f"which is at most {RESOLUTION:.0e} of the parameter's largest entry.",
            "difference: ||a - n|| / (||a|| + ||n||), a the gradient, n as measured.",
        ]
        # Where nothing is settled, the ratio is one of rounding errors, and means nothing.
        if self.verdict != "inconclusive":
            notes += [
                "A common rule of thumb, which the verdict does not use, calls",
                f"a difference of {self._ratio()} {self.band}.",
            ]
        way = WAYS[self.method]
        # How many losses noise and kinks take may differ between machines; by whole losses only.
        if self.method not in ("units", "entries"):
            way += f", {self.evaluations} losses in all"
        return [*notes, f"{way}.", *self.notes, *self._second_opinions()]

    def _second_opinions(self) -> list[str]:
        return [
            f"{block.name}[{', '.join(map(str, block.worst))}] is {block.analytic:.3g}; "
            f"the complex step, which has no rounding error, gives {block.complex_step:.3g}."
            for block in self.parameters
            if block.complex_step is not None
        ]

    def _ratio(self) -> str:
        return _ratio(self.difference, self.verdict)


def _cells(block: BlockReport) -> tuple[str, ...]:
    verdict = f"{MARKS[block.verdict]} {block.verdict}"
    # Where it is not settled, the ratio is one of rounding errors.
    ratio = "?" if block.verdict == "inconclusive" else _ratio(block.difference, block.verdict)
    cells = (block.name, str(block.shape), verdict, ratio)
    # The worst entry of a block that passes is an accident of rounding.
    if block.verdict == "pass":
        return (*cells, "", "", "", "")
    wrong = f"{block.wrong} of {block.measured}" if block.wrong else ""
    index = f"[{', '.join(map(str, block.worst))}]" if block.worst else ""
    return (*cells, wrong, index, *_numbers(block.analytic, block.numeric, block.tolerance))


# The texts show no digits that rounding decides, so that they are the same on every machine.


def _ratio(value: float, verdict: Verdict) -> str:
    if (verdict == "fail" and value >= 1e-7) or not value < 1.0:
        return f"{value:.2g}"
    # All of it is rounding, so only its size is shown: the next power of ten.
    return f"< 1e{math.floor(math.log10(max(value, 1e-8))) + 1}"


def _numbers(analytic: float, numeric: float, tolerance: float) -> tuple[str, str]:
    """Return both with as many digits as tell them apart, where the measurement has so many."""
    texts = [_number(value, tolerance, digits=3) for value in (analytic, numeric)]
    for digits in range(4, 17):
        if texts[0] != texts[1] or not abs(analytic - numeric) > tolerance:
            break
        texts = [_number(value, tolerance, digits) for value in (analytic, numeric)]
    return texts[0], texts[1]


def _number(value: float, tolerance: float, digits: int) -> str:
    if not math.isfinite(value) or math.isinf(tolerance):
        return f"{value:.3g}"
    if abs(value) <= tolerance:
        return "0"
    return f"{value:.{digits}g}" if tolerance < 1e-3 * abs(value) else f"{value:.0e}"


def _json_safe(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_safe(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
