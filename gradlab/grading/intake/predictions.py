"""What a learner predicted: the choices that a notebook keeps among what its cells put out.

Nothing is executed. The bytes may be hostile: none make this raise, and bounds keep time and
memory small.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from gradlab.grading.outcome.results import Prediction
from gradlab.grading.outcome.text import replace_surrogates
from gradlab.live.output import MIME

_TYPE = MIME.encode()
_START = re.compile(rb'"' + re.escape(_TYPE) + rb'"\s{0,99}:\s{0,99}(?=\{)')
# Each is many times what lessons have.
_MOST_PLACES = 1000
_MOST = 200
_MOST_BYTES = 20_000
_MOST_ANSWERS = 50
_LONGEST_TEXT = 500


def find_predictions(
    notebooks: Mapping[str, bytes], attempts: Mapping[str, int]
) -> tuple[Prediction, ...]:
    r"""Find what a learner predicted.

    Parameters
    ----------
    notebooks : mapping of str to bytes
        The contents of the notebooks, by file name.
    attempts : mapping of str to int
        Of notebooks that belong to several attempts, the name -> the number of the attempt.

    Returns
    -------
    tuple of Prediction
        One for each name, in the order of the notebooks; of several, the last that was chosen.

    Examples
    --------
    >>> from gradlab.grading.intake.predictions import find_predictions
    >>> state = b'{"name": "half", "question": "Why?", "answers": [{"text": "So"}], "choice": 0}'
    >>> live = b'{"module": "predict", "key": "predict:half", "state": ' + state + b"}"
    >>> notebook = b'{"data": {"application/vnd.gradlab.live+json": ' + live + b"}}"
    >>> find_predictions({"01_mine.ipynb": notebook}, {})
    (Prediction(name='half', question='Why?', chosen='So'),)
    """
    found: dict[str, Prediction] = {}
    for name in sorted(notebooks, key=lambda name: (attempts.get(name, 0), name)):
        content = notebooks[name]
        if not has_predictions(content):
            continue
        for _, one in _find(content, 0, len(content)):
            if one.chosen or one.name not in found:
                found[one.name] = one
    return tuple(islice(found.values(), _MOST))


def has_predictions(content: bytes) -> bool:
    """Return whether it is worth looking for predictions in a notebook.

    Parameters
    ----------
    content : bytes
        All of it.

    Returns
    -------
    bool
        False if there are none, or more than a lesson can have.

    Examples
    --------
    >>> from gradlab.grading.intake.predictions import has_predictions
    >>> has_predictions(b'{"application/vnd.gradlab.live+json": {}}'), has_predictions(b"{}")
    (True, False)
    """
    return 0 < content.count(_TYPE) <= _MOST_PLACES


def find_kept(content: bytes, start: int, end: int) -> list[bytes]:
    """Return what has to be kept of what a cell put out, as outputs in JSON.

    Parameters
    ----------
    content : bytes
        A notebook.
    start, end : int
        Where what the cell put out begins and ends.

    Returns
    -------
    list of bytes
        An output for each prediction, with nothing else in it.

    Examples
    --------
    >>> from gradlab.grading.intake.predictions import find_kept
    >>> content = b'[{"data": {"text/plain": "3"}}]'
    >>> find_kept(content, 0, len(content))
    []
    """
    values = (value for value, _ in _find(content, start, end))
    return [b'{"data": {"%s": %s}}' % (_TYPE, value) for value in values]


def _find(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, Prediction]]:
    """Yield each prediction in a part of a notebook, also as it stands there."""
    for match in _START.finditer(content, start, end):
        value = content[match.end() : min(end, match.end() + _MOST_BYTES)]
        # What is cut off in the middle of a character is not JSON either way.
        text = value.decode("utf-8", "replace")
        try:
            data, length = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError, MemoryError):
            continue
        prediction = _read(data)
        if prediction:
            yield text[:length].encode(), prediction


def _read(data: Any) -> Prediction | None:
    """Return a prediction if this is one that a lesson made."""
    match data:
        case {
            "module": "predict",
            "state": {
                "name": str(name),
                "question": str(question),
                "answers": list(answers),
                "choice": int(choice),
            },
        } if name:
            texts = [_get_text(answer) for answer in answers[:_MOST_ANSWERS]]
            chosen = texts[choice] if 0 <= choice < len(texts) else ""
            return Prediction(*(_shorten(text) for text in (name, question, chosen)))
    return None


def _get_text(answer: Any) -> str:
    text = answer.get("text") if isinstance(answer, dict) else None
    return text if isinstance(text, str) else ""


def _shorten(text: str) -> str:
    return replace_surrogates(text[:_LONGEST_TEXT])
