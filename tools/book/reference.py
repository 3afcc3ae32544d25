"""Fill in the reference: a table of names at the top of each page, and the catalogue of bugs."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

from gradlab.bugs import BUGS

_FRAMEWORKS = "gradlab.frameworks."
# A variable is described in the page, everything else in its docstring.
_ENTRY = re.compile(
    r"^\.\. auto(?:function|class|data):: (\S+)(?:\n   :no-value:\n\n   (.+))?", re.MULTILINE
)


def fill_in_reference(page: str) -> str:
    r"""Fill in the tables of a page of the reference from the code.

    Parameters
    ----------
    page : str
        In reStructuredText. The placeholders are ``{names}``, for the table of the documented
        names, and ``{bugs}``, for the table of all bugs.

    Returns
    -------
    str
        The page with its tables.

    Examples
    --------
    >>> from tools.book.reference import fill_in_reference
    >>> print(fill_in_reference("{names}\n\n.. autofunction:: gradlab.hint"))
    .. list-table::
       :header-rows: 1
    <BLANKLINE>
       * - name
         - what it is
       * - :py:obj:`gradlab.hint`
         - Give a hint for an exercise: the first is a nudge, the last is nearly the answer.
    <BLANKLINE>
    .. autofunction:: gradlab.hint
    """
    names = [
        (f":py:obj:`{name}`", text or _summarize(name)) for name, text in _ENTRY.findall(page)
    ]
    bugs = [(f"``{bug.name}``", bug.what) for bug in BUGS.values()]
    page = page.replace("{names}", _format_table(("name", "what it is"), names))
    return page.replace("{bugs}", _format_table(("name", "what is wrong"), bugs))


def _summarize(name: str) -> str:
    """Return the first line of a docstring."""
    if name.startswith(_FRAMEWORKS):
        # It is read, not imported, because PyTorch and JAX need not be here.
        module, _, function = name.rpartition(".")
        found = find_spec(module)
        assert found and found.origin
        tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
        (node,) = (
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name == function
        )
        return (ast.get_docstring(node) or "").partition("\n")[0]
    return (inspect.getdoc(resolve_name(name)) or "").partition("\n")[0]


def _format_table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"   * - {left}\n     - {right}" for left, right in (head, *rows)]
    return "\n".join([".. list-table::", "   :header-rows: 1", "", *lines])
