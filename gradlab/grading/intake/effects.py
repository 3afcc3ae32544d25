"""What a statement of a cell binds, reads and changes, told from its syntax tree.

Nothing is executed, so this is a guess: what a name holds is not known. Where it matters, more is
taken to be changed rather than less. Every pass over a tree is linear and without recursion.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradlab.grading.intake.python_cells import tree_of

Pairs = set[tuple[str, str]]
# A name, and the function that it is handed to.
_Part = tuple[str, str]

# Methods that change what they belong to, of Python's and NumPy's types and of many others.
_CHANGING = frozenset(
    (
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update"),
        *("setdefault", "popitem", "add", "discard", "intersection_update", "difference_update"),
        *("symmetric_difference_update", "appendleft", "popleft", "extendleft", "rotate"),
        *("subtract", "move_to_end", "fill", "resize", "put", "partition", "itemset", "setflags"),
        *("setfield", "write", "writelines", "send", "throw", "register"),
        *("__setitem__", "__delitem__", "__setattr__", "__iadd__"),
    )
)
_TYPES = (str, bytes, float, complex, list, tuple, dict, set, np.ndarray, np.random.Generator)
_TYPE_NAMES = frozenset(kind.__name__ for kind in _TYPES)
# Called for their result: where that is thrown away, the call was a demo.
_HARMLESS = frozenset(name for kind in _TYPES for name in dir(kind)) - _CHANGING
# Functions of libraries that change their first argument. A list, because any other call of a
# library with what is needed is most likely a demo: print, plot, display, assert_allclose.
_CHANGING_FIRST = frozenset(
    (
        *("shuffle", "copyto", "put", "put_along_axis", "putmask", "place", "fill_diagonal", "at"),
        *("heappush", "heappop", "heapify", "heapreplace", "heappushpop", "insort"),
        *("insort_left", "insort_right", "setattr", "delattr", "setitem", "delitem", "next"),
    )
)
_NAMESPACES = ("globals", "locals", "vars")
_LONGEST_CHAIN = 20
_FEW_PAIRS = 16

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(eq=False, slots=True)
class Effects:
    """What a statement does when it is run, and later, when a function that it made is called.

    Attributes
    ----------
    binds, reads : set of str
        The names of the notebook that it binds and reads at once.
    rebinds : set of str
        Of those it binds, those that have a new value whatever happened before.
    values : set of str
        Of those it reads, those not only called.
    changes : set of str
        What it assigns a part of: ``x[0] = 1`` and ``x.a = 1`` change x.
    touches : set of str
        What it calls a method of, or hands to a function of a library, that changes it, unless
        it is a module.
    later_reads, later_changes, later_touches : set of str
        The same for the functions that it makes.
    passes, later_passes : set of (str, str)
        (f, x) where f is called with x, (".m", x) where x.m is called.
    changers : set of str
        Functions it makes that change an argument, and ".m" for methods that change their object.
    hands_on : set of (str, str)
        (f, g) where a function f that it makes calls g with something of its own.
    shares : set of (str, str, str)
        (y, x, "") where y may be, or hold, a part of x; (y, x, "f") if f returns a part of x.
    settings : set of str
        What it assigns a part of, or calls a part of that sets or seeds, if it does nothing else.
    imports : set of str
        The modules that it imports, also later.
    modules : dict of str to str
        The names that it binds to modules, and to what is in them, with the module.
    star, is_future, is_dynamic, calls, makes_functions : bool
        Whether it imports everything of a module; imports from ``__future__``; binds names that
        cannot be told; calls anything at once; makes functions that make functions, or a class.
    """

    binds: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    touches: set[str] = field(default_factory=set)
    later_reads: set[str] = field(default_factory=set)
    later_changes: set[str] = field(default_factory=set)
    later_touches: set[str] = field(default_factory=set)
    passes: Pairs = field(default_factory=set)
    later_passes: Pairs = field(default_factory=set)
    changers: set[str] = field(default_factory=set)
    hands_on: Pairs = field(default_factory=set)
    shares: set[tuple[str, str, str]] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)
    star: bool = False
    is_future: bool = False
    is_dynamic: bool = False
    calls: bool = False
    makes_functions: bool = False


def effects_of(statement: ast.stmt) -> Effects:
    """Return what a statement at the top level of a cell does.

    Parameters
    ----------
    statement : ast.stmt
        Part of the body of a module.

    Returns
    -------
    Effects
        All of it, whichever branch is taken.

    Examples
    --------
    >>> import ast
    >>> from gradlab.grading.intake.effects import effects_of
    >>> found = effects_of(ast.parse("table[k] = list(map(f, range(n)))").body[0])
    >>> sorted(found.changes), sorted(found.reads)
    (['table'], ['f', 'k', 'list', 'map', 'n', 'range', 'table'])
    """
    found = _Reader().read(statement)
    found.rebinds = _rebound(statement) & found.binds
    # A loop around it is rather a demo.
    if isinstance(statement, ast.Expr | ast.Assign):
        found.settings |= found.changes
    else:
        found.settings.clear()
    return found


def _rebound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives a new value, if it does not fail."""
    match statement:
        case ast.Assign(targets=targets):
            return {name for target in targets for name in _plain_targets(target)}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return {name}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as definition:
            return {definition.name}
        case ast.ImportFrom(names=aliases):  # import a.b adds to an a that is there
            return {_imported_name(alias) for alias in aliases}
    return set()


def _plain_targets(target: ast.expr) -> Iterator[str]:
    return (
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def _imported_name(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


@dataclass(eq=False, slots=True)
class _Scope:
    """A function, or a comprehension, and what happens to its own names."""

    names: tuple[str, ...]
    is_function: bool
    is_generator: bool = False
    parameters: tuple[str, ...] = ()
    has_self: bool = False
    own: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    shares: dict[str, list[tuple[_Scope | None, str]]] = field(default_factory=dict)
    hands_to: set[str] = field(default_factory=set)


class _Reader:
    """One walk over a statement, with a stack of what is left to look at."""

    def __init__(self) -> None:
        self._found = Effects()
        self._waiting: list[ast.AST | tuple[str, _Scope]] = []
        # For each name of a function the functions around that have it, None for the notebook.
        self._owners: dict[str, list[_Scope | None]] = {}
        self._scopes: list[_Scope] = []
        self._depth = 0  # of functions
        self._generators = 0
        self._names: tuple[str, ...] = ()
        self._hubs = 0

    def read(self, statement: ast.stmt) -> Effects:
        self._waiting.append(statement)
        while self._waiting:
            match self._waiting.pop():
                case ("enter", scope):
                    self._enter(scope)
                case ("leave", scope):
                    self._leave(scope)
                case ast.AST() as node:
                    self._look_at(node)
        return self._found

    def _look_at(self, node: ast.AST) -> None:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef, *_COMPREHENSIONS)):
            self._look_into(node)
            return
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                self._load(name)
                return
            case ast.Name(id=name, ctx=ast.Store()):
                self._store(name)
                return
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value)
            case ast.AnnAssign(annotation=annotation):  # binds nothing
                self._waiting.append(annotation)
                return
            case ast.NamedExpr(target=target, value=value):
                self._share([target], [*_parts(value), *((name, "") for name in self._names)])
            case ast.AugAssign(target=target):
                self._change_part(target)
                if isinstance(target, ast.Name):
                    self._load(target.id)
            case (
                ast.Subscript(ctx=ast.Store() | ast.Del())
                | ast.Attribute(ctx=ast.Store() | ast.Del())
            ):
                self._change_part(node)
            case ast.Subscript():
                self._look_up(node)
            case ast.Attribute(value=value, attr=name) if name in _CHANGING:
                self._touch(_roots(value))
            case ast.For(target=target, iter=over) | ast.AsyncFor(target=target, iter=over):
                self._share([target], _parts_of_items(over))
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._share([target], _parts_of_items(value))
            case (
                ast.Expr(value=ast.Call() as call)
                | ast.Expr(value=ast.Await(value=ast.Call() as call))
            ):
                self._discard(call)
            case ast.Call():
                self._call(node)
                if isinstance(node.func, ast.Name):
                    self._waiting += [*node.args, *node.keywords]
                    return
            case ast.Import(names=aliases):
                for alias in aliases:
                    self._import(alias, alias.name.partition(".")[0])
            case ast.ImportFrom():
                self._import_from(node)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                self._store(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                self._store(name)
        self._waiting += reversed([*ast.iter_child_nodes(node)])

    # Names

    def _owner(self, name: str) -> _Scope | None:
        owners = self._owners.get(name)
        return owners[-1] if owners else None

    def _load(self, name: str, called: bool = False) -> None:
        if self._owner(name) is not None:
            return
        if self._depth or self._generators:
            self._found.later_reads.add(name)
        if self._depth:
            return
        self._found.reads.add(name)
        if not called:
            self._found.values.add(name)

    def _store(self, name: str) -> None:
        if self._owner(name) is not None:
            return
        if self._depth:
            self._found.later_changes.add(name)
        else:
            self._found.binds.add(name)

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level or (node.module or "").partition(".")[0]
        if module == "__future__":
            self._found.is_future = True
            return
        for alias in node.names:
            if alias.name == "*":
                self._found.imports.add(module)
                self._found.star = True
            else:
                self._import(alias, module)

    def _import(self, alias: ast.alias, module: str) -> None:
        self._found.imports.add(module)
        name = _imported_name(alias)
        self._store(name)
        if not self._depth and self._owner(name) is None:
            self._found.modules[name] = module

    # Changes

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        self._names = tuple(name for target in targets for name in _names_in_target(target))
        self._share(targets, _parts(value))
        match value:
            case ast.Attribute(attr=name) if name in _CHANGING and not self._depth:
                # add = table.append: who calls add changes the table.
                self._found.later_touches |= {*_roots(value)}
        if len(targets) > 1:  # a = b = []
            self._share(targets[1:], [(name, "") for name in _names_in_target(targets[0])])
            self._share(targets[:1], [(name, "") for name in self._names])

    def _change_part(self, target: ast.AST) -> None:
        """Note that a part of something changes, or a name that may stand for the same thing."""
        match target:
            case ast.Subscript(value=ast.Call(func=ast.Name(id=name)), slice=key) if (
                name in _NAMESPACES
            ):
                self._bind_by_text(key)
                return
        for name in _roots(target):
            owner = self._owner(name)
            if owner is not None:
                owner.changed.add(name)
            elif self._depth:
                self._found.later_changes.add(name)
            else:
                self._found.changes.add(name)
        if isinstance(target, ast.Name):
            self._store(target.id)

    def _touch(self, names: Iterable[str]) -> None:
        for name in names:
            owner = self._owner(name)
            if owner is not None:
                owner.changed.add(name)
            elif self._depth:
                self._found.later_touches.add(name)
            else:
                self._found.touches.add(name)

    def _share(self, targets: Iterable[ast.expr], parts: list[_Part]) -> None:
        names = [name for target in targets for name in _names_in_target(target)]
        if len(names) * len(parts) > _FEW_PAIRS:
            self._hubs += 1
            hub = f"#{id(self)}-{self._hubs}"
            self._share_names(names, [(hub, "")])
            names = [hub]
        self._share_names(names, parts)

    def _share_names(self, names: list[str], parts: list[_Part]) -> None:
        for name in names:
            owner = self._owner(name)
            for part, function in parts:
                source = self._owner(part)
                if owner is not None:
                    owner.shares.setdefault(name, []).append((source, part))
                elif source is None and name != part:
                    self._found.shares.add((name, part, function))

    def _bind_by_text(self, key: ast.expr) -> None:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            (self._found.later_changes if self._depth else self._found.binds).add(key.value)
        else:
            self._found.is_dynamic = True

    def _look_up(self, node: ast.Subscript) -> None:
        match node:
            case ast.Subscript(
                value=ast.Call(func=ast.Name(id=name)), slice=ast.Constant(value=str(key))
            ) if name in _NAMESPACES:
                (self._found.later_reads if self._depth else self._found.reads).add(key)

    # Calls

    def _discard(self, call: ast.Call) -> None:
        """Look at a call whose result nobody takes: it was made for what it changes, or shows."""
        match call.func:
            case ast.Attribute(value=value, attr=name) if name not in _HARMLESS:
                self._touch(_roots(value))

    def _call(self, call: ast.Call) -> None:
        self._found.calls |= not self._depth
        root = next(iter(_roots(call.func)), "")
        match call.func:
            case ast.Name(id=name):
                self._load(name, called=True)
                self._pass(".__call__", [name])
                if name in ("exec", "eval"):
                    self._execute(call)
            case ast.Attribute(value=value, attr=name):
                self._pass(f".{name}", _roots(value))
                if name == "update":
                    self._update(value, call)
            case _:
                name = root
        if root and not self._depth and (name.startswith("set") or name == "seed"):
            self._found.settings.add(root)
        # Also list.append(x, 1).
        by_type = root in _TYPE_NAMES and name in _CHANGING
        if name in _CHANGING_FIRST or by_type:
            self._touch(_names(call.args[0]) if call.args else [])
        for keyword in call.keywords:
            if keyword.arg == "out":
                self._touch(_names(keyword.value))
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        names = [part for argument in arguments for part in _names(argument)]
        self._pass(name, names)
        # Also map(f, x).
        for argument in arguments[:_FEW_PAIRS]:
            if isinstance(argument, ast.Name):
                self._pass(argument.id, names[:_FEW_PAIRS])

    def _pass(self, function: str, arguments: list[str]) -> None:
        for name in arguments:
            owner = self._owner(name)
            if owner is not None:
                owner.hands_to.add(function)
            elif self._depth:
                self._found.later_passes.add((function, name))
            else:
                self._found.passes.add((function, name))

    def _update(self, value: ast.expr, call: ast.Call) -> None:
        match value:
            case ast.Call(func=ast.Name(id=name)) if name in _NAMESPACES:
                for keyword in call.keywords:
                    self._bind_by_text(ast.Constant(keyword.arg))
                for argument in call.args:
                    keys = argument.keys if isinstance(argument, ast.Dict) else [argument]
                    for key in keys:
                        self._bind_by_text(key or argument)

    def _execute(self, call: ast.Call) -> None:
        """Look for names in the text that is executed, if it is there to be read."""
        self._found.is_dynamic = True
        match call.args:
            case [ast.Constant(value=str(text)), *_]:
                tree = tree_of(text)
                for node in ast.walk(tree) if tree else ():
                    if isinstance(node, ast.Name):
                        self._look_at(node)

    # Functions and comprehensions

    def _look_into(self, node: ast.AST) -> None:
        """Look at what is evaluated at once, then at what is inside."""
        if isinstance(node, ast.ClassDef):
            self._look_into_class(node)
        elif isinstance(node, _COMPREHENSIONS):
            self._look_into_comprehension(node)
        elif isinstance(node, _FUNCTIONS):
            self._look_into_function(node)

    def _look_into_class(self, node: ast.ClassDef) -> None:
        self._store(node.name)
        self._found.makes_functions = True
        self._decorate(node.decorator_list)
        methods = [part for part in node.body if isinstance(part, _FUNCTIONS)]
        others = [part for part in node.body if not isinstance(part, _FUNCTIONS)]
        for method in methods:
            self._look_into_function(method, method.name)
        # What the body of a class binds is no name of the notebook, nor one of its methods'.
        scope = _Scope((), is_function=False)
        scope.own, scope.outer = _bound_in(others)
        self._waiting.append(("leave", scope))
        self._waiting += reversed(others)
        self._waiting.append(("enter", scope))
        self._waiting += [*node.bases, *node.keywords, *node.decorator_list]

    def _look_into_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, method: str = ""
    ) -> None:
        names: tuple[str, ...] = self._names
        body: Sequence[ast.AST] = ()
        if isinstance(node, ast.Lambda):
            body = [node.body]
        else:
            names, body = (node.name,), node.body
            if not method:
                self._store(node.name)
            self._decorate(node.decorator_list)
        self._found.makes_functions |= bool(self._depth)
        given = node.args
        parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        extra = [one for one in (given.vararg, given.kwarg) if one]
        scope = _Scope(names, is_function=True, has_self=bool(method))
        scope.parameters = tuple(one.arg for one in parameters)
        own, scope.outer = _bound_in(body)
        scope.own = own | {one.arg for one in (*parameters, *extra)}
        self._waiting.append(("leave", scope))
        self._waiting += reversed(body)
        self._waiting.append(("enter", scope))
        self._waiting += [value for value in (*given.defaults, *given.kw_defaults) if value]
        self._waiting += [one.annotation for one in (*parameters, *extra) if one.annotation]
        if not isinstance(node, ast.Lambda):
            self._waiting += [*node.decorator_list, *([node.returns] if node.returns else [])]

    def _look_into_comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        scope = _Scope((), is_function=False, is_generator=isinstance(node, ast.GeneratorExp))
        scope.own = {name for part in generators for name in _plain_targets(part.target)}
        for part in generators:
            for name in _plain_targets(part.target):
                for source, _ in _parts_of_items(part.iter)[:_FEW_PAIRS]:
                    owner = scope if source in scope.own else self._owner(source)
                    scope.shares.setdefault(name, []).append((owner, source))
        inside = [part for part in ast.iter_child_nodes(node) if part not in generators]
        for part in generators:
            inside += [part.iter, *part.ifs]
        self._waiting.append(("leave", scope))
        self._waiting += reversed(inside)
        self._waiting.append(("enter", scope))

    def _decorate(self, decorators: list[ast.expr]) -> None:
        for decorator in decorators:
            self._found.calls |= not self._depth
            if isinstance(decorator, ast.Name):
                self._pass(".__call__", [decorator.id])
            else:
                self._touch(_roots(decorator))

    def _enter(self, scope: _Scope) -> None:
        self._scopes.append(scope)
        self._depth += scope.is_function
        self._generators += scope.is_generator
        for name in scope.own - scope.outer:
            self._owners.setdefault(name, []).append(scope)
        for name in scope.outer:
            self._owners.setdefault(name, []).append(None)

    def _leave(self, scope: _Scope) -> None:
        self._scopes.pop()
        for name in scope.own | scope.outer:
            self._owners[name].pop()
        self._pass_on_changes(scope)
        self._depth -= scope.is_function
        self._generators -= scope.is_generator
        if not scope.is_function:
            if self._scopes:
                self._scopes[-1].hands_to |= scope.hands_to
            return
        own = set(scope.parameters[1:] if scope.has_self else scope.parameters)
        for name in scope.names:
            if own & scope.changed:
                self._found.changers.add(name)
            if scope.has_self and scope.parameters[:1] and scope.parameters[0] in scope.changed:
                self._found.changers.add(f".{name}")
            self._found.hands_on |= {(name, function) for function in scope.hands_to}

    def _pass_on_changes(self, scope: _Scope) -> None:
        """Have what a changed name may stand for change too."""
        waiting = [*scope.changed]
        while waiting:
            for owner, source in scope.shares.pop(waiting.pop(), ()):
                if owner is None:
                    later = self._found.later_touches if self._depth else self._found.touches
                    later.add(source)
                elif source not in owner.changed:
                    owner.changed.add(source)
                    if owner is scope:
                        waiting.append(source)


def _bound_in(body: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """Return the names that are bound in a body itself, and those that are global there."""
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
                own |= {_imported_name(alias) for alias in aliases}
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


def _names_in_target(target: ast.expr) -> list[str]:
    """Return the names that are bound by a target, or of which it is a part."""
    if isinstance(target, ast.Attribute | ast.Subscript):
        return _roots(target)
    return [*_plain_targets(target)]


def _roots(node: ast.AST) -> list[str]:
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


def _names(value: ast.expr) -> list[str]:
    """Return the names that a value may be, be a part of, or hold."""
    return [name for name, function in _parts(value) if not function]


def _parts(value: ast.expr) -> list[_Part]:
    """Return the same, and the names that are handed to a function that may return them."""
    found: list[_Part] = []
    waiting: list[tuple[ast.expr | None, str]] = [(value, "")]
    while waiting:
        one, function = waiting.pop()
        match one:
            case ast.Name(id=name):
                found.append((name, function))
            case ast.Attribute() | ast.Subscript():
                found += [(name, function) for name in _roots(one)]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                waiting += [(argument, name) for argument in arguments if not function]
            case ast.Call(func=ast.Attribute(attr=name) as method, args=arguments):
                found += [(root, function) for root in _roots(method)]
                waiting += [(argument, name) for argument in arguments if not function]
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                waiting += [(part, function) for part in parts]
            case ast.Dict(values=parts) | ast.BoolOp(values=parts):
                waiting += [(part, function) for part in parts]
            case ast.IfExp(body=yes, orelse=no):
                waiting += [(yes, function), (no, function)]
            case ast.NamedExpr(target=ast.Name(id=name), value=part):
                found.append((name, function))
                waiting.append((part, function))
            case ast.Starred(value=part) | ast.Await(value=part):
                waiting.append((part, function))
    return found


def _parts_of_items(over: ast.expr) -> list[_Part]:
    """Return what a loop or a with takes, also through zip, enumerate and the like."""
    return [(name, "") for name, _ in _parts(over)]
