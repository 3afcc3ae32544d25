"""Processes that grade, each a learner at a time, and that end with the process that started them.

The connection to each is a pair of sockets, which holds nothing on the disk or in shared memory. A
process that sees its end has lost the one that started it, and ends at once; so do its answers,
which see the end of theirs. Each has a session of its own: Ctrl-C reaches only the process that
knows what to do about it.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, TypeVar

from gradlab.grading.signals import hold
from gradlab.support.errors import GradlabError

T = TypeVar("T")

# Of a process, in bytes.
_MEMORY = 4 << 30
_TRIES = 2
# Seconds until a process has to have ended that has closed its connection.
_PATIENCE = 5.0
_START = """import json, sys
sys.path[:] = json.loads(sys.argv[2])
from gradlab.grading.pool import work
work(int(sys.argv[1]))
"""

_Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class WorkerEndedError(GradlabError):
    """The process that ran a call ended without an answer."""


class Pool(Executor):
    """Runs calls in processes of their own, so many at a time.

    A process that ends in a call takes nothing else with it: another one tries the call once more.

    Parameters
    ----------
    jobs : int
        How many processes there are at most.

    Examples
    --------
    >>> import os
    >>> from gradlab.grading.pool import Pool
    >>> with Pool(1) as pool:
    ...     pool.submit(os.getpid).result() != os.getpid()
    True
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._calls: SimpleQueue[tuple[Future[Any], _Call] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._is_closed = False
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run a call as soon as a process is free; see `concurrent.futures.Executor`."""
        future: Future[T] = Future()
        self._calls.put((future, (fn, args, kwargs)))
        if len(self._threads) < self._jobs:
            thread = threading.Thread(target=self._serve, daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all processes at once; a call that has not been answered gets an error."""
        with hold(), self._lock:
            self._is_closed = True
            for _ in self._threads:
                self._calls.put(None)
            for worker in self._workers:
                worker.kill()

    def _serve(self) -> None:
        """Pass calls on, one after the other."""
        while (item := self._calls.get()) is not None:
            future, call = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = self._run(pickle.dumps(call))
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)

    def _run(self, call: bytes) -> Any:
        ending = ""
        for _ in range(_TRIES):
            worker = self._take_worker()
            try:
                result, error = worker.run(call)
            except (EOFError, OSError):
                ending = worker.explain_ending()
                with self._lock:
                    self._workers.discard(worker)
                continue
            self._idle.append(worker)
            if error is not None:
                raise error
            return result
        raise WorkerEndedError(ending)

    def _take_worker(self) -> _Worker:
        with self._lock:
            if self._is_closed:
                raise WorkerEndedError("the run ends")
            if self._idle:
                return self._idle.pop()
            worker = _Worker()
            self._workers.add(worker)
            return worker


class _Worker:
    """A process, and the connection to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-c", _START, str(theirs.fileno())),
                    json.dumps([place for place in sys.path if isinstance(place, str)]),
                ],
                pass_fds=[theirs.fileno()],
                env={
                    # The networks are small; threads would only wait for each other.
                    "OPENBLAS_NUM_THREADS": "1",
                    **os.environ,
                    "TMPDIR": tempfile.gettempdir(),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def run(self, call: bytes) -> tuple[Any, Exception | None]:
        """Return what a call returned or raised; raise EOFError or OSError if the process ends."""
        self._connection.send_bytes(call)
        result: tuple[Any, Exception | None] = pickle.loads(self._connection.recv_bytes())
        return result

    def kill(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def explain_ending(self) -> str:
        """Say how a process ended whose connection is gone."""
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            return "it answered no more"
        if code < 0:
            return f"it was ended by {signal.Signals(-code).name}: is there enough memory?"
        return f"it ended with the exit code {code}"


def work(descriptor: int) -> None:
    """Run the calls that come over a connection, until that ends; this is all a process does.

    Parameters
    ----------
    descriptor : int
        The socket.
    """
    # What an answer hands back is checked here: should it be a bomb after all, it is this one's.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    connection = Connection(descriptor)
    calls: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, calls), daemon=True).start()
    while True:
        reply = _answer(calls.get())
        try:
            connection.send_bytes(reply)
        except OSError:
            os._exit(1)


def _receive(connection: Connection, calls: SimpleQueue[bytes]) -> None:
    """Take calls; nobody waits for their results any more when the connection ends."""
    while True:
        try:
            calls.put(connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(1)


def _answer(call: bytes) -> bytes:
    try:
        function, arguments, keywords = pickle.loads(call)
        return pickle.dumps((function(*arguments, **keywords), None))
    except Exception as error:
        with contextlib.suppress(Exception):
            reply = pickle.dumps((None, error))
            pickle.loads(reply)  # some can be taken apart, but not put together
            return reply
        return pickle.dumps((None, RuntimeError(repr(error))))
