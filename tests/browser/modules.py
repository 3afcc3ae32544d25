"""The ES modules of explorers and predictions in a page with nothing else: no Jupyter, no book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from browser.chromium import WIDE, serve, visit
from playwright.sync_api import Browser, Locator, Page

from gradlab.live.script import FRONT

MODULES = sorted(path.stem for path in (FRONT / "modules").glob("*.mjs") if path.stem != "kit")

# A model as the front ends make one, which counts how often it was told to save.
_STAGE = """
async () => {
    document.body.replaceChildren();
    document.title = "modules";
    const load = async (name) => (await import(`/modules/${name}.mjs`)).default;
    const kit = await load("kit");
    const render = async (name, state) => {
        const module = await load(name);
        const shown = { state, saved: 0, clean: () => {} };
        const el = document.createElement("div");
        document.body.replaceChildren(el);
        const model = {
            get: (key) => shown.state[key],
            set: (key, value) => { shown.state[key] = value; },
            save_changes: () => { shown.saved += 1; },
            on: () => {},
        };
        shown.clean = module.render({ model, el, kit });
        window.shown = shown;
    };
    Object.assign(window, { load, kit, render });
}
"""


@contextmanager
def open_stage(
    browser: Browser, theme: Literal["light", "dark"] = "light", width: int = WIDE
) -> Iterator[Page]:
    """Open an empty page that can load modules; fail if a module raised an error in it."""
    errors: list[str] = []
    with serve(FRONT) as base, visit(browser, theme, width) as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(base)
        page.evaluate(_STAGE)
        yield page
    assert errors == []


def compute(page: Page, name: str, states: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return what a module computes for each state; NaN and infinities arrive as they are."""
    computed: list[Any] = page.evaluate(
        "async ([name, states]) => states.map((await load(name)).compute)", [name, list(states)]
    )
    return computed


def render(page: Page, name: str, state: Mapping[str, Any]) -> Locator:
    """Show a module with a state, in place of what was shown; raises what the module raises."""
    page.evaluate("([name, state]) => render(name, state)", [name, dict(state)])
    return page.locator(".gx")


def get_state(page: Page) -> dict[str, Any]:
    """Return the state in the model of what is shown, once waiting changes have been kept."""
    state: dict[str, Any] = page.evaluate("() => { shown.clean(); return shown.state; }")
    return state


def read_texts(box: Locator) -> str:
    """Return everything that a module says: its text, and its texts for screen readers alone."""
    said: str = box.evaluate(
        """(box) => [box, ...box.querySelectorAll("*")].flatMap((element) => [
            ...[...element.childNodes]
                .filter((node) => node.nodeType === Node.TEXT_NODE && element.tagName !== "STYLE")
                .map((node) => node.data),
            element.getAttribute("aria-label") ?? "",
            element.getAttribute("aria-valuetext") ?? "",
        ]).filter((text) => text.trim()).join("\\n")"""
    )
    return said


def read_paths(box: Locator) -> str:
    """Return every attribute of every element drawn, as one text."""
    drawn: str = box.evaluate(
        """(box) => [...box.querySelectorAll("svg, svg *")].flatMap((element) =>
            [...element.attributes].map(({ name, value }) => `${name}=${value}`)).join("\\n")"""
    )
    return drawn
