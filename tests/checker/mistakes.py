"""A mistake met in public code, rebuilt small, and what a check should say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.checker.check import check_gradient
from gradlab.support.floats import FloatArray

Params = Any
Formula = Callable[[Params], Any]


@dataclass
class Mistake:
    """A loss, its wrong gradient, the mended one, and what is to be said.

    `said` holds, by block, the kind of finding and words of its message.
    """

    loss: Formula
    wrong: Formula
    right: Formula
    params: Params
    said: dict[str, tuple[str, str]]


Case = Callable[[np.random.Generator], Mistake]


def sigmoid(z: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-z)))


def check_what_is_said(mistake: Mistake) -> set[str]:
    """Check the wrong gradient and what is said of it, and return the kinds of the findings."""
    report = check_gradient(mistake.loss, mistake.wrong, mistake.params)
    assert report.verdict == "fail"
    for block, (kind, words) in mistake.said.items():
        found = [f for f in report.findings if (f.parameter, f.kind) == (block, kind)]
        assert len(found) == 1, report
        assert words in found[0].message
    assert " 1 times" not in str(report)
    assert {f.parameter for f in report.findings if f.parameter} <= {
        block.name for block in report.parameters if block.verdict == "fail"
    }
    return {finding.kind for finding in report.findings}


def check_the_mended(mistake: Mistake) -> None:
    """Check that the right gradient passes, and nothing is found."""
    report = check_gradient(mistake.loss, mistake.right, mistake.params)
    assert report.passed, report
    assert not report.findings
