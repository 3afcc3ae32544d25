"""Prose in cells with code: an answer in words that was written as a comment, or printed."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from gradlab.grading.intake.code.python_cells import find_bindings, parse_tree
from gradlab.grading.intake.given_out import GivenOut
from gradlab.grading.intake.notebooks import Cell

# In a row; a script without spaces has none.
_PROSE = re.compile(r"(?:[^\W\d_]{1,40}[,;:]?[ \t]{1,9}){3}[^\W\d_]|[^\W\d_\x00-\u02ff]{8}")
_QUIET = (ast.Constant, ast.Name)
_SHOWING = {"print", "display", "Markdown", "Latex", "Math", "HTML"}
# By these, IPython shows what stands in a cell.
_SHOWING_MAGICS = {"markdown", "latex", "html"}
# Comments and texts beside code that are as long as this may be an answer.
_MANY_WORDS = 40


def find_prose(name: str, cell: Cell, added: str, given: GivenOut) -> Iterator[str]:
    """Yield what in a cell with code is prose.

    Parameters
    ----------
    name : str
        The question in words.
    cell : Cell
        The cell.
    added : str
        What of it was not given out.
    given : GivenOut
        What was.

    Yields
    ------
    str
        All that was added if it is a few words in a row and nothing is worked out, or if it is
        bound to the name of the question; else long comments and texts.

    Examples
    --------
    >>> from gradlab.grading.intake.given_out import read_given_out
    >>> from gradlab.grading.intake.notebooks import Cell
    >>> from gradlab.grading.intake.prose import find_prose
    >>> text = "print('The clip is wrong.')"
    >>> cell = Cell(3, "code", "", text, is_code=True, parses=True)
    >>> [*find_prose("explain", cell, text, read_given_out())] == [text]
    True
    """
    tree = parse_tree(cell.text) if cell.parses else None
    body = tree.body if tree else []
    if any(key == name for key, _ in find_bindings(body)):
        yield added
        return
    texts_by_name = _find_texts(body)
    doing = [one for one in body if not isinstance(one, ast.Import | ast.ImportFrom)]
    if (doing or not body) and all(_says_text(one, texts_by_name) for one in doing):
        # Words of a script without spaces are names where there is more than text.
        if _PROSE.search(added):
            yield added
        return
    comments = re.findall(r"(?:^[ \t]*#[^\n]*\n?)+", added, re.MULTILINE)
    values = (node.value for s in body for node in ast.walk(s) if isinstance(node, ast.Constant))
    texts = [given.find_added(value) for value in values if isinstance(value, str)]
    yield from (text for text in [*comments, *texts] if len(text.split()) >= _MANY_WORDS)


def _find_texts(body: list[ast.stmt]) -> set[str]:
    """Return the names that hold nothing but a text."""
    return {key for key, value in find_bindings(body) if _is_text(value)}


def _says_text(statement: ast.stmt, texts: Collection[str]) -> bool:
    """Whether a statement does no more than say something."""
    match statement:
        case ast.Expr(value=value):
            return isinstance(value, _QUIET) or _shows(value, texts)
        case ast.Assign(value=value):
            return _is_text(value)
    return False


def _shows(value: ast.expr, texts: Collection[str]) -> bool:
    """Whether something is a text, or shows texts alone."""
    match value:
        case ast.Name(id=name):
            return name in texts
        case ast.Call(
            func=ast.Attribute(attr="run_cell_magic"), args=[ast.Constant(value=magic), *_]
        ):
            return magic in _SHOWING_MAGICS
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[_, *_] as said):
            return name in _SHOWING and all(_shows(one, texts) for one in said)
    return _is_text(value)


def _is_text(value: ast.AST) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
