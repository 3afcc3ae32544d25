"""Which level of isolation this machine has, found by trying."""

from __future__ import annotations

import os
from functools import cache

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.sandbox.packages import find_basic_packages
from gradlab.grading.sandbox.process import LEVELS, Level, Sandbox, SandboxError
from gradlab.grading.sandbox.remote import RemoteAnswer
from gradlab.support.errors import GradlabError

SENTENCES: dict[Level, str] = {
    "bubblewrap": "bubblewrap: answers ran without a network, on a read-only system, and saw no "
    "other submission.",
    "uid": "a user of its own: answers could change nothing of yours, but they could read what "
    "every user may read, and reach the network. Install bubblewrap, or grade in a container.",
    "limits": "limits only: answers could do what you can do on this machine. Processes of theirs "
    "may still run, and files may still be there that they left outside their own folder, as in "
    "/tmp or /dev/shm. Install bubblewrap (it needs no root), or grade in a container that has no "
    "network.",
}

# Answers import what they like of Python's library and of NumPy: here what no worker has loaded.
_PROBE = """
def double(x):
    import wave
    import numpy.typing
    return x + x if wave and numpy.typing else None
"""


class NoIsolationError(GradlabError):
    """There is no way to run answers on this machine, with what to do."""


@cache
def find_strongest() -> Level:
    """Return the strongest level at which an answer runs on this machine.

    Returns
    -------
    str
        One of `gradlab.grading.sandbox.process.LEVELS`.

    Raises
    ------
    NoIsolationError
        If there is none.
    """
    for level in LEVELS:
        if works(level):
            return level
    raise NoIsolationError(
        "no worker process could be started, not even without isolation. Is there memory left, "
        "and room in the folder for temporary files?"
    )


def choose_level(without_isolation: bool = False) -> Level:
    """Return the strongest level at which an answer runs, unless it could do all that root can.

    Parameters
    ----------
    without_isolation : bool
        Whether answers may run as root with limits alone.

    Returns
    -------
    str
        One of `gradlab.grading.sandbox.process.LEVELS`.

    Raises
    ------
    NoIsolationError
        If there is none, or answers would run as root, with what to do.
    """
    level = find_strongest()
    if level != "limits" or os.geteuid() != 0 or without_isolation:
        return level
    raise NoIsolationError(
        f"answers would run as root on this machine, with nothing to isolate them "
        f"({find_trouble('bubblewrap')}; {find_trouble('uid')}). "
        "Install bubblewrap (on Debian and Ubuntu: apt install bubblewrap), or grade as an "
        "ordinary user. On a machine that holds nothing of value, add --without-isolation"
    )


def works(level: Level) -> bool:
    """Return whether an answer runs at a level on this machine.

    Parameters
    ----------
    level : str
        One of `gradlab.grading.sandbox.process.LEVELS`.

    Returns
    -------
    bool
        False also where Python's library or NumPy cannot be read at that level, as where they lie
        in a home that others may not enter.
    """
    return not find_trouble(level)


@cache
def find_trouble(level: Level) -> str:
    """Say why no answer runs at a level on this machine; empty if one does.

    Parameters
    ----------
    level : str
        One of `gradlab.grading.sandbox.process.LEVELS`.
    """
    # Memory may be short for a moment, and a weaker level would do for the whole run.
    return _try(level) and _try(level)


def _try(level: Level) -> str:
    try:
        with Sandbox(level, cpu_seconds=5, packages=find_basic_packages()) as sandbox:
            answer = RemoteAnswer(sandbox, EXERCISES["double"], (), _PROBE, 0, cpu_seconds=5)
            call = answer((3,))
            answer.end()
            return "" if call.got == 6 else call.said or "an answer came out wrong"
    except SandboxError as error:
        return str(error)
