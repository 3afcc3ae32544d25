"""Exercises are found by where they lie; whatever is wrong with a file is said by its name."""

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from gradlab.exercises.catalogue import (
    ALL_EXERCISES,
    OTHER_MODULES,
    CatalogueError,
    find_exercises,
)
from gradlab.exercises.exercise import Exercise, WrittenAnswer

ROOT = Path(__file__).parents[2]
LESSONS = ROOT / "gradlab" / "exercises" / "lessons"
GOOD = (LESSONS.parent / "authoring" / "template.py").read_text(encoding="utf-8")
WRITTEN = """\
from gradlab.exercises.exercise import WrittenAnswer

EXERCISE = WrittenAnswer(rubric=((2, "a"),), model="b", words=(1, 2))
"""
Found = dict[str, Exercise | WrittenAnswer]
Find = Callable[[dict[str, str]], Found]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Find]:
    """Find the exercises in a package of files, given by path."""
    monkeypatch.syspath_prepend(tmp_path)

    def find_in(files: dict[str, str]) -> Found:
        (tmp_path / "drafts").mkdir()
        (tmp_path / "drafts" / "__init__.py").touch()
        for name, text in files.items():
            path = tmp_path / "drafts" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        package: ModuleType = importlib.import_module("drafts")
        return dict(find_exercises(package))

    yield find_in
    for name in [name for name in sys.modules if name.partition(".")[0] == "drafts"]:
        del sys.modules[name]


def test_every_file_is_an_exercise_of_its_lesson() -> None:
    paths = [p for p in LESSONS.glob("*/*.py") if p.stem not in ("__init__", *OTHER_MODULES)]
    lessons = {path.stem: int(path.parent.name[-2:]) for path in paths}
    assert {name: one.lesson for name, one in ALL_EXERCISES.items()} == lessons
    assert [one.name for one in ALL_EXERCISES.values()] == list(ALL_EXERCISES)


@pytest.mark.parametrize("path", sorted(LESSONS.rglob("*.py")), ids=lambda path: path.stem)
def test_a_file_of_exercises_is_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, "move helpers that others could use into common.py"


def test_exercises_come_in_the_order_in_which_the_lessons_ask_for_them() -> None:
    asked = []
    for path in sorted((ROOT / "notebooks" / "source").glob("*.py")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# %%") and ("grade=" in line or "written=" in line):
                asked.append(line.split('"')[1])
    assert list(ALL_EXERCISES) == asked


def test_name_and_lesson_come_from_where_a_file_lies(find: Find) -> None:
    found = find(
        {
            "lesson_03/why.py": WRITTEN,
            "lesson_11/square.py": GOOD.replace("template", "square"),
            "lesson_11/common.py": "",
            "lesson_11/predictions.py": "",
            "lesson_12/__init__.py": "",
        }
    )
    assert {name: (e.name, e.lesson) for name, e in found.items()} == {
        "why": ("why", 3),
        "square": ("square", 11),
    }


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"lesson_01/a.py": "x = 1"}, ["lesson_01/a.py defines no exercise", "EXERCISE = "]),
        ({"lesson_01/a.py": "EXERCISE = 3"}, ["lesson_01/a.py defines no exercise", "common.py"]),
        ({"lesson_01/a.py": GOOD}, ["lesson_01/a.py", "template.py, or the reference a"]),
        (
            {"lesson_01/template.py": GOOD, "lesson_02/template.py": GOOD},
            ["Lessons 1 and 2 both have an exercise template", "rename"],
        ),
        ({"lesson_01/a.py": "x = (1,\n"}, ["lesson_01/a.py", "SyntaxError", "line 1"]),
        ({"lesson_01/a.py": "\nx = y"}, ["lesson_01/a.py", "NameError: name 'y'", "(line 2)"]),
        ({"lesson_01/a.py": "import frobnicate"}, ["lesson_01/a.py", "frobnicate"]),
        (
            {"lesson_01/common.py": "x = (", "lesson_01/a.py": "import drafts.lesson_01.common"},
            ["lesson_01/a.py", "SyntaxError", "common.py, line 1"],
        ),
        ({"lesson_1/a.py": GOOD}, ["lesson_1/a.py", "two digits, such as lesson_01"]),
        ({"extra/a.py": GOOD}, ["extra/a.py belongs to no lesson"]),
        ({"a.py": GOOD}, ["a.py belongs to no lesson", "lesson_NN/a.py"]),
        ({"lesson_01/a (1).py": GOOD}, ["lesson_01/a (1).py", "that of a function"]),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    find: Find, files: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(CatalogueError) as said:
        find(files)
    for word in words:
        assert word in str(said.value)


def test_a_folder_of_jupyter_and_an_empty_folder_are_no_lessons(find: Find) -> None:
    assert find({".ipynb_checkpoints/a.py": "x", "__pycache__/a.pyc": ""}) == {}


def test_in_a_notebook_a_broken_file_is_named_too(tmp_path: Path) -> None:
    program = f"""
import gradlab.exercises.lessons
gradlab.exercises.lessons.__path__ = [{str(tmp_path)!r}]
import gradlab
gradlab.check("double")
"""
    (tmp_path / "lesson_00").mkdir()
    (tmp_path / "lesson_00" / "double.py").write_text("x = 1", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert "CatalogueError: lesson_00/double.py defines no exercise" in done.stderr
