"""The exercise ``miss_probability`` of lesson 6."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from gradlab.exercises.exercise import Cases, Exercise, Misconception, Trial
from gradlab.exercises.lessons.lesson_06.common import are_answers
from gradlab.exercises.lessons.lesson_06.steps import list_miss_steps


def miss_probability(bad, total, samples):
    """Probability that a check of some entries of a gradient meets none of the wrong ones.

    bad of its total entries are wrong. The check draws one entry after the other, samples times,
    with replacement: each draw may be any of all the entries.
    """
    return (1 - bad / total) ** samples


def _miss_cases(rng: np.random.Generator) -> Cases:
    """Two groups by size; in each are also gradients with no entry wrong, and with all wrong.

    The first case is by hand: 0.9 squared.
    """

    def small(samples: int) -> tuple[int, int, int]:
        return int(rng.integers(2, 5)), int(rng.integers(15, 25)), samples

    def large() -> tuple[int, int, int]:
        total = int(rng.integers(40, 90)) * 100
        return int(rng.integers(30, 60)), total, int(rng.integers(70, 200))

    def none_and_all(total: int) -> list[tuple[int, int, int]]:
        return [(0, total, 5), (total, total, 3)]

    return {
        "small gradients": [(1, 10, 2), small(2), small(7), small(11), *none_and_all(7)],
        "large gradients": [large(), large(), large(), *none_and_all(5000)],
    }


def _is_rounded(trials: list[Trial]) -> bool:
    """Whether the values are the right ones in few digits, as many in each trial."""
    styles = [f".{digits}{kind}" for digits in range(1, 9) for kind in "fg"]
    return are_answers(trials) and any(
        all(trial.got == float(format(float(trial.expected), style)) for trial in trials)
        for style in styles
    )


EXERCISE = Exercise(
    points=2,
    reference=miss_probability,
    cases=_miss_cases,
    steps=list_miss_steps,
    rtol=1e-9,
    atol=1e-12,
    misconceptions=(
        Misconception(
            wrong=lambda bad, total, samples: 1 - (1 - bad / total) ** samples,
            hint="This is the probability to catch a wrong entry. To miss is the opposite.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: (
                math.comb(total - bad, samples) / math.comb(total, samples)
            ),
            hint="This is drawing without replacement. With replacement every draw has the same "
            "chance to miss.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: (bad / total) ** samples,
            hint="This is the probability that every draw hits a wrong entry. To miss, every "
            "draw has to hit a right one.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: 1 - (bad / total) ** samples,
            hint="The power is on the wrong part: first the probability that one draw misses, "
            "1 - bad / total, then its power.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: 1 - bad / total,
            hint="This is the probability that one draw misses. All samples draws have to miss.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: 1 - samples * bad / total,
            hint="Probabilities to hit do not add up: with enough draws yours is negative. "
            "Multiply the probabilities to miss.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: (1 - samples / total) ** bad,
            hint="bad and samples have changed places: each of the draws misses with the "
            "probability 1 - bad / total.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: samples * bad / total,
            hint="You add up the probabilities to hit a wrong entry. To miss, every draw has to "
            "hit a right one: multiply the probabilities of that.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: 1 - bad / total**samples,
            hint="“**” comes before “/” and “-”: put brackets around 1 - bad / total.",
        ),
        Misconception(
            wrong=lambda bad, total, samples: round((1 - bad / total) ** samples, 3),
            hint="Do not round.",
            shows=_is_rounded,
        ),
    ),
    hints=(
        "What is the probability that a single draw misses all wrong entries?",
        "It is 1 - bad / total. The draws are independent: how do probabilities combine, if all "
        "of them have to miss?",
        "The whole body is one line: return (1 - bad / total) ** samples.",
    ),
    also_right=(
        lambda bad, total, samples: ((total - bad) / total) ** samples,
        lambda bad, total, samples: float(Fraction(total - bad, total) ** samples),
        lambda bad, total, samples: math.prod([1 - bad / total] * samples),
        lambda bad, total, samples: (
            math.exp(samples * math.log1p(-bad / total)) if bad < total else 0.0
        ),
        lambda bad, total, samples: np.power(np.float64(total - bad) / total, samples),
    ),
)
