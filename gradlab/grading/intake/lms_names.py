"""What the systems that collect notebooks call files and folders, and whose they are by that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from gradlab.grading.intake.names import is_generic

# No file system has longer ones; to search them for patterns takes long.
_LONGEST = 255
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


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
    attempt : tuple of int
        Of two attempts of a learner, the later one is larger; empty where no order is told.
    unread : str
        Why the layout rules out that it is read; empty if it does not.
    typed : str
        What it is called if it holds what the learner typed into the LMS; empty if it does not.
    is_lms : bool
        Whether an LMS made the name.
    is_one_person : bool
        Whether all of this name must be one person's.
    system : str
        Of an LMS that takes files back, its name: ``Moodle``, ``Canvas``.
    taken_back_as : str
        How the name of a file must begin that this LMS takes back for this learner; empty if it
        takes none.
    is_late : bool
        Whether the LMS says that it was handed in late.
    """

    student: str
    origin: str
    own_parts: tuple[str, ...] = ()
    attempt: tuple[int, ...] = ()
    unread: str = ""
    typed: str = ""
    is_lms: bool = False
    is_one_person: bool = False
    system: str = ""
    taken_back_as: str = ""
    is_late: bool = False


# Moodle: "Ada Example_12345_assignsubmission_file_" (Moodle 4 drops the last "_"), a folder, or
# with the file's name after it. In place of "file": "onlinetext". Without a number: a group.
_MOODLE = re.compile(
    r"(?P<student>.+?)_assignsubmission_(?P<kind>[a-z0-9]+)(?:_(?P<file>.*))?", re.DOTALL
)
# Canvas: "exampleada_LATE_123_4567_work.ipynb", "anon_xY3z5_4567_work.ipynb" where the learners
# are hidden, "exampleada_123_text.html" for what was typed in. Three digits: "_04_" is a lesson.
# The name keeps letters of every script with their combining marks, which \w does not know.
_CANVAS = re.compile(
    r"(?:(?P<first>LATE_)?(?P<hidden>anon_[0-9A-Za-z]+)"
    r"|(?P<name>[^\s/\\]+?)(?P<late>_LATE)?_(?P<user>[0-9]+))"
    r"_(?:(?P<upload>[0-9]{3,18})_(?P<file>.+)|(?:text|link)\.html)",
    re.DOTALL,
)
# Canvas appends a number to the name of a file that is handed in again.
_AGAIN = re.compile(r"-[0-9]+(?=\.[^.]+$)")
# Blackboard: "Homework 1_ada_attempt_2026-10-01-10-00-00_work.ipynb", and beside each attempt a
# .txt, whether something was typed in or not.
_BLACKBOARD = re.compile(
    r"(?P<task>.*?)_(?P<student>[^_]+)_attempt_(?P<date>\d{4}(?:-\d\d){5})"
    r"(?:_(?P<file>.+)|\.txt)",
    re.DOTALL,
)
# Brightspace: "12345-67890 - Ada Example - Oct 1, 2026 1032 AM", a folder, or a file's name after
# it. The numbers may be those of the assignment, the same for all.
_BRIGHTSPACE = re.compile(
    r"(?P<number>\d+-\d+) - (?P<student>.+?) - (?P<date>[^/]*?\b20\d\d\b[ ,]*[\d:.]*(?: ?[AP]M)?)"
    r"(?: - (?P<file>.+))?",
    re.DOTALL | re.IGNORECASE | re.ASCII,
)
# nbgrader's folder of what it collects: "ada+lesson_01+2026-10-01 10:00:00 UTC+x7Q".
_INBOUND = re.compile(
    r"(?P<student>[^+]+)\+(?P<task>[^+]+)\+(?P<date>20\d\d-[^+]*)(?:\+[^+]*)?", re.DOTALL
)


def read_lms_name(name: str, below: tuple[str, ...], is_file: bool) -> Place | None:
    """Read from a name that an LMS gave to a file or folder whose it is.

    Parameters
    ----------
    name : str
        The name.
    below : tuple of str
        The path below it, to the entry that is meant.
    is_file : bool
        Whether the name is that of a file, be it a zip that stands for a folder.

    Returns
    -------
    Place or None
        None if no LMS gives such names.

    Examples
    --------
    >>> from gradlab.grading.intake.lms_names import read_lms_name
    >>> place = read_lms_name("Ada Example_12_assignsubmission_file_", ("work.ipynb",), False)
    >>> place.student, place.own_parts
    ('Ada Example_12', ('work.ipynb',))
    """
    if len(name) > _LONGEST:
        return None
    for pattern, read, only_files in _READERS:
        found = pattern.fullmatch(name)
        if found and (is_file or not only_files) and not _is_no_name(found):
            return replace(read(found, below), is_lms=True)
    return None


def _is_no_name(found: re.Match[str]) -> bool:
    """Whether what would be the learner's name is that of a lesson: ``hw_4_2026_ada.ipynb``."""
    name = found.groupdict().get("name") or ""
    return "_" in name or (bool(name) and is_generic(name))


def _read_moodle(found: re.Match[str], below: tuple[str, ...]) -> Place:
    student, kind = found["student"], found["kind"]
    what = "The text typed into Moodle" if kind == "onlinetext" else f"What Moodle calls {kind}"
    unread = "" if kind == "file" else f"{what} was not read; look at it there."
    # Moodle looks for the participant's number behind the first "_".
    is_known = re.fullmatch(r"[^_]+_[0-9]+", student) is not None
    return Place(
        student,
        f"{student} of Moodle",
        _join(found["file"], below),
        unread=unread,
        typed="the text typed into Moodle" if kind == "onlinetext" else "",
        is_one_person=student.rpartition("_")[2].isdigit(),
        system="Moodle",
        # Not as a folder: so every version since 2.3 takes it.
        taken_back_as=f"{student}_assignsubmission_file_" if is_known else "",
    )


def _read_canvas(found: re.Match[str], below: tuple[str, ...]) -> Place:
    student = found["hidden"] or f"{found['name']}_{found['user']}"
    origin = f"{student} of Canvas"
    is_late = bool(found["first"] or found["late"])
    if found["file"] is None:
        unread = (
            "A text or a link was handed in instead of a file. It was not read; look at it in "
            "Canvas."
        )
        return Place(
            student,
            origin,
            unread=unread,
            typed="what was typed into Canvas",
            is_one_person=True,
            system="Canvas",
            is_late=is_late,
        )
    own_name = _AGAIN.sub("", found["file"])
    return Place(
        student,
        origin,
        (own_name, *below),
        attempt=(int(found["upload"]),),
        is_one_person=True,
        system="Canvas",
        taken_back_as=f"{student}_{found['upload']}_",
        is_late=is_late,
    )


def _read_blackboard(found: re.Match[str], below: tuple[str, ...]) -> Place:
    student, task = found["student"], found["task"]
    return Place(
        student,
        f"{task}_{student} of Blackboard",
        _join(found["file"], below),
        _read_numbers(found["date"]),
        # With a "_" in it, the name of the assignment may hold the beginning of the learner's.
        is_one_person="_" not in task,
    )


def _read_brightspace(found: re.Match[str], below: tuple[str, ...]) -> Place:
    student = found["student"]
    origin = f"{student} ({found['number']}) of Brightspace"
    return Place(student, origin, _join(found["file"], below), _read_date(found["date"]))


def _read_inbound(found: re.Match[str], below: tuple[str, ...]) -> Place:
    student = found["student"]
    origin = f"{student} of nbgrader"
    return Place(student, origin, below, _read_numbers(found["date"]), is_one_person=True)


_READERS: tuple[tuple[re.Pattern[str], Callable[..., Place], bool], ...] = (
    (_MOODLE, _read_moodle, False),
    (_BLACKBOARD, _read_blackboard, True),
    (_BRIGHTSPACE, _read_brightspace, False),
    (_INBOUND, _read_inbound, False),
    (_CANVAS, _read_canvas, True),
)


def _join(file: str | None, below: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in (file, *below) if part)


def _read_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number[:18]) for number in re.findall(r"[0-9]+", text))


def _read_date(text: str) -> tuple[int, ...]:
    """Return year, month, day, hour and minute of a date such as Oct 1, 2026 1032 PM."""
    words = re.findall(r"[^\W\d]+|[0-9]+", text)
    year = next((int(word) for word in words if re.fullmatch(r"20\d\d", word)), 0)
    after = words[words.index(str(year)) + 1 :] if year else []
    month = next((_MONTHS.index(w[:3].lower()) + 1 for w in words if w[:3].lower() in _MONTHS), 0)
    day = next((int(word) for word in words if word.isdigit() and len(word) <= 2), 0)
    clock = "".join(word for word in after if word.isdigit())[:6]
    # Of 1032 and 932 the last two digits are the minutes.
    hours, minutes = divmod(int(clock or 0), 100)
    if "pm" in text.lower() and hours != 12:
        hours += 12
    if "am" in text.lower() and hours == 12:
        hours = 0
    return (year, month, day, hours, minutes)


def read_submitters(metadata: Iterable[str]) -> dict[str, str]:
    r"""Read Gradescope's submission_metadata.yml: whose each submission is.

    Parameters
    ----------
    metadata : iterable of str
        The lines of the file.

    Returns
    -------
    dict of str to str
        The name of the folder of a submission -> the names of those who handed it in, and its
        number.

    Examples
    --------
    >>> from gradlab.grading.intake.lms_names import read_submitters
    >>> read_submitters(["submission_7:", "  :submitters:", "  - :name: Ada Example"])
    {'submission_7': 'Ada Example_7'}
    """
    names: dict[str, list[str]] = {}
    submission = part = ""
    for line in metadata:
        if head := re.match(r"(submission_\d+):", line):
            submission, part = head[1], ""
        elif key := re.match(r"  :(\w+):", line):
            part = key[1]
        elif part == "submitters" and (name := re.match(r"\s+(?:- )?:name:\s*(\S.*)", line)):
            names.setdefault(submission, []).append(name[1].strip().strip("'\""))
    return {
        folder: f"{' and '.join(said)}_{folder.partition('_')[2]}"
        for folder, said in names.items()
    }
