"""Does a gradient fit its loss? Every entry is compared with a slope that was measured.

``check_gradient`` and ``check_network`` answer with a report. ``numerical_gradient`` and
``relative_difference`` are the two textbook steps by themselves.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gradlab.diagnosis import Block, Finding, Setting, diagnose
from gradlab.differences import best_step
from gradlab.loss_at import LossAt, loss_noise
from gradlab.parameters import (
    FloatArray,
    block_starts,
    leaves,
    named_blocks,
    path_name,
    ravel,
    ravel_like,
)
from gradlab.report import VERDICTS, BlockReport, GradientReport, Verdict
from gradlab.slopes import UNIT_ROUNDOFF, Measurement, Slopes, step_scales, unknown_slopes

P = TypeVar("P")


def numerical_gradient(loss: Callable[[P], float], params: P, h: float | None = None) -> P:
    """Return the gradient of a loss by central differences, one entry after the other.

    Parameters
    ----------
    loss : callable
        ``loss(params)`` returns one real number.
    params : ndarray, or nested lists, tuples and dicts of ndarrays
        Where the gradient is wanted. Not changed.
    h : float, optional
        The step. Default: the best one for each entry if nothing is known about the loss,
        ``(3 u)^(1/3) max(|theta_i|, 1)`` rounded to a power of two, u = 2^-53.

    Returns
    -------
    The structure of `params`, with the derivative by each entry in its place.

    Raises
    ------
    ValueError
        If `h` is not finite and above 0, or so small that theta + h is theta - h.
    ValueError, TypeError
        If `params` or the loss is not as described.

    Notes
    -----
    It takes 2 N losses for N entries. The difference is divided by what was really moved,
    ``(theta + h) - (theta - h)`` as rounded, which need not be 2 h.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.gradient_check import numerical_gradient
    >>> numerical_gradient(lambda p: p["a"] @ p["a"], {"a": np.array([1.0, -2.0])})
    {'a': array([ 2., -4.])}
    """
    theta, unravel = _finite_theta(params)
    if h is None:
        steps = best_step(theta, "central")
    elif not 0.0 < h < np.inf:
        raise ValueError(f"h is {h!r}; it needs to be finite and above 0")
    else:
        steps = np.full_like(theta, h)
    ahead, behind = theta + steps, theta - steps
    if (ahead == behind).any():
        value = theta[int(np.argmax(ahead == behind))]
        raise ValueError(f"h is {h}, too small to move the entry {value}; it needs to be larger")
    at = LossAt(loss, params)
    slopes = np.empty_like(theta)
    for i, (high, low) in enumerate(zip(ahead.tolist(), behind.tolist(), strict=True)):
        at.theta[i] = high
        above = at()
        at.theta[i] = low
        slopes[i] = (above - at()) / (high - low)
        at.theta[i] = theta[i]
    return unravel(slopes)


def relative_difference(a: Any, b: Any) -> float:
    """Return ``||a - b|| / (||a|| + ||b||)``: 0 for equal, 1 for opposite vectors.

    Parameters
    ----------
    a, b : array_like of real numbers, or nested lists, tuples and dicts of ndarrays
        Two gradients of the same structure and shapes.

    Returns
    -------
    float
        Between 0 and 1; 0.0 if both are zero, nan if any entry is nan or infinite.

    Raises
    ------
    ValueError
        If shapes or structures differ.
    TypeError
        If the entries are not real numbers.

    Notes
    -----
    Both are divided by a power of two near the largest entry first, so that no square overflows or
    underflows: the result is the same for gradients near 1e-200 and near 1e200.

    Examples
    --------
    >>> from gradlab.gradient_check import relative_difference
    >>> relative_difference([3.0, 4.0], [3.0, -4.0])
    0.8
    """
    left, right = _vectors(a, b)
    largest = max(np.abs(left).max(initial=0.0), np.abs(right).max(initial=0.0))
    if not np.isfinite(largest):
        return float("nan")
    _, exponent = np.frexp(largest)
    left, right = np.ldexp(left, -exponent), np.ldexp(right, -exponent)
    total = np.linalg.norm(left) + np.linalg.norm(right)
    return float(np.linalg.norm(left - right) / total) if total else 0.0


def check_gradient(
    loss: Callable[[P], float], gradient: Callable[[P], P], params: P
) -> GradientReport:
    """Check a hand-written gradient against its loss, entry by entry.

    Parameters
    ----------
    loss : callable
        ``loss(params)`` returns one real number. It must not change its params, and return the
        same number for the same params: switch dropout off, or freeze its mask.
    gradient : callable
        ``gradient(params)`` returns the derivative of the loss by every entry, float64, in the
        structure of `params`.
    params : ndarray, or nested lists, tuples and dicts of ndarrays
        Where to check. Not changed: the functions get float64 copies.

    Returns
    -------
    GradientReport
        Its ``verdict`` is "pass", "fail" or "inconclusive"; its ``findings`` say what is wrong.

    Raises
    ------
    ValueError, TypeError
        If params, the loss or the gradient are not as described; the message names the block.

    Notes
    -----
    No threshold is set beforehand. Each slope is measured with its own tolerance, made of its
    truncation error, the noise of the loss and rounding. A block fails if an entry differs by more
    than that at two steps that agree. It is inconclusive if a tolerance is larger than 5e-4 of the
    block's largest entry, and passes otherwise. It takes four losses per entry, and more for the
    entries that are in doubt.

    The check shows that the gradient fits the loss as it is coded, not that the loss is right.

    References
    ----------
    J. J. Moré and S. M. Wild, "Estimating derivatives of noisy simulations", ACM Transactions on
    Mathematical Software 38 (2012), article 19.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.gradient_check import check_gradient
    >>> def loss(w):
    ...     return np.sum(np.tanh(w) ** 2)
    >>> def gradient(w):  # tanh' is 1 - tanh^2, and the 2 is missing
    ...     return np.tanh(w) * (1 - np.tanh(w) ** 2)
    >>> report = check_gradient(loss, gradient, np.array([0.5, -1.0, 2.0]))
    >>> report.verdict
    'fail'
    >>> print(report.findings[0])
    params: The gradient is 0.5 times what it should be (a 2 missing?).
    """
    return _check(loss, gradient, params, rows=None)


def check_network(network: Any, X: NDArray[Any], Y: NDArray[Any]) -> GradientReport:
    """Check the gradients of a network against its loss.

    Parameters
    ----------
    network : MLP, or any object with ``params``, ``loss(X, Y)`` and ``gradients(X, Y)``
        Its loss and gradients read ``params`` each time they are called. The network is not
        changed: a deep copy is checked.
    X, Y : ndarray
        What `loss` and `gradients` take; not changed either. A few dozen rows are enough.

    Returns
    -------
    GradientReport
        See `check_gradient`, which says how it is found.

    Raises
    ------
    ValueError, TypeError
        As `check_gradient`.

    Examples
    --------
    >>> from gradlab.digits import load_digits
    >>> from gradlab.gradient_check import check_network
    >>> from gradlab.network import MLP
    >>> X, Y = load_digits()
    >>> check_network(MLP([64, 8, 10]), X[:16], Y[:16]).passed
    True
    """
    clone, X, Y = copy.deepcopy((network, X, Y))

    def loss(params: Any) -> Any:
        clone.params = params
        return clone.loss(X, Y)

    def gradient(params: Any) -> Any:
        before, _ = ravel(params)
        clone.params = params
        gradients = clone.gradients(X, Y)
        # A network may replace its params, which _check would not see.
        _require_unchanged("gradients(X, Y)", params, before, ravel(clone.params)[0])
        return gradients

    return _check(loss, gradient, network.params, rows=len(X))


def _check(
    loss: Callable[[Any], Any],
    gradient: Callable[[Any], Any],
    params: Any,
    rows: int | None,
) -> GradientReport:
    theta, unravel = _finite_theta(params)
    at = LossAt(loss, params)
    replays = [at() for _ in range(4)]
    _require_unchanged("loss", params, theta, at.theta)
    copies = unravel(theta)
    analytic = ravel_like(gradient(copies), params)
    _require_unchanged("gradient", params, theta, ravel(copies)[0])

    starts = block_starts(params)
    finite = np.isfinite(analytic)
    finding = _unusable(replays)
    if finding is None:
        scales = step_scales(theta, starts)
        sigma = loss_noise(at, scales)
        slopes = Measurement(
            at.changes,
            theta,
            np.where(finite, analytic, 0.0),
            starts,
            sigma,
            lambda: at.size_nearby(scales),
        ).slopes()
        slopes.wrong |= ~finite
        # Some randomness only shows after many calls.
        finding = _unusable([*replays, at()])
    if finding is not None:
        slopes = unknown_slopes(theta.size)

    parts = []
    for (name, block), start in zip(named_blocks(params), starts, strict=True):
        given = analytic[start : start + block.size].reshape(block.shape)
        values = theta[start : start + block.size].reshape(block.shape)
        parts.append(Block(name, values, given, slopes.block(start, block.shape)))
    findings = [finding] if finding else []
    findings += [_not_finite(p.name, p.gradient) for p in parts if not np.isfinite(p.gradient).all()]
    if not findings:
        findings += diagnose(parts, Setting(rows))
    blocks = [_block_report(part.name, part.gradient, part.slopes) for part in parts]
    verdicts = [block.verdict for block in blocks]
    return GradientReport(
        verdict=max(verdicts, key=VERDICTS.index),
        difference=relative_difference(analytic, slopes.value),
        parameters=tuple(blocks),
        findings=tuple(findings),
        evaluations=at.evaluations,
    )


def _block_report(name: str, given: FloatArray, slopes: Slopes) -> BlockReport:
    verdict: Verdict = "pass"
    candidates = np.ones_like(slopes.wrong)
    if slopes.wrong.any():
        verdict, candidates = "fail", slopes.wrong
    elif slopes.doubtful.any():
        verdict, candidates = "inconclusive", slopes.doubtful
    distance = np.nan_to_num(np.abs(given - slopes.value), nan=np.inf)
    index = np.unravel_index(np.argmax(np.where(candidates, distance, -1.0)), given.shape)
    return BlockReport(
        name=name,
        shape=given.shape,
        verdict=verdict,
        difference=relative_difference(given, slopes.value),
        worst=tuple(int(k) for k in index),
        analytic=float(given[index]),
        numeric=float(slopes.value[index]),
        tolerance=float(slopes.tolerance[index]),
    )


def _unusable(losses: list[float]) -> Finding | None:
    """Return a finding if the loss cannot be differenced; `losses` are values at one theta."""
    if not np.isfinite(losses).all():
        return Finding("non_finite", None, "It is NaN or infinite at these parameters.")
    spread = max(losses) - min(losses)
    # A sum that is taken in another order, as threads may do, is noise and measured as such.
    if spread <= 1024 * UNIT_ROUNDOFF * max(map(abs, losses)):
        return None
    message = (
        "It differs from call to call at the same parameters "
        "(dropout or other randomness left on? Switch it off, or freeze it)."
    )
    return Finding("nondeterministic", None, message, evidence={"spread": spread})


def _not_finite(name: str, given: FloatArray) -> Finding:
    bad = np.argwhere(~np.isfinite(given)).tolist()
    message = (
        f"The gradient is NaN or infinite in {len(bad)} of its {given.size} entries, "
        f"first in {bad[0]}."
    )
    return Finding("non_finite", name, message, evidence={"entries": float(len(bad))})


def _finite_theta(params: P) -> tuple[FloatArray, Callable[[FloatArray], P]]:
    for name, block in named_blocks(params):
        if not np.isfinite(block).all():
            index = np.argwhere(~np.isfinite(block))[0].tolist()
            raise ValueError(f"{name} is {block[tuple(index)]} in {index}; it needs to be finite")
    return ravel(params)


def _require_unchanged(function: str, params: Any, before: FloatArray, after: FloatArray) -> None:
    if np.array_equal(before, after):
        return
    names = [name for name, block in named_blocks(params) for _ in range(block.size)]
    changed = "its params"
    if before.shape == after.shape:
        changed = names[int(np.argmax(before != after))]
    raise ValueError(f"{function} changed {changed}; it needs to leave its params as they are")


def _numbers(value: Any) -> list[tuple[Any, NDArray[Any]]]:
    """Return the arrays in `value`, each with the way to it."""
    # Blocks of unequal shapes make no array; they are taken one by one.
    with suppress(ValueError):
        array = np.asarray(value)
        if array.dtype.kind in "fiu":
            return [((), array)]
    blocks = [(path, np.asarray(leaf)) for path, leaf in leaves(value)]
    for path, block in blocks:
        if block.dtype.kind not in "fiu":
            raise TypeError(
                f"{path_name(path)} has entries of type {block.dtype}; it needs real numbers"
            )
    return blocks


def _vectors(a: Any, b: Any) -> tuple[FloatArray, FloatArray]:
    left, right = _numbers(a), _numbers(b)
    shapes = [[(path, block.shape) for path, block in side] for side in (left, right)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"a has the shapes {_shapes(left)}, b {_shapes(right)}; they need to be the same"
        )
    return _joined(left), _joined(right)


def _shapes(blocks: list[tuple[Any, NDArray[Any]]]) -> str:
    return ", ".join(str(block.shape) for _, block in blocks)


def _joined(blocks: list[tuple[Any, NDArray[Any]]]) -> FloatArray:
    return np.concatenate([block.ravel() for _, block in blocks]).astype(np.float64)
