"""The explorers in JupyterLab: by keyboard and by mouse, picture and text follow."""

import re
from typing import NamedTuple

import nbformat
import pytest
from browser.chromium import visit
from browser.explorer import LiveExplorer
from browser.lab import Server
from playwright.sync_api import Browser

import gradlab
from gradlab.course.folder import LESSONS, lessons_folder

# Without dropout there is nothing to keep.
NEEDED_FIRST = {"keep p": "mask"}


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


def test_every_explorer_is_in_a_lesson() -> None:
    explorers = {name for name in gradlab.__all__ if name.startswith("explore_")}
    assert {place.function for place in PLACES} == explorers


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.function)
def test_an_explorer_follows_its_controls(place: Place, lab: Server, browser: Browser) -> None:
    with visit(browser) as page:
        notebook = lab.open(page, place.lesson)
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
