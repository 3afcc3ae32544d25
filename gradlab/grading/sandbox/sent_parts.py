"""What of gradlab an answer may use, taken out of its modules: those definitions, no others.

Whatever is in the process of an answer, the answer can find: among the modules, in the globals of
a function, in memory. So nothing is sent with ``central_difference`` but what that calls.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeGuard

from gradlab.grading.sandbox.sent_modules import PACKAGE

_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


class Parts(NamedTuple):
    """Parts of modules.

    Attributes
    ----------
    texts : mapping of str to str
        Module -> source of what is needed of it.
    missing : mapping of str to tuple of str
        Module -> its functions and classes that are not in that.
    """

    texts: Mapping[str, str]
    missing: Mapping[str, tuple[str, ...]]


@cache
def find_parts_for(
    wanted: frozenset[tuple[str, str]], withheld: frozenset[str] = frozenset()
) -> Parts:
    """Return what of gradlab's modules some functions and classes need.

    Parameters
    ----------
    wanted : frozenset of (str, str)
        Each with its module.
    withheld : frozenset of str
        Functions, each with its module before it, that are left out although they are called.

    Returns
    -------
    Parts
        Sorted. What is imported inside a function, or for types alone, is left out.

    Examples
    --------
    >>> from gradlab.grading.sandbox.sent_parts import find_parts_for
    >>> parts = find_parts_for(frozenset({("gradlab.support.floats", "FloatArray")}))
    >>> list(parts.texts)
    ['gradlab.support.floats']
    """
    modules: dict[str, _Module] = {}
    left = list(wanted)
    while left:
        module, name = left.pop()
        if module not in modules:
            modules[module] = _Module(module, withheld)
        left += modules[module].need(name)
    in_order = dict(sorted(modules.items()))
    return Parts(
        {name: module.text() for name, module in in_order.items()},
        {name: tuple(module.missing()) for name, module in in_order.items()},
    )


class _Module:
    """A module, and which of the names that it defines are needed."""

    def __init__(self, name: str, withheld: frozenset[str]) -> None:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        self._name = name
        self._statements = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
        # Where annotations are not evaluated, they need nothing.
        self._lazy = any(map(_is_future, self._statements))
        self._withheld = {one.removeprefix(f"{name}.") for one in withheld}
        self._needed: set[str] = set()

    def need(self, name: str) -> list[tuple[str, str]]:
        """Keep what defines a name and what that needs; return what it needs of other modules."""
        if not any(name in _find_bound(statement) for statement in self._statements):
            raise ImportError(f"{self._name} defines no {name}; import it from its own module")
        elsewhere: list[tuple[str, str]] = []
        left = {name}
        if not self._needed:
            left |= set().union(
                *(self._find_used(one) for one in self._statements if _is_run(one))
            )
        while left := left - self._needed - self._withheld:
            self._needed |= left
            now, left = left, set()
            for statement in self._statements:
                if _is_ours(statement):
                    elsewhere += _find_imported(statement, now)
                elif now & _find_bound(statement):
                    left |= self._find_used(statement)
        return elsewhere

    def text(self) -> str:
        """Return the source of what is needed."""
        kept: list[ast.stmt] = []
        for statement in self._statements:
            if _is_ours(statement):
                names = [alias for alias in statement.names if _name(alias) in self._needed]
                kept += [ast.ImportFrom(statement.module, names, 0)] if names else []
            elif _is_run(statement) or _find_bound(statement) & self._needed:
                kept.append(statement)
        return ast.unparse(ast.Module(kept, []))

    def missing(self) -> list[str]:
        """Return the functions and classes that are not needed."""
        return [
            statement.name
            for statement in self._statements
            if isinstance(statement, _DEFINITIONS) and statement.name not in self._needed
        ]

    def _find_used(self, statement: ast.stmt) -> set[str]:
        names = _Names(self._lazy)
        names.visit(statement)
        return names.found


class _Names(ast.NodeVisitor):
    """All names in a statement, but for those in annotations that are not evaluated."""

    def __init__(self, lazy: bool) -> None:
        self.found: set[str] = set()
        self._lazy = lazy

    def visit_Name(self, node: ast.Name) -> None:
        self.found.add(node.id)

    def visit_arg(self, node: ast.arg) -> None:
        if not self._lazy:
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if not self._lazy:
            self.visit(node.annotation)
        self.visit(node.target)
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        returns = [node.returns] if node.returns and not self._lazy else []
        for part in (*node.decorator_list, node.args, *returns, *node.body):
            self.visit(part)


def _find_bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement defines; of imports, those from gradlab."""
    if isinstance(statement, _DEFINITIONS):
        return {statement.name}
    if _is_ours(statement):
        return set(map(_name, statement.names))
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        parts = (part for target in targets for part in ast.walk(target))
        return {part.id for part in parts if isinstance(part, ast.Name)}
    return set()


def _find_imported(statement: ast.ImportFrom, names: set[str]) -> list[tuple[str, str]]:
    module = str(statement.module)
    return [(module, alias.name) for alias in statement.names if _name(alias) in names]


def _name(alias: ast.alias) -> str:
    return alias.asname or alias.name


def _is_ours(statement: ast.stmt) -> TypeGuard[ast.ImportFrom]:
    """Return whether a statement imports from gradlab, as its modules do: by its full name."""
    module = statement.module if isinstance(statement, ast.ImportFrom) else None
    return module is not None and module.startswith(f"{PACKAGE}.")


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_run(statement: ast.stmt) -> bool:
    """Return whether a statement does more than define names; the imports of others may."""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    if isinstance(statement, ast.If):
        return ast.unparse(statement.test) != "TYPE_CHECKING"
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return not isinstance(statement, _DEFINITIONS)
