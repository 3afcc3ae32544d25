"""Feedback as a notebook: it is valid, says what the page says, and nothing in it is obeyed."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given
from learner_results import RESULTS, make_answer, make_learner

from gradlab.grading.lms.feedback_notebook import render_notebook
from gradlab.grading.outcome.pages.feedback import render_page
from gradlab.grading.outcome.results import ExerciseResult, GroupResult, LearnerResult


class Text(HTMLParser):
    """What is shown: the text, the tags, and each run of it that no element interrupts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.runs = [""]
        self.tags: set[str] = set()
        self.feed(html)
        self.close()

    @property
    def words(self) -> list[str]:
        return "".join(self.runs).split()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "br":
            self.runs.append("\n")
        # MathJax reads on over this one.
        if tag != "wbr":
            self.runs.append("")

    def handle_endtag(self, tag: str) -> None:
        self.runs.append("")

    def handle_data(self, data: str) -> None:
        self.runs[-1] += data


def read_cell(result: LearnerResult) -> str:
    notebook = nbformat.reads(render_notebook(result), as_version=4)
    (cell,) = notebook.cells
    assert cell.cell_type == "markdown"
    return str(cell.source)


def read_page(result: LearnerResult) -> str:
    page = render_page(result)
    return page[page.index("<main>") : page.index("</main>")]


@given(RESULTS)
def test_a_notebook_is_valid_and_says_what_the_page_says(results: list[LearnerResult]) -> None:
    for result in results:
        written = render_notebook(result)
        notebook = json.loads(written)
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        nbformat.validate(notebook)
        assert render_notebook(result) == written
        cell, page = Text(read_cell(result)), Text(read_page(result))
        assert cell.words == page.words
        assert cell.tags - {"div", "span", "br"} <= page.tags


@given(RESULTS)
def test_neither_markdown_nor_a_formula_can_begin(results: list[LearnerResult]) -> None:
    for result in results:
        source = read_cell(result)
        assert re.fullmatch(r"<div>\n.*\n</div>", source, re.DOTALL)
        # A blank line would end the HTML, and these begin a formula or code in Jupyter.
        assert all(line.strip() for line in source.split("\n"))
        assert not set(source) & set("$\\`~@{}")
        runs = Text(source).runs
        assert all(run in ("$", "\\") for run in runs if set(run) & set("$\\"))


@pytest.mark.parametrize(
    "text", ["$x$ and $$y$$", "\\(x\\)", "a\n\n    b", "*a* `b`", "<script>x</script>", "@@0@@"]
)
def test_what_people_wrote_is_shown_as_it_is(text: str) -> None:
    groups = (GroupResult(text, 0, 1, (text,)),)
    answer = ExerciseResult("pack", 4, "wrong", 1.0, 3.0, groups, (text,), comment=text)
    result = make_learner(text, answer, make_answer("right", 5.0))
    shown = "".join(Text(read_cell(result)).runs)
    squeezed = " ".join(shown.split())
    assert squeezed.count(" ".join(text.split())) == 5
    assert "script" not in Text(read_cell(result)).tags
