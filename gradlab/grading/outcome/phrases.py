"""Counts and lists as parts of sentences."""

from __future__ import annotations

from collections.abc import Sequence

from gradlab.grading.outcome.gradebook import as_number


def count_things(number: float, noun: str) -> str:
    """Return a number of things in words.

    Parameters
    ----------
    number : float
        How many there are; points may be a fraction.
    noun : str
        What one of them is called; its plural must end in s.

    Returns
    -------
    str
        The number and the noun.

    Examples
    --------
    >>> from gradlab.grading.outcome.phrases import count_things
    >>> count_things(1, "learner"), count_things(3, "learner"), count_things(2.5, "point")
    ('1 learner', '3 learners', '2.5 points')
    """
    shown = as_number(number)
    return f"{shown} {noun}" if shown == "1" else f"{shown} {noun}s"


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


def shorten(text: str, most: int) -> str:
    """Return a text that is no longer than anyone reads.

    Parameters
    ----------
    text : str
        The text.
    most : int
        How many characters it may have.

    Returns
    -------
    str
        The text; where it is cut, it ends in a sign for that.

    Examples
    --------
    >>> from gradlab.grading.outcome.phrases import shorten
    >>> shorten("The sign", 8), shorten("The sign is wrong", 8)
    ('The sign', 'The sig…')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
