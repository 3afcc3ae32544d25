"""Marks by hand: each is used or told, whatever a spreadsheet made of the file."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, strategies as st
from learner_results import NAMES, learners, make_answer, make_learner, make_waiting, parse_csv

from gradlab.grading.outcome.gradebook import as_csv
from gradlab.grading.outcome.marks import merge, read_marks
from gradlab.grading.outcome.results import LearnerResult, Outcome
from gradlab.support.errors import GradlabError

WRITTEN = {"explain": 10.0, "why": 2.5}


def write_marks(folder: Path, content: str | bytes) -> Path:
    path = folder / "marks.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "student,exercise,points\nada,explain,7.5\nben,why,0\n",
        "\ufeffstudent,exercise,points\r\nada,explain,7.5\r\nben,why,-0.0\r\n",
        "student;exercise;points\nada;explain;7,5\nben;why;0,0",
        "student;exercise;points\nada;explain;7.5\nben;why;0\n;;\n",
        '\n\nPoints, Exercise ,comment,STUDENT\n7.5,explain,"so, so",ada\n\n , ,,\n0,why,,ben\n',
        "student,exercise,points\nada,explain,7.5\nada,explain,7.50\nada,explain,\nben,why,0\n",
        'student,exercise,points\n"ada","explain","7.5"\ncleo,explain,\ncleo,why\nben,why,0,,\n',
        "student,exercise,points\rada,explain,7.5\rben,why,0\r",
    ],
)
def test_marks_are_read_however_a_spreadsheet_writes_them(tmp_path: Path, content: str) -> None:
    marks = read_marks(write_marks(tmp_path, content), WRITTEN)
    assert marks == {("ada", "explain"): 7.5, ("ben", "why"): 0.0}
    assert "-" not in str(marks[("ben", "why")])


HEAD = "student,exercise,points\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ["is empty", "student, exercise, points"]),
        ("\n ,\n", ["is empty"]),
        ("student,exercise\nada,explain\n", ["line 1", "points is missing", "student, exercise;"]),
        ("ada,explain,7\n", ["line 1", "student is missing", "ada, explain, 7"]),
        ("student|exercise|points\n", ["student is missing", "commas or semicolons"]),
        ("points,student,exercise,points\n", ["column points is there twice"]),
        (HEAD + "ada,pack,3\n", ["line 2, column exercise", "'pack'", "explain, why"]),
        (HEAD + "ada,,3\n", ["line 2, column exercise", "''"]),
        (HEAD + ",explain,3\n", ["line 2, column student", "name is needed"]),
        (HEAD + "\nada,explain,good\n", ["line 3, column points", "'good'", "from 0 to 10"]),
        (HEAD + "ada,explain,-1\n", ["line 2, column points", "'-1'", "from 0 to 10"]),
        (HEAD + "ada,why,2.51\n", ["line 2, column points", "'2.51'", "from 0 to 2.5"]),
        (HEAD + "ada,explain,nan\n", ["'nan'"]),
        (HEAD + "ada,explain,inf\n", ["'inf'"]),
        (HEAD + "ada,explain,1_0\n", ["'1_0'"]),
        (HEAD + 'ada,explain,"7,5"\n', ["'7,5'"]),
        (HEAD + "ada,explain,7,5\n", ["line 2", "4 fields", "header has 3", "Write 7.5"]),
        ("student;exercise;points\nada;explain;1.000,5\n", ["'1.000,5'"]),
        (HEAD + "ada,explain,7\nben,why,1\nada,explain,8\n", ["line 4", "8 was given", "ada"]),
        (HEAD + "ada,explain,7\n'-ben,why,1\n-ben,why,2\n", ["line 4", "-ben"]),
        (HEAD + 'ada,explain,"7\nben,why,1\n', ["no CSV", "double quote"]),
        (b"PK\x03\x04\xff\xfe", ["not text in UTF-8", "CSV UTF-8"]),
        (HEAD.encode("utf-16"), ["not text in UTF-8"]),
        (HEAD.encode("utf-16-le"), ["not text in UTF-8"]),
    ],
)
def test_a_mark_that_cannot_be_is_told_with_its_place(
    tmp_path: Path, content: str | bytes, said: list[str]
) -> None:
    path = write_marks(tmp_path, content)
    with pytest.raises(GradlabError) as error:
        read_marks(path, WRITTEN)
    for part in [str(path), *said]:
        assert part in str(error.value)


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_marks_that_are_no_file_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(GradlabError, match="cannot be read"):
        read_marks(tmp_path / name, WRITTEN)


def test_where_no_written_answer_counts_no_mark_is_right(tmp_path: Path) -> None:
    with pytest.raises(GradlabError, match="here are none"):
        read_marks(write_marks(tmp_path, HEAD + "ada,explain,3\n"), {})


STUDENTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
    lambda name: name.strip() == name
)


@given(st.lists(STUDENTS, min_size=1, max_size=5), st.sampled_from(",;"), st.data())
def test_marks_for_names_as_the_grades_spell_them_reach_everyone(
    names: list[str], separator: str, data: st.DataObject
) -> None:
    results = [make_waiting(name) for name in names]
    spelled = [row[0] for row in parse_csv(as_csv(results))[1:]]
    distinct = {unicodedata.normalize("NFC", name).strip().lstrip("'") for name in spelled}
    assume(len(distinct) == len(names))
    points = [data.draw(st.integers(0, 40)) / 4 for _ in names]
    file = io.StringIO(newline="")
    table = csv.writer(file, delimiter=separator)
    table.writerow(["student", "exercise", "points"])
    decomposed = data.draw(st.booleans())
    for name, mark in zip(spelled, points, strict=True):
        number = str(mark).replace(".", ",") if separator == ";" else str(mark)
        typed = unicodedata.normalize("NFD", name) if decomposed else name
        table.writerow([typed, "explain", number])
    with TemporaryDirectory() as folder:
        marks = read_marks(write_marks(Path(folder), file.getvalue()), WRITTEN)
    merged, unused = merge(results, marks)
    assert unused == []
    assert [result.exercises[0].points for result in merged] == points
    assert {result.status for result in merged} == {"graded"}


def test_marks_change_nothing_but_the_points_of_written_answers() -> None:
    two = (make_answer("written", None), make_answer("written", None, "why"))
    pack = make_answer("right", 3.0, "pack")
    results = [
        make_learner("ada", pack, *two, status="needs-manual"),
        make_learner("ben", pack, *two, status="needs-manual"),
        make_learner("cleo", pack, two[0], status="unreadable"),
        make_waiting("dora"),
    ]
    before = list(results)
    marks = {("ada", "explain"): 7.0, ("ada", "why"): 2.0, ("ben", "why"): 1.0}
    merged, unused = merge(results, {**marks, ("cleo", "explain"): 4.0})
    assert unused == []
    assert results == before
    assert [r.status for r in merged] == ["graded", "needs-manual", "unreadable", "needs-manual"]
    assert [r.total for r in merged] == [12.0, 4.0, 7.0, 0.0]
    assert [r.exercises[0] for r in merged[:3]] == [pack] * 3
    assert merged[1].exercises[1].points is None
    assert merged[3] == results[3]


@pytest.mark.parametrize("outcome", ["blank", "missing"])
def test_a_mark_counts_where_no_answer_was_found_and_is_noted(outcome: Outcome) -> None:
    results = [
        make_learner("ada", make_answer(outcome, 0.0)),
        make_learner("ben", make_answer(outcome, 0.0), status="missing"),
    ]
    merged, unused = merge(results, {("ada", "explain"): 6.0, ("ben", "explain"): 5.0})
    assert unused == []
    assert [r.total for r in merged] == [6.0, 5.0]
    assert [r.status for r in merged] == ["graded", "missing"]
    for result in merged:
        assert result.all_notes == ("explain: marked by hand though no answer was found",)


def test_a_mark_that_fits_nobody_is_told() -> None:
    results = [make_waiting("dora"), make_learner("ben", make_answer("right", 3.0, "pack"))]
    marks = {("dorra", "explain"): 5.0, ("ben", "explain"): 4.0, ("ben", "pack"): 1.0}
    merged, unused = merge(results, marks)
    assert merged == results
    assert unused == [
        "dorra: there is a mark for this name, but no such learner. Is dora meant?",
        "ben: the mark for explain was not used: no written answer of that name counts here.",
        "ben: the mark for pack was not used: no written answer of that name counts here.",
    ]


def test_a_mark_that_fits_two_learners_goes_to_neither() -> None:
    results = [make_waiting("ada"), make_waiting("ada "), make_waiting("ben")]
    merged, unused = merge(results, {("ada", "explain"): 5.0, ("ben", "explain"): 4.0})
    assert [result.total for result in merged] == [0.0, 0.0, 4.0]
    assert len(unused) == 1
    assert "ada" in unused[0]
    assert "2 learners" in unused[0]


@given(
    st.lists(learners(), max_size=3),
    st.dictionaries(
        st.tuples(st.sampled_from(["ada", "ben", "cleo", "dora"]), st.sampled_from(NAMES)),
        st.floats(0, 10),
    ),
)
def test_a_mark_is_either_used_or_told(
    results: list[LearnerResult], marks: dict[tuple[str, str], float]
) -> None:
    results = [
        replace(result, student=name)
        for result, name in zip(results, ["ada", "ben", "cleo"], strict=False)
    ]
    merged, unused = merge(results, marks)
    before = {(r.student, e.name): e for r in results for e in r.exercises}
    after = {(r.student, e.name): e for r in merged for e in r.exercises}
    assert list(after) == list(before)
    strangers = {student for student, _ in marks} - {result.student for result in results}
    misplaced = 0
    for key, exercise in before.items():
        by_hand = exercise.outcome in ("written", "blank", "missing")
        if key in marks and by_hand:
            assert after[key].points == marks[key]
        else:
            assert after[key] == exercise
            misplaced += key in marks
    assert len(unused) == len(strangers) + misplaced
    assert {sentence.partition(":")[0] for sentence in unused} >= strangers
