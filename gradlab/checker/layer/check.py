"""``check_layer``: does the backward pass of a layer fit its forward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradlab.checker.layer.arguments import Arguments, takes_upstream_alone
from gradlab.checker.layer.precision import check_written
from gradlab.checker.report import GradientReport
from gradlab.support.arguments import require_function


def check_layer(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Any,
    *,
    cache: bool = False,
    upstream: Any = None,
    rtol: float = 0.0,
    points: int = 1,
    seed: int = 0,
) -> GradientReport:
    """Check the backward pass of a layer against its forward pass, entry by entry.

    Parameters
    ----------
    forward : callable
        ``forward(*inputs)`` returns an array of floats, or a tuple, list or dict of them. It must
        return the same for the same inputs, and leave them as they are.
    backward : callable
        ``backward(upstream, *inputs)`` returns the gradient of ``sum(upstream * output)`` by each
        input, in order; `upstream` has the form of what forward returns. The inputs that are held
        may be left out, or have None in their place; a dict by the inputs' names will do, too. The
        method of an object that keeps what it needs may take the upstream alone.
    inputs : tuple
        What forward takes. Arrays of floats are checked, and so are those in lists, tuples and
        dicts, if backward returns a gradient for these. Everything else is held: ids, labels,
        numbers, settings, and whatever backward returns None for. Each call gets a copy of it.
    cache : bool
        Whether forward returns ``(output, cache)`` and backward takes ``(upstream, cache)``.
    upstream : array, or tuple, list or dict of them, optional
        In the form of the output. Default: random.
    rtol : float
        How far a gradient may be off and still pass, as a part of its block's largest entry.
    points : int
        Check here and at `points` - 1 random points, about an input's size away.
    seed : int
        Seed of the upstream and of the points.

    Returns
    -------
    GradientReport
        Its blocks have the names of forward's parameters; see `check_gradient`.

    Raises
    ------
    ValueError, TypeError
        If the inputs, or what forward or backward returns, are not as described; the message
        names the input or output.

    Notes
    -----
    With the upstream u, the layer becomes a function of one number, ``sum(u * output)``, whose
    gradient is what backward returns: u times the Jacobian. One random u is enough, because
    backward is linear in u: one that is wrong for any u is wrong for almost every one. (That it is
    linear is checked as well: c u must give c times as much, for c = -2, 2^10 and 2^-10.) Where an
    output is very large beside the others, u is smaller there; where it is infinite, u is 0. The
    differences of the outputs are taken before they are added up, so no digits are lost. Before
    each call of backward, forward is called with the same inputs.

    Inputs are passed as float64, if forward takes that and computes with it. Otherwise they are
    passed in their own type, or in that of the outputs; steps are made of its numbers, and the
    report says so.

    References
    ----------
    A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM 2008, chapter 3
    (vector-Jacobian products).

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab import check_layer
    >>> def forward(x, W, b):
    ...     return np.tanh(x @ W + b)
    >>> def backward(upstream, x, W, b):
    ...     delta = upstream * (1 - forward(x, W, b) ** 2)
    ...     return delta @ W.T, x.T @ delta, delta.mean(axis=0)  # a mean: wrong
    >>> rng = np.random.default_rng(0)
    >>> inputs = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    >>> report = check_layer(forward, backward, inputs)
    >>> report.verdict
    'fail'
    >>> print(report.findings[0])  # doctest: +NORMALIZE_WHITESPACE
    b: The gradient is 0.2 times what it should be (1/5, 5 the length of axis 0 of x: a mean
    where forward has a sum?).
    """
    require_function("forward", forward)
    require_function("backward", backward)
    if not isinstance(cache, bool):
        raise TypeError(f"cache is {cache!r}; it must be True or False")
    arguments = Arguments(forward, inputs)
    alone = takes_upstream_alone(backward, ["cache"] if cache else arguments.inputs)
    written = _AsWritten(forward, backward, arguments, has_cache=cache, has_state=alone)
    return check_written(written, upstream=upstream, rtol=rtol, points=points, seed=seed)


class _AsWritten:
    """Forward and backward of NumPy arrays."""

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        arguments: Arguments,
        *,
        has_cache: bool,
        has_state: bool,
    ) -> None:
        self.arguments = arguments
        self._forward = forward
        self._backward = backward
        self._has_cache = has_cache
        self._has_state = has_state

    def run(self, moved: Mapping[str, Any], bits: int) -> tuple[Any, None]:
        """Return what forward returns, without the cache."""
        return self._run(self.arguments.fill(moved, bits))[0], None

    def pull_back(self, moved: Mapping[str, Any], upstream: Any, bits: int) -> dict[str, Any]:
        """Return what backward returns, by the names of the inputs."""
        # Also where there is no cache: a layer may keep on itself what backward needs.
        kept = self._run(self.arguments.fill(moved, bits))[1]
        if self._has_cache:
            returned = self._backward(upstream, kept)
        elif self._has_state:
            returned = self._backward(upstream)
        else:
            returned = self._backward(upstream, *self.arguments.fill(moved, bits))
        return self.arguments.match(returned)

    def order_upstream(self, upstream: Any) -> Any:
        """Return the user's upstream as it is."""
        return upstream

    def notes(self) -> list[str]:
        """Say what has no part in the check besides what is held."""
        if not self._has_state:
            return []
        return [
            "Of what backward keeps on itself, such as the gradient of weights, nothing is known."
        ]

    def _run(self, filled: list[Any]) -> tuple[Any, Any]:
        returned = self._forward(*filled)
        if not self._has_cache:
            return returned, None
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            kind = type(returned).__name__
            raise TypeError(
                f"with cache=True, forward returned a {kind}; it must return a pair of the output "
                "and what backward needs"
            )
        return returned[0], returned[1]
