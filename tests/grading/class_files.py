"""What a teacher got back, put together: files in folders and zips, and what is found in them."""

import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradlab.grading.intake.submissions import Submission, open_submissions, read_notebooks

LESSON = "04_vectorizing.ipynb"
LESSONS = ["00_start_here.ipynb", "03_worked_example.ipynb", LESSON, "07_bug_hunt.ipynb"]
Files = Mapping[str, bytes]
Class = dict[str, dict[str, bytes]]


@contextmanager
def watch_temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give temporary folders a place that must be empty in the end."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder
    assert list(folder.iterdir()) == []


def make_zip(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def put(folder: Path, files: Files) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_bytes(data)
    return folder


def put_zip(folder: Path, files: Files | bytes) -> Path:
    path = folder / "submissions.zip"
    path.write_bytes(files if isinstance(files, bytes) else make_zip(files))
    return path


def find_all(path: Path) -> list[Submission]:
    with open_submissions(path) as learners:
        return learners


def read_all(path: Path) -> Class:
    with open_submissions(path) as learners:
        read = {learner.student: read_notebooks(learner) for learner in learners}
    assert not any(notes for _, notes in read.values())
    return {student: files for student, (files, _) in read.items()}


def names(learner: Submission) -> list[str]:
    return [name for name, _ in learner.notebooks]


def symlink(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("this user may not make symbolic links")


def read_state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }
