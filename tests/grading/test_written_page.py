"""The page of answers in words: whole HTML with what everyone wrote, by name or by code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from learner_results import RESULTS, TEXTS, make_answer, make_learner
from pages import Page, words
from test_feedback import NASTY

from gradlab.exercises.catalogue import WRITTEN
from gradlab.grading.outcome.naming import make_code
from gradlab.grading.outcome.pages.written import render_written
from gradlab.grading.outcome.results import LearnerResult, Run
from gradlab.grading.outcome.text import as_line
from gradlab.grading.output_paths import Outputs
from gradlab.grading.outputs import write_outputs
from gradlab.grading.teacher_files import TeacherFiles
from tools.lessons import NOTEBOOKS

EXPLAIN = WRITTEN["explain"]


def make_writer(name: str, text: str, notes: tuple[str, ...] = ()) -> LearnerResult:
    answer = replace(make_answer("written", None), answer=text, notes=notes)
    return make_learner(name, answer, status="needs-manual")


def show(*results: LearnerResult, is_anonymous: bool = False) -> Page:
    return Page(render_written(results, is_anonymous))


@given(RESULTS, st.booleans())
def test_the_page_is_whole_and_loads_nothing_whatever_was_written(
    results: list[LearnerResult], is_anonymous: bool
) -> None:
    page = show(*results, is_anonymous=is_anonymous)
    assert not {"script", "img", "a", "link", "iframe", "form"} & {tag for tag, _ in page.tags}
    assert len(page.texts("html")) == 1
    found = [e for r in results for e in r.exercises if e.name == "explain"]
    written = [exercise for exercise in found if exercise.outcome == "written"]
    articles = page.texts("article")
    assert len(articles) == len(written)
    for exercise in written:
        assert any(words(exercise.answer) in words(article) for article in articles)
        assert any(words(exercise.comment) in words(article) for article in articles)


@given(st.sampled_from(NASTY) | TEXTS)
def test_an_answer_is_shown_as_it_was_typed(text: str) -> None:
    lines = f"  * {text}\n\n    **so**\n<b>bold</b> $x$"
    page = show(make_writer("ada", lines))
    [answer] = [text for text in page.texts("div") if "**so**" in text]
    expected = "\n".join(as_line(line) for line in lines.splitlines())
    assert answer == expected
    assert "b" not in {tag for tag, _ in page.tags}


def test_the_rubric_and_the_model_are_beside_the_answers() -> None:
    page = show(make_writer("ada", "The biases."))
    [table] = page.texts("table")
    for points, what in EXPLAIN.rubric:
        assert what in table
        assert f"\n{points}" in table or str(points) in table
    [details] = page.texts("details")
    assert EXPLAIN.model in details
    assert "open" not in page.named("details")[0]


def test_words_are_counted_and_as_many_asked_for_as_the_lesson_says() -> None:
    page = show(make_writer("ada", "one two\n\nthree,four - five"), make_writer("ben", "one"))
    ada, ben = page.texts("article")
    assert "5 words" in ada
    assert "1 word" in ben
    assert "1 words" not in ben
    least, most = EXPLAIN.words
    book = json.loads((NOTEBOOKS / "07_bug_hunt.ipynb").read_text())
    lesson = "\n".join("".join(cell["source"]) for cell in book["cells"])
    assert f"in {least} to {most} words" in lesson
    assert f"{least} to {most} words" in page.text()


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ("See ![plot](attachment:plot.png)", True),
        ("See ![](http://example.org/a.png)", True),
        ("See [plot](attachment:plot.png)", True),
        ('<IMG src="x.png">', True),
        ("The attachment: none! [so] (it) is < imagined", False),
    ],
)
def test_a_picture_that_is_not_shown_is_told(text: str, is_said: bool) -> None:
    assert ("picture that is not shown" in show(make_writer("ada", text)).text()) == is_said


def test_an_answer_without_end_is_cut_and_it_is_told() -> None:
    page = render_written([make_writer("ada", "word " * 100_000)])
    assert len(page) < 20_000
    article = Page(page).texts("article")[0]
    assert "is cut after 10,000 of 500,000 characters" in article
    assert "100000 words" in article


def test_remarks_and_what_was_given_are_beside_the_answer() -> None:
    ada = make_writer("ada", "The biases.", ("found below the marked cell",))
    exercise = replace(ada.exercises[0], points=7.5, is_by_hand=True, comment="Why?")
    notes = ("explain: same as published", "pack: something else", "lesson 4 is there twice")
    ada = replace(ada, exercises=(exercise,), notes=notes)
    [article] = show(ada).texts("article")
    for part in ("found below", "same as published", "7.5 of 10 points by hand", "Why?"):
        assert part in article
    assert "something else" not in article
    assert "twice" not in article


def test_learners_are_in_the_order_of_their_names_and_those_without_answer_last() -> None:
    by_hand = replace(make_answer("missing", 4.0), is_by_hand=True)
    page = show(
        make_writer("cleo", "C"),
        make_learner("emil", make_answer("missing", 0.0)),
        make_writer("ada", "A"),
        make_learner("dora", make_answer("blank", 0.0)),
        make_learner("ben", make_answer("blank", 0.0)),
        make_learner("fay", by_hand, status="missing"),
    )
    assert page.texts("h3") == ["ada", "cleo"]
    last = page.texts("p")[-1]
    assert last == (
        "Left blank: ben, dora. Not in what was handed in: emil, fay (4 of 10 points by hand)."
    )
    assert page.text().rstrip().endswith(last)


NAMES = ["Ada Lovelace", "Ben", "Li Na", "Cleo Ng", "Zoë"]


def test_codes_stand_for_all_names_and_give_the_order() -> None:
    """Nothing else on the page may tell who it is."""
    notes = {
        "Ada Lovelace": "found in lovelace_07.ipynb",
        "Ben": "found in BEN/07_bug_hunt",
        "Li Na": "taken from the folder of li",
        "Cleo Ng": "found below the marked cell",
        "Zoë": "same as published",
    }
    results = [make_writer(name, f"{i} words", (notes[name],)) for i, name in enumerate(NAMES)]
    results.append(make_learner("Dora", make_answer("blank", 0.0)))
    page = show(*results, is_anonymous=True)
    assert page.texts("h3") == sorted(map(make_code, NAMES))
    assert make_code("Dora") in page.texts("p")[-1]
    seen = page.text().casefold()
    for name in ("ada", "lovelace", "ben", "folder of li", "cleo", "zoë", "dora", ".ipynb"):
        assert name not in seen
    assert page.text().count("a remark that may tell who it is") == 3
    assert "found below the marked cell" in page.text()
    assert "same as published" in page.text()
    # The same learners in another order give the same page.
    assert render_written(results[::-1], True) == render_written(results, True)


def test_a_page_without_names_calls_those_who_wrote_the_same_by_codes(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(60))
    learners = [make_writer(name, text) for name in ("Ada Example", "Ben Sample")]
    run = Run("0.1.0", 1, "None.", (7,))
    for is_anonymous in (True, False):
        page = tmp_path / f"{is_anonymous}.html"
        outputs = Outputs(tmp_path / "grades.csv", written=page, anonymous=is_anonymous)
        summary = write_outputs(outputs, learners, run, TeacherFiles()).summary
        same = summary.partition("Same answers")[2]
        assert ("Example" in same.partition("\n\n")[0]) != is_anonymous
        shown = page.read_text(encoding="utf-8")
        assert "nearly the same as" in shown
        assert ("Example" in shown or "Sample" in shown) != is_anonymous
        assert (make_code("Ben Sample") in shown) == is_anonymous
