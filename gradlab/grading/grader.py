"""Grading one learner: find the answers, run each in the sandbox, compare here."""

from __future__ import annotations

import contextlib
import threading
import time
import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from gradlab.exercises.catalogue import ALL_EXERCISES, EXERCISES
from gradlab.exercises.checking.own_work import describe_borrowed, describe_sought, join_names
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.generic_hints import STAGE_HINTS
from gradlab.exercises.marking.mark import Drawn, Marking, draw_cases, make_report, mark_calls
from gradlab.exercises.marking.values import OTHER_TYPE
from gradlab.grading.intake.answers import Answer, Work, find_answers
from gradlab.grading.intake.notebooks import LESSON_OF
from gradlab.grading.intake.predictions import find_predictions
from gradlab.grading.needs import Lack, find_lacks
from gradlab.grading.outcome.edition_notes import ASKED_OTHERWISE, HINT
from gradlab.grading.outcome.learner_notes import note_missing_lessons, note_other_lessons
from gradlab.grading.outcome.results import (
    ExerciseResult,
    GroupResult,
    LearnerResult,
    Outcome,
    Status,
)
from gradlab.grading.sandbox.isolation import choose_level
from gradlab.grading.sandbox.packages import choose_packages
from gradlab.grading.sandbox.process import Level, Sandbox, SandboxError
from gradlab.grading.sandbox.remote import WALL_PER_CPU, RemoteAnswer

# How many answers of a learner may take all of their time; then no more are run. One or two
# endless loops happen to anyone; 28 would take five minutes, or if they sleep, 19.
_MOST_OUT_OF_TIME = 6
_NOT_RUN = (
    "It was not run, because your other answers took too much time. Look first at those that "
    "were stopped.",
)
_NOT_RUN_NOTE = (
    "{} not run: earlier answers took all the time that a learner has. Look at them yourself; if "
    "they are slow but not endless, grade again with a longer --timeout"
)
_CUT_OFF_NOTE = (
    "{} was run twice, and its process was killed both times, which happens where memory runs "
    "out, and where an answer kills itself: look at it yourself"
)
# Warnings and random numbers belong to the whole process.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Task:
    """One learner's work, with all that it takes to grade it, wherever that happens.

    Attributes
    ----------
    student : str
        What the submission calls them.
    notebooks : mapping of str to bytes
        The content of each notebook, by file name.
    notes : tuple of str
        What was found out on the way, for the teacher.
    unread : tuple of str
        What could not be read, and why.
    lessons : tuple of int
        The lessons that count; all if it is empty.
    seed : int
        What the cases are drawn from.
    cpu_seconds : int
        The computing time that each answer may take.
    level : str or None
        The level of isolation; the strongest that there is if left out.
    attempts : mapping of str to int
        The attempt to which a notebook belongs, by file name, if there were several.
    without_isolation : bool
        Whether answers may run as root with limits alone, if that is the strongest.
    others : tuple of str
        What else was handed in and may hold an answer in words.
    """

    student: str
    notebooks: Mapping[str, bytes]
    notes: tuple[str, ...]
    unread: tuple[str, ...]
    lessons: tuple[int, ...]
    seed: int
    cpu_seconds: int
    level: Level | None = None
    attempts: Mapping[str, int] = field(default_factory=dict)
    without_isolation: bool = False
    others: tuple[str, ...] = ()


def list_names(lessons: Collection[int] = ()) -> list[str]:
    """Return the exercises and answers in words of some lessons, or of all, in their order.

    Parameters
    ----------
    lessons : collection of int, optional
        The numbers of the lessons. Default: all.

    Returns
    -------
    list of str
        Their names.

    Examples
    --------
    >>> from gradlab.grading.grader import list_names
    >>> list_names([7])
    ['find_bugs', 'explain']
    """
    in_order = sorted(LESSON_OF, key=LESSON_OF.__getitem__)
    return [name for name in in_order if not lessons or LESSON_OF[name] in lessons]


def grade_submission(task: Task) -> tuple[LearnerResult, Level]:
    """Grade one learner. Nothing that the notebooks hold makes this raise.

    Parameters
    ----------
    task : Task
        What to grade.

    Returns
    -------
    result : LearnerResult
        The same for the same task, but where an answer is on the verge of a limit, which a busy
        machine reaches sooner, or draws random numbers of its own.
    level : str
        How its answers were isolated.
    """
    with _one_at_a_time, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        level = task.level or choose_level(task.without_isolation)
        names = list_names(task.lessons)
        work = find_answers(task.notebooks, names, task.attempts, task.others)
        answers = [work.answers[name] for name in names if name in work.answers]
        run, unmarked = _run_answers(task, level, answers)
        results = tuple(
            _complete(run[name], work) if name in run else _make_unrun_result(name, work)
            for name in names
        )
        missed = (*task.unread, *unmarked)
        status = _decide_status(task, work, results, points_may_be_missing=bool(missed))
        notes = (*task.notes, *missed, *work.notes, *note_missing_lessons(results))
        if status == "missing" and work.lessons:
            notes = (*notes, note_other_lessons(work.lessons))
        predictions = find_predictions(task.notebooks, task.attempts)
        return LearnerResult(task.student, status, results, notes, predictions), level


def _run_answers(
    task: Task, level: Level, answers: Iterable[Answer]
) -> tuple[dict[str, ExerciseResult], list[str]]:
    """Return the results of all answers, and what is to be said of those not marked."""
    # Gradlab's own text is in the process of an answer that may use some, and might be kept where
    # a later one finds it: so these come last, those that may use the most at the end.
    answers = sorted(answers, key=lambda answer: len(EXERCISES[answer.name].may_use))
    results: dict[str, ExerciseResult] = {}
    unmarked, not_run = [], []
    left = float(_MOST_OUT_OF_TIME)
    with _Runner(task, level, answers) as runner:
        for answer in answers:
            if left <= 0:
                not_run.append(answer.name)
                continue
            runner.start()
            start, is_out_of_time = time.monotonic(), False
            try:
                ran = runner.run(answer)
                results[answer.name], is_out_of_time = ran.result, ran.is_out_of_time
                if ran.was_cut_off and runner.may_run_twice:
                    unmarked.append(_CUT_OFF_NOTE.format(answer.name))
            except Exception as error:
                # What nobody foresaw costs this answer alone, and a person is told.
                why = f"{answer.name} could not be marked ({type(error).__name__})"
                unmarked.append(f"{why}: look at it yourself")
                results[answer.name] = _make_result(EXERCISES[answer.name], "stopped", 0.0)
            share = (time.monotonic() - start) / (WALL_PER_CPU * task.cpu_seconds)
            # The same on a busy machine.
            left -= 1 if is_out_of_time else share
    if not_run:
        unmarked.append(_NOT_RUN_NOTE.format(", ".join(not_run)))
    results |= {name: _make_result(EXERCISES[name], "stopped", 0.0, _NOT_RUN) for name in not_run}
    return results, unmarked


@dataclass(frozen=True)
class _RunResult:
    """What came of an answer that ran; see `RemoteAnswer` for how it ended."""

    result: ExerciseResult
    is_out_of_time: bool
    was_cut_off: bool
    is_defined: bool


class _Runner:
    """Runs a learner's answers one after the other, in a fresh sandbox where they need one."""

    def __init__(self, task: Task, level: Level, answers: list[Answer]) -> None:
        # Below that, an answer can end the worker, and so could choose to run again.
        self.may_run_twice = level != "limits"
        self._task = task
        self._level = level
        self._packages = choose_packages(
            {module for answer in answers for module in answer.imports},
            (text for answer in answers for text in (*answer.setup, answer.source)),
        )
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> _Runner:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def start(self) -> Sandbox:
        """Start a worker if there is none; try twice, as memory may be short for a moment."""
        if self._sandbox is None:
            with contextlib.suppress(SandboxError):
                self._sandbox = Sandbox(self._level, self._task.cpu_seconds, self._packages)
        if self._sandbox is None:
            self._sandbox = Sandbox(self._level, self._task.cpu_seconds, self._packages)
        return self._sandbox

    def run(self, answer: Answer) -> _RunResult:
        """Run an answer; without what it may not need, if that took all of its time."""
        ran = self._run_safely(answer)
        if ran.is_defined or not ran.is_out_of_time or answer.narrow is None:
            return ran
        return self._run_safely(answer.narrow)

    def _run_safely(self, answer: Answer) -> _RunResult:
        """Run an answer; once more if it was cut off, for which it need not be to blame."""
        if not self.may_run_twice:
            return self._run_once(answer)
        with contextlib.suppress(SandboxError):
            ran = self._run_once(answer)
            if not ran.was_cut_off:
                return ran
        return self._run_once(answer)

    def _run_once(self, answer: Answer) -> _RunResult:
        ran: _RunResult | None = None
        sandbox = self.start()
        try:
            ran = _grade(sandbox, answer, self._task)
        finally:
            if ran is None or ran.was_cut_off or sandbox.lost:
                self._close()
        return ran

    def _close(self) -> None:
        if self._sandbox:
            self._sandbox.close()
            self._sandbox = None


def _grade(sandbox: Sandbox, answer: Answer, task: Task) -> _RunResult:
    exercise = EXERCISES[answer.name]
    remote = RemoteAnswer(
        sandbox, exercise, answer.setup, answer.source, task.seed, task.cpu_seconds
    )
    drawn, order = _draw_once(exercise.name, task.seed), np.random.default_rng([task.seed, 1])
    marking = mark_calls(exercise, remote, drawn, order)
    stopped = remote.end()
    result = _judge(answer, remote, marking, stopped)
    return _RunResult(result, remote.is_out_of_time, remote.was_cut_off, remote.is_defined)


def _judge(answer: Answer, remote: RemoteAnswer, marking: Marking, stopped: str) -> ExerciseResult:
    exercise = EXERCISES[answer.name]
    groups = tuple(
        GroupResult(group.name, group.tally.right, group.tally.total, group.tally.table)
        for group in marking.groups
    )
    if remote.borrowed:
        hint = describe_borrowed(exercise, remote.borrowed)
        note = f"calls gradlab's {join_names(remote.borrowed)}"
        return _make_result(exercise, "borrowed", 0.0, (hint,), (*answer.notes, note))
    lacks = find_lacks(answer, remote)
    notes = (*answer.notes, *(lack.note for lack in lacks))
    if not marking.attempted and not lacks:
        return _make_result(exercise, "blank", 0.0, notes=answer.notes)
    if remote.unfit:
        hints = (remote.unfit, *(lack.hint for lack in lacks))
        return _make_result(exercise, "wrong", 0.0, hints, (*notes, remote.unfit), groups)
    if stopped:
        why = stopped if remote.is_defined else f"{stopped} before the function was called"
        hint = f"It was stopped: it {why}."
        if remote.is_out_of_time:
            hint += " Does a loop never end? Look at what should change in it."
        notes = (*answer.notes, f"was stopped: it {why}")
        result = _make_result(exercise, "stopped", marking.points, (hint,), notes, groups)
        return replace(result, is_out_of_time=remote.is_out_of_time)
    if marking.attempted and all(group.passed for group in marking.groups):
        return _make_result(exercise, "right", marking.points, (), answer.notes, groups)
    hints = _choose_hints(exercise, marking, remote, lacks)
    if remote.sought and not marking.points:
        hint = describe_sought(exercise, remote.sought)
        notes = (*notes, f"looks for gradlab's {join_names(remote.sought)}")
        return _make_result(exercise, "borrowed", 0.0, (hint, *hints), notes)
    return _make_result(exercise, "wrong", marking.points, hints, notes, groups)


def _make_result(
    exercise: Exercise,
    outcome: Outcome,
    points: float,
    hints: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    groups: tuple[GroupResult, ...] = (),
) -> ExerciseResult:
    return ExerciseResult(
        exercise.name, exercise.lesson, outcome, points, exercise.points, groups, hints, notes
    )


@cache
def _draw_once(name: str, seed: int) -> Drawn:
    """Draw the cases of an exercise once for all learners; they are copied at every call."""
    return draw_cases(EXERCISES[name], seed)


def _choose_hints(
    exercise: Exercise, marking: Marking, remote: RemoteAnswer, lacks: list[Lack]
) -> tuple[str, ...]:
    """Return what helps the learner, with nothing that tells of a hidden case.

    What an error says may hold the numbers that the answer was called with, so only its kind and
    the learner's own line are told.
    """
    raised = [
        f"It raised {kind}" + (f", in the line “{line}”." if line else ".")
        for kind, line in remote.raised
        if kind != "NotImplementedError"
    ]
    # What it lacked is mostly why it raised something.
    said = [*(lack.hint for lack in lacks), *raised[:3]]
    trials = [trial for group in marking.groups for trial in group.trials]
    # Types are told, which have names of Python's or NumPy's; values and shapes are not.
    types = {t.detail for t in trials if t.stage == "returns" and OTHER_TYPE.fullmatch(t.detail)}
    said += [f"It {detail}." for detail in sorted(types)]
    # What is quoted there is not told here.
    hints = [hint for hint in marking.hints if hint != STAGE_HINTS["raises"]]
    again = f'Run gradlab.check("{exercise.name}") in your notebook: it shows a case that fails.'
    report = make_report(exercise, marking, told=False)
    return (*said, *hints, *report) or (again,)


def _complete(result: ExerciseResult, work: Work) -> ExerciseResult:
    """Add to what came of an answer its text, and what is to be said of its notebook."""
    remarks = work.remarks.get(result.name, ())
    may_have_cost = result.outcome in ("wrong", "stopped") and ASKED_OTHERWISE in remarks
    return replace(
        result,
        answer=work.answers[result.name].text,
        hints=(*result.hints, HINT) if may_have_cost else result.hints,
        notes=(*result.notes, *remarks),
    )


def _make_unrun_result(name: str, work: Work) -> ExerciseResult:
    """Return the result of what is not there, or blank, or in words."""
    asked, notes = ALL_EXERCISES[name], work.remarks.get(name, ())
    if name in work.written:
        words = work.written[name]
        return ExerciseResult(
            name, asked.lesson, "written", None, asked.points, notes=notes, answer=words
        )
    outcome: Outcome = "blank" if name in work.blank else "missing"
    return ExerciseResult(name, asked.lesson, outcome, 0.0, asked.points, notes=notes)


def _decide_status(
    task: Task, work: Work, results: tuple[ExerciseResult, ...], points_may_be_missing: bool
) -> Status:
    # Where notes are all that there is, something was handed in, but nothing to grade.
    if points_may_be_missing or work.unreadable or (task.notes and not task.notebooks):
        return "unreadable"
    counts = {result.lesson for result in results}
    is_of_others = bool(work.lessons) and not counts & work.lessons
    if not task.notebooks or (is_of_others and all(r.outcome == "missing" for r in results)):
        return "missing"
    if any(result.outcome == "written" for result in results):
        return "needs-manual"
    return "graded"
