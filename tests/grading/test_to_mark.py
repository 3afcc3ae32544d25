"""The table to fill in: it names what needs a person, and comes back as marks."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, strategies as st
from learner_results import (
    NASTY,
    RESULTS,
    TEXTS,
    make_answer,
    make_learner,
    make_waiting,
    parse_csv,
)

from gradlab.grading.outcome.edition_notes import ASKED_OTHERWISE, note_not_asked
from gradlab.grading.outcome.marks import Mark, MarksFile, merge_marks, read_marks
from gradlab.grading.outcome.naming import make_code, normalize_name
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult, Status
from gradlab.grading.outcome.to_mark import ToMark, format_to_mark, list_lacking, list_to_mark

EXERCISES = {"explain": 10.0, "pack": 10.0}
# Control characters alone are no name that a table could hold.
CALLED = [name for name in NASTY if normalize_name(name)]
COLUMNS = ("student", "exercise", "points", "comment")


def make_file(*rows: tuple[str, str]) -> MarksFile:
    marks = {(normalize_name(student), exercise): Mark(None) for student, exercise in rows}
    return MarksFile(Path("marks.csv"), marks, COLUMNS)


def find(results: list[LearnerResult], is_anonymous: bool = False) -> list[tuple[str, str, str]]:
    rows = list_to_mark(results, is_anonymous)
    return [(row.called, row.result.name, row.why) for row in rows]


def test_a_written_answer_needs_a_person_until_it_is_marked() -> None:
    results = [
        make_waiting("ben"),
        make_waiting("ada"),
        make_learner("cleo", make_answer("blank", 0.0)),
    ]
    why = "an answer in words"
    assert find(results) == [("ada", "explain", why), ("ben", "explain", why)]
    merged, _ = merge_marks(
        results, {("ada", "explain"): Mark(7.0), ("ben", "explain"): Mark(None, "?")}
    )
    assert find(merged) == [("ben", "explain", why)]


def test_below_full_marks_an_unreadable_learner_needs_a_person_with_what_was_noted() -> None:
    exercises = (
        make_answer("right", 10.0, "double"),
        replace(make_answer("wrong", 4.0, "pack"), notes=("cell 3 is not valid Python",)),
        make_answer("stopped", 0.0, "softmax"),
        make_answer("missing", 0.0, "l2_loss"),
        replace(make_answer("stopped", 2.0, "unpack"), is_by_hand=True),
    )
    notes = ("b.ipynb is no notebook", "softmax was run twice, and killed")
    learner = replace(make_learner("ada", *exercises, status="unreadable"), notes=notes)
    assert find([learner]) == [
        ("ada", "pack", "cell 3 is not valid Python"),
        ("ada", "softmax", "softmax was run twice, and killed"),
        ("ada", "l2_loss", "; ".join(notes)),
    ]
    assert find([replace(learner, status="missing")]) == []
    [(*_, why)] = find([replace(learner, exercises=exercises[3:4], notes=("x" * 9999,))])
    assert len(why) == 200


@pytest.mark.parametrize(
    ("note", "needs"),
    [
        ("needs pandas, which answers cannot import (cell 2)", True),
        ("needs “np.load('w.npy')” of cell 2, which raised FileNotFoundError", True),
        (ASKED_OTHERWISE, True),
        (note_not_asked(3), True),
        ("counts 3 points here, but 5 in the notebook", False),
        ("needs “1 / 0” of cell 2, which raised ZeroDivisionError", False),
        ("was stopped: it took more than 10 seconds", False),
        ("uses a, which no cell defines", False),
        ("found by the function's name, in cell 1", False),
    ],
)
def test_what_may_have_cost_points_through_no_fault_needs_a_person(note: str, needs: bool) -> None:
    answer = replace(make_answer("wrong", 4.0, "pack"), notes=("the cell is there twice", note))
    assert find([make_learner("ada", answer)]) == ([("ada", "pack", note)] if needs else [])
    right = replace(answer, outcome="right", points=10.0)
    assert find([make_learner("ada", right)]) == []


def test_codes_stand_for_who_wrote_and_their_order_tells_nothing() -> None:
    names = ["ada", "ben", "cleo", "dora", "emil"]
    note = "needs pandas, which answers cannot import"
    pack = replace(make_answer("wrong", 0.0, "pack"), notes=(note,))
    results = [
        make_learner(name, pack, make_answer("written", None), status="needs-manual")
        for name in names
    ]
    found = find(results, is_anonymous=True)
    codes = sorted(map(make_code, names))
    assert codes != [make_code(name) for name in names]
    assert [row[:2] for row in found] == [
        *((name, "pack") for name in names),
        *((code, "explain") for code in codes),
    ]
    assert not any(name in why for *_, why in found[5:] for name in names)


@given(RESULTS, st.booleans())
def test_what_is_left_out_has_points_and_what_is_there_can_get_some(
    results: list[LearnerResult], is_anonymous: bool
) -> None:
    rows = list_to_mark(results, is_anonymous)
    listed = Counter((row.student, row.result.name) for row in rows)
    for result in results:
        for exercise in result.exercises:
            if (result.student, exercise.name) not in listed and not exercise.is_by_hand:
                assert exercise.points is not None
                assert result.status != "unreadable" or exercise.points == exercise.max_points
    assert all(row.why for row in rows)
    table = parse_csv(format_to_mark(rows))
    assert table[0] == ["student", "exercise", "points", "comment", "of", "so far", "why"]
    assert len(table) == len(rows) + 1
    assert {(row[2], row[3]) for row in table[1:]} <= {("", "")}


@given(
    st.lists(st.sampled_from(CALLED) | TEXTS.filter(normalize_name), min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_a_table_that_is_filled_in_gives_just_these_points(
    names: list[str],
    separator: str,
    has_mark: bool,
    is_anonymous: bool,
    is_decomposed: bool,
    data: st.DataObject,
) -> None:
    """A spreadsheet is here Python's csv module, which knows nothing of ours."""
    assume(len({normalize_name(name) for name in names}) == len(names))
    results = [
        make_learner(
            name,
            make_answer("wrong", 1.25, "pack"),
            make_answer("written", None),
            status="unreadable",
        )
        for name in names
    ]
    text = format_to_mark(list_to_mark(results, is_anonymous)).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 2 * len(names)
    points = data.draw(st.lists(st.integers(0, 40), min_size=len(rows), max_size=len(rows)))
    for row, quarters in zip(rows, points, strict=True):
        number = str(quarters / 4)
        row["points"] = number if separator == "," else number.replace(".", ",")
        if is_decomposed:
            row["student"] = unicodedata.normalize("NFD", row["student"])
    saved = io.StringIO(newline="")
    writer = csv.DictWriter(saved, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder, "marks.csv")
        path.write_text(
            saved.getvalue(), encoding="utf-8-sig" if has_mark else "utf-8", newline=""
        )
        file = read_marks(path, EXERCISES)
    merged, unused = merge_marks(results, file.marks)
    assert unused == []
    assert {result.status for result in merged} == {"graded"}
    given_points = Counter(quarters / 4 for quarters in points)
    assert Counter(e.points for result in merged for e in result.exercises) == given_points
    by_name = {result.student: result for result in merged}
    for asked, quarters in zip(list_to_mark(results, is_anonymous), points, strict=True):
        exercises = by_name[asked.student].exercises
        [found] = [e for e in exercises if e.name == asked.result.name]
        assert found.points == quarters / 4
    assert list_to_mark(merged, is_anonymous) == []


@given(st.lists(st.sampled_from(CALLED), unique_by=normalize_name), st.data())
def test_lines_to_add_make_an_older_table_whole(names: list[str], data: st.DataObject) -> None:
    results = [make_waiting(name) for name in names]
    is_anonymous = data.draw(st.booleans())
    rows = list_to_mark(results, is_anonymous)
    there = data.draw(st.sets(st.sampled_from(names))) if names else set()
    spellings: list[Callable[[str], str]] = [str, make_code]
    spelling = data.draw(st.sampled_from(spellings))
    columns = data.draw(st.permutations([*COLUMNS, "of", "why"]))
    file = make_file(*((spelling(name), "explain") for name in there))
    for separator in (",", ";", "\t"):
        lines = list_lacking(rows, replace(file, columns=tuple(columns), separator=separator))
        table = csv.DictReader(lines, columns, delimiter=separator)
        added = [(row["student"], row["exercise"], row["points"]) for row in table]
        assert len(added) == len(names) - len(there)
        assert {(exercise, points) for _, exercise, points in added} <= {("explain", "")}
        expected = {normalize_name(row.called) for row in rows if row.student not in there}
        assert {normalize_name(student) for student, *_ in added} == expected


def test_an_old_table_of_three_columns_gets_lines_of_three() -> None:
    answer = make_answer("written", None)
    file = MarksFile(Path("marks.csv"), {}, ("student", "exercise", "points"))
    assert list_lacking([ToMark("ada", "ada", answer, "")], file) == ["ada,explain,"]


@pytest.mark.parametrize("status", ["graded", "needs-manual", "unreadable", "missing"])
def test_nobody_with_full_marks_needs_a_person(status: Status) -> None:
    full = ExerciseResult("pack", 4, "right", 3.0, 3.0, notes=("is of another edition",))
    assert find([make_learner("ada", full, status=status)]) == []


def test_a_file_of_another_lesson_is_no_reason() -> None:
    wrong = [
        ExerciseResult(name, lesson, "wrong", 0.0, 3.0) for name, lesson in (("f", 3), ("pack", 4))
    ]
    note = "ada/04_vectorizing.ipynb is not a notebook: it is empty"
    learner = replace(make_learner("ada", *wrong, status="unreadable"), notes=(note,))
    reasons = {name: why for _, name, why in find([learner])}
    assert reasons == {"f": "something could not be read or marked", "pack": note}
