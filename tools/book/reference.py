"""The reference: a table of the names at the head of each page, and the catalogue of bugs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pkgutil import resolve_name

from gradlab.bugs import BUGS

# A variable has its text in the page, everything else in its docstring.
_ENTRY = re.compile(
    r"^\.\. auto(?:function|class|data):: (\S+)(?:\n   :no-value:\n\n   (.+))?", re.MULTILINE
)


def reference_page(page: str) -> str:
    r"""Fill in a page of the reference with what follows from the code.

    Parameters
    ----------
    page : str
        In reStructuredText, with ``{names}`` where the table of the documented names comes, and
        ``{bugs}`` where that of all bugs comes.

    Returns
    -------
    str
        The page with its tables.

    Examples
    --------
     >>> from tools.book.reference import reference_page
    >>> print(reference_page("{names}\n\n.. autofunction:: gradlab.hint"))
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
    names = [(f":py:obj:`{name}`", text or _summary(name)) for name, text in _ENTRY.findall(page)]
    bugs = [(f"``{bug.name}``", bug.what) for bug in BUGS.values()]
    page = page.replace("{names}", _table(("name", "what it is"), names))
    return page.replace("{bugs}", _table(("name", "what is wrong"), bugs))


def _summary(name: str) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(resolve_name(name)) or "").partition("\n")[0]


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"   * - {left}\n     - {right}" for left, right in (head, *rows)]
    return "\n".join([".. list-table::", "   :header-rows: 1", "", *lines])
