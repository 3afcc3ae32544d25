"""Build the book: assemble its sources, and let Sphinx make pages from them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gradlab.support.errors import GradlabError
from tools.book.assemble import assemble


class BookError(GradlabError):
    """Sphinx found something wrong and has printed what."""


def build_book(folder: Path, lite: str | None = None) -> Path:
    """Build the book from scratch.

    Parameters
    ----------
    folder : Path
        Where the folders ``book-source`` and ``book`` go; their old contents are replaced.
    lite : str, optional
        The address, relative to the book's root, that runs a notebook when its name is appended.
        Each lesson then has such a link.

    Returns
    -------
    Path
        The folder of the book, with ``index.html``.

    Raises
    ------
    BookError
        If Sphinx warns about anything, such as a dead link or a page without a link to it.
    """
    source, book = folder / "book-source", folder / "book"
    for old in (source, book):
        shutil.rmtree(old, ignore_errors=True)
    assemble(source, lite)
    # In a separate process, because Sphinx changes docutils for good.
    with tempfile.TemporaryDirectory() as doctrees:
        sphinx = [sys.executable, "-m", "sphinx", "--builder", "html", "--doctree-dir", doctrees]
        strict = ["--quiet", "--fail-on-warning"]
        done = subprocess.run([*sphinx, *strict, str(source), str(book)], check=False)
    if done.returncode:
        raise BookError(
            "Sphinx found something wrong, see above. Fix it and build the book again."
        )
    return book
