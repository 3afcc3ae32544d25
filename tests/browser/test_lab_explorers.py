"""The explorers in JupyterLab: by keyboard and by mouse, picture and text follow."""

import re
from typing import NamedTuple

import nbformat
import pytest
from browser.chromium import visit
from browser.lab import Lab, Notebook
from playwright.sync_api import Browser, Locator, expect

import gradlab
from gradlab.course import LESSONS, lessons_folder

# Without dropout there is nothing to keep.
NEEDED_FIRST = {"keep p": "mask"}
# Where a slider goes to change the text, which rounds: most to the left end.
FAR_END = {"keep p": "End"}

NEW_PICTURE = """
([box, picture, alt, text]) => {
    const image = box.querySelector("img")
    return image.src !== picture && image.alt !== alt && image.complete && image.naturalWidth > 0
}
"""
NEW_TEXT = '([box, picture, alt, text]) => box.querySelector("pre").innerText !== text'


class Place(NamedTuple):
    """A call that shows an explorer."""

    function: str
    lesson: str
    position: int


PLACES = [
    Place(function, path.name, position)
    for path in sorted(lessons_folder().glob(LESSONS))
    for position, cell in enumerate(nbformat.read(path, as_version=4).cells)
    if cell.cell_type == "code"
    for function in re.findall(r"gradlab\.(explore_\w+)\(", cell.source)
]


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
        self.page.wait_for_function(NEW_PICTURE, arg=[self.box.element_handle(), *before])

    def wait_for_text_after(self, before: Seen) -> None:
        self.page.wait_for_function(NEW_TEXT, arg=[self.box.element_handle(), *before])

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
        self.page.keyboard.press(FAR_END.get(slider, "Home"))
        self.wait_for_picture_after(step)
        self.wait_for_text_after(before)

    def drag(self, slider: str) -> None:
        before = self.seen()
        handle = self.row(slider).get_by_role("slider")
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x - 100, y, steps=10)
        self.page.mouse.up()
        self.wait_for_picture_after(before)
        self.wait_for_text_after(before)


def test_every_explorer_is_in_a_lesson() -> None:
    explorers = {name for name in gradlab.__all__ if name.startswith("explore_")}
    assert {place.function for place in PLACES} == explorers


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.function)
def test_an_explorer_follows_its_controls(place: Place, lab: Lab, browser: Browser) -> None:
    with visit(browser) as page:
        notebook = Notebook(page, lab, place.lesson)
        notebook.run_imports()
        names = LiveExplorer(notebook, place.position).controls()
        sliders = []
        for name in names:
            # Each from the same beginning.
            explorer = LiveExplorer(notebook, place.position)
            if name in NEEDED_FIRST:
                explorer.choose_last(NEEDED_FIRST[name])
            if explorer.row(name).get_by_role("slider").count():
                explorer.step_then_go_far(name)
                sliders.append(name)
            else:
                explorer.choose_last(name)
        LiveExplorer(notebook, place.position).drag(sliders[0])
        assert notebook.popups() == []
        assert notebook.complaints == []
    lab.shut_down_kernels()
