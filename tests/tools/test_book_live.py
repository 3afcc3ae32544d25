"""What is alive in the book: figures, what follows a prediction, links to the live lesson."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, strategies as st
from nbformat import NotebookNode

from gradlab.live.output import MIME
from gradlab.live.script import FRONT, as_page_script
from tools.book.assemble import ROOT
from tools.book.folding import find_what_follows, get_module
from tools.book.lessons import make_lesson_page

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
TEXTS = {
    "m": "An interpretation.",
    "h": "## A part\n\nText.",
    "q": "And to the left?\n\n**Predict.** What is it there?",
}
LIVE = {
    "p": ("predict", 'gradlab.predict("lost_step")'),
    "t": ("tally", "gradlab.tally_predictions(1)"),
    "e": ("chords", "gradlab.explore_chords()"),
}

Pages = dict[str, BeautifulSoup]


def make_cell(kind: str, position: int) -> NotebookNode:
    """Return a cell: Code, eXercise, Markdown, Heading, Question, or one with a live output."""
    cell: NotebookNode
    if kind in TEXTS:
        cell = nbformat.v4.new_markdown_cell(TEXTS[kind])
    elif kind in LIVE:
        module, source = LIVE[kind]
        cell = nbformat.v4.new_code_cell(source, outputs=[make_output(module)])
    else:
        cell = nbformat.v4.new_code_cell("print(1)")
    if kind == "x":
        cell.metadata["nbgrader"] = {"grade_id": "double", "solution": True, "grade": False}
    cell.id = f"cell-{position}"
    return cell


def make_output(module: str) -> NotebookNode:
    data = {
        MIME: {"module": module, "key": module, "state": {}},
        WIDGET: {"model_id": "0"},
        "text/html": '<figure class="gx-live"></figure>',
        "text/plain": "words",
    }
    output: NotebookNode = nbformat.v4.new_output("execute_result", data, execution_count=1)
    return output


def make_notebook(kinds: str) -> NotebookNode:
    title = nbformat.v4.new_markdown_cell("# 9 A lesson\n\nText.", id="title")
    cells = [make_cell(kind, position) for position, kind in enumerate(kinds)]
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=[title, *cells])
    notebook.metadata["widgets"] = {"state": {}}
    return notebook


def make_page(kinds: str, lite: str | None = None) -> NotebookNode:
    return make_lesson_page("09_a.ipynb", make_notebook(kinds), make_notebook(kinds), lite)


def shorten(page: NotebookNode) -> list[str]:
    """Return where the page's folds begin and end, and the ids of its other cells."""
    marks = {'<details class="gx-after">': "(", "</details>": ")"}
    starts = [
        (next((m for k, m in marks.items() if c.source.startswith(k)), c.id)) for c in page.cells
    ]
    return [start.removeprefix("cell-") for start in starts[1:]]


# What follows a prediction


@pytest.mark.parametrize(
    ("kinds", "laid_out"),
    [
        ("pcm", "0 ( 1 2 )"),
        ("pcccmm", "0 ( 1 2 3 4 5 )"),
        ("mpcmcm", "0 1 ( 2 3 4 5 )"),
        ("pch", "0 ( 1 ) 2"),
        ("pc", "0 ( 1 )"),
        ("pem", "0 ( 1 2 )"),
        # Nothing gives the answer away.
        ("pm", "0 1"),
        ("ph", "0 1"),
        ("p", "0"),
        ("ppcm", "0 1 ( 2 3 )"),
        ("pcpcm", "0 ( 1 ) 2 ( 3 4 )"),
        ("cm", "0 1"),
        ("ecm", "0 1 2"),
        # What begins something new.
        ("pcmch", "0 ( 1 2 3 ) 4"),
        ("pcmqc", "0 ( 1 2 ) 3 4"),
    ],
)
def test_what_follows_a_prediction_is_folded_up_to_something_new(
    kinds: str, laid_out: str
) -> None:
    assert " ".join(shorten(make_page(kinds))) == laid_out


@given(st.text("pctemhxq", max_size=12))
def test_a_fold_holds_neither_a_heading_nor_an_exercise_nor_a_question(kinds: str) -> None:
    folds = find_what_follows(make_notebook(kinds).cells[1:])
    inside = [position for fold in folds for position in fold]
    assert len(inside) == len({*inside})
    assert all(kinds[fold[0] - 1] == "p" for fold in folds)
    assert {kinds[position] for position in inside} <= {*"ctem"}
    # Code that stands right after a question is never in sight.
    for question in re.finditer("p(?=[cte])", kinds):
        assert question.start() + 1 in inside


def test_the_ids_of_cells_stay_unique() -> None:
    ids = [cell.id for cell in make_page("pcmxepchtpcm", "lite/?path=").cells]
    assert len(ids) == len({*ids})
    nbformat.validate(make_page("pcmxe", "lite/?path="))


# Figures


def test_a_page_shows_the_figure_and_not_its_data() -> None:
    page = make_page("pte")
    kinds = [set(output.data) for cell in page.cells[1:] for output in cell.get("outputs", [])]
    assert kinds == [{"text/html", "text/plain"}] * 3
    assert "widgets" not in page.metadata


def test_the_notebook_is_not_changed() -> None:
    solved, learner = make_notebook("pcmtex"), make_notebook("pcmtex")
    before = copy.deepcopy(solved)
    make_lesson_page("09_a.ipynb", solved, learner)
    assert solved == before


def test_only_the_code_that_asks_and_counts_is_hidden() -> None:
    page = make_page("cpte")
    hidden = [
        cell.source for cell in page.cells if "remove-input" in cell.metadata.get("tags", [])
    ]
    assert hidden == ['gradlab.predict("lost_step")', "gradlab.tally_predictions(1)"]


@pytest.mark.parametrize(
    ("kinds", "said", "unsaid"),
    [
        ("e", ["sliders move"], ["unfold", "cover"]),
        ("pc", ["unfold"], ["sliders", "cover"]),
        ("epct", ["sliders move", "unfold"], ["cover"]),
        ("cm", [], ["sliders", "unfold", "cover"]),
    ],
)
def test_a_page_says_what_moves_on_it(kinds: str, said: list[str], unsaid: list[str]) -> None:
    head = make_page(kinds).cells[0].source
    assert [word for word in said if word not in head] == []
    assert [word for word in unsaid if word in head] == []


# The live lesson


def test_explorers_predictions_and_exercises_lead_to_their_cells_where_the_lesson_runs() -> None:
    page = make_page("cpcmtex", "lite/?path=")
    texts = [cell.source for cell in page.cells[1:] if "Open in the live lesson" in cell.source]
    addresses = [re.findall('href="([^"]+)"', text) for text in texts]
    assert addresses == [[f"../lite/?path=09_a.ipynb#cell-id=cell-{i}"] for i in (1, 5, 6)]
    # It follows what it leads to.
    before = [
        page.cells[page.cells.index(cell) - 1].id for cell in page.cells if cell.source in texts
    ]
    assert before == ["cell-1", "cell-5", "cell-6-answer"]


def test_a_book_without_a_live_lesson_has_no_such_links() -> None:
    assert not any("Open in" in cell.source for cell in make_page("cpcmtex").cells)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_link_leads_to_a_cell_of_the_learners_edition(lesson: Path) -> None:
    solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
    learner = nbformat.read(lesson, as_version=4)
    page = make_lesson_page(lesson.name, solved, learner, "lite/?path=")
    linked = re.findall('#cell-id=([^"]+)', "\n".join(cell.source for cell in page.cells))
    assert {*linked} <= {cell.id for cell in learner.cells}
    exercises = [
        cell for cell in solved.cells if cell.metadata.get("nbgrader", {}).get("solution")
    ]
    alive = [cell for cell in solved.cells if get_module(cell) not in (None, "tally")]
    assert len(linked) == len(exercises) + len(alive)


# In the book


def test_every_live_output_is_a_figure_of_its_page(pages: Pages) -> None:
    for lesson in LESSONS:
        solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
        found = pages[f"notebooks/{lesson.stem}.html"].select("figure.gx-live")
        modules = [get_module(cell) for cell in solved.cells]
        assert [figure["data-gx-module"] for figure in found] == [*filter(None, modules)]


def test_folds_are_closed_and_hold_no_heading(pages: Pages) -> None:
    for lesson in LESSONS:
        solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
        folds = pages[f"notebooks/{lesson.stem}.html"].select("details.gx-after")
        assert len(folds) == len(find_what_follows(solved.cells))
        for fold in folds:
            assert not fold.has_attr("open")
            assert fold.select(".cell")
            assert not fold.select("h1, h2, h3, h4, h5, h6, section")


def test_the_script_is_linked_where_there_is_something_to_bring_to_life(pages: Pages) -> None:
    for name, page in pages.items():
        scripts = page.select('script[src*="_static/live.js?v="]')
        assert len(scripts) == bool(page.select("figure.gx-live")), name
        assert all(script.has_attr("defer") for script in scripts)


def test_the_script_has_every_module_and_asks_for_nothing(book: Path) -> None:
    script = (book / "_static" / "live.js").read_text("utf-8")
    assert script == as_page_script()
    for path in (FRONT / "modules").glob("*.mjs"):
        assert f"modules.{path.stem} = () =>" in script
    assert not re.search(
        r"^\s*(import|export)\b|\bimport\(|\bfetch\(|https?://(?!www\.w3\.org)", script, re.M
    )
