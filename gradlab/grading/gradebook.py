"""The gradebook: marks given by hand come in; grades go out as CSV, JSON and a short report."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
import reprlib
import secrets
import statistics
import textwrap
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from difflib import get_close_matches
from pathlib import Path

from gradlab.grading.results import ExerciseResult, LearnerResult, Run, Status

# (student, exercise) -> points
Marks = dict[tuple[str, str], float]

_COLUMNS = ("student", "exercise", "points")
# The outcomes of an answer in words.
_BY_HAND = ("written", "blank", "missing")
_MEANING: dict[Status, str] = {
    "graded": "graded",
    "needs-manual": "needs-manual: a written answer waits for your marks",
    "unreadable": "unreadable: a notebook could not be read",
    "missing": "missing: no notebook was handed in",
}
# What breaks a line, is obeyed by a terminal, or shows a line in another order.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_FORMULA = tuple("=+-@＝＋－＠")


class GradebookError(Exception):
    """What went wrong and what to do, in sentences for the teacher."""


def read_marks(path: Path, max_points: Mapping[str, float]) -> Marks:
    r"""Read the marks that a person gave to answers in words.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8 with the columns student, exercise and points, separated by commas,
        or by semicolons, and then with decimal commas, too. Where points are empty, the answer
        is not marked yet.
    max_points : mapping
        The answers in words, by name, and what each can earn.

    Returns
    -------
    dict
        (student, exercise) -> points.

    Raises
    ------
    GradebookError
        If the file cannot be read, or says what cannot be; it names the line.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.gradebook import read_marks
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "marks.csv")
    ...     _ = path.write_text("student;exercise;points\nada;explain;7,5\n")
    ...     read_marks(path, {"explain": 10})
    {('ada', 'explain'): 7.5}
    """
    text = _read_text(path)
    heading = next((line for line in text.splitlines() if line.strip()), "")
    separator = ";" if heading.count(";") > heading.count(",") else ","
    rows = _rows(path, text, separator)
    place = _places(path, next(rows, None))
    marks: Marks = {}
    for at, row in rows:
        student, exercise, given = (row[place[column]] for column in _COLUMNS)
        if not student:
            raise GradebookError(
                f"{at}, column student: it is empty; the learner's name is needed."
            )
        if exercise not in max_points:
            raise GradebookError(
                f"{at}, column exercise: {reprlib.repr(exercise)} was given, but only written "
                f"answers can be marked by hand: {', '.join(max_points) or 'here are none'}."
            )
        if not given:
            continue
        number = given.replace(",", ".") if separator == ";" else given
        points = _points(at, number, given, max_points[exercise])
        if marks.setdefault((_known_as(student), exercise), points) != points:
            raise GradebookError(
                f"{at}, column points: {given} was given, but {plain(student)} has another mark "
                f"for {exercise} in a line above. Delete one of the two lines."
            )
    return marks


def merge(results: Sequence[LearnerResult], marks: Marks) -> tuple[list[LearnerResult], list[str]]:
    """Put the marks given by hand into the results.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    marks : dict
        What `read_marks` returned.

    Returns
    -------
    list of LearnerResult
        The same learners; who has no answer left that waits is now graded.
    list of str
        A sentence for each mark that could not be used.

    Examples
    --------
    >>> from gradlab.grading.gradebook import merge
    >>> from gradlab.grading.results import ExerciseResult, LearnerResult
    >>> answer = ExerciseResult("explain", 7, "written", None, 10.0)
    >>> found = [LearnerResult("ada", "needs-manual", (answer,))]
    >>> merged, unused = merge(found, {("ada", "explain"): 8.0, ("abel", "explain"): 6.0})
    >>> merged[0].total, merged[0].status
    (8.0, 'graded')
    >>> unused
    ['abel: there is a mark for this name, but no such learner.']
    """
    given: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (student, exercise), points in marks.items():
        given[_known_as(student)][exercise] = points
    names = Counter(_known_as(result.student) for result in results)
    unused = [_no_such_learner(name, names) for name in given if names[name] != 1]
    merged = []
    for result in results:
        name = _known_as(result.student)
        mine = given.get(name, {}) if names[name] == 1 else {}
        merged.append(_marked(result, mine))
        unused += _no_such_answer(result, mine)
    return merged, [plain(sentence) for sentence in unused]


def needs_a_person(results: Sequence[LearnerResult]) -> list[str]:
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
    >>> from gradlab.grading.gradebook import needs_a_person
    >>> from gradlab.grading.results import LearnerResult
    >>> needs_a_person([LearnerResult("dora", "missing", ())])
    ['dora: handed in no notebook']
    """
    waiting = sorted((r for r in results if r.status != "graded"), key=lambda r: r.student)
    return [plain(f"{result.student}: {_reason(result)}") for result in waiting]


def as_csv(results: Sequence[LearnerResult]) -> str:
    """Return the grades as a table for a spreadsheet.

    Parameters
    ----------
    results : sequence of LearnerResult
        A row for each, in this order.

    Returns
    -------
    str
        CSV with a header. An answer in words that nobody has marked is an empty cell. No cell
        can be taken for a formula, whatever a learner is called.

    Examples
    --------
    >>> from gradlab.grading.gradebook import as_csv
    >>> from gradlab.grading.results import ExerciseResult, LearnerResult
    >>> answer = ExerciseResult("pack", 4, "wrong", 4 / 3, 3.0)
    >>> print(as_csv([LearnerResult("ada", "graded", (answer,))]), end="")
    student,pack,total,max_total,status,notes
    ada,1.33,1.33,3,graded,
    """
    names = list(dict.fromkeys(e.name for result in results for e in result.exercises))
    file = io.StringIO(newline="")
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["student", *map(_cell, names), "total", "max_total", "status", "notes"])
    for result in results:
        points = {e.name: e.points for e in result.exercises}
        table.writerow(
            [
                _cell(result.student),
                *(as_number(points.get(name)) for name in names),
                as_number(result.total),
                as_number(result.max_total),
                result.status,
                _cell("; ".join(result.all_notes)),
            ]
        )
    return file.getvalue()


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
    >>> from gradlab.grading.gradebook import as_json
    >>> from gradlab.grading.results import Run
    >>> print(as_json([], Run("0.1.0", 7, "None.", None)), end="")
    {
     "run": {
      "isolation": "None.",
      "lesson": null,
      "seed": 7,
      "version": "0.1.0"
     },
     "students": []
    }
    """
    everything = {"run": asdict(run), "students": [result.to_dict() for result in results]}
    return json.dumps(everything, sort_keys=True, indent=1, allow_nan=False) + "\n"


def as_report(results: Sequence[LearnerResult], run: Run, remarks: Sequence[str] = ()) -> str:
    """Say in short lines how the grading went, and who needs a person.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    run : Run
        How it was done.
    remarks : sequence of str, optional
        Marks that could not be used, as `merge` tells them.

    Returns
    -------
    str
        A text that is the same for the same results.

    Examples
    --------
    >>> from gradlab.grading.gradebook import as_report
    >>> from gradlab.grading.results import LearnerResult, Run
    >>> run = Run("0.1.0", 7, "Limits only.", 4)
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
    only = "" if run.lesson is None else f" Only lesson {run.lesson} counts."
    counts = Counter(result.status for result in results)
    lines = [f"gradlab {run.version} graded {learners}.{only}"]
    lines += [f"{counts[s]:6}  {meaning}" for s, meaning in _MEANING.items() if counts[s]]
    lines += _averages([result for result in results if result.status == "graded"])
    lines += _wrapped(f"Seed: {run.seed} (with --seed {run.seed} the grades come out the same)")
    lines += _wrapped(f"Isolation: {plain(run.isolation)}")
    lines += _listed("Marks that were not used:", remarks)
    lines += _listed("Needs a person:", needs_a_person(results))
    return "\n".join(lines) + "\n"


def write_kept(path: Path, text: str) -> Path | None:
    """Write a file whole or not at all; keep beside it what was there before.

    Parameters
    ----------
    path : Path
        The file. Of a symbolic link, the link is replaced, not what it leads to.
    text : str
        Its new content.

    Returns
    -------
    Path or None
        Where the old content is now, such as ``grades.kept-1.csv``; None if there was none, or
        the same.

    Raises
    ------
    GradebookError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.gradebook import write_kept
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "grades.csv")
    ...     print(write_kept(path, "old"), write_kept(path, "new").name)
    None grades.kept-1.csv
    """
    content = text.encode()
    with explained(path):
        if path.exists() and not path.is_file():
            raise GradebookError(f"{path} is a folder or a device; name a file to write to.")
        if not path.is_symlink() and path.exists() and path.read_bytes() == content:
            return None
        with _part(path, content) as part:
            kept = _keep(path) if os.path.lexists(path) else None
            part.replace(path)
    return kept


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
        The file; what was there is replaced.
    content : bytes
        Its new content.
    """
    with _part(path, content) as part:
        part.replace(path)


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
    >>> from gradlab.grading.gradebook import as_number
    >>> as_number(3.0), as_number(4 / 3), as_number(None)
    ('3', '1.33', '')
    """
    return "" if points is None else f"{points:.2f}".rstrip("0").rstrip(".")


def plain(text: str) -> str:
    r"""Return a text in one line, without what a terminal would obey.

    Parameters
    ----------
    text : str
        Any text, such as the name of a folder that a learner handed in.

    Returns
    -------
    str
        Control characters are spaces; what is no Unicode text is spelled out.

    Examples
    --------
    >>> from gradlab.grading.gradebook import plain
    >>> plain("ada\n\x1b[2J")
    'ada  [2J'
    """
    return _CONTROL.sub(" ", text).encode("utf-8", "backslashreplace").decode("utf-8")


@contextmanager
def explained(path: Path) -> Iterator[None]:
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


def _read_text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise GradebookError(
            f"{path} cannot be read: {error.strerror}. A CSV file with marks is needed."
        ) from error
    except UnicodeDecodeError as error:
        raise _not_text(path) from error
    if "\0" in text:
        raise _not_text(path)
    return text


def _not_text(path: Path) -> GradebookError:
    return GradebookError(
        f"{path} is not text in UTF-8; save the marks from your spreadsheet as “CSV UTF-8”."
    )


def _rows(path: Path, text: str, separator: str) -> Iterator[tuple[str, list[str]]]:
    """Yield where each line is, and its fields; leave out lines without any.

    All have as many fields as the first, the header.
    """
    # Strict: a quote that is never closed would swallow the lines that follow.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    width = None
    try:
        for fields in reader:
            row = [field.strip() for field in fields]
            if not any(row):
                continue
            at = f"{path}, line {reader.line_num}"
            width = width or len(row)
            if any(row[width:]):
                raise GradebookError(
                    f"{at}: there are {len(row)} fields, but the header has {width}. Is a comma "
                    "in a number or a name? Write 7.5, and put a name into double quotes."
                )
            yield at, row + [""] * (width - len(row))
    except csv.Error as error:
        raise GradebookError(
            f"{path}, line {reader.line_num}: this is no CSV ({error}). Look for a double quote "
            "that has no partner."
        ) from error


def _places(path: Path, header: tuple[str, list[str]] | None) -> dict[str, int]:
    """Return where each column that is needed stands."""
    needed = f"needed are {', '.join(_COLUMNS)}, separated by commas or semicolons"
    if header is None:
        raise GradebookError(f"{path} is empty; {needed} in the first line, then the marks.")
    at, row = header
    columns = [name.lower() for name in row]
    for name in _COLUMNS:
        if columns.count(name) != 1:
            problem = "is there twice" if name in columns else "is missing"
            raise GradebookError(
                f"{at}: the column {name} {problem}. There are {', '.join(map(plain, row))}; "
                f"{needed}."
            )
    return {name: columns.index(name) for name in _COLUMNS}


def _points(at: str, number: str, given: str, most: float) -> float:
    try:
        points = float(number)
    except ValueError:
        points = -1.0
    # Not a number is not within bounds either; Python reads 1_0 as ten, a teacher would not.
    if not 0.0 <= points <= most or "_" in number:
        raise GradebookError(
            f"{at}, column points: {reprlib.repr(given)} was given; a number from 0 to "
            f"{as_number(most)} is needed, or nothing if the answer is not marked yet."
        )
    return abs(points)  # -0 is 0


def _known_as(name: str) -> str:
    """Return a learner's name however a spreadsheet or a file system spells it."""
    line = unicodedata.normalize("NFC", plain(name)).strip()
    # The apostrophe that as_csv put there.
    return line[1:] if line.startswith("'") and _cell(line[1:]) == line else line


def _no_such_learner(name: str, names: Counter[str]) -> str:
    if names[name] > 1:
        return (
            f"{name}: there is a mark for this name, but {names[name]} learners have it. Give "
            "their folders names that differ in more than spaces or accents."
        )
    near = get_close_matches(name, names, n=1)
    meant = f" Is {near[0]} meant?" if near else ""
    return f"{name}: there is a mark for this name, but no such learner.{meant}"


def _no_such_answer(result: LearnerResult, points: Mapping[str, float]) -> list[str]:
    by_hand = {e.name for e in result.exercises if e.outcome in _BY_HAND}
    return [
        f"{result.student}: the mark for {name} was not used: no written answer of that name "
        "counts here."
        for name in points
        if name not in by_hand
    ]


def _marked(result: LearnerResult, points: Mapping[str, float]) -> LearnerResult:
    exercises = tuple(
        _with_mark(e, points[e.name]) if e.name in points and e.outcome in _BY_HAND else e
        for e in result.exercises
    )
    waits = any(e.points is None for e in exercises)
    status = "graded" if result.status == "needs-manual" and not waits else result.status
    return replace(result, exercises=exercises, status=status)


def _with_mark(exercise: ExerciseResult, points: float) -> ExerciseResult:
    if exercise.outcome == "written":
        return replace(exercise, points=points)
    note = "marked by hand though no answer was found"
    return replace(exercise, points=points, notes=(*exercise.notes, note))


def _reason(result: LearnerResult) -> str:
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


def _cell(text: str) -> str:
    """Return text for a spreadsheet, which shall not take it for a formula."""
    line = plain(text)
    formula = line.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r"))
    return f"'{line}" if formula else line


def _averages(graded: Sequence[LearnerResult]) -> list[str]:
    if not graded:
        return []
    totals = [result.total for result in graded]
    mean, median = as_number(statistics.fmean(totals)), as_number(statistics.median(totals))
    most = as_number(max(result.max_total for result in graded))
    return [f"Of those graded: mean {mean}, median {median} of {most} points"]


def _listed(heading: str, items: Sequence[str]) -> list[str]:
    lines = [line for item in items for line in _wrapped(plain(item), "  ")]
    return ["", heading, *lines] if lines else []


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, 79, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )


@contextmanager
def _part(path: Path, content: bytes) -> Iterator[Path]:
    """Write a file beside another, which it can replace; it is gone if it did not."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)


def _keep(path: Path) -> Path:
    """Give what is at a path a second name."""
    numbers = itertools.count(1)
    while True:
        kept = path.with_name(f"{path.stem}.kept-{next(numbers)}{path.suffix}")
        if os.path.lexists(kept):
            continue
        try:
            # A second name, not another one: at no moment is there nothing at the path.
            os.link(path, kept, follow_symlinks=False)
        except FileExistsError:
            continue
        except OSError:  # not every file system has second names
            path.rename(kept)
        return kept
