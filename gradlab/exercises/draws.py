"""What the cases of several lessons draw alike."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw_signed(rng: np.random.Generator, low: float, high: float, size: Any = None) -> Any:
    """Draw numbers with two decimals, of either sign, no nearer to 0 than `low`.

    Parameters
    ----------
    rng : Generator
        What draws.
    low, high : float
        The least and the largest size of a number.
    size : int or tuple of int, optional
        The shape. Default: a single number.

    Returns
    -------
    float or ndarray
        A float if no shape is given.
    """
    sizes = np.round(rng.uniform(low, high, size) * rng.choice([-1.0, 1.0], size), 2)
    return float(sizes) if size is None else sizes


def make_function(code: str) -> Any:
    """Make the function f of a case from its text, which it carries as `code`.

    Parameters
    ----------
    code : str
        A lambda, with ``np`` in reach.

    Returns
    -------
    callable
        What `code` says. It calls itself f, as error messages do then too.

    Raises
    ------
    ValueError
        If this is not the text of a function.

    Examples
    --------
    >>> from gradlab.exercises.draws import make_function
    >>> f = make_function("lambda x: x**3")
    >>> f(2), f.code
    (8, 'lambda x: x**3')
    """
    # Named like this module, so that its lines are not taken for the learner's.
    try:
        f: Any = eval(compile(code, __file__, "eval"), {"np": np, "__name__": __name__})
    except SyntaxError as error:
        raise ValueError(
            f"{code!r} is not the text of a function, such as 'lambda x: x**3': {error.msg}"
        ) from None
    f.__name__ = f.__qualname__ = "f"
    f.code = code
    return f
