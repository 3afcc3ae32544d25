"""Whose each file is, by where it lies and what it is called.

A name that an LMS made says whose it is wherever it lies. Of other folders, what lies in them and
beside them tells whether each is a learner's or one around those of learners. Where that could be
read in two ways, nothing is graded, and the teacher is told what was seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from gradlab.grading.intake.archives import (
    LEADS_OUT,
    Entry,
    drop_suffix,
    find_suffix,
    has_notebook_name,
    is_odd,
)
from gradlab.grading.intake.listing import Folder
from gradlab.grading.intake.lms import Place, read_lms_name, read_submitters
from gradlab.grading.intake.names import has_lesson, is_generic, may_be_people, split_stem
from gradlab.grading.outcome.text import as_name
from gradlab.support.errors import GradlabError

# nbgrader's folder of what was handed in.
SUBMITTED = "submitted"
_METADATA = "submission_metadata.yml"
_NUMBERED = re.compile(r"(?:^|[^0-9])(\d\d)_(?=[^\W\d_])")

LAYOUTS = (
    "Give a folder with a folder for each learner, nbgrader's course folder, notebooks named "
    "LEARNER_04_vectorizing.ipynb, a .zip of one of these, or what Moodle, Canvas, Blackboard, "
    "Brightspace, Gradescope or Google Classroom exports."
)

# "group": around the folders or files of learners. "group?" and "learner?": it looks like one, if
# nothing beside it says otherwise. "unclear": it may be either. "nothing": it holds no notebook.
Role = Literal["learner", "learner?", "group", "group?", "unclear", "nothing"]


class LayoutError(GradlabError):
    """What does not tell whose it is, and what to do about it, in sentences for the teacher."""


@dataclass(frozen=True)
class Found:
    """An entry and whose it is.

    Attributes
    ----------
    entry : Entry
        A file or folder.
    place : Place
        Whose it is.
    path : tuple of str
        Where it lies below what was given.
    group : tuple of str
        The folder in which the learner was found.
    """

    entry: Entry
    place: Place
    path: tuple[str, ...]
    group: tuple[str, ...]


@dataclass
class Reading:
    """What was found so far.

    Attributes
    ----------
    found : list of Found
        The entries of learners.
    strays : list of tuple of str
        The paths of notebooks that tell no learner.
    unclear : set of str
        Those among the learners whose folders may be around those of several.
    """

    found: list[Found] = field(default_factory=list)
    strays: list[tuple[str, ...]] = field(default_factory=list)
    unclear: set[str] = field(default_factory=set)


def read_layout(root: Folder, read: Callable[[Entry], bytes]) -> Reading:
    """Find whose each entry is.

    Parameters
    ----------
    root : Folder
        All that was handed in.
    read : callable
        Reads the content of an entry; it may raise.

    Returns
    -------
    Reading
        Whose they are, and what does not tell whose it is.

    Raises
    ------
    LayoutError
        If a name leads out of its archive, or not all of a folder was looked at.

    Examples
    --------
    >>> from gradlab.grading.intake.archives import Entry
    >>> from gradlab.grading.intake.layouts import read_layout
    >>> from gradlab.grading.intake.listing import Folder
    >>> root = Folder("", ())
    >>> for name in ("Section A/ada/hw1.ipynb", "Section A/ben/hw1.ipynb"):
    ...     _ = root.add(Entry(tuple(name.split("/")), problem="not there"))
    >>> sorted({found.place.student for found in read_layout(root, lambda entry: b"").found})
    ['ada', 'ben']
    """
    reading = Reading()
    _read_group(root, reading, read)
    return reading


def _read_group(folder: Folder, reading: Reading, read: Callable[[Entry], bytes]) -> None:
    """Find the learners in a folder that is around theirs."""
    if SUBMITTED in folder.folders:
        _read_group(folder.folders[SUBMITTED], reading, read)
        return
    if folder.problem:
        raise LayoutError(
            f"{'/'.join(folder.path)} cannot be graded as a whole: {folder.problem}. Grade what "
            "lies in it in parts."
        )
    submitters = _read_submitters(folder, read)
    _read_loose_files(folder, reading)
    plain = []
    for name, inner in sorted(folder.folders.items()):
        place = read_lms_name(name, (), inner.is_zip)
        if place is None:
            plain.append(inner)
            continue
        student = submitters.get(place.student, place.student)
        take(inner, replace(place, student=student), folder.path, reading)
    for inner, role in zip(plain, _decide(plain, folder), strict=True):
        if role == "group":
            _read_group(inner, reading, read)
        elif role != "nothing":
            place = _place_of_folder(inner)
            if role == "unclear":
                reading.unclear.add(place.student)
            take(inner, place, folder.path, reading)


def _read_submitters(folder: Folder, read: Callable[[Entry], bytes]) -> dict[str, str]:
    for parts, entry in folder.files:
        if parts == (_METADATA,):
            lines = read(entry).decode("utf-8", "replace").splitlines()
            return read_submitters(lines)
    return {}


def take(folder: Folder, place: Place, group: tuple[str, ...], reading: Reading) -> None:
    """Give all below a folder to one learner; also nothing, so that the learner is there."""
    own = place.own_parts
    reading.found.append(Found(Entry(folder.path), place, folder.path, group))
    for inner in folder.all_folders():
        if inner.problem:
            problem = Entry(inner.path, problem=inner.problem)
            mine = replace(place, own_parts=(*own, *inner.path[len(folder.path) :]))
            reading.found.append(Found(problem, mine, inner.path, group))
    for parts, entry in folder.walk():
        mine = replace(place, own_parts=(*own, *parts))
        reading.found.append(Found(entry, mine, (*folder.path, *parts), group))


def _place_of_folder(folder: Folder) -> Place:
    if not folder.is_zip:
        return Place(folder.name, f"the folder {folder.name}")
    stem = drop_suffix(folder.name)
    student, rest = _split_zip(stem)
    suffix = folder.name[len(stem) :]
    return Place(student, f"the file {folder.name}", (f"{rest}{suffix}",))


def _split_zip(stem: str) -> tuple[str, str]:
    """Take the name of a zip apart; a zip stands for a folder, whose number is the learner's."""
    student, rest = split_stem(stem)
    return (stem, stem) if rest.isdigit() else (student, rest)


# Files beside the folders of learners


def _read_loose_files(folder: Folder, reading: Reading) -> None:
    by_dash = _find_dashes(folder)
    for parts, entry in folder.files:
        place = _read_loose(parts, entry, by_dash)
        if place is not None:
            path = (*folder.path, *parts)
            reading.found.append(Found(entry, place, path, folder.path))
        elif has_notebook_name(parts[-1]) or entry.problem:
            reading.strays.append((*folder.path, *parts))


def _read_loose(parts: tuple[str, ...], entry: Entry, by_dash: bool) -> Place | None:
    name = parts[0]
    if entry.problem == LEADS_OUT and is_odd(name):
        raise LayoutError(
            f"{as_name('/'.join(parts))!r} is not the name of a file of any learner. Remove it "
            "from the submissions."
        )
    if place := read_lms_name(name, (), is_file=True):
        return place
    stem = drop_suffix(name) if find_suffix(name) else name.rpartition(".")[0] or name
    student, rest = split_stem(stem)
    if by_dash and rest == stem:
        student, _, rest = stem.partition(" - ")
    suffix = name[len(stem) :]
    is_notebook = has_notebook_name(name) or (entry.problem and (find_suffix(name) or not suffix))
    if not student or not (is_notebook or has_lesson(stem)):
        return None
    origin = f"the files {student}_…" if rest != stem else f"the file {name}"
    return Place(student, origin, (f"{rest}{suffix}",))


def _find_dashes(folder: Folder) -> bool:
    """Whether all notebooks are called like those of Google Classroom: ``Ada Example - work``."""
    names = [drop_suffix(parts[0]) for parts, _ in folder.files if has_notebook_name(parts[-1])]
    return len(names) > 1 and all(name.partition(" - ")[2].strip() for name in names)


# Folders: a learner's, or one around those of learners?


def _decide(folders: Sequence[Folder], above: Folder) -> list[Role]:
    """Return of each folder whether it is a learner's, a group, or neither."""
    roles = [_find_role(folder) for folder in folders]
    telling = [
        role for role, inner in zip(roles, folders, strict=True) if not is_generic(inner.name)
    ]
    some_learner = "learner" in telling
    some_group = "group?" in telling
    alone = len(folders) == 1 and not any(has_notebook_name(parts[-1]) for parts, _ in above.files)
    decided: list[Role] = []
    for folder, role in zip(folders, roles, strict=True):
        if role == "group?":
            # The check for several people in one place sees it if this is a group all the same.
            role = "learner" if some_learner else "group"
        elif role == "learner?":
            role = "group" if some_group and not some_learner else "learner"
        elif role == "unclear":
            recurs = any(_recur(folder, other) for other in folders if other is not folder)
            if (some_learner or recurs) != (some_group or alone):
                role = "learner" if some_learner or recurs else "group"
        elif role == "nothing":
            ignored = _is_nobodys(folder) or (some_group and not some_learner)
            role = "nothing" if ignored else "learner"
        decided.append(role)
    return decided


def _recur(folder: Folder, other: Folder) -> bool:
    """Whether two folders have inner folders of one name: assignments, not people."""
    shared = {*folder.folders} & {*other.folders}
    return any(not _is_nobodys(folder.folders[name]) for name in shared)


def _find_role(folder: Folder) -> Role:
    """Say what a folder is by what lies in it."""
    if _has_lms_below(folder):
        return "group"
    own = [drop_suffix(parts[-1]) for parts, _ in folder.files if has_notebook_name(parts[-1])]
    if own:
        return _find_role_by_files(folder, own)
    inner = [sub for sub in folder.folders.values() if _holds_notebooks(sub)]
    if not inner:
        return "nothing"
    strange = [sub for sub in inner if not _is_part_of(sub, folder)]
    if _is_nobodys(folder):
        return "learner" if not strange and may_be_people(folder.name) else "group"
    if not strange:
        return "learner"
    if len(strange) == 1:
        return "group?" if _find_role(strange[0]) in ("group", "group?") else "learner?"
    return "group?" if _share_lessons(strange) else "unclear"


def _find_role_by_files(folder: Folder, stems: Sequence[str]) -> Role:
    """Say what a folder with notebooks is, by whether their names tell other people."""
    own = _words(_name_of(folder))
    people = {split_stem(stem)[0] for stem in stems}
    others = {person for person in people if person and not _words(person) & own}
    if _is_nobodys(folder):
        return "learner" if may_be_people(folder.name) and "" in people else "group"
    if len(others) < len(people):
        return "learner"
    return "learner?" if len(others) == 1 else "unclear"


def _is_nobodys(folder: Folder) -> bool:
    """Whether a folder's name says of nobody whose it is."""
    if folder.is_zip:
        return not _split_zip(drop_suffix(folder.name))[0]
    return is_generic(folder.name)


def _is_part_of(inner: Folder, folder: Folder) -> bool:
    """Whether a folder in a learner's is called like a lesson, a version, or the learner."""
    return _is_nobodys(inner) or bool(_words(_name_of(inner)) & _words(_name_of(folder)))


def _has_lms_names(folder: Folder) -> bool:
    files = (read_lms_name(parts[0], (), is_file=True) for parts, _ in folder.files)
    folders = (read_lms_name(name, (), sub.is_zip) for name, sub in folder.folders.items())
    return any(files) or any(folders)


def _holds_notebooks(folder: Folder) -> bool:
    return any(has_notebook_name(parts[-1]) for parts, _ in folder.walk())


def _has_lms_below(folder: Folder) -> bool:
    return any(_has_lms_names(inner) for inner in folder.all_folders())


def _share_lessons(folders: Sequence[Folder]) -> bool:
    seen: set[str] = set()
    for folder in folders:
        lessons = {
            find_lesson_key(parts[-1])
            for parts, _ in folder.walk()
            if has_notebook_name(parts[-1])
        }
        if lessons & seen:
            return True
        seen |= lessons
    return False


def find_lesson_key(name: str) -> str:
    """Return the number of a lesson that a name tells; else the name."""
    numbers = _NUMBERED.findall(name)
    return numbers[-1] if numbers else drop_suffix(name).lower()


def _name_of(folder: Folder) -> str:
    return drop_suffix(folder.name) if folder.is_zip else folder.name


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"[\W_]+", name.casefold()) if len(word) > 1}
