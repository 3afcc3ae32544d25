"""Does a network's backward pass match its loss? The network's structure makes the check fast."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.diagnosis import Setting
from gradlab.checker.gradient_check import GradientCheck
from gradlab.checker.measuring.task import Changes
from gradlab.checker.parameters import Layout, ravel
from gradlab.checker.report import GradientReport
from gradlab.network.mlp import MLP, has_own_loss
from gradlab.network.probes import EntryProbe, UnitProbe
from gradlab.network.unit_slopes import unit_noise, unit_slopes
from gradlab.support.arguments import require_function
from gradlab.support.floats import FloatArray, Index
from gradlab.support.progress import progress

METHODS = ("units", "entries", "loop")
# A progress bar moves after this many entries.
_PART = 4096


def check_network(
    network: Any, X: NDArray[Any], Y: NDArray[Any], method: str | None = None
) -> GradientReport:
    """Check the gradients of a network against its loss.

    Parameters
    ----------
    network : MLP, or any object with ``params``, ``loss(X, Y)`` and ``gradients(X, Y)``
        Its loss and gradients read ``params`` each time they are called. The network is not
        changed: a deep copy is checked.
    X, Y : ndarray
        What `loss` and `gradients` take; they are not changed either. A few dozen rows are enough.
    method : {"units", "entries", "loop"}, optional
        How the loss is differenced. "loop" evaluates the whole loss for each step of each entry
        and works for any network. The others need an `MLP` with its own loss: "entries"
        computes only what depends on the entry being moved; "units" moves the pre-activations
        of each sample, from which the slopes along W and b follow, because Z = A W + b is linear
        in them; it also measures the slope along one random direction by "loop". Default:
        "units" where it applies, otherwise "loop".

    Returns
    -------
    GradientReport
        See `check_gradient`, which explains how the verdict is reached.

    Raises
    ------
    ValueError, TypeError
        As `check_gradient`; or if `method` is not one of these, or does not apply.

    Examples
    --------
    >>> from gradlab import MLP, check_network, load_digits
    >>> X, Y = load_digits()
    >>> check_network(MLP([64, 8, 10]), X[:16], Y[:16]).passed
    True
    """
    for name in ("params", "loss", "gradients"):
        if not hasattr(network, name):
            kind = type(network).__name__
            raise TypeError(f"network is of type {kind}, without {name}; it must have .{name}")
    require_function("network.loss", network.loss)
    require_function("network.gradients", network.gradients)
    for name, data in (("X", X), ("Y", Y)):
        if not hasattr(data, "__len__"):
            raise TypeError(f"{name} is of type {type(data).__name__}; it must be an array")
    if method not in (None, *METHODS):
        raise ValueError(f"method is {method!r}; it must be one of {', '.join(METHODS)}")
    own_loss = has_own_loss(network)
    if method in ("units", "entries") and not own_loss:
        raise ValueError(
            f"method is {method!r}, which needs the loss of MLP; "
            f"for a {type(network).__name__} with another loss it must be 'loop'"
        )
    clone, X, Y = copy.deepcopy((network, X, Y))

    def loss(params: Any) -> Any:
        clone.params = params
        return clone.loss(X, Y)

    def gradient(params: Any) -> Any:
        clone.params = params
        gradients = clone.gradients(X, Y)
        # The check notices arrays changed in place; a network may also replace them.
        if clone.params is not params:
            Layout(params).require_unchanged("gradients(X, Y)", ravel(clone.params)[0])
        return gradients

    setting = Setting(rows=len(X), keep_prob=getattr(network, "keep_prob", 1.0))
    spots = _describe_data(network, X)
    case = GradientCheck(
        loss,
        gradient,
        Layout(network.params),
        setting=setting,
        data_spots=spots,
        may_keep_arrays=not own_loss,
    )
    if case.finding is not None:
        return case.report_unmeasured()
    everything = np.arange(case.theta.size)
    if method == "loop" or not own_loss:
        return case.entry_by_entry(everything)
    clone.params = network.params
    if method == "entries":
        changes = _do_in_parts(EntryProbe(clone, X, Y).changes)
        return case.entry_by_entry(everything, changes, "entries")
    return _check_by_units(case, clone, UnitProbe(clone, X, Y))


def _describe_data(network: Any, X: Any) -> list[str]:
    """Say what is single or zero in the network and its data, and so cannot show a mistake."""
    spots = []
    if len(X) == 1:
        spots.append("X is a batch of one row")
    rows = np.asarray(X)
    if rows.ndim == 2 and rows.dtype.kind in "fiu":
        for axis, what in ((1, "rows"), (0, "columns")):
            empty = ~rows.any(axis=axis)
            if empty.any():
                spots.append(f"{empty.sum()} of {empty.size} {what} of X are zero")
    single = [index for index, size in enumerate(getattr(network, "sizes", ())) if size == 1]
    return spots + [f"sizes[{index}] is 1" for index in single]


def _do_in_parts(changes: Changes) -> Changes:
    """Return the same function, which works part by part, with a progress bar after a second."""

    def all_changes(index: Index, points: FloatArray) -> FloatArray:
        starts = progress(range(0, index.size, _PART), "entry", unit_scale=_PART)
        parts = [changes(index[k : k + _PART], points[k : k + _PART]) for k in starts]
        return np.concatenate(parts) if parts else np.empty_like(points)

    return all_changes


def _check_by_units(case: GradientCheck, network: MLP, probe: UnitProbe) -> GradientReport:
    noise = unit_noise(probe)
    slopes = unit_slopes(network, probe, case.gradient, case.starts, noise)
    # The rounding errors of the samples' losses add up as independent errors do.
    sigma = float(np.sqrt(np.sum(noise**2)))
    if network.reduction == "mean":
        sigma /= noise.size
    return case.judge(slopes, sigma, "units")
