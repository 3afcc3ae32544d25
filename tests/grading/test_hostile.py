"""Hostile submissions: no point that was not earned, no harm to others, at each level there is."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from grade_runs import read_rows
from hostile_answers import ALL, HOSTILE, Hostile

from gradlab.cli import main
from gradlab.exercises.catalogue import EXERCISES
from gradlab.exercises.marking.mark import mark_calls
from gradlab.grading.grader import Task, grade_submission
from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
from gradlab.grading.sandbox.isolation import works
from gradlab.grading.sandbox.process import LEVELS, Level
from tools.lessons import NOTEBOOKS

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks in /proc for what an answer left behind"
)

SECRET = "correct horse battery staple"
MARK = "gradlab-was-here"
HONEST = {name: EXERCISES[name].source() for name in ("f", "f_prime")}
DOUBLE = EXERCISES["double"].source()
SLOW = pytest.mark.slow
# Where an answer might leave its mark.
PLACES = ("/", "/tmp", "/usr", "/etc", "/var/tmp", "/dev/shm")


def notebook(*cells: str | tuple[str, str], marks: bool = True, **more: Any) -> bytes:
    """Return a notebook with these cells, marked with the name given or defined first."""
    made: list[dict[str, Any]] = []
    for cell in cells:
        name, text = cell if isinstance(cell, tuple) else (defined(cell), cell)
        mark = {"nbgrader": {"grade_id": name, "solution": True}} if marks and name else {}
        made.append({"cell_type": "code", "source": text, "metadata": mark, "outputs": []})
    content = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}
    return json.dumps(content).encode()


def defined(cell: str) -> str:
    return next((line[4:].partition("(")[0] for line in cell.splitlines() if "def " in line), "")


def graded(level: Level | None, content: dict[str, bytes], **options: Any) -> LearnerResult:
    task = Task("mallory", content, (), (), (), seed=11, cpu_seconds=1, level=level)
    result, _ = grade_submission(replace(task, **options))
    return result


def of(result: LearnerResult, name: str) -> ExerciseResult:
    return next(exercise for exercise in result.exercises if exercise.name == name)


def need(level: Level) -> None:
    if not works(level):
        pytest.skip(f"an answer does not run at the level {level} here")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What an answer might reach, and that all of it is as it was afterwards."""
    monkeypatch.setenv("GRADLAB_SECRET", SECRET)
    neighbour = tmp_path / "submissions" / "ada" / "00_start_here.py"
    neighbour.parent.mkdir(parents=True)
    neighbour.write_text(f"{DOUBLE}\n# end\n")
    before = {place: set(os.listdir(place)) for place in PLACES}
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield {
            "outside": str(tmp_path),
            "neighbour": str(neighbour),
            "mark": MARK,
            "grader": str(os.getpid()),
            "port": str(server.getsockname()[1]),
            "secret": SECRET,
        }
        with pytest.raises(BlockingIOError):
            server.accept()
    assert neighbour.read_text() == f"{DOUBLE}\n# end\n"
    assert [path.name for path in tmp_path.iterdir()] == ["submissions"]
    for place, there in before.items():
        assert MARK not in set(os.listdir(place)) - there
    assert not left_running()


def left_running() -> list[str]:
    """Return the processes that answers of this process left behind."""
    first = 1_900_000_000 + os.getpid() % (1 << 20) * 64
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1]
            # The owner of the folder is root where a process keeps others from its memory.
            status = Path(f"/proc/{pid}/status").read_text()
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        uid = int(status.partition("\nUid:")[2].split()[0])
        ours = int(parent) == os.getpid() and b"gradlab" in command
        if ours or first <= uid < first + 64:
            left.append(pid)
    return left


def filled(answer: Hostile, world: dict[str, str]) -> str:
    text = answer.source
    for name, value in world.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("level", LEVELS)
def test_a_hostile_answer_earns_nothing_and_does_no_harm(
    level: Level, name: str, world: dict[str, str]
) -> None:
    answer = HOSTILE[name]
    need(level)
    if level not in answer.stopped_at:
        pytest.skip(f"the level {level} does not stop: {name}")
    book = notebook((answer.exercise, filled(answer, world)), *HONEST.values())
    result = graded(level, {"book.ipynb": book})
    assert of(result, answer.exercise).points == 0, of(result, answer.exercise)
    # What else the learner handed in is graded all the same.
    assert [of(result, name).outcome for name in HONEST] == ["right", "right"]
    assert result.total == sum(EXERCISES[name].points for name in HONEST)


def test_every_hostile_answer_is_stopped_at_the_strongest_level() -> None:
    assert all("bubblewrap" in answer.stopped_at for answer in HOSTILE.values())
    assert len(HOSTILE) >= 40


# What became of an answer, as the learner and the teacher read it.
TOLD = {
    # Not that it took 1 s of computing time: a busy machine may give it less in 4 s.
    "endless loop": ("stopped", "It was stopped: it "),
    "sleep": ("stopped", "did not end within 4 s"),
    "os._exit": ("stopped", "ended the process"),
    "abort": ("stopped", "made Python crash (signal 6)"),
    "recursion": ("wrong", "It raised RecursionError, in the line “return again(x + 1)”."),
    "20 GB array": ("wrong", "MemoryError"),
    "sys.exit": ("wrong", "It raised SystemExit, in the line “sys.exit(0)”."),
    "top-level crash": ("wrong", "It raised ZeroDivisionError, in the line “x = 1 / 0”."),
    "syntax error": ("wrong", "It raised SyntaxError, in the line “return 2 *”."),
    "always equal": ("wrong", "It returned a custom object; numbers are needed."),
    "gigantic answer": ("wrong", "TooLargeError"),
    "unknown signal": ("stopped", "made Python crash (signal 40)"),
    "memory over several processes": ("stopped", "took more than 1 GB of memory"),
    "very many files": ("stopped", "made more than 10,000 files and folders"),
    "error that cannot be shown": ("wrong", "It raised an error of its own kind"),
    "borrowed": ("borrowed", "calls gradlab's own code: forward_difference"),
    "borrowed by another name": ("borrowed", "central_difference"),
    "borrowed, and the error caught": ("borrowed", "relative_difference"),
    "borrowed by its code": ("borrowed", "looks for gradlab's own code: forward_difference"),
    "masked": ("wrong", "It returned a MaskedArray; numbers are needed."),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=SLOW if name == "sleep" else ()) for name in TOLD]
)
def test_what_happened_is_told(name: str, world: dict[str, str]) -> None:
    answer = HOSTILE[name]
    outcome, words = TOLD[name]
    # On a busy machine, what takes too much needs its time to do so.
    seconds = 10 if "more than" in words else 1
    book = {"book.ipynb": notebook((answer.exercise, answer.source))}
    result = of(graded(None, book, cpu_seconds=seconds), answer.exercise)
    assert result.outcome == outcome
    assert words in " ".join(result.hints)


def test_what_nobody_foresaw_costs_one_answer_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def surprised(exercise: Any, *others: Any) -> Any:
        if exercise.name == "double":
            raise KeyError("surprise")
        return mark_calls(exercise, *others)

    monkeypatch.setattr("gradlab.grading.grader.mark_calls", surprised)
    result = graded(None, {"book.ipynb": notebook(DOUBLE, *HONEST.values())})
    assert result.status == "unreadable"
    assert "double could not be marked (KeyError): look at it yourself" in result.notes
    assert [of(result, name).outcome for name in HONEST] == ["right", "right"]


def test_after_some_endless_answers_no_more_of_a_learner_are_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else one notebook could keep a class waiting for the better part of an hour."""
    monkeypatch.setattr("gradlab.grading.grader._MOST_OUT_OF_TIME", 1)
    book = notebook(DOUBLE, ("f", "def f(x):\n    while True: pass"), HONEST["f_prime"])
    result = graded(None, {"book.ipynb": book})
    assert [of(result, name).points for name in ("double", "f", "f_prime")] == [1, 0, 0]
    assert of(result, "f_prime").outcome == "stopped"
    assert of(result, "f_prime").hints[0].startswith("It was not run, because your other answers")
    # A person has to look: it may have been right.
    assert result.status == "unreadable"
    assert any(note.startswith("f_prime not run:") for note in result.notes)
    assert any("--timeout" in note for note in result.notes)


# Notebooks
# ---------

BLANK = (NOTEBOOKS / "00_start_here.ipynb").read_bytes()
SOLVED = (NOTEBOOKS / "solved" / "00_start_here.ipynb").read_bytes()
STUB = 'def double(x):\n    """Return x + x."""\n    raise NotImplementedError()\n'
UNREADABLE = {
    "invalid JSON": b'{"cells": [',
    "empty file": b"",
    "no notebook": b"[1, 2, 3]",
    "nested too deeply": b"[" * 200_000,
    "bytes": bytes(range(256)) * 100,
    "cells that are none": b'{"cells": 7, "nbformat": 4}',
}
# What was earned stays earned.
EARNED = {
    "duplicated cells": notebook(DOUBLE, DOUBLE),
    "duplicated stub": notebook(DOUBLE, STUB),
    "lost marks": notebook(DOUBLE, marks=False),
    "answer in a new cell": notebook(STUB, DOUBLE.replace("return 2 * x", "return x + x")),
    "crash in another cell": notebook("1 / 0", "import nothing_of_that_name", DOUBLE),
    "endless loop in another cell": notebook("while True: pass", DOUBLE),
    "lost kernelspec": notebook(DOUBLE, metadata={"kernelspec": None}),
    "UTF-16": notebook(DOUBLE).decode().encode("utf-16"),
    "latin-1": notebook(DOUBLE + "# \xe9\n")
    .decode("unicode_escape")
    .replace("\n", "\\n")
    .replace('"""', '\\"\\"\\"')
    .encode("latin-1"),
    "BOM": b"\xef\xbb\xbf" + notebook(DOUBLE),
    "demonstrations": notebook(f"{DOUBLE}\nprint(double(3))\nassert double(2) == 4\n"),
}
NOTHING = {
    "deleted cells": notebook("x = 1"),
    "emptied cell": notebook(""),
    "only the stub": notebook(STUB),
    "null bytes": notebook("def double(x):\n    return '\0'\n"),
    "nested brackets": notebook(f"def double(x):\n    return {'(' * 5000}1{')' * 5000}\n"),
    "100,000 cells": notebook(*["x = 1"] * 100_000),
    "marks that are none": notebook(STUB).replace(b'"double"', b'["double", {}]'),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_notebook_that_cannot_be_read_is_for_a_person(name: str) -> None:
    result = graded(
        None, {"bad.ipynb": UNREADABLE[name], "good.ipynb": notebook(*HONEST.values())}
    )
    assert result.status == "unreadable"
    assert any("bad.ipynb" in note for note in result.notes)
    assert result.total == 2


@pytest.mark.parametrize("name", EARNED)
def test_what_was_earned_stays_earned(name: str) -> None:
    result = graded(None, {"00_start_here.ipynb": EARNED[name]})
    assert of(result, "double").outcome == "right"
    assert result.total == 1


@pytest.mark.parametrize("name", NOTHING)
def test_no_answer_earns_nothing(name: str) -> None:
    assert graded(None, {"00_start_here.ipynb": NOTHING[name]}).total == 0


# A class of them
# ---------------


@pytest.mark.slow
def test_a_hostile_class_leaves_its_neighbours_alone(
    tmp_path: Path, world: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    need("bubblewrap")
    folder = tmp_path / "submissions"
    honest = ["ada", "mia", "zoe"]
    for student in honest:
        (folder / student).mkdir(exist_ok=True)
        (folder / student / "00_start_here.ipynb").write_bytes(SOLVED)
    quick = {name: a for name, a in HOSTILE.items() if "loop" not in name and name != "sleep"}
    for number, answer in enumerate(quick.values()):
        (folder / f"mallory {number:02}").mkdir()
        path = folder / f"mallory {number:02}" / "book.ipynb"
        path.write_bytes(notebook((answer.exercise, filled(answer, world))))
    (folder / "ned").mkdir()
    (folder / "ned" / "00_start_here.ipynb").symlink_to("../ada/00_start_here.ipynb")
    (folder / "nora").symlink_to("ada", target_is_directory=True)
    (folder / "olga" / "00_start_here.ipynb").mkdir(parents=True)
    (folder / "pia").mkdir()
    with (folder / "pia" / "00_start_here.ipynb").open("wb") as large:
        large.write(SOLVED)
        large.truncate(100_000_000)
    (folder / "quin").mkdir()
    before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    output = tmp_path / "submissions.csv"
    code = main(
        ["grade", str(folder), "-o", str(output), "--lesson", "0", "--timeout", "1", "--seed", "1"]
    )
    assert code == 0, capsys.readouterr()
    rows = read_rows(output)
    assert {path: path.lstat().st_mtime_ns for path in folder.rglob("*")} == before
    assert [rows[student]["total"] for student in honest] == ["1", "1", "1"]
    assert {row["total"] for student, row in rows.items() if student not in honest} == {"0"}
    assert len(rows) == len(list(folder.iterdir()))
    assert {rows[name]["status"] for name in ("ned", "nora", "olga", "pia")} == {"unreadable"}
    assert rows["quin"]["status"] == "missing"
    assert "symbolic link" in rows["ned"]["notes"]
    for path in (output, output.with_suffix(".txt"), output.with_suffix(".journal")):
        path.unlink()


def test_all_levels_are_known() -> None:
    assert set(LEVELS) == ALL
