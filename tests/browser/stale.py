"""An answer that is edited, broken and mended, and what its check says of it."""

from __future__ import annotations

import nbformat
from browser.notebook import Notebook

# The places of the exercise's cell, of its check, and of a cell that goes on with the answer.
ANSWER, CHECK, LATER = 2, 3, 4
MARK = {
    "nbgrader": {
        "schema_version": 3,
        "grade_id": "double",
        "solution": True,
        "grade": False,
        "locked": False,
        "task": False,
    }
}
CELLS = [
    nbformat.v4.new_code_cell("import gradlab"),
    nbformat.v4.new_code_cell("pass"),
    nbformat.v4.new_code_cell("def double(x):\n    return x + x", metadata=MARK),
    nbformat.v4.new_code_cell("gradlab.check('double')"),
    nbformat.v4.new_code_cell("print(gradlab.yours('double')(21))"),
    nbformat.v4.new_code_cell("# After the last cell, Shift + Enter would add one."),
]
for _number, _cell in enumerate(CELLS):
    _cell.id = f"cell-{_number}"  # the same file each time


def edit(notebook: Notebook, typed: str, where: str = "End") -> None:
    """Type at the end of the exercise's cell, or at its start, without running it."""
    notebook.cell(ANSWER).locator(".cm-content").click()
    notebook.page.keyboard.press(f"Control+{where}")
    notebook.page.keyboard.type(typed)
    notebook.page.keyboard.press("Escape")


def told(notebook: Notebook, position: int = CHECK) -> str:
    """Return what a cell shows."""
    return notebook.output(position).first.inner_text().strip()


def require_that_a_stale_answer_is_not_marked(notebook: Notebook) -> None:
    """Run all cells, then edit, break and mend the answer, and leave it right."""
    notebook.run_all()
    assert "1 of 1 points" in told(notebook)
    assert "Checked: the function that cell [3] defined." in told(notebook)
    assert "your function of cell [3]" in told(notebook, LATER)
    edit(notebook, " +")
    notebook.run(CHECK)
    assert "what is in its cell now has not been run" in told(notebook)
    assert "from cell [3]" in told(notebook)
    notebook.run(LATER)
    assert "gradlab's solution, because yours is not what is in its cell now" in told(
        notebook, LATER
    )
    notebook.run(ANSWER)
    notebook.run(CHECK)
    assert "cell [9] stopped with SyntaxError in line 2" in told(notebook)
    assert "points" not in told(notebook)
    edit(notebook, " 0")
    notebook.run(ANSWER)
    notebook.run(CHECK)
    assert "1 of 1 points" in told(notebook)
    assert "cell [11]" in told(notebook)
    # White space at the end of a line is no edit.
    edit(notebook, "  ")
    notebook.run(CHECK)
    assert "1 of 1 points" in told(notebook)
