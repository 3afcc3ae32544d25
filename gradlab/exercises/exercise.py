"""What an exercise is: one definition, from which lessons, checks and tests are made."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

Arguments = tuple[Any, ...]
Cases = dict[str, list[Arguments]]

_SOLUTION = re.compile("### BEGIN SOLUTION.*### END SOLUTION", re.DOTALL)
_STUB = "# YOUR CODE HERE\n    raise NotImplementedError()"
_AS_FOUND = "    # As it was found: delete the line above and mend this."


@dataclass(frozen=True)
class Trial:
    """One call of an answer: what went in, what should come out, and what did.

    `expected` and `got` are arrays, or nested lists of them, as
    `gradlab.exercises.marking.values` makes them; `expected` is an `IndexError` where raising one
    is right. `stage` is empty if the call was right, else the first stage that failed: "stub" (it
    raised NotImplementedError), "raises", "returns", "changes", "shape", "finite" or "values";
    `detail` then says what happened, for people.
    """

    arguments: Arguments
    expected: Any
    got: Any
    stage: str
    detail: str


class Tally(NamedTuple):
    """How much of a group of cases is right: of so many, and which share of the points it earns.

    `table` are lines that say more than the count does.
    """

    right: int
    total: int
    share: float
    table: tuple[str, ...] = ()


def all_or_nothing(trials: list[Trial]) -> Tally:
    """Count the trials; a group earns its points if every trial is right."""
    right = sum(not trial.stage for trial in trials)
    return Tally(right, len(trials), float(right == len(trials)))


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
class Misconception:
    """A known wrong answer and the sentence that helps someone who gave it.

    An answer shows the misconception in a group of cases if it returns what `wrong` returns,
    or, where that is too narrow (a hard-coded step can have any size), if `shows` says so.
    """

    wrong: Callable[..., Any]
    hint: str
    shows: Callable[[list[Trial]], bool] | None = None


class Step(NamedTuple):
    """One step of the way to an answer: what it works out, and the value."""

    what: str
    value: Any


@dataclass(frozen=True)
class Observation:
    """What is true of an answer that no misconception explains, and points at what is wrong.

    `holds` is given all trials that gave values of the right shape, the right ones, too. Of each
    `kind`, the first that holds is told.
    """

    hint: str
    holds: Callable[[list[Trial]], bool]
    kind: str = ""


@dataclass(frozen=True)
class Exercise:
    """An exercise: its reference answer, how it is marked, and what goes wrong in it.

    Parameters
    ----------
    points : int
        What a right answer earns; each group of cases earns the same share.
    reference : callable
        The published solution. Its name is the exercise's, and its source becomes the
        solution cell: it may use ``np`` and ``gradlab`` and nothing else from outside.
    cases : callable
        Takes a random generator and returns the groups: name -> list of argument tuples.
    misconceptions : tuple of Misconception
        Ordered: where an answer shows several, the first one's hint is given.
    hints : tuple of str
        From a nudge to nearly the answer.
    also_right : tuple of callable
        Right answers written in other ways than the reference; tests mark them.
    may_use : frozenset of str
        Names of gradlab's own functions and classes that an answer may call.
    withheld : mapping of str to str
        Functions that those call, by module and name, which would do the exercise. Each with what
        the learner knows it as.
    rtol, atol : float
        How near a value must come to the reference's: relative and absolute, per entry.
    indices : bool
        Whether its whole numbers are indices: of an integer type, and neither floats nor truth
        values.
    new_arrays : bool
        Whether an answer must hand back float64 arrays that share no memory with its arguments.
    tally : callable
        Counts what is right in a group of trials, and what it earns.
    advice : str
        What to do with a wrong answer that no hint fits.
    judge : callable, optional
        Takes the arguments of a case and what was returned, as plain numbers, text and lists of
        these, and says what is wrong with it; "" if nothing is. Where many answers are right,
        this decides; nothing is compared with the reference.
    found : callable, optional
        Code with a mistake, with the parameters of the reference. The learner is given its body
        to mend.
    question : str
        What the lesson asks, in Markdown, if the reference's docstring cannot say it.
    report : callable, optional
        Takes all trials, and whether their numbers may be told; returns lines that say where the
        answer is wrong, and none if it cannot. It does not raise, whatever was returned.
    steps : callable, optional
        Takes the arguments of a case and returns the steps to its answer, one after the other;
        the last has the value of the reference. A learner whose mistake is unknown is shown them.
    observations : tuple of Observation
        Ordered: of each kind the first that holds is told a learner whose mistake is unknown.
    lesson : int
        The number of its lesson; the catalogue finds it.
    """

    points: int
    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], Cases]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, ...]
    also_right: tuple[Callable[..., Any], ...] = ()
    may_use: frozenset[str] = field(default_factory=frozenset)
    withheld: Mapping[str, str] = field(default_factory=dict, hash=False)
    rtol: float = 1e-6
    atol: float = 1e-9
    indices: bool = False
    new_arrays: bool = False
    tally: Callable[[list[Trial]], Tally] = all_or_nothing
    advice: str = "Take the case above and work it out by hand, then compare line by line."
    judge: Callable[[Arguments, Any], str] | None = None
    found: Callable[..., Any] | None = None
    question: str = ""
    report: Callable[[list[Trial], bool], tuple[str, ...]] | None = None
    steps: Callable[..., tuple[Step, ...]] | None = None
    observations: tuple[Observation, ...] = ()
    lesson: int = -1

    @property
    def name(self) -> str:
        """The name of the function that the learner writes."""
        return self.reference.__name__

    @property
    def signature(self) -> inspect.Signature:
        """The parameters of the function that the learner writes."""
        return inspect.signature(self.reference)

    def source(self) -> str:
        """Return the source of the reference answer."""
        return _read_source(self.reference)

    def solution_cell(self) -> str:
        """Return the reference with nbgrader's markers around all but signature and docstring.

        Code to mend follows the solution, so that in the learner's edition it follows the stub.
        """
        if self.reference.__doc__ is None:
            raise TypeError(f"the reference of {self.name} must be a function with a docstring")
        head, body = _split_source(self.reference)
        cell = [*head, "    ### BEGIN SOLUTION", *body, "    ### END SOLUTION"]
        if self.found is not None:
            cell += [_AS_FOUND, *_split_source(self.found)[1]]
        return "\n".join(cell)

    def blank_cell(self) -> str:
        """Return the cell as the learner gets it: what nbgrader makes of the solution cell."""
        return _SOLUTION.sub(_STUB, self.solution_cell())


def _read_source(function: Callable[..., Any]) -> str:
    return textwrap.dedent(inspect.getsource(function)).strip()


def _split_source(function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """Return the lines of signature and docstring, and those of the rest."""
    lines = _read_source(function).splitlines()
    definition = ast.parse("\n".join(lines)).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(f"{function.__name__} must be written with def, not as a lambda")
    first = definition.body[0]
    start = first.lineno - 1 if function.__doc__ is None else first.end_lineno
    return lines[:start], lines[start:]


@dataclass(frozen=True)
class WrittenAnswer:
    """A question that is answered in words, which a person marks.

    Parameters
    ----------
    rubric : tuple of (int, str)
        What earns how many points.
    model : str
        An answer that earns them all.
    words : tuple of int
        How many words are asked for, from and to.
    name : str
        What it is called in the notebook and in the grades; the catalogue finds it.
    lesson : int
        The number of its lesson; the catalogue finds it.
    """

    rubric: tuple[tuple[int, str], ...]
    model: str
    words: tuple[int, int]
    name: str = ""
    lesson: int = -1

    @property
    def points(self) -> int:
        """What a full answer earns."""
        return sum(points for points, _ in self.rubric)

    def rubric_table(self) -> str:
        """Return the rubric as a Markdown table, which the build puts into the lesson."""
        rows = [f"| {points} | {what} |" for points, what in self.rubric]
        return "\n".join(["| points | for |", "|--:|:--|", *rows])
