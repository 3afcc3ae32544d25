"""What runs in the sandbox: a parent with NumPy loaded, which forks a child for each answer.

Nothing in this process is trusted: a child runs a learner's code, and whatever it says is taken
by the grader for what a learner may have said.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import copy
import ctypes
import importlib
import json
import linecache
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradlab.exercises.random_state import random_state, seed_random_state, set_random_state
from gradlab.grading.sent_modules import PACKAGE, SentModules
from gradlab.grading.wire import Channel, TooLargeError, decode, encode

# So that a fork has them: what answers import most, of Python and NumPy.
_LOADED = (
    *("cmath", "collections", "copy", "decimal", "fractions", "functools", "heapq", "itertools"),
    *("math", "numbers", "operator", "re", "statistics", "string", "types", "typing"),
    *("numpy.fft", "numpy.linalg", "numpy.polynomial", "numpy.random"),
)
_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 2.0
_LAST_BREATH = 0.1
_LONGEST_TEXT = 500
_CELL = "<answer>"


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


def main(control: socket.socket, settings: Settings) -> None:
    """Fork a child for each answer that the grader sends, and end it when the grader says so.

    Parameters
    ----------
    control : socket
        Brings ``b"A"`` with one end of a new connection, over which the answer will come, and
        ``b"E"`` to end what runs. The reply to that says how the child ended.
    settings : Settings
        The limits.
    """
    for name in _LOADED:
        importlib.import_module(name)
    _adopt_orphans()
    control.sendall(b"R")
    child = 0
    while True:
        command, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not command:
            return
        if command == b"A":
            child = _fork(control, descriptors[0], settings)
            os.close(descriptors[0])
        else:
            control.sendall(json.dumps(_end(child, settings)).encode() + b"\n")


def _adopt_orphans() -> None:
    """Become the parent of processes whose own parent ended, so that all can be found."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _fork(control: socket.socket, descriptor: int, settings: Settings) -> int:
    child = os.fork()
    if child:
        return child
    try:
        control.close()
        os.setsid()
        _confine(settings)
        _Session(Channel(socket.socket(fileno=descriptor))).run()
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


def _end(child: int, settings: Settings) -> dict[str, Any]:
    """End an answer and all that it started; say how it ended if it did so by itself."""
    give_up = time.monotonic() + _LAST_BREATH
    pid, status, usage = os.wait4(child, os.WNOHANG)
    while not pid and time.monotonic() < give_up:
        # Its connection is closed before it is gone.
        time.sleep(0.0002)
        pid, status, usage = os.wait4(child, os.WNOHANG)
    ended = {
        "by_itself": bool(pid),
        "signal": os.WTERMSIG(status) if pid and os.WIFSIGNALED(status) else 0,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }
    give_up = time.monotonic() + _PATIENCE
    while _some_are_left():
        if time.monotonic() > give_up:
            os._exit(1)  # where this process has a world of its own, that ends with it
        for one in _children() or [-child]:  # without /proc, the group of the child
            with contextlib.suppress(OSError):
                os.kill(one, signal.SIGKILL)
        time.sleep(0.0005)
    for entry in Path(settings.folder).iterdir():
        with contextlib.suppress(RecursionError):
            shutil.rmtree(entry, ignore_errors=True)
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


class _BorrowedError(RuntimeError):
    """An answer called what of gradlab it may not use."""


class _Refused:
    """Stands for what of gradlab an answer may not use: it can be imported, but not called."""

    def __init__(self, name: str, borrowed: set[str]) -> None:
        self._name = name
        self._borrowed = borrowed

    def __getattr__(self, name: str) -> _Refused:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Refused(name, self._borrowed)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        self._borrowed.add(self._name)
        raise _BorrowedError(f"{self._name} is gradlab's own; write this yourself")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[()]:
        # A class of a demonstration may be derived from one of gradlab's.
        return ()


class _Package:
    """What an answer finds under the name of gradlab: what it may use, and nothing else."""

    __all__ = ()

    def __init__(self, homes: dict[str, str], borrowed: set[str]) -> None:
        self._homes = homes
        self._borrowed = borrowed

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._homes:
            return _Refused(name, self._borrowed)
        return getattr(importlib.import_module(self._homes[name]), name)


class _Session:
    """One answer: defined, then called with what the grader sends."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._turn = threading.Lock()
        self._borrowed: set[str] = set()

    def run(self) -> None:
        """Serve the grader until it hangs up."""
        try:
            function = self._define(self._channel.receive())
        except BaseException as error:
            self._say(_raised(error))
            return
        self._say({"is": "ready"})
        arguments: list[Any] = []
        got: Any = None
        while True:
            order = self._channel.receive()
            try:
                if order["do"] == "spoil":
                    _spoil(arguments)
                else:
                    arguments = decode(order["arguments"], self._proxy)
                    got = function(*arguments)
                after = encode(arguments, _export)
                message = {"is": "returned", "value": encode(got, _export), "after": after}
            except BaseException as error:
                message = _raised(error)
            try:
                self._say(message)
            except TooLargeError as error:
                self._say(_raised(error))

    def use(self, order: dict[str, Any], arguments: tuple[Any, ...], keywords: Any) -> Any:
        """Have the grader call one of its own functions."""
        sent = {"arguments": encode(arguments, _export), "keywords": encode(keywords, _export)}
        with self._turn:
            self._channel.send({"is": "use", **order, **sent})
            reply = self._channel.receive()
        if "random" in reply:
            set_random_state(decode(reply["random"]))
        for place, after in reply["changed"]:
            given = arguments[place] if isinstance(place, int) else keywords[place]
            given[...] = decode(after)
        if "error" in reply:
            raise getattr(builtins, reply["error"], Exception)(reply["said"])
        return decode(reply["value"], self._proxy)

    def _define(self, order: dict[str, Any]) -> Callable[..., Any]:
        """Run what the answer needs of its notebook, then its cell; return the function."""
        seed_random_state(order["seed"])
        warnings.simplefilter("ignore")
        sys.meta_path.insert(0, SentModules(order["texts"]))
        package = _Package(order["homes"], self._borrowed)
        namespace: dict[str, Any] = {
            "__name__": "__main__",
            "__builtins__": vars(builtins) | {"__import__": _importer(package)},
            # Notebooks have it, and an answer may show something on its way.
            "display": lambda *shown, **options: None,
        }
        for number, text in enumerate(order["setup"]):
            _execute(text, f"<cell {number}>", namespace)
        errors = _execute(order["source"], _CELL, namespace)
        if order["name"] not in namespace and errors:
            raise errors[0]
        function: Callable[..., Any] | None = namespace.get(order["name"])
        if not callable(function):
            raise TypeError(f"{order['name']} is no function")
        return function

    def _say(self, message: dict[str, Any]) -> None:
        self._channel.send({**message, "borrowed": sorted(self._borrowed)})

    def _proxy(self, sent: dict[str, Any]) -> Any:
        return (_Network if sent["type"] == "network" else _Function)(self, sent)


class _Proxy:
    """Something of the grader's that an answer was given."""

    def __init__(self, session: _Session, sent: dict[str, Any]) -> None:
        self._session = session
        self._number = sent["number"]

    def __repr__(self) -> str:
        return type(self).__name__.strip("_").lower()


class _Function(_Proxy):
    def __init__(self, session: _Session, sent: dict[str, Any]) -> None:
        super().__init__(session, sent)
        self.__name__ = self.__qualname__ = repr(self)
        self._draws_globally = sent["random"]

    def __deepcopy__(self, memo: Any) -> _Function:
        return self

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        order = {"number": self._number}
        # Whoever seeds the global random numbers means those that this function draws from.
        random = {"random": encode(random_state())} if self._draws_globally else {}
        return self._session.use({**order, **random}, arguments, keywords)


class _Network(_Proxy):
    """A network under suspicion: its parameters and batch are here, its methods are not."""

    def __init__(self, session: _Session, sent: dict[str, Any]) -> None:
        super().__init__(session, sent)
        self.params, self.X, self.Y = (decode(sent[key]) for key in ("params", "X", "Y"))

    def __deepcopy__(self, memo: Any) -> _Network:
        twin = copy.copy(self)
        twin.params, twin.X, twin.Y = copy.deepcopy((self.params, self.X, self.Y), memo)
        return twin

    def loss(self, X: Any, Y: Any) -> Any:
        return self._use("loss", X, Y)

    def gradients(self, X: Any, Y: Any) -> Any:
        return self._use("gradients", X, Y)

    def _use(self, method: str, X: Any, Y: Any) -> Any:
        order = {"number": self._number, "method": method, "params": encode(self.params)}
        return self._session.use(order, (X, Y), {})


def _export(value: Any) -> dict[str, Any] | None:
    return {"type": "proxy", "number": value._number} if isinstance(value, _Proxy) else None


def _spoil(value: Any) -> None:
    """Change every number in the arrays of a value, in place."""
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value[...] = ~value if value.dtype.kind == "b" else value + 1
    if isinstance(value, list | tuple):
        for part in value:
            _spoil(part)


def _importer(package: _Package) -> Callable[..., Any]:
    def import_(name: str, *others: Any, **keywords: Any) -> Any:
        if name.partition(".")[0] == PACKAGE:
            return package
        return builtins.__import__(name, *others, **keywords)

    return import_


def _execute(text: str, name: str, namespace: dict[str, Any]) -> list[BaseException]:
    """Run statements one by one, each for itself; return the errors of those that failed."""
    lines = text.splitlines(keepends=True)
    linecache.cache[name] = (len(text), None, lines, name)  # for the line in an error
    flags = 0
    errors: list[BaseException] = []
    try:
        statements = ast.parse(text, name).body
    except BaseException as error:
        return [error]
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            features = [getattr(__future__, alias.name, None) for alias in statement.names]
            flags |= sum(feature.compiler_flag for feature in features if feature)
        try:
            module = ast.Module([statement], [])
            exec(compile(module, name, "exec", flags, dont_inherit=True), namespace)
        except BaseException as error:
            errors.append(error)
    return errors


def _raised(error: BaseException) -> dict[str, Any]:
    """Say what an answer raised, and in which of its lines."""
    name = type(error).__name__
    try:
        said = f"raised {name}: {error}".rstrip(": ")[:_LONGEST_TEXT]
    except BaseException:
        said = "raised an error that cannot be shown"
    line = ""
    with contextlib.suppress(BaseException):
        own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == _CELL]
        at = error.text if isinstance(error, SyntaxError) and error.filename == _CELL else None
        line = (own[-1].line if own else at) or ""
    return {
        "is": "raised",
        "kind": "IndexError" if isinstance(error, IndexError) else name,
        "stub": isinstance(error, NotImplementedError),
        "said": said,
        "line": line.strip()[:_LONGEST_TEXT],
    }
