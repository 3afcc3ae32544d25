"""A lesson in JupyterLab or in JupyterLite, as a learner uses it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from browser.chromium import screenshot
from playwright.sync_api import Locator, Page, expect

# What a slow machine may take for one thing.
SECONDS = 180
expect.set_options(timeout=SECONDS * 1000)

# Notebook 7 says this of itself.
_OWN_COMPLAINT = "Cannot read properties of undefined (reading 'schema')"
# Without it JupyterLab asks which kernel is meant.
_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}

# Of a picture for a person to look at: fewer pages to turn.
_TALL = 2000

_PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
# Of this kind errors are, too.
_STDERR = "[data-mime-type='application/vnd.jupyter.stderr']"
# Asked in the page: there a condition is seen at once, where `expect` would look once a second.
# The indicator alone says idle also before there is a kernel. JupyterLite has no status bar, and
# its indicator may go on saying busy after every cell has got its number.
_IDLE = f"""
() => {{
    const bar = document.querySelector("#jp-main-statusbar")
    return bar === null || bar.textContent.includes("| Idle")
        && document.querySelector("{_PANEL} .jp-Notebook-ExecutionIndicator[data-status=idle]")
}}
"""
# What is run before there is a kernel is lost. Its name is there before it is.
_STARTED = """
() => {
    const name = document.querySelector(".jp-Toolbar-kernelName")?.textContent ?? "No Kernel"
    const indicator = document.querySelector(".jp-Notebook-ExecutionIndicator")
    return name !== "No Kernel" && ["idle", "busy"].includes(indicator?.dataset.status)
}
"""
# Nothing runs after an error.
_ALL_RUN = f"""
() => document.querySelector("{_STDERR}")
    || [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
        .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))
"""
_RUN_ANEW = """
([prompt, before]) =>
    prompt.textContent !== before && /\\[\\d+\\]/.test(prompt.textContent)
"""
# The text of the prose, without code and what was made of formulas.
_PROSE = """
panel => [...panel.querySelectorAll(".jp-RenderedMarkdown")].map(cell => {
    const copy = cell.cloneNode(true)
    copy.querySelectorAll("code, pre, mjx-container").forEach(element => element.remove())
    return copy.textContent
}).join("\\n")
"""
# MathJax shows a command that it does not know in red.
_WRONG_MATHS = "mjx-merror, [data-mjx-error], mjx-container [style*='color: red']"
# Pop-ups may be gone again before a test looks for them.
_POPUPS = """
window.popups = []
const kinds = ".jp-Dialog, .Toastify__toast"
new MutationObserver(changes => {
    for (const node of changes.flatMap(change => [...change.addedNodes]))
        if (node instanceof Element)
            for (const element of [node, ...node.querySelectorAll(kinds)])
                if (element.matches(kinds)) window.popups.push(element.textContent)
}).observe(document, { childList: true, subtree: true })
"""
_SETTLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Below the last cell JupyterLab leaves a window of empty space.
_FURTHER = """
panel => {
    const last = [...panel.querySelectorAll(".jp-Cell")].at(-1)
    const more = last.getBoundingClientRect().bottom > panel.getBoundingClientRect().bottom
    panel.scrollTop += panel.clientHeight - 40
    return more
}
"""


# Notebook 7 shows nothing of it.
_SAVED = """
() => window.jupyterapp
    ? !window.jupyterapp.shell.currentWidget.context.model.dirty
    : !document.querySelector(".lm-TabBar-tab.jp-mod-dirty")
"""


def write_notebook(path: Path, cells: Sequence[str | Any]) -> None:
    """Write a notebook of cells of code, given by their source or as cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells
        ],
        metadata={"kernelspec": _KERNEL},
    )
    # The same file each time.
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    nbformat.write(notebook, path)


class Notebook:
    """A lesson that is open.

    Parameters
    ----------
    page : Page
        A page that shows nothing yet.
    address : str
        Where the lesson is opened.
    path : Path
        Its file.

    Attributes
    ----------
    path : Path
        Its file.
    cells : list
        Its cells, as they were when it was opened.
    complaints : list of str
        Errors that were written to the browser's console.
    panel : Locator
        The notebook in the page.
    """

    def __init__(self, page: Page, address: str, path: Path) -> None:
        self.page = page
        self.path = path
        self.cells: list[Any] = nbformat.read(self.path, as_version=4).cells
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        page.add_init_script(_POPUPS)
        page.set_default_timeout(SECONDS * 1000)
        page.goto(address)
        self.panel = page.locator(_PANEL)
        expect(self.panel.locator(".jp-Cell")).to_have_count(len(self.cells))
        self.page.wait_for_function(_STARTED)
        self.page.wait_for_function(_IDLE)

    def require_no_complaints(self) -> None:
        """Fail if there was a dialog, or an error in the console that is not Notebook 7's own."""
        assert [text for text in self.complaints if _OWN_COMPLAINT not in text] == []
        assert self.popups() == []

    def popups(self) -> list[str]:
        """Return the texts of all dialogs and notifications so far."""
        texts: list[str] = self.page.evaluate("window.popups")
        return texts

    def position(self, grade_id: str) -> int:
        """Return the position of an exercise's cell, or of the one that checks it."""
        ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in self.cells]
        return ids.index(grade_id)

    def cell(self, position: int) -> Locator:
        """Return a cell by its position."""
        return self.panel.locator(".jp-Cell").nth(position)

    def output(self, position: int) -> Locator:
        """Return what a cell shows below its code."""
        return self.cell(position).locator(".jp-OutputArea-output")

    def run_all(self) -> None:
        """Choose Run All Cells in the menu and wait until all have run."""
        self.choose("Run", "Run All Cells")
        self.wait_until_all_have_run()

    def wait_until_all_have_run(self) -> None:
        """Wait until every cell of code has a number, or one an error, and nothing runs."""
        self.page.wait_for_function(_ALL_RUN)
        self.page.wait_for_function(_IDLE)

    def require_a_clean_run(self) -> None:
        """Fail if a cell or a formula went wrong, or if a blank answer is not called blank."""
        self._wait_for_formulas()
        assert self.panel.locator(_STDERR).all_inner_texts() == []
        assert self.panel.locator(_WRONG_MATHS).all_inner_texts() == []
        checks = [
            position
            for position, cell in enumerate(self.cells)
            if cell.cell_type == "code" and re.match(r"gradlab\.check\(", cell.source)
        ]
        assert checks
        for position in checks:
            assert "not attempted yet" in (self.output(position).first.text_content() or "")

    def _wait_for_formulas(self) -> None:
        # A formula's dollars go when it is typeset.
        prose = "\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")
        if "$" in prose:
            expect(self.panel.locator("mjx-container").first).to_be_attached()
        self.page.wait_for_function(
            f"panel => !({_PROSE})(panel).includes('$')", arg=self.panel.element_handle()
        )

    def run_imports(self) -> None:
        """Run the first cell of code, which imports what the others need."""
        self.run([cell.cell_type for cell in self.cells].index("code"))

    def run(self, position: int, keys: str = "Control+Enter") -> None:
        """Click beside a cell, press Ctrl + Enter and wait until it has run."""
        prompt = self.cell(position).locator(".jp-InputPrompt")
        before = prompt.text_content()
        prompt.click()
        self.page.keyboard.press(keys)
        self.page.wait_for_function(_RUN_ANEW, arg=[prompt.element_handle(), before])
        self.page.wait_for_function(_IDLE)

    def answer(self, exercise: str, *lines: str) -> None:
        """Replace the body of an exercise by clicking into it and typing."""
        cell = self.cell(self.position(exercise))
        cell.locator(".cm-line", has_text="YOUR CODE HERE").click()
        self.type_body(*lines)

    def type_body(self, *lines: str) -> None:
        """Replace what is below the cursor's line; the editor indents."""
        self.page.keyboard.press("End")
        self.page.keyboard.press("Control+Shift+End")
        for line in lines:
            self.page.keyboard.press("Enter")
            self.page.keyboard.type(line)

    def check(self, exercise: str) -> str:
        """Run an exercise's cell and the one that checks it; return what the check shows."""
        position = self.position(f"grade_{exercise}")
        self.run(self.position(exercise))
        self.run(position)
        return self.output(position).first.inner_text()

    def save(self) -> None:
        """Press Ctrl + S and wait until nothing is left to save."""
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function(_SAVED)

    def is_saved(self) -> bool:
        """Return whether the page calls the notebook unchanged since it was opened or saved."""
        saved: bool = self.page.evaluate(_SAVED)
        return saved

    def validate(self) -> str:
        """Press nbgrader's button Validate; return what it says, and close that."""
        self.press("Validate")
        dialog = self.page.locator(".jp-Dialog")
        text = dialog.inner_text()
        dialog.get_by_role("button", name="Ok").click()
        expect(dialog).to_have_count(0)
        return text

    def press(self, name: str) -> None:
        """Press a button of the toolbar, or of the menu where JupyterLab puts what has no room."""
        button = self.panel.get_by_role("button", name=name)
        more = self.panel.get_by_role("button", name="More commands")
        expect(button.or_(more).first).to_be_visible()
        if not button.is_visible():
            more.click()
            button = self.page.locator(".jp-Toolbar-responsive-popup").get_by_role(
                "button", name=name
            )
        button.click()

    def choose(self, menu: str, *items: str) -> None:
        """Choose an item in the menu, or in a menu of that."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        for item in items:
            label = re.compile(f"^{item}$")
            self.page.locator(".lm-Menu-itemLabel", has_text=label).click()

    def keep_pictures(self, folder: str, kind: str, width: int) -> None:
        """Scroll from top to bottom in a window of some width, and keep a picture of each page."""
        self.page.set_viewport_size({"width": width, "height": _TALL})
        scroller = self.panel.locator(".jp-WindowedPanel-outer")
        scroller.evaluate("panel => { panel.scrollTop = 0 }")
        number, more = 0, True
        while more:
            self.page.evaluate(_SETTLED)
            screenshot(self.page, folder, self.path.stem, f"{kind}_{number:02d}")
            more, number = scroller.evaluate(_FURTHER), number + 1
