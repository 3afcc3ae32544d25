"""What moves and answers in the book, with no kernel: from a server and from the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import nbformat
import pytest
from browser.book import CUT_OFF, FAINT, FOLDER, keep, reading
from browser.chromium import NARROW, WIDE, visit
from playwright.sync_api import Browser, Locator, Page, expect

from tools.book.assemble import ROOT
from tools.book.folding import get_module

Place = Literal["server", "disk"]


def list_modules(lesson: Path) -> list[str]:
    """Return the modules of a lesson's live outputs, in order."""
    solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
    return [*filter(None, map(get_module, solved.cells))]


LESSONS = {path.stem: list_modules(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
ALIVE = [name for name, modules in LESSONS.items() if modules]
ASKING = [name for name, modules in LESSONS.items() if "predict" in modules]
LOOKS = ["light", "dark", "narrow", "dark narrow"]
every_place = pytest.mark.parametrize("place", ["server", "disk"])

# What a figure shows, without its controls.
SHOWN = 'f => [...f.querySelectorAll("svg, table")].map(e => e.outerHTML).join()'
# What has more than text in it that must not.
SPOILED = (
    '[...document.querySelectorAll(".gx style, .gx text")].filter(e => e.children.length).length'
)


@pytest.fixture
def places(book_root: Path, book_address: str) -> dict[Place, str]:
    return {"server": book_address, "disk": (book_root / FOLDER).as_uri() + "/"}


@contextmanager
def read_lesson(
    browser: Browser,
    places: dict[Place, str],
    name: str,
    place: Place = "server",
    look: str = "light",
) -> Iterator[Page]:
    with reading(browser, f"{places[place]}notebooks/{name}.html", look) as page:
        yield page


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(d => (d.open = true))")


def figures(page: Page) -> Locator:
    return page.locator("figure.gx-live")


def questions(page: Page) -> Locator:
    return page.locator('figure.gx-live[data-gx-module="predict"]')


def tally(page: Page) -> Locator:
    return page.locator('figure.gx-live[data-gx-module="tally"]')


def test_there_are_explorers_questions_and_a_tally() -> None:
    assert {"chords", "predict", "tally"} <= {m for modules in LESSONS.values() for m in modules}


# Alive


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ALIVE)
def test_every_live_figure_can_be_read(
    browser: Browser, places: dict[Place, str], name: str, look: str
) -> None:
    with read_lesson(browser, places, name, look=look) as page:
        unfold(page)
        expect(figures(page).locator("> div > .gx")).to_have_count(len(LESSONS[name]))
        width = NARROW if "narrow" in look else WIDE
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate(FAINT) == []
        keep(page, look, f"{name}_unfolded")


@pytest.mark.parametrize("name", ALIVE)
@every_place
def test_every_slider_moves_what_is_shown(
    browser: Browser, places: dict[Place, str], name: str, place: Place
) -> None:
    with read_lesson(browser, places, name, place) as page:
        unfold(page)
        for figure in figures(page).all():
            # Without a mask, what is kept plays no part.
            for mask in figure.get_by_label("mask").and_(figure.get_by_role("combobox")).all():
                mask.select_option("frozen")
            for slider in figure.get_by_role("slider").all():
                before, said = figure.evaluate(SHOWN), slider.get_attribute("aria-valuetext")
                slider.focus()
                is_lowest = slider.evaluate("slider => slider.value === slider.min")
                page.keyboard.press("ArrowRight" if is_lowest else "ArrowLeft")
                expect(slider).not_to_have_attribute("aria-valuetext", said or "")
                assert figure.evaluate(SHOWN) != before


@every_place
def test_a_slider_follows_the_mouse(
    browser: Browser, places: dict[Place, str], place: Place
) -> None:
    name = next(name for name, modules in LESSONS.items() if "chords" in modules)
    with read_lesson(browser, places, name, place) as page:
        figure = page.locator('figure.gx-live[data-gx-module="chords"]').first
        numbers = figure.locator("table").inner_text()
        slider = figure.get_by_label("step h")
        slider.hover()
        box = slider.bounding_box()
        assert box
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.2 * box["width"], middle, steps=5)
        page.mouse.up()
        assert figure.locator("table").inner_text() != numbers
        figure.get_by_role("button", name="reset").click()
        assert figure.locator("table").inner_text() == numbers


def test_colours_follow_the_button_of_the_theme(
    browser: Browser, places: dict[Place, str]
) -> None:
    ink = "getComputedStyle(document.querySelector('.gx')).color"
    with read_lesson(browser, places, ALIVE[0]) as page:
        seen = set()
        for _ in range(3):
            seen.add((page.evaluate("document.body.dataset.theme"), page.evaluate(ink)))
            page.locator(".theme-toggle:visible").first.click()
        assert len({theme for theme, _ in seen}) == 3
        # The system's theme is the light one.
        assert len({colour for theme, colour in seen if theme != "dark"}) == 1
        assert len({colour for _, colour in seen}) == 2


# Predictions


@pytest.mark.parametrize("name", ASKING)
@every_place
def test_a_prediction_answers_by_keys_and_is_there_the_next_time(
    browser: Browser, places: dict[Place, str], name: str, place: Place
) -> None:
    counted = f"You made 1 of {LESSONS[name].count('predict')} predictions"
    with read_lesson(browser, places, name, place) as page:
        expect(tally(page)).not_to_contain_text(counted)
        question = questions(page).first
        question.get_by_role("radio").first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        expect(question.get_by_role("radio").nth(1)).to_be_checked()
        expect(tally(page)).to_contain_text(counted)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        verdict = "Right." if is_right(question, 1) else "No."
        expect(question.locator("details p")).to_contain_text(verdict)
        page.reload()
        expect(questions(page).first.get_by_role("radio").nth(1)).to_be_checked()
        expect(tally(page)).to_contain_text(counted)
        tally(page).get_by_role("button", name="forget my answers").click()
        expect(questions(page).first.get_by_role("radio").nth(1)).not_to_be_checked()
        expect(tally(page)).not_to_contain_text(counted)
        assert page.evaluate("localStorage.length") == 0


def is_right(question: Locator, choice: int) -> bool:
    return bool(question.evaluate("f => JSON.parse(f.dataset.gxState).right") == choice)


# Folds


@pytest.mark.parametrize("name", ASKING)
def test_what_follows_a_prediction_is_seen_once_it_is_unfolded(
    browser: Browser, places: dict[Place, str], name: str
) -> None:
    with read_lesson(browser, places, name) as page:
        folds = page.locator("details.gx-after").all()
        assert len(folds) == LESSONS[name].count("predict")
        for fold in folds:
            cell = fold.locator(".cell").first
            expect(cell).to_be_hidden()
            fold.locator("> summary").focus()
            page.keyboard.press("Enter")
            expect(cell).to_be_visible()


@pytest.mark.parametrize("name", ASKING)
def test_everything_is_printed(browser: Browser, places: dict[Place, str], name: str) -> None:
    with read_lesson(browser, places, name) as page:
        page.emulate_media(media="print")
        for cell in page.locator("details.gx-after .cell").all():
            expect(cell).to_be_visible()
        expect(page.locator("details.gx-after > summary").first).to_be_hidden()


@pytest.mark.parametrize("look", LOOKS[:2])
def test_paper_is_white_whatever_the_theme(
    browser: Browser, places: dict[Place, str], look: str
) -> None:
    with read_lesson(browser, places, ASKING[0], look=look) as page:
        for _ in range(3):
            page.emulate_media(media="print")
            assert page.evaluate(FAINT) == []
            page.emulate_media(media="screen")
            page.locator(".theme-toggle:visible").first.click()


@every_place
def test_a_link_into_a_fold_opens_it(
    browser: Browser, places: dict[Place, str], place: Place
) -> None:
    with read_lesson(browser, places, ASKING[0], place) as page:
        page.evaluate("document.querySelector('details.gx-after .cell').id = 'here'")
        page.evaluate("location.hash = 'here'")
        expect(page.locator("#here")).to_be_visible()


def test_a_word_that_was_searched_for_opens_its_fold_and_spoils_no_figure(
    browser: Browser, places: dict[Place, str]
) -> None:
    name = next(name for name in ASKING if "chords" in LESSONS[name])
    with read_lesson(browser, places, name) as page:
        last = page.locator("details.gx-after").last
        word = max((last.locator("> p").first.text_content() or "").split(), key=len)
        # The others are in the figures' styles and at their axes.
        terms = f"{word} font step"
        page.evaluate("terms => localStorage.setItem('sphinx_highlight_terms', terms)", terms)
        page.reload()
        expect(last.locator("> p .highlighted").first).to_be_visible()
        assert page.evaluate(SPOILED) == 0


# Without scripts


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("name", ALIVE)
def test_without_scripts_there_are_pictures_sentences_and_folds(
    browser: Browser, places: dict[Place, str], name: str, width: int
) -> None:
    with visit(browser, width=width, scripts=False) as page:
        page.goto(f"{places['server']}notebooks/{name}.html")
        for fold in page.locator("details.gx-after > summary").all():
            fold.click()
        for figure in figures(page).all():
            expect(figure.locator("figcaption")).to_be_visible()
            for picture in figure.locator("img").all():
                expect(picture).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []
