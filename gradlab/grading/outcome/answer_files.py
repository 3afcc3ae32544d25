"""All answers as files, for a tool that compares programs: JPlag, MOSS, Dolos."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.outcome.file_names import choose_file_names
from gradlab.grading.outcome.gradebook import GradebookError, explain_errors
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.outcome.table import TableError, format_table, read_table
from gradlab.support.files import write_whole

# It says whose each file is, and by it a later run knows the files that it may replace.
_TABLE = "answers.csv"
_COLUMNS = ("file", "exercise", "student", "sha256")
# Beside the exercises, not in them: what the tools are given as the code that all may share, which
# JPlag takes as a folder (-bc), MOSS (-b) and Dolos (-i) as a file.
_PUBLISHED = "published"

# The file, relative to the folder, its exercise, and the learner whose it is.
_Row = tuple[str, str, str, str]


def write_answers(results: Sequence[LearnerResult], folder: Path) -> int:
    """Write all answers as they were handed in, and the published ones beside them.

    In the folder is one for each exercise, with a file for each learner who answered: ``.py``, and
    ``.txt`` for words. ``published/EXERCISE/`` has the published one. ``answers.csv`` says which
    file is whose.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.
    folder : Path
        Where they go. It must be new or empty, or hold nothing but what an earlier run wrote
        there, which is replaced.

    Returns
    -------
    int
        How many answers were written.

    Raises
    ------
    GradebookError
        If something else is in the folder, and then nothing was written; or if it cannot be
        written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.outcome.answer_files import write_answers
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> answer = ExerciseResult("double", 0, "right", 1.0, 1.0, answer="double = abs")
    >>> with tempfile.TemporaryDirectory() as here:
    ...     count = write_answers([LearnerResult("ada", "graded", (answer,))], Path(here))
    ...     files = sorted(path for path in Path(here).rglob("*") if path.is_file())
    ...     count, [path.relative_to(here).as_posix() for path in files]
    (1, ['answers.csv', 'double/ada.py', 'published/double/double.py'])
    """
    files = _make_files(results)
    rows = [(*what, _digest(content)) for what, content in files.items()]
    before = require_own(folder)
    with explain_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # A run that is stopped on the way leaves nothing there that the table does not know.
        _write_table(folder, [*before, *rows])
        for (name, _, _), content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        for name in {name for name, *_ in before} - {name for name, *_ in rows}:
            (folder / name).unlink(missing_ok=True)
        _write_table(folder, rows)
    return sum(not name.startswith(f"{_PUBLISHED}/") for name, _, _ in files)


def require_own(folder: Path) -> list[_Row]:
    """Find out whether answers can be written to a folder, as none but ours are in it.

    Parameters
    ----------
    folder : Path
        Where they are to go.

    Returns
    -------
    list of tuple
        What the table in it says of the files in it; nothing if there is none.

    Raises
    ------
    GradebookError
        If there is anything in it that an earlier run did not write there, or that was changed
        since.
    """
    with explain_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise GradebookError(
                f"{folder} is a file, but the answers need a folder; name another."
            )
        if not folder.is_dir():
            return []
        rows = _read_rows(folder / _TABLE)
        known = {(name, digest) for name, _, _, digest in rows}
        found = set()
        for path in _list_files(folder):
            name = path.relative_to(folder).as_posix()
            if not (name == _TABLE and rows) and not _is_known(path, name, known):
                raise GradebookError(
                    f"{path} is not as gradlab wrote it there, so it stays as it is, and no "
                    "answer was written. Name a new folder with --answers, or move this file away."
                )
            found.add(name)
    return [row for row in rows if row[0] in found]


def _list_files(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder and below, but for folders and what a system hides there."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _list_files(path)
        elif not path.name.startswith("."):
            yield path


def _make_files(results: Sequence[LearnerResult]) -> dict[tuple[str, str, str], bytes]:
    """Return what each file holds, by its name, its exercise and whose it is."""
    stems = choose_file_names([result.student for result in results], "")
    files = {
        (f"{one.name}/{stem}{_find_suffix(one.name)}", one.name, result.student): one.answer
        for result, stem in zip(results, stems, strict=True)
        for one in result.exercises
        if one.answer
    }
    for name in dict.fromkeys(name for _, name, _ in files):
        text = WRITTEN[name].model if name in WRITTEN else EXERCISES[name].source()
        files[f"{_PUBLISHED}/{name}/{name}{_find_suffix(name)}", name, ""] = text
    ordered = sorted(files.items())
    return {what: f"{text.rstrip()}\n".encode("utf-8", "replace") for what, text in ordered}


def _find_suffix(exercise: str) -> str:
    return ".txt" if exercise in WRITTEN else ".py"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_known(path: Path, name: str, known: set[tuple[str, str]]) -> bool:
    if path.is_symlink() or not path.is_file() or all(name != other for other, _ in known):
        return False
    return (name, _digest(path.read_bytes())) in known


def _write_table(folder: Path, rows: Iterable[_Row]) -> None:
    write_whole(folder / _TABLE, format_table([_COLUMNS, *rows]).encode())


def _read_rows(path: Path) -> list[_Row]:
    """Return what a table says that we wrote; nothing of another one."""
    if path.is_symlink() or not path.is_file():
        return []
    try:
        _, rows = read_table(path)
        _, header = next(rows, ("", []))
        if tuple(header) != _COLUMNS:
            return []
        return [(row[0], row[1], row[2], row[3]) for _, row in rows]
    except TableError:
        return []
