"""Processes that grade: one that ends takes nothing with it, and all end with their parent."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from gradlab.grading.pool import Pool, WorkerEndedError


class TakesTwoArgumentsError(Exception):
    """Python can take one of these apart, but not put it together."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


def fail(kind: type[Exception], *arguments: str) -> None:
    raise kind(*arguments)


def end_once(path: str) -> str:
    """End this process at the first call."""
    if not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def end_always() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_calls_run_in_as_many_processes_as_are_asked_for() -> None:
    with Pool(2) as pool:
        futures = [pool.submit(os.getpid) for _ in range(20)]
        found = {future.result() for future in futures}
    assert 1 <= len(found) <= 2
    assert os.getpid() not in found


def test_what_a_call_raises_is_raised() -> None:
    with Pool(1) as pool:
        with pytest.raises(KeyError, match="ada"):
            pool.submit(fail, KeyError, "ada").result()
        with pytest.raises(RuntimeError, match="TakesTwoArgumentsError"):
            pool.submit(fail, TakesTwoArgumentsError, "a", "b").result()
        assert pool.submit(max, 1, 2).result() == 2


def test_a_process_that_ends_takes_no_other_call_with_it() -> None:
    with Pool(2) as pool:
        deadly: Future[Any] = pool.submit(os._exit, 3)
        assert [pool.submit(abs, -n).result() for n in range(10)] == list(range(10))
        with pytest.raises(WorkerEndedError, match="exit code 3"):
            deadly.result()


def test_a_call_whose_process_was_killed_is_tried_once_more(tmp_path: Path) -> None:
    with Pool(1) as pool:
        assert pool.submit(end_once, str(tmp_path / "called")).result() == "done"
        with pytest.raises(WorkerEndedError, match="SIGKILL"):
            pool.submit(end_always).result()


def test_closing_ends_what_runs_at_once() -> None:
    with Pool(2) as pool:
        futures = [pool.submit(time.sleep, 600) for _ in range(4)]
        while not futures[0].running():
            time.sleep(0.01)
    for future in futures:
        with pytest.raises(WorkerEndedError):
            future.result(timeout=20)


ABANDONED = """
import os, time
from gradlab.grading.pool import Pool
pool = Pool(2)
print(pool.submit(os.getpid).result(), flush=True)
for _ in range(2):
    pool.submit(time.sleep, 600)
time.sleep(600)
"""


def test_processes_end_when_the_one_that_started_them_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", ABANDONED], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        os.kill(worker, 0)
        parent.kill()
    give_up = time.monotonic() + 20
    while is_running(worker):
        assert time.monotonic() < give_up
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
