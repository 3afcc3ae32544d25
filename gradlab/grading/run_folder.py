"""One folder for all that a run has on the disk; it ends with the run, however that ends.

A shell waits for the end of a pipe that only the run holds. That comes when the run closes it, and
also when the run is killed; then the shell removes the folder. It has a session of its own, so
that no signal to the run's terminal or process group ends it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gradlab.grading.signals import hold
from gradlab.support.errors import GradlabError

_PREFIX = "gradlab-run-"
_LOCK = "lock"
# Of what the run has started, something may still write there while it ends.
_REMOVE = 'read -r _; for _ in 1 2 3 4 5; do rm -rf -- "$1" && exit; sleep 1; done'
_PATIENCE = 10.0


class RunFolderError(GradlabError):
    """Why there is no folder for temporary files, with what to do."""


@contextmanager
def run_folder() -> Iterator[Path]:
    """Make a folder in which `tempfile` puts everything until the context ends.

    Folders that earlier runs left behind, because they and their shells were killed, are removed;
    a lock says whose run is over.

    Yields
    ------
    Path
        The folder.

    Raises
    ------
    RunFolderError
        If it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> from gradlab.grading.run_folder import run_folder
    >>> with run_folder() as folder:
    ...     tempfile.gettempdir() == str(folder)
    True
    >>> folder.exists()
    False
    """
    before = tempfile.tempdir
    try:
        with hold():
            place = Path(tempfile.gettempdir())
            _remove_stale(place)
            folder, lock = _make(place)
            remover = _start_remover(folder)
            tempfile.tempdir = str(folder)
    except OSError as error:
        raise RunFolderError(
            f"no folder for temporary files can be made in {tempfile.gettempdir()}: "
            f"{error.strerror or error}. Make room there, or name another folder in TMPDIR."
        ) from error
    try:
        yield folder
    finally:
        with hold():
            tempfile.tempdir = before
            _end(remover, folder)
            os.close(lock)


def _make(place: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        # Answers that run as another user find their own folder below it, and can list nothing.
        folder.chmod(0o711)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if _can_lock(lock) and folder.exists():
            return folder, lock
        os.close(lock)  # another run took it for one that was left behind


def _start_remover(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", _REMOVE, "sh", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_make_environment(),
        start_new_session=True,
    )


def _make_environment() -> dict[str, str]:
    return {"PATH": f"{os.environ.get('PATH', '')}:/usr/bin:/bin"}


def _end(remover: subprocess.Popen[bytes], folder: Path) -> None:
    assert remover.stdin is not None
    remover.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        remover.wait(_PATIENCE)
    if folder.exists():  # somebody has killed the shell
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(place: Path) -> None:
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                if _can_lock(lock):
                    command = ["rm", "-rf", "--", str(folder)]
                    subprocess.run(command, env=_make_environment(), check=False)
            finally:
                os.close(lock)


def _can_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
