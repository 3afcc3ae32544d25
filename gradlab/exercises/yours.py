"""``yours``: a lesson goes on with the learner's own function, if that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.checking import check
from gradlab.exercises.origin import find_origin, get_namespace


def yours(name: str) -> Callable[..., Any]:
    """Return your own function for an exercise if it passes its check, else gradlab's.

    It prints which of the two it is. Give it another name than the exercise's: by that name
    `check` finds what you wrote.

    Parameters
    ----------
    name : str
        The exercise, which is the name of the function that you wrote.

    Returns
    -------
    callable
        Your function as it is, or the published solution.

    Raises
    ------
    ValueError
        If there is no exercise of that name in which a function is written.

    Examples
    --------
    >>> from gradlab import yours
    >>> twice = yours("double")
    yours("double"): gradlab's; yours is not attempted yet
    >>> twice(4)
    8
    """
    if not isinstance(name, str) or name not in EXERCISES:
        listed = ", ".join(map(repr, EXERCISES))
        raise ValueError(
            f"name is {name!r}; it must be the name of an exercise with a function: {listed}"
        )
    # Which cell it is from is asked before it is called, since it may do anything.
    function: Callable[..., Any] | None = get_namespace().get(name)
    origin = find_origin(name)
    result = check(name)
    if result.passed and function is not None:
        print(f'yours("{name}"): your function' + (f" of {origin.cell}" if origin.cell else ""))
        return function
    if function is EXERCISES[name].reference:
        why = "was replaced by it: run its cell again"
    elif not result.attempted:
        why = "is not attempted yet"
    elif origin.stale:
        why = "is not what stands in its cell"
    else:
        why = "does not pass its check yet"
    print(f'yours("{name}"): gradlab\'s; yours {why}')
    return EXERCISES[name].reference
