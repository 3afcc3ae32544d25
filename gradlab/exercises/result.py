"""What a check found, as a learner sees it: as text, and in a notebook as HTML."""

from __future__ import annotations

import contextlib
import html
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Group, Trial
from gradlab.exercises.values import STAGES, show_value
from gradlab.support.shell import running_shell

# Larger matrices are shown by their shape.
_SMALL = 9


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
