"""What an answer says of an error, as far as it can tell nothing of a hidden case."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from typing import Any

LONGEST_TEXT = 500
BORROWING = "a call of gradlab's own code"
# Whose names tell nothing but what they say.
_ERRORS = {name for name, kind in vars(builtins).items() if isinstance(kind, type)} | {
    "AxisError",
    "LinAlgError",
    "TooLargeError",
}
# What says that a module, or a name, was not found.
_NOT_FOUND = ("ModuleNotFoundError", "NameError", "UnboundLocalError")


@dataclass(frozen=True)
class Trouble:
    """An error that an answer raised, or a statement that it needs.

    Attributes
    ----------
    kind : str
        What it raised.
    line : str
        In which of its own lines.
    name : str
        Which module or name was not found, if that was it.
    place : int or None
        Which of the texts it is in, if the statement is at the top level of one of them: those of
        other cells, then its own.
    """

    kind: str
    line: str
    name: str = ""
    place: int | None = None

    @property
    def is_borrowing(self) -> bool:
        """Whether it called what of gradlab is not to be used."""
        return self.kind == BORROWING


def read_trouble(said: Any, texts: tuple[str, ...]) -> Trouble:
    """Take what an answer says of an error, as far as it is of the learner's own text.

    A name of the answer's own could tell of a case, and so could a module that it made up, or a
    part of a line.

    Parameters
    ----------
    said : object
        What came, which may be anything.
    texts : tuple of str
        The learner's cells: others, then the answer's own.

    Returns
    -------
    Trouble
        Its line is a whole line of the texts, and its name stands in them; else these are empty.

    Examples
    --------
    >>> from gradlab.grading.sandbox.trouble import read_trouble
    >>> read_trouble({"kind": "NameError", "line": "case 7", "name": "nq"}, ("x = nq.exp(1)",))
    Trouble(kind='NameError', line='', name='nq', place=None)
    """
    said = said if isinstance(said, dict) else {}
    kind, line, name = (str(said.get(key, ""))[:LONGEST_TEXT] for key in ("kind", "line", "name"))
    if kind.endswith("BorrowedError"):
        kind = BORROWING
    elif kind not in _ERRORS:
        kind = "an error of its own kind"
    place = said.get("place")
    return Trouble(
        kind,
        line if _has_line(texts, line) else "",
        name if kind in _NOT_FOUND and _mentions(texts, name) else "",
        place if isinstance(place, int) and 0 <= place < len(texts) else None,
    )


def _has_line(texts: tuple[str, ...], line: str) -> bool:
    return any(line == own.strip()[:LONGEST_TEXT] for text in texts for own in text.splitlines())


def _mentions(texts: tuple[str, ...], name: str) -> bool:
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return bool(name) and any(map(word.search, texts))
