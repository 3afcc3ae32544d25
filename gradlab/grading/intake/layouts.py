"""Whose each file is, by where it lies and what it is called.

A name that an LMS made says whose it is wherever it lies. Of other folders, what lies in them and
beside them tells whether each is a learner's or one around those of learners. Where that could be
read in two ways, nothing is graded, and the teacher is told what was seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gradlab.grading.intake.archives import (
    LEADS_OUT,
    Entry,
    drop_suffix,
    find_suffix,
    has_notebook_name,
    is_odd,
)
from gradlab.grading.intake.listing import Folder
from gradlab.grading.intake.lms_names import Place, read_lms_name, read_submitters
from gradlab.grading.intake.names import has_lesson, split_stem, split_zip_stem
from gradlab.grading.intake.roles import METADATA, decide_roles, holds_notebooks, is_nobodys
from gradlab.grading.outcome.text import as_name
from gradlab.support.errors import GradlabError

# nbgrader's folder of what was handed in.
SUBMITTED = "submitted"
_MAY_BE_ANSWERS = frozenset(
    f".{suffix}"
    for suffix in (
        *("rar", "7z", "tar", "gz", "tgz", "py", "pdf", "doc", "docx", "odt", "html"),
        *("json", "png", "jpg", "jpeg", "heic"),
    )
)
_NBGRADER = (SUBMITTED, "source", "release", "autograded", "feedback", "solutions", "exchange")

LAYOUTS = (
    "Give what Moodle, Canvas, Blackboard, Brightspace, Gradescope or Google Classroom exports, a "
    "folder with a folder for each learner, nbgrader's course folder, a folder of notebooks named "
    "LEARNER_04_vectorizing.ipynb, or a .zip of one of these."
)


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
    is_loose : bool
        Whether it is a file, or in a zip, that lies in the group and is called like the learner.
    """

    entry: Entry
    place: Place
    path: tuple[str, ...]
    group: tuple[str, ...]
    is_loose: bool = False


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
    unsure : set of str
        Those whose folders may be around that of one learner.
    """

    found: list[Found] = field(default_factory=list)
    strays: list[tuple[str, ...]] = field(default_factory=list)
    unclear: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)


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
    submitted = folder.folders.get(SUBMITTED)
    if submitted and not _holds_more(folder):
        # nbgrader's: what lies in it are folders of learners, whatever is in these.
        _read_group_of(submitted, reading, read, all_learners=True)
        return
    _read_group_of(folder, reading, read, all_learners=folder.name == SUBMITTED)


def _holds_more(folder: Folder) -> bool:
    """Whether more than nbgrader's own folders lies beside what was handed in."""
    others = [inner for name, inner in folder.folders.items() if name not in _NBGRADER]
    return any(map(holds_notebooks, others)) or any(
        has_notebook_name(parts[-1]) for parts, _ in folder.files
    )


def _read_group_of(
    folder: Folder, reading: Reading, read: Callable[[Entry], bytes], all_learners: bool
) -> None:
    if folder.problem:
        raise LayoutError(
            f"{as_name('/'.join(folder.path))} cannot be graded as a whole: {folder.problem}. "
            "Grade what lies in it in parts."
        )
    submitters = _read_submitters(folder, read)
    _read_loose_files(folder, reading)
    plain = []
    for name, inner in sorted(folder.folders.items()):
        if _is_feedback(inner):
            continue
        place = read_lms_name(name, (), inner.is_zip)
        if submitters is not None and name.startswith("submission_"):
            student = submitters.get(name, name)
            origin = f"{student} of Gradescope"
            place = Place(student, origin, is_lms=True, is_one_person=True)
        if place is None:
            plain.append(inner)
        else:
            take(inner, place, folder.path, reading)
    for inner, role in zip(plain, decide_roles(plain, folder), strict=True):
        if all_learners and not (role == "group" and is_nobodys(inner)):
            take(inner, _place_of_folder(inner), folder.path, reading)
        elif role == "group":
            _read_group(inner, reading, read)
        elif role != "nothing":
            place = _place_of_folder(inner)
            if role == "unclear":
                reading.unclear.add(place.student)
            elif role == "learner?":
                reading.unsure.add(place.student)
            take(inner, place, folder.path, reading)


def _is_feedback(folder: Folder) -> bool:
    """Whether a folder has the pages of an earlier run, which nobody handed in."""
    names = {parts[-1] for parts, _ in folder.walk()}
    return "pages.csv" in names and all(name.endswith((".html", ".csv")) for name in names)


def _read_submitters(folder: Folder, read: Callable[[Entry], bytes]) -> dict[str, str] | None:
    """Return what Gradescope says of the submissions in a folder; None if it says nothing."""
    for parts, entry in folder.files:
        if parts == (METADATA,):
            return read_submitters(read(entry).decode("utf-8", "replace").splitlines())
    return None


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
        path = (*folder.path, *parts)
        reading.found.append(Found(entry, mine, path, group, is_loose=folder.is_zip))


def _place_of_folder(folder: Folder) -> Place:
    if not folder.is_zip:
        return Place(folder.name, f"the folder {folder.name}")
    stem = drop_suffix(folder.name)
    student, rest = split_zip_stem(stem)
    suffix = folder.name[len(stem) :]
    return Place(student, f"the file {folder.name}", (f"{rest}{suffix}",))


# Files beside the folders of learners


def _read_loose_files(folder: Folder, reading: Reading) -> None:
    by_dash = _find_dashes(folder)
    # Beside files that are called like learners, other files are learners' too.
    by_file = any(has_notebook_name(parts[-1]) for parts, _ in folder.files) or any(
        inner.is_zip for inner in folder.folders.values()
    )
    for parts, entry in folder.files:
        place = _read_loose(parts, entry, by_dash, by_file)
        if place is not None:
            path = (*folder.path, *parts)
            reading.found.append(Found(entry, place, path, folder.path, is_loose=True))
        elif has_notebook_name(parts[-1]) or entry.problem:
            reading.strays.append((*folder.path, *parts))


def _read_loose(
    parts: tuple[str, ...], entry: Entry, by_dash: bool, by_file: bool
) -> Place | None:
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
    may_be_answer = by_file and suffix.lower() in _MAY_BE_ANSWERS
    if not student or not (is_notebook or may_be_answer or has_lesson(stem)):
        return None
    origin = f"the files {student}_…" if rest != stem else f"the file {name}"
    return Place(student, origin, (f"{rest}{suffix}",))


def _find_dashes(folder: Folder) -> bool:
    """Whether all notebooks are called like those of Google Classroom: ``Ada Example - work``."""
    names = [drop_suffix(parts[0]) for parts, _ in folder.files if has_notebook_name(parts[-1])]
    return len(names) > 1 and all(name.partition(" - ")[2].strip() for name in names)
