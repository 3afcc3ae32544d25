"""Live outputs in odd places: two of a kind, in two views, deleted, from a stranger."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser.chromium import visit
from browser.lab import Server
from browser.notebook import write_notebook
from playwright.sync_api import Browser, Locator, expect

import gradlab
from gradlab.course.extension import check_servers
from gradlab.live.output import MIME

MARKUP = "<img src=x onerror=alert(1)><script>alert(1)</script>"
# Python's page draws what it can of these, with its own values in place of odd ones.
DRAWN = [
    {"module": "chords", "key": "chords", "state": "abc"},
    {"module": "chords", "key": ["x"], "state": None},
    {"module": "chords", "state": {"curve": MARKUP, "x": 1e308, "h": MARKUP, "start": [1]}},
    {"module": "predict", "state": {"name": "__proto__", "question": MARKUP, "choice": 99}},
]
# And shows the words of these: no data, no module, a module of a later version.
NOT_DRAWN = [
    *["x", None, [1], {}, {"module": "kit", "state": {}}, {"module": "../plugin"}],
    {"module": "of_a_later_version", "state": {}},
]
CELLS = [
    "import gradlab",
    "first = gradlab.explore_chords(x=1)\nfirst",
    "second = gradlab.explore_chords(x=2)\nsecond",
    "print(first.state['x'], second.state['x'])",
    "gradlab.explore_chords(x=0)",
]
FIRST, SECOND, PRINTED, LAST = 1, 2, 3, 4
# Until what was moved is kept, and drawn wherever it is shown.
KEPT = 600


def make_cell(live: Any) -> Any:
    output = nbformat.v4.new_output("display_data", {MIME: live, "text/plain": f"words {MARKUP}"})
    return nbformat.v4.new_code_cell("0", outputs=[output])


def find_sliders(place: Locator) -> Locator:
    return place.get_by_label("point x")


def test_data_from_anyone_run_nothing_and_break_nothing(lab: Server, browser: Browser) -> None:
    cells = [make_cell(live) for live in (*DRAWN, *NOT_DRAWN)]
    write_notebook(lab.folder / "odd.ipynb", cells)
    with visit(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        notebook = lab.open(page, "odd.ipynb")
        expect(notebook.panel.locator(".gx")).to_have_count(len(DRAWN))
        words = notebook.panel.locator(".jp-OutputArea-output pre", has_text=f"words {MARKUP}")
        expect(words).to_have_count(len(NOT_DRAWN))
        assert notebook.panel.locator("[onerror], .jp-OutputArea-output script").count() == 0
        for slider in find_sliders(notebook.panel).all():
            assert float(slider.input_value()) == 1
        # The files that are not there; nothing outside the folder of the modules is looked for.
        assert all("404" in text for text in notebook.complaints)
        assert not any("plugin.mjs" in url for url in asked if "modules" in url)
        assert notebook.popups() == []
    lab.shut_down_kernels()


def test_an_output_keeps_its_place_in_python_and_is_the_same_in_every_view(
    lab: Server, browser: Browser
) -> None:
    write_notebook(lab.folder / "views.ipynb", CELLS)
    with visit(browser) as page:
        notebook = lab.open(page, "views.ipynb")
        notebook.run_all()
        for position, key in ((SECOND, "Home"), (FIRST, "End")):
            find_sliders(notebook.output(position)).press(key)
            page.wait_for_timeout(KEPT)
        notebook.run(PRINTED)
        assert notebook.output(PRINTED).inner_text().strip() == "2.5 -2.5"

        # Deleted while a change waits to be kept; it comes back with its output.
        find_sliders(notebook.output(LAST)).press("Home")
        find_sliders(notebook.output(LAST)).blur()
        notebook.cell(LAST).locator(".jp-InputPrompt").click()
        page.keyboard.press("d")
        page.keyboard.press("d")
        expect(find_sliders(notebook.panel)).to_have_count(2)
        page.keyboard.press("z")
        expect(find_sliders(notebook.panel)).to_have_count(3)

        notebook.output(FIRST).locator("table").click(button="right")
        page.get_by_text("Create New View for Cell Output").click()
        page.locator(".lm-TabBar-tab", has_text="views.ipynb").click(button="right")
        page.get_by_text("New View for Notebook").click()
        expect(find_sliders(page.locator("body"))).to_have_count(3 + 1 + 3)
        find_sliders(page.locator(".jp-LinkedOutputView")).press("ArrowLeft")
        page.wait_for_timeout(KEPT)
        values = [slider.input_value() for slider in find_sliders(page.locator("body")).all()]
        assert values.count("2.45") == 3
        notebook.require_no_complaints()
    lab.shut_down_kernels()


def test_run_all_keeps_a_choice_whose_output_was_never_in_view(
    lab: Server, browser: Browser
) -> None:
    asked = gradlab.predict("lost_step")
    live = {**asked._repr_mimebundle_()[0][MIME], "state": {**asked.state, "choice": 2}}
    question = make_cell(live)
    question.source = "gradlab.predict('lost_step')"
    path = lab.folder / "long.ipynb"
    # Far enough below for JupyterLab to draw it outside of the page.
    write_notebook(path, ["import gradlab", *["x = 1\n" * 20] * 80, question])
    lab.set("@jupyterlab/notebook-extension:tracker", windowingMode="full")
    with visit(browser) as page:
        notebook = lab.open(page, path.name)
        notebook.run_all()
        notebook.save()
        saved = nbformat.read(path, as_version=4).cells[-1]
        assert saved.execution_count == 82
        assert saved.outputs[0].data[MIME].state.choice == 2
    lab.shut_down_kernels()


def test_the_doctor_finds_the_extension_at_a_running_server(
    lab: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = lab.home / ".local" / "share" / "jupyter" / "runtime"
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    check = check_servers()
    assert check.ok
    assert check.found.startswith("1 running")
    assert Path(runtime).is_dir()
