"""Build the book: assemble its sources, and let Sphinx make pages of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gradlab.support.errors import GradlabError
from tools.book.assemble import assemble


class BookError(GradlabError):
    """Sphinx found something wrong, and said what."""


def build_book(folder: Path, lite: str | None = None) -> Path:
    """Build the book anew.

    Parameters
    ----------
    folder : Path
        Gets the folders ``book-source`` and ``book``; what they hold is replaced.
    lite : str, optional
        The address from the book's root at which a notebook's name, appended, runs it. Each
        lesson then has a link there.

    Returns
    -------
    Path
        The folder of the book, with ``index.html``.

    Raises
    ------
    BookError
        If Sphinx warns of anything: a link that leads nowhere, a page that none leads to.
    """
    source, book = folder / "book-source", folder / "book"
    for old in (source, book):
        shutil.rmtree(old, ignore_errors=True)
    assemble(source, lite)
    # A process of its own: Sphinx changes docutils for good.
    with tempfile.TemporaryDirectory() as doctrees:
        sphinx = [sys.executable, "-m", "sphinx", "--builder", "html", "--doctree-dir", doctrees]
        strict = ["--quiet", "--fail-on-warning"]
        done = subprocess.run([*sphinx, *strict, str(source), str(book)], check=False)
    if done.returncode:
        raise BookError(
            "Sphinx found something wrong, see above. Mend it, and build the book again."
        )
    return book
