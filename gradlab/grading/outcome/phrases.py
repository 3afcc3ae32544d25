"""Counts and lists as parts of sentences."""

from __future__ import annotations

from collections.abc import Sequence


def count_things(number: int, noun: str) -> str:
    """Return a number of things in words.

    Parameters
    ----------
    number : int
        How many there are.
    noun : str
        What one of them is called; its plural must end in s.

    Returns
    -------
    str
        The number and the noun.

    Examples
    --------
    >>> from gradlab.grading.outcome.phrases import count_things
    >>> count_things(1, "learner"), count_things(3, "learner")
    ('1 learner', '3 learners')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def join_few(names: Sequence[str], most: int = 5) -> str:
    """Return names in a row; of many the first, and how many more there are.

    Parameters
    ----------
    names : sequence of str
        The names.
    most : int, optional
        How many to show. One more is shown too: to say that it is there takes as long.

    Returns
    -------
    str
        The names, separated by commas.

    Examples
    --------
    >>> from gradlab.grading.outcome.phrases import join_few
    >>> join_few(["ada", "ben", "cleo", "dora"], 2), join_few(["ada", "ben", "cleo"], 2)
    ('ada, ben and 2 more', 'ada, ben, cleo')
    """
    more = len(names) - most
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:most])} and {more} more"
