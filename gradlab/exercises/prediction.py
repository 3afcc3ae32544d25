"""What a prediction is: a question with its answers; and where the lessons' predictions are."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import dataclass
from functools import cache

from gradlab.exercises import lessons


@dataclass(frozen=True)
class Answer:
    """One of the answers of a prediction.

    Attributes
    ----------
    text : str
        What the reader chooses; `code` stands between backticks.
    reply : str
        What somebody who chose it should read.
    misconception : str
        What leads to it, in a few words for a teacher; empty if the answer is right.
    """

    text: str
    reply: str
    misconception: str = ""


@dataclass(frozen=True)
class Prediction:
    """A question that is asked before a cell is run.

    Attributes
    ----------
    name : str
        Its name, unique over all lessons.
    question : str
        The question; `code` stands between backticks.
    answers : tuple of Answer
        Three to five, one of them right.
    """

    name: str
    question: str
    answers: tuple[Answer, ...]

    @property
    def right(self) -> int:
        """The position of the right answer."""
        return next(i for i, answer in enumerate(self.answers) if not answer.misconception)


def mark_code(markup: str) -> str:
    """Return HTML in which what stood between backticks is code.

    Parameters
    ----------
    markup : str
        A text of a prediction, as HTML.

    Returns
    -------
    str
        The same, with elements in place of the backticks.

    Examples
    --------
    >>> from gradlab.exercises.prediction import mark_code
    >>> mark_code("Is `x &lt; 1`?")
    'Is <code>x &lt; 1</code>?'
    """
    return re.sub("`([^`]*)`", r"<code>\1</code>", markup)


@cache
def find_predictions() -> dict[int, tuple[Prediction, ...]]:
    """Return the predictions of every lesson that has any, in the order in which they are asked.

    Returns
    -------
    dict of int to tuple of Prediction
        By the number of the lesson: what its ``predictions.py`` lists as ``PREDICTIONS``.

    Examples
    --------
    >>> from gradlab.exercises.prediction import find_predictions
    >>> [lesson for lesson in find_predictions() if lesson < 2]
    [0, 1]
    """
    found = {}
    for folder in sorted(module.name for module in pkgutil.iter_modules(lessons.__path__)):
        package = importlib.import_module(f"{lessons.__name__}.{folder}")
        if "predictions" in {module.name for module in pkgutil.iter_modules(package.__path__)}:
            module = importlib.import_module(f"{package.__name__}.predictions")
            found[int(folder.removeprefix("lesson_"))] = tuple(module.PREDICTIONS)
    return found
