"""Levels of isolation, and workers that do not start or are gone."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.sandbox import isolation, job
from gradlab.grading.sandbox.isolation import (
    NoIsolationError,
    choose_level,
    find_strongest,
    find_trouble,
    works,
)
from gradlab.grading.sandbox.process import LEVELS, Level, Sandbox, SandboxError
from gradlab.grading.sandbox.remote import RemoteAnswer


def test_a_worker_that_does_not_start_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "_base_executable", "/bin/false")
    with pytest.raises(SandboxError, match="no worker starts at the level limits"):
        Sandbox("limits", cpu_seconds=2)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(sys, "_base_executable", "/no/such/python")
    with pytest.raises(SandboxError, match=r"no/such/python"):
        Sandbox("limits", cpu_seconds=2)
    assert not list(tmp_path.iterdir())


def test_no_folder_for_temporary_files_is_no_isolation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    find_trouble.cache_clear()
    try:
        assert not works("limits")
    finally:
        find_trouble.cache_clear()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root has other users")
def test_packages_that_others_may_not_read_are_no_isolation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else right answers would earn nothing: what NumPy has not loaded yet cannot be imported."""
    if not works("uid"):
        pytest.skip("an answer does not run at the level uid here")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "numpy").symlink_to(Path(np.__file__).parent)
    monkeypatch.setattr(isolation, "find_basic_packages", lambda: {"numpy": home / "numpy"})
    find_trouble.cache_clear()
    try:
        assert not works("uid")
    finally:
        find_trouble.cache_clear()


def test_a_level_at_which_one_worker_did_not_start_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a moment without memory would have a whole class run at a weaker level."""
    tried = []

    def start(*arguments: Any, **keywords: Any) -> Sandbox:
        tried.append(arguments)
        if len(tried) == 1:
            raise SandboxError("no worker starts")
        return Sandbox(*arguments, **keywords)

    level = find_strongest()
    monkeypatch.setattr(isolation, "Sandbox", start)
    find_trouble.cache_clear()
    try:
        assert works(level)
    finally:
        find_trouble.cache_clear()
    assert len(tried) == 2


def test_a_worker_that_is_gone_is_an_error_not_a_hang() -> None:
    sandbox = Sandbox(find_strongest(), cpu_seconds=2)
    sandbox.close()
    with pytest.raises(SandboxError, match="gone"):
        sandbox.begin()
    assert sandbox.lost


def test_levels_are_tried_from_the_strongest() -> None:
    assert LEVELS == ("bubblewrap", "uid", "limits")
    assert find_strongest() in LEVELS


@pytest.mark.parametrize("level", LEVELS)
def test_an_answer_runs_as_root_without_isolation_only_if_asked_to(
    level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "find_strongest", lambda: level)
    monkeypatch.setattr(isolation, "find_trouble", lambda level: f"no {level} here")
    for user in (0, 1000):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert choose_level(without_isolation=True) == level
        if level != "limits" or user:
            assert choose_level() == level
            continue
        with pytest.raises(NoIsolationError, match=r"no bubblewrap here.*--without-isolation"):
            choose_level()


# What becomes of a worker
# ------------------------

RUNS_ON = "def double(x):\n    import time\n    open('left', 'w').close()\n    time.sleep(60)"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make the folder for temporary files, which every user may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def begin(level: Level) -> Sandbox:
    if not works(level):
        pytest.skip(f"an answer does not run at the level {level} here")
    return Sandbox(level, cpu_seconds=2)


def has_ended(*pids: int) -> bool:
    """Wait until processes are gone, for as long as they may take."""
    give_up = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.01)
    return True


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [one for child in map(int, listed) for one in (child, *children(child))]


@pytest.mark.parametrize("level", LEVELS)
def test_a_worker_leaves_nothing(level: Level, place: Path) -> None:
    with begin(level) as sandbox:
        for source in ("def double(x):\n    open('left', 'w')\n    return 2 * x", "exit()"):
            answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, 0, cpu_seconds=2)
            answer((3,))
            answer.end()
    assert not list(place.iterdir())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("level", LEVELS)
def test_a_worker_that_is_killed_takes_its_answer_with_it(level: Level, place: Path) -> None:
    with begin(level) as sandbox:
        answer = RemoteAnswer(sandbox, EXERCISES["double"], (), RUNS_ON, 0, cpu_seconds=2)
        assert sandbox._process is not None
        started = children(sandbox._process.pid)
        assert started
        sandbox._process.kill()
        answer.end()
    assert has_ended(*started)
    assert not list(place.iterdir())


@pytest.mark.parametrize("shared", ["/dev/shm", "/dev/mqueue"])
def test_what_an_answer_left_elsewhere_is_not_there_for_the_next_one(shared: str) -> None:
    if not os.path.isdir(shared):
        pytest.skip(f"this system has no {shared}")
    path = f"{shared}/gradlab-left"
    leaves = f"def double(x):\n    open('{path}', 'w').close()\n    return 2 * x"
    looks = f"import os\ndef double(x):\n    return os.path.exists('{path}')"
    with begin("uid") as sandbox:
        for source, got in ((leaves, 6), (looks, False)):
            answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, 0, cpu_seconds=2)
            assert answer((3,)).got == got
            answer.end()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system has no /proc")
def test_no_more_than_so_much_of_others_folders_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A look takes place many times while an answer runs, and others may have left millions."""
    for number in range(5):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number)).chmod(0o777)
        for inside in range(20):
            (tmp_path / str(number) / str(inside)).touch()
    seen: list[str] = []

    def note(folder: str) -> Iterator[tuple[str, os.stat_result]]:
        for path, status in read_statuses(folder):
            seen.append(path)
            yield path, status

    read_statuses = job._read_statuses
    monkeypatch.setattr(job, "_read_statuses", note)
    monkeypatch.setattr(job, "_MOST_SEEN", 30, raising=False)
    limits = job.Limits(1 << 50, 10_000, 10_000, 1 << 50)
    answers = tmp_path / "answers"
    answers.mkdir()
    job.Job(os.getpid(), str(answers), 0o755, limits, 1_999_999_999, [str(tmp_path)]).watch()
    assert len(seen) == 30


# It clears the signal for a parent's end, starts what nobody waits for, and leaves a file.
HIDES = """
import ctypes, os, time
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
with open("/dev/shm/gradlab-hidden", "w") as file:
    print(os.getuid(), file=file)
def double(x):
    return 2 * x
"""


def test_nothing_of_an_answers_own_user_outlives_a_worker_that_was_killed() -> None:
    with begin("uid") as sandbox:
        answer = RemoteAnswer(sandbox, EXERCISES["double"], (), HIDES, 0, cpu_seconds=2)
        assert int(Path("/dev/shm/gradlab-hidden").read_text()) > 1_900_000_000
        assert sandbox._process is not None
        started = children(sandbox._process.pid)
        assert len(started) == 2
        sandbox._process.kill()
        answer.end()
    assert has_ended(*started)
    assert not Path("/dev/shm/gradlab-hidden").exists()


GRADES_ONE = """
import sys, tempfile
from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.sandbox.process import Sandbox
from gradlab.grading.sandbox.remote import RemoteAnswer
tempfile.tempdir, level = sys.argv[1:]
with Sandbox(level, cpu_seconds=20) as sandbox:
    answer = RemoteAnswer(sandbox, EXERCISES["double"], (), sys.stdin.read(), 0, cpu_seconds=20)
    print("begun", flush=True)
    answer((3,))
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("level", LEVELS)
def test_a_worker_whose_grader_was_killed_ends_and_leaves_nothing(
    level: Level, place: Path
) -> None:
    begin(level).close()
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADES_ONE, str(place), level],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert grader.stdin is not None
    assert grader.stdout is not None
    with grader:
        grader.stdin.write(RUNS_ON)
        grader.stdin.close()
        assert grader.stdout.readline() == "begun\n"
        started = children(grader.pid)
        assert len(started) > 1
        grader.kill()
    assert has_ended(*started)
    assert not list(place.iterdir())


# In a namespace of its own, root is an ordinary user, who can read what root can.
ORDINARY = [
    *("bwrap", "--die-with-parent", "--dev-bind", "/", "/"),
    *("--unshare-user", "--uid", "1000", "--gid", "1000"),
]
CALLS_ONCE = """
import sys
from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.sandbox.isolation import find_trouble
from gradlab.grading.sandbox.process import Sandbox
from gradlab.grading.sandbox.remote import RemoteAnswer
if why := find_trouble("bubblewrap"):
    sys.exit(why)
with Sandbox("bubblewrap", cpu_seconds=2) as sandbox:
    answer = RemoteAnswer(sandbox, EXERCISES["double"], (), sys.stdin.read(), 0, cpu_seconds=2)
    print(answer((3,)))
    answer.end()
"""
# It writes what is there already; code that outlives the answer would do as well.
WRITES_INTO_THE_FIRST_PROCESS = """
def double(x):
    waits_at = int(open("/proc/1/syscall").read().split()[-1], 16)
    with open("/proc/1/mem", "r+b", buffering=0) as memory:
        memory.seek(waits_at)
        there = memory.read(1)
        memory.seek(waits_at)
        memory.write(there)
    return 2 * x
"""


def test_an_answer_cannot_write_into_the_first_process_of_its_world() -> None:
    if not works("bubblewrap"):
        pytest.skip("an answer does not run at the level bubblewrap here")
    ordinary = ORDINARY if os.geteuid() == 0 else []
    called = subprocess.run(
        [*ordinary, sys.executable, "-c", CALLS_ONCE],
        input=WRITES_INTO_THE_FIRST_PROCESS,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if called.returncode:
        pytest.skip(f"nor as an ordinary user: {called.stderr}")
    assert "PermissionError" in called.stdout
