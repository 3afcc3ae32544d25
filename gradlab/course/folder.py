"""The learner's course folder: copies of the lessons that never overwrite a learner's work.

A manifest in the folder remembers the version of each lesson that was copied, so that a file can
be told apart from one that the learner changed. Only the types and sources of cells count:
running a notebook changes nothing.
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
# The course's own files in the learner's folder; JupyterLab hides names with a leading dot.
HIDDEN = ".gradlab"

Outcome = Literal["copied", "unchanged", "replaced", "kept", "reset"]
# Lesson -> "copied": the version last copied, "offered": the version last put beside.
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
        "unchanged": has the cells of the current lesson already. "replaced": was an older version
        that the learner had not changed. "kept": the learner's work, left as it is. "reset": fresh
        again.
    beside : str
        With "kept", the file that now holds a newer version of the lesson; with "reset", the file
        that now holds the learner's work; else empty.
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
        If neither has a lesson.
    """
    package = Path(__file__).parents[1]
    folders = (package / "lessons", package.parent / "notebooks")
    for folder in folders:
        if any(folder.glob(LESSONS)):
            return folder
    raise CourseError(
        f"No lessons were found, neither in {folders[0]} nor in {folders[1]}. The package is "
        "incomplete: install gradlab-course again, or run this from a whole checkout."
    )


def open_course(
    folder: Path, reset: str | None = None, lessons: Path | None = None
) -> list[Lesson]:
    """Copy the lessons into the learner's folder; bring what is unchanged up to date.

    Parameters
    ----------
    folder : Path
        The learner's folder; it is made if it does not exist.
    reset : str, optional
        The number of a lesson to begin afresh, such as ``"01"``. The old file stays under a new
        name.
    lessons : Path, optional
        Where the lessons are, if not at ``lessons_folder()``.

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
        _make(folder, source)
        path = folder / HIDDEN / "manifest.json"
        manifest = _read_manifest(path)
        done = []
        for name, content in newest.items():
            put = _reset if name == fresh else _update
            done.append(put(folder / name, content, manifest.setdefault(name, {})))
        # Last: a manifest that is behind the files makes them count as the learner's, which is
        # safe; one that is ahead of them would not be.
        text = json.dumps({"lessons": manifest}, indent=1, sort_keys=True)
        write_whole(path, f"{text}\n".encode())
    return done


def version(notebook: bytes) -> str | None:
    """Return a hash of a notebook's cells, of their types and sources only.

    Parameters
    ----------
    notebook : bytes
        The content of a file.

    Returns
    -------
    str or None
        None if it is not a notebook.

    Examples
    --------
    >>> from gradlab.course.folder import version
    >>> ran = b'{"cells": [{"cell_type": "code", "source": ["1 + 1"], "outputs": ["2"]}]}'
    >>> blank = b'{"cells": [{"cell_type": "code", "source": "1 + 1", "outputs": []}]}'
    >>> version(ran) == version(blank)
    True
    """
    try:
        cells = json.loads(notebook)["cells"]
        # A source is a string or a list of lines.
        content = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells])
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return hashlib.sha256(content.encode()).hexdigest()


def _with_kernel_named(lesson: bytes) -> bytes:
    """Return a lesson that says of its kernel what the kernel of this Python will say.

    JupyterLab writes it into a notebook as soon as the kernel runs. If that changes anything, the
    lesson counts as edited, and whoever closes it untouched is asked whether to save it.
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
        mine = _version_of_file(path)
        if mine == version(newest):
            entry["copied"] = mine
            _name_kernel_again(path, newest)
            return Lesson(path.name, "unchanged")
        if mine is None or mine != entry.get("copied"):
            return _keep(path, newest, entry)
        outcome = "replaced"
    write_whole(path, newest)
    entry["copied"] = version(newest)
    return Lesson(path.name, outcome)


def _name_kernel_again(path: Path, newest: bytes) -> None:
    """Bring a lesson that was never saved up to date with a Python that is another one now."""
    content = path.read_bytes()
    if content != newest and _with_kernel_named(content) == newest:
        write_whole(path, newest)


def _keep(path: Path, newest: bytes, entry: dict[str, Any]) -> Lesson:
    """Leave the learner's work; put a version newer than the one it began with beside it, once."""
    if version(newest) in (entry.get("copied"), entry.get("offered")):
        return Lesson(path.name, "kept")
    for beside in propose_names(path, "new"):
        there = _version_of_file(beside)
        if there == version(newest):
            break
        # An earlier offer that was not touched makes way for this one.
        untouched = there is not None and there == entry.get("offered")
        if untouched or not os.path.lexists(beside):
            write_whole(beside, newest)
            break
    entry["offered"] = version(newest)
    return Lesson(path.name, "kept", beside.name)


def _reset(path: Path, newest: bytes, entry: dict[str, Any]) -> Lesson:
    if not os.path.lexists(path):
        return _update(path, newest, entry)
    old = next(name for name in propose_names(path, "kept") if not os.path.lexists(name))
    path.rename(old)
    write_whole(path, newest)
    entry["copied"] = version(newest)
    return Lesson(path.name, "reset", old.name)


def _find_lesson(number: str, names: list[str]) -> str:
    for name in names:
        if number and name.startswith(f"{number.zfill(2)}_"):
            return name
    raise CourseError(
        f"There is no lesson {number!r} to reset; give the number of one of these: "
        f"{', '.join(names)}."
    )


def _make(folder: Path, lessons: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise CourseError(
            f"{folder} is a file, but the course needs a folder. Name another one: "
            "gradlab start FOLDER"
        )
    if folder.resolve() == lessons.resolve():
        raise CourseError(
            f"{folder} holds the lessons themselves, but the course needs a folder for your "
            "copies. Name another one: gradlab start FOLDER"
        )
    (folder / HIDDEN).mkdir(parents=True, exist_ok=True)


def _read_lessons(folder: Path) -> dict[str, bytes]:
    lessons = {path.name: path.read_bytes() for path in sorted(folder.glob(LESSONS))}
    for name, content in lessons.items():
        if version(content) is None:
            raise CourseError(
                f"{folder / name} is not a notebook. The package is damaged: install "
                "gradlab-course again."
            )
    return {name: _with_kernel_named(content) for name, content in lessons.items()}


def _read_manifest(path: Path) -> Manifest:
    """Read what is known of the copies; nothing, where the manifest is missing or broken."""
    try:
        lessons = json.loads(path.read_bytes())["lessons"].items()
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}
    return {name: entry for name, entry in lessons if isinstance(entry, dict)}


def _version_of_file(path: Path) -> str | None:
    # What is behind a link, or is no file at all, is not ours to replace.
    if path.is_symlink() or not path.is_file():
        return None
    try:
        return version(path.read_bytes())
    except OSError:
        return None


@contextmanager
def _explain_os_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"The course cannot be put into {folder} ({error}). It needs a folder that you may "
            "write to, on a disk that is not full. Name another one: gradlab start FOLDER"
        ) from error
