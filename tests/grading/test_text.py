"""Text that somebody else wrote, as it is shown."""

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given, strategies as st

from gradlab.grading.outcome.table import format_table
from gradlab.grading.outcome.text import LONGEST_NAME, as_cell, as_name

# Texts in which cells of another separator begin like formulas.
BROKEN = st.lists(
    st.sampled_from(list("=+-@＝,;|\t\r\n \"'a1")) | st.characters(), max_size=9
).map("".join)


@given(st.text(max_size=300))
def test_a_name_can_be_shown_and_written(name: str) -> None:
    shown = as_name(name)
    assert shown
    assert shown.encode()
    assert not any(unicodedata.category(letter) == "Cc" for letter in shown)
    assert as_name(shown) == shown or len(shown) > LONGEST_NAME


def test_long_names_that_differ_in_the_middle_stay_two() -> None:
    one, other = ("a" * 1000 + middle + "b" * 1000 for middle in "xy")
    assert as_name(one) != as_name(other)
    assert len(as_name(one)) == LONGEST_NAME


def test_a_very_long_name_is_cut_before_it_is_normalized() -> None:
    # To put many marks on one letter in order takes time that grows with their square.
    assert len(as_name("a" + "\u0323\u0307" * 2_000_000)) <= 2 * LONGEST_NAME


@given(st.lists(st.lists(BROKEN, min_size=1, max_size=3), min_size=1, max_size=3))
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_begins_like_a_formula_whatever_the_separator(
    separator: str, rows: list[list[str]]
) -> None:
    text = format_table(rows)[1:]
    read = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    fields = [field for row in read for field in row]
    fields += [field for line in text.splitlines() for field in line.split(separator)]
    for field in fields:
        assert not re.match("[-=+@＝＋－＠]", field.lstrip().lstrip('" '))


@given(BROKEN)
def test_a_cell_that_is_safe_stays_as_it_is(text: str) -> None:
    assert as_cell(as_cell(text)) == as_cell(text)


@pytest.mark.parametrize("note", ["f(3, 4) is not 7; a", "it's 1-2", "a|b, c=d", "x@y.org"])
def test_a_text_without_a_formula_is_itself(note: str) -> None:
    assert as_cell(note) == note
