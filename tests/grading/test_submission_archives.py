"""Archives that lie, leak, burst or are broken: what can be read is read, and no more."""

import contextlib
import os
import re
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from class_files import (
    LESSON,
    LESSONS,
    find_all,
    make_zip,
    names,
    put,
    put_zip,
    read_all,
    read_state,
    watch_temporary,
)
from hypothesis import given, strategies as st

from gradlab.grading.intake import archives, listing, submissions
from gradlab.grading.intake.submissions import (
    Submission,
    SubmissionsError,
    open_submissions,
    read_notebooks,
)


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary folders are made; empty after every test."""
    with watch_temporary(tmp_path_factory) as folder:
        yield folder


@pytest.mark.parametrize(
    "name",
    [
        "../04_vectorizing.ipynb",
        "../../etc/ada_04_vectorizing.ipynb",
        "./../ada/04_vectorizing.ipynb",
        "/etc/passwd",
        "/ada/04_vectorizing.ipynb",
        "//server/ada/04_vectorizing.ipynb",
        "C:/ada/04_vectorizing.ipynb",
        "C:04_vectorizing.ipynb",
        "..\\ada_04_vectorizing.ipynb",
        "\\ada\\04_vectorizing.ipynb",
        "C:\\ada\\04_vectorizing.ipynb",
        "..",
    ],
)
def test_a_name_that_leads_out_and_tells_no_learner_is_an_error(name: str, tmp_path: Path) -> None:
    wrapped = {f"class/{name}": b"bad", f"class/ada/{LESSON}": b"", f"class/ben/{LESSON}": b""}
    for files in ({name: b"bad", f"ben/{LESSON}": b""}, wrapped):
        # In a folder a path is absolute no more.
        if files is wrapped and name.startswith(("/", "\\")):
            continue
        with pytest.raises(SubmissionsError, match=re.escape(re.split(r"[/\\]", name)[-1])):
            find_all(put_zip(tmp_path, files))


@pytest.mark.parametrize(
    "name",
    [
        "ada/../ben/04_vectorizing.ipynb",
        "ada/../../x.ipynb",
        "ada/..",
        "ada/..\\..\\x.ipynb",
        "ada/C:/x.ipynb",
    ],
)
def test_a_name_that_leads_out_is_left_out_with_a_note(name: str, tmp_path: Path) -> None:
    path = put_zip(tmp_path, {name: b"bad", f"ada/{LESSON}": b"1", f"ben/{LESSON}": b"2"})
    assert read_all(path) == {"ada": {LESSON: b"1"}, "ben": {LESSON: b"2"}}
    ada, ben = find_all(path)
    assert len(ada.notes) == 1
    assert ada.notes[0].endswith("was not read: its name leads out of the archive.")
    assert not ben.notes


@pytest.mark.parametrize("name", ["../x.ipynb", "/etc/x.ipynb", "C:\\x.ipynb", "..\\x.zip"])
def test_within_a_learners_zip_every_such_name_is_only_noted(name: str, tmp_path: Path) -> None:
    files = {"ada/a.zip": make_zip({name: b"bad", LESSON: b"1"})}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        (learner,) = find_all(path)
        assert names(learner) == [f"a.zip/{LESSON}"]
        assert len(learner.notes) == 1
        assert "leads out of the archive" in learner.notes[0]


def test_no_name_of_an_archive_reaches_the_file_system(tmp_path: Path, temporary: Path) -> None:
    sentinel = put(tmp_path / "sentinel", {"ada/04_vectorizing.ipynb": b"teacher's"})
    inner = {"../../sentinel/ada/04_vectorizing.ipynb": b"bad", f"{sentinel}/new.ipynb": b"bad"}
    files = {
        f"ada/../../{sentinel}/ada/04_vectorizing.ipynb": b"bad",
        "ada/a.zip": make_zip({**inner, LESSON: b"1"}),
        f"ben/lesson {'long' * 10_000}.ipynb": b"2",
        "ben/03_aux.ipynb": b"3",
        f"ben/{LESSON}": b"6",
        f"exampleflo_1_{'7' * 5_000}_x.ipynb": b"5",
        'ben/05_a<b>:"|?*\n\x01.ipynb': b"4",
    }
    before = read_state(sentinel)
    with open_submissions(put_zip(tmp_path, files)) as learners:
        (folder,) = temporary.iterdir()
        assert sorted(os.listdir(folder)) == [f"{number}.ipynb" for number in range(7)]
        assert {path.parent for learner in learners for _, path in learner.notebooks} == {folder}
        ada, ben, _ = learners
        assert sorted(read_notebooks(ben)[0].values()) == [b"2", b"3", b"4", b"6"]
        assert all(name.isprintable() and len(name) < 300 for name in names(ben))
        assert names(ada) == [f"a.zip/{LESSON}"]
    assert read_state(sentinel) == before
    assert sorted(os.listdir(tmp_path)) == ["sentinel", "submissions.zip"]


def test_the_temporary_folder_goes_whatever_happens(tmp_path: Path, temporary: Path) -> None:
    path = put_zip(tmp_path, {f"ada/{LESSON}": b""})

    def die_while_it_is_there() -> None:
        with open_submissions(path):
            assert list(temporary.iterdir())
            raise KeyError

    with pytest.raises(KeyError):
        die_while_it_is_there()
    assert not list(temporary.iterdir())


def member(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        (stat.S_IFLNK | 0o777, "symbolic links are not followed"),
        (stat.S_IFIFO | 0o644, "it is not a regular file"),
        (stat.S_IFCHR | 0o644, "it is not a regular file"),
    ],
)
def test_a_member_that_is_no_file_is_left_out(mode: int, why: str, tmp_path: Path) -> None:
    path = tmp_path / "submissions.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member(f"ada/{LESSON}", mode), "../ben/04_vectorizing.ipynb")
        archive.writestr(member(f"ben/{LESSON}", stat.S_IFREG | 0o644), "{}")
    ada, ben = find_all(path)
    assert ada == Submission("ada", (), (f"{LESSON} was not read: {why}.",))
    assert names(ben) == [LESSON]


def patch_headers(
    archive: bytes, offset_in_local: int, offset_in_central: int, value: bytes
) -> bytes:
    """Change a field in both headers of an archive's first member."""
    content = bytearray(archive)
    for signature, offset in ((b"PK\3\4", offset_in_local), (b"PK\1\2", offset_in_central)):
        start = archive.index(signature) + offset
        content[start : start + len(value)] = value
    return bytes(content)


def test_an_encrypted_member_is_left_out(tmp_path: Path) -> None:
    archive = make_zip({f"ada/{LESSON}": b"secret", f"ben/{LESSON}": b"{}"})
    ada, ben = find_all(put_zip(tmp_path, patch_headers(archive, 6, 8, b"\x01\x00")))
    assert ada.notes == (
        f"{LESSON} was not read: it is encrypted; ask for it without a password.",
    )
    assert names(ben) == [LESSON]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_packed_in_an_unusual_way_is_left_out(method: int, tmp_path: Path) -> None:
    (ada,) = find_all(put_zip(tmp_path, make_zip({f"ada/{LESSON}": b"{}"}, method)))
    assert not ada.notebooks
    assert "not compressed in the usual way" in ada.notes[0]


def test_a_damaged_member_is_left_out(tmp_path: Path) -> None:
    archive = make_zip({f"ada/{LESSON}": b"mine", f"ben/{LESSON}": b"{}"}, zipfile.ZIP_STORED)
    ada, ben = find_all(put_zip(tmp_path, archive.replace(b"mine", b"mien")))
    assert not ada.notebooks
    assert f"{LESSON} was not read: it is damaged" in ada.notes[0]
    assert names(ben) == [LESSON]


@pytest.mark.parametrize("cut", [0, 1, 50, 100])
def test_a_damaged_archive_is_an_error_but_one_of_a_learner_a_note(
    cut: int, tmp_path: Path
) -> None:
    whole = make_zip({f"ada/{LESSON}": b"{}"})
    path = put_zip(tmp_path, whole[:cut])
    with pytest.raises(SubmissionsError, match="damaged or not a zip"):
        find_all(path)
    (ada,) = find_all(put(tmp_path / "folder", {"ada/a.zip": whole[:cut]}))
    assert not ada.notebooks
    assert "a.zip was not read: it is damaged or not a zip" in ada.notes[0]


sample = make_zip({"ada/": b"", f"ada/{LESSON}": b"{}" * 40, f"ben_{LESSON}": b"[]"})


@given(
    st.lists(st.tuples(st.integers(0, len(sample) - 1), st.integers(0, 255)), max_size=6),
    st.integers(0, 20),
)
def test_any_damage_is_an_error_or_a_note(changes: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(sample)
    for place, value in changes:
        content[place] = value
    damaged = bytes(content)[: len(content) - cut]
    with tempfile.TemporaryDirectory() as here:
        path = put_zip(Path(here), damaged)
        try:
            learners = find_all(path)
        except SubmissionsError:
            pass
        else:
            assert learners
        # In it are a folder and a file that may be two people's.
        with contextlib.suppress(SubmissionsError):
            (cleo,) = find_all(put(Path(here, "folder"), {"cleo/a.zip": damaged}))
            assert cleo.student == "cleo"


def test_a_member_that_unpacks_to_too_much_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000_000)
    bomb = b"0" * 1_000_001
    files = {
        f"ada/{LESSON}": bomb,
        "ben/a.zip": make_zip({LESSON: bomb, "07_bug_hunt.ipynb": bomb[1:]}),
    }
    ada, ben = find_all(put_zip(tmp_path, files))
    assert not ada.notebooks
    assert f"{LESSON} was not read: it is larger than 1 MB" in ada.notes[0]
    assert names(ben) == ["a.zip/07_bug_hunt.ipynb"]
    assert len(ben.notes) == 1


@pytest.mark.parametrize("said", [0, 10, 2**32 - 2])
def test_what_a_header_says_of_the_size_is_not_trusted(
    said: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000)
    archive = make_zip({f"ada/{LESSON}": b"0" * 100_000, f"ben/{LESSON}": b"{}"})
    ada, ben = find_all(put_zip(tmp_path, patch_headers(archive, 22, 24, struct.pack("<I", said))))
    assert not ada.notebooks
    assert len(ada.notes) == 1
    assert names(ben) == [LESSON]


@pytest.mark.parametrize("nested", [False, True])
def test_one_learners_bombs_stop_no_other(
    nested: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_BYTES_OF_LEARNER", 1_000_000)
    own = {f"lesson 1 ({number:02}).ipynb": b"0" * 300_000 for number in range(50)}
    bombs = {"ada/a.zip": make_zip(own)} if nested else {f"ada/{n}": d for n, d in own.items()}
    ada, ben = find_all(put_zip(tmp_path, {**bombs, f"ben/{LESSON}": b"{}"}))
    assert len(ada.notebooks) == 3
    assert len(ada.notes) == submissions.MOST_NOTES + 1
    assert "the learner's files together are larger than 1 MB" in ada.notes[0]
    assert ada.notes[-1] == "There are 27 more such notes."
    assert names(ben) == [LESSON]
    assert not ben.notes


def test_an_archive_that_unpacks_to_too_much_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_BYTES_IN_ALL", 1_000_000)
    files = {f"{number}/{LESSON}": b"0" * 400_000 for number in range(3)}
    with pytest.raises(SubmissionsError, match="unpack to more than 1 MB"):
        find_all(put_zip(tmp_path, files))
    nested = {f"ada{number}/work.zip": make_zip({LESSON: b"0" * 400_000}) for number in range(3)}
    with pytest.raises(SubmissionsError, match="unpack to more than 1 MB"):
        find_all(put_zip(tmp_path, nested))


def test_the_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_FILES", 10)
    monkeypatch.setattr(listing, "MOST_FILES_OF_ZIP", 10)
    many = {f"{number:02}.txt": b"" for number in range(11)}
    files = {
        "ada/a.zip": make_zip({LESSON: b"", **many}),
        f"ben/{LESSON}": b"",
        **{f"ben/many/{name}": b"" for name in many},
        f"cleo/{LESSON}": b"",
    }
    folder = put(tmp_path / "folder", files)
    ada, ben, cleo = find_all(folder)
    why = ("a.zip was not read: it holds more than 10 files.",)
    assert ada == Submission("ada", (), why, others=("a.zip",))
    assert names(ben) == [LESSON]
    assert "ben was not read: it holds more than 10 files" in ben.notes[0]
    assert (names(cleo), cleo.notes) == ([LESSON], ())
    monkeypatch.setattr(listing, "MOST_FILES", 13)
    with pytest.raises(SubmissionsError, match="holds more than 13 files"):
        find_all(put_zip(tmp_path, files))


def test_the_number_of_notebooks_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_NOTEBOOKS_OF_LEARNER", 2)
    (ada,) = find_all(put(tmp_path / "folder", {f"ada/{name}": b"" for name in LESSONS}))
    assert names(ada) == LESSONS[:2]
    assert len(ada.notes) == 2


def test_of_members_with_one_name_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "submissions.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"ada/{LESSON}", "first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(f"ada/{LESSON}", "last")
        archive.writestr(f"./ada//{LESSON}", "one name, written in another way")
        archive.writestr("./", "")
    assert read_all(path) == {"ada": {LESSON: b"one name, written in another way"}}


@pytest.mark.parametrize("flag", [True, False])
def test_names_with_accents_are_read_with_and_without_the_flag_of_utf_8(
    flag: bool, tmp_path: Path
) -> None:
    archive = make_zip({f"Zoë語/{LESSON}": b"{}"})
    if not flag:
        archive = patch_headers(archive, 6, 8, b"\x00\x00")
    assert read_all(put_zip(tmp_path, archive)) == {"Zoë語": {LESSON: b"{}"}}


def test_names_in_an_old_encoding_are_read(tmp_path: Path) -> None:
    archive = make_zip({f"Zo?/{LESSON}": b"{}"}).replace(b"Zo?", "Zoë".encode("cp437"))
    assert read_all(put_zip(tmp_path, archive)) == {"Zoë": {LESSON: b"{}"}}


def test_names_in_no_encoding_are_an_error_of_the_archive(tmp_path: Path) -> None:
    archive = make_zip({f"Zoë/{LESSON}": b"{}"}).replace("ë".encode(), b"\xff\xff")
    with pytest.raises(SubmissionsError, match="damaged"):
        find_all(put_zip(tmp_path, archive))
