"""The tables of the scorecard's part "in the world", as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from gradlab.checker.report import VERDICTS
from tools.benchmarks.markdown import format_list, format_share, format_table
from tools.benchmarks.world.catalogue import FEW_DIGITS, KINDS, SMALL
from tools.benchmarks.world.measurable import ENOUGH
from tools.benchmarks.world.peers import Rule
from tools.benchmarks.world.verdicts import GROUPS, Count, Outcome, passes_with_rtol

_HEAD = [
    "right: number",
    *VERDICTS,
    "wrong: number",
    *reversed(VERDICTS),
    "right: losses per parameter",
]


def format_kinds(outcomes: Sequence[Outcome]) -> str:
    """Return the table by kind, without those that have tables of their own."""
    rows = []
    for kind in KINDS:
        part = [outcome for outcome in outcomes if outcome.problem.kind == kind]
        if part and kind not in (FEW_DIGITS, SMALL):
            rows.append([kind, *_count_both(part)])
    rows.append(["all", *_count_both(select_plain(outcomes))])
    return format_table(["kind", *_HEAD], rows)


def select_plain(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return all but few digits and the wrong ones that are wrong by little."""
    return [outcome for outcome in outcomes if outcome.problem.kind not in (FEW_DIGITS, SMALL)]


def format_digits(outcomes: Sequence[Outcome]) -> str:
    """Return the table of few digits, by how the loss is computed."""
    few = [outcome for outcome in outcomes if outcome.problem.kind == FEW_DIGITS]
    ways = dict.fromkeys(_name_way(outcome) for outcome in few)
    rows = [[way, *_count_both([o for o in few if _name_way(o) == way])] for way in sorted(ways)]
    rows.append(["all", *_count_both(few)])
    return f"{format_table(['loss', *_HEAD], rows)}\n\n{_count_digits(few)}"


def _count_digits(few: Sequence[Outcome]) -> str:
    right = [outcome for outcome in few if not outcome.wrong]
    able = [outcome for outcome in right if outcome.measurable]
    passed = sum(outcome.verdict == "pass" for outcome in able)
    others = sum(outcome.verdict == "pass" for outcome in right) - passed
    return (
        f"{len(able)} of the {len(right)} right ones have the digits for {ENOUGH:.0e}, decided as "
        f"above; {passed} of these pass, and {others} of the others."
    )


def _name_way(outcome: Outcome) -> str:
    name = outcome.problem.name
    return "float64 and a coarser part" if " in float64, " in name else name.rpartition(", ")[2]


def format_small(outcomes: Sequence[Outcome]) -> str:
    """Return the table of gradients that are wrong by little."""
    rows = []
    for outcome in outcomes:
        if outcome.problem.kind == SMALL and outcome.wrong:
            kinds = sorted({finding.kind for finding in outcome.report.findings}) or ["none"]
            passes = passes_with_rtol(outcome.problem)
            told = "no rtol" if passes is None else "pass" if passes else "no pass"
            rows.append(
                [
                    outcome.problem.title,
                    f"{outcome.error:.0e}",
                    outcome.verdict,
                    ", ".join(kinds),
                    told,
                ]
            )
    head = ["gradient", "error of the block", "verdict", "findings", "with rtol ten times that"]
    right = [o for o in outcomes if o.problem.kind == SMALL and not o.wrong]
    counts = Counter(outcome.verdict for outcome in right)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
    return f"{format_table(head, rows)}\n\nOf the {len(right)} right ones of these losses: {told}."


def format_misses(outcomes: Sequence[Outcome]) -> str:
    """List false alarms, wrong gradients that pass, and wrong ones that are not settled."""

    def describe(outcome: Outcome) -> str:
        size = f", off by {outcome.error:.0e}" if outcome.wrong else ""
        return f"{_describe(outcome)}{size}. The report: {outcome.reason}"

    unsettled = [o for o in outcomes if o.wrong and o.verdict == "inconclusive"]
    alarms = [o for o in outcomes if not o.wrong and o.missed]
    passed = [o for o in outcomes if o.wrong and o.missed]
    return "\n\n".join(
        format_list(title, [describe(outcome) for outcome in part])
        for title, part in (
            ("False alarms", alarms),
            ("Wrong, and passed", passed),
            ("Wrong, and inconclusive", unsettled),
        )
    )


def format_inconclusive(outcomes: Sequence[Outcome]) -> str:
    """List right gradients that are inconclusive: whether they need be, and what is said."""
    right = [outcome for outcome in outcomes if not outcome.wrong]
    able = [outcome for outcome in right if outcome.measurable]
    unsettled = sum(outcome.verdict == "inconclusive" for outcome in able)

    def describe(outcome: Outcome) -> str:
        return f"{_describe(outcome)}: {_describe_limit(outcome)}. The report: {outcome.reason}"

    share = 100 * unsettled / max(len(able), 1)
    return "\n\n".join(
        [
            f"Of the {len(right)} right gradients float64 can measure {len(able)} to "
            f"{ENOUGH:.0e} of each block's largest entry; {unsettled} of these ({share:.1f}%) are "
            "inconclusive.",
            format_list(
                "Right, and inconclusive",
                [describe(outcome) for outcome in right if outcome.verdict == "inconclusive"],
            ),
        ]
    )


def _describe_limit(outcome: Outcome) -> str:
    if outcome.problem.on_kink:
        return "at a kink, where there is no derivative"
    if outcome.limit == 0.0:
        return "zero, which float64 can measure"
    can = "can" if outcome.limit <= ENOUGH else "cannot"
    return f"float64 {can} measure it (at best to {outcome.limit:.0e} of the largest entry)"


def format_rules(outcomes: Sequence[Outcome], counts: Sequence[tuple[Rule | None, Count]]) -> str:
    """Return the comparison with other rules."""
    unsettled = Counter(o.wrong for o in outcomes if o.verdict == "inconclusive")
    rows = []
    for rule, count in counts:
        name, passes_if = ("**gradlab**", "") if rule is None else (rule.title, rule.passes_if)
        if rule is None:
            passes_if = f"inconclusive: {unsettled[False]} right, {unsettled[True]} wrong ones"
        rows.append(
            [name, passes_if]
            + [
                f"{format_share(count.mistaken[g], count.total[g])} of {count.total[g]}"
                for g in GROUPS
            ]
        )
    head = [
        "check",
        "passes if",
        "right, measurable: false alarms",
        "right, few digits: false alarms",
        "wrong: pass",
        "wrong, few digits: pass",
        "small differences: pass",
    ]
    return format_table(head, rows)


def format_fresh(outcomes: Sequence[Outcome], seeds: range) -> str:
    """Return the table of fresh variants, with every miss."""
    rows = []
    for kind in KINDS:
        part = [outcome for outcome in outcomes if outcome.problem.kind == kind]
        if part:
            rows.append([kind, *_count_both(part)])
    rows.append(["all", *_count_both(outcomes)])
    plain = [outcome for outcome in outcomes if outcome.problem.kind != FEW_DIGITS]
    alarms = [o for o in outcomes if o.missed and o.problem.kind == FEW_DIGITS]
    return "\n\n".join(
        [
            f"{len(seeds)} of each kind, from seed {seeds[0]} on, right and wrong at the same "
            "point. Sizes, data, places, digits and mistakes are drawn anew, and so are factors "
            "and offsets of the loss.",
            format_table(["kind", *_HEAD], rows),
            format_misses([*plain, *alarms]),
            format_inconclusive(plain),
            _count_digits([o for o in outcomes if o.problem.kind == FEW_DIGITS]),
        ]
    )


def _describe(outcome: Outcome) -> str:
    verdict = outcome.verdict
    blocks = [block.name for block in outcome.report.parameters if block.verdict == verdict]
    problem = outcome.problem
    place = problem.kind if problem.seed is None else f"{problem.kind}, seed {problem.seed}"
    return f"{problem.title} ({place}; {', '.join(blocks) or 'loss'})"


def _count_both(outcomes: Sequence[Outcome]) -> list[str]:
    cells = []
    for wrong, order in ((False, VERDICTS), (True, tuple(reversed(VERDICTS)))):
        part = [outcome for outcome in outcomes if outcome.wrong == wrong]
        counts = Counter(outcome.verdict for outcome in part)
        cells += [str(len(part)), *(format_share(counts[v], len(part)) for v in order)]
    right = [outcome.losses_per_parameter for outcome in outcomes if not outcome.wrong]
    return [*cells, f"{np.mean(right):.1f}" if right else ""]
