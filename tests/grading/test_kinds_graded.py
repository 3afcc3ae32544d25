"""``gradlab grade`` on each kind of exercise: blank, right, wrong, and code that was found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from notebook_data import cell, notebook

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise
from gradlab.grading.grader import Task, grade_submission
from gradlab.grading.outcome.results import ExerciseResult

CHOICE = EXERCISES["predict_float32_slope"]
PAIR = EXERCISES["lopsided_pair"]
MEND = EXERCISES["mend_relu_step"]
STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()\n"
IMPORT = cell("import numpy as np\nimport gradlab")


def grade(exercise: Exercise, text: str, *others: Any) -> ExerciseResult:
    """Grade an exercise whose marked cell holds a text."""
    book = notebook(IMPORT, cell(text, exercise.name), *others)
    content = {f"{exercise.lesson:02}_lesson.ipynb": json.dumps(book).encode()}
    task = Task("ada", content, (), (), (exercise.lesson,), seed=3, cpu_seconds=10)
    (result,) = (r for r in grade_submission(task)[0].exercises if r.name == exercise.name)
    return result


@pytest.mark.parametrize("exercise", [CHOICE, PAIR, MEND], ids=lambda exercise: exercise.name)
def test_a_blank_cell_is_blank_and_the_solved_one_right(exercise: Exercise) -> None:
    blank = grade(exercise, exercise.blank_cell())
    assert (blank.outcome, blank.points, blank.answer) == ("blank", 0, "")
    solved = grade(exercise, exercise.solution_cell())
    assert (solved.outcome, solved.points) == ("right", exercise.points)
    assert "same as published" in solved.notes


def test_a_wrong_choice_is_told_what_is_wrong_with_it_and_not_what_is_right() -> None:
    wrong = CHOICE.solution_cell().replace('"c", "q"', '"b", "p"')
    result = grade(CHOICE, wrong)
    assert (result.outcome, result.points) == ("wrong", 0)
    assert result.hints == (CHOICE.misconceptions[1].hint,)


def test_a_counterexample_is_tested_on_hidden_tolerances() -> None:
    other = "def lopsided_pair(rtol):\n    return [-1, -(1 + rtol + 1 / (1 - rtol)) / 2]"
    assert grade(PAIR, other).points == PAIR.points
    fixed = grade(PAIR, "def lopsided_pair(rtol):\n    return 1.0, 1.75")
    assert (fixed.outcome, fixed.points) == ("wrong", 0)
    assert "the same for every rtol" in fixed.hints[0]
    odd = grade(PAIR, "def lopsided_pair(rtol):\n    return {rtol: 1}")
    assert any(hint.startswith("It returned a dict; ") for hint in odd.hints)


def test_the_code_as_it_was_found_is_an_answer_once_the_stub_is_deleted() -> None:
    result = grade(MEND, MEND.blank_cell().replace(STUB, ""))
    assert (result.outcome, result.points) == ("wrong", 0)
    assert result.hints == (MEND.misconceptions[0].hint,)
    half = MEND.blank_cell().replace(STUB, "").replace("A >= 0", "A > 0")
    assert grade(MEND, half).points == 1


def test_code_that_was_mended_below_the_stub_is_not_lost() -> None:
    """It cannot run, so it earns nothing; but a person sees it."""
    text = MEND.blank_cell().replace("A >= 0", "A > 0")
    result = grade(MEND, text)
    assert (result.outcome, result.points) == ("blank", 0)
    assert "A > 0" in result.answer


def test_an_answer_in_a_cell_of_its_own_counts_where_the_code_to_mend_is_untouched() -> None:
    result = grade(MEND, MEND.blank_cell(), cell(MEND.source()))
    assert (result.outcome, result.points) == ("right", MEND.points)
