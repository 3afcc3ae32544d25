"""Whether the function in a cell is the published one, or code to mend that nobody touched."""

from __future__ import annotations

import ast
from functools import cache

from gradlab.exercises.catalogue import EXERCISES
from gradlab.grading.intake.code.python_cells import find_bindings, parse_tree


def is_published(name: str, text: str) -> bool:
    r"""Whether the function in a cell has the syntax tree of the published one.

    Parameters
    ----------
    name : str
        The exercise.
    text : str
        The text of the cell.

    Returns
    -------
    bool
        True for the solved edition's cell and for what `solution` shows, whatever the comments.

    Examples
    --------
    >>> from gradlab.grading.intake.published import is_published
    >>> is_published("double", "def double(x):\n    return 2 * x  # twice")
    True
    """
    tree = parse_tree(text)
    return tree is not None and _dump(name, tree) in _dump_published(name)


def is_untouched(name: str, tree: ast.Module) -> bool:
    """Whether a cell holds code to mend as it was given out.

    Parameters
    ----------
    name : str
        What the cell defines.
    tree : ast.Module
        The syntax tree of the cell.

    Returns
    -------
    bool
        False for what is no code to mend.

    Examples
    --------
    >>> import ast
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.grading.intake.published import is_untouched
    >>> blank = EXERCISES["mend_relu_step"].blank_cell()
    >>> without_stub = blank.replace("raise NotImplementedError()", "")
    >>> [is_untouched("mend_relu_step", ast.parse(text)) for text in (blank, without_stub)]
    [True, False]
    """
    if name not in EXERCISES or EXERCISES[name].found is None:
        return False
    return _dump(name, tree) == _dump_blank(name)


@cache
def _dump_published(name: str) -> frozenset[str]:
    """Return what `solution` shows, and what the solved edition holds."""
    texts = EXERCISES[name].source(), EXERCISES[name].solution_cell()
    return frozenset(_dump(name, ast.parse(text)) for text in texts)


@cache
def _dump_blank(name: str) -> str:
    return _dump(name, ast.parse(EXERCISES[name].blank_cell()))


def _dump(name: str, tree: ast.Module) -> str:
    """Return the syntax tree of a function, less its docstring, as text; "" if it is none."""
    function = dict(find_bindings(tree.body)).get(name)
    if not isinstance(function, ast.FunctionDef):
        return ""
    body = function.body[ast.get_docstring(function, clean=False) is not None :]
    parts: list[ast.AST] = [function.args, *body]
    try:
        return "\n".join(map(ast.dump, parts))
    except (RecursionError, ValueError):
        return ""
