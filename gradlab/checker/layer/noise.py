"""The noise of each output of a layer that computes in few digits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gradlab.checker.loss import silence
from gradlab.checker.measuring.steps import ODD, step_scales
from gradlab.checker.parameters import Layout
from gradlab.support.floats import FloatArray

if TYPE_CHECKING:
    from gradlab.checker.layer.pullback import Layer

_POSITIONS = np.arange(-7.0, 8.0, 2.0)
_DIRECTIONS = 2
# Points are this many of the inputs' last digits apart: near enough for the outputs to be straight
# lines, and far enough for their rounding errors to be independent.
_APART = 8.0
# Of a level that is estimated from eight differences, as a factor.
_SAFETY = 2.0


def measure_output_noise(
    layer: Layer, layout: Layout, base: list[FloatArray], bits: int
) -> list[FloatArray]:
    """Return the noise of each term ``upstream * output``, in the shapes of the outputs.

    As for a whole loss, fourth differences of values at equally spaced points are taken, which of
    independent errors have variance 70 sigma^2; and the noise is at least the rounding of the
    output itself, 2^-bits of its size.

    Parameters
    ----------
    layer : Layer
    layout : Layout
        Its params, where it is checked.
    base : list of ndarray of float64
        The outputs there.
    bits : int
        Of the type in which it computes.

    References
    ----------
    J. J. Moré and S. M. Wild, "Estimating computational noise", SIAM Journal on Scientific
    Computing 33 (2011), 1292-1314.
    """
    scales = step_scales(layout.theta, layout.starts)
    rng = np.random.default_rng(0)
    squares = [np.zeros(out.shape) for out in base]
    for _ in range(_DIRECTIONS):
        direction = scales * rng.choice([-1.0, 1.0], scales.size) * (_APART * ODD * 2.0**-bits)
        for k, differences in enumerate(_fourth_differences(layer, layout, direction)):
            squares[k] += np.mean(differences**2, axis=0) / (70.0 * _DIRECTIONS)
    noise = []
    for square, out, upstream, own in zip(
        squares, base, layer.upstreams, layer.outputs.bits, strict=True
    ):
        level = np.nan_to_num(_SAFETY * np.sqrt(square), nan=math.inf)
        noise.append(np.abs(upstream) * np.maximum(level, 2.0**-own * np.abs(out)))
    return noise


def _fourth_differences(layer: Layer, layout: Layout, direction: FloatArray) -> list[FloatArray]:
    values: list[list[FloatArray]] = []
    with silence():
        for position in _POSITIONS.tolist():
            values.append(layer.forward(layout.unravel(layout.theta + position * direction)))
        return [np.diff(np.stack(points), 4, axis=0) for points in zip(*values, strict=True)]
