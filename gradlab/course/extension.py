"""Checks of gradlab-live, the extension with which Jupyter's pages draw explorers and predictions.

The kernel may run from one environment, and the server that shows its notebooks from another.
Then the server does not have what was installed beside the kernel.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradlab.course.check import REINSTALL, Check
from gradlab.live.script import EXTENSION, LABEXTENSIONS

SECONDS = 2.0
_LOOPBACK = "127.0.0.1"
_NEEDS_NOTHING = "gradlab start needs nothing."


def check_extension_version() -> Check:
    """Check that a JupyterLab of this environment has this version of gradlab-live.

    The text is the same wherever all is well. In the browser's Python there is nothing to check:
    the page brings its own.
    """
    well = Check("live outputs", True, "explorers and predictions can move")
    if sys.platform == "emscripten":
        return well
    found = _find_installed()
    if found is not None and found["version"] == _read_own()["version"]:
        return well
    return Check(
        "live outputs", False, _describe_installed(found), f"{REINSTALL} {_NEEDS_NOTHING}"
    )


def check_extension() -> Check:
    """Check that a JupyterLab of this environment has the files that this gradlab has."""
    check = check_extension_version()
    found = _find_installed()
    if not check.ok or found is None or _get_address(found) == _get_address(_read_own()):
        return check
    return Check(
        "live outputs",
        False,
        f"the files of {EXTENSION} are not those of this gradlab",
        f"In a clone: python -m pip install -e . Otherwise: {REINSTALL} {_NEEDS_NOTHING}",
    )


def check_servers() -> Check:
    """Check that the learner's running Jupyter servers have gradlab-live.

    Each is asked on this machine alone. One that does not answer is no fault.
    """
    from jupyter_server.serverapp import list_running_servers

    answers = {server["url"]: _ask(server) for server in list_running_servers()}
    without = sorted(url for url, status in answers.items() if status == http.client.NOT_FOUND)
    having = sum(status == http.client.OK for status in answers.values())
    return Check(
        "servers",
        not without,
        f"{', '.join(without)} cannot draw explorers and predictions"
        if without
        else f"{having} running, with {EXTENSION}"
        if having
        else "none is running that could be asked",
        "They run from another environment, which has no "
        f"{EXTENSION}: install gradlab-course there too. {_NEEDS_NOTHING}",
    )


def _find_installed() -> dict[str, Any] | None:
    """Return the description of the extension that a JupyterLab of this Python would load."""
    from jupyter_core.paths import jupyter_path

    folders = map(Path, jupyter_path("labextensions"))
    paths = (folder / EXTENSION / "package.json" for folder in folders)
    return next((_read(path) for path in paths if path.is_file()), None)


def _read_own() -> dict[str, Any]:
    return _read(LABEXTENSIONS / EXTENSION / "package.json")


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _get_address(package: Mapping[str, Any]) -> str:
    """Return the address of what a browser loads; a digest of all files is a part of it."""
    address: str = package["jupyterlab"]["_build"]["load"]
    return address


def _describe_installed(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return f"the JupyterLab of this environment has no {EXTENSION}"
    return (
        f"{EXTENSION} is version {found['version']}, gradlab is version {_read_own()['version']}"
    )


def _ask(server: Mapping[str, Any]) -> int | None:
    """Return the status with which a server answers for the extension; None if it does not.

    It is asked by this machine's own address, whatever address it names, and past any proxy.
    """
    if server.get("sock") or server.get("secure"):
        return None
    connection = http.client.HTTPConnection(_LOOPBACK, server["port"], timeout=SECONDS)
    path = f"{server['base_url']}lab/extensions/{EXTENSION}/package.json"
    try:
        connection.request("GET", path, headers={"Authorization": f"token {server['token']}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
