"""Worked steps end with the right answer, and are shown to whom no hint explains it."""

from __future__ import annotations

import pytest

from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking import draw_cases
from gradlab.exercises.values import are_close, make_value

WORKED = {name: exercise for name, exercise in EXERCISES.items() if exercise.steps}


@pytest.mark.parametrize("exercise", WORKED.values(), ids=list(WORKED))
@pytest.mark.parametrize("seed", [0, 1])
def test_the_last_step_is_what_the_reference_answers(exercise: Exercise, seed: int) -> None:
    for cases in draw_cases(exercise, seed).values():
        for arguments, expected in cases:
            assert exercise.steps
            steps = exercise.steps(*arguments)
            assert len(steps) >= 2
            assert len({what for what, _ in steps}) == len(steps)
            if isinstance(expected, IndexError):
                assert "IndexError" in steps[-1].value
            else:
                assert are_close(exercise, make_value(steps[-1].value), expected), arguments
