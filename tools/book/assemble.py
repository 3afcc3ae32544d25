"""The sources of the book: the repository's pages in their own layout, and what is added.

The layout stays, so that most links lead to the same page in the book as in the repository.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

from tools.book.lessons import lesson_page, run_link
from tools.book.markdown import follow_links, keep_together, set_up_page, start_page
from tools.book.mathjax import copy_mathjax
from tools.book.reference import reference_page

ROOT = Path(__file__).parents[2]
# What stands in the book as it is: its own pages, the configuration, styles.
FRAME = Path(__file__).parent / "source"


def assemble(target: Path, lite: str | None = None) -> None:
    """Write the sources of the book.

    Parameters
    ----------
    target : Path
        A folder that does not exist yet.
    lite : str, optional
        The address from the book's root at which a notebook's name, appended, runs it.
    """
    shutil.copytree(FRAME, target, ignore=shutil.ignore_patterns("__pycache__"))
    copy_mathjax(target / "_static" / "mathjax")
    shutil.copytree(ROOT / "docs" / "images", target / "docs" / "images")
    _write_pages(target, lite)
    _write_lessons(target, lite)


def _write_pages(target: Path, lite: str | None) -> None:
    frame = (FRAME / "index.md").read_text(encoding="utf-8")
    names = [path.name for path in _lessons()]
    run = run_link(lite, names[0], "run it in your browser") if lite is not None else None
    readme = follow_links((ROOT / "README.md").read_text(encoding="utf-8"), ROOT, ROOT)
    _write(target / "index.md", start_page(frame, readme, names, run))
    _write(target / "README.md", set_up_page(readme))
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        _write(target / "docs" / path.name, keep_together(follow_links(text, path.parent, ROOT)))
    for path in sorted((target / "reference").glob("*.rst")):
        _write(path, reference_page(path.read_text(encoding="utf-8")))


def _write_lessons(target: Path, lite: str | None) -> None:
    (target / "notebooks").mkdir()
    (target / "learner").mkdir()
    for path in _lessons():
        # What can be downloaded, byte for byte.
        shutil.copyfile(path, target / "learner" / path.name)
        learner = nbformat.read(path, as_version=4)
        solved = nbformat.read(path.parent / "solved" / path.name, as_version=4)
        page = lesson_page(path.name, solved, learner, lite)
        for cell in page.cells:
            if cell.cell_type == "markdown":
                cell.source = keep_together(follow_links(cell.source, path.parent, ROOT))
        nbformat.write(page, target / "notebooks" / path.name)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _lessons() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))
