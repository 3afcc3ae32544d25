"""The real server: where it listens, whom it lets in, what it switches off, how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gradlab.course.lab import LabError, run_lab

LESSON = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
SECONDS = 60
TEACHERS_PANELS = ("assignment-list", "course-list", "create-assignment", "formgrader", "menu")
# Tests started with nohup pass on that hang-ups are ignored.
START = """
import signal
import sys
from pathlib import Path
from gradlab.course.lab import run_lab
signal.signal(signal.SIGHUP, signal.SIG_DFL)
run_lab(Path(sys.argv[1]), "00 start.ipynb", int(sys.argv[2]), browser=sys.argv[3] == "browser")
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by signals")


class Server:
    """A running `run_lab` in a process of its own, and what it printed."""

    def __init__(self, folder: Path, port: int, browser: str, settings: dict[str, str]) -> None:
        home = folder.parent / "home"
        (folder / "00 start.ipynb").write_text(LESSON, encoding="utf-8")
        kept = {name: v for name, v in os.environ.items() if not name.startswith("JUPYTER")}
        self.log = folder.parent / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, str(folder), str(port), browser],
                env={**kept, "HOME": str(home), "IPYTHONDIR": str(home / "ipython"), **settings},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.printed = ""
        while "Ctrl-C" not in self.printed:
            line = self.process.stdout.readline()
            assert line, self.log.read_text()
            self.printed += line
        found = re.search(r"(http://127\.0\.0\.1:\d+/)(\S+)\?token=(\w+)", self.printed)
        assert found, self.printed
        self.base, self.page, self.token = found.groups()

    def get(self, path: str, token: str | None = None) -> Any:
        token = self.token if token is None else token
        request = urllib.request.Request(
            self.base + path, headers={"Authorization": f"token {token}"}
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.read()

    def start_kernel(self) -> None:
        request = urllib.request.Request(
            self.base + "api/kernels",
            data=b'{"name": "python3"}',
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            assert answer.status == 201

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=SECONDS)
        assert self.process.stdout is not None
        self.printed += self.process.stdout.read()
        return code


@contextmanager
def serve(
    tmp_path: Path, port: int = 0, browser: str = "none", **settings: str
) -> Iterator[Server]:
    folder = tmp_path / "my course"
    folder.mkdir()
    server = Server(folder, port, browser, settings)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        assert server.process.stdout is not None
        server.process.stdout.close()


def children(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = [line.split() for line in listed.stdout.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_served_course(tmp_path: Path) -> None:
    # A learner's own settings must neither open the server nor be replaced.
    config = tmp_path / "home" / ".jupyter" / "jupyter_server_config.json"
    config.parent.mkdir(parents=True)
    text = json.dumps(
        {
            "ServerApp": {"ip": "0.0.0.0", "base_url": "/base/", "root_dir": "/"},
            "IdentityProvider": {"token": "known"},
        }
    )
    config.write_text(text)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serve(tmp_path, port, JUPYTER_TOKEN="known") as server:
            # The port is taken, so the address has another one, and is the true one.
            free = int(server.base.rstrip("/").rpartition(":")[2])
            assert free != port
            assert server.page == "base/lab/tree/00%20start.ipynb"
            assert b"JupyterLab" in server.get(server.page)
            contents = json.loads(server.get("base/api/contents"))["content"]
            assert [entry["name"] for entry in contents] == ["00 start.ipynb"]

            for token in ("", "known", "wrong"):
                with pytest.raises(urllib.error.HTTPError, match="403") as refused:
                    server.get("base/api/contents", token)
                refused.value.close()
            with socket.socket() as other:
                # The whole of 127/8 is this machine, so another address shows what is listened on.
                assert other.connect_ex(("127.0.0.2", free)) != 0

            line = subprocess.run(
                ["ps", "-ww", "-o", "args=", "-p", str(server.process.pid)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            assert "run_lab" in line
            assert server.token not in line

            found = re.search(
                r'id="jupyter-config-data" type="application/json">(.*?)</script>',
                server.get(server.page).decode(),
                re.DOTALL,
            )
            assert found
            page_config = json.loads(found[1])
            assert page_config["news"] == {"disabled": True}
            # nbgrader's button Validate stays; what is for teachers goes.
            off = page_config["disabledExtensions"]
            assert {f"@jupyter/nbgrader:{panel}" for panel in TEACHERS_PANELS} <= set(off)
            assert "@jupyter/nbgrader:validate-assignment" not in off
            themes = "base/lab/api/settings/@jupyterlab/apputils-extension:themes"
            properties = json.loads(server.get(themes))["schema"]["properties"]
            assert properties["adaptive-theme"]["default"] is True
            setting = "base/lab/api/settings/@jupyterlab/apputils-extension:notification"
            properties = json.loads(server.get(setting))["schema"]["properties"]
            assert properties["fetchNews"]["default"] == "false"
            assert properties["checkForUpdates"]["default"] is False
            # Answers without asking anyone.
            assert json.loads(server.get("base/lab/api/update"))["notification"] is None
            assert json.loads(server.get("base/lab/api/news"))["news"] == []
    assert config.read_text() == text


@pytest.mark.parametrize(
    "name",
    ["SIGTERM", *(pytest.param(name, marks=pytest.mark.slow) for name in ("SIGINT", "SIGHUP"))],
)
def test_a_signal_ends_the_server_and_its_kernels(name: str, tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        server.start_kernel()
        kernels = children(server.process.pid)
        assert kernels
        assert server.end(getattr(signal, name)) == 0
        assert server.printed.endswith("JupyterLab has stopped.\n")
        # A kernel that is stopped while it starts may leave a traceback; the server may not.
        assert "in run_lab" not in server.log.read_text()
        deadline = time.monotonic() + SECONDS
        while any(map(runs, kernels)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(map(runs, kernels))


def test_the_browser_opens_the_lesson_and_its_command_line_hides_the_token(
    tmp_path: Path,
) -> None:
    browser = tmp_path / "browser"
    seen = tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{seen}.part"; mv "{seen}.part" "{seen}"\n')
    browser.chmod(0o755)
    with serve(tmp_path, browser="browser", BROWSER=f"{browser} %s") as server:
        deadline = time.monotonic() + SECONDS
        while not seen.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        opened = seen.read_text().strip()
        assert server.token not in opened
        with urllib.request.urlopen(opened, timeout=SECONDS) as page:
            redirect = page.read().decode()
        assert f"{server.base}{server.page}?token={server.token}" in redirect


def test_without_jupyterlab_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    with pytest.raises(LabError, match=r"JupyterLab is needed.*pip install jupyterlab"):
        run_lab(tmp_path, "00_start_here.ipynb")
