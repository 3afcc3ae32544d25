"""The reference in the book: every public name is there, imported from where its page says."""

from __future__ import annotations

import copy
import re
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules, resolve_name
from types import ModuleType

import pytest
from bs4 import BeautifulSoup, Tag
from sphinx.util.inventory import InventoryFile

import gradlab
from gradlab import bugs, examples, frameworks, plots
from gradlab.bugs import suspects
from gradlab.checker import diagnosis, report
from gradlab.differences import budget, convergence
from gradlab.exercises.checking import result
from gradlab.live import output
from tools.book.assemble import FRAME

Pages = dict[str, BeautifulSoup]


def words(element: Tag) -> str:
    """Return what is read, however it is broken into lines."""
    return " ".join(element.get_text().split())


def documented(book: Path) -> set[str]:
    inventory = InventoryFile.loads((book / "objects.inv").read_bytes(), uri="")
    return {name for kind, names in inventory.data.items() if "py:" in kind for name in names}


def test_every_public_name_is_documented(book: Path) -> None:
    assert {f"gradlab.{name}" for name in gradlab.__all__} - documented(book) == set()


def test_the_check_of_each_framework_is_documented(book: Path) -> None:
    modules = [module.name for module in iter_modules(frameworks.__path__)]
    assert modules
    checks = {f"gradlab.frameworks.{name}.check" for name in modules}
    assert checks - documented(book) == set()


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
        budget.ErrorBudget,
        convergence.OrderFit,
        suspects.Suspect,
        result.CheckResult,
        output.LiveOutput,
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
        if name.startswith("gradlab.frameworks."):
            # It needs PyTorch or JAX.
            assert find_spec(name.rpartition(".")[0])
            continue
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
    assert links[:3] == [
        "checks.html#gradlab.check_gradient",
        "checks.html#gradlab.check_layer",
        "reports.html#gradlab.GradientReport",
    ]
    assert sorted(links[3:]) == [f"{topic}.html" for topic in TOPICS]


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
