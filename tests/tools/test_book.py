"""The book as files: what is in it, what hides behind a click, and that no link is dead."""

from __future__ import annotations

import copy
import re
from itertools import pairwise
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType
from urllib.parse import unquote, urldefrag, urljoin

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from sphinx.util.inventory import InventoryFile

import gradlab
from gradlab import bugs, examples, plots
from gradlab.bugs import suspects
from gradlab.checker import diagnosis, report
from gradlab.differences import taylor
from gradlab.exercises import checking
from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from tools.book import __main__ as command, build
from tools.book.assemble import FRAME, ROOT, assemble
from tools.book.build import BookError, build_book
from tools.book.lessons import lesson_page
from tools.book.markdown import follow_links, keep_together, start_page

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOURCES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *LESSONS]
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)

Pages = dict[str, BeautifulSoup]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_book(tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def pages(book: Path) -> Pages:
    """Return every page by its address from the book's root."""
    return {
        path.relative_to(book).as_posix(): BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in sorted(book.rglob("*.html"))
    }


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


def test_who_is_new_here_can_run_the_first_lesson_where_it_runs(tmp_path: Path) -> None:
    assemble(tmp_path / "source", "lite/?path=")
    start = (tmp_path / "source" / "index.md").read_text("utf-8")
    assert start.count('<a href="lite/?path=00_start_here.ipynb">run it in your browser</a>') == 1
    # The whole frame is filled in.
    assert not re.search(r"\{\w+\}(?!`)", start.replace("{toctree}", ""))


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
    assert captions["Beside the lessons"][0] == "docs/check_your_own_network.html"
    assert captions["For teachers"] == [
        "docs/instructor_guide.html",
        "docs/two_ways_to_grade.html",
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


# The reference


def documented(book: Path) -> set[str]:
    inventory = InventoryFile.loads((book / "objects.inv").read_bytes(), uri="")
    return {name for kind, names in inventory.data.items() if "py:" in kind for name in names}


def test_every_public_name_is_documented(book: Path) -> None:
    assert {f"gradlab.{name}" for name in gradlab.__all__} - documented(book) == set()


@pytest.mark.parametrize("module", [bugs, examples, plots], ids=lambda module: module.__name__)
def test_every_public_name_of_a_submodule_is_documented(book: Path, module: ModuleType) -> None:
    missing = {f"{module.__name__}.{name}" for name in module.__all__} - documented(book)
    # It is gradlab.show too.
    assert missing - {"gradlab.plots.show"} == set()


@pytest.mark.parametrize(
    "kind",
    [
        gradlab.GradientReport,
        report.BlockReport,
        report.Evidence,
        diagnosis.Finding,
        diagnosis.Block,
        gradlab.GradientMonitor,
        gradlab.MLP,
        taylor.ErrorBudget,
        taylor.OrderFit,
        suspects.Suspect,
        checking.CheckResult,
        plots.Drawing,
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_public_member_of_what_is_returned_is_documented(pages: Pages, kind: type) -> None:
    (signature,) = (
        found
        for page in pages.values()
        for found in page.select('dl.class > dt[id^="gradlab."]')
        if str(found["id"]).split(".")[-1] == kind.__name__
    )
    assert signature.parent
    described = words(signature.parent)
    members = {*vars(kind), *kind.__annotations__}
    missing = [name for name in members if not re.search(rf"\b{name}\b", described)]
    assert [name for name in missing if not name.startswith("_")] == []


TOPICS = sorted(path.stem for path in FRAME.glob("reference/*.rst") if path.stem != "index")
every_topic = pytest.mark.parametrize("topic", TOPICS)


def shown_names(page: BeautifulSoup) -> list[str]:
    """Return what is documented, without the members of classes, as it is shown."""
    return [
        "".join(part.get_text() for part in entry.select(".sig-prename, .sig-name"))
        for entry in page.select("dl.py > dt.sig")
        if not entry.find_parent("dd")
    ]


@every_topic
def test_a_name_is_imported_from_where_its_page_shows_it(pages: Pages, topic: str) -> None:
    names = shown_names(pages[f"reference/{topic}.html"])
    assert len(names) > 1
    for name in names:
        assert name.startswith("gradlab.")
        assert resolve_name(name.replace(".", ":", 1)) is resolve_name(name)


@every_topic
def test_a_topic_begins_with_its_names_and_what_they_are(pages: Pages, topic: str) -> None:
    page = pages[f"reference/{topic}.html"]
    first = page.select_one("article table")
    assert first
    rows = first.select("tbody tr")
    assert [words(row.select("td")[0]) for row in rows] == shown_names(page)
    assert all(row.select("td:first-child a[href]") for row in rows)
    assert all(words(row.select("td")[1]).endswith(".") for row in rows)


def test_the_reference_begins_with_what_most_people_need(pages: Pages) -> None:
    page = pages["reference/index.html"].select_one("article")
    assert page
    links = [str(link["href"]) for link in page.select("section a.reference")]
    assert links[:2] == [
        "checks.html#gradlab.check_gradient",
        "reports.html#gradlab.GradientReport",
    ]
    assert sorted(links[2:]) == [f"{topic}.html" for topic in TOPICS]


def test_a_type_is_a_link_to_its_class(pages: Pages) -> None:
    (found,) = pages["reference/checks.html"].select('dt[id="gradlab.check_gradient"] + dd')
    assert found.select('dl.field-list dt a[href="reports.html#gradlab.GradientReport"]')


def test_the_bugs_are_behind_a_click(pages: Pages) -> None:
    page = copy.copy(pages["reference/bugs.html"])
    (fold,) = page.select("article details")
    assert not fold.has_attr("open")
    catalogue = {name: bug.what.replace("'", "’") for name, bug in bugs.BUGS.items()}
    names, texts = fold.select("td:first-child"), fold.select("td:last-child")
    assert dict(zip(map(words, names), map(words, texts), strict=True)) == catalogue
    fold.decompose()
    assert [what for what in catalogue.values() if what in words(page)] == []


# Lessons


@every_lesson
def test_a_lesson_says_what_its_page_is_and_what_its_notebook_needs(
    pages: Pages, lesson: Path
) -> None:
    (said,) = page_of(pages, lesson).select("h1 + p + p")
    assert "cover what is below a Predict before you scroll" in words(said)
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


@every_lesson
def test_a_lesson_can_have_a_link_that_runs_it(lesson: Path) -> None:
    solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
    given = nbformat.read(lesson, as_version=4)
    for lite, target in (
        ("lite/lab/index.html?path=", f"lite/lab/index.html?path={lesson.name}"),
        ("https://a.example/?path=", f"https://a.example/?path={lesson.name}"),
    ):
        head = lesson_page(lesson.name, solved, given, lite).cells[0].source
        address = re.search(r'<a href="([^"]+)">Run it in your browser</a>', head)
        assert address
        page = f"notebooks/{lesson.stem}.html"
        assert urljoin(page, address[1]) == target
    assert "Run it" not in lesson_page(lesson.name, solved, given).cells[0].source


# Links


def test_no_link_is_dead(book: Path, pages: Pages) -> None:
    anchors = {
        name: {str(element["id"]) for element in page.select("[id]")} | {"", "top"}
        for name, page in pages.items()
    }
    dead = []
    for name, page in pages.items():
        for element in page.select("[href], [src]"):
            address = str(element.get("href") or element.get("src") or "")
            if re.match(r"https?:|data:", address):
                continue
            path, anchor = urldefrag(urljoin(name, address))
            path = unquote(path.partition("?")[0])
            if not (book / path).is_file() or (
                path in anchors and anchor not in anchors[path] | {"furo-main-content"}
            ):
                dead.append((name, address))
    assert dead == []


def test_the_only_addresses_of_other_sites_are_those_that_the_sources_cite(pages: Pages) -> None:
    cited = {
        address.rstrip(".,")
        for source in SOURCES
        for address in re.findall(r"https://[^\s)>\"`\\]+", source.read_text("utf-8"))
    }
    found = {
        str(element.get("href") or element.get("src"))
        for page in pages.values()
        for element in page.select('[href^="http"], [src^="http"], [href^="//"], [src^="//"]')
    }
    assert "https://doi.org/10.24432/C50P49" in found
    assert found - cited == set()


def test_links_of_the_docs_stay_links(pages: Pages) -> None:
    for source in sorted((ROOT / "docs").glob("*.md")):
        page = pages[f"docs/{source.stem}.html"].select_one("article")
        assert page
        linked = [str(link["href"]).partition("#")[0] for link in page.select("a[href]")]
        for target in re.findall(r"\]\(([^)\s]+\.(?:md|ipynb))\)", source.read_text("utf-8")):
            name = target.replace("solved/", "").rpartition(".")[0]
            assert f"{name}.html" in linked, (source.name, target)


@pytest.mark.parametrize(
    ("given", "followed"),
    [
        ("[a](../README.md)", "[a](../README.md)"),
        ("[a](b.md#c), [d](#e)", "[a](b.md#c), [d](#e)"),
        ("[a `b`](../notebooks/solved/01_a.ipynb)", "[a `b`](../notebooks/01_a.ipynb)"),
        ("see [a\nb](../gradlab/report.py).", "see a\nb."),
        ("[a](../../elsewhere.md)", "a"),
        ("[a](https://doi.org/1)", "[a](https://doi.org/1)"),
        ("![a](images/a.png)", "![a](images/a.png)"),
        ("`f[0](x)` [a](x.py)", "`f[0](x)` a"),
        ("```python\nf[0](x)\n```\n[a](x.py)", "```python\nf[0](x)\n```\na"),
    ],
)
def test_links_between_files_become_links_between_pages(given: str, followed: str) -> None:
    assert follow_links(given, ROOT / "docs", ROOT) == followed


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("of $f$, too", 'of <span class="together">$f$,</span> too'),
        ("(see $f$).", '(see <span class="together">$f$).</span>'),
        (
            "($f$ and $g$)",
            '<span class="together">($f$</span> and <span class="together">$g$)</span>',
        ),
        ("$f$ and $g$", "$f$ and $g$"),
        ("`$f$`, \\$1, $$f$$.", "`$f$`, \\$1, $$f$$."),
        ("```text\n$f$,\n```\n", "```text\n$f$,\n```\n"),
        ("## The $V$, seen\n", "## The $V$, seen\n"),
        (f"${'x + ' * 20}x$.", f"${'x + ' * 20}x$."),
    ],
)
def test_a_formula_and_its_punctuation_stay_together(given: str, kept: str) -> None:
    assert keep_together(given) == kept


def test_a_readme_without_the_table_of_lessons_is_refused() -> None:
    with pytest.raises(ValueError, match="no table"):
        start_page("{opening} {lessons}", "# gradlab\n\n## Start\n", [])


# For everybody


def test_headings_are_in_order(pages: Pages) -> None:
    for name, page in pages.items():
        levels = [int(heading.name[1]) for heading in page.select("h1, h2, h3, h4, h5, h6")]
        assert levels[:1] == [1], name
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), name


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


# Building


@pytest.mark.slow
def test_the_same_sources_give_the_same_bytes(book: Path, tmp_path: Path) -> None:
    again = build_book(tmp_path)

    def content(folder: Path) -> dict[str, bytes]:
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    first, second = content(book), content(again)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_formulas_come_with_their_licence(book: Path) -> None:
    mathjax = book / "_static" / "mathjax"
    assert "Apache License" in (mathjax / "LICENSE").read_text("utf-8")
    assert (mathjax / "tex-chtml.js").is_file()


def test_a_dead_link_fails_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def assembled(target: Path, lite: str | None) -> None:
        target.mkdir()
        (target / "conf.py").write_text('extensions = ["myst_parser"]\n', encoding="utf-8")
        (target / "index.md").write_text("# A\n\n[b](b.md)\n", encoding="utf-8")

    monkeypatch.setattr(build, "assemble", assembled)
    with pytest.raises(BookError, match="something wrong"):
        build_book(tmp_path)


def test_the_command_says_where_the_book_is_or_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def built(folder: Path, lite: str | None) -> Path:
        asked.append((folder, lite))
        return folder / "book"

    def failed(folder: Path, lite: str | None) -> Path:
        raise BookError("no")

    monkeypatch.setattr("sys.argv", ["book", "--lite", "lite/"])
    monkeypatch.setattr(command, "build_book", built)
    assert command.main() == 0
    assert asked == [(ROOT / "build", "lite/")]
    assert str(ROOT / "build" / "book" / "index.html") in capsys.readouterr().out
    monkeypatch.setattr(command, "build_book", failed)
    assert command.main() == 1
    assert capsys.readouterr().err == "no\n"
