"""JupyterLab as `gradlab start` runs it, or Notebook 7, on a folder and with a home of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from browser.notebook import SECONDS, Notebook
from playwright.sync_api import Page

from gradlab.live.script import LABEXTENSIONS


class Server:
    """A Jupyter server in a process of its own.

    Parameters
    ----------
    folder : Path
        The learner's folder. The learner's home is made beside it, with no settings.
    command : sequence of str
        The module that is run, and its arguments; it runs in the folder above.
    ready : str
        What the server prints when it listens.
    page : str
        Where notebooks are opened.

    Attributes
    ----------
    folder : Path
        The learner's folder.
    home : Path
        The learner's home.
    printed : str
        What the learner reads in the terminal, if the server listens.
    """

    def __init__(self, folder: Path, command: Sequence[str], ready: str, page: str) -> None:
        self.folder = folder
        self.home = folder.parent / "home"
        self._page = page
        # Neither the settings of whoever runs the tests nor what only tests need.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "IPYTHON", "TQDM"))
        }
        log = folder.parent / "log"
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=folder.parent,
                env={**kept, "HOME": str(self.home)},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.printed = self._wait_for(ready, log)
        found = re.search(r"(http://127\.0\.0\.1:\d+/)\S*\?token=(\w+)", self.printed)
        assert found, self.printed
        self._base, self._token = found.groups()

    def _wait_for(self, ready: str, log: Path) -> str:
        while ready not in log.read_text():
            assert self._process.poll() is None, log.read_text()
            time.sleep(0.02)
        return log.read_text()

    def set(self, plugin: str, **settings: object) -> None:
        """Choose settings of JupyterLab as a learner's own; pages opened later have them."""
        extension, _, name = plugin.partition(":")
        folder = self.home / ".jupyter" / "lab" / "user-settings" / extension
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(settings))

    def open(self, page: Page, lesson: str, reset: bool = True) -> Notebook:
        """Open a lesson, with no other tab beside it; or, without reset, in the last layout."""
        address = f"{self._base}{self._page}/{quote(lesson)}?token={self._token}"
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
        self._process.terminate()
        try:
            self._process.wait(timeout=SECONDS)
        finally:
            self._process.kill()
            self._process.wait()


@contextmanager
def start(folder: Path) -> Iterator[Server]:
    """Run `gradlab start` on a folder, which need not exist."""
    command = ("gradlab.cli", "start", folder.name, "--no-browser", "--port", "0")
    with _running(Server(folder, command, "Ctrl-C", "lab/tree")) as lab:
        yield lab


@contextmanager
def start_notebook(folder: Path) -> Iterator[Server]:
    """Run Notebook 7 on a folder, with the extension as it is in this clone."""
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": 0,
        "ServerApp.root_dir": folder,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "JupyterNotebookApp.extra_labextensions_path": LABEXTENSIONS,
        # Of the two, this one serves the files.
        "LabApp.extra_labextensions_path": LABEXTENSIONS,
        # It does not show whether a notebook is saved.
        "JupyterNotebookApp.expose_app_in_browser": True,
    }
    command = ("notebook", *(f"--{name}={value}" for name, value in options.items()))
    with _running(Server(folder, command, "http://127.0.0.1", "notebooks")) as server:
        yield server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


# By what the tests call them.
START = {"lab": start, "notebook": start_notebook}
