"""What is said of an answer that uses gradlab's own code in place of the learner's work."""

from __future__ import annotations

from collections.abc import Collection

from gradlab.exercises.exercise import Exercise

# What is said of functions whose names no learner knows.
INNER = "internal functions"


def describe_borrowed(exercise: Exercise, names: Collection[str]) -> str:
    """Say what of gradlab's own an answer calls, and what to do.

    Parameters
    ----------
    exercise : Exercise
        What it answers.
    names : collection of str
        What it calls.

    Returns
    -------
    str

    Examples
    --------
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.exercises.checking.own_work import describe_borrowed
    >>> describe_borrowed(EXERCISES["double"], {"check"}).partition(". ")[0]
    "Your function calls gradlab's own code: check"
    """
    called = join_names(names)
    return f"Your function calls gradlab's own code: {called}. {_ask_for_own_work(exercise)}"


def describe_sought(exercise: Exercise, names: Collection[str]) -> str:
    """Say what of gradlab's own an answer looks for where it is not, and what to do.

    Parameters
    ----------
    exercise : Exercise
        What it answers.
    names : collection of str
        What it looks for.

    Returns
    -------
    str

    Examples
    --------
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.exercises.checking.own_work import describe_sought
    >>> describe_sought(EXERCISES["double"], {"check"}).partition(". ")[0]
    "Your function looks for gradlab's own code: check"
    """
    return (
        f"Your function looks for gradlab's own code: {join_names(names)}. That is not there when "
        f"your answer is graded. {_ask_for_own_work(exercise)}"
    )


def join_names(names: Collection[str]) -> str:
    """Return names as one text; internal functions are named only if nothing else is.

    Parameters
    ----------
    names : collection of str
        Names that learners know, and perhaps `INNER`.

    Returns
    -------
    str
        Sorted, with commas between them; empty if there are none.

    Examples
    --------
    >>> from gradlab.exercises.checking.own_work import INNER, join_names
    >>> join_names({"richardson", "MLP", INNER})
    'MLP, richardson'
    """
    known = sorted(name for name in names if name != INNER)
    return ", ".join(known or names)


def _ask_for_own_work(exercise: Exercise) -> str:
    allowed = join_names(exercise.may_use) or "none"
    return (
        "Write this yourself: it is the exercise. "
        f"(Of gradlab's functions, you may use {allowed}.)"
    )
