"""What lesson 1 asks before a cell is run."""

from gradlab.exercises.prediction import Answer, Prediction

PREDICTIONS = (
    Prediction(
        "lost_step",
        "What is `1.0 + 1e-16` in Python?",
        (
            Answer(
                "slightly more than 1",
                "There is no float64 between 1 and 1 + 2.2e-16. The sum is rounded to the nearest "
                "float, which is 1.",
                "floats are the real numbers",
            ),
            Answer("exactly 1", "The step is below half the gap, and is rounded away."),
            Answer(
                "an error",
                "Rounding is no error in floating-point arithmetic; nothing is said.",
                "lost digits are reported",
            ),
        ),
    ),
)
