"""Whose a file is, whatever the LMS or the teacher made of it."""

import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from class_files import (
    LESSON,
    LESSONS,
    Class,
    Files,
    find_all,
    make_zip,
    names,
    put,
    put_zip,
    read_all,
    read_state,
    watch_temporary,
)
from hypothesis import given, settings, strategies as st

from gradlab.grading.intake.submissions import SubmissionsError


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary folders are made; empty after every test."""
    with watch_temporary(tmp_path_factory) as folder:
        yield folder


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
    return {f"{student}.zip": make_zip(own) for student, own in course.items()}, [*course]


def as_moodle(course: Class, between: str = "_/") -> tuple[dict[str, bytes], list[str]]:
    # Moodle puts a space for each "_" of a name.
    students = [f"{s.replace('_', ' ').strip(' .')}_{n}" for n, s in enumerate(course, start=98)]
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
        flat.write_bytes(make_zip(files))
        wrapped.write_bytes(make_zip({f"class 7/{name}": data for name, data in files.items()}))
        before = read_state(Path(here))
        results = [read_all(path) for path in (folder, flat, wrapped)]
        assert read_state(Path(here)) == before
    assert results[0] == results[1] == results[2]
    expected = dict(zip(students, course.values(), strict=True))
    assert list(results[0]) == sorted(expected)
    for student, own in results[0].items():
        assert {name.split("/")[-1]: data for name, data in own.items()} == expected[student]


def test_the_folder_submitted_may_be_given_itself(tmp_path: Path) -> None:
    names = ("lesson_04", "again")
    files = {f"submitted/ada/{name}/{LESSON}": name.encode() for name in names}
    put(tmp_path, {**files, "source/lesson_04/04_vectorizing.ipynb": b""})
    both = {f"{name}/{LESSON}": name.encode() for name in names}
    assert read_all(tmp_path) == read_all(tmp_path / "submitted") == {"ada": both}


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
        (f"ada_1_{'9' * 99}_x.ipynb", f"ada_1_{'9' * 99}_x", f"ada_1_{'9' * 99}_x.ipynb"),
        ("anon_xY3z5_4567_04_vectorizing.ipynb", "anon_xY3z5", LESSON),
        ("LATE_anon_xY3z5_4567_04_vectorizing-1.ipynb", "anon_xY3z5", LESSON),
    ],
)
def test_the_name_of_a_file_tells_the_learner(
    name: str, student: str, own: str | None, tmp_path: Path
) -> None:
    own = "b_assignsubmission_file_x.ipynb" if own is None else own
    assert read_all(put(tmp_path / "folder", {name: b"{}"})) == {student: {own: b"{}"}}
    assert read_all(put_zip(tmp_path, {name: b"{}"})) == {student: {own: b"{}"}}


def test_a_folder_may_hold_both_folders_and_files(tmp_path: Path) -> None:
    put(tmp_path, {f"ada/{LESSON}": b"1", f"ben_{LESSON}": b"2", "README.txt": b"", "cleo/": b""})
    assert read_all(tmp_path) == {"ada": {LESSON: b"1"}, "ben": {LESSON: b"2"}, "cleo": {}}


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
    assert read_all(put(tmp_path / "folder", files)) == expected
    assert read_all(put_zip(tmp_path, files)) == expected


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
        learners = find_all(path)
        assert [learner.student for learner in learners] == [
            *("ada", "ben", "cleo", "dan_1", "eve_2", "exampleflo_3", "examplegus_4"),
        ]
        assert not any(learner.notebooks for learner in learners)
        noted = {learner.student: learner.notes[0] for learner in learners if learner.notes}
        assert "typed into Moodle was not read" in noted.pop("eve_2")
        assert "A text or a link" in noted.pop("examplegus_4")
        named = {"ben": "notes.txt", "dan_1": "work.pdf", "exampleflo_3": "work.pdf"}
        assert {student: note.split(" ")[0] for student, note in noted.items()} == named


def test_an_online_text_stands_beside_the_files(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            f"Ada E_1_assignsubmission_file_/{LESSON}": b"{}",
            "Ada E_1_assignsubmission_onlinetext_/onlinetext.html": b"",
            f"Ada E_1_assignsubmission_onlinetext_/{LESSON}": b"no",
        },
    )
    assert read_all(tmp_path) == {"Ada E_1": {LESSON: b"{}"}}
    assert "typed into Moodle was not read" in find_all(tmp_path)[0].notes[0]


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
        (files,) = read_all(path).values()
        (learner,) = find_all(path)
    assert files == {LESSON: b"11", **{uploads[n]: b"%d" % n for n in range(11)}}
    assert learner.attempts == {LESSON: 11, **{uploads[n]: n for n in range(11)}}


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
    files = {name: make_zip(inner), f"ben/{LESSON}": b"2"}
    expected = {student: {f"{own}/a/{LESSON}": b"1"}, "ben": {LESSON: b"2"}}
    assert read_all(put(tmp_path / "folder", files)) == expected
    assert read_all(put_zip(tmp_path, files)) == expected
    (note,) = (n for learner in find_all(tmp_path / "submissions.zip") for n in learner.notes)
    assert note.startswith(f"{own}/a/x.txt was not read: only notebooks")


def test_zips_within_each_other_are_unpacked_to_a_bound(tmp_path: Path) -> None:
    inner = make_zip({LESSON: b"2"})
    for name in ("d.zip", "c.zip", "b.zip"):
        inner = make_zip({name: inner})
    files = {"ada/a.zip": make_zip({"b.zip": inner, LESSON: b"1"})}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        (learner,) = find_all(path)
        assert names(learner) == [f"a.zip/{LESSON}"]
        (note,) = learner.notes
        assert "so many zips within each other are not unpacked" in note


def test_two_places_of_one_learner_come_together_with_a_note(tmp_path: Path) -> None:
    files = {f"ada/{LESSON}": b"1", f"ada_{LESSON}": b"2", "ada.zip": make_zip({LESSON: b"3"})}
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        both = {LESSON: b"2", f"ada/{LESSON}": b"1", f"ada.zip/{LESSON}": b"3"}
        ((student, own),) = read_all(path).items()
        assert (student, sorted(own), sorted(own.values())) == (
            "ada",
            sorted(both),
            sorted(both.values()),
        )
        assert find_all(path)[0].notes == (
            "Taken as one learner, because the name is the same: "
            "the file ada.zip, the files ada_…, the folder ada.",
        )


def test_two_ways_to_write_an_accent_are_one_learner(tmp_path: Path) -> None:
    zoe = [unicodedata.normalize(form, "zoë") for form in ("NFC", "NFD")]
    path = put_zip(tmp_path, {f"{name}/{LESSON}": name.encode() for name in zoe})
    ((student, own),) = read_all(path).items()
    assert student == zoe[0]
    assert LESSON in own
    assert len(own) == 2
    assert sorted(own.values()) == sorted(name.encode() for name in zoe)


def test_the_order_is_not_that_of_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    students = ("cleo", "ada", "ben")
    files = {f"{student}/week {n}/{LESSON}": b"" for student in students for n in (2, 1)}
    folder = put(tmp_path / "folder", files)
    forwards = find_all(folder)
    assert [learner.student for learner in forwards] == ["ada", "ben", "cleo"]
    assert names(forwards[0]) == [f"week 1/{LESSON}", f"week 2/{LESSON}"]

    scandir = os.scandir

    @contextmanager
    def backwards(path: Path | int) -> Iterator[Iterator[os.DirEntry[str]]]:
        with scandir(path) as children:
            yield iter(sorted(children, key=lambda child: child.name, reverse=True))

    monkeypatch.setattr(os, "scandir", backwards)
    assert find_all(folder) == forwards


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({}, "holds nothing of any learner"),
        ({"README.txt": b"", "grades.csv": b""}, "holds nothing of any learner"),
        ({LESSON: b""}, "No name says whose this is: 04_vectorizing.ipynb"),
        ({f"_{LESSON[3:]}": b""}, "No name says whose this is: _vectorizing.ipynb"),
        ({f"ada/{LESSON}": b"", LESSON: b""}, "No name says whose this is: 04_vectorizing.ipynb"),
    ],
)
def test_what_holds_no_learner_is_an_error(files: Files, what: str, tmp_path: Path) -> None:
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        with pytest.raises(SubmissionsError, match=re.escape(what)):
            find_all(path)


def test_what_is_neither_folder_nor_zip_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SubmissionsError, match=r"gone does not exist\. Give what Moodle"):
        find_all(tmp_path / "gone")
    put(tmp_path, {LESSON: b"{}", "archive.tar": make_zip({f"ada/{LESSON}": b""})})
    with pytest.raises(SubmissionsError, match="is a notebook, not a class"):
        find_all(tmp_path / LESSON)
    # What a file is does not depend on its name.
    assert read_all(tmp_path / "archive.tar") == {"ada": {LESSON: b""}}
