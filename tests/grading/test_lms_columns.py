"""Which column gets the points of a lesson: never a guess."""

import pytest

from gradlab.grading.lms.columns import ColumnError, choose_targets
from gradlab.grading.lms.form import Column, Form


def make_form(*names: str) -> Form:
    columns = tuple(Column(n, f"{name} (9{n})", name) for n, name in enumerate(names))
    return Form("Canvas", columns, False, columns, False)


@pytest.mark.parametrize(
    "name", ["Lesson 7 and 6", "Lesson 7-8", "Lektion 7 + 6", "Lesson 6, 7", "Lesson 7 & 1"]
)
def test_a_column_of_several_lessons_is_not_that_of_one(name: str) -> None:
    with pytest.raises(ColumnError, match="not clear"):
        choose_targets(make_form(name, "Other"), [7], None, str)
    with pytest.raises(ColumnError, match="not clear"):
        choose_targets(make_form(name), [7], None, str)


@pytest.mark.parametrize("name", ["Lesson 7 - 2nd try", "Lesson 7, of 2026", "Lesson 07-final"])
def test_another_number_beside_the_lesson_is_no_lesson(name: str) -> None:
    [target] = choose_targets(make_form("Lesson 70", name), [7], None, str)
    assert target.column.name == name


def test_what_to_type_names_no_column_of_several() -> None:
    twice = [Column(n, "Lesson 7", "Lesson 7") for n in range(2)]
    for wanted in ("Lesson 7", None):
        columns = tuple(twice)
        with pytest.raises(ColumnError, match="so that they differ") as caught:
            choose_targets(Form("", columns, False, (), False), [7], wanted, "TYPE {}".format)
        assert "TYPE" not in str(caught.value)
    columns = (*twice, Column(2, "Homework", "Homework"))
    with pytest.raises(ColumnError, match="TYPE THE NAME"):
        choose_targets(Form("", columns, False, (), False), [7], None, "TYPE {}".format)
