"""The command ``gradlab grade``: from a folder or an archive to grades and feedback."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

import numpy as np

from gradlab.course.folder import LESSONS, lessons_folder
from gradlab.exercises.catalogue import WRITTEN
from gradlab.grading.batch import grade_all, is_ungraded
from gradlab.grading.intake.roster import compare, tell_apart
from gradlab.grading.intake.submissions import Submission, open_submissions
from gradlab.grading.lms.feedback_zip import require_zips
from gradlab.grading.lms.fill import require_same_assignment
from gradlab.grading.outcome.conditions import Conditions
from gradlab.grading.outcome.gradebook import tell_kept
from gradlab.grading.outcome.journal import Journal, open_journal, require_journal
from gradlab.grading.outcome.marks import MarksFile
from gradlab.grading.outcome.pages.feedback import require_room
from gradlab.grading.outcome.phrases import count_things, join_few
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.output_paths import require_writable
from gradlab.grading.outputs import write_outputs
from gradlab.grading.pool import Pool
from gradlab.grading.request import (
    Request,
    RequestError,
    make_command_without,
    make_resuming_command,
)
from gradlab.grading.run_folder import run_folder
from gradlab.grading.sandbox.isolation import SENTENCES, choose_level, find_trouble
from gradlab.grading.sandbox.process import Level
from gradlab.grading.signals import Stopped, hold, stoppable
from gradlab.grading.teacher_files import TeacherFiles, read_teacher_files
from gradlab.support.errors import GradlabError

# Seconds until a Dask scheduler has to answer.
_PATIENCE = 10


def run_grading(request: Request) -> int:
    """Grade submissions, write the files and print a summary.

    Parameters
    ----------
    request : Request
        What a teacher asked for.

    Returns
    -------
    int
        The exit code: 0 if every learner has a row; 1 if something went wrong, and then a
        sentence says what; 128 and the number of the signal if one stopped the run.
    """
    try:
        with stoppable():
            summary = _run(request)
    except Stopped as stop:
        _say(f"gradlab grade: {stop}. {stop.so_far}", sys.stderr)
        return 128 + stop.number
    except BrokenPipeError:
        _say("gradlab grade: nobody reads what it says any more", sys.stderr)
        return 128 + signal.SIGPIPE
    except GradlabError as error:
        _say(f"gradlab grade: {error}", sys.stderr)
        return 1
    _say(summary, sys.stdout)
    return 0


def _run(request: Request) -> str:
    _prepare(request)
    files = read_teacher_files(request)
    with (
        run_folder(),
        open_submissions(
            *request.submissions,
            layout=request.layout,
            command=make_command_without(request, "--layout"),
        ) as submissions,
    ):
        students = [one.student for one in submissions]
        require_same_assignment(files.gradebook, submissions)
        absent, strangers = compare(files.members, students)
        if files.members and len(absent) == len(files.members):
            strangers = [
                f"None of the {len(submissions)} who handed in something is on "
                f"{request.roster or request.gradebook}. Is it the list of another class?"
            ]
        nothing = [Submission(name, (), ()) for name in tell_apart(absent, students)]
        everybody = [*submissions, *nothing]
        everybody.sort(key=lambda one: one.student)
        return _grade(request, everybody, files, strangers if files.members else [])


def _prepare(request: Request) -> None:
    """Find out now what would fail at the end of a long run."""
    try:
        Path.cwd()
    except OSError as error:
        raise RequestError(
            "the folder that you are in does not exist any more; change to another one with cd"
        ) from error
    outputs = request.outputs
    _require_written(request)
    require_writable(outputs)
    if request.resume:
        require_journal(outputs.journal)


def _require_written(request: Request) -> None:
    """Raise if an option on answers in words would have no effect."""
    if request.anonymous and request.written is None and request.manual is None:
        raise RequestError(
            "--anonymous hides names on the page of --written and in a new table of --manual; "
            "give one of them too, or leave it out"
        )
    lessons = sorted({question.lesson for question in WRITTEN.values()})
    if request.written is not None and request.lessons and not {*lessons} & {*request.lessons}:
        raise RequestError(
            "--written: no question of the lessons that count is answered in words, so the page "
            f"would be empty. There are some in lesson {', '.join(map(str, lessons))}; leave "
            "--written out, or let that lesson count"
        )


def _grade(
    request: Request,
    submissions: Sequence[Submission],
    files: TeacherFiles,
    strangers: Sequence[str],
) -> str:
    outputs, marks = request.outputs, files.marks
    if outputs.feedback is not None:
        require_room([submission.student for submission in submissions], outputs.feedback)
        require_zips(submissions, outputs.feedback)
    level = _choose_level(request)
    conditions = _find_conditions(request, level)
    with (
        _open_executor(request) as executor,
        open_journal(outputs.journal, conditions, request.resume) as journal,
    ):
        _require_marks_of(journal, marks)
        _announce_new_marks(marks)
        try:
            _warn_of_unfinished(journal)
            results, run = grade_all(
                submissions,
                executor,
                seed=journal.seed,
                lessons=request.lessons,
                cpu_seconds=request.timeout,
                level=level,
                without_isolation=request.without_isolation,
                journal=journal,
            )
            written = write_outputs(
                outputs, results, run, files, strangers, submissions, journal.given
            )
            journal.finish(
                marks.path if marks and marks.has_marks else None,
                _find_to_mark(marks, journal),
                written.given,
            )
        except Stopped as stop:
            with hold():
                stop.so_far = _tell_so_far(request, journal, len(submissions))
            raise
        except GradlabError as error:
            so_far = _tell_so_far(request, journal, len(submissions))
            raise RequestError(f"{error} {so_far}") from error
    return written.summary + "".join(f"{line}\n" for line in _add_remarks(journal, results, marks))


def _choose_level(request: Request) -> Level | None:
    if request.dask is not None:
        return None
    level = choose_level(request.without_isolation)
    if level != "bubblewrap":
        # Before anything is run: there is time to stop.
        _say(f"Isolation: {SENTENCES[level]} ({find_trouble('bubblewrap')})", sys.stderr)
    return level


def _find_conditions(request: Request, level: Level | None) -> Conditions:
    seed = request.seed
    if seed is None and not request.resume:
        seed = secrets.randbelow(2**32)
    return Conditions(
        version=version("gradlab-course"),
        code=_digest_of_code(),
        python=platform.python_version(),
        numpy=np.__version__,
        seed=seed,
        lessons=request.lessons,
        timeout=request.timeout,
        isolation=level,
    )


def _digest_of_code() -> str:
    """Return a digest of all of gradlab: exercises, lessons, marking, what they are built on."""
    package = Path(__file__).parents[1]
    # In a clone, the lessons are elsewhere.
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*.py")}
    files |= {path.name: path for path in lessons_folder().glob(LESSONS)}
    whole = hashlib.sha256()
    for name, path in sorted(files.items()):
        content = path.read_bytes()
        whole.update(f"{name} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def _require_marks_of(journal: Journal, marks: MarksFile | None) -> None:
    """Raise if a table that is not there would replace that of the run that goes on."""
    if not marks or not marks.is_new:
        return
    if journal.to_mark and not journal.manual and Path(journal.to_mark).is_file():
        raise RequestError(
            f"there is no {marks.path}, but {journal.to_mark} was written to be filled in. Give "
            f"--manual {shlex.quote(journal.to_mark)}, or rename that file"
        )
    if journal.manual:
        raise RequestError(
            f"there is no {marks.path}, but the run that is to be continued had the marks of "
            f"{journal.manual}. Give --manual {shlex.quote(journal.manual)}. To begin a new table "
            "of marks, first grade with --resume and without --manual"
        )


def _find_to_mark(marks: MarksFile | None, journal: Journal) -> Path | None:
    """Return the table that waits to be filled in, of this run or of the one before."""
    if marks and marks.is_new and marks.path.is_file():
        return marks.path
    return Path(journal.to_mark) if journal.to_mark else None


def _announce_new_marks(marks: MarksFile | None) -> None:
    """Say that a table of marks will be written, in time to see that its name is misspelled."""
    if marks and marks.is_new:
        _say(
            f"{marks.path} is not there yet; it will be written at the end, with a row for each "
            "answer that needs you",
            sys.stderr,
        )


def _warn_of_unfinished(journal: Journal) -> None:
    if journal.kept is not None and journal.unfinished == 0:
        _say(
            f"gradlab grade: {journal.kept} has an earlier run. This run starts over: everyone is "
            "graded anew, on other cases. To keep the points of the earlier run, stop this one "
            f"with Ctrl-C, type {shlex.join(['mv', str(journal.kept), str(journal.path)])} and "
            "grade with --resume.",
            sys.stderr,
        )
    if not journal.unfinished or journal.kept is None:
        return
    back = shlex.join(["mv", str(journal.kept), str(journal.path)])
    learners = count_things(journal.unfinished, "learner")
    _say(
        f"gradlab grade: there is an unfinished run here, with {learners} graded. This run starts "
        f"over; the old journal is kept as {journal.kept}. To continue the old run instead, stop "
        f"this one with Ctrl-C, type {back} and grade with --resume.",
        sys.stderr,
    )


def _tell_so_far(request: Request, journal: Journal, learners: int) -> str:
    done = f"{journal.count} of {learners} learners are graded and kept in {journal.path}"
    return f"{done}. To continue, type:\n\n    {make_resuming_command(request)}\n"


def _add_remarks(
    journal: Journal, results: Sequence[LearnerResult], marks: MarksFile | None
) -> list[str]:
    lines = tell_kept(journal.path, journal.kept)
    if journal.kept is not None and journal.unfinished is not None:
        back = shlex.join(["mv", str(journal.kept), str(journal.path)])
        lines.append(
            "Everyone was graded anew, on other cases. To go back to the earlier run, type "
            f"{back} and grade with --resume"
        )
    if journal.found:
        now = f"{len(results) - journal.found} of {len(results)}"
        who = f" ({join_few(sorted(journal.added), 10)})" if journal.added else ""
        lines.append(f"{now} learners were graded now{who}; the others are from the earlier run")
    if journal.manual and _lacks_marks_of(journal.manual, marks):
        lines.append(
            f"The earlier grades had the marks of {journal.manual}; these do not. To use them "
            f"again, add --manual {shlex.quote(journal.manual)} --resume"
        )
    again = sum(is_ungraded(result) for result in results)
    if again:
        lines.append(f"Could not be graded: {again}; with --resume they are tried again")
    return lines


def _lacks_marks_of(earlier: str, marks: MarksFile | None) -> bool:
    """Whether the grades have no marks any more, though nobody emptied the table of them."""
    return marks is None or (not marks.has_marks and str(marks.path) != earlier)


def _say(text: str, stream: TextIO) -> None:
    """Print a text; it is no error if nobody reads it any more."""
    try:
        print(text, end="" if text.endswith("\n") else "\n", file=stream, flush=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def _open_executor(request: Request) -> Iterator[Executor]:
    if request.dask is None:
        with Pool(request.jobs or _count_cores()) as pool:
            yield pool
        return
    with _open_dask(request.dask) as executor:
        yield executor


@contextlib.contextmanager
def _open_dask(address: str) -> Iterator[Executor]:
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


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
