"""What the upstream of a layer tells: passed on as it is, or lost where an index is repeated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradlab.checker.block import Block, Finding, Setting
from gradlab.checker.causes.fits import fit_factor
from gradlab.checker.places import describe_rest, name_lines
from gradlab.support.floats import Mask


def find_upstream_alone(block: Block, setting: Setting) -> list[Finding]:
    """Return the finding that the gradient is the upstream itself.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import Setting, make_exact_block
    >>> from gradlab.checker.causes.upstream import find_upstream_alone
    >>> u = np.array([1.5, -0.5, 1.25])
    >>> block = make_exact_block("x", u, u, u * np.array([0.5, 2.0, 1.0]))
    >>> print(*find_upstream_alone(block, Setting(upstreams=(u,))))
    x: The gradient is the upstream itself: the derivative of the layer is not multiplied in.
    """
    if not any(np.array_equal(upstream, block.gradient) for upstream in setting.upstreams):
        return []
    message = (
        "The gradient is the upstream itself: the derivative of the layer is not multiplied in."
    )
    return [block.make_finding("upstream_alone", message)]


def find_repeated_ids(block: Block, setting: Setting) -> list[Finding]:
    """Return the finding that just those rows are wrong whose number occurs more than once.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import Setting, make_exact_block
    >>> from gradlab.checker.causes.upstream import find_repeated_ids
    >>> S = np.array([[2.0, 3.0], [5.0, -1.0], [0.0, 0.0], [1.0, 1.0]])
    >>> G = np.array([[2.0, 3.0], [4.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    >>> setting = Setting(indices={"ids": np.array([1, 0, 1, 3])})
    >>> block = make_exact_block("E", S, G, S)
    >>> print(*find_repeated_ids(block, setting))  # doctest: +NORMALIZE_WHITESPACE
    E: Only row 1 is wrong, whose number occurs more than once in ids (d[ids] += adds once:
    np.add.at); the others pass.
    """
    for axis in range(block.gradient.ndim if block.gradient.ndim > 1 else 0):
        across = tuple(k for k in range(block.gradient.ndim) if k != axis)
        wrong: Mask = np.asarray(block.slopes.wrong.any(axis=across))
        for name, ids in setting.indices.items():
            numbers, counts = np.unique(ids, return_counts=True)
            repeated, once = numbers[counts > 1], numbers[counts == 1]
            if not once.size or not np.array_equal(np.flatnonzero(wrong), repeated):
                continue
            if _is_scaled(block, axis, repeated) or not _may_be_last(block, axis, ids, setting):
                continue
            place = name_lines(axis, wrong, block.gradient.ndim)
            are = "are" if repeated.size > 1 else "is"
            message = (
                f"Only {place} {are} wrong, whose number occurs more than once in {name} "
                f"(d[{name}] += adds once: np.add.at); {describe_rest(block)}."
            )
            return [block.make_finding("repeated_index", message, axis=axis)]
    return []


def _is_scaled(block: Block, axis: int, lines: NDArray[np.integer[Any]]) -> bool:
    """Return whether these are right but for a factor each, as a mean would make them."""
    for line in lines.tolist():
        G, S, allowed = (
            values.take(line, axis)
            for values in (block.gradient, block.slopes.value, block.allowed)
        )
        factor = fit_factor(S, G, np.ones(S.shape, dtype=bool))
        if (np.abs(G - factor * S) > allowed).any():
            return False
    return True


def _may_be_last(block: Block, axis: int, ids: NDArray[np.integer[Any]], setting: Setting) -> bool:
    """Return whether the gradient is what came last, where the upstream tells what came."""
    G = np.moveaxis(block.gradient, axis, 0)
    for upstream in setting.upstreams:
        if ids.ndim == 1 and upstream.ndim > axis:
            upstream = np.moveaxis(upstream, axis, 0)
        if upstream.shape == (*ids.shape, *G.shape[1:]):
            came = upstream.reshape(ids.size, *G.shape[1:])
            last = {int(number): row for number, row in zip(ids.flat, came, strict=True)}
            return all(np.array_equal(G[number], row) for number, row in last.items())
    return True
