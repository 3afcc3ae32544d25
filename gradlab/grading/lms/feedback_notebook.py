"""Feedback for learners as a notebook, for an LMS that gives it back under a notebook's name."""

from __future__ import annotations

import json

from gradlab.grading.outcome.pages.feedback import make_title, render_body
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.outcome.text import as_html

# HTML in Markdown ends where a line is blank. In it, Jupyter looks for formulas, which may span
# elements in its source, but not in what is shown: each sign of one is written as its number, and
# alone in an element.
_PLAIN = str.maketrans(
    {"\n": "<br>"}
    | {sign: f"<span>&#{ord(sign)};</span>" for sign in "$\\"}
    | {sign: f"&#{ord(sign)};" for sign in "`~@{}"}
)
# As the lessons have it: without one, Jupyter asks for a kernel.
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
}


def render_notebook(result: LearnerResult) -> str:
    r"""Return a learner's page as a notebook with one cell, which needs nothing to be run.

    Parameters
    ----------
    result : LearnerResult
        What grading found.

    Returns
    -------
    str
        A notebook of format 4.5. Its cell is HTML: what learners wrote is neither Markdown nor a
        formula.

    Examples
    --------
    >>> import json
    >>> from gradlab.grading.lms.feedback_notebook import render_notebook
    >>> from gradlab.grading.outcome.results import LearnerResult
    >>> notebook = json.loads(render_notebook(LearnerResult("ada", "missing", ())))
    >>> notebook["cells"][0]["source"][1].strip()
    '<h1>Feedback for ada</h1>'
    """
    title = f"<h1>{as_html(make_title(result))}</h1>"
    parts = [title, *render_body(result)]
    lines = ["<div>", *(part.translate(_PLAIN) for part in parts), "</div>"]
    source = [f"{line}\n" for line in lines[:-1]] + lines[-1:]
    cell = {"cell_type": "markdown", "id": "feedback", "metadata": {}, "source": source}
    notebook = {"cells": [cell], "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
