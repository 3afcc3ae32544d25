"""Work on a hostile notebook grows with its length alone; counted, not timed."""

import ast
from collections.abc import Iterator
from dataclasses import fields

import pytest

from gradlab.grading.intake.code.effect_reader import read_effects
from gradlab.grading.intake.code.expressions import find_item_parts
from gradlab.grading.intake.code.program import Program
from gradlab.grading.intake.code.slice import find_slice
from gradlab.grading.intake.code.statements import read_statements


def count_effects(text: str) -> int:
    """Return how much is noted of a cell."""
    found = [statement.effects for statement in read_statements(text) or ()]
    sizes = (getattr(effect, part.name) for effect in found for part in fields(effect))
    return sum(len(size) for size in sizes if not isinstance(size, bool))


def join_numbered(text: str, by: str, most: int) -> str:
    return by.join(text.replace("#", str(number)) for number in range(most))


@pytest.mark.parametrize(
    ("target", "by", "value"),
    [
        ("a#", "=", "lambda x: (@)\nb#(x)"),
        ("a#", "=", "(@)\nlambda: a#"),
        ("a#", "=", "(@)\n(c := b#)"),
        ("a#", "=", "(@)\n(c# := b#)"),
        ("a#", "=", "(@)\nlambda t: (t.append(1), b#(t))"),
        ("a#", "=", "f(@)\nb#"),
        ("a#", ",", "f(@)\nlambda t: t.append(b#)"),
        ("a#", "=", "[(@) for c in d]\nb#(c)"),
        ("a#", "=", "[0 for c in (@)]\nb#"),
    ],
)
def test_what_is_noted_of_a_cell_grows_with_its_length_alone(
    target: str, by: str, value: str
) -> None:
    whole, item = value.split("\n")
    counts = []
    for most in (400, 800):
        targets = join_numbered(target, by, most)
        counts.append(
            count_effects(f"{targets}={whole}".replace("@", join_numbered(item, ",", most)))
        )
    assert counts[1] < 2.2 * counts[0]


def test_what_a_comprehension_goes_through_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[ast.expr] = []

    def count(over: ast.expr) -> list[tuple[str, str]]:
        looked_at.append(over)
        return find_item_parts(over)

    monkeypatch.setattr(f"{read_effects.__module__}.find_item_parts", count)
    names = join_numbered("a#", ",", 100)
    read_statements(f"[0 for {names} in ({names})]")
    assert len(looked_at) == 1


def test_a_slice_follows_what_a_statement_binds_once() -> None:
    looked_at = 0

    class Counted(set[str]):
        def __iter__(self) -> Iterator[str]:
            nonlocal looked_at
            looked_at += len(self)
            return super().__iter__()

    most = 200
    lists, functions, others = (join_numbered(f"{name}#", "=", most) for name in "bac")
    fill = join_numbered("b#.append(0)", ",", most)
    tuples = join_numbered("a#", ",", most)
    text = f"{lists} = []\n{functions} = lambda: ({fill})\n{others} = ({tuples})\n"
    reads = join_numbered("b#", ",", most)
    cells = [read_statements(text) or (), read_statements(f"def double(x): ({reads})") or ()]
    for statement in cells[0]:
        statement.effects.binds = Counted(statement.effects.binds)
    program = Program(cells)
    before = looked_at
    find_slice(program, "double", 1)
    assert looked_at - before < 5 * most
