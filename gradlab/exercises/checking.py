"""``check``, ``hint`` and ``solution``: exercises as a learner meets them in a notebook."""

from __future__ import annotations

import contextlib
import html
import inspect
import io
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.exercise import Exercise, Trial
from gradlab.exercises.marking import Group, Marking, mark
from gradlab.exercises.random_state import random_state, set_random_state
from gradlab.exercises.values import STAGES, show_value
from gradlab.support.shell import running_shell

# Cases are the same at every check, so that a lesson reads the same when it is run again.
_PUBLIC_SEED = 0
_PRINTED_LINES = 5
# Larger matrices are shown by their shape.
_SMALL = 9
_BY_THE_WAY = sys.stdlib_module_names | {"numpy"}


@dataclass(frozen=True)
class CheckResult:
    """What a check found. In a notebook it shows itself; ``print`` gives the same as text.

    Attributes
    ----------
    name : str
        The exercise.
    passed : bool
        Whether every case was right.
    points, max_points : float
        What was earned, of how much.
    hints : tuple of str
        Sentences that say what went wrong, and what to do.
    groups : tuple of Group
        The cases that were run.
    printed : str
        The first lines that the answer printed or warned meanwhile.
    """

    name: str
    passed: bool
    points: float
    max_points: float
    hints: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    printed: str = ""

    def grade(self) -> float:
        """Show the result and return its points as a plain float, which nbgrader reads.

        Returns
        -------
        float
            Between 0 and `max_points`.
        """
        if running_shell() is None:
            print(self)
        else:
            from IPython.display import display

            display(self)
        return float(self.points)

    def _headline(self) -> str:
        if not self.groups:
            return f"{self.name}: {self.hints[0]}"
        return f"{self.name}: {self.points:g} of {self.max_points:g} points (public checks)"

    def _remarks(self) -> list[str]:
        remarks = [f"Hint: {text}" for text in self.hints] if self.groups else [*self.hints[1:]]
        if self.printed:
            remarks.append(f"Meanwhile your function printed:\n{self.printed}")
        return remarks

    def _rows(self) -> Iterator[tuple[bool, str, str]]:
        """Whether each group passed, its score, and, once, the first case that failed."""
        told = False
        for group in self.groups:
            failed = [trial for trial in group.trials if trial.stage]
            detail = (
                _describe(self.name, min(failed, key=_severity)) if failed and not told else ""
            )
            told = told or bool(failed)
            right = f"{group.tally.right} of {group.tally.total} right"
            yield not failed, f"{group.name}: {right}", detail

    def _table(self) -> str:
        return "\n".join(line for group in self.groups for line in group.tally.table)

    def __str__(self) -> str:
        lines = [self._headline()]
        for passed, what, detail in self._rows():
            lines.append(f"  {'ok   ' if passed else 'wrong'}  {what}")
            lines += [f"         {detail}"] if detail else []
        lines += [self._table()] if self._table() else []
        return "\n".join([*lines, *self._remarks()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='white-space:nowrap'>{'✓ ok' if passed else '✗ wrong'}</td>"
            f"<td style='text-align:left'>{html.escape(what)}"
            f"{'<br><small>' + html.escape(detail) + '</small>' if detail else ''}</td></tr>"
            for passed, what, detail in self._rows()
        )
        remarks = "".join(
            f"<p style='white-space:pre-wrap'>{html.escape(remark)}</p>"
            for remark in self._remarks()
        )
        table = f"<table>{rows}</table>" if rows else ""
        if self._table():
            table += f"<pre>{html.escape(self._table())}</pre>"
        return (
            f"<div><p><strong>{html.escape(self._headline())}</strong></p>{table}{remarks}</div>"
        )


@dataclass(frozen=True)
class Note:
    """A text that a notebook shows as it is."""

    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


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
        marking = mark(exercise, _watched(function, exercise, borrowed), _PUBLIC_SEED)
    if borrowed:
        return _not_run(name, exercise.points, _borrowed(exercise, borrowed))
    if not marking.attempted:
        return _not_run(
            name,
            exercise.points,
            "not attempted yet. Replace the line that raises NotImplementedError by your "
            f'answer, run that cell, then this one. Stuck? gradlab.hint("{name}")',
        )
    return _result(exercise, marking, _first_lines(printed.getvalue()))


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


def _result(exercise: Exercise, marking: Marking, printed: str) -> CheckResult:
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


def _watched(
    answer: Callable[..., Any], exercise: Exercise, borrowed: set[str]
) -> Callable[..., Any]:
    """Wrap an answer so that the functions of gradlab's own that it calls are noted."""
    references = {other.reference.__code__ for other in EXERCISES.values()}

    def watch(frame: types.FrameType, event: str, argument: object) -> None:
        code, module = frame.f_code, str(frame.f_globals.get("__name__"))
        # A module of gradlab's may be imported here, when its name is first used.
        if event != "call" or code.co_name == "<module>":
            return
        # What an answer may use calls others in turn; that is not the answer's doing.
        caller = _caller(frame)
        inside = caller.startswith("gradlab.") and caller != __name__
        numerics = module.startswith("gradlab.") and not module.startswith("gradlab.exercises")
        # A function, or a method of a class, such as that of a report.
        allowed = code.co_qualname.partition(".")[0] in exercise.may_use
        withheld = exercise.withheld.get(f"{module}.{code.co_qualname}")
        if withheld or (numerics and not inside and not allowed) or code in references:
            borrowed.add(withheld or code.co_name)

    def call(*arguments: Any) -> Any:
        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            return answer(*arguments)
        finally:
            sys.setprofile(before)

    return call


def _caller(frame: types.FrameType) -> str:
    """Return the name of the module that called, be it by way of Python's library or NumPy."""
    back = frame.f_back
    while back is not None:
        name = str(back.f_globals.get("__name__"))
        if name.partition(".")[0] not in _BY_THE_WAY:
            return name
        back = back.f_back
    return ""


def _borrowed(exercise: Exercise, names: set[str]) -> str:
    allowed = ", ".join(sorted(exercise.may_use)) or "nothing"
    return (
        f"this is gradlab's own code: your function calls {', '.join(sorted(names))}. Write this "
        f"yourself: it is the exercise. (Of gradlab's functions you may use: {allowed}.)"
    )


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
    before = random_state()
    try:
        yield
    finally:
        set_random_state(before)


def _first_lines(text: str) -> str:
    lines = text.splitlines()
    shown = [line[:200] for line in lines[:_PRINTED_LINES]]
    return "\n".join([*shown, "..."] if len(lines) > len(shown) else shown)


def _severity(trial: Trial) -> int:
    """Order failures as the hints do, so that the case shown is the one that the hint is about."""
    return STAGES.index(trial.stage)


def _describe(name: str, trial: Trial) -> str:
    """One failed case in words."""
    exercise = EXERCISES[name]
    bound = zip(exercise.signature.parameters, trial.arguments, strict=True)
    given = ", ".join(f"{key}{_show(value)}" for key, value in bound)
    return f"{given}: {trial.detail}"


def _parameter(function: Callable[..., Any]) -> str:
    """Return what a function's first parameter is called."""
    with contextlib.suppress(TypeError, ValueError):
        return next(iter(inspect.signature(function).parameters), "")
    return "x"


def _show(value: Any) -> str:
    if callable(value):
        return f"({_parameter(value)}) = {value.__name__}"
    if isinstance(value, np.ndarray) and value.ndim > 1 and value.size > _SMALL:
        return f" of shape {value.shape}"
    return f" = {show_value(value)}"
