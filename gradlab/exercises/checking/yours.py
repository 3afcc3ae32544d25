"""``yours``: a lesson goes on with the learner's own function, if that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.checking.check import check
from gradlab.exercises.checking.origin import find_origin, get_namespace


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
    yours("double"): gradlab's solution, because yours has not been attempted yet
    >>> twice(4)
    8
    """
    if not isinstance(name, str) or name not in EXERCISES:
        listed = ", ".join(map(repr, EXERCISES))
        raise ValueError(
            f"name is {name!r}; it must be the name of an exercise with a function: {listed}"
        )
    # Before the check calls it, since it may do anything, even bind its own name again.
    function: Callable[..., Any] | None = get_namespace().get(name)
    origin = find_origin(name)
    result = check(name)
    if result.passed and function is not None:
        print(f'yours("{name}"): your function' + (f" of {origin.cell}" if origin.cell else ""))
        return function
    if function is EXERCISES[name].reference:
        why = "was replaced by it: run its cell again"
    elif not result.attempted:
        why = "has not been attempted yet"
    elif origin.stale:
        why = "is not what is in its cell now"
    else:
        why = "does not pass its check yet"
    print(f'yours("{name}"): gradlab\'s solution, because yours {why}')
    return EXERCISES[name].reference
