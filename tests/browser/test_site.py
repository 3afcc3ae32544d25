"""The site as a learner uses it who has nothing installed: plain files, served to Chromium."""

from __future__ import annotations

import csv
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser.chromium import ACCOUNT, NARROW, ROOT, SCREENSHOTS, WIDE, serve, visit
from browser.explorer import LiveExplorer
from browser.notebook import Notebook
from browser.pyodide import fetch, unpack
from playwright.sync_api import Browser, Page, expect

from gradlab.cli import main
from gradlab.course.folder import LESSONS, lessons_folder

NAMES = sorted(path.name for path in lessons_folder().glob(LESSONS))
START_HERE, DERIVATIVES = NAMES[:2]
ARCHIVES = ROOT / "build" / "archives"
SITE = ROOT / "build" / "site"
CONVERT = "x = np.asarray(x, dtype=np.float64)"

# Nothing in the page says when a file is saved, or gone.
_IN_STORAGE = """
async ([text, wanted]) => {
    const answered = request => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result)
        request.onerror = failed
    })
    let found = false
    for (const { name } of await indexedDB.databases()) {
        const database = await answered(indexedDB.open(name))
        for (const store of database.objectStoreNames) {
            const rows = await answered(database.transaction(store).objectStore(store).getAll())
            found ||= JSON.stringify(rows).includes(text)
        }
        database.close()
    }
    return found === wanted
}
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
    notebook = Notebook(
        page,
        f"{address}/lite/notebooks/index.html?path={name}",
        SITE / "lite" / "files" / name,
    )
    # What is run before there is a kernel is lost; what is run while it starts is not. Its name
    # may be in the menu where JupyterLab puts what has no room in the toolbar.
    expect(page.get_by_text("Python (Pyodide)").first).to_be_attached()
    return notebook


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


def test_an_explorer_follows_its_sliders(address: str, browser: Browser) -> None:
    with lesson(browser, address, DERIVATIVES) as notebook:
        notebook.run_imports()
        (position,) = (
            number
            for number, cell in enumerate(notebook.cells)
            if cell.source == "gradlab.explore_chords()"
        )
        notebook.run(position)
        explorer = LiveExplorer(notebook, position)
        for slider in explorer.sliders():
            explorer.move(slider)


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


def test_the_book_leads_to_the_lesson(address: str, browser: Browser) -> None:
    with visit(browser) as page:
        page.goto(f"{address}/notebooks/{DERIVATIVES.replace('.ipynb', '.html')}")
        page.get_by_role("link", name="Run it in your browser").click()
        title = page.locator(".jp-NotebookPanel h1").first
        expect(title).to_contain_text("Derivatives by differences")
