"""Which edition of a lesson a notebook is, and what that means for its points."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from notebook_data import BLANK, LESSON_4, SOLVED, Json, cell, find, notebook, remove_marks

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.grading.grader import Task, grade_submission
from gradlab.grading.intake.answers import Work
from gradlab.grading.intake.given_out import read_given_out
from gradlab.grading.intake.notebooks import LESSON_OF, Notebook, read_notebook
from gradlab.grading.outcome.edition_notes import ASKED_OTHERWISE, HINT, is_about_edition
from gradlab.grading.outcome.report import as_report
from gradlab.grading.outcome.results import LearnerResult, Run

LESSON_7 = "07_bug_hunt.ipynb"
OF_LESSON_4 = ["pack", "unpack", "locate", "numerical_gradient"]
OTHER, HERE = "0badcafe", BLANK[LESSON_4]["metadata"]["gradlab"]["edition"]
SAID = f"{LESSON_4} is of another edition ({OTHER}) than the exercises here ({HERE}). "


def change_edition(data: Json, **digests: str | None) -> Json:
    """Return a notebook of another edition, where some exercises are other ones, or not there."""
    other = copy.deepcopy(data)
    mark = other["metadata"]["gradlab"]
    mark["edition"] = OTHER
    for name, digest in digests.items():
        if digest is None:
            del mark["exercises"][name]
            other["cells"] = [one for one in other["cells"] if name not in mark_of(one)]
        else:
            mark["exercises"][name] = digest
    return other


def mark_of(one: Json) -> str:
    return str(one["metadata"].get("nbgrader", {}).get("grade_id", ""))


def find_in_4(data: Json) -> Work:
    return find({LESSON_4: data}, OF_LESSON_4)


def grade(data: Json, lesson: int = 4, name: str = LESSON_4) -> LearnerResult:
    notebooks = {name: json.dumps(data).encode()}
    return grade_submission(Task("ada", notebooks, (), (), (lesson,), 7, 10))[0]


@pytest.mark.parametrize("edition", [BLANK, SOLVED], ids=["blank", "solved"])
@pytest.mark.parametrize("file", BLANK)
def test_both_editions_say_which_they_are_and_what_they_ask(
    edition: dict[str, Json], file: str
) -> None:
    mark = edition[file]["metadata"]["gradlab"]
    assert mark == BLANK[file]["metadata"]["gradlab"]
    asked = {name for name, lesson in LESSON_OF.items() if lesson == int(file[:2])}
    assert mark["exercises"].keys() == asked
    read = read_notebook(file, json.dumps(edition[file]).encode())
    assert isinstance(read, Notebook)
    assert (read.edition.mark, dict(read.edition.exercises)) == (
        mark["edition"],
        mark["exercises"],
    )
    assert read.edition.asked == asked
    assert read.edition.points == {
        name: float((EXERCISES.get(name) or WRITTEN[name]).points) for name in asked
    }


def test_of_two_editions_with_as_many_answers_the_present_one_counts() -> None:
    """The page in the browser puts a newer edition beside the learner's own."""
    new, old = LESSON_4.replace(".ipynb", ".new-1.ipynb"), change_edition(SOLVED[LESSON_4])
    assert find({LESSON_4: old, new: SOLVED[LESSON_4]}).notes[0].endswith(f": {new} counts")
    # A newer one that nobody worked in changes nothing.
    assert find({LESSON_4: old, new: BLANK[LESSON_4]}).notes[0].endswith(f": {LESSON_4} counts")


def test_of_this_edition_nothing_is_said() -> None:
    for edition in (BLANK, SOLVED):
        work = find(edition)
        assert not any(map(is_about_edition, work.notes))
        assert not work.remarks


def test_where_the_same_is_asked_the_points_are_not_affected() -> None:
    work = find_in_4(change_edition(SOLVED[LESSON_4]))
    assert work.notes == (f"{SAID}What is asked is the same, so its points are not affected",)
    assert not work.remarks


def test_what_was_asked_in_other_words_is_named() -> None:
    work = find_in_4(change_edition(SOLVED[LESSON_4], pack="12345678", locate="12345678"))
    assert work.notes == (f"{SAID}Asked in other words, or for other points: pack, locate",)
    assert work.remarks == {"pack": (ASKED_OTHERWISE,), "locate": (ASKED_OTHERWISE,)}
    blank = find_in_4(change_edition(BLANK[LESSON_4], pack="12345678"))
    assert (blank.remarks, len(blank.notes)) == ({}, 1)


def test_what_was_not_asked_is_no_fault_of_the_learner() -> None:
    work = find_in_4(change_edition(SOLVED[LESSON_4], pack=None))
    assert work.notes == (f"{SAID}Not asked there, so 0 points: pack",)
    (note,) = work.remarks["pack"]
    assert note.startswith("was not in the edition that was handed out: 0 of 3 points for it;")
    assert is_about_edition(note)
    assert "--manual" in note


def test_what_was_answered_without_being_asked_counts() -> None:
    data = change_edition(SOLVED[LESSON_4], pack=None)
    data["cells"].append(cell(EXERCISES["pack"].solution_cell()))
    work = find_in_4(data)
    assert "pack" in work.answers
    assert "pack" not in work.remarks


def test_what_is_asked_no_more_is_named_with_a_mark_or_without() -> None:
    data = change_edition(SOLVED[LESSON_4], repack="12345678")
    asked = "Asked there, but not known here, so not graded: repack"
    assert find_in_4(data).notes == (f"{SAID}{asked}",)
    del data["metadata"]["gradlab"]
    assert find_in_4(data).notes == ()
    data["cells"].append(cell("def repack(x):\n    return x", "repack"))
    assert find_in_4(data).notes == (
        f"{LESSON_4} has exercises that are not known here, so not graded: repack",
    )


def test_without_a_mark_nothing_is_said_of_what_is_the_same() -> None:
    for edition in (BLANK, SOLVED):
        data = copy.deepcopy(edition[LESSON_4])
        del data["metadata"]["gradlab"]
        data["cells"] = [one for one in data["cells"] if mark_of(one) != "pack"]
        work = find_in_4(data)
        assert (work.notes, work.remarks) == ((), {})


@pytest.mark.parametrize("has_mark", [True, False])
def test_points_that_the_notebook_promised_are_told(has_mark: bool) -> None:
    data = copy.deepcopy(SOLVED[LESSON_4])
    for one in data["cells"]:
        if mark_of(one) == "grade_pack":
            one["metadata"]["nbgrader"]["points"] = 5
    if not has_mark:
        del data["metadata"]["gradlab"]
    assert find_in_4(data).remarks == {"pack": ("counts 3 points here, but 5 in the notebook",)}


def test_an_answer_that_lost_points_to_another_edition_is_worth_a_look() -> None:
    data = change_edition(SOLVED[LESSON_4], pack="12345678", unpack="12345678")
    for one in data["cells"]:
        if mark_of(one) == "pack":
            one["source"] = "def pack(arrays):\n    return 0"
    result = grade(data)
    by_name = {one.name: one for one in result.exercises}
    assert ASKED_OTHERWISE in by_name["pack"].notes
    assert HINT in by_name["pack"].hints
    assert by_name["unpack"].outcome == "right"
    assert HINT not in by_name["unpack"].hints
    report = " ".join(as_report([result], Run("1", 7, "", (4,))).split())
    assert f"ada: pack: {ASKED_OTHERWISE}" in report
    assert f"ada: unpack: {ASKED_OTHERWISE}" not in report


def test_a_reworded_question_is_searched_for_words_in_its_own_section_alone() -> None:
    elsewhere = change_edition(BLANK[LESSON_7], explain="12345678")
    elsewhere["cells"][4] = cell("A paragraph in other words.", kind="markdown")
    work = find({LESSON_7: elsewhere}, ["explain"])
    assert work.blank == {"explain"}
    assert "only the section of the question was searched" in work.remarks["explain"][0]

    place = next(p for p, one in enumerate(elsewhere["cells"]) if mark_of(one) == "explain")
    elsewhere["cells"].insert(place, cell("My words, or the lesson's.", kind="markdown"))
    work = find({LESSON_7: elsewhere}, ["explain"])
    assert "the lesson's own" in work.remarks["explain"][0]
    assert work.remarks["explain"][1:] == (ASKED_OTHERWISE,)


@pytest.mark.parametrize("has_mark", [True, False])
@pytest.mark.parametrize("edition", [BLANK, SOLVED], ids=["blank", "solved"])
def test_a_reworded_question_that_is_taken_for_words_is_said_to_be_doubtful(
    edition: dict[str, Json], has_mark: bool
) -> None:
    data = change_edition(edition[LESSON_7], explain="12345678")
    prompt = data["cells"][[mark_of(one) for one in data["cells"]].index("explain") - 2]
    prompt["source"] = "".join(prompt["source"]).replace("Choose one", "Take two")
    if not has_mark:
        data = remove_marks(data)
    work = find({LESSON_7: data}, ["explain"])
    assert [*work.written] == ["explain"]
    assert "may be the lesson's own" in work.remarks["explain"][0]


def test_a_mark_that_lists_nothing_is_no_other_edition() -> None:
    data = copy.deepcopy(SOLVED[LESSON_4])
    data["metadata"]["gradlab"]["exercises"] = {}
    assert find_in_4(data).notes == ()


def test_without_a_mark_paragraphs_in_other_words_are_not_the_learners() -> None:
    data = remove_marks(BLANK[LESSON_7])
    data["cells"][4] = cell("A paragraph in other words.", kind="markdown")
    assert find({LESSON_7: data}, ["explain"]).blank == {"explain"}
    # But one more than are gone cannot all be the lesson's.
    data["cells"].insert(4, cell("My words, or the lesson's.", kind="markdown"))
    assert [*find({LESSON_7: data}, ["explain"]).written] == ["explain"]


def test_an_edition_with_other_points_is_another_one_though_its_cells_are_the_same() -> None:
    data = change_edition(SOLVED[LESSON_4], pack="12345678")
    data["metadata"]["gradlab"]["edition"] = HERE
    assert find_in_4(data).remarks == {"pack": (ASKED_OTHERWISE,)}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9) | st.just("12345678"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["edition", "exercises", "pack"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=30)
@given(mark=JSON, more=JSON)
def test_whatever_the_mark_is_the_answers_are_found(mark: Any, more: Any) -> None:
    data = copy.deepcopy(SOLVED[LESSON_4])
    for wrong in (mark, {"edition": mark, "exercises": more}):
        data["metadata"]["gradlab"] = wrong
        assert find_in_4(data).answers.keys() == set(OF_LESSON_4)
    data["metadata"] = mark
    data["cells"][0]["metadata"] = {"nbgrader": {"grade_id": "x", "grade": True, "points": more}}
    assert find_in_4(data).answers.keys() == set(OF_LESSON_4)


@pytest.mark.parametrize("points", [float("nan"), float("inf"), -1, True, "3", None, [3], 10**400])
def test_points_that_are_no_points_are_left_out(points: Any) -> None:
    data = copy.deepcopy(SOLVED[LESSON_4])
    for one in data["cells"]:
        if mark_of(one) == "grade_pack":
            one["metadata"]["nbgrader"]["points"] = points
    assert not find_in_4(data).remarks


def test_names_are_few_and_harmless() -> None:
    listed = {f"x{number}": "12345678" for number in range(50)}
    mark: Json = {"edition": OTHER, "exercises": {**listed, "<b>\n": "12345678"}}
    data = {**notebook(), "metadata": {"gradlab": mark, "kernelspec": {}}}
    (note,) = find_in_4(data).notes
    assert len(note) < 300
    assert "<" not in note
    mark["exercises"] |= {f"y{number}": "12345678" for number in range(100)}
    (note,) = find_in_4(data).notes
    assert "x1" not in note


def test_the_lessons_of_the_package_are_read_once() -> None:
    assert read_given_out() is read_given_out()
    assert sorted(read_given_out().lessons) == sorted(set(LESSON_OF.values()))
