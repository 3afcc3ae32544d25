"""Marks by hand: each is used or told, whatever a spreadsheet made of the file."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, strategies as st
from learner_results import (
    NAMES,
    NASTY,
    learners,
    make_answer,
    make_learner,
    make_waiting,
    parse_csv,
)

from gradlab.grading.outcome.gradebook import as_csv
from gradlab.grading.outcome.marks import Mark, Marks, merge_marks, read_marks
from gradlab.grading.outcome.naming import is_code, make_code
from gradlab.grading.outcome.report import as_report
from gradlab.grading.outcome.results import LearnerResult, Outcome, Run, Status
from gradlab.grading.outcome.text import as_cell
from gradlab.support.errors import GradlabError

EXERCISES = {"explain": 10.0, "why": 2.5, "pack": 3.0}


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
    marks = read_marks(write_marks(tmp_path, content), EXERCISES).marks
    given = {key: mark.points for key, mark in marks.items() if mark.is_given}
    assert given == {("ada", "explain"): 7.5, ("ben", "why"): 0.0}
    assert "-" not in str(given[("ben", "why")])


def test_a_comment_may_stand_beside_points_or_alone(tmp_path: Path) -> None:
    content = (
        "student;of;comment;exercise;so far;points\n"
        'ada;10;"Good; but\nwhere are the shapes?";explain;;7,5\n'
        "ben;3;See me.;pack;1,33;\n"
        "ben;10;;explain;;\n"
        "ada;10;;explain;;7.5\n"
    )
    file = read_marks(write_marks(tmp_path, content), EXERCISES)
    assert file.marks == {
        ("ada", "explain"): Mark(7.5, "Good; but\nwhere are the shapes?"),
        ("ben", "pack"): Mark(None, "See me."),
        ("ben", "explain"): Mark(None),
    }
    assert file.has_marks
    assert file.separator == ";"
    assert file.columns == ("student", "of", "comment", "exercise", "so far", "points")


@pytest.mark.parametrize("told", ["sep=;", "SEP=;"])
def test_a_table_may_tell_excel_its_separator(tmp_path: Path, told: str) -> None:
    path = write_marks(tmp_path, f"{told}\nstudent;exercise;points\nada;explain;7,5\n")
    assert read_marks(path, EXERCISES).marks == {("ada", "explain"): Mark(7.5)}


def test_rows_that_wait_are_no_marks(tmp_path: Path) -> None:
    path = write_marks(tmp_path, HEAD + "ada,explain,\nben,explain,\n")
    assert not read_marks(path, EXERCISES).has_marks


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
        (HEAD + "ada,explian,3\n", ["line 2, column exercise", "'explian'", "Is explain meant?"]),
        (HEAD + "ada,x,3\n", ["line 2, column exercise", "'x'", "are explain, why, pack."]),
        (HEAD + "ada,,3\n", ["line 2, column exercise", "''"]),
        (HEAD + "ada,explian,\n", ["line 2, column exercise"]),
        (HEAD + ",explain,3\n", ["line 2, column student", "name is needed"]),
        (HEAD + "\nada,explain,good\n", ["line 3, column points", "'good'", "from 0 to 10"]),
        (HEAD + "ada,explain,-1\n", ["line 2, column points", "'-1'", "from 0 to 10"]),
        (HEAD + "ada,why,2.51\n", ["line 2, column points", "'2.51'", "from 0 to 2.5"]),
        (HEAD + "ada,explain,nan\n", ["'nan'"]),
        (HEAD + "ada,explain,inf\n", ["'inf'"]),
        (HEAD + "ada,explain,1_0\n", ["'1_0'"]),
        (HEAD + 'ada,explain,"7,5"\n', ["'7,5'"]),
        (HEAD + "ada,explain,7,5\n", ["line 2", "4 fields", "header has 3", "Write 7.5"]),
        # The comment is not there yet, but its column is.
        ("student,exercise,points,comment\nada,why,1,5\n", ["line 2", "Write 1.5"]),
        ("student;exercise;points\nada;explain;1.000,5\n", ["'1.000,5'"]),
        ("sep=;\r\nstudent;exercise;points\r\nada;explain;x\r\n", ["line 3", "'x'"]),
        (
            HEAD + "ada,explain,7\nben,why,1\nada,explain,8\n",
            ["line 4", "8 points", "7 points", "ada"],
        ),
        (HEAD + "ada,explain,7\n'-ben,why,1\n-ben,why,2\n", ["line 4", "-ben"]),
        (
            "student,exercise,points,comment\nada,why,1,Good.\nada,why,1,Bad.\n",
            ["line 3", "1 point with the comment 'Good.'", "1 point with the comment 'Bad.'"],
        ),
        (
            "comment,student,exercise,points,comment\n",
            ["column comment is there twice"],
        ),
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
        read_marks(path, EXERCISES)
    for part in [str(path), *said]:
        assert part in str(error.value)


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_marks_that_are_no_file_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(GradlabError, match="cannot be read"):
        read_marks(tmp_path / name, EXERCISES)


STUDENTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
    lambda name: name.strip() == name
)


@given(st.lists(STUDENTS, min_size=1, max_size=5), st.sampled_from(",;"), st.data())
def test_marks_for_names_as_the_grades_spell_them_reach_everyone(
    names: list[str], separator: str, data: st.DataObject
) -> None:
    results = [make_waiting(name) for name in names]
    spelled = [row[1] for row in parse_csv(as_csv(results))[1:]]
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
        marks = read_marks(write_marks(Path(folder), file.getvalue()), EXERCISES).marks
    merged, unused = merge_marks(results, marks)
    assert unused == []
    assert [result.exercises[0].points for result in merged] == points
    assert {result.status for result in merged} == {"graded"}


def test_marks_change_nothing_but_the_points_of_what_was_marked() -> None:
    two = (make_answer("written", None), make_answer("written", None, "why"))
    pack = make_answer("right", 3.0, "pack")
    results = [
        make_learner("ada", pack, *two, status="needs-manual"),
        make_learner("ben", pack, *two, status="needs-manual"),
        make_learner("cleo", pack, two[0], status="unreadable"),
        make_waiting("dora"),
    ]
    before = list(results)
    marks = {
        ("ada", "explain"): Mark(7.0, "Good."),
        ("ada", "why"): Mark(2.0),
        ("ben", "why"): Mark(1.0),
        ("cleo", "explain"): Mark(4.0),
        ("dora", "explain"): Mark(None),
    }
    merged, unused = merge_marks(results, marks)
    assert unused == []
    assert results == before
    assert [r.status for r in merged] == ["graded", "needs-manual", "unreadable", "needs-manual"]
    assert [r.total for r in merged] == [12.0, 4.0, 7.0, 0.0]
    assert [r.exercises[0] for r in merged[:3]] == [pack] * 3
    assert merged[0].exercises[1] == replace(two[0], points=7.0, comment="Good.", is_by_hand=True)
    assert merged[1].exercises[1].points is None
    assert merged[3] == results[3]


@pytest.mark.parametrize(
    ("outcome", "machine", "given", "note"),
    [
        ("wrong", 3.0, 8.0, "8 points by hand in place of 3"),
        ("stopped", 0.0, 1.0, "1 point by hand in place of 0"),
        ("right", 10.0, 2.5, "2.5 points by hand in place of 10"),
        ("missing", 0.0, 5.0, "5 points by hand in place of 0"),
        ("right", 10.0, 10.0, None),
        ("wrong", 4 / 3, 1.33, None),
    ],
)
def test_points_of_the_machine_may_be_replaced_and_it_is_noted(
    outcome: Outcome, machine: float, given: float, note: str | None
) -> None:
    found = make_answer(outcome, machine, "pack")
    [ada], unused = merge_marks([make_learner("ada", found)], {("ada", "pack"): Mark(given)})
    assert unused == []
    notes = () if note is None else (note,)
    assert ada.exercises == (replace(found, points=given, is_by_hand=True, notes=notes),)


def test_a_comment_alone_changes_no_points() -> None:
    found = make_answer("wrong", 3.0, "pack")
    waiting = make_waiting("ben")
    marks = {("ada", "pack"): Mark(None, "Nearly."), ("ben", "explain"): Mark(None, "See me.")}
    (ada, ben), unused = merge_marks([make_learner("ada", found), waiting], marks)
    assert unused == []
    assert ada.exercises == (replace(found, comment="Nearly."),)
    assert ben.exercises[0].points is None
    assert not ben.exercises[0].is_by_hand
    assert ben.status == "needs-manual"


@pytest.mark.parametrize("outcome", ["blank", "missing"])
def test_a_mark_counts_where_no_answer_was_found_and_is_noted(outcome: Outcome) -> None:
    pack = make_answer("missing", 0.0, "pack")
    results = [
        make_learner("ada", make_answer(outcome, 0.0)),
        make_learner("ben", pack, make_answer(outcome, 0.0), status="missing"),
    ]
    marks = {("ada", "explain"): Mark(6.0), ("ben", "explain"): Mark(5.0)}
    merged, unused = merge_marks(results, marks)
    assert unused == []
    assert [r.total for r in merged] == [6.0, 5.0]
    assert [r.status for r in merged] == ["graded", "missing"]
    for result in merged:
        assert result.all_notes == ("explain: marked by hand though no answer was found",)


@pytest.mark.parametrize("status", ["unreadable", "missing"])
def test_where_nothing_can_be_missing_any_more_all_is_graded(status: Status) -> None:
    """Such as of who handed in nothing, and was examined aloud."""
    answers = (
        make_answer("right", 10.0, "pack"),
        make_answer("wrong", 4.0, "softmax"),
        make_answer("written", None),
    )
    marks = {("ada", "softmax"): Mark(4.0), ("ada", "explain"): Mark(0.0)}
    result = make_learner("ada", *answers, status=status)
    for some in ({}, *({key: mark} for key, mark in marks.items())):
        assert merge_marks([result], some)[0][0].status == status
    [ada], _ = merge_marks([result], marks)
    assert (ada.status, ada.total) == ("graded", 14.0)
    report = as_report([ada], Run("0.1.0", 1, "None.", ()))
    assert "Needs a person" not in report
    assert "wrong file" not in report


def test_what_a_person_has_marked_is_not_worth_a_look_any_more() -> None:
    answer = replace(make_answer("stopped", 0.0, "pack"), notes=("was stopped",))
    blank = make_answer("missing", 0.0, "pack")
    merged, _ = merge_marks(
        [make_learner("ada", answer), make_learner("ben", blank)],
        {("ada", "pack"): Mark(2.0), ("ben", "pack"): Mark(2.0)},
    )
    assert "Worth a look" not in as_report(merged, Run("0.1.0", 1, "None.", ()))


def test_a_mark_that_fits_nobody_is_told() -> None:
    results = [make_waiting("dora"), make_learner("ben", make_answer("right", 3.0, "pack"))]
    marks = {
        ("dorra", "explain"): Mark(5.0),
        ("emil", "explain"): Mark(None),
        ("ben", "explain"): Mark(4.0),
    }
    merged, unused = merge_marks(results, marks)
    assert merged == results
    assert unused == [
        "dorra: there is a mark for this name, but no such learner. Is dora meant?",
        "ben: the mark for explain was not used: it does not count here.",
    ]


def test_a_code_is_as_good_as_a_name() -> None:
    results = [make_waiting(name) for name in ("ada", "ben", "cleo", "dora")]
    marks = {
        (make_code("ada"), "explain"): Mark(5.0),
        (make_code("ben"), "explain"): Mark(6.0, "Good."),
        ("ben", "explain"): Mark(6.0),
        (make_code("cleo"), "explain"): Mark(7.0),
        ("cleo", "explain"): Mark(8.0),
        ("dora", "explain"): Mark(9.0),
        (make_code("emil"), "explain"): Mark(1.0),
    }
    merged, unused = merge_marks(results, marks)
    assert [result.exercises[0].points for result in merged] == [5.0, 6.0, None, 9.0]
    assert merged[1].exercises[0].comment == "Good."
    lost, twice = unused
    assert lost.startswith(f"{make_code('emil')}: ")
    assert "no learner has it: the class or the spelling" in lost
    for part in ("cleo: ", make_code("cleo"), "7 points", "8 points", "neither was used"):
        assert part in twice


def test_who_is_called_like_the_code_of_another_does_not_get_the_marks_of_the_other() -> None:
    code = make_code("ada")
    results = [make_waiting("ada"), make_waiting(code)]
    merged, unused = merge_marks(results, {(code, "explain"): Mark(5.0)})
    assert [result.exercises[0].points for result in merged] == [None, None]
    assert len(unused) == 1
    assert code in unused[0]
    # The name, and the code of what looks like a code, are clear.
    merged, unused = merge_marks(
        results, {("ada", "explain"): Mark(5.0), (make_code(code), "explain"): Mark(6.0)}
    )
    assert [result.exercises[0].points for result in merged] == [5.0, 6.0]
    assert unused == []


@given(st.sampled_from(NASTY) | STUDENTS)
def test_a_code_follows_from_a_name_however_it_is_spelled(name: str) -> None:
    code = make_code(name)
    assert code == make_code(unicodedata.normalize("NFD", name))
    assert code == make_code(as_cell(name))
    assert is_code(code)
    # No word, no number, no date.
    assert re.fullmatch("anonymous(-[b-df-hj-np-tv-xz]{4}){2}", code)


def test_a_mark_that_fits_two_learners_goes_to_neither() -> None:
    results = [make_waiting("ada"), make_waiting("ada "), make_waiting("ben")]
    marks = {("ada", "explain"): Mark(5.0), ("ben", "explain"): Mark(4.0)}
    merged, unused = merge_marks(results, marks)
    assert [result.total for result in merged] == [0.0, 0.0, 4.0]
    assert len(unused) == 1
    assert "ada" in unused[0]
    assert "2 learners" in unused[0]


@given(
    st.lists(learners(), max_size=3),
    st.dictionaries(
        st.tuples(st.sampled_from(["ada", "ben", "cleo", "dora"]), st.sampled_from(NAMES)),
        st.builds(Mark, st.none() | st.floats(0, 10), st.sampled_from(["", "Good."])),
    ),
)
def test_a_mark_is_either_used_or_told(results: list[LearnerResult], marks: Marks) -> None:
    results = [
        replace(result, student=name)
        for result, name in zip(results, ["ada", "ben", "cleo"], strict=False)
    ]
    merged, unused = merge_marks(results, marks)
    before = {(r.student, e.name): e for r in results for e in r.exercises}
    after = {(r.student, e.name): e for r in merged for e in r.exercises}
    assert list(after) == list(before)
    given = {key: mark for key, mark in marks.items() if mark.is_given}
    strangers = {student for student, _ in given} - {result.student for result in results}
    for key, exercise in before.items():
        if key not in given:
            assert after[key] == exercise
            continue
        points = given[key].points
        assert after[key].comment == given[key].comment
        assert after[key].outcome == exercise.outcome
        assert after[key].points == (exercise.points if points is None else points)
        assert after[key].is_by_hand == (exercise.is_by_hand or points is not None)
    for result in merged:
        own = [after[result.student, e.name].points or 0 for e in result.exercises]
        assert result.total == sum(own)
    assert len(unused) == len(strangers)
    assert {sentence.partition(":")[0] for sentence in unused} == strangers
