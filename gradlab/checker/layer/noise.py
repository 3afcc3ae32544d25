"""The noise along each entry of a layer's inputs: that of the outputs which depend on it."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gradlab.checker.loss import silence
from gradlab.checker.measuring.steps import ODD, step_scales
from gradlab.checker.parameters import Layout
from gradlab.support.floats import FloatArray, Index, Mask

if TYPE_CHECKING:
    from gradlab.checker.layer.pullback import Layer

_POSITIONS = np.arange(-7.0, 8.0, 2.0)
_DIRECTIONS = 2
# Points are this many of the inputs' last digits apart: near enough for the outputs to be straight
# lines, and far enough for their rounding errors to be independent.
_APART = 8.0
# Of a level that is estimated from eight differences, as a factor.
_SAFETY = 2.0
# Steps, in scales, at which an output that depends on an entry moves, if only a little: one that
# is saturated does not at small ones, and hides a part of its last digit all the same.
_PROBES = (2.0**-7, -(2.0**-7), 2.0**-3, -(2.0**-3), 1.0, -1.0, 8.0, -8.0, 2.0**10)


class NoiseOfEntries:
    """The noise along each entry, found out when it is asked for.

    Parameters
    ----------
    layer : Layer
    layout : Layout
        Its params, where it is checked.
    base : list of ndarray of float64
        The outputs there.

    Attributes
    ----------
    evaluations : int
        How often forward was called for it so far.
    """

    def __init__(self, layer: Layer, layout: Layout, base: list[FloatArray]) -> None:
        self._layer = layer
        self._layout = layout
        self._base = base
        self._scales = step_scales(layout.theta, layout.starts)
        self.evaluations = 0

    @cached_property
    def _squares(self) -> list[FloatArray]:
        self.evaluations += _DIRECTIONS * _POSITIONS.size
        return [noise**2 for noise in _measure_output_noise(self._layer, self._layout, self._base)]

    def __call__(self, index: Index) -> FloatArray:
        """Return the noise along these entries; 0 where no output depends on an entry.

        It takes nine calls of forward for an entry.
        """
        theta = self._layout.theta.copy()
        params = self._layout.view(theta)
        noise = np.zeros(index.size)
        with silence():
            for row, entry in enumerate(index.tolist()):
                depends = [np.zeros(out.shape, dtype=bool) for out in self._base]
                before = theta[entry]
                for part in _PROBES:
                    theta[entry] = before + part * ODD * self._scales[entry]
                    self._note_changes(params, depends)
                theta[entry] = before
                heard = zip(self._squares, depends, strict=True)
                noise[row] = math.sqrt(sum(float(square[where].sum()) for square, where in heard))
        return noise

    def _note_changes(self, params: Any, depends: list[Mask]) -> None:
        self.evaluations += 1
        try:
            outputs = self._layer.forward(params)
        except Exception:
            # Nothing is known here, so nothing is left out.
            outputs = [np.full(out.shape, np.nan) for out in self._base]
        for out, before, where in zip(outputs, self._base, depends, strict=True):
            where |= out != before


def _measure_output_noise(
    layer: Layer, layout: Layout, base: list[FloatArray]
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

    References
    ----------
    J. J. Moré and S. M. Wild, "Estimating computational noise", SIAM Journal on Scientific
    Computing 33 (2011), 1292-1314.
    """
    scales = step_scales(layout.theta, layout.starts)
    rng = np.random.default_rng(0)
    squares = [np.zeros(out.shape) for out in base]
    for _ in range(_DIRECTIONS):
        direction = (
            scales * rng.choice([-1.0, 1.0], scales.size) * (_APART * ODD * 2.0**-layer.bits)
        )
        for k, differences in enumerate(_fourth_differences(layer, layout, direction)):
            squares[k] += np.mean(differences**2, axis=0) / (70.0 * _DIRECTIONS)
    noise = []
    for square, out, upstream, own in zip(
        squares, base, layer.upstreams, layer.outputs.bits, strict=True
    ):
        level = np.nan_to_num(_SAFETY * np.sqrt(square), nan=math.inf)
        with np.errstate(all="ignore"):
            term = np.abs(upstream) * np.maximum(level, 2.0**-own * np.abs(out))
        noise.append(np.where(upstream == 0.0, 0.0, term))
    return noise


def _fourth_differences(layer: Layer, layout: Layout, direction: FloatArray) -> list[FloatArray]:
    values: list[list[FloatArray]] = []
    with silence():
        for position in _POSITIONS.tolist():
            try:
                values.append(layer.forward(layout.unravel(layout.theta + position * direction)))
            except Exception:
                values.append([np.full(shape, np.nan) for shape in layer.outputs.shapes])
        return [np.diff(np.stack(points), 4, axis=0) for points in zip(*values, strict=True)]
