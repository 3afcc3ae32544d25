"""An explorer in a notebook, moved by keyboard and mouse: whatever it has of sliders and menus."""

from __future__ import annotations

from browser.notebook import Notebook
from playwright.sync_api import Locator, expect

_CONTROLS = "input, select, button, summary, [tabindex]"
# Plots and numbers, without the rows of the controls and what only a screen reader says.
_SHOWN = """
box => {
    const copy = box.cloneNode(true)
    copy.querySelectorAll("style, .gx-row, .gx-hidden, button").forEach(part => part.remove())
    return copy.innerHTML
}
"""
_SHOWS_ANOTHER = f"([box, before]) => ({_SHOWN})(box) !== before"
# What Jupyter does on these keys would be seen: cells above, below, gone, of another kind.
_LETTERS = "abxmyr"


class LiveExplorer:
    """An explorer that is shown below a cell.

    Parameters
    ----------
    notebook : Notebook
    position : int
        The position of its cell.
    """

    def __init__(self, notebook: Notebook, position: int) -> None:
        self.page = notebook.page
        self.box = notebook.output(position).locator(".gx")
        expect(self.box).to_be_visible()
        self.box.scroll_into_view_if_needed()

    def controls(self) -> list[Locator]:
        """Return whatever can have the focus."""
        return self.box.locator(_CONTROLS).locator("visible=true").all()

    def menus(self) -> list[Locator]:
        return self.box.locator("select").all()

    def sliders(self) -> list[Locator]:
        return self.box.locator("input[type=range]:not([disabled])").locator("visible=true").all()

    def shown(self) -> str:
        """Return plots and numbers, as HTML."""
        shown: str = self.box.evaluate(_SHOWN)
        return shown

    def wait_for_change(self, before: str) -> None:
        self.page.wait_for_function(_SHOWS_ANOTHER, arg=[self.box.element_handle(), before])

    def press(self, control: Locator, *keys: str) -> None:
        control.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def choose_each(self, menu: Locator) -> None:
        """Choose each item by the arrow keys; the last one is left chosen."""
        self.press(menu, "Home")
        count = menu.locator("option").count()
        for _ in range(count - 1):
            before = self.shown()
            self.press(menu, "ArrowDown")
            self.wait_for_change(before)
        expect(menu).to_have_js_property("selectedIndex", count - 1)

    def move(self, slider: Locator) -> None:
        """Go to both ends and a step back by the keyboard, then drag by the mouse."""
        name = (
            slider.get_attribute("aria-label")
            or self.box.locator(f"label[for='{slider.get_attribute('id')}']").inner_text()
        )
        assert name
        self.press(slider, "End")
        for key in ("Home", "ArrowRight"):
            before = self.shown()
            value = slider.input_value()
            self.press(slider, key)
            assert slider.input_value() != value, (name, key)
            self.wait_for_change(before)
        assert slider.get_attribute("aria-valuetext"), name
        self._drag(slider)

    def _drag(self, slider: Locator) -> None:
        before = self.shown()
        slider.hover()
        box = slider.bounding_box()
        assert box
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] * 0.3, y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=5)
        self.page.mouse.up()
        self.wait_for_change(before)

    def type_letters(self, control: Locator) -> None:
        """Type what edits the notebook where Jupyter sees it."""
        self.press(control, *_LETTERS)

    def reset(self) -> None:
        self.box.get_by_role("button", name="reset").click()
