"""A real browser that cannot leave the machine, and the account of what it asked for."""

from __future__ import annotations

import functools
import http.server
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tools.benchmarks.chromium import FLAGS

ROOT = Path(__file__).parents[2]
# For a person to look at.
SCREENSHOTS = ROOT / "build" / "screenshots"
WIDE, NARROW = 1280, 390
HEIGHT = 1000

# Most of these keep Chromium's own services from calling home, which are none of our doing: they
# look up no name but this machine's.
_FLAGS = [
    *FLAGS,
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=AutofillServerCommunication",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@dataclass
class Account:
    """What the browser asked for in a test run.

    Attributes
    ----------
    requests : int
        The requests of all pages over HTTP.
    off_machine : list of str
        The first lines of what pages and their workers tried to send to another machine. None
        of it got further than the guard.
    measured : list of str
        What a learner waited for, in sentences.
    """

    requests: int = 0
    off_machine: list[str] = field(default_factory=list)
    measured: list[str] = field(default_factory=list)

    def add(self, other: Account) -> None:
        """Add what another process counted."""
        self.requests += other.requests
        self.off_machine += other.off_machine
        self.measured += other.measured

    def __str__(self) -> str:
        return f"requests: {self.requests}, of these off the machine: {len(self.off_machine)}"


ACCOUNT = Account()


class _Guard(socketserver.StreamRequestHandler):
    """The proxy that pages have to take to all other machines: writes down, and hangs up."""

    timeout = 5

    def handle(self) -> None:
        first = self.rfile.readline(10_000).decode("latin-1").strip()
        ACCOUNT.off_machine.append(first)


def launch(playwright: Playwright, executable: str) -> Browser:
    """Start the browser, with an empty profile."""
    return playwright.chromium.launch(executable_path=executable, args=_FLAGS)


@contextmanager
def visit(
    browser: Browser,
    theme: Literal["light", "dark"] = "light",
    width: int = WIDE,
    height: int = HEIGHT,
    scripts: bool = True,
) -> Iterator[Page]:
    """Open a page as a visitor who was never here; fail if anything asked for another machine."""
    before = len(ACCOUNT.off_machine)
    guard = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Guard)
    with _served(guard):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            java_script_enabled=scripts,
            proxy={
                "server": f"http://127.0.0.1:{guard.server_address[1]}",
                "bypass": "127.0.0.1",
            },
        )
        context.on("request", lambda request: _count(request.url))
        try:
            yield context.new_page()
        finally:
            _leave(context)
    asked = ACCOUNT.off_machine[before:]
    assert not asked, f"asked for another machine: {asked}"


def _count(url: str) -> None:
    if url.startswith("http"):
        ACCOUNT.requests += 1


def _leave(context: BrowserContext) -> None:
    """Close without the question whether unsaved work may be lost."""
    for page in context.pages:
        page.on("dialog", lambda dialog: dialog.accept())
    context.close()


def screenshot(page: Page, *names: str) -> None:
    """Keep a picture of what the window shows under build/screenshots/."""
    path = SCREENSHOTS.joinpath(*names).with_suffix(".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder as ``python -m http.server`` does; yields the address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with _served(server):
        yield f"http://127.0.0.1:{server.server_port}"


@contextmanager
def _served(server: socketserver.TCPServer) -> Iterator[None]:
    # The end is noticed at the next look, and hundreds of pages have a server of their own.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
