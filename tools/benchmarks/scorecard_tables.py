"""The tables of the scorecard as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from gradlab.bugs import BUGS
from gradlab.checker.report import VERDICTS
from tools.benchmarks.markdown import format_list, format_share, format_table
from tools.benchmarks.scorecard_checks import (
    BLAME,
    Comparison,
    OnRight,
    OnWrong,
    count_parameters,
)

_HEAD = ["fault", "number", "pass", "inconclusive", "fail", "blamed exactly", "cause named"]


def format_right(results: Sequence[OnRight]) -> str:
    """Return part 1 as Markdown."""
    rows = []
    for title, measurable in (("measurable in float64", True), ("not measurable", False)):
        part = [result for result in results if result.measurable == measurable]
        rows.append([title, *_count_verdicts(part)])
    rows.append(["all", *_count_verdicts(results)])
    losses = sum(result.report.evaluations for result in results)
    entries = sum(count_parameters(result.network) for result in results)
    mean = np.mean([result.losses_per_parameter for result in results])
    unsettled = [result for result in results if result.report.verdict == "inconclusive"]
    kinds = Counter((r.network.state, r.network.activation, r.measurable) for r in unsettled)
    told = [
        [*map(str, kind[:2]), _format_truth(kind[2]), str(kinds[kind])] for kind in sorted(kinds)
    ]
    lines = [
        "## 1. Right gradients",
        format_table(["networks", "number", "pass", "inconclusive", "fail (false alarm)"], rows),
        f"Losses per parameter: {losses / entries:.2f} over all parameters, "
        f"{mean:.2f} as the mean over the networks.",
        "What is inconclusive, by state and activation:",
        format_table(["state", "activation", "measurable", "networks"], told),
    ]
    alarms = [result for result in results if result.report.verdict == "fail"]
    lines.append(format_list("False alarms", [_describe(result) for result in alarms]))
    able = [_describe(result) for result in unsettled if result.measurable]
    lines.append(format_list("Measurable, and yet inconclusive", able))
    return "\n\n".join(lines)


def format_wrong(harmless: int, results: Sequence[OnWrong]) -> str:
    """Return part 2 as Markdown."""
    groups = {"all": list(results)}
    for result in sorted(results, key=lambda result: result.fault):
        groups.setdefault(result.fault, []).append(result)
    return "\n\n".join(
        [
            "## 2. Wrong gradients",
            f"{harmless} of {harmless + len(results)} draws change nothing (no block by more than "
            f"{BLAME:.0e}), such as a transposed block that is not square. The others:",
            format_table(_HEAD, [[name, *_count_marks(group)] for name, group in groups.items()]),
            format_list(
                "Every miss", [_describe_miss(result) for result in results if not result.found]
            ),
        ]
    )


def format_catalogue(
    not_applicable: Counter[str], harmless: Counter[str], results: Sequence[OnWrong]
) -> str:
    """Return part 3 as Markdown."""
    groups = {"all": list(results)}
    for name in BUGS:
        group = [result for result in results if result.fault == name]
        if group:
            groups[name] = group
    lines = [
        "## 3. The catalogue of planted bugs",
        format_table(_HEAD, [[name, *_count_marks(group)] for name, group in groups.items()]),
    ]
    for title, counter in (
        ("Cannot be planted in these networks", not_applicable),
        (f"Planted, but changes no block by more than {BLAME:.0e}", harmless),
    ):
        if counter:
            told = ", ".join(f"{name} ({count})" for name, count in sorted(counter.items()))
            lines.append(f"{title}: {told}.")
    lines.append(
        format_list(
            "Every miss", [_describe_miss(result) for result in results if not result.found]
        )
    )
    return "\n\n".join(lines)


def format_fresh(right: Sequence[OnRight], wrong: Sequence[OnWrong], first_seed: int) -> str:
    """Return part 5 as Markdown: verdicts only."""
    alarms = [_describe(result) for result in right if result.report.verdict == "fail"]
    able = [result for result in right if result.measurable]
    rows = [
        ["right, measurable", *_count_verdicts(able)],
        ["right, all", *_count_verdicts(right)],
        ["wrong", *_count_verdicts(wrong)],
    ]
    missed = [_describe_miss(result) for result in wrong if result.report.verdict != "fail"]
    return "\n\n".join(
        [
            "## 5. Fresh seeds",
            f"Seeds from {first_seed} on, away from those of parts 1 and 2.",
            format_table(["gradients", "number", *VERDICTS], rows),
            format_list("False alarms", alarms),
            format_list("Wrong, and not called so", missed),
        ]
    )


def format_peers(
    right: Sequence[OnRight], wrong: Sequence[OnWrong], comparisons: Sequence[Comparison]
) -> str:
    """Return part 4, other checkers on the same gradients, as Markdown."""
    alarms = Counter(case.measurable for case in right if case.report.verdict == "fail")
    passed = sum(case.report.verdict == "pass" for case in wrong)
    unsettled = [sum(r.report.verdict == "inconclusive" for r in part) for part in (right, wrong)]
    rule = "inconclusive: {} of the right, {} of the wrong ones".format(*unsettled)
    rows = [["**gradlab**", rule, *_count_errors(right, alarms, passed, len(wrong))]]
    rows += [
        [c.peer.title, c.peer.rule, *_count_errors(c.judged, c.alarms, c.passed, c.faults)]
        for c in comparisons
    ]
    head = ["check", "passes if", "right, measurable: false alarms", "right, not measurable: fail"]
    return "\n\n".join(
        [
            "## 4. Other checks on the same gradients",
            "None of these has a third verdict: what cannot be measured fails or passes. None "
            "names a cause. Those that take long get the first eighth of the seeds.",
            format_table([*head, "wrong ones that pass"], rows),
        ]
    )


def _describe(result: OnRight) -> str:
    network = result.network
    verdict = result.report.verdict
    blocks = [block.name for block in result.report.parameters if block.verdict == verdict]
    return (
        f"seed {result.seed}: {network.activation}, {network.state}, {len(network.params)} layers"
        f", scale {network.scale:.0e}, offset {network.offset:.0e}: {', '.join(blocks)}"
    )


def _describe_miss(result: OnWrong) -> str:
    said = ", ".join(sorted({finding.kind for finding in result.report.findings})) or "no cause"
    text = f"{result.fault} ({result.label}): {result.report.verdict}, {said}"
    if not result.exact:
        wrong, blamed = ", ".join(result.wrong), ", ".join(result.blamed) or "nothing"
        text += f"; wrong are {wrong}, blamed {blamed}"
    if result.cause and not result.named:
        text += f"; the cause is {result.cause}"
    return text


def _count_marks(results: Sequence[OnWrong]) -> list[str]:
    nameable = [result for result in results if result.cause]
    named = sum(result.named for result in nameable)
    exact = sum(result.exact for result in results)
    return [
        *_count_verdicts(results),
        format_share(exact, len(results)),
        format_share(named, len(nameable)) if nameable else "no kind for it",
    ]


def _count_verdicts(results: Sequence[OnRight] | Sequence[OnWrong]) -> list[str]:
    counts = Counter(result.report.verdict for result in results)
    return [
        str(len(results)),
        *(format_share(counts[verdict], len(results)) for verdict in VERDICTS),
    ]


def _count_errors(
    right: Sequence[OnRight], alarms: Counter[bool], passed: int, faults: int
) -> list[str]:
    measurable = sum(case.measurable for case in right)
    return [
        f"{format_share(alarms[True], measurable)} of {measurable}",
        f"{alarms[False]} of {len(right) - measurable}",
        f"{format_share(passed, faults)} of {faults}",
    ]


def _format_truth(value: object) -> str:
    return "yes" if value else "no"
