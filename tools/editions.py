"""The mark of an edition: which cells a lesson was given out with, and what was asked in it.

Exercises change while classes run. The mark is in the notebook's metadata, which every front end
keeps, so that whoever grades knows what the learner was asked.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from nbformat import NotebookNode

_DIGITS = 8


def make_mark(released: NotebookNode) -> dict[str, Any]:
    """Return the mark of a lesson, which follows from its cells alone.

    Parameters
    ----------
    released : NotebookNode
        The learner's edition.

    Returns
    -------
    dict
        "edition": a digest of the types and sources of all cells. "exercises": for each exercise
        and each question in words, a digest of what decides what was asked and what it can earn:
        its name, its points, the cell as it was given out, and the text of its section above that
        cell.

    Examples
    --------
    >>> import nbformat
    >>> from tools.editions import make_mark
    >>> lesson = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A lesson")])
    >>> make_mark(lesson)
    {'edition': '1e25e9c6', 'exercises': {}}
    """
    points = {
        mark["grade_id"].removeprefix("grade_"): mark.get("points", 0)
        for mark in map(_get_mark, released.cells)
        if mark.get("grade")
    }
    section: list[str] = []
    exercises = {}
    for cell in released.cells:
        mark = _get_mark(cell)
        if mark.get("solution"):
            name = mark["grade_id"]
            exercises[name] = _digest([name, points.get(name, 0), *section, cell.source])
        elif cell.cell_type == "markdown":
            section = [] if cell.source.startswith("## ") else section
            section.append(cell.source)
    everything = [[cell.cell_type, cell.source] for cell in released.cells]
    return {"edition": _digest(everything), "exercises": exercises}


def _get_mark(cell: NotebookNode) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))


def _digest(what: Any) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:_DIGITS]
