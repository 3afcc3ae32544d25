"""Being stopped by Ctrl-C, by another process, or because the terminal is gone."""

from __future__ import annotations

import errno
import os
import signal
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked the run to stop.

    Attributes
    ----------
    number : int
        The signal.
    so_far : str
        What there is so far, in words; who knows better says it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.so_far = "The grading had not begun, and nothing was written."

    def __str__(self) -> str:
        if self.number == signal.SIGINT:
            return "stopped by Ctrl-C"
        return f"stopped by {signal.Signals(self.number).name}"


class _State:
    """Signals belong to the whole process, and so does this."""

    holds = 0
    is_waiting = False
    # A second signal raises what the first did, with what is known so far.
    stop: Stopped | None = None


@contextmanager
def stoppable() -> Iterator[None]:
    """Have signals that ask a process to stop raise `Stopped`, where it can be dealt with.

    A signal that the process was told to ignore, as by ``nohup``, stays ignored. When the context
    ends by `Stopped`, the process is about to end, and further signals are ignored: a second
    Ctrl-C must not make a traceback of that.
    """
    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        _State.holds, _State.is_waiting, _State.stop = 0, False, None
        for number in _STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, _receive)
    try:
        yield
    except Stopped:
        before = dict.fromkeys(before, signal.SIG_IGN)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def hold() -> Iterator[None]:
    """Do something whole: what asks to stop meanwhile is heard when it is done."""
    _State.holds += 1
    try:
        yield
    finally:
        _State.holds -= 1
        if _State.is_waiting and not _State.holds and _State.stop is not None:
            _State.is_waiting = False
            raise _State.stop


def _receive(number: int, _: FrameType | None) -> None:
    if number == signal.SIGHUP:
        _forget_terminal()
    _State.stop = _State.stop or Stopped(number)
    _State.is_waiting = _State.holds > 0
    if not _State.is_waiting:
        raise _State.stop


def _forget_terminal() -> None:
    """Say what is still to be said to nobody, if a terminal is gone, instead of failing at it."""
    for descriptor in (1, 2):
        try:
            termios.tcgetattr(descriptor)
        except termios.error as error:
            if error.args[0] == errno.EIO:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
