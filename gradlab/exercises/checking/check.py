"""``check``, ``hint`` and ``solution``: exercises as a learner meets them in a notebook."""

from __future__ import annotations

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.checking.origin import Origin, describe_missing, find_origin, get_namespace
from gradlab.exercises.checking.result import CheckResult, Note
from gradlab.exercises.checking.watching import Violations, describe_violations, watch_calls
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.mark import Marking, list_steps, make_report, mark
from gradlab.exercises.marking.random_state import get_random_state, set_random_state

# Cases are the same at every check, so that a lesson reads the same when it is run again.
_PUBLIC_SEED = 0
_PRINTED_LINES = 5
# The exercises that are being checked: an answer may check itself, and would never end.
_checked_now: set[str] = set()


def check(name: str, function: Callable[..., Any] | None = None) -> CheckResult:
    """Check your answer to an exercise. Whatever your function does, this does not raise.

    Parameters
    ----------
    name : str
        The exercise, which is the name of the function that you wrote.
    function : callable, optional
        Your function. Default: the one of that name in the notebook, if it is what stands in its
        cell: it is not marked if that cell failed when it was last run, or was edited since.

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
    return _refuse(name, EXERCISES[name].points if _find(name) else 0, why)


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
        return Note(_describe_rubric(name) or _list_names())
    hints = exercise.hints
    if number not in range(1, len(hints) + 1):
        return Note(f"{name} has hints 1 to {len(hints)}; you asked for {number}.")
    number = int(number)  # 1.0 and True are 1, too
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
    return Note(WRITTEN[name].model if _describe_rubric(name) else _list_names())


def _check(name: str, function: Callable[..., Any] | None) -> CheckResult:
    exercise = _find(name)
    if exercise is None:
        return _refuse(str(name), 0, _describe_rubric(name) or _list_names())
    if function is not None:
        return _judge(exercise, function)
    function = get_namespace().get(name)
    if function is None:
        return _refuse(name, exercise.points, describe_missing(name), attempted=False)
    if function is exercise.reference:
        why = (
            f"not marked: {name} is gradlab's own function now. Run the cell of your answer, then "
            f"this one, and let what gradlab.yours hands back have another name than {name}."
        )
        return _refuse(name, exercise.points, why)
    origin = find_origin(name)
    if origin.stale:
        return _refuse(name, exercise.points, origin.stale)
    return replace(_judge(exercise, function), checked=_describe_origin(origin))


def _judge(exercise: Exercise, function: Callable[..., Any]) -> CheckResult:
    name, points = exercise.name, exercise.points
    if name in _checked_now:
        return _refuse(name, points, "an answer cannot check itself: take that line out of it.")
    _checked_now.add(name)
    try:
        return _mark(exercise, function)
    finally:
        _checked_now.discard(name)


def _mark(exercise: Exercise, function: Callable[..., Any]) -> CheckResult:
    name, points = exercise.name, exercise.points
    mismatch = _describe_mismatch(exercise, function)
    if mismatch:
        return _refuse(name, points, mismatch)
    violations = Violations()
    with _capture_output() as printed, _keep_random_state():
        marking = mark(exercise, watch_calls(function, exercise, violations), _PUBLIC_SEED)
    not_allowed = describe_violations(exercise, violations)
    if not_allowed:
        return _refuse(name, points, not_allowed)
    if not marking.attempted:
        why = (
            "not attempted yet. Replace the line that raises NotImplementedError with your "
            f'answer, run that cell, then this one. Stuck? gradlab.hint("{name}")'
        )
        return _refuse(name, points, why, attempted=False)
    return make_result(exercise, marking, _shorten(printed.getvalue()))


def _describe_origin(origin: Origin) -> str:
    if not origin.cell:
        return ""
    said = f"Checked: the function that {origin.cell} defined."
    return f"{said} The cell then stopped with {origin.error}." if origin.error else said


def _find(name: object) -> Exercise | None:
    return EXERCISES.get(name) if isinstance(name, str) else None


def _describe_rubric(name: object) -> str:
    """Say how an answer in words is marked; empty if it is not one."""
    if not isinstance(name, str) or name not in WRITTEN:
        return ""
    rubric = "; ".join(f"{points} for {what}" for points, what in WRITTEN[name].rubric)
    return f"this answer is in words, so a person marks it: {rubric}."


def _list_names() -> str:
    return f"There is no exercise of that name. There are: {', '.join(EXERCISES)}."


def _refuse(name: str, max_points: float, why: str, attempted: bool = True) -> CheckResult:
    return CheckResult(name, False, 0.0, float(max_points), (why,), attempted=attempted)


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
    report = make_report(exercise, marking, told=True)
    steps = list_steps(exercise, marking)
    if not passed and not hints:
        advice = "Begin with the wrong block nearest to the output." if report else exercise.advice
        more = f'gradlab.hint("{exercise.name}") has more.'
        # The steps of the case are there to compare with.
        hints = (more if steps else f"{advice} {more}",)
    return CheckResult(
        exercise.name,
        passed,
        marking.points,
        float(exercise.points),
        hints,
        marking.groups,
        printed,
        quoted=marking.quoted,
        report=report,
        steps=steps,
    )


def _describe_mismatch(exercise: Exercise, function: object) -> str:
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
def _capture_output() -> Iterator[io.StringIO]:
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
def _keep_random_state() -> Iterator[None]:
    """Leave the global random numbers as they were: what a check draws is not the learner's."""
    before = get_random_state()
    try:
        yield
    finally:
        set_random_state(before)


def _shorten(text: str) -> str:
    lines = text.splitlines()
    shown = [line[:200] for line in lines[:_PRINTED_LINES]]
    return "\n".join([*shown, "..."] if len(lines) > len(shown) else shown)
