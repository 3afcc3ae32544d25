"""An answer marked in a sandbox, as the grader does it."""

from gradlab.exercises.exercise import Exercise
from gradlab.exercises.marking.mark import Marking, draw_cases, mark_calls
from gradlab.grading.sandbox.process import Sandbox
from gradlab.grading.sandbox.remote import RemoteAnswer

SEED = 5


def mark_remotely(
    sandbox: Sandbox, exercise: Exercise, *texts: str
) -> tuple[Marking, RemoteAnswer]:
    """Mark an answer, which is the last text, in the sandbox."""
    *setup, source = texts
    answer = RemoteAnswer(sandbox, exercise, tuple(setup), source, SEED, cpu_seconds=20)
    marking = mark_calls(exercise, answer, draw_cases(exercise, SEED))
    assert answer.end() == ""
    return marking, answer
