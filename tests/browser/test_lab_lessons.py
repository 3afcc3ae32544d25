"""Each lesson in JupyterLab, run from top to bottom by a learner who has answered nothing yet."""

import re
import shutil

import pytest
from browser.chromium import HEIGHT, NARROW, SCREENSHOTS, WIDE, visit
from browser.lab import STDERR, Lab, Notebook
from playwright.sync_api import Browser, expect

from gradlab.course import LESSONS, lessons_folder

NAMES = sorted(path.name for path in lessons_folder().glob(LESSONS))

# What reaches beyond its column, or has to be scrolled sideways. Inside a formula parts overlap.
TOO_WIDE = """
panel => [...panel.querySelectorAll(".jp-RenderedMarkdown, .jp-OutputArea-output")].flatMap(
    column => {
        const right = column.getBoundingClientRect().right + 1
        const inside = [...column.querySelectorAll("*")]
            .filter(element => !element.parentElement.closest("mjx-container"))
        return [column, ...inside].filter(element =>
            element.getBoundingClientRect().right > right
            || (getComputedStyle(element).overflowX !== "visible"
                && element.clientWidth && element.scrollWidth > element.clientWidth + 1))
    }
).map(element => `${element.tagName} ${element.className}: ${element.textContent.slice(0, 80)}`)
"""
# The text of the prose, without code and what was made of formulas.
PROSE = """
panel => [...panel.querySelectorAll(".jp-RenderedMarkdown")].map(cell => {
    const copy = cell.cloneNode(true)
    copy.querySelectorAll("code, pre, mjx-container").forEach(element => element.remove())
    return copy.textContent
}).join("\\n")
"""
# MathJax shows a command that it does not know in red.
WRONG_MATHS = "mjx-merror, [data-mjx-error], mjx-container [style*='color: red']"


def wait_for_formulas(notebook: Notebook) -> None:
    """A formula's dollars go when it is typeset."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    if "$" in prose:
        expect(notebook.panel.locator("mjx-container").first).to_be_attached()
    notebook.page.wait_for_function(
        f"panel => !({PROSE})(panel).includes('$')", arg=notebook.panel.element_handle()
    )


def look_at(notebook: Notebook) -> None:
    """Keep pictures in both themes and in a narrow window, with the file browser closed."""
    shutil.rmtree(SCREENSHOTS / "lab" / notebook.path.stem, ignore_errors=True)
    notebook.keep_pictures("light", WIDE)
    notebook.page.keyboard.press("Control+b")
    notebook.keep_pictures("narrow", NARROW)
    notebook.page.keyboard.press("Control+b")
    notebook.page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    notebook.choose_theme("JupyterLab Dark")
    notebook.keep_pictures("dark", WIDE)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_runs_from_top_to_bottom(name: str, lab: Lab, browser: Browser) -> None:
    lab.set("@jupyterlab/apputils-extension:themes", theme="JupyterLab Light")
    # What is out of view has a size, too.
    lab.set("@jupyterlab/notebook-extension:tracker", windowingMode="none")
    with visit(browser) as page:
        notebook = Notebook(page, lab, name)
        notebook.run_all()
        wait_for_formulas(notebook)
        assert notebook.panel.locator(STDERR).all_inner_texts() == []
        assert notebook.panel.locator(WRONG_MATHS).all_inner_texts() == []
        assert notebook.panel.evaluate(TOO_WIDE) == []
        checks = [
            position
            for position, cell in enumerate(notebook.cells)
            if cell.cell_type == "code" and re.match(r"gradlab\.check\(", cell.source)
        ]
        assert checks
        for position in checks:
            assert "not attempted yet" in notebook.output(position).first.inner_text()
        look_at(notebook)
        assert notebook.popups() == []
        assert notebook.complaints == []
    lab.shut_down_kernels()
