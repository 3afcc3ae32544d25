"""The pages of learners as one zip for each assignment of an LMS, which gives them back by it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import Upload
from gradlab.grading.outcome.gradebook import GradebookError, write_grades
from gradlab.grading.outcome.results import LearnerResult

# How each page is called behind what the LMS needs to know its learner again.
_PAGE = "feedback.html"
# The earliest that a zip can tell: the same pages give the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
_LONGEST = 80
_WAYS_BACK = {
    "Moodle": "the assignment in Moodle, “Upload multiple feedback files in a zip”; it needs the "
    "feedback type “Feedback files”",
    "Canvas": "in Canvas, Grades, the menu of the assignment, “Re-Upload Submissions”; learners "
    "find the page in a comment there, under the name of what they handed in",
}

# The LMS, and the export of one assignment.
_Export = tuple[str, tuple[str, ...]]


def write_zips(
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
    pages: Sequence[Path],
    folder: Path,
) -> list[str]:
    """Write a zip of pages for each export of an LMS; what was there before is kept.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found. Who handed in nothing is left out: an LMS has nothing to put it to.
    submissions : sequence of Submission
        What they handed in, in the same order.
    pages : sequence of Path
        Their pages, in the same order.
    folder : Path
        Where the zips go.

    Returns
    -------
    list of str
        Lines that say what is where, and how to give it back.

    Raises
    ------
    GradebookError
        If a zip cannot be written.
    """
    files: dict[_Export, dict[str, bytes]] = {}
    nameless: dict[_Export, int] = {}
    for result, submission, page in zip(results, submissions, pages, strict=True):
        for upload in submission.uploads if result.status != "missing" else ():
            export = (upload.system, upload.export)
            own = files.setdefault(export, {})
            if upload.taken_back_as:
                own[f"{upload.taken_back_as}{_PAGE}"] = page.read_bytes()
            else:
                nameless[export] = nameless.get(export, 0) + 1
    paths = _name_zips(submissions, folder)
    lines = []
    for export, own in sorted(files.items()):
        if own:
            old = write_grades(paths[export], _pack(own))
            lines.append(_tell(export[0], paths[export], len(own)))
            lines += [f"{paths[export]} was there already; it is kept as {old}"] if old else []
        if export in nameless:
            lines.append(_tell_nameless(export[0], nameless[export]))
    return lines


def require_zips(submissions: Sequence[Submission], folder: Path) -> None:
    """Find out before a long run whether the zips can be written.

    Parameters
    ----------
    submissions : sequence of Submission
        What learners handed in.
    folder : Path
        Where the zips will go.

    Raises
    ------
    GradebookError
        If something else is in the way.
    """
    for path in _name_zips(submissions, folder).values():
        if path.exists() and not path.is_file():
            raise GradebookError(f"{path} is in the way of the zip with the pages; move it.")


def _name_zips(submissions: Sequence[Submission], folder: Path) -> dict[_Export, Path]:
    """Return a file for each export; with its name, where an LMS has several."""
    uploads: list[Upload] = [upload for one in submissions for upload in one.uploads]
    exports = sorted({(upload.system, upload.export) for upload in uploads})
    paths: dict[_Export, Path] = {}
    taken: set[str] = set()
    for system, export in exports:
        stem = f"feedback-for-{system.lower()}"
        if sum(other == system for other, _ in exports) > 1:
            said = re.sub(r"[^\w.-]+", "-", "-".join(export)).removesuffix(".zip").strip("-.")
            stem = f"{stem}-{said[:_LONGEST] or 'others'}"
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}").lower() in taken:
            number += 1
        taken.add(name.lower())
        paths[system, export] = folder / f"{name}.zip"
    return paths


def _pack(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, page, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _tell(system: str, path: Path, pages: int) -> str:
    count = "1 page" if pages == 1 else f"{pages} pages"
    return f"Feedback for {system}: {path}, with {count}. To give it back: {_WAYS_BACK[system]}"


def _tell_nameless(system: str, learners: int) -> str:
    who = "1 learner has" if learners == 1 else f"{learners} learners have"
    return f"{who} no page in it: the names of the files do not say how {system} knows them again"
