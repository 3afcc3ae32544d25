"""The files that a run will leave, and whether they can be written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlab.grading.outcome.answer_files import require_own
from gradlab.grading.outcome.gradebook import GradebookError, explain_errors
from gradlab.support.files import try_writing

_SPREADSHEETS = (".xlsx", ".xls", ".ods")
_PAGES = (".html", ".htm")


@dataclass(frozen=True)
class Outputs:
    """Where everything goes.

    Attributes
    ----------
    grades : Path
        The table.
    json : Path or None
        All results, if they are wanted.
    feedback : Path or None
        The folder for the pages of learners, if they are wanted.
    gradebook : Path or None
        The gradebook of an LMS that is to be filled; a copy is, beside the table.
    written : Path or None
        The page of all answers in words, if it is wanted.
    class_page : Path or None
        The page on what the class did, if it is wanted.
    answers : Path or None
        The folder for the answers of all, if they are wanted.
    manual : Path or None
        The table of marks, which is written only if it is not there.
    roster : Path or None
        The list of the class, which is only read.
    anonymous : bool
        Whether codes stand for the names of learners on the page of answers in words and in a new
        table of marks.
    """

    grades: Path
    json: Path | None = None
    feedback: Path | None = None
    gradebook: Path | None = None
    written: Path | None = None
    class_page: Path | None = None
    answers: Path | None = None
    manual: Path | None = None
    roster: Path | None = None
    anonymous: bool = False

    @property
    def summary(self) -> Path:
        """The report, beside the table."""
        return self.grades.with_name(f"{self.grades.stem}.txt")

    @property
    def journal(self) -> Path:
        """What is known so far, beside the table."""
        return self.grades.with_name(f"{self.grades.stem}.journal")

    @property
    def filled(self) -> Path | None:
        """The filled copy of the gradebook, beside the table."""
        if self.gradebook is None:
            return None
        return self.grades.with_name(f"{self.gradebook.stem}.filled.csv")

    def list_files(self) -> list[Path]:
        """Return all files that are not in folders of their own."""
        wanted = (self.json, self.filled, self.written, self.class_page, self.manual)
        return [self.grades, self.summary, self.journal, *(path for path in wanted if path)]


def require_writable(outputs: Outputs) -> None:
    """Find out before a long run whether everything can be written, leaving nothing behind.

    Parameters
    ----------
    outputs : Outputs
        Where it is to go.

    Raises
    ------
    GradebookError
        If something cannot be written.
    """
    if not outputs.grades.name or os.path.isdir(outputs.grades):
        raise GradebookError(
            f"{outputs.grades} is a folder; name a file for the grades, such as "
            f"-o {outputs.grades / 'grades.csv'}"
        )
    _require_endings(outputs)
    files = outputs.list_files()
    _require_different(outputs, files)
    for path in files:
        if path == outputs.manual and os.path.lexists(path):
            continue  # it is only read
        with explain_errors(path):
            if path.exists() and not path.is_file():
                raise GradebookError(f"{path} is a folder or a device; name a file to write to.")
            try_writing(path)
    if outputs.feedback is not None:
        _require_pages_alone(outputs.feedback, files)
        _try_folder(outputs.feedback, "pages.csv")
    if outputs.answers is not None:
        _require_room_for_answers(outputs.answers, [*files, outputs.feedback])


def _require_endings(outputs: Outputs) -> None:
    for path, what in ((outputs.grades, "grades"), (outputs.manual, "marks")):
        if path is not None and path.suffix.lower() in _SPREADSHEETS:
            raise GradebookError(
                f"{what} are written as CSV, not as {path.suffix}; name a file that ends in .csv"
            )
    for path in (outputs.written, outputs.class_page):
        if path is not None and path.suffix.lower() not in _PAGES:
            raise GradebookError(
                f"{path} must be a page for a browser; name a file that ends in .html"
            )


def _require_different(outputs: Outputs, files: Sequence[Path]) -> None:
    if outputs.manual is not None and _locate(outputs.manual) == _locate(outputs.grades):
        raise GradebookError(
            f"{outputs.grades} would be written over: points by hand go into a table of their "
            "own. Give that to --manual, such as marks.csv"
        )
    if len({*map(_locate, files)}) < len(files):
        raise GradebookError(
            "two files of this run would be written over each other: their names are "
            f"{', '.join(map(str, files))}. The summary ends in .txt, the journal in .journal; "
            "choose other names"
        )
    for path, what in (
        (outputs.gradebook, "the gradebook to be filled"),
        (outputs.manual, "your table of marks"),
        (outputs.roster, "the list of your class"),
    ):
        for written in files:
            if path is not None and written != outputs.manual and _is_at(path, written):
                raise GradebookError(
                    f"{path} is {what} and would be written over. Name another file to write to"
                )


def _locate(path: Path) -> str:
    """Return where a file is written: in place of a link with its name, not where that leads."""
    return os.path.join(os.path.realpath(path.parent), path.name)


def _is_at(path: Path, written: Path) -> bool:
    """Whether what is read at a path would be replaced, however both are spelled."""
    try:
        return os.path.samestat(path.stat(), written.lstat())
    except OSError:
        return False


def _require_pages_alone(folder: Path, files: Sequence[Path]) -> None:
    """Raise if something else would be written over a learner's page, or be handed out as one."""
    place = os.path.realpath(folder)
    for path in files:
        if _locate(path) == place:
            raise GradebookError(
                f"{path} is to be a file, and the folder for the pages of learners; name another"
            )
        is_page = path.name == "pages.csv" or path.suffix.lower() in _PAGES
        if is_page and os.path.realpath(path.parent) == place:
            raise GradebookError(
                f"{path} lies among the pages of learners, and could be taken for one of them; "
                "name a file in another folder"
            )


def _require_room_for_answers(folder: Path, others: Sequence[Path | None]) -> None:
    place = Path(os.path.realpath(folder))
    places = [Path(_locate(path)) for path in others if path is not None]
    if any(place in (path, *path.parents) for path in places):
        raise GradebookError(
            f"{folder} is for the answers alone, but something else would be written there too. "
            "Name another folder with --answers."
        )
    require_own(folder)
    _try_folder(folder, "answers.csv")


def _try_folder(folder: Path, file: str) -> None:
    with explain_errors(folder):
        try_writing(folder / file if folder.is_dir() else folder)
