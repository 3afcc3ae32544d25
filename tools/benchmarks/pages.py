"""Measure what a reader of the book and of the site waits for, in a real browser.

``python -m tools.benchmarks.pages`` prints two tables, medians of some visits each. A visitor was
never here, so nothing is cached, and reaches nothing but this machine. Bytes are what the file
server sent, to workers too; it compresses nothing. Nothing here fails on a slow machine. It needs
a Chromium, the extra ``test``, and a site (``make site PYODIDE=folder``).
"""

from __future__ import annotations

import argparse
import functools
import http.server
import re
import statistics
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tools.benchmarks.chromium import FLAGS, NAMES, find_chromium
from tools.benchmarks.markdown import format_table

try:
    from playwright.sync_api import Browser, Page, ProxySettings, sync_playwright
except ImportError:
    sys.exit("This needs Playwright. Install it with: pip install -e '.[test]'")

_SITE = Path(__file__).parents[2] / "build" / "site"
_RUN_ALL = ("01", "02", "04")
_MILLISECONDS = 300_000

_KINDS = {
    "html": (".html",),
    "css": (".css",),
    "js": (".js", ".mjs"),
    "images": (".png", ".svg", ".jpg", ".gif", ".ico", ".webp"),
    "fonts": (".woff", ".woff2", ".ttf", ".otf"),
    "other": (),
}

# What is small is an icon. What is out of sight is not painted, so the page is scrolled to the
# figure. The first of the two frames paints it; the second begins when that is done.
_WATCH = """
const isLarge = figure => figure.getBoundingClientRect().width >= 100
const isThere = ({ complete = true, naturalWidth = 1 }) => complete && naturalWidth > 0
const look = () => {
    const figure = [...document.querySelectorAll(`SELECTOR`)].find(isLarge)
    figure?.scrollIntoView({ block: "center", behavior: "instant" })
    if (!figure || !isThere(figure)) return requestAnimationFrame(look)
    requestAnimationFrame(() => requestAnimationFrame(() => {
        window.firstFigure = performance.now()
    }))
}
look()
"""
_BOOK_FIGURE = "article :is(.cell_output, figure) :is(img, svg)"
_SITE_FIGURE = ".jp-OutputArea-output :is(img, svg)"
_LOADED = "performance.getEntriesByType('navigation')[0].loadEventStart"


class _Visit(NamedTuple):
    # Bytes by kind; seconds since the visitor came.
    sent: dict[str, int]
    ready: float
    figure: float


_Way = Callable[[Page, str, "_Server"], _Visit]


def main() -> None:
    """Visit every page, and print the tables."""
    parser = argparse.ArgumentParser(description="Measure what a reader waits for.")
    parser.add_argument("--site", type=Path, default=_SITE, help="the site's folder (build/site)")
    parser.add_argument("--runs", type=int, default=3, help="how often each page is visited (3)")
    arguments = parser.parse_args()
    pages = sorted((arguments.site / "notebooks").glob("[0-9][0-9]_*.html"))
    if not pages:
        sys.exit(f"{arguments.site} has no lessons. Build the site: make site PYODIDE=folder")
    if not (arguments.site / "lite" / "static" / "pyodide").is_dir():
        sys.exit(f"{arguments.site} has no Pyodide of its own. Build it: make site PYODIDE=folder")
    executable = find_chromium()
    if executable is None:
        sys.exit(f"This machine has no Chromium (looked for {', '.join(NAMES)}).")
    book = {page.stem: f"notebooks/{page.name}" for page in pages}
    lessons = {
        name: f"lite/notebooks/index.html?path={name}.ipynb"
        for name in book
        if name.startswith(_RUN_ALL)
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        print(f"Chromium {browser.version}; medians of {arguments.runs} visits.\n")
        visit = functools.partial(_visit, browser, arguments.site, arguments.runs)
        print("The book, with kB until a page is loaded:\n")
        print(_tabulate("loaded, s", book, functools.partial(visit, _read)))
        print("\nLessons run in the browser, with kB until the first figure:\n")
        print(_tabulate("can be run, s", lessons, functools.partial(visit, _run_all)))
        browser.close()


def _tabulate(ready: str, paths: dict[str, str], visit: Callable[[str], list[_Visit]]) -> str:
    head = ("page", *_KINDS, "all kB", ready, "first figure, s")
    rows = [(name, *_summarise(visit(path))) for name, path in paths.items()]
    return format_table(head, rows)


def _summarise(visits: list[_Visit]) -> Iterator[str]:
    for kind in _KINDS:
        yield f"{statistics.median(visit.sent.get(kind, 0) for visit in visits) / 1000:.0f}"
    yield f"{statistics.median(sum(visit.sent.values()) for visit in visits) / 1000:.0f}"
    yield f"{statistics.median(visit.ready for visit in visits):.2f}"
    yield f"{statistics.median(visit.figure for visit in visits):.2f}"


def _visit(browser: Browser, site: Path, runs: int, way: _Way, path: str) -> list[_Visit]:
    """Visit a page some times, each time as somebody who was never here."""
    visits = []
    for _ in range(runs):
        with _serve(site) as server:
            # There is no proxy at this port, so all other machines are out of reach.
            proxy: ProxySettings = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}
            context = browser.new_context(viewport={"width": 1280, "height": 1000}, proxy=proxy)
            context.set_default_timeout(_MILLISECONDS)
            visits.append(way(context.new_page(), f"{server.address}/{path}", server))
            context.close()
    return visits


def _read(page: Page, address: str, server: _Server) -> _Visit:
    """Open a page of the book."""
    page.add_init_script(_WATCH.replace("SELECTOR", _BOOK_FIGURE))
    page.goto(address)
    sent = server.count()
    figure = _wait_for_figure(page)
    return _Visit(sent, page.evaluate(_LOADED) / 1000, figure)


def _run_all(page: Page, address: str, server: _Server) -> _Visit:
    """Open a lesson, and run it as soon as its kernel has a name: what is run before is lost."""
    page.add_init_script(_WATCH.replace("SELECTOR", _SITE_FIGURE))
    page.goto(address)
    page.get_by_text("Python (Pyodide)").first.wait_for(state="attached")
    ready = page.evaluate("performance.now()") / 1000
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    figure = _wait_for_figure(page)
    return _Visit(server.count(), ready, figure)


def _wait_for_figure(page: Page) -> float:
    page.wait_for_function("window.firstFigure !== undefined")
    milliseconds: float = page.evaluate("window.firstFigure")
    return milliseconds / 1000


class _Server(http.server.ThreadingHTTPServer):
    """A file server that keeps account of what it sends."""

    def __init__(self, site: Path) -> None:
        # One for each piece that is sent: to append is safe in threads, to add up is not.
        self.pieces: list[tuple[str, int]] = []
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler, directory=str(site)))
        self.address = f"http://127.0.0.1:{self.server_port}"

    def count(self) -> dict[str, int]:
        """Return the bytes sent so far, by kind."""
        total: Counter[str] = Counter()
        for kind, size in self.pieces.copy():
            total[kind] += size
        return total


class _Handler(http.server.SimpleHTTPRequestHandler):
    server: _Server

    def copyfile(self, source: Any, outputfile: Any) -> None:
        ending = PurePosixPath(urlsplit(self.path).path).suffix
        kind = next((kind for kind, endings in _KINDS.items() if ending in endings), "other")
        while piece := source.read(1 << 16):
            self.server.pieces.append((kind, len(piece)))
            outputfile.write(piece)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _serve(site: Path) -> Iterator[_Server]:
    with _Server(site) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    main()
