"""The statements at the top level of a cell, and a cell with some of them left out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gradlab.grading.intake.code.effect_reader import read_effects
from gradlab.grading.intake.code.effects import Effects
from gradlab.grading.intake.code.python_cells import is_stub, parse_tree

# Many times what people write into a cell.
_MOST_STATEMENTS = 5_000


@dataclass(frozen=True, eq=False, slots=True)
class Statement:
    """A statement and where it stands in its cell.

    Attributes
    ----------
    first, last : int
        Its lines, from 1.
    start, end : int
        Where it begins in its first line, and ends in its last one, in bytes of UTF-8.
    effects : Effects
        What it does.
    is_stub : bool
        Whether it defines a function that stands for an answer.
    makes : bool
        Whether it defines a function or a class.
    is_definition : bool
        Whether it defines, imports, binds names or is a block of such: no call, loop or the like.
    """

    first: int
    last: int
    start: int
    end: int
    effects: Effects
    is_stub: bool
    makes: bool
    is_definition: bool


_MAKING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEFINITIONS = (
    *(ast.Import, ast.ImportFrom, *_MAKING),
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.If, ast.With, ast.Try, ast.TryStar),
)


def read_statements(text: str) -> tuple[Statement, ...] | None:
    """Return the statements of a cell.

    Parameters
    ----------
    text : str
        Its Python.

    Returns
    -------
    tuple of Statement or None
        None if it is not Python, or has far more statements than people write.

    Examples
    --------
    >>> from gradlab.grading.intake.code.statements import read_statements
    >>> first, second = read_statements("x = 1; print(x)")
    >>> first.effects.binds, second.effects.binds
    ({'x'}, set())
    """
    tree = parse_tree(text)
    if tree is None or len(tree.body) > _MOST_STATEMENTS:
        return None
    return tuple(map(_describe, tree.body))


def _describe(statement: ast.stmt) -> Statement:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    last = statement.end_lineno or statement.lineno
    return Statement(
        first=min([statement.lineno, *(decorator.lineno for decorator in decorators)]),
        last=last,
        start=statement.col_offset,
        end=statement.end_col_offset or 0,
        effects=read_effects(statement),
        is_stub=is_stub(statement),
        makes=isinstance(statement, _MAKING),
        is_definition=isinstance(statement, _DEFINITIONS),
    )


def keep(text: str, kept: Sequence[Statement], dropped: Iterable[Statement]) -> str:
    r"""Return a cell with some of its statements: the lines of the others become empty.

    Parameters
    ----------
    text : str
        The Python of a cell.
    kept, dropped : sequence of Statement
        All of its statements, in order.

    Returns
    -------
    str
        Empty if nothing is kept. Lines keep their numbers.

    Examples
    --------
    >>> from gradlab.grading.intake.code.statements import keep, read_statements
    >>> text = "print(1); x = 1  # mine\ny = 2  # mine\nprint(y)"
    >>> one, two, three, four = read_statements(text)
    >>> keep(text, [two], [one, three, four])
    'x = 1'
    >>> keep(text, [three], [one, two, four])
    '\ny = 2  # mine\n'
    """
    if not kept:
        return ""
    lines = text.split("\n")
    gone = {line for part in dropped for line in range(part.first, part.last + 1)}
    if not gone:
        return text
    if all(_has_its_lines(part, lines) for part in kept):
        numbered = enumerate(lines, start=1)
        return "\n".join("" if number in gone else line for number, line in numbered)
    return _join(kept, lines)


def _has_its_lines(part: Statement, lines: Sequence[str]) -> bool:
    """Whether nothing but a comment shares the lines of a statement."""
    behind = lines[part.last - 1].encode()[part.end :].strip()
    return part.start == 0 and (not behind or behind.startswith(b"#"))


def _join(kept: Sequence[Statement], lines: Sequence[str]) -> str:
    """Write statements alone, each on its own lines."""
    pieces: list[str] = []
    line = 1
    for part in kept:
        pieces.append("\n" * (part.first - line) or ("; " if pieces else ""))
        pieces.append(_cut(part, lines))
        line = part.last
    return "".join(pieces)


def _cut(part: Statement, lines: Sequence[str]) -> str:
    own = [line.encode() for line in lines[part.first - 1 : part.last]]
    own[-1] = own[-1][: part.end]
    own[0] = own[0][part.start :]
    return b"\n".join(own).decode(errors="replace")
