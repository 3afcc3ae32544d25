"""The gradebook: grades go out, and nothing is lost or made up."""

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

import pytest
from hypothesis import given, strategies as st
from learner_results import (
    NAMES,
    RESULTS,
    TEXTS,
    make_answer,
    make_learner,
    make_waiting,
    parse_csv,
)

from gradlab.grading.outcome.gradebook import (
    GradebookError,
    as_csv,
    as_json,
    as_number,
    write_grades,
)
from gradlab.grading.outcome.report import as_report, list_who_needs_a_person
from gradlab.grading.outcome.results import (
    ExerciseResult,
    GroupResult,
    LearnerResult,
    Prediction,
    Run,
)

RUN = Run("0.1.0", 20260101, "Every answer ran in a container of its own.", ())


def show_in_line(text: str) -> str:
    """Return text as a line should show it, by the names of its characters' kinds."""
    line = ""
    for character in text:
        kind = unicodedata.category(character)
        name = unicodedata.bidirectional(character)
        reorders = name in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
        if kind in ("Cc", "Zl", "Zp") or reorders:
            line += " "
        else:
            line += f"\\u{ord(character):x}" if kind == "Cs" else character
    return line


def show_in_cell(text: str) -> str:
    """Return text as a cell should show it."""
    line = show_in_line(text)
    shown, is_fresh, is_first, begins = "", True, True, text[:1] in ("\t", "\r")
    for character in line:
        if is_fresh and unicodedata.normalize("NFKC", character) in list("=+-@"):
            begins = begins or is_first
            shown += "" if is_first else "'"
        shown += character
        is_first = is_first and (character == '"' or character.isspace())
        is_fresh = character in ',;|"' or character.isspace() if is_fresh else character in ",;|"
    return f"'{shown}" if begins else shown


# Grades as CSV.


@given(RESULTS)
def test_every_result_comes_back_from_the_csv(results: list[LearnerResult]) -> None:
    text = as_csv(results)
    rows = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    head, *body = parse_csv(text)
    assert [list(row.values()) for row in rows] == body
    assert [list(row) for row in rows] == [head] * len(results)
    names = NAMES if results else ()
    lessons = sorted({e.lesson for result in results for e in result.exercises})
    sums = [f"lesson_{lesson}" for lesson in lessons] if len(lessons) > 1 else []
    assert head == ["id", "student", *names, *sums, "total", "max_total", "status", "notes"]
    for row, result in zip(rows, results, strict=True):
        assert row["student"] == show_in_cell(result.student)
        assert row["status"] == result.status
        notes = [*result.notes, *(f"{e.name}: {n}" for e in result.exercises for n in e.notes)]
        assert row["notes"] == show_in_cell("; ".join(notes))
        exact = Fraction(0)
        for exercise in result.exercises:
            cell = row[exercise.name]
            assert (cell == "") == (exercise.points is None)
            if exercise.points is not None:
                exact += Fraction(exercise.points)
                assert abs(Fraction(cell) - Fraction(exercise.points)) <= Fraction(1, 200)
        for lesson in lessons if sums else []:
            own = sum(Fraction(e.points or 0) for e in result.exercises if e.lesson == lesson)
            assert abs(Fraction(row[f"lesson_{lesson}"]) - own) <= Fraction(1, 200) + Fraction(
                1, 10**9
            )
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
    for row in parse_csv(text):
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
        make_learner("ada", make_answer("right", 4.0, "pack")),
        make_learner("ben", make_answer("right", 3.0, "unpack")),
    ]
    assert as_csv(results)[1:].splitlines() == [
        "id,student,pack,unpack,total,max_total,status,notes",
        ",ada,4,,4,10,graded,",
        ",ben,,3,3,10,graded,",
    ]


# Everything as JSON.


@given(RESULTS, st.integers(0, 2**128), TEXTS)
def test_the_json_holds_all_results(results: list[LearnerResult], seed: int, text: str) -> None:
    run = Run("0.1.0", seed, text, (4,))
    found = json.loads(as_json(results, run))
    assert found["run"] == {"version": "0.1.0", "seed": seed, "isolation": text, "lessons": [4]}
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
        predictions = tuple(Prediction(**one) for one in student["predictions"])
        rest = {"exercises": tuple(answers), "notes": notes, "predictions": predictions}
        again.append(LearnerResult(**{**student, **rest}))
    assert again == results


def test_the_json_is_the_same_each_time_sorted_and_ends_a_line() -> None:
    results = [make_waiting("ada")]
    text = as_json(results, RUN)
    assert text == as_json(list(results), replace(RUN))
    assert text.endswith("\n}\n")
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=1) + "\n"


def test_points_that_are_no_number_are_no_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json([make_learner("ada", make_answer("right", float("nan")))], RUN)


# The report, and who needs a person.


def test_each_learner_who_is_not_graded_is_named_with_the_reason() -> None:
    both = (make_answer("written", None), make_answer("written", None, "why"))
    results = [
        make_waiting("cleo"),
        make_learner("ada", make_answer("right", 10.0)),
        make_learner("dora", make_answer("missing", 0.0), status="missing"),
        LearnerResult("ben", "unreadable", (), ("07_bug_hunt.ipynb could not be read",)),
        LearnerResult("abel", "unreadable", both),
    ]
    assert list_who_needs_a_person(results) == [
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
    listed = report.partition("\nNeeds a person:\n")[2].partition("\n\n")[0]
    sentences = list_who_needs_a_person(results)
    for result in results:
        named = any(show_in_line(result.student) in sentence for sentence in sentences)
        assert named or result.status == "graded"
    squeezed = re.sub(r"\s", "", "".join(sentences))
    assert re.sub(r"\s", "", listed) == squeezed


def test_what_was_noted_on_an_answer_without_full_marks_is_worth_a_look() -> None:
    exercises = [
        ExerciseResult("f", 3, outcome, 0.0, 1.0, notes=(f"note on {outcome}",))
        for outcome in ("right", "wrong", "stopped", "blank")
    ]
    report = as_report([LearnerResult("ada", "graded", tuple(exercises))], RUN)
    assert re.findall(r"note on (\w+)", report) == ["blank", "stopped", "wrong"]


def test_names_with_a_comma_are_told_apart() -> None:
    absent = [make_learner(name, status="missing") for name in ("Ray, Ann", "Kim, Bob")]
    assert list_who_needs_a_person(absent) == ["handed in no notebook (2): Kim, Bob; Ray, Ann"]


def test_who_answered_nothing_is_worth_a_look() -> None:
    blank = ExerciseResult("f", 3, "blank", 0.0, 1.0)
    missing = ExerciseResult("pack", 4, "missing", 0.0, 3.0)
    wrong = ExerciseResult("f", 3, "wrong", 0.0, 1.0)
    results = [
        LearnerResult("ada", "graded", (blank, missing)),
        LearnerResult("ben", "graded", (wrong, missing)),
    ]
    report = as_report(results, RUN)
    assert "ada: every answer is as it was given out" in report
    assert "ben: every answer" not in report


def test_lessons_of_which_nobody_handed_in_anything_are_named() -> None:
    results = [
        LearnerResult(
            student,
            "graded",
            (
                ExerciseResult("f", 3, "right", 1.0, 1.0),
                ExerciseResult("pack", 4, "missing", 0.0, 3.0),
            ),
        )
        for student in ("ada", "ben")
    ]
    said = "anything of lesson 4, which count 3 points"
    assert said in as_report(results, replace(RUN, lessons=())).replace("\n  ", " ")
    chosen = as_report(results, replace(RUN, lessons=(3, 4))).replace("\n  ", " ")
    assert "anything of lesson 4. Is --lesson right?" in chosen
    assert "Nobody" not in as_report(results[:0], replace(RUN, lessons=()))


def test_marks_that_were_not_used_are_in_the_report() -> None:
    assert "Marks that were not used:\n  abel: typo\n" in as_report([], RUN, ["abel: typo"])
    assert "Marks" not in as_report([], RUN)


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
