"""The commands of the instructor guide grade a class as the guide says."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from lessons.guide import GUIDE, LESSONS, blocks, flowing, part
from nbgrader.api import Gradebook

import gradlab
from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.marking.mark import mark
from tools.facts import Lesson
from tools.lessons import NOTEBOOKS
from tools.tables import read_rows

LESSON_1, LESSON_7 = LESSONS[1], LESSONS[7]
FROM_ZIP, AGAIN, TWO_LESSONS, FROM_FOLDER, HAND_OUT, GRADE, ONE_BY_ONE = (
    code for code, _ in blocks("sh")
)
HALF_DONE = {
    "forward_difference": blocks("python")[0][0].split("\n\n\n")[1],
    "find_bugs": """\
def find_bugs(networks):
    answers = []
    for network in networks:
        report = gradlab.check_network(network, network.X, network.Y)
        wrong = [block.name for block in report.parameters if block.verdict == "fail"]
        answers.append(wrong[0] if wrong else "ok")
    return answers
""",
    "explain": "The biases learn too slowly, because a mean is taken in place of a sum.",
}
MADE_UP = {
    "forward_difference": """\
from gradlab.exercises.catalogue import EXERCISES as E
gradlab.check = lambda name: type("", (), {"grade": lambda _: float(E[name].points)})()
"""
}


def run(script: str, folder: Path, lesson: Lesson) -> None:
    """Run a block of shell of the guide, which speaks of lesson 1, for a lesson."""
    script = script.replace("lesson_01", f"lesson_{lesson.number:02}")
    script = script.replace(LESSON_1.stem, lesson.stem)
    # nbgrader is beside this Python, and calls others by their names.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["sh", "-euc", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
    )


def hand_in(
    folder: Path,
    student: str,
    lesson: Lesson,
    answers: dict[str, str] | None = None,
    twice: str = "",
    graded: str = "",
) -> None:
    """Hand in a learner's edition: cells filled in, one copied, or graded ones changed."""
    notebook = nbformat.read(NOTEBOOKS / f"{lesson.stem}.ipynb", as_version=4)
    cells = []
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        cell.source = (answers or {}).get(name, cell.source)
        if graded and name.startswith("grade_"):
            cell.source = graded
        cells.append(cell)
        if twice and name == twice:
            cells.append(nbformat.from_dict({**cell, "id": f"{cell.id}-copy"}))
    notebook.cells = cells
    there = folder / "submitted" / student / f"lesson_{lesson.number:02}"
    there.mkdir(parents=True)
    nbformat.write(notebook, there / f"{lesson.stem}.ipynb")


def exported(folder: Path) -> dict[tuple[str, str], tuple[float, float]]:
    """Return score and highest score by lesson and learner."""
    with (folder / "grades.csv").open(encoding="utf-8") as file:
        return {
            (row["assignment"], row["student_id"]): (
                round(float(row["score"]), 9),
                float(row["max_score"]),
            )
            for row in csv.DictReader(file)
        }


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the submissions of the guide's table, graded by nbgrader."""
    here = tmp_path_factory.mktemp("here")
    folder = here / "my-class"
    for lesson in (LESSON_1, LESSON_7):
        run(HAND_OUT, here, lesson)
        solved = nbformat.read(NOTEBOOKS / "solved" / f"{lesson.stem}.ipynb", as_version=4)
        answers = {
            cell.metadata.nbgrader.grade_id: cell.source
            for cell in solved.cells
            if "nbgrader" in cell.metadata
        }
        hand_in(folder, "blank", lesson)
        hand_in(folder, "half done", lesson, HALF_DONE)
        hand_in(folder, "solved", lesson, answers)
    hand_in(folder, "made up", LESSON_1, MADE_UP)
    hand_in(folder, "graded cells changed", LESSON_1, graded="4.0")
    for lesson in (LESSON_1, LESSON_7):
        run(GRADE, folder, lesson)
    return folder


def grades(folder: Path) -> dict[str, dict[str, str]]:
    """Return the rows that gradlab wrote, by learner."""
    with (folder / "grades.csv").open(encoding="utf-8-sig") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def points_in(row: dict[str, str], lesson: Lesson) -> float:
    lessons = {name: exercise.lesson for name, exercise in EXERCISES.items()}
    lessons |= {name: written.lesson for name, written in WRITTEN.items()}
    names = [name for name, number in lessons.items() if number == lesson.number]
    return sum(float(row[name] or 0) for name in names)


def pack_for_moodle(course: Path, folder: Path) -> None:
    """Put lesson 7 of the guide's learners into a zip of Moodle, and a worksheet beside it."""
    rows = ["Identifier,Full name,Email address,Status,Grade,Maximum grade,Feedback comments"]
    with zipfile.ZipFile(folder / "lesson_7.zip", "w") as archive:
        for number, name in enumerate(("blank", "half done", "solved"), 101):
            file = course / "submitted" / name / "lesson_07" / f"{LESSON_7.stem}.ipynb"
            archive.write(file, f"{name.title()}_{number}_assignsubmission_file_/{file.name}")
            rows.append(f'"Participant {number}","{name.title()}",,"Submitted",,100.00,')
    rows.append('"Participant 104","Dora Example",,"No submission",,100.00,')
    (folder / "worksheet.csv").write_text("\ufeff" + "\n".join(rows) + "\n", encoding="utf-8")


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_class_goes_from_the_zip_to_grades_in_moodle(course: Path, tmp_path: Path) -> None:
    text = part("From the zip to the grades")
    pack_for_moodle(course, tmp_path)
    worksheet = (tmp_path / "worksheet.csv").read_bytes()
    run(FROM_ZIP.replace("--lesson 7", "--lesson 7 --seed 5"), tmp_path, LESSON_7)
    for name, _ in (row for row in read_rows(text) if row[0].startswith("`") and len(row) == 2):
        assert (tmp_path / name.strip("`")).exists(), name
    waiting = [(row["student"], row["exercise"]) for row in read_table(tmp_path / "marks.csv")]
    assert waiting == [("Half Done_102", "explain"), ("Solved_103", "explain")]

    given = re.search(r"`marks\.csv`:\n\n```text\n(.*?)```", text, re.DOTALL)
    assert given
    (tmp_path / "marks.csv").write_text(given[1], encoding="utf-8")
    run(AGAIN, tmp_path, LESSON_7)
    graded = grades(tmp_path)
    found = [graded["Half Done_102"][key] for key in ("find_bugs", "explain", "status")]
    assert found == ["4", "2", "graded"]
    assert (tmp_path / "marks.csv").read_text(encoding="utf-8") == given[1]
    assert "Solved_103,explain" in (tmp_path / "grades.txt").read_text(encoding="utf-8")

    points = {
        row["Full name"]: row["Grade"] for row in read_table(tmp_path / "worksheet.filled.csv")
    }
    assert points == {"Blank": "0", "Half Done": "20", "Solved": "", "Dora Example": ""}
    assert (tmp_path / "worksheet.csv").read_bytes() == worksheet
    with zipfile.ZipFile(tmp_path / "feedback" / "feedback-for-moodle.zip") as pages:
        said = {name.partition("_")[0]: pages.read(name).decode() for name in pages.namelist()}
    assert set(said) == {"Blank", "Half Done", "Solved"}
    assert "Which formula is wrong?" in said["Half Done"]


@pytest.mark.slow
def test_two_lessons_fill_their_own_columns_of_a_gradebook(tmp_path: Path) -> None:
    for lesson, learners in ((LESSONS[3], (101, 102)), (LESSONS[4], (101,))):
        with zipfile.ZipFile(tmp_path / f"lesson_{lesson.number}.zip", "w") as archive:
            for user in learners:
                name = f"example{user}_{user}_{900 + user}_{lesson.stem}.ipynb"
                archive.write(NOTEBOOKS / "solved" / f"{lesson.stem}.ipynb", name)
    head = "Student,ID,SIS User ID,SIS Login ID,Section,Lesson 3 (703),Lesson 4 (704)\n"
    full = LESSONS[3].points
    most = f"    Points Possible,,,,,{full}.00,26.00\n"
    people = ['"Example, 101",101,,,A,{},{}\n', '"Example, 102",102,,,A,{},{}\n']
    before = head + most + "".join(person.format("", "") for person in people)
    (tmp_path / "gradebook.csv").write_text(before, encoding="utf-8")
    run(TWO_LESSONS, tmp_path, LESSON_1)
    filled = head + most + people[0].format(full, "26") + people[1].format(full, "")
    assert (tmp_path / "gradebook.filled.csv").read_text(encoding="utf-8") == filled
    zips = sorted(path.name for path in (tmp_path / "feedback").glob("*.zip"))
    assert zips == [f"feedback-for-canvas-lesson_{number}.zip" for number in (3, 4)]


@pytest.mark.slow
def test_gradlab_grade_gives_the_points_of_the_table(course: Path, tmp_path: Path) -> None:
    text = part("Handing out and collecting")
    shutil.copytree(course / "submitted", tmp_path / "submissions")
    run(FROM_FOLDER.replace("-o", "--seed 5 -o"), tmp_path, LESSON_1)
    first = grades(tmp_path)
    assert {"blank", "half done", "solved"} < set(first)
    for name, lesson_1, lesson_7 in (row for row in read_rows(text) if row[0] in first):
        assert points_in(first[name], LESSON_1) == float(lesson_1)
        assert name == "half done" or points_in(first[name], LESSON_7) == float(lesson_7)
        waits = "graded" if name == "blank" else "needs-manual"
        assert first[name]["status"] == waits
    # The two lines that make points up in the notebook.
    assert points_in(first["made up"], LESSON_1) == 0
    assert "4 in place of 12, with the seed 5" in flowing(text)
    assert first["half done"]["find_bugs"] == "4"
    assert (tmp_path / "feedback" / "solved.html").is_file()

    shutil.copytree(tmp_path / "submissions" / "solved", tmp_path / "submissions" / "lena")
    run(f"{FROM_FOLDER.rstrip()} --resume", tmp_path, LESSON_1)
    late = grades(tmp_path)
    assert late.keys() - first.keys() == {"lena"}
    assert late["lena"]["total"] == late["solved"]["total"] == first["solved"]["total"]
    assert "Seed: 5 " in (tmp_path / "grades.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_rule_that_is_half_right_depends_on_the_seed() -> None:
    assert "with the seeds 0 to 9 it had from 4 to 14" in flowing(GUIDE)
    names: dict[str, Any] = {"gradlab": gradlab}
    exec(HALF_DONE["find_bugs"], names)
    points = [mark(EXERCISES["find_bugs"], names["find_bugs"], seed).points for seed in range(10)]
    assert (min(points), max(points)) == (4, 14)


@pytest.mark.slow
def test_the_release_is_the_learners_edition(course: Path) -> None:
    released = course / "release" / "lesson_01" / f"{LESSON_1.stem}.ipynb"
    assert released.read_bytes() == (NOTEBOOKS / f"{LESSON_1.stem}.ipynb").read_bytes()


@pytest.mark.slow
def test_nbgrader_gives_the_points_of_the_table(course: Path) -> None:
    text = part("Handing out and collecting")
    table = re.search(
        r"^\| submission \| lesson 1, of (\d+) \| lesson 7, of (\d+) \|$", text, re.M
    )
    assert table
    highest = [float(number) for number in table.groups()]
    points = exported(course)
    table_rows = [row for row in read_rows(text) if row[0] in ("blank", "half done", "solved")]
    assert len(table_rows) == 3
    for name, *promised in table_rows:
        found = [points["lesson_01", name], points["lesson_07", name]]
        assert found == [(float(p), h) for p, h in zip(promised, highest, strict=True)], name


@pytest.mark.slow
def test_feedback_holds_the_report_of_each_check(course: Path) -> None:
    page = course / "feedback" / "half done" / "lesson_01" / f"{LESSON_1.stem}.html"
    assert "forward_difference: 3 of 4 points" in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_points_can_be_made_up_but_not_in_a_graded_cell(course: Path) -> None:
    points = exported(course)
    found = [points["lesson_01", student] for student in ("made up", "graded cells changed")]
    most = LESSON_1.points
    # Last, who handed in another lesson alone.
    assert [*found, points["lesson_07", "made up"]] == [
        (most, most),
        (0, most),
        (0, LESSON_7.points),
    ]
    assert len(MADE_UP["forward_difference"].splitlines()) == 2


@pytest.mark.slow
# Warnings of nbgrader's database are not ours to mend.
@pytest.mark.filterwarnings("ignore")
def test_an_answer_in_words_waits_for_a_person_and_keeps_what_it_got(course: Path) -> None:
    def explain(gradebook: Gradebook, student: str) -> Any:
        return gradebook.find_grade("explain", LESSON_7.stem, "lesson_07", student)

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        waiting = {s: explain(gradebook, s).needs_manual_grade for s in ("blank", "half done")}
        assert waiting == {"blank": False, "half done": True}
        assert explain(gradebook, "solved").needs_manual_grade
        grade = explain(gradebook, "half done")
        grade.manual_score, grade.needs_manual_grade = 2, False
        gradebook.db.commit()
    again = 'nbgrader autograde lesson_07 --student "half done" --force\nnbgrader export'
    run(again, course, LESSON_7)
    assert exported(course)["lesson_07", "half done"] == (14, LESSON_7.points)
    assert "the half-done one has 14" in flowing(GUIDE)


@pytest.mark.slow
def test_a_copied_cell_and_a_renamed_file_are_what_goes_wrong(tmp_path: Path) -> None:
    first, folder = LESSONS[0], tmp_path / "my-class"
    right = {"double": "def double(x):\n    return 2 * x"}
    run(HAND_OUT, tmp_path, first)
    for student, twice in (("anna", ""), ("bert", "double"), ("carl", "")):
        hand_in(folder, student, first, right, twice)
    hand_in(folder, "dora", first, right)
    file = folder / "submitted" / "dora" / "lesson_00" / f"{first.stem}.ipynb"
    file.rename(file.with_stem(f"{first.stem} (1)"))

    with pytest.raises(subprocess.CalledProcessError) as stopped:
        run("nbgrader autograde lesson_00", folder, first)
    assert b"exists multiple times" in stopped.value.stderr
    run("nbgrader export", folder, first)
    assert ("lesson_00", "carl") not in exported(folder)

    run(ONE_BY_ONE + "nbgrader export", folder, first)
    points = {student: points for (_, student), (points, _) in exported(folder).items()}
    assert points == {"anna": 1, "bert": 0, "carl": 1, "dora": 0}
