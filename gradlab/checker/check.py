"""Does a gradient fit its loss? Every entry is compared with a slope that was measured.

``check_gradient`` answers with a report; ``numerical_gradient`` is the textbook's difference by
itself.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, Literal, TypeVar

import numpy as np

from gradlab.checker.gradient_check import GradientCheck
from gradlab.checker.loss import LossOfTheta
from gradlab.checker.parameters import Layout
from gradlab.checker.points import check_at_points
from gradlab.checker.report import GradientReport
from gradlab.checker.sampling import sample_entries
from gradlab.differences.steps import best_step
from gradlab.support.arguments import require_count, require_function, require_part

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
    >>> from gradlab import numerical_gradient
    >>> numerical_gradient(lambda p: p["a"] @ p["a"], {"a": np.array([1.0, -2.0])})
    {'a': array([ 2., -4.])}
    """
    require_function("loss", loss)
    layout = Layout(params)
    layout.require_finite()
    theta = layout.theta
    if h is None:
        steps = best_step(theta, "central")
    elif not _is_step(h):
        raise ValueError(f"h is {h!r}; it must be finite and above 0")
    else:
        steps = np.full_like(theta, h)
    ahead, behind = theta + steps, theta - steps
    if (ahead == behind).any():
        value = theta[int(np.argmax(ahead == behind))]
        raise ValueError(f"h is {h}, too small to move the entry {value}; it must be larger")
    at = LossOfTheta(loss, layout)
    slopes = np.empty_like(theta)
    for i, (high, low) in enumerate(zip(ahead.tolist(), behind.tolist(), strict=True)):
        at.theta[i] = high
        above = at()
        at.theta[i] = low
        slopes[i] = (above - at()) / (high - low)
        at.theta[i] = theta[i]
    gradient: P = layout.unravel(slopes)
    return gradient


def check_gradient(
    loss: Callable[[P], Any],
    gradient: Callable[[P], P] | Literal[True],
    params: P,
    *,
    rtol: float = 0.0,
    points: int = 1,
    sample: int | None = None,
    directions: int | None = None,
    seed: int = 0,
) -> GradientReport:
    """Check a hand-written gradient against its loss, entry by entry.

    Parameters
    ----------
    loss : callable
        ``loss(params)`` returns one real number, or an array of one. It must not change its
        params, and must return the same number for the same params: switch dropout off, or freeze
        its mask.
    gradient : callable, or True
        ``gradient(params)`` returns the derivative of the loss by every entry, in the structure of
        `params`: float64, or float32 or float16, whose rounding then counts as none. It is called
        twice, so that one that differs from call to call is noticed. True, if ``loss(params)``
        returns a pair, the loss and its gradient.
    params : ndarray, or nested lists, tuples and dicts of ndarrays
        Where to check. Not changed: the functions get float64 copies. None and arrays without
        entries may be among them, and are passed on as they are.
    rtol : float
        How far the gradient may be off and still pass, as a part of its block's largest entry: for
        an eps in the loss, or a solver that stops at a tolerance. Default: 0.
    points : int
        Check here and at `points` - 1 random points, about a parameter's size away, because what
        is multiplied by 0 here may be wrong elsewhere. The report is the worst of them all.
    sample : int, optional
        Check about this many entries only, at least one of each block, drawn without replacement.
        The report says how likely that is to miss a mistake. Default: every entry.
    directions : int, optional
        Check the slopes along this many random directions (standard normal) within each block
        instead of entries.
    seed : int
        Seed of the points, and of the sample or the directions.

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
    than that (and `rtol`) at two steps that agree, and still does at the smallest step that can
    tell. It is inconclusive if a tolerance is larger than 5e-4 of the block's largest entry, and
    passes otherwise. Slopes that are zero to within 1e-10 of the whole gradient's, or of those
    nearby, each times the size of its parameter, pass as zero, and the report says so. It takes
    two losses for an entry that agrees with its central difference to within rounding, and more
    for entries in doubt. At points that the check chose, warnings are silenced, and an error of
    the loss means that it has no value there.

    The check shows that the gradient fits the loss as it is coded, not that the loss is right.

    References
    ----------
    J. J. Moré and S. M. Wild, "Estimating derivatives of noisy simulations", ACM Transactions on
    Mathematical Software 38 (2012), article 19.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab import check_gradient
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
    if sample is not None and directions is not None:
        raise ValueError("sample and directions are both given; at most one of them must be")
    require_count("points", points)
    for name, count in (("sample", sample), ("directions", directions)):
        if count is not None:
            require_count(name, count)
    require_count("seed", seed, least=0)
    require_part("rtol", rtol)
    require_function("loss", loss)
    if gradient is True:
        loss, gradient = _split(loss)
    elif isinstance(gradient, bool):
        raise TypeError("gradient is False; it must be a function, or True")
    require_function("gradient", gradient)

    def check(layout: Layout) -> GradientReport:
        case = GradientCheck(loss, gradient, layout, rtol=rtol)
        if case.finding is not None:
            return case.report_unmeasured()
        if directions is not None:
            return case.along(directions, seed)
        chosen = np.arange(case.theta.size)
        if sample is not None:
            chosen = sample_entries(case.sizes, sample, seed)
        return case.entry_by_entry(chosen)

    return check_at_points(check, loss, Layout(params), points, seed)


def _split(
    function: Callable[[Any], Any],
) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return loss and gradient of a function that returns both."""

    def both(params: Any) -> tuple[Any, Any]:
        returned = function(params)
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            what = f"{type(returned).__name__}"
            if isinstance(returned, (tuple, list)):
                what += f" of {len(returned)}"
            raise TypeError(
                f"with gradient=True, the loss returned a {what}; it must be a pair of the loss, "
                "one number, and its gradient, in the structure of params"
            )
        return returned[0], returned[1]

    return lambda params: both(params)[0], lambda params: both(params)[1]


def _is_step(h: Any) -> bool:
    return isinstance(h, Real) and 0.0 < float(h) < np.inf
