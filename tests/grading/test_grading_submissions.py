"""What a teacher got back: each learner's notebooks are found, and nothing else happens."""

import io
import os
import re
import stat
import struct
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from gradlab.grading.intake import archives, submissions
from gradlab.grading.intake.submissions import (
    Submission,
    SubmissionsError,
    open_submissions,
    read_notebooks,
)

LESSON = "04_vectorizing.ipynb"
LESSONS = ["00_start_here.ipynb", "03_worked_example.ipynb", LESSON, "07_bug_hunt.ipynb"]

Files = Mapping[str, bytes]
Class = dict[str, dict[str, bytes]]


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary folders are made; empty after every test."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder
    assert list(folder.iterdir()) == []


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
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
    path.write_bytes(files if isinstance(files, bytes) else zipped(files))
    return path


def found(path: Path) -> list[Submission]:
    with open_submissions(path) as learners:
        return learners


def contents(path: Path) -> Class:
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


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


# Layouts: each returns the files, and what the learners are called.


def as_folders(course: Class) -> tuple[dict[str, bytes], list[str]]:
    return {f"{s}/{n}": data for s, own in course.items() for n, data in own.items()}, [*course]


def as_courses(course: Class) -> tuple[dict[str, bytes], list[str]]:
    files, students = as_folders(course)
    return {name.replace("/", "/my-course/"): data for name, data in files.items()}, students


def as_nbgrader(course: Class) -> tuple[dict[str, bytes], list[str]]:
    files, students = as_folders(course)
    handed_in = {f"submitted/{n.replace('/', '/course/')}": data for n, data in files.items()}
    return {"source/course/04_vectorizing.ipynb": b"", "gradebook.db": b"", **handed_in}, students


def as_flat(course: Class) -> tuple[dict[str, bytes], list[str]]:
    files, students = as_folders(course)
    return {name.replace("/", "_"): data for name, data in files.items()}, students


def as_zips(course: Class) -> tuple[dict[str, bytes], list[str]]:
    return {f"{student}.zip": zipped(own) for student, own in course.items()}, [*course]


def as_moodle(course: Class, between: str = "_/") -> tuple[dict[str, bytes], list[str]]:
    # Moodle puts a space for each "_" of a name.
    students = [f"{s.replace('_', ' ').strip()}_{n}" for n, s in enumerate(course, start=98)]
    files = {
        f"{student}_assignsubmission_file{between}{name}": data
        for student, own in zip(students, course.values(), strict=True)
        for name, data in own.items()
    }
    return files, students


def as_moodle_4(course: Class) -> tuple[dict[str, bytes], list[str]]:
    return as_moodle(course, "/")


def as_moodle_without_folders(course: Class) -> tuple[dict[str, bytes], list[str]]:
    return as_moodle(course, "_")


def as_canvas(course: Class) -> tuple[dict[str, bytes], list[str]]:
    # Canvas leaves only letters of a name, and small ones.
    files, students = {}, []
    for number, (student, own) in enumerate(course.items(), start=1):
        user = "".join(filter(str.isalpha, student)).lower()
        late = "_LATE" if number % 2 else ""
        students.append(f"{user}_{number}")
        for upload, (name, data) in enumerate(own.items(), start=100 * number):
            again = f"{name[:-6]}-{number}.ipynb" if number % 3 else name
            files[f"{user}{late}_{number}_{upload}_{again}"] = data
    return files, students


LAYOUTS = [
    as_folders,
    as_courses,
    as_nbgrader,
    as_flat,
    as_zips,
    as_moodle,
    as_moodle_4,
    as_moodle_without_folders,
    as_canvas,
]


def may_be_a_learner(name: str) -> bool:
    return (
        any(map(str.isalpha, name))
        and name == name.strip(" ")
        and name == unicodedata.normalize("NFC", name)
        and not name.startswith(".")
        # So many digits in a row are a number of Canvas, and with "_" around them two a lesson.
        and not re.search("[0-9]{3}|_[0-9]{2}_", name)
    )


learners = st.text("abzAéßж語 _-.'0147", min_size=1, max_size=12).filter(may_be_a_learner)
handed_in = st.dictionaries(st.sampled_from(LESSONS), st.binary(max_size=50), min_size=1)
classes = st.lists(learners, min_size=1, max_size=4, unique_by=str.casefold).flatmap(
    lambda students: st.fixed_dictionaries(dict.fromkeys(students, handed_in))
)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40)
@given(course=classes)
def test_every_layout_gives_the_same_notebooks_of_the_same_learners(
    layout: Callable[[Class], tuple[dict[str, bytes], list[str]]], course: Class
) -> None:
    files, students = layout(course)
    with tempfile.TemporaryDirectory() as here:
        folder = put(Path(here, "class"), files)
        flat, wrapped = Path(here, "flat.zip"), Path(here, "wrapped.zip")
        flat.write_bytes(zipped(files))
        wrapped.write_bytes(zipped({f"class 7/{name}": data for name, data in files.items()}))
        before = state(Path(here))
        results = [contents(path) for path in (folder, flat, wrapped)]
        assert state(Path(here)) == before
    assert results[0] == results[1] == results[2]
    expected = dict(zip(students, course.values(), strict=True))
    assert list(results[0]) == sorted(expected)
    for student, own in results[0].items():
        assert {name.split("/")[-1]: data for name, data in own.items()} == expected[student]


def test_the_folder_submitted_may_be_given_itself(tmp_path: Path) -> None:
    files = {f"submitted/ada/{name}/{LESSON}": name.encode() for name in ("first", "second")}
    put(tmp_path, {**files, "source/first/04_vectorizing.ipynb": b""})
    both = {f"first/{LESSON}": b"first", f"second/{LESSON}": b"second"}
    assert contents(tmp_path) == contents(tmp_path / "submitted") == {"ada": both}


@pytest.mark.parametrize(
    ("name", "student", "own"),
    [
        ("ada_04_vectorizing.ipynb", "ada", LESSON),
        ("ada_b_04_vectorizing.ipynb", "ada_b", LESSON),
        ("team_07_04_vectorizing.ipynb", "team_07", LESSON),
        ("17_04_vectorizing.ipynb", "17", LESSON),
        ("ada_work.ipynb", "ada", "work.ipynb"),
        ("ada_my_work.ipynb", "ada", "my_work.ipynb"),
        ("ada_04.ipynb", "ada", "04.ipynb"),
        ("ada.ipynb", "ada", "ada.ipynb"),
        ("ADA_04_VECTORIZING.IPYNB", "ADA", "04_VECTORIZING.IPYNB"),
        (
            "ada example_12_assignsubmission_file_ada_04_x.ipynb",
            "ada example_12",
            "ada_04_x.ipynb",
        ),
        ("team 3_12_assignsubmission_file_x.ipynb", "team 3_12", "x.ipynb"),
        ("Default group_assignsubmission_file_x.ipynb", "Default group", "x.ipynb"),
        ("ada_1_assignsubmission_file_b_assignsubmission_file_x.ipynb", "ada_1", None),
        ("exampleada_123_4567_04_vectorizing.ipynb", "exampleada_123", LESSON),
        ("exampleada_LATE_123_4567_04_vectorizing-2.ipynb", "exampleada_123", LESSON),
        ("exampleada_123_4567_89_1011_x.ipynb", "exampleada_123", "89_1011_x.ipynb"),
        (f"ada_1_{'9' * 99}_x.ipynb", "ada", f"1_{'9' * 99}_x.ipynb"),
        ("anon_xY3z5_4567_04_vectorizing.ipynb", "anon_xY3z5", LESSON),
        ("LATE_anon_xY3z5_4567_04_vectorizing-1.ipynb", "anon_xY3z5", LESSON),
    ],
)
def test_the_name_of_a_file_tells_the_learner(
    name: str, student: str, own: str | None, tmp_path: Path
) -> None:
    own = "b_assignsubmission_file_x.ipynb" if own is None else own
    assert contents(put(tmp_path / "folder", {name: b"{}"})) == {student: {own: b"{}"}}
    assert contents(put_zip(tmp_path, {name: b"{}"})) == {student: {own: b"{}"}}


def test_a_folder_may_hold_both_folders_and_files(tmp_path: Path) -> None:
    put(tmp_path, {f"ada/{LESSON}": b"1", f"ben_{LESSON}": b"2", "README.txt": b"", "cleo/": b""})
    assert contents(tmp_path) == {"ada": {LESSON: b"1"}, "ben": {LESSON: b"2"}, "cleo": {}}


def test_hidden_files_and_folders_are_nobodys(tmp_path: Path) -> None:
    hidden = {
        f"ada/.ipynb_checkpoints/{LESSON}": b"",
        f"ada/.gradlab/{LESSON}": b"",
        f"ada/._{LESSON}": b"",
        f"__MACOSX/ada/{LESSON}": b"",
        f".dan/{LESSON}": b"",
        ".dan_04_vectorizing.ipynb": b"",
        "ada_1_assignsubmission_file_._x.ipynb": b"",
    }
    files = {**hidden, f"ada/deep/er/{LESSON}": b"mine"}
    expected = {"ada": {f"deep/er/{LESSON}": b"mine"}, "ada_1": {}}
    assert contents(put(tmp_path / "folder", files)) == expected
    assert contents(put_zip(tmp_path, files)) == expected


def test_a_learner_without_a_notebook_is_there_all_the_same(tmp_path: Path) -> None:
    files = {
        "ada/": b"",
        "ben/notes.txt": b"",
        "cleo/work/": b"",
        "dan_1_assignsubmission_file_/work.pdf": b"",
        "eve_2_assignsubmission_onlinetext/onlinetext.html": b"",
        "exampleflo_3_400_work.pdf": b"",
        "examplegus_4_text.html": b"",
        "grades.csv": b"",
    }
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        learners = found(path)
        assert [learner.student for learner in learners] == [
            *("ada", "ben", "cleo", "dan_1", "eve_2", "exampleflo_3", "examplegus_4"),
        ]
        assert not any(learner.notebooks for learner in learners)
        noted = {learner.student: learner.notes for learner in learners if learner.notes}
        assert noted == {
            "eve_2": ("What was handed in as onlinetext is not read.",),
            "examplegus_4": ("A text or a link in place of a file is not read.",),
        }


def test_an_online_text_stands_beside_the_files(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            f"Ada E_1_assignsubmission_file_/{LESSON}": b"{}",
            "Ada E_1_assignsubmission_onlinetext_/onlinetext.html": b"",
            f"Ada E_1_assignsubmission_onlinetext_/{LESSON}": b"no",
        },
    )
    assert contents(tmp_path) == {"Ada E_1": {LESSON: b"{}"}}
    assert found(tmp_path)[0].notes == ("What was handed in as onlinetext is not read.",)


@given(order=st.permutations(range(12)))
def test_of_a_file_handed_in_again_the_latest_counts(order: list[int]) -> None:
    uploads = [
        f"exampleada{'_LATE' if n % 2 else ''}_7_{n + 95:03}_04_vectorizing"
        f"{f'-{n}' if n else ''}.ipynb"
        for n in range(12)
    ]
    files = {uploads[n]: f"{n}".encode() for n in order}
    with tempfile.TemporaryDirectory() as here:
        path = put_zip(Path(here), files)
        assert contents(path) == {"exampleada_7": {LESSON: b"11"}}
        (learner,) = found(path)
    assert len(learner.notes) == 11
    assert {note.split(" ")[0] for note in learner.notes} == set(uploads[:-1])


@pytest.mark.parametrize(
    ("name", "student", "own"),
    [
        ("ada.zip", "ada", "ada.zip"),
        ("ada_b.zip", "ada_b", "ada_b.zip"),
        ("ada_04_vectorizing.zip", "ada", "04_vectorizing.zip"),
        ("ada/work/mine.ZIP", "ada", "work/mine.ZIP"),
        ("Ada E_1_assignsubmission_file_/mine.zip", "Ada E_1", "mine.zip"),
        ("Ada E_1_assignsubmission_file_mine.zip", "Ada E_1", "mine.zip"),
        ("exampleada_1_234_mine-3.zip", "exampleada_1", "mine.zip"),
    ],
)
def test_a_zip_in_a_learners_place_is_unpacked(
    name: str, student: str, own: str, tmp_path: Path
) -> None:
    inner = {f"a/{LESSON}": b"1", "a/x.txt": b"", "a/b.zip/": b"", f"__MACOSX/._{LESSON}": b""}
    files = {name: zipped(inner), f"ben/{LESSON}": b"2"}
    expected = {student: {f"{own}/a/{LESSON}": b"1"}, "ben": {LESSON: b"2"}}
    assert contents(put(tmp_path / "folder", files)) == expected
    assert contents(put_zip(tmp_path, files)) == expected
    assert not found(tmp_path / "submissions.zip")[0].notes


def test_a_zip_in_a_zip_in_a_learners_place_is_not(tmp_path: Path) -> None:
    files = {"ada/a.zip": zipped({"b.zip": zipped({LESSON: b""}), LESSON: b"1"})}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        (learner,) = found(path)
        assert names(learner) == [f"a.zip/{LESSON}"]
        assert learner.notes == (
            "a.zip/b.zip was not read: a zip within a learner's zip is not unpacked.",
        )


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
        if files is wrapped and name.startswith("/"):
            continue
        with pytest.raises(SubmissionsError, match=re.escape(re.split(r"[/\\]", name)[-1])):
            found(put_zip(tmp_path, files))


@pytest.mark.parametrize(
    "name",
    [
        "ada/../ben/04_vectorizing.ipynb",
        "ada/../../x.ipynb",
        "ada/..",
        "ada\\04_vectorizing.ipynb",
        "ada/..\\..\\x.ipynb",
        "ada/C:/x.ipynb",
    ],
)
def test_a_name_that_leads_out_is_left_out_with_a_note(name: str, tmp_path: Path) -> None:
    path = put_zip(tmp_path, {name: b"bad", f"ada/{LESSON}": b"1", f"ben/{LESSON}": b"2"})
    assert contents(path) == {"ada": {LESSON: b"1"}, "ben": {LESSON: b"2"}}
    ada, ben = found(path)
    assert len(ada.notes) == 1
    assert ada.notes[0].endswith("was not read: its name leads out of the archive.")
    assert not ben.notes


@pytest.mark.parametrize("name", ["../x.ipynb", "/etc/x.ipynb", "C:\\x.ipynb", "..\\x.zip"])
def test_within_a_learners_zip_every_such_name_is_only_noted(name: str, tmp_path: Path) -> None:
    files = {"ada/a.zip": zipped({name: b"bad", LESSON: b"1"})}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        (learner,) = found(path)
        assert names(learner) == [f"a.zip/{LESSON}"]
        assert len(learner.notes) == 1
        assert "leads out of the archive" in learner.notes[0]


def test_no_name_of_an_archive_reaches_the_file_system(tmp_path: Path, temporary: Path) -> None:
    sentinel = put(tmp_path / "sentinel", {"ada/04_vectorizing.ipynb": b"teacher's"})
    inner = {"../../sentinel/ada/04_vectorizing.ipynb": b"bad", f"{sentinel}/new.ipynb": b"bad"}
    files = {
        f"ada/../../{sentinel}/ada/04_vectorizing.ipynb": b"bad",
        "ada/a.zip": zipped({**inner, LESSON: b"1"}),
        f"ben/{'long' * 10_000}.ipynb": b"2",
        "ben/aux.ipynb": b"3",
        f"exampleflo_1_{'7' * 5_000}_x.ipynb": b"5",
        'ben/a<b>:"|?*\n\x01.ipynb': b"4",
    }
    before = state(sentinel)
    with open_submissions(put_zip(tmp_path, files)) as learners:
        (folder,) = temporary.iterdir()
        assert sorted(os.listdir(folder)) == [f"{number}.ipynb" for number in range(5)]
        assert {path.parent for learner in learners for _, path in learner.notebooks} == {folder}
        ada, ben, _ = learners
        assert sorted(read_notebooks(ben)[0].values()) == [b"2", b"3", b"4"]
        assert all(name.isprintable() and len(name) < 300 for name in names(ben))
        assert names(ada) == [f"a.zip/{LESSON}"]
    assert state(sentinel) == before
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
    ada, ben = found(path)
    assert ada == Submission("ada", (), (f"{LESSON} was not read: {why}.",))
    assert names(ben) == [LESSON]


def patched(archive: bytes, offset_in_local: int, offset_in_central: int, value: bytes) -> bytes:
    """Change a field in both headers of an archive's first member."""
    content = bytearray(archive)
    for signature, offset in ((b"PK\3\4", offset_in_local), (b"PK\1\2", offset_in_central)):
        start = archive.index(signature) + offset
        content[start : start + len(value)] = value
    return bytes(content)


def test_an_encrypted_member_is_left_out(tmp_path: Path) -> None:
    archive = zipped({f"ada/{LESSON}": b"secret", f"ben/{LESSON}": b"{}"})
    ada, ben = found(put_zip(tmp_path, patched(archive, 6, 8, b"\x01\x00")))
    assert ada.notes == (f"{LESSON} was not read: it is encrypted.",)
    assert names(ben) == [LESSON]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_packed_in_an_unusual_way_is_left_out(method: int, tmp_path: Path) -> None:
    (ada,) = found(put_zip(tmp_path, zipped({f"ada/{LESSON}": b"{}"}, method)))
    assert not ada.notebooks
    assert "not compressed in the usual way" in ada.notes[0]


def test_a_damaged_member_is_left_out(tmp_path: Path) -> None:
    archive = zipped({f"ada/{LESSON}": b"mine", f"ben/{LESSON}": b"{}"}, zipfile.ZIP_STORED)
    ada, ben = found(put_zip(tmp_path, archive.replace(b"mine", b"mien")))
    assert not ada.notebooks
    assert f"{LESSON} was not read: it is damaged" in ada.notes[0]
    assert names(ben) == [LESSON]


@pytest.mark.parametrize("cut", [0, 1, 50, 100])
def test_a_damaged_archive_is_an_error_but_one_of_a_learner_a_note(
    cut: int, tmp_path: Path
) -> None:
    whole = zipped({f"ada/{LESSON}": b"{}"})
    path = put_zip(tmp_path, whole[:cut])
    with pytest.raises(SubmissionsError, match="damaged or not a zip"):
        found(path)
    (ada,) = found(put(tmp_path / "folder", {"ada/a.zip": whole[:cut]}))
    assert not ada.notebooks
    assert "a.zip was not read: it is damaged or not a zip" in ada.notes[0]


sample = zipped({"ada/": b"", f"ada/{LESSON}": b"{}" * 40, f"ben_{LESSON}": b"[]"})


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
            learners = found(path)
        except SubmissionsError:
            pass
        else:
            assert learners
        (cleo,) = found(put(Path(here, "folder"), {"cleo/a.zip": damaged}))
        assert cleo.student == "cleo"


def test_a_member_that_unpacks_to_too_much_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000_000)
    bomb = b"0" * 1_000_001
    files = {
        f"ada/{LESSON}": bomb,
        "ben/a.zip": zipped({LESSON: bomb, "07_bug_hunt.ipynb": bomb[1:]}),
    }
    ada, ben = found(put_zip(tmp_path, files))
    assert ada == Submission("ada", (), (f"{LESSON} was not read: it is larger than 1 MB.",))
    assert names(ben) == ["a.zip/07_bug_hunt.ipynb"]
    assert ben.notes == (f"a.zip/{LESSON} was not read: it is larger than 1 MB.",)


@pytest.mark.parametrize("said", [0, 10, 2**32 - 2])
def test_what_a_header_says_of_the_size_is_not_trusted(
    said: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000)
    archive = zipped({f"ada/{LESSON}": b"0" * 100_000, f"ben/{LESSON}": b"{}"})
    ada, ben = found(put_zip(tmp_path, patched(archive, 22, 24, struct.pack("<I", said))))
    assert not ada.notebooks
    assert len(ada.notes) == 1
    assert names(ben) == [LESSON]


@pytest.mark.parametrize("nested", [False, True])
def test_one_learners_bombs_stop_no_other(
    nested: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_BYTES_OF_LEARNER", 1_000_000)
    own = {f"{number:02}_bomb.ipynb": b"0" * 300_000 for number in range(50)}
    bombs = {"ada/a.zip": zipped(own)} if nested else {f"ada/{n}": d for n, d in own.items()}
    ada, ben = found(put_zip(tmp_path, {**bombs, f"ben/{LESSON}": b"{}"}))
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
    with pytest.raises(SubmissionsError, match="unpacks to more than 1 MB"):
        found(put_zip(tmp_path, files))
    nested = {f"ada/{number}.zip": zipped(files) for number in range(2)}
    with pytest.raises(SubmissionsError, match="unpacks to more than 1 MB"):
        found(put_zip(tmp_path, nested))


def test_the_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MOST_FILES_OF_LEARNER", 10)
    many = {f"{number:02}.txt": b"" for number in range(11)}
    files = {
        "ada/a.zip": zipped({LESSON: b"", **many}),
        f"ben/{LESSON}": b"",
        **{f"ben/many/{name}": b"" for name in many},
        f"cleo/{LESSON}": b"",
    }
    folder = put(tmp_path / "folder", files)
    ada, ben, cleo = found(folder)
    assert ada == Submission("ada", (), ("a.zip was not read: it holds more than 10 files.",))
    assert names(ben) == [LESSON]
    assert "ben was not read: it holds more than 10 files" in ben.notes[0]
    assert (names(cleo), cleo.notes) == ([LESSON], ())
    monkeypatch.setattr(submissions, "MOST_FILES_IN_ALL", 13)
    with pytest.raises(SubmissionsError, match="holds more than 13 files"):
        found(put_zip(tmp_path, files))


def test_the_number_of_notebooks_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_NOTEBOOKS_OF_LEARNER", 2)
    (ada,) = found(put(tmp_path / "folder", {f"ada/{name}": b"" for name in LESSONS}))
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
    assert contents(path) == {"ada": {LESSON: b"one name, written in another way"}}


@pytest.mark.parametrize("flag", [True, False])
def test_names_with_accents_are_read_with_and_without_the_flag_of_utf_8(
    flag: bool, tmp_path: Path
) -> None:
    archive = zipped({f"Zoë語/{LESSON}": b"{}"})
    if not flag:
        archive = patched(archive, 6, 8, b"\x00\x00")
    assert contents(put_zip(tmp_path, archive)) == {"Zoë語": {LESSON: b"{}"}}


def test_names_in_an_old_encoding_are_read(tmp_path: Path) -> None:
    archive = zipped({f"Zo?/{LESSON}": b"{}"}).replace(b"Zo?", "Zoë".encode("cp437"))
    assert contents(put_zip(tmp_path, archive)) == {"Zoë": {LESSON: b"{}"}}


def test_names_in_no_encoding_are_an_error_of_the_archive(tmp_path: Path) -> None:
    archive = zipped({f"Zoë/{LESSON}": b"{}"}).replace("ë".encode(), b"\xff\xff")
    with pytest.raises(SubmissionsError, match="damaged"):
        found(put_zip(tmp_path, archive))


def test_names_in_no_encoding_of_a_folder_can_be_written_down(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    try:
        (folder / os.fsdecode(b"ad\xff")).mkdir(parents=True)
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    (folder / os.fsdecode(b"ad\xff") / os.fsdecode(b"04_\xfe.ipynb")).write_bytes(b"{}")
    (student,) = contents(folder).items()
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
    assert contents(folder) == {"ada": {LESSON: b"ada's"}, **others}
    notes = {learner.student: len(learner.notes) for learner in found(folder)}
    assert notes == {"ada": 0, "ben": 4, "cleo": 1, "dan": 1, "eve": 1}
    assert all("symbolic links" in note for learner in found(folder) for note in learner.notes)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    folder = put(tmp_path / "folder", {f"ada/{LESSON}": b"{}"})
    symlink(tmp_path / "link", folder)
    assert contents(tmp_path / "link") == contents(folder)


def test_a_linked_folder_submitted_is_not_followed(tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere", {f"ada/{LESSON}": b"{}"})
    course = put(tmp_path / "course", {f"ben/{LESSON}": b"{}"})
    symlink(course / "submitted", elsewhere)
    assert contents(course) == {"ben": {LESSON: b"{}"}, "submitted": {}}


def test_a_folder_in_place_of_a_notebook_is_noted(tmp_path: Path) -> None:
    files = {f"ada/{LESSON}/inner.ipynb": b"", "ben_04_vectorizing.ipynb/x.ipynb": b""}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        why = (f"{LESSON} was not read: it is a folder, not a notebook.",)
        assert found(path) == [Submission("ada", (), why), Submission("ben", (), why)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such pipes")
def test_a_pipe_in_place_of_a_notebook_is_noted(tmp_path: Path) -> None:
    put(tmp_path, {f"ben/{LESSON}": b""})
    os.mkfifo(tmp_path / "ada_04_vectorizing.ipynb")
    ada, ben = found(tmp_path)
    assert ada.notes == (f"{LESSON} was not read: it is not a regular file.",)
    assert names(ben) == [LESSON]


def test_deep_folders_are_bounded(tmp_path: Path) -> None:
    deep = "/".join(["deep"] * archives.MOST_DEPTH)
    files = {f"ada/{LESSON}": b"1", f"ada/{deep}/{LESSON}": b"2", f"ben/{LESSON}": b"3"}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        assert contents(path) == {"ada": {LESSON: b"1"}, "ben": {LESSON: b"3"}}
        (note,) = found(path)[0].notes
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
    ada, closed = found(tmp_path)
    assert names(ada) == [LESSON]
    why = "closed was not read: the folder cannot be read (Permission denied)."
    assert ada.notes == closed.notes == (why,)
    with pytest.raises(SubmissionsError, match="Permission denied"):
        found(tmp_path / "closed")


def test_two_places_of_one_learner_come_together_with_a_note(tmp_path: Path) -> None:
    files = {f"ada/{LESSON}": b"1", f"ada_{LESSON}": b"2", "ada.zip": zipped({LESSON: b"3"})}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        both = {LESSON: b"2", "04_vectorizing (2).ipynb": b"1", f"ada.zip/{LESSON}": b"3"}
        ((student, own),) = contents(path).items()
        assert (student, sorted(own), sorted(own.values())) == (
            "ada",
            sorted(both),
            sorted(both.values()),
        )
        assert found(path)[0].notes == (
            "Taken as one learner, because the names come to the same: "
            "the file ada.zip, the files ada_…, the folder ada.",
        )


def test_two_ways_to_write_an_accent_are_one_learner(tmp_path: Path) -> None:
    zoe = [unicodedata.normalize(form, "zoë") for form in ("NFC", "NFD")]
    path = put_zip(tmp_path, {f"{name}/{LESSON}": name.encode() for name in zoe})
    ((student, own),) = contents(path).items()
    assert student == zoe[0]
    assert sorted(own) == ["04_vectorizing (2).ipynb", LESSON]
    assert sorted(own.values()) == sorted(name.encode() for name in zoe)


def test_the_order_is_not_that_of_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{student}/{n}/{LESSON}": b"" for student in ("cleo", "ada", "ben") for n in (2, 1)}
    folder = put(tmp_path / "folder", files)
    forwards = found(folder)
    assert [learner.student for learner in forwards] == ["ada", "ben", "cleo"]
    assert names(forwards[0]) == [f"1/{LESSON}", f"2/{LESSON}"]

    scandir = os.scandir

    @contextmanager
    def backwards(path: Path | int) -> Iterator[Iterator[os.DirEntry[str]]]:
        with scandir(path) as children:
            yield iter(sorted(children, key=lambda child: child.name, reverse=True))

    monkeypatch.setattr(os, "scandir", backwards)
    assert found(folder) == forwards


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({}, "holds nothing of any learner"),
        ({"README.txt": b"", "grades.csv": b""}, "holds nothing of any learner"),
        ({LESSON: b""}, "04_vectorizing.ipynb says of no learner whose it is"),
        ({f"_{LESSON[3:]}": b""}, "_vectorizing.ipynb says of no learner whose it is"),
        ({f"ada/{LESSON}": b"", LESSON: b""}, "says of no learner whose it is"),
    ],
)
def test_what_holds_no_learner_is_an_error(files: Files, what: str, tmp_path: Path) -> None:
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        with pytest.raises(SubmissionsError, match=re.escape(what)):
            found(path)


def test_what_is_neither_folder_nor_zip_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SubmissionsError, match=r"gone does not exist\. Give a folder with"):
        found(tmp_path / "gone")
    put(tmp_path, {LESSON: b"{}", "archive.tar": zipped({f"ada/{LESSON}": b""})})
    with pytest.raises(SubmissionsError, match="is neither a folder nor a zip"):
        found(tmp_path / LESSON)
    # What a file is does not depend on its name.
    assert contents(tmp_path / "archive.tar") == {"ada": {LESSON: b""}}


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
    why = f"{LESSON} was not read: it is larger than 1 MB."
    assert read_notebooks(handed_in_by_ada(path)) == ({}, (why,))
    # As if the file grew just after it was measured.
    fstat = os.fstat
    small = os.stat_result((stat.S_IFREG, *[0] * 9))
    monkeypatch.setattr(os, "fstat", lambda fd: small if isinstance(fd, int) else fstat(fd))
    assert read_notebooks(handed_in_by_ada(path)) == ({}, (why,))


def test_what_is_read_of_one_learner_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_BYTES_OF_LEARNER", 1_000_000)
    put(tmp_path, {f"ada/{name}": b"0" * 400_000 for name in LESSONS[:3]})
    read, notes = read_notebooks(found(tmp_path)[0])
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
