"""The book as files: what is in it, what hides behind a click, and what everybody can read."""

from __future__ import annotations

import copy
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from tools.book.assemble import ROOT
from tools.book.folding import get_module

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOURCES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *LESSONS]
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)

Pages = dict[str, BeautifulSoup]


def page_of(pages: Pages, lesson: Path) -> BeautifulSoup:
    return pages[f"notebooks/{lesson.stem}.html"]


def words(element: Tag) -> str:
    """Return what is read, however it is broken into lines."""
    return " ".join(element.get_text().split())


def words_of(text: str) -> str:
    return " ".join(text.split())


# What is in it


def test_every_source_has_its_page(pages: Pages) -> None:
    expected = {path.relative_to(ROOT).with_suffix(".html").as_posix() for path in SOURCES}
    expected |= {"index.html", "genindex.html", "search.html"}
    assert {name for name in pages if not name.startswith("reference/")} == expected


def test_the_start_page_lists_the_lessons_with_their_minutes(pages: Pages) -> None:
    rows = pages["index.html"].select("table tbody tr")
    for lesson, row in zip(LESSONS, rows, strict=True):
        (link,) = row.select("a")
        assert link["href"] == f"notebooks/{lesson.stem}.html"
        minutes = re.search(r"\*\*(\d+) minutes\*\*", lesson.read_text("utf-8"))
        assert minutes
        assert re.match(rf"{int(lesson.stem[:2])} \D+ {minutes[1]} \w+", words(row))


def test_who_is_new_here_finds_the_way_before_the_picture(pages: Pages) -> None:
    (article,) = pages["index.html"].select("article")
    opening, first, picture, *_ = article.select("h1 ~ p, h1 ~ p ~ p")
    assert "Hand-written backpropagation" in words(opening)
    assert words(first).startswith("New here?")
    assert picture.select("img")
    assert [link["href"] for link in first.select("a")] == [
        "notebooks/00_start_here.html",
        "README.html",
        "docs/instructor_guide.html",
        "docs/two_ways_to_grade.html",
    ]
    minutes = re.search(r"\*\*(\d+) minutes\*\*", LESSONS[0].read_text("utf-8"))
    assert minutes
    assert f"takes {minutes[1]} minutes." in words(first)


def test_the_navigation_begins_with_the_set_up(pages: Pages) -> None:
    tree = pages["index.html"].select_one(".sidebar-tree")
    assert tree
    captions = {
        words(caption): [str(link["href"]) for link in part.select("a")]
        for caption, part in zip(
            tree.select("p.caption"), tree.select("p.caption + ul"), strict=True
        )
    }
    assert next(iter(captions)) == "Begin"
    assert captions["Begin"][0] == "README.html"
    assert captions["Beside the lessons"][0] == "docs/check_your_own_gradient.html"
    assert captions["For teachers"] == [
        "docs/instructor_guide.html",
        "docs/two_ways_to_grade.html",
        "docs/writing_exercises.html",
    ]


def test_the_set_up_page_does_not_repeat_the_table_of_lessons(pages: Pages) -> None:
    page = words(pages["README.html"])
    assert "make lab" in page
    assert "why wrong gradients go unnoticed" not in page
    assert "why wrong gradients go unnoticed" in words(pages["index.html"])


def test_shapes_in_the_glossary_are_formulas(pages: Pages) -> None:
    glossary = copy.copy(pages["docs/glossary.html"])
    assert len(glossary.select(".math")) > 50
    for formula in glossary.select(".math"):
        formula.decompose()
    assert re.findall(r"\bn_\S+", words(glossary)) == []


# Lessons


@every_lesson
def test_a_lesson_says_what_its_page_is_and_what_its_notebook_needs(
    pages: Pages, lesson: Path
) -> None:
    (said,) = page_of(pages, lesson).select("h1 + p + p")
    solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
    modules = {get_module(cell) for cell in solved.cells} - {None}
    asks_in_words = any("**Predict.**" in cell.source for cell in solved.cells)
    assert ("sliders move" in words(said)) == bool(modules - {"predict", "tally"})
    assert ("answer before you unfold" in words(said)) == ("predict" in modules)
    assert ("cover what is below" in words(said)) == asks_in_words
    assert [link["href"] for link in said.select("a")] == [
        "../README.html",
        "../README.html#the-name",
    ]


@every_lesson
def test_the_learners_notebook_can_be_downloaded(book: Path, pages: Pages, lesson: Path) -> None:
    (link,) = page_of(pages, lesson).select("h1 + p a.download")
    file = book / "notebooks" / str(link["href"])
    assert file.name == lesson.name
    assert file.read_bytes() == lesson.read_bytes()


def test_every_answer_is_behind_a_click(pages: Pages) -> None:
    expected = [exercise.solution_cell() for exercise in EXERCISES.values()]
    expected = [re.sub(r"### (BEGIN|END) SOLUTION", "", cell) for cell in expected]
    found = []
    for lesson in LESSONS:
        for fold in page_of(pages, lesson).select("details"):
            assert not fold.has_attr("open")
            summary, _, answer = words(fold).partition("Show a solution ")
            if not summary:
                found.append(answer)
    assert sorted(found) == sorted(map(words_of, expected))


@every_lesson
def test_no_answer_is_in_sight(pages: Pages, lesson: Path) -> None:
    (article,) = copy.copy(page_of(pages, lesson)).select("article")
    assert "SOLUTION" not in words(article)
    for fold in article.select("details"):
        fold.decompose()
    solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
    given = nbformat.read(lesson, as_version=4)
    in_sight = words(article)
    for answer, stub in zip(solved.cells, given.cells, strict=True):
        if answer.source == stub.source:
            continue
        assert words_of(answer.source) not in in_sight
        assert words_of(stub.source) in in_sight


def test_the_written_question_has_its_rubric_in_sight_and_its_answer_behind_a_click(
    pages: Pages,
) -> None:
    page = copy.copy(pages["notebooks/07_bug_hunt.html"])
    (written,) = WRITTEN.values()
    (fold,) = (f for f in page.select("details") if "Show a model answer" in words(f))
    assert written.model.split("\n\n")[2].split(".")[0] in words(fold)
    fold.decompose()
    assert written.model.split("\n\n")[2].split(".")[0] not in words(page)
    assert "the evidence: which blocks fail" in words(page)


@every_lesson
def test_figures_are_pictures_and_not_their_texts(pages: Pages, lesson: Path) -> None:
    solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
    outputs = [output for cell in solved.cells for output in cell.get("outputs", [])]
    html = [output["data"].get("text/html", "") for output in outputs if "data" in output]
    article = page_of(pages, lesson).select_one("article")
    assert article
    assert len(article.select("img")) == sum(text.count("<img ") for text in html)
    assert "Figure: " not in words(article)


# For everybody


def test_headings_are_in_order(pages: Pages) -> None:
    for name, page in pages.items():
        levels = [int(heading.name[1]) for heading in page.select("h1, h2, h3, h4, h5, h6")]
        assert levels[:1] == [1], name
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), name


def test_headings_by_role_have_a_level(pages: Pages) -> None:
    for page in pages.values():
        found = page.select('[role="heading"]')
        assert found
        assert all(heading.get("aria-level") for heading in found)


def test_pages_have_a_language_a_title_and_a_skip_link(pages: Pages) -> None:
    for name, page in pages.items():
        (root,) = page.select("html")
        assert root["lang"] == "en", name
        (title,) = page.select("head > title")
        assert "gradlab" in words(title), name
        assert page.select('a.skip-to-content[href="#furo-main-content"]'), name
        assert page.select("article#furo-main-content"), name


def test_every_picture_has_an_alternative_text(pages: Pages) -> None:
    pictures = [(name, picture) for name, page in pages.items() for picture in page.select("img")]
    assert len(pictures) > 20
    assert [name for name, picture in pictures if not str(picture.get("alt", "")).strip()] == []


def test_tables_of_the_pages_have_headers(pages: Pages) -> None:
    tables = [
        (name, table)
        for name, page in pages.items()
        if name != "genindex.html"
        for table in page.select("table")
        # What a check of an exercise says is a list in two columns.
        if not table.find_parent(class_="output")
    ]
    assert len(tables) > 20
    assert [name for name, table in tables if not table.select("th")] == []
