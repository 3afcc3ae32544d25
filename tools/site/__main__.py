"""Build the page: ``python -m tools.site OUTPUT --wheels FOLDER``; ``make site`` calls it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.site.page import build_page

LESSONS = Path(__file__).parents[2] / "notebooks"


def main(argv: list[str] | None = None) -> int:
    """Build the page and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description="Build the page.")
    parser.add_argument("output", type=Path, help="where the page goes")
    parser.add_argument(
        "--wheels", type=Path, required=True, help="the folder with the wheels, gradlab's included"
    )
    parser.add_argument("--pyodide", type=Path, help="the folder of a Pyodide distribution")
    parser.add_argument("--book", help="where the book is, relative to the page")
    arguments = parser.parse_args(argv)
    wheels = sorted(arguments.wheels.glob("*.whl"))
    try:
        build_page(
            *(LESSONS, wheels, arguments.output), pyodide=arguments.pyodide, book=arguments.book
        )
    except (ValueError, RuntimeError) as error:
        print(f"make site: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
