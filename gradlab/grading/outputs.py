"""The files that a run leaves: whether they can be written, and writing them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlab.grading.copies import find_copies
from gradlab.grading.outcome.answer_files import require_own, write_answers
from gradlab.grading.outcome.class_page import render_class
from gradlab.grading.outcome.feedback import write_feedback
from gradlab.grading.outcome.gradebook import (
    GradebookError,
    as_csv,
    as_json,
    as_report,
    explain_errors,
    write_grades,
)
from gradlab.grading.outcome.marks import Marks, merge
from gradlab.grading.outcome.results import LearnerResult, Run
from gradlab.grading.outcome.same_answers import add_notes, list_same_answers
from gradlab.grading.outcome.tallies import tally_class
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
    class_page : Path or None
        The page on what the class did, if it is wanted.
    answers : Path or None
        The folder for the answers of all, if they are wanted.
    """

    grades: Path
    json: Path | None
    feedback: Path | None
    class_page: Path | None = None
    answers: Path | None = None

    @property
    def summary(self) -> Path:
        """The report, beside the table."""
        return self.grades.with_name(f"{self.grades.stem}.txt")

    @property
    def journal(self) -> Path:
        """What is known so far, beside the table."""
        return self.grades.with_name(f"{self.grades.stem}.journal")


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
    if outputs.grades.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise GradebookError(
            f"grades are written as CSV, not as {outputs.grades.suffix}; name a file that ends in "
            ".csv"
        )
    files = [outputs.grades, outputs.summary, outputs.journal]
    files += [path for path in (outputs.json, outputs.class_page) if path]
    if len({path.absolute() for path in files}) < len(files):
        raise GradebookError(
            "grades, summary, journal, JSON and the page of the class would be written over each "
            f"other: their names are {', '.join(map(str, files))}. The summary ends in .txt, the "
            "journal in .journal; choose others"
        )
    for path in files:
        with explain_errors(path):
            if path.exists() and not path.is_file():
                raise GradebookError(f"{path} is a folder or a device; name a file to write to.")
            try_writing(path)
    if outputs.feedback is not None:
        folder = outputs.feedback
        with explain_errors(folder):
            try_writing(folder / "pages.csv" if folder.is_dir() else folder)
    if outputs.answers is not None:
        others = [*files, *([outputs.feedback / "pages.csv"] if outputs.feedback else [])]
        _require_room_for_answers(outputs.answers, others)


def _require_room_for_answers(folder: Path, others: Sequence[Path]) -> None:
    if any(folder.absolute() in path.absolute().parents for path in others):
        raise GradebookError(
            f"{folder} is for the answers alone, but something else would be written there too. "
            "Name another folder with --answers."
        )
    require_own(folder)
    with explain_errors(folder):
        try_writing(folder / "answers.csv" if folder.is_dir() else folder)


def write_outputs(
    outputs: Outputs,
    results: Sequence[LearnerResult],
    run: Run,
    marks: Marks,
    strangers: Sequence[str] = (),
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
    marks : dict
        What a person gave, as `gradlab.grading.outcome.marks.read_marks` reads it.
    strangers : sequence of str, optional
        Who handed in something, but is not in the teacher's list of the class.

    Returns
    -------
    str
        The report, and lines that say what is where.
    """
    results, remarks = merge(results, marks)
    copies = find_copies(results)
    report = as_report(results, run, remarks, strangers, list_same_answers(results, copies))
    # After the report, which lists notes of what may have cost points.
    results = add_notes(results, copies)
    files = {outputs.grades: as_csv(results), outputs.summary: report}
    if outputs.json is not None:
        files[outputs.json] = as_json(results, run)
    if outputs.class_page is not None:
        files[outputs.class_page] = render_class(tally_class(results, copies))
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
    if outputs.json is not None:
        lines.append(f"All results: {outputs.json}")
    if outputs.class_page is not None:
        lines.append(f"What the class did: {outputs.class_page}; it names nobody")
    if outputs.answers is not None:
        with hold():
            written = write_answers(results, outputs.answers)
        count = "1 answer" if written == 1 else f"{written} answers"
        lines.append(f"Answers: {count} in {outputs.answers}; answers.csv says which is whose")
    return "\n".join([report, *lines, ""])
