"""The progress bar, with a clock that is set by hand."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from tqdm import tqdm

import gradlab.support.progress
from gradlab.support.progress import progress


class Clock:
    """What tqdm takes for the time."""

    now = 0.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("tqdm.std.time", clock.time)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    # The environment is read when tqdm is imported.
    monkeypatch.setattr(gradlab.support.progress._bar_type(), "__init__", enabled_init)
    return clock


def enabled_init(bar: Any, *args: Any, **options: Any) -> None:
    tqdm.__init__(bar, *args, **(options | {"disable": False}))


def after(clock: Clock, seconds: float) -> list[int]:
    done = []
    for item in progress(range(4), "step"):
        clock.now += seconds / 4
        done.append(item)
    return done


def test_it_does_not_show_within_a_second(clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    assert after(clock, 0.9) == [0, 1, 2, 3]
    assert capfd.readouterr() == ("", "")


def test_it_shows_after_a_second_and_leaves(
    clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    assert after(clock, 8.0) == [0, 1, 2, 3]
    out, err = capfd.readouterr()
    assert out == ""
    assert "| 2/4 [" in err
    assert "step" in err
    assert err.split("\r")[-2].strip() == ""


def test_without_threads_as_in_a_browser_there_is_no_warning() -> None:
    program = (
        "import threading\n"
        'def refuse(thread): raise RuntimeError("can\'t start new thread")\n'
        "threading.Thread.start = refuse\n"
        "from gradlab.support.progress import progress\n"
        "print(sum(progress(range(4), 'step')))\n"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("6\n", "")


def test_the_environment_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TQDM_DISABLE", "1")
    program = (
        "from gradlab.support.progress import progress; print(progress(range(4), 'step').disable)"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"


def test_in_a_notebook_it_does_not_look_like_an_error(
    clock: Clock, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradlab.support.progress.running_shell", object)
    assert after(clock, 8.0) == [0, 1, 2, 3]
    out, err = capfd.readouterr()
    assert err == ""
    assert out.split("\r")[-2].strip() == ""


def test_the_checker_does_not_import_it_before_it_is_needed() -> None:
    code = "import sys; from gradlab import check_network; print('tqdm' in sys.modules)"
    called = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert called.stdout == "False\n"
