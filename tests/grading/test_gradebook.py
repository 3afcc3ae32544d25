"""The gradebook: marks by hand come in, grades go out, and nothing is lost or made up."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import get_args

import pytest
from hypothesis import assume, given, strategies as st

from gradlab.grading.outcome.gradebook import (
    GradebookError,
    as_csv,
    as_json,
    as_number,
    as_report,
    needs_a_person,
    write_grades,
)
from gradlab.grading.outcome.marks import merge, read_marks
from gradlab.grading.outcome.results import (
    ExerciseResult,
    GroupResult,
    LearnerResult,
    Outcome,
    Run,
    Status,
)

RUN = Run("0.1.0", 20260101, "Every answer ran in a container of its own.", None)
WRITTEN = {"explain": 10.0, "why": 2.5}
NASTY = [
    "=cmd|' /C calc'!A0",
    '@SUM(1,2)","=1+1',
    "+1;-1",
    "-2\r\n=3",
    "\t=4",
    "\r=5",
    "\ttab",
    "\rreturn",
    " =6",
    "＝7",
    'a "quoted" name',
    "\x1b[2J\x00",
    "\u202eabc\u2028",
    "\udcff.zip",
    "'",
    "",
]
# Lone surrogates too: they stand for bytes of a file's name that are no UTF-8.
TEXTS = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=[]), max_size=12)
NAMES = ("pack", "softmax", "explain")


@st.composite
def exercises(draw: st.DrawFn, name: str) -> ExerciseResult:
    most = float(draw(st.integers(1, 20)))
    share = draw(st.none() | st.fractions(0, 1, max_denominator=7))
    group = GroupResult(draw(TEXTS), 1, 3, (draw(TEXTS),))
    return ExerciseResult(
        name,
        draw(st.integers(0, 7)),
        draw(st.sampled_from(get_args(Outcome))),
        None if share is None else most * float(share),
        most,
        (group,),
        (draw(TEXTS),),
        tuple(draw(st.lists(TEXTS, max_size=2))),
    )


@st.composite
def learners(draw: st.DrawFn) -> LearnerResult:
    return LearnerResult(
        draw(TEXTS),
        draw(st.sampled_from(get_args(Status))),
        tuple(draw(exercises(name)) for name in NAMES),
        tuple(draw(st.lists(TEXTS, max_size=2))),
    )


RESULTS = st.lists(learners(), max_size=4)


def learner(student: str, *answers: ExerciseResult, status: Status = "graded") -> LearnerResult:
    return LearnerResult(student, status, answers)


def answer(outcome: Outcome, points: float | None, name: str = "explain") -> ExerciseResult:
    return ExerciseResult(name, 7, outcome, points, 10.0)


def waiting(student: str) -> LearnerResult:
    return learner(student, answer("written", None), status="needs-manual")


def parsed(text: str) -> list[list[str]]:
    """Read CSV by RFC 4180, one character after the other."""
    rows: list[list[str]] = [[""]]
    quoted, closing = False, False
    for character in text:
        if quoted and character == '"':
            quoted, closing = False, True
        elif quoted:
            rows[-1][-1] += character
        elif character == '"':
            if closing:
                rows[-1][-1] += '"'
            quoted, closing = True, False
        elif character == ",":
            rows[-1].append("")
            closing = False
        elif character == "\n":
            rows.append([""])
            closing = False
        else:
            assert not closing
            rows[-1][-1] += character
    assert not quoted
    assert rows.pop() == [""]
    return rows


def shown(text: str) -> str:
    """Return text as a cell should show it, by the names of its characters' kinds."""
    line = ""
    for character in text:
        kind = unicodedata.category(character)
        name = unicodedata.bidirectional(character)
        reorders = name in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
        if kind in ("Cc", "Zl", "Zp") or reorders:
            line += " "
        else:
            line += f"\\u{ord(character):x}" if kind == "Cs" else character
    start = unicodedata.normalize("NFKC", line.lstrip()[:1])
    return f"'{line}" if text[:1] in ("\t", "\r") or start in list("=+-@") else line


# Grades as CSV.


@given(RESULTS)
def test_every_result_comes_back_from_the_csv(results: list[LearnerResult]) -> None:
    text = as_csv(results)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    head, *body = parsed(text)
    assert [list(row.values()) for row in rows] == body
    assert [list(row) for row in rows] == [head] * len(results)
    names = NAMES if results else ()
    assert head == ["student", *names, "total", "max_total", "status", "notes"]
    for row, result in zip(rows, results, strict=True):
        assert row["student"] == shown(result.student)
        assert row["status"] == result.status
        notes = [*result.notes, *(f"{e.name}: {n}" for e in result.exercises for n in e.notes)]
        assert row["notes"] == shown("; ".join(notes))
        exact = Fraction(0)
        for exercise in result.exercises:
            cell = row[exercise.name]
            assert (cell == "") == (exercise.points is None)
            if exercise.points is not None:
                exact += Fraction(exercise.points)
                assert abs(Fraction(cell) - Fraction(exercise.points)) <= Fraction(1, 200)
        # Rounded once: not the sum of rounded points.
        assert abs(Fraction(row["total"]) - exact) <= Fraction(1, 200) + Fraction(1, 10**9)
        assert Fraction(row["max_total"]) == sum(e.max_points for e in result.exercises)


@given(RESULTS)
def test_no_cell_is_a_formula_and_no_line_of_the_csv_is_broken(
    results: list[LearnerResult],
) -> None:
    text = as_csv(results)
    assert text.encode().decode() == text
    assert text.count("\n") == len(results) + 1 == len(text.splitlines())
    for row in parsed(text):
        for cell in row:
            assert not re.match(r"\s*[=+\-@＝＋－＠]", cell)
            assert cell.isprintable() or all(
                unicodedata.category(c) in ("Zs", "Cf", "Cn", "Co")
                for c in cell
                if not c.isprintable()
            )


@given(st.integers(0, 10**6), st.integers(1, 997))
def test_a_number_has_two_decimals_at_most_and_no_zeros_to_trail(top: int, bottom: int) -> None:
    text = as_number(top / bottom)
    assert re.fullmatch(r"(0|[1-9]\d*)(\.\d?[1-9])?", text)
    assert float(text) == round(top / bottom, 2)


def test_an_exercise_that_only_some_learners_have_is_empty_for_the_others() -> None:
    results = [
        learner("ada", answer("right", 4.0, "pack")),
        learner("ben", answer("right", 3.0, "unpack")),
    ]
    assert as_csv(results).splitlines() == [
        "student,pack,unpack,total,max_total,status,notes",
        "ada,4,,4,10,graded,",
        "ben,,3,3,10,graded,",
    ]


# Everything as JSON.


@given(RESULTS, st.integers(0, 2**128), TEXTS)
def test_the_json_holds_all_results(results: list[LearnerResult], seed: int, text: str) -> None:
    run = Run("0.1.0", seed, text, 4)
    found = json.loads(as_json(results, run))
    assert found["run"] == {"version": "0.1.0", "seed": seed, "isolation": text, "lesson": 4}
    again = []
    for student in found["students"]:
        assert student.pop("total") == pytest.approx(
            sum(e["points"] or 0.0 for e in student["exercises"])
        )
        assert student.pop("max_total") == sum(e["max_points"] for e in student["exercises"])
        answers = [
            ExerciseResult(
                **{
                    **e,
                    "groups": tuple(
                        GroupResult(**{**g, "table": tuple(g["table"])}) for g in e["groups"]
                    ),
                    "hints": tuple(e["hints"]),
                    "notes": tuple(e["notes"]),
                }
            )
            for e in student["exercises"]
        ]
        notes = tuple(student["notes"])
        again.append(LearnerResult(**{**student, "exercises": tuple(answers), "notes": notes}))
    assert again == results


def test_the_json_is_the_same_each_time_sorted_and_ends_a_line() -> None:
    results = [waiting("ada")]
    text = as_json(results, RUN)
    assert text == as_json(list(results), replace(RUN))
    assert text.endswith("\n}\n")
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=1) + "\n"


def test_points_that_are_no_number_are_no_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json([learner("ada", answer("right", float("nan")))], RUN)


# The report, and who needs a person.


def test_each_learner_who_is_not_graded_is_named_with_the_reason() -> None:
    both = (answer("written", None), answer("written", None, "why"))
    results = [
        waiting("cleo"),
        learner("ada", answer("right", 10.0)),
        learner("dora", answer("missing", 0.0), status="missing"),
        LearnerResult("ben", "unreadable", (), ("07_bug_hunt.ipynb could not be read",)),
        LearnerResult("abel", "unreadable", both),
    ]
    assert needs_a_person(results) == [
        "abel: a notebook could not be read; the written answer `explain` waits for your marks; "
        "the written answer `why` waits for your marks",
        "ben: 07_bug_hunt.ipynb could not be read",
        "cleo: the written answer `explain` waits for your marks",
        "dora: handed in no notebook",
    ]


@given(RESULTS, st.lists(TEXTS, max_size=2))
def test_the_report_counts_everyone_and_says_how_to_grade_again(
    results: list[LearnerResult], remarks: list[str]
) -> None:
    report = as_report(results, RUN, remarks)
    lines = report.split("\n")
    assert lines == [*report.splitlines(), ""]
    assert all(len(line) <= 79 for line in lines)
    counts = re.findall(r"\n +(\d+)  ([a-z-]+)", report.partition("\nSeed")[0])
    statuses = [result.status for result in results]
    assert {word: int(count) for count, word in counts} == Counter(statuses)
    assert f"--seed {RUN.seed} " in report
    assert RUN.version in report
    assert RUN.isolation in report
    totals = [result.total for result in results if result.status == "graded"]
    averages = re.findall(r"mean (\S+), median (\S+) of", report)
    assert len(averages) == bool(totals)
    if totals:
        assert float(averages[0][0]) == pytest.approx(mean(totals), abs=0.006)
        assert float(averages[0][1]) == pytest.approx(median(totals), abs=0.006)


@given(RESULTS)
def test_the_report_leaves_nobody_out_who_needs_a_person(results: list[LearnerResult]) -> None:
    report = as_report(results, RUN)
    listed = report.partition("\nNeeds a person:\n")[2].partition("\nWorth a look")[0]
    sentences = needs_a_person(results)
    assert len(sentences) == sum(result.status != "graded" for result in results)
    squeezed = re.sub(r"\s", "", "".join(sentences))
    assert re.sub(r"\s", "", listed) == squeezed


def test_what_was_noted_on_an_answer_without_full_marks_is_worth_a_look() -> None:
    exercises = [
        ExerciseResult("f", 3, outcome, 0.0, 1.0, notes=(f"note on {outcome}",))
        for outcome in ("right", "wrong", "stopped", "blank")
    ]
    report = as_report([LearnerResult("ada", "graded", tuple(exercises))], RUN)
    assert re.findall(r"note on (\w+)", report) == ["wrong", "stopped"]


def test_marks_that_were_not_used_are_in_the_report() -> None:
    assert "Marks that were not used:\n  abel: typo\n" in as_report([], RUN, ["abel: typo"])
    assert "Marks" not in as_report([], RUN)


# Marks given by hand.


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
        ("student\texercise\tpoints\n", ["student is missing", "commas or semicolons"]),
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
    with pytest.raises(GradebookError) as error:
        read_marks(path, WRITTEN)
    for part in [str(path), *said]:
        assert part in str(error.value)


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_marks_that_are_no_file_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(GradebookError, match="cannot be read"):
        read_marks(tmp_path / name, WRITTEN)


def test_where_no_written_answer_counts_no_mark_is_right(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="here are none"):
        read_marks(write_marks(tmp_path, HEAD + "ada,explain,3\n"), {})


STUDENTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
    lambda name: name.strip() == name
)


@given(st.lists(STUDENTS, min_size=1, max_size=5), st.sampled_from(",;"), st.data())
def test_marks_for_names_as_the_grades_spell_them_reach_everyone(
    names: list[str], separator: str, data: st.DataObject
) -> None:
    results = [waiting(name) for name in names]
    spelled = [row[0] for row in parsed(as_csv(results))[1:]]
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
    two = (answer("written", None), answer("written", None, "why"))
    pack = answer("right", 3.0, "pack")
    results = [
        learner("ada", pack, *two, status="needs-manual"),
        learner("ben", pack, *two, status="needs-manual"),
        learner("cleo", pack, two[0], status="unreadable"),
        waiting("dora"),
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
        learner("ada", answer(outcome, 0.0)),
        learner("ben", answer(outcome, 0.0), status="missing"),
    ]
    merged, unused = merge(results, {("ada", "explain"): 6.0, ("ben", "explain"): 5.0})
    assert unused == []
    assert [r.total for r in merged] == [6.0, 5.0]
    assert [r.status for r in merged] == ["graded", "missing"]
    for result in merged:
        assert result.all_notes == ("explain: marked by hand though no answer was found",)


def test_a_mark_that_fits_nobody_is_told() -> None:
    results = [waiting("dora"), learner("ben", answer("right", 3.0, "pack"))]
    marks = {("dorra", "explain"): 5.0, ("ben", "explain"): 4.0, ("ben", "pack"): 1.0}
    merged, unused = merge(results, marks)
    assert merged == results
    assert unused == [
        "dorra: there is a mark for this name, but no such learner. Is dora meant?",
        "ben: the mark for explain was not used: no written answer of that name counts here.",
        "ben: the mark for pack was not used: no written answer of that name counts here.",
    ]


def test_a_mark_that_fits_two_learners_goes_to_neither() -> None:
    results = [waiting("ada"), waiting("ada "), waiting("ben")]
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


# Files.


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "is a folder"),
        ("pipe", "a device"),
        ("link", "is a folder"),
        ("nowhere/grades.csv", "there is no folder"),
        ("file/grades.csv", "there is no folder"),
        ("x" * 300, "cannot be written"),
    ],
)
def test_where_nothing_can_be_written_the_reason_is_told(
    tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("folder")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(GradebookError, match=said):
        write_grades(tmp_path / name, "text")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_grades_that_cannot_be_written_leave_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    path = tmp_path / "grades.csv"
    write_grades(path, "old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(GradebookError, match=os.strerror(code)):
        write_grades(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
