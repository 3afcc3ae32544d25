"""A course laid out by ``gradlab nbgrader``, graded both ways; the page that compares them."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_answers import EQUAL

from gradlab.cli import main
from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.intake.answers import find_answers
from gradlab.grading.nbgrader_course import CONFIG, NbgraderCourseError, lay_out
from gradlab.grading.sandbox.isolation import SENTENCES, find_strongest
from tools.lessons import NOTEBOOKS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "two_ways_to_grade.md").read_text(encoding="utf-8")
LESSONS = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
FIRST = LESSONS[0]

# Laying out


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_each_lesson_is_an_assignment_from_the_solved_edition(tmp_path: Path) -> None:
    lay_out(tmp_path / "new" / "course")
    files = content(tmp_path / "new" / "course")
    compile(files.pop(CONFIG), CONFIG, "exec")
    solved = {name: (NOTEBOOKS / "solved" / name).read_bytes() for name in LESSONS}
    assert files == {f"source/lesson_{name[:2]}/{name}": solved[name] for name in LESSONS}


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    said = lay_out(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert lay_out(tmp_path) == said
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_what_is_there_already_is_kept_and_named(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text("# mine")
    (tmp_path / "source" / "lesson_00" / FIRST).mkdir(parents=True)
    link = tmp_path / "source" / "lesson_01" / LESSONS[1]
    link.parent.mkdir()
    link.symlink_to("nowhere")
    said = lay_out(tmp_path)
    assert [line.partition(":")[0] for line in said if "kept as it is" in line] == [
        CONFIG,
        f"source/lesson_00/{FIRST}",
        f"source/lesson_01/{LESSONS[1]}",
    ]
    assert (tmp_path / CONFIG).read_text() == "# mine"
    assert link.is_symlink()
    assert not link.exists()
    assert (tmp_path / "source" / "lesson_02" / LESSONS[2]).is_file()


def test_without_the_solved_edition_it_says_where_that_is(tmp_path: Path) -> None:
    with pytest.raises(NbgraderCourseError, match="in a clone of the repository"):
        lay_out(tmp_path / "course", solved=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_next_steps_say_where_nbgrader_is_if_it_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "There is no command nbgrader here" in "\n".join(lay_out(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    assert "There is no command nbgrader here" not in "\n".join(lay_out(tmp_path))


# Grading, both ways


@dataclass(frozen=True)
class Handed:
    """What a learner hands in: an answer to `double`, perhaps in a notebook that is not right.

    `row` is what the page calls it; nbgrader's and gradlab's points follow.
    """

    student: str
    row: str
    points: tuple[float | None, float]
    answer: str = EXERCISES["double"].source()
    name: str = FIRST
    twice: bool = False
    ungraded: bool = False
    cut: int | None = None


def table_of_answers() -> str:
    """Return an answer that looks up what a check in a notebook asks for."""
    cases = EXERCISES["double"].cases(np.random.default_rng(0)).values()
    table = {str(x): 2 * x for group in cases for (x,) in group}
    return f"from numpy import array\ndef double(x):\n    return {table!r}[str(x)]\n"


ALWAYS_EQUAL = f"{EQUAL.format(base='(float)')}\ndef double(x):\n    return Equal()\n"
ABS = """\
import builtins
builtins.abs = lambda x: 0

def double(x):
    return 0 * x
"""
CHECK = """\
import types
gradlab.check = lambda name: types.SimpleNamespace(grade=lambda: 1.0)

def double(x):
    return 0
"""
PARTLY = """\
def double(x):
    return 2 * x if isinstance(x, int | float) else x
"""
BLANK = """\
def double(x):
    # YOUR CODE HERE
    raise NotImplementedError()
"""
WRITES = """\
from pathlib import Path

def double(x):
    Path("{course}", "was_here").touch()
    return 0
"""
HANDED = [
    Handed("ada", "the published solution", (1, 1)),
    Handed("ben", "right for numbers, wrong for arrays", (0.5, 0.5), PARTLY),
    Handed("cleo", "the stub as it was given out", (0, 0), BLANK),
    Handed("dan", "an object that equals everything", (0, 0), ALWAYS_EQUAL),
    Handed("eve", "a redefined `abs`", (1, 0), ABS),
    Handed("finn", "a redefined `gradlab.check`", (1, 0), CHECK),
    Handed("gil", "a table of what a check asks for", (1, 0), table_of_answers()),
    Handed("hal", "an endless loop", (0, 0), "def double(x):\n    while True: pass\n"),
    Handed("ida", "an answer that writes into your folder", (0, 0), WRITES),
    Handed("jon", "right; the graded cell deleted", (0, 1), ungraded=True),
    Handed("kim", "right; the file renamed", (0, 1), name="00_start_here (1).ipynb"),
    Handed("lea", "right; the file damaged", (0, 0), cut=1000),
    Handed("max", "no file", (None, 0), name=""),
    # At the end, because nbgrader stops there.
    Handed("zoe", "right; the cell there twice", (0, 1), twice=True),
    Handed("zora", "right; but graded after that one", (None, 1)),
]


def hand_in(course: Path, handed: Handed) -> None:
    there = course / "submitted" / handed.student / "lesson_00"
    there.mkdir(parents=True)
    if not handed.name:
        return
    notebook = json.loads((NOTEBOOKS / FIRST).read_text(encoding="utf-8"))
    cells: list[dict[str, Any]] = []
    for cell in notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if mark == "double":
            cell["source"] = handed.answer.replace("{course}", str(course))
            cells += [{**cell, "id": f"{cell['id']}-copy"}] if handed.twice else []
        if not (handed.ungraded and mark == "grade_double"):
            cells.append(cell)
    text = json.dumps({**notebook, "cells": cells})
    (there / handed.name).write_text(text[: handed.cut], encoding="utf-8")


def run(commands: str, folder: Path) -> None:
    # nbgrader is beside this Python, and calls others by their names.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["sh", "-uc", commands],
        cwd=folder,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
    )


@dataclass(frozen=True)
class Graded:
    """A course that was graded both ways: nbgrader's points, and gradlab's rows."""

    course: Path
    nbgrader: dict[str, float]
    gradlab: dict[str, dict[str, str]]
    written_by: tuple[bool, bool]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Lay a course out and do what the command says to do next."""
    here = tmp_path_factory.mktemp("here")
    course = here / "course"
    said = "\n".join(lay_out(course)).replace("lesson_01", "lesson_00")
    enter, release, *grade = re.findall(r"^    (.+)$", said, re.MULTILINE)
    settings = course / CONFIG
    text = settings.read_text()
    assert "timeout = 30" in text
    settings.write_text(text.replace("timeout = 30", "timeout = 8"))
    run(f"{enter}; {release}", here)
    for handed in HANDED:
        hand_in(course, handed)
    run("; ".join([enter, *grade]), here)
    with (course / "grades.csv").open(encoding="utf-8") as file:
        points = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    mark = course / "was_here"
    by_nbgrader = mark.exists()
    mark.unlink(missing_ok=True)

    table = here / "grades.csv"
    options = ["--lesson", "0", "--seed", "7", "--timeout", "1"]
    assert main(["grade", str(course), "-o", str(table), *options]) == 0
    with table.open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return Graded(course, points, rows, (by_nbgrader, mark.exists()))


slow = pytest.mark.slow


@slow
def test_the_release_is_the_learners_edition(graded: Graded) -> None:
    released = graded.course / "release" / "lesson_00" / FIRST
    assert released.read_bytes() == (NOTEBOOKS / FIRST).read_bytes()


@slow
@pytest.mark.parametrize("handed", HANDED, ids=lambda handed: handed.row)
def test_points_are_those_of_both_ways(handed: Handed, graded: Graded) -> None:
    found = (
        graded.nbgrader.get(handed.student),
        float(graded.gradlab[handed.student]["double"]),
    )
    assert found == handed.points


@slow
def test_nobody_is_left_out_and_each_has_a_status(graded: Graded) -> None:
    assert list(graded.gradlab) == [handed.student for handed in HANDED]
    status = {student: row["status"] for student, row in graded.gradlab.items()}
    assert (status.pop("lea"), status.pop("max")) == ("unreadable", "missing")
    assert set(status.values()) == {"graded"}
    assert "same as published" in graded.gradlab["ada"]["notes"]
    assert "2 times" in graded.gradlab["zoe"]["notes"]


def test_a_copy_with_one_name_changed_is_not_noted() -> None:
    def notes(source: str) -> tuple[str, ...]:
        cells = [{"cell_type": "code", "source": source, "metadata": {}}]
        notebook = json.dumps({"cells": cells, "metadata": {}}).encode()
        return find_answers({FIRST: notebook}, ["double"]).answers["double"].notes

    published = EXERCISES["double"].source()
    assert "same as published" in notes(published)
    assert "same as published" not in notes(re.sub(r"\bx\b", "y", published))


@slow
def test_an_answer_may_write_into_your_folder_in_nbgrader_alone(graded: Graded) -> None:
    by_nbgrader, by_gradlab = graded.written_by
    assert by_nbgrader
    assert by_gradlab == (find_strongest() == "limits")


@slow
def test_the_pages_of_nbgrader_load_a_script(graded: Graded) -> None:
    page = graded.course / "feedback" / "ben" / "lesson_00" / FIRST.replace("ipynb", "html")
    text = page.read_text(encoding="utf-8")
    assert "double: 0.5 of 1 points" in text
    assert re.search(r'<script[^>]* src="https://', text)


# The page


def test_the_page_tells_the_points_of_both_ways() -> None:
    for handed in HANDED:
        found = re.search(rf"^\| {re.escape(handed.row)} \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
        assert found, handed.row
        for cell, points in zip(found.groups(), handed.points, strict=True):
            promised = "no row" if points is None else f"{points:g} of 1"
            assert re.match(rf"{promised}\b", cell), (handed.row, cell)


def test_the_page_names_every_level_of_isolation() -> None:
    listed = re.findall(r"^- \*\*([\w ]+)\*\*", PAGE.partition("## What each")[2], re.MULTILINE)
    assert [sentence.partition(":")[0] for sentence in SENTENCES.values()] == listed[:3]
