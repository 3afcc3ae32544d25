"""Let gradlab and the other rules judge problems, and keep what they said."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradlab.checker.check import check_gradient
from gradlab.checker.report import GradientReport
from tools.benchmarks.world.catalogue import FEW_DIGITS, SMALL
from tools.benchmarks.world.measurable import is_measurable, measure_limit
from tools.benchmarks.world.peers import Rule
from tools.benchmarks.world.problem import Problem, measure_errors


@dataclass(frozen=True)
class Outcome:
    """The report on one gradient."""

    problem: Problem
    report: GradientReport

    @property
    def verdict(self) -> str:
        """The verdict of the report."""
        return self.report.verdict

    @property
    def wrong(self) -> bool:
        """Whether the gradient is wrong."""
        return bool(self.problem.mistake)

    @property
    def missed(self) -> bool:
        """Whether the verdict is the opposite of the truth."""
        return self.verdict == ("pass" if self.wrong else "fail")

    @cached_property
    def measurable(self) -> bool:
        """Whether float64 can measure the gradient to 5e-4."""
        return is_measurable(self.problem)

    @cached_property
    def limit(self) -> float:
        """To what part of the largest entry of its block each entry can be measured."""
        with np.errstate(all="ignore"):
            return measure_limit(self.problem, 0.0)

    @property
    def error(self) -> float:
        """The largest error of a block, relative to its norm."""
        return max(measure_errors(self.problem).values())

    @property
    def losses_per_parameter(self) -> float:
        """How many losses the check took for each parameter."""
        return self.report.evaluations / self.problem.size

    @property
    def reason(self) -> str:
        """What the report says about it: findings and notes."""
        found = [finding.message for finding in self.report.findings]
        return " ".join([*found, *self.report.notes]) or "no word"


def judge(problems: Iterable[Problem]) -> list[Outcome]:
    """Check each gradient."""
    with np.errstate(all="ignore"):
        return [
            Outcome(problem, check_gradient(problem.loss, problem.gradient, problem.params))
            for problem in problems
        ]


def passes_with_rtol(problem: Problem) -> bool | None:
    """Return whether ten times the error as `rtol` lets a gradient pass; None without `rtol`."""
    if "rtol" not in inspect.signature(check_gradient).parameters:
        return None
    options: dict[str, Any] = {"rtol": 10 * max(measure_errors(problem).values())}
    with np.errstate(all="ignore"):
        return check_gradient(problem.loss, problem.gradient, problem.params, **options).passed


@dataclass(frozen=True)
class Count:
    """How a rule judged the gradients: how many of each group it judged, and got wrong."""

    total: Counter[str]
    mistaken: Counter[str]


GROUPS = ("right", "right, few digits", "wrong", "wrong, few digits", "small differences")


def name_group(outcome: Outcome) -> str | None:
    """Return the column of the comparison, or None for a gradient that cannot be measured."""
    if outcome.wrong and outcome.problem.kind == SMALL:
        return GROUPS[4]
    side = "wrong" if outcome.wrong else "right"
    if outcome.problem.kind == FEW_DIGITS:
        return f"{side}, few digits"
    return side if outcome.wrong or outcome.measurable else None


def count_mistakes(outcomes: Sequence[Outcome], rule: Rule | None) -> Count:
    """Count false alarms and misses of a rule, or of gradlab if there is no rule."""
    total: Counter[str] = Counter()
    mistaken: Counter[str] = Counter()
    with np.errstate(all="ignore"):
        for outcome in outcomes:
            group = name_group(outcome)
            if group is None:
                continue
            total[group] += 1
            accepted = outcome.verdict == "pass" if rule is None else rule.accepts(outcome.problem)
            refused = outcome.verdict == "fail" if rule is None else not accepted
            mistaken[group] += accepted if outcome.wrong else refused
    return Count(total, mistaken)
