"""One browser for all tests of this folder, and what it asked for at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from browser.book import FOLDER
from browser.chromium import ACCOUNT, SCREENSHOTS, Account, launch, serve
from browser.lab import Server, start
from playwright.sync_api import Browser, sync_playwright

from tools.benchmarks.chromium import NAMES, find_chromium
from tools.book.build import build_book


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the machine's Chromium; the test is skipped where there is none."""
    executable = find_chromium()
    if executable is None:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(NAMES)})")
    with sync_playwright() as playwright:
        running = launch(playwright, executable)
        yield running
        running.close()


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run JupyterLab on a fresh folder with a fresh home, for the tests of one file."""
    with start(tmp_path_factory.mktemp("lab") / "my-course") as running:
        yield running


@pytest.fixture(scope="session")
def book_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the book in FOLDER."""
    folder = tmp_path_factory.mktemp("root")
    place = folder / FOLDER
    place.parent.mkdir(parents=True)
    build_book(tmp_path_factory.mktemp("build")).rename(place)
    return folder


@pytest.fixture(scope="session")
def book_address(book_root: Path) -> Iterator[str]:
    with serve(book_root) as base:
        yield f"{base}/{FOLDER}/"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand this process's account to the one that started it, if there is one."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["account"] = asdict(ACCOUNT)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the account of a process that has ended."""
    account = getattr(node, "workeroutput", {}).get("account")
    if account is not None:
        ACCOUNT.add(Account(**account))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many requests were made, and how many of them would have left the machine."""
    for sentence in sorted(ACCOUNT.measured):
        terminalreporter.write_line(sentence)
    if ACCOUNT.requests:
        terminalreporter.write_line(f"Browser tests: {ACCOUNT}; pictures are in {SCREENSHOTS}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, so that it can be run alone or left out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")
