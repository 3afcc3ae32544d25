"""Whose an entry is, from its name alone: the layouts of Moodle, Canvas, nbgrader and teachers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gradlab.grading.intake.archives import DRIVE, LEADS_OUT, NOTEBOOK, ZIP, Entry, find_suffix
from gradlab.grading.outcome.text import as_name
from gradlab.support.errors import GradlabError

# nbgrader's folder of what was handed in, and the folder that `gradlab start` makes.
SUBMITTED, COURSE = "submitted", "my-course"

LAYOUTS = (
    "Give a folder with a folder for each learner, nbgrader's course folder, a folder of "
    "notebooks named LEARNER_04_vectorizing.ipynb, or a .zip of one of these, or as Moodle or "
    "Canvas exports it."
)

# Moodle: "Ada Example_12345_assignsubmission_file_" (Moodle 4 drops the last "_"), a folder, or
# with the file's name after it. In place of "file": "onlinetext". Without a number: a group.
_MOODLE = re.compile(
    r"(?P<student>.+?)_assignsubmission_(?P<kind>[a-z0-9]+)(?:_(?P<file>.*))?", re.DOTALL
)
# Canvas: "exampleada_LATE_123_4567_work.ipynb", "anon_xY3z5_4567_work.ipynb" where the learners
# are hidden, "exampleada_123_text.html" for what was typed in. Three digits: "_04_" is a lesson.
_CANVAS = re.compile(
    r"(?:(?:LATE_)?(?P<hidden>anon_[0-9A-Za-z]+)|(?P<name>\w+?)(?:_LATE)?_(?P<user>[0-9]+))"
    r"_(?:(?P<upload>[0-9]{3,18})_(?P<file>.+)|(?:text|link)\.html)",
    re.DOTALL,
)
# Canvas appends a number to the name of a file that is handed in again.
_AGAIN = re.compile(r"-[0-9]+(?=\.[^.]+$)")
# The last two digits: a learner's name may hold some, a lesson's does not.
_FLAT = re.compile(r"(?P<student>.+)_(?P<file>[0-9]{2}_.*)", re.DOTALL)
_LESSON = re.compile(r"[0-9]{2}_")


class LayoutError(GradlabError):
    """A name that tells no learner, and what to do about it, in sentences for the teacher."""


@dataclass(frozen=True)
class Place:
    """Whose an entry is, and its name among the learner's own.

    Attributes
    ----------
    student : str
        The learner, as the name of the entry spells it.
    origin : str
        What of the layout tells the learner, in words: ``the folder ada``.
    own_parts : tuple of str
        The path below what is the learner's.
    upload : int
        Of two uploads of one file, the later one has the larger number.
    unread : str
        Why the layout rules out that it is read; empty if it does not.
    """

    student: str
    origin: str
    own_parts: tuple[str, ...] = ()
    upload: int = 0
    unread: str = ""


def read_place(entry: Entry) -> Place | None:
    """Read from the name of an entry whose it is.

    Parameters
    ----------
    entry : Entry
        A file or a folder.

    Returns
    -------
    Place or None
        None if it is nothing that a learner hands in, such as a list of the class.

    Raises
    ------
    LayoutError
        If a learner must have handed it in, but the name does not say which one.

    Examples
    --------
    >>> from gradlab.grading.intake.archives import Entry
    >>> from gradlab.grading.intake.layouts import read_place
    >>> place = read_place(Entry(("Ada Example_12_assignsubmission_file_", "work.ipynb")))
    >>> place.student, place.own_parts
    ('Ada Example_12', ('work.ipynb',))
    """
    require_inside([entry])
    first, rest = entry.parts[0], entry.parts[1:]
    if moodle := _MOODLE.fullmatch(first):
        own_parts = tuple(part for part in (moodle["file"], *rest) if part)
        student, kind = moodle["student"], moodle["kind"]
        unread = "" if kind == "file" else f"What was handed in as {kind} is not read."
        return Place(student, f"{student} of Moodle", own_parts, unread=unread)
    if rest or entry.is_folder:
        return Place(first, f"the folder {first}", rest)
    if canvas := _CANVAS.fullmatch(first):
        student = canvas["hidden"] or f"{canvas['name']}_{canvas['user']}"
        origin = f"{student} of Canvas"
        if canvas["file"] is None:
            unread = "A text or a link in place of a file is not read."
            return Place(student, origin, unread=unread)
        own_name = _AGAIN.sub("", canvas["file"])
        return Place(student, origin, (own_name,), int(canvas["upload"]))
    if find_suffix(first) in (NOTEBOOK, ZIP):
        return _read_place_of_file(first)
    return Place(first, f"the folder {first}") if entry.problem else None


def require_inside(entries: Iterable[Entry]) -> None:
    """Refuse a name that leads out of its archive before it can be taken for a learner's.

    Parameters
    ----------
    entries : iterable of Entry
        Files and folders.

    Raises
    ------
    LayoutError
        If a name begins outside the archive.
    """
    for entry in entries:
        first = entry.parts[0]
        if entry.problem == LEADS_OUT and (first in ("", "..") or DRIVE.match(first)):
            raise LayoutError(
                f"{as_name('/'.join(entry.parts))!r} is not the name of a file of any learner. "
                "Remove it from the submissions."
            )


def unwrap(entries: list[Entry]) -> list[Entry]:
    """Take off nbgrader's folder ``submitted``, and a folder around everything.

    Parameters
    ----------
    entries : list of Entry
        All that an archive holds.

    Returns
    -------
    list of Entry
        The entries of the learners, by their names below what was taken off.

    Examples
    --------
    >>> from gradlab.grading.intake.archives import Entry
    >>> from gradlab.grading.intake.layouts import unwrap
    >>> names = "class 7/ada/work.ipynb", "class 7/ben/work.ipynb"
    >>> [entry.parts for entry in unwrap([Entry(tuple(name.split("/"))) for name in names])]
    [('ada', 'work.ipynb'), ('ben', 'work.ipynb')]
    """
    if _has_submitted(entries):
        return _take_below(SUBMITTED, entries)
    tops = {entry.parts[0] for entry in entries if _has_place_or_is_lesson(entry)}
    if len(tops) != 1:
        return entries
    (top,) = tops
    inner = _take_below(top, entries)
    if _has_submitted(inner):
        return _take_below(SUBMITTED, inner)
    if _is_learners_folder(top, inner) or not any(map(_has_place_or_is_lesson, inner)):
        return entries
    return inner


def _read_place_of_file(name: str) -> Place:
    student, own_name = _split_name(name)
    if not student:
        raise LayoutError(
            f"The name of {as_name(name)} says of no learner whose it is. Put it into a folder "
            f"called like the learner, or name it LEARNER_{as_name(name).lstrip('_')}."
        )
    origin = f"the files {student}_…" if own_name != name else f"the file {name}"
    return Place(student, origin, (own_name,))


def _split_name(name: str) -> tuple[str, str]:
    """Take LEARNER_FILE apart; without a learner in it the first is empty."""
    if flat := _FLAT.fullmatch(name):
        return flat["student"], flat["file"]
    # A zip stands for a folder: its whole name is the learner's, as a folder's is.
    if "_" not in name or find_suffix(name) == ZIP:
        return name[: -len(find_suffix(name))], name
    if _LESSON.match(name):
        return "", name
    student, _, own_name = name.partition("_")
    return student, own_name


def _is_learners_folder(name: str, inner: list[Entry]) -> bool:
    """Whether a folder that is alone is a learner's, not one around those of the learners."""
    if _MOODLE.fullmatch(name):
        return True
    return any(
        entry.parts[0] == COURSE
        or (len(entry.parts) == 1 and _LESSON.match(entry.parts[0]) and not _has_place(entry))
        for entry in inner
    )


def _has_place(entry: Entry) -> bool:
    try:
        return read_place(entry) is not None
    except LayoutError:
        return False


def _has_place_or_is_lesson(entry: Entry) -> bool:
    return find_suffix(entry.parts[0]) == NOTEBOOK or _has_place(entry)


def _has_submitted(entries: list[Entry]) -> bool:
    return any(e.parts[0] == SUBMITTED and (e.is_folder or len(e.parts) > 1) for e in entries)


def _take_below(folder: str, entries: list[Entry]) -> list[Entry]:
    return [
        replace(entry, parts=entry.parts[1:])
        for entry in entries
        if entry.parts[0] == folder and len(entry.parts) > 1
    ]
