"""Each learner's notebooks, found in whatever a teacher got back: a folder or a zip.

Every layout comes down to the same list of names, from a folder or from an archive, and the names
alone say whose each file is. What an archive holds is unpacked under numbers, so that none of its
names reaches the file system. A file that cannot be trusted is left out with a note on its
learner: one learner must not stop a class.
"""

from __future__ import annotations

import errno
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

# Of a notebook that is read; a larger one is refused. So is a larger zip of a learner.
MOST_BYTES = 20_000_000
# What one learner's notebooks may come to, packed ones too, and what an archive may unpack to.
MOST_BYTES_OF_LEARNER = 100_000_000
MOST_BYTES_IN_ALL = 4_000_000_000
# Files and folders that are looked at: of a learner's folder or zip, and of a whole archive.
MOST_FILES_OF_LEARNER = 10_000
MOST_FILES_IN_ALL = 200_000
MOST_NOTEBOOKS_OF_LEARNER = 200
MOST_DEPTH = 20
MOST_NOTES = 20
LONGEST_NAME = 200

NOTEBOOK, ZIP = ".ipynb", ".zip"
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
_DRIVE = re.compile(r"[A-Za-z]:")

LEADS_OUT = "its name leads out of the archive"
LAYOUTS = (
    "Give a folder with a folder for each learner, nbgrader's course folder, a folder of "
    "notebooks named LEARNER_04_vectorizing.ipynb, or a .zip of one of these, or as Moodle or "
    "Canvas exports it."
)


class SubmissionsError(Exception):
    """What is wrong with the submissions and what to do, in sentences for the teacher."""


class _RefusedError(Exception):
    """Why one file is not read; ends as a note."""


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
    >>> from gradlab.grading.submissions import open_submissions, read_notebooks
    >>> with tempfile.TemporaryDirectory() as here:
    ...     _ = Path(here, "ada_04_vectorizing.ipynb").write_text("{}")
    ...     with open_submissions(Path(here)) as submissions:
    ...         for submission in submissions:
    ...             print(submission.student, read_notebooks(submission))
    ada ({'04_vectorizing.ipynb': b'{}'}, ())
    """
    with tempfile.TemporaryDirectory(prefix="gradlab-") as temporary:
        try:
            submissions = _find(path, _Store(Path(temporary), MOST_BYTES_IN_ALL))
        except OSError as error:
            raise SubmissionsError(f"{path} cannot be read or unpacked: {error}.") from error
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
            content = _read_regular(path)
            if len(content) > left:
                raise _RefusedError(_too_much())
            left -= len(content)
            contents[name] = content
        except _RefusedError as why:
            notes.append(_note(name, why))
    return contents, tuple(notes)


@dataclass(frozen=True)
class _Packed:
    archive: zipfile.ZipFile
    member: zipfile.ZipInfo


@dataclass(frozen=True)
class _Entry:
    """A file or folder: its path below the submissions, and where its content is.

    With a problem it is not read; with neither problem nor content it is a folder.
    """

    parts: tuple[str, ...]
    content: Path | _Packed | None = None
    problem: str = ""

    @property
    def is_folder(self) -> bool:
        return self.content is None and not self.problem

    @property
    def counts(self) -> bool:
        """Whether it is to be read, or noted."""
        is_read = self.content is not None and _suffix(self.parts[-1]) in (NOTEBOOK, ZIP)
        return is_read or bool(self.problem)


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
    found: dict[tuple[str, tuple[str, ...], str], tuple[int, _Entry]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Store:
    """A folder that takes what is unpacked, under numbers for names."""

    folder: Path
    left: int
    numbers: Iterator[int] = field(default_factory=count)

    def keep(self, content: bytes) -> Path:
        path = self.folder / f"{next(self.numbers)}{NOTEBOOK}"
        path.write_bytes(content)
        return path


@dataclass
class _Allowance:
    """What a learner may still unpack, which is part of what all may."""

    store: _Store
    left: int

    def take(self, size: int) -> None:
        self.left -= size
        self.store.left -= size
        if self.store.left < 0:
            raise SubmissionsError(
                f"The archive unpacks to more than {_megabytes(MOST_BYTES_IN_ALL)}, which is the "
                "most that is unpacked. Grade it in parts."
            )
        if self.left < 0:
            raise _RefusedError(_too_much())


def _find(path: Path, store: _Store) -> list[Submission]:
    if not path.exists():
        raise SubmissionsError(f"{path} does not exist. {LAYOUTS}")
    if path.is_dir():
        submitted = path / SUBMITTED
        is_course = submitted.is_dir() and not submitted.is_symlink()
        return _submissions(_walk(submitted if is_course else path), store)
    if not path.is_file() or (path.suffix.lower() != ZIP and not zipfile.is_zipfile(path)):
        raise SubmissionsError(f"{path} is neither a folder nor a zip. {LAYOUTS}")
    try:
        with _opened(path, MOST_FILES_IN_ALL) as archive:
            entries = _members(archive)
            _demand_learners(entries)
            return _submissions(_unwrapped(entries), store)
    except _RefusedError as why:
        raise SubmissionsError(
            f"{path} cannot be unpacked: {why}. Download or make it again."
        ) from why


def _submissions(entries: Iterable[_Entry], store: _Store) -> list[Submission]:
    learners: dict[str, _Learner] = {}
    for entry in entries:
        place = _place(entry)
        if place is not None:
            _assign(entry, place, learners.setdefault(_shown(place.student), _Learner()))
    return [_submission(student, learners[student], store) for student in sorted(learners)]


def _assign(entry: _Entry, place: _Place, learner: _Learner) -> None:
    learner.named.add(place.named)
    if place.unread:
        learner.notes.append(place.unread)
        return
    if not entry.counts or _is_hidden(place.own):
        return
    key = (place.named, place.own, entry.problem)
    uploads = [learner.found[key]] if key in learner.found else []
    uploads = sorted([*uploads, (place.upload, entry)], key=lambda upload: upload[0])
    learner.found[key] = uploads[-1]
    for _, older in uploads[:-1]:
        later = uploads[-1][1]
        why = f"it was handed in again as {_shown('/'.join(later.parts))}"
        learner.notes.append(_note("/".join(older.parts), why))


def _submission(student: str, learner: _Learner, store: _Store) -> Submission:
    notebooks: dict[str, Path] = {}
    notes = []
    if len(learner.named) > 1:
        together = ", ".join(_shown(named) for named in sorted(learner.named))
        notes.append(f"Taken as one learner, because the names come to the same: {together}.")
    notes += learner.notes
    allowance = _Allowance(store, MOST_BYTES_OF_LEARNER)
    for (_, own, _), (_, entry) in sorted(learner.found.items(), key=lambda item: item[0]):
        _collect(own, entry, notebooks, notes, allowance)
    return Submission(student, tuple(sorted(notebooks.items())), _fewer(notes))


def _collect(
    own: tuple[str, ...],
    entry: _Entry,
    notebooks: dict[str, Path],
    notes: list[str],
    allowance: _Allowance,
    inside: bool = False,
) -> None:
    """Add what an entry holds to the notebooks, or to the notes why it does not."""
    name = "/".join(own) or entry.parts[0]
    try:
        if entry.content is None:
            raise _RefusedError(entry.problem)
        if _suffix(name) == NOTEBOOK:
            if len(notebooks) == MOST_NOTEBOOKS_OF_LEARNER:
                raise _RefusedError(f"there are {MOST_NOTEBOOKS_OF_LEARNER} notebooks before it")
            notebooks[_distinct(_shown(name), notebooks)] = _file(entry.content, allowance)
            return
        if inside:
            raise _RefusedError("a zip within a learner's zip is not unpacked")
        packed = io.BytesIO(_bytes(entry.content, allowance))
        with _opened(packed, MOST_FILES_OF_LEARNER) as archive:
            for member in _members(archive):
                if member.counts:
                    path = (*own, *member.parts)
                    _collect(path, member, notebooks, notes, allowance, inside=True)
    except _RefusedError as why:
        notes.append(_note(name, why))


def _place(entry: _Entry) -> _Place | None:
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
    if _suffix(first) in (NOTEBOOK, ZIP):
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
    if "_" not in name or _suffix(name) == ZIP:
        return name[: -len(_suffix(name))], name
    if _LESSON.match(name):
        return "", name
    student, _, own = name.partition("_")
    return student, own


def _demand_learners(entries: Iterable[_Entry]) -> None:
    """Refuse names that lead out of the archive right away, so that they are no learner's."""
    for entry in entries:
        first = entry.parts[0]
        if entry.problem == LEADS_OUT and (first in ("", "..") or _DRIVE.match(first)):
            raise SubmissionsError(
                f"{_shown('/'.join(entry.parts))!r} is not the name of a file of any learner. "
                "Remove it from the submissions."
            )


def _unwrapped(entries: list[_Entry]) -> list[_Entry]:
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


def _is_learners_folder(name: str, inner: list[_Entry]) -> bool:
    """Whether a folder that is alone is a learner's, not one around those of the learners."""
    if _MOODLE.fullmatch(name):
        return True
    return any(
        entry.parts[0] == COURSE
        or (len(entry.parts) == 1 and _LESSON.match(entry.parts[0]) and not _place_or_none(entry))
        for entry in inner
    )


def _place_or_none(entry: _Entry) -> _Place | None:
    try:
        return _place(entry)
    except SubmissionsError:
        return None


def _place_or_lesson(entry: _Entry) -> bool:
    return _suffix(entry.parts[0]) == NOTEBOOK or _place_or_none(entry) is not None


def _has_submitted(entries: list[_Entry]) -> bool:
    return any(e.parts[0] == SUBMITTED and (e.is_folder or len(e.parts) > 1) for e in entries)


def _below(folder: str, entries: list[_Entry]) -> list[_Entry]:
    return [
        replace(entry, parts=entry.parts[1:])
        for entry in entries
        if entry.parts[0] == folder and len(entry.parts) > 1
    ]


def _walk(root: Path) -> Iterator[_Entry]:
    """List a folder of submissions, in an order that does not depend on the file system."""
    with os.scandir(root) as children:
        names = sorted(child.name for child in children)
    for name in names:
        if not _is_hidden((name,)):
            yield from _walk_learner(root / name)


def _walk_learner(top: Path) -> Iterator[_Entry]:
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
            yield _Entry(parts, problem=f"the folder cannot be read ({error.strerror})")
            continue
        left -= len(names)
        if left < 0:
            problem = (
                f"it holds more than {MOST_FILES_OF_LEARNER} files, and no more were looked at"
            )
            yield _Entry((parts[0],), problem=problem)
            return
        waiting += [
            (path / name, (*parts, name)) for name in reversed(names) if not _is_hidden((name,))
        ]


def _entry_of(path: Path, parts: tuple[str, ...]) -> _Entry:
    try:
        kind = path.lstat().st_mode
    except OSError as error:
        return _Entry(parts, problem=f"it cannot be read ({error.strerror})")
    problem = _problem(path.name, len(parts), kind)
    return _Entry(parts, None if problem or stat.S_ISDIR(kind) else path, problem)


def _problem(name: str, depth: int, kind: int) -> str:
    """Say why what has this name and mode is not read, if so."""
    if stat.S_ISLNK(kind):
        return "symbolic links are not followed"
    if depth > MOST_DEPTH:
        return f"it lies more than {MOST_DEPTH} folders deep"
    if stat.S_ISDIR(kind):
        return "it is a folder, not a notebook" if _suffix(name) == NOTEBOOK else ""
    return "" if stat.S_ISREG(kind) else "it is not a regular file"


@contextmanager
def _opened(file: Path | io.BytesIO, most_files: int) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    # Damaged bytes make zipfile raise much that it does not document.
    except Exception as error:
        raise _RefusedError(f"it is damaged or not a zip ({error})") from error
    with archive:
        if len(archive.infolist()) > most_files:
            raise _RefusedError(f"it holds more than {most_files} files")
        yield archive


def _members(archive: zipfile.ZipFile) -> list[_Entry]:
    """List an archive as if it were a folder; of members with one name the last counts."""
    entries = (_member(archive, member) for member in archive.infolist())
    last = {(e.parts, e.problem): e for e in entries if e.parts and not _is_hidden(e.parts)}
    return [last[key] for key in sorted(last)]


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> _Entry:
    name = _decoded(member)
    parts = tuple(part for part in re.split(r"[/\\]", name.rstrip("/") or "/") if part != ".")
    if not parts:
        return _Entry(parts)
    if "\\" in name or not parts[0] or ".." in parts or any(map(_DRIVE.match, parts)):
        return _Entry(parts, problem=LEADS_OUT)
    parts = tuple(filter(None, parts))
    for end, part in enumerate(parts[:-1], start=1):
        if _suffix(part) == NOTEBOOK:
            return _Entry(parts[:end], problem=_problem(part, end, stat.S_IFDIR))
    # Not every system writes the mode, or all of it.
    kind = stat.S_IFMT(member.external_attr >> 16) or stat.S_IFREG
    problem = _problem(name, len(parts), stat.S_IFDIR if member.is_dir() else kind)
    content = None if problem or member.is_dir() else _Packed(archive, member)
    return _Entry(parts, content, problem)


def _decoded(member: zipfile.ZipInfo) -> str:
    """Return a member's name; some systems write UTF-8 without the flag that says so."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def _file(content: Path | _Packed, allowance: _Allowance) -> Path:
    if isinstance(content, Path):
        return content
    return allowance.store.keep(_bytes(content, allowance))


def _bytes(content: Path | _Packed, allowance: _Allowance) -> bytes:
    if isinstance(content, Path):
        return _read_regular(content)
    if content.member.flag_bits & 0x1:
        raise _RefusedError("it is encrypted")
    # Of the other methods zipfile unpacks a whole piece at once, however large that is.
    if content.member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _RefusedError(
            "it is not compressed in the usual way; zip it with the system's own tool"
        )
    allowance.take(0)
    try:
        return _unpacked(content, allowance)
    except (_RefusedError, SubmissionsError):
        raise
    # As above.
    except Exception as error:
        raise _RefusedError(f"it is damaged ({error})") from error


def _unpacked(content: _Packed, allowance: _Allowance) -> bytes:
    """Unpack a member piece by piece: what its header says of its size need not be so."""
    whole = bytearray()
    with content.archive.open(content.member) as stream:
        while piece := stream.read(1 << 16):
            allowance.take(len(piece))
            whole += piece
            if len(whole) > MOST_BYTES:
                raise _RefusedError(_too_large())
    return bytes(whole)


def _read_regular(path: Path) -> bytes:
    """Read a file that something else may have been put in the place of."""
    try:
        with open(path, "rb", opener=_open_without_following) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise _RefusedError("it is not a regular file")
            if info.st_size > MOST_BYTES:
                raise _RefusedError(_too_large())
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _RefusedError("symbolic links are not followed") from error
        raise _RefusedError(f"it cannot be read ({error.strerror})") from error
    if len(content) > MOST_BYTES:
        raise _RefusedError(_too_large())
    return content


def _open_without_following(path: str, flags: int) -> int:
    # Without O_NONBLOCK, to open a pipe would wait for a writer.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(
        part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in parts
    )


def _suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix in (NOTEBOOK, ZIP) else ""


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


def _too_large() -> str:
    return f"it is larger than {_megabytes(MOST_BYTES)}"


def _too_much() -> str:
    return f"the learner's files together are larger than {_megabytes(MOST_BYTES_OF_LEARNER)}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:g} MB"
