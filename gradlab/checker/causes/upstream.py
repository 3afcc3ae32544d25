"""What the upstream of a layer tells: passed on as it is, or lost where an index is repeated."""

from __future__ import annotations

import numpy as np

from gradlab.checker.block import Block, Finding, Setting
from gradlab.checker.places import describe_rest, join_numbers


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
    if block.gradient.ndim < 2:
        return []
    across = tuple(range(1, block.gradient.ndim))
    wrong = np.flatnonzero(block.slopes.wrong.any(axis=across))
    for name, ids in setting.indices.items():
        numbers, counts = np.unique(ids, return_counts=True)
        repeated = numbers[counts > 1]
        is_row = (repeated >= 0) & (repeated < len(block.gradient))
        once = numbers[counts == 1]
        if not wrong.size or not once.size or not is_row.all():
            continue
        if np.array_equal(wrong, repeated):
            rows = wrong.tolist()
            many = len(rows) > 1
            message = (
                f"Only {'rows' if many else 'row'} {join_numbers(rows)} {'are' if many else 'is'} "
                f"wrong, whose number occurs more than once in {name} (d[{name}] += adds once: "
                f"np.add.at); {describe_rest(block)}."
            )
            return [block.make_finding("repeated_index", message, rows=rows)]
    return []
