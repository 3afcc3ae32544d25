"""``gradlab grade`` as a teacher uses it."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grade_runs import BLANK, LESSONS, SOLVED, edit, grade, read_rows

from gradlab import cli
from gradlab.exercises.catalogue import ALL_EXERCISES, EXERCISES
from gradlab.grading.batch import grade_all
from gradlab.grading.grader import Task, grade_submission, list_names
from gradlab.grading.intake.submissions import open_submissions
from gradlab.grading.outcome.gradebook import as_csv, as_json
from gradlab.grading.sandbox.isolation import SENTENCES, find_strongest

ALL = list(ALL_EXERCISES)
MOST = sum(exercise.points for exercise in ALL_EXERCISES.values())
SLOW = pytest.mark.slow


def add_points(*lessons: int) -> int:
    """Return what checks give for some lessons."""
    return sum(exercise.points for exercise in EXERCISES.values() if exercise.lesson in lessons)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in LESSONS}


@pytest.fixture(scope="module")
def submissions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learners of lessons 0 and 3: all right, all blank, some right, nothing, no notebook."""
    folder = tmp_path_factory.mktemp("class") / "submissions"
    for student, source in (("ada", SOLVED), ("ben", BLANK), ("cleo", SOLVED), ("dora", SOLVED)):
        (folder / student).mkdir(parents=True)
        for name in LESSONS:
            if name[:2] in ("00", "03"):
                shutil.copy(source / name, folder / student)
    edit(folder / "cleo" / LESSONS[0], "return 2 * x", "return x**2")
    edit(folder / "cleo" / LESSONS[3], "return 2 * x + 3", "raise ValueError(str(x))")
    (folder / "dora" / LESSONS[3]).write_bytes(b"{")
    (folder / "emil").mkdir()
    return folder


@pytest.fixture(scope="module")
def graded(submissions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graded")
    options = ["-o", folder / "grades.csv", "--json", folder / "grades.json"]
    assert grade(submissions, *options, "--feedback", folder / "feedback", "--seed", 4) == 0
    return folder


def test_every_learner_has_a_row_with_every_exercise(graded: Path) -> None:
    table = read_rows(graded / "grades.csv")
    assert list(table) == ["ada", "ben", "cleo", "dora", "emil"]
    assert list(table["ada"]) == [
        *("id", "student", *ALL, *(f"lesson_{lesson}" for lesson in range(8))),
        *("total", "max_total", "status", "notes"),
    ]
    assert {row["max_total"] for row in table.values()} == {str(MOST)}
    totals = {student: row["total"] for student, row in table.items()}
    full = add_points(0, 3)
    assert totals == {
        "ada": f"{full}",
        "ben": "0",
        "cleo": f"{full - 2}",
        "dora": "1",
        "emil": "0",
    }
    statuses = [row["status"] for row in table.values()]
    assert statuses == ["graded", "graded", "graded", "unreadable", "missing"]


def test_the_summary_names_seed_isolation_and_who_needs_a_person(graded: Path) -> None:
    summary = (graded / "grades.txt").read_text()
    assert "Seed: 4" in summary
    assert SENTENCES[find_strongest()].split(":")[0] in summary
    assert "dora: 03_worked_example.ipynb" in summary
    assert "emil: handed in no notebook" in summary
    assert json.loads((graded / "grades.json").read_text())["run"]["seed"] == 4


def test_feedback_helps_and_tells_no_hidden_input(graded: Path) -> None:
    assert sorted(page.name for page in (graded / "feedback").iterdir()) == [
        *(f"{student}.html" for student in ("ada", "ben", "cleo", "dora", "emil")),
        "pages.csv",
    ]
    page = (graded / "feedback" / "cleo.html").read_text()
    assert "This squares x." in page
    assert "It raised ValueError, in the line “raise ValueError(str(x))”." in page
    inputs = EXERCISES["f_prime"].cases(np.random.default_rng(4)).values()
    for value in (arguments[0] for cases in inputs for arguments in cases):
        for text in map(str, np.ravel(value)):
            assert len(text) < 4 or text not in page


def test_one_seed_gives_the_same_bytes_however_many_jobs(
    submissions: Path, graded: Path, tmp_path: Path
) -> None:
    options = ["-o", tmp_path / "grades.csv", "--json", tmp_path / "grades.json"]
    more = ["--feedback", tmp_path / "feedback", "--seed", 4, "--jobs", 1]
    assert grade(submissions, *options, *more) == 0
    # Lines of the journal are in the order in which learners were done.
    for path in (path for path in graded.rglob("*.*") if path.suffix != ".journal"):
        assert (tmp_path / path.relative_to(graded)).read_bytes() == path.read_bytes()


def test_without_a_seed_one_is_drawn_and_recorded(submissions: Path, tmp_path: Path) -> None:
    seeds = set()
    for number in range(2):
        output = tmp_path / f"{number}.csv"
        found = tmp_path / f"{number}.json"
        assert grade(submissions, "-o", output, "--json", found, "--lesson", "0") == 0
        seeds.add(json.loads(found.read_text())["run"]["seed"])
    assert len(seeds) == 2


def test_one_lesson_alone_may_count(submissions: Path, tmp_path: Path) -> None:
    assert grade(submissions, "-o", tmp_path / "grades.csv", "--lesson", "00") == 0
    table = read_rows(tmp_path / "grades.csv")
    assert {row["max_total"] for row in table.values()} == {"1"}
    end = ["total", "max_total", "status", "notes"]
    assert list(table["cleo"]) == ["id", "student", "double", *end]


def test_several_lessons_may_count_with_the_points_of_each(
    submissions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lessons = ["--lesson", "3", "--lesson", "0", "--lesson", "3"]
    assert grade(submissions, "-o", tmp_path / "grades.csv", *lessons) == 0
    ada = read_rows(tmp_path / "grades.csv")["ada"]
    first, then = add_points(0), add_points(3)
    found = [float(ada[key]) for key in ("lesson_0", "lesson_3", "total", "max_total")]
    assert found == [first, then, first + then, first + then]
    assert not {"lesson_4", "pack"} & set(ada)
    assert "Only lessons 0 and 3 count." in capsys.readouterr().out


def test_what_was_there_is_kept(
    submissions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "grades.csv").write_text("mine\n")
    assert grade(submissions, "-o", tmp_path / "grades.csv", "--lesson", 0) == 0
    assert (tmp_path / "grades.kept-1.csv").read_text() == "mine\n"
    assert "grades.kept-1.csv" in capsys.readouterr().out


def test_marks_of_a_person_are_merged(
    submissions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "submissions"
    for student in ("ada", "ben"):
        (folder / student).mkdir(parents=True)
        shutil.copy(SOLVED / LESSONS[7], folder / student)
    options = ["-o", tmp_path / "grades.csv", "--lesson", "7", "--seed", "1"]
    marks = tmp_path / "marks.csv"
    marks.write_text("student,exercise,points\nada,explain,7.5\n")
    assert grade(folder, *options, "--manual", marks) == 0
    table = read_rows(tmp_path / "grades.csv")
    assert (table["ada"]["explain"], table["ada"]["total"]) == ("7.5", "27.5")
    assert [row["status"] for row in table.values()] == ["graded", "needs-manual"]
    assert "ben: the written answer `explain` waits" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["nowhere"], "nowhere"),
        (["{class}", "-o", "no/such/folder/grades.csv"], "there is no folder"),
        (["{class}", "--manual", "no/such/marks.csv"], "there is no folder"),
        (["{class}", "--manual", "."], "cannot be read"),
        (["{class}", "--manual", "marks.xlsx"], "marks are written as CSV"),
        (["{class}", "--manual", "grades.txt"], "written over each other"),
        (["{class}", "--manual", f"{'x' * 256}.csv"], "File name too long"),
        (["{class}", "--written", "no/such/page.html"], "there is no folder"),
        (["{class}", "--written", "page.pdf"], "ends in .html"),
        (["{class}", "--written", "x.html", "--json", "x.html"], "written over each other"),
        (["{class}", "--written", "x.html", "--lesson", "3"], "in lesson 7"),
        (["{class}", "--anonymous"], "--anonymous hides names"),
        (["{class}", "-o", "."], "is a folder"),
        (["{class}", "-o", "out.txt"], "written over each other"),
        (["{class}", "-o", "x.csv", "--json", "x.csv"], "written over each other"),
        (["{class}", "-o", "x.csv", "--json", "x.journal"], "written over each other"),
        (["{class}", "-o", f"{'x' * 256}.csv"], "File name too long"),
        # Its journal, and what is kept of an older file, have longer names.
        (["{class}", "-o", f"{'x' * 250}.csv"], "File name too long"),
        (["{class}", "--json", "x" * 256], "File name too long"),
        (["{class}", "--feedback", "x" * 256], "File name too long"),
        (["{class}", "-o", os.devnull], "a device"),
        (["{class}", "--json", "/dev"], "is a folder"),
        (["{class}", "--resume"], "no grades.journal"),
        (["{class}", "--feedback", "{class}/dora/00_start_here.ipynb"], "is a file"),
        (["{class}", "--feedback", "no/such/feedback"], "there is no folder"),
        (["{class}", "--dask", "tcp://127.0.0.1:9"], "no Dask scheduler answers"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_graded(
    options: list[str],
    words: str,
    submissions: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gradlab.grading.command._PATIENCE", 1)
    assert (
        cli.main(["grade", *(text.replace("{class}", str(submissions)) for text in options)]) == 1
    )
    said = capsys.readouterr().err
    assert said.startswith("gradlab grade: ")
    assert words in said
    assert not list(tmp_path.iterdir())


def test_root_grades_without_isolation_only_if_asked_to(
    submissions: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("gradlab.grading.sandbox.isolation.find_strongest", lambda: "limits")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    shutil.copytree(submissions / "ada", tmp_path / "class" / "ada")
    options = ["-o", tmp_path / "grades.csv", "--lesson", "0"]
    assert grade(tmp_path / "class", *options) == 1
    said = capsys.readouterr().err
    assert "answers would run as root" in said
    assert "Install bubblewrap" in said
    assert not (tmp_path / "grades.csv").exists()
    assert grade(tmp_path / "class", *options, "--without-isolation") == 0
    assert read_rows(tmp_path / "grades.csv")["ada"]["total"] == "1"
    assert "limits only: answers could do what you can do" in capsys.readouterr().err


def test_a_full_disk_is_told_before_anything_is_graded(
    submissions: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def sync(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", sync)
    assert grade(submissions, "-o", tmp_path / "grades.csv") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


UNFIT = "The cell defines no function double(x): keep its first line as it was given out."


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("def doubled(x):\n    return 2 * x", UNFIT),
        ("2 * x", UNFIT),
        ("double = 5.0 * 2", UNFIT),
        ("def double(x, y):\n    return 2 * x", "It cannot be called as double(x)"),
        ("def double():\n    return 2", "It cannot be called as double(x)"),
        ("def double(x):\n    return 'two'", "It returned a string; numbers are needed."),
        ("def double(x):\n    return factors * x", "uses factors, which no cell of your notebook"),
        ("def double(x):\n    while True: pass", "Does a loop never end?"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told(source: str, hint: str) -> None:
    mark = {"nbgrader": {"grade_id": "double", "solution": True}}
    cells = [
        {"cell_type": "code", "source": "factor = sum([1, 1])", "metadata": {}},
        {"cell_type": "code", "source": source, "metadata": mark},
    ]
    book = {"book.ipynb": json.dumps({"cells": cells}).encode()}
    result, _ = grade_submission(Task("ada", book, (), (), (0,), seed=1, cpu_seconds=1))
    (double,) = result.exercises
    assert double.points == 0
    assert hint in " ".join(double.hints)


def test_lessons_of_which_there_is_nothing_are_named(graded: Path) -> None:
    notes = {student: row["notes"] for student, row in read_rows(graded / "grades.csv").items()}
    assert "nothing of lesson 1, 2, 4, 5, 6, 7 was found" in notes["ada"]
    assert "nothing of" not in notes["emil"]


@pytest.mark.parametrize(
    "options",
    [
        ["--lesson", "9"],
        ["--seed", "-1"],
        ["--seed", "4294967296"],
        ["--jobs", "0"],
        ["--timeout", "x"],
    ],
)
def test_wrong_usage_is_explained(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["grade", ".", *options])
    assert f"argument {options[0]}" in capsys.readouterr().err


def test_windows_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert cli.main(["grade", "."]) == 1
    assert "WSL" in capsys.readouterr().err


class Backwards(Executor):
    """Runs what it was given last first, when somebody asks."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._waiting: list[tuple[Future[Any], Any]] = []

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.append((future, lambda: function(*arguments, **keywords)))
        if len(self._waiting) == 3:
            self._pool.submit(self._run)
        return future

    def _run(self) -> None:
        while self._waiting:
            future, task = self._waiting.pop()
            future.set_result(task())


@pytest.fixture
def three(submissions: Path, tmp_path: Path) -> Iterator[Any]:
    for student in ("ada", "ben", "cleo"):
        shutil.copytree(submissions / student, tmp_path / "three" / student)
    with open_submissions(tmp_path / "three") as found:
        yield found


def test_the_order_of_an_executor_does_not_matter(three: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        one = grade_all(three, pool, seed=4)
    other = grade_all(three, Backwards(), seed=4)
    assert as_json(*one) == as_json(*other)
    assert [result.student for result in one[0]] == ["ada", "ben", "cleo"]


def test_another_file_in_the_place_of_a_page_is_seen_at_once(
    submissions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "ada.html").write_text("mine")
    options = ["-o", tmp_path / "grades.csv", "--feedback", tmp_path / "feedback"]
    assert grade(submissions, *options) == 1
    assert "ada.html is not a page of gradlab's" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["feedback"]


class Broken(Executor):
    """An executor whose machine is gone."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(RuntimeError("the machine is gone"))
        return future


def test_a_task_that_fails_has_a_row_for_a_person(three: Any) -> None:
    results, _ = grade_all(three, Broken(), seed=4, lessons=(0,))
    assert [result.status for result in results] == ["unreadable"] * 3
    assert "could not be graded: RuntimeError: the machine is gone" in as_csv(results)


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_dask_cluster_gives_the_same_bytes(
    submissions: Path, graded: Path, tmp_path: Path
) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as cluster:
        options = ["-o", tmp_path / "grades.csv", "--json", tmp_path / "grades.json"]
        address = cluster.scheduler_address
        assert grade(submissions, *options, "--seed", 4, "--dask", address) == 0
    for name in ("grades.csv", "grades.json"):
        assert (tmp_path / name).read_bytes() == (graded / name).read_bytes()


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=SLOW) for s in (1, 2, 2**32 - 1))])
def test_the_solved_edition_gets_full_marks_and_the_blank_one_none(seed: int) -> None:
    """A hundred other seeds were run once."""
    for folder, total in ((SOLVED, add_points(*range(8))), (BLANK, 0)):
        task = Task("ada", contents(folder), (), (), (), seed, cpu_seconds=10)
        result, _ = grade_submission(task)
        assert result.total == total, [e for e in result.exercises if e.hints]
        assert result.max_total == MOST


QUICK = {name: content for name, content in contents(SOLVED).items() if name[:2] != "07"}


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(s, marks=SLOW) for s in range(2, 100))])
def test_any_seed_gives_the_solved_edition_full_marks(seed: int) -> None:
    """All but find_bugs, which takes longer than the others together."""
    result, _ = grade_submission(Task("ada", QUICK, (), (), (), seed, cpu_seconds=10))
    assert result.total == add_points(*range(7))


def test_exercises_are_in_the_order_of_the_lessons() -> None:
    assert list_names() == ALL
    assert [n for lesson in range(8) for n in list_names([lesson])] == ALL


@pytest.mark.slow
def test_learners_beside_one_whose_task_ends_its_process_are_graded(
    submissions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool breaks; then each that was lost gets another try by itself."""
    monkeypatch.setattr("gradlab.grading.batch.grade_submission", deadly)
    assert grade(submissions, "-o", tmp_path / "grades.csv", "--seed", 4, "--jobs", 2) == 0
    table = read_rows(tmp_path / "grades.csv")
    totals = {student: row["total"] for student, row in table.items()}
    full = f"{add_points(0, 3)}"
    assert totals == {"ada": full, "ben": "0", "cleo": "0", "dora": "1", "emil": "0"}
    assert table["cleo"]["status"] == "unreadable"
    assert "could not be graded: WorkerEndedError" in table["cleo"]["notes"]
    summary = (tmp_path / "grades.txt").read_text()
    assert f"Isolation: {SENTENCES[find_strongest()].split(':')[0]}" in summary


def deadly(task: Task) -> Any:
    if task.student in ("cleo", "emil"):
        os._exit(1)
    return grade_submission(task)
