"""Feedback for learners: a page each, which opens in any browser and needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradlab.grading.outcome.file_names import choose_file_names
from gradlab.grading.outcome.gradebook import (
    GradebookError,
    as_number,
    explain_errors,
    write_grades,
)
from gradlab.grading.outcome.pages.document import (
    is_own_page,
    name_lesson,
    render_document,
    render_name,
)
from gradlab.grading.outcome.results import ExerciseResult, GroupResult, LearnerResult
from gradlab.grading.outcome.table import format_table
from gradlab.grading.outcome.text import as_html, as_line
from gradlab.support.files import write_whole

# By it a later run knows the pages that it may replace.
_TABLE = "pages.csv"


def render_page(result: LearnerResult) -> str:
    """Return a learner's page: the points, what passed, and the hints.

    It tells nothing that the results do not say to learners: no notes for the teacher, no case.

    Parameters
    ----------
    result : LearnerResult
        What grading found.

    Returns
    -------
    str
        HTML without scripts and without anything to load.

    Examples
    --------
    >>> from gradlab.grading.outcome.pages.feedback import render_page
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> answer = ExerciseResult("pack", 4, "right", 3.0, 3.0)
    >>> page = render_page(LearnerResult("ada", "graded", (answer,)))
    >>> "<strong>3</strong> of 3 points" in page
    True
    """
    return render_document(make_title(result), render_body(result))


def make_title(result: LearnerResult) -> str:
    """Return the headline of a learner's page.

    Parameters
    ----------
    result : LearnerResult
        What grading found.

    Returns
    -------
    str
        Text in one line.

    Examples
    --------
    >>> from gradlab.grading.outcome.pages.feedback import make_title
    >>> from gradlab.grading.outcome.results import LearnerResult
    >>> make_title(LearnerResult("ada", "missing", ()))
    'Feedback for ada'
    """
    return f"Feedback for {as_line(result.student)}"


def render_body(result: LearnerResult) -> list[str]:
    """Return what stands below the headline of a learner's page.

    Parameters
    ----------
    result : LearnerResult
        What grading found.

    Returns
    -------
    list of str
        HTML. Ends of lines within a piece are those of a text.

    Examples
    --------
    >>> from gradlab.grading.outcome.pages.feedback import render_body
    >>> from gradlab.grading.outcome.results import LearnerResult
    >>> render_body(LearnerResult("ada", "graded", ()))
    ['<p class="total"><strong>0</strong> of 0 points</p>']
    """
    lessons = dict.fromkeys(exercise.lesson for exercise in result.exercises)
    parts = _render_summary(result)
    for lesson in lessons:
        parts += _render_lesson(lesson, [e for e in result.exercises if e.lesson == lesson])
    return parts


def write_feedback(results: Sequence[LearnerResult], folder: Path) -> list[Path]:
    """Write a page for each learner.

    There is no page that lists them all: who is given the folder would see everyone's points.
    ``pages.csv`` says which page is whose.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    folder : Path
        Where the pages go; it is made if it does not exist. Pages of an earlier run are
        replaced, other files never.

    Returns
    -------
    list of Path
        The pages, in the order of the results.

    Raises
    ------
    GradebookError
        If another file is in the way, and then nothing was written; or if the folder cannot be
        written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.outcome.pages.feedback import write_feedback
    >>> from gradlab.grading.outcome.results import LearnerResult
    >>> with tempfile.TemporaryDirectory() as here:
    ...     pages = write_feedback([LearnerResult("ada", "missing", ())], Path(here))
    ...     [page.name for page in pages]
    ['ada.html']
    """
    names = choose_file_names([result.student for result in results], ".html")
    pages = {
        folder / name: render_page(result).encode()
        for name, result in zip(names, results, strict=True)
    }
    require_room([result.student for result in results], folder)
    with explain_errors(folder):
        changed = [path for path, page in pages.items() if not _is_written(path, page)]
        folder.mkdir(parents=True, exist_ok=True)
        for path in changed:
            write_whole(path, pages[path])
    rows = [(result.student, path.name) for result, path in zip(results, pages, strict=True)]
    write_grades(folder / _TABLE, format_table([("student", "page"), *rows]))
    return list(pages)


def require_room(students: Sequence[str], folder: Path) -> None:
    """Find out before a long run whether pages can be written for these learners.

    Parameters
    ----------
    students : sequence of str
        Their names.
    folder : Path
        Where the pages will go.

    Raises
    ------
    GradebookError
        If another file is in the way.
    """
    with explain_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise GradebookError(f"{folder} is a file, but the pages need a folder; name another.")
        for name in choose_file_names(students, ".html"):
            _is_written(folder / name, b"")


def _render_summary(result: LearnerResult) -> list[str]:
    lines = [
        f'<p class="total"><strong>{as_number(result.total)}</strong> of '
        f"{as_number(result.max_total)} points</p>"
    ]
    waiting = [e for e in result.exercises if e.points is None]
    if waiting:
        more = as_number(sum(e.max_points for e in waiting))
        lines.append(
            f"<p>Up to {more} more may come: a person has yet to mark a written answer.</p>"
        )
    if result.status == "missing":
        lines.append(
            "<p>Your teacher has no notebook from you. If you handed one in, tell them.</p>"
        )
    if result.status == "unreadable":
        lines.append(
            "<p>Part of what you handed in could not be read or marked, so points may be missing "
            "here. Only notebooks are graded: the files that end in .ipynb. If you handed in "
            "something else, hand in the notebook. If it was one, it may be incomplete: open it "
            "in Jupyter, save it, and hand it in again. Your teacher knows which file it is.</p>"
        )
    return lines


def _render_lesson(lesson: int, exercises: Sequence[ExerciseResult]) -> list[str]:
    points = as_number(sum(e.points or 0.0 for e in exercises))
    most = as_number(sum(e.max_points for e in exercises))
    return [
        "<section>",
        f"<h2>{as_html(name_lesson(lesson))}</h2>",
        "<table>",
        f"<caption>{points} of {most} points</caption>",
        '<thead><tr><th scope="col">Exercise</th><th scope="col">Result</th>'
        '<th scope="col">Points</th></tr></thead>',
        "<tbody>",
        *(_render_row(exercise) for exercise in exercises),
        "</tbody>",
        "</table>",
        *(line for exercise in exercises for line in _render_details(exercise)),
        "</section>",
    ]


def _render_row(exercise: ExerciseResult) -> str:
    look, words = _tell_outcome(exercise)
    points = as_number(exercise.points) or "–"
    return (
        f'<tr><th scope="row">{render_name(exercise.name)}</th>'
        f'<td class="{look}">{words}</td>'
        f"<td>{points} of {as_number(exercise.max_points)}</td></tr>"
    )


def _tell_outcome(exercise: ExerciseResult) -> tuple[str, str]:
    """Return how the outcome looks, and what it is in words."""
    if exercise.is_by_hand:
        return "", "marked by a person"
    if exercise.outcome == "wrong" and exercise.points:
        return "part", "◐ partly right"
    return {
        "right": ("good", "✓ right"),
        "wrong": ("bad", "✗ not right yet"),
        "blank": ("quiet", "– left as it was given out"),
        "missing": ("quiet", "– not in what you handed in"),
        "stopped": ("bad", "✗ was stopped"),
        "borrowed": ("bad", "✗ calls gradlab’s own code: earns nothing"),
        "written": ("quiet", "… waits for a person"),
    }[exercise.outcome]


def _render_details(exercise: ExerciseResult) -> list[str]:
    """Return what passed and what helps, where the row does not say it all."""
    groups = exercise.groups
    tables = [line for group in groups for line in group.table]
    has_more = bool(exercise.hints or exercise.comment or tables)
    if not has_more and all(g.right == g.total for g in groups):
        return []
    lines = [f"<h3>{render_name(exercise.name)}</h3>"]
    if groups:
        lines += ["<ul>", *map(_render_group, groups), "</ul>"]
    if tables:
        # What scrolls must be within reach of the keyboard.
        lines.append(f'<pre tabindex="0">{as_html(chr(10).join(tables))}</pre>')
    # Without groups it was not run, and the sentences say why.
    what = "Hint: " if groups else ""
    lines += [f'<p class="said hint">{what}{as_html(hint)}</p>' for hint in exercise.hints]
    if exercise.comment:
        lines.append(
            f'<p class="said hint"><strong>Your teacher says:</strong> '
            f"{as_html(exercise.comment)}</p>"
        )
    return lines


def _render_group(group: GroupResult) -> str:
    look, sign = ("good", "✓") if group.right == group.total else ("bad", "✗")
    return (
        f'<li><span class="{look}">{sign}</span> {as_html(group.name)}: '
        f"{group.right} of {group.total} right</li>"
    )


def _is_written(path: Path, page: bytes) -> bool:
    """Whether a file holds a page already; raise if it holds what is not ours."""
    if path.is_file() and not path.is_symlink():
        content = path.read_bytes()
        if is_own_page(content):
            return content == page
    elif not path.is_symlink() and not path.exists():
        return False
    raise GradebookError(
        f"{path} is not a page of gradlab's, so it stays as it is, and no page was written. Move "
        "it away, or give another folder for the feedback."
    )
