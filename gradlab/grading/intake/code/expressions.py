"""Names in a piece of syntax: those that it binds, and those that its value may stand for.

All of it is linear and without recursion, whatever a tree looks like.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

# A name, and the function that it is handed to, "" if it is handed to none.
Part = tuple[str, str]
_LONGEST_CHAIN = 20


def find_bound(target: ast.expr) -> Iterator[str]:
    """Yield the names that a target binds."""
    return (
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def get_imported_name(alias: ast.alias) -> str:
    """Return the name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def find_own_and_outer(body: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """Return the names that are bound in a body itself, and those that are global there.

    Parameters
    ----------
    body : iterable of ast.AST
        That of a function or a class, or an expression.

    Returns
    -------
    own, outer : set of str
        What functions, classes and comprehensions in it bind is theirs.

    Examples
    --------
    >>> import ast
    >>> from gradlab.grading.intake.code.expressions import find_own_and_outer
    >>> own, outer = find_own_and_outer(ast.parse("global b; a = [c for c in (b := d)]").body)
    >>> sorted(own), sorted(outer)
    (['a', 'b'], ['b'])
    """
    own: set[str] = set()
    outer: set[str] = set()
    not_own: set[str] = set()
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                own |= {get_imported_name(alias) for alias in aliases}
            case ast.Global(names=names):
                outer |= {*names}
            case ast.Nonlocal(names=names):
                not_own |= {*names}
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                own.add(name)
                continue
            case ast.ClassDef(name=name):
                own.add(name)
                continue
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                own.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                own.add(name)
            case ast.Lambda():
                continue
            case ast.comprehension(iter=over, ifs=conditions):
                waiting += [over, *conditions]  # its targets are its own
                continue
        waiting += ast.iter_child_nodes(node)
    return own - not_own, outer


def find_target_names(target: ast.expr) -> list[str]:
    """Return the names that are bound by a target, or of which it is a part."""
    if isinstance(target, ast.Attribute | ast.Subscript):
        return find_root(target)
    return [*find_bound(target)]


def find_root(node: ast.AST) -> list[str]:
    """Return the name that a chain of attributes, items and calls begins with, if it is one."""
    for _ in range(_LONGEST_CHAIN):
        match node:
            case ast.Name(id=name):
                return [name]
            case ast.Attribute(value=inner) | ast.Subscript(value=inner):
                node = inner
            case ast.Starred(value=inner) | ast.Await(value=inner) | ast.Call(func=inner):
                node = inner
            case _:
                break
    return []


def find_names(value: ast.expr) -> list[str]:
    """Return the names that a value may be, be a part of, or hold."""
    return [name for name, function in find_parts(value) if not function]


def find_parts(value: ast.expr) -> list[Part]:
    """Return the names that a value may be, be a part of, or hold.

    Parameters
    ----------
    value : ast.expr
        An expression.

    Returns
    -------
    list of (str, str)
        A name and "", or a name and the function that it is handed to, which may return it.

    Examples
    --------
    >>> import ast
    >>> from gradlab.grading.intake.code.expressions import find_parts
    >>> find_parts(ast.parse("[a.T, f(b), c + 1]").body[0].value)
    [('b', 'f'), ('a', '')]
    """
    found: list[Part] = []
    waiting: list[tuple[ast.expr | None, str]] = [(value, "")]
    while waiting:
        one, function = waiting.pop()
        match one:
            case ast.Name(id=name):
                found.append((name, function))
            case ast.Attribute() | ast.Subscript():
                found += [(name, function) for name in find_root(one)]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                waiting += [(argument, name) for argument in arguments if not function]
            case ast.Call(func=ast.Attribute(attr=name) as method, args=arguments):
                found += [(root, function) for root in find_root(method)]
                waiting += [(argument, name) for argument in arguments if not function]
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                waiting += [(item, function) for item in items]
            case ast.Dict(values=items) | ast.BoolOp(values=items):
                waiting += [(item, function) for item in items]
            case ast.IfExp(body=yes, orelse=no):
                waiting += [(yes, function), (no, function)]
            case ast.NamedExpr(target=ast.Name(id=name), value=part):
                found.append((name, function))
                waiting.append((part, function))
            case ast.Starred(value=part) | ast.Await(value=part):
                waiting.append((part, function))
    return found


def find_item_parts(over: ast.expr) -> list[Part]:
    """Return what a loop or a with takes, also through zip, enumerate and the like."""
    return [(name, "") for name, _ in find_parts(over)]


def find_rebound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives a new value, if it does not fail."""
    match statement:
        case ast.Assign(targets=targets):
            return {name for target in targets for name in find_bound(target)}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return {name}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as definition:
            return {definition.name}
        case ast.ImportFrom(names=aliases):  # import a.b adds to an a that is there
            return {get_imported_name(alias) for alias in aliases}
    return set()


def find_kept_defaults(given: ast.arguments) -> Iterator[str]:
    """Yield the parameters with a default that is made once and can change."""
    by_place = [*given.posonlyargs, *given.args]
    last = by_place[len(by_place) - len(given.defaults) :]
    pairs = [*zip(last, given.defaults, strict=True)]
    pairs += [(one, v) for one, v in zip(given.kwonlyargs, given.kw_defaults, strict=True) if v]
    for one, value in pairs:
        if not isinstance(value, ast.Constant | ast.Name | ast.Attribute | ast.Tuple):
            yield one.arg
