"""The account of requests can say something else than none."""

import time
from pathlib import Path

import pytest
from browser.chromium import ACCOUNT, serve, visit
from browser.notebook import SECONDS
from playwright.sync_api import Browser

PAGE = """
<img src="https://one.example/picture.png">
<script>
new Worker("worker.js")
new WebSocket("wss://two.example")
</script>
"""


HOSTS = ("one.example", "two.example", "three.example")


def open_and_wait(browser: Browser, address: str, before: int) -> None:
    with visit(browser) as page:
        page.goto(address)
        deadline = time.monotonic() + SECONDS
        while not seen(before) and time.monotonic() < deadline:
            # Lets the page and the guard go on.
            page.wait_for_timeout(20)


def seen(before: int) -> bool:
    asked = " ".join(ACCOUNT.off_machine[before:])
    return all(host in asked for host in HOSTS)


def test_what_a_page_and_its_worker_ask_of_other_machines_is_seen(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "worker.js").write_text("fetch('https://three.example/')", encoding="utf-8")
    before = len(ACCOUNT.off_machine)
    with serve(tmp_path) as base, pytest.raises(AssertionError, match="another machine"):
        open_and_wait(browser, base, before)
    assert seen(before), ACCOUNT.off_machine[before:]
    # These were made on purpose.
    del ACCOUNT.off_machine[before:]
