"""The journal of a run: what was found of each learner, kept as soon as it is known.

A file of JSON lines. The first says under which conditions the run grades; then comes a line for
each learner who is done, and when the grades have been written, one that says so. Lines are only
ever added, so that a run that is killed loses no more than the learners under way.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gradlab.grading.outcome.conditions import Conditions, list_differences
from gradlab.grading.outcome.given_marks import GivenMark, GivenMarks
from gradlab.grading.outcome.gradebook import explain_errors, write_grades
from gradlab.grading.outcome.results import Entry, read_result
from gradlab.support.errors import GradlabError

_FORMAT = "gradlab's journal of grading, 2"
_BUSY = (errno.EWOULDBLOCK, errno.EACCES)


class JournalError(GradlabError):
    """Why a journal cannot be used and what to do, in sentences for the teacher."""


class Journal:
    """A journal that is open, and locked, so that no other run writes to it.

    Parameters
    ----------
    path : Path
        Where it is.
    descriptor : int
        The open file, to which is appended.
    seed : int
        What the cases are drawn from.
    entries : mapping
        (learner, digest) -> what was found before.
    kept : Path or None
        Where the journal of an earlier run is now that was at this path.
    unfinished : int or None
        How many learners that one knew, if that run did not come to its end; 0 if it did.
    manual : str
        The table of marks by hand that went into the grades of this journal; empty if none did.
    to_mark : str
        The table that was written to be filled in; empty if none was.
    given : mapping
        (student, exercise) -> what a person gave, and for which answer.

    Attributes
    ----------
    found, count : int
        How many learners were found here, and how many were found or added.
    added : list of str
        Who was added.
    """

    def __init__(
        self,
        path: Path,
        descriptor: int,
        seed: int,
        entries: Mapping[tuple[str, str], Entry],
        kept: Path | None = None,
        unfinished: int | None = None,
        manual: str = "",
        to_mark: str = "",
        given: GivenMarks = MappingProxyType({}),
    ) -> None:
        self.path = path
        self.manual = manual
        self.to_mark = to_mark
        self.given = given
        self.seed = seed
        self.kept = kept
        self.unfinished = unfinished
        self.found = 0
        self.count = 0
        self.added: list[str] = []
        self._descriptor = descriptor
        self._entries = entries

    def find(self, student: str, digest: str) -> Entry | None:
        """Return what was found of a learner who handed in just this; None if nothing was."""
        entry = self._entries.get((student, digest))
        if entry is not None:
            self.found += 1
            self.count += 1
        return entry

    def keep(self, entry: Entry) -> None:
        """Add what was found of a learner.

        Raises
        ------
        JournalError
            If it cannot be written; what was kept before stays.
        """
        line = {"digest": entry.digest, "level": entry.level, "result": entry.result.to_dict()}
        self._append(line)
        self.added.append(entry.result.student)
        self.count += 1

    def finish(
        self,
        manual: Path | None = None,
        to_mark: Path | None = None,
        given: GivenMarks = MappingProxyType({}),
    ) -> None:
        """Add that all files have been written, and which marks by hand are in them."""
        self._append(
            {
                "finished": True,
                "manual": str(manual or ""),
                "to_mark": str(to_mark or ""),
                "given": [[*key, *astuple(mark)] for key, mark in sorted(given.items())],
            }
        )

    def close(self) -> None:
        """Close the file, and let other runs have it."""
        os.close(self._descriptor)

    def _append(self, line: Mapping[str, Any]) -> None:
        before = os.fstat(self._descriptor).st_size
        left = _as_line(line)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, before)
            raise JournalError(
                f"{self.path} cannot be written: {error.strerror}, so the run was stopped. Make "
                "room for it."
            ) from error


@contextmanager
def open_journal(path: Path, conditions: Conditions, resume: bool = False) -> Iterator[Journal]:
    """Begin a journal, or go on with one.

    Parameters
    ----------
    path : Path
        The file. If a new one is begun, another that is there is kept beside it.
    conditions : Conditions
        Those of the run. To go on with a journal they must be its own; a seed, or a level of
        isolation, that is not given is the journal's.
    resume : bool
        Whether to go on.

    Yields
    ------
    Journal
        The journal, which is closed when the context ends.

    Raises
    ------
    JournalError
        If another run is using it, or if there is none to go on with, or one that is damaged or
        was written under other conditions.
    GradebookError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.grading.outcome.conditions import Conditions
    >>> from gradlab.grading.outcome.journal import open_journal
    >>> from gradlab.grading.outcome.results import Entry, LearnerResult
    >>> conditions = Conditions("0.1.0", "code", "3.11.7", "2.4.0", 7, (), 10, None)
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "grades.journal")
    ...     with open_journal(path, conditions) as journal:
    ...         journal.keep(Entry("d1", "limits", LearnerResult("dora", "missing", ())))
    ...     with open_journal(path, conditions, resume=True) as journal:
    ...         journal.find("dora", "d1").result.status, journal.find("dora", "d2")
    ('missing', None)
    """
    with explain_errors(path):
        journal = _resume(path, conditions) if resume else _begin(path, conditions)
    try:
        yield journal
    finally:
        journal.close()


def require_journal(path: Path) -> None:
    """Raise if there is no journal to go on with.

    Parameters
    ----------
    path : Path
        Where it must be.

    Raises
    ------
    JournalError
        If there is no file.
    """
    if not path.is_file():
        raise JournalError(
            f"there is no {path}, so there is nothing to continue. Give the -o of the run that is "
            "to be continued, or leave --resume out."
        )


def _begin(path: Path, conditions: Conditions) -> Journal:
    # The lock on the old one is held until there is a lock on the new one.
    old = _open_locked(path) if path.is_file() else None
    try:
        unfinished = None if old is None else _count_if_unfinished(old)
        head = {"format": _FORMAT, "conditions": asdict(conditions)}
        kept = write_grades(path, _as_line(head).decode())
        descriptor = _open_locked(path)
    finally:
        if old is not None:
            os.close(old)
    return Journal(path, descriptor, _get_seed(conditions), {}, kept, unfinished)


def _resume(path: Path, conditions: Conditions) -> Journal:
    require_journal(path)
    descriptor = _open_locked(path)
    try:
        text = _read(descriptor)
        before, entries, last = _parse(path, text)
        _require_same(path, before, conditions)
        # What follows the last whole line was torn when the run was killed.
        os.ftruncate(descriptor, text.rfind(b"\n") + 1)
    except BaseException:
        os.close(descriptor)
        raise
    return Journal(
        path,
        descriptor,
        _get_seed(before),
        entries,
        manual=last.get("manual", ""),
        to_mark=last.get("to_mark", ""),
        given=last.get("given", {}),
    )


def _get_seed(conditions: Conditions) -> int:
    if conditions.seed is None:
        raise ValueError("a journal must have a seed")
    return conditions.seed


def _open_locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    is_ours = True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        is_ours = error.errno not in _BUSY  # some network's disks have no locks
    # Before it was locked, another run may have put another file in its place.
    if is_ours and _is_at(path, descriptor):
        return descriptor
    os.close(descriptor)
    raise JournalError(
        f"another run of gradlab grade is writing to {path}. Wait for it to end, or name another "
        "output with -o."
    )


def _is_at(path: Path, descriptor: int) -> bool:
    return path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor))


def _read(descriptor: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()


def _parse(
    path: Path, text: bytes
) -> tuple[Conditions, dict[tuple[str, str], Entry], dict[str, Any]]:
    """Return the conditions, the results, and the last line of a run that came to its end."""
    head, *lines = text.split(b"\n")[:-1] or [b""]
    try:
        first = _read_line(head)
        if first["format"] != _FORMAT:
            raise ValueError("another format")
        conditions = Conditions(**first["conditions"])
        conditions = replace(conditions, lessons=tuple(conditions.lessons))
        _get_seed(conditions)
    except (ValueError, KeyError, TypeError) as error:
        raise JournalError(
            f"{path} is no journal that this version of gradlab wrote. Give the -o of the run "
            "that is to be continued, or leave --resume out to grade everyone; this file is then "
            "kept under another name."
        ) from error
    entries = {}
    last: dict[str, Any] = {}
    for number, line in enumerate(lines, 2):
        try:
            data = _read_line(line)
            if "finished" in data:
                last = _read_last(data)
            else:
                last["finished"] = False
                entry = Entry(str(data["digest"]), str(data["level"]), read_result(data["result"]))
                entries[entry.result.student, entry.digest] = entry
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(
                f"{path} is damaged: line {number} is not what gradlab wrote. Bring the file back "
                "from a backup, or leave --resume out to grade all; this file is then kept under "
                "another name."
            ) from error
    return conditions, entries, last


def _read_last(data: Mapping[str, Any]) -> dict[str, Any]:
    """Read the line of a run that came to its end; raise a ValueError if it is damaged."""
    manual, to_mark, given = data["manual"], data["to_mark"], data["given"]
    if not isinstance(manual, str) or not isinstance(to_mark, str):
        raise ValueError("the names of files must be texts")
    marks = {
        (str(student), str(exercise)): GivenMark(float(points), str(comment), str(answer))
        for student, exercise, points, comment, answer in given
    }
    return {"finished": True, "manual": manual, "to_mark": to_mark, "given": marks}


def _read_line(line: bytes) -> dict[str, Any]:
    """Read a line; raise a ValueError if it is nothing that a journal has."""
    try:
        data = json.loads(line, parse_constant=_refuse_number)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(data, dict):
        raise ValueError("a line must hold a dict")
    return data


def _refuse_number(text: str) -> float:
    raise ValueError(f"{text} is no number of points")


def _count_if_unfinished(descriptor: int) -> int | None:
    try:
        _, entries, last = _parse(Path(), _read(descriptor))
    except JournalError:
        return None
    return 0 if last.get("finished") else len({student for student, _ in entries})


def _require_same(path: Path, before: Conditions, now: Conditions) -> None:
    """Raise if results of a run that goes on would not fit to those that it has."""
    differences = list_differences(before, now)
    if differences:
        raise JournalError(
            f"the run in {path} cannot be continued: {'; '.join(differences)}. Do as that run "
            f"did, or leave --resume out to grade everyone from the start, with --seed "
            f"{before.seed} on the same cases; {path} is then kept under another name."
        )


def _as_line(data: Mapping[str, Any]) -> bytes:
    # In ASCII, so that whatever a notebook holds comes back as it was.
    return json.dumps(data, allow_nan=False).encode("ascii") + b"\n"
