"""JupyterLab as `gradlab start` runs it, and a notebook in it as a learner uses it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from browser.chromium import screenshot
from playwright.sync_api import Locator, Page, expect

# What a slow machine may take for one thing.
SECONDS = 180
expect.set_options(timeout=SECONDS * 1000)

# Of a picture for a person to look at: fewer pages to turn.
_TALL = 2000

_PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
# Of this kind errors are, too.
STDERR = "[data-mime-type='application/vnd.jupyter.stderr']"
# Asked in the page: there a condition is seen at once, where `expect` would look once a second.
# The indicator alone says idle also before there is a kernel.
_IDLE = f"""
() => document.querySelector("#jp-main-statusbar").textContent.includes("| Idle")
    && document.querySelector("{_PANEL} .jp-Notebook-ExecutionIndicator[data-status=idle]")
"""
# Nothing runs after an error.
_ALL_RUN = f"""
() => document.querySelector("{STDERR}")
    || [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
        .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))
"""
_RUN_ANEW = """
([prompt, before]) =>
    prompt.textContent !== before && /\\[\\d+\\]/.test(prompt.textContent)
"""
_THEME = "name => document.body.dataset.jpThemeName === name"
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


class Lab:
    """A running `gradlab start` in a process of its own.

    Parameters
    ----------
    folder : Path
        The learner's folder. The learner's home is made beside it, with no settings.

    Attributes
    ----------
    folder : Path
        The learner's folder.
    printed : str
        What the learner reads in the terminal.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._home = folder.parent / "home"
        # Neither the settings of whoever runs the tests nor what only tests need.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "IPYTHON", "TQDM"))
        }
        command = ("gradlab.cli", "start", folder.name, "--no-browser", "--port", "0")
        with (folder.parent / "log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=folder.parent,
                env={**kept, "HOME": str(self._home)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.printed = self._first_words()
        found = re.search(r"(http://127\.0\.0\.1:\d+/)lab\S+\?token=(\w+)", self.printed)
        assert found, self.printed
        self._base, self._token = found.groups()

    def _first_words(self) -> str:
        assert self._process.stdout is not None
        printed = ""
        for line in self._process.stdout:
            printed += line
            if "Ctrl-C" in line:
                return printed
        raise AssertionError((self.folder.parent / "log").read_text())

    def set(self, plugin: str, **settings: object) -> None:
        """Choose settings of JupyterLab as a learner's own; pages opened later have them."""
        extension, _, name = plugin.partition(":")
        folder = self._home / ".jupyter" / "lab" / "user-settings" / extension
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(settings))

    def address(self, lesson: str) -> str:
        """Return where a lesson is opened, with no other tab beside it."""
        return f"{self._base}lab/tree/{quote(lesson)}?token={self._token}&reset"

    def shut_down_kernels(self) -> None:
        """End every kernel, so that it does not compete with the next test."""
        for session in json.loads(self._ask("GET", "api/sessions")):
            self._ask("DELETE", f"api/sessions/{session['id']}")

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(
            self._base + path, method=method, headers={"Authorization": f"token {self._token}"}
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            content: bytes = answer.read()
        return content

    def stop(self) -> None:
        """Ask the server to end, as closing the terminal does, and wait for it."""
        assert self._process.stdout is not None
        self._process.terminate()
        try:
            self._process.wait(timeout=SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()


@contextmanager
def start(folder: Path) -> Iterator[Lab]:
    """Run `gradlab start` on a folder, which need not exist."""
    lab = Lab(folder)
    try:
        yield lab
    finally:
        lab.stop()


class Notebook:
    """A lesson that is open in JupyterLab.

    Parameters
    ----------
    page : Page
        A page that shows nothing yet.
    lab : Lab
        The server.
    name : str
        The lesson's file.

    Attributes
    ----------
    path : Path
        The learner's file.
    cells : list
        Its cells, as they were when it was opened.
    complaints : list of str
        Errors that JupyterLab wrote to the browser's console.
    panel : Locator
        The notebook in the page.
    """

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page = page
        self.path = lab.folder / name
        self.cells: list[Any] = nbformat.read(self.path, as_version=4).cells
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        page.add_init_script(_POPUPS)
        page.set_default_timeout(SECONDS * 1000)
        page.goto(lab.address(name))
        self.panel = page.locator(_PANEL)
        expect(self.panel.locator(".jp-Cell")).to_have_count(len(self.cells))
        self.page.wait_for_function(_IDLE)

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
        self._choose("Run", "Run All Cells")
        self.wait_until_all_have_run()

    def wait_until_all_have_run(self) -> None:
        """Wait until every cell of code has a number, or one an error, and nothing runs."""
        self.page.wait_for_function(_ALL_RUN)
        self.page.wait_for_function(_IDLE)

    def run_imports(self) -> None:
        """Run the first cell of code, which imports what the others need."""
        self.run([cell.cell_type for cell in self.cells].index("code"))

    def run(self, position: int) -> None:
        """Click beside a cell, press Ctrl + Enter and wait until it has run."""
        prompt = self.cell(position).locator(".jp-InputPrompt")
        before = prompt.text_content()
        prompt.click()
        self.page.keyboard.press("Control+Enter")
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
        expect(self.page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)

    def validate(self) -> str:
        """Press nbgrader's button Validate; return what it says, and close that."""
        self.panel.get_by_role("button", name="Validate").click()
        dialog = self.page.locator(".jp-Dialog")
        text = dialog.inner_text()
        dialog.get_by_role("button", name="Ok").click()
        expect(dialog).to_have_count(0)
        return text

    def choose_theme(self, name: str) -> None:
        """Choose a theme in the menu and wait until the page has its colours."""
        self._choose("Settings", "Theme", name)
        self.page.wait_for_function(_THEME, arg=name)

    def _choose(self, menu: str, *items: str) -> None:
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        for item in items:
            label = re.compile(f"^{item}$")
            self.page.locator(".lm-Menu-itemLabel", has_text=label).click()

    def keep_pictures(self, kind: str, width: int) -> None:
        """Scroll from top to bottom in a window of some width, and keep a picture of each page."""
        self.page.set_viewport_size({"width": width, "height": _TALL})
        scroller = self.panel.locator(".jp-WindowedPanel-outer")
        scroller.evaluate("panel => { panel.scrollTop = 0 }")
        number, more = 0, True
        while more:
            self.page.evaluate(_SETTLED)
            screenshot(self.page, "lab", self.path.stem, f"{kind}_{number:02d}")
            more, number = scroller.evaluate(_FURTHER), number + 1
