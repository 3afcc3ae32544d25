"""Measure how long an explorer takes to follow a hand: ``make bench`` prints it.

Each explorer is shown in a page as in the book, in Chromium. Every control is moved through its
range; a redraw is the time that its handler takes, and then the layout of the page.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import gradlab
from gradlab.live.script import as_page_script
from tools.benchmarks.chromium import FLAGS, NAMES, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AIM_MS = 16
_MOVES = 60
_PAGE = '<!doctype html><meta charset="utf-8"><body>{figure}<script>{script}</script>'
# There and back, so that no move leaves a control where it was.
_MEASURE = """
(moves) => [...document.querySelectorAll(".gx :is(input[type=range], select)")].map((control) => {
    const times = [];
    for (let i = 0; i <= moves; i += 1) {
        const t = 1 - Math.abs(1 - (2 * i) / moves);
        if (control.options) control.selectedIndex = i % control.options.length;
        else control.value = +control.min + t * (control.max - control.min);
        const start = performance.now();
        control.dispatchEvent(new Event(control.options ? "change" : "input"));
        document.body.getBoundingClientRect();
        times.push(performance.now() - start);
    }
    return [control.labels[0].textContent, times.slice(1)];
})
"""


class Redraws(NamedTuple):
    """How long the redraws took after the moves of one control, in ms."""

    explorer: str
    control: str
    times: list[float]

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.times)

    @property
    def slow(self) -> float:
        """The 95th percentile."""
        return statistics.quantiles(self.times, n=20)[-1]


def print_redraws() -> None:
    """Print the redraws of every control of every explorer, or why they cannot be measured."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("redraws of the explorers: not measured, there is no Playwright here")
        return
    executable = find_chromium()
    if executable is None:
        print(f"redraws of the explorers: not measured, no Chromium here ({', '.join(NAMES)})")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for redraws in _measure(browser):
            what = f"redraw of {redraws.explorer}, {redraws.control}"
            print(
                f"{what:<42} {redraws.median:8.1f} ms, 95% under {redraws.slow:.1f} ms"
                f"   aim: under {AIM_MS} ms",
                flush=True,
            )
        browser.close()


def _measure(browser: Browser) -> Iterator[Redraws]:
    script = as_page_script()
    for name in sorted(name for name in gradlab.__all__ if name.startswith("explore_")):
        bundle, _ = getattr(gradlab, name)()._repr_mimebundle_()
        page = browser.new_page()
        page.set_content(_PAGE.format(figure=bundle["text/html"], script=script))
        for control, times in page.evaluate(_MEASURE, _MOVES):
            yield Redraws(name, control, times)
        page.close()


if __name__ == "__main__":
    print_redraws()
