"""What lies in a folder, notebook or not: links, pipes, depths, and files that change."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from class_files import (
    LESSON,
    LESSONS,
    Class,
    find_all,
    names,
    put,
    put_zip,
    read_all,
    symlink,
    watch_temporary,
)

from gradlab.grading.intake import archives, submissions
from gradlab.grading.intake.submissions import Submission, SubmissionsError, read_notebooks


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary folders are made; empty after every test."""
    with watch_temporary(tmp_path_factory) as folder:
        yield folder


def test_names_in_no_encoding_of_a_folder_can_be_written_down(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    try:
        (folder / os.fsdecode(b"ad\xff")).mkdir(parents=True)
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    (folder / os.fsdecode(b"ad\xff") / os.fsdecode(b"04_\xfe.ipynb")).write_bytes(b"{}")
    (student,) = read_all(folder).items()
    assert repr(student).encode() == b"('ad?', {'04_?.ipynb': b'{}'})"


def test_symbolic_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = put(tmp_path / "folder", {f"ada/{LESSON}": b"ada's", "ben/": b"", "cleo/": b""})
    elsewhere = put(tmp_path / "elsewhere", {LESSON: b"secret"})
    symlink(folder / "ben" / LESSON, folder / "ada" / LESSON)
    symlink(folder / "ben" / "ada", folder / "ada")
    symlink(folder / "ben" / "loop", folder)
    symlink(folder / "ben" / "gone.ipynb", folder / "gone")
    symlink(folder / "cleo" / "elsewhere", elsewhere)
    symlink(folder / "dan", folder / "ada")
    symlink(folder / "eve_04_vectorizing.ipynb", elsewhere / LESSON)
    others: Class = {"ben": {}, "cleo": {}, "dan": {}, "eve": {}}
    assert read_all(folder) == {"ada": {LESSON: b"ada's"}, **others}
    notes = {learner.student: len(learner.notes) for learner in find_all(folder)}
    assert notes == {"ada": 0, "ben": 4, "cleo": 1, "dan": 1, "eve": 1}
    assert all("symbolic links" in note for learner in find_all(folder) for note in learner.notes)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    folder = put(tmp_path / "folder", {f"ada/{LESSON}": b"{}"})
    symlink(tmp_path / "link", folder)
    assert read_all(tmp_path / "link") == read_all(folder)


def test_a_linked_folder_submitted_is_not_followed(tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere", {f"ada/{LESSON}": b"{}"})
    course = put(tmp_path / "course", {f"ben/{LESSON}": b"{}"})
    symlink(course / "submitted", elsewhere)
    with pytest.raises(SubmissionsError, match="submitted"):
        find_all(course)


def test_a_folder_in_place_of_a_notebook_is_noted(tmp_path: Path) -> None:
    files = {f"ada/{LESSON}/inner.ipynb": b"", "ben_04_vectorizing.ipynb/x.ipynb": b""}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        why = (f"{LESSON} was not read: it is a folder, not a notebook.",)
        assert find_all(path) == [Submission("ada", (), why), Submission("ben", (), why)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such pipes")
def test_a_pipe_in_place_of_a_notebook_is_noted(tmp_path: Path) -> None:
    put(tmp_path, {f"ben/{LESSON}": b""})
    os.mkfifo(tmp_path / "ada_04_vectorizing.ipynb")
    ada, ben = find_all(tmp_path)
    assert ada.notes == (f"{LESSON} was not read: it is not a regular file.",)
    assert names(ben) == [LESSON]


def test_deep_folders_are_bounded(tmp_path: Path) -> None:
    deep = "/".join(["deep"] * archives.MOST_DEPTH)
    files = {f"ada/{LESSON}": b"1", f"ada/{deep}/{LESSON}": b"2", f"ben/{LESSON}": b"3"}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        assert read_all(path) == {"ada": {LESSON: b"1"}, "ben": {LESSON: b"3"}}
        (note,) = find_all(path)[0].notes
        assert note.endswith("it lies more than 20 folders deep.")


def test_a_folder_that_cannot_be_read_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by chmod: root may read everywhere.
    scandir = os.scandir

    def refuse(path: Path | int) -> object:
        if isinstance(path, Path) and path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    put(tmp_path, {f"ada/{LESSON}": b"", f"ada/closed/{LESSON}": b"", f"closed/{LESSON}": b""})
    monkeypatch.setattr(os, "scandir", refuse)
    ada, closed = find_all(tmp_path)
    assert names(ada) == [LESSON]
    why = "closed was not read: the folder cannot be read (Permission denied)."
    assert ada.notes == closed.notes == (why,)
    with pytest.raises(SubmissionsError, match="Permission denied"):
        find_all(tmp_path / "closed")


def handed_in_by_ada(path: Path) -> Submission:
    return Submission("ada", ((LESSON, path),), ())


def test_a_notebook_at_the_limit_is_read_and_one_beyond_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000_000)
    path = tmp_path / LESSON
    path.write_bytes(b"0" * 1_000_000)
    assert len(read_notebooks(handed_in_by_ada(path))[0][LESSON]) == 1_000_000
    path.write_bytes(b"0" * 1_000_001)
    content, (why,) = read_notebooks(handed_in_by_ada(path))
    assert content == {}
    assert f"{LESSON} was not read: it is larger than 1 MB" in why


def test_what_is_read_of_one_learner_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_BYTES_OF_LEARNER", 1_000_000)
    put(tmp_path, {f"ada/{name}": b"0" * 400_000 for name in LESSONS[:3]})
    read, notes = read_notebooks(find_all(tmp_path)[0])
    assert list(read) == LESSONS[:2]
    assert notes == (f"{LESSON} was not read: the learner's files together are larger than 1 MB.",)


def test_what_was_put_in_the_place_of_a_notebook_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / LESSON
    assert "it cannot be read" in read_notebooks(handed_in_by_ada(path))[1][0]
    path.mkdir()
    assert "was not read" in read_notebooks(handed_in_by_ada(path))[1][0]
    path.rmdir()
    if hasattr(os, "mkfifo"):
        # Opened in the usual way, it would wait for ever.
        os.mkfifo(path)
        why = f"{LESSON} was not read: it is not a regular file."
        assert read_notebooks(handed_in_by_ada(path)) == ({}, (why,))
        path.unlink()
    put(tmp_path, {"secret": b"secret"})
    symlink(path, tmp_path / "secret")
    if hasattr(os, "O_NOFOLLOW"):
        why = f"{LESSON} was not read: symbolic links are not followed."
        assert read_notebooks(handed_in_by_ada(path)) == ({}, (why,))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_an_endless_device_is_not_read() -> None:
    why = f"{LESSON} was not read: it is not a regular file."
    assert read_notebooks(handed_in_by_ada(Path("/dev/zero"))) == ({}, (why,))
