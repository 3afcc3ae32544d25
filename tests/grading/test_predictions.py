"""What learners predicted is found in their notebooks, and hostile bytes do no harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from class_files import make_zip, put
from hypothesis import given, strategies as st

from gradlab.exercises import prediction as lessons
from gradlab.grading.batch import digest
from gradlab.grading.grader import Task, grade_submission
from gradlab.grading.intake.cell_outputs import skip_outputs
from gradlab.grading.intake.predictions import find_predictions
from gradlab.grading.intake.submissions import open_submissions, read_notebooks
from gradlab.grading.outcome.predicted import tally_predictions
from gradlab.grading.outcome.results import Prediction
from tools.lessons import NOTEBOOKS

TYPE = "application/vnd.gradlab.live+json"
ANSWERS = ["It halves", "It doubles", "Nothing: “]}”\\"]


def make_live(name: str, choice: Any, module: str = "predict") -> dict[str, Any]:
    answers = [{"text": text, "reply": "Look."} for text in ANSWERS]
    state = {"name": name, "question": f"What of {name}?", "answers": answers, "choice": choice}
    return {"module": module, "key": f"{module}:{name}", "state": state}


def make_book(*lives: Any, indent: int | None = 1) -> bytes:
    outputs = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"image/png": "x" * 9999, TYPE: live, "text/plain": f'"{TYPE}": {{}}'},
        }
        for live in lives
    ]
    cells = [
        {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": [output]}
        for output in outputs
    ]
    return json.dumps({"cells": cells, "metadata": {"kernelspec": {}}}, indent=indent).encode()


HALF = Prediction("half", "What of half?", "It doubles")
NOT_CHOSEN = Prediction("kink", "What of kink?", "")


@pytest.mark.parametrize("indent", [None, 1])
def test_choices_are_found_and_stay_where_outputs_go(indent: int | None) -> None:
    book = make_book(
        make_live("half", 1),
        make_live("kink", -1),
        make_live("chords", 1, "chords"),
        indent=indent,
    )
    stripped = skip_outputs(book)
    assert find_predictions({"a": book}, {}) == (HALF, NOT_CHOSEN)
    assert find_predictions({"a": stripped}, {}) == (HALF, NOT_CHOSEN)
    assert skip_outputs(stripped) == stripped
    assert b"xxx" not in stripped
    assert b"chords" not in stripped
    json.loads(stripped)


def test_of_several_the_last_that_was_chosen_counts() -> None:
    books = {
        "new.ipynb": make_book(make_live("half", 1)),
        "old.ipynb": make_book(make_live("half", 0)),
    }
    assert find_predictions(books, {"old.ipynb": 0, "new.ipynb": 1}) == (HALF,)
    books["newer.ipynb"] = make_book(make_live("half", -1))
    assert find_predictions(books, {"old.ipynb": 0, "new.ipynb": 1, "newer.ipynb": 2}) == (HALF,)


@pytest.mark.parametrize(
    "live",
    [
        {"module": "predict"},
        {"module": "predict", "state": []},
        {"module": "tally", "state": make_live("half", 1)["state"]},
        make_live("", 1),
        make_live("half", "1"),
        make_live("half", 1.0),
        make_live("half", None),
        [],
        "text",
    ],
    ids=repr,
)
def test_what_is_no_prediction_is_none(live: Any) -> None:
    assert find_predictions({"a": make_book(live)}, {}) == ()


@pytest.mark.parametrize("choice", [-1, -2, 3, 10**30])
def test_a_choice_that_is_not_there_is_none(choice: int) -> None:
    (one,) = find_predictions({"a": make_book(make_live("half", choice))}, {})
    assert one.chosen == ""


def test_a_number_of_too_many_digits_is_passed_over() -> None:
    text = json.dumps(make_live("half", 7777)).replace("7777", "1" + "0" * 5000)
    assert find_predictions({"a": f'{{"{TYPE}": {text}}}'.encode()}, {}) == ()


HOSTILE = {
    "deep": f'"{TYPE}": ' + '{"a":' * 9000,
    "deep list": f'"{TYPE}": {{"module": ' + "[" * 19000,
    "cut": f'"{TYPE}": {{"module": "predict", "state": {{"name": "a',
    "spaces": f'"{TYPE}"' + " " * 10**6,
    "many": f'"{TYPE}": {{' * 10**5,
    "long": f'"{TYPE}": {{"module": "' + "é" * 10**6,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_passed_over(text: str) -> None:
    content = b'{"cells": [{"outputs": [{' + text.encode() + b"}]}]}"
    assert find_predictions({"a": content}, {}) == ()
    assert find_predictions({"a": content[:-9] + b"\xff"}, {}) == ()
    skip_outputs(content)


def test_long_texts_are_cut_and_halves_of_pairs_replaced() -> None:
    live = make_live("half", 0)
    live["state"]["question"] = "\ud800" + "long " * 999
    (one,) = find_predictions({"a": make_book(live)}, {})
    assert one.question.startswith("?long")
    assert len(one.question) == 500


@given(st.binary(max_size=60), st.integers(0, 400))
def test_damage_does_not_raise(damage: bytes, place: int) -> None:
    book = skip_outputs(make_book(make_live("half", 1)))
    broken = book[:place] + damage + book[place + len(damage) :]
    assert len(find_predictions({"a": broken}, {})) <= 1
    skip_outputs(broken)


@pytest.mark.parametrize("lesson", lessons.find_predictions())
def test_what_a_page_keeps_in_a_lesson_is_found_and_known(lesson: int) -> None:
    (path,) = (NOTEBOOKS / "solved").glob(f"{lesson:02d}_*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            live = output.get("data", {}).get(TYPE)
            if live and live.module == "predict":
                live.state.update(choice=live.state.right, seen=True)
    book = nbformat.writes(notebook).encode()
    for content in (book, skip_outputs(book)):
        found = find_predictions({path.name: content}, {})
        tallies = tally_predictions(found)
        asked = lessons.find_predictions()[lesson]
        assert [(one.name, one.lesson) for one in tallies] == [(p.name, lesson) for p in asked]
        for one in tallies:
            assert [choice.count for choice in one.choices] == [c.is_right for c in one.choices]


def make_task(book: bytes) -> Task:
    return Task("ada", {"03_mine.ipynb": book}, (), (), (0,), 1, 10, "limits")


def test_the_grader_hands_them_on_and_a_new_choice_is_graded_anew(tmp_path: Path) -> None:
    for number, packed in enumerate((False, True)):
        folder = tmp_path / str(number)
        files = {"00_start.ipynb": make_book(make_live("half", 1))}
        if packed:
            put(folder, {"ada/work.zip": make_zip(files)})
        else:
            put(folder, {"ada/00_start.ipynb": files["00_start.ipynb"]})
        with open_submissions(folder) as submissions:
            (contents, _) = read_notebooks(submissions[0])
        (book,) = contents.values()
        result, _ = grade_submission(make_task(book))
        assert result.predictions == (HALF,)
    other = skip_outputs(make_book(make_live("half", 0)))
    assert digest(make_task(book)) != digest(make_task(other))
