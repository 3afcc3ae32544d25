"""An answer with all that it started: found, measured, ended, and tidied up after."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import stat
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

# What an answer took too much of.
Excess = Literal["", "memory", "processes", "files", "bytes"]
# Seconds until all processes of an answer have to be gone after they were killed.
_PATIENCE = 2.0
# How many entries of others' folders are looked at, many times while an answer runs, and once when
# it has ended: there may be millions below /tmp where everyone may write.
_MOST_SEEN, _MOST_SEEN_AT_END = 5_000, 100_000
# What of a process's memory is its own, in /proc/PID/status; the files that it reads are not.
_OWN_MEMORY = (b"RssAnon:", b"RssShmem:", b"VmSwap:")


@dataclass(frozen=True)
class Limits:
    """How much an answer may take with all that it started.

    Attributes
    ----------
    memory_bytes : int
        Of memory, in all of its processes together.
    processes : int
        How many processes it may start.
    files, bytes_in_files : int
        How many files and folders it may have at a time, and how large they may be together.
    """

    memory_bytes: int
    processes: int
    files: int
    bytes_in_files: int


class Job:
    """An answer that runs, with all that it started.

    Parameters
    ----------
    child : int
        Its first process, a child of this one. Of its orphans this process is the parent too.
    folder : str
        Where its files are; emptied when it ends.
    mode : int
        The mode of that folder, which the answer may change, before any answer ran.
    limits : Limits
        How much it may take.
    uid : int, optional
        A user that no other process has.
    shared : sequence of str
        Folders of others, from which what this user left is removed too.
    """

    def __init__(
        self,
        child: int,
        folder: str,
        mode: int,
        limits: Limits,
        uid: int | None = None,
        shared: Sequence[str] = (),
    ) -> None:
        self._child = child
        self._folder = folder
        self._limits = limits
        self._uid = uid
        self._shared = shared
        self._before = _times_of_change(shared)
        self._mode = mode
        self._excess: Excess = ""

    def watch(self) -> None:
        """End it if it takes too much."""
        if self._excess:
            return
        self._excess = self._find_excess(
            find_descendants(), _left_by(self._uid, self._shared, _MOST_SEEN)
        )
        if self._excess:
            self._kill()

    def end(self, wait: float) -> dict[str, Any]:
        """End it.

        Parameters
        ----------
        wait : float
            Seconds that it has to end by itself.

        Returns
        -------
        dict
            The fields of `gradlab.grading.sandbox.process.Ending`.
        """
        pid, status, cpu_seconds = 0, 0, 0.0
        if not self._excess:
            pid, status, cpu_seconds = self._wait(wait)
            self._kill()
            self._excess = self._find_excess([], [])
        self._empty_folder()
        # To look costs a tenth of a short answer.
        if _times_of_change(self._shared) != self._before:
            for path in _left_by(self._uid, self._shared, _MOST_SEEN_AT_END):
                remove(path)
        return {
            "by_itself": bool(pid),
            "signal": os.WTERMSIG(status) if pid and os.WIFSIGNALED(status) else 0,
            "cpu_seconds": cpu_seconds,
            "excess": self._excess,
        }

    def _empty_folder(self) -> None:
        """Leave its folder as it was: but for root in bubblewrap, it belongs to the answer."""
        os.chmod(self._folder, self._mode)
        for name in os.listdir(self._folder):
            remove(os.path.join(self._folder, name))
        os.utime(self._folder, (0, 0))  # times may be set to any number, for another to read

    def _wait(self, seconds: float) -> tuple[int, int, float]:
        """Give it time to end; return its first process, or 0 if that runs on, and its ending."""
        give_up = time.monotonic() + seconds
        pid, status, usage = os.wait4(self._child, os.WNOHANG)
        while not pid and time.monotonic() < give_up:
            time.sleep(0.0002)
            pid, status, usage = os.wait4(self._child, os.WNOHANG)
        return pid, status, usage.ru_utime + usage.ru_stime

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self._child, signal.SIGKILL)  # all that finds them without /proc
        give_up = time.monotonic() + _PATIENCE
        while _some_are_left():
            if time.monotonic() > give_up:
                os._exit(1)  # where this process has a world of its own, that ends with it
            for one in find_descendants():
                with contextlib.suppress(OSError):
                    os.kill(one, signal.SIGKILL)
            time.sleep(0.0005)

    def _find_excess(self, running: Sequence[int], elsewhere: Sequence[str]) -> Excess:
        """Look at processes, and at files in its folder and elsewhere."""
        if len(running) - 1 > self._limits.processes:
            return "processes"
        if sum(map(_own_memory, running)) > self._limits.memory_bytes:
            return "memory"
        files, size = self._measure_files(elsewhere)
        if files > self._limits.files:
            return "files"
        return "bytes" if size > self._limits.bytes_in_files else ""

    def _measure_files(self, elsewhere: Sequence[str]) -> tuple[int, int]:
        """Return how many files and folders there are, and their bytes; not all if too many."""
        most = self._limits.files
        if os.path.ismount(self._folder):
            system = os.statvfs(self._folder)
            blocks = system.f_blocks - system.f_bfree
            return system.f_files - system.f_ffree, blocks * system.f_frsize
        files = size = 0
        left = [self._folder, *elsewhere]
        while left and files <= most:
            path = left.pop()
            try:
                found = os.lstat(path)
                left += _some_inside(path, most) if stat.S_ISDIR(found.st_mode) else []
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:  # whatever is below that
                    return most + 1, size
                continue  # it is gone meanwhile
            files, size = files + 1, size + found.st_blocks * 512
        return files, size


def find_descendants() -> list[int]:
    """Return the processes that this one started, and that those started."""
    children: dict[int, list[int]] = {}
    for pid in list_pids():
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold anything; the parent is the second field after it.
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            children.setdefault(int(fields[1]), []).append(pid)
    found = list(children.get(os.getpid(), []))
    for pid in found:
        found += children.get(pid, [])
    return found


def end_all_of(uid: int, shared: Sequence[str]) -> None:
    """End all processes of a user that only one worker had, and remove what they left.

    Parameters
    ----------
    uid : int
        The user.
    shared : sequence of str
        Folders of others in which it may have left something.
    """
    give_up = time.monotonic() + _PATIENCE
    while (running := _processes_of(uid)) and time.monotonic() < give_up:
        for pid in running:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.0005)
    for path in _left_by(uid, shared, _MOST_SEEN_AT_END):
        remove(path)


def list_pids() -> list[int]:
    """Return all processes that can be seen; none on systems other than Linux."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def remove(path: str) -> None:
    """Remove a file or a folder, however deep it is and whether or not it is locked."""
    with contextlib.suppress(OSError, RecursionError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    if not os.path.lexists(path):
        return
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        with contextlib.suppress(OSError):
            nowhere = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
            arguments = [*command, "--", path]
            os.waitpid(os.posix_spawnp(command[0], arguments, os.environ, file_actions=nowhere), 0)


def _processes_of(uid: int) -> list[int]:
    """Find a user's processes; the owner of /proc/PID may be root, where it guards its memory."""
    running = []
    for pid in list_pids():
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_bytes()
            if int(status.partition(b"\nUid:")[2].split()[0]) == uid:
                running.append(pid)
    return running


def _left_by(uid: int | None, shared: Sequence[str], most: int) -> list[str]:
    """Find what a user has in folders of others, and below them where everyone may write.

    Those nearest to the shared folders are looked at first, and no more entries than so many.
    """
    found: list[str] = []
    folders = deque(shared)
    while folders and most > 0:
        for path, status in islice(_read_statuses(folders.popleft()), most):
            most -= 1
            if status.st_uid == uid:
                found.append(path)
            elif stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_IWOTH:
                folders.append(path)
    return found


def _some_are_left() -> bool:
    """Reap what has ended; return whether a child is left. Orphans become children in turn."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _own_memory(pid: int) -> int:
    """Return how many bytes of memory a process has of its own; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_bytes().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(_OWN_MEMORY))


def _some_inside(folder: str, most: int) -> list[str]:
    """Return what is in a folder, but not much more than so many."""
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in islice(entries, most + 1)]
    except PermissionError:
        os.chmod(folder, 0o700)  # the answer may be this user, and have locked it
        return [entry.path for entry in islice(os.scandir(folder), most + 1)]


def _times_of_change(folders: Sequence[str]) -> list[int]:
    """Return when something was last made or removed in each folder; not in those below it."""
    return [os.stat(folder).st_mtime_ns for folder in folders if os.path.isdir(folder)]


def _read_statuses(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield what is in a folder, as far as it can be read, with its status."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                yield entry.path, entry.stat(follow_symlinks=False)
