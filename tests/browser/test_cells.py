"""A check knows the text of its exercise's cell, also where the cell was edited and not run."""

from pathlib import Path

import nbformat
import pytest
from browser import stale
from browser.chromium import visit
from browser.lab import START
from browser.notebook import Notebook, write_notebook
from browser.stale import CHECK, MARK, edit, told
from playwright.sync_api import Browser, expect

EXERCISE = nbformat.v4.new_code_cell("x = 1", metadata=MARK)
CELLS = [
    "import gradlab",
    "from gradlab.live.listening import get_cell_texts\n"
    "def check(name):\n"
    "    print(get_cell_texts(name))",
    EXERCISE,
    "check('double')",
    "# After the last cell, Shift + Enter would add one.",
]


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


@pytest.mark.parametrize("front_end", START)
def test_a_check_marks_what_stands_in_the_cell(
    front_end: str, browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "my-course"
    folder.mkdir()
    write_notebook(folder / "cells.ipynb", stale.CELLS)
    with START[front_end](folder) as server, visit(browser) as page:
        notebook = server.open(page, "cells.ipynb")
        stale.require_that_a_stale_answer_is_not_marked(notebook)
        # In a new kernel the numbers begin anew.
        restart_and_run_all(notebook)
        expect(notebook.output(stale.CHECK).first).to_contain_text("cell [3] defined")
