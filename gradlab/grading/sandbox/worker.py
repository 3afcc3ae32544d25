"""What runs in the sandbox: a parent with NumPy loaded, which forks a child for each answer."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import signal
import socket
import stat
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

from gradlab.grading.sandbox.job import Job, Limits, end_all_of, list_pids
from gradlab.grading.sandbox.seccomp import forbid_calls
from gradlab.grading.sandbox.session import Session
from gradlab.grading.sandbox.wire import Channel

# So that a fork has them: what answers import most, of Python and NumPy.
_LOADED = (
    *("cmath", "collections", "copy", "decimal", "fractions", "functools", "heapq", "itertools"),
    *("math", "numbers", "operator", "re", "statistics", "string", "types", "typing"),
    *("numpy.fft", "numpy.linalg", "numpy.polynomial", "numpy.random"),
)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36
# Seconds that an answer whose connection broke has to be gone, and between looks at one that runs.
_PATIENCE = 2.0
_INTERVAL = 0.1


@dataclass(frozen=True)
class Settings:
    """What a worker may do.

    Attributes
    ----------
    folder : str
        Where each answer gets an empty folder of its own.
    uid : int or None
        The user that answers run as, if not this one.
    shared : list of str
        Folders of others in which that user may leave something, which is to be removed.
    cpu_seconds, memory_bytes, processes, file_bytes : int
        How much an answer may take: of computing time, of memory, in each process and in all
        together, of processes and threads, and of bytes in a file.
    files, bytes_in_files : int
        See `gradlab.grading.sandbox.job.Limits`.
    """

    folder: str
    uid: int | None
    shared: list[str]
    cpu_seconds: int
    memory_bytes: int
    processes: int
    file_bytes: int
    files: int
    bytes_in_files: int


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
    mode = stat.S_IMODE(os.stat(settings.folder).st_mode)
    control.sendall(b"R")
    limits = Limits(
        settings.memory_bytes, settings.processes, settings.files, settings.bytes_in_files
    )
    job: Job | None = None
    while True:
        if job and not select.select([control], [], [], _INTERVAL)[0]:
            job.watch()
            continue
        command, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if command == b"A":
            child = _fork(control, descriptors[0], settings)
            os.close(descriptors[0])
            job = Job(child, settings.folder, mode, limits, settings.uid, settings.shared)
            continue
        # A connection is closed before the process is gone.
        ending = job.end(_PATIENCE if command == b"G" else 0.0) if job else {}
        job = None
        if not command:  # the grader is done, or gone
            if settings.uid is not None and settings.shared:
                end_all_of(settings.uid, settings.shared)
            return
        control.sendall(json.dumps(ending).encode() + b"\n")


def _prepare() -> None:
    """Become the parent of processes whose own parent ended, so that all can be found.

    And keep others of the same user from reading and writing the memory of this process, from
    interrupting it, and from the file into which it would have said why it did not start.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _control_process(_PR_SET_CHILD_SUBREAPER, 1)
    _control_process(_PR_SET_DUMPABLE, 0)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)


def _control_process(what: int, value: int) -> None:
    """Call prctl; only Linux has it."""
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(what, value, 0, 0, 0):
        raise OSError(f"the kernel refuses prctl({what}, {value})")


def _fork(control: socket.socket, descriptor: int, settings: Settings) -> int:
    child = os.fork()
    if child:
        return child
    try:
        control.close()
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
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
    # Not before: it is forgotten where a process becomes another user's.
    _control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(tempfile.mkdtemp(dir=settings.folder))
    os.environ["HOME"] = os.environ["TMPDIR"] = os.getcwd()
    most = {
        resource.RLIMIT_CPU: (settings.cpu_seconds, settings.cpu_seconds + 1),
        resource.RLIMIT_AS: (settings.memory_bytes, settings.memory_bytes),
        resource.RLIMIT_NPROC: (_count_tasks() + settings.processes,) * 2,
        resource.RLIMIT_FSIZE: (settings.file_bytes, settings.file_bytes),
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_CORE: (0, 0),
    }
    for what, limits in most.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, limits)
    forbid_calls()


def _count_tasks() -> int:
    """Count the processes of this user, with their threads: a limit counts all of them."""
    count = 0
    for pid in list_pids():
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{pid}/task"))
    return count
