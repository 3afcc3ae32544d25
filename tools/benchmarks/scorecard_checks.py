"""Check gradients known to be right or wrong, with gradlab and with other checkers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.bugs import BUGS, Bug, plant
from gradlab.checker.check import check_gradient
from gradlab.checker.report import GradientReport
from gradlab.network.activations import ACTIVATIONS
from gradlab.network.check import check_network
from gradlab.network.digits import load_digits
from gradlab.network.mlp import MLP
from tools.benchmarks import distribution
from tools.benchmarks.distribution import FloatArray, Network
from tools.benchmarks.scorecard_peers import Gradient, Peer

BLAME = 1e-3
"""The error of a block, relative to its norm, above which a checker should blame the block."""
SPARE = 1e-9
"""The error of a block, relative to its norm, below which a checker should not blame it."""
ZERO = 1e-10
"""A block is zero if its slopes, times 1/4 or the size of its parameters, whichever is larger, are
at most this part of the largest slope of all, times the size of its parameter. Then it may be
blamed for an error, or not."""
# How much larger the weights are when a late bug shows, if not 8 times.
_GROWTH = {"overflowing_softmax": 1000.0}
# Slow peers get the first eighth of the seeds.
_SLOW_SHARE = 8


@dataclass(frozen=True)
class OnRight:
    """The report on one right gradient."""

    seed: int
    network: Network
    measurable: bool
    report: GradientReport

    @property
    def losses_per_parameter(self) -> float:
        """The number of losses that the check took, divided by the number of parameters."""
        return self.report.evaluations / count_parameters(self.network)


@dataclass(frozen=True)
class OnWrong:
    """The report on one wrong gradient.

    Attributes
    ----------
    label : str
        What identifies the gradient.
    fault : str
        What is wrong with it.
    cause : str or None
        The kind of finding that names the fault, or None if there is none.
    errors : dict
        For each block, the norm of its error divided by the norm of the true gradient.
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
        """Whether every wrong block was blamed, and no right one."""
        # If the gradient changes from call to call, no block can be blamed.
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
        """Whether it failed, with the right blocks blamed and its cause, if it has one, named."""
        return self.report.verdict == "fail" and self.exact and (self.named or not self.cause)


def check_right(seeds: Iterable[int]) -> list[OnRight]:
    """Check the right gradients of these seeds."""
    results = []
    for seed in seeds:
        network = distribution.draw_right(seed)
        report = check_gradient(network.loss, network.gradient, network.params)
        results.append(OnRight(seed, network, distribution.is_measurable(network), report))
    return results


def check_wrong(seeds: Iterable[int]) -> tuple[int, list[OnWrong]]:
    """Check the wrong gradients of these seeds.

    Returns
    -------
    harmless : int
        How many faults changed nothing.
    results : list of OnWrong
    """
    harmless, results = 0, []
    for seed in seeds:
        network, fault = distribution.draw_wrong(seed)
        errors = _measure_errors(network, fault.gradient)
        if max(errors.values()) <= BLAME:
            harmless += 1
            continue
        report = check_gradient(network.loss, fault.gradient, network.params)
        depth = len(network.params)
        label = f"{seed}: {network.activation}, {network.state}, {depth} layers"
        results.append(OnWrong(label, fault.kind, fault.cause, errors, report))
    return harmless, results


def check_catalogue(seeds: Iterable[int]) -> tuple[Counter[str], Counter[str], list[OnWrong]]:
    """Plant each bug of the catalogue with each activation and seed, and check the gradient.

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
        errors = distribution.measure_relative_errors(spoiled.gradients(X, Y), true)
        if max(errors.values()) <= BLAME:
            harmless[bug.name] += 1
            continue
        label = f"{activation}, seed {seed}"
        report = check_network(spoiled, X, Y)
        results.append(OnWrong(label, bug.name, bug.finding, errors, report))
    return not_applicable, harmless, results


def _plant(bug: Bug, activation: str, seed: int, X: FloatArray, Y: FloatArray) -> MLP | None:
    """Return the first network in which the bug changes something, with the bug, or None."""
    options: dict[str, Any]
    for options in ({}, {"keep_prob": 0.8}, {"reduction": "sum"}):
        network = MLP([64, 6, 6, 10], activation, l2=0.01, seed=seed, **options)
        if not bug.spoils(network):
            continue
        spoiled = plant(network, bug.name)
        if bug.late:
            spoiled.gradients(X[:5], Y[:5])
            growth = _GROWTH.get(bug.name, 8.0)
            spoiled.params = [(growth * W, b) for W, b in spoiled.params]
        spoiled.freeze_dropout(len(X), seed)
        return spoiled
    return None


@dataclass(frozen=True)
class Comparison:
    """How another checker judged the same gradients.

    Attributes
    ----------
    peer : Peer
    judged : sequence of OnRight
        The right gradients that it judged.
    alarms : Counter
        Its false alarms, by whether the network is measurable.
    passed, faults : int
        How many wrong gradients it passed, and how many it judged.
    """

    peer: Peer
    judged: Sequence[OnRight]
    alarms: Counter[bool]
    passed: int
    faults: int


def compare(peer: Peer, right: Sequence[OnRight], wrong_seeds: int) -> Comparison:
    """Let a peer judge the same gradients; a slow one gets only the first of them."""
    share = _SLOW_SHARE if peer.slow else 1
    judged = right[: len(right) // share]
    alarms: Counter[bool] = Counter()
    passed = faults = 0
    for case in judged:
        if not _is_accepted(peer, case.network, case.network.gradient, case.seed):
            alarms[case.measurable] += 1
    for seed in range(wrong_seeds // share):
        network, fault = distribution.draw_wrong(seed)
        if max(_measure_errors(network, fault.gradient).values()) > BLAME:
            faults += 1
            passed += _is_accepted(peer, network, fault.gradient, seed)
    return Comparison(peer, judged, alarms, passed, faults)


def _is_accepted(peer: Peer, network: Network, gradient: Gradient, seed: int) -> bool:
    # Some peers reject a gradient by raising an exception of their own class.
    try:
        return peer.check(network, gradient, seed)
    except Exception:
        return False


def _measure_errors(network: Network, gradient: Gradient) -> dict[str, float]:
    params = network.params
    given, true = gradient(params), network.gradient(params)
    errors = distribution.measure_relative_errors(given, true)
    sizes = [float(np.abs(block).max()) for block in distribution.list_blocks(params)]
    slopes = [
        max(float(np.abs(a).max()), float(np.abs(g).max()))
        for a, g in zip(
            distribution.list_blocks(given), distribution.list_blocks(true), strict=True
        )
    ]
    yardstick = max(slope * size for slope, size in zip(slopes, sizes, strict=True))
    for name, slope, size in zip(errors, slopes, sizes, strict=True):
        if slope * max(size, 0.25) <= ZERO * yardstick:
            errors[name] = min(errors[name], BLAME)
    return errors


def count_parameters(network: Network) -> int:
    """Return the number of parameters of a network."""
    return sum(block.size for block in distribution.list_blocks(network.params))
