"""Each learner's notebooks, found in whatever a teacher got back: folders and zips.

A file that cannot be trusted is left out, with a note for its learner: one learner must not stop a
class.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
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
    find_suffix,
    is_hidden,
    read_bytes,
    read_regular,
    strip_notebook,
    unpack_notebook,
)
from gradlab.grading.intake.layouts import (
    LAYOUTS,
    Found,
    LayoutError,
    Reading,
    read_layout,
)
from gradlab.grading.intake.learners import (
    find_joined,
    group_by_learner,
    list_students,
    note_foreign,
)
from gradlab.grading.intake.listing import list_all
from gradlab.grading.intake.names import find_version, has_lesson
from gradlab.grading.intake.notebooks import find_lesson
from gradlab.grading.intake.pattern import PatternError, read_by_pattern
from gradlab.grading.intake.uploads import Upload, find_uploads, note_late
from gradlab.grading.outcome.phrases import join_few
from gradlab.grading.outcome.text import as_name
from gradlab.support.errors import GradlabError

# What one learner's notebooks may come to without outputs, and what may be unpacked in all.
MOST_BYTES_OF_LEARNER = 100_000_000
MOST_BYTES_IN_ALL = 20_000_000_000
MOST_NOTEBOOKS_OF_LEARNER = 200
MOST_NOTES = 20
# These are zips, too.
_DOCUMENTS = (".xlsx", ".docx", ".pptx", ".ods", ".odt", ".whl", ".epub")
# What people put beside a notebook and is no answer in words; of any other file nobody knows.
_NO_WORDS = (
    *(".csv", ".tsv", ".npy", ".npz", ".pkl", ".pickle", ".pyc", ".db", ".ini", ".toml", ".yml"),
    *(".yaml", ".cfg", ".lock", ".css", ".js", "requirements.txt", "timestamp.txt", "license"),
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
    attempts : mapping of str to int
        Of notebooks that belong to several attempts of the learner, the name -> the number of the
        attempt; the latest has the largest. Empty where no order is told.
    uploads : tuple of Upload
        By what the LMS that it comes from knows the learner again.
    others : tuple of str
        What was handed in, is not read, and may hold an answer in words; sorted.
    """

    student: str
    notebooks: tuple[tuple[str, Path], ...]
    notes: tuple[str, ...]
    attempts: Mapping[str, int] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()
    others: tuple[str, ...] = ()


@contextmanager
def open_submissions(
    *paths: Path, layout: str | None = None, command: str = "gradlab grade SUBMISSIONS"
) -> Iterator[list[Submission]]:
    """Find each learner's notebooks; what has to be unpacked is gone when the context ends.

    Parameters
    ----------
    *paths : Path
        Folders and zips. In them, also below folders and zips around everything, of sections, of
        weeks, are

        - a folder or zip for each learner, which is called like the learner;
        - nbgrader's folder ``submitted``, with a folder for each learner;
        - notebooks named ``LEARNER_04_vectorizing.ipynb``, the lesson before or behind;
        - what Moodle exports, in folders or not. The learner is called by the full name and the
          number that Moodle puts after it: ``Ada Example_12345``;
        - what Canvas exports. The learner is called by the name and the number of the user:
          ``exampleada_123``, or ``anon_xY3z5`` where Canvas hides the names;
        - what Blackboard, Brightspace, Gradescope and Google Classroom export, and what nbgrader
          collects.

        Of several attempts of one learner, the latest counts. Nothing in the folder is changed,
        and no symbolic link in it is followed.
    layout : str, optional
        Where the learner's name stands, if that is not clear: ``*/LEARNER``.
    command : str, optional
        What the teacher typed, to say what to type.

    Yields
    ------
    list of Submission
        Sorted by the learner's name; of a learner without a notebook too.

    Raises
    ------
    SubmissionsError
        If a path cannot be read, holds no learner, or holds too much; if a notebook belongs to no
        learner; or if one learner would hold a lesson of several people.

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
    shown = " ".join(map(str, paths))
    with tempfile.TemporaryDirectory(prefix="gradlab-") as temporary:
        store = Store(Path(temporary), MOST_BYTES_IN_ALL)
        try:
            submissions = _find_submissions(paths, layout, store, command)
        except OSError as error:
            raise SubmissionsError(f"{shown} cannot be read or unpacked: {error}.") from error
        except (ArchiveError, LayoutError, PatternError) as error:
            raise SubmissionsError(str(error)) from error
        finally:
            store.close()
        if not submissions:
            raise SubmissionsError(f"{shown} holds nothing of any learner. {LAYOUTS}")
        yield submissions


def read_notebooks(submission: Submission) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Read a learner's notebooks without their outputs, whatever has become of the files.

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
            content = strip_notebook(read_regular(path))
            if len(content) > left:
                raise RefusedError(explain_excess(MOST_BYTES_OF_LEARNER))
            left -= len(content)
            contents[name] = content
        except RefusedError as why:
            notes.append(_explain_unread(name, why))
    return contents, tuple(notes)


def _find_submissions(
    paths: Sequence[Path], layout: str | None, store: Store, command: str
) -> list[Submission]:
    for number, path in enumerate(paths):
        _require_readable(path)
        if any(path.samefile(other) for other in paths[:number]):
            raise SubmissionsError(f"{path} was given twice. Give it once.")
    try:
        root = list_all(paths, store)
    except RefusedError as why:
        raise SubmissionsError(
            f"{' '.join(map(str, paths))} cannot be unpacked: {why}. Download or make it again."
        ) from why

    # One for all: what a name tells is not read, so few are.
    allowance = Allowance(store, MOST_BYTES_OF_LEARNER)

    def read(entry: Entry) -> bytes:
        return _read(entry, allowance)

    def find(entry: Entry, parts: Sequence[str]) -> int | str:
        return find_lesson("/".join(parts), lambda: read(entry))

    def try_layout(proposed: str) -> tuple[list[str], list[str]]:
        tried = read_by_pattern(root, proposed)
        students = list_students(tried)
        if tried.strays or any(map(has_lesson, students)):
            return [], []
        return students, find_joined(tried, find)

    reading = read_by_pattern(root, layout) if layout else read_layout(root, read)
    if layout:
        _require_fit(layout, reading)
    learners = group_by_learner(reading, find, try_layout, command)
    return [
        _gather(student, found, store, is_sure=student not in reading.unsure)
        for student, found in learners.items()
    ]


def _require_fit(layout: str, reading: Reading) -> None:
    """Raise if a layout that the teacher typed leaves out notebooks, or calls learners lessons."""
    students = list_students(reading)
    how = (
        "A layout has a part for each folder down to a notebook, or to the learner's folder, with "
        "/ between them. Without --layout you are told which layouts fit."
    )
    if reading.strays:
        depth = max(map(len, reading.strays))
        strays = [as_name("/".join(parts)) for parts in reading.strays]
        raise SubmissionsError(
            f"--layout '{layout}' does not fit {join_few(strays)}, so nothing was graded. "
            f"{how} Here it has {layout.count('/') + 1} of up to {depth} parts."
        )
    lessons = [student for student in students if has_lesson(student)]
    if lessons:
        raise SubmissionsError(
            f"--layout '{layout}' gives learners called {join_few(lessons)}, so "
            "nothing was graded. Write LESSON where the name of a lesson stands, such as "
            f"'LEARNER_LESSON'. {how}"
        )


def _require_readable(path: Path) -> None:
    if not path.exists():
        raise SubmissionsError(f"{path} does not exist. {LAYOUTS}")
    if path.is_dir():
        return
    if path.suffix.lower() in _DOCUMENTS:
        raise SubmissionsError(f"{path} is a document, not a class. {LAYOUTS}")
    if not path.is_file() or (path.suffix.lower() != ZIP and not zipfile.is_zipfile(path)):
        what = (
            "a notebook, not a class" if find_suffix(path.name) else "neither a folder nor a zip"
        )
        raise SubmissionsError(f"{path} is {what}. {LAYOUTS}")


def _read(entry: Entry, allowance: Allowance) -> bytes:
    """Read what decides whose a file is; nothing if it cannot be read."""
    if entry.content is None:
        return b""
    try:
        return strip_notebook(read_bytes(entry.content, allowance))
    except RefusedError:
        return b""


# One learner


def _gather(student: str, found: Sequence[Found], store: Store, is_sure: bool) -> Submission:
    notes = [*_note_origins(found), *note_late(found), *note_foreign(student, found)]
    inner = next((one.place.own_parts[0] for one in found if one.place.own_parts[1:]), "")
    if inner and not is_sure and find_suffix(inner) != ZIP:
        notes.append(
            f"Is {as_name(inner)}, the folder in it, the learner's name? Then add --layout "
            f"'{'*/' * len(found[0].path)}LEARNER'."
        )
    wanted, left_out = _sort_out(found)
    # The latest attempt is called as the learner called it.
    wanted.sort(key=lambda one: one.place.attempt, reverse=True)
    wanted.sort(key=lambda one: one.place.own_parts)
    notebooks: dict[str, Path] = {}
    versions: dict[str, tuple[int, ...]] = {}
    allowance = Allowance(store, MOST_BYTES_OF_LEARNER)
    for one in wanted:
        name = _choose_name(one, notebooks)
        try:
            if one.entry.content is None:
                raise RefusedError(one.entry.problem)
            if len(notebooks) == MOST_NOTEBOOKS_OF_LEARNER:
                raise RefusedError(f"there are {MOST_NOTEBOOKS_OF_LEARNER} notebooks before it")
            notebooks[name] = unpack_notebook(one.entry.content, allowance)
            versions[name] = one.place.attempt or find_version(one.place.own_parts)
        except RefusedError as why:
            notes.append(_explain_unread(name, why))
    notes += _note_left_out(left_out)
    return Submission(
        student,
        tuple(sorted(notebooks.items())),
        _limit_notes(notes),
        _number_attempts(versions),
        find_uploads(found),
        _list_others(found),
    )


def _note_origins(found: Sequence[Found]) -> list[str]:
    origins = sorted({one.place.origin for one in found})
    unread = dict.fromkeys(one.place.unread for one in found if one.place.unread)
    if len(origins) == 1:
        return list(unread)
    together = ", ".join(map(as_name, origins))
    return [
        f"Taken as one learner, because the name is the same: {together}.",
        *unread,
    ]


def _sort_out(found: Sequence[Found]) -> tuple[list[Found], list[str]]:
    """Return what is to be read, or noted by itself, and the names of other files."""
    wanted, left_out = [], []
    for one in found:
        own = one.place.own_parts
        if one.entry.problem and not own:
            wanted.append(one)
        if one.place.unread or one.entry.is_folder or not own or is_hidden(own):
            continue
        if one.entry.problem or find_suffix(own[-1]) == NOTEBOOK:
            wanted.append(one)
        else:
            left_out.append("/".join(own))
    return wanted, left_out


def _list_others(found: Sequence[Found]) -> tuple[str, ...]:
    """Return what is not read and may hold an answer in words."""
    others = {one.place.typed for one in found if one.place.typed}
    for one in found:
        own = one.place.own_parts
        if one.entry.is_folder or one.place.unread or not own or is_hidden(own):
            continue
        if find_suffix(own[-1]) != NOTEBOOK and not own[-1].lower().endswith(_NO_WORDS):
            others.add(as_name("/".join(own)))
    return tuple(sorted(others))


def _number_attempts(versions: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """Number attempts from the earliest; nothing where there is but one."""
    in_order = sorted(set(versions.values()))
    if len(in_order) < 2:
        return {}
    return {name: in_order.index(version) for name, version in versions.items()}


def _choose_name(one: Found, taken: Iterable[str]) -> str:
    """Return what a notebook is called: where its own name is taken, by where it lay."""
    own = as_name("/".join(one.place.own_parts) or one.path[-1])
    name = own if own not in taken else as_name("/".join(one.path))
    if name not in taken:
        return name
    return next(other for number in count(2) if (other := f"{name} ({number})") not in taken)


def _note_left_out(names: Sequence[str]) -> list[str]:
    """Name the files that are no notebooks."""
    if not names:
        return []
    verb = "was" if len(names) == 1 else "were"
    shown = join_few([as_name(name) for name in names])
    return [
        f"{shown} {verb} not read: only notebooks (.ipynb) are, alone or in a .zip. Look "
        "whether there is an answer in it, or ask for the notebook."
    ]


def _explain_unread(name: str, why: object) -> str:
    return f"{as_name(name)} was not read: {why}."


def _limit_notes(notes: list[str]) -> tuple[str, ...]:
    notes = list(dict.fromkeys(notes))
    if len(notes) <= MOST_NOTES:
        return tuple(notes)
    return (*notes[:MOST_NOTES], f"There are {len(notes) - MOST_NOTES} more such notes.")
