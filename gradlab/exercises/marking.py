"""Marking an answer: run it on cases drawn from a seed and compare with the reference."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments, Exercise, Trial


@dataclass(frozen=True)
class Group:
    """The trials of one group of cases."""

    name: str
    trials: list[Trial]

    @property
    def passed(self) -> bool:
        """Whether every trial of the group was right."""
        return all(not trial.stage for trial in self.trials)


@dataclass(frozen=True)
class Marking:
    """What an answer did on every group, and the hints that follow from it."""

    groups: tuple[Group, ...]
    hints: tuple[str, ...]
    points: float
    attempted: bool


def mark(exercise: Exercise, answer: Callable[..., Any], seed: int = 0) -> Marking:
    """Run `answer` on the cases of `exercise` and mark it.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    answer : callable
        What was answered.
    seed : int, optional
        The seed that the cases are drawn from.

    Returns
    -------
    Marking
        The groups with their trials. Whatever `answer` raises is a failed trial.

    Examples
    --------
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.exercises.marking import mark
    >>> mark(EXERCISES["double"], lambda x: x + x).points
    1.0
    """
    groups = []
    for name, cases in exercise.cases(np.random.default_rng(seed)).items():
        trials = []
        for arguments in cases:
            trial = _try(exercise, answer, arguments)
            if trial is None:
                return Marking((), (), 0.0, attempted=False)
            trials.append(trial)
        groups.append(Group(name, trials))
    passed = sum(group.passed for group in groups)
    points = exercise.points * passed / len(groups)
    return Marking(tuple(groups), _hints(exercise, groups), points, attempted=True)


def _try(exercise: Exercise, answer: Callable[..., Any], arguments: Arguments) -> Trial | None:
    """Call the answer once; None if it is still the stub."""
    expected = np.asarray(exercise.reference(*copy.deepcopy(arguments)))
    mine = copy.deepcopy(arguments)
    try:
        got = answer(*mine)
    except NotImplementedError:
        return None
    except KeyboardInterrupt:
        return Trial(arguments, expected, None, "returns", "was stopped before it returned")
    except BaseException as error:
        return Trial(arguments, expected, None, "returns", _raised(error))
    value, stage, detail = _judge(exercise, got, expected)
    if not stage and _changed(mine, arguments):
        stage, detail = "returns", "changed its argument in place; work on a new array"
    return Trial(arguments, expected, value, stage, detail)


def _judge(exercise: Exercise, got: Any, expected: Any) -> tuple[Any, str, str]:
    """The value as an array, the first stage that it fails, and why."""
    if got is None:
        return None, "returns", "returned None; is there a return statement?"
    try:
        value = np.array(got)
    except Exception:
        value = np.array(None)
    if value.dtype.kind not in "biufc":
        return None, "returns", f"returned a {type(got).__name__}; numbers are needed"
    if value.shape != expected.shape:
        what = f"returned shape {value.shape}; shape {expected.shape} is needed"
        return value, "shape", what
    if not np.all(np.isfinite(value)):
        return value, "finite", f"returned {show_value(value)}, which is not finite"
    if not agree(exercise, value, expected):
        what = f"returned {show_value(value)}; {show_value(expected)} is right"
        return value, "values", what
    return value, "", ""


def agree(exercise: Exercise, value: Any, expected: Any) -> bool:
    """Whether two results are the same to the tolerance of the exercise."""
    if value is None or expected is None:
        return value is None and expected is None
    if value.shape != expected.shape:
        return False
    return bool(
        np.allclose(value, expected, rtol=exercise.rtol, atol=exercise.atol, equal_nan=True)
    )


def show_value(value: Any) -> str:
    """Return a number or array in few digits, for a sentence."""
    if np.ndim(value) == 0:
        return f"{value:.6g}"
    return np.array2string(np.asarray(value), precision=6, threshold=8, separator=", ")


def _raised(error: BaseException) -> str:
    what = f"raised {type(error).__name__}: {error}".rstrip(": ")
    frames = traceback.extract_tb(error.__traceback__)[1:]
    if not frames:
        return what
    own = [frame for frame in frames if frame.filename == frames[0].filename][-1]
    where = f", in the line “{own.line}”" if own.line else f", in line {own.lineno}"
    return what + where


def _changed(after: Arguments, before: Arguments) -> bool:
    return any(
        isinstance(a, np.ndarray) and not np.array_equal(a, b, equal_nan=True)
        for a, b in zip(after, before, strict=True)
    )


def _hints(exercise: Exercise, groups: list[Group]) -> tuple[str, ...]:
    """Say which misconceptions the failed groups show; if none, what they have in common."""
    failed = [group.trials for group in groups if not group.passed]
    known = [_known(exercise, trials) for trials in failed]
    hints = known if any(known) else [_pattern(trials) for trials in failed]
    return tuple(hint for hint in dict.fromkeys(hints) if hint)


def _known(exercise: Exercise, trials: list[Trial]) -> str:
    for misconception in exercise.misconceptions:
        shows = misconception.shows or _same_as(exercise, misconception.wrong)
        if shows(trials):
            return misconception.hint
    return ""


def _same_as(exercise: Exercise, wrong: Callable[..., Any]) -> Callable[[list[Trial]], bool]:
    """Whether the trials gave what a wrong answer gives, and that is indeed wrong there."""

    def shows(trials: list[Trial]) -> bool:
        others = [_try(exercise, wrong, trial.arguments) for trial in trials]
        return any(other and other.stage for other in others) and all(
            other is not None and agree(exercise, trial.got, other.got)
            for trial, other in zip(trials, others, strict=True)
        )

    return shows


def _pattern(trials: list[Trial]) -> str:
    """What a wrong answer that nobody foresaw has in common with the right one."""
    wrong = [trial for trial in trials if trial.stage == "values"]
    if len(wrong) < len(trials):
        return ""
    with np.errstate(all="ignore"):
        ratios = np.concatenate([np.ravel(t.got / t.expected) for t in wrong])
        offsets = np.concatenate([np.ravel(t.got - t.expected) for t in wrong])
    if ratios.size > 1 and np.allclose(ratios, ratios[0], rtol=1e-3, atol=0):
        return f"Every value is {ratios[0]:.4g} times the right one: which factor is that?"
    if np.allclose(offsets, offsets[0], rtol=1e-3, atol=0):
        return f"Every value is off by the same amount, {offsets[0]:.4g}."
    values = np.concatenate([np.ravel(t.got) for t in wrong])
    if values.size > 1 and np.all(values == values[0]):
        return "The result is the same for every input: what should it depend on?"
    return ""
