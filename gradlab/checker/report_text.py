"""A report as people read it: plain text, and HTML for a notebook."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from gradlab.checker.measuring.slopes import RESOLUTION

if TYPE_CHECKING:
    from gradlab.checker.report import BlockReport, GradientReport, Verdict

HEADLINES = {
    "pass": "PASS: the gradient fits the loss.",
    "fail": "FAIL: the gradient does not fit the loss.",
    "inconclusive": "INCONCLUSIVE: the gradient could be neither confirmed nor refuted.",
}
HEADLINES_OF_A_LAYER = {
    "pass": "PASS: backward fits forward.",
    "fail": "FAIL: backward does not fit forward.",
    "inconclusive": "INCONCLUSIVE: backward could be neither confirmed nor refuted.",
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
    "layer": "Every entry was measured by what changes in sum(upstream * output)",
}


def as_text(report: GradientReport) -> str:
    """Return a report as plain text: what is wrong, a table of blocks, footnotes."""
    rows = [HEADER, *(_cells(block) for block in report.parameters), _total(report)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*_summary(report), "", *lines, "", *_footnotes(report)])


def as_html(report: GradientReport) -> str:
    """Return a report as HTML, for a notebook."""
    cell = 'style="text-align: left"'
    head = "".join(f'<th scope="col" {cell}>{escape(name)}</th>' for name in HEADER)
    body = "".join(
        "<tr>" + "".join(f"<td {cell}>{escape(text)}</td>" for text in row) + "</tr>"
        for row in [*(_cells(block) for block in report.parameters), _total(report)]
    )
    headline, *findings = _summary(report)
    return (
        f"<p><strong>{MARKS[report.verdict]} {escape(headline)}</strong></p>"
        + "".join(f"<p>{escape(finding)}</p>" for finding in findings)
        + f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        + f"<p><small>{escape(' '.join(_footnotes(report)))}</small></p>"
    )


def _summary(report: GradientReport) -> list[str]:
    lines = [_headline(report)]
    for verdict, words in (("fail", "Wrong"), ("inconclusive", "Not settled")):
        names = [block.name for block in report.parameters if block.verdict == verdict]
        if names:
            lines[0] += f" {words}: {', '.join(names)}."
    # Blocks with the same finding share a line.
    subjects: dict[str, list[str]] = {}
    for finding in report.findings:
        subjects.setdefault(finding.message, []).append(finding.parameter or finding.subject)
    return lines + [f"{', '.join(names)}: {text}" for text, names in subjects.items()]


def _headline(report: GradientReport) -> str:
    failed = any(block.verdict == "fail" for block in report.parameters)
    if report.verdict == "fail" and not failed:
        if any(finding.kind == "nonlinear" for finding in report.findings):
            return "FAIL: backward is not linear in the upstream."
        return "FAIL: the gradient is not a function of the parameters."
    headlines = HEADLINES_OF_A_LAYER if report.method == "layer" else HEADLINES
    return headlines[report.verdict]


def _total(report: GradientReport) -> tuple[str, ...]:
    entries = sum(math.prod(block.shape) for block in report.parameters)
    verdict = f"{MARKS[report.verdict]} {report.verdict}"
    return (
        "all",
        f"{entries} entries",
        verdict,
        _ratio(report.difference, report.verdict),
        "",
        "",
        "",
        "",
    )


def _footnotes(report: GradientReport) -> list[str]:
    rounding = "" if report.precision == "float64" else ", or the rounding of the gradient"
    notes = [
        "pass: every entry agrees within the error of its own measurement,",
        f"which is at most {RESOLUTION:.0e} of the parameter's largest entry{rounding}.",
        "difference: ||a - n|| / (||a|| + ||n||), a the gradient, n as measured.",
    ]
    # Where nothing is settled, the ratio is one of rounding errors, and means nothing; and the
    # rule is for float64.
    if report.verdict != "inconclusive" and report.precision == "float64":
        notes += [
            "A common rule of thumb, which the verdict does not use, calls",
            f"a difference of {_ratio(report.difference, report.verdict)} {report.band}.",
        ]
    way = WAYS[report.method]
    # How many losses noise and kinks take may differ between machines; by whole losses only.
    if report.method not in ("units", "entries"):
        calls = "calls of forward" if report.method == "layer" else "losses in all"
        way += f", {report.evaluations} {calls}"
    return [*notes, f"{way}.", *report.notes, *_second_opinions(report)]


def _second_opinions(report: GradientReport) -> list[str]:
    return [
        f"{block.name}[{', '.join(map(str, block.worst))}] is {block.analytic:.3g}; "
        f"the complex step, which has no rounding error, gives {block.complex_step:.3g}."
        for block in report.parameters
        if block.complex_step is not None
    ]


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
