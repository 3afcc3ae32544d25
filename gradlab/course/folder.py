"""The learner's course folder: copies of the lessons, which never overwrite a learner's work.

A manifest in the folder records the version of each lesson that was copied, so that a copy that
the learner has changed can be recognised. Only the types and sources of cells count: running a
notebook changes neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gradlab.support.errors import GradlabError
from gradlab.support.files import propose_names, write_whole

LESSONS = "[0-9][0-9]_*.ipynb"
# The course's own files in the learner's folder; JupyterLab hides names that begin with a dot.
HIDDEN = ".gradlab"

Outcome = Literal["copied", "unchanged", "replaced", "kept", "reset"]
# Lesson -> "copied": the version last copied; "offered": the one last put beside the learner's.
Manifest = dict[str, dict[str, Any]]


class CourseError(GradlabError):
    """What went wrong and what to do, in sentences for the learner."""


@dataclass(frozen=True)
class Lesson:
    """What happened to one lesson in the learner's folder.

    Attributes
    ----------
    name : str
        The name of its file.
    outcome : {"copied", "unchanged", "replaced", "kept", "reset"}
        "unchanged": it already had the cells of the current lesson. "replaced": it was an older
        version that the learner had not changed. "kept": it is the learner's work, left as it is.
        "reset": it is fresh again.
    beside : str
        With "kept", the file that now holds a newer version of the lesson; with "reset", the file
        that now holds the learner's work; otherwise empty.
    """

    name: str
    outcome: Outcome
    beside: str = ""


def lessons_folder() -> Path:
    """Return the folder with the learner's edition of the lessons.

    Returns
    -------
    Path
        ``gradlab/lessons`` of an installed wheel, else ``notebooks`` of the checkout.

    Raises
    ------
    CourseError
        If neither contains a lesson.
    """
    package = Path(__file__).parents[1]
    folders = (package / "lessons", package.parent / "notebooks")
    for folder in folders:
        if any(folder.glob(LESSONS)):
            return folder
    raise CourseError(
        f"No lessons were found in {folders[0]} or in {folders[1]}. The package is incomplete: "
        "reinstall gradlab-course, or run this from a complete checkout."
    )


def open_course(
    folder: Path, reset: str | None = None, lessons: Path | None = None
) -> list[Lesson]:
    """Copy the lessons into the learner's folder and update those that the learner left unchanged.

    Parameters
    ----------
    folder : Path
        The learner's folder; it is created if it does not exist.
    reset : str, optional
        The number of a lesson to start afresh, such as ``"01"``. The old file is kept under a new
        name.
    lessons : Path, optional
        The folder of the lessons; ``lessons_folder()`` by default.

    Returns
    -------
    list of Lesson
        What happened to each lesson, in order.

    Raises
    ------
    CourseError
        If there is no such lesson, or the folder cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.course.folder import open_course
    >>> with tempfile.TemporaryDirectory() as here:
    ...     lessons, mine = Path(here, "lessons"), Path(here, "my-course")
    ...     lessons.mkdir()
    ...     _ = (lessons / "00_start.ipynb").write_text('{"cells": []}')
    ...     print(open_course(mine, lessons=lessons))
    ...     print(open_course(mine, lessons=lessons))
    [Lesson(name='00_start.ipynb', outcome='copied', beside='')]
    [Lesson(name='00_start.ipynb', outcome='unchanged', beside='')]
    """
    source = lessons or lessons_folder()
    newest = _read_lessons(source)
    fresh = None if reset is None else _find_lesson(reset, list(newest))
    with _explain_os_errors(folder):
        _prepare_folder(folder, source)
        path = folder / HIDDEN / "manifest.json"
        manifest = _read_manifest(path)
        results = []
        for name, content in newest.items():
            put = _reset if name == fresh else _update
            results.append(put(folder / name, content, manifest.setdefault(name, {})))
        # Written last: files that are newer than the manifest count as the learner's, which is
        # safe; a manifest that is newer than the files would not be.
        text = json.dumps({"lessons": manifest}, indent=1, sort_keys=True)
        write_whole(path, f"{text}\n".encode())
    return results


def hash_cells(notebook: bytes) -> str | None:
    """Return a hash of the types and sources of a notebook's cells.

    Parameters
    ----------
    notebook : bytes
        The content of the file.

    Returns
    -------
    str or None
        None if the file is not a notebook.

    Examples
    --------
    >>> from gradlab.course.folder import hash_cells
    >>> ran = b'{"cells": [{"cell_type": "code", "source": ["1 + 1"], "outputs": ["2"]}]}'
    >>> blank = b'{"cells": [{"cell_type": "code", "source": "1 + 1", "outputs": []}]}'
    >>> hash_cells(ran) == hash_cells(blank)
    True
    """
    try:
        cells = json.loads(notebook)["cells"]
        # A source is a string or a list of lines.
        content = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells])
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return hashlib.sha256(content.encode()).hexdigest()


def _describe_kernel(lesson: bytes) -> bytes:
    """Return a lesson that describes its kernel as the kernel of this Python will.

    JupyterLab writes that description into a notebook as soon as the kernel runs. If it differs,
    the lesson counts as edited, and a learner who closes it untouched is asked whether to save it.
    """
    notebook = json.loads(lesson)
    metadata = notebook.get("metadata", {})
    if metadata.get("kernelspec", {}).get("name") != "python3":
        return lesson
    metadata["language_info"] = {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": sys.version.split()[0],
    }
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _update(path: Path, newest: bytes, entry: dict[str, Any]) -> Lesson:
    outcome: Outcome = "copied"
    if os.path.lexists(path):
        mine = _hash_file(path)
        if mine == hash_cells(newest):
            entry["copied"] = mine
            _update_kernel(path, newest)
            return Lesson(path.name, "unchanged")
        if mine is None or mine != entry.get("copied"):
            return _keep(path, newest, entry)
        outcome = "replaced"
    write_whole(path, newest)
    entry["copied"] = hash_cells(newest)
    return Lesson(path.name, outcome)


def _update_kernel(path: Path, newest: bytes) -> None:
    """Update the kernel of a lesson that was never saved, if Python has changed since."""
    content = path.read_bytes()
    if content != newest and _describe_kernel(content) == newest:
        write_whole(path, newest)


def _keep(path: Path, newest: bytes, entry: dict[str, Any]) -> Lesson:
    """Keep the learner's work; put a newer version of the lesson beside it, but only once."""
    if hash_cells(newest) in (entry.get("copied"), entry.get("offered")):
        return Lesson(path.name, "kept")
    for beside in propose_names(path, "new"):
        there = _hash_file(beside)
        if there == hash_cells(newest):
            break
        # An earlier offer that the learner has not touched is replaced.
        untouched = there is not None and there == entry.get("offered")
        if untouched or not os.path.lexists(beside):
            write_whole(beside, newest)
            break
    entry["offered"] = hash_cells(newest)
    return Lesson(path.name, "kept", beside.name)


def _reset(path: Path, newest: bytes, entry: dict[str, Any]) -> Lesson:
    if not os.path.lexists(path):
        return _update(path, newest, entry)
    old = next(name for name in propose_names(path, "kept") if not os.path.lexists(name))
    path.rename(old)
    write_whole(path, newest)
    entry["copied"] = hash_cells(newest)
    return Lesson(path.name, "reset", old.name)


def _find_lesson(number: str, names: list[str]) -> str:
    for name in names:
        if number and name.startswith(f"{number.zfill(2)}_"):
            return name
    raise CourseError(
        f"There is no lesson {number!r} to reset. The number must be that of one of these: "
        f"{', '.join(names)}."
    )


def _prepare_folder(folder: Path, lessons: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise CourseError(
            f"{folder} is a file, but the course needs a folder. Choose another one: "
            "gradlab start FOLDER"
        )
    if folder.resolve() == lessons.resolve():
        raise CourseError(
            f"{folder} holds the lessons themselves, but the course needs a folder for your "
            "copies. Choose another one: gradlab start FOLDER"
        )
    (folder / HIDDEN).mkdir(parents=True, exist_ok=True)


def _read_lessons(folder: Path) -> dict[str, bytes]:
    lessons = {path.name: path.read_bytes() for path in sorted(folder.glob(LESSONS))}
    for name, content in lessons.items():
        if hash_cells(content) is None:
            raise CourseError(
                f"{folder / name} is not a notebook. The package is damaged: reinstall "
                "gradlab-course."
            )
    return {name: _describe_kernel(content) for name, content in lessons.items()}


def _read_manifest(path: Path) -> Manifest:
    """Read the manifest; return an empty one if it is missing or broken."""
    try:
        lessons = json.loads(path.read_bytes())["lessons"].items()
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}
    return {name: entry for name, entry in lessons if isinstance(entry, dict)}


def _hash_file(path: Path) -> str | None:
    # A link, or anything else that is not a regular file, is not ours to replace.
    if path.is_symlink() or not path.is_file():
        return None
    try:
        return hash_cells(path.read_bytes())
    except OSError:
        return None


@contextmanager
def _explain_os_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"The course cannot be put into {folder} ({error}). It needs a folder that you may "
            "write to, on a disk that is not full. Choose another one: gradlab start FOLDER"
        ) from error
