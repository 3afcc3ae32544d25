"""The explorers of networks in a page with nothing else: what is seen, heard and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser.modules import get_state, open_stage, read_paths, read_texts, render
from playwright.sync_api import Browser, Error, Locator, Page

import gradlab
from gradlab.live.output import LiveOutput

EXPLORERS: dict[str, Callable[[], LiveOutput]] = {
    "kink": gradlab.explore_kink,
    "theta": gradlab.explore_theta,
    "regularization": gradlab.explore_regularization,
}
HOSTILE: tuple[object, ...] = (None, "<b>", -1e300, 1e999, [], {}, [[1]], True)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with open_stage(browser) as stage:
        yield stage


def show(page: Page, name: str, **changes: Any) -> Locator:
    return render(page, name, {**EXPLORERS[name]().state, **changes})


def labels_of(box: Locator) -> list[str | None]:
    return [svg.get_attribute("aria-label") for svg in box.locator("svg[role=img]").all()]


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_slider_moves_by_keyboard_and_picture_words_and_state_follow(
    name: str, page: Page
) -> None:
    for number in range(show(page, name).locator("input").count()):
        # With a mask, all sliders of regularization do something.
        box = show(page, name, **({"masks": "frozen"} if name == "regularization" else {}))
        drawn, said, heard = read_paths(box), read_texts(box), labels_of(box)
        slider = box.locator("input").nth(number)
        slider.focus()
        for _ in range(4):
            page.keyboard.press("ArrowLeft")
        assert read_paths(box) != drawn
        assert read_texts(box) != said
        assert labels_of(box) != heard
        state = get_state(page)
        assert any(state[key] != value for key, value in state["start"].items() if key != "masks")


@pytest.mark.parametrize("name", EXPLORERS)
def test_reset_goes_back_to_the_beginning(name: str, page: Page) -> None:
    box = show(page, name)
    first = read_paths(box), read_texts(box), labels_of(box)
    for slider in box.locator("input").all():
        slider.press("Home")
    box.get_by_role("button", name="reset").click()
    assert (read_paths(box), read_texts(box), labels_of(box)) == first
    state = get_state(page)
    assert {key: state[key] for key in state["start"]} == state["start"]


@pytest.mark.parametrize("name", EXPLORERS)
def test_what_can_be_changed_has_a_name_and_its_own_keys(name: str, page: Page) -> None:
    box = show(page, name)
    controls = box.locator("button, input, select, [tabindex]")
    assert controls.count() >= 3
    for control in controls.all():
        assert control.get_attribute("data-lm-suppress-shortcuts") is not None
        assert control.evaluate("(it) => (it.labels?.[0] ?? it).textContent.trim()")
    assert box.locator("svg[role=img]").count() == len(list(filter(None, labels_of(box))))


@pytest.mark.parametrize("name", EXPLORERS)
def test_what_is_seen_is_read_out_once_the_reader_pauses(name: str, page: Page) -> None:
    box = show(page, name)
    region = box.locator("[aria-live=polite]")
    assert region.text_content() == ""
    box.locator("input").first.press("ArrowLeft")
    page.wait_for_function("(region) => region.textContent", arg=region.element_handle())
    said = region.text_content()
    assert said
    assert any(said in (label or "") for label in labels_of(box))


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_control_set_to_nonsense_shows_a_picture_of_something_else(
    name: str, page: Page
) -> None:
    for control in EXPLORERS[name]().state["start"]:
        for value in HOSTILE:
            box = show(page, name, **{control: value})
            assert "NaN" not in read_paths(box) + read_texts(box), (control, value)
    assert "NaN" not in read_paths(show(page, name, start="?"))


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
    assert "verdict: pass" in read_texts(box)
    box.get_by_label("mask", exact=True).select_option("frozen")
    assert "verdict: fail" in read_texts(box)
    box.get_by_label("keep p", exact=True).press("End")
    assert "verdict: pass" in read_texts(box)


def test_the_kink_can_be_crossed_by_itself(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    box = show(page, "kink")
    box.get_by_role("button", name="cross the kink").click()
    page.emulate_media(reduced_motion="no-preference")
    # Where motion is not wanted it is at the end at once.
    assert get_state(page)["z"] == -1


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(name: str, width: int, browser: Browser) -> None:
    with open_stage(browser, width=width) as stage:
        # Where the kink's words are longest.
        box = show(stage, name, **({"z": 0.0} if name == "kink" else {}))
        assert stage.evaluate("document.documentElement.scrollWidth") <= width
        for table in box.locator(".gx-numbers").all():
            assert table.evaluate("(it) => it.scrollWidth <= it.clientWidth")
