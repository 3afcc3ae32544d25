"""JupyterLab as a learner finds it at the first start."""

from pathlib import Path
from typing import Literal

import pytest
from browser.chromium import visit
from browser.lab import start
from playwright.sync_api import Browser, expect

from gradlab.course.folder import LESSONS, lessons_folder

FIRST, SECOND = "00_start_here.ipynb", "05_full_gradient_check.ipynb"
CUT_OFF = """
() => [...document.querySelectorAll(".jp-DirListing-itemText")]
    .filter(element => element.scrollWidth > element.clientWidth)
    .map(element => element.textContent)
"""


@pytest.mark.parametrize(("desktop", "lesson"), [("light", FIRST), ("dark", SECOND)])
def test_the_window_looks_like_the_desktop_and_an_untouched_lesson_closes_without_a_question(
    desktop: Literal["light", "dark"], lesson: str, browser: Browser, tmp_path: Path
) -> None:
    with start(tmp_path / "my-course") as lab, visit(browser, desktop) as page:
        notebook = lab.open(page, lesson, reset=False)
        is_light = str(desktop == "light").lower()
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", is_light)
        files = page.locator(".jp-DirListing-itemText")
        expect(files).to_have_count(len(list(lessons_folder().glob(LESSONS))))
        assert page.evaluate(CUT_OFF) == []
        page.keyboard.press("Escape")
        page.keyboard.press("Alt+w")
        expect(notebook.panel).to_have_count(0)
        assert notebook.popups() == []


def test_the_panels_of_nbgrader_for_teachers_stay_away(browser: Browser, tmp_path: Path) -> None:
    with start(tmp_path / "my-course") as lab, visit(browser) as page:
        notebook = lab.open(page, FIRST)
        expect(notebook.panel.get_by_role("button", name="Validate")).to_be_visible()
        menus = page.get_by_role("menubar").get_by_role("menuitem").all_inner_texts()
        assert "Settings" in menus
        assert "Nbgrader" not in menus
