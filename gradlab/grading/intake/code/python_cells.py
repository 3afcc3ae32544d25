"""The Python in a cell: its syntax tree, and the names that it defines.

Nothing is executed. The text may be hostile: none makes this raise, and bounds keep time and
memory small.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

# Each is many times what people write.
_DEEPEST_LITERAL = 20
_DEEPEST_ARITHMETIC = 6
_LARGEST_BASE = 10**6
_LARGEST_EXPONENT = 1000
# IPython reads a cell from its beginning again for each magic, and goes over a line many times.
_MOST_FOR_IPYTHON = 300_000
_LONGEST_FOR_IPYTHON = 500

_MAY_BE_MAGIC = re.compile(r"[%!?]|^[^\S\n]*[,;/]", re.MULTILINE)
# Below these, a cell is Python all the same.
_PYTHON_MAGICS = re.compile(r"(?:\s*%%(?:time|timeit|capture|prun)\b.*)+")

_FILE_MAGIC = re.compile(r"\s*%%(?:writefile|file)[ \t]+(-a[ \t]+)?([^\n]+)\n")
# What IPython makes of %time and a statement, which is then run, and its names are kept.
_TIMED = re.compile(r"get_ipython\(\)\.run_line_magic\('time', ('[^\n]*'|\"[^\n]*\")\)")

# What a cell defines a name as: the blank stub; a function, or whatever can be called; a value
# that may turn out to be one.
Kind = Literal["stub", "function", "value"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_CALLABLE = (ast.Import, ast.ImportFrom, *_FUNCTIONS, ast.ClassDef, ast.Lambda)


@dataclass
class Effort:
    """How much more of a notebook IPython is given: characters, again for each magic."""

    left: int = _MOST_FOR_IPYTHON


def read_python(raw: str, effort: Effort) -> tuple[str, ast.Module | None]:
    r"""Return the Python of a cell with its syntax tree; None if it has none.

    Parameters
    ----------
    raw : str
        The text of the cell, perhaps with magics.
    effort : Effort
        What may be spent on its magics; it becomes less.

    Returns
    -------
    text : str
        The Python, on the lines where it stands in the cell.
    tree : ast.Module or None
        Its syntax tree; None where the text is not Python even so.

    Examples
    --------
    >>> from gradlab.grading.intake.code.python_cells import Effort, read_python
    >>> read_python("%%time\nx = 1", Effort())[0]
    '\nx = 1'
    """
    written = _FILE_MAGIC.match(raw)
    if written:
        raw = _write_file(written, raw[written.end() :])
    magics = _PYTHON_MAGICS.match(raw)
    # The lines keep their numbers.
    text = "\n" * magics[0].count("\n") + raw[magics.end() :] if magics else raw
    tree = parse_tree(text)
    if tree is None:
        text = _without_magics(text, effort)
        tree = parse_tree(text)
    return text, tree


def parse_tree(text: str) -> ast.Module | None:
    """Return the syntax tree of a text; None if it is not Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def find_bindings(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.AST]]:
    """Yield each name that statements bind, in order, and what it is bound to."""
    waiting: deque[ast.AST] = deque(statements)
    while waiting:
        match waiting.popleft():
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as definition:
                yield definition.name, definition
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases) as imported:
                yield from ((a.asname or a.name.partition(".")[0], imported) for a in aliases)
            case ast.Assign(targets=targets, value=value):
                yield from ((key, value) for target in targets for key in _find_targets(target))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from ((key, value) for key in _find_targets(target))
            case ast.If() | ast.With() | ast.Try() | ast.TryStar() | ast.ExceptHandler() as block:
                waiting.extendleft(reversed([*ast.iter_child_nodes(block)]))


def find_definitions(statements: Iterable[ast.stmt]) -> dict[str, Kind]:
    """Return the names that statements define, less those of literals, and as what."""
    return {
        name: _find_kind(what) for name, what in find_bindings(statements) if not _is_literal(what)
    }


def says_nothing(body: Sequence[ast.stmt]) -> bool:
    """Whether statements are at most a docstring and a line that stands for an answer."""
    for statement in body:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                continue
            case ast.Expr(value=ast.Constant(value=said)) if said is ...:
                continue
            case ast.Raise(exc=ast.Name(id="NotImplementedError")):
                continue
            case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
                continue
        return False
    return True


def is_stub(what: ast.AST) -> bool:
    """Whether something defines a function whose body says nothing."""
    return isinstance(what, _FUNCTIONS) and says_nothing(what.body)


def _without_magics(text: str, effort: Effort) -> str:
    """Return a cell as IPython reads it: a magic becomes a call, which falls away as a demo."""
    needed = len(text) * (1 + len(_MAY_BE_MAGIC.findall(text)))
    if needed > effort.left or max(map(len, text.split("\n"))) > _LONGEST_FOR_IPYTHON:
        return text
    effort.left -= needed
    try:
        from IPython.core.inputtransformer2 import TransformerManager

        return _without_timing(str(TransformerManager().transform_cell(text)))
    except Exception:  # It was not made for hostile text, and may not be installed.
        return text


def _write_file(magic: re.Match[str], text: str) -> str:
    """Return Python that does what a cell magic does: write the cell into a file."""
    name = magic[2].strip().strip("'\"")
    return f"open({name!r}, {'a' if magic[1] else 'w'!r}).write({text!r})"


def _without_timing(text: str) -> str:
    """Return Python as IPython makes it, less what takes the time of a statement in it."""
    return _TIMED.sub(_read_timed, text)


def _read_timed(timed: re.Match[str]) -> str:
    statement = str(ast.literal_eval(timed[1])).strip()
    return timed[0] if parse_tree(statement) is None else statement


def _find_targets(target: ast.expr) -> list[str]:
    return [
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _find_kind(what: ast.AST) -> Kind:
    if is_stub(what):
        return "stub"
    return "function" if isinstance(what, _CALLABLE) else "value"


def _is_literal(value: ast.AST | None, depth: int = _DEEPEST_LITERAL) -> bool:
    """Whether something is a literal, or arithmetic of numbers that is cheap to work out."""
    match value:
        case ast.Constant():
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return depth > 0 and all(_is_literal(part, depth - 1) for part in parts)
        case ast.Dict(keys=keys, values=values):
            return depth > 0 and all(_is_literal(part, depth - 1) for part in (*keys, *values))
    return _is_number(value)


def _is_number(value: ast.AST | None, depth: int = _DEEPEST_ARITHMETIC) -> bool:
    match value:
        case ast.Constant(value=int() | float() | complex()):
            return True
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() | ast.Invert(), operand=operand):
            return depth > 0 and _is_number(operand, depth - 1)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _is_small(left, _LARGEST_BASE) and _is_small(right, _LARGEST_EXPONENT)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.FloorDiv()):
            parts = (value.left, value.right)
            return depth > 0 and all(_is_number(part, depth - 1) for part in parts)
    return False


def _is_small(value: ast.expr, largest: int) -> bool:
    match value:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return number <= largest
        case ast.Constant(value=int() | float() as number):
            return number <= largest
    return False
