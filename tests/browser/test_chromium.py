"""The account of requests can say something else than none."""

from pathlib import Path

import pytest
from browser.chromium import ACCOUNT, serve, visit
from playwright.sync_api import Browser

PAGE = """
<img src="https://one.example/picture.png">
<script>
new Worker("worker.js")
new WebSocket("wss://two.example")
</script>
"""


def open_and_wait(browser: Browser, address: str) -> None:
    with visit(browser) as page:
        page.goto(address)
        page.wait_for_timeout(1000)


def test_what_a_page_and_its_worker_ask_of_other_machines_is_seen(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "worker.js").write_text("fetch('https://three.example/')", encoding="utf-8")
    before = len(ACCOUNT.off_machine)
    with serve(tmp_path) as base, pytest.raises(AssertionError, match="another machine"):
        open_and_wait(browser, base)
    asked = " ".join(ACCOUNT.off_machine[before:])
    # These were made on purpose.
    del ACCOUNT.off_machine[before:]
    for host in ("one.example", "two.example", "three.example"):
        assert host in asked
