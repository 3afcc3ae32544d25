"""Files are written whole or not at all, and what was there is kept."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, strategies as st

from gradlab.support.files import write_kept, write_whole


@given(st.lists(st.sampled_from(["", "one", "two\n", "three ü"]), max_size=8))
def test_no_content_is_ever_lost(texts: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "grades.csv"
        written: list[str] = []
        for text in texts:
            kept = write_kept(path, text.encode())
            changed = bool(written) and written[-1] != text
            assert (kept is not None) == changed
            if kept:
                assert kept.parent == folder
                assert kept.read_text(encoding="utf-8") == written[-1]
            if not written or changed:
                written.append(text)
            assert path.read_bytes() == text.encode()
        propose_names = [folder / f"grades.kept-{n + 1}.csv" for n in range(len(written) - 1)]
        assert [p.read_text(encoding="utf-8") for p in propose_names] == written[:-1]
        assert set(folder.iterdir()) == ({*propose_names, path} if written else set())


def test_what_somebody_else_keeps_under_the_next_name_stays(tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    path.write_text("old")
    (tmp_path / "grades.kept-1.csv").write_text("mine")
    (tmp_path / "grades.kept-2.csv").symlink_to("nowhere")
    assert write_kept(path, b"new") == tmp_path / "grades.kept-3.csv"
    assert (tmp_path / "grades.kept-1.csv").read_text() == "mine"
    assert (tmp_path / "grades.kept-2.csv").is_symlink()


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    write_kept(path, b"same")
    before = path.stat()
    assert write_kept(path, b"same") is None
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("link", ["elsewhere/grades.csv", "nowhere.csv"])
@pytest.mark.parametrize("text", ["new", "old"])
def test_a_link_is_replaced_and_what_it_leads_to_left_alone(
    tmp_path: Path, link: str, text: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/grades.csv").write_text("old")
    path = tmp_path / "grades.csv"
    path.symlink_to(link)
    kept = write_kept(path, text.encode())
    assert not path.is_symlink()
    assert path.read_text() == text
    assert (tmp_path / "elsewhere/grades.csv").read_text() == "old"
    assert kept is not None
    assert str(kept.readlink()) == link


def test_what_is_no_file_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    os.mkfifo(path)  # to read it would take for ever
    assert write_kept(path, b"first") == tmp_path / "grades.kept-1.csv"
    path.unlink()
    path.mkdir()
    assert write_kept(path, b"second") == tmp_path / "grades.kept-2.csv"
    assert path.read_text() == "second"
    assert (tmp_path / "grades.kept-1.csv").is_fifo()
    assert (tmp_path / "grades.kept-2.csv").is_dir()


def test_at_no_moment_is_there_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grades.csv"
    write_kept(path, b"old")
    seen = []
    original = Path.replace

    def watched(self: Path, target: Path) -> Path:
        seen.append((path.read_text(), self.read_text()))
        return original(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    write_kept(path, b"new")
    assert seen == [("old", "new")]


def test_a_file_system_without_second_names_keeps_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "grades.csv"
    write_kept(path, b"old")
    (tmp_path / "grades.kept-1.csv").symlink_to("nowhere")
    kept = write_kept(path, b"new")
    assert kept == tmp_path / "grades.kept-2.csv"
    assert (path.read_text(), kept.read_text()) == ("new", "old")


def test_a_name_that_another_run_takes_first_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grades.csv"
    original = os.link

    def late(source: Path, target: Path, *, follow_symlinks: bool) -> None:
        if target.name == "grades.kept-1.csv":
            target.write_text("another run's")
        original(source, target, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "link", late)
    write_kept(path, b"old")
    assert write_kept(path, b"new") == tmp_path / "grades.kept-2.csv"
    assert (tmp_path / "grades.kept-1.csv").read_text() == "another run's"
    assert (tmp_path / "grades.kept-2.csv").read_text() == "old"


def test_a_new_file_has_the_permissions_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_kept(tmp_path / "grades.csv", b"grades")
    finally:
        os.umask(before)
    assert (tmp_path / "grades.csv").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_write_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    path = tmp_path / "grades.csv"
    write_kept(path, b"old")
    monkeypatch.setattr(os, "fsync", fail)
    for write in (write_kept, write_whole):
        with pytest.raises(OSError, match=os.strerror(code)):
            write(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
