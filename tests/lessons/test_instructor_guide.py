"""The instructor guide agrees with the lessons and the catalogue, and its code runs."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

import gradlab
from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.marking import mark
from tools.lessons import NOTEBOOKS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "instructor_guide.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Section:
    """A section of a lesson: its title, its minutes, and whether it asks for a prediction."""

    title: str
    minutes: int
    predicts: bool


@dataclass(frozen=True)
class Lesson:
    """What the source of a lesson says of itself."""

    number: int
    stem: str
    title: str
    minutes: int
    reading: int
    exercises: int
    predictions: int
    sections: tuple[Section, ...]

    @property
    def checked(self) -> int:
        """The points that checks give."""
        return sum(e.points for e in EXERCISES.values() if e.lesson == self.number)

    @property
    def points(self) -> int:
        """The points of all exercises, those that a person marks included."""
        return self.checked + sum(w.points for w in WRITTEN.values() if w.lesson == self.number)

    def minutes_of(self, title: str) -> int:
        """The minutes of the section with this title."""
        return {section.title: section.minutes for section in self.sections}[title]


def read_lesson(path: Path) -> Lesson:
    source = path.read_text(encoding="utf-8")
    head = re.search(r"\*\*(\d+) minutes\*\*: (\d+) to read and run, (\d+) for", source)
    title = re.search(r"^# # (\d .*?)(?::.*)?$", source, re.MULTILINE)
    assert head
    assert title
    parts = re.split(r"^# ## (.*) \((\d+) min\)$", source, flags=re.MULTILINE)
    sections = tuple(
        Section(name, int(minutes), "**Predict.**" in text)
        for name, minutes, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    )
    return Lesson(
        number=int(path.stem[:2]),
        stem=path.stem,
        title=title[1],
        minutes=int(head[1]),
        reading=int(head[2]),
        exercises=int(head[3]),
        predictions=source.count("**Predict.**"),
        sections=sections,
    )


LESSONS = [read_lesson(path) for path in sorted((NOTEBOOKS / "source").glob("*.py"))]
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)


def part(title: str) -> str:
    """Return what stands below a heading, down to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, title
    return re.split(rf"^#{{1,{len(found[1])}}} ", found[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the table rows in a text, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    rules = {i for i, row in enumerate(cells) if all(re.fullmatch(r":?-+:?", c) for c in row)}
    return [row for i, row in enumerate(cells) if not {i, i + 1} & rules]


def flowing(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def assert_stands(right: str, where: str) -> None:
    """Fail with the right table, to be pasted, if it does not stand in a part of the guide."""
    assert right in part(where), f"paste this into “{where}” of docs/instructor_guide.md:\n{right}"


# Minutes


def timings() -> str:
    lines = ["| section | minutes |", "|:--|--:|"]
    for lesson in LESSONS:
        lines.append(f"| **{lesson.title}** | **{lesson.minutes}** |")
        lines += [f"| {section.title} | {section.minutes} |" for section in lesson.sections]
        assert sum(section.minutes for section in lesson.sections) == lesson.minutes
    return "\n".join([*lines, f"| **together** | **{sum(x.minutes for x in LESSONS)}** |"])


def test_timings_are_those_of_the_sources() -> None:
    assert_stands(timings() + "\n", "Timings")


def test_the_glance_is_right() -> None:
    *lessons, together = rows(part("At a glance"))
    numbers = [[x.minutes, x.reading, x.exercises, x.points] for x in LESSONS]
    for row, lesson, right in zip(lessons, LESSONS, numbers, strict=True):
        assert row[0] == f"[{lesson.title}](../notebooks/{lesson.stem}.ipynb)"
        assert row[1:5] == list(map(str, right)), lesson.title
    sums = [sum(column) for column in zip(*numbers, strict=True)]
    assert together[:5] == ["**together**", *(f"**{total}**" for total in sums)]
    minutes, reading, exercises, points = sums
    text = flowing(part("At a glance"))
    assert f"{minutes} minutes: {reading} to read and run, {exercises} for exercises" in text
    checked, written = (sum(x.points for x in kind.values()) for kind in (EXERCISES, WRITTEN))
    assert f"Of the {points} points a check gives {checked}. A person gives {written}" in text


ROUTES = {
    45: "45 minutes: a talk",
    90: "90 minutes: a workshop",
    180: "180 minutes: half a day",
}


def route(title: str) -> list[tuple[Lesson, Section, str, str]]:
    """Return the lesson, the section, the minutes and the prediction of each row of a route."""
    steps = []
    for number, name, minutes, prediction in rows(part(title))[:-1]:
        linked = re.fullmatch(r"\[(\d)\]\(\.\./notebooks/(.+)\.ipynb\)", number)
        assert linked
        lesson = LESSONS[int(linked[1])]
        assert linked[2] == lesson.stem
        (section,) = (s for s in lesson.sections if s.title == name)
        steps.append((lesson, section, minutes, prediction))
    return steps


@pytest.mark.parametrize("limit", ROUTES)
def test_the_minutes_of_a_route_add_up_and_keep_to_its_limit(limit: int) -> None:
    steps = route(ROUTES[limit])
    assert [minutes for _, _, minutes, _ in steps] == [str(s.minutes) for _, s, _, _ in steps]
    total = sum(section.minutes for _, section, _, _ in steps)
    assert total <= limit
    assert rows(part(ROUTES[limit]))[-1][1:3] == ["**together**", f"**{total}**"]


@pytest.mark.parametrize("limit", ROUTES)
def test_a_route_follows_the_lessons_and_stops_where_they_ask_for_a_prediction(
    limit: int,
) -> None:
    steps = route(ROUTES[limit])
    places = [(lesson.number, lesson.sections.index(section)) for lesson, section, _, _ in steps]
    assert places == sorted(set(places))
    assert [bool(said) for _, _, _, said in steps] == [s.predicts for _, s, _, _ in steps]


def test_the_half_day_has_as_many_exercises_as_it_says() -> None:
    turns = [s for _, s, _, _ in route(ROUTES[180]) if s.title.startswith("Your turn")]
    assert len(turns) - 1 == 4
    assert "four exercises besides the dry run" in flowing(part(ROUTES[180]))


def sections_named(text: str) -> list[tuple[Lesson, Section]]:
    """Return the sections that a cell of the table of weeks speaks of."""
    numbers = [int(number) for number in re.findall(r"\b\d\b", text)]
    whole = [(LESSONS[n], section) for n in numbers for section in LESSONS[n].sections]
    bounds = re.search(r"(up to|from) \*(.+)\*", text)
    if bounds is None:
        return whole
    place = [section.title for _, section in whole].index(bounds[2])
    return whole[: place + 1] if bounds[1] == "up to" else whole[place:]


def points_of(lesson: Lesson, section: Section) -> int:
    """Return the points of the exercises whose cells stand in a section."""
    source = (NOTEBOOKS / "source" / f"{lesson.stem}.py").read_text(encoding="utf-8")
    text = source.split(f"# ## {section.title} (")[1].split("\n# ## ")[0]
    names = re.findall(r'(?:grade|written)="(\w+)"', text)
    return sum((EXERCISES.get(name) or WRITTEN[name]).points for name in names)


def test_the_four_weeks_are_the_whole_course() -> None:
    seen = []
    for _, in_class, class_minutes, at_home, home_minutes, points in rows(part("Four weeks")):
        for cell, minutes in ((in_class, class_minutes), (at_home, home_minutes)):
            named = sections_named(cell)
            assert sum(section.minutes for _, section in named) == int(minutes), cell
        week = sections_named(in_class) + sections_named(at_home)
        assert sum(points_of(*place) for place in week) == int(points), in_class
        seen += week
    assert seen == [(lesson, section) for lesson in LESSONS for section in lesson.sections]


# Lesson by lesson


@every_lesson
def test_misconceptions_are_those_of_the_catalogue(lesson: Lesson) -> None:
    items = re.findall(
        r"^- \*\*`(\w+)`, [^*]+\.\*\*\s+\*([^*]+)\*", part(f"Lesson {lesson.number}"), re.M
    )
    assert len(items) in (2, 3)
    assert len(items) == part(f"Lesson {lesson.number}").count("\n- ")
    for name, said in items:
        assert EXERCISES[name].lesson == lesson.number
        hints = [misconception.hint for misconception in EXERCISES[name].misconceptions]
        beginning = flowing(said).rstrip(".")
        assert any(hint.startswith(beginning) for hint in hints), (name, said, hints)


@every_lesson
def test_what_to_skip_is_a_section_with_its_minutes(lesson: Lesson) -> None:
    text = flowing(part(f"Lesson {lesson.number}").partition("If time is short")[2])
    assert text
    for name, minutes in re.findall(r"\*([^*]+)\* \((\d+)\)", text):
        assert lesson.minutes_of(name) == int(minutes), name
    for first, last, total in re.findall(r"\*(Trap \d)\* to \*(Trap \d)\* \((\d+) in all", text):
        traps = [s for s in lesson.sections if first <= s.title[:6] <= last]
        assert sum(s.minutes for s in traps if s.title.startswith("Trap")) == int(total)


def test_there_are_as_many_predictions_as_the_guide_says() -> None:
    assert sum(lesson.predictions for lesson in LESSONS) > 50
    assert "The lessons ask for more than 50 predictions" in flowing(part("Predictions"))


# Marking


def points_table() -> str:
    exercises = [(e.name, e.lesson, str(e.points)) for e in EXERCISES.values()]
    written = [(w.name, w.lesson, f"{w.points}, by a person") for w in WRITTEN.values()]
    lines = [f"| `{name}` | {lesson} | {points} |" for name, lesson, points in exercises + written]
    total = sum(lesson.points for lesson in LESSONS)
    return "\n".join([*lines, f"| **together** | | **{total}** |"])


def test_points_are_those_of_the_catalogue() -> None:
    assert_stands(points_table() + "\n", "Marking")


def test_the_rubric_is_that_of_the_lesson() -> None:
    explain = WRITTEN["explain"]
    assert_stands(explain.rubric_table() + "\n", "Marking")
    source = (NOTEBOOKS / "source" / "07_bug_hunt.py").read_text(encoding="utf-8")
    for text in (source, part("Marking")):
        assert re.search(r"150\s+(# )?to\s+(# )?200\s+(# )?words", text)
    # The model answer is read in the solved edition, not here.
    assert explain.model.splitlines()[0] not in GUIDE


def test_the_marks_of_the_examples_keep_to_the_rubric() -> None:
    highest = [points for points, _ in WRITTEN["explain"].rubric]
    marks = [list(map(int, row[1:])) for row in rows(part("Marking")) if row[0] in "ABC"]
    assert len(marks) == len(re.findall(r"^> \*[ABC]\.\*", GUIDE, re.MULTILINE))
    for *given, total in marks:
        assert sum(given) == total
        assert all(0 <= one <= most for one, most in zip(given, highest, strict=True))


def test_find_bugs_is_marked_as_the_guide_says() -> None:
    exercise = EXERCISES["find_bugs"]
    (group,) = mark(exercise, lambda networks: ["ok"] * len(networks)).groups
    assert (group.tally.right, group.tally.total, exercise.points) == (10, 20, 20)
    for answer in ("ok", "W1", "W2", "b2"):
        constant = mark(exercise, lambda networks, answer=answer: [answer] * len(networks))
        assert constant.points == 0


# Code


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the blocks of a language, each with the block of text that follows it."""
    pattern = rf"^( *)```{language}\n(.*?)^\1```(?:\n\n\1```text\n(.*?)^\1```)?"
    found = re.findall(pattern, GUIDE, re.MULTILINE | re.DOTALL)
    return [(textwrap.dedent(code), textwrap.dedent(text)) for _, code, text in found]


@pytest.mark.parametrize(("program", "promised"), blocks("python"))
def test_python_prints_what_stands_below_it(program: str, promised: str) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {"__name__": "guide"})
    beginning, dots, _ = promised.partition("...\n")
    assert beginning
    assert printed.getvalue().startswith(beginning)
    assert dots or printed.getvalue() == promised


def test_fresh_networks_tell_a_constant_answer_from_the_published_solution() -> None:
    exercise = EXERCISES["find_bugs"]
    assert "The published solution gets 20 of 20 whatever the seed" in flowing(GUIDE)
    for seed in (11, 12, 13):
        assert mark(exercise, exercise.reference, seed).points == 20
        assert mark(exercise, lambda networks: ["ok"] * len(networks), seed).points == 0


def test_every_answer_that_the_guide_asks_the_package_for_is_there() -> None:
    asked = re.findall(r"gradlab\.(solution|hint)\(\"(\w+)\"(?:, (\d))?\)", GUIDE)
    assert asked
    for kind, name, number in asked:
        assert name in EXERCISES
        assert kind == "solution" or int(number or 1) <= len(EXERCISES[name].hints)


def test_the_extra_for_grading_exists_and_its_version_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "nbgrader" in "".join(project["project"]["optional-dependencies"]["grading"])
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    pinned = re.search(r"^nbgrader==(\S+)", lock, re.MULTILINE)
    assert pinned
    assert f"with nbgrader {pinned[1]}" in flowing(GUIDE)


def test_the_alternative_text_of_a_live_explorer_changes_with_its_picture() -> None:
    explorer = gradlab.explore_kink()
    before = re.findall(r'alt="([^"]+)"', explorer.image.value)
    explorer.controls["z"].value = -0.2
    after = re.findall(r'alt="([^"]+)"', explorer.image.value)
    assert len(before) == len(after) == 1
    assert before != after


# Grading

LESSON_1, LESSON_7 = LESSONS[1], LESSONS[7]
SAFELY, SAFELY_AGAIN, HAND_OUT, GRADE, ONE_BY_ONE = (code for code, _ in blocks("sh"))
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
import types
gradlab.check = lambda name: types.SimpleNamespace(grade=lambda: 4.0)
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
    with (folder / "grades.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def points_in(row: dict[str, str], lesson: Lesson) -> float:
    lessons = {name: exercise.lesson for name, exercise in EXERCISES.items()}
    lessons |= {name: written.lesson for name, written in WRITTEN.items()}
    names = [name for name, number in lessons.items() if number == lesson.number]
    return sum(float(row[name] or 0) for name in names)


@pytest.mark.slow
def test_gradlab_grade_gives_the_points_of_the_table(course: Path, tmp_path: Path) -> None:
    text = part("Handing out and collecting")
    shutil.copytree(course / "submitted", tmp_path / "submissions")
    run(SAFELY, tmp_path, LESSON_1)
    first = grades(tmp_path)
    assert {"blank", "half done", "solved"} < set(first)
    for name, lesson_1, lesson_7 in rows(text):
        assert points_in(first[name], LESSON_1) == float(lesson_1)
        assert name == "half done" or points_in(first[name], LESSON_7) == float(lesson_7)
        waits = "graded" if name == "blank" else "needs-manual"
        assert first[name]["status"] == waits
    # The two lines that make points up in the notebook.
    assert points_in(first["made up"], LESSON_1) == 0

    marks = re.search(r"`marks\.csv`:\n\n```text\n(.*?)```", text, re.DOTALL)
    assert marks
    assert "4 in place of 12, with the seed 5" in flowing(text)
    (tmp_path / "marks.csv").write_text(marks[1], encoding="utf-8")
    run(SAFELY_AGAIN, tmp_path, LESSON_1)
    again = grades(tmp_path)
    assert (again["half done"]["find_bugs"], again["half done"]["explain"]) == ("4", "2")
    assert again["half done"]["status"] == "graded"
    assert "Seed: 5 " in (tmp_path / "grades.txt").read_text(encoding="utf-8")
    assert (tmp_path / "feedback" / "solved.html").is_file()


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
    names = [name for name, _, _ in rows(text)]
    assert names == ["blank", "half done", "solved"]
    for name, *promised in rows(text):
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
    # Last, who handed in another lesson alone.
    assert [*found, points["lesson_07", "made up"]] == [(8, 8), (0, 8), (0, 30)]
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
    assert exported(course)["lesson_07", "half done"] == (14, 30)
    assert "14 of 30" in flowing(GUIDE)


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
