"""The Python in a cell: its syntax tree, the names in it, and the parts of it that are kept.

Nothing is executed. The text may be hostile: none makes this raise, and bounds keep time and
memory small.
"""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
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

# What a cell defines a name as: the blank stub; a function, or whatever can be called; a value
# that may turn out to be one.
Kind = Literal["stub", "function", "value"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ALWAYS_KEPT = (ast.Import, ast.ImportFrom, *_FUNCTIONS, ast.ClassDef)
_BLOCKS = (ast.If, ast.With, ast.Try, ast.TryStar)
_KEPT_OF_ANSWER = (*_ALWAYS_KEPT, ast.Assign, ast.AnnAssign, ast.AugAssign, *_BLOCKS)


@dataclass(frozen=True)
class Symbols:
    """Names that a text binds at its top level, those that it reads, and those in functions."""

    bound: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    read_inside: frozenset[str] = frozenset()


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
    >>> from gradlab.grading.intake.python_cells import Effort, read_python
    >>> read_python("%%time\nx = 1", Effort())[0]
    '\nx = 1'
    """
    magics = _PYTHON_MAGICS.match(raw)
    # The lines keep their numbers.
    text = "\n" * magics[0].count("\n") + raw[magics.end() :] if magics else raw
    tree = tree_of(text)
    if tree is None:
        text = _without_magics(text, effort)
        tree = tree_of(text)
    return text, tree


def tree_of(text: str) -> ast.Module | None:
    """Return the syntax tree of a text; None if it is not Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def symbols_of(text: str) -> Symbols:
    """Return the names in a text; none if it is not Python.

    Parameters
    ----------
    text : str
        Some Python.

    Returns
    -------
    Symbols
        What functions in it bind is theirs, what they read from outside counts.

    Examples
    --------
    >>> from gradlab.grading.intake.python_cells import symbols_of
    >>> found = symbols_of("def f(x): return a * x")
    >>> sorted(found.bound), sorted(found.read)
    (['f'], ['a'])
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tables = [symtable.symtable(text, "answer", "exec")]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return Symbols()
    top = tables[0]
    bound = {key.get_name() for key in top.get_symbols() if key.is_assigned() or key.is_imported()}
    outside = {key.get_name() for key in top.get_symbols() if key.is_referenced()}
    inside: set[str] = set()
    for table in tables:
        tables += table.get_children()
        if table is not top:
            inside |= {
                key.get_name()
                for key in table.get_symbols()
                if key.is_referenced() and key.is_global()
            }
    return Symbols(frozenset(bound), frozenset(outside | inside), frozenset(inside))


def bound_by(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.AST]]:
    """Yield each name that statements bind, in order, and what it is bound to."""
    waiting: deque[ast.AST] = deque(statements)
    while waiting:
        match waiting.popleft():
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as definition:
                yield definition.name, definition
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases) as imported:
                yield from ((a.asname or a.name.partition(".")[0], imported) for a in aliases)
            case ast.Assign(targets=targets, value=value):
                yield from ((key, value) for target in targets for key in _targets(target))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from ((key, value) for key in _targets(target))
            case ast.If() | ast.With() | ast.Try() | ast.TryStar() | ast.ExceptHandler() as block:
                waiting.extendleft(reversed([*ast.iter_child_nodes(block)]))


def defined_by(statements: Iterable[ast.stmt]) -> dict[str, Kind]:
    """Return the names that statements define, less those of literals, and as what."""
    return {name: _kind(what) for name, what in bound_by(statements) if not _is_literal(what)}


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


def _without_magics(text: str, effort: Effort) -> str:
    """Return a cell as IPython reads it: a magic becomes a call, which falls away as a demo."""
    needed = len(text) * (1 + len(_MAY_BE_MAGIC.findall(text)))
    if needed > effort.left or max(map(len, text.split("\n"))) > _LONGEST_FOR_IPYTHON:
        return text
    effort.left -= needed
    try:
        from IPython.core.inputtransformer2 import TransformerManager

        return str(TransformerManager().transform_cell(text))
    except Exception:  # It was not made for hostile text, and may not be installed.
        return text


def _targets(target: ast.expr) -> list[str]:
    return [
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _kind(what: ast.AST) -> Kind:
    if isinstance(what, _FUNCTIONS) and says_nothing(what.body):
        return "stub"
    return "function" if isinstance(what, (*_ALWAYS_KEPT, ast.Lambda)) else "value"


# What is kept of a cell


def keep(text: str, keeps: Callable[[ast.stmt], bool]) -> str:
    r"""Return a cell without the statements that are not kept: their lines become empty.

    Where that cannot be, as they share lines with others, what is kept is written anew.

    Parameters
    ----------
    text : str
        The Python of a cell.
    keeps : callable
        Whether a statement is kept, such as `in_setup`.

    Returns
    -------
    str
        Empty if nothing is kept.

    Examples
    --------
    >>> from gradlab.grading.intake.python_cells import in_setup, keep
    >>> keep("print(1)\nx = 1", in_setup), keep("print(1); x = 1", in_setup)
    ('\nx = 1', 'x = 1')
    """
    tree = tree_of(text)
    body = tree.body if tree else []
    kept = [part for part in body if keeps(part)]
    if not kept or len(kept) == len(body):
        return text if kept else ""
    gone = {line for part in body if not keeps(part) for line in _lines(part)}
    if gone.isdisjoint(line for part in kept for line in _lines(part)):
        lines = enumerate(text.split("\n"), start=1)
        emptied = "\n".join("" if number in gone else line for number, line in lines)
        # Not if a dropped line ended in a backslash, say.
        if tree_of(emptied):
            return emptied
    try:
        return ast.unparse(ast.Module(kept, []))
    except (RecursionError, ValueError):
        return ""


def in_answer(text: str) -> Callable[[ast.stmt], bool]:
    """Return whether a statement of the cell with an answer is no demo.

    A loop or a call is none if it works on what the cell's functions read, such as a table.
    """
    tables = _tables(text)

    def kept(statement: ast.stmt) -> bool:
        match statement:
            case ast.For() | ast.While():
                names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
                return bool(names & tables)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                return name in tables
        return isinstance(statement, _KEPT_OF_ANSWER)

    return kept


def _tables(text: str) -> frozenset[str]:
    """Return the variables of a cell that its functions read."""
    symbols = symbols_of(text)
    tree = tree_of(text)
    bound = bound_by(tree.body) if tree else ()
    return symbols.read_inside & {name for name, what in bound if isinstance(what, ast.expr)}


def in_setup(statement: ast.stmt) -> bool:
    """Whether a statement of another cell imports, defines, or binds names to literals."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            return all(map(_is_names, targets)) and _is_harmless(value)
        case ast.AnnAssign(target=target, value=annotated):
            return _is_names(target) and (annotated is None or _is_harmless(annotated))
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            handled = [part for handler in handlers for part in handler.body]
            parts = [*body, *handled, *orelse, *final]
            return all(isinstance(part, ast.Pass) or in_setup(part) for part in parts)
    return isinstance(statement, _ALWAYS_KEPT)


def _lines(statement: ast.stmt) -> range:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return range(first, (statement.end_lineno or first) + 1)


def _is_names(target: ast.expr) -> bool:
    parts = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.expr_context)
    return all(isinstance(node, parts) for node in ast.walk(target))


def _is_harmless(value: ast.expr) -> bool:
    return isinstance(value, ast.Lambda) or _is_literal(value)


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
