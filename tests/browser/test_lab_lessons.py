"""Each lesson in JupyterLab, run from top to bottom by a learner who has answered nothing yet."""

import shutil

import pytest
from browser.chromium import HEIGHT, NARROW, SCREENSHOTS, WIDE, visit
from browser.lab import Server
from browser.notebook import Notebook
from playwright.sync_api import Browser, expect

from gradlab.course.folder import LESSONS, lessons_folder

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


def desktop_turns_dark(notebook: Notebook) -> None:
    notebook.page.emulate_media(color_scheme="dark")
    expect(notebook.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")


def look_at(notebook: Notebook) -> None:
    """Keep pictures in both themes and in a narrow window, with the file browser closed."""
    shutil.rmtree(SCREENSHOTS / "lab" / notebook.path.stem, ignore_errors=True)
    notebook.keep_pictures("lab", "light", WIDE)
    notebook.page.keyboard.press("Control+b")
    notebook.keep_pictures("lab", "narrow", NARROW)
    notebook.page.keyboard.press("Control+b")
    notebook.page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    desktop_turns_dark(notebook)
    notebook.keep_pictures("lab", "dark", WIDE)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_runs_from_top_to_bottom(name: str, lab: Server, browser: Browser) -> None:
    # What is out of view has a size, too.
    lab.set("@jupyterlab/notebook-extension:tracker", windowingMode="none")
    with visit(browser) as page:
        notebook = lab.open(page, name)
        notebook.run_all()
        notebook.require_a_clean_run()
        assert notebook.panel.evaluate(TOO_WIDE) == []
        look_at(notebook)
        assert notebook.popups() == []
        assert notebook.complaints == []
    lab.shut_down_kernels()
