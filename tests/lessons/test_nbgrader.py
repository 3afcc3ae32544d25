"""nbgrader works on the built notebooks as they are."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.validator import Validator
from traitlets.config import Config

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from tools.lessons import NOTEBOOKS

LESSONS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
FULL = {
    stem: sum(e.points for e in EXERCISES.values() if e.lesson == int(stem[:2]))
    for stem in LESSONS
}
# What a person marks: nothing until then.
BY_HAND = {
    stem: sum(w.points for w in WRITTEN.values() if w.lesson == int(stem[:2])) for stem in LESSONS
}

# Validate runs a whole notebook twice more; what it does is the same for all.
VALIDATED = [stem for stem in LESSONS if stem[:2] in ("00", "03", "07")]

# nbgrader's own warnings, and those of its database, are not ours to mend.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose assignment is every lesson, one blank and one solved submission."""
    # nbgrader calls alembic by its name, so the folder of this Python must be on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    root = tmp_path_factory.mktemp("course")
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    api = NbGraderAPI(config=config)
    source = root / "source" / "course"
    source.mkdir(parents=True)
    for stem in LESSONS:
        shutil.copy(NOTEBOOKS / "solved" / f"{stem}.ipynb", source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path)
        result = api.generate_assignment("course")
        assert result["success"], result["log"]
        for student, folder in (("blank", NOTEBOOKS), ("solved", NOTEBOOKS / "solved")):
            submitted = root / "submitted" / student / "course"
            submitted.mkdir(parents=True)
            for stem in LESSONS:
                shutil.copy(folder / f"{stem}.ipynb", submitted)
            result = api.autograde("course", student)
            assert result["success"], result["log"]
    return root


def test_the_learners_edition_is_nbgraders_release(course: Path) -> None:
    for stem in LESSONS:
        released = json.loads((course / "release" / "course" / f"{stem}.ipynb").read_text())
        committed = json.loads((NOTEBOOKS / f"{stem}.ipynb").read_text())
        assert released == committed


def test_a_blank_edition_scores_zero_and_a_solved_one_full_marks(
    course: Path,
) -> None:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for stem in LESSONS:
            blank = gradebook.find_submission_notebook(stem, "course", "blank")
            solved = gradebook.find_submission_notebook(stem, "course", "solved")
            most = FULL[stem] + BY_HAND[stem]
            assert (blank.score, blank.max_score) == (0, most)
            assert (solved.score, solved.max_score) == (FULL[stem], most)
            # A blank answer in words is 0 without a person; one that was written waits for one.
            assert not blank.needs_manual_grade
            assert solved.needs_manual_grade == bool(BY_HAND[stem])


@pytest.mark.parametrize("stem", VALIDATED)
def test_validate_agrees(stem: str, capsys: pytest.CaptureFixture[str]) -> None:
    solved = Validator().validate(str(NOTEBOOKS / "solved" / f"{stem}.ipynb"))
    assert not solved.get("failed")
    assert not solved.get("error")
    blank = Validator().validate(str(NOTEBOOKS / f"{stem}.ipynb"))
    assert blank.get("failed") or not FULL[stem]
