"""The links of the book: none is dead, and none leads to a site that the sources do not cite."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

from bs4 import BeautifulSoup

from tools.book.assemble import ROOT

SOURCES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
]

Pages = dict[str, BeautifulSoup]


def test_no_link_is_dead(book: Path, pages: Pages) -> None:
    anchors = {
        name: {str(element["id"]) for element in page.select("[id]")} | {"", "top"}
        for name, page in pages.items()
    }
    dead = []
    for name, page in pages.items():
        for element in page.select("[href], [src]"):
            address = str(element.get("href") or element.get("src") or "")
            if re.match(r"https?:|data:", address):
                continue
            path, anchor = urldefrag(urljoin(name, address))
            path = unquote(path.partition("?")[0])
            if not (book / path).is_file() or (
                path in anchors and anchor not in anchors[path] | {"furo-main-content"}
            ):
                dead.append((name, address))
    assert dead == []


def test_the_only_addresses_of_other_sites_are_those_that_the_sources_cite(pages: Pages) -> None:
    cited = {
        address.rstrip(".,")
        for source in SOURCES
        for address in re.findall(r"https://[^\s)>\"`\\]+", source.read_text("utf-8"))
    }
    found = {
        str(element.get("href") or element.get("src"))
        for page in pages.values()
        for element in page.select('[href^="http"], [src^="http"], [href^="//"], [src^="//"]')
    }
    assert "https://doi.org/10.24432/C50P49" in found
    assert found - cited == set()


def test_links_of_the_docs_stay_links(pages: Pages) -> None:
    for source in sorted((ROOT / "docs").glob("*.md")):
        page = pages[f"docs/{source.stem}.html"].select_one("article")
        assert page
        linked = [str(link["href"]).partition("#")[0] for link in page.select("a[href]")]
        for target in re.findall(r"\]\(([^)\s]+\.(?:md|ipynb))\)", source.read_text("utf-8")):
            name = target.replace("solved/", "").rpartition(".")[0]
            assert f"{name}.html" in linked, (source.name, target)
