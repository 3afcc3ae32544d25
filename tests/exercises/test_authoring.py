"""Who writes an exercise gets one that works, and sees what its hints say."""

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradlab.cli import main
from gradlab.exercises.authoring import new_exercise as authoring, rehearsal
from gradlab.exercises.authoring.new_exercise import AuthoringError, lay_out
from gradlab.exercises.authoring.rehearsal import try_answers
from gradlab.exercises.catalogue import ALL_EXERCISES, EXERCISES
from gradlab.exercises.exercise import Exercise, Misconception
from gradlab.exercises.marking.mark import mark

ROOT = Path(__file__).parents[2]
LESSONS = Path("gradlab", "exercises", "lessons")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone, as far as the command needs one: two lessons."""
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    for name in ("00_start_here.py", "01_slopes.py"):
        (tmp_path / "notebooks" / "source" / name).touch()
    shutil.copytree(ROOT / LESSONS / "lesson_00", tmp_path / LESSONS / "lesson_00")
    return tmp_path


def load(path: Path) -> Exercise:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    exercise = module.EXERCISE
    assert isinstance(exercise, Exercise)
    return exercise


def assert_it_works(exercise: Exercise) -> None:
    for seed in range(20):
        for answer in (exercise.reference, *exercise.also_right):
            assert mark(exercise, answer, seed).points == exercise.points
        for misconception in exercise.misconceptions:
            assert mark(exercise, misconception.wrong, seed).hints == (misconception.hint,)
        for constant in (0.0, 1.0, 9.0):
            assert (
                mark(exercise, lambda *x, c=constant: np.full(np.shape(x[0]), c), seed).points == 0
            )


@pytest.mark.parametrize("lesson", [0, 1, 2])
def test_a_new_exercise_works_as_it_is(checkout: Path, lesson: int) -> None:
    said = lay_out(lesson, "square_it", checkout)
    path = checkout / LESSONS / f"lesson_{lesson:02}" / "square_it.py"
    assert path.with_name("__init__.py").exists()
    assert "template" not in path.read_text(encoding="utf-8")
    assert f"of lesson {lesson}." in path.read_text(encoding="utf-8")
    exercise = load(path)
    assert exercise.name == "square_it"
    assert exercise.solution_cell().startswith("def square_it(x):")
    assert_it_works(exercise)
    for needed in (f"lesson_{lesson:02}/square_it.py", '# %% exercise="square_it"', "try square"):
        assert needed in said
    assert '# %% grade="square_it"' in said
    assert ("01_slopes.py" if lesson == 1 else "02_NAME.py, a new" if lesson else "00_st") in said


@pytest.mark.parametrize(
    ("lesson", "name", "words"),
    [
        (3, "square_it", "no lesson 3; give a number from 0 to 1, or 2 for a new lesson"),
        (1, "double", "lesson_00/double.py"),
        (1, "mean slope", "'mean slope' cannot be the name"),
        (1, "Mean", "small letters"),
        (1, "_mean", "beginning with a letter"),
        (1, "mean-slope", "underscores"),
        (1, "größe", "small letters"),
        (1, "lambda", "means something else"),
        (1, "sum", "means something else"),
        (1, "np", "means something else"),
        (1, "common", "means something else"),
        (1, "predictions", "means something else"),
        (1, "template", "means something else"),
        (1, "grade_double", "means something else"),
    ],
)
def test_what_cannot_be_laid_out_is_said_and_nothing_is_written(
    checkout: Path, lesson: int, name: str, words: str
) -> None:
    before = sorted(checkout.rglob("*"))
    with pytest.raises(AuthoringError, match=words):
        lay_out(lesson, name, checkout)
    assert sorted(checkout.rglob("*")) == before


def test_without_a_clone_the_command_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(authoring, "CHECKOUT", tmp_path)
    assert main(["exercise", "new", "1", "square_it"]) == 1
    assert "needs a clone of the repository" in capsys.readouterr().err


def test_the_command_lays_out_and_tries(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(authoring, "CHECKOUT", checkout)
    assert main(["exercise", "new", "01", "square_it"]) == 0
    assert (checkout / LESSONS / "lesson_01" / "square_it.py").exists()
    assert main(["exercise", "try", "double"]) == 0
    said = capsys.readouterr().out
    for misconception in EXERCISES["double"].misconceptions:
        assert misconception.hint in said
    assert main(["exercise", "try", "duoble"]) == 1
    assert "There are: double, " in capsys.readouterr().err
    assert main(["exercise", "try", "explain"]) == 1
    assert "in words" in capsys.readouterr().err


def test_hints_that_do_not_find_their_answer_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    double = EXERCISES["double"]
    squared, same, *_ = double.misconceptions
    broken = replace(
        double,
        also_right=(lambda x: x + x, lambda x: x * 3),
        misconceptions=(
            replace(squared, shows=lambda trials: any(trial.stage for trial in trials)),
            same,
            Misconception(lambda x: 2 * x, "never"),
            Misconception(lambda x: None, "none"),
        ),
    )
    monkeypatch.setitem(ALL_EXERCISES, "double", broken)
    text, ok = try_answers("double")
    assert not ok
    assert "also_right[1] does not get full marks on seeds 0 to 9" in text
    assert "Misconception 1: its own hint on every seed" in text
    assert "Misconception 2: another hint, that of misconception 1, on seeds 0 to 9" in text
    assert "Misconception 3: full marks on seeds 0 to 9" in text
    assert "also_right[0]" not in text
    assert rehearsal.try_answers("pack")[1]


def test_the_exercise_of_the_guide_for_authors_works() -> None:
    page = (ROOT / "docs" / "writing_exercises.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].partition("```")[0], names)
    assert_it_works(names["EXERCISE"])
