"""The doctor on gradlab-live: missing, of another version, or not where a running server is."""

import http.server
import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradlab.course import extension
from gradlab.course.extension import check_extension, check_extension_version, check_servers
from gradlab.live.script import EXTENSION, LABEXTENSIONS


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy gradlab-live to where this Python's JupyterLab looks first; return its package.json."""
    target = tmp_path / "jupyter" / "labextensions"
    shutil.copytree(LABEXTENSIONS, target)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return target / EXTENSION / "package.json"


def test_the_same_extension_is_well(installed: Path) -> None:
    assert check_extension_version().ok
    assert check_extension() == check_extension_version()


def test_another_version_is_found(installed: Path) -> None:
    package = json.loads(installed.read_text())
    installed.write_text(json.dumps({**package, "version": "0.1.7"}))
    for check in (check_extension_version(), check_extension()):
        assert not check.ok
        assert "0.1.7" in check.found
        assert package["version"] in check.found


def test_other_files_of_the_same_version_are_found_by_the_doctor_alone(installed: Path) -> None:
    text = installed.read_text()
    installed.write_text(text.replace("?v=", "?v=0"))
    assert check_extension_version().ok
    assert not check_extension().ok


def test_a_missing_extension_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [str(tmp_path)])
    check = check_extension()
    assert not check.ok
    assert EXTENSION in check.found
    assert "gradlab start needs nothing" in check.remedy


def test_the_browsers_python_needs_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [str(tmp_path)])
    monkeypatch.setattr("sys.platform", "emscripten")
    assert check_extension_version().ok


class Answer(http.server.BaseHTTPRequestHandler):
    """A server that answers with its status, and keeps what it was asked."""

    status = 200
    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        self.send_response(self.status)
        self.send_header("Location", "http://192.0.2.1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(runtime: Path, status: int, **changes: object) -> Iterator[list[tuple[str, str | None]]]:
    """Run a server that is listed as a Jupyter server of this user."""
    asked: list[tuple[str, str | None]] = []
    handler = type("Handler", (Answer,), {"status": status, "asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    register(runtime, server.server_port, **changes)
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def register(runtime: Path, port: int, **changes: object) -> None:
    runtime.mkdir(exist_ok=True)
    info = {"pid": os.getpid(), "port": port, "base_url": "/me/", "token": "secret"}
    info |= {"url": f"http://elsewhere.invalid:{port}/me/", "secure": False, "sock": ""}
    (runtime / f"jpserver-{port}.json").write_text(json.dumps({**info, **changes}))


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    # Nothing listens there; a request that took the proxy would not arrive.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    return tmp_path / "runtime"


def test_servers_with_the_extension_are_well(runtime: Path) -> None:
    with serve(runtime, 200) as asked:
        check = check_servers()
    assert check.ok
    assert asked == [(f"/me/lab/extensions/{EXTENSION}/package.json", "token secret")]


def test_a_server_without_the_extension_is_named(runtime: Path) -> None:
    with serve(runtime, 200), serve(runtime, 404, url="http://localhost:1/other/"):
        check = check_servers()
    assert not check.ok
    assert check.found.startswith("http://localhost:1/other/ cannot")
    assert "install gradlab-course there too" in check.remedy
    assert "gradlab start needs nothing" in check.remedy


@pytest.mark.parametrize("status", [302, 403, 500])
def test_a_server_that_does_not_say_is_no_fault(status: int, runtime: Path) -> None:
    with serve(runtime, status) as asked:
        assert check_servers().ok
    assert len(asked) == 1


def test_a_server_that_is_silent_is_no_fault(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extension, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        register(runtime, silent.getsockname()[1])
        assert check_servers().ok
    assert check_servers().ok


@pytest.mark.parametrize("changes", [{"secure": True}, {"sock": "/tmp/socket"}])
def test_what_is_not_asked(changes: dict[str, object], runtime: Path) -> None:
    with serve(runtime, 404, **changes) as asked:
        assert check_servers().ok
    assert asked == []
