"""The benchmark of redraws finds every explorer; how long they take is not tested."""

from __future__ import annotations

import subprocess
import sys

import pytest
from browser.modules import make_explorers

from tools.benchmarks.chromium import find_chromium

_WITHOUT_PLAYWRIGHT = """
import sys
sys.modules["playwright.sync_api"] = None
from tools.benchmarks.redraw import print_redraws
print_redraws()
"""


def run(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True
    ).stdout


def test_every_explorer_is_measured() -> None:
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine")
    printed = run("-m", "tools.benchmarks.redraw")
    for module in make_explorers():
        assert f"redraw of explore_{module}, " in printed


def test_without_a_browser_one_line_says_so() -> None:
    assert run("-c", _WITHOUT_PLAYWRIGHT).splitlines() == [
        "redraws of the explorers: not measured, there is no Playwright here"
    ]
