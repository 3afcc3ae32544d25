"""What runs in the sandbox: a parent with NumPy loaded, which forks a child for each answer."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradlab.grading.sandbox.seccomp import forbid_calls
from gradlab.grading.sandbox.session import Session
from gradlab.grading.sandbox.wire import Channel

# So that a fork has them: what answers import most, of Python and NumPy.
_LOADED = (
    *("cmath", "collections", "copy", "decimal", "fractions", "functools", "heapq", "itertools"),
    *("math", "numbers", "operator", "re", "statistics", "string", "types", "typing"),
    *("numpy.fft", "numpy.linalg", "numpy.polynomial", "numpy.random"),
)
_PR_SET_CHILD_SUBREAPER, _PR_SET_DUMPABLE = 36, 4
_PATIENCE = 2.0


@dataclass(frozen=True)
class Settings:
    """What a worker may do.

    Attributes
    ----------
    folder : str
        Where each answer gets an empty folder of its own.
    uid : int or None
        The user that answers run as, if not this one.
    cpu_seconds, memory_bytes, processes, file_bytes : int
        How much an answer may take: of computing time, of memory for each process, of processes
        and threads, and of bytes in a file.
    """

    folder: str
    uid: int | None
    cpu_seconds: int
    memory_bytes: int
    processes: int
    file_bytes: int


def main(control: socket.socket, settings_sent: dict[str, Any]) -> None:
    """Fork a child for each answer that the grader sends, and end it when the grader says so.

    Parameters
    ----------
    control : socket
        Brings ``b"A"`` with one end of a new connection, over which the answer will come, and
        ``b"E"`` or, if that connection broke, ``b"G"`` to end what runs. The reply to that says
        how the child ended.
    settings_sent : dict
        The fields of `Settings`.
    """
    settings = Settings(**settings_sent)
    for name in _LOADED:
        importlib.import_module(name)
    _prepare()
    control.sendall(b"R")
    child = 0
    while True:
        command, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not command:  # the grader is gone
            if child:
                _end(child, settings, 0.0)
            return
        if command == b"A":
            child = _fork(control, descriptors[0], settings)
            os.close(descriptors[0])
        else:
            # A connection is closed before the process is gone.
            ending = _end(child, settings, _PATIENCE if command == b"G" else 0.0)
            control.sendall(json.dumps(ending).encode() + b"\n")
            child = 0


def _prepare() -> None:
    """Become the parent of processes whose own parent ended, so that all can be found.

    And keep others of the same user from reading and writing the memory of this process, and from
    the file into which it would have said why it did not start.
    """
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    with contextlib.suppress(OSError, AttributeError):
        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _fork(control: socket.socket, descriptor: int, settings: Settings) -> int:
    child = os.fork()
    if child:
        return child
    try:
        control.close()
        os.setsid()
        _confine(settings)
        Session(Channel(socket.socket(fileno=descriptor))).run()
    except BaseException:
        os._exit(1)
    os._exit(0)


def _confine(settings: Settings) -> None:
    """Give up everything that an answer does not need; what a system lacks is left as it is."""
    if settings.uid is not None:
        os.setgroups([])
        os.setresgid(settings.uid, settings.uid, settings.uid)
        os.setresuid(settings.uid, settings.uid, settings.uid)
    os.chdir(tempfile.mkdtemp(dir=settings.folder))
    os.environ["HOME"] = os.environ["TMPDIR"] = os.getcwd()
    most = {
        resource.RLIMIT_CPU: (settings.cpu_seconds, settings.cpu_seconds + 1),
        resource.RLIMIT_AS: (settings.memory_bytes, settings.memory_bytes),
        resource.RLIMIT_NPROC: (_tasks() + settings.processes,) * 2,
        resource.RLIMIT_FSIZE: (settings.file_bytes, settings.file_bytes),
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_CORE: (0, 0),
    }
    for what, limits in most.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, limits)
    forbid_calls()


def _tasks() -> int:
    """Count the processes of this user, with their threads: a limit counts all of them."""
    count = 0
    for pid in _pids():
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{pid}/task"))
    return count


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:  # not Linux
        return []


def _end(child: int, settings: Settings, wait: float) -> dict[str, Any]:
    """End an answer and all that it started; say how it ended if it did so in time by itself."""
    give_up = time.monotonic() + wait
    pid, status, usage = os.wait4(child, os.WNOHANG)
    while not pid and time.monotonic() < give_up:
        time.sleep(0.0002)
        pid, status, usage = os.wait4(child, os.WNOHANG)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)  # all that there is to find them by, without /proc
    ended = {
        "by_itself": bool(pid),
        "signal": os.WTERMSIG(status) if pid and os.WIFSIGNALED(status) else 0,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }
    give_up = time.monotonic() + _PATIENCE
    while _some_are_left():
        if time.monotonic() > give_up:
            os._exit(1)  # where this process has a world of its own, that ends with it
        for one in _children():
            with contextlib.suppress(OSError):
                os.kill(one, signal.SIGKILL)
        time.sleep(0.0005)
    for entry in Path(settings.folder).iterdir():
        with contextlib.suppress(OSError, RecursionError):
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    return ended


def _some_are_left() -> bool:
    """Reap what has ended; return whether a child is left. Orphans become children in turn."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    children = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold anything; the parent is the second field after it.
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            if int(fields[1]) == os.getpid():
                children.append(pid)
    return children
