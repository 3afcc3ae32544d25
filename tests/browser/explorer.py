"""An explorer in a notebook, moved by keyboard and mouse."""

from __future__ import annotations

from typing import NamedTuple

from browser.notebook import Notebook
from playwright.sync_api import Locator, expect

# Where a slider goes to change the text, which rounds: most to the left end.
_FAR_END = {"keep p": "End"}

_NEW_PICTURE = """
([box, picture, alt, text]) => {
    const image = box.querySelector("img")
    return image.src !== picture && image.alt !== alt && image.complete && image.naturalWidth > 0
}
"""
_NEW_TEXT = '([box, picture, alt, text]) => box.querySelector("pre").innerText !== text'


class Seen(NamedTuple):
    """What an explorer shows."""

    picture: str
    alt: str
    text: str


class LiveExplorer:
    """An explorer that its cell has just shown."""

    def __init__(self, notebook: Notebook, position: int) -> None:
        notebook.run(position)
        self.page = notebook.page
        self.box = notebook.output(position).locator(".widget-vbox")
        self.image = self.box.locator("img")
        self.text = self.box.locator("pre")
        expect(self.text).to_be_visible()

    def controls(self) -> list[str]:
        return self.box.locator(".widget-label:visible").all_inner_texts()

    def row(self, name: str) -> Locator:
        label = self.page.get_by_text(name, exact=True)
        return self.box.locator(".widget-inline-hbox", has=label)

    def seen(self) -> Seen:
        source, alt = self.image.get_attribute("src"), self.image.get_attribute("alt")
        assert source
        assert alt
        return Seen(source, alt, self.text.inner_text())

    def wait_for_picture_after(self, before: Seen) -> None:
        """Wait for another picture, which is described otherwise."""
        self.page.wait_for_function(_NEW_PICTURE, arg=[self.box.element_handle(), *before])

    def wait_for_text_after(self, before: Seen) -> None:
        self.page.wait_for_function(_NEW_TEXT, arg=[self.box.element_handle(), *before])

    def choose_last(self, menu: str) -> None:
        before = self.seen()
        self.row(menu).get_by_role("combobox").focus()
        self.page.keyboard.press("End")
        self.wait_for_picture_after(before)
        self.wait_for_text_after(before)

    def step_then_go_far(self, slider: str) -> None:
        before = self.seen()
        self.row(slider).get_by_role("slider").focus()
        self.page.keyboard.press("ArrowLeft")
        self.wait_for_picture_after(before)
        step = self.seen()
        self.page.keyboard.press(_FAR_END.get(slider, "Home"))
        self.wait_for_picture_after(step)
        self.wait_for_text_after(before)

    def drag(self, slider: str) -> None:
        before = self.seen()
        handle = self.row(slider).get_by_role("slider")
        # Waits until the handle no longer moves: pictures above it may still be loading.
        handle.hover()
        box = handle.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.down()
        self.page.mouse.move(x - 100, y, steps=10)
        self.page.mouse.up()
        self.wait_for_picture_after(before)
        self.wait_for_text_after(before)
