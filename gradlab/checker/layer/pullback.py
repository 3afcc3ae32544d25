"""Checking a backward pass through one upstream: the gradient of ``sum(upstream * output)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradlab.checker.block import Setting
from gradlab.checker.gradient_check import GradientCheck
from gradlab.checker.layer.arguments import is_setting
from gradlab.checker.layer.linearity import find_ignored_outputs, find_nonlinear
from gradlab.checker.layer.meanings import list_numbers
from gradlab.checker.layer.noise import measure_output_noise
from gradlab.checker.layer.outputs import (
    Outputs,
    Projection,
    arithmetic_of,
    describe_not_finite,
)
from gradlab.checker.limits import describe_precision
from gradlab.checker.loss import silence
from gradlab.checker.measuring.steps import ODD, step_scales
from gradlab.checker.parameters import Layout
from gradlab.checker.points import check_at_points
from gradlab.checker.reading import is_float_array
from gradlab.checker.report import GradientReport
from gradlab.checker.significand import FLOAT64, NAMES, Arithmetic
from gradlab.support.floats import FloatArray, Index, Mask

# How far the inputs are moved to see which outputs follow, as a part of their scales.
_MOVE = 2.0**-10 * ODD


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
        What is checked, by name: arrays of floats, or structures with such arrays.
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


def check_pullback(layer: Layer, *, rtol: float, points: int, seed: int) -> GradientReport:
    """Check the backward pass of a layer at one or more points.

    Parameters
    ----------
    layer : Layer
    rtol, points, seed
        As for `check_layer`.
    """
    layout = Layout(layer.params, is_held=is_setting)
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

    def check(there: Layout) -> GradientReport:
        return _check_at(layer, there, bits, setting, rtol)

    base = layer.forward(layout.unravel(layout.theta))
    report = check_at_points(
        check,
        Projection(layer.forward, base, layer.upstreams),
        layout,
        points,
        seed,
        Arithmetic(bits=bits),
    )
    return _with_findings(report, layer, layout)


def _check_at(
    layer: Layer, layout: Layout, bits: Index | None, setting: Setting, rtol: float
) -> GradientReport:
    base = layer.forward(layout.unravel(layout.theta))
    moving = _find_moving(layer, layout, base)
    loss = Projection(layer.forward, base, layer.upstreams)
    if bits is not None:
        loss.noise = measure_output_noise(layer, layout, base, layer.bits)
    case = GradientCheck(
        loss,
        lambda params: layer.backward(params, layer.upstreams),
        layout,
        rtol=rtol,
        arithmetic=arithmetic_of(layer.outputs, base, layer.upstreams, moving, bits),
        hear_noise=None if bits is None else loss.hear_noise,
        setting=setting,
        data_spots=_describe_data(layer),
        functions=("forward", "backward"),
        notes=[*describe_not_finite(layer.outputs.names, base), *_describe_held(layer)],
    )
    if case.finding is not None:
        return replace(case.report_unmeasured(), method="layer")
    report = case.entry_by_entry(np.arange(case.theta.size), method="layer")
    if bits is None:
        return report
    notes = describe_precision(report.parameters, layer.bits, layer.reason)
    return replace(report, precision=NAMES[layer.bits], notes=(*notes, *report.notes))


def _find_moving(layer: Layer, layout: Layout, base: list[FloatArray]) -> list[Mask]:
    """Return which outputs follow the inputs; the others add no rounding error."""
    move = _MOVE * step_scales(layout.theta, layout.starts)
    try:
        with silence():
            moved = layer.forward(layout.unravel(layout.theta + move))
    except Exception:
        return [np.ones(out.shape, dtype=bool) for out in base]
    return [new != out for new, out in zip(moved, base, strict=True)]


def _with_findings(report: GradientReport, layer: Layer, layout: Layout) -> GradientReport:
    """Return the report with what other upstreams show; it fails if backward is not linear."""
    findings = list(report.findings)
    if not any(f.kind in ("nondeterministic", "non_finite") for f in findings):
        nonlinear = find_nonlinear(layer, layout)
        names = [finding.parameter for finding in nonlinear]
        # Whatever else seems to be the cause is so for this upstream alone.
        findings = nonlinear + [f for f in findings if f.parameter not in names]
        if nonlinear:
            report = replace(report, verdict="fail")
        if report.verdict == "fail":
            findings += find_ignored_outputs(layer, layout)
    about = [replace(finding, subject="The layer") for finding in findings]
    return replace(report, findings=tuple(about))


def _is_index(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"


def _describe_held(layer: Layer) -> list[str]:
    """Say what was held, and what of that could have been checked."""
    names = [
        f"{name} (backward returns None for it)" if is_float_array(value) else name
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
