"""What holds of every exercise; a new one needs no word here."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradlab
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.mark import Drawn, draw_cases, mark

SLOW = pytest.mark.slow
seeds = st.integers(0, 2**32 - 1)
every_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
# Marking find_bugs checks 20 networks; test_exercises_07.py does the same on fewer seeds.
QUICK = [exercise for exercise in EXERCISES.values() if exercise.name != "find_bugs"]
every_quick_exercise = pytest.mark.parametrize("exercise", QUICK, ids=[e.name for e in QUICK])


@every_quick_exercise
@settings(max_examples=25)
@given(seed=seeds)
def test_the_reference_gets_full_marks(exercise: Exercise, seed: int) -> None:
    assert mark(exercise, exercise.reference, seed).points == exercise.points


@every_quick_exercise
@settings(max_examples=10)
@given(seed=seeds)
def test_other_right_ways_get_full_marks(exercise: Exercise, seed: int) -> None:
    assert exercise.also_right
    for answer in exercise.also_right:
        marking = mark(exercise, answer, seed)
        assert marking.points == exercise.points, marking


@every_quick_exercise
@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=SLOW) for s in range(1, 10))])
def test_each_misconception_gets_its_own_hint_and_not_full_marks(
    exercise: Exercise, seed: int
) -> None:
    assert len(exercise.misconceptions) >= 3
    for misconception in exercise.misconceptions:
        marking = mark(exercise, misconception.wrong, seed)
        assert marking.points < exercise.points
        assert marking.hints == (misconception.hint,)


def filled_like(value: Any, constant: float) -> Any:
    if isinstance(value, list | tuple):
        return [filled_like(part, constant) for part in value]
    return np.full(np.shape(value), constant)


@every_quick_exercise
@settings(max_examples=10)
@given(seed=seeds, constant=st.sampled_from([0.0, 1.0, 7.0, -1.0, True]))
def test_a_constant_answer_earns_nothing(exercise: Exercise, seed: int, constant: float) -> None:
    def scalar(*arguments: Any) -> Any:
        return constant

    def same_shape(*arguments: Any) -> Any:
        return filled_like(exercise.reference(*arguments), constant)

    assert mark(exercise, scalar, seed).points == 0
    assert mark(exercise, same_shape, seed).points == 0


@every_exercise
def test_the_stub_scores_zero_and_reads_not_attempted(exercise: Exercise) -> None:
    def stub(*arguments: Any) -> Any:
        raise NotImplementedError

    result = gradlab.check(exercise.name, stub)
    assert (result.passed, result.points, result.max_points) == (False, 0.0, exercise.points)
    assert "not attempted yet" in str(result)
    assert "not attempted yet" in result._repr_html_()
    assert result.grade() == 0.0


@every_exercise
def test_hints_lead_to_the_solution(exercise: Exercise) -> None:
    total = len(exercise.hints)
    assert total >= 2
    for number in range(1, total):
        assert f'hint("{exercise.name}", {number + 1})' in str(gradlab.hint(exercise.name, number))
    assert f"you asked for {total + 1}" in str(gradlab.hint(exercise.name, total + 1))
    published: dict[str, Any] = {"np": np, "gradlab": gradlab}
    exec(str(gradlab.solution(exercise.name)), published)
    result = gradlab.check(exercise.name, published[exercise.name])
    assert result.passed
    assert result.grade() == exercise.points
    assert type(result.grade()) is float


@every_exercise
def test_the_solution_cell_has_the_markers_around_the_body_alone(exercise: Exercise) -> None:
    cell = exercise.solution_cell()
    head, begin, rest = cell.partition("    ### BEGIN SOLUTION\n")
    body, end, _ = rest.partition("    ### END SOLUTION")
    assert begin
    assert end
    assert head.startswith(f"def {exercise.name}(")
    assert head.rstrip().endswith('"""')
    assert f"{head}{body}".strip() == str(gradlab.solution(exercise.name))


@every_exercise
def test_what_a_learner_reads_are_sentences(exercise: Exercise) -> None:
    assert len(set(exercise.hints)) == len(exercise.hints)
    said = [misconception.hint for misconception in exercise.misconceptions]
    for text in (*exercise.hints, *said, exercise.advice):
        assert re.search(r"[.?!)]$", text), text
        assert text == " ".join(text.split()), text


@every_quick_exercise
def test_cases_come_from_the_seed_alone(exercise: Exercise) -> None:
    one, again, other = (draw_cases(exercise, seed) for seed in (1, 1, 2))
    assert all(one.values())
    assert [*one] == [*other]
    assert show_cases(one) == show_cases(again)
    # Without arguments, there is nothing to draw.
    assert not exercise.signature.parameters or show_cases(one) != show_cases(other)


def show_cases(drawn: Drawn) -> list[str]:
    """Return the cases as text, functions by what was answered for them."""
    return [re.sub(r" at 0x\w+", "", f"{case}") for cases in drawn.values() for case in cases]
