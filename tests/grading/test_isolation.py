"""Levels of isolation, and workers that do not start or are gone."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from gradlab.grading.sandbox import process
from gradlab.grading.sandbox.isolation import strongest, trouble, works
from gradlab.grading.sandbox.process import LEVELS, Sandbox, SandboxError


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
    assert not works("limits")


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
    monkeypatch.setattr(process, "_found_packages", lambda: {"numpy": home / "numpy"})
    trouble.cache_clear()
    try:
        assert not works("uid")
    finally:
        trouble.cache_clear()


def test_a_worker_that_is_gone_is_an_error_not_a_hang() -> None:
    sandbox = Sandbox(strongest(), cpu_seconds=2)
    sandbox.close()
    with pytest.raises(SandboxError, match="gone"):
        sandbox.begin()
    assert sandbox.lost


def test_levels_are_tried_from_the_strongest() -> None:
    assert LEVELS == ("bubblewrap", "uid", "limits")
    assert strongest() in LEVELS


# In a namespace of its own, root is an ordinary user, who can read what root can.
ORDINARY = [
    *("bwrap", "--die-with-parent", "--dev-bind", "/", "/"),
    *("--unshare-user", "--uid", "1000", "--gid", "1000"),
]
CALLS_ONCE = """
import sys
from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.sandbox.isolation import trouble
from gradlab.grading.sandbox.process import Sandbox
from gradlab.grading.sandbox.remote import RemoteAnswer
if why := trouble("bubblewrap"):
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
