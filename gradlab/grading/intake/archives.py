"""What a zip holds, unpacked under limits, whatever its headers say.

A member is an entry, as a file in a folder is. It is unpacked to a file that has a number for a
name, so that none of the archive's names reaches the file system. One that cannot be trusted is
refused.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from gradlab.support.errors import GradlabError

# Of a notebook that is read; a larger one is refused. So is a larger zip of a learner.
MOST_BYTES = 20_000_000
MOST_DEPTH = 20

NOTEBOOK, ZIP = ".ipynb", ".zip"
LEADS_OUT = "its name leads out of the archive"
DRIVE = re.compile(r"[A-Za-z]:")


class ArchiveError(GradlabError):
    """Why nothing more is unpacked and what to do, in sentences for the teacher."""


class RefusedError(Exception):
    """Why one file is not read; ends as a note."""


@dataclass(frozen=True)
class Packed:
    """A member of an archive that is open."""

    archive: zipfile.ZipFile
    member: zipfile.ZipInfo


@dataclass(frozen=True)
class Entry:
    """A file or folder: its path below the submissions, and where its content is.

    With a problem it is not read; with neither problem nor content it is a folder.
    """

    parts: tuple[str, ...]
    content: Path | Packed | None = None
    problem: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is neither a file nor refused."""
        return self.content is None and not self.problem

    @property
    def is_wanted(self) -> bool:
        """Whether it is to be read, or noted."""
        is_read = self.content is not None and find_suffix(self.parts[-1]) in (NOTEBOOK, ZIP)
        return is_read or bool(self.problem)


@dataclass
class Store:
    """A folder for what is unpacked, in files that have numbers for names."""

    folder: Path
    most: int
    taken: int = 0
    numbers: Iterator[int] = field(default_factory=count)

    def keep(self, content: bytes) -> Path:
        """Write a file; return where it is."""
        path = self.folder / f"{next(self.numbers)}{NOTEBOOK}"
        path.write_bytes(content)
        return path


@dataclass
class Allowance:
    """What a learner may still unpack, which is part of what all may."""

    store: Store
    most: int
    taken: int = 0

    def take(self, size: int) -> None:
        """Use up some bytes of what is allowed; raise if fewer are left."""
        self.taken += size
        self.store.taken += size
        if self.store.taken > self.store.most:
            raise ArchiveError(
                f"The archive unpacks to more than {_format_size(self.store.most)}, which is the "
                "most that is unpacked. Grade it in parts."
            )
        if self.taken > self.most:
            raise RefusedError(explain_excess(self.most))


@contextmanager
def open_archive(file: Path | io.BytesIO, most_files: int) -> Iterator[zipfile.ZipFile]:
    """Open an archive; refuse one that is damaged or that holds more files than allowed."""
    try:
        archive = zipfile.ZipFile(file)
    # Damaged bytes make zipfile raise much that it does not document.
    except Exception as error:
        raise RefusedError(f"it is damaged or not a zip ({error})") from error
    with archive:
        if len(archive.infolist()) > most_files:
            raise RefusedError(f"it holds more than {most_files} files")
        yield archive


def list_members(archive: zipfile.ZipFile) -> list[Entry]:
    """List an archive as if it were a folder; of members with one name the last counts."""
    entries = (_read_member(archive, member) for member in archive.infolist())
    last = {(e.parts, e.problem): e for e in entries if e.parts and not is_hidden(e.parts)}
    return [last[key] for key in sorted(last)]


def unpack_to_file(content: Path | Packed, allowance: Allowance) -> Path:
    """Return the file that holds a content, unpacked if it was packed."""
    if isinstance(content, Path):
        return content
    return allowance.store.keep(read_bytes(content, allowance))


def read_bytes(content: Path | Packed, allowance: Allowance) -> bytes:
    """Read or unpack a content."""
    if isinstance(content, Path):
        return read_regular(content)
    if content.member.flag_bits & 0x1:
        raise RefusedError("it is encrypted")
    # Of the other methods zipfile unpacks a whole piece at once, however large that is.
    if content.member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError(
            "it is not compressed in the usual way; zip it with the system's own tool"
        )
    allowance.take(0)
    try:
        return _unpack(content, allowance)
    except (RefusedError, ArchiveError):
        raise
    # As above.
    except Exception as error:
        raise RefusedError(f"it is damaged ({error})") from error


def read_regular(path: Path) -> bytes:
    """Read a file, though something else may have taken its place since it was listed."""
    try:
        with open(path, "rb", opener=_open_without_following) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise RefusedError("it is not a regular file")
            if info.st_size > MOST_BYTES:
                raise RefusedError(_explain_size())
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise RefusedError("symbolic links are not followed") from error
        raise RefusedError(f"it cannot be read ({error.strerror})") from error
    if len(content) > MOST_BYTES:
        raise RefusedError(_explain_size())
    return content


def find_problem(name: str, depth: int, kind: int) -> str:
    """Say why a file or folder of this name and mode is not read; nothing if it may be."""
    if stat.S_ISLNK(kind):
        return "symbolic links are not followed"
    if depth > MOST_DEPTH:
        return f"it lies more than {MOST_DEPTH} folders deep"
    if stat.S_ISDIR(kind):
        return "it is a folder, not a notebook" if find_suffix(name) == NOTEBOOK else ""
    return "" if stat.S_ISREG(kind) else "it is not a regular file"


def is_hidden(parts: tuple[str, ...]) -> bool:
    """Whether something on a path is hidden, or is what macOS adds to an archive."""
    return any(
        part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in parts
    )


def find_suffix(name: str) -> str:
    """Return the suffix of a notebook or zip in lower case; of other files, an empty one."""
    suffix = Path(name).suffix.lower()
    return suffix if suffix in (NOTEBOOK, ZIP) else ""


def explain_excess(most: int) -> str:
    """Say why a file of a learner who handed in too much is not read."""
    return f"the learner's files together are larger than {_format_size(most)}"


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Entry:
    name = _decode_name(member)
    parts = tuple(part for part in re.split(r"[/\\]", name.rstrip("/") or "/") if part != ".")
    if not parts:
        return Entry(parts)
    if "\\" in name or not parts[0] or ".." in parts or any(map(DRIVE.match, parts)):
        return Entry(parts, problem=LEADS_OUT)
    parts = tuple(filter(None, parts))
    for end, part in enumerate(parts[:-1], start=1):
        if find_suffix(part) == NOTEBOOK:
            return Entry(parts[:end], problem=find_problem(part, end, stat.S_IFDIR))
    # Not every system writes the mode, or all of it.
    kind = stat.S_IFMT(member.external_attr >> 16) or stat.S_IFREG
    problem = find_problem(name, len(parts), stat.S_IFDIR if member.is_dir() else kind)
    content = None if problem or member.is_dir() else Packed(archive, member)
    return Entry(parts, content, problem)


def _decode_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; some systems write UTF-8 without the flag that says so."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def _unpack(content: Packed, allowance: Allowance) -> bytes:
    """Unpack a member piece by piece: what its header says of its size need not be so."""
    whole = bytearray()
    with content.archive.open(content.member) as stream:
        while piece := stream.read(1 << 16):
            allowance.take(len(piece))
            whole += piece
            if len(whole) > MOST_BYTES:
                raise RefusedError(_explain_size())
    return bytes(whole)


def _open_without_following(path: str, flags: int) -> int:
    # Without O_NONBLOCK, to open a pipe would wait for a writer.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _explain_size() -> str:
    return f"it is larger than {_format_size(MOST_BYTES)}"


def _format_size(size: int) -> str:
    return f"{size / 1e6:g} MB"
