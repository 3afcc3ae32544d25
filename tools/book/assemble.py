"""Assemble the sources of the book: the repository's pages, and pages of the book's own.

Files keep their places, so that most links lead to the same page as in the repository.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

from gradlab.live.script import as_page_script
from tools.book.lessons import make_lesson_page, make_run_link
from tools.book.markdown import (
    extract_set_up_page,
    fill_in_start_page,
    follow_links,
    keep_together,
)
from tools.book.mathjax import copy_mathjax
from tools.book.reference import fill_in_reference

ROOT = Path(__file__).parents[2]
# What goes into the book unchanged: its own pages, the configuration, styles.
FRAME = Path(__file__).parent / "source"


def assemble(target: Path, lite: str | None = None) -> None:
    """Write the sources of the book.

    Parameters
    ----------
    target : Path
        A folder that does not exist yet.
    lite : str, optional
        The address, relative to the book's root, that runs a notebook when its name is appended.
    """
    shutil.copytree(FRAME, target, ignore=shutil.ignore_patterns("__pycache__"))
    copy_mathjax(target / "_static" / "mathjax")
    _write(target / "_static" / "live.js", as_page_script())
    shutil.copytree(ROOT / "docs" / "images", target / "docs" / "images")
    _write_pages(target, lite)
    _write_lessons(target, lite)


def _write_pages(target: Path, lite: str | None) -> None:
    frame = (FRAME / "index.md").read_text(encoding="utf-8")
    names = [path.name for path in _lessons()]
    run = make_run_link(lite, names[0], "run it in your browser") if lite is not None else None
    readme = follow_links((ROOT / "README.md").read_text(encoding="utf-8"), ROOT, ROOT)
    _write(target / "index.md", fill_in_start_page(frame, readme, names, run))
    _write(target / "README.md", extract_set_up_page(readme))
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        _write(target / "docs" / path.name, keep_together(follow_links(text, path.parent, ROOT)))
    for path in sorted((target / "reference").glob("*.rst")):
        _write(path, fill_in_reference(path.read_text(encoding="utf-8")))


def _write_lessons(target: Path, lite: str | None) -> None:
    (target / "notebooks").mkdir()
    (target / "learner").mkdir()
    for path in _lessons():
        # The file to download, byte for byte.
        shutil.copyfile(path, target / "learner" / path.name)
        learner = nbformat.read(path, as_version=4)
        solved = nbformat.read(path.parent / "solved" / path.name, as_version=4)
        page = make_lesson_page(path.name, solved, learner, lite)
        for cell in page.cells:
            if cell.cell_type == "markdown":
                cell.source = keep_together(follow_links(cell.source, path.parent, ROOT))
        nbformat.write(page, target / "notebooks" / path.name)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _lessons() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))
