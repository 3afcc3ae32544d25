"""Every exercise of the course by name, in the order of the lessons."""

from gradlab.exercises import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
)
from gradlab.exercises.exercise import Exercise, WrittenAnswer

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for lesson in (
        lesson_00,
        lesson_01,
        lesson_02,
        lesson_03,
        lesson_04,
        lesson_05,
        lesson_06,
        lesson_07,
    )
    for exercise in lesson.EXERCISES
}

# Questions that are answered in words.
WRITTEN: dict[str, WrittenAnswer] = {answer.name: answer for answer in lesson_07.WRITTEN}

# Whatever can earn points.
ALL_EXERCISES: dict[str, Exercise | WrittenAnswer] = {**EXERCISES, **WRITTEN}
