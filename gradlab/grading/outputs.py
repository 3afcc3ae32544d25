"""Writing the files that a run leaves, and saying what is where."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from gradlab.grading.copies import find_copies
from gradlab.grading.intake.submissions import Submission
from gradlab.grading.intake.uploads import find_id
from gradlab.grading.lms.feedback_zip import write_zips
from gradlab.grading.lms.fill import Filled, fill_gradebook, note_statuses
from gradlab.grading.outcome.answer_files import write_answers
from gradlab.grading.outcome.given_marks import GivenMarks, ask_again, list_given
from gradlab.grading.outcome.gradebook import (
    GradebookError,
    as_csv,
    as_json,
    tell_kept,
    write_grades,
)
from gradlab.grading.outcome.marks import MarksFile, merge_marks
from gradlab.grading.outcome.naming import make_code
from gradlab.grading.outcome.pages.class_page import render_class
from gradlab.grading.outcome.pages.feedback import write_feedback
from gradlab.grading.outcome.pages.written import render_written
from gradlab.grading.outcome.phrases import count_things
from gradlab.grading.outcome.report import as_report
from gradlab.grading.outcome.results import LearnerResult, Run
from gradlab.grading.outcome.same_answers import SameAnswers, add_notes, list_same_answers
from gradlab.grading.outcome.tallies import tally_class
from gradlab.grading.outcome.to_mark import ToMark, format_to_mark, list_lacking, list_to_mark
from gradlab.grading.output_paths import Outputs
from gradlab.grading.signals import hold
from gradlab.grading.teacher_files import TeacherFiles


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    summary : str
        The report, and lines that say what is where.
    given : mapping
        What a person gave, and for which answer.
    """

    summary: str
    given: GivenMarks


def write_outputs(
    outputs: Outputs,
    results: Sequence[LearnerResult],
    run: Run,
    files: TeacherFiles,
    strangers: Sequence[str] = (),
    submissions: Sequence[Submission] = (),
    given: GivenMarks = MappingProxyType({}),
) -> Written:
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
    given : mapping, optional
        What a person had given in the run before.

    Returns
    -------
    Written
        What is to be said and to be kept.

    Raises
    ------
    GradebookError
        If a file cannot be written.
    """
    marks, gradebook = files.marks, files.gradebook
    unmarked = results
    results, remarks = merge_marks(unmarked, marks.marks if marks else {})
    if marks:
        results, given = ask_again(results, unmarked, given), list_given(results, given)
    copies = find_copies(results)
    to_mark = list_to_mark(results, outputs.anonymous) if marks else []
    if gradebook:
        results = note_statuses(gradebook, results, submissions)
    filled = fill_gradebook(gradebook, results, submissions) if gradebook else None
    report = as_report(
        results,
        run,
        remarks,
        strangers,
        same=list_same_answers(results, copies, make_code if outputs.anonymous else str),
        sections=filled.sections if filled else (),
        to_add=list_lacking(to_mark, marks) if marks and not marks.is_new else (),
    )
    # After the report, which lists the notes of what may have cost points.
    noted = add_notes(results, copies)
    ids = [find_id(submission.uploads) for submission in submissions]
    lines = [
        f"Grades: {outputs.grades}; this summary: {outputs.summary}",
        *_write(outputs.grades, as_csv(noted, ids)),
        *_write(outputs.summary, report),
        *_write_feedback(outputs, noted, submissions, files),
        *_write_gradebook(outputs, filled),
        *_write_words(outputs, results, copies),
        *_write_class_page(outputs, noted),
        *_write_answers(outputs, noted),
        *_write_json(outputs, noted, run),
        *_write_to_mark(marks, to_mark),
    ]
    return Written("\n".join([report, *lines, ""]), given)


def _write(path: Path, text: str) -> list[str]:
    with hold():
        return tell_kept(path, write_grades(path, text))


def _write_feedback(
    outputs: Outputs,
    results: Sequence[LearnerResult],
    submissions: Sequence[Submission],
    files: TeacherFiles,
) -> list[str]:
    folder = outputs.feedback
    if folder is None:
        return []
    worksheet = files.gradebook.worksheet if files.gradebook else None
    zips: list[str] = []
    with hold():
        pages = write_feedback(results, folder)
        if submissions:
            zips = write_zips(results, submissions, pages, folder, worksheet, files.members)
    count = count_things(len(pages), "page")
    return [f"Feedback: {count} in {folder}; pages.csv says which is whose", *zips]


def _write_gradebook(outputs: Outputs, filled: Filled | None) -> list[str]:
    if outputs.filled is None or filled is None:
        return []
    line = f"Gradebook: {outputs.filled}, {filled.way_back}"
    return [line, *_write(outputs.filled, filled.text)]


def _write_words(
    outputs: Outputs, results: Sequence[LearnerResult], copies: Sequence[SameAnswers]
) -> list[str]:
    """Write the page of answers in words; where names are hidden, its notes have codes too."""
    if outputs.written is None:
        return []
    shown = add_notes(results, copies, make_code if outputs.anonymous else str)
    page = render_written(shown, outputs.anonymous)
    return [f"Answers in words: {outputs.written}", *_write(outputs.written, page)]


def _write_class_page(outputs: Outputs, results: Sequence[LearnerResult]) -> list[str]:
    if outputs.class_page is None:
        return []
    page = render_class(tally_class(results))
    line = f"What the class did: {outputs.class_page}; it names nobody"
    return [line, *_write(outputs.class_page, page)]


def _write_answers(outputs: Outputs, results: Sequence[LearnerResult]) -> list[str]:
    if outputs.answers is None:
        return []
    with hold():
        written = write_answers(results, outputs.answers)
    count = count_things(written, "answer")
    return [f"Answers: {count} in {outputs.answers}; answers.csv says which is whose"]


def _write_json(outputs: Outputs, results: Sequence[LearnerResult], run: Run) -> list[str]:
    if outputs.json is None:
        return []
    return [f"All results: {outputs.json}", *_write(outputs.json, as_json(results, run))]


def _write_to_mark(marks: MarksFile | None, rows: Sequence[ToMark]) -> list[str]:
    """Write a table to fill in, if it is wanted and there is anything to mark."""
    if marks is None or not marks.is_new:
        return []
    path = marks.path
    if not rows:
        return [f"Nothing needs points by hand, so {path} was not written"]
    if os.path.lexists(path):
        raise GradebookError(
            f"{path} was not there when the run began, and is there now; it stays as it is."
        )
    with hold():
        write_grades(path, format_to_mark(rows))
    count = count_things(len(rows), "row")
    return [f"{path} was not there: it now has {count} to fill in; then grade again with --resume"]
