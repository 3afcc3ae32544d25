"""Where an answer in the kernel comes from, and whether it is what stands in its cell.

Points are at stake, so an answer counts as stale only where that is certain: a helper's cell, an
alias or a scratch cell may define it too.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from gradlab.live.listening import get_cell_texts
from gradlab.live.runs import Binding, Run, find_binding, list_runs
from gradlab.support.shell import running_shell

# In these a name is another one than in the notebook.
_SCOPES = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


class Origin(NamedTuple):
    """Where an answer comes from.

    `cell` is the cell that defined it, such as "cell [12]", and empty where that is not known.
    `error` is what stopped that cell afterwards. `stale` says why the answer is not what stands
    in its cell; it is empty if it is, or may be.
    """

    cell: str = ""
    error: str = ""
    stale: str = ""


def get_namespace() -> dict[str, Any]:
    """Return the names of the notebook, or of the program that runs.

    Returns
    -------
    dict
        Not a copy: it changes as cells run.
    """
    shell = running_shell()
    return vars(sys.modules["__main__"]) if shell is None else shell.user_ns


def find_origin(name: str) -> Origin:
    """Find out where the function of a name comes from.

    Parameters
    ----------
    name : str
        The name of the exercise, which something in the notebook has.

    Returns
    -------
    Origin
    """
    binding = find_binding(name)
    if binding is None:
        return Origin()
    run = _find_definition(binding, name)
    stale = _say_stale(name, binding, run)
    return Origin(_name_cell(run), run.error if run else "", stale)


def describe_missing(name: str) -> str:
    """Say that a function is nowhere in the notebook, and which cell failed to define it.

    Parameters
    ----------
    name : str
        The name of the exercise.

    Returns
    -------
    str
        A sentence or two.
    """
    last = next((run for run in list_runs() if _defines(run.text, name)), None)
    if last is None or not last.error:
        return (
            f"not attempted yet. There is no function {name} in this notebook: "
            "run the cell that defines it, then this one."
        )
    return (
        f"there is no function {name}: {_name_cell(last)} stopped with {last.error}. "
        "Fix that cell and run it, then this one."
    )


def _find_definition(binding: Binding, name: str) -> Run | None:
    """Return the run that an answer is from: its cell may have bound the same object again."""
    run = binding.run
    if run is None or run.cell_id is None:
        return run
    again = (later for later in binding.later if later.ended and later.cell_id == run.cell_id)
    return next((later for later in again if _may_bind(later, name)), run)


def _say_stale(name: str, binding: Binding, run: Run | None) -> str:
    later = binding.later[: binding.later.index(run)] if run in binding.later else binding.later
    failed = _find_failure(name, run, later)
    kept = f"Python still has the function from {_name_cell(run) or 'before'}"
    if failed and failed.error:
        what = f"{_name_cell(failed)} stopped with {failed.error}"
        return f"not marked: {what}, and {kept}. Fix the cell and run it, then this one."
    if failed:
        return (
            f"not marked: {_name_cell(failed)} no longer defines {name}, but {kept}. "
            f"Run a cell that defines {name}, then this one."
        )
    if _is_edited(name):
        return (
            f"not marked: what is in its cell now has not been run, and {kept}. "
            "Run the cell, then this one."
        )
    return ""


def _find_failure(name: str, run: Run | None, later: tuple[Run, ...]) -> Run | None:
    """Return the last run of the answer's cell, if that did not define the answer."""
    if run and run.cell_id is not None:
        last = next((other for other in later if other.cell_id == run.cell_id), None)
        if last and not _may_bind(last, name):
            return last
    texts = _list_page_texts(name)
    if texts:
        shown = [last for text in texts for last in _list_last_runs() if _is_same(last.text, text)]
        stopped = [last for last in shown if last.error and not _may_bind(last, name)]
        return stopped[0] if stopped and len(stopped) == len(shown) else None
    if run and run.cell_id is not None:
        return None
    # Without ids: an attempt since then that failed. A program that runs all cells runs each
    # once, so there the attempt is in another cell than the answer.
    attempts = (other for other in later if other.by_hand and _defines(other.text, name))
    last = next(attempts, None)
    return last if last and last.error and not _may_bind(last, name) else None


def _is_edited(name: str) -> bool:
    """Whether the page shows the answer's cell as it was never run, or not when last run."""
    texts = _list_page_texts(name)
    # The browser's Python is given other code in place of %pip.
    if not texts or any("%pip" in text for text in texts):
        return False
    return not any(_is_same(last.text, text) for text in texts for last in _list_last_runs())


def _list_page_texts(name: str) -> list[str]:
    """Return the texts of the exercise's cells that define the answer, if the page tells."""
    return [text for text in get_cell_texts(name) or () if _defines(text, name)]


def _list_last_runs() -> Iterator[Run]:
    """Yield the last run of each cell, and every run of a cell without an id."""
    seen = set()
    for run in list_runs():
        if run.cell_id is None or run.cell_id not in seen:
            yield run
        seen.add(run.cell_id)


def _may_bind(run: Run, name: str) -> bool:
    """Whether a run bound a name, or may have given it the very object that it had before."""
    if name in run.bound:
        return True
    # A def makes a new function: the run would have bound it, had it come that far.
    if run.error and (not run.ran or _has_def(run.text, name)):
        return False
    tree = _parse(run.text)
    if tree is None:  # a magic; %%capture keeps an error to itself
        was_skipped = run.ended and _has_def(run.text, name)
        return not was_skipped and bool(re.search(rf"\b{re.escape(name)}\b", run.text))
    return _binds(tree, name)


def _defines(text: str, name: str) -> bool:
    """Whether a cell defines a name, also if it has a syntax error elsewhere."""
    tree = _parse(text)
    return _has_def(text, name) if tree is None else _binds(tree, name)


def _has_def(text: str, name: str) -> bool:
    found = rf"^(async +)?def +{re.escape(name)}\b"
    return bool(re.search(found, textwrap.dedent(text), re.MULTILINE))


def _binds(tree: ast.Module, name: str) -> bool:
    """Whether a statement binds a name of the notebook, not one within a function."""
    nodes: list[ast.AST] = [tree]
    while nodes:
        for child in ast.iter_child_nodes(nodes.pop()):
            if _is_binding(child, name):
                return True
            if not isinstance(child, _SCOPES):
                nodes.append(child)
    return False


def _is_binding(node: ast.AST, name: str) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name == name
        case ast.Name(id=bound, ctx=ast.Store()):
            return bound == name
        case ast.alias():
            return node.name == "*" or (node.asname or node.name.partition(".")[0]) == name
    return False


def _parse(text: str) -> ast.Module | None:
    try:
        # IPython takes away the indentation of a whole cell, too.
        return ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_same(text: str, other: str) -> bool:
    """Whether two texts differ in nothing but comments and white space that means nothing."""
    if _strip_lines(text) == _strip_lines(other):
        return True
    meaning = _dump(text)
    return bool(meaning) and meaning == _dump(other)


def _dump(text: str) -> str:
    """Return what a cell means to Python, whatever its layout; empty if that is not known."""
    tree = _parse(text)
    try:
        return "" if tree is None else ast.dump(tree)
    except RecursionError:
        return ""


def _strip_lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _name_cell(run: Run | None) -> str:
    if run is None:
        return ""
    return "the cell" if run.number is None else f"cell [{run.number}]"
