"""JupyterLab on the learner's course folder, for this machine only: it contacts no other."""

from __future__ import annotations

import json
import os
import secrets
import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gradlab.course.folder import HIDDEN
from gradlab.live.script import LABEXTENSIONS
from gradlab.support.errors import GradlabError

PORT = 8888
# The shares of the window's width: left side bar, lesson, right side bar. JupyterLab's default of
# 0.2 cuts off the names of lessons in a window 1280 pixels wide.
_RELATIVE_SIZES = [0.25, 0.75, 0]


class LabError(GradlabError):
    """Why JupyterLab did not start and what to do, in a sentence for the learner."""


def run_lab(folder: Path, notebook: str, port: int = PORT, browser: bool = True) -> None:
    """Run JupyterLab until it is stopped, and print the address to open.

    The server runs in this process, so that it cannot be left behind and its token is on no
    command line. It stops on Ctrl-C, or when the process is asked to terminate.

    Parameters
    ----------
    folder : Path
        The learner's folder; nothing above it is served.
    notebook : str
        The name of the notebook to open.
    port : int, optional
        The port to listen on; if it is taken, another one is used. 0 means any free port.
    browser : bool, optional
        Whether to open the browser.

    Raises
    ------
    LabError
        If JupyterLab is not installed.
    """
    _add_settings()
    try:
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        raise LabError(
            f"JupyterLab is needed but could not be loaded ({error}). Install it into the Python "
            "that runs gradlab: python -m pip install jupyterlab"
        ) from error
    workspaces = folder.resolve() / HIDDEN / "workspaces"
    _widen_file_list(workspaces)
    token = secrets.token_hex(24)
    page = f"/lab/tree/{quote(notebook)}"
    options = _list_options(folder.resolve(), workspaces, page, token, port, browser)
    server = LabApp.initialize_server(options)
    _stop_on_signals(server)
    scheme = "https" if server.certfile else "http"
    # When this is printed, the server listens: its own start comes first in the loop.
    server.io_loop.add_callback(
        print,
        "JupyterLab is running. If no browser opens, open this address:\n\n"
        f"    {scheme}://127.0.0.1:{server.port}{server.default_url}?token={token}\n\n"
        "Keep this window open; press Ctrl-C here to stop.",
        flush=True,
    )
    server.start()
    print("JupyterLab has stopped.")


def _add_settings() -> None:
    """Add the settings in gradlab/course/jupyter/.

    They are defaults, which a learner's own choices override: no question about news, light or
    dark colours like the desktop's, and room for names in the list of files. If nbgrader is
    installed, its panels for teachers are hidden, but its Validate button is shown.
    """
    own = str(Path(__file__).parent / "jupyter")
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([own, others] if others else [own])


def _widen_file_list(workspaces: Path) -> None:
    """Lay out the first workspace; one that exists is the learner's."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    if workspaces.exists():
        return
    files = {"collapsed": False, "visible": True, "current": "filebrowser"}
    layout = {"main": {}, "left": files, "relativeSizes": _RELATIVE_SIZES}
    workspace = {"data": {"layout-restorer:data": layout}, "metadata": {"id": "default"}}
    WorkspacesManager(str(workspaces)).save("default", json.dumps(workspace))


def _list_options(
    folder: Path, workspaces: Path, page: str, token: str, port: int, browser: bool
) -> list[str]:
    """Return JupyterLab's options, which override the learner's Jupyter configuration."""
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 50,
        "ServerApp.root_dir": folder,
        "LabApp.default_url": page,
        "ServerApp.open_browser": browser,
        "IdentityProvider.token": token,
        # As this package has it, whatever else is installed in the environment.
        "LabApp.extra_labextensions_path": LABEXTENSIONS,
        # The open tabs of this course stay apart from those of the learner's other work.
        "LabApp.workspaces_dir": workspaces,
        # No request leaves the machine, whatever is clicked.
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.news_url": None,
        "LabApp.extension_manager": "readonly",
        "Application.log_level": "ERROR",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print("Notice: you are root, so the code in the notebooks runs as root.")
        arguments.append("--allow-root")
    return arguments


def _stop_on_signals(server: Any) -> None:
    def stop(*_: object) -> None:
        server.stop(from_signal=True)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Windows has no SIGHUP, and nohup wants it ignored.
        if number is None or (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            continue
        # JupyterLab's own handler of Ctrl-C asks for confirmation, or leaves kernels running.
        signal.signal(number, stop)
