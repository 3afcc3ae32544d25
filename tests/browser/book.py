"""A page of the book as a reader opens it, and what a test asks of every page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from browser.chromium import NARROW, SCREENSHOTS, WIDE, visit
from playwright.sync_api import Browser, Page

LOOKS: dict[str, tuple[Literal["light", "dark"], int]] = {
    "light": ("light", WIDE),
    "dark": ("dark", WIDE),
    "narrow": ("light", NARROW),
    "dark narrow": ("dark", NARROW),
}
# Served from a folder below the root, as on a host of many projects.
FOLDER = "some/where"
TIMEOUT = 60_000

# Text on what is behind it, as WCAG 2 computes its contrast: [ratio, words] where it is below 4.5.
FAINT = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) =>
    [r, g, b].map((value, i) => a * value + (1 - a) * under[i]);
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    return over(rgba(getComputedStyle(element).backgroundColor), behind(element.parentElement));
  };
  const luminance = (color) => {
    const [r, g, b] = color
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const words = walker.currentNode.textContent.trim();
    if (!words || !element.checkVisibility() || element.closest("script, style")) continue;
    const ground = behind(element);
    const style = getComputedStyle(element);
    const text = over(rgba(element.closest("svg text") ? style.fill : style.color), ground);
    const [low, high] = [luminance(text), luminance(ground)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push([ratio, words]);
  }
  return faint;
}
"""

# What reaches beyond the window and cannot be scrolled to, because the theme cuts the page off.
CUT_OFF = """
() => {
  const scrolls = (element) =>
    element.tagName !== "ARTICLE" &&
    (["auto", "scroll"].includes(getComputedStyle(element).overflowX) ||
      scrolls(element.parentElement));
  return [...document.querySelectorAll("article *")]
    .filter((element) => element.checkVisibility() && !element.closest("mjx-assistive-mml"))
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .filter((element) => !scrolls(element.parentElement))
    .map((element) => element.outerHTML.slice(0, 200));
}
"""


@contextmanager
def reading(browser: Browser, address: str, look: str = "light") -> Iterator[Page]:
    """Open a page of the book, with its formulas drawn; fail if anything was missing."""
    theme, width = LOOKS[look]
    wrong: list[str] = []
    with visit(browser, theme, width) as page:
        page.set_default_timeout(TIMEOUT)
        page.on("console", lambda m: wrong.append(m.text) if m.type != "log" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        # What the page gives up because it is left is not missing.
        page.on(
            "requestfailed",
            lambda r: wrong.append(r.url) if r.failure != "net::ERR_ABORTED" else None,
        )
        page.on("response", lambda r: wrong.append(r.url) if r.status >= 400 else None)
        page.goto(address)
        drawn(page)
        yield page
    assert wrong == []


def drawn(page: Page) -> None:
    page.evaluate("async () => { if (window.MathJax) await MathJax.startup.promise }")


def keep(page: Page, look: str, name: str) -> None:
    """Keep a picture of the whole page."""
    path = SCREENSHOTS / "book" / look / f"{name.replace('/', '_').removesuffix('.html')}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True)
