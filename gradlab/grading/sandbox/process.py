"""Where answers run: a process of its own, kept from everything else as well as the system can.

There are three levels. ``bubblewrap`` gives answers a world of their own: no network, a read-only
system with nothing but Python and NumPy, no view of other processes or submissions. ``uid`` runs
them as a user that owns nothing; it needs root. ``limits`` only bounds what they take.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import json
import os
import shutil
import site
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, get_args

from gradlab.grading.sandbox import sent_modules
from gradlab.grading.sandbox.job import Excess, end_all_of, remove
from gradlab.grading.sandbox.packages import Packages, find_course_packages
from gradlab.grading.sandbox.seccomp import make_filter
from gradlab.grading.sandbox.sent_modules import read_texts
from gradlab.grading.sandbox.wire import Channel, WireError
from gradlab.grading.sandbox.worker import Settings
from gradlab.support.errors import GradlabError

Level = Literal["bubblewrap", "uid", "limits"]
LEVELS: tuple[Level, ...] = get_args(Level)

_WORKER = "gradlab.grading.sandbox.worker"
# How much an answer may take, in bytes and numbers.
MEMORY = 1 << 30
PROCESSES = 8
_FILE = 1 << 20
FOLDER = 1 << 24
FILES = 10_000
# Where every user may leave something.
_SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock")
# High above the users that a system gives out, also to containers.
_FIRST_UID = 1_900_000_000
# Seconds until a worker has to have started, and until it has to have ended an answer.
_PATIENCE = 30.0
_PATIENCE_AT_END = 5.0
_numbers = itertools.count()


class SandboxError(GradlabError):
    """The worker did not start, or is gone."""


@dataclass(frozen=True)
class Ending:
    """How an answer ended.

    Attributes
    ----------
    by_itself : bool
        Before the grader ended it.
    signal : int
        What killed it then, 0 if nothing did.
    cpu_seconds : float
        The computing time that it took then.
    excess : str
        What it took too much of, so that it was ended: "memory", "processes", "files", "bytes"
        in files. Empty if nothing.
    """

    by_itself: bool
    signal: int
    cpu_seconds: float
    excess: Excess = ""


class Sandbox:
    """A worker at one level, in which answers run one after the other.

    Parameters
    ----------
    level : {"bubblewrap", "uid", "limits"}
        How it is kept from everything else.
    cpu_seconds : int
        The computing time that an answer may take.
    packages : mapping of str to Path, optional
        What answers find beside Python's library, and where it is. Default: all packages of the
        course.

    Attributes
    ----------
    lost : bool
        Whether the worker is gone; nothing can run here any more.

    Raises
    ------
    SandboxError
        If the worker does not start.
    """

    def __init__(self, level: Level, cpu_seconds: int, packages: Packages | None = None) -> None:
        self.lost = False
        self._packages = find_course_packages() if packages is None else packages
        self._folder: Path | None = None
        self._uid = _choose_uid(level)
        # Where the answers' user may leave something, if it does not see a system of its own.
        self._shared: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._control, theirs = socket.socketpair()
        said = b""
        try:
            with theirs, tempfile.TemporaryFile() as errors:
                self._start(level, theirs, errors)
                theirs.close()  # so that it is seen if the worker closes its own
                try:
                    self._send_settings(cpu_seconds)
                    if self._control.recv(1) != b"R":
                        raise SandboxError("the worker ended at once")
                finally:
                    errors.seek(0)
                    said = errors.read(10_000).strip()
        except (OSError, SandboxError, WireError) as error:
            self.close()
            why = said.decode(errors="replace").rpartition("\n")[2] or str(error)
            raise SandboxError(f"no worker starts at the level {level}: {why}") from error

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def begin(self) -> Channel:
        """Fork a child for an answer.

        Returns
        -------
        Channel
            The connection to it.

        Raises
        ------
        SandboxError
            If the worker is gone.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"A"], [theirs.fileno()])
            except OSError as error:
                ours.close()
                self.lost = True
                raise SandboxError("the worker is gone") from error
        return Channel(ours)

    def end(self, gone: bool = False) -> Ending:
        """End the answer that runs, with all that it started.

        Parameters
        ----------
        gone : bool
            Whether its connection broke, so that it must have ended, or is about to.

        Returns
        -------
        Ending
            How it ended.

        Raises
        ------
        SandboxError
            If the worker is gone.
        """
        deadline = time.monotonic() + _PATIENCE_AT_END
        try:
            self._control.settimeout(_PATIENCE_AT_END)
            self._control.sendall(b"G" if gone else b"E")
            reply = b""
            while not reply.endswith(b"\n"):
                part = self._control.recv(1024)
                if not part or len(reply) > 1024 or time.monotonic() > deadline:
                    raise SandboxError("the worker is gone")
                reply += part
            said = json.loads(reply)
            return Ending(
                by_itself=bool(said["by_itself"]),
                signal=int(said["signal"]),
                cpu_seconds=float(said["cpu_seconds"]),
                excess=said["excess"],
            )
        except (SandboxError, OSError, ValueError, KeyError, TypeError) as error:
            self.lost = True
            raise SandboxError("the worker is gone") from error

    def close(self) -> None:
        """End the worker and everything in it."""
        self._control.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=_PATIENCE_AT_END)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._folder is not None:
            remove(str(self._folder))
        if self._uid is not None and self._shared and self._process and self._process.returncode:
            end_all_of(self._uid, self._shared)  # the worker did not

    def _start(self, level: Level, control: socket.socket, said: IO[bytes]) -> None:
        """Start the worker; what goes wrong before it can tell is said in a file."""
        python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        text = f"{inspect.getsource(sent_modules)}\nstart()\n"
        # Not isolated mode, which would ignore PYTHONHASHSEED; but no folder is searched.
        command = [str(python), "-s", "-S", "-P", "-c", text, str(control.fileno())]
        places = self._packages
        with _filter_of_calls() as filters:
            if level == "bubblewrap":
                command = [*_make_bubblewrap(places, filters), *command]
            else:
                self._folder = Path(tempfile.mkdtemp(prefix="gradlab-"))
                if level == "uid":
                    self._shared = sorted({*_SHARED, tempfile.gettempdir()})
                _lay_out(self._folder, places)
                command.append(str(self._folder))
            self._process = subprocess.Popen(
                command,
                pass_fds=[control.fileno(), *filters],
                env=_make_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )

    def _send_settings(self, cpu_seconds: int) -> None:
        answers, packages = "/answers", "/packages"
        if self._folder is not None:
            # At the level bubblewrap, nothing is on this system's disk.
            answers, packages = (str(self._folder / name) for name in ("answers", "packages"))
            if self._uid is not None:
                os.chown(answers, self._uid, self._uid)
        settings = Settings(
            folder=answers,
            uid=self._uid,
            shared=self._shared,
            cpu_seconds=cpu_seconds,
            memory_bytes=MEMORY,
            processes=PROCESSES,
            file_bytes=_FILE,
            files=FILES,
            bytes_in_files=FOLDER,
        )
        sent = {
            "module": _WORKER,
            "packages": packages,
            "settings": asdict(settings),
            "texts": read_texts(_WORKER),
        }
        self._control.settimeout(_PATIENCE)
        Channel(self._control).send(sent)


def _lay_out(folder: Path, places: Packages) -> None:
    """Make the folders of a level without a file system of its own."""
    folder.chmod(0o755)
    for name in ("answers", "packages"):
        (folder / name).mkdir()
    for name, place in places.items():
        (folder / "packages" / name).symlink_to(place)


def _choose_uid(level: Level) -> int | None:
    """Return a user that no other worker on this machine has now; None to stay who we are."""
    if level == "limits" or (level == "bubblewrap" and os.geteuid() != 0):
        return None
    return _FIRST_UID + os.getpid() % (1 << 20) * 64 + next(_numbers) % 64


def _make_environment() -> dict[str, str]:
    """Return all that an answer finds in its environment: nothing of the grader's."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    kept = {key: os.environ[key] for key in ("LD_LIBRARY_PATH",) if key in os.environ}
    return {
        "HOME": "/",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Sets of text are in the same order at every run.
        "PYTHONHASHSEED": "0",
        **threads,
        **kept,
    }


@contextlib.contextmanager
def _filter_of_calls() -> Iterator[list[int]]:
    """Open what bubblewrap reads its filter from, if there is a filter for this machine."""
    program = make_filter()
    if program is None:
        yield []
        return
    reading, writing = os.pipe()
    try:
        os.write(writing, program)  # far less than a pipe holds
        os.close(writing)
        yield [reading]
    finally:
        os.close(reading)


def _make_bubblewrap(places: Packages, filters: list[int]) -> list[str]:
    """Return a command that runs what follows it in a world of its own."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("bubblewrap (bwrap) is not installed")
    command = [program, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    command += ["--die-with-parent", "--new-session"]
    # Else bubblewrap itself would be the first process there, and of the answer's user.
    command += ["--as-pid-1"]
    for descriptor in filters:
        command += ["--seccomp", str(descriptor)]
    if os.geteuid() == 0:
        # With a user namespace of root's, the limit on processes would not bind.
        for capability in ("SETUID", "SETGID", "KILL", "DAC_OVERRIDE", "FOWNER"):
            command += ["--cap-add", f"CAP_{capability}"]
    else:
        command += ["--unshare-user"]
    roots = _list_roots()
    for root in roots:
        command += _show(root)
    for name in ("/bin", "/lib", "/lib32", "/lib64", "/sbin"):
        command += _show(Path(name))
    for name in ("/etc/ld.so.cache", "/etc/alternatives"):
        command += [*_make_parents(Path(name)), "--ro-bind-try", name, name]
    hidden = [str(folder) for folder in _find_hidden(roots)]
    for folder in hidden:
        command += ["--perms", "0755", "--tmpfs", folder]
    command += ["--perms", "0755", "--dir", "/packages"]
    for name, place in places.items():
        command += ["--ro-bind", str(place), f"/packages/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += ["--perms", "1777", "--size", str(FOLDER), "--tmpfs", "/answers"]
    # Without root, an answer is the owner of these.
    for folder in ("/", "/dev", *hidden):
        command += ["--remount-ro", folder]
    return [*command, "--chdir", "/answers"]


def _list_roots() -> list[Path]:
    """Return the folders of the system that Python and NumPy need; all that can be seen of it.

    Not all of /usr: submissions may lie there too, as in /usr/local/share/nbgrader/exchange.
    """
    prefix = Path(sys.base_prefix).resolve()
    library = Path(os.__file__).resolve().parent
    roots: list[Path] = []
    # Python may lie in one of the folders before it.
    for folder in (
        *(Path("/usr", name) for name in ("bin", "sbin", "libexec", "share/zoneinfo")),
        *sorted(Path("/usr").glob("lib*")),
        *sorted(Path("/usr/local").glob("lib*")),
        *(prefix / name for name in ("bin", "share/zoneinfo")),
        *sorted(prefix.glob("lib*")),
        library,
    ):
        if folder.is_dir() and not any(folder.is_relative_to(root) for root in roots):
            roots.append(folder)
    return roots


def _show(path: Path) -> Iterator[str]:
    """Show a folder of the system, or the link that it is, if it is there."""
    yield from _make_parents(path)
    if path.is_symlink():
        yield from ("--symlink", os.readlink(path), str(path))
    else:
        yield from ("--ro-bind-try", str(path), str(path))


def _make_parents(path: Path) -> Iterator[str]:
    """Make the folders above a path; bubblewrap itself would make them for root alone."""
    for folder in reversed(path.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(folder))


def _find_hidden(roots: list[Path]) -> list[Path]:
    """Return the folders below some roots with solutions, or with packages of any kind."""
    folders = [Path(folder) for folder in site.getsitepackages([sys.base_prefix])]
    package = Path(sent_modules.__file__).parents[2]
    folders += [package, package.parent / "notebooks"]
    return [
        folder
        for folder in dict.fromkeys(folder.resolve() for folder in folders)
        if folder.is_dir() and any(folder.is_relative_to(root) for root in roots)
    ]
