"""Runs of ``gradlab grade`` in processes of their own: how they are stopped, and what is left."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from grade_runs import LESSONS, SOLVED, edit

HERE = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def hand_in(folder: Path, answer: str = "return 2 * x") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SOLVED / LESSONS[0], folder)
    edit(folder / LESSONS[0], "return 2 * x", answer)


def outputs(folder: Path = Path()) -> dict[str, bytes]:
    """Return all that a run wrote for people."""
    files = [folder / f"grades{suffix}" for suffix in (".csv", ".txt", ".json")]
    pages = sorted((folder / "pages").iterdir())
    return {str(path.relative_to(folder)): path.read_bytes() for path in (*files, *pages)}


def learners_in(journal: Path) -> int:
    """Return how many learners a journal has, if it has no line that says it is finished."""
    return max(journal.read_bytes().count(b"\n") - 1, 0) if journal.exists() else 0


def command(*options: object, nice: bool = False) -> list[str]:
    """Return the command that grades the folder ``class`` in a process of its own."""
    before = ["nice"] if nice else []
    options = ("grade", "class", *options)
    return [*before, sys.executable, "-m", "gradlab.cli", *map(str, options)]


class Evening:
    """A class of learners, which is graded more than once."""

    def __init__(self, folder: Path, learners: int) -> None:
        self.folder = folder
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        for number in range(learners):
            answer = ("return 2 * x", "return x**2", "raise ValueError(x)")[number % 3]
            hand_in(folder / "class" / f"learner{number:02}", answer)

    def start(
        self, *options: object, nice: bool = False, **environment: str
    ) -> "subprocess.Popen[bytes]":
        options = ("--seed", 7, "--json", "grades.json", "--feedback", "pages", *options)
        return subprocess.Popen(
            command(*options, nice=nice),
            cwd=self.folder,
            env={**HERE, "TMPDIR": str(self.temporary), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self, *options: object) -> dict[str, bytes]:
        """Grade without being stopped; return what was written."""
        with self.start(*options) as process:
            process.communicate()
        assert process.returncode == 0
        return outputs(self.folder)

    def stop(
        self,
        process: "subprocess.Popen[bytes]",
        stop: Callable[[int, int], None],
        number: int,
        when: Callable[[], bool],
    ) -> tuple[bytes, bytes]:
        """Stop a run when something is so; return what it said when all that it was is gone."""
        with process:
            while not when():
                assert process.poll() is None
                time.sleep(0.02)
            all_of_it = family(process.pid)
            stop(process.pid, number)
            said = process.communicate(timeout=20)
        give_up = time.monotonic() + 20
        while left := [*living(all_of_it), *self.temporary.iterdir()]:
            assert time.monotonic() < give_up, left
            time.sleep(0.05)
        return said

    def has_graded(self, learners: int) -> Callable[[], bool]:
        return lambda: self.graded >= learners

    @property
    def graded(self) -> int:
        """How many learners are done."""
        return learners_in(self.folder / "grades.journal")

    def clear(self) -> None:
        for path in self.folder.glob("grades.*"):
            path.unlink()
        shutil.rmtree(self.folder / "pages", ignore_errors=True)


# The number of a process, and when it started
Process = tuple[int, bytes]


def processes() -> dict[Process, int]:
    """Return all processes of this machine, with their parents."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (place / "stat").read_bytes().rpartition(b")")[2].split()
            if fields[0] != b"Z":
                found[int(place.name), fields[19]] = int(fields[1])
    return found


def family(pid: int) -> set[Process]:
    """Return a process and all that it, or its children, started."""
    everything = processes()
    found = {one for one in everything if one[0] == pid}
    while more := {
        one for one, parent in everything.items() if parent in dict(found) and one not in found
    }:
        found |= more
    return found


def living(some: set[Process]) -> list[Process]:
    return sorted(some & processes().keys())


def is_answering(pid: int) -> bool:
    """Return whether a worker of a run has forked a child for an answer, which has its words."""
    words = {}
    for one, _ in family(pid):
        with contextlib.suppress(OSError):
            words[one] = Path(f"/proc/{one}/cmdline").read_bytes()
    parents = {one: parent for (one, _), parent in processes().items()}
    return any(
        b"SentModules" in mine and b"bwrap" not in mine and words.get(parents.get(one, 0)) == mine
        for one, mine in words.items()
    )
