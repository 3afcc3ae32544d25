"""Making the book: pages from the repository's files, the same bytes each time, and failures."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

import nbformat
import pytest

from tools.book import __main__ as command, build
from tools.book.assemble import ROOT, assemble
from tools.book.build import BookError, build_book
from tools.book.lessons import make_lesson_page
from tools.book.markdown import fill_in_start_page, follow_links, keep_together

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


# Pages


def test_who_is_new_here_can_run_the_first_lesson_where_it_runs(tmp_path: Path) -> None:
    assemble(tmp_path / "source", "lite/?path=")
    start = (tmp_path / "source" / "index.md").read_text("utf-8")
    assert start.count('<a href="lite/?path=00_start_here.ipynb">run it in your browser</a>') == 1
    # The whole frame is filled in.
    assert not re.search(r"\{\w+\}(?!`)", start.replace("{toctree}", ""))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_can_have_a_link_that_runs_it(lesson: Path) -> None:
    solved = nbformat.read(lesson.parent / "solved" / lesson.name, as_version=4)
    given = nbformat.read(lesson, as_version=4)
    for lite, target in (
        ("lite/lab/index.html?path=", f"lite/lab/index.html?path={lesson.name}"),
        ("https://a.example/?path=", f"https://a.example/?path={lesson.name}"),
    ):
        head = make_lesson_page(lesson.name, solved, given, lite).cells[0].source
        address = re.search(r'<a href="([^"]+)">Run it in your browser</a>', head)
        assert address
        page = f"notebooks/{lesson.stem}.html"
        assert urljoin(page, address[1]) == target
    assert "Run it" not in make_lesson_page(lesson.name, solved, given).cells[0].source


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
    with pytest.raises(ValueError, match="must have a table"):
        fill_in_start_page("{opening} {lessons}", "# gradlab\n\n## Start\n", [])


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
