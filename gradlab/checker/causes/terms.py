"""One term of a sum over rows, samples or steps that is lost, counted twice or wrong."""

from __future__ import annotations

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.checker.causes.scale import cross_product, has_rank_one
from gradlab.checker.places import describe_rest, find_lines

# An outer product that is less than this many times what is allowed is not told from noise.
_CONTRAST = 1e3
# An index occurs so many times at most.
_TIMES = 3


def find_repeated_index(block: Block) -> list[Finding]:
    """Return the finding that each wrong row lacks what another row has.

    ``d[[2, 2, 6]] += g`` adds g once to row 2, ``np.add.at`` twice.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.terms import find_repeated_index
    >>> S = np.array([[1.0, -2.0], [3.0, 5.0], [4.0, 3.0]])
    >>> G = np.array([[1.0, -2.0], [3.0, 5.0], [1.0, -2.0]])
    >>> block = make_exact_block("E", S, G, S)
    >>> print(*find_repeated_index(block))  # doctest: +NORMALIZE_WHITESPACE
    E: Row 2 lacks what row 1 has (an index that occurs more than once, but is added to once?
    np.add.at); the others pass.
    """
    G, S = block.gradient, block.slopes.value
    if G.ndim != 2 or G.shape[1] < 2 or not block.sharp.all():
        return []
    rows = np.flatnonzero(block.slopes.wrong.any(axis=1))
    right = np.flatnonzero(block.passing.all(axis=1))
    if not len(rows) or len(rows) > len(right):
        return []
    corrected, pairs = G.copy(), []
    for row in rows:
        for times in range(1, _TIMES + 1):
            off = np.abs(S[row] - G[row] - times * G[right]) <= block.allowed[row]
            found = off.all(axis=1) & (np.count_nonzero(block.telling[right], axis=1) >= 2)
            if found.any():
                other = int(right[np.argmax(found)])
                corrected[row] += times * G[other]
                pairs.append((int(row), other, times))
                break
        else:
            return []
    if not block.explained_by(corrected):
        return []
    often = ("", "twice ", "three times ")
    said = ", ".join(f"row {i} lacks {often[k - 1]}what row {j} has" for i, j, k in pairs[:4])
    message = (
        f"{said[0].upper()}{said[1:]}{', ...' if len(pairs) > 4 else ''} (an index that occurs "
        f"more than once, but is added to once? np.add.at); {describe_rest(block)}."
    )
    return [block.make_finding("repeated_index", message, rows=[list(pair) for pair in pairs])]


def find_rank_one(block: Block) -> list[Finding]:
    """Return the finding that gradient and slopes differ by an outer product.

    The gradient of a weight matrix is a sum of outer products, input times delta, over the rows
    of the batch or over the steps in time. One wrong term leaves a difference of rank one.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.terms import find_rank_one
    >>> S = np.eye(3)
    >>> block = make_exact_block("W", S, S - np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 4.0]), S)
    >>> print(*find_rank_one(block))  # doctest: +NORMALIZE_WHITESPACE
    W: The gradient and the slopes differ by a single outer product (rank one: one term of a
    sum, such as a row of the batch or a step in time, lost, counted twice or wrong?).
    """
    S, missing = block.slopes.value, block.slopes.value - block.gradient
    # With two units, as behind a softmax of two classes, any difference may be of rank one.
    if S.ndim != 2 or min(S.shape) < 3 or not block.sharp.all():
        return []
    if np.abs(missing).max() < _CONTRAST * block.allowed.max():
        return []
    # One row or column is of rank one whatever it holds; so is every gradient of one sample.
    if find_lines(block.slopes.wrong) or has_rank_one(S, block.allowed):
        return []
    # Nor is a constant, of all or of each row or column, one term of many.
    if any((np.ptp(missing, axis=axis) <= block.allowed.max()).all() for axis in (0, 1)):
        return []
    if not block.explained_by(block.gradient + cross_product(missing)):
        return []
    message = (
        "The gradient and the slopes differ by a single outer product (rank one: one term of a "
        "sum, such as a row of the batch or a step in time, lost, counted twice or wrong?)."
    )
    return [block.make_finding("rank_one", message, largest=float(np.abs(missing).max()))]
