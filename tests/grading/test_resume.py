"""Nothing is lost when grading is stopped: the journal, ``--resume``, and what is left behind."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from evening import HERE, STOPPING, command, hand_in, learners_in, outputs
from grade_runs import LESSONS, SOLVED, grade, read_rows

from gradlab import cli
from gradlab.grading.batch import digest
from gradlab.grading.grader import Task, grade_submission

NAMES = ("ada", "ben", "cleo", "dora")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to grade in, with four learners of lesson 0; nothing temporary may stay."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        hand_in(tmp_path / "class" / name)
    before = {number: signal.getsignal(number) for number in STOPPING}
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    yield tmp_path
    for number, handler in before.items():
        signal.signal(number, handler)
    assert list((tmp_path / "temporary").iterdir()) == []


OPTIONS = ["--lesson", 0, "--jobs", 1, "--json", "grades.json", "--feedback", "pages"]


class Counting:
    """Grades, counts whom, and does something before the learner of a number."""

    def __init__(self, at: int = -1, act: Callable[[], object] = lambda: None) -> None:
        self.graded: list[str] = []
        self.at = at
        self.act = act

    def __call__(self, task: Task) -> Any:
        if len(self.graded) == self.at:
            while sum(map(learners_in, Path().glob("*.journal"))) < self.at:
                time.sleep(0.01)
            self.act()
        self.graded.append(task.student)
        return grade_submission(task)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Counting]:
    """Grade in this process, where it can be seen who is graded."""
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setattr("gradlab.grading.command.Pool", ThreadPoolExecutor)

    def count(at: int = -1, act: Callable[[], object] = lambda: None) -> Counting:
        counting = Counting(at, act)
        monkeypatch.setattr("gradlab.grading.batch.grade_submission", counting)
        return counting

    return count


def interrupt(number: int) -> Callable[[], None]:
    """Stop the process as a signal does, and give the main thread the time to see it."""

    def act() -> None:
        os.kill(os.getpid(), number)
        time.sleep(0.2)

    return act


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_stops_with_a_word_and_the_rest_is_graded_later(
    number: signal.Signals,
    room: Path,
    counted: Callable[..., Counting],
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted()
    assert grade(Path("class"), *OPTIONS, "--seed", 5) == 0
    whole = outputs()
    for path in ("grades.csv", "grades.txt", "grades.json", "grades.journal"):
        Path(path).unlink()
    shutil.rmtree("pages")
    counted(2, interrupt(number))
    capsys.readouterr()
    assert grade(Path("class"), *OPTIONS, "--seed", 5) == 128 + number
    said = capsys.readouterr()
    assert said.out == ""
    assert ("Ctrl-C" if number == signal.SIGINT else number.name) in said.err
    assert "2 of 4 learners" in said.err
    assert "--resume class --lesson 0" in said.err
    assert not Path("grades.csv").exists()
    left = counted()
    assert grade(Path("class"), *OPTIONS, "--resume") == 0
    assert left.graded == ["cleo", "dora"]
    assert outputs() == whole
    assert "2 of 4 learners were graded now" in capsys.readouterr().out


def test_that_marks_by_hand_are_left_out_is_said(
    room: Path, counted: Callable[..., Counting], capsys: pytest.CaptureFixture[str]
) -> None:
    counted()
    Path("my marks.csv").write_text("student,exercise,points\nada,double,0.5\n")
    Path("empty.csv").write_text("student,exercise,points\nada,double,\n")
    assert grade(Path("class"), *OPTIONS, "--manual", "my marks.csv") == 0
    assert grade(Path("class"), *OPTIONS, "--resume", "--manual", "empty.csv") == 0
    assert "add --manual 'my marks.csv'" in capsys.readouterr().out
    assert grade(Path("class"), *OPTIONS, "--resume", "--manual", "my marks.csv") == 0
    for options, is_said in (([], True), (["--manual", "my marks.csv"], False)):
        capsys.readouterr()
        assert grade(Path("class"), *OPTIONS, "--resume", *options) == 0
        assert ("add --manual 'my marks.csv'" in capsys.readouterr().out) == is_said


def test_marks_that_are_not_there_are_no_reason_to_lose_those_of_the_earlier_run(
    room: Path, counted: Callable[..., Counting], capsys: pytest.CaptureFixture[str]
) -> None:
    counted()
    Path("marks.csv").write_text("student,exercise,points\nada,double,0.5\n")
    assert grade(Path("class"), *OPTIONS, "--manual", "marks.csv") == 0
    before = outputs()
    capsys.readouterr()
    assert grade(Path("class"), *OPTIONS, "--manual", "mraks.csv", "--resume") == 1
    said = capsys.readouterr()
    assert "there is no mraks.csv" in said.err
    assert "--manual marks.csv" in said.err
    assert said.out == ""
    assert outputs() == before
    assert not Path("mraks.csv").exists()
    # Without a person's marks in them, the grades lose nothing.
    Path("marks.csv").write_text("student,exercise,points\nada,double,\n")
    assert grade(Path("class"), *OPTIONS, "--manual", "marks.csv", "--resume") == 0
    assert grade(Path("class"), *OPTIONS, "--manual", "new.csv", "--resume") == 0
    assert "new.csv is not there" in capsys.readouterr().err


def test_a_table_that_appears_while_the_run_goes_on_is_not_written_to(
    room: Path, counted: Callable[..., Counting], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree("class")
    Path("class/ada").mkdir(parents=True)
    shutil.copy(SOLVED / LESSONS[7], "class/ada")
    mine = "student,exercise,points\nada,explain,7\n"
    counted(0, lambda: Path("marks.csv").write_text(mine))
    options = ["--lesson", 7, "--manual", "marks.csv"]
    assert grade(Path("class"), *options) == 1
    assert "it stays as it is" in capsys.readouterr().err
    assert Path("marks.csv").read_text() == mine
    assert grade(Path("class"), *options, "--resume") == 0
    assert read_rows(Path("grades.csv"))["ada"]["explain"] == "7"


def test_the_command_that_goes_on_is_quoted_for_a_shell(
    room: Path, counted: Callable[..., Counting], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("class").rename("my class")
    counted(1, interrupt(signal.SIGINT))
    assert cli.main(["grade", "my class", "-o", "it's.csv", "--jobs", "1"]) == 130
    command = capsys.readouterr().err.splitlines()[-1].strip()
    assert command.endswith("""grade --resume 'my class' -o 'it'"'"'s.csv' --jobs 1""")


def test_a_second_signal_while_ending_changes_nothing(
    room: Path, counted: Callable[..., Counting], capsys: pytest.CaptureFixture[str]
) -> None:
    def twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.2)

    counted(1, twice)
    assert grade(Path("class"), *OPTIONS) in (130, 143)
    os.kill(os.getpid(), signal.SIGINT)
    assert "Traceback" not in capsys.readouterr().err


def test_a_signal_while_submissions_are_unpacked_is_told_in_words(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unpack(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    monkeypatch.setattr("gradlab.grading.command.open_submissions", unpack)
    assert grade(Path("class"), *OPTIONS) == 143
    assert "nothing was written" in capsys.readouterr().err
    assert sorted(path.name for path in room.iterdir()) == ["class", "temporary"]


def test_what_nohup_ignores_stays_ignored(room: Path, counted: Callable[..., Counting]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    counted(1, interrupt(signal.SIGHUP))
    assert grade(Path("class"), *OPTIONS) == 0


@pytest.mark.parametrize("name", ["as_json", "write_feedback"])
def test_a_signal_between_the_files_leaves_what_resume_completes(
    name: str,
    room: Path,
    counted: Callable[..., Counting],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted()
    Path("grades.csv").write_text("mine\n")
    with monkeypatch.context() as patch:
        patch.setattr(f"gradlab.grading.outputs.{name}", lambda *_: interrupt(signal.SIGINT)())
        assert grade(Path("class"), *OPTIONS, "--seed", 5) == 130
    assert "4 of 4 learners" in capsys.readouterr().err
    assert grade(Path("class"), *OPTIONS, "--resume") == 0
    assert Path("grades.kept-1.csv").read_text() == "mine\n"
    assert not Path("grades.kept-2.csv").exists()
    assert len(outputs()) == 3 + 4 + 1


def test_grading_one_learner_again_changes_one_row(
    room: Path, counted: Callable[..., Counting]
) -> None:
    counted()
    assert grade(Path("class"), *OPTIONS) == 0
    before = read_rows(Path("grades.csv"))
    hand_in(Path("class/ben"), "return x**2")
    again = counted()
    assert grade(Path("class"), *OPTIONS, "--resume") == 0
    assert again.graded == ["ben"]
    after = read_rows(Path("grades.csv"))
    assert [name for name in NAMES if after[name] != before[name]] == ["ben"]
    assert after["ben"]["total"] == "0"
    assert json.loads(Path("grades.json").read_text())["run"]["seed"] == seed_of()


def seed_of() -> int:
    head = json.loads(Path("grades.journal").read_text().splitlines()[0])
    return int(head["conditions"]["seed"])


def test_a_learner_who_comes_later_is_graded_with_the_seed_of_the_others(
    room: Path, counted: Callable[..., Counting]
) -> None:
    counted()
    assert grade(Path("class"), *OPTIONS) == 0
    hand_in(Path("class/emil"))
    shutil.rmtree("class/ada")
    again = counted()
    assert grade(Path("class"), *OPTIONS, "--resume") == 0
    assert again.graded == ["emil"]
    assert list(read_rows(Path("grades.csv"))) == ["ben", "cleo", "dora", "emil"]


def test_marks_by_hand_are_not_in_the_journal(
    room: Path, counted: Callable[..., Counting]
) -> None:
    for name in NAMES:
        shutil.rmtree(f"class/{name}")
    Path("class/ada").mkdir()
    shutil.copy(SOLVED / LESSONS[7], "class/ada")
    Path("marks.csv").write_text("student,exercise,points\nada,explain,7\n")
    counted()
    options = ["--lesson", 7, "--manual", "marks.csv"]
    assert grade(Path("class"), *options, "--seed", 1) == 0
    assert read_rows(Path("grades.csv"))["ada"]["explain"] == "7"
    Path("marks.csv").write_text("student,exercise,points\nada,explain,3\n")
    again = counted()
    assert grade(Path("class"), *options, "--resume") == 0
    assert again.graded == []
    assert read_rows(Path("grades.csv"))["ada"]["explain"] == "3"
    assert grade(Path("class"), "--lesson", 7, "--resume") == 0
    assert read_rows(Path("grades.csv"))["ada"]["explain"] == ""


def test_who_could_not_be_graded_is_tried_again(
    room: Path, counted: Callable[..., Counting], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise MemoryError("no memory")

    counted(1, fail)
    assert grade(Path("class"), *OPTIONS) == 0
    assert "Could not be graded: 3; with --resume" in capsys.readouterr().out
    again = counted()
    assert grade(Path("class"), *OPTIONS, "--resume") == 0
    assert again.graded == ["ben", "cleo", "dora"]
    assert {row["status"] for row in read_rows(Path("grades.csv")).values()} == {"graded"}


def test_an_unfinished_run_is_kept_and_named(
    room: Path, counted: Callable[..., Counting], capsys: pytest.CaptureFixture[str]
) -> None:
    counted(3, interrupt(signal.SIGINT))
    assert grade(Path("class"), *OPTIONS) == 130
    unfinished = Path("grades.journal").read_bytes()
    counted()
    capsys.readouterr()
    assert grade(Path("class"), *OPTIONS) == 0
    said = capsys.readouterr()
    assert "an unfinished run here, with 3 learners" in said.err
    assert "mv grades.kept-1.journal grades.journal" in said.err
    assert Path("grades.kept-1.journal").read_bytes() == unfinished
    assert grade(Path("class"), *OPTIONS) == 0
    said = capsys.readouterr()
    assert "unfinished" not in said.err
    assert "grades.kept-2.journal" in said.out


def test_any_file_in_the_place_of_the_journal_is_kept(
    room: Path, counted: Callable[..., Counting]
) -> None:
    Path("grades.journal").write_bytes(b"dear diary\xff")
    counted()
    assert grade(Path("class"), *OPTIONS) == 0
    assert Path("grades.kept-1.journal").read_bytes() == b"dear diary\xff"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--lesson", 1], "begun with --lesson 0, and this is with --lesson 1"),
        ([], "begun with --lesson 0, and this is without --lesson"),
        (["--lesson", 0, "--timeout", 9], "begun with --timeout 10, and this is with --timeout 9"),
        (["--lesson", 0, "--seed", 6], "begun with --seed 5, and this is with --seed 6"),
        (["--lesson", 0, "-o", "other.csv"], "no other.journal"),
    ],
)
def test_results_of_other_conditions_are_not_mixed(
    options: list[object],
    words: str,
    room: Path,
    counted: Callable[..., Counting],
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted()
    assert grade(Path("class"), "--lesson", 0, "--seed", 5) == 0
    before = Path("grades.journal").read_bytes()
    capsys.readouterr()
    assert grade(Path("class"), "--resume", *options) == 1
    assert words in capsys.readouterr().err
    assert Path("grades.journal").read_bytes() == before


def test_results_of_other_exercises_are_not_mixed(
    room: Path,
    counted: Callable[..., Counting],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted()
    assert grade(Path("class"), *OPTIONS) == 0
    monkeypatch.setattr("gradlab.grading.command._digest_of_code", lambda: "another")
    assert grade(Path("class"), *OPTIONS, "--resume") == 1
    assert "code has changed" in capsys.readouterr().err


def test_resume_may_add_outputs_and_the_same_seed(
    room: Path, counted: Callable[..., Counting]
) -> None:
    counted()
    assert grade(Path("class"), "--lesson", 0, "--seed", 5) == 0
    again = counted()
    assert grade(Path("class"), *OPTIONS, "--seed", 5, "--resume") == 0
    assert again.graded == []
    assert len(outputs()) == 3 + 4 + 1


def test_two_runs_do_not_write_to_one_output(
    room: Path, counted: Callable[..., Counting], capsys: pytest.CaptureFixture[str]
) -> None:
    others = []

    def run_another() -> None:
        for more in ([], ["--resume"]):
            typed = command(*OPTIONS, *more)
            others.append(subprocess.run(typed, env=HERE, check=False, capture_output=True))

    counted(1, run_another)
    assert grade(Path("class"), *OPTIONS) == 0
    assert len(others) == 2
    for other in others:
        assert other.returncode == 1
        assert b"another run of gradlab grade is writing to grades.journal" in other.stderr
    assert len(outputs()) == 3 + 4 + 1
    assert not list(room.glob("*.kept-*"))


def test_the_digest_tells_any_two_submissions_apart() -> None:
    task = Task("ada", {"a": b"1", "b": b"2"}, (), (), (0,), 1, 10)
    others = [
        replace(task, student="ben"),
        replace(task, notebooks={"a": b"1", "b": b"3"}),
        replace(task, notebooks={"a": b"2", "b": b"1"}),
        replace(task, notebooks={"a": b"1", "c": b"2"}),
        replace(task, notes=("late",)),
        replace(task, unread=("late",)),
        replace(task, attempts={"a": 1, "b": 2}),
        replace(task, lessons=(1,)),
        replace(task, seed=2),
    ]
    assert len({digest(one) for one in (task, *others)}) == 1 + len(others)
    assert digest(replace(task, level="limits")) == digest(task)
    assert digest(replace(task, notebooks={"b": b"2", "a": b"1"})) == digest(task)
    first, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert digest(replace(task, attempts=first)) == digest(replace(task, attempts=other))


def test_a_folder_that_is_gone_is_named(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (room / "gone").mkdir()
    monkeypatch.chdir(room / "gone")
    (room / "gone").rmdir()
    assert grade(room / "class", *OPTIONS[:4]) == 1
    assert "does not exist any more" in capsys.readouterr().err
