"""A notebook without a page: cells that run in a real kernel, as a front end runs them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from jupyter_client.blocking.client import BlockingKernelClient

SECONDS = 60
# As a kernel is when gradlab was just imported. Starting one for each test takes a second.
_RESET = """
def reset():
    from gradlab.live import listening, runs
    shell = get_ipython()
    for event in ("pre_run_cell", "post_run_cell"):
        for noted in list(shell.events.callbacks[event]):
            if getattr(noted, "__module__", "") == runs.__name__:
                shell.events.unregister(event, noted)
    runs._recorders.clear()
    listening.receive({"kind": "cells", "cells": {}})
    shell.reset(new_session=False)
    shell.execution_count = 1
    shell.history_manager.input_hist_raw[:] = [""]
    shell.user_ns["gradlab"] = __import__("gradlab")
reset()
"""
_WATCH = "gradlab.live.runs.watch_runs()"
# As in the browser's Python after a cell that awaits.
_NO_ENDS = """
events = get_ipython().events
for noted in list(events.callbacks["post_run_cell"]):
    if getattr(noted, "__module__", "") == "gradlab.live.runs":
        events.unregister("post_run_cell", noted)
del events, noted
"""


class Notebook:
    """Cells that are run in a kernel.

    Parameters
    ----------
    client : BlockingKernelClient
        The kernel.
    ids : bool, optional
        Whether each run says which cell it is, as in JupyterLab and VS Code.
    ends : bool, optional
        Whether the kernel tells when a cell ends.
    watched : bool, optional
        Whether gradlab was imported before the first cell.
    """

    def __init__(
        self,
        client: BlockingKernelClient,
        ids: bool = True,
        ends: bool = True,
        watched: bool = True,
    ) -> None:
        self._client, self._ids = client, ids
        self._execute(_RESET, silent=True)
        if watched:
            self._execute(_WATCH, silent=True)
        if not ends:
            self._execute(_NO_ENDS, silent=True)

    def run(self, cell: str, text: str, batch: bool = False) -> str:
        """Run a cell; return what it printed, and the name of the error that stopped it.

        In a batch, as nbgrader runs it, cells have no ids, and errors stop nothing.
        """
        metadata = {"cellId": cell} if self._ids and not batch else {}
        return self._execute(text, metadata=metadata, stop_on_error=not batch)

    def show(self, name: str, *texts: str) -> None:
        """Tell Python how the exercise's cells stand, as the page does ahead of a check."""
        data = {"kind": "cells", "cells": {name: list(texts)}}
        content = {"comm_id": uuid4().hex, "target_name": "gradlab.live", "data": data}
        message = self._client.session.msg("comm_open", content)
        self._client.shell_channel.send(message)
        self._collect(message["header"]["msg_id"])

    def _execute(self, code: str, metadata: Any = None, **options: Any) -> str:
        silent = options.pop("silent", False)
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
            **options,
        }
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        said = self._collect(message["header"]["msg_id"])
        # The next cell is sent when the kernel has answered.
        self._client.get_shell_msg(timeout=SECONDS)
        return said

    def _collect(self, request: str) -> str:
        said = ""
        while True:
            message = self._client.get_iopub_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") != request:
                continue
            match message["msg_type"], message["content"]:
                case "stream", {"text": str(text)}:
                    said += text
                case "error", {"ename": str(name)}:
                    said += name
                case "status", {"execution_state": "idle"}:
                    return said
