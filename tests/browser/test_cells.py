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

# The answer, its check, and a cell of the lesson that goes on with the answer.
ANSWER = nbformat.v4.new_code_cell("def double(x):\n    return x + x", metadata=EXERCISE.metadata)
ANSWERED = [
    "import gradlab",
    "pass",
    ANSWER,
    "gradlab.check('double')",
    "print(gradlab.yours('double')(21))",
    "# After the last cell, Shift + Enter would add one.",
]
GOES_ON = 4


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


@pytest.mark.parametrize("front_end", START)
def test_a_check_marks_what_stands_in_the_cell(
    front_end: str, browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "my-course"
    folder.mkdir()
    write_notebook(folder / "cells.ipynb", ANSWERED)
    with START[front_end](folder) as server, visit(browser) as page:
        notebook = server.open(page, "cells.ipynb")
        notebook.run_all()
        assert "1 of 1 points" in told(notebook)
        assert "Checked: the function that cell [3] defined." in told(notebook)
        assert "your function of cell [3]" in notebook.output(GOES_ON).inner_text()
        # Edited and not run.
        edit(notebook, " +")
        notebook.run(CHECK)
        assert "what stands in its cell has not been run" in told(notebook)
        assert "from cell [3]" in told(notebook)
        notebook.run(GOES_ON)
        assert "gradlab's; yours is not what stands in" in notebook.output(GOES_ON).inner_text()
        # Run, with a syntax error.
        notebook.run(EDITED)
        notebook.run(CHECK)
        assert "cell [9] stopped with SyntaxError in line 2" in told(notebook)
        assert "points" not in told(notebook)
        # Mended.
        edit(notebook, " 0")
        notebook.run(EDITED)
        notebook.run(CHECK)
        assert "1 of 1 points" in told(notebook)
        assert "cell [11]" in told(notebook)
        edit(notebook, "  ")
        notebook.run(CHECK)
        assert "1 of 1 points" in told(notebook)
        # In a new kernel the numbers begin anew.
        restart_and_run_all(notebook)
        expect(notebook.output(CHECK).first).to_contain_text("cell [3] defined")
