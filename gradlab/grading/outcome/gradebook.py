"""The gradebook: results go out as CSV, JSON and a short report."""

from __future__ import annotations

import json
import statistics
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from gradlab.grading.outcome.learner_notes import list_learner_notes
from gradlab.grading.outcome.results import LearnerResult, Run, Status
from gradlab.grading.outcome.table import format_table
from gradlab.grading.outcome.text import as_line
from gradlab.support.errors import GradlabError
from gradlab.support.files import write_kept

_UNANSWERED = {"blank", "missing"}
_MEANING: dict[Status, str] = {
    "graded": "graded",
    "needs-manual": "needs-manual: a written answer waits for your marks",
    "unreadable": "unreadable: something could not be read or marked",
    "missing": "missing: no notebook was handed in",
}


class GradebookError(GradlabError):
    """What went wrong and what to do, in sentences for the teacher."""


def as_csv(results: Sequence[LearnerResult]) -> str:
    r"""Return the grades as a table for a spreadsheet.

    Parameters
    ----------
    results : sequence of LearnerResult
        A row for each, in this order.

    Returns
    -------
    str
        CSV with a byte-order mark and a header; if several lessons count, with the points of
        each. What waits for a person is an empty cell. No cell can be taken for a formula,
        whatever a learner is called.

    Examples
    --------
    >>> from gradlab.grading.outcome.gradebook import as_csv
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> answer = ExerciseResult("pack", 4, "wrong", 4 / 3, 3.0)
    >>> text = as_csv([LearnerResult("ada", "graded", (answer,))])
    >>> print(text.removeprefix("\ufeff"), end="")
    student,pack,total,max_total,status,notes
    ada,1.33,1.33,3,graded,
    """
    names = list(dict.fromkeys(e.name for result in results for e in result.exercises))
    lessons = sorted({e.lesson for result in results for e in result.exercises})
    lessons = lessons if len(lessons) > 1 else []
    sums = [f"lesson_{lesson}" for lesson in lessons]
    end = ("total", "max_total", "status", "notes")
    rows: list[list[str]] = [["student", *names, *sums, *end]]
    for result in results:
        points = {e.name: e.points for e in result.exercises}
        rows.append(
            [
                result.student,
                *(as_number(points.get(name)) for name in names),
                *(as_number(result.sum_of(lesson)) for lesson in lessons),
                as_number(result.total),
                as_number(result.max_total),
                result.status,
                "; ".join(result.all_notes),
            ]
        )
    return format_table(rows)


def as_json(results: Sequence[LearnerResult], run: Run) -> str:
    """Return all results, and how they came about, as JSON.

    Parameters
    ----------
    results : sequence of LearnerResult
        The learners, in this order.
    run : Run
        How they were graded.

    Returns
    -------
    str
        An object with "run" and "students"; the same results give the same text.

    Examples
    --------
    >>> from gradlab.grading.outcome.gradebook import as_json
    >>> from gradlab.grading.outcome.results import Run
    >>> print(as_json([], Run("0.1.0", 7, "None.", ())), end="")
    {
     "run": {
      "isolation": "None.",
      "lessons": [],
      "seed": 7,
      "version": "0.1.0"
     },
     "students": []
    }
    """
    everything = {"run": asdict(run), "students": [result.to_dict() for result in results]}
    return json.dumps(everything, sort_keys=True, indent=1, allow_nan=False) + "\n"


def as_report(
    results: Sequence[LearnerResult],
    run: Run,
    remarks: Sequence[str] = (),
    strangers: Sequence[str] = (),
    same: Sequence[str] = (),
) -> str:
    """Say in short lines how the grading went, and who needs a person.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    run : Run
        How it was done.
    remarks : sequence of str, optional
        Marks that could not be used, as `merge` tells them.
    strangers : sequence of str, optional
        Who is not on the roster, as `compare` tells them.
    same : sequence of str, optional
        Which answers are the same, as `list_same_answers` tells them.

    Returns
    -------
    str
        A text that is the same for the same results.

    Examples
    --------
    >>> from gradlab.grading.outcome.gradebook import as_report
    >>> from gradlab.grading.outcome.results import LearnerResult, Run
    >>> run = Run("0.1.0", 7, "Limits only.", (4,))
    >>> print(as_report([LearnerResult("dora", "missing", ())], run), end="")
    gradlab 0.1.0 graded 1 learner. Only lesson 4 counts.
         1  missing: no notebook was handed in
    Seed: 7 (with --seed 7 the grades come out the same)
    Isolation: Limits only.
    <BLANKLINE>
    Needs a person:
      dora: handed in no notebook
    """
    learners = "1 learner" if len(results) == 1 else f"{len(results)} learners"
    only = f" Only {_name_lessons(run.lessons)}." if run.lessons else ""
    counts = Counter(result.status for result in results)
    lines = [f"gradlab {run.version} graded {learners}.{only}"]
    lines += [f"{counts[s]:6}  {meaning}" for s, meaning in _MEANING.items() if counts[s]]
    lines += _summarize_totals([result for result in results if result.status == "graded"])
    lines += _explain_lessons(results, run)
    lines += _wrap(f"Seed: {run.seed} (with --seed {run.seed} the grades come out the same)")
    lines += _wrap(f"Isolation: {as_line(run.isolation)}")
    lines += _list_under("Marks that were not used:", remarks)
    lines += _list_under("Differences from the roster:", strangers)
    lines += _list_under("Needs a person:", list_who_needs_a_person(results))
    lines += _list_under("Worth a look (these may have cost points):", _list_worth_a_look(results))
    lines += _list_under("Same answers (no points were taken off):", same)
    lines += _list_under("Notes on learners:", list_learner_notes(results))
    return "\n".join(lines) + "\n"


def list_who_needs_a_person(results: Sequence[LearnerResult]) -> list[str]:
    """Say why each learner that is not graded needs a person.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.

    Returns
    -------
    list of str
        A line for each such learner, in the order of their names.

    Examples
    --------
    >>> from gradlab.grading.outcome.gradebook import list_who_needs_a_person
    >>> from gradlab.grading.outcome.results import LearnerResult
    >>> list_who_needs_a_person([LearnerResult("dora", "missing", ())])
    ['dora: handed in no notebook']
    """
    waiting = sorted((r for r in results if r.status != "graded"), key=lambda r: r.student)
    return [as_line(f"{result.student}: {_explain_status(result)}") for result in waiting]


def _list_worth_a_look(results: Sequence[LearnerResult]) -> list[str]:
    """Return what was noted on answers that did not get full marks, and who answered nothing."""
    blank = [
        as_line(f"{result.student}: every answer is as it was given out; is it the wrong file?")
        for result in sorted(results, key=lambda result: result.student)
        if result.status == "graded" and {e.outcome for e in result.exercises} <= _UNANSWERED
    ]
    return blank + [
        as_line(f"{result.student}: {exercise.name}: {note}")
        for result in sorted(results, key=lambda result: result.student)
        for exercise in result.exercises
        if exercise.outcome in ("wrong", "stopped")
        for note in exercise.notes
    ]


def _name_lessons(lessons: Sequence[int]) -> str:
    if len(lessons) == 1:
        return f"lesson {lessons[0]} counts"
    return f"lessons {', '.join(map(str, lessons[:-1]))} and {lessons[-1]} count"


def _explain_lessons(results: Sequence[LearnerResult], run: Run) -> list[str]:
    """Say of which lessons nobody handed in anything: perhaps they were not set."""
    exercises = [e for result in results if result.status != "missing" for e in result.exercises]
    there = {e.lesson for e in exercises if e.outcome != "missing"}
    gone = sorted({e.lesson for e in exercises} - there)
    if not there or not gone or run.lessons:
        return []
    points = sum({e.name: e.max_points for e in exercises if e.lesson in gone}.values())
    return _wrap(
        f"Nobody handed in anything of lesson {', '.join(map(str, gone))}, which count "
        f"{as_number(points)} points. If they were not set, grade again with --lesson."
    )


def write_grades(path: Path, text: str) -> Path | None:
    """Write grades, or what is to be said of them; keep beside them what was there before.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        Its new content.

    Returns
    -------
    Path or None
        Where the old content is now; see `gradlab.support.files.write_kept`.

    Raises
    ------
    GradebookError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.outcome.gradebook import write_grades
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "grades.csv")
    ...     print(write_grades(path, "old"), write_grades(path, "new").name)
    None grades.kept-1.csv
    """
    with explain_errors(path):
        if path.exists() and not path.is_file():
            raise GradebookError(f"{path} is a folder or a device; name a file to write to.")
        return write_kept(path, text.encode())


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Say what to do about a file or folder that cannot be written.

    Parameters
    ----------
    path : Path
        What is to be written.

    Raises
    ------
    GradebookError
        In place of an OSError.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if not path.parent.is_dir():
            why = f"there is no folder {path.parent}"
        raise GradebookError(
            f"{path} cannot be written: {why}. It needs a folder that exists and that you may "
            "write to, on a disk that is not full. Make one, or name another."
        ) from error


def as_number(points: float | None) -> str:
    """Return points with at most two decimals; nothing for None.

    Parameters
    ----------
    points : float or None
        What was earned.

    Returns
    -------
    str
        Such as ``"3"`` or ``"1.33"``.

    Examples
    --------
    >>> from gradlab.grading.outcome.gradebook import as_number
    >>> as_number(3.0), as_number(4 / 3), as_number(None)
    ('3', '1.33', '')
    """
    return "" if points is None else f"{points:.2f}".rstrip("0").rstrip(".")


def _explain_status(result: LearnerResult) -> str:
    if result.status == "missing":
        return "handed in no notebook"
    reasons = [
        f"the written answer `{e.name}` waits for your marks"
        for e in result.exercises
        if e.points is None
    ]
    if result.status == "unreadable":
        reasons = [*(result.notes or ("a notebook could not be read",)), *reasons]
    return "; ".join(reasons)


def _summarize_totals(graded: Sequence[LearnerResult]) -> list[str]:
    if not graded:
        return []
    totals = [result.total for result in graded]
    mean, median = as_number(statistics.fmean(totals)), as_number(statistics.median(totals))
    most = as_number(max(result.max_total for result in graded))
    return [f"Of those graded: mean {mean}, median {median} of {most} points"]


def _list_under(heading: str, items: Sequence[str]) -> list[str]:
    lines = [line for item in items for line in _wrap(as_line(item), "  ")]
    return ["", heading, *lines] if lines else []


def _wrap(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, 79, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )
