"""The predictions of the lessons: what each must have, and where it is asked."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

import gradlab
from gradlab.exercises.catalogue import ALL_EXERCISES
from gradlab.exercises.prediction import Prediction, find_predictions
from tools.lessons import NOTEBOOKS

PREDICTIONS = [one for asked in find_predictions().values() for one in asked]
every_prediction = pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda one: one.name)
every_lesson = pytest.mark.parametrize("lesson", find_predictions())
LESSON_TEXTS = {
    int(path.stem[:2]): path.read_text(encoding="utf-8")
    for path in (NOTEBOOKS / "source").glob("*.py")
}


def list_calls(lesson: int) -> list[tuple[str, object]]:
    """Return what the cells of a lesson ask and tally, in order: function and argument."""
    pattern = r"^gradlab\.(predict|tally_predictions)\((.*)\)$"
    found = re.findall(pattern, LESSON_TEXTS[lesson], re.MULTILINE)
    return [(name, ast.literal_eval(argument)) for name, argument in found]


@every_prediction
def test_one_of_three_to_five_answers_is_right(prediction: Prediction) -> None:
    assert 3 <= len(prediction.answers) <= 5
    assert [not one.misconception for one in prediction.answers].count(True) == 1
    assert not prediction.answers[prediction.right].misconception


@every_prediction
def test_each_answer_is_its_own_and_has_a_reply(prediction: Prediction) -> None:
    for what in ("text", "reply"):
        texts = [getattr(one, what) for one in prediction.answers]
        assert len(set(texts)) == len(texts)
        assert all(text.strip() == text != "" for text in texts)
    named = [one.misconception for one in prediction.answers if one.misconception]
    assert len(set(named)) == len(named)


@every_prediction
def test_texts_are_written_as_the_module_draws_them(prediction: Prediction) -> None:
    """Code stands between backticks; nothing else is marked up, and all of it is short."""
    shown = [(prediction.question, 120)]
    for one in prediction.answers:
        shown += [(one.text, 100), (one.reply, 250), (one.misconception, 80)]
    for text, longest in shown:
        assert text.count("`") % 2 == 0
        assert not re.search(r"\$|\\|\*\*|<\w|  |\n", text)
        assert len(text) <= longest, text
    assert prediction.question.endswith("?")
    assert not any(one.misconception.endswith(".") for one in prediction.answers)


def test_names_are_unique_over_all_lessons() -> None:
    names = [one.name for one in PREDICTIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    # A name says which of a learner's answers is meant.
    assert not set(names) & ALL_EXERCISES.keys()


def test_the_right_answer_is_not_always_in_the_same_place() -> None:
    places = [one.right for one in PREDICTIONS]
    assert max(places.count(place) for place in places) <= len(places) / 2


@pytest.mark.parametrize("lesson", LESSON_TEXTS)
def test_a_lesson_asks_its_predictions_once_in_their_order_and_tallies_them(lesson: int) -> None:
    asked = [one.name for one in find_predictions().get(lesson, ())]
    tallied = [("tally_predictions", lesson)] if asked else []
    assert list_calls(lesson) == [("predict", name) for name in asked] + tallied


@every_lesson
def test_a_question_comes_right_before_a_cell_of_code_whose_reading_is_a_cell(lesson: int) -> None:
    """The book folds them, with all that follows up to a heading, a question or an exercise."""
    cells = re.split(r"^# %%", LESSON_TEXTS[lesson], flags=re.MULTILINE)
    for before, cell, after in zip(cells, cells[1:], cells[2:], strict=False):
        if "\ngradlab.predict(" not in before:
            continue
        assert before.strip().count("\n") == 0, "a cell of its own"
        assert not cell.startswith(" [markdown]")
        assert after.startswith(" [markdown]")
        assert "\n# #" not in after, "a heading would be folded"


@every_lesson
def test_no_question_is_said_twice(lesson: int) -> None:
    prose = " ".join(LESSON_TEXTS[lesson].replace("\n# ", " ").split())
    assert not [one.question for one in find_predictions()[lesson] if one.question in prose]


@every_prediction
def test_where_no_script_runs_every_reply_can_be_unfolded(prediction: Prediction) -> None:
    shown = gradlab.predict(prediction.name)
    page = shown._repr_mimebundle_()[0]["text/html"]
    still = page.partition(">")[2]
    assert still.count("<details>") == len(prediction.answers)
    assert still.count("Right.") == 1
    assert "`" not in still
    text = repr(shown)
    assert text.startswith(f"Predict: {prediction.question}\n")
    assert text.count("\n- ") == len(prediction.answers)
    # The right one is not given away.
    assert not any(one.reply in text for one in prediction.answers)


def test_a_question_starts_unanswered() -> None:
    state = gradlab.predict("lost_step").state
    assert (state["choice"], state["seen"]) == (-1, False)
    # Why an answer is wrong is told to the teacher in other words than to the reader.
    assert {key for answer in state["answers"] for key in answer} == {"text", "reply"}


@pytest.mark.parametrize("name", ["lost", "", None, 1, ["lost_step"]])
def test_an_unknown_name_is_answered_with_those_there_are(name: Any) -> None:
    with pytest.raises(ValueError, match=r"^name is .*must be .*'lost_step'") as raised:
        gradlab.predict(name)
    assert repr(name) in str(raised.value)


@pytest.mark.parametrize("lesson", [99, -1, "0", None, [0], 0.5])
def test_a_lesson_without_predictions_is_answered_with_those_that_have_some(
    lesson: Any,
) -> None:
    with pytest.raises(ValueError, match=r"^lesson is .*must be .*: 0, 1"):
        gradlab.tally_predictions(lesson)
