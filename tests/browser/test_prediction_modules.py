"""Predictions and their tally in a page of their own: chosen, kept, opened, forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from browser.chromium import screenshot, serve, visit
from playwright.sync_api import Browser, Locator, Page, expect

import gradlab
from gradlab.exercises.prediction import Prediction, find_predictions
from gradlab.live.output import LiveOutput
from gradlab.live.script import as_module, as_page_script

NAMES = [one.name for one in find_predictions()[1]]
KINK = next(one for one in find_predictions()[1] if one.name == "who_tells_of_the_kink")
WRONG = 1 if KINK.right == 0 else 0
STORED = "gradlab:predict:"
# A lesson as the book has it, and how a stored choice looks.
LESSON = [*(gradlab.predict(name) for name in NAMES), gradlab.tally_predictions(1)]


def as_figure(output: LiveOutput, **changes: Any) -> str:
    """Return an output as HTML, with changes of its state."""
    output.state.update(changes)
    html: str = output._repr_mimebundle_()[0]["text/html"]
    return html


def ask(prediction: Prediction = KINK, **changes: Any) -> str:
    return as_figure(gradlab.predict(prediction.name), **changes)


def tally(**chosen: int) -> str:
    counted = gradlab.tally_predictions(1)
    return as_figure(counted, chosen={**counted.state["chosen"], **chosen})


@contextmanager
def show(
    browser: Browser,
    folder: Path,
    *figures: str,
    script: str = "",
    theme: Literal["light", "dark"] = "light",
    width: int = 1280,
) -> Iterator[Page]:
    """Open a page that has some figures and the script of the book, or another."""
    style = "<style>:root { color-scheme: light dark } body { font: 16px sans-serif }</style>"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    body = "\n".join(figures)
    page_script = script or f"<script>{as_page_script()}</script>"
    text = f"<!doctype html>{head}<title>Predictions</title>{style}{body}{page_script}"
    (folder / "index.html").write_text(text, encoding="utf-8")
    with serve(folder) as address, visit(browser, theme, width) as page:
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(f"{address}/index.html")
        yield page
        assert not failures


def asked(page: Page, place: int = 0) -> Locator:
    return page.locator(".gx-predict").nth(place)


def answer(page: Page, text: str, place: int = 0) -> Locator:
    return asked(page, place).get_by_role("radio", name=text.replace("`", ""), exact=True)


def open_reply(page: Page, place: int = 0) -> None:
    asked(page, place).locator("summary").click()


def get_stored(page: Page, name: str = KINK.name) -> Any:
    return json.loads(page.evaluate("name => localStorage.getItem(name)", STORED + name) or "null")


def store(page: Page, **stored: Any) -> None:
    """Put into the browser what an earlier visit chose, and come back."""
    page.evaluate(
        "([name, value]) => localStorage.setItem(name, value)",
        [STORED + KINK.name, json.dumps(stored)],
    )
    page.reload()


def test_the_answer_may_change_until_the_reply_is_opened(browser: Browser, tmp_path: Path) -> None:
    with show(browser, tmp_path, ask()) as page:
        expect(asked(page).locator("details")).to_be_hidden()
        answer(page, KINK.answers[WRONG].text).check()
        answer(page, KINK.answers[KINK.right].text).check()
        answer(page, KINK.answers[WRONG].text).check()
        assert KINK.answers[WRONG].reply not in asked(page).inner_text()
        open_reply(page)
        expect(asked(page)).to_contain_text("Your answer stands.")
        expect(asked(page)).to_contain_text(KINK.answers[WRONG].reply)
        expect(asked(page)).to_contain_text("No.")
        for radio in asked(page).get_by_role("radio").all():
            expect(radio).to_be_disabled()
        # To fold the reply again changes nothing.
        open_reply(page)


def test_what_only_the_browser_remembers_may_be_somebody_elses(
    browser: Browser, tmp_path: Path
) -> None:
    with show(browser, tmp_path, ask(), tally()) as page:
        store(page, question=KINK.question, answer=KINK.answers[WRONG].text, seen=True)
        expect(answer(page, KINK.answers[WRONG].text)).to_be_checked()
        expect(answer(page, KINK.answers[WRONG].text)).to_be_enabled()
        expect(asked(page)).to_contain_text("earlier in this browser")
        expect(asked(page)).not_to_contain_text(KINK.answers[WRONG].reply)
        expect(page.locator(".gx-tally")).to_contain_text("earlier in this browser: 1")
        # Pressed again, it is the reader's own.
        answer(page, KINK.answers[WRONG].text).click()
        expect(asked(page)).not_to_contain_text("earlier in this browser")
        expect(page.locator(".gx-tally")).not_to_contain_text("earlier in this browser")
        page.reload()
        open_reply(page)
        expect(asked(page)).to_contain_text(KINK.answers[WRONG].reply)
        page.reload()
        asked(page).get_by_role("button", name="forget").click()
        assert page.locator("input:checked").count() == 0
        assert page.evaluate("document.activeElement.type") == "radio"
        expect(page.locator(".gx-tally")).to_contain_text("none of the")
        assert get_stored(page) is None


def test_the_right_answer_has_its_reply(browser: Browser, tmp_path: Path) -> None:
    with show(browser, tmp_path, ask()) as page:
        answer(page, KINK.answers[KINK.right].text).check()
        open_reply(page)
        expect(asked(page)).to_contain_text(f"Right. {KINK.answers[KINK.right].reply}")


def test_a_question_is_answered_by_keys_alone(browser: Browser, tmp_path: Path) -> None:
    with show(browser, tmp_path, ask()) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        for _ in range(len(KINK.answers) + 1):
            page.keyboard.press("ArrowDown")
        # Once round, and one further: what the arrows pass over is not final.
        expect(answer(page, KINK.answers[1].text)).to_be_checked()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(asked(page)).to_contain_text(KINK.answers[1].reply)
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_every_control_keeps_its_keys_from_jupyter(browser: Browser, tmp_path: Path) -> None:
    with show(browser, tmp_path, ask(), tally()) as page:
        controls = page.locator(".gx").locator("button, input, select, summary, [tabindex]").all()
        assert len(controls) == len(KINK.answers) + 2
        for control in controls:
            assert control.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_a_screen_reader_hears_the_question_the_state_and_the_reply(
    browser: Browser, tmp_path: Path
) -> None:
    with show(browser, tmp_path, ask()) as page:
        group = page.get_by_role("group", name=f"Predict. {KINK.question}")
        expect(group).to_have_accessible_description("Choose before you go on.")
        group.get_by_role("radio").first.check()
        expect(group).to_have_accessible_description("Noted. Now go on and look.")
        open_reply(page)
        spoken = page.locator("[aria-live=polite]").all_inner_texts()
        assert spoken[0] == "Your answer stands."
        assert KINK.answers[0].reply in spoken[1]


def test_copies_of_a_question_follow_each_other(browser: Browser, tmp_path: Path) -> None:
    with show(browser, tmp_path, ask(), ask()) as page:
        answer(page, KINK.answers[2].text, 0).check()
        expect(answer(page, KINK.answers[2].text, 1)).to_be_checked()
        answer(page, KINK.answers[1].text, 1).check()
        expect(answer(page, KINK.answers[1].text, 0)).to_be_checked()
        open_reply(page, 1)
        for place in range(2):
            expect(asked(page, place)).to_contain_text(KINK.answers[1].reply)
            expect(answer(page, KINK.answers[0].text, place)).to_be_disabled()


def test_the_tally_follows_and_forgets_everything(browser: Browser, tmp_path: Path) -> None:
    with show(browser, tmp_path, *map(as_figure, LESSON)) as page:
        counted = page.locator(".gx-tally")
        expect(counted).to_contain_text(f"none of the {len(NAMES)} predictions")
        for place, prediction in enumerate(find_predictions()[1]):
            chosen = prediction.right if place % 2 else not prediction.right
            answer(page, prediction.answers[chosen].text, place).check()
            open_reply(page, place)
        half = len(NAMES) // 2
        said = f"You made {len(NAMES)} of {len(NAMES)} predictions. Right: {half}."
        expect(counted).to_contain_text(said)
        page.reload()
        expect(counted).to_contain_text(said)
        counted.get_by_role("button").click()
        expect(counted).to_contain_text(f"none of the {len(NAMES)} predictions")
        assert page.locator("input:checked, input:disabled").count() == 0
        assert page.evaluate("localStorage.length") == 0
        assert page.evaluate("document.activeElement.tagName") == "BUTTON"
        page.reload()
        assert page.locator("input:checked").count() == 0


def test_the_tally_says_what_is_right_where_another_was_chosen(
    browser: Browser, tmp_path: Path
) -> None:
    with show(browser, tmp_path, ask(choice=WRONG), tally()) as page:
        line = page.locator(".gx-tally li").nth(NAMES.index(KINK.name))
        expect(line).to_contain_text(f"you chose: {KINK.answers[WRONG].text}")
        expect(line).to_contain_text(f"the right answer: {KINK.answers[KINK.right].text}")


def test_the_notebooks_own_choice_comes_before_the_browsers(
    browser: Browser, tmp_path: Path
) -> None:
    own = ask(choice=2)
    with show(browser, tmp_path, own, tally(**{KINK.name: 0})) as page:
        store(page, question=KINK.question, answer=KINK.answers[1].text, seen=True)
        expect(answer(page, KINK.answers[2].text)).to_be_checked()
        expect(answer(page, KINK.answers[2].text)).to_be_enabled()
        line = page.locator(".gx-tally li").nth(NAMES.index(KINK.name))
        expect(line).to_contain_text(KINK.answers[2].text)


@pytest.mark.parametrize(
    "stored",
    [
        {"question": "Another?", "answer": KINK.answers[1].text, "seen": True},
        {"question": KINK.question, "answer": "Another.", "seen": True},
        {"question": KINK.question, "answer": 1},
        [1],
        "text",
        7,
    ],
    ids=repr,
)
def test_a_stored_answer_of_another_edition_is_ignored(
    browser: Browser, tmp_path: Path, stored: Any
) -> None:
    with show(browser, tmp_path, ask(), tally()) as page:
        page.evaluate(
            "([name, value]) => localStorage.setItem(name, value)",
            [STORED + KINK.name, json.dumps(stored)],
        )
        page.reload()
        assert page.locator("input:checked, input:disabled").count() == 0
        expect(page.locator(".gx-tally")).to_contain_text("none of the")


def test_without_storage_a_page_still_answers(browser: Browser, tmp_path: Path) -> None:
    deny = "<script>Object.defineProperty(window, 'localStorage', { get() { throw 1; } })</script>"
    with show(browser, tmp_path, deny, ask(choice=2), tally()) as page:
        expect(page.locator(".gx-tally")).to_contain_text("You made 1 of")
        answer(page, KINK.answers[1].text).check()
        open_reply(page)
        expect(asked(page)).to_contain_text(KINK.answers[1].reply)
        page.locator(".gx-tally").get_by_role("button").click()
        assert page.locator("input:checked").count() == 0


NASTY = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "changes",
    [
        {"choice": 99, "seen": True},
        {"choice": -7},
        {"choice": 0.5},
        {"choice": "1", "seen": "yes"},
        {"choice": None, "seen": 1},
        {"answers": "text"},
        {"answers": [None, 3, {"text": NASTY, "reply": None}]},
        {"answers": [{"text": NASTY, "reply": NASTY}] * 999},
        {"name": None, "question": NASTY, "right": "1"},
        {"name": "__proto__", "right": None},
    ],
    ids=lambda changes: repr(changes)[:60],
)
def test_a_state_from_a_stranger_does_no_harm(
    browser: Browser, tmp_path: Path, changes: dict[str, Any]
) -> None:
    strange = gradlab.tally_predictions(1)
    strange.state.update(chosen=changes, predictions=[None, changes, 1, {"name": "__proto__"}])
    with show(browser, tmp_path, ask(**changes), as_figure(strange)) as page:
        assert page.locator(".gx-predict, .gx-tally").count() == 2
        assert page.locator("input:checked, input:disabled, img").count() == 0
        assert asked(page).locator("input").count() <= 10
        for radio in asked(page).get_by_role("radio").all():
            radio.check()
        if asked(page).locator("summary").is_visible():
            open_reply(page)
        page.locator("button").click()
        assert page.locator("img").count() == 0


# What Jupyter gives a module: it writes at once, or only once the notebook is changed anyway.
HARNESS = """
<script type="module">
import predict from "./predict.mjs";
import tally from "./tally.mjs";
window.saved = {};
window.leave = {};
window.redraw = (id, changes) => {
  const { el, module, state } = saved[id];
  leave[id]();
  el.replaceChildren();
  draw(id, el, module, { ...state, ...changes });
};
window.place = (id, parent, module, state) => {
  const el = document.createElement("div");
  document.getElementById(parent).append(el);
  draw(id, el, module, state);
};
const draw = (id, el, module, state) => {
  saved[id] = { at_once: 0, when_dirty: 0, state, el, module };
  const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes: () => { saved[id].at_once += 1; },
    save_when_dirty: () => { saved[id].when_dirty += 1; },
  };
  leave[id] = { predict, tally }[module].render({ model, el }) ;
};
window.ready = true;
</script>
"""
TWO_NOTEBOOKS = '<div class="jp-Notebook" id="ada"></div><div class="jp-Notebook" id="ben"></div>'


@contextmanager
def show_notebooks(browser: Browser, folder: Path) -> Iterator[Page]:
    """Open a page with two notebooks, in which `place` puts outputs."""
    for name in ("predict", "tally"):
        (folder / f"{name}.mjs").write_text(as_module(name), encoding="utf-8")
    with show(browser, folder, TWO_NOTEBOOKS, script=HARNESS) as page:
        page.wait_for_function("window.ready")
        yield page


def place(page: Page, identity: str, notebook: str, output: LiveOutput, **changes: Any) -> None:
    module = "tally" if "chosen" in output.state else "predict"
    state = {**output.state, **changes}
    page.evaluate("args => place(...args)", [identity, notebook, module, state])


def read(page: Page, identity: str) -> dict[str, Any]:
    saved: dict[str, Any] = page.evaluate("id => ({ ...saved[id], el: null })", identity)
    return saved


def test_to_open_a_notebook_writes_nothing_into_it(browser: Browser, tmp_path: Path) -> None:
    with show_notebooks(browser, tmp_path) as page:
        place(page, "old", "ada", gradlab.predict(KINK.name), choice=1, seen=True)
        place(page, "fresh", "ada", gradlab.predict(NAMES[0]))
        place(page, "tally", "ada", gradlab.tally_predictions(1))
        page.evaluate("leave.old()")
        place(page, "again", "ada", gradlab.predict(KINK.name))
        for name in ("old", "fresh", "tally", "again"):
            assert read(page, name)["at_once"] == 0
        assert read(page, "old")["when_dirty"] == 0
        assert read(page, "fresh")["when_dirty"] == 0
        # Both know it, and write it once the notebook is changed anyway.
        assert read(page, "again")["when_dirty"] == 1
        assert read(page, "again")["state"]["choice"] == 1
        assert read(page, "tally")["state"]["chosen"][KINK.name] == 1


def test_somebody_elses_choice_is_not_written_into_a_notebook(
    browser: Browser, tmp_path: Path
) -> None:
    with show_notebooks(browser, tmp_path) as page:
        place(page, "ada", "ada", gradlab.predict(KINK.name))
        page.locator("#ada").get_by_role("radio").nth(1).check()
        place(page, "ben", "ben", gradlab.predict(KINK.name))
        place(page, "ben counted", "ben", gradlab.tally_predictions(1))
        expect(page.locator("#ben").get_by_role("radio").nth(1)).to_be_checked()
        expect(page.locator("#ben .gx-tally")).to_contain_text("You made 1 of")
        assert read(page, "ben")["state"]["choice"] == -1
        assert read(page, "ben counted")["state"]["chosen"][KINK.name] == -1
        for name in ("ben", "ben counted"):
            assert read(page, name)["at_once"] == read(page, name)["when_dirty"] == 0
        page.locator("#ben").get_by_role("radio").nth(1).click()
        assert read(page, "ben")["state"]["choice"] == 1
        assert read(page, "ben counted")["state"]["chosen"][KINK.name] == 1


def test_to_open_a_notebook_leaves_the_browsers_memory_alone(
    browser: Browser, tmp_path: Path
) -> None:
    with show_notebooks(browser, tmp_path) as page:
        place(page, "own", "ada", gradlab.predict(KINK.name), choice=1)
        place(page, "strange", "ada", gradlab.predict(KINK.name), name="n" * 100_000, choice=1)
        page.evaluate("leave.own(), leave.strange()")
        assert page.evaluate("localStorage.length") == 0


def test_a_redrawn_question_does_not_bring_back_what_was_forgotten(
    browser: Browser, tmp_path: Path
) -> None:
    with show_notebooks(browser, tmp_path) as page:
        place(page, "own", "ada", gradlab.predict(KINK.name), choice=1)
        # As in a second view of the notebook, when the answers are forgotten in the first.
        page.evaluate("redraw('own', { choice: -1, seen: false })")
        assert page.locator("input:checked").count() == 0
        assert read(page, "own")["when_dirty"] == 0


def test_millions_of_letters_are_not_drawn(browser: Browser, tmp_path: Path) -> None:
    long = "`" * 100_000
    counted = gradlab.tally_predictions(1)
    one = {"name": "long", "question": long, "answers": [long] * 10, "right": 0}
    counted.state.update(predictions=[one], chosen={"long": 1})
    asking = ask(question=long, answers=[{"text": long, "reply": long}] * 10)
    with show(browser, tmp_path, asking, as_figure(counted)) as page:
        assert page.locator(".gx-predict, .gx-tally").count() == 2
        assert page.locator("code").count() < 20_000


def test_notebooks_side_by_side_keep_their_own_answers(browser: Browser, tmp_path: Path) -> None:
    with show_notebooks(browser, tmp_path) as page:
        for who, choice in (("ada", 1), ("ben", 2)):
            place(page, who, who, gradlab.predict(KINK.name), choice=choice)
            place(page, f"{who} counted", who, gradlab.tally_predictions(1))
        page.locator("#ben").get_by_role("radio").nth(0).check()
        assert read(page, "ben")["state"]["choice"] == 0
        assert read(page, "ben")["at_once"] == 1
        assert read(page, "ada")["state"]["choice"] == 1
        assert read(page, "ada")["at_once"] == 0
        chosen = [read(page, f"{who} counted")["state"]["chosen"] for who in ("ada", "ben")]
        assert [one[KINK.name] for one in chosen] == [1, 0]
        page.locator("#ben").get_by_role("button").click()
        assert read(page, "ben")["state"]["choice"] == -1
        assert read(page, "ada")["state"]["choice"] == 1
        # Run All in one of them: its output goes, and the new one has the same answer.
        page.evaluate("leave.ada()")
        place(page, "ada again", "ada", gradlab.predict(KINK.name))
        assert read(page, "ada again")["state"]["choice"] == 1


def test_an_output_scrolled_out_of_its_notebook_still_belongs_to_it(
    browser: Browser, tmp_path: Path
) -> None:
    with show_notebooks(browser, tmp_path) as page:
        place(page, "asked", "ada", gradlab.predict(KINK.name), choice=1)
        page.evaluate("document.querySelector('.gx-predict').parentElement.remove()")
        page.evaluate("localStorage.clear()")
        place(page, "counted", "ada", gradlab.tally_predictions(1))
        assert read(page, "counted")["state"]["chosen"][KINK.name] == 1
        page.locator("#ada").get_by_role("button").click()
        assert read(page, "asked")["state"]["choice"] == -1
        assert read(page, "asked")["at_once"] == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_narrow_and_wide_windows(
    browser: Browser, tmp_path: Path, theme: Literal["light", "dark"], width: int
) -> None:
    figures = [as_figure(output) for output in LESSON]
    with show(browser, tmp_path, *figures, theme=theme, width=width) as page:
        for number, prediction in enumerate(find_predictions()[1][:3]):
            asked(page, number).get_by_role("radio").nth(prediction.right - number % 2).check()
            if number:
                open_reply(page, number)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        screenshot(page, "predictions", f"{theme} {width}")
        page.locator(".gx-tally").scroll_into_view_if_needed()
        screenshot(page, "predictions", f"{theme} {width} tally")
