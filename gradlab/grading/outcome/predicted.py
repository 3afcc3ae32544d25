"""What a class predicted: how many chose each answer, and what leads to the wrong ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gradlab.exercises import prediction as lessons
from gradlab.grading.outcome.results import Prediction

_MOST_PREDICTIONS = 100
_MOST_CHOICES = 12
# A notebook can be changed: what fewer have of a prediction that no lesson asks may be a learner's
# own words.
_LEAST_IN_COMMON = 2


@dataclass(frozen=True)
class ChoiceTally:
    """An answer of a prediction, and how many chose it.

    Attributes
    ----------
    text : str
        The answer.
    count : int
        How many chose it.
    misconception : str
        What leads to it, if it is a wrong one of a lesson.
    is_right : bool
        Whether it is the right one of a lesson.
    """

    text: str
    count: int
    misconception: str = ""
    is_right: bool = False


@dataclass(frozen=True)
class PredictionTally:
    """A question before a cell was run, and how many chose each answer.

    Attributes
    ----------
    name : str
        What the lesson calls it.
    question : str
        What was asked; empty if learners have different questions by that name.
    choices : tuple of ChoiceTally
        All answers in the order of the lesson; if no lesson asks this, the most frequent ones.
    others : int
        How many chose what is not quoted: an answer that nobody else chose, or, if there were very
        many, one that few did.
    unchosen : int
        How many chose none.
    lesson : int or None
        The number of the lesson; None if no lesson asks this, as where the edition was another, or
        a notebook was changed.
    """

    name: str
    question: str
    choices: tuple[ChoiceTally, ...]
    others: int
    unchosen: int
    lesson: int | None = None


def tally_predictions(made: Sequence[Prediction]) -> tuple[PredictionTally, ...]:
    """Count what was predicted.

    Parameters
    ----------
    made : sequence of Prediction
        What learners predicted, each name once for each of them.

    Returns
    -------
    tuple of PredictionTally
        First those that lessons ask, in their order: question and answers are quoted from there.
        Then others that several learners have, as far as they have them in common.

    Examples
    --------
    >>> from gradlab.grading.outcome.predicted import tally_predictions
    >>> from gradlab.grading.outcome.results import Prediction
    >>> question = "What is `1.0 + 1e-16` in Python?"
    >>> (tally,) = tally_predictions([Prediction("lost_step", question, "exactly `1.0`")])
    >>> [choice.count for choice in tally.choices if choice.is_right]
    [1]
    """
    asked = [(n, one) for n, those in lessons.find_predictions().items() for one in those]
    known = {one.name: one for _, one in asked}
    as_asked: dict[str, list[Prediction]] = {name: [] for name in known}
    others: list[Prediction] = []
    for one in made:
        is_as_asked = one.name in known and _is_as_asked(one, known[one.name])
        (as_asked[one.name] if is_as_asked else others).append(one)
    counted = (_tally_asked(n, one, as_asked[one.name]) for n, one in asked if as_asked[one.name])
    return (*counted, *islice(_tally_others(others), _MOST_PREDICTIONS))


def _is_as_asked(made: Prediction, asked: lessons.Prediction) -> bool:
    """Return whether a learner has the question of the lesson, and one of its answers or none."""
    texts = {answer.text for answer in asked.answers}
    return made.question == asked.question and (not made.chosen or made.chosen in texts)


def _tally_asked(
    lesson: int, asked: lessons.Prediction, made: Sequence[Prediction]
) -> PredictionTally:
    chosen = Counter(one.chosen for one in made)
    choices = tuple(
        ChoiceTally(one.text, chosen[one.text], one.misconception, not one.misconception)
        for one in asked.answers
    )
    return PredictionTally(asked.name, asked.question, choices, 0, chosen[""], lesson)


def _tally_others(made: Sequence[Prediction]) -> Iterator[PredictionTally]:
    """Count predictions by name; what one learner alone has is not quoted."""
    times = Counter(one.name for one in made)
    for name in (name for name, count in times.items() if count >= _LEAST_IN_COMMON):
        mine = [one for one in made if one.name == name]
        ((question, count),) = Counter(one.question for one in mine).most_common(1)
        chosen = Counter(one.chosen for one in mine if one.chosen)
        told = [pair for pair in chosen.most_common() if pair[1] >= _LEAST_IN_COMMON]
        choices = tuple(ChoiceTally(*pair) for pair in told[:_MOST_CHOICES])
        yield PredictionTally(
            name,
            question if count >= _LEAST_IN_COMMON else "",
            choices,
            chosen.total() - sum(choice.count for choice in choices),
            len(mine) - chosen.total(),
        )
