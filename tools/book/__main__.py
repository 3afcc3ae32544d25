"""Build the book into build/book/ and print how to open it: ``python -m tools.book``."""

from __future__ import annotations

import argparse
import sys

from tools.book.assemble import ROOT
from tools.book.build import BookError, build_book


def main() -> int:
    """Build the book and return the exit code: 0, or 1 if something in it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.book", description=__doc__)
    parser.add_argument(
        "--lite",
        metavar="ADDRESS",
        help="give each lesson a link that runs it; the link is ADDRESS, relative to the book's "
        "root, followed by the name of the notebook",
    )
    try:
        book = build_book(ROOT / "build", parser.parse_args().lite)
    except BookError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The book is in {book}. Open {book / 'index.html'} in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
