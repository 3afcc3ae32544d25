"""The book as a reader sees it: light, dark and narrow, by mouse and by keyboard, offline."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

import pytest
from browser.book import CUT_OFF, FAINT, FOLDER, LOOKS, keep, reading
from browser.chromium import visit
from playwright.sync_api import Browser, Page

from tools.book.assemble import FRAME, ROOT

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOURCES = [
    *(path.relative_to(ROOT) for path in (ROOT / "README.md", *LESSONS)),
    *(path.relative_to(ROOT) for path in sorted((ROOT / "docs").glob("*.md"))),
    *(path.relative_to(FRAME) for path in sorted(FRAME.glob("reference/*.rst"))),
    Path("index"),
    Path("genindex"),
    Path("search"),
]
PAGES = [path.with_suffix(".html").as_posix() for path in SOURCES]
# Formulas that stand on another line than the punctuation beside them.
TORN = """
() => [...document.querySelectorAll(".together")]
  .filter((element) => new Set([...element.getClientRects()].map((r) => r.top)).size !== 1)
  .map((element) => element.textContent)
"""

# Code and outputs that have to be scrolled sideways.
SCROLLING = """
() => [...document.querySelectorAll("article pre")]
  .filter((element) => element.scrollWidth > element.clientWidth)
  .map((element) => element.textContent)
"""


def test_these_are_all_pages(book_root: Path) -> None:
    book = book_root / FOLDER
    assert {path.relative_to(book).as_posix() for path in book.rglob("*.html")} == set(PAGES)


@pytest.mark.parametrize("look", ["light", "dark", "narrow"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read(browser: Browser, book_address: str, name: str, look: str) -> None:
    with reading(browser, book_address + name, look) as page:
        keep(page, look, name)
        page.evaluate("document.querySelectorAll('details').forEach(d => (d.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look][1]
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate(FAINT) == []
        assert page.evaluate(TORN) == []
        assert page.evaluate(
            "[...document.images].every(i => i.complete && i.naturalWidth > 0 && i.alt.trim())"
        )
        levels = page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => +h.tagName[1])"
        )
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert page.locator("mjx-container").count() == page.locator(".math").count()
        assert page.locator("mjx-merror").count() == 0


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_formulas_are_drawn_wherever_a_lesson_has_one(
    browser: Browser, book_address: str, path: Path
) -> None:
    has_one = re.search(r"\$[^$]+\$", path.read_text("utf-8"))
    with reading(browser, f"{book_address}notebooks/{path.stem}.html") as page:
        assert bool(page.locator("mjx-container").count()) == bool(has_one)
        # For a screen reader.
        assert page.locator("mjx-assistive-mml").count() == page.locator("mjx-container").count()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_line_of_a_lesson_has_to_be_scrolled(
    browser: Browser, book_address: str, path: Path
) -> None:
    with reading(browser, f"{book_address}notebooks/{path.stem}.html") as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => (d.open = true))")
        assert page.locator("article pre").count() > 5
        assert page.evaluate(SCROLLING) == []


def test_nothing_in_code_looks_like_a_link(browser: Browser, book_address: str) -> None:
    with reading(browser, f"{book_address}notebooks/05_full_gradient_check.html", "dark") as page:
        parts = page.locator(".highlight span")
        assert parts.count() > 100
        assert parts.evaluate_all(
            "all => all.every(part => getComputedStyle(part).textDecorationLine === 'none')"
        )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_from_the_disk(browser: Browser, book_root: Path, name: str) -> None:
    with reading(browser, (book_root / FOLDER / name).as_uri()) as page:
        assert page.locator("h1").is_visible()
        assert page.locator("mjx-container").count() == page.locator(".math").count()
        assert page.evaluate("[...document.images].every(i => i.naturalWidth > 0)")


def test_an_answer_is_unfolded_by_keyboard(browser: Browser, book_address: str) -> None:
    focused = "document.activeElement"
    with reading(browser, f"{book_address}notebooks/00_start_here.html") as page:
        answer = page.locator("details pre", has_text="return 2 * x")
        assert not answer.is_visible()
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate(f"{focused}.textContent") == "Show a solution":
                break
        assert page.evaluate(f"{focused}.matches('summary')")
        assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        answer.wait_for(state="visible")
        keep(page, "light", "answer_unfolded")


def test_the_first_stop_of_the_tab_key_skips_to_the_content(
    browser: Browser, book_address: str
) -> None:
    with reading(browser, f"{book_address}docs/glossary.html") as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/glossary.html#furo-main-content")


def search(page: Page, term: str) -> set[str]:
    """Return the addresses that are found, without what comes after the page's name."""
    page.get_by_role("textbox", name="Search").fill(term)
    page.keyboard.press("Enter")
    page.get_by_text("Search finished").wait_for()
    hits = page.locator("#search-results li a").all()
    found = [urljoin(page.url, hit.get_attribute("href") or "") for hit in hits]
    return {re.split("[?#]", hit)[0] for hit in found}


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("cancellation", "docs/glossary.html"),
        ("cancellation", "notebooks/01_derivatives_by_differences.html"),
        ("workshop", "docs/instructor_guide.html"),
        ("estimate_noise", "reference/errors.html"),
    ],
)
def test_search_finds_the_page_of_a_term(
    browser: Browser, book_address: str, term: str, name: str
) -> None:
    with reading(browser, book_address + "index.html") as page:
        assert book_address + name in search(page, term)
        page.locator("#search-results .context").first.wait_for()
        keep(page, "light", "search_results")


def test_excerpts_show_formulas_without_their_delimiters(
    browser: Browser, book_address: str
) -> None:
    with reading(browser, book_address + "index.html") as page:
        search(page, "backward")
        hit = page.locator("#search-results li", has=page.locator('a[href*="docs/glossary"]'))
        excerpt = hit.locator(".context").first.inner_text()
        assert "\\frac" in excerpt
        assert not re.search(r"\\[()]", excerpt)


def test_search_works_from_the_disk(browser: Browser, book_root: Path) -> None:
    book = book_root / FOLDER
    # A page from the disk may not read the others, so the hits come without excerpts.
    with visit(browser) as page:
        page.goto((book / "index.html").as_uri())
        assert (book / "docs/glossary.html").as_uri() in search(page, "cancellation")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_download_is_the_learners_notebook(
    browser: Browser, book_address: str, path: Path
) -> None:
    with reading(browser, f"{book_address}notebooks/{path.stem}.html") as page:
        with page.expect_download() as download:
            page.get_by_role("link", name="Download this lesson as a notebook").click()
        assert download.value.suggested_filename == path.name
        assert Path(download.value.path()).read_bytes() == path.read_bytes()
