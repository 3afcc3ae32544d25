"""What an answer handed back, without what its types add to Python's and NumPy's own.

A subclass can say of itself that it equals anything, or begin to compute when it is looked at.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

# What nests more deeply is no answer, and a list may hold itself.
_DEEPEST = 40


def make_plain(value: Any) -> Any:
    """Return numbers, text, arrays and lists as what Python and NumPy have for them.

    Parameters
    ----------
    value : object
        Anything; no method that its class defines is called.

    Returns
    -------
    object
        The same numbers, of no subclass; an array shares its memory with that in `value`. What
        is something else is handed back as it is, and so is an array of which a part is masked.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.exercises.marking.plain import make_plain
    >>> make_plain([np.array([1, 2]).view(np.recarray), 3.0])
    [array([1, 2]), 3.0]
    """
    return _make_plain(value, 0)


def _make_plain(value: Any, depth: int) -> Any:
    # The types' own methods, called through the type: a subclass may lie about itself.
    if isinstance(value, np.ndarray):
        return value if is_masked(value) else np.ndarray.view(value, np.ndarray)
    if isinstance(value, np.generic):
        return np.asarray(value)[()]
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, complex):
        return complex.__complex__(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, list) and depth < _DEEPEST:
        return [_make_plain(part, depth + 1) for part in list.__iter__(value)]
    if isinstance(value, tuple) and depth < _DEEPEST:
        return tuple(_make_plain(part, depth + 1) for part in tuple.__iter__(value))
    return value


def is_masked(value: Any) -> bool:
    """Return whether a value is an array of which a part is masked: there, it holds no number.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    bool
        False for a masked array in which nothing is masked.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.exercises.marking.plain import is_masked
    >>> is_masked(np.ma.masked_less([1.0, 2.0], 2)), is_masked(np.ma.array([1.0, 2.0]))
    (True, False)
    """
    # NumPy loads this when it is first used: unless it was, there is no such array.
    if "numpy.ma" not in sys.modules or not isinstance(value, np.ma.MaskedArray):
        return False
    return bool(np.any(np.ma.getmaskarray(value)))
