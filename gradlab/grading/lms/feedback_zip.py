"""The pages of learners as one zip for each assignment of an LMS, which gives them back by it."""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from gradlab.grading.intake.archives import NOTEBOOK, ZIP
from gradlab.grading.intake.listing import FEEDBACK, FEEDBACK_COMMENT
from gradlab.grading.intake.roster import Member
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import Upload
from gradlab.grading.lms.feedback_notebook import render_notebook
from gradlab.grading.lms.recipients import Part, find_withheld
from gradlab.grading.lms.worksheet import Worksheet
from gradlab.grading.outcome.gradebook import GradebookError, tell_kept, write_grades
from gradlab.grading.outcome.phrases import count_things, join_few
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.outcome.text import as_name

# How each page is called behind what the LMS needs to know its learner again.
_NAME, _PAGE = "feedback", ".html"
# The earliest that a zip can tell: the same pages give the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
_LONGEST = 80
_WAYS_BACK = {
    "Moodle": "the assignment in Moodle, “Upload multiple feedback files in a zip”; it needs the "
    "feedback type “Feedback files”. It is only for assignments that each person hands in alone: "
    "if groups hand in as one, do not upload it, because a page could reach somebody else",
    "Canvas": "in Canvas, Grades, the menu of the assignment, “Re-Upload Submissions”; learners "
    "find it in a comment there, under the name of what they handed in: under that of a notebook "
    "it is a notebook, under that of a zip it is a zip with the page",
}

# The LMS, and the export of one assignment.
_Export = tuple[str, tuple[str, ...]]


def write_zips(
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
    pages: Sequence[Path],
    folder: Path,
    worksheet: Worksheet | None = None,
    members: Sequence[Member] = (),
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
    worksheet : Worksheet, optional
        What Moodle says of the assignment: nobody else gets a page by Moodle.
    members : sequence of Member, optional
        The list of the class.

    Returns
    -------
    list of str
        Lines that say what is where, how to give it back, and who has no page in it.

    Raises
    ------
    GradebookError
        If a zip cannot be written.
    """
    parts = [
        (place, upload)
        for place, (result, submission) in enumerate(zip(results, submissions, strict=True))
        for upload in submission.uploads
        if result.status != "missing"
    ]
    withheld = find_withheld(parts, submissions, worksheet, members)
    exports: defaultdict[_Export, list[Part]] = defaultdict(list)
    for place, upload in parts:
        exports[upload.system, upload.export].append((place, upload))
    paths = _name_zips(submissions, folder)
    lines = []
    for export, own in sorted(exports.items()):
        given = [part for part in own if part not in withheld]
        files = {
            _name_page(upload): _render(results[place], pages[place], upload)
            for place, upload in given
        }
        lines += _write_zip(paths[export], export[0], files)
        lines += _tell_renamed([upload for _, upload in given])
        reasons: defaultdict[str, list[str]] = defaultdict(list)
        for part in own:
            if part in withheld:
                reasons[withheld[part]].append(part[1].student)
        lines += [_tell_left_out(paths[export], *one) for one in sorted(reasons.items())]
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
        stem = f"{FEEDBACK}{system.lower()}"
        if sum(other == system for other, _ in exports) > 1:
            said = re.sub(r"[^\w.-]+", "-", "-".join(export)).removesuffix(".zip").strip("-.")
            stem = f"{stem}-{said[:_LONGEST] or 'others'}"
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}").lower() in taken:
            number += 1
        taken.add(name.lower())
        paths[system, export] = folder / f"{name}.zip"
    return paths


def _name_page(upload: Upload) -> str:
    return f"{upload.taken_back_as}{_NAME}{_find_ending(upload)}"


def _find_ending(upload: Upload) -> str:
    """Return what the name of a page ends in: in Canvas, as that which the learner handed in."""
    if upload.system != "Canvas":
        return _PAGE
    suffix = Path(upload.file).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else _PAGE


def _render(result: LearnerResult, page: Path, upload: Upload) -> bytes:
    """Return what opens under the name that the learner will see."""
    ending = _find_ending(upload)
    if ending == NOTEBOOK:
        return render_notebook(result).encode()
    content = page.read_bytes()
    return _pack({f"{_NAME}{_PAGE}": content}) if ending == ZIP else content


def _write_zip(path: Path, system: str, files: Mapping[str, bytes]) -> list[str]:
    if files:
        old = write_grades(path, _pack(files, FEEDBACK_COMMENT))
        return [_tell(system, path, len(files)), *tell_kept(path, old)]
    if path.exists():
        return [f"{path} is from an earlier run: do not give it back, nobody has a page now"]
    return []


def _pack(files: Mapping[str, bytes], comment: bytes = b"") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, page in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, page, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _tell(system: str, path: Path, pages: int) -> str:
    count = count_things(pages, "page")
    return f"Feedback for {system}: {path}, with {count}. To give it back: {_WAYS_BACK[system]}"


def _tell_renamed(uploads: Sequence[Upload]) -> list[str]:
    names = [one.file for one in uploads if _find_ending(one) not in (NOTEBOOK, ZIP, _PAGE)]
    if not names:
        return []
    learners = "1 learner opens" if len(names) == 1 else f"{len(names)} learners open"
    shown = join_few([as_name(name) for name in names])
    return [
        f"What {learners} there must first be renamed so that it ends in {_PAGE}, because what "
        f"was handed in is neither a notebook nor a zip: {shown}"
    ]


def _tell_left_out(path: Path, why: str, students: Sequence[str]) -> str:
    who = "1 learner has" if len(students) == 1 else f"{len(students)} learners have"
    shown = join_few([as_name(name) for name in students])
    return f"{who} no page in {path.name}, because {why}: {shown}"
