"""Keys in JupyterLab and in Notebook 7: controls have theirs, and Jupyter its own."""

from pathlib import Path

import pytest
from browser import controls
from browser.chromium import visit
from browser.lab import START
from browser.notebook import write_notebook
from playwright.sync_api import Browser


@pytest.mark.parametrize("front", START)
def test_controls_have_their_keys_and_jupyter_its_own(
    front: str, browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "my-course"
    folder.mkdir()
    write_notebook(folder / "controls.ipynb", controls.CELLS)
    with START[front](folder) as server, visit(browser) as page:
        notebook = server.open(page, "controls.ipynb")
        controls.run_cells(notebook)
        controls.require_that_letters_edit_no_notebook(notebook)
        controls.require_that_controls_follow_their_keys(notebook)
        assert not notebook.is_saved()
        controls.slider(notebook).focus()
        notebook.save()
        controls.require_that_jupyter_keeps_its_own(notebook)
        controls.require_that_a_question_is_answered(notebook)
        notebook.require_no_complaints()
