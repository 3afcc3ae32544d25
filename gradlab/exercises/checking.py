"""``check``, ``hint`` and ``solution``: exercises as a learner meets them in a notebook."""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking import Marking, mark
from gradlab.exercises.random_state import get_random_state, set_random_state
from gradlab.exercises.result import CheckResult, Note
from gradlab.exercises.watching import describe_borrowed, watch_calls
from gradlab.support.shell import running_shell

# Cases are the same at every check, so that a lesson reads the same when it is run again.
_PUBLIC_SEED = 0
_PRINTED_LINES = 5


def check(name: str, function: Callable[..., Any] | None = None) -> CheckResult:
    """Check your answer to an exercise. Whatever your function does, this does not raise.

    Parameters
    ----------
    name : str
        The exercise, which is the name of the function that you wrote.
    function : callable, optional
        Your function. Default: the one of that name in the notebook.

    Returns
    -------
    CheckResult
        Whether it passed, its points, and hints if it did not.

    Examples
    --------
    >>> import functools
    >>> import operator
    >>> from gradlab import check
    >>> print(check("double", functools.partial(operator.mul, 2)))
    double: 1 of 1 points (public checks)
      ok     numbers: 3 of 3 right
      ok     arrays: 2 of 2 right
    """
    try:
        return _check(name, function)
    except KeyboardInterrupt:
        why = "was stopped by you before it finished; is there a loop that does not end?"
    except BaseException as error:
        why = f"could not be checked: it led to an error of type {type(error).__name__}."
    return _not_run(name, EXERCISES[name].points if _find(name) else 0, why)


def hint(name: str, number: int = 1) -> Note:
    """Give a hint for an exercise: the first is a nudge, the last is nearly the answer.

    Parameters
    ----------
    name : str
        The exercise.
    number : int, optional
        Which hint, from 1.

    Returns
    -------
    Note
        The hint, with how to get the next one.

    Examples
    --------
    >>> from gradlab import hint
    >>> hint("double", 3)
    Hint 3 of 3: The whole body is one line: return 2 * x.
    """
    exercise = _find(name)
    if exercise is None:
        return Note(_is_written(name) or _no_such_exercise())
    hints = exercise.hints
    if number not in range(1, len(hints) + 1):
        return Note(f"{name} has hints 1 to {len(hints)}; you asked for {number}.")
    text = f"Hint {number} of {len(hints)}: {hints[number - 1]}"
    if number < len(hints):
        text += f'\nThe next one: gradlab.hint("{name}", {number + 1})'
    return Note(text)


def solution(name: str) -> Note:
    """Show the published solution of an exercise. Try first: that is where you learn.

    Parameters
    ----------
    name : str
        The exercise.

    Returns
    -------
    Note
        The source of the solution.

    Examples
    --------
    >>> from gradlab import solution
    >>> solution("double")
    def double(x):
        \"\"\"Return x + x, for a number or an array x.\"\"\"
        return 2 * x
    """
    exercise = _find(name)
    if exercise is not None:
        return Note(exercise.source())
    return Note(WRITTEN[name].model if _is_written(name) else _no_such_exercise())


def _check(name: str, function: Callable[..., Any] | None) -> CheckResult:
    exercise = _find(name)
    if exercise is None:
        return _not_run(str(name), 0, _is_written(name) or _no_such_exercise())
    if function is None:
        function = _learner_namespace().get(name)
    if function is None:
        return _not_run(
            name,
            exercise.points,
            f"not attempted yet. There is no function {name} in this notebook: "
            "run the cell that defines it, then this one.",
        )
    mismatch = _mismatch(exercise, function)
    if mismatch:
        return _not_run(name, exercise.points, mismatch)
    borrowed: set[str] = set()
    with _captured() as printed, _random_state_kept():
        marking = mark(exercise, watch_calls(function, exercise, borrowed), _PUBLIC_SEED)
    if borrowed:
        return _not_run(name, exercise.points, describe_borrowed(exercise, borrowed))
    if not marking.attempted:
        return _not_run(
            name,
            exercise.points,
            "not attempted yet. Replace the line that raises NotImplementedError by your "
            f'answer, run that cell, then this one. Stuck? gradlab.hint("{name}")',
        )
    return make_result(exercise, marking, _first_lines(printed.getvalue()))


def _find(name: object) -> Exercise | None:
    return EXERCISES.get(name) if isinstance(name, str) else None


def _is_written(name: object) -> str:
    """Say how an answer in words is marked; empty if it is not one."""
    if not isinstance(name, str) or name not in WRITTEN:
        return ""
    rubric = "; ".join(f"{points} for {what}" for points, what in WRITTEN[name].rubric)
    return f"this answer is in words, so a person marks it: {rubric}."


def _no_such_exercise() -> str:
    return f"There is no exercise of that name. There are: {', '.join(EXERCISES)}."


def _not_run(name: str, max_points: float, why: str) -> CheckResult:
    return CheckResult(name, False, 0.0, float(max_points), (why,))


def make_result(exercise: Exercise, marking: Marking, printed: str = "") -> CheckResult:
    """Return what a learner is shown of a marking.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    marking : Marking
        What the answer did.
    printed : str, optional
        What it printed meanwhile.

    Returns
    -------
    CheckResult
        Its text and its HTML.
    """
    passed = all(group.passed for group in marking.groups)
    hints = marking.hints
    if not passed and not hints:
        hints = (f'{exercise.advice} gradlab.hint("{exercise.name}") has more.',)
    return CheckResult(
        exercise.name,
        passed,
        marking.points,
        float(exercise.points),
        hints,
        marking.groups,
        printed,
    )


def _learner_namespace() -> dict[str, Any]:
    shell = running_shell()
    return vars(sys.modules["__main__"]) if shell is None else shell.user_ns


def _mismatch(exercise: Exercise, function: object) -> str:
    """Say how an answer cannot be called with the exercise's arguments; empty if it can."""
    if not callable(function):
        return f"{exercise.name} is of type {type(function).__name__}; a function is needed."
    needed = list(exercise.signature.parameters)
    try:
        inspect.signature(function).bind(*needed)
    except TypeError as error:
        return f"your function cannot be called with ({', '.join(needed)}): {error}."
    except ValueError:  # some built-in functions do not tell
        return ""
    return ""


class _Printed(io.StringIO):
    """A text that stays readable if an answer closes its output."""

    def close(self) -> None:
        """Stay open."""


@contextlib.contextmanager
def _captured() -> Iterator[io.StringIO]:
    """Catch what an answer prints and warns: on stderr it would make nbgrader give 0 points."""
    printed = _Printed()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        yield printed
    for warning in dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught):
        print(warning, file=printed)


@contextlib.contextmanager
def _random_state_kept() -> Iterator[None]:
    """Leave the global random numbers as they were: what a check draws is not the learner's."""
    before = get_random_state()
    try:
        yield
    finally:
        set_random_state(before)


def _first_lines(text: str) -> str:
    lines = text.splitlines()
    shown = [line[:200] for line in lines[:_PRINTED_LINES]]
    return "\n".join([*shown, "..."] if len(lines) > len(shown) else shown)
