"""The tables of the scorecard's part "Layers", as Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from gradlab.checker.report import VERDICTS
from tools.benchmarks.layers.catalogue import GROUPS
from tools.benchmarks.layers.peers import Tally
from tools.benchmarks.layers.verdicts import Outcome
from tools.benchmarks.markdown import format_list, format_share, format_table

_HEAD = [
    "group",
    "layers",
    "right: number",
    *VERDICTS,
    "wrong: number",
    "blamed exactly",
    "fail otherwise",
    "inconclusive",
    "pass",
    "cause named",
    "right: losses per entry",
]


def format_groups(outcomes: Sequence[Outcome]) -> str:
    """Return the counts by group."""
    rows = []
    for group in GROUPS:
        part = [outcome for outcome in outcomes if outcome.case.layer.group == group]
        if part:
            rows.append([group, *_count(part)])
    return format_table(_HEAD, [*rows, ["all", *_count(outcomes)]])


def format_misses(outcomes: Sequence[Outcome]) -> str:
    """List whatever is not as it should be."""
    right, wrong = _split(outcomes)
    unsettled = [outcome for outcome in outcomes if outcome.verdict == "inconclusive"]
    return "\n\n".join(
        [
            _list("False alarms", [o for o in right if o.verdict == "fail"], _describe_blame),
            _list("Wrong, and passed", [o for o in wrong if o.verdict == "pass"], _describe_blame),
            _list(
                "Other inputs blamed than those that are wrong",
                [o for o in wrong if o.verdict == "fail" and not o.exact],
                _describe_blame,
            ),
            _list("Inconclusive", unsettled, _describe_blame),
        ]
    )


def format_causes(outcomes: Sequence[Outcome]) -> str:
    """List causes that are not named though the numbers prove them, and those named wrongly."""
    unnamed = [o for o in outcomes if o.nameable and not o.named]
    mistaken = [o for o in outcomes if o.false_causes]
    return "\n\n".join(
        [
            _list_by_mistake(
                "The numbers prove a cause, and it is not named", unnamed, _describe_cause
            ),
            _list_by_mistake("A cause is named that is none", mistaken, _describe_false_cause),
        ]
    )


def format_peers(outcomes: Sequence[Outcome], tallies: Sequence[Tally]) -> str:
    """Return the comparison with other packages' checks."""
    right, wrong = _split(outcomes)
    alarms = sum(outcome.verdict == "fail" for outcome in right)
    passed = sum(outcome.verdict == "pass" for outcome in wrong)
    exact = sum(outcome.exact for outcome in wrong)
    unsettled = [sum(o.verdict == "inconclusive" for o in part) for part in (right, wrong)]
    rule = "inconclusive: {} of the right, {} of the wrong ones".format(*unsettled)
    rows = [
        [
            "**gradlab**, check_layer",
            rule,
            *_share((alarms, right), (passed, wrong), (exact, wrong)),
        ]
    ]
    for tally in tallies:
        counts = (
            (tally.alarms, tally.right),
            (tally.passed, tally.wrong),
            (tally.exact, tally.wrong),
        )
        rows.append([tally.peer.title, tally.peer.passes_if, *_share(*counts)])
    head = ["check", "passes if", "right: false alarms", "wrong: pass", "wrong: blamed exactly"]
    lists = [
        format_list(f"{what} by {tally.peer.title}", titles)
        for tally in tallies
        for what, titles in (
            ("Refused, and right,", tally.alarmed),
            ("Passed, and wrong,", tally.missed),
        )
        if titles
    ]
    return "\n\n".join([format_table(head, rows), *lists])


def _split(outcomes: Iterable[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Return the right ones, and the wrong ones."""
    parts: tuple[list[Outcome], list[Outcome]] = ([], [])
    for outcome in outcomes:
        parts[outcome.case.mistake is not None].append(outcome)
    return parts


def _count(outcomes: Sequence[Outcome]) -> list[str]:
    right, wrong = _split(outcomes)
    verdicts = Counter(outcome.verdict for outcome in right)
    others = Counter("exact" if o.exact else o.verdict for o in wrong)
    nameable = [outcome for outcome in wrong if outcome.nameable]
    named = sum(outcome.named for outcome in nameable)
    losses = np.mean([outcome.losses_per_entry for outcome in right])
    return [
        str(len({outcome.case.layer.name for outcome in outcomes})),
        str(len(right)),
        *(format_share(verdicts[verdict], len(right)) for verdict in VERDICTS),
        str(len(wrong)),
        *(
            format_share(others[what], len(wrong))
            for what in ("exact", "fail", "inconclusive", "pass")
        ),
        f"{format_share(named, len(nameable))} of {len(nameable)}",
        f"{losses:.1f}",
    ]


def _share(*counts: tuple[int, int | Sequence[Outcome]]) -> list[str]:
    totals = [total if isinstance(total, int) else len(total) for _, total in counts]
    return [
        f"{format_share(count, total)} of {total}"
        for (count, _), total in zip(counts, totals, strict=True)
    ]


def _list(title: str, outcomes: Sequence[Outcome], describe: Callable[[Outcome], str]) -> str:
    return format_list(title, [f"{o.case.title}: {describe(o)}" for o in outcomes])


def _list_by_mistake(
    title: str, outcomes: Sequence[Outcome], describe: Callable[[Outcome], str]
) -> str:
    """Return a list with one item for each mistake, with what was said and at how many draws."""
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        mistake = outcome.case.mistake
        name = f"{outcome.case.layer.name}: {mistake.name}" if mistake else outcome.case.layer.name
        told[name][describe(outcome)] += 1
    items = [
        f"{name}: {'; '.join(f'{text} ({count})' for text, count in sorted(counts.items()))}"
        for name, counts in told.items()
    ]
    return format_list(f"{title} (in brackets at how many draws)", items)


def _describe_blame(outcome: Outcome) -> str:
    wrong = ", ".join(outcome.case.wrong) or "nothing"
    blamed = ", ".join(outcome.blamed) or "nothing"
    return f"{outcome.verdict}; wrong is {wrong}, blamed {blamed}"


def _describe_cause(outcome: Outcome) -> str:
    mistake = outcome.case.mistake
    right = " or ".join(mistake.causes) if mistake else ""
    return f"{right}; said is {', '.join(outcome.kinds) or 'nothing'}"


def _describe_false_cause(outcome: Outcome) -> str:
    return ", ".join(outcome.false_causes)
