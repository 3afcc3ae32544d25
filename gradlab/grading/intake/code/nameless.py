"""The code of an answer without the names that its writer chose: copies come out the same.

Nothing is executed. The text may be hostile: none makes this raise, and a bound keeps time and
memory small.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gradlab.grading.intake.code.python_cells import find_bindings, parse_tree

# Many times the longest reference. Of a longer text, nobody can say quickly what it is.
_LONGEST_TEXT = 20_000
_IMPORTS = (ast.Import, ast.ImportFrom)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# What says nothing about how an answer works.
_LEFT_OUT = {"annotation", "returns", "type_comment", "ctx", "kind", "type_params"}
# By kind of node, the field with a name that the writer may have chosen.
_CHOSEN = {
    ast.Name: "id",
    ast.arg: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
}

# The names that are bound in one place, and what each is replaced with, once it was met.
_Scope = dict[str, str]


def spell_nameless(name: str, text: str) -> tuple[str, ...]:
    r"""Spell out an answer with the names that it binds replaced.

    Arguments, variables and helper functions are numbered as they are met. Left out are
    docstrings, comments, annotations, imports, what the answer does not use, and statements that
    change nothing, such as a print.

    Parameters
    ----------
    name : str
        The function that is the answer.
    text : str
        The cell with it.

    Returns
    -------
    tuple of str
        The syntax tree as words: about as many as it has nodes, names and constants. Equal for
        copies in which only names were changed. Empty for what is not Python, is too long or too
        deep, or does not define the function.

    Examples
    --------
    >>> from gradlab.grading.intake.code.nameless import spell_nameless
    >>> ada = spell_nameless("double", "def double(x):\n    return x + x")
    >>> ben = spell_nameless("double", "def double(number): # mine\n    return number + number")
    >>> ada == ben, ada == spell_nameless("double", "def double(x):\n    return 2 * x")
    (True, False)
    """
    tree = parse_tree(text) if len(text) <= _LONGEST_TEXT else None
    if tree is None:
        return ()
    parts = _find_parts(name, tree.body)
    speller = _Speller(name, parts, dict(_find_modules(ast.walk(tree))))
    try:
        for part in parts:
            speller.spell(part, (speller.outer,))
        return tuple(speller.words)
    # Too deep, or an integer of too many digits to be written down.
    except (RecursionError, MemoryError, ValueError):
        return ()


def _find_parts(name: str, body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the statement that defines a name, then those that define what it uses."""
    bound = {
        key: statement
        for statement in body
        if not isinstance(statement, _IMPORTS)
        for key, _ in find_bindings([statement])
    }
    parts = [bound[name]] if name in bound else []
    for part in parts:
        for node in ast.walk(part):
            used = bound.get(node.id) if isinstance(node, ast.Name) else None
            if used is not None and all(used is not other for other in parts):
                parts.append(used)
    return parts


class _Speller:
    """What is known of all parts of an answer while they are spelled out."""

    def __init__(self, name: str, parts: Sequence[ast.stmt], modules: Mapping[str, str]) -> None:
        nodes = [node for part in parts for node in ast.walk(part)]
        self.outer: _Scope = dict.fromkeys(_find_bound(parts), "")
        # The name that was asked for is nobody's choice.
        self.outer[name] = name
        self.words: list[str] = []
        self._count = 0
        self._answer = name
        self._read = {n.id for n in nodes if isinstance(n, ast.Name) and not _is_bound(n)}
        self._modules = modules
        self._parameters = {
            node.name: [argument.arg for argument in _list_arguments(node)]
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }

    def spell(self, node: ast.AST, scopes: tuple[_Scope, ...]) -> None:
        """Add the words for a node and all below it; the innermost scope comes last."""
        if isinstance(node, ast.stmt) and self._is_idle(node):
            return
        match node:
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                node = ast.Assign(targets=[target], value=value)
            case ast.Constant(value=value):
                self.words.append(f"{type(value).__name__} {value!r}")
                return
        self.words.append(type(node).__name__)
        chosen = _CHOSEN.get(type(node))
        if chosen and (name := getattr(node, chosen)) is not None:
            self.words.append(self._replace(name, scopes))
        inner = (*scopes, dict.fromkeys(_find_own(node), "")) if _has_scope(node) else scopes
        for field in node._fields:
            if field == chosen or field in _LEFT_OUT:
                continue
            value = getattr(node, field)
            for part in value if isinstance(value, list) else [value]:
                self._spell_part(node, part, inner)

    def _is_idle(self, statement: ast.stmt) -> bool:
        """Whether a statement does nothing to the answer; what it puts out is not looked at."""
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.AnnAssign(value=None):
                return True
            case ast.Expr(value=ast.Constant() | ast.Call(func=ast.Name(id="print"))):
                return True
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                is_same = isinstance(value, ast.Name) and value.id == name
                return is_same or (name not in self._read and name != self._answer)
            case ast.If(body=body, orelse=other):
                return all(map(self._is_idle, [*body, *other]))
        return False

    def _spell_part(self, node: ast.AST, part: object, scopes: tuple[_Scope, ...]) -> None:
        if isinstance(part, ast.keyword):
            self.words.append(self._spell_keyword(node, part.arg, scopes))
            self.spell(part.value, scopes)
        elif isinstance(part, ast.AST):
            self.spell(part, scopes)
        elif isinstance(part, str) and isinstance(node, ast.Global | ast.Nonlocal):
            self.words.append(self._replace(part, scopes))
        else:
            self.words.append(repr(part))

    def _replace(self, name: str, scopes: tuple[_Scope, ...]) -> str:
        scope = next((scope for scope in reversed(scopes) if name in scope), None)
        if scope is None:
            return self._modules.get(name, name)
        if not scope[name]:
            self._count += 1
            scope[name] = f"name {self._count}"
        return scope[name]

    def _spell_keyword(self, call: ast.AST, name: str | None, scopes: tuple[_Scope, ...]) -> str:
        """Spell a keyword by its place if it is the answer's own function that is called."""
        match call:
            case ast.Call(func=ast.Name(id=function)) if any(function in s for s in scopes):
                own = self._parameters.get(function, [])
            case _:
                own = []
        return f"keyword {own.index(name) if name in own else name}"


def _is_bound(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def _find_modules(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield what each import binds, and what that is; np is imported above an answer."""
    yield "np", "numpy"
    for node in nodes:
        match node:
            case ast.Import(names=aliases):
                yield from ((a.asname, a.name) for a in aliases if a.asname)
            case ast.ImportFrom(module=module, names=aliases):
                yield from ((a.asname or a.name, f"{module}.{a.name}") for a in aliases)


def _has_scope(node: ast.AST) -> bool:
    return isinstance(node, (*_FUNCTIONS, *_COMPREHENSIONS))


def _find_own(node: ast.AST) -> Iterator[str]:
    """Yield the names that a function or a comprehension binds for itself."""
    match node:
        case ast.Lambda():
            yield from (argument.arg for argument in _list_arguments(node))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (argument.arg for argument in _list_arguments(node))
            outer = {
                name
                for inner in _walk_here(node.body)
                if isinstance(inner, ast.Global | ast.Nonlocal)
                for name in inner.names
            }
            yield from (name for name in _find_bound(node.body) if name not in outer)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from (
                inner.id
                for generator in node.generators
                for inner in ast.walk(generator.target)
                if isinstance(inner, ast.Name)
            )


def _list_arguments(
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
) -> list[ast.arg]:
    arguments = function.args
    more = [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *more]


def _find_bound(statements: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that statements bind where they stand."""
    for node in _walk_here(statements):
        name = getattr(node, _CHOSEN.get(type(node), ""), None)
        is_read = isinstance(node, ast.Name) and not _is_bound(node)
        if isinstance(name, str) and not is_read:
            yield name


def _walk_here(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield all nodes of statements, but for those inside what has names of its own."""
    waiting = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _COMPREHENSIONS):
            # What := binds there is bound outside.
            waiting.extend(n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            continue
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))
