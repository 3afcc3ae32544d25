"""What the site does about a lesson that is opened, with a JupyterLite made of a few lines.

`test_site` tries the real one; here are the cases for which that would take minutes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser.chromium import serve, visit
from playwright.sync_api import Browser, Page, expect

from gradlab.live.script import FRONT

LESSON, OTHER = "01_derivatives.ipynb", "02_taylor.ipynb"
BESIDE = "01_derivatives.new-1.ipynb"
OFFER = "There is a newer edition of this lesson. Yours stays as it is."
FETCH, SAVE = "could not be fetched", "could not be saved"
Json = dict[str, Any]

# A notebook that is open, the browser's storage, and what is called of JupyterLab.
_SITE = """
async ([base, path, files, settings]) => {
    const load = async name => (await import(`${base}/front/jupyter/${name}.mjs`)).default
    class Widget {
        node = document.createElement("div")
        addClass(name) { this.node.classList.add(name) }
        dispose() { this.node.remove() }
    }
    window.files = files
    const contents = {
        get: async (path, { content = false } = {}) => ({
            content: !content ? null
                : files[path] ?? Object.keys(files).map(name => ({ name })),
        }),
        save: async (path, { content }) => {
            if (settings.full) throw new Error("full")
            files[path] = content
        },
    }
    const header = document.body.appendChild(document.createElement("header"))
    const cell = document.body.appendChild(document.createElement("button"))
    const panel = {
        context: { ready: Promise.resolve(), path },
        content: { model: { getMetadata: name => files[path].metadata[name] }, widgets: [] },
        contentHeader: { addWidget: ({ node }) => header.append(node) },
        activate: () => cell.focus(),
    }
    const options = { gradlabLessons: JSON.stringify(settings.known), ...settings.options }
    const PageConfig = {
        getOption: name => options[name] ?? "", getBaseUrl: () => `${base}/lite/`,
    }
    const notebooks = {
        forEach: visit => visit(panel), widgetAdded: { connect: () => {} }, currentWidget: panel,
    }
    window.commands = {}
    const addCommand = (name, command) => (commands[name] = command)
    const app = { serviceManager: { contents }, commands: { addCommand } }
    window.opened = []
    window.open = address => opened.push(String(address))
    location.hash = settings.hash ?? ""
    ;(await load("place"))(notebooks)
    const lessons = await load("lessons")
    ;(await load("book"))({ PageConfig }, lessons, app, notebooks)
    const editions = await load("editions")
    editions({ Widget, PageConfig }, lessons, await load("bar"), app, notebooks)
}
"""


def lesson(edition: str | None, exercise: str = "central", text: str = "") -> Json:
    mark = {"gradlab": {"edition": edition, "exercises": {exercise: "12345678"}}}
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text}]
    return {"cells": cells, "metadata": mark if edition else {}}


NEWEST = {LESSON: lesson("new00000"), OTHER: lesson("new00001", "taylor")}
MARKS = {name: notebook["metadata"]["gradlab"] for name, notebook in NEWEST.items()}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Serve the two lessons in their newest edition, and the module."""
    files = tmp_path / "lite" / "files"
    files.mkdir(parents=True)
    for name, notebook in NEWEST.items():
        (files / name).write_text(json.dumps(notebook))
    settings = {"jupyter-config-data": {"gradlabLessons": MARKS}}
    (tmp_path / "lite" / "jupyter-lite.json").write_text(json.dumps(settings))
    (tmp_path / "index.html").write_text("<!doctype html><title>A notebook</title>")
    (tmp_path / "front").symlink_to(FRONT)
    with serve(tmp_path) as base:
        yield base


@contextmanager
def opened(
    browser: Browser, base: str, path: str, files: dict[str, Json], **settings: Any
) -> Iterator[Page]:
    """Open a notebook of those in the browser's storage, as JupyterLite would."""
    with visit(browser) as page:
        reopen(page, base, path, files, **settings)
        yield page


def reopen(page: Page, base: str, path: str, files: dict[str, Json], **settings: Any) -> None:
    page.goto(f"{base}/index.html")
    page.evaluate(_SITE, [base, path, files, {"known": MARKS, **settings}])


def words(page: Page) -> str:
    """Return what the bar says once it speaks; "" if there is none."""
    # What is not there can only be waited for.
    page.wait_for_timeout(600)
    bar = page.get_by_role("status")
    return bar.inner_text() if bar.count() else ""


@pytest.mark.parametrize(
    ("path", "notebook"),
    [
        (LESSON, lesson("old00000")),
        # Saved before lessons had marks.
        (LESSON, lesson(None)),
        ("sub/" + LESSON, lesson("old00000")),
    ],
)
def test_an_older_edition_is_offered_the_newer_one_and_stays_as_it_is(
    path: str, notebook: Json, browser: Browser, site: str
) -> None:
    files = {LESSON: notebook, path: notebook}
    with opened(browser, site, path, files) as page:
        assert words(page) == OFFER
        page.get_by_role("button", name="Open the newer edition").press("Enter")
        expect(page.get_by_role("link", name="Open it")).to_be_focused()
        stored = page.evaluate("files")
        new = next(name for name in stored if name not in files)
        assert stored == {**files, new: NEWEST[LESSON]}
        assert new.rpartition("/")[2] in words(page)
        (address,) = page.evaluate("opened")
        assert address == page.get_by_role("link", name="Open it").evaluate("link => link.href")


@pytest.mark.parametrize(
    ("path", "notebook"),
    [
        (LESSON, lesson("new00000")),
        ("renamed.ipynb", lesson("new00000")),
        # The learner's own.
        ("notes.ipynb", lesson(None)),
        ("notes.ipynb", {"cells": [], "metadata": {"gradlab": "of another program"}}),
        ("notes.ipynb", lesson("old00000", "of_another_course")),
    ],
)
def test_nothing_is_said_where_nothing_is_newer(
    path: str, notebook: Json, browser: Browser, site: str
) -> None:
    with opened(browser, site, path, {path: notebook}) as page:
        assert words(page) == ""


def test_a_lesson_with_another_name_is_known_by_its_exercises(browser: Browser, site: str) -> None:
    # Its own name shows the server's again.
    files = {"mine.ipynb": lesson("old00001", "taylor"), OTHER: NEWEST[OTHER]}
    with opened(browser, site, "mine.ipynb", files) as page:
        assert OTHER in words(page)
        href = page.get_by_role("link", name="Open it").evaluate("link => link.href")
        assert href.endswith(f"/lite/notebooks/index.html?path={OTHER}")
        assert page.evaluate("files") == files


def test_what_is_beside_it_already_is_named_and_no_other_file_is_replaced(
    browser: Browser, site: str
) -> None:
    files = {LESSON: lesson("old00000"), BESIDE: lesson("older000", text="mine, too")}
    with opened(browser, site, LESSON, files) as page:
        page.get_by_role("button", name="Open the newer edition").click()
        expect(page.get_by_role("status")).to_contain_text("01_derivatives.new-2.ipynb")
        stored = page.evaluate("files")
        assert {name: stored[name] for name in files} == files
        reopen(page, site, LESSON, stored)
        assert "01_derivatives.new-2.ipynb" in words(page)
        assert page.get_by_role("button", name="Open the newer edition").count() == 0


def test_an_edition_that_was_dismissed_is_not_offered_again_but_the_next_is(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    files = {LESSON: lesson("old00000")}
    with opened(browser, site, LESSON, files) as page:
        page.get_by_role("button", name="Dismiss").press("Enter")
        expect(page.get_by_role("region")).to_have_count(0)
        # The focus is not lost.
        expect(page.get_by_role("button")).to_be_focused()
        reopen(page, site, LESSON, files)
        assert words(page) == ""
        settings = tmp_path / "lite" / "jupyter-lite.json"
        settings.write_text(settings.read_text().replace("new00000", "next0000"))
        # What the page was set up with may be days old; the server is asked.
        reopen(page, site, LESSON, files)
        assert words(page) == OFFER


@pytest.mark.parametrize("problem", [FETCH, SAVE])
def test_a_failure_is_told_loses_nothing_and_can_be_tried_again(
    problem: str, browser: Browser, site: str, tmp_path: Path
) -> None:
    files = {LESSON: lesson("old00000", text="my work")}
    served = tmp_path / "lite" / "files" / LESSON
    content = served.read_text()
    if problem == FETCH:
        served.write_text("<html>Not found, says a server with 200</html>")
    with opened(browser, site, LESSON, files, full=problem == SAVE) as page:
        page.get_by_role("button", name="Open the newer edition").click()
        expect(page.get_by_role("status")).to_contain_text(problem)
        assert page.evaluate("files") == files
        assert page.evaluate("opened") == []
        if problem == FETCH:
            served.write_text(content)
            # The server tells times by the second; this is a later one.
            later = served.stat().st_mtime + 10
            os.utime(served, (later, later))
            page.get_by_role("button", name="Try again").click()
            expect(page.get_by_role("status")).to_contain_text(BESIDE)


def test_two_clicks_open_one_tab(browser: Browser, site: str) -> None:
    files = {LESSON: lesson("old00000")}
    with opened(browser, site, LESSON, files) as page:
        offered = page.get_by_role("button", name="Open the newer edition")
        offered.evaluate("button => { button.click(); button.click() }")
        expect(page.get_by_role("status")).to_contain_text(BESIDE)
        assert words(page).count(BESIDE) == len(page.evaluate("opened")) == 1


@pytest.mark.parametrize("cell", ["nothing", "", "%E0%A4%A", "%22%3E%3Cimg"])
def test_an_address_of_no_cell_hinders_nothing(cell: str, browser: Browser, site: str) -> None:
    files = {LESSON: lesson("old00000")}
    with opened(browser, site, LESSON, files, hash=f"#cell-id={cell}") as page:
        assert words(page) == OFFER


@pytest.mark.parametrize(
    ("path", "notebook", "target"),
    [
        (LESSON, lesson("new00000"), "notebooks/01_derivatives.html"),
        ("sub/" + BESIDE, lesson("new00000"), "notebooks/01_derivatives.html"),
        ("mine.ipynb", lesson("old00001", "taylor"), "notebooks/02_taylor.html"),
        ("notes.ipynb", lesson(None), ""),
    ],
)
def test_the_book_opens_at_the_page_of_the_lesson_whatever_the_name_of_the_file(
    path: str, notebook: Json, target: str, browser: Browser, site: str
) -> None:
    options = {"gradlabBook": "../"}
    with opened(browser, site, path, {path: notebook}, options=options) as page:
        page.evaluate("commands['gradlab:book'].execute()")
        assert page.evaluate("opened") == [f"{site}/{target}"]


def test_elsewhere_than_on_the_site_nothing_is_said(browser: Browser, site: str) -> None:
    files = {LESSON: lesson("old00000")}
    with opened(browser, site, LESSON, files, options={"gradlabLessons": ""}) as page:
        assert words(page) == ""


def test_what_the_page_was_set_up_with_serves_where_the_server_does_not_answer(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    (tmp_path / "lite" / "jupyter-lite.json").unlink()
    with opened(browser, site, LESSON, {LESSON: lesson("old00000")}) as page:
        assert words(page) == OFFER
