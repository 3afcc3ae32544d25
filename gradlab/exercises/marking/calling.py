"""Calling an answer once: what it handed back, and whether that is right."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments, Exercise, Trial
from gradlab.exercises.marking.open_answers import judge_openly
from gradlab.exercises.marking.plain import make_plain
from gradlab.exercises.marking.random_state import RandomWatch
from gradlab.exercises.marking.values import Value, judge_value, list_leaves

_PACKAGE = Path(__file__).parents[2]
_LONGEST_ERROR = 500


@dataclass(frozen=True)
class Call:
    """What one call of an answer came to.

    Attributes
    ----------
    got : object
        What it handed back.
    after : tuple
        Its arguments as they are after the call.
    error : type, optional
        What it raised.
    said : str
        What it raised and where, for people.
    shares_memory : callable
        Finds out whether what it handed back shares memory with its arguments.
    touches_random_state : bool
        Whether it drew from the global random numbers, or seeded them, although a function among
        its arguments draws from them.
    """

    got: Any = None
    after: Arguments = ()
    error: type[BaseException] | None = None
    said: str = ""
    shares_memory: Callable[[], bool] = lambda: False
    touches_random_state: bool = False


# Calls an answer with arguments, which it must leave as they are, and does not raise.
Caller = Callable[[Arguments], Call]


def make_caller(answer: Callable[..., Any]) -> Caller:
    """Return what calls an answer here.

    Parameters
    ----------
    answer : callable
        What was answered.

    Returns
    -------
    callable
        Calls it with copies of arguments, and keeps what it raises, except KeyboardInterrupt.
    """

    def call(arguments: Arguments) -> Call:
        # An answer may spoil what it gets.
        mine = copy.deepcopy(arguments)
        # To watch takes longer than most answers do.
        watch = RandomWatch() if any(map(draws_globally, mine)) else None
        given = [watch.let_draw(a) if watch and draws_globally(a) else a for a in mine]
        try:
            got = make_plain(answer(*given))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Call(error=type(error), said=_describe_error(error))
        if watch:
            watch.look_at_end()
        return Call(
            got,
            mine,
            shares_memory=lambda: _shares_memory(got, mine),
            touches_random_state=watch is not None and watch.is_touched,
        )

    return call


def try_case(
    exercise: Exercise,
    call: Caller,
    arguments: Arguments,
    expected: Value | IndexError,
    with_detail: bool = True,
) -> Trial:
    """Call an answer once and judge what came of it.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    call : callable
        Calls the answer.
    arguments : tuple
        The arguments of the case.
    expected : Value or IndexError
        What is right; None where the exercise has a judge.
    with_detail : bool, optional
        Whether a wrong value is described, which takes most of the time.

    Returns
    -------
    Trial
        An error is a failure, except where raising it is right.
    """
    done = call(arguments)
    if done.error:
        if issubclass(done.error, IndexError) and isinstance(expected, IndexError):
            return Trial(arguments, expected, None, "", "")
        stage = "stub" if issubclass(done.error, NotImplementedError) else "raises"
        return Trial(arguments, expected, None, stage, done.said)
    if isinstance(expected, IndexError):
        what = "returned a value; raising an IndexError is right"
        return Trial(arguments, expected, None, "values", what)
    if exercise.judge is None:
        value, stage, detail = judge_value(exercise, done.got, expected, with_detail)
    else:
        value, stage, detail = judge_openly(exercise.judge, arguments, done.got)
    if done.touches_random_state and stage in ("", "values"):
        stage, detail = "changes", "drew from the global random numbers or seeded them"
    if not stage and _is_changed(done.after, arguments):
        stage, detail = "changes", "changed its argument in place"
    if not stage and exercise.new_arrays and done.shares_memory():
        stage, detail = "changes", "returned an array that shares memory with its argument"
    return Trial(arguments, expected, value, stage, detail)


def draws_globally(argument: object) -> bool:
    """Return whether an argument of a case draws from the global random numbers.

    Parameters
    ----------
    argument : object
        Anything.

    Returns
    -------
    bool
        True for a function that says so by its attribute ``draws_globally``.
    """
    return getattr(argument, "draws_globally", False) is True


def _describe_error(error: BaseException) -> str:
    try:
        what = f"raised {type(error).__name__}: {error}".rstrip(": ")[:_LONGEST_ERROR]
    except Exception:
        what = "raised an error that cannot be shown"
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if not Path(frame.filename).is_relative_to(_PACKAGE)]
    # The learner's own line, not that of a library it calls.
    own = [frame for frame in outside if frame.filename == outside[0].filename]
    if not own:
        return what
    return what + (f", in the line “{own[-1].line}”" if own[-1].line else "")


def _is_changed(after: Any, before: Any) -> bool:
    """Whether arguments, or what their lists and arrays hold, are no longer what they were."""
    if isinstance(before, list | tuple):
        if type(after) is not type(before) or len(after) != len(before):
            return True
        return any(map(_is_changed, after, before))
    if not isinstance(before, np.ndarray | np.number | int | float | complex):
        return False
    if type(after) is not type(before):
        return True
    if np.asarray(after).dtype != np.asarray(before).dtype:
        return True
    return not np.array_equal(after, before, equal_nan=True)


def _shares_memory(got: Any, arguments: Any) -> bool:
    mine, theirs = (
        [leaf for leaf in list_leaves(value) if isinstance(leaf, np.ndarray)]
        for value in (got, arguments)
    )
    return any(np.shares_memory(one, other) for one in mine for other in theirs)
