"""All that a teacher got back, as one tree: a folder and a zip are the same.

Nothing is read but names. A file that cannot be trusted is in the tree with the reason.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from gradlab.grading.intake.archives import (
    ZIP,
    Allowance,
    Entry,
    Packed,
    RefusedError,
    Store,
    find_problem,
    find_suffix,
    is_hidden,
    is_odd,
    list_members,
    read_bytes,
)

# Files and folders that are looked at: below each folder or zip of those given, and in a zip that
# lies within.
MOST_FILES = 200_000
MOST_FILES_OF_ZIP = 50_000
# A zip, in that the zips of a section, in these those of the learners.
_MOST_ZIPS_DEEP = 3
# What tells a file in a zip, with a long name.
_BYTES_OF_NAME = 300
# By its name and its comment, a zip is known that gives feedback back: nobody handed it in.
FEEDBACK, FEEDBACK_COMMENT = "feedback-for-", b"Feedback by gradlab"
# What a zip may come to that lies in another, with those in it.
_MOST_BYTES_OF_ZIPS = 1_000_000_000


@dataclass
class Folder:
    """A folder, or a zip that stands for one.

    Attributes
    ----------
    name : str
        Its name, with the suffix of a zip.
    path : tuple of str
        The names that lead to it from what was given, its own the last.
    folders : dict of str to Folder
        What lies in it, sorted by name.
    files : list of (tuple of str, Entry)
        Its files, each with its path below this folder: more than a name where a part of it
        leads somewhere else.
    problem : str
        Why not all of it was looked at.
    """

    name: str
    path: tuple[str, ...]
    folders: dict[str, Folder] = field(default_factory=dict)
    files: list[tuple[tuple[str, ...], Entry]] = field(default_factory=list)
    problem: str = ""

    @property
    def is_zip(self) -> bool:
        """Whether it is a zip."""
        return find_suffix(self.name) == ZIP

    def add(self, entry: Entry, parts: Sequence[str] | None = None) -> Folder:
        """Put an entry where its path leads; return the folder in which it lies, or is."""
        parts = entry.parts if parts is None else parts
        folder = self
        last = len(parts) if entry.is_folder else len(parts) - 1
        for depth, part in enumerate(parts):
            if depth == last or is_odd(part):
                break
            path = (*folder.path, part)
            folder = folder.folders.setdefault(part, Folder(part, path))
        rest = tuple(parts[len(folder.path) - len(self.path) :])
        if entry.problem and rest and rest[0] in folder.folders:
            folder.folders[rest[0]].problem = entry.problem
        elif rest:
            folder.files.append((rest, entry))
        return folder

    def walk(self) -> Iterator[tuple[tuple[str, ...], Entry]]:
        """Yield each file below, with its path from here."""
        yield from self.files
        for name, folder in sorted(self.folders.items()):
            for parts, entry in folder.walk():
                yield (name, *parts), entry

    def all_folders(self) -> Iterator[Folder]:
        """Yield this folder and all below."""
        yield self
        for _, folder in sorted(self.folders.items()):
            yield from folder.all_folders()


def list_all(paths: Sequence[Path], store: Store) -> Folder:
    """List what lies in folders and zips, without following a symbolic link.

    Parameters
    ----------
    paths : sequence of Path
        Folders and zips. Of one alone, its content is listed; of several, each with its name.
    store : Store
        Where zips within zips are unpacked to.

    Returns
    -------
    Folder
        All of it. What is hidden is left out.

    Raises
    ------
    RefusedError
        If a zip that was given cannot be opened.
    """
    root = Folder("", ())
    for path in paths:
        top = root.add(Entry((_choose_name(path, root),))) if len(paths) > 1 else root
        if path.is_dir():
            _add_folder(path, top, store)
        else:
            _add_members(list_members(store.open_archive(path), MOST_FILES), top, store)
    return root


def _choose_name(path: Path, root: Folder) -> str:
    """Return what one of several paths is called: with its folders, where the name is there."""
    name = path.name
    for folder in path.absolute().parts[-2::-1]:
        if name not in root.folders:
            break
        name = f"{folder} {name}"
    return name


@dataclass
class _Budget:
    """How many more files of a folder, zip or file at the top are looked at."""

    files: int

    def take(self, files: int) -> None:
        """Use up some files; raise if fewer are left."""
        self.files -= files
        if self.files < 0:
            raise RefusedError(
                f"it holds more than {MOST_FILES} files, and no more were looked at"
            )


def _add_folder(path: Path, top: Folder, store: Store) -> None:
    """List a folder on the disk, in an order that does not depend on the file system."""
    with os.scandir(path) as children:
        names = sorted(child.name for child in children if not is_hidden((child.name,)))
    for name in names:
        budget = _Budget(MOST_FILES)
        try:
            for entry in _walk(path / name, (name,)):
                budget.take(1)
                _add(entry, top, budget, Allowance(store, _MOST_BYTES_OF_ZIPS), 0)
        except RefusedError as why:
            top.folders[name].problem = str(why)


def _walk(path: Path, parts: tuple[str, ...]) -> Iterator[Entry]:
    waiting = [(path, parts)]
    while waiting:
        path, parts = waiting.pop()
        entry = _read_entry(path, parts)
        yield entry
        if not entry.is_folder:
            continue
        try:
            with os.scandir(path) as children:
                names = sorted(child.name for child in islice(children, MOST_FILES + 1))
        except OSError as error:
            yield Entry(parts, problem=f"the folder cannot be read ({error.strerror})")
            continue
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


def _add_members(entries: Sequence[Entry], top: Folder, store: Store) -> None:
    budgets: dict[str, _Budget] = {}
    for entry in entries:
        budget = budgets.setdefault(entry.parts[0], _Budget(MOST_FILES))
        _add(entry, top, budget, Allowance(store, _MOST_BYTES_OF_ZIPS), 1)


def _add(entry: Entry, top: Folder, budget: _Budget, allowance: Allowance, depth: int) -> None:
    """Put an entry into the tree; a zip with what it holds.

    The allowance is that of the zip and of those in it.
    """
    if entry.content is None or find_suffix(entry.parts[-1]) != ZIP:
        top.add(entry)
        return
    try:
        if depth == _MOST_ZIPS_DEEP:
            raise RefusedError("so many zips within each other are not unpacked; unpack one")
        archive = _open_inner(entry.content, allowance)
        if _is_feedback(entry, archive):
            return
        members = list_members(archive, MOST_FILES_OF_ZIP)
        budget.take(len(members))
    except RefusedError as why:
        top.add(Entry(entry.parts, problem=str(why)))
        return
    inner = top.add(Entry(entry.parts))
    for member in members:
        _add(member, inner, budget, allowance, depth + 1)


def _is_feedback(entry: Entry, archive: zipfile.ZipFile) -> bool:
    return entry.parts[-1].startswith(FEEDBACK) and archive.comment == FEEDBACK_COMMENT


def _open_inner(content: Path | Packed, allowance: Allowance) -> zipfile.ZipFile:
    on_disk = content if isinstance(content, Path) else None
    path = on_disk or allowance.keep(read_bytes(content, allowance))
    return allowance.store.open_archive(path, MOST_FILES_OF_ZIP * _BYTES_OF_NAME)
