"""Grading a whole class: one task for each learner, handed to an executor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from queue import SimpleQueue
from typing import Protocol

from gradlab.exercises.catalogue import ALL_EXERCISES
from gradlab.grading.grader import Task, grade_submission, list_names
from gradlab.grading.intake.submissions import Submission, read_notebooks
from gradlab.grading.outcome.results import Entry, ExerciseResult, LearnerResult, Run
from gradlab.grading.sandbox.isolation import SENTENCES
from gradlab.grading.sandbox.process import LEVELS, Level
from gradlab.grading.signals import hold
from gradlab.support.progress import progress

# A learner's notebooks are in memory only while they wait or are graded.
IN_FLIGHT = 32
_FAILED = "could not be graded"

Graded = tuple[LearnerResult, Level]


class ResultStore(Protocol):
    """What was found of learners before, and where what is found now is kept."""

    def find(self, student: str, digest: str) -> Entry | None:
        """Return what was found of a learner who handed in just this; None if nothing was."""

    def keep(self, entry: Entry) -> None:
        """Keep what was found of a learner."""


def grade_all(
    submissions: Sequence[Submission],
    executor: Executor,
    *,
    seed: int,
    lessons: tuple[int, ...] = (),
    cpu_seconds: int = 10,
    level: Level | None = None,
    without_isolation: bool = False,
    journal: ResultStore | None = None,
) -> tuple[list[LearnerResult], Run]:
    """Grade all learners.

    Parameters
    ----------
    submissions : sequence of Submission
        What they handed in.
    executor : concurrent.futures.Executor
        What runs the tasks, in which order ever; it stays open.
    seed : int
        What the cases are drawn from, for all learners the same.
    lessons : tuple of int, optional
        The lessons that count. Default: all.
    cpu_seconds : int
        The computing time that each answer may take.
    level : {"bubblewrap", "uid", "limits"}, optional
        How answers are isolated. Default: the strongest level where the task runs.
    without_isolation : bool
        Whether answers may run as root with limits alone, if that is all there is there.
    journal : ResultStore, optional
        Who is in it with just what they handed in is not graded again; the others are added as
        soon as they are done, but not if their task failed.

    Returns
    -------
    results : list of LearnerResult
        One for each learner, in the order of `submissions`.
    run : Run
        How they were graded.
    """
    read = partial(
        _read_task,
        lessons=lessons,
        seed=seed,
        cpu_seconds=cpu_seconds,
        level=level,
        without_isolation=without_isolation,
    )
    entries = _find_kept(submissions, read, journal)
    results = {place: entry.result for place, entry in entries.items()}
    levels = {entry.level for entry in entries.values()} | ({level} if level else set())
    digests: dict[int, str] = {}

    def submit(place: int) -> Future[Graded]:
        task = read(submissions[place])
        digests[place] = digest(task)
        return executor.submit(grade_submission, task)

    def grade_others() -> Iterator[int]:
        for place, future in _run_all(left, submit):
            try:
                results[place], used = future.result()
                levels.add(used)
            except Exception as error:
                results[place] = _make_ungraded(submissions[place], error, lessons)
            else:
                keep(Entry(digests[place], used, results[place]))
            yield place

    def keep(entry: Entry) -> None:
        if journal is not None:
            with hold():
                journal.keep(entry)

    left = [place for place in range(len(submissions)) if place not in results]
    for _ in progress(grade_others(), "learner", total=len(left)):
        pass
    run = Run(version("gradlab-course"), seed, _describe_levels(levels), lessons)
    return [results[place] for place in range(len(submissions))], run


def is_ungraded(result: LearnerResult) -> bool:
    """Return whether a learner's task failed, for whatever reason."""
    return any(note.startswith(f"{_FAILED}: ") for note in result.notes[:1])


def digest(task: Task) -> str:
    """Return a digest of all that the results of a task depend on, but for the level."""
    notebooks = [
        (name, hashlib.sha256(content).hexdigest()) for name, content in task.notebooks.items()
    ]
    attempts = dict(sorted(task.attempts.items()))
    rest = replace(task, notebooks={}, attempts=attempts, level=None, without_isolation=False)
    return hashlib.sha256(repr((sorted(notebooks), rest)).encode()).hexdigest()


def _read_task(
    submission: Submission,
    lessons: tuple[int, ...],
    seed: int,
    cpu_seconds: int,
    level: Level | None,
    without_isolation: bool,
) -> Task:
    contents, unread = read_notebooks(submission)
    return Task(
        student=submission.student,
        notebooks=contents,
        notes=submission.notes,
        unread=unread,
        lessons=lessons,
        seed=seed,
        cpu_seconds=cpu_seconds,
        level=level,
        without_isolation=without_isolation,
        attempts=submission.attempts,
        others=submission.others,
    )


def _find_kept(
    submissions: Sequence[Submission],
    read: Callable[[Submission], Task],
    journal: ResultStore | None,
) -> dict[int, Entry]:
    if journal is None:
        return {}
    found = {
        place: journal.find(submission.student, digest(read(submission)))
        for place, submission in enumerate(submissions)
    }
    return {place: entry for place, entry in found.items() if entry is not None}


def _run_all(
    places: Sequence[int], submit: Callable[[int], Future[Graded]]
) -> Iterator[tuple[int, Future[Graded]]]:
    """Keep the executor busy; yield the place of each learner who is done, and the outcome."""
    # Waiting for this queue, a process can be stopped by a signal at any time.
    done: SimpleQueue[tuple[int, Future[Graded]]] = SimpleQueue()
    running = 0
    for place in places:
        if running == IN_FLIGHT:
            yield done.get()
            running -= 1
        _submit(place, submit).add_done_callback(partial(_put, done, place))
        running += 1
    for _ in range(running):
        yield done.get()


def _submit(place: int, submit: Callable[[int], Future[Graded]]) -> Future[Graded]:
    try:
        return submit(place)
    except BrokenExecutor as error:
        failed: Future[Graded] = Future()
        failed.set_exception(error)
        return failed


def _put(
    done: SimpleQueue[tuple[int, Future[Graded]]], place: int, future: Future[Graded]
) -> None:
    done.put((place, future))


def _make_ungraded(
    submission: Submission, error: Exception, lessons: tuple[int, ...]
) -> LearnerResult:
    """Return a row for a learner whose task failed: a person has to look at it."""
    why = f"{_FAILED}: {type(error).__name__}: {error}"
    asked = [ALL_EXERCISES[name] for name in list_names(lessons)]
    results = tuple(
        ExerciseResult(one.name, one.lesson, "missing", 0.0, one.points) for one in asked
    )
    return LearnerResult(submission.student, "unreadable", results, (why,))


def _describe_levels(levels: set[str]) -> str:
    """Say how answers were isolated: machines of a cluster may differ."""
    return " Or ".join(SENTENCES[level] for level in LEVELS if level in levels)
