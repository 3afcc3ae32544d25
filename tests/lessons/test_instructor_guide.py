"""The instructor guide agrees with the lessons and the catalogue, and its code runs."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib

import pytest
from lessons.guide import GUIDE, LESSONS, ROOT, blocks, flowing, part

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.marking.mark import mark
from tools.facts import Lesson, Section
from tools.lessons import NOTEBOOKS
from tools.tables import find_sections, read_rows

every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)


# Routes


ROUTES = {
    45: "45 minutes: a talk",
    90: "90 minutes: a workshop",
    180: "180 minutes: half a day",
}


def route(title: str) -> list[tuple[Lesson, Section, str]]:
    """Return the lesson, the section and the prediction of each row of a route."""
    steps = []
    for number, name, _, prediction in read_rows(part(title))[:-1]:
        linked = re.fullmatch(r"\[(\d)\]\(\.\./notebooks/(.+)\.ipynb\)", number)
        assert linked
        lesson = LESSONS[int(linked[1])]
        steps.append((lesson, lesson.find_section(name), prediction))
    return steps


@pytest.mark.parametrize("limit", ROUTES)
def test_the_minutes_of_a_route_keep_to_its_limit(limit: int) -> None:
    assert sum(section.minutes for _, section, _ in route(ROUTES[limit])) <= limit


@pytest.mark.parametrize("limit", ROUTES)
def test_a_route_follows_the_lessons_and_stops_where_they_ask_for_a_prediction(
    limit: int,
) -> None:
    steps = route(ROUTES[limit])
    places = [(lesson.number, lesson.sections.index(section)) for lesson, section, _ in steps]
    assert places == sorted(set(places))
    assert [bool(said) for _, _, said in steps] == [s.predicts for _, s, _ in steps]


def test_the_half_day_has_as_many_exercises_as_it_says() -> None:
    turns = [s for _, s, _ in route(ROUTES[180]) if s.title.startswith("Your turn")]
    assert len(turns) - 1 == 4
    assert "four exercises besides the dry run" in flowing(part(ROUTES[180]))


def test_the_four_weeks_are_the_whole_course() -> None:
    seen = []
    for _, in_class, _, at_home, _, _ in read_rows(part("Four weeks")):
        seen += find_sections(in_class, LESSONS) + find_sections(at_home, LESSONS)
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
        assert lesson.find_section(name).minutes == int(minutes)
    for first, last, total in re.findall(r"\*(Trap \d)\* to \*(Trap \d)\* \((\d+) in all", text):
        traps = [s for s in lesson.sections if first <= s.title[:6] <= last]
        assert sum(s.minutes for s in traps if s.title.startswith("Trap")) == int(total)


def test_there_are_as_many_predictions_as_the_guide_says() -> None:
    assert sum(lesson.predictions for lesson in LESSONS) > 50
    assert "The lessons ask for more than 50 predictions" in flowing(part("Predictions"))


# Marking


def test_the_length_of_the_written_answer_is_that_of_the_lesson() -> None:
    source = (NOTEBOOKS / "source" / "07_bug_hunt.py").read_text(encoding="utf-8")
    for text in (source, part("Marking")):
        assert re.search(r"150\s+(# )?to\s+(# )?200\s+(# )?words", text)
    # The model answer is read in the solved edition, not here.
    assert WRITTEN["explain"].model.splitlines()[0] not in GUIDE


def test_the_marks_of_the_examples_keep_to_the_rubric() -> None:
    highest = [points for points, _ in WRITTEN["explain"].rubric]
    marks = [list(map(int, row[1:])) for row in read_rows(part("Marking")) if row[0] in "ABC"]
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
