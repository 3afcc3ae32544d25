"""A lesson as a page: outputs in sight, solutions behind a click, the notebook to download."""

from __future__ import annotations

import re

import nbformat
from nbformat import NotebookNode

from gradlab.live.output import MIME
from tools.book.folding import ASKS, close_fold, find_what_follows, get_module, open_fold

_WHAT_IT_IS = "This is the solved lesson with its outputs."
_EXPLORERS = "Its sliders move."
_PREDICTIONS = (
    "Where it asks you to predict, answer before you unfold what follows; your choices are kept "
    "in this browser alone."
)
_COVER = "Before you scroll, cover what is below a **Predict**."
_COVER_OTHERS = "At a **Predict** with nothing to choose, cover what is below it."
_WHAT_IT_NEEDS = """\
The notebook needs [the course set up](../README.md); the `gradlab` on PyPI is
[another project](../README.md#the-name).
"""
_WIDGET = "application/vnd.jupyter.widget-view+json"
# What they show says all that their one line of code says.
_WITHOUT_CODE = ("predict", "tally")
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
    folds = find_what_follows(solved.cells)
    opened, closed = {fold[0] for fold in folds}, {fold[-1] for fold in folds}
    cells = []
    for position, (shown, given) in enumerate(zip(solved.cells, learner.cells, strict=True)):
        if position in opened:
            cells.append(open_fold(shown.id))
        cells += _lay_out(shown, given, _make_live_link(given.id, name, lite))
        if position in closed:
            cells.append(close_fold(shown.id))
    head, *others = cells
    title, _, rest = head.source.partition("\n")
    said = f"{_describe(solved)} {_WHAT_IT_NEEDS}"
    opening = f"{title}\n\n{_format_ways_to_work(name, lite)}\n{said}\n{rest}"
    head = nbformat.v4.new_markdown_cell(opening, id=head.id)
    page: NotebookNode = nbformat.from_dict(solved | {"cells": [head, *others]})
    # With it, the page would ask other sites for the scripts of widgets.
    page.metadata.pop("widgets", None)
    return page


def make_run_link(lite: str, name: str, text: str, root: str = "", cell: str = "") -> str:
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
    cell : str, optional
        The id of the cell to go to.

    Returns
    -------
    str
        The link, as HTML.

    Examples
    --------
    >>> make_run_link("lite/?path=", "00_start_here.ipynb", "Run it", root="../")
    '<a href="../lite/?path=00_start_here.ipynb">Run it</a>'
    """
    home = "" if lite.startswith("https://") else root
    place = f"#cell-id={cell}" if cell else ""
    return f'<a href="{home}{lite}{name}{place}">{text}</a>'


def _lay_out(
    shown: NotebookNode, given: NotebookNode, link: list[NotebookNode]
) -> list[NotebookNode]:
    """Return what stands on the page for one cell, with the link to it in the live lesson."""
    if _is_answer(shown):
        return [given, _fold_answer(shown), *link]
    module = get_module(shown)
    if module is None:
        return [shown]
    figure = _keep_figure(shown)
    if module in _WITHOUT_CODE:
        figure.metadata["tags"] = ["remove-input"]
    return [figure] if module == "tally" else [figure, *link]


def _keep_figure(cell: NotebookNode) -> NotebookNode:
    """Return a cell whose live output is what a page can show: neither data nor a widget."""
    kept: NotebookNode = nbformat.from_dict(cell)
    for output in kept.outputs:
        for kind in (MIME, _WIDGET):
            output.get("data", {}).pop(kind, None)
    return kept


def _make_live_link(cell: str, name: str, lite: str | None) -> list[NotebookNode]:
    """Return the cell with the link, none where there is no live lesson."""
    if lite is None:
        return []
    # Lessons are one folder below the root.
    link = make_run_link(lite, name, "Open in the live lesson", root="../", cell=cell)
    text = f'<p class="live-link">{link}</p>'
    return [nbformat.v4.new_markdown_cell(text, id=f"{cell}-live")]


def _describe(solved: NotebookNode) -> str:
    """Return what a reader can do on the page, by what the lesson has."""
    modules = {get_module(cell) for cell in solved.cells} - {None}
    asks_in_words = any(ASKS in cell.source for cell in solved.cells)
    parts = [_WHAT_IT_IS]
    if modules - {*_WITHOUT_CODE}:
        parts.append(_EXPLORERS)
    if "predict" in modules:
        parts.append(_PREDICTIONS)
    if asks_in_words:
        parts.append(_COVER_OTHERS if "predict" in modules else _COVER)
    return " ".join(parts)


def _is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _fold_answer(cell: NotebookNode) -> NotebookNode:
    """Return a cell that shows the answer after a click or the Enter key."""
    if cell.cell_type == "code":
        summary = "Show a solution"
        answer = f"```python\n{_MARKER.sub('', cell.source).rstrip()}\n```"
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
