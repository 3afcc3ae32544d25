"""Writing the files that a run leaves, and saying what is where."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gradlab.grading.copies import find_copies
from gradlab.grading.feedback_zip import write_zips
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import find_id
from gradlab.grading.lms_gradebook import fill, note_statuses
from gradlab.grading.outcome.answer_files import write_answers
from gradlab.grading.outcome.class_page import render_class
from gradlab.grading.outcome.feedback import write_feedback
from gradlab.grading.outcome.gradebook import GradebookError, as_csv, as_json, write_grades
from gradlab.grading.outcome.marks import merge
from gradlab.grading.outcome.naming import make_code
from gradlab.grading.outcome.report import as_report
from gradlab.grading.outcome.results import LearnerResult, Run
from gradlab.grading.outcome.same_answers import add_notes, list_same_answers
from gradlab.grading.outcome.tallies import tally_class
from gradlab.grading.outcome.to_mark import ToMark, format_to_mark, list_lacking, list_to_mark
from gradlab.grading.outcome.written_page import render_written
from gradlab.grading.output_paths import Outputs
from gradlab.grading.signals import hold
from gradlab.grading.teacher_files import TeacherFiles


def write_outputs(
    outputs: Outputs,
    results: Sequence[LearnerResult],
    run: Run,
    files: TeacherFiles,
    strangers: Sequence[str] = (),
    submissions: Sequence[Submission] = (),
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
    files : TeacherFiles
        Marks by hand, a gradebook to fill, and the list of the class, as far as there are any.
    strangers : sequence of str, optional
        Who handed in something, but is not in the teacher's list of the class.
    submissions : sequence of Submission, optional
        What was handed in, in the order of the results: an LMS takes pages back by it.

    Returns
    -------
    str
        The report, and lines that say what is where.

    Raises
    ------
    GradebookError
        If a file cannot be written.
    """
    marks, gradebook = files.marks, files.gradebook
    results, remarks = merge(results, marks.marks if marks else {})
    copies = find_copies(results)
    to_mark = list_to_mark(results, outputs.anonymous) if marks else []
    if gradebook:
        results = note_statuses(gradebook, results, submissions)
    filled = fill(gradebook, results, submissions) if gradebook else None
    report = as_report(
        results,
        run,
        remarks,
        strangers,
        same=list_same_answers(results, copies),
        sections=filled.sections if filled else (),
        to_add=list_lacking(to_mark, marks) if marks and not marks.is_new else (),
    )
    # After the report, which lists the notes of what may have cost points.
    results, without = add_notes(results, copies), results
    lines = [f"Grades: {outputs.grades}; this summary: {outputs.summary}"]
    ids = [find_id(submission.uploads) for submission in submissions]
    lines += _write(outputs.grades, as_csv(results, ids))
    lines += _write(outputs.summary, report)
    if outputs.feedback is not None:
        lines += _write_pages(outputs.feedback, results, submissions, files)
    if filled and outputs.filled:
        lines.append(f"Gradebook: {outputs.filled}, {filled.said}")
        lines += _write(outputs.filled, filled.text)
    if outputs.written is not None:
        lines.append(f"Answers in words: {outputs.written}")
        shown = add_notes(without, copies, make_code) if outputs.anonymous else results
        lines += _write(outputs.written, render_written(shown, outputs.anonymous))
    if outputs.class_page is not None:
        lines.append(f"What the class did: {outputs.class_page}; it names nobody")
        lines += _write(outputs.class_page, render_class(tally_class(results, copies)))
    if outputs.answers is not None:
        lines.append(_write_answers(outputs.answers, results))
    if outputs.json is not None:
        lines.append(f"All results: {outputs.json}")
        lines += _write(outputs.json, as_json(results, run))
    if marks is not None and marks.is_new:
        lines.append(_write_to_mark(marks.path, to_mark))
    return "\n".join([report, *lines, ""])


def _write(path: Path, text: str) -> list[str]:
    with hold():
        old = write_grades(path, text)
    return [f"{path} was there already; it is kept as {old}"] if old else []


def _write_pages(
    folder: Path,
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
    files: TeacherFiles,
) -> list[str]:
    worksheet = files.gradebook.worksheet if files.gradebook else None
    with hold():
        pages = write_feedback(results, folder)
        zips = (
            write_zips(results, submissions, pages, folder, worksheet, files.members)
            if submissions
            else []
        )
    count = "1 page" if len(pages) == 1 else f"{len(pages)} pages"
    return [f"Feedback: {count} in {folder}; pages.csv says whose is whose", *zips]


def _write_answers(folder: Path, results: Sequence[LearnerResult]) -> str:
    with hold():
        written = write_answers(results, folder)
    count = "1 answer" if written == 1 else f"{written} answers"
    return f"Answers: {count} in {folder}; answers.csv says which is whose"


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
