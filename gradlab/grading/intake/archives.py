"""What a zip holds, unpacked under limits, whatever its headers say.

A member is an entry, as a file in a folder is. It is unpacked to a file that has a number for a
name, so that none of the archive's names reaches the file system. One that cannot be trusted is
refused.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from gradlab.grading.intake.cell_outputs import TooManyTokensError, skip_outputs
from gradlab.support.errors import GradlabError

# Of a file as it was handed in, outputs included; what is left of a notebook without them.
MOST_BYTES_OF_FILE = 500_000_000
MOST_BYTES = 20_000_000
# Of a learner's files in zips together, outputs included.
MOST_BYTES_UNPACKED = 2_000_000_000
MOST_DEPTH = 20
# Of the disk, so that nothing else runs out of room.
_LEFT_FREE = 500_000_000
# Archives that are open at a time; a class may have hundreds.
_MOST_OPEN = 8

NOTEBOOK, ZIP = ".ipynb", ".zip"
# What browsers and systems make of a notebook's name.
_NOTEBOOKS = re.compile(r"\.ipynb(?:\.txt|\.json|\.download)?$|\.json$", re.IGNORECASE)
LEADS_OUT = "its name leads out of the archive"
_DRIVE = re.compile(r"[A-Za-z]:")


class ArchiveError(GradlabError):
    """Why nothing more is unpacked and what to do, in sentences for the teacher."""


class RefusedError(Exception):
    """Why one file is not read; ends as a note."""


@dataclass(frozen=True)
class Packed:
    """A member of an archive on the disk."""

    archive: Path
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


@dataclass
class Store:
    """A folder for what is unpacked, in files that have numbers for names."""

    folder: Path
    most: int
    kept: int = 0
    numbers: Iterator[int] = field(default_factory=count)
    _open: OrderedDict[Path, zipfile.ZipFile] = field(default_factory=OrderedDict)

    def keep(self, content: bytes) -> Path:
        """Write a file; return where it is."""
        self.kept += len(content)
        free = shutil.disk_usage(self.folder).free - len(content)
        if self.kept > self.most or free < _LEFT_FREE:
            most = f"{format_size(self.most)}, which is the most that is unpacked"
            raise ArchiveError(
                f"The submissions unpack to more than {most if self.kept > self.most else 'fits'}"
                f" in {self.folder.parent}. Grade them in parts: a section or a week at a time."
            )
        path = self.folder / f"{next(self.numbers)}{NOTEBOOK}"
        path.write_bytes(content)
        return path

    def open_archive(self, path: Path, most_bytes: int = 50_000_000) -> zipfile.ZipFile:
        """Return an archive that is open until many others were needed.

        What tells the names of its members, which are read at once, may have so many bytes.
        """
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        _require_small_directory(path, most_bytes)
        try:
            archive = zipfile.ZipFile(path)
        # Damaged bytes make zipfile raise much that it does not document.
        except Exception as error:
            raise RefusedError(f"it is damaged or not a zip ({error})") from error
        self._open[path] = archive
        if len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)[1].close()
        return archive

    def close(self) -> None:
        """Close all archives."""
        while self._open:
            self._open.popitem()[1].close()


@dataclass
class Allowance:
    """What may be unpacked of one learner: outputs take time alone, what is kept takes room."""

    store: Store
    most: int
    unpacked: int = 0
    kept: int = 0

    def take(self, size: int) -> None:
        """Use up some bytes of what may be unpacked; raise if fewer are left."""
        self.unpacked += size
        if self.unpacked > MOST_BYTES_UNPACKED:
            raise RefusedError(explain_excess(MOST_BYTES_UNPACKED))

    def keep(self, content: bytes) -> Path:
        """Write a file; return where it is. Raise if that is more than is left."""
        if self.kept + len(content) > self.most:
            raise RefusedError(explain_excess(self.most))
        self.kept += len(content)
        return self.store.keep(content)


def _require_small_directory(path: Path, most_bytes: int) -> None:
    """Refuse an archive with more members than are looked at, before all are read into memory."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - (1 << 16) - 22))
        end = file.read()
    place = end.rfind(b"PK\5\6")
    said = end[place + 12 : place + 16]
    if place >= 0 and int.from_bytes(said, "little") > most_bytes:
        raise RefusedError("it holds too many files; unpack it, and give what lies in it in parts")


def list_members(archive: zipfile.ZipFile, most_files: int) -> list[Entry]:
    """List an archive as if it were a folder; of members with one name the last counts."""
    if len(archive.infolist()) > most_files:
        raise RefusedError(f"it holds more than {most_files} files")
    path = Path(archive.filename or "")
    entries = (_read_member(path, member) for member in archive.infolist())
    last: dict[tuple[tuple[str, ...], str], Entry] = {}
    for entry in entries:
        shown = _drop_hidden(entry)
        if shown.parts:
            last[shown.parts, shown.problem] = shown
    return [last[key] for key in sorted(last)]


def unpack_notebook(content: Path | Packed, allowance: Allowance) -> Path:
    """Return a file that holds a notebook: unpacked, without its outputs, if it was packed."""
    if isinstance(content, Path):
        return content
    return allowance.keep(strip_notebook(read_bytes(content, allowance)))


def strip_notebook(content: bytes) -> bytes:
    """Return a notebook without its outputs; refuse one that is large even so."""
    try:
        stripped = skip_outputs(content)
    except TooManyTokensError as error:
        raise RefusedError(f"it holds {error}; clear its outputs and save it again") from error
    if len(stripped) > MOST_BYTES:
        raise RefusedError(
            f"it is larger than {format_size(MOST_BYTES)} even without its outputs; such a size "
            "is not that of a lesson, so look into it"
        )
    return stripped


def read_bytes(content: Path | Packed, allowance: Allowance) -> bytes:
    """Read or unpack a content."""
    if isinstance(content, Path):
        return read_regular(content)
    if content.member.flag_bits & 0x1:
        raise RefusedError("it is encrypted; ask for it without a password")
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
        raise RefusedError(f"it is damaged ({error}); ask for it again") from error


def read_regular(path: Path) -> bytes:
    """Read a file, though something else may have taken its place since it was listed."""
    try:
        with open(path, "rb", opener=_open_without_following) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise RefusedError("it is not a regular file")
            content = file.read(MOST_BYTES_OF_FILE + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise RefusedError("symbolic links are not followed") from error
        raise RefusedError(f"it cannot be read ({error.strerror})") from error
    _require_size(len(content))
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
    """Return .ipynb or .zip for the name of a notebook or zip; of other files, an empty text."""
    if name.lower().endswith(ZIP):
        return ZIP
    return NOTEBOOK if _NOTEBOOKS.search(name) else ""


def has_notebook_name(name: str) -> bool:
    """Whether a file is called like a notebook; what only ends in .json may be anything."""
    low = name.lower()
    is_json = low.endswith(".json") and not low.endswith(f"{NOTEBOOK}.json")
    return find_suffix(name) == NOTEBOOK and not is_json


def drop_suffix(name: str) -> str:
    """Return the name of a notebook or zip without its suffix."""
    if name.lower().endswith(ZIP):
        return name[: -len(ZIP)]
    return _NOTEBOOKS.sub("", name)


def is_odd(part: str) -> bool:
    """Whether a part of a path leads somewhere else."""
    return part in ("", "..") or _DRIVE.match(part) is not None


def explain_excess(most: int) -> str:
    """Say why a file of a learner who handed in too much is not read."""
    return f"the learner's files together are larger than {format_size(most)}"


def format_size(size: int) -> str:
    """Return a number of bytes in megabytes."""
    return f"{size / 1e6:g} MB"


def _drop_hidden(entry: Entry) -> Entry:
    """Return an entry; in place of a hidden one its folder, which may be somebody's."""
    for end, part in enumerate(entry.parts):
        if is_hidden((part,)):
            return Entry(entry.parts[:end])
    return entry


def _read_member(archive: Path, member: zipfile.ZipInfo) -> Entry:
    # Some programs on Windows write "\\" between the names of folders.
    name = _decode_name(member).replace("\\", "/")
    parts = tuple(part for part in (name.rstrip("/") or "/").split("/") if part != ".")
    if not parts:
        return Entry(parts)
    if not parts[0] or ".." in parts or any(map(_DRIVE.match, parts)):
        return Entry(parts, problem=LEADS_OUT)
    parts = tuple(filter(None, parts))
    if len(parts) > MOST_DEPTH:
        return Entry(parts[: MOST_DEPTH + 1], problem=find_problem("", len(parts), stat.S_IFREG))
    for end, part in enumerate(parts[:-1], start=1):
        if find_suffix(part) == NOTEBOOK:
            return Entry(parts[:end], problem=find_problem(part, end, stat.S_IFDIR))
    # Not every system writes the mode, or all of it.
    kind = stat.S_IFMT(member.external_attr >> 16) or stat.S_IFREG
    is_folder = member.is_dir() or name.endswith("/")
    problem = find_problem(name, len(parts), stat.S_IFDIR if is_folder else kind)
    content = None if problem or is_folder else Packed(archive, member)
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
    with allowance.store.open_archive(content.archive).open(content.member) as stream:
        while piece := stream.read(1 << 16):
            allowance.take(len(piece))
            whole += piece
            _require_size(len(whole))
    return bytes(whole)


def _require_size(size: int) -> None:
    if size > MOST_BYTES_OF_FILE:
        raise RefusedError(
            f"it is larger than {format_size(MOST_BYTES_OF_FILE)}; clear its outputs and save it "
            "again"
        )


def _open_without_following(path: str, flags: int) -> int:
    # Without O_NONBLOCK, to open a pipe would wait for a writer.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
