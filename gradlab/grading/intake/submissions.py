"""Each learner's notebooks, found in whatever a teacher got back: a folder or a zip.

A folder and an archive come down to the same list of entries, and `layouts` says whose each is. A
file that cannot be trusted is left out, with a note for its learner: one learner must not stop a
class.
"""

from __future__ import annotations

import io
import os
import stat
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from gradlab.grading.intake.archives import (
    NOTEBOOK,
    ZIP,
    Allowance,
    ArchiveError,
    Entry,
    RefusedError,
    Store,
    explain_excess,
    find_problem,
    find_suffix,
    is_hidden,
    list_members,
    open_archive,
    read_bytes,
    read_regular,
    unpack_to_file,
)
from gradlab.grading.intake.layouts import (
    LAYOUTS,
    SUBMITTED,
    LayoutError,
    Place,
    read_place,
    require_inside,
    unwrap,
)
from gradlab.grading.outcome.text import as_name
from gradlab.support.errors import GradlabError

# What one learner's notebooks may come to, packed ones too, and what an archive may unpack to.
MOST_BYTES_OF_LEARNER = 100_000_000
MOST_BYTES_IN_ALL = 4_000_000_000
# Files and folders that are looked at: of a learner's folder or zip, and of a whole archive.
MOST_FILES_OF_LEARNER = 10_000
MOST_FILES_IN_ALL = 200_000
MOST_NOTEBOOKS_OF_LEARNER = 200
MOST_NOTES = 20


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
            submissions = _find_submissions(path, Store(Path(temporary), MOST_BYTES_IN_ALL))
        except OSError as error:
            raise SubmissionsError(f"{path} cannot be read or unpacked: {error}.") from error
        except (ArchiveError, LayoutError) as error:
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
                raise RefusedError(explain_excess(MOST_BYTES_OF_LEARNER))
            left -= len(content)
            contents[name] = content
        except RefusedError as why:
            notes.append(_explain_unread(name, why))
    return contents, tuple(notes)


@dataclass
class _Learner:
    """What was found of one learner so far."""

    # By origin, own parts and problem, so that of two uploads of one file the later one counts.
    uploads: dict[tuple[str, tuple[str, ...], str], tuple[int, Entry]] = field(
        default_factory=dict
    )
    origins: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def _find_submissions(path: Path, store: Store) -> list[Submission]:
    if not path.exists():
        raise SubmissionsError(f"{path} does not exist. {LAYOUTS}")
    if path.is_dir():
        submitted = path / SUBMITTED
        is_course = submitted.is_dir() and not submitted.is_symlink()
        return _group_by_learner(_walk(submitted if is_course else path), store)
    if not path.is_file() or (path.suffix.lower() != ZIP and not zipfile.is_zipfile(path)):
        raise SubmissionsError(f"{path} is neither a folder nor a zip. {LAYOUTS}")
    try:
        with open_archive(path, MOST_FILES_IN_ALL) as archive:
            entries = list_members(archive)
            require_inside(entries)
            return _group_by_learner(unwrap(entries), store)
    except RefusedError as why:
        raise SubmissionsError(
            f"{path} cannot be unpacked: {why}. Download or make it again."
        ) from why


def _group_by_learner(entries: Iterable[Entry], store: Store) -> list[Submission]:
    learners: dict[str, _Learner] = {}
    for entry in entries:
        place = read_place(entry)
        if place is not None:
            _assign(entry, place, learners.setdefault(as_name(place.student), _Learner()))
    return [_gather_submission(student, learners[student], store) for student in sorted(learners)]


def _assign(entry: Entry, place: Place, learner: _Learner) -> None:
    """Give an entry to the learner whose it is, or the learner a note that says why not."""
    learner.origins.add(place.origin)
    if place.unread:
        learner.notes.append(place.unread)
        return
    if not entry.is_wanted or is_hidden(place.own_parts):
        return
    key = (place.origin, place.own_parts, entry.problem)
    uploads = [learner.uploads[key]] if key in learner.uploads else []
    uploads = sorted([*uploads, (place.upload, entry)], key=lambda upload: upload[0])
    learner.uploads[key] = uploads[-1]
    for _, older in uploads[:-1]:
        latest = uploads[-1][1]
        why = f"it was handed in again as {as_name('/'.join(latest.parts))}"
        learner.notes.append(_explain_unread("/".join(older.parts), why))


def _gather_submission(student: str, learner: _Learner, store: Store) -> Submission:
    notebooks: dict[str, Path] = {}
    notes = []
    if len(learner.origins) > 1:
        together = ", ".join(as_name(origin) for origin in sorted(learner.origins))
        notes.append(f"Taken as one learner, because the names come to the same: {together}.")
    notes += learner.notes
    allowance = Allowance(store, MOST_BYTES_OF_LEARNER)
    for (_, own_parts, _), (_, entry) in sorted(learner.uploads.items(), key=lambda item: item[0]):
        _collect(own_parts, entry, notebooks, notes, allowance)
    return Submission(student, tuple(sorted(notebooks.items())), _limit_notes(notes))


def _collect(
    own_parts: tuple[str, ...],
    entry: Entry,
    notebooks: dict[str, Path],
    notes: list[str],
    allowance: Allowance,
    inside: bool = False,
) -> None:
    """Add the notebooks that an entry holds, or a note that says why they are not read."""
    name = "/".join(own_parts) or entry.parts[0]
    try:
        if entry.content is None:
            raise RefusedError(entry.problem)
        if find_suffix(name) == NOTEBOOK:
            if len(notebooks) == MOST_NOTEBOOKS_OF_LEARNER:
                raise RefusedError(f"there are {MOST_NOTEBOOKS_OF_LEARNER} notebooks before it")
            file = unpack_to_file(entry.content, allowance)
            notebooks[_choose_name(as_name(name), notebooks)] = file
            return
        if inside:
            raise RefusedError("a zip within a learner's zip is not unpacked")
        packed = io.BytesIO(read_bytes(entry.content, allowance))
        with open_archive(packed, MOST_FILES_OF_LEARNER) as archive:
            for member in list_members(archive):
                if member.is_wanted:
                    path = (*own_parts, *member.parts)
                    _collect(path, member, notebooks, notes, allowance, inside=True)
    except RefusedError as why:
        notes.append(_explain_unread(name, why))


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
        entry = _read_entry(path, parts)
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


def _read_entry(path: Path, parts: tuple[str, ...]) -> Entry:
    try:
        kind = path.lstat().st_mode
    except OSError as error:
        return Entry(parts, problem=f"it cannot be read ({error.strerror})")
    problem = find_problem(path.name, len(parts), kind)
    return Entry(parts, None if problem or stat.S_ISDIR(kind) else path, problem)


def _choose_name(name: str, taken: Iterable[str]) -> str:
    if name not in taken:
        return name
    stem, suffix = name[: -len(NOTEBOOK)], name[-len(NOTEBOOK) :]
    return next(
        other for number in count(2) if (other := f"{stem} ({number}){suffix}") not in taken
    )


def _explain_unread(name: str, why: object) -> str:
    return f"{as_name(name)} was not read: {why}."


def _limit_notes(notes: list[str]) -> tuple[str, ...]:
    notes = list(dict.fromkeys(notes))
    if len(notes) <= MOST_NOTES:
        return tuple(notes)
    return (*notes[:MOST_NOTES], f"There are {len(notes) - MOST_NOTES} more such notes.")
