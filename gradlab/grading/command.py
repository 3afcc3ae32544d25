"""The command ``gradlab grade``: from a folder or an archive to grades and feedback."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

import numpy as np

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.batch import grade_all, is_ungraded
from gradlab.grading.feedback_zip import require_zips
from gradlab.grading.intake.roster import Member, compare, read_roster
from gradlab.grading.intake.submissions import Submission, open_submissions
from gradlab.grading.lms_gradebook import LmsGradebook, read_gradebook
from gradlab.grading.outcome.feedback import require_room
from gradlab.grading.outcome.journal import Conditions, Journal, open_journal, require_journal
from gradlab.grading.outcome.marks import MarksFile, read_marks
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.outputs import Outputs, require_writable, write_outputs
from gradlab.grading.pool import Pool
from gradlab.grading.run_folder import run_folder
from gradlab.grading.sandbox.isolation import SENTENCES, choose_level, find_trouble
from gradlab.grading.sandbox.process import Level
from gradlab.grading.signals import Stopped, hold, stoppable
from gradlab.support.errors import GradlabError

# Seconds until a Dask scheduler has to answer.
_PATIENCE = 10


@dataclass(frozen=True)
class Request:
    """What a teacher asked for; the fields are the options of ``gradlab grade``.

    Attributes
    ----------
    typed : sequence of str
        The arguments of ``gradlab`` as they were typed, to say how to go on.
    """

    submissions: Sequence[Path]
    output: Path
    lessons: tuple[int, ...]
    feedback: Path | None
    json: Path | None
    manual: Path | None
    written: Path | None
    anonymous: bool
    roster: Path | None
    gradebook: Path | None
    column: str | None
    layout: str | None
    seed: int | None
    jobs: int | None
    timeout: int
    dask: str | None
    without_isolation: bool
    resume: bool
    typed: Sequence[str]

    @property
    def outputs(self) -> Outputs:
        """Where everything goes."""
        return Outputs(
            self.output,
            self.json,
            self.feedback,
            self.gradebook,
            self.written,
            self.manual,
            self.anonymous,
        )


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
        The exit code: 0 if every learner has a row; 1 if something went wrong, and then a
        sentence says what; 128 and the number of the signal if one stopped the run.
    """
    try:
        with stoppable():
            said = _run(request)
    except Stopped as stop:
        _say(f"gradlab grade: {stop}. {stop.so_far}", sys.stderr)
        return 128 + stop.number
    except BrokenPipeError:
        _say("gradlab grade: what it says is not read any more", sys.stderr)
        return 128 + signal.SIGPIPE
    except GradlabError as error:
        _say(f"gradlab grade: {error}", sys.stderr)
        return 1
    _say(said, sys.stdout)
    return 0


def _run(request: Request) -> str:
    marks = _prepare(request)
    gradebook = _read_gradebook(request)
    members = _list_class(request, gradebook)
    with (
        run_folder(),
        open_submissions(
            *request.submissions,
            layout=request.layout,
            command=_make_command_without(request, "--layout"),
        ) as submissions,
    ):
        absent, strangers = compare(members, [one.student for one in submissions])
        if members and len(absent) == len(members):
            strangers = [
                f"None of the {len(submissions)} who handed in something is on "
                f"{request.roster or request.gradebook}. Is it the list of another class?"
            ]
        everybody = [*submissions, *(Submission(name, (), ()) for name in absent)]
        everybody.sort(key=lambda one: one.student)
        strangers = strangers if members else []
        return _grade(request, everybody, marks, strangers, gradebook, members)


def _prepare(request: Request) -> MarksFile | None:
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
    return None if request.manual is None else _read_marks(request.manual)


def _require_written(request: Request) -> None:
    """Raise if there will be nothing for what was asked about answers in words."""
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


def _read_marks(path: Path) -> MarksFile:
    if not os.path.lexists(path):
        return MarksFile(path, {}, is_new=True)
    points: dict[str, float] = {name: exercise.points for name, exercise in EXERCISES.items()}
    points |= {name: question.points for name, question in WRITTEN.items()}
    return read_marks(path, points)


def _read_gradebook(request: Request) -> LmsGradebook | None:
    """Read the gradebook to fill; what is to be filled must be clear before anything runs."""
    if request.gradebook is None and request.column is not None:
        raise RequestError(
            "--column names a column of the file that --gradebook gives; add --gradebook FILE"
        )
    if request.gradebook is None:
        return None
    return read_gradebook(
        request.gradebook,
        request.lessons,
        request.column,
        lambda title: f"{_make_command_without(request, '--column')} {_quote_column(title)}",
    )


def _list_class(request: Request, gradebook: LmsGradebook | None) -> list[Member]:
    if request.roster is not None:
        return read_roster(request.roster)
    return [*{one.keys: one for one in gradebook.members}.values()] if gradebook else []


def _grade(
    request: Request,
    submissions: Sequence[Submission],
    marks: MarksFile | None,
    strangers: Sequence[str],
    gradebook: LmsGradebook | None,
    members: Sequence[Member],
) -> str:
    outputs = request.outputs
    if outputs.feedback is not None:
        require_room([submission.student for submission in submissions], outputs.feedback)
        require_zips(submissions, outputs.feedback)
    level = _choose_level(request)
    conditions = _find_conditions(request, level)
    with (
        _open_executor(request) as executor,
        open_journal(outputs.journal, conditions, request.resume) as journal,
    ):
        _announce_new_marks(journal, marks)
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
            said = write_outputs(
                outputs, results, run, marks, strangers, submissions, gradebook, members
            )
            journal.finish(marks.path if marks and marks.has_marks else None)
        except Stopped as stop:
            with hold():
                stop.so_far = _tell_so_far(request, journal, len(submissions))
            raise
        except GradlabError as error:
            so_far = _tell_so_far(request, journal, len(submissions))
            raise RequestError(f"{error} {so_far}") from error
    return said + "".join(f"{line}\n" for line in _add_remarks(journal, results, marks))


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
    """Return a digest of all of gradlab: exercises, marking, and what they are built on."""
    package = Path(__file__).parents[1]
    whole = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def _announce_new_marks(journal: Journal, marks: MarksFile | None) -> None:
    """Say that a table of marks will be written, in time to see that its name is misspelled."""
    if marks is None or not marks.is_new:
        return
    if journal.manual:
        raise RequestError(
            f"there is no {marks.path}, but the run that is to be continued had the marks of "
            f"{journal.manual}. Give --manual {shlex.quote(journal.manual)}. To begin a new table "
            "of marks, first grade with --resume and without --manual"
        )
    _say(
        f"{marks.path} is not there; it will be written at the end, with a row for each answer "
        "that needs you",
        sys.stderr,
    )


def _warn_of_unfinished(journal: Journal) -> None:
    if not journal.unfinished or journal.kept is None:
        return
    back = shlex.join(["mv", str(journal.kept), str(journal.path)])
    learners = "1 learner" if journal.unfinished == 1 else f"{journal.unfinished} learners"
    _say(
        f"gradlab grade: there is an unfinished run here, with {learners} graded. This run starts "
        f"over; the old journal is kept as {journal.kept}. To continue the old run instead, stop "
        f"this one with Ctrl-C, type {back} and grade with --resume.",
        sys.stderr,
    )


def _tell_so_far(request: Request, journal: Journal, learners: int) -> str:
    done = f"{journal.count} of {learners} learners are graded and kept in {journal.path}"
    return f"{done}. To continue, type:\n\n    {_make_resuming_command(request)}\n"


def _make_command_without(request: Request, option: str) -> str:
    """Return what was typed, less an option and its value, for a shell."""
    typed = list(request.typed)
    for place, word in enumerate(request.typed):
        if word == option:
            typed = [*request.typed[:place], *request.typed[place + 2 :]]
        elif word.startswith(f"{option}="):
            typed = [*request.typed[:place], *request.typed[place + 1 :]]
    return shlex.join([*_find_program(), *typed])


def _quote_column(title: str) -> str:
    # A name that begins with a dash would be taken for an option.
    return shlex.join([f"--column={title}"] if title.startswith("-") else ["--column", title])


def _make_resuming_command(request: Request) -> str:
    """Return the command that goes on with a run, for a shell."""
    command, *options = request.typed
    again = options if request.resume else ["--resume", *options]
    return shlex.join([*_find_program(), command, *again])


def _find_program() -> list[str]:
    typed = Path(sys.argv[0])
    found = shutil.which("gradlab")
    if typed.name != "gradlab":
        # Not with what lies in the folder that one is in.
        return [sys.executable, "-P", "-m", "gradlab.cli"]
    return ["gradlab"] if found and Path(found).absolute() == typed.absolute() else [str(typed)]


def _add_remarks(
    journal: Journal, results: Sequence[LearnerResult], marks: MarksFile | None
) -> list[str]:
    lines = []
    if journal.kept is not None:
        lines.append(f"{journal.path} was there already; it is kept as {journal.kept}")
    if journal.found:
        now = f"{len(results) - journal.found} of {len(results)}"
        lines.append(f"{now} learners were graded now; the others are from the earlier run")
    if journal.manual and _lacks_marks_of(journal.manual, marks):
        lines.append(
            f"The grades that were here had the marks of {journal.manual}; these do not. To have "
            f"them again, add --manual {shlex.quote(journal.manual)} --resume"
        )
    again = sum(is_ungraded(result) for result in results)
    if again:
        lines.append(f"Could not be graded: {again}; with --resume they are tried again")
    return lines


def _lacks_marks_of(earlier: str, marks: MarksFile | None) -> bool:
    """Whether the grades have no marks any more, but not because they were deleted."""
    return marks is None or (not marks.has_marks and str(marks.path) != earlier)


def _say(text: str, stream: TextIO) -> None:
    """Print a text; that nobody reads it any more is no error."""
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
