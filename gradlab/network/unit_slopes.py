"""The gradient of a network by units: differences over pre-activations, then one product.

Z_l = A_{l-1} W_l + b_l is linear in W_l and b_l, and no sample sees another. So the loss of sample
i is differenced over each of its pre-activations z_ij alone, which gives delta_l, and
``dW_l = A_{l-1}^T delta_l``, ``db_l`` = column sums of delta_l. Each evaluation concerns one row,
and there are 2 m sum(n_l) of them where the textbook loop has 2 m N.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradlab.checker.measuring.slopes import NOISE_FACTOR, RESOLUTION, Slopes
from gradlab.checker.measuring.steps import CENTRAL, EXTRAPOLATED, FIRST
from gradlab.network.mlp import MLP
from gradlab.network.probes import UnitProbe
from gradlab.support.floats import UNIT_ROUNDOFF, FloatArray, Index

# Steps for the pre-activations that the first step does not settle: smaller ones to avoid a
# kink, then larger ones to rise above the noise.
_STEPS = (20, 23, 26, 29, 32, 14, 11, 8, 6, 4, 3, 2, 1, 0)
# How far off backpropagation may be, in units of round-off of a block's largest entry.
_BACKWARD = 128.0
# The step of a second measurement, made before any entry is called wrong.
_SECOND = 20


@dataclass
class _Deltas:
    """The derivatives of each sample's loss with respect to a layer's Z, and their errors."""

    value: FloatArray
    tolerance: FloatArray
    step: FloatArray


def unit_slopes(
    network: MLP, probe: UnitProbe, gradient: FloatArray, starts: list[int], noise: FloatArray
) -> Slopes:
    """Measure the slope along every entry of theta accurately enough to judge a gradient.

    Parameters
    ----------
    network : MLP
        Its weights enter the loss only through Z_l and the L2 penalty.
    probe : UnitProbe
        The loss of this network, sample by sample.
    gradient : ndarray of float64, shape (N,)
        The gradient to be judged, which must be finite.
    starts : list of int
        The index in theta of the first entry of each block.
    noise : ndarray of float64, shape (m,)
        The noise of each sample's loss, see `unit_noise`.

    Returns
    -------
    Slopes
    """
    sizes = np.diff([*starts, gradient.size])
    layers = range(len(probe.Z))
    central = [_measure_central(probe, layer, noise) for layer in layers]
    value, tolerance = _assemble(network, probe, central, gradient)
    no = np.zeros(gradient.size, dtype=bool)
    slopes = Slopes(value, tolerance, no, no.copy(), no.copy())
    needed = _required_tolerance(slopes.value, gradient, starts, sizes)
    if (np.abs(value - gradient) <= tolerance).all() and (tolerance <= needed).all():
        return slopes

    deltas = [_measure(probe, layer, noise, FIRST) for layer in layers]
    for layer, delta in enumerate(deltas):
        _refine(probe, layer, noise, delta)
    slopes.value, slopes.tolerance = _assemble(network, probe, deltas, gradient)
    outside = np.abs(slopes.value - gradient) > slopes.tolerance
    if outside.any():
        again = [_measure(probe, layer, noise, _SECOND) for layer in layers]
        second, error = _assemble(network, probe, again, gradient)
        slopes.wrong = outside & (np.abs(second - gradient) > error)
        slopes.wrong &= np.abs(second - slopes.value) <= error + slopes.tolerance
    needed = _required_tolerance(slopes.value, gradient, starts, sizes)
    slopes.doubtful = ~slopes.wrong & (outside | ~(slopes.tolerance <= needed))
    return slopes


def _required_tolerance(
    value: FloatArray, gradient: FloatArray, starts: list[int], sizes: Index
) -> FloatArray:
    largest = np.maximum.reduceat(np.maximum(np.abs(value), np.abs(gradient)), starts)
    return np.repeat(RESOLUTION * largest, sizes)


def _scale(Z: FloatArray) -> FloatArray:
    """Return a power of two for each pre-activation, no less than its size or the typical size."""
    typical = np.sqrt(np.mean(Z * Z)) or 1.0
    _, exponents = np.frexp(np.maximum(np.abs(Z), typical))
    scale: FloatArray = np.ldexp(1.0, exponents)
    return scale


def _index_pairs(Z: FloatArray) -> tuple[Index, Index]:
    rows, columns = np.indices(Z.shape)
    return rows.ravel(), columns.ravel()


def unit_noise(probe: UnitProbe) -> FloatArray:
    """Return the noise of each sample's loss along its pre-activations.

    As `gradlab.checker.measuring.noise.measure_noise`, from fourth differences at a few units of
    the first layer, from which the path through the network is longest.
    """
    layer, Z = 0, probe.Z[0]
    rng = np.random.default_rng(0)
    columns = rng.choice(Z.shape[1], min(2, Z.shape[1]), replace=False)
    rows, picked = np.repeat(np.arange(len(Z)), columns.size), np.tile(columns, len(Z))
    at, scale = Z[rows, picked], _scale(Z)[rows, picked]
    positions = np.arange(-7.0, 8.0, 2.0)
    levels: list[FloatArray] = []
    floor = UNIT_ROUNDOFF * np.abs(probe.losses)
    for j in range(44, 14, -4):
        points = at[:, None] + 2.0**-j * scale[:, None] * positions
        with np.errstate(all="ignore"):
            fourth = np.diff(probe.changes(layer, rows, picked, points), 4) ** 2
        level = np.sqrt(fourth.reshape(len(Z), -1).mean(axis=1) / 70.0)
        if not np.isfinite(level).all():
            break
        levels.append(level)
        # No more than usual for float64: the curvature of the loss does not show yet.
        usual = bool(level.max() <= 16.0 * floor.max())
        if usual or (j < 44 and 0.0 < level.max() <= 4.0 * levels[-2].max()):
            levels[:] = [np.maximum.reduce(levels[-2:])]
            break
    measured = levels[0] if levels else floor
    typical = np.sqrt(np.mean(measured**2))
    noise: FloatArray = np.maximum(np.maximum(floor, measured), typical)
    return noise


@np.errstate(all="ignore")
def _measure_central(probe: UnitProbe, layer: int, noise: FloatArray) -> _Deltas:
    Z = probe.Z[layer]
    h = _scale(Z) * 2.0**-FIRST
    points = Z[:, :, None] + h[:, :, None] * CENTRAL
    changes = probe.changes(layer, *_index_pairs(Z), points.reshape(-1, 2)).reshape(points.shape)
    D = (changes[:, :, 0] - changes[:, :, 1]) / (points[:, :, 0] - points[:, :, 1])
    tolerance = (NOISE_FACTOR * noise[:, None] + _rounding(Z, D)) / h
    return _Deltas(D, tolerance, h)


def _rounding(Z: FloatArray, slope: FloatArray) -> FloatArray:
    """Return how much of a change is lost because the activation is rounded just as z is.

    The noise measured at other units does not show this: those may be dead.
    """
    return 4.0 * UNIT_ROUNDOFF * np.abs(Z) * np.abs(slope)


def _measure(probe: UnitProbe, layer: int, noise: FloatArray, j: int) -> _Deltas:
    Z = probe.Z[layer]
    index = np.arange(Z.size)
    h = (_scale(Z) * 2.0**-j).ravel()
    value, tolerance = _extrapolate(probe, layer, noise, index, h)
    return _Deltas(*(array.reshape(Z.shape) for array in (value, tolerance, h)))


# The check chose these points: an overflow there is not the user's fault.
@np.errstate(all="ignore")
def _extrapolate(
    probe: UnitProbe, layer: int, noise: FloatArray, index: Index, h: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return slopes and tolerances from four losses, as `Measurement` does."""
    Z = probe.Z[layer]
    at = Z.ravel()[index]
    rows, columns = np.divmod(index, Z.shape[1])
    points = at[:, None] + h[:, None] * EXTRAPOLATED
    changes = probe.changes(layer, rows, columns, points)
    moves = points - at[:, None]
    D = (changes[:, ::2] - changes[:, 1::2]) / (moves[:, ::2] - moves[:, 1::2])
    S = changes[:, ::2] + changes[:, 1::2]
    slope = D[:, 0] + (D[:, 0] - D[:, 1]) / 3.0
    tolerance = (
        np.abs(D[:, 0] - D[:, 1])
        + 3.0 / 8.0 * np.abs(S[:, 1] - 4.0 * S[:, 0]) / h
        + (NOISE_FACTOR * noise[rows] + _rounding(at, slope)) / h
    )
    unknown = ~np.isfinite(tolerance)
    slope[unknown], tolerance[unknown] = 0.0, np.inf
    return slope, tolerance


def _refine(probe: UnitProbe, layer: int, noise: FloatArray, delta: _Deltas) -> None:
    """Measure again, at other steps, whatever is not known well enough."""
    scale = _scale(probe.Z[layer]).ravel()
    value, tolerance, step = (
        array.reshape(-1) for array in (delta.value, delta.tolerance, delta.step)
    )
    needed = 0.1 * RESOLUTION * np.abs(value).max(initial=0.0)
    for j in _STEPS:
        index = np.flatnonzero(tolerance > needed)
        if not index.size:
            return
        h = scale[index] * 2.0**-j
        new, error = _extrapolate(probe, layer, noise, index, h)
        agree = np.abs(new - value[index]) <= error + tolerance[index]
        better = np.where(agree, error < tolerance[index], h < step[index])
        kept = index[better]
        value[kept], tolerance[kept], step[kept] = new[better], error[better], h[better]


def _assemble(
    network: MLP, probe: UnitProbe, deltas: list[_Deltas], gradient: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the slopes along every entry of theta and their tolerances."""
    rows = len(probe.Z[0])
    weight = 1.0 / rows if network.reduction == "mean" else 1.0
    values, tolerances = [], []
    for A, delta, (W, _) in zip(probe.inputs, deltas, network.params, strict=True):
        size = np.abs(A)
        error = weight * (delta.tolerance + 8.0 * rows * UNIT_ROUNDOFF * np.abs(delta.value))
        penalty, penalty_error = _penalty_slopes(W, network.l2)
        for value, tolerance in (
            (weight * (A.T @ delta.value) + penalty, size.T @ error + penalty_error),
            (weight * delta.value.sum(axis=0), error.sum(axis=0)),
        ):
            values.append(value.ravel())
            # Backpropagation rounds as well: it sums terms as large as the block's largest.
            rounding = _BACKWARD * UNIT_ROUNDOFF * np.abs(value).max()
            tolerances.append(tolerance.ravel() + rounding)
    value, tolerance = np.concatenate(values), np.concatenate(tolerances)
    tolerance += 8.0 * UNIT_ROUNDOFF * (np.abs(value) + np.abs(gradient))
    return value, tolerance


def _penalty_slopes(W: FloatArray, l2: float) -> tuple[FloatArray, FloatArray]:
    """Return the central differences of ``l2 / 2 W^2``, exact but for rounding, with errors."""
    _, exponent = np.frexp(max(float(np.abs(W).max()), 1e-300))
    h = float(np.ldexp(1.0, exponent))
    slopes = l2 / 2.0 * ((W + h) ** 2 - (W - h) ** 2) / (2.0 * h)
    return slopes, np.full_like(W, 8.0 * UNIT_ROUNDOFF * l2 * h)
