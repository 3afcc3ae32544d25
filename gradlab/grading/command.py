"""The command ``gradlab grade``: from a folder or an archive to grades and feedback."""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from gradlab.exercises.catalogue import WRITTEN
from gradlab.grading.batch import IN_FLIGHT, grade_all, is_ungraded
from gradlab.grading.intake.roster import compare, read_roster
from gradlab.grading.intake.submissions import Submission, open_submissions
from gradlab.grading.outcome.feedback import require_room, write_feedback
from gradlab.grading.outcome.gradebook import (
    as_csv,
    as_json,
    as_report,
    write_grades,
)
from gradlab.grading.outcome.marks import Marks, merge, read_marks
from gradlab.grading.outcome.results import LearnerResult, Run
from gradlab.grading.sandbox.isolation import SENTENCES, choose_level, trouble
from gradlab.support.errors import GradlabError

# Seconds until a Dask scheduler has to answer.
_PATIENCE = 10
# Of a process that grades, in bytes.
_MEMORY = 4 << 30


@dataclass(frozen=True)
class Request:
    """What a teacher asked for; the fields are the options of ``gradlab grade``."""

    submissions: Sequence[Path]
    output: Path
    lesson: int | None
    feedback: Path | None
    json: Path | None
    manual: Path | None
    roster: Path | None
    layout: str | None
    seed: int | None
    jobs: int | None
    timeout: int
    dask: str | None
    without_isolation: bool


class RequestError(GradlabError):
    """What cannot be done, with what to do, in sentences for the teacher."""


def run_grading(request: Request) -> int:
    """Grade submissions, write the files and print a summary.

    Parameters
    ----------
    request : Request
        What a teacher asked for.

    Returns
    -------
    int
        The exit code: 0 if every learner has a row, 1 if something went wrong, and then a
        sentence says what.
    """
    try:
        marks = _prepare(request)
        members = read_roster(request.roster) if request.roster else []
        with open_submissions(*request.submissions, layout=request.layout) as submissions:
            absent, strangers = compare(members, [one.student for one in submissions])
            everybody = [*submissions, *(Submission(name, (), ()) for name in absent)]
            everybody.sort(key=lambda one: one.student)
            report = _grade(request, everybody, marks, strangers if members else [])
    except GradlabError as error:
        print(f"gradlab grade: {error}", file=sys.stderr)
        return 1
    print(report, end="")
    return 0


def _prepare(request: Request) -> Marks:
    """Find out now what would fail at the end of a long run."""
    if not request.output.name or request.output.is_dir():
        raise RequestError(f"{request.output} is a folder; name a file for the grades")
    files = [path for path in (request.output, _summary(request), request.json) if path]
    if len({path.absolute() for path in files}) < len(files):
        raise RequestError(
            "grades, summary and JSON would be written over each other: their names are "
            f"{', '.join(map(str, files))}. The summary ends in .txt; choose others"
        )
    for path in (*files, *([request.feedback] if request.feedback else [])):
        if not path.absolute().parent.is_dir():
            raise RequestError(
                f"{path} cannot be written: there is no folder {path.absolute().parent}; make it"
            )
    if request.manual is None:
        return {}
    return read_marks(request.manual, {name: answer.points for name, answer in WRITTEN.items()})


def _summary(request: Request) -> Path:
    return request.output.with_name(f"{request.output.stem}.txt")


def _grade(
    request: Request, submissions: Sequence[Submission], marks: Marks, strangers: Sequence[str]
) -> str:
    if request.feedback is not None:
        require_room([submission.student for submission in submissions], request.feedback)
    results, run = _results(request, submissions)
    results, remarks = merge(results, marks)
    report = as_report(results, run, remarks, strangers)
    files = {request.output: as_csv(results), _summary(request): report}
    if request.json is not None:
        files[request.json] = as_json(results, run)
    kept = [(path, write_grades(path, text)) for path, text in files.items()]
    lines = [f"Grades: {request.output}; this summary: {_summary(request)}"]
    lines += [f"{path} was there already; it is kept as {old}" for path, old in kept if old]
    if request.feedback is not None:
        pages = write_feedback(results, request.feedback)
        count = "1 page" if len(pages) == 1 else f"{len(pages)} pages"
        lines.append(f"Feedback: {count} in {request.feedback}; pages.csv says whose is whose")
    return report + "\n" + "\n".join(lines) + "\n"


def _results(
    request: Request, submissions: Sequence[Submission]
) -> tuple[list[LearnerResult], Run]:
    """Grade all; if a process ends, and takes the tasks of others with it, try again."""
    level = None if request.dask else choose_level(request.without_isolation)
    if level not in (None, "bubblewrap"):
        # Before anything is run: there is time to stop.
        print(f"Isolation: {SENTENCES[level]} ({trouble('bubblewrap')})", file=sys.stderr)
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    grade = partial(
        grade_all,
        seed=seed,
        lesson=request.lesson,
        cpu_seconds=request.timeout,
        level=level,
        without_isolation=request.without_isolation,
    )
    with _executor(request) as executor:
        results, run = grade(submissions, executor)
    lost = [place for place, result in enumerate(results) if is_ungraded(result)]
    while lost:
        # Only one of those that were under way can have done it: these are graded alone.
        suspects, lost = lost[:IN_FLIGHT], lost[IN_FLIGHT:]
        for place in suspects:
            with _executor(replace(request, jobs=1)) as executor:
                (results[place],), _ = grade([submissions[place]], executor)
        if lost:
            with _executor(request) as executor:
                again, _ = grade([submissions[place] for place in lost], executor)
            for place, result in zip(lost, again, strict=True):
                results[place] = result
            lost = [place for place in lost if is_ungraded(results[place])]
    return results, run


@contextlib.contextmanager
def _executor(request: Request) -> Iterator[Executor]:
    if request.dask is not None:
        with _dask(request.dask) as executor:
            yield executor
        return
    jobs = request.jobs or _cores()
    # The networks are small; threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Forked, a task would begin with whatever threads this process has.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _bound) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _bound() -> None:
    """Bound the memory of a process that grades, and have Ctrl-C end it at once."""
    # What an answer hands back is checked here: should it be a bomb after all, it is this one's.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))


@contextlib.contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError as error:
        raise RequestError(
            "--dask needs the package distributed: python -m pip install distributed"
        ) from error
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RequestError(
            f"no Dask scheduler answers at {address} ({error}); start one with dask scheduler, "
            "and workers that have gradlab with dask worker"
        ) from error
    with client:
        yield client.get_executor(pure=False)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
