"""Statistics of each line taken for constants, which layer, batch and RMS norm depend on.

With x^ = (x - mean(x)) / s and g = the derivative by x^, the gradient by x is
``(g - mean(g) - x^ mean(g x^)) / s``, the means over the line. Without the second term, a constant
is missing in each line; without the third, a multiple of x - mean(x). A norm that does not centre
has no second term, and a multiple of x in the third.

Source: S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradlab.checker.block import Block, Finding
from gradlab.support.floats import FloatArray

# Of fewer numbers, a constant and a multiple explain too much.
_LEAST = 4
# The right gradient is orthogonal to what was scaled, but for an eps beside the variance.
_ORTHOGONAL = 1e-2


def find_standardised(block: Block) -> list[Finding]:
    """Return the finding that terms of the mean or of the scale of each line are missing.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checker.block import make_exact_block
    >>> from gradlab.checker.causes.standardised import find_standardised
    >>> x = np.array([[1.0, 4.0, -2.0, 0.5, 3.0], [2.0, -1.0, 0.0, 5.0, 7.0]])
    >>> g = np.array([[0.3, -1.0, 2.0, 0.7, 1.1], [1.0, 2.0, -0.5, 0.2, -3.0]])
    >>> s = x.std(axis=1, keepdims=True)
    >>> h = (x - x.mean(axis=1, keepdims=True)) / s
    >>> right = g - g.mean(axis=1, keepdims=True) - h * (g * h).mean(axis=1, keepdims=True)
    >>> block = make_exact_block("x", x, g / s, right / s)
    >>> print(*find_standardised(block))  # doctest: +NORMALIZE_WHITESPACE
    x: The terms of mean and standard deviation of each row are missing, or off (taken for
    constants?).
    """
    if not block.sharp.all():
        return []
    for axes in _list_axes(block.values.ndim):
        length = int(np.prod([block.values.shape[axis] for axis in axes]))
        if length < _LEAST:
            continue
        for words, corrected in _suspect(block, axes):
            if block.explained_by(corrected):
                line = _name_line(axes, block.values.ndim)
                are = "are" if words.startswith("terms") else "is"
                message = (
                    f"The {words} of each {line} {are} missing, or off (taken for constants?)."
                )
                return [block.make_finding("standardised", message, axes=list(axes))]
    return []


def _suspect(block: Block, axes: tuple[int, ...]) -> Iterator[tuple[str, FloatArray]]:
    """Yield readings, and the gradient that would be right."""
    X, G, S = block.values, block.gradient, block.slopes.value
    centred = X - X.mean(axes, keepdims=True)
    without_mean = G - G.mean(axes, keepdims=True)
    yield "term of the mean", without_mean
    if _is_orthogonal(S, centred, axes):
        yield "term of the standard deviation", G + _fit(S - G, centred, axes)
        yield (
            "terms of mean and standard deviation",
            without_mean + _fit(S - without_mean, centred, axes),
        )
    if _is_orthogonal(S, X, axes):
        yield "term of the root mean square, or of the norm,", G + _fit(S - G, X, axes)


def _list_axes(ndim: int) -> list[tuple[int, ...]]:
    """Return the axes over which norms are taken: the last ones, or all but one of the others."""
    last = [tuple(range(first, ndim)) for first in range(ndim - 1, -1, -1)]
    others = [tuple(k for k in range(ndim) if k != kept) for kept in range(ndim - 1, 0, -1)]
    return list(dict.fromkeys([*last, *(axes for axes in others if axes)]))


def _fit(what: FloatArray, onto: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """Return the multiple of `onto` that is closest, line by line."""
    with np.errstate(all="ignore"):
        factor = np.sum(what * onto, axes, keepdims=True) / np.sum(onto**2, axes, keepdims=True)
    fitted: FloatArray = np.nan_to_num(factor) * onto
    return fitted


def _is_orthogonal(S: FloatArray, X: FloatArray, axes: tuple[int, ...]) -> bool:
    terms = S * X
    return bool((np.abs(terms.sum(axes)) <= _ORTHOGONAL * np.abs(terms).sum(axes)).all())


def _name_line(axes: tuple[int, ...], ndim: int) -> str:
    if ndim == 1:
        return "vector"
    if ndim == 2 and len(axes) == 1:
        return "row" if axes == (1,) else "column"
    return f"line along {'axis' if len(axes) == 1 else 'axes'} {' and '.join(map(str, axes))}"
