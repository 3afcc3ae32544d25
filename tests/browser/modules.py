"""The ES modules of explorers and predictions in a page with nothing else: no Jupyter, no book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from browser.chromium import WIDE, serve, visit
from playwright.sync_api import Browser, Locator, Page

import gradlab
from gradlab.exercises.prediction import find_predictions
from gradlab.live.output import MIME, LiveOutput
from gradlab.live.script import FRONT

MODULES = sorted(path.stem for path in (FRONT / "modules").glob("*.mjs"))

# A model as the front ends make one, which counts how often it was told to save. `move` takes
# values as a learner's hand gives them.
_STAGE = """
async () => {
    document.body.replaceChildren();
    const loadFile = async (name) => (await import(`/${name}.mjs`)).default;
    const load = (name) => loadFile(`modules/${name}`);
    const kit = await (await loadFile("jupyter/kit"))(loadFile);
    const render = async (name, state) => {
        const module = await load(name);
        const shown = { state, saved: 0 };
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
    const move = (control, value) => {
        control.value = value;
        for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind));
    };
    // Every text on the page or for a screen reader, but what is spoken later.
    const read = () => [...document.querySelectorAll(".gx, .gx :not(style, .gx-hidden)")]
        .flatMap((element) => [
            ...[...element.childNodes].map((node) => node instanceof Text ? node.data : ""),
            element.getAttribute("aria-label") ?? "",
            element.getAttribute("aria-valuetext") ?? "",
        ]).filter((text) => text.trim()).join("\\n");
    Object.assign(window, { load, kit, render, move, read });
}
"""


@contextmanager
def open_stage(
    browser: Browser, theme: Literal["light", "dark"] = "light", width: int = WIDE
) -> Iterator[Page]:
    """Open an empty page that can load modules; fail if one of them raised an error in it."""
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
        "async ([name, states]) => {"
        " const { compute } = await load(name);"
        " return states.map((state) => compute(state, kit)); }",
        [name, list(states)],
    )
    return computed


def render(page: Page, name: str, state: Mapping[str, Any]) -> Locator:
    """Show a module with a state, in place of what was shown; raises what the module raises."""
    page.evaluate("([name, state]) => render(name, state)", [name, dict(state)])
    return page.locator(".gx")


def move(control: Locator, value: float | str) -> None:
    """Set a slider or a menu to a value, as a hand does."""
    control.evaluate("(control, value) => move(control, value)", value)


def read(page: Page) -> str:
    """Return all that a module says, on the page and to a screen reader, but what it speaks."""
    said: str = page.evaluate("() => read()")
    return said


def close(page: Page) -> dict[str, Any]:
    """End what is shown, which keeps changes that wait; returns the state in the model."""
    state: dict[str, Any] = page.evaluate("() => { shown.clean(); return shown.state; }")
    return state


def make_explorers() -> dict[str, dict[str, Any]]:
    """Return the first state of every explorer, by its module, as Python gives it."""
    outputs = [getattr(gradlab, name)() for name in gradlab.__all__ if name.startswith("explore_")]
    return dict(map(_read_live, outputs))


def make_states() -> dict[str, dict[str, Any]]:
    """Return a state of every module: those of the explorers, a prediction and a tally."""
    lesson, (prediction, *_) = next(iter(find_predictions().items()))
    others = [gradlab.predict(prediction.name), gradlab.tally_predictions(lesson)]
    return make_explorers() | dict(map(_read_live, others))


def _read_live(output: LiveOutput) -> tuple[str, dict[str, Any]]:
    live = output._repr_mimebundle_()[0][MIME]
    return live["module"], live["state"]
