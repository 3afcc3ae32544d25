"""Checking a backward pass through one upstream: the gradient of ``sum(upstream * output)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradlab.checker.block import Finding, Setting
from gradlab.checker.gradient_check import GradientCheck
from gradlab.checker.layer.arguments import is_setting
from gradlab.checker.layer.meanings import list_lengths
from gradlab.checker.layer.outputs import (
    Outputs,
    arithmetic_of,
    describe_not_finite,
    project,
)
from gradlab.checker.limits import describe_precision
from gradlab.checker.parameters import Layout
from gradlab.checker.points import check_at_points
from gradlab.checker.reading import is_float_array
from gradlab.checker.report import GradientReport
from gradlab.checker.significand import FLOAT64, Arithmetic, gradient_rounding
from gradlab.support.floats import FloatArray, Index

# What -2 times the upstream gives may differ by this part of the largest from -2 times as much:
# a power of two changes no digit.
_LINEAR = 1e-9


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
    """

    forward: Callable[[Mapping[str, Any]], list[FloatArray]]
    backward: Callable[[Mapping[str, Any], list[FloatArray]], Mapping[str, Any]]
    params: Mapping[str, Any]
    outputs: Outputs
    upstreams: list[FloatArray]
    bits: int
    bits_of_blocks: list[int]
    held: Mapping[str, Any]


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
        lengths=list_lengths(layer),
        indices={name: ids for name, ids in layer.held.items() if _is_index(ids)},
        upstreams=tuple(layer.upstreams),
        is_layer=True,
    )

    def check(there: Layout) -> GradientReport:
        return _check_at(layer, there, bits, setting, rtol)

    base = layer.forward(layout.unravel(layout.theta))
    report = check_at_points(
        check,
        lambda params: project(layer.forward(params), base, layer.upstreams),
        layout,
        points,
        seed,
        Arithmetic(bits=bits),
    )
    report = _with_linearity(report, layer, layout)
    about = [replace(finding, subject="The layer") for finding in report.findings]
    return replace(report, findings=tuple(about))


def _check_at(
    layer: Layer, layout: Layout, bits: Index | None, setting: Setting, rtol: float
) -> GradientReport:
    base = layer.forward(layout.unravel(layout.theta))
    case = GradientCheck(
        lambda params: project(layer.forward(params), base, layer.upstreams),
        lambda params: layer.backward(params, layer.upstreams),
        layout,
        rtol=rtol,
        arithmetic=arithmetic_of(layer.outputs, base, layer.upstreams, bits),
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
    return replace(
        report, notes=(*describe_precision(report.parameters, layer.bits), *report.notes)
    )


def _with_linearity(report: GradientReport, layer: Layer, layout: Layout) -> GradientReport:
    """Return the report, which fails if backward is not linear in the upstream."""
    first, _ = layout.ravel_gradient(layer.backward(layout.unravel(layout.theta), layer.upstreams))
    scaled = [-2.0 * upstream for upstream in layer.upstreams]
    second, rounding = layout.ravel_gradient(layer.backward(layout.unravel(layout.theta), scaled))
    findings = []
    for name, start, size, part in zip(
        layout.names, layout.starts, layout.sizes.tolist(), rounding.tolist(), strict=True
    ):
        block = slice(start, start + size)
        allowed = max(_LINEAR, part, gradient_rounding(layer.bits))
        finding = _find_nonlinear(name, first[block], second[block], allowed)
        findings += [finding] if finding else []
    if not findings or any(f.kind in ("nondeterministic", "non_finite") for f in report.findings):
        return report
    names = [finding.parameter for finding in findings]
    # That every entry is wrong follows from it.
    others = [f for f in report.findings if f.kind != "every_block" or f.parameter not in names]
    verdict = "fail" if report.passed else report.verdict
    return replace(report, verdict=verdict, findings=(*findings, *others))


def _find_nonlinear(
    name: str, first: FloatArray, second: FloatArray, allowed: float
) -> Finding | None:
    """Return a finding if the second gradient is not -2 times the first."""
    if not np.isfinite(first).all() or not np.isfinite(second).all():
        return None
    off = float(np.abs(second + 2.0 * first).max())
    if off <= allowed * float(np.abs(first).max()):
        return None
    hint = "is the upstream, or what follows from it, clipped?"
    if np.array_equal(first, second):
        hint = "it does not depend on it: is it multiplied in?"
    message = f"The gradient is not linear in the upstream ({hint})."
    return Finding("nonlinear", name, message, evidence={"difference": off})


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
