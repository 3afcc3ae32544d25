"""Measure what a learner waits for: start-up, an explorer's redraw, a lesson from top to bottom.

``make bench`` prints a table with the aims beside the figures. Nothing here fails on a slow
machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from tools.benchmarks.redraw import print_redraws
from tools.lessons import NOTEBOOKS, execute, read_source

_RUNS = 15


def main() -> None:
    """Print every measurement with its aim."""
    statements = (
        "import numpy",
        "import numpy, gradlab",
        "from gradlab import check_network, MLP",
    )
    baseline, package, checker = _time_in_turns(*statements)
    _print_line(statements[0], baseline)
    _print_line(statements[1], package)
    _print_line("  more than numpy", package - baseline, "50 ms")
    _print_line(statements[2], checker)
    _print_line("  more than numpy", checker - baseline, "50 ms")
    print_redraws()
    for path in sorted((NOTEBOOKS / "source").glob("*.py")):
        notebook = read_source(path)
        seconds = _time(execute, notebook)
        _print_line(f"lesson {path.stem}", seconds, "20000 ms")


def _time_in_turns(*statements: str) -> list[float]:
    """Return the median time of each statement in a fresh Python; the statements take turns."""
    times: list[list[float]] = [[] for _ in statements]
    for _ in range(_RUNS):
        for record, statement in zip(times, statements, strict=True):
            record.append(_time(subprocess.run, [sys.executable, "-c", statement]))
    return [statistics.median(record) for record in times]


def _time(action: Callable[..., object], argument: object) -> float:
    start = time.perf_counter()
    action(argument)
    return time.perf_counter() - start


def _print_line(what: str, seconds: float, aim: str = "") -> None:
    print(
        f"{what:<42} {seconds * 1000:8.0f} ms{f'   aim: under {aim}' if aim else ''}", flush=True
    )


if __name__ == "__main__":
    main()
