"""The instructor guide agrees with the lessons and the catalogue, and its code runs."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib

import pytest
from lessons.guide import GUIDE, LESSONS, ROOT, Lesson, Section, blocks, flowing, part, rows

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from gradlab.exercises.marking import mark
from tools.lessons import NOTEBOOKS

every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)


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
