"""A lesson as a page: its outputs in sight, its solutions behind a click, its notebook to take."""

from __future__ import annotations

import re

import nbformat
from nbformat import NotebookNode

_MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


def lesson_page(
    name: str, solved: NotebookNode, learner: NotebookNode, lite: str | None = None
) -> NotebookNode:
    """Make the page of a lesson of its two editions.

    Parameters
    ----------
    name : str
        The file name of the learner's notebook.
    solved, learner : NotebookNode
        The two editions, which have the same cells; they are left as they are.
    lite : str, optional
        The address from the book's root at which the file name, appended, runs the notebook.

    Returns
    -------
    NotebookNode
        The solved edition, where each cell with an answer is preceded by what the learner gets,
        and its answer can be unfolded.
    """
    cells = []
    for shown, given in zip(solved.cells, learner.cells, strict=True):
        if _is_answer(shown):
            cells += [given, _folded(shown)]
        else:
            cells.append(shown)
    first, *others = cells
    title, _, rest = first.source.partition("\n")
    opening = f"{title}\n\n{_ways_to_work(name, lite)}\n{rest}"
    head = nbformat.v4.new_markdown_cell(opening, id=first.id)
    page: NotebookNode = nbformat.from_dict(solved | {"cells": [head, *others]})
    return page


def _is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _folded(cell: NotebookNode) -> NotebookNode:
    """Return a cell in which the answer is unfolded by a click or the Enter key."""
    if cell.cell_type == "code":
        summary, answer = (
            "Show a solution",
            f"```python\n{_MARKER.sub('', cell.source).rstrip()}\n```",
        )
    else:
        summary, answer = "Show a model answer", cell.source
    text = f"<details><summary>{summary}</summary>\n\n{answer}\n\n</details>"
    folded: NotebookNode = nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-answer")
    return folded


def _ways_to_work(name: str, lite: str | None) -> str:
    ways = [f"{{download}}`Download this lesson as a notebook <../learner/{name}>`"]
    if lite is not None:
        # Lessons are one folder below the root.
        address = lite if lite.startswith("https://") else f"../{lite}"
        ways.append(f'<a href="{address}{name}">Run it in your browser</a>')
    return " · ".join(ways) + "\n"
