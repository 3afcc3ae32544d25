"""The command ``gradlab nbgrader``: a folder in which nbgrader can be used at once."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from gradlab.course.folder import LESSONS, lessons_folder
from gradlab.grading.outcome.gradebook import explain_errors
from gradlab.support.errors import GradlabError
from gradlab.support.files import write_whole

CONFIG = "nbgrader_config.py"
_SETTINGS = '''"""What nbgrader does in this folder; its documentation lists all settings."""

c = get_config()

c.CourseDirectory.course_id = "gradlab"
# The seconds that a cell may take: an endless loop is interrupted then.
c.Execute.timeout = 30
'''
_NEXT = """
Next, here for lesson 1:

    cd {folder}
    nbgrader generate_assignment lesson_01

Hand out what is in release/lesson_01/. Put what comes back into submitted/LEARNER/lesson_01/, a
folder for each learner, under the file's own name. Then:

    nbgrader autograde lesson_01
    nbgrader generate_feedback lesson_01
    nbgrader export

The points are in grades.csv, the pages for learners in feedback/."""
_NOT_FOUND = """
There is no command nbgrader here. Activate the environment that has gradlab, such as with
“. .venv/bin/activate”; if nbgrader is not in it: python -m pip install nbgrader"""


class NbgraderCourseError(GradlabError):
    """Why there is no course to lay out, with what to do, in sentences for the teacher."""


def lay_out(folder: Path, solved: Path | None = None) -> list[str]:
    """Put what nbgrader needs into a folder: its settings, and each lesson as an assignment.

    Parameters
    ----------
    folder : Path
        The course folder; it is made if it does not exist. A file that is there already stays as
        it is.
    solved : Path, optional
        Where the solved edition is, if not in the checkout.

    Returns
    -------
    list of str
        What was done, what was left as it is, and what to do next, a line each.

    Raises
    ------
    NbgraderCourseError
        If there is no solved edition, as in an installed wheel, or `folder` is a file.
    GradebookError
        If the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.nbgrader_course import lay_out
    >>> with tempfile.TemporaryDirectory() as here:
    ...     solved, course = Path(here, "solved"), Path(here, "course")
    ...     solved.mkdir()
    ...     _ = (solved / "00_start.ipynb").write_text('{"cells": []}')
    ...     said = lay_out(course, solved)
    ...     print(*(path.relative_to(course) for path in sorted(course.rglob("*.*"))))
    nbgrader_config.py source/lesson_00/00_start.ipynb
    """
    files = _list_files(solved or lessons_folder() / "solved")
    if folder.exists() and not folder.is_dir():
        raise NbgraderCourseError(
            f"{folder} is a file, but the course needs a folder. Name another one: "
            "gradlab nbgrader DIR"
        )
    kept = []
    for name, content in files.items():
        path = folder / name
        with explain_errors(path):
            if not os.path.lexists(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, content)
            elif not _holds(path, content):
                kept.append(name)
    return [
        f"The course is in {folder.resolve()}: {len(files) - 1} assignments, one for each lesson.",
        *(f"{name}: was there already, and differs; it is kept as it is." for name in kept),
        *_explain_next(folder),
    ]


def _list_files(solved: Path) -> dict[str, bytes]:
    """Return what belongs into the course folder, by the name there."""
    lessons = sorted(solved.glob(LESSONS))
    if not lessons:
        raise NbgraderCourseError(
            f"{solved} has no lesson. nbgrader needs the solved edition, which is in a clone of "
            "the repository, not in the installed package: run this command there."
        )
    notebooks = {
        f"source/lesson_{path.name[:2]}/{path.name}": path.read_bytes() for path in lessons
    }
    return {CONFIG: _SETTINGS.encode(), **notebooks}


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _explain_next(folder: Path) -> list[str]:
    # Its own programs call each other by name, so a path to it would not do.
    found = shutil.which("nbgrader") is not None
    steps = _NEXT.format(folder=shlex.quote(str(folder)))
    return [*steps.splitlines(), *([] if found else _NOT_FOUND.splitlines())]
