"""Exercises in JupyterLab, answered by typing: wrongly, rightly, without a mouse, and kept."""

import re
from pathlib import Path

from browser.chromium import visit
from browser.lab import Server, start
from playwright.sync_api import Browser, expect

START_HERE = "00_start_here.ipynb"
DERIVATIVES = "01_derivatives_by_differences.ipynb"
CONVERT = "x = np.asarray(x, dtype=np.float64)"


def test_a_wrong_answer_gets_its_hint_and_a_right_one_its_mark(
    lab: Server, browser: Browser
) -> None:
    with visit(browser) as page:
        notebook = lab.open(page, DERIVATIVES)
        notebook.run_imports()
        notebook.answer("central_difference", CONVERT, "return (f(x + h) - f(x - h)) / h")
        shown = notebook.check("central_difference")
        assert "central_difference: 0 of 4 points" in shown
        assert "Hint: Twice the slope: from x - h to x + h the run is 2 h, not h." in shown
        notebook.answer("central_difference", CONVERT, "return (f(x + h) - f(x - h)) / (2 * h)")
        shown = notebook.check("central_difference")
        assert "central_difference: 4 of 4 points" in shown
        assert "Hint" not in shown
        assert notebook.popups() == []
        assert notebook.complaints == []
    lab.shut_down_kernels()


def test_nbgraders_validate_gives_the_verdict_of_the_check(browser: Browser, lab: Server) -> None:
    with visit(browser) as page:
        notebook = lab.open(page, START_HERE)
        notebook.run_imports()
        notebook.answer("double", "return x**2")
        shown = notebook.check("double")
        assert "double: 0 of 1 points" in shown
        assert "Hint: This squares x." in shown
        verdict = notebook.validate()
        assert "The following cell failed" in verdict
        assert 'gradlab.check("double").grade()' in verdict
        notebook.answer("double", "return 2 * x")
        assert "double: 1 of 1 points" in notebook.check("double")
        assert "Your notebook passes all the tests" in notebook.validate()
        # The dialogs of Validate, and no other.
        assert len(notebook.popups()) == 2
        assert notebook.complaints == []
    lab.shut_down_kernels()


def test_a_lesson_can_be_done_without_a_mouse(browser: Browser, tmp_path: Path) -> None:
    with start(tmp_path / "my-course") as lab, visit(browser) as page:
        notebook = lab.open(page, START_HERE)
        exercise = notebook.position("double")
        for position, cell in enumerate(notebook.cells[:-1]):
            if position == exercise:
                page.keyboard.press("Enter")
                page.keyboard.press("Control+Home")
                for _ in range(cell.source.splitlines().index("    # YOUR CODE HERE")):
                    page.keyboard.press("ArrowDown")
                notebook.type_body("return x + x")
            page.keyboard.press("Shift+Enter")
            expect(notebook.cell(position + 1)).to_have_class(re.compile("jp-mod-active"))
        notebook.wait_until_all_have_run()
        mark = notebook.output(notebook.position("grade_double")).first
        assert "double: 1 of 1 points" in mark.inner_text()
        assert notebook.popups() == []
        assert notebook.complaints == []


def test_a_saved_answer_is_there_after_a_restart(browser: Browser, tmp_path: Path) -> None:
    with start(tmp_path / "my-course") as lab, visit(browser) as page:
        assert "kept" not in lab.printed
        notebook = lab.open(page, START_HERE)
        notebook.answer("double", "return x + x + 0")
        notebook.save()
    with start(tmp_path / "my-course") as lab, visit(browser) as page:
        assert f"{START_HERE}: kept as you changed it." in lab.printed
        assert lab.printed.count("kept") == 1
        notebook = lab.open(page, START_HERE)
        expect(notebook.cell(notebook.position("double"))).to_contain_text("return x + x + 0")
