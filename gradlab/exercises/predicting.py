"""Predictions in a lesson: `predict` asks one, `tally_predictions` counts a lesson's."""

from __future__ import annotations

import html

from gradlab.exercises.prediction import Prediction, find_predictions, mark_code
from gradlab.live.output import LiveOutput


def predict(name: str) -> LiveOutput:
    """Ask a question of the lesson, to be answered before the next cell is run.

    Parameters
    ----------
    name : str
        The name of the prediction.

    Returns
    -------
    LiveOutput
        The question with its answers; it shows itself as the last expression of a cell. What is
        chosen is kept in the notebook, and is ``state["choice"]``, -1 for nothing. A choice that
        only the browser remembers is not in it.

    Raises
    ------
    ValueError
        If no lesson has a prediction of this name.

    Examples
    --------
    >>> import gradlab
    >>> question = gradlab.predict("lost_step")
    >>> print(question)
    Predict: What is `1.0 + 1e-16` in Python?
    - `1.0000000000000001`
    - exactly `1.0`
    - `1.0000000000000002`, the next float
    - an error: 1e-16 is too small for a float
    """
    prediction = _find_prediction(name)
    state = {
        "name": prediction.name,
        "question": prediction.question,
        "answers": [{"text": one.text, "reply": one.reply} for one in prediction.answers],
        "right": prediction.right,
        "choice": -1,
        "seen": False,
    }
    listed = [f"- {answer.text}" for answer in prediction.answers]
    words = "\n".join([f"Predict: {prediction.question}", *listed])
    return LiveOutput("predict", state, words, _as_still(prediction), prediction.name)


def tally_predictions(lesson: int) -> LiveOutput:
    """Count what was predicted in a lesson.

    Parameters
    ----------
    lesson : int
        The number of the lesson.

    Returns
    -------
    LiveOutput
        How many predictions were made, how many were right, and which; it shows itself as the
        last expression of a cell, and follows the answers. A button forgets the answers.
        ``state["chosen"]`` has what is in the notebook alone.

    Raises
    ------
    ValueError
        If the lesson has no predictions.

    Examples
    --------
    >>> import gradlab
    >>> list(gradlab.tally_predictions(0).state["chosen"].values())
    [-1, -1]
    """
    asked = _find_asked(lesson)
    state = {
        "predictions": [
            {
                "name": one.name,
                "question": one.question,
                "answers": [answer.text for answer in one.answers],
                "right": one.right,
            }
            for one in asked
        ],
        "chosen": {one.name: -1 for one in asked},
    }
    words = f"The {len(asked)} predictions of lesson {lesson} are counted here."
    return LiveOutput("tally", state, words, f"<figcaption>{words}</figcaption>", str(lesson))


def _find_prediction(name: object) -> Prediction:
    known = {one.name: one for asked in find_predictions().values() for one in asked}
    if not isinstance(name, str) or name not in known:
        listed = ", ".join(map(repr, known))
        raise ValueError(f"name is {name!r}; it must be the name of a prediction: {listed}")
    return known[name]


def _find_asked(lesson: object) -> tuple[Prediction, ...]:
    predictions = find_predictions()
    if not isinstance(lesson, int) or lesson not in predictions:
        listed = ", ".join(map(str, predictions))
        raise ValueError(f"lesson is {lesson!r}; it must be one that has predictions: {listed}")
    return predictions[lesson]


def _as_still(prediction: Prediction) -> str:
    """Return the question as HTML in which an answer unfolds its reply, with no script."""
    answers = "".join(
        f"<details><summary>{_as_html(answer.text)}</summary>"
        f"{'No.' if answer.misconception else 'Right.'} {_as_html(answer.reply)}</details>"
        for answer in prediction.answers
    )
    question = _as_html(prediction.question)
    return f"<figcaption><strong>Predict.</strong> {question}</figcaption>{answers}"


def _as_html(text: str) -> str:
    return mark_code(html.escape(text))
