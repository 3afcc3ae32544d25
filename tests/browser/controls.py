"""A notebook full of controls that are not the course's own, and what their keys must do."""

from __future__ import annotations

from typing import Any

from browser.notebook import Notebook
from nbformat.v4 import new_code_cell, new_markdown_cell
from playwright.sync_api import Locator, expect

TEXT = """\
# Controls in a text

[To the end](#The-end)

<details><summary>More</summary>

Unfolded.

</details>
"""
HTML = """\
<button>push</button> <input value="text"> <input type="range" min="0" max="9" value="5">
<select><option>one</option><option>two</option></select> <textarea>area</textarea>
<details><summary>More</summary>Unfolded.</details> <a href="#The-end">link</a>
<div tabindex="0">focus</div> <div contenteditable="true">edit</div> <video controls></video>
"""
WIDGETS = """\
import ipywidgets as w
from tqdm.notebook import tqdm
for _ in tqdm(range(3)):
    pass
tab = w.Tab(children=[w.HTML("one"), w.HTML("two")], titles=("first", "second"))
w.VBox([w.IntSlider(5), w.Text("text"), w.Button(description="push"), w.Checkbox(),
        w.Dropdown(options=["one", "two"]), w.ToggleButtons(options=["a", "b"]), tab])
"""
ASK = 'print("Hello,", input("Name? "))'
SHOW = f"from IPython.display import HTML\nHTML('''{HTML}''')"
CELLS: list[Any] = [
    new_markdown_cell(TEXT),
    new_code_cell(SHOW),
    new_code_cell(WIDGETS),
    new_markdown_cell("## The end"),
    new_code_cell(ASK),
]
AT_TEXT, AT_HTML, AT_WIDGETS, AT_END, AT_ASK = range(len(CELLS))
# At least so many can have the focus in the places that are tried.
MANY = 18

_FOCUSABLE = (
    "a[href], button, input, select, summary, textarea, video, [tabindex], [contenteditable]"
)
_LIST = """
(panel, focusable) => [...panel.querySelectorAll(".jp-RenderedMarkdown, .jp-OutputArea-output")]
    .flatMap(place => [...place.querySelectorAll(focusable)])
    .filter(element => element.tabIndex >= 0 || element.isContentEditable)
    .filter(element => element.checkVisibility({ visibilityProperty: true }))
"""
_HAS_FOCUS = "element => element === document.activeElement"
_KINDS = """
panel => [...panel.querySelectorAll(".jp-Cell")]
    .map(cell => cell.classList.contains("jp-CodeCell"))
"""


def run_cells(notebook: Notebook) -> None:
    """Run the cells that show controls."""
    for position in (AT_HTML, AT_WIDGETS):
        notebook.run(position)
    expect(slider(notebook)).to_be_visible()


def slider(notebook: Notebook) -> Locator:
    """Return the handle of the slider that ipywidgets draws."""
    return notebook.output(AT_WIDGETS).get_by_role("slider").first


def require_that_letters_edit_no_notebook(notebook: Notebook) -> None:
    """Type letters on every control: Jupyter's would insert a cell above and below."""
    keyboard = notebook.page.keyboard
    kinds = notebook.panel.evaluate(_KINDS)
    controls = notebook.panel.evaluate_handle(_LIST, _FOCUSABLE)
    count = controls.evaluate("list => list.length")
    assert count >= MANY, controls.evaluate("list => list.map(element => element.outerHTML)")
    for number in range(count):
        control = controls.evaluate_handle("(list, number) => list[number]", number).as_element()
        assert control
        control.focus()
        for key in ("a", "b", "m"):
            keyboard.press(key)
        what = control.evaluate("element => element.outerHTML.slice(0, 200)")
        assert control.evaluate(_HAS_FOCUS), what
        assert notebook.panel.evaluate(_KINDS) == kinds, what
    button = notebook.cell(AT_HTML).locator(".jp-cell-toolbar jp-button").first
    notebook.cell(AT_HTML).locator(".jp-InputPrompt").click()
    expect(button).to_be_visible()
    button.evaluate("button => button.focus()")
    keyboard.press("b")
    assert notebook.panel.evaluate(_KINDS) == kinds


def require_that_controls_follow_their_keys(notebook: Notebook) -> None:
    """Use controls by keyboard, as in any page."""
    keyboard, handle = notebook.page.keyboard, slider(notebook)
    handle.focus()
    before = handle.get_attribute("aria-valuenow")
    keyboard.press("ArrowRight")
    expect(handle).not_to_have_attribute("aria-valuenow", before or "")
    assert handle.evaluate(_HAS_FOCUS)
    bar = notebook.output(AT_HTML).locator("input[type=range]")
    bar.focus()
    keyboard.press("ArrowLeft")
    expect(bar).to_have_value("4")
    for place in (notebook.cell(AT_TEXT), notebook.output(AT_HTML)):
        place.locator("summary").focus()
        keyboard.press("Enter")
        expect(place.locator("details")).to_have_attribute("open", "")


def require_that_jupyter_keeps_its_own(notebook: Notebook) -> None:
    """Press Jupyter's keys on a control: Shift + Enter runs, and after Escape all are its own."""
    keyboard = notebook.page.keyboard
    prompt = notebook.cell(AT_HTML).locator(".jp-InputPrompt")
    before = prompt.inner_text()
    notebook.output(AT_HTML).get_by_role("button").focus()
    keyboard.press("Shift+Enter")
    expect(prompt).not_to_have_text(before)
    count = notebook.panel.locator(".jp-Cell").count()
    slider(notebook).focus()
    keyboard.press("Escape")
    expect(notebook.cell(AT_WIDGETS)).to_be_focused()
    keyboard.press("b")
    expect(notebook.panel.locator(".jp-Cell")).to_have_count(count + 1)
    for _ in range(2):
        keyboard.press("d")
    expect(notebook.panel.locator(".jp-Cell")).to_have_count(count)


def require_that_a_question_is_answered(notebook: Notebook) -> None:
    """Answer input() with letters that are shortcuts elsewhere."""
    notebook.cell(AT_ASK).locator(".jp-InputPrompt").click()
    notebook.page.keyboard.press("Control+Enter")
    box = notebook.cell(AT_ASK).locator("input")
    box.focus()
    notebook.page.keyboard.type("Abdda")
    notebook.page.keyboard.press("Enter")
    expect(notebook.output(AT_ASK).last).to_contain_text("Hello, Abdda")
