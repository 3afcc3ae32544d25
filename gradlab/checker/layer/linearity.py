"""Whether backward is linear in the upstream, and uses that of every output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradlab.checker.block import Finding
from gradlab.checker.loss import silence
from gradlab.checker.parameters import Layout
from gradlab.checker.significand import FLOAT64, gradient_rounding
from gradlab.support.floats import FloatArray

if TYPE_CHECKING:
    from gradlab.checker.layer.pullback import Layer

# A power of two changes no digit; so what so many times the upstream gives may differ by little
# more than the gradient's own rounding, as a part of its largest entry. What is clipped may show
# only far above the upstream.
_SCALES, _LINEAR = (-2.0, 2.0**10, 2.0**-10), 1e-9
# With fewer bits than these, such parts and multiples leave the range of the numbers.
_WIDE = 24


def find_nonlinear(layer: Layer, layout: Layout, gradient: FloatArray) -> list[Finding]:
    """Return a finding for each block whose gradient is not linear in the upstream.

    Parameters
    ----------
    layer : Layer
    layout : Layout
        Its params, where it is checked.
    gradient : ndarray of float64, shape (N,)
        What backward returned there.
    """
    found: dict[str, Finding] = {}
    for scale in _SCALES if layer.bits >= _WIDE else _SCALES[:1]:
        scaled, rounding = _pull_back(layer, layout, scale)
        for (name, one), (_, other), part in zip(
            _blocks(layout, gradient), _blocks(layout, scaled), rounding, strict=True
        ):
            if name in found or not np.isfinite(one).all() or not np.isfinite(other).all():
                continue
            largest = float(np.abs(one).max())
            off = float(np.abs(other / scale - one).max())
            allowed = max(_LINEAR, part, gradient_rounding(layer.bits))
            if largest > _least(layer.bits) and off > allowed * largest:
                hint = _explain(layer, layout, name, one, other)
                message = f"The gradient is not linear in the upstream ({hint})."
                found[name] = Finding("nonlinear", name, message, evidence={"difference": off})
    return list(found.values())


def find_ignored_outputs(layer: Layer, layout: Layout) -> list[Finding]:
    """Return a finding for each of several outputs whose upstream changes no gradient."""
    names = layer.outputs.names
    if len(names) < 2:
        return []
    findings = []
    for k, name in enumerate(names):
        if not layer.upstreams[k].any():
            continue
        alone = [u if i == k else np.zeros_like(u) for i, u in enumerate(layer.upstreams)]
        gradient, _ = layout.ravel_gradient(layer.backward(layout.unravel(layout.theta), alone))
        if not gradient.any():
            message = f"The upstream of {name} is not used: with it alone, every gradient is 0."
            findings.append(Finding("upstream_ignored", None, message, evidence={"output": name}))
    return findings


def _least(bits: int) -> float:
    """Return a number below which a part of 2^-10 may underflow."""
    if bits == FLOAT64:
        return float(np.finfo(np.float64).tiny) * 2.0**12
    return float(np.finfo(np.float16 if bits == 11 else np.float32).tiny) * 2.0**12


def _pull_back(layer: Layer, layout: Layout, scale: float) -> tuple[FloatArray, list[float]]:
    upstreams = [scale * upstream for upstream in layer.upstreams]
    # A large one may overflow, which is no mistake.
    with silence():
        returned = layer.backward(layout.unravel(layout.theta), upstreams)
        gradient, rounding = layout.ravel_gradient(returned)
    return gradient, rounding.tolist()


def _blocks(layout: Layout, vector: FloatArray) -> Iterator[tuple[str, FloatArray]]:
    return zip(layout.names, np.split(vector, layout.starts[1:]), strict=True)


def _explain(layer: Layer, layout: Layout, name: str, one: FloatArray, two: FloatArray) -> str:
    if np.array_equal(one, two):
        is_loss = all(not shape for shape in layer.outputs.shapes)
        loss = " Of a loss, check_gradient checks the gradient alone" if is_loss else ""
        return f"it does not depend on it: is it multiplied in?{loss}"
    at_zero = dict(_blocks(layout, _pull_back(layer, layout, 0.0)[0]))[name]
    if at_zero.any():
        return (
            "with an upstream of 0 it is not 0: is something added that is not multiplied by it?"
        )
    return "is the upstream, or what follows from it, clipped?"
