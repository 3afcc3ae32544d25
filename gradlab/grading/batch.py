"""Grading a whole class: one task for each learner, handed to an executor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from importlib.metadata import version

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.grader import Task, grade_submission, names_that_count
from gradlab.grading.intake.submissions import Submission, read_notebooks
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult, Run
from gradlab.grading.sandbox.isolation import SENTENCES
from gradlab.grading.sandbox.process import LEVELS, Level
from gradlab.support.progress import progress

# A learner's notebooks are in memory only while they wait or are graded.
IN_FLIGHT = 32
_FAILED = "could not be graded"

Graded = tuple[LearnerResult, Level]


def grade_all(
    submissions: Sequence[Submission],
    executor: Executor,
    *,
    seed: int,
    lesson: int | None = None,
    cpu_seconds: int = 10,
    level: Level | None = None,
    without_isolation: bool = False,
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
    lesson : int, optional
        The only lesson that counts. Default: all.
    cpu_seconds : int
        The computing time that each answer may take.
    level : {"bubblewrap", "uid", "limits"}, optional
        How answers are isolated. Default: the strongest level where the task runs.
    without_isolation : bool
        Whether answers may run as root with limits alone, if that is all there is there.

    Returns
    -------
    results : list of LearnerResult
        One for each learner, in the order of `submissions`.
    run : Run
        How they were graded.
    """

    def submit(submission: Submission) -> Future[Graded]:
        contents, unread = read_notebooks(submission)
        task = Task(
            student=submission.student,
            notebooks=contents,
            notes=submission.notes,
            unread=unread,
            lesson=lesson,
            seed=seed,
            cpu_seconds=cpu_seconds,
            level=level,
            attempts=submission.attempts,
            without_isolation=without_isolation,
        )
        return executor.submit(grade_submission, task)

    done: dict[int, LearnerResult] = {}
    levels: set[Level] = {level} if level else set()
    finished = _run_all(submissions, submit)
    for place, future in progress(finished, "learner", total=len(submissions)):
        try:
            done[place], used = future.result()
            levels.add(used)
        except Exception as error:
            done[place] = _ungraded(submissions[place], error, lesson)
    run = Run(version("gradlab-course"), seed, _sentence(levels), lesson)
    return [done[place] for place in range(len(submissions))], run


def is_ungraded(result: LearnerResult) -> bool:
    """Return whether a learner's task failed, for whatever reason."""
    return any(note.startswith(_FAILED) for note in result.notes)


def _run_all(
    submissions: Sequence[Submission], submit: Callable[[Submission], Future[Graded]]
) -> Iterator[tuple[int, Future[Graded]]]:
    """Keep the executor busy; yield the place of each learner who is done, and the outcome."""
    waiting: dict[Future[Graded], int] = {}
    for place, submission in enumerate(submissions):
        while len(waiting) >= IN_FLIGHT:
            yield from _take_done(waiting)
        try:
            waiting[submit(submission)] = place
        except BrokenExecutor as error:
            failed: Future[Graded] = Future()
            failed.set_exception(error)
            yield place, failed
    while waiting:
        yield from _take_done(waiting)


def _take_done(waiting: dict[Future[Graded], int]) -> Iterator[tuple[int, Future[Graded]]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        yield waiting.pop(future), future


def _ungraded(submission: Submission, error: Exception, lesson: int | None) -> LearnerResult:
    """Return a row for a learner whose task failed: a person has to look at it."""
    why = f"{_FAILED}: {type(error).__name__}: {error}"
    asked = [EXERCISES.get(name) or WRITTEN[name] for name in names_that_count(lesson)]
    results = tuple(
        ExerciseResult(one.name, one.lesson, "missing", 0.0, one.points) for one in asked
    )
    return LearnerResult(submission.student, "unreadable", results, (why,))


def _sentence(levels: set[Level]) -> str:
    """Say how answers were isolated: machines of a cluster may differ."""
    return " Or ".join(SENTENCES[level] for level in LEVELS if level in levels)
