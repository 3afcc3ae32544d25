"""A check knows the text of its exercise's cell, also where the cell was edited and not run."""

from pathlib import Path

import nbformat
import pytest
from browser.chromium import visit
from browser.lab import START
from browser.notebook import Notebook, write_notebook
from playwright.sync_api import Browser, expect

EDITED, CHECK = 2, 3
MARK = {"grade_id": "double", "solution": True, "grade": False, "locked": False, "task": False}
EXERCISE = nbformat.v4.new_code_cell("x = 1", metadata={"nbgrader": {"schema_version": 3, **MARK}})
CELLS = [
    "import gradlab",
    "from gradlab.live.listening import get_cell_texts\n"
    "def check(name):\n"
    "    print(get_cell_texts(name))",
    EXERCISE,
    "check('double')",
    "# After the last cell, Shift + Enter would add one.",
]


def edit(notebook: Notebook, typed: str) -> None:
    """Type at the end of the exercise's cell, without running it."""
    notebook.cell(EDITED).locator(".cm-content").click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.type(typed)
    notebook.page.keyboard.press("Escape")


def told(notebook: Notebook) -> str:
    return notebook.output(CHECK).inner_text().strip()


def restart_and_run_all(notebook: Notebook) -> None:
    notebook.choose("Kernel", "Restart Kernel and Run All Cells…")
    notebook.page.get_by_role("button", name="Confirm Kernel Restart").click()


@pytest.mark.parametrize("front_end", START)
def test_python_has_the_text_of_an_exercise_before_its_check_runs(
    front_end: str, browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "my-course"
    folder.mkdir()
    write_notebook(folder / "cells.ipynb", CELLS)
    with START[front_end](folder) as server, visit(browser) as page:
        notebook = server.open(page, "cells.ipynb")
        # The import of gradlab is among the cells that wait.
        notebook.run_all()
        assert told(notebook) == "('x = 1',)"
        edit(notebook, "2")
        notebook.run(CHECK)
        assert told(notebook) == "('x = 12',)"
        edit(notebook, "3")
        notebook.run(CHECK, "Shift+Enter")
        assert told(notebook) == "('x = 123',)"
        notebook.require_no_complaints()
        edit(notebook, "4")
        restart_and_run_all(notebook)
        expect(notebook.output(CHECK)).to_have_text("('x = 1234',)")
