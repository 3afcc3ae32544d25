"""Every exercise of the course by name, in the order of the lessons."""

from gradlab.exercises import lesson_00, lesson_01, lesson_02, lesson_03
from gradlab.exercises.exercise import Exercise

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        lesson_00.DOUBLE,
        lesson_01.FORWARD_DIFFERENCE,
        lesson_01.CENTRAL_DIFFERENCE,
        lesson_02.TAYLOR_POLYNOMIAL,
        lesson_02.OBSERVED_ORDER,
        lesson_02.BEST_CENTRAL_STEP,
        lesson_02.RICHARDSON,
        lesson_03.F,
        lesson_03.F_PRIME,
        lesson_03.PREDICT_FORWARD_ERROR,
        lesson_03.CLOSE_ENOUGH,
    )
}
