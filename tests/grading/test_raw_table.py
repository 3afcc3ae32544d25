"""Tables of which single cells change and nothing else does."""

import csv
import io

import pytest
from hypothesis import assume, given, strategies as st

from gradlab.grading.outcome.raw_table import RawTable, RawTableError, parse_table, replace_cells

CELLS = st.text(st.sampled_from("ab1.-é \"',;\t:|\r\n") | st.characters(codec="utf-8"), max_size=5)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, list[list[str]]]:
    """A table in any spelling: the text, its separator, and what the cells say."""
    separator = draw(st.sampled_from(",;\t"))
    width = draw(st.integers(2, 4))
    size = st.lists(CELLS, min_size=width, max_size=width)
    # The separator is what a header has most of.
    rows = [[f"h{n}" for n in range(width)], *draw(st.lists(size, max_size=4))]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = []
    for row in rows:
        fields = []
        for cell in row:
            must = any(c in cell for c in f'{separator}"\r\n') or draw(st.booleans())
            fields.append('"' + cell.replace('"', '""') + '"' if must else cell)
        lines.append(separator.join(fields))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    last = draw(st.sampled_from(["", end, end * 2]))
    return mark + end.join(lines) + last, separator, rows


def read(text: str, separator: str) -> list[list[str]]:
    text = text.removeprefix("\ufeff")
    return [*csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)]


def values(table: RawTable) -> list[list[str]]:
    return [[field.value for field in row] for row in table.rows]


@given(tables())
def test_cells_are_read_as_the_csv_module_reads_them(
    drawn: tuple[str, str, list[list[str]]],
) -> None:
    text, separator, rows = drawn
    table = parse_table(text)
    assert table.separator == separator
    assert values(table) == read(text, separator)
    assert values(table)[: len(rows)] == rows
    assert replace_cells(table, {}) == text


@given(tables(), st.data())
def test_one_cell_changes_and_nothing_around_it(
    drawn: tuple[str, str, list[list[str]]], data: st.DataObject
) -> None:
    text, separator, rows = drawn
    table = parse_table(text)
    places = [(r, c) for r, row in enumerate(rows) for c in range(len(row)) if r]
    assume(places)
    changes = {
        place: data.draw(CELLS)
        for place in data.draw(st.sets(st.sampled_from(places), max_size=3))
    }
    new = replace_cells(table, changes)
    for (row, column), value in changes.items():
        rows[row][column] = value
    assert read(new, separator)[: len(rows)] == rows
    if changes:
        first, last = (table.rows[row][column] for row, column in (min(changes), max(changes)))
        after = len(text) - last.end
        assert new[: first.start] == text[: first.start]
        assert new[len(new) - after :] == text[last.end :]


@given(st.text(st.sampled_from('ab,;\t:"\r\n'), max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        table = parse_table(text)
    except RawTableError:
        return
    assert replace_cells(table, {}) == text
    covered = sum(field.end - field.start for row in table.rows for field in row)
    between = sum(max(len(row) - 1, 0) for row in table.rows)
    assert covered + between <= len(text)


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("name,Assignment: Lesson 1 (Real)\n", ","),
        ("name:Lesson 1 (Real):total\n", ":"),
        ('"Example, Ada, Bob";x\n', ";"),
        ("sep=|\r\nname|a;b;c\r\n", "|"),
        ("\ufeffname\tpoints", "\t"),
    ],
)
def test_the_separator_is_found(text: str, separator: str) -> None:
    assert parse_table(text).separator == separator


@pytest.mark.parametrize(("text", "line"), [('a,b\n"c\n', 2), ('a\n\n"b"c', 3), ('"a\nb"\n"x', 3)])
def test_the_line_of_a_lost_quote_is_told(text: str, line: int) -> None:
    with pytest.raises(RawTableError) as caught:
        parse_table(text)
    assert caught.value.line == line


def test_a_value_that_needs_quotes_gets_them() -> None:
    assert replace_cells(parse_table("a,b\n1,2\n"), {(1, 1): "7,5"}) == 'a,b\n1,"7,5"\n'
    assert replace_cells(parse_table('a,b\n1,"2"\n'), {(1, 1): "7"}) == 'a,b\n1,"7"\n'
