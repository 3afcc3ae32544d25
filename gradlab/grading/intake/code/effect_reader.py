"""The effects of a statement, told from its syntax tree in one walk without recursion."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from gradlab.grading.intake.code.effects import NUMPY_RANDOM, Effects
from gradlab.grading.intake.code.expressions import (
    find_bound,
    find_item_parts,
    find_kept_defaults,
    find_names,
    find_own_and_outer,
    find_parts,
    find_rebound,
    find_root,
    find_target_names,
    get_imported_name,
)
from gradlab.grading.intake.code.known_calls import (
    CHANGING,
    CHANGING_FIRST,
    COUNTS,
    GENERATORS,
    HARMLESS,
    NAMESPACES,
    OPENING,
    TYPE_NAMES,
    WRITING,
    WRITING_MODES,
)
from gradlab.grading.intake.code.python_cells import parse_tree
from gradlab.grading.intake.code.scopes import FEW_PAIRS, Scope, Scopes

_LONGEST_PATH = 200

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def read_effects(statement: ast.stmt) -> Effects:
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
    >>> from gradlab.grading.intake.code.effect_reader import read_effects
    >>> found = read_effects(ast.parse("table[k] = list(map(f, range(n)))").body[0])
    >>> sorted(found.changes), sorted(found.reads)
    (['table'], ['f', 'k', 'list', 'map', 'n', 'range', 'table'])
    """
    found = Effects()
    _Reader(found).read(statement)
    found.rebinds = find_rebound(statement) & found.binds
    # A loop around it is rather a demo.
    if isinstance(statement, ast.Expr | ast.Assign):
        found.settings |= found.changes
    else:
        found.settings.clear()
    return found


class _Reader:
    """One walk over a statement, with a stack of what is left to look at."""

    def __init__(self, found: Effects) -> None:
        self._found = found
        self._scopes = Scopes(found)
        self._waiting: list[ast.AST | tuple[str, Scope]] = []
        # What the assignment that is read binds: a lambda in it is called by these names.
        self._targets: tuple[str, ...] = ()

    def read(self, statement: ast.stmt) -> None:
        self._waiting.append(statement)
        while self._waiting:
            match self._waiting.pop():
                case ("enter", scope):
                    self._scopes.enter(scope)
                case ("leave", scope):
                    self._scopes.leave(scope)
                case ast.AST() as node:
                    self._look_at(node)

    def _look_at(self, node: ast.AST) -> None:
        if isinstance(node, ast.ClassDef):
            self._look_into_class(node)
        elif isinstance(node, _Function):
            self._look_into_function(node)
        elif isinstance(node, _Comprehension):
            self._look_into_comprehension(node, _find_items(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.ListComp | ast.SetComp):
            # Nobody takes what it makes, so its items are as good as statements.
            items = ast.Expr(node.value.elt)
            self._look_into_comprehension(node.value, [items])
        else:
            self._note_statement(node)
            self._note_expression(node)
            self._waiting += reversed([*_find_children(node)])

    def _note_statement(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value)
            case ast.AugAssign(target=target):
                self._change_part(target)
            case ast.For(target=target, iter=over) | ast.AsyncFor(target=target, iter=over):
                self._scopes.share([target], find_item_parts(over))
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._scopes.share([target], find_item_parts(value))
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                self._discard(method)
            case ast.Expr(value=ast.Await(value=ast.Call(func=ast.Attribute() as method))):
                self._discard(method)
            case ast.Expr(value=ast.BinOp() as operation):
                self._operate(operation)
            case ast.Import(names=aliases):
                for alias in aliases:
                    self._import(alias, alias.name.partition(".")[0])
            case ast.ImportFrom():
                self._import_from(node)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                self._scopes.store(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                self._scopes.store(name)

    def _note_expression(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                self._scopes.load(name)
            case ast.Name(id=name, ctx=ast.Store()):
                self._scopes.store(name)
            case ast.NamedExpr(target=target, value=value):
                same = [(name, "") for name in self._targets]
                self._scopes.share([target], [*find_parts(value), *same])
            case ast.Attribute(ctx=ast.Load(), value=ast.Name(id="__main__"), attr=name):
                self._scopes.load(name)
            case ast.Attribute(ctx=ast.Load(), value=value, attr=name):
                if name in CHANGING:
                    self._scopes.touch(find_root(value))
            case ast.Attribute() | ast.Subscript(ctx=ast.Store() | ast.Del()):
                self._change_part(node)
            case ast.Subscript(
                value=ast.Call(func=ast.Name(id=name)), slice=ast.Constant(value=str(key))
            ):
                if name in NAMESPACES:
                    self._scopes.load(key)
            case ast.Call():
                self._call(node)
            case ast.Constant(value=str(text)):
                self._note_text(text)

    def _note_text(self, text: str) -> None:
        self._found.writes |= text in WRITING_MODES
        has_letters = text.lower() != text.upper()
        if has_letters and len(text) <= _LONGEST_PATH and text not in OPENING:
            self._found.texts.add(text)

    # Assignments and imports

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        names = [name for target in targets for name in find_target_names(target)]
        self._targets = self._scopes.join(names)
        self._scopes.share(targets, find_parts(value))
        match value:
            case ast.Attribute(attr=name) if name in CHANGING and not self._scopes.is_later:
                # add = table.append: who calls add changes the table.
                self._found.later_touches |= {*find_root(value)}
            case ast.Call() if not self._scopes.is_later:
                self._note_origin(value)
        if len(targets) > 1:  # a = b = []
            first = [(name, "") for name in find_target_names(targets[0])]
            self._scopes.share(targets[1:], first)
            self._scopes.share(targets[:1], [(name, "") for name in self._targets])

    def _note_origin(self, made: ast.Call) -> None:
        match made.func:
            case ast.Name(id=name):
                self._found.made_by |= {(target, name) for target in self._targets}
            case ast.Attribute(attr=name):
                pass
            case _:
                return
        if name in GENERATORS and (made.args or made.keywords):
            self._found.generators |= {*self._targets}

    def _change_part(self, target: ast.AST) -> None:
        """Note that a part of something changes; x += 1 may change what x stands for."""
        match target:
            case ast.Subscript(value=ast.Call(func=ast.Name(id=name)), slice=key) if (
                name in NAMESPACES
            ):
                self._bind_by_text(key)
                return
            case ast.Name(id=name):
                self._scopes.load(name)
        self._scopes.change(find_root(target))

    def _bind_by_text(self, key: ast.expr | None) -> None:
        match key:
            case ast.Constant(value=str(name)):
                self._scopes.store(name)
            case _:
                self._found.is_dynamic = True

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
        name = get_imported_name(alias)
        self._scopes.store(name)
        if not self._scopes.is_later and self._scopes.owner(name) is None:
            self._found.modules[name] = module

    # Calls

    def _discard(self, method: ast.Attribute) -> None:
        """Look at a call whose result nobody takes: it was made for what it changes, or shows."""
        if method.attr in HARMLESS:
            return
        for name in find_root(method.value):
            if self._scopes.is_later or self._scopes.owner(name):
                self._scopes.touch([name])
            else:
                self._scopes.hand(".", [name])

    def _operate(self, operation: ast.BinOp) -> None:
        """Look at an operation whose result nobody takes: perhaps a class's own, as in x << y."""
        first: ast.expr = operation
        while isinstance(first, ast.BinOp):
            name = type(first.op).__name__.lower().removeprefix("bit")
            first = first.left
        self._scopes.hand(f".__{name}__", find_root(first))

    def _call(self, call: ast.Call) -> None:
        self._found.calls |= not self._scopes.is_later
        function = next(iter(find_root(call.func)), "")
        match call.func:
            case ast.Name(id=name):
                self._scopes.load(name, called=True)
                self._scopes.hand(".__call__", [name])
                if name in ("exec", "eval"):
                    self._execute(call)
            case ast.Attribute(value=value, attr=name):
                self._scopes.hand(f".{name}", find_root(value))
                if isinstance(value, ast.Attribute) and value.attr == "random":
                    self._scopes.hand(f".{name}", [NUMPY_RANDOM])
                if name == "update":
                    self._update_names(value, call)
            case _:
                name = function
        if not self._scopes.is_later and (name.startswith("set") or name == "seed"):
            self._found.settings.add(function)
        self._found.writes |= name in WRITING and not self._scopes.is_later
        self._hand_arguments(name, function, call)

    def _hand_arguments(self, name: str, root: str, call: ast.Call) -> None:
        # Also list.append(x, 1).
        if name in CHANGING_FIRST or (root in TYPE_NAMES and name in CHANGING):
            self._scopes.touch(find_names(call.args[0]) if call.args else [])
        for result in call.args[COUNTS.get(name, len(call.args)) :]:
            self._scopes.touch(find_names(result))
        for keyword in call.keywords:
            if keyword.arg in ("out", "file"):
                self._scopes.touch(find_names(keyword.value))
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        names = [part for argument in arguments for part in find_names(argument)]
        self._scopes.hand(name, names)
        for argument in arguments[:FEW_PAIRS]:
            if isinstance(argument, ast.Name):  # a function, as in map(f, x)
                self._scopes.hand(argument.id, names[:FEW_PAIRS])

    def _update_names(self, value: ast.expr, call: ast.Call) -> None:
        match value:
            case ast.Call(func=ast.Name(id=name)) if name in NAMESPACES:
                for keyword in call.keywords:
                    self._bind_by_text(ast.Constant(keyword.arg))
                for argument in call.args:
                    for key in argument.keys if isinstance(argument, ast.Dict) else [argument]:
                        self._bind_by_text(key)

    def _execute(self, call: ast.Call) -> None:
        """Look for names in the text that is executed, if it is there to be read."""
        self._found.is_dynamic = True
        match call.args:
            case [ast.Constant(value=str(text)), *_]:
                tree = parse_tree(text)
                for node in ast.walk(tree) if tree else ():
                    if isinstance(node, ast.Name):
                        self._note_expression(node)

    # What has names of its own: first what is evaluated at once, then what is inside

    def _look_into_class(self, node: ast.ClassDef) -> None:
        self._scopes.store(node.name)
        self._found.makes_functions = True
        self._decorate(node.decorator_list)
        methods = [part for part in node.body if isinstance(part, _Function)]
        others = [part for part in node.body if not isinstance(part, _Function)]
        for method in methods:
            self._look_into_function(method, is_method=True)
        # What the body of a class binds is no name of the notebook, nor one of its methods'.
        own, outer = find_own_and_outer(others)
        self._wait_for_scope(Scope(own, outer), others)
        for base in node.bases:
            # It is called for a class that is derived.
            self._scopes.hand(".__init_subclass__", find_root(base))
        self._found.calls |= bool(node.bases or node.keywords) and not self._scopes.is_later
        self._waiting += [*node.bases, *node.keywords, *node.decorator_list]

    def _look_into_function(self, node: _Function, is_method: bool = False) -> None:
        names: tuple[str, ...] = self._targets
        body: Sequence[ast.AST] = ()
        if isinstance(node, ast.Lambda):
            body = [node.body]
        else:
            names, body = (node.name,), node.body
            if not is_method:
                self._scopes.store(node.name)
            self._decorate(node.decorator_list)
        self._found.makes_functions |= self._scopes.is_later
        given = node.args
        parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        parameters += [one for one in (given.vararg, given.kwarg) if one]
        own, outer = find_own_and_outer(body)
        arguments = tuple(one.arg for one in parameters)
        scope = Scope(own.union(arguments), outer, names, is_function=True, is_method=is_method)
        scope.parameters = arguments
        scope.defaults = frozenset(find_kept_defaults(given))
        self._wait_for_scope(scope, body)
        self._waiting += [value for value in (*given.defaults, *given.kw_defaults) if value]
        self._waiting += [one.annotation for one in parameters if one.annotation]
        if not isinstance(node, ast.Lambda):
            self._waiting += [*node.decorator_list, *([node.returns] if node.returns else [])]

    def _look_into_comprehension(self, node: _Comprehension, items: list[ast.AST]) -> None:
        scope = Scope({name for part in node.generators for name in find_bound(part.target)})
        scope.is_generator = isinstance(node, ast.GeneratorExp)
        for part in node.generators:
            sources = find_item_parts(part.iter)[:FEW_PAIRS]
            for name in find_bound(part.target):
                for source, _ in sources:
                    owner = scope if source in scope.own else self._scopes.owner(source)
                    scope.shares.setdefault(name, []).append((owner, source))
        inside = [*items]
        for part in node.generators:
            inside += [part.iter, *part.ifs]
        self._wait_for_scope(scope, inside)

    def _wait_for_scope(self, scope: Scope, inside: Iterable[ast.AST]) -> None:
        self._waiting += [("leave", scope), *reversed([*inside]), ("enter", scope)]

    def _decorate(self, decorators: list[ast.expr]) -> None:
        for decorator in decorators:
            self._found.calls |= not self._scopes.is_later
            if isinstance(decorator, ast.Name):
                self._scopes.hand(".__call__", [decorator.id])
            else:
                self._scopes.touch(find_root(decorator))


def _find_items(node: _Comprehension) -> list[ast.AST]:
    parts = ast.iter_child_nodes(node)
    return [part for part in parts if not isinstance(part, ast.comprehension)]


def _find_children(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.AnnAssign(value=None, annotation=annotation):  # binds nothing
            yield annotation
        case ast.Call(func=ast.Name()):  # its name was noted as that of what is called
            yield from (*node.args, *node.keywords)
        case _:
            yield from ast.iter_child_nodes(node)
