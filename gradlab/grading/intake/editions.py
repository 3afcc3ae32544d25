"""Which edition of a lesson a notebook is, and what it asks for, by its metadata.

The metadata may be hostile: none makes this raise, and bounds keep it small.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradlab.exercises.catalogue import ALL_EXERCISES
from gradlab.grading.outcome.edition_notes import (
    ASKED_OTHERWISE,
    note_edition,
    note_not_asked,
    note_points,
    note_unknown,
)

_MOST_EXERCISES = 100
_MOST_POINTS = 10_000
_DIGEST = re.compile(r"[0-9a-f]{8}", re.ASCII)
_NAME = re.compile(r"\w{1,60}", re.ASCII)


@dataclass(frozen=True)
class Edition:
    """What the metadata of a notebook says of its lesson.

    Attributes
    ----------
    mark : str
        A digest of the cells as they were given out; empty if the notebook has no mark.
    exercises : mapping of str to str
        A digest of each exercise: of what was asked and what it can earn.
    asked : frozenset of str
        The exercises that it has a cell for, by nbgrader's marks.
    points : mapping of str to float
        What they can earn, by the same.
    """

    mark: str = ""
    exercises: Mapping[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    points: Mapping[str, float] = field(default_factory=dict)

    def asks_as(self, other: Edition, name: str) -> bool:
        """Whether two editions ask for something in the same words; True where it is not known."""
        if not self.mark or not other.mark:
            return True
        return self.exercises.get(name) == other.exercises.get(name)


def read_edition(metadata: Mapping[str, Any], marks: Iterable[Mapping[str, Any]]) -> Edition:
    """Read which edition a notebook is.

    Parameters
    ----------
    metadata : mapping
        What gradlab put into the metadata of the notebook.
    marks : iterable of mapping
        What nbgrader put into that of each cell.

    Returns
    -------
    Edition
        With what is of the form that the build gives it; nothing else is taken over.

    Examples
    --------
    >>> from gradlab.grading.intake.editions import read_edition
    >>> read_edition({"edition": "5e6f7a8b", "exercises": {"pack": 7}}, []).mark
    '5e6f7a8b'
    >>> read_edition({"edition": ["anything"]}, [{"grade_id": "pack", "solution": True}]).asked
    frozenset({'pack'})
    """
    mark, listed = metadata.get("edition"), metadata.get("exercises")
    exercises = listed if isinstance(listed, dict) and len(listed) <= _MOST_EXERCISES else {}
    asked: set[str] = set()
    points: dict[str, float] = {}
    for one in marks:
        name = one.get("grade_id")
        if not isinstance(name, str) or len(asked) + len(points) >= _MOST_EXERCISES:
            continue
        if one.get("solution") is True and _NAME.fullmatch(name):
            asked.add(name)
        if one.get("grade") is True and _is_number(one.get("points")):
            points[name.removeprefix("grade_")] = float(one["points"])
    return Edition(
        mark if isinstance(mark, str) and _DIGEST.fullmatch(mark) else "",
        {key: value for key, value in exercises.items() if _is_named(key) and _is_digest(value)},
        frozenset(asked),
        points,
    )


def compare_editions(
    file: str, theirs: Edition, ours: Edition, names: Collection[str], unanswered: Collection[str]
) -> tuple[str, dict[str, list[str]]]:
    """Say what of a notebook is of another edition than the exercises.

    Parameters
    ----------
    file : str
        The name of the notebook.
    theirs, ours : Edition
        That of the notebook, and that of the lesson in this package.
    names : collection of str
        The exercises of the lesson that count.
    unanswered : collection of str
        Those that are blank or not there.

    Returns
    -------
    note : str
        What is to be said of the notebook; mostly nothing.
    remarks : dict of str to list of str
        The same for each exercise.
    """
    remarks = {
        name: [note_points(theirs.points[name], _points_of(name))]
        for name in names
        if name in theirs.points and theirs.points[name] != _points_of(name)
    }
    known = {*ALL_EXERCISES}
    if not theirs.mark or not ours.mark:
        gone = sorted(theirs.asked - known)
        return (note_unknown(file, gone) if gone else ""), remarks
    there = {*theirs.exercises, *theirs.asked}
    added = [name for name in names if name not in there and name in unanswered]
    changed = [
        name for name in names if name in theirs.exercises and not theirs.asks_as(ours, name)
    ]
    for name in added:
        remarks[name] = [note_not_asked(_points_of(name)), *remarks.get(name, [])]
    for name in changed:
        # What was left blank earned nothing, in whatever words it was asked.
        if name not in unanswered:
            remarks[name] = [ASKED_OTHERWISE, *remarks.get(name, [])]
    gone = sorted(there - known)
    if theirs.mark == ours.mark and not (changed or added or gone):
        return "", remarks
    return note_edition(file, theirs.mark, ours.mark, changed, added, gone), remarks


def _points_of(name: str) -> float:
    return ALL_EXERCISES[name].points


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _is_named(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= _MOST_POINTS
