"""The measurement of pages: what its file server sends is counted, by kind."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from tools.benchmarks.pages import _serve


def test_the_server_counts_what_it_sends_by_kind(tmp_path: Path) -> None:
    sizes = {"a.html": 5, "b.mjs": 70_000, "c.woff2": 3, "d.wasm": 200_000, "e.css": 0}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(b"x" * size)
    with _serve(tmp_path) as server:
        for name in (*sizes, "a.html?path=b.css"):
            with urllib.request.urlopen(f"{server.address}/{name}") as answer:
                answer.read()
        sent = server.count()
    assert sent == {"html": 10, "js": 70_000, "fonts": 3, "other": 200_000}
