"""The explorers in JupyterLab: by keyboard and by mouse, plots and numbers follow."""

import re
from collections.abc import Iterator

import nbformat
import pytest
from browser.chromium import visit
from browser.explorer import LiveExplorer
from browser.lab import Server
from browser.notebook import Notebook, write_notebook
from playwright.sync_api import Browser, expect

import gradlab
from gradlab.course.folder import LESSONS, lessons_folder

IN_LESSONS = sorted(
    function
    for path in lessons_folder().glob(LESSONS)
    for cell in nbformat.read(path, as_version=4).cells
    if cell.cell_type == "code"
    for function in re.findall(r"gradlab\.(explore_\w+)\(", cell.source)
)


def test_every_explorer_is_in_a_lesson() -> None:
    assert [name for name in sorted(gradlab.__all__) if name.startswith("explore_")] == IN_LESSONS


@pytest.fixture(scope="module")
def notebook(lab: Server, browser: Browser) -> Iterator[Notebook]:
    """Open a notebook that shows all explorers, each below a cell of its own."""
    cells = ["import gradlab", *(f"gradlab.{name}()" for name in IN_LESSONS)]
    write_notebook(lab.folder / "explorers.ipynb", cells)
    with visit(browser) as page:
        opened = lab.open(page, "explorers.ipynb")
        opened.run_all()
        yield opened
    lab.shut_down_kernels()


@pytest.mark.parametrize("name", IN_LESSONS)
def test_an_explorer_follows_its_controls(name: str, notebook: Notebook) -> None:
    explorer = LiveExplorer(notebook, 1 + IN_LESSONS.index(name))
    at_first = explorer.shown()
    for menu in explorer.menus():
        explorer.choose_each(menu)
    sliders = explorer.sliders()
    assert sliders
    for slider in sliders:
        explorer.move(slider)
    for control in explorer.controls():
        explorer.type_letters(control)
    expect(notebook.panel.locator(".jp-CodeCell")).to_have_count(len(notebook.cells))
    explorer.reset()
    assert explorer.shown() == at_first
    assert notebook.popups() == []
    assert notebook.complaints == []
