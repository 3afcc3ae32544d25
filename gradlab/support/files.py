"""Writing files completely or not at all, without losing what was there before."""

from __future__ import annotations

import errno
import itertools
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# What is written to find out whether there is room.
_ROOM = 1 << 16
# Some file systems have no hard links, or only a limited number of them.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


def write_whole(path: Path, content: bytes) -> None:
    """Write a file completely or not at all.

    Parameters
    ----------
    path : Path
        The file, which is replaced if it exists.
    content : bytes
        Its new content.

    Raises
    ------
    OSError
        If the file cannot be written; an existing file is then unchanged.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.support.files import write_whole
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "page.html")
    ...     write_whole(path, b"new")
    ...     path.read_bytes()
    b'new'
    """
    with _temporary(path, content) as temporary:
        temporary.replace(path)


def write_kept(path: Path, content: bytes) -> Path | None:
    """Write a file completely or not at all, and keep the old version beside it.

    Parameters
    ----------
    path : Path
        The file. If it is a symbolic link, the link is replaced, not its target.
    content : bytes
        Its new content.

    Returns
    -------
    Path or None
        Where the old content is now, such as ``grades.kept-1.csv``; None if there was no file or
        its content was the same.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.support.files import write_kept
    >>> with tempfile.TemporaryDirectory() as here:
    ...     path = Path(here, "grades.csv")
    ...     print(write_kept(path, b"old"), write_kept(path, b"new").name)
    None grades.kept-1.csv
    """
    if not path.is_symlink() and path.is_file() and path.read_bytes() == content:
        return None
    with _temporary(path, content) as temporary:
        kept = _keep(path) if os.path.lexists(path) else None
        temporary.replace(path)
    return kept


def try_writing(path: Path) -> None:
    """Find out whether a file could be written, without leaving anything behind.

    Parameters
    ----------
    path : Path
        The file, as `write_kept` would write it.

    Raises
    ------
    OSError
        If its name is too long, or nothing can be written to its folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from gradlab.support.files import try_writing
    >>> with tempfile.TemporaryDirectory() as here:
    ...     try_writing(Path(here, "page.html"))
    ...     list(Path(here).iterdir())
    []
    """
    for name in (path, next(propose_names(path, "kept"))):
        with suppress(FileNotFoundError):
            name.lstat()
    with tempfile.TemporaryFile(dir=path.parent) as file:
        file.write(bytes(_ROOM))
        file.flush()
        os.fsync(file.fileno())


def propose_names(path: Path, word: str) -> Iterator[Path]:
    """Yield names for versions of a file, without end.

    Parameters
    ----------
    path : Path
        The file.
    word : str
        The word that the names contain.

    Yields
    ------
    Path
        Such as ``grades.kept-1.csv``, ``grades.kept-2.csv`` and so on.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gradlab.support.files import propose_names
    >>> next(propose_names(Path("grades.csv"), "kept")).name
    'grades.kept-1.csv'
    """
    return (path.with_name(f"{path.stem}.{word}-{n}{path.suffix}") for n in itertools.count(1))


@contextmanager
def _temporary(path: Path, content: bytes) -> Iterator[Path]:
    """Write a temporary file beside another, to replace it; delete it if it did not."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _keep(path: Path) -> Path:
    """Give the file at a path a second name."""
    names = propose_names(path, "kept")
    while True:
        kept = next(names)
        if os.path.lexists(kept):
            continue
        try:
            # A second name rather than a new one, so that the path is never empty.
            os.link(path, kept, follow_symlinks=False)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            path.rename(kept)
        return kept
