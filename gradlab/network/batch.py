"""Reading and checking what a network is given: parameters, a batch, dropout masks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from gradlab.support.floats import FloatArray

Params = list[tuple[FloatArray, FloatArray]]


def read_batch(
    sizes: Sequence[int], params: Params, X: FloatArray, Y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return a batch as float64.

    Parameters
    ----------
    sizes : sequence of int
        The widths (n_0, n_1, ..., n_L) of the network.
    params : list of (W, b)
        Its parameters, which are checked too.
    X : ndarray of real numbers, shape (m, n_0)
    Y : ndarray of real numbers, shape (m, n_L)

    Returns
    -------
    X, Y : ndarray of float64

    Raises
    ------
    ValueError, TypeError
        If an argument is not what `MLP.loss` takes; the message names it.
    """
    require_params(sizes, params)
    X = read_matrix("X", X, sizes[0])
    Y = read_matrix("Y", Y, sizes[-1])
    if len(X) != len(Y):
        raise ValueError(f"Y has {len(Y)} rows; it must have {len(X)}, as many as X")
    if Y.min() < 0.0:
        raise ValueError(f"Y has a negative entry, {Y.min()}; it must hold probabilities")
    sums = Y.sum(axis=1)
    # As exact as float64 allows, because softmax(Z) - Y is the gradient only if they sum to 1.
    if np.abs(sums - 1.0).max() > 1e-12:
        row = int(np.abs(sums - 1.0).argmax())
        raise ValueError(f"Y must have rows that sum to 1; row {row} sums to {sums[row]}")
    return X, Y


def read_matrix(name: str, value: FloatArray, columns: int) -> FloatArray:
    """Return a finite matrix with at least one row and this many columns as float64."""
    need = f"it must be an array of real numbers of shape (m, {columns})"
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} is of type {type(value).__name__}; {need}")
    if value.dtype.kind not in "fiu":
        raise TypeError(f"{name} has entries of type {value.dtype}; {need}")
    if value.ndim != 2 or value.shape[1] != columns or not value.shape[0]:
        raise ValueError(f"{name} has shape {value.shape}; {need}, m >= 1")
    if not np.isfinite(value).all():
        where = tuple(np.argwhere(~np.isfinite(value))[0].tolist())
        raise ValueError(f"{name} has {value[where]} at {where}; every entry must be finite")
    return value.astype(np.float64, copy=False)


def require_params(sizes: Sequence[int], params: Any) -> None:
    """Raise unless `params` is a list of (W, b) of the shapes that `sizes` implies."""
    layers = len(sizes) - 1
    if not isinstance(params, (list, tuple)):
        kind = type(params).__name__
        raise TypeError(f"params is of type {kind}; it must be a list of pairs (W, b)")
    if len(params) != layers:
        raise ValueError(f"params has {len(params)} layers; sizes {tuple(sizes)} need {layers}")
    for layer, (pair, shape) in enumerate(zip(params, pairwise(sizes), strict=True)):
        if len(pair) != 2:
            raise ValueError(f"params[{layer}] has {len(pair)} parts; it must have two, W and b")
        _require_shape(f"W{layer + 1} in params", pair[0], shape)
        _require_shape(f"b{layer + 1} in params", pair[1], shape[1:])


def require_masks(sizes: Sequence[int], masks: list[FloatArray], rows: int) -> None:
    """Raise unless there is a dropout mask with this many rows for each hidden layer."""
    widths = sizes[1:-1]
    if len(masks) != len(widths):
        raise ValueError(f"masks has {len(masks)} arrays; it must have {len(widths)}")
    if masks and len(masks[0]) != rows:
        raise ValueError(
            f"X has {rows} rows; it must have {len(masks[0])}, for which dropout is frozen "
            f"(or call freeze_dropout({rows}), or unfreeze_dropout())"
        )
    for layer, (mask, width) in enumerate(zip(masks, widths, strict=True)):
        _require_shape(f"masks[{layer}]", mask, (rows, width))


def _require_shape(name: str, value: Any, shape: tuple[int, ...]) -> None:
    if np.shape(value) != shape:
        raise ValueError(f"{name} has shape {np.shape(value)}; it must have shape {shape}")
