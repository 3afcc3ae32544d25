"""Every explorer's module by itself: names, keys, ends of controls, reset, hostile states."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browser.modules import (
    MODULES,
    close,
    make_explorers,
    make_states,
    move,
    open_stage,
    read,
    render,
)
from playwright.sync_api import Browser, Page, expect

STATES = make_states()
EXPLORERS = make_explorers()
NAMES = sorted(EXPLORERS)
NOT_NUMBERS = re.compile(r"NaN|undefined|Infinity|\[object")
# What a notebook of a stranger may hold in place of a number or of a name from a menu.
HOSTILE: list[Any] = ["<b>1</b>", "constructor", None, 1e300, -1e300, float("nan"), [1], {}, True]

# Sets every menu to every choice, and with each of these every slider to its ends; gathers what
# `look` returns.
_WALK = """
() => {
    const found = new Set();
    const controls = [...document.querySelectorAll(".gx :is(select, input[type=range])")];
    const walk = ([control, ...others]) => {
        if (!control) return LOOK().forEach((fault) => found.add(fault));
        const values = control.options
            ? [...control.options].map(({ value }) => value) : [control.min, control.max];
        for (const value of values) {
            move(control, value);
            walk(others);
        }
    };
    walk(controls);
    return [...found];
}
"""
_SAY_NO_NUMBER = """
() => [read(), ...[...document.querySelectorAll("svg *")].flatMap((element) =>
    [...element.attributes].map(({ value }) => value))]
    .filter((text) => /NaN|undefined|Infinity|\\[object/.test(text))
"""
# What is drawn outside its picture, or a label that covers another.
_STRAY = """
() => [...document.querySelectorAll(".gx svg")].flatMap((svg) => {
    const { width, height } = svg.viewBox.baseVal;
    const drawn = [...svg.querySelectorAll("path, circle, rect, polygon, polyline, line, text")]
        .filter((element) => getComputedStyle(element).visibility !== "hidden"
            && !element.closest("[clip-path]"))
        .map((element) => [element, element.getBBox()]);
    const strays = drawn.filter(([, box]) => box.x < -1 || box.y < -1
        || box.x + box.width > width + 1 || box.y + box.height > height + 1);
    const labels = drawn.filter(([element, box]) => element.matches(".gx-label") && box.width);
    const covered = labels.filter(([, a], i) => labels.slice(i + 1).some(([, b]) =>
        a.x < b.x + b.width && b.x < a.x + a.width
        && a.y + 3 < b.y + b.height && b.y + 3 < a.y + a.height));
    return [...strays, ...covered].map(([element]) => element.outerHTML);
})
"""


def walk(page: Page, look: str) -> list[str]:
    found: list[str] = page.evaluate(_WALK.replace("LOOK", f"({look.strip()})"))
    return found


def list_accessible_names(page: Page) -> list[str]:
    """Return the names of all controls and pictures as a screen reader gets them."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")

    def is_wanted(node: dict[str, Any]) -> bool:
        role = node["role"]["value"]
        focusable = any(one["name"] == "focusable" for one in node.get("properties", ()))
        return role == "image" or (focusable and role not in ("RootWebArea", "option"))

    nodes = [node for node in tree["nodes"] if not node["ignored"] and is_wanted(node)]
    return [node["name"]["value"].strip() for node in nodes]


def list_sliders(page: Page) -> list[str]:
    sliders: list[str] = page.locator(".gx input[type=range]").evaluate_all(
        "all => all.map(({ id }) => id)"
    )
    return sliders


def test_every_module_is_shown_by_something_in_python() -> None:
    assert sorted(STATES) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_every_control_has_a_name_and_keeps_its_keys(name: str, browser: Browser) -> None:
    with open_stage(browser) as page:
        box = render(page, name, STATES[name])
        controls = box.locator("button, input, select, summary, a, [tabindex]")
        unmarked = controls.and_(page.locator(":not([data-lm-suppress-shortcuts])"))
        assert [one.evaluate("one => one.outerHTML") for one in unmarked.all()] == []
        names = list_accessible_names(page)
        pictures = box.locator("svg[role=img]").count()
        assert len(names) == controls.filter(visible=True).count() + pictures
        assert all(names), names


@pytest.mark.parametrize("name", NAMES)
def test_the_ends_of_all_controls_give_numbers(name: str, browser: Browser) -> None:
    with open_stage(browser) as page:
        render(page, name, EXPLORERS[name])
        assert walk(page, _SAY_NO_NUMBER) == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_beside_its_picture_or_over_a_label(name: str, browser: Browser) -> None:
    with open_stage(browser) as page:
        render(page, name, EXPLORERS[name])
        assert walk(page, _STRAY) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_key_moves_a_slider_and_reset_brings_the_first_numbers_back(
    name: str, browser: Browser
) -> None:
    with open_stage(browser) as page:
        box = render(page, name, EXPLORERS[name])
        first = read(page)
        for slider in list_sliders(page):
            before = read(page)
            page.locator(f"#{slider}").focus()
            page.keyboard.press("ArrowLeft")
            assert read(page) != before
        for menu in box.locator("select").all():
            move(menu, menu.locator("option").last.inner_text())
        assert read(page) != first
        box.get_by_role("button", name="reset").click()
        assert read(page) == first
        assert close(page) == EXPLORERS[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_change_is_kept_and_opening_is_none(name: str, browser: Browser) -> None:
    with open_stage(browser) as page:
        box = render(page, name, EXPLORERS[name])
        page.clock.install()
        page.clock.run_for(5000)
        assert page.evaluate("shown.saved") == 0
        # At once, however busy the machine is: two presses may be far apart.
        slider = box.locator("input[type=range]").first
        slider.evaluate("one => { move(one, one.min); move(one, one.max); }")
        page.clock.run_for(5000)
        assert page.evaluate("shown.saved") == 1
        kept = close(page)
        assert kept != EXPLORERS[name]
        said = read(page)
        render(page, name, kept)
        assert read(page) == said


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_reader_is_told_once_the_reader_pauses(name: str, browser: Browser) -> None:
    with open_stage(browser) as page:
        page.clock.install()
        box = render(page, name, EXPLORERS[name])
        spoken = box.locator("[aria-live=polite]")
        box.locator("input[type=range]").first.focus()
        page.keyboard.press("ArrowLeft")
        expect(spoken).to_have_text("")
        page.clock.run_for(5000)
        expect(spoken).not_to_have_text("")
        assert not NOT_NUMBERS.search(spoken.inner_text())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_value_of_a_control_is_its_default(name: str, browser: Browser) -> None:
    first = EXPLORERS[name]
    controls = [*first["start"], "start"]
    data = {key: value for key, value in first.items() if key not in controls}
    with open_stage(browser) as page:
        box = render(page, name, first)
        said = read(page)
        render(page, name, data)
        assert read(page) == said
        for value in HOSTILE:
            for key in controls:
                render(page, name, {**first, key: value})
                assert read(page) == said, (key, value)
            every = dict.fromkeys(first["start"], value)
            render(page, name, {**data, **every, "start": every})
            box.get_by_role("button", name="reset").click()
            assert read(page) == said, value


def test_without_motion_the_last_picture_of_a_play_comes_at_once(browser: Browser) -> None:
    with open_stage(browser) as page:
        page.emulate_media(reduced_motion="reduce")
        box = render(page, "chords", EXPLORERS["chords"])
        box.get_by_role("button", name="let h shrink").click()
        assert close(page)["h"] == pytest.approx(1e-8)


def test_a_play_ends_when_a_hand_moves_a_control(browser: Browser) -> None:
    with open_stage(browser) as page:
        page.emulate_media(reduced_motion="no-preference")
        box = render(page, "chords", EXPLORERS["chords"])
        step = box.get_by_label("step h")
        box.get_by_role("button", name="let h shrink").click()
        expect(step).not_to_have_value("0")
        step.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(200)
        assert step.input_value() == "-8"


def test_the_chords_show_what_lesson_1_asks_for(browser: Browser) -> None:
    with open_stage(browser) as page:
        box = render(page, "chords", EXPLORERS["chords"])
        row = {
            name: box.locator("tr", has_text=name).locator("td")
            for name in ("forward", "backward", "central", "tangent")
        }
        step, point, curve = (box.get_by_label(name) for name in ("step h", "point x", "curve f"))
        move(step, -0.5)  # 0.32
        assert abs(_read_number(row["central"].nth(1).inner_text())) < 0.01
        assert abs(_read_number(row["forward"].nth(1).inner_text())) > 0.01
        move(step, -1.65)  # 0.022
        assert abs(_read_number(row["forward"].nth(1).inner_text())) < 0.01
        move(curve, "x²/2 (a parabola)")
        for exponent in (0.3, -1, -4, -8):
            move(step, exponent)
            error = _read_number(row["central"].nth(1).inner_text())
            assert abs(error) <= 1e-15 / 10**exponent
        move(curve, "|x| (a kink at 0)")
        move(point, 0)
        slopes = {name: cells.first.inner_text() for name, cells in row.items()}
        assert slopes.pop("tangent") == "none: a kink"
        assert [_read_number(slope) for slope in slopes.values()] == [1, -1, 0]
        assert row["central"].nth(1).inner_text() == ""


def _read_number(text: str) -> float:
    return float(text.replace("−", "-"))
