"""When a learner's answers get a fresh sandbox, and when one of them runs a second time."""

from collections.abc import Callable
from typing import Any

import pytest
from test_hostile import DOUBLE, HONEST, graded, need, notebook, of

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading import grader
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.sandbox.process import LEVELS, Level, Sandbox, SandboxError
from gradlab.grading.sandbox.remote import RemoteAnswer
from gradlab.grading.sandbox.wire import Channel

Grade = Callable[..., tuple[LearnerResult, int]]


@pytest.fixture
def grade(monkeypatch: pytest.MonkeyPatch) -> Grade:
    """Grade cells, and count the sandboxes; the workers of the first few are killed, say."""

    def grade_counting(
        *cells: str, level: Level | None = None, failing: int = 0, killed: int = 0
    ) -> tuple[LearnerResult, int]:
        tried = 0

        class Counted(Sandbox):
            def __init__(self, *arguments: Any) -> None:
                nonlocal tried
                tried += 1
                if tried <= failing:
                    raise SandboxError("no worker starts")
                super().__init__(*arguments)

            def begin(self) -> Channel:
                channel = super().begin()
                if tried <= killed:
                    assert self._process is not None
                    self._process.kill()
                    self._process.wait()
                return channel

        monkeypatch.setattr(grader, "Sandbox", Counted)
        return graded(level, {"book.ipynb": notebook(*cells)}, cpu_seconds=20), tried

    return grade_counting


def test_no_answer_runs_where_one_had_more_of_gradlabs_text(
    grade: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it may use is text in its process, which it could keep for a later answer."""
    ran: list[str] = []
    genuine = grader._grade

    def record(sandbox: Sandbox, answer: Any, task: Any) -> Any:
        ran.append(answer.name)
        return genuine(sandbox, answer, task)

    monkeypatch.setattr(grader, "_grade", record)
    names = ["find_bugs", "richardson", "pack", "l2_loss", "unpack"]
    sources = [EXERCISES[name].source() for name in names]
    _, sandboxes = grade(*(f"import gradlab\n{source}" for source in sources))
    assert sandboxes == 1
    assert sorted(ran) == sorted(names)
    sizes = [len(EXERCISES[name].may_use) for name in ran]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("level", LEVELS)
def test_an_answer_finds_the_folder_as_the_first_one_did(level: Level) -> None:
    """Mode and times of what all answers have in common: one could lock it, or leave a number."""
    need(level)
    spoils = "import os, contextlib\ndef double(x):\n"
    spoils += "    with contextlib.suppress(PermissionError):\n"
    spoils += "        os.utime('..', (5, 5))\n        os.chmod('..', 0)\n"
    spoils += "    return 0"
    looks = "import os\ndef double(x):\n    found = os.stat('..')\n"
    looks += "    return [found.st_mode, int(found.st_atime) == 5]"
    found = []
    with Sandbox(level, cpu_seconds=20) as sandbox:
        for source in (looks, spoils, looks):
            answer = RemoteAnswer(sandbox, EXERCISES["double"], (), source, 0, cpu_seconds=20)
            found.append(answer((3,)).got)
            assert answer.end() == ""
    assert found == [found[0], 0, found[0]]


def test_a_sandbox_that_does_not_start_is_tried_twice(grade: Grade) -> None:
    assert grade(DOUBLE, failing=1)[0].total == 1
    with pytest.raises(SandboxError):
        grade(DOUBLE, failing=2)


@pytest.mark.parametrize("level", ["bubblewrap", "uid"])
def test_an_answer_whose_worker_was_killed_runs_again(level: Level, grade: Grade) -> None:
    """The system may end any process where memory runs out; nobody is to lose points by that."""
    need(level)
    result, tried = grade(DOUBLE, *HONEST.values(), level=level, killed=1)
    assert [of(result, name).outcome for name in ("double", *HONEST)] == ["right"] * 3
    assert tried == 2
    result, tried = grade(DOUBLE, *HONEST.values(), level=level, killed=2)
    assert [of(result, name).outcome for name in ("double", *HONEST)] == ["stopped"] + [
        "right"
    ] * 2
    assert tried == 3
    assert result.status == "unreadable"
    assert any(note.startswith("double was run twice") for note in result.notes)


KILLS_ITSELF = "import os\ndef double(x):\n    os.kill(os.getpid(), 9)"
KILLS_THE_WORKER = KILLS_ITSELF.replace("getpid", "getppid")


def test_an_answer_that_kills_itself_gains_nothing_but_a_second_try(grade: Grade) -> None:
    need("bubblewrap")
    result, tried = grade(KILLS_ITSELF, HONEST["f"], level="bubblewrap")
    assert (of(result, "double").outcome, of(result, "double").points) == ("stopped", 0)
    assert of(result, "f").outcome == "right"
    assert tried == 3
    assert result.status == "unreadable"


@pytest.mark.parametrize("source", [KILLS_ITSELF, KILLS_THE_WORKER])
def test_where_an_answer_can_end_the_worker_it_runs_once(source: str, grade: Grade) -> None:
    need("limits")
    result, tried = grade(source, level="limits")
    assert of(result, "double").outcome == "stopped"
    assert (result.total, tried, result.status) == (0, 1, "graded")
