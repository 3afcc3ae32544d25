"""Fill in the reference: a table of names at the top of each page, and the catalogue of bugs."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from pkgutil import resolve_name

from gradlab import frameworks
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
    docstring = inspect.getdoc(resolve_name(name)) if _FRAMEWORKS not in name else _read(name)
    return (docstring or "").partition("\n")[0]


def _read(name: str) -> str | None:
    """Return the docstring of a function that may not be importable: PyTorch need not be here."""
    module, function = name.removeprefix(_FRAMEWORKS).split(".")
    path = Path(inspect.getfile(frameworks)).parent / f"{module}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    return ast.get_docstring(functions[function])


def _format_table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"   * - {left}\n     - {right}" for left, right in (head, *rows)]
    return "\n".join([".. list-table::", "   :header-rows: 1", "", *lines])
