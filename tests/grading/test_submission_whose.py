"""A class as an LMS or a teacher packed it: a row for each person, or a stop that says what to do.

Never two people in one row.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from class_files import find_all, make_zip, names, put, put_zip, watch_temporary
from hypothesis import given, settings, strategies as st

from gradlab.course.folder import lessons_folder
from gradlab.grading.grader import Task, grade_submission
from gradlab.grading.intake.lms_names import read_lms_name
from gradlab.grading.intake.names import is_generic, split_stem
from gradlab.grading.intake.submissions import (
    SubmissionsError,
    open_submissions,
    read_notebooks,
)

ONE, TWO = "01_derivatives_by_differences.ipynb", "02_taylor_series_error_analysis.ipynb"
BLANK = {name: (lessons_folder() / name).read_bytes() for name in (ONE, TWO)}


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary folders are made; empty after every test."""
    with watch_temporary(tmp_path_factory) as folder:
        yield folder


def fill(*paths: str) -> dict[str, bytes]:
    """Return files at these paths: of lesson 2 where they say so, else of lesson 1."""
    return {
        path: BLANK[TWO if "taylor" in path or "hw2" in path else ONE]
        if ".ipynb" in path or path.endswith(".json")
        else b"x"
        for path in paths
    }


MOODLE = "_assignsubmission_file_"
# What the class is packed like, and the rows: the learner -> the files that are read.
CLASSES: dict[str, tuple[dict[str, bytes], dict[str, list[str]]]] = {
    "Moodle": (
        fill(
            f"Ada Example_12345{MOODLE}/{ONE}",
            f"Müller, Jörg_12346_assignsubmission_file/{ONE}",
            f"王 小明_12347{MOODLE}/作业.ipynb",
            f"O'Brien Pat_12348{MOODLE}{ONE}",
            "Ohne Datei_12349_assignsubmission_onlinetext_/onlinetext.html",
            f"Rar Student_12350{MOODLE}/work.rar",
        ),
        {
            "Ada Example_12345": [ONE],
            "Müller, Jörg_12346": [ONE],
            "O'Brien Pat_12348": [ONE],
            "Ohne Datei_12349": [],
            "Rar Student_12350": [],
            "王 小明_12347": ["作业.ipynb"],
        },
    ),
    "Canvas": (
        fill(
            f"exampleada_LATE_111_9001_{ONE}",
            f"exampleada_111_8001_{ONE}",
            f"kimmin_112_9002_{ONE[:-6]}-1.ipynb",
            f"kimmin_112_9001_{ONE}",
            "noone_113_text.html",
            f"o-brienpat_114_9003_{ONE}",
            f"शर्माप्रिया_115_9001_{ONE}",
            f"शर्माप्रिया_LATE_115_9005_{ONE[:-6]}-1.ipynb",
            "शर्माप्रिया_115_9010_homework.ipynb",
            f"ใจดีสมชาย_116_9006_{ONE}",
        ),
        {
            "exampleada_111": [ONE, f"exampleada_111_8001_{ONE}"],
            "kimmin_112": [ONE, f"kimmin_112_9001_{ONE}"],
            "noone_113": [],
            "o-brienpat_114": [ONE],
            "शर्माप्रिया_115": [ONE, "homework.ipynb", f"शर्माप्रिया_115_9001_{ONE}"],
            "ใจดีสมชาย_116": [ONE],
        },
    ),
    "Gradescope": (
        {
            **fill(
                f"assignment_555_export/submission_1001/{ONE}",
                f"assignment_555_export/submission_1002/{ONE}",
            ),
            "assignment_555_export/submission_metadata.yml": (
                b"submission_1001:\n  :submitters:\n  - :name: Ada Example\n    :sid: '7'\n"
                b"  :results:\n    :tests:\n    - :name: nobody\n"
            ),
        },
        {"Ada Example_1001": [ONE], "submission_1002": [ONE]},
    ),
    "Blackboard": (
        fill(
            f"Homework 1_ada_attempt_2026-10-01-10-00-00_{ONE}",
            f"Homework 1_ada_attempt_2026-10-02-10-00-00_{ONE}",
            "Homework 1_ada_attempt_2026-10-01-10-00-00.txt",
            f"Homework 1_bob_attempt_2026-10-01-11-00-00_{ONE}",
        ),
        {"ada": [ONE, f"Homework 1_ada_attempt_2026-10-01-10-00-00_{ONE}"], "bob": [ONE]},
    ),
    "Brightspace": (
        fill(
            f"12345-67890 - Ada Example - Oct 1, 2026 932 AM/{ONE}",
            f"12345-67890 - Ada Example - Oct 1, 2026 1032 PM/{ONE}",
            f"12345-67890 - Mary-Ann Smith - Sep 24, 2026 926 PM/{ONE}",
            "index.html",
        ),
        {
            "Ada Example": [ONE, f"12345-67890 - Ada Example - Oct 1, 2026 932 AM/{ONE}"],
            "Mary-Ann Smith": [ONE],
        },
    ),
    "Google Classroom": (
        fill(
            f"HW1/Ada Example - {ONE}", f"HW1/Bob Ray - {ONE}", f"HW1/Ada Example - Copy of {ONE}"
        ),
        {"Ada Example": [ONE, f"HW1/Ada Example - Copy of {ONE}"], "Bob Ray": [ONE]},
    ),
    "nbgrader, collected": (
        fill(f"inbound/ada+lesson_01+2026-10-01 10:00:00 UTC+x7/{ONE}", f"inbound/ben/{ONE}"),
        {"ada": [ONE], "ben": [ONE]},
    ),
    "sections": (
        fill(f"Section A/ada/{ONE}", f"Section A/bob/{ONE}", f"Section B/cyd/{ONE}"),
        {"ada": [ONE], "bob": [ONE], "cyd": [ONE]},
    ),
    "sections by other names": (
        fill(f"Mittwoch/ada/{ONE}", f"Mittwoch/bob/{ONE}", f"Donnerstag/cyd/{ONE}"),
        {"ada": [ONE], "bob": [ONE], "cyd": [ONE]},
    ),
    "weeks": (
        fill(f"week 1/ada/{ONE}", f"week 1/bob/{ONE}", f"week 2/ada/{TWO}"),
        {"ada": [ONE, TWO], "bob": [ONE]},
    ),
    "a course around sections": (
        fill(f"CS 231/Mittwoch/ada/{ONE}", f"CS 231/Mittwoch/bob/{ONE}"),
        {"ada": [ONE], "bob": [ONE]},
    ),
    "an export folder": (
        fill(f"Moodle export/Ada Example_1{MOODLE}/{ONE}", f"Moodle export/Bob_2{MOODLE}/{ONE}"),
        {"Ada Example_1": [ONE], "Bob_2": [ONE]},
    ),
    "zips of sections": (
        {
            "Section A.zip": make_zip(fill(f"ada/{ONE}", f"bob/{ONE}")),
            "Section B.zip": make_zip(fill(f"B/cyd/{ONE}", f"B/dan/{ONE}")),
        },
        {"ada": [ONE], "bob": [ONE], "cyd": [ONE], "dan": [ONE]},
    ),
    "the lesson first": (
        fill(f"{ONE[:-6]}_ada.ipynb", f"{ONE[:-6]} (Bob Ray).ipynb", "lesson1-cyd.ipynb"),
        {"Bob Ray": [ONE], "ada": [ONE], "cyd": ["lesson1.ipynb"]},
    ),
    "names that are titles": (
        fill("helen_taylor_hw1.ipynb", "helen_hunt_hw1.ipynb"),
        {"helen_hunt": ["hw1.ipynb"], "helen_taylor": ["hw1.ipynb"]},
    ),
    "numbered learners": (
        fill("student_1.ipynb", "student_2.ipynb", "team_07.ipynb", "team_08.ipynb"),
        {name: [f"{name}.ipynb"] for name in ("student_1", "student_2", "team_07", "team_08")},
    ),
    "Teams": (
        fill(
            f"Submitted files/Ada Example/Assignment 1/Version 1/{ONE}",
            f"Submitted files/Ada Example/Assignment 1/Version 2/{ONE}",
            f"Submitted files/Bob Ray/Assignment 1/Version 1/{ONE}",
        ),
        {
            "Ada Example": [f"Assignment 1/Version {n}/{ONE}" for n in (1, 2)],
            "Bob Ray": [f"Assignment 1/Version 1/{ONE}"],
        },
    ),
    "other endings": (
        fill(f"ada/{ONE}.txt", f"bob/{ONE}.json", "cyd/answer.json", f"dan/{ONE}.download"),
        {
            "ada": [f"{ONE}.txt"],
            "bob": [f"{ONE}.json"],
            "cyd": ["answer.json"],
            "dan": [f"{ONE}.download"],
        },
    ),
    "numbers of students": (
        fill(f"12345678/{ONE}", f"12345679/{ONE}", f"12345680_{ONE}"),
        {"12345678": [ONE], "12345679": [ONE], "12345680": [ONE]},
    ),
    "names like those of Canvas": (
        fill("assignment_4_1234567_ada.ipynb", "assignment_4_1234568_ben.ipynb"),
        {"1234567_ada": ["assignment_4.ipynb"], "1234568_ben": ["assignment_4.ipynb"]},
    ),
    "folders like those of Gradescope": (
        fill(f"ada/submission_1/{ONE}", f"ben/submission_1/{ONE}"),
        {"ada": [f"submission_1/{ONE}"], "ben": [f"submission_1/{ONE}"]},
    ),
    "surnames that are words of a course": (
        fill(
            f"{ONE[:-6]}_Kim Alt.ipynb", f"{ONE[:-6]}_Kim Neu.ipynb", f"{ONE[:-6]}_Tom Day.ipynb"
        ),
        {"Kim Alt": [ONE], "Kim Neu": [ONE], "Tom Day": [ONE]},
    ),
    "what came late beside what was submitted": (
        fill(f"submitted/ada/{ONE}", f"late/ben/{ONE}", f"cyd/{ONE}"),
        {"ada": [ONE], "ben": [ONE], "cyd": [ONE]},
    ),
    "a section of which nothing can be read": (
        fill(f"Section A/ada/{ONE}", "Section B/ben/work.docx", "Section B/cyd.zip"),
        {"ada": [ONE], "ben": [], "cyd": []},
    ),
    "other files beside those of learners": (
        {"ada.zip": make_zip(fill(ONE)), **fill("cyd.rar", "dan.py", "README.md")},
        {"ada": [f"ada.zip/{ONE}"], "cyd": [], "dan": []},
    ),
    "dates for attempts": (
        fill(f"Ada/2026-10-01/{ONE}", f"Ada/2026-10-02/{ONE}", f"Ben/2026-10-03/{ONE}"),
        {"Ada": [f"2026-10-0{n}/{ONE}" for n in (1, 2)], "Ben": [f"2026-10-03/{ONE}"]},
    ),
    "school classes": (
        fill(f"Klasse 9a/Ada/{ONE}", f"Klasse 9b/Ben/{ONE}", f"KW40/Cyd/{ONE}"),
        {"Ada": [ONE], "Ben": [ONE], "Cyd": [ONE]},
    ),
    "zips of Google Drive": (
        {
            f"drive-download-20261001T103000Z-00{n}.zip": make_zip(fill(f"{who}/{ONE}"))
            for n, who in ((1, "Ada"), (2, "Ben"))
        },
        {"Ada": [ONE], "Ben": [ONE]},
    ),
    "a name of Blackboard in a name of Blackboard": (
        fill(
            f"HW_bob_attempt_2026-10-01-10-00-00_{ONE}",
            f"HW_eve_attempt_2026-10-01-10-00-00_x_bob_attempt_2027-10-01-10-00-00_{ONE}",
        ),
        {"bob": [ONE], "eve": [f"x_bob_attempt_2027-10-01-10-00-00_{ONE}"]},
    ),
    "another's name in a learner's folder": (
        fill(
            f"eve/bob+ps4+2027-01-01 00:00:00 UTC/{ONE}",
            f"bob/{ONE}",
            f"mia/Fake_1{MOODLE}/x.txt",
        ),
        {"bob": [ONE], "eve": [f"bob+ps4+2027-01-01 00:00:00 UTC/{ONE}"], "mia": []},
    ),
    "numbers that are none": (
        fill(
            "Ada E_1_assignsubmission_file_/work version ².ipynb",
            f"eve/1-1 - x - 20٢٦/{ONE}",
            f"bob/{ONE}",
        ),
        {
            "Ada E_1": ["work version ².ipynb"],
            "bob": [ONE],
            "eve": [f"1-1 - x - 20٢٦/{ONE}"],
        },
    ),
    "only a checkpoint": (
        fill(f"ada/.ipynb_checkpoints/{ONE}", f"ben/{ONE}"),
        {"ada": [], "ben": [ONE]},
    ),
    "the pages of an earlier run": (
        fill(f"ada/{ONE}", "feedback/ada.html", "feedback/pages.csv"),
        {"ada": [ONE]},
    ),
    "an empty section": (
        fill(f"Section A/ada/{ONE}", "Section B/", "cleo/"),
        {"ada": [ONE], "cleo": []},
    ),
}


@pytest.mark.parametrize("name", CLASSES)
def test_each_person_has_a_row(name: str, tmp_path: Path) -> None:
    files, rows = CLASSES[name]
    for path in (put(tmp_path / "folder", files), put_zip(tmp_path, files)):
        assert {one.student: sorted(names(one)) for one in find_all(path)} == {
            student: sorted(own) for student, own in rows.items()
        }


def test_the_latest_attempt_is_called_as_the_learner_called_it(tmp_path: Path) -> None:
    for name in ("Canvas", "Blackboard", "Brightspace"):
        files, _ = CLASSES[name]
        last = {path: b"%d" % n for n, path in enumerate(files)}
        read: dict[str, dict[str, bytes]] = {}
        with open_submissions(put_zip(tmp_path, last)) as submissions:
            for one in submissions:
                read |= {one.student: read_notebooks(one)[0]}
        if name == "Canvas":
            assert (read["exampleada_111"][ONE], read["kimmin_112"][ONE]) == (b"0", b"2")
        else:
            assert read["ada" if name == "Blackboard" else "Ada Example"][ONE] == b"1"


def test_backslashes_in_a_zip_are_folders(tmp_path: Path) -> None:
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for student in ("ada", "bob"):
            archive.writestr(f"Section A\\{student}\\{ONE}", BLANK[ONE])
    assert [one.student for one in find_all(path)] == ["ada", "bob"]


def test_several_zips_are_graded_at_once(tmp_path: Path) -> None:
    zips = []
    for week, number, lesson in ((1, 12345, ONE), (2, 22345, TWO)):
        files = fill(
            f"Ada Example_{number}{MOODLE}/{lesson}", f"Bob_{number + 1}{MOODLE}/{lesson}"
        )
        zips.append(tmp_path / f"moodle week {week}.zip")
        zips[-1].write_bytes(make_zip(files))
    with open_submissions(*zips) as found:
        # Moodle counts anew for each assignment, so the number is not the learner's.
        assert {one.student: names(one) for one in found} == {
            "Ada Example": [ONE, TWO],
            "Bob": [ONE, TWO],
        }


def test_two_of_one_name_in_moodle_stay_two(tmp_path: Path) -> None:
    files = fill(
        f"week 1/Ada Example_1{MOODLE}/{ONE}",
        f"week 1/Ada Example_2{MOODLE}/{ONE}",
        f"week 2/Ada Example_3{MOODLE}/{TWO}",
    )
    rows = [one.student for one in find_all(put(tmp_path, files))]
    assert rows == ["Ada Example_1", "Ada Example_2", "Ada Example_3"]


STOPS = {
    "files of several in a folder": fill(
        f"Mittwoch/{ONE[:-6]}_ada.ipynb",
        f"Mittwoch/{ONE[:-6]}_bob.ipynb",
        f"Donnerstag/{ONE[:-6]}_cyd.ipynb",
    ),
    "one name in two sections": fill(f"Section A/ada/{ONE}", f"Section B/ada/{ONE}"),
    "a folder of folders, beside those of learners": fill(
        f"Mittwoch/ada/{ONE}", f"Mittwoch/bob/{ONE}", f"cyd/{ONE}"
    ),
    "folders of several lessons": fill(f"Mittwoch/ada/{ONE}", f"Mittwoch/bob/{TWO}", f"cyd/{ONE}"),
    "nobody's file": fill(ONE, TWO, f"ada_{ONE}"),
    "nobody's folder": fill(f"lesson 1/{ONE}", f"ada/{ONE}"),
    "names that look the same": fill(f"ada\x01/{ONE}", f"ada\x02/{ONE}"),
    "one download each of a repository": {
        name: make_zip(fill(f"gradlab-main/{ONE}"))
        for name in ("gradlab-main.zip", "gradlab-main (1).zip")
    },
    "folders that begin alike": fill(
        f"Nachzügler/Anna/{ONE}", f"Nachzügler/Anna S/{ONE}", f"ada/{ONE}"
    ),
    "one folder of folders among folders with one": fill(
        f"Mal/aaa/{ONE}", f"Mal/bbb/{ONE}", f"Ada/my work x/{ONE}", f"Ben/vektor/{ONE}"
    ),
    "numbers within an unknown folder": fill(
        f"Informatik/12345000/{ONE}", f"Informatik/12345001/{ONE}", f"ada/{ONE}"
    ),
    "users of Blackboard with a dash": fill(
        f"HW_a_b_attempt_2026-10-01-10-00-00_{ONE}", f"HW_c_b_attempt_2026-10-01-10-00-00_{ONE}"
    ),
}


@pytest.mark.parametrize("name", STOPS)
def test_where_it_is_not_clear_nothing_is_graded(name: str, tmp_path: Path) -> None:
    for path in (put(tmp_path / "folder", STOPS[name]), put_zip(tmp_path, STOPS[name])):
        with pytest.raises(SubmissionsError) as error:
            find_all(path)
        said = str(error.value)
        assert "nothing was graded" in said
        assert "What was seen:" in said
        assert "--layout" in said or f"LEARNER_{ONE}" in said


@pytest.mark.parametrize(
    ("name", "layout", "rows"),
    [
        ("files of several in a folder", "*/LESSON_LEARNER", ["ada", "bob", "cyd"]),
        ("files of several in a folder", "LEARNER", ["Donnerstag", "Mittwoch"]),
        ("one name in two sections", "*/LEARNER", ["ada"]),
        ("folders of several lessons", "*/LEARNER", None),
    ],
)
def test_a_layout_says_where_the_name_stands(
    name: str, layout: str, rows: list[str] | None, tmp_path: Path
) -> None:
    for path in (put(tmp_path / "folder", STOPS[name]), put_zip(tmp_path, STOPS[name])):
        if rows is None:
            with (
                pytest.raises(SubmissionsError, match="does not fit"),
                open_submissions(path, layout=layout),
            ):
                pass
            continue
        with open_submissions(path, layout=layout) as found:
            assert [one.student for one in found] == rows


@pytest.mark.parametrize(
    "name",
    [
        "files of several in a folder",
        "one name in two sections",
        "one folder of folders among folders with one",
    ],
)
def test_what_the_stop_says_to_type_works(name: str, tmp_path: Path) -> None:
    path = put(tmp_path / "class", STOPS[name])
    with pytest.raises(SubmissionsError) as error:
        find_all(path)
    lines = str(error.value).splitlines()
    typed = [place for place, line in enumerate(lines) if "--layout" in line]
    for place in typed:
        with open_submissions(path, layout=lines[place].split("'")[1]) as found:
            students = ", ".join(one.student for one in found)
            assert sum(len(one.notebooks) for one in found) == len(STOPS[name])
        assert lines[place + 1].endswith(f": {students}")
    assert len(typed) >= 2


def test_what_joins_two_comes_last_and_says_so(tmp_path: Path) -> None:
    path = put(tmp_path / "class", STOPS["one name in two sections"])
    with pytest.raises(SubmissionsError) as error:
        find_all(path)
    gains = [line for line in str(error.value).splitlines() if line.startswith("      gives")]
    assert ["only if" in line for line in gains] == sorted("only if" in line for line in gains)
    assert gains[-1].endswith("right only if ada is one person: ada")


def test_a_layout_that_calls_learners_like_lessons_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "class", STOPS["files of several in a folder"])
    with (
        pytest.raises(SubmissionsError, match="Write LESSON"),
        open_submissions(path, layout="*/LEARNER"),
    ):
        pass


def answer(name: str) -> bytes:
    """Return lesson 1 with an answer to `forward_difference` that says where it is from."""
    text = BLANK[ONE].decode()
    stub = 'raise NotImplementedError()"'
    assert stub in text
    return text.replace(stub, f'return \\"{name}\\""', 1).encode()


@pytest.mark.parametrize(
    ("files", "counts"),
    [
        (
            {"a_1_9002_x.ipynb": answer("late"), f"a_1_9001_{ONE}": answer("early")},
            "x.ipynb counts, the latest",
        ),
        (
            {"a_1_9002_x.ipynb": BLANK[ONE], f"a_1_9001_{ONE}": answer("early")},
            f"{ONE} counts, because nothing is answered in the latest, x.ipynb",
        ),
        (
            {f"a_1_9002_{ONE[:-6]}-1.ipynb": BLANK[ONE], f"a_1_9001_{ONE}": answer("early")},
            f"a_1_9001_{ONE} counts, because nothing is answered in the latest, {ONE}",
        ),
        (
            {f"a_1_9002_{ONE[:-6]}-1.ipynb": b"{", f"a_1_9001_{ONE}": answer("early")},
            f"{ONE} is not a notebook: its text is not JSON, or only a part of it",
        ),
        (
            {
                f"T/a/Version 1/{ONE}": answer("1"),
                f"T/a/Version 2/{ONE}": answer("2"),
                f"T/b/Version 1/{ONE}": answer("b"),
            },
            f"Version 2/{ONE} counts, the latest",
        ),
    ],
)
def test_of_several_attempts_the_latest_with_answers_counts(
    files: dict[str, bytes], counts: str, tmp_path: Path
) -> None:
    with open_submissions(put_zip(tmp_path, files)) as found:
        one = found[0]
        contents, _ = read_notebooks(one)
    task = Task("a", contents, (), (), (1,), seed=1, cpu_seconds=2, attempts=one.attempts)
    result, _ = grade_submission(task)
    assert any(note.endswith(counts) for note in result.notes), result.notes


@pytest.mark.parametrize(
    "name", ["section_a", "Week 3", "lesson_01", "my-course", "HW1", "Übung 2"]
)
def test_what_names_a_part_of_a_course_is_nobodys_name(name: str) -> None:
    assert is_generic(name)


@given(
    st.text("abé語_- .'0", min_size=1, max_size=9), st.sampled_from(["hw1", "lesson 2", ONE[:-6]])
)
@settings(max_examples=200)
def test_a_name_and_a_lesson_come_apart_in_either_order(student: str, lesson: str) -> None:
    # One letter is that of a section.
    if sum(map(str.isalpha, student)) < 2 or student != student.strip("_- ."):
        return
    assert split_stem(f"{student}_{lesson}")[0] == student
    assert split_stem(f"{lesson}_{student}")[0] == student


@given(st.text(max_size=40), st.booleans())
def test_any_name_may_be_read(name: str, is_file: bool) -> None:
    place = read_lms_name(name, (), is_file)
    assert place is None or place.student
    student, rest = split_stem(name)
    assert isinstance(student, str)
    assert rest or not name


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "Section A/", "Mi/", "Do/", "week 1/", "x.zip/"]),
            st.sampled_from(["ada", "bob", "cyd"]),
            st.sampled_from(["/", "_", "/work/", "/a/"]),
            st.sampled_from([ONE, TWO]),
        ),
        min_size=1,
        max_size=6,
        unique=True,
    )
)
@settings(max_examples=300, deadline=None)
def test_no_mixture_of_layouts_makes_one_learner_of_two(
    entries: list[tuple[str, str, str, str]],
) -> None:
    """Each file holds whose it is: no learner may hold those of two."""
    files = {
        f"{group}{who}{between}{lesson}": BLANK[lesson].replace(
            b'"cells"', b'"by": "%s", "cells"' % who.encode(), 1
        )
        for group, who, between, lesson in entries
    }
    with tempfile.TemporaryDirectory() as here:
        folder = put(Path(here), files)
        try:
            with open_submissions(folder) as found:
                rows = {one.student: read_notebooks(one)[0] for one in found}
        except SubmissionsError:
            return
    for student, contents in rows.items():
        for word in ("derivatives", "taylor"):
            same = [content for name, content in contents.items() if word in name]
            owners = {content.split(b'"by": "')[1].split(b'"')[0] for content in same}
            assert len(owners) <= 1, (student, [*contents])
    assert sum(map(len, rows.values())) == len(files)
