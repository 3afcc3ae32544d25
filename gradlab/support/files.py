"""Writing files whole or not at all, and without losing what was there."""

from __future__ import annotations

import errno
import itertools
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Not every file system has second names, nor any number of them.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
        The file; what was there is replaced.
    content : bytes
        Its new content.

    Raises
    ------
    OSError
        If the file cannot be written; then what was there is there still.

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
    with _part(path, content) as part:
        part.replace(path)


def write_kept(path: Path, content: bytes) -> Path | None:
    """Write a file whole or not at all; keep beside it what was there before.

    Parameters
    ----------
    path : Path
        The file. Of a symbolic link, the link is replaced, not what it leads to.
    content : bytes
        Its new content.

    Returns
    -------
    Path or None
        Where the old content is now, such as ``grades.kept-1.csv``; None if there was none, or
        the same.

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
    with _part(path, content) as part:
        kept = _keep(path) if os.path.lexists(path) else None
        part.replace(path)
    return kept


def propose_names(path: Path, word: str) -> Iterator[Path]:
    """Yield names beside a file, without end.

    Parameters
    ----------
    path : Path
        The file.
    word : str
        What the names say of it.

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
def _part(path: Path, content: bytes) -> Iterator[Path]:
    """Write a file beside another, which it can replace; it is gone if it did not."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)


def _keep(path: Path) -> Path:
    """Give what is at a path a second name."""
    names = propose_names(path, "kept")
    while True:
        kept = next(names)
        if os.path.lexists(kept):
            continue
        try:
            # A second name, not another one: at no moment is there nothing at the path.
            os.link(path, kept, follow_symlinks=False)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            path.rename(kept)
        return kept
