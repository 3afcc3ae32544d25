"""Checking a backward pass through one upstream: the gradient of ``sum(upstream * output)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradlab.checker.block import Finding, Setting
from gradlab.checker.gradient_check import GradientCheck
from gradlab.checker.layer.linearity import find_ignored_outputs, find_nonlinear
from gradlab.checker.layer.meanings import list_numbers
from gradlab.checker.layer.noise import NoiseOfEntries
from gradlab.checker.layer.outputs import (
    Outputs,
    Projection,
    arithmetic_of,
    describe_not_finite,
)
from gradlab.checker.limits import describe_precision
from gradlab.checker.parameters import Layout
from gradlab.checker.points import check_at_points
from gradlab.checker.reading import is_float_array
from gradlab.checker.report import GradientReport
from gradlab.checker.significand import FLOAT64, NAMES, Arithmetic
from gradlab.support.floats import FloatArray, Index


@dataclass(frozen=True)
class Layer:
    """A layer as it is to be checked.

    Attributes
    ----------
    forward : callable
        Takes the params and returns the outputs, as float64.
    backward : callable
        Takes the params and the upstreams, and returns the gradients in the form of the params.
    params : dict
        What is checked, by name: arrays of floats, and single floats.
    outputs : Outputs
        The form of the outputs.
    upstreams : list of ndarray of float64
    bits : int
        Of the significand of the numbers in which it computes, as far as is known.
    bits_of_blocks : list of int
        Of the significand of each array among the params, as the layer gets it.
    held : dict
        The other inputs, by name.
    reason : str
        Why it is not checked in float64, if it is not.
    notes : tuple of str
        What the report says besides.
    """

    forward: Callable[[Mapping[str, Any]], list[FloatArray]]
    backward: Callable[[Mapping[str, Any], list[FloatArray]], Mapping[str, Any]]
    params: Mapping[str, Any]
    outputs: Outputs
    upstreams: list[FloatArray]
    bits: int
    bits_of_blocks: list[int]
    held: Mapping[str, Any]
    reason: str = ""
    notes: tuple[str, ...] = ()


def check_pullback(layer: Layer, *, rtol: float, points: int, seed: int) -> GradientReport:
    """Check the backward pass of a layer at one or more points.

    Parameters
    ----------
    layer : Layer
    rtol, points, seed
        As for `check_layer`.
    """
    layout = Layout(layer.params)
    layout.require_finite()
    bits = None
    if layer.bits != FLOAT64:
        bits = np.repeat(np.array(layer.bits_of_blocks, dtype=np.intp), layout.sizes)
        layout = layout.at(Arithmetic(bits=bits).round(layout.theta))
    setting = Setting(
        numbers=list_numbers(layer),
        indices={name: ids for name, ids in layer.held.items() if _is_index(ids)},
        upstreams=tuple(layer.upstreams),
        is_layer=True,
    )

    gradients: list[FloatArray] = []

    def check(there: Layout) -> GradientReport:
        report = _check_at(layer, there, bits, setting, rtol)
        gradients.append(report.evidence.gradient)
        return report

    base = layer.forward(layout.unravel(layout.theta))
    report = check_at_points(
        check,
        Projection(layer.forward, base, layer.upstreams),
        layout,
        points,
        seed,
        Arithmetic(bits=bits),
    )
    return _with_findings(report, layer, layout, gradients[0])


def _check_at(
    layer: Layer, layout: Layout, bits: Index | None, setting: Setting, rtol: float
) -> GradientReport:
    base = layer.forward(layout.unravel(layout.theta))
    noise = NoiseOfEntries(layer, layout, base)
    case = GradientCheck(
        Projection(layer.forward, base, layer.upstreams),
        lambda params: layer.backward(params, layer.upstreams),
        layout,
        rtol=rtol,
        arithmetic=arithmetic_of(layer.outputs, base, layer.upstreams, bits),
        noise_of_entries=noise,
        setting=setting,
        data_spots=_describe_data(layer),
        functions=("forward", "backward"),
        notes=[
            *describe_not_finite(layer.outputs.names, base),
            *_describe_held(layer),
            *layer.notes,
        ],
    )
    precision = NAMES[layer.bits]
    if case.finding is not None:
        return replace(case.report_unmeasured(), method="layer", precision=precision)
    report = case.entry_by_entry(np.arange(case.theta.size), method="layer")
    notes = report.notes
    if bits is not None:
        notes = (*describe_precision(report.parameters, layer.bits, layer.reason), *notes)
    evaluations = report.evaluations + noise.evaluations
    return replace(report, precision=precision, notes=notes, evaluations=evaluations)


def _with_findings(
    report: GradientReport, layer: Layer, layout: Layout, gradient: FloatArray
) -> GradientReport:
    """Return the report with what other upstreams show; it fails if backward is not linear.

    `gradient` is what was judged at the params given.
    """
    findings = list(report.findings)
    if not any(f.kind in ("nondeterministic", "non_finite") for f in findings):
        nonlinear = find_nonlinear(layer, layout, gradient)
        names = [finding.parameter for finding in nonlinear]
        # Whatever else seems to be the cause is so for this upstream alone.
        findings = nonlinear + [f for f in findings if f.parameter not in names]
        if nonlinear:
            report = replace(report, verdict="fail")
        if report.verdict == "fail":
            findings += find_ignored_outputs(layer, layout)
    return replace(report, findings=tuple(map(_reword, findings)))


def _reword(finding: Finding) -> Finding:
    """Return the finding in the words of layers, which have outputs and no loss."""
    message = finding.message.replace("the loss", "the output").replace("The loss", "The output")
    return replace(finding, subject="The layer", message=message)


def _is_index(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"


def _describe_held(layer: Layer) -> list[str]:
    """Say what was held, and what of that could have been checked."""
    names = [
        f"{name} (backward returns no gradient for it)" if is_float_array(value) else name
        for name, value in layer.held.items()
    ]
    return [f"Held, and not checked: {', '.join(names)}."] if names else []


def _describe_data(layer: Layer) -> list[str]:
    """Say which inputs have a single row."""
    return [
        f"{name} has one row"
        for name, value in layer.params.items()
        if is_float_array(value) and value.ndim > 1 and value.shape[0] == 1
    ]
