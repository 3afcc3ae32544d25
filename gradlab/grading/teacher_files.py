"""What a teacher gives beside the submissions: marks, a gradebook, the list of the class."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gradlab.exercises.catalogue import ALL_EXERCISES
from gradlab.grading.intake.roster import Member, read_roster
from gradlab.grading.lms.gradebook import LmsGradebook, read_gradebook
from gradlab.grading.outcome.marks import MarksFile, read_marks
from gradlab.grading.request import Request, RequestError, make_command_without, quote_column


@dataclass(frozen=True)
class TeacherFiles:
    """What was read.

    Attributes
    ----------
    marks : MarksFile or None
        Points that a person gave, if the teacher asked for marks by hand.
    gradebook : LmsGradebook or None
        The gradebook of an LMS that is to be filled.
    members : tuple of Member
        The list of the class; empty if there is none.
    """

    marks: MarksFile | None = None
    gradebook: LmsGradebook | None = None
    members: tuple[Member, ...] = ()


def read_teacher_files(request: Request) -> TeacherFiles:
    """Read all that a request names; what is wrong with it is found before anything runs.

    Parameters
    ----------
    request : Request
        What the teacher asked for.

    Returns
    -------
    TeacherFiles
        What was read.

    Raises
    ------
    RequestError
        If one option makes no sense without another.
    GradlabError
        If a file cannot be read, or says what cannot be.
    """
    marks = None if request.manual is None else _read_marks(request.manual)
    gradebook = _read_gradebook(request)
    return TeacherFiles(marks, gradebook, _list_class(request, gradebook))


def _read_marks(path: Path) -> MarksFile:
    if not os.path.lexists(path):
        return MarksFile(path, {}, is_new=True)
    return read_marks(path, {name: one.points for name, one in ALL_EXERCISES.items()})


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
        lambda title: f"{make_command_without(request, '--column')} {quote_column(title)}",
    )


def _list_class(request: Request, gradebook: LmsGradebook | None) -> tuple[Member, ...]:
    if request.roster is not None:
        return tuple(read_roster(request.roster))
    return tuple({one.keys: one for one in gradebook.members}.values()) if gradebook else ()
