"""JupyterLab as `gradlab start` runs it, on a folder and with a home of its own."""

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
from urllib.parse import quote

from browser.notebook import SECONDS, Notebook
from playwright.sync_api import Page


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

    def open(self, page: Page, lesson: str, reset: bool = True) -> Notebook:
        """Open a lesson, with no other tab beside it; or, without reset, in the last layout."""
        address = f"{self._base}lab/tree/{quote(lesson)}?token={self._token}"
        address += "&reset" if reset else ""
        return Notebook(page, address, self.folder / lesson)

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
