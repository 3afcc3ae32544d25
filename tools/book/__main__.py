"""``python -m tools.book`` builds the book into build/book/ and says how to open it."""

from __future__ import annotations

import argparse
import sys

from tools.book.assemble import ROOT
from tools.book.build import BookError, build_book


def main() -> int:
    """Build the book; return 0, or 1 if something in it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.book", description=__doc__)
    parser.add_argument(
        "--lite",
        metavar="ADDRESS",
        help="the address from the book's root at which a notebook's name, appended, runs it: "
        "each lesson then has a link there",
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
