"""A lesson as a page: outputs in sight, solutions behind a click, the notebook to download."""

from __future__ import annotations

import re

import nbformat
from nbformat import NotebookNode

_WHAT_IT_IS = """\
This is the solved lesson with its outputs; its sliders do not move here. Before you scroll, cover
what is below a **Predict**. The notebook needs [the course set up](../README.md); the `gradlab` on
PyPI is [another project](../README.md#the-name).
"""
_MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


def make_lesson_page(
    name: str, solved: NotebookNode, learner: NotebookNode, lite: str | None = None
) -> NotebookNode:
    """Make the page of a lesson from its two editions.

    Parameters
    ----------
    name : str
        The file name of the learner's notebook.
    solved, learner : NotebookNode
        The two editions, which have the same cells; they are not changed.
    lite : str, optional
        The address, relative to the book's root, that runs a notebook when its name is appended.

    Returns
    -------
    NotebookNode
        The solved edition, in which the learner's cell comes before each answer, and the answer
        is folded away.
    """
    cells = []
    for shown, given in zip(solved.cells, learner.cells, strict=True):
        if _is_answer(shown):
            cells += [given, _fold(shown)]
        else:
            cells.append(shown)
    first, *others = cells
    title, _, rest = first.source.partition("\n")
    opening = f"{title}\n\n{_format_ways_to_work(name, lite)}\n{_WHAT_IT_IS}\n{rest}"
    head = nbformat.v4.new_markdown_cell(opening, id=first.id)
    page: NotebookNode = nbformat.from_dict(solved | {"cells": [head, *others]})
    return page


def make_run_link(lite: str, name: str, text: str, root: str = "") -> str:
    """Return a link that runs a lesson.

    Parameters
    ----------
    lite : str
        The address, relative to the book's root, that runs a notebook when its name is appended.
    name : str
        The file name of the lesson.
    text : str
        The text of the link.
    root : str
        The path from the page to the book's root.

    Examples
    --------
    >>> make_run_link("lite/?path=", "00_start_here.ipynb", "Run it", root="../")
    '<a href="../lite/?path=00_start_here.ipynb">Run it</a>'
    """
    home = "" if lite.startswith("https://") else root
    return f'<a href="{home}{lite}{name}">{text}</a>'


def _is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _fold(cell: NotebookNode) -> NotebookNode:
    """Return a cell that shows the answer after a click or the Enter key."""
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


def _format_ways_to_work(name: str, lite: str | None) -> str:
    ways = [f"{{download}}`Download this lesson as a notebook <../learner/{name}>`"]
    if lite is not None:
        # Lessons are one folder below the root.
        ways.append(make_run_link(lite, name, "Run it in your browser", root="../"))
    return " · ".join(ways) + "\n"
