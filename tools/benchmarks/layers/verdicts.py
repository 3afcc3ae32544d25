"""Let `check_layer` judge the layers, and keep what it said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gradlab import GradientReport, check_layer
from tools.benchmarks.layers.cases import Case
from tools.benchmarks.layers.layer import find_floats

PLACES = ("few_entries", "some_entries", "some_blocks", "every_block")
"""The kinds of finding that say where a gradient is wrong."""


@dataclass(frozen=True)
class Outcome:
    """The report on one case."""

    case: Case
    report: GradientReport
    entries: int

    @property
    def verdict(self) -> str:
        """The verdict of the report."""
        return self.report.verdict

    @property
    def blamed(self) -> list[str]:
        """The inputs whose gradients fail."""
        return [block.name for block in self.report.parameters if block.verdict == "fail"]

    @property
    def exact(self) -> bool:
        """Whether the wrong inputs fail, and no others."""
        return self.verdict == "fail" and self.blamed == self.case.wrong

    @property
    def nameable(self) -> bool:
        """Whether there is a cause that the numbers prove."""
        return self.case.mistake is not None and bool(self.case.mistake.causes)

    @property
    def named(self) -> bool:
        """Whether a finding about a wrong input, or about all, names the cause."""
        mistake = self.case.mistake
        return mistake is not None and any(
            finding.kind in mistake.causes and finding.parameter in (None, *mistake.wrong)
            for finding in self.report.findings
        )

    @property
    def kinds(self) -> list[str]:
        """The kinds of finding in the report."""
        return sorted({finding.kind for finding in self.report.findings})

    @property
    def false_causes(self) -> list[str]:
        """The kinds of finding that name a cause which is none, or blame an input that is right.

        Findings that say where a gradient is wrong name no cause.
        """
        true = self.case.mistake.readings if self.case.mistake else []
        return sorted(
            {
                finding.kind
                for finding in self.report.findings
                if finding.kind not in PLACES
                and (finding.kind not in true or finding.parameter not in (None, *self.case.wrong))
            }
        )

    @property
    def losses_per_entry(self) -> float:
        """How many losses the check took for each entry of the inputs."""
        return self.report.evaluations / self.entries


def judge(cases: Iterable[Case]) -> list[Outcome]:
    """Check each case."""
    with np.errstate(all="ignore"):
        return [_judge(case) for case in cases]


def _judge(case: Case) -> Outcome:
    layer, inputs = case.layer, case.layer.draw_inputs(case.seed)
    backward = layer.make_backward(case.mistake)
    report = check_layer(layer.forward, backward, inputs, cache=layer.cache)
    entries = sum(inputs[place].size for place in find_floats(inputs))
    return Outcome(case, report, entries)
