"""The site as a learner uses it who has nothing installed: plain files, served to Chromium."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import controls, stale
from browser.chromium import (
    ACCOUNT,
    NARROW,
    ROOT,
    SCREENSHOTS,
    WIDE,
    screenshot,
    serve,
    visit,
)
from browser.notebook import Notebook
from browser.pyodide import fetch, unpack
from playwright.sync_api import Browser, Locator, Page, expect

from gradlab.cli import main
from gradlab.course.folder import LESSONS, lessons_folder

NAMES = sorted(path.name for path in lessons_folder().glob(LESSONS))
START_HERE, DERIVATIVES = NAMES[:2]
ARCHIVES = ROOT / "build" / "archives"
SITE = ROOT / "build" / "site"
LITE = SITE / "lite"
CONVERT = "x = np.asarray(x, dtype=np.float64)"

# What is in the browser's storage. Nothing in the page says when a file is saved, or gone.
_ROWS = """
async () => {
    const answered = request => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result)
        request.onerror = failed
    })
    const found = []
    for (const { name } of await indexedDB.databases()) {
        const database = await answered(indexedDB.open(name))
        for (const store of database.objectStoreNames)
            found.push(...await answered(database.transaction(store).objectStore(store).getAll()))
        database.close()
    }
    return found
}
"""
_IN_STORAGE = f"""
async ([text, wanted]) => JSON.stringify(await ({_ROWS})()).includes(text) === wanted
"""
_METADATA = f"""
async name => (await ({_ROWS})()).find(row => row?.path === name && row.content).content.metadata
"""


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site with a Pyodide of its own, and serve it below the server's root."""
    lacking = fetch(ARCHIVES)
    if lacking:
        pytest.skip(f"there is no Pyodide for the tests of the site: {lacking}")
    pyodide = unpack(ARCHIVES, tmp_path_factory.mktemp("site") / "pyodide")
    command = ["make", "site", f"PYODIDE={pyodide}"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    with serve(SITE.parent) as base:
        yield f"{base}/{SITE.name}"


def open_lesson(page: Page, address: str, name: str) -> Notebook:
    return Notebook(
        page,
        f"{address}/lite/notebooks/index.html?path={name}",
        LITE / "files" / name.partition("#")[0],
    )


@contextmanager
def lesson(browser: Browser, address: str, name: str) -> Iterator[Notebook]:
    with visit(browser) as page:
        notebook = open_lesson(page, address, name)
        yield notebook
        assert notebook.popups() == []
        assert [said for said in notebook.complaints if "404" not in said] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_runs_from_top_to_bottom(name: str, address: str, browser: Browser) -> None:
    started = time.monotonic()
    with lesson(browser, address, name) as notebook:
        notebook.choose("Run", "Run All Cells")
        figure = notebook.panel.locator(".jp-OutputArea-output img").first
        figure.wait_for(state="attached")
        waited = time.monotonic() - started
        notebook.wait_until_all_have_run()
        ran = time.monotonic() - started
        notebook.require_a_clean_run()
        ACCOUNT.measured.append(
            f"{name}, nothing installed: first figure after {waited:.0f} s, all after {ran:.0f} s"
        )
        shutil.rmtree(SCREENSHOTS / "site" / notebook.path.stem, ignore_errors=True)
        notebook.keep_pictures("site", "light", WIDE)


def test_the_page_is_dark_and_narrow_where_the_visitor_is(address: str, browser: Browser) -> None:
    with visit(browser, "dark") as page:
        notebook = open_lesson(page, address, DERIVATIVES)
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        notebook.keep_pictures("site", "dark-narrow", NARROW)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_explorers_and_predictions_answer_and_are_there_when_the_page_is_opened_again(
    address: str, browser: Browser
) -> None:
    with lesson(browser, address, DERIVATIVES) as notebook:
        notebook.run_imports()
        for call in ("explore_chords", "predict", "tally_predictions"):
            notebook.run(find(notebook, call))
        page, cells = notebook.page, notebook.panel.locator(".jp-Cell").count()
        step = explorer(notebook).get_by_label("step h")
        before = explorer(notebook).locator("table").inner_text()
        step.focus()
        # Elsewhere, a letter inserts a cell and an arrow leaves it.
        for key in ("b", "ArrowLeft", "ArrowLeft"):
            page.keyboard.press(key)
        expect(explorer(notebook).locator("table")).not_to_have_text(before)
        moved = step.input_value()
        drag(page, explorer(notebook).get_by_label("point x"))
        place = explorer(notebook).get_by_label("point x").input_value()
        choices(notebook).nth(1).check()
        assert notebook.panel.locator(".jp-Cell").count() == cells
        tally = notebook.output(find(notebook, "tally_predictions")).locator(".gx")
        counted = tally.inner_text()
        page.wait_for_timeout(500)
        page.keyboard.press("Control+s")
        wait_for_storage(page, f'"x":{place}', True)
        # Where these differ, a lesson that is only opened counts as edited.
        saved = page.evaluate(_METADATA, DERIVATIVES)
        assert saved == read(notebook.path)["metadata"]

        # What came back needs no kernel; what a new one runs gets its choice back.
        again = open_lesson(page, address, DERIVATIVES)
        expect(explorer(again).get_by_label("step h")).to_have_value(moved)
        expect(explorer(again).get_by_label("point x")).to_have_value(place)
        expect(choices(again).nth(1)).to_be_checked()
        tally = again.output(find(again, "tally_predictions")).locator(".gx")
        expect(tally).to_have_text(counted, use_inner_text=True)
        again.cell(imports(again)).locator(".jp-InputPrompt").click()
        page.keyboard.press("Control+Enter")
        again.run(find(again, "predict"))
        expect(choices(again).nth(1)).to_be_checked()
        assert "Loading widget" not in again.panel.inner_text()


def imports(notebook: Notebook) -> int:
    """Return the position of the first cell of code."""
    return [cell.cell_type for cell in notebook.cells].index("code")


def find(notebook: Notebook, call: str) -> int:
    """Return the position of the first cell that calls a function of gradlab."""
    return next(
        position
        for position, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and f"gradlab.{call}(" in cell.source
    )


def explorer(notebook: Notebook) -> Locator:
    return notebook.panel.locator(".gx-chords")


def choices(notebook: Notebook) -> Locator:
    return notebook.output(find(notebook, "predict")).get_by_role("radio")


def drag(page: Page, slider: Locator) -> None:
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()


def test_a_wrong_answer_gets_its_hint_and_a_right_one_its_mark(
    address: str, browser: Browser
) -> None:
    with lesson(browser, address, DERIVATIVES) as notebook:
        notebook.run_imports()
        notebook.answer("central_difference", CONVERT, "return (f(x + h) - f(x - h)) / h")
        shown = notebook.check("central_difference")
        assert "central_difference: 0 of 4 points" in shown
        assert "Hint: Twice the slope: from x - h to x + h the run is 2 h, not h." in shown
        notebook.answer("central_difference", CONVERT, "return (f(x + h) - f(x - h)) / (2 * h)")
        assert "central_difference: 4 of 4 points" in notebook.check("central_difference")


def test_a_check_marks_what_stands_in_the_cell(address: str, browser: Browser) -> None:
    metadata = read(LITE / "files" / START_HERE)["metadata"]
    cells = nbformat.v4.new_notebook(cells=stale.CELLS, metadata=metadata)
    with served(f"files/{START_HERE}", cells), lesson(browser, address, START_HERE) as notebook:
        stale.require_that_a_stale_answer_is_not_marked(notebook)
        # In the browser a cell that awaits ends without an event.
        stale.edit(notebook, "await missing\n", "Home")
        notebook.run(stale.ANSWER)
        notebook.run(stale.CHECK)
        assert "stopped with NameError" in stale.told(notebook)


def test_work_is_kept_downloaded_and_graded_and_a_lesson_begun_anew(
    address: str, browser: Browser, tmp_path: Path
) -> None:
    handed_in = tmp_path / "submissions" / "ada" / START_HERE
    with visit(browser) as page:
        notebook = open_lesson(page, address, START_HERE)
        expect(notebook.cell(0)).to_contain_text("Your work is kept in this browser only")
        notebook.answer("double", "return x + x")
        page.keyboard.press("Control+s")
        wait_for_storage(page, "return x + x", True)
        again = open_lesson(page, address, START_HERE)
        answered = again.cell(again.position("double"))
        expect(answered).to_contain_text("return x + x")
        with page.expect_download() as download:
            again.press("Download")
        download.value.save_as(handed_in)
        assert download.value.suggested_filename == START_HERE
        delete_in_the_list(page, address, START_HERE)
        wait_for_storage(page, "return x + x", False)
        anew = open_lesson(page, address, START_HERE)
        expect(anew.cell(anew.position("double"))).to_contain_text("raise NotImplementedError()")
    grades = tmp_path / "grades.csv"
    assert main(["grade", str(handed_in.parents[1]), "-o", str(grades), "--lesson", "0"]) == 0
    (row,) = csv.DictReader(grades.read_text(encoding="utf-8-sig").splitlines())
    assert (row["student"], row["double"], row["status"]) == ("ada", "1", "graded")


def wait_for_storage(page: Page, text: str, wanted: bool) -> None:
    page.wait_for_function(_IN_STORAGE, arg=[text, wanted], polling=500)


def delete_in_the_list(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/lite/tree/index.html")
    page.locator(".jp-DirListing-item", has_text=name).click()
    page.get_by_role("button", name="Delete").click()
    dialog = page.locator(".jp-Dialog")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_have_count(0)


def test_a_newer_edition_is_offered_beside_what_a_learner_saved(
    address: str, browser: Browser
) -> None:
    with visit(browser) as page:
        notebook = open_lesson(page, address, START_HERE)
        assert offers(page).count() == 0
        notebook.answer("double", "return x + x")
        page.keyboard.press("Control+s")
        wait_for_storage(page, "return x + x", True)
        with newer_edition(START_HERE) as text:
            mine = open_lesson(page, address, START_HERE)
            expect(offers(page)).to_contain_text("There is a newer edition of this lesson.")
            screenshot(page, "site", "newer_edition")
            with page.expect_popup() as popup:
                page.get_by_role("button", name="Open the newer edition").press("Enter")
            new = popup.value
            expect(new.locator(".jp-Cell").first).to_contain_text(text)
            assert new.url.endswith("path=00_start_here.new-1.ipynb")
            assert offers(new).count() == 0
            new.close()
            expect(mine.cell(mine.position("double"))).to_contain_text("return x + x")
            # Opened again, it is named, not brought again; and dismissed, it is named no more.
            mine = open_lesson(page, address, START_HERE)
            expect(offers(page)).to_contain_text("00_start_here.new-1.ipynb")
            expect(mine.cell(mine.position("double"))).to_contain_text("return x + x")
            page.get_by_role("button", name="Dismiss").click()
            expect(offers(page)).to_have_count(0)
            open_lesson(page, address, START_HERE)
            page.wait_for_timeout(1000)
            assert offers(page).count() == 0


def offers(page: Page) -> Locator:
    return page.locator(".gradlab-bar").get_by_role("status")


@contextmanager
def newer_edition(name: str) -> Iterator[str]:
    """Serve another edition of a lesson, as a later build would; yields the text on its top."""
    settings, notebook = read(LITE / "jupyter-lite.json"), read(LITE / "files" / name)
    mark = {**notebook["metadata"]["gradlab"], "edition": "0badcafe"}
    settings["jupyter-config-data"]["gradlabLessons"][name] = mark
    notebook["metadata"]["gradlab"] = mark
    notebook["cells"][0]["source"] = "This is what is new."
    with served("jupyter-lite.json", settings), served(f"files/{name}", notebook):
        yield notebook["cells"][0]["source"]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def served(name: str, content: Any) -> Iterator[None]:
    """Serve other JSON in place of a file of the page."""
    path = LITE / name
    before = path.read_bytes()
    path.write_text(json.dumps(content), encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)


def test_controls_have_their_keys_and_jupyter_its_own(address: str, browser: Browser) -> None:
    metadata = read(LITE / "files" / START_HERE)["metadata"]
    cells = nbformat.v4.new_notebook(cells=controls.CELLS, metadata=metadata)
    with served(f"files/{START_HERE}", cells), lesson(browser, address, START_HERE) as notebook:
        controls.run_cells(notebook)
        controls.require_that_letters_edit_no_notebook(notebook)
        controls.require_that_controls_follow_their_keys(notebook)
        controls.slider(notebook).focus()
        notebook.page.keyboard.press("Control+s")
        wait_for_storage(notebook.page, "Controls in a text", True)
        controls.require_that_jupyter_keeps_its_own(notebook)
        controls.require_that_a_question_is_answered(notebook)


def test_an_address_leads_to_a_cell_and_a_button_back_to_the_book(
    address: str, browser: Browser
) -> None:
    with visit(browser) as page:
        cells = read(LITE / "files" / DERIVATIVES)["cells"]
        number = next(
            i for i, cell in enumerate(cells) if "explore_chords" in "".join(cell["source"])
        )
        notebook = open_lesson(page, address, f"{DERIVATIVES}#cell-id={cells[number]['id']}")
        expect(notebook.cell(number)).to_have_class(re.compile("jp-mod-active"))
        expect(notebook.cell(number)).to_be_in_viewport()
        with page.expect_popup() as popup:
            notebook.press("Book")
        title = popup.value.locator("h1").first
        expect(title).to_contain_text("Derivatives by differences")
        assert popup.value.url.endswith(f"notebooks/{DERIVATIVES.replace('.ipynb', '.html')}")


def test_the_book_leads_to_the_lesson(address: str, browser: Browser) -> None:
    with visit(browser) as page:
        page.goto(f"{address}/notebooks/{DERIVATIVES.replace('.ipynb', '.html')}")
        page.get_by_role("link", name="Run it in your browser").click()
        title = page.locator(".jp-NotebookPanel h1").first
        expect(title).to_contain_text("Derivatives by differences")
