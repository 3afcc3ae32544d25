"""Square matrices of which one triangle is right: symmetric matrices, read or kept by half.

``eigvalsh`` and ``cholesky`` read one triangle; a formula for symmetric matrices fills both.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.checker.causes.order import is_square
from gradlab.support.floats import FloatArray


def find_triangle(block: Block) -> list[Finding]:
    """Return the finding how the right gradient follows from one triangle, or from both.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.triangle import find_triangle
    >>> G = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 5.0, 6.0]])
    >>> block = make_exact_block("A", G, G, np.tril(G) + np.tril(G, -1))
    >>> print(*find_triangle(block))  # doctest: +NORMALIZE_WHITESPACE
    A: The loss reads one triangle only (as eigvalsh and cholesky do): zero above the diagonal
    and doubled below it, the gradient is right.
    """
    G = block.gradient
    if not is_square(G) or len(G) < 3:
        return []
    rows, columns = np.indices(G.shape)
    if np.count_nonzero(block.telling & (rows != columns)) < 2:
        return []
    for words, corrected in _suspect(G):
        if block.explained_by(corrected):
            return [block.make_finding("triangle", words)]
    return []


def _suspect(G: FloatArray) -> Iterator[tuple[str, FloatArray]]:
    """Yield readings, and the gradients that would be right."""
    for kept, other, half, strict in (
        ("below", "above", np.tril(G), np.tril(G, -1)),
        ("above", "below", np.triu(G), np.triu(G, 1)),
    ):
        reads = f"The loss reads one triangle only (as eigvalsh and cholesky do): zero {other}"
        yield f"{reads} the diagonal, the gradient is right.", half
        doubled = f"{reads} the diagonal and doubled {kept} it, the gradient is right."
        yield doubled, half + strict
        mirrored = f"One triangle is wrong: what is {kept} the diagonal, mirrored, is right."
        yield mirrored, half + strict.T
        shared = f"Half of what is {kept} the diagonal belongs {other} it."
        yield shared, half - strict / 2.0 + strict.T / 2.0
    yield "The two triangles differ: their mean is right.", (G + G.T) / 2.0
    both = G + G.T - np.diag(np.diag(G))
    yield "The two triangles belong together: their sum, in both, is right.", both
