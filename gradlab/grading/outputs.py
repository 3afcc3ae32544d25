"""The files that a run leaves: whether they can be written, and writing them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlab.grading.feedback_zip import write_zips
from gradlab.grading.intake.roster import Member
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.lms_gradebook import LmsGradebook, fill, note_statuses
from gradlab.grading.outcome.feedback import write_feedback
from gradlab.grading.outcome.gradebook import (
    GradebookError,
    as_csv,
    as_json,
    as_report,
    explain_errors,
    write_grades,
)
from gradlab.grading.outcome.marks import MarksFile, merge
from gradlab.grading.outcome.results import LearnerResult, Run
from gradlab.grading.outcome.to_mark import ToMark, format_to_mark, list_lacking, list_to_mark
from gradlab.grading.outcome.written_page import render_written
from gradlab.grading.signals import hold
from gradlab.support.files import try_writing


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
    manual : Path or None
        The table of marks, which is written only if it is not there.
    anonymous : bool
        Whether codes stand for the names of learners on that page and in a new table.
    """

    grades: Path
    json: Path | None
    feedback: Path | None
    gradebook: Path | None = None
    written: Path | None = None
    manual: Path | None = None
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
    wanted = (outputs.json, outputs.written, outputs.manual, outputs.filled)
    files = [outputs.grades, outputs.summary, outputs.journal, *filter(None, wanted)]
    if len({path.absolute() for path in files}) < len(files):
        raise GradebookError(
            "grades, summary, journal and other files would be written over each other: their "
            f"names are {', '.join(map(str, files))}. The summary ends in .txt, the journal in "
            ".journal; choose others"
        )
    if outputs.gradebook and outputs.gradebook.absolute() in {path.absolute() for path in files}:
        raise GradebookError(
            f"{outputs.gradebook} is the gradebook to be filled, and would be written over. A "
            f"copy of it is filled: {outputs.filled}. Name another file for the grades"
        )
    for path in files:
        if path == outputs.manual and os.path.lexists(path):
            continue  # it is only read
        with explain_errors(path):
            if path.exists() and not path.is_file():
                raise GradebookError(f"{path} is a folder or a device; name a file to write to.")
            try_writing(path)
    if outputs.feedback is not None:
        folder = outputs.feedback
        with explain_errors(folder):
            try_writing(folder / "pages.csv" if folder.is_dir() else folder)


def _require_endings(outputs: Outputs) -> None:
    for path, what in ((outputs.grades, "grades"), (outputs.manual, "marks")):
        if path is not None and path.suffix.lower() in (".xlsx", ".xls", ".ods"):
            raise GradebookError(
                f"{what} are written as CSV, not as {path.suffix}; name a file that ends in .csv"
            )
    if outputs.written is not None and outputs.written.suffix.lower() not in (".html", ".htm"):
        raise GradebookError(
            f"{outputs.written} is to be a page for a browser; name a file that ends in .html"
        )


def write_outputs(
    outputs: Outputs,
    results: Sequence[LearnerResult],
    run: Run,
    marks: MarksFile | None,
    strangers: Sequence[str] = (),
    submissions: Sequence[Submission] = (),
    gradebook: LmsGradebook | None = None,
    members: Sequence[Member] = (),
) -> str:
    """Write all files, each of them whole; what was there before is kept.

    A run that is stopped between two of them can go on: the same content is not written again.

    Parameters
    ----------
    outputs : Outputs
        Where everything goes.
    results : sequence of LearnerResult
        What grading found.
    run : Run
        How they were graded.
    marks : MarksFile or None
        What a person gave, as `gradlab.grading.outcome.marks.read_marks` reads it.
    strangers : sequence of str, optional
        Who handed in something, but is not in the teacher's list of the class.
    submissions : sequence of Submission, optional
        What they handed in, in the order of the results.
    gradebook : LmsGradebook, optional
        What an LMS exported, to be filled.
    members : sequence of Member, optional
        The list of the class.

    Returns
    -------
    str
        The report, and lines that say what is where.
    """
    results, remarks = merge(results, marks.marks if marks else {})
    to_mark = list_to_mark(results, outputs.anonymous) if marks else []
    to_add = list_lacking(to_mark, marks) if marks and not marks.is_new else []
    if gradebook:
        results = note_statuses(gradebook, results, submissions)
    filled = fill(gradebook, results, submissions) if gradebook else None
    sections = filled.sections if filled else ()
    report = as_report(results, run, remarks, strangers, to_add, sections)
    files = {outputs.grades: as_csv(results), outputs.summary: report}
    if filled and outputs.filled:
        files[outputs.filled] = filled.text
    if outputs.json is not None:
        files[outputs.json] = as_json(results, run)
    if outputs.written is not None:
        files[outputs.written] = render_written(results, outputs.anonymous)
    lines = [f"Grades: {outputs.grades}; this summary: {outputs.summary}"]
    for path, text in files.items():
        with hold():
            old = write_grades(path, text)
        lines += [f"{path} was there already; it is kept as {old}"] if old else []
    if outputs.feedback is not None:
        with hold():
            pages = write_feedback(results, outputs.feedback)
        count = "1 page" if len(pages) == 1 else f"{len(pages)} pages"
        lines.append(f"Feedback: {count} in {outputs.feedback}; pages.csv says whose is whose")
        if submissions:
            worksheet = gradebook.worksheet if gradebook else None
            with hold():
                lines += write_zips(
                    results, submissions, pages, outputs.feedback, worksheet, members
                )
    if filled:
        lines.append(f"Gradebook: {outputs.filled}, {filled.said}")
    if outputs.json is not None:
        lines.append(f"All results: {outputs.json}")
    if outputs.written is not None:
        lines.append(f"Answers in words: {outputs.written}")
    if marks is not None and marks.is_new:
        lines.append(_write_to_mark(marks.path, to_mark))
    return "\n".join([report, *lines, ""])


def _write_to_mark(path: Path, rows: Sequence[ToMark]) -> str:
    """Write a table to fill in, if there is anything to mark; say what is there now."""
    if not rows:
        return f"Nothing needs points by hand, so {path} was not written"
    if os.path.lexists(path):
        raise GradebookError(
            f"{path} was not there when the run began, and is there now; it stays as it is."
        )
    with hold():
        write_grades(path, format_to_mark(rows))
    count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return f"{path} was not there: it now has {count} to fill in; then grade again with --resume"
