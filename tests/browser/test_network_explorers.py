"""What is special to the explorers of networks, in a page with nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser.modules import close, open_stage, read, render
from playwright.sync_api import Browser, Error, Locator, Page

import gradlab
from gradlab.live.output import LiveOutput

EXPLORERS: dict[str, Callable[[], LiveOutput]] = {
    "kink": gradlab.explore_kink,
    "theta": gradlab.explore_theta,
    "regularization": gradlab.explore_regularization,
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with open_stage(browser) as stage:
        yield stage


def show(page: Page, name: str, **changes: Any) -> Locator:
    return render(page, name, {**EXPLORERS[name]().state, **changes})


@pytest.mark.parametrize("name", ["theta", "regularization"])
def test_without_its_data_nothing_is_drawn_and_so_the_picture_stays(name: str, page: Page) -> None:
    state = EXPLORERS[name]().state
    for key in set(state) - {*state["start"], "start"}:
        most = state[key][:-1]
        for value in (None, [], most, [*most, "1"], [*most, 1e300]):
            with pytest.raises(Error, match="the state has no"):
                show(page, name, **{key: value})


def test_a_forgotten_scale_shows_with_a_frozen_mask_alone(page: Page) -> None:
    box = show(page, "regularization", mistake="1/keep_prob forgotten")
    assert "verdict: pass" in read(page)
    box.get_by_label("mask", exact=True).select_option("frozen")
    assert "verdict: fail" in read(page)
    box.get_by_label("keep p", exact=True).press("End")
    assert "verdict: pass" in read(page)


def test_the_kink_can_be_crossed_by_itself(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    box = show(page, "kink")
    box.get_by_role("button", name="cross the kink").click()
    page.emulate_media(reduced_motion="no-preference")
    # Where motion is not wanted it is at the end at once.
    assert close(page)["z"] == -1


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(name: str, width: int, browser: Browser) -> None:
    with open_stage(browser, width=width) as stage:
        # Where the kink's words are longest.
        box = show(stage, name, **({"z": 0.0} if name == "kink" else {}))
        assert stage.evaluate("document.documentElement.scrollWidth") <= width
        for table in box.locator(".gx-numbers").all():
            assert table.evaluate("(it) => it.scrollWidth <= it.clientWidth")
