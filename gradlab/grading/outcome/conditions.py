"""Under which conditions a run grades: with others, the same answers may get other points."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Conditions:
    """All on which the results depend, but for what a learner handed in.

    Attributes
    ----------
    version : str
        Of gradlab.
    code : str
        A digest of gradlab's code, which has the exercises in it.
    python, numpy : str
        The versions that answers are run with.
    seed : int or None
        What the cases are drawn from; None where a journal's own is to be taken.
    lessons : tuple of int
        The lessons that count; all if it is empty.
    timeout : int
        Seconds of computing time for each answer.
    isolation : str or None
        How answers are isolated; None if other machines decide that.
    """

    version: str
    code: str
    python: str
    numpy: str
    seed: int | None
    lessons: tuple[int, ...]
    timeout: int
    isolation: str | None


def list_differences(before: Conditions, now: Conditions) -> list[str]:
    """Say what keeps a run from going on with the results of an earlier one.

    Parameters
    ----------
    before, now : Conditions
        Those of the earlier run, and of this one; a seed or a level of isolation that is not
        given is the earlier one's.

    Returns
    -------
    list of str
        Parts of a sentence for the teacher; none if the results fit together.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gradlab.grading.outcome.conditions import Conditions, list_differences
    >>> before = Conditions("0.1.0", "code", "3.11.7", "2.4.0", 7, (), 10, None)
    >>> list_differences(before, replace(before, seed=None, lessons=(4,)))
    ['it was begun without --lesson, and this is with --lesson 4']
    """
    seed = before.seed if now.seed is None else now.seed
    # Machines of a cluster decide for themselves, and the journal says what each did.
    isolation = before.isolation if None in (before.isolation, now.isolation) else now.isolation
    now = replace(now, seed=seed, isolation=isolation)
    return [
        _explain(field.name, getattr(before, field.name), getattr(now, field.name))
        for field in fields(Conditions)
        if getattr(before, field.name) != getattr(now, field.name)
    ]


def _explain(name: str, before: object, now: object) -> str:
    if name == "code":
        return "gradlab's code has changed since"
    options = {"seed": "--seed", "lessons": "--lesson", "timeout": "--timeout"}
    programs = {"version": "gradlab", "python": "Python", "numpy": "NumPy"}
    if name in options:
        then, since = (
            f"without {options[name]}"
            if value in (None, ())
            else f"with {_spell_option(options[name], value)}"
            for value in (before, now)
        )
        return f"it was begun {then}, and this is {since}"
    return f"{programs.get(name, 'the isolation')} was {before} then and is {now} now"


def _spell_option(option: str, value: object) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return " ".join(f"{option} {one}" for one in values)
