"""Marking an answer: run it on cases drawn from a seed and compare with the reference."""

from __future__ import annotations

import contextlib
import copy
import io
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradlab.exercises.exercise import Arguments, Exercise, Misconception, Tally, Trial
from gradlab.exercises.values import Value, agree, expected_value, is_truth, judge, leaves

_PACKAGE = Path(__file__).parents[1]

# What to say of an answer that did not get as far as values, and that nobody foresaw.
STAGE_HINTS = {
    "stub": "One part still raises NotImplementedError: answer that too.",
    "raises": "An error stopped your function. What it said, and where, is quoted above.",
    "returns": "Look at what your function hands back: print only shows a value, and every way "
    "through the function needs a return.",
    "changes": "Make a copy first, or collect the result in a new variable.",
    "shape": "The result has another shape than is needed: should it be one value for each entry, "
    "one for each row, or a single one?",
    "finite": "Something overflowed or was divided by zero on the way.",
}
# What a wrong answer that nobody foresaw may have in common with the right one.
PATTERN_HINTS = {
    "power": "In Python ^ is not a power but a bitwise operation on integers: write **.",
    "constant": "The result is the same for every input: what should it depend on?",
    "near": "Every value is nearly right: is one rounded, or computed by another formula?",
    "sign": "Every value has the wrong sign.",
    "factor": "Every value is {:.4g} times the right one: which factor is that?",
    "offset": "Every value is off by the same amount, {:.4g}.",
    "opposite": "Every answer is the opposite of the right one.",
    "lenient": "Your mistakes are all True where False is right: the test is too lenient.",
    "strict": "Your mistakes are all False where True is right: the test is too strict.",
}


@dataclass(frozen=True)
class Group:
    """The trials of one group of cases."""

    name: str
    trials: list[Trial]
    tally: Tally

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
    """

    got: Any = None
    after: Arguments = ()
    error: type[BaseException] | None = None
    said: str = ""
    shares_memory: Callable[[], bool] = lambda: False


# Calls an answer with arguments, which it must leave as they are, and does not raise.
Caller = Callable[[Arguments], Call]
# The arguments of every case, by group, each with what is right.
Drawn = dict[str, list[tuple[Arguments, "Value | IndexError"]]]


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
    return mark_calls(exercise, _calling(answer), draw(exercise, seed))


def draw(exercise: Exercise, seed: int) -> Drawn:
    """Draw the cases of an exercise.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    seed : int
        The seed that the cases are drawn from.

    Returns
    -------
    dict
        For each group the arguments of its cases, each with what the reference answers.
    """
    return {
        name: [(arguments, _expected(exercise, arguments)) for arguments in cases]
        for name, cases in exercise.cases(np.random.default_rng(seed)).items()
    }


def mark_calls(
    exercise: Exercise, call: Caller, drawn: Drawn, order: np.random.Generator | None = None
) -> Marking:
    """Call an answer, wherever it may be, on cases that were drawn, and mark it.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    call : callable
        Calls the answer.
    drawn : dict
        The cases, which stay as they are.
    order : Generator, optional
        Draws the order of the calls, so that an answer cannot tell a case by its number. Default:
        the order of the cases.

    Returns
    -------
    Marking
        The groups with their trials.
    """
    places = [(name, number) for name, cases in drawn.items() for number in range(len(cases))]
    turns = range(len(places)) if order is None else order.permutation(len(places)).tolist()
    tried = {}
    for name, number in (places[turn] for turn in turns):
        tried[name, number] = _try(exercise, call, *drawn[name][number])
    groups = []
    for name, cases in drawn.items():
        trials = [tried[name, number] for number in range(len(cases))]
        groups.append(Group(name, trials, exercise.tally(trials)))
    if all(trial.stage == "stub" for group in groups for trial in group.trials):
        return Marking((), (), 0.0, attempted=False)
    points = exercise.points * sum(group.tally.share for group in groups) / len(groups)
    return Marking(tuple(groups), _hints(exercise, groups), points, attempted=True)


def _expected(exercise: Exercise, arguments: Arguments) -> Value | IndexError:
    try:
        return expected_value(exercise.reference(*copy.deepcopy(arguments)))
    except IndexError as error:
        return error


def _calling(answer: Callable[..., Any]) -> Caller:
    """Return what calls an answer here; its errors are kept, but for a stop by the learner."""

    def call(arguments: Arguments) -> Call:
        # An answer may spoil what it gets.
        mine = copy.deepcopy(arguments)
        try:
            got = answer(*mine)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Call(error=type(error), said=_raised(error))
        return Call(got, mine, shares_memory=lambda: _shares_memory(got, mine))

    return call


def _try(
    exercise: Exercise,
    call: Caller,
    arguments: Arguments,
    expected: Value | IndexError,
    told: bool = True,
) -> Trial:
    """Call the answer once; an error is a failure, but where raising it is right."""
    done = call(arguments)
    if done.error:
        if issubclass(done.error, IndexError) and isinstance(expected, IndexError):
            return Trial(arguments, expected, None, "", "")
        stage = "stub" if issubclass(done.error, NotImplementedError) else "raises"
        return Trial(arguments, expected, None, stage, done.said)
    if isinstance(expected, IndexError):
        what = "returned a value; raising an IndexError is right"
        return Trial(arguments, expected, None, "values", what)
    value, stage, detail = judge(exercise, done.got, expected, told)
    if not stage and _changed(done.after, arguments):
        stage, detail = "changes", "changed its argument in place"
    if not stage and exercise.new_arrays and done.shares_memory():
        stage, detail = "changes", "returned an array that shares memory with its argument"
    return Trial(arguments, expected, value, stage, detail)


def _raised(error: BaseException) -> str:
    try:
        what = f"raised {type(error).__name__}: {error}".rstrip(": ")
    except Exception:
        what = "raised an error that cannot be shown"
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if not Path(frame.filename).is_relative_to(_PACKAGE)]
    # The learner's own line, not that of a library it calls.
    own = [frame for frame in outside if frame.filename == outside[0].filename]
    if not own:
        return what
    return what + (f", in the line “{own[-1].line}”" if own[-1].line else "")


def _changed(after: Any, before: Any) -> bool:
    """Whether arguments, or what their lists and arrays hold, are no longer what they were."""
    if isinstance(before, list | tuple):
        if type(after) is not type(before) or len(after) != len(before):
            return True
        return any(map(_changed, after, before))
    if not isinstance(before, np.ndarray | np.number | int | float | complex):
        return False
    if type(after) is not type(before):
        return True
    if np.asarray(after).dtype != np.asarray(before).dtype:
        return True
    return not np.array_equal(after, before, equal_nan=True)


def _shares_memory(got: Any, arguments: Any) -> bool:
    mine, theirs = (
        [leaf for leaf in leaves(_as_lists(value)) if isinstance(leaf, np.ndarray)]
        for value in (got, arguments)
    )
    return any(np.shares_memory(one, other) for one in mine for other in theirs)


def _as_lists(value: Any) -> Any:
    return [_as_lists(part) for part in value] if isinstance(value, list | tuple) else value


def _hints(exercise: Exercise, groups: list[Group]) -> tuple[str, ...]:
    """Say which misconceptions the failed groups show; if none, what they have in common.

    One misconception that accounts for every failed group is better than one for each group,
    and best of all is one that passes where the answer passed.
    """
    failed = [group.trials for group in groups if not group.passed]
    right = [group.trials for group in groups if group.passed]
    known = [[m for m in exercise.misconceptions if _shows(exercise, m, t)] for t in failed]
    shared = [m for m in exercise.misconceptions if failed and all(m in ms for ms in known)]
    if shared:
        exact = (m for m in shared if not any(_fails(exercise, m, t) for t in right))
        return (next(exact, shared[0]).hint,)
    if any(is_truth(trial.expected) for trials in failed for trial in trials):
        # A few yes-or-no answers of one group fit many misconceptions by chance.
        pattern = _pattern([trial for group in groups for trial in group.trials])
        return (pattern,) if pattern else ()
    firsts = [found[0].hint for found in known if found]
    hints = firsts or _patterns(failed)
    return tuple(hint for hint in dict.fromkeys(hints) if hint)


def _patterns(failed: list[list[Trial]]) -> list[str]:
    """Return what the trials of each failed group have in common, if it is no accident of one."""
    patterns = [_pattern(trials) for trials in failed]
    of_values = {p for p in patterns if p and p not in STAGE_HINTS.values()}
    # A group that is wrong throughout, in no pattern, contradicts the others'.
    shapeless = any(
        not pattern and all(trial.stage for trial in trials)
        for pattern, trials in zip(patterns, failed, strict=True)
    )
    return [p for p in patterns if p not in of_values or (len(of_values) == 1 and not shapeless)]


def _shows(exercise: Exercise, misconception: Misconception, trials: list[Trial]) -> bool:
    """Whether trials gave what a wrong answer gives, and that is indeed wrong there."""
    if misconception.shows:
        return misconception.shows(trials)
    wrong_here = False
    for trial in trials:
        other = _try_quietly(exercise, misconception.wrong, trial)
        if not agree(exercise, trial.got, other.got):
            return False
        # Without a value, two failures are alike only if the same happened.
        if trial.got is None and trial.detail != other.detail:
            return False
        wrong_here = wrong_here or bool(other.stage)
    return wrong_here


def _fails(exercise: Exercise, misconception: Misconception, trials: list[Trial]) -> bool:
    return any(_try_quietly(exercise, misconception.wrong, trial).stage for trial in trials)


def _try_quietly(exercise: Exercise, wrong: Callable[..., Any], trial: Trial) -> Trial:
    """Call a wrong answer of the catalogue: what it prints or warns is not the learner's."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = _calling(wrong)
        return _try(exercise, call, trial.arguments, trial.expected, told=False)


def _pattern(trials: list[Trial]) -> str:
    """What a wrong answer that nobody foresaw has in common with the right one."""
    if any("for ^" in trial.detail or "bitwise_xor" in trial.detail for trial in trials):
        return PATTERN_HINTS["power"]
    for stage, hint in STAGE_HINTS.items():
        if any(trial.stage == stage for trial in trials):
            return hint
    got, expected = _in_a_row([t.got for t in trials]), _in_a_row([t.expected for t in trials])
    if got.size != expected.size or not got.size:
        return ""
    if got.size > 1 and np.all(got == got[0]):
        return PATTERN_HINTS["constant"]
    if expected.dtype.kind == "b":
        return _pattern_of_truth(got.astype(bool), expected)
    if expected.dtype.kind == "U":
        return ""
    if not all(trial.stage for trial in trials):
        return ""
    with np.errstate(all="ignore"):
        ratios, offsets = got / expected, got - expected
    if np.allclose(ratios, 1.0, rtol=0.02, atol=0):
        return PATTERN_HINTS["near"]
    if np.allclose(ratios, -1.0, rtol=1e-3, atol=0):
        return PATTERN_HINTS["sign"]
    if ratios.size > 1 and np.allclose(ratios, ratios[0], rtol=1e-3, atol=0):
        return PATTERN_HINTS["factor"].format(ratios[0])
    if np.allclose(offsets, offsets[0], rtol=1e-3, atol=0):
        return PATTERN_HINTS["offset"].format(offsets[0])
    return ""


def _in_a_row(values: list[Value]) -> Any:
    """Return all numbers of some values, one after the other, as text if there is any."""
    rows = [np.ravel(leaf) for leaf in leaves(values) if isinstance(leaf, np.ndarray)]
    if any(row.dtype.kind == "U" for row in rows):
        rows = [row.astype(str) for row in rows]
    return np.concatenate(rows) if rows else np.empty(0)


def _pattern_of_truth(got: Any, expected: Any) -> str:
    if np.all(got != expected):
        return PATTERN_HINTS["opposite"]
    if np.all(got >= expected):
        return PATTERN_HINTS["lenient"]
    if np.all(got <= expected):
        return PATTERN_HINTS["strict"]
    return ""
