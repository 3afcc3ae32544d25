"""Count the verdicts on gradients known to be right or wrong: gradlab's, and other checkers'.

``make scorecard`` prints the tables as Markdown; ``make scorecard WRITE=1`` puts them into
docs/scorecard.md; ``--quick`` takes a tenth of the seeds. Other checkers take part if they are
installed: SciPy and autograd come with the extra ``benchmarks``, PyTorch and JAX are too large for
it (``pip install torch jax``).
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradlab.bugs import BUGS, Bug, plant
from gradlab.checker.check import check_gradient
from gradlab.checker.report import VERDICTS, GradientReport
from gradlab.network.activations import ACTIVATIONS
from gradlab.network.check import check_network
from gradlab.network.digits import load_digits
from gradlab.network.mlp import MLP
from tools.benchmarks import distribution, scorecard_peers
from tools.benchmarks.distribution import FloatArray, Network
from tools.benchmarks.scorecard_peers import Gradient, Peer

RIGHT, WRONG = 2400, 900
# A range that the checker was not adjusted to. Once something is changed because of these seeds
# they are no longer fresh: then go on to the next 10,000.
FRESH = 20_000
FRESH_RIGHT, FRESH_WRONG = 3000, 1000
# Peers that are slow get the first eighth of the seeds.
SLOW_SHARE = 8
# The error of a block, against its norm, above which a checker should blame it, and below which it
# should not.
BLAME, SPARE = 1e-3, 1e-6
# By how much the weights have grown when a late bug shows, if not 8 times.
GROWTH = {"overflowing_softmax": 1000.0}
PAGE = Path(__file__).parents[2] / "docs" / "scorecard.md"
MARKER = "<!-- What follows is written by `make scorecard`. -->\n"


@dataclass(frozen=True)
class OnRight:
    """What was said of one right gradient."""

    seed: int
    network: Network
    measurable: bool
    report: GradientReport

    @property
    def losses_per_parameter(self) -> float:
        """How many losses it took, against the number of parameters."""
        return self.report.evaluations / _entries(self.network)


@dataclass(frozen=True)
class OnWrong:
    """What was said of one wrong gradient.

    Attributes
    ----------
    label : str
        What identifies it.
    fault : str
        What is wrong.
    cause : str or None
        The kind of finding that says so, None if no kind does.
    errors : dict
        For each block, the norm of its error over the norm of the true gradient.
    report : GradientReport
    """

    label: str
    fault: str
    cause: str | None
    errors: dict[str, float]
    report: GradientReport

    @property
    def wrong(self) -> list[str]:
        """The blocks that should be blamed."""
        return [name for name, error in self.errors.items() if error > BLAME]

    @property
    def blamed(self) -> list[str]:
        """The blocks that were blamed."""
        return [block.name for block in self.report.parameters if block.verdict == "fail"]

    @property
    def exact(self) -> bool:
        """Whether every wrong block was blamed and no right one."""
        # Of a gradient that changes from call to call no block can be blamed.
        if self.cause == "nondeterministic":
            return self.named
        spared = all(self.errors[name] >= SPARE for name in self.blamed)
        return spared and set(self.wrong) <= set(self.blamed)

    @property
    def named(self) -> bool:
        """Whether a finding about the loss, or a wrong block, names the cause."""
        return any(
            finding.kind == self.cause and finding.parameter in (None, *self.wrong)
            for finding in self.report.findings
        )

    @property
    def found(self) -> bool:
        """Whether nothing is left to wish for."""
        return self.report.verdict == "fail" and self.exact and (self.named or not self.cause)


def on_right(seeds: Iterable[int]) -> list[OnRight]:
    """Check the right gradients of these seeds."""
    results = []
    for seed in seeds:
        network = distribution.right(seed)
        report = check_gradient(network.loss, network.gradient, network.params)
        results.append(OnRight(seed, network, distribution.measurable(network), report))
    return results


def on_wrong(seeds: Iterable[int]) -> tuple[int, list[OnWrong]]:
    """Check the wrong gradients of these seeds; return first how many faults change nothing."""
    harmless, results = 0, []
    for seed in seeds:
        network, fault = distribution.wrong(seed)
        errors = _errors(network, fault.gradient)
        if max(errors.values()) <= BLAME:
            harmless += 1
            continue
        report = check_gradient(network.loss, fault.gradient, network.params)
        depth = len(network.params)
        label = f"{seed}: {network.activation}, {network.state}, {depth} layers"
        results.append(OnWrong(label, fault.kind, fault.cause, errors, report))
    return harmless, results


def on_catalogue(seeds: Iterable[int]) -> tuple[Counter[str], Counter[str], list[OnWrong]]:
    """Plant each bug of the catalogue, with each activation and seed.

    Returns
    -------
    not_applicable, harmless : Counter
        How often each bug could not be planted, and how often it changed nothing.
    results : list of OnWrong
    """
    X, Y = (array[:12] for array in load_digits())
    not_applicable: Counter[str] = Counter()
    harmless: Counter[str] = Counter()
    results = []
    for seed, activation, bug in itertools.product(seeds, ACTIVATIONS, BUGS.values()):
        spoiled = _plant(bug, activation, seed, X, Y)
        if spoiled is None:
            not_applicable[bug.name] += 1
            continue
        true = MLP.gradients(spoiled, X, Y)
        errors = distribution.relative_errors(spoiled.gradients(X, Y), true)
        if max(errors.values()) <= BLAME:
            harmless[bug.name] += 1
            continue
        label = f"{activation}, seed {seed}"
        report = check_network(spoiled, X, Y)
        results.append(OnWrong(label, bug.name, bug.finding, errors, report))
    return not_applicable, harmless, results


def _plant(bug: Bug, activation: str, seed: int, X: FloatArray, Y: FloatArray) -> MLP | None:
    """Return the first network in which the bug changes something, with it, if there is one."""
    options: dict[str, Any]
    for options in ({}, {"keep_prob": 0.8}, {"reduction": "sum"}):
        network = MLP([64, 6, 6, 10], activation, l2=0.01, seed=seed, **options)
        if not bug.spoils(network):
            continue
        spoiled = plant(network, bug.name)
        if bug.late:
            spoiled.gradients(X[:5], Y[:5])
            growth = GROWTH.get(bug.name, 8.0)
            spoiled.params = [(growth * W, b) for W, b in spoiled.params]
        spoiled.freeze_dropout(len(X), seed)
        return spoiled
    return None


def compare(
    peer: Peer, right: Sequence[OnRight], wrong_seeds: Iterable[int]
) -> tuple[Counter[bool], int, int]:
    """Let a peer judge the same gradients.

    Returns
    -------
    alarms : Counter
        Its false alarms, by whether the network is measurable.
    passed, faults : int
        The wrong gradients it passes, and how many were wrong.
    """
    alarms: Counter[bool] = Counter()
    passed = faults = 0
    for case in right:
        if not _passes(peer, case.network, case.network.gradient, case.seed):
            alarms[case.measurable] += 1
    for seed in wrong_seeds:
        network, fault = distribution.wrong(seed)
        if max(_errors(network, fault.gradient).values()) > BLAME:
            faults += 1
            passed += _passes(peer, network, fault.gradient, seed)
    return alarms, passed, faults


def _passes(peer: Peer, network: Network, gradient: Gradient, seed: int) -> bool:
    # Some peers say by an exception, of a class of their own, that a gradient is wrong.
    try:
        return peer.passes(network, gradient, seed)
    except Exception:
        return False


def _errors(network: Network, gradient: Gradient) -> dict[str, float]:
    params = network.params
    return distribution.relative_errors(gradient(params), network.gradient(params))


def _entries(network: Network) -> int:
    return sum(block.size for block in distribution.blocks(network.params))


def right_section(results: Sequence[OnRight]) -> str:
    """Return part 1 as Markdown."""
    rows = []
    for title, measurable in (("measurable in float64", True), ("not measurable", False)):
        part = [result for result in results if result.measurable == measurable]
        rows.append([title, *_verdicts(part)])
    rows.append(["all", *_verdicts(results)])
    losses = sum(result.report.evaluations for result in results)
    entries = sum(_entries(result.network) for result in results)
    mean = np.mean([result.losses_per_parameter for result in results])
    unsettled = [result for result in results if result.report.verdict == "inconclusive"]
    kinds = Counter((r.network.state, r.network.activation, r.measurable) for r in unsettled)
    told = [[*map(str, kind[:2]), _yes(kind[2]), str(kinds[kind])] for kind in sorted(kinds)]
    lines = [
        "## 1. Right gradients",
        _table(["networks", "number", "pass", "inconclusive", "fail (false alarm)"], rows),
        f"Losses per parameter: {losses / entries:.2f} over all parameters, "
        f"{mean:.2f} as the mean over the networks.",
        "What is inconclusive, by state and activation:",
        _table(["state", "activation", "measurable", "networks"], told),
    ]
    alarms = [result for result in results if result.report.verdict == "fail"]
    lines.append(_format_list("False alarms", [_describe(result) for result in alarms]))
    able = [_describe(result) for result in unsettled if result.measurable]
    lines.append(_format_list("Measurable, and yet inconclusive", able))
    return "\n\n".join(lines)


def _describe(result: OnRight) -> str:
    network = result.network
    verdict = result.report.verdict
    blocks = [block.name for block in result.report.parameters if block.verdict == verdict]
    return (
        f"seed {result.seed}: {network.activation}, {network.state}, {len(network.params)} layers"
        f", scale {network.scale:.0e}, offset {network.offset:.0e}: {', '.join(blocks)}"
    )


def wrong_section(harmless: int, results: Sequence[OnWrong]) -> str:
    """Return part 2 as Markdown."""
    groups = {"all": list(results)}
    for result in sorted(results, key=lambda result: result.fault):
        groups.setdefault(result.fault, []).append(result)
    return "\n\n".join(
        [
            "## 2. Wrong gradients",
            f"{harmless} of {harmless + len(results)} draws change nothing (no block by more than "
            f"{BLAME:.0e}), such as a transposed block that is not square. The others:",
            _table(HEAD, [[name, *_marks(group)] for name, group in groups.items()]),
            _format_list(
                "Every miss", [_describe_miss(result) for result in results if not result.found]
            ),
        ]
    )


def catalogue_section(
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
        _table(HEAD, [[name, *_marks(group)] for name, group in groups.items()]),
    ]
    for title, counter in (
        ("Cannot be planted in these networks", not_applicable),
        (f"Planted, but changes no block by more than {BLAME:.0e}", harmless),
    ):
        if counter:
            told = ", ".join(f"{name} ({count})" for name, count in sorted(counter.items()))
            lines.append(f"{title}: {told}.")
    lines.append(
        _format_list(
            "Every miss", [_describe_miss(result) for result in results if not result.found]
        )
    )
    return "\n\n".join(lines)


def _describe_miss(result: OnWrong) -> str:
    said = ", ".join(sorted({finding.kind for finding in result.report.findings})) or "no cause"
    text = f"{result.fault} ({result.label}): {result.report.verdict}, {said}"
    if not result.exact:
        wrong, blamed = ", ".join(result.wrong), ", ".join(result.blamed) or "nothing"
        text += f"; wrong are {wrong}, blamed {blamed}"
    if result.cause and not result.named:
        text += f"; the cause is {result.cause}"
    return text


HEAD = ["fault", "number", "pass", "inconclusive", "fail", "blamed exactly", "cause named"]


def _marks(results: Sequence[OnWrong]) -> list[str]:
    nameable = [result for result in results if result.cause]
    named = sum(result.named for result in nameable)
    exact = sum(result.exact for result in results)
    return [
        *_verdicts(results),
        _share(exact, len(results)),
        _share(named, len(nameable)) if nameable else "no kind for it",
    ]


def _verdicts(results: Sequence[OnRight] | Sequence[OnWrong]) -> list[str]:
    counts = Counter(result.report.verdict for result in results)
    return [str(len(results)), *(_share(counts[verdict], len(results)) for verdict in VERDICTS)]


def fresh_section(right: Sequence[OnRight], wrong: Sequence[OnWrong]) -> str:
    """Return part 5 as Markdown: verdicts only."""
    alarms = [_describe(result) for result in right if result.report.verdict == "fail"]
    able = [result for result in right if result.measurable]
    rows = [
        ["right, measurable", *_verdicts(able)],
        ["right, all", *_verdicts(right)],
        ["wrong", *_verdicts(wrong)],
    ]
    missed = [_describe_miss(result) for result in wrong if result.report.verdict != "fail"]
    return "\n\n".join(
        [
            "## 5. Fresh seeds",
            f"Seeds from {FRESH} on, away from those of parts 1 and 2.",
            _table(["gradients", "number", *VERDICTS], rows),
            _format_list("False alarms", alarms),
            _format_list("Wrong, and not called so", missed),
        ]
    )


def peers_section(
    right: Sequence[OnRight], wrong: Sequence[OnWrong], wrong_seeds: int, peers: Sequence[Peer]
) -> str:
    """Run the peers and return part 4 as Markdown."""
    alarms = Counter(case.measurable for case in right if case.report.verdict == "fail")
    passed = sum(case.report.verdict == "pass" for case in wrong)
    unsettled = [sum(r.report.verdict == "inconclusive" for r in part) for part in (right, wrong)]
    rule = "inconclusive: {} of the right, {} of the wrong ones".format(*unsettled)
    rows = [["**gradlab**", rule, *_counts(right, alarms, passed, len(wrong))]]
    for peer in peers:
        share = SLOW_SHARE if peer.slow else 1
        judged = right[: len(right) // share]
        result = compare(peer, judged, range(wrong_seeds // share))
        rows.append([peer.title, peer.rule, *_counts(judged, *result)])
    head = ["check", "passes if", "right, measurable: false alarms", "right, not measurable: fail"]
    return "\n\n".join(
        [
            "## 4. Other checks on the same gradients",
            "None of these has a third verdict: what cannot be measured fails or passes. None "
            "names a cause. Those that take long get the first eighth of the seeds.",
            _table([*head, "wrong ones that pass"], rows),
        ]
    )


def _counts(
    right: Sequence[OnRight], alarms: Counter[bool], passed: int, faults: int
) -> list[str]:
    measurable = sum(case.measurable for case in right)
    return [
        f"{_share(alarms[True], measurable)} of {measurable}",
        f"{alarms[False]} of {len(right) - measurable}",
        f"{_share(passed, faults)} of {faults}",
    ]


def _share(count: int, total: int) -> str:
    if count in (0, total):
        return str(count)
    percent = 100 * count / total
    return f"{count} ({percent:.1f}%)" if percent >= 0.05 else f"{count} ({percent:.1g}%)"


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _format_list(title: str, items: Sequence[str]) -> str:
    if not items:
        return f"{title}: none."
    return "\n".join([f"{title}, {len(items)}:", "", *(f"- {item}" for item in items)])


def scorecard(quick: bool = False) -> str:
    """Run every part and return the tables as Markdown."""
    part = 10 if quick else 1
    seconds: dict[str, float] = {}

    def measure_time(name: str, run: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        with np.errstate(all="ignore"):
            result = run()
        seconds[name] = time.perf_counter() - start
        return result

    right = measure_time("part 1", lambda: on_right(range(RIGHT // part)))
    harmless, wrong = measure_time("part 2", lambda: on_wrong(range(WRONG // part)))
    planted = measure_time("part 3", lambda: on_catalogue(range(1 if quick else 5)))
    peers = scorecard_peers.installed()
    fresh_right = measure_time(
        "part 5, right", lambda: on_right(range(FRESH, FRESH + FRESH_RIGHT // part))
    )
    _, fresh_wrong = measure_time(
        "part 5, wrong", lambda: on_wrong(range(FRESH, FRESH + FRESH_WRONG // part))
    )
    others = measure_time("part 4", lambda: peers_section(right, wrong, WRONG // part, peers))
    took = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
    return "\n\n".join(
        [
            f"Run on {datetime.date.today()} with Python {platform.python_version()} and NumPy "
            f"{np.__version__}; {took}.",
            right_section(right),
            wrong_section(harmless, wrong),
            catalogue_section(*planted),
            others,
            fresh_section(fresh_right, fresh_wrong),
        ]
    )


def main() -> None:
    """Print the scorecard, or write it into docs/scorecard.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into docs/scorecard.md")
    parser.add_argument("--quick", action="store_true", help="a tenth of the seeds")
    options = parser.parse_args()
    text = scorecard(options.quick)
    print(text)
    if options.write:
        above, _, _ = PAGE.read_text(encoding="utf-8").partition(MARKER)
        PAGE.write_text(f"{above}{MARKER}\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
