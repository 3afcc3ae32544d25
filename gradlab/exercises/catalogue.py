"""Every exercise of the course by name, in the order of the lessons."""

from gradlab.exercises import lesson_00, lesson_01
from gradlab.exercises.exercise import Exercise

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        lesson_00.DOUBLE,
        lesson_01.FORWARD_DIFFERENCE,
        lesson_01.CENTRAL_DIFFERENCE,
    )
}
