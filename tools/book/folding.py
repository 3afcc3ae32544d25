"""Fold away what a prediction is about, until the reader asks for it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import nbformat
from nbformat import NotebookNode

from gradlab.live.output import MIME

# How a lesson asks in words, with nothing to choose.
ASKS = "**Predict.**"
# A heading, or such a question.
_BEGINS = re.compile(rf"^#{{1,6}} |{re.escape(ASKS)}", re.MULTILINE)
_OPEN = '<details class="gx-after"><summary>See what happens</summary>'
_CLOSE = "</details>"


def get_module(cell: NotebookNode) -> str | None:
    """Return the module that draws a cell's live output, None if it has none.

    Parameters
    ----------
    cell : NotebookNode
        A cell of the solved edition, with its outputs.

    Returns
    -------
    str or None
        The name of the module.
    """
    for output in cell.get("outputs", []):
        if MIME in output.get("data", {}):
            return str(output.data[MIME]["module"])
    return None


def find_what_follows(cells: Sequence[NotebookNode]) -> list[range]:
    """Find the cells that give the answers of predictions away.

    Parameters
    ----------
    cells : sequence of NotebookNode
        The cells of the solved edition.

    Returns
    -------
    list of range
        For each prediction that code follows, the positions of that code and of all cells after
        it that belong to it. A cell with a heading begins something new, and so does the next
        prediction, a question in words or an exercise.
    """
    found = []
    for position, cell in enumerate(cells):
        if get_module(cell) != "predict":
            continue
        start = position + 1
        following = itertools.takewhile(_belongs, cells[start:])
        kinds = [follower.cell_type for follower in following]
        if kinds[:1] == ["code"]:
            found.append(range(start, start + len(kinds)))
    return found


def open_fold(cell: str) -> NotebookNode:
    """Return a cell after which the page is folded, with no script, until `close_fold`'s.

    Parameters
    ----------
    cell : str
        The id of the first cell inside. No cell inside may have a heading.

    Returns
    -------
    NotebookNode
        A cell of Markdown.
    """
    opening: NotebookNode = nbformat.v4.new_markdown_cell(_OPEN, id=f"{cell}-open")
    return opening


def close_fold(cell: str) -> NotebookNode:
    """Return the cell that ends a fold.

    Parameters
    ----------
    cell : str
        The id of the last cell inside.

    Returns
    -------
    NotebookNode
        A cell of Markdown.
    """
    closing: NotebookNode = nbformat.v4.new_markdown_cell(_CLOSE, id=f"{cell}-close")
    return closing


def _belongs(cell: NotebookNode) -> bool:
    """Return whether a cell goes on with what the cells before it are about."""
    if "nbgrader" in cell.metadata or get_module(cell) == "predict":
        return False
    return cell.cell_type == "code" or not _BEGINS.search(cell.source)
