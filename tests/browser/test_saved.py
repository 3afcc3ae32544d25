"""A notebook with live outputs, saved and opened again in each front end, or in none."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser.chromium import serve, visit
from browser.lab import START, start
from browser.notebook import Notebook, write_notebook
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Page, expect

from gradlab.exercises.prediction import find_predictions
from gradlab.live.output import MIME

LESSON = 0
ASKED = find_predictions()[LESSON][0]
CELLS = [
    "import gradlab",
    "chords = gradlab.explore_chords(h=0.5)\nchords",
    f"asked = gradlab.predict({ASKED.name!r})\nasked",
    f"tally = gradlab.tally_predictions({LESSON})\ntally",
    f"print(chords.state['x'], asked.state['choice'], tally.state['chosen'][{ASKED.name!r}])",
]
CHORDS, PREDICTION, TALLY, PRINTED = 1, 2, 3, 4
CHOICE = 1
# The left end of the slider, where the learner leaves it.
LEFT = -2.5


def read_state(path: Path, position: int) -> dict[str, Any]:
    """Return the state of a cell's live output in a file."""
    (output,) = json.loads(path.read_text())["cells"][position]["outputs"]
    state: dict[str, Any] = output["data"][MIME]["state"]
    return state


def leave_a_trace(notebook: Notebook) -> None:
    """Run all cells, move the explorer to the left, and choose an answer."""
    notebook.run_all()
    slider = notebook.output(CHORDS).get_by_label("point x")
    slider.focus()
    notebook.page.keyboard.press("Home")
    notebook.output(PREDICTION).get_by_role("radio").nth(CHOICE).check()
    expect(notebook.output(TALLY)).to_contain_text("1 of")


def require_the_trace(notebook: Notebook) -> None:
    """Fail if an output does not show what the learner left, or if there is an error."""
    expect(notebook.output(CHORDS).get_by_label("point x")).to_have_value(str(LEFT))
    expect(notebook.output(PREDICTION).get_by_role("radio").nth(CHOICE)).to_be_checked()
    expect(notebook.output(TALLY)).to_contain_text("1 of")
    notebook.require_no_complaints()


def ask_python(notebook: Notebook) -> str:
    """Return what the kernel knows of the three outputs, once the page has told it."""
    # Longer than the page waits for a reader who has not come to rest.
    notebook.page.wait_for_timeout(500)
    notebook.run(PRINTED)
    return notebook.output(PRINTED).inner_text().strip()


@pytest.fixture(scope="module")
def saved(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a notebook as a learner saved it in JupyterLab; it asked Python in the end."""
    folder = tmp_path_factory.mktemp("learner") / "my-course"
    with start(folder) as lab, visit(browser) as page:
        write_notebook(folder / "saved.ipynb", CELLS)
        notebook = lab.open(page, "saved.ipynb")
        leave_a_trace(notebook)
        assert ask_python(notebook) == f"{LEFT} {CHOICE} {CHOICE}"
        notebook.save()
        notebook.require_no_complaints()
    return folder / "saved.ipynb"


def test_what_was_moved_and_chosen_is_in_the_file(saved: Path) -> None:
    assert read_state(saved, CHORDS)["x"] == LEFT
    assert read_state(saved, PREDICTION)["choice"] == CHOICE
    assert read_state(saved, TALLY)["chosen"][ASKED.name] == CHOICE
    # A widget would be an error wherever the file is opened without the extension.
    assert "widget-view" not in saved.read_text()


@pytest.mark.parametrize("front_end", START)
def test_opened_again_all_is_there_and_comes_back_after_run_all(
    front_end: str, saved: Path, browser: Browser, tmp_path: Path
) -> None:
    # Written by somebody else, so it is not trusted: nobody signed it here.
    folder = tmp_path / "my-course"
    folder.mkdir()
    path = folder / "saved.ipynb"
    path.write_bytes(saved.read_bytes())
    with START[front_end](folder) as server, visit(browser) as page:
        notebook = server.open(page, path.name)
        require_the_trace(notebook)
        assert notebook.is_saved()
        notebook.run_all()
        expect(notebook.output(CHORDS).get_by_label("point x")).to_have_value("1")
        expect(notebook.output(PREDICTION).get_by_role("radio").nth(CHOICE)).to_be_checked()
        assert ask_python(notebook) == f"1.0 {CHOICE} {CHOICE}"
        notebook.save()
        assert read_state(path, PREDICTION)["choice"] == CHOICE
        assert read_state(path, TALLY)["chosen"][ASKED.name] == CHOICE
        # Now it is trusted: this user's kernel made the outputs.
        notebook = server.open(page, path.name)
        expect(notebook.output(TALLY)).to_contain_text("1 of")
        assert notebook.is_saved()
        notebook.output(TALLY).get_by_role("button", name="forget my answers").click()
        for radio in notebook.output(PREDICTION).get_by_role("radio").all():
            expect(radio).not_to_be_checked()
        expect(notebook.output(TALLY)).to_contain_text("You have made none of")
        assert ask_python(notebook) == "1.0 -1 -1"
        notebook.save()
        assert read_state(path, PREDICTION)["choice"] == -1
        assert read_state(path, TALLY)["chosen"][ASKED.name] == -1


@contextmanager
def counting(page: Page) -> Iterator[set[str]]:
    """Keep what a page asks of other machines; nothing leaves this one."""
    asked: set[str] = set()

    def answer(route: Any) -> None:
        if route.request.url.startswith(("http://127.0.0.1", "data:", "file:")):
            route.continue_()
        else:
            asked.add(route.request.url)
            route.abort()

    page.route("**/*", answer)
    yield asked


def test_as_a_page_of_nbconvert_it_has_pictures_and_sentences(
    saved: Path, browser: Browser, tmp_path: Path
) -> None:
    write_notebook(tmp_path / "empty.ipynb", CELLS)
    (tmp_path / "saved.ipynb").write_bytes(saved.read_bytes())
    asked = {}
    for name in ("empty", "saved"):
        html, _ = HTMLExporter().from_filename(str(tmp_path / f"{name}.ipynb"))
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
        with serve(tmp_path) as address, visit(browser) as page, counting(page) as asked[name]:
            page.goto(f"{address}/{name}.html")
            page.wait_for_load_state("load")
            if name == "saved":
                figures = page.locator("figure.gx-live")
                expect(figures).to_have_count(3)
                expect(figures.locator("img")).to_have_count(1)
                assert figures.locator("img").evaluate("image => image.naturalWidth") > 0
                expect(figures.nth(1)).to_contain_text(ASKED.answers[0].text.replace("`", "")[:20])
                expect(page.locator("body")).not_to_contain_text("odel not found")
    # Its template itself links MathJax and RequireJS.
    assert asked["saved"] == asked["empty"]


def test_without_the_extension_it_is_a_widget_and_later_a_picture(
    saved: Path, browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "my-course"
    with start(folder) as lab, visit(browser) as page:
        settings = lab.home / ".jupyter" / "labconfig" / "page_config.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"disabledExtensions": {"gradlab-live": True}}))
        (folder / "saved.ipynb").write_bytes(saved.read_bytes())
        notebook = lab.open(page, "saved.ipynb")
        figures = notebook.panel.locator("figure.gx-live")
        expect(figures).to_have_count(3)
        expect(figures.first.locator("img")).to_be_visible()
        leave_a_trace(notebook)
        expect(figures).to_have_count(0)
        assert ask_python(notebook) == f"{LEFT} {CHOICE} {CHOICE}"
        notebook.require_no_complaints()
