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

from gradlab.build import NOTEBOOKS
from gradlab.exercises.catalogue import EXERCISES

LESSONS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
FULL = {
    stem: sum(e.points for e in EXERCISES.values() if e.lesson == int(stem[:2]))
    for stem in LESSONS
}

# nbgrader's own warnings, and those of its database, are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


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
            assert (blank.score, blank.max_score) == (0, FULL[stem])
            assert (solved.score, solved.max_score) == (FULL[stem], FULL[stem])


@pytest.mark.parametrize("stem", LESSONS)
def test_validate_agrees(stem: str, capsys: pytest.CaptureFixture[str]) -> None:
    solved = Validator().validate(str(NOTEBOOKS / "solved" / f"{stem}.ipynb"))
    assert not solved.get("failed")
    assert not solved.get("error")
    blank = Validator().validate(str(NOTEBOOKS / f"{stem}.ipynb"))
    assert blank.get("failed") or not FULL[stem]
