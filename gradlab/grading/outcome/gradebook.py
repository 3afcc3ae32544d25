"""The gradebook: results go out as CSV and as JSON, and every file is written whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from gradlab.grading.outcome.results import LearnerResult, Run
from gradlab.grading.outcome.table import format_table
from gradlab.support.errors import GradlabError
from gradlab.support.files import write_kept


class GradebookError(GradlabError):
    """What went wrong and what to do, in sentences for the teacher."""


def as_csv(results: Sequence[LearnerResult], ids: Sequence[str] = ()) -> str:
    r"""Return the grades as a table for a spreadsheet.

    Parameters
    ----------
    results : sequence of LearnerResult
        A row for each, in this order.
    ids : sequence of str, optional
        The numbers by which an LMS knows them, in the same order.

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
    id,student,pack,total,max_total,status,notes
    ,ada,1.33,1.33,3,graded,
    """
    names = list(dict.fromkeys(e.name for result in results for e in result.exercises))
    lessons = sorted({e.lesson for result in results for e in result.exercises})
    lessons = lessons if len(lessons) > 1 else []
    sums = [f"lesson_{lesson}" for lesson in lessons]
    end = ("total", "max_total", "status", "notes")
    # A program that does not know the byte-order mark reads it as a part of the first name: so the
    # learner, by whom rows are found, is not in the first column.
    rows: list[list[str]] = [["id", "student", *names, *sums, *end]]
    for own_id, result in zip(ids or [""] * len(results), results, strict=True):
        points = {e.name: e.points for e in result.exercises}
        rows.append(
            [
                own_id,
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


def write_grades(path: Path, text: str | bytes) -> Path | None:
    """Write a file of grades, or about them; keep the old version beside it.

    Parameters
    ----------
    path : Path
        The file.
    text : str or bytes
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
        return write_kept(path, text if isinstance(text, bytes) else text.encode())


def tell_kept(path: Path, kept: Path | None) -> list[str]:
    """Say where the old version of a file is now.

    Parameters
    ----------
    path : Path
        The file that was written.
    kept : Path or None
        What `write_grades` returned.

    Returns
    -------
    list of str
        A line, or none if there was no old version.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gradlab.grading.outcome.gradebook import tell_kept
    >>> tell_kept(Path("grades.csv"), Path("grades.kept-1.csv"))
    ['The earlier grades.csv is kept as grades.kept-1.csv']
    """
    return [f"The earlier {path} is kept as {kept}"] if kept else []


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
