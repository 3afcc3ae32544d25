"""The right answers beside the references, as a learner would hand them in: as text."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

import gradlab
from gradlab.exercises.catalogue import EXERCISES

_OURS = "gradlab.exercises."


def write_right_answer(name: str, number: int) -> str:
    """Return the text of one of `also_right`, after all that it needs, bound to its exercise."""
    lesson = EXERCISES[name].lesson
    module = importlib.import_module(f"{_OURS}lessons.lesson_{lesson:02}.{name}")
    node, home = _list_right_answers(module)[number]
    needed: dict[str, str] = {}
    _collect(node, home, needed)
    return "\n\n".join([*needed.values(), f"{name} = {ast.unparse(node)}\n"])


@cache
def define_right_answer(name: str, number: int) -> Callable[..., Any]:
    """Return one of `also_right` as a function of the learner's own, which may call it."""
    namespace: dict[str, Any] = {"np": np, "gradlab": gradlab}
    exec(compile(write_right_answer(name, number), "<cell>", "exec"), namespace)
    answer: Callable[..., Any] = namespace[name]
    return answer


def _list_right_answers(module: ModuleType) -> list[tuple[ast.expr, ModuleType]]:
    bound = _find_bound(module)
    exercise = bound["EXERCISE"]
    assert isinstance(exercise, ast.Assign)
    assert isinstance(exercise.value, ast.Call)
    (listed,) = (k.value for k in exercise.value.keywords if k.arg == "also_right")
    return _list_elements(listed, module)


def _list_elements(node: ast.expr, module: ModuleType) -> list[tuple[ast.expr, ModuleType]]:
    if isinstance(node, ast.Tuple):
        return [pair for element in node.elts for pair in _list_elements(element, module)]
    if isinstance(node, ast.Starred):
        return _list_elements(node.value, module)
    if isinstance(node, ast.Name) and isinstance(getattr(module, node.id), tuple):
        statement, home = _find_statement(node.id, module)
        assert isinstance(statement, ast.Assign)
        return _list_elements(statement.value, home)
    return [(node, module)]


def _find_statement(name: str, module: ModuleType) -> tuple[ast.stmt, ModuleType]:
    """Return what binds a name, where it is at home among the exercises."""
    statement = _find_bound(module)[name]
    if isinstance(statement, ast.ImportFrom) and str(statement.module).startswith(_OURS):
        return _find_statement(name, importlib.import_module(str(statement.module)))
    return statement, module


def _find_bound(module: ModuleType) -> dict[str, ast.stmt]:
    bound: dict[str, ast.stmt] = {}
    for statement in ast.parse(inspect.getsource(module)).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            bound[statement.name] = statement
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name: statement for alias in statement.names}
        elif isinstance(statement, ast.Assign):
            names = (n for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name))
            bound |= {name.id: statement for name in names}
    return bound


def _collect(node: ast.AST, module: ModuleType, needed: dict[str, str]) -> None:
    """Add the text of all that a piece of code needs of its module, what is needed first."""
    bound = _find_bound(module)
    for used in [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in bound]:
        if used in needed:
            continue
        statement, home = _find_statement(used, module)
        needed[used] = ""  # so that what calls itself ends
        _collect(_strip_annotations(statement), home, needed)
        needed[used] = needed.pop(used) + ast.unparse(_strip_annotations(statement))


def _strip_annotations(statement: ast.stmt) -> ast.stmt:
    """Leave out annotations, which name what only a type checker needs."""
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return statement
