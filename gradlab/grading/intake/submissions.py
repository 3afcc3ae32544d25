"""Each learner's notebooks, found in whatever a teacher got back: a folder or a zip.

Every layout comes down to the same list of names, from a folder or from an archive, and the names
alone say whose each file is. A file that cannot be trusted is left out with a note on its
learner: one learner must not stop a class.
"""

from __future__ import annotations

import io
import os
import re
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path

from gradlab.grading.intake.archives import (
    DRIVE,
    LEADS_OUT,
    NOTEBOOK,
    ZIP,
    Allowance,
    ArchiveError,
    Entry,
    RefusedError,
    Store,
    bytes_of,
    file_of,
    is_hidden,
    members,
    opened,
    problem_of,
    read_regular,
    suffix_of,
    too_much,
)
from gradlab.support.errors import GradlabError

# What one learner's notebooks may come to, packed ones too, and what an archive may unpack to.
MOST_BYTES_OF_LEARNER = 100_000_000
MOST_BYTES_IN_ALL = 4_000_000_000
# Files and folders that are looked at: of a learner's folder or zip, and of a whole archive.
MOST_FILES_OF_LEARNER = 10_000
MOST_FILES_IN_ALL = 200_000
MOST_NOTEBOOKS_OF_LEARNER = 200
MOST_NOTES = 20
LONGEST_NAME = 200

# nbgrader's folder of what was handed in, and the folder that `gradlab start` makes.
SUBMITTED, COURSE = "submitted", "my-course"

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

LAYOUTS = (
    "Give a folder with a folder for each learner, nbgrader's course folder, a folder of "
    "notebooks named LEARNER_04_vectorizing.ipynb, or a .zip of one of these, or as Moodle or "
    "Canvas exports it."
)


class SubmissionsError(GradlabError):
    """What is wrong with the submissions and what to do, in sentences for the teacher."""


@dataclass(frozen=True)
class Submission:
    """What one learner handed in.

    Attributes
    ----------
    student : str
        What the submissions call them; see `open_submissions`.
    notebooks : tuple of (str, Path)
        Each notebook's name, relative to the learner's folder, and the file that holds it; sorted
        by name. A notebook from a learner's zip is named ``work.zip/04_vectorizing.ipynb``.
    notes : tuple of str
        What was not read and why, for the teacher.
    """

    student: str
    notebooks: tuple[tuple[str, Path], ...]
    notes: tuple[str, ...]


@contextmanager
def open_submissions(path: Path) -> Iterator[list[Submission]]:
    """Find each learner's notebooks; what has to be unpacked is gone when the context ends.

    Parameters
    ----------
    path : Path
        A folder or a zip of it, with one folder around everything or without. In it are

        - a folder for each learner, which is called like the learner;
        - nbgrader's folder ``submitted``, with a folder for each learner;
        - notebooks named ``LEARNER_04_vectorizing.ipynb``, or ``LEARNER_anything.ipynb`` if there
          is no ``_`` in the learner's name; a zip in place of a notebook is ``LEARNER.zip``;
        - what Moodle exports, in folders or not. The learner is called by the full name and the
          number that Moodle puts after it: ``Ada Example_12345``;
        - what Canvas exports. The learner is called by the name and the number of the user:
          ``exampleada_123``, or ``anon_xY3z5`` where Canvas hides the names. Of a file that was
          handed in again, the latest counts.

        A learner may have handed in a zip in place of notebooks, but no zip within a zip.
        Nothing in the folder is changed, and no symbolic link in it is followed.

    Yields
    ------
    list of Submission
        Sorted by the learner's name; of a learner without a notebook too.

    Raises
    ------
    SubmissionsError
        If the path cannot be read, holds no learner, or holds too much, or if a file in it belongs
        to no learner.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.intake.submissions import open_submissions, read_notebooks
    >>> with tempfile.TemporaryDirectory() as here:
    ...     _ = Path(here, "ada_04_vectorizing.ipynb").write_text("{}")
    ...     with open_submissions(Path(here)) as submissions:
    ...         for submission in submissions:
    ...             print(submission.student, read_notebooks(submission))
    ada ({'04_vectorizing.ipynb': b'{}'}, ())
    """
    with tempfile.TemporaryDirectory(prefix="gradlab-") as temporary:
        try:
            submissions = _find(path, Store(Path(temporary), MOST_BYTES_IN_ALL))
        except OSError as error:
            raise SubmissionsError(f"{path} cannot be read or unpacked: {error}.") from error
        except ArchiveError as error:
            raise SubmissionsError(str(error)) from error
        if not submissions:
            raise SubmissionsError(f"{path} holds nothing of any learner. {LAYOUTS}")
        yield submissions


def read_notebooks(submission: Submission) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Read a learner's notebooks, whatever has become of the files.

    Parameters
    ----------
    submission : Submission
        As `open_submissions` found it; its context must not have ended.

    Returns
    -------
    dict of str to bytes
        The contents by name.
    tuple of str
        A note for each file that could not be read.
    """
    contents: dict[str, bytes] = {}
    notes = []
    left = MOST_BYTES_OF_LEARNER
    for name, path in submission.notebooks:
        try:
            content = read_regular(path)
            if len(content) > left:
                raise RefusedError(too_much(MOST_BYTES_OF_LEARNER))
            left -= len(content)
            contents[name] = content
        except RefusedError as why:
            notes.append(_note(name, why))
    return contents, tuple(notes)


@dataclass(frozen=True)
class _Place:
    """Whose an entry is, by which name of the layout, and its name among the learner's own."""

    student: str
    named: str
    own: tuple[str, ...] = ()
    upload: int = 0
    unread: str = ""


@dataclass
class _Learner:
    # By place, own name and problem, so that of two uploads of one file the later one counts.
    found: dict[tuple[str, tuple[str, ...], str], tuple[int, Entry]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def _find(path: Path, store: Store) -> list[Submission]:
    if not path.exists():
        raise SubmissionsError(f"{path} does not exist. {LAYOUTS}")
    if path.is_dir():
        submitted = path / SUBMITTED
        is_course = submitted.is_dir() and not submitted.is_symlink()
        return _submissions(_walk(submitted if is_course else path), store)
    if not path.is_file() or (path.suffix.lower() != ZIP and not zipfile.is_zipfile(path)):
        raise SubmissionsError(f"{path} is neither a folder nor a zip. {LAYOUTS}")
    try:
        with opened(path, MOST_FILES_IN_ALL) as archive:
            entries = members(archive)
            _demand_learners(entries)
            return _submissions(_unwrapped(entries), store)
    except RefusedError as why:
        raise SubmissionsError(
            f"{path} cannot be unpacked: {why}. Download or make it again."
        ) from why


def _submissions(entries: Iterable[Entry], store: Store) -> list[Submission]:
    learners: dict[str, _Learner] = {}
    for entry in entries:
        place = _place(entry)
        if place is not None:
            _assign(entry, place, learners.setdefault(_shown(place.student), _Learner()))
    return [_submission(student, learners[student], store) for student in sorted(learners)]


def _assign(entry: Entry, place: _Place, learner: _Learner) -> None:
    learner.named.add(place.named)
    if place.unread:
        learner.notes.append(place.unread)
        return
    if not entry.counts or is_hidden(place.own):
        return
    key = (place.named, place.own, entry.problem)
    uploads = [learner.found[key]] if key in learner.found else []
    uploads = sorted([*uploads, (place.upload, entry)], key=lambda upload: upload[0])
    learner.found[key] = uploads[-1]
    for _, older in uploads[:-1]:
        later = uploads[-1][1]
        why = f"it was handed in again as {_shown('/'.join(later.parts))}"
        learner.notes.append(_note("/".join(older.parts), why))


def _submission(student: str, learner: _Learner, store: Store) -> Submission:
    notebooks: dict[str, Path] = {}
    notes = []
    if len(learner.named) > 1:
        together = ", ".join(_shown(named) for named in sorted(learner.named))
        notes.append(f"Taken as one learner, because the names come to the same: {together}.")
    notes += learner.notes
    allowance = Allowance(store, MOST_BYTES_OF_LEARNER)
    for (_, own, _), (_, entry) in sorted(learner.found.items(), key=lambda item: item[0]):
        _collect(own, entry, notebooks, notes, allowance)
    return Submission(student, tuple(sorted(notebooks.items())), _fewer(notes))


def _collect(
    own: tuple[str, ...],
    entry: Entry,
    notebooks: dict[str, Path],
    notes: list[str],
    allowance: Allowance,
    inside: bool = False,
) -> None:
    """Add what an entry holds to the notebooks, or to the notes why it does not."""
    name = "/".join(own) or entry.parts[0]
    try:
        if entry.content is None:
            raise RefusedError(entry.problem)
        if suffix_of(name) == NOTEBOOK:
            if len(notebooks) == MOST_NOTEBOOKS_OF_LEARNER:
                raise RefusedError(f"there are {MOST_NOTEBOOKS_OF_LEARNER} notebooks before it")
            notebooks[_distinct(_shown(name), notebooks)] = file_of(entry.content, allowance)
            return
        if inside:
            raise RefusedError("a zip within a learner's zip is not unpacked")
        packed = io.BytesIO(bytes_of(entry.content, allowance))
        with opened(packed, MOST_FILES_OF_LEARNER) as archive:
            for member in members(archive):
                if member.counts:
                    path = (*own, *member.parts)
                    _collect(path, member, notebooks, notes, allowance, inside=True)
    except RefusedError as why:
        notes.append(_note(name, why))


def _place(entry: Entry) -> _Place | None:
    """Say whose an entry is; None if it is nothing that a learner hands in."""
    _demand_learners([entry])
    first, rest = entry.parts[0], entry.parts[1:]
    if moodle := _MOODLE.fullmatch(first):
        own = tuple(part for part in (moodle["file"], *rest) if part)
        student, kind = moodle["student"], moodle["kind"]
        unread = "" if kind == "file" else f"What was handed in as {kind} is not read."
        return _Place(student, f"{student} of Moodle", own, unread=unread)
    if rest or entry.is_folder:
        return _Place(first, f"the folder {first}", rest)
    if canvas := _CANVAS.fullmatch(first):
        student = canvas["hidden"] or f"{canvas['name']}_{canvas['user']}"
        named = f"{student} of Canvas"
        if canvas["file"] is None:
            return _Place(
                student, named, unread="A text or a link in place of a file is not read."
            )
        own_name = _AGAIN.sub("", canvas["file"])
        return _Place(student, named, (own_name,), int(canvas["upload"]))
    if suffix_of(first) in (NOTEBOOK, ZIP):
        return _place_of_file(first)
    return _Place(first, f"the folder {first}") if entry.problem else None


def _place_of_file(name: str) -> _Place:
    student, own = _learner_and_file(name)
    if not student:
        raise SubmissionsError(
            f"The name of {_shown(name)} says of no learner whose it is. Put it into a folder "
            f"called like the learner, or name it LEARNER_{_shown(name).lstrip('_')}."
        )
    named = f"the files {student}_…" if own != name else f"the file {name}"
    return _Place(student, named, (own,))


def _learner_and_file(name: str) -> tuple[str, str]:
    """Take LEARNER_FILE apart; without a learner in it the first is empty."""
    if flat := _FLAT.fullmatch(name):
        return flat["student"], flat["file"]
    # A zip stands for a folder: its whole name is the learner's, as a folder's is.
    if "_" not in name or suffix_of(name) == ZIP:
        return name[: -len(suffix_of(name))], name
    if _LESSON.match(name):
        return "", name
    student, _, own = name.partition("_")
    return student, own


def _demand_learners(entries: Iterable[Entry]) -> None:
    """Refuse names that lead out of the archive right away, so that they are no learner's."""
    for entry in entries:
        first = entry.parts[0]
        if entry.problem == LEADS_OUT and (first in ("", "..") or DRIVE.match(first)):
            raise SubmissionsError(
                f"{_shown('/'.join(entry.parts))!r} is not the name of a file of any learner. "
                "Remove it from the submissions."
            )


def _unwrapped(entries: list[Entry]) -> list[Entry]:
    """Take off nbgrader's folder `submitted`, and a folder around everything."""
    if _has_submitted(entries):
        return _below(SUBMITTED, entries)
    tops = {entry.parts[0] for entry in entries if _place_or_lesson(entry)}
    if len(tops) != 1:
        return entries
    (top,) = tops
    inner = _below(top, entries)
    if _has_submitted(inner):
        return _below(SUBMITTED, inner)
    if _is_learners_folder(top, inner) or not any(map(_place_or_lesson, inner)):
        return entries
    return inner


def _is_learners_folder(name: str, inner: list[Entry]) -> bool:
    """Whether a folder that is alone is a learner's, not one around those of the learners."""
    if _MOODLE.fullmatch(name):
        return True
    return any(
        entry.parts[0] == COURSE
        or (len(entry.parts) == 1 and _LESSON.match(entry.parts[0]) and not _place_or_none(entry))
        for entry in inner
    )


def _place_or_none(entry: Entry) -> _Place | None:
    try:
        return _place(entry)
    except SubmissionsError:
        return None


def _place_or_lesson(entry: Entry) -> bool:
    return suffix_of(entry.parts[0]) == NOTEBOOK or _place_or_none(entry) is not None


def _has_submitted(entries: list[Entry]) -> bool:
    return any(e.parts[0] == SUBMITTED and (e.is_folder or len(e.parts) > 1) for e in entries)


def _below(folder: str, entries: list[Entry]) -> list[Entry]:
    return [
        replace(entry, parts=entry.parts[1:])
        for entry in entries
        if entry.parts[0] == folder and len(entry.parts) > 1
    ]


def _walk(root: Path) -> Iterator[Entry]:
    """List a folder of submissions, in an order that does not depend on the file system."""
    with os.scandir(root) as children:
        names = sorted(child.name for child in children)
    for name in names:
        if not is_hidden((name,)):
            yield from _walk_learner(root / name)


def _walk_learner(top: Path) -> Iterator[Entry]:
    waiting: list[tuple[Path, tuple[str, ...]]] = [(top, (top.name,))]
    left = MOST_FILES_OF_LEARNER
    while waiting:
        path, parts = waiting.pop()
        entry = _entry_of(path, parts)
        yield entry
        if not entry.is_folder:
            continue
        try:
            with os.scandir(path) as children:
                names = sorted(child.name for child in islice(children, left + 1))
        except OSError as error:
            yield Entry(parts, problem=f"the folder cannot be read ({error.strerror})")
            continue
        left -= len(names)
        if left < 0:
            problem = (
                f"it holds more than {MOST_FILES_OF_LEARNER} files, and no more were looked at"
            )
            yield Entry((parts[0],), problem=problem)
            return
        waiting += [
            (path / name, (*parts, name)) for name in reversed(names) if not is_hidden((name,))
        ]


def _entry_of(path: Path, parts: tuple[str, ...]) -> Entry:
    try:
        kind = path.lstat().st_mode
    except OSError as error:
        return Entry(parts, problem=f"it cannot be read ({error.strerror})")
    problem = problem_of(path.name, len(parts), kind)
    return Entry(parts, None if problem or stat.S_ISDIR(kind) else path, problem)


def _shown(name: str) -> str:
    """Return a name that can be shown and written anywhere: no control characters, not endless."""
    # Bytes that are no UTF-8 come from the file system as surrogates.
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    name = "".join("�" if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in name)
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME // 2]}…{name[-LONGEST_NAME // 2 + 1 :]}"
    return name.strip() or "�"


def _distinct(name: str, taken: Iterable[str]) -> str:
    if name not in taken:
        return name
    stem, suffix = name[: -len(NOTEBOOK)], name[-len(NOTEBOOK) :]
    return next(
        other for number in count(2) if (other := f"{stem} ({number}){suffix}") not in taken
    )


def _note(name: str, why: object) -> str:
    return f"{_shown(name)} was not read: {why}."


def _fewer(notes: list[str]) -> tuple[str, ...]:
    notes = list(dict.fromkeys(notes))
    if len(notes) <= MOST_NOTES:
        return tuple(notes)
    return (*notes[:MOST_NOTES], f"There are {len(notes) - MOST_NOTES} more such notes.")
