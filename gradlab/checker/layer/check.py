"""``check_layer``: does the backward pass of a layer fit its forward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradlab.checker.layer.arguments import Arguments, given_bits
from gradlab.checker.layer.outputs import Outputs
from gradlab.checker.layer.pullback import Layer, check_pullback
from gradlab.checker.parameters import leaves
from gradlab.checker.reading import is_float_array
from gradlab.checker.report import GradientReport
from gradlab.checker.significand import FLOAT64
from gradlab.support.arguments import require_count, require_function, require_part


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
        may be left out, or have None in their place; a dict by the inputs' names will do, too.
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
    linear is checked as well: -2 u must give -2 times as much.) The differences of the outputs are
    taken before they are added up, so an output that does not change adds no rounding error.

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
    require_count("points", points)
    require_count("seed", seed, least=0)
    require_part("rtol", rtol)
    arguments = Arguments(forward, inputs)
    layer = _choose_precision(_NumpyLayer(forward, backward, arguments, cache), upstream, seed)
    return check_pullback(layer, rtol=rtol, points=points, seed=seed)


def _choose_precision(layer: _NumpyLayer, upstream: Any, seed: int) -> Layer:
    """Return the layer in float64 if it can, else in the type that it needs or has inside."""
    own = layer.widest_input()
    try:
        wide = layer.prepare(FLOAT64, upstream, seed)
    except Exception:
        if own == FLOAT64:
            raise
        return layer.prepare(own, upstream, seed)
    inside = max(wide.outputs.bits)
    if inside == FLOAT64:
        return wide
    try:
        return layer.prepare(inside, upstream, seed)
    except Exception:
        return wide


class _NumpyLayer:
    """Forward and backward as they were written."""

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        arguments: Arguments,
        has_cache: bool,
    ) -> None:
        self._forward = forward
        self._backward = backward
        self._arguments = arguments
        self._has_cache = has_cache

    def widest_input(self) -> int:
        """Return the bits of the widest array of floats among the inputs."""
        return max(
            given_bits(leaf)
            for value in self._arguments.values
            for _, leaf in leaves(value)
            if is_float_array(leaf)
        )

    def prepare(self, bits: int, upstream: Any, seed: int) -> Layer:
        """Call forward and backward once, and return the layer as it is to be checked."""
        arguments = self._arguments
        outputs = Outputs(self._run(arguments.fill({}, bits))[0])
        upstreams = (
            outputs.draw_upstream(seed) if upstream is None else outputs.read_upstream(upstream)
        )

        def forward(moved: Mapping[str, Any]) -> list[Any]:
            return outputs.read(self._run(arguments.fill(moved, bits))[0])

        def backward(moved: Mapping[str, Any], upstreams: list[Any]) -> dict[str, Any]:
            filled = arguments.fill(moved, bits)
            given = outputs.arrange(upstreams)
            if self._has_cache:
                returned = self._backward(given, self._run(filled)[1])
            else:
                returned = self._backward(given, *filled)
            return arguments.match(returned)

        checked = list(backward({}, upstreams))
        return Layer(
            forward=forward,
            backward=backward,
            params={name: arguments[name] for name in arguments.names if name in checked},
            outputs=outputs,
            upstreams=upstreams,
            bits=bits,
            held={name: arguments[name] for name in arguments.names if name not in checked},
        )

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
