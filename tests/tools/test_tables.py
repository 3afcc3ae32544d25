"""The tables of the documents follow from the lessons and the exercises."""

import re
import shutil
from pathlib import Path

import pytest

from gradlab.exercises.catalogue import ALL_EXERCISES, EXERCISES
from gradlab.support.errors import GradlabError
from tools.facts import Lesson, Section, read_lessons
from tools.tables import DOCUMENTS, ROOT, fill_in, find_sections, read_rows, write_tables

SOURCES = ROOT / "notebooks" / "source"
ZERO = Lesson(0, "00_a", "0 A", 6, 4, 2, 1, (Section("X", 4, True, 0), Section("Y", 2, False, 3)))
ONE = Lesson(1, "01_b", "1 B", 5, 5, 0, 0, (Section("X", 5, False, 0),))


def table(name: str, content: str) -> str:
    return f"Before.\n\n<!-- make notebooks: {name} -->\n\n{content}\n<!-- end -->\n\nAfter.\n"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_tables_are_up_to_date(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert fill_in(text, read_lessons(SOURCES)) == text, f"{name} is stale: run make notebooks"
    begun, ended = (text.count(mark) for mark in ("<!-- make notebooks: ", "<!-- end -->"))
    assert begun == ended > 0


def test_what_is_chosen_by_hand_is_there_for_each_lesson() -> None:
    for name, head in (("README.md", "you learn"), ("docs/instructor_guide.md", "to bring away")):
        text = (ROOT / name).read_text(encoding="utf-8")
        found = re.search(rf"^\| lesson .*{head} \|\n(?:\|.*\n)+", text, re.MULTILINE)
        assert found
        rows = [row for row in read_rows(found[0]) if "together" not in row[0]]
        assert all(row[-1] for row in rows), f"{name}: say of each lesson what it leaves behind"


def test_a_route_gets_its_minutes_and_keeps_what_was_chosen() -> None:
    old = table(
        "route", "| a | b | c | d |\n|--|--|--|--|\n| [0](x) | Y | 99 | Why? |\n| | | | |\n"
    )
    assert fill_in(old, [ZERO, ONE]) == table(
        "route",
        "| lesson | section | minutes | stop for |\n|:--|:--|--:|:--|\n"
        "| [0](../notebooks/00_a.ipynb) | Y | 2 | Why? |\n| | **together** | **2** | |\n",
    )


def test_weeks_get_their_minutes_and_points() -> None:
    head = "| week | in class | minutes | at home | minutes | points |\n"
    rule = "|--:|:--|--:|:--|--:|--:|\n"
    old = table("weeks", f"{head}{rule}| 1 | lesson 0, up to *X* | | lesson 0, from *Y* | | |\n")
    row = "| 1 | lesson 0, up to *X* | 4 | lesson 0, from *Y* | 2 | 3 |\n"
    assert fill_in(old, [ZERO, ONE]) == table("weeks", f"{head}{rule}{row}")


def test_a_new_lesson_has_a_row_with_room_for_what_you_learn() -> None:
    head = "| lesson | minutes | points | you learn |\n|:--|--:|--:|:--|\n"
    old = table("lessons", f"{head}| 0 A | 1 | 1 | to *see* |\n")
    new = table("lessons", f"{head}| 0 A | 6 | 3 | to *see* |\n| 1 B | 5 | 0 | |\n")
    assert fill_in(old, [ZERO, ONE]) == fill_in(new, [ZERO, ONE]) == new


def test_the_table_of_points_adds_up_to_what_all_exercises_earn() -> None:
    text = fill_in(table("points", ""), read_lessons(SOURCES))
    *rows, together = read_rows(text)
    assert [row[0].strip("`") for row in rows] == list(ALL_EXERCISES)
    assert f"**{sum(int(row[2].split(',')[0]) for row in rows)}**" == together[2]
    by_person = {row[0].strip("`") for row in rows if row[2].endswith(", by a person")}
    assert by_person == ALL_EXERCISES.keys() - EXERCISES.keys()


def test_every_exercise_is_in_a_section() -> None:
    points = {
        number: sum(x.points for x in ALL_EXERCISES.values() if x.lesson == number)
        for number in range(len(read_lessons(SOURCES)))
    }
    assert {lesson.number: lesson.points for lesson in read_lessons(SOURCES)} == points


def test_writing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    shutil.copytree(SOURCES, tmp_path / "notebooks" / "source")
    (tmp_path / "docs").mkdir()
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r" \| \d+ \| ", " | 999 | ", text), encoding="utf-8")
    assert write_tables(tmp_path) == list(DOCUMENTS)
    assert write_tables(tmp_path) == []


HEAD = "# # 0 A\n# **{} minutes**: 3 to read and run, 2 for exercises.\n# ## B (5 min)\n"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("# nothing", "must begin with its title"),
        (HEAD.format(6), "its sections add up to 5"),
        (HEAD.format(5) + '# %% grade="frobnicate"\n', "asks for frobnicate"),
        (HEAD.format(5) + '# %% exercise="double"\n', "one cell for double"),
        (
            HEAD.format(5) + '# %% exercise="pack"\n# %% grade="pack"\n',
            "an exercise of lesson 4. Move its file to the folder lesson_00",
        ),
        (HEAD.format(5) + '# %% [markdown] written="explain"\n', "one cell for explain"),
    ],
)
def test_a_lesson_that_does_not_say_what_it_must_is_named(
    tmp_path: Path, source: str, words: str
) -> None:
    (tmp_path / "00_a.py").write_text(source, encoding="utf-8")
    with pytest.raises(GradlabError, match=words):
        read_lessons(tmp_path)


def test_the_sections_of_a_tenth_lesson_are_found_and_a_number_in_a_title_is_no_lesson() -> None:
    title = "In 3 steps"
    ten = Lesson(10, "10_k", "10 K", 9, 9, 0, 0, (Section(title, 4, False, 0), ZERO.sections[0]))
    lessons = [ZERO, *[ONE] * 9, ten]
    assert find_sections(f"lesson 10, up to *{title}*", lessons) == [(ten, ten.sections[0])]
    assert len(find_sections("lessons 9 and 10", lessons)) == 3


def test_an_unknown_table_or_section_is_named() -> None:
    with pytest.raises(GradlabError, match="frobnicate"):
        fill_in(table("frobnicate", ""), [ZERO])
    with pytest.raises(GradlabError, match=r"Lesson 1 has no section “Z”; there are: X"):
        find_sections("lesson 1, from *Z*", [ZERO, ONE])
