"""Count the verdicts of gradlab and of other checkers on gradients known to be right or wrong.

``make scorecard`` prints the tables as Markdown; ``make scorecard WRITE=1`` puts them into
docs/scorecard.md; ``--quick`` uses a tenth of the seeds. Other checkers take part if they are
installed: SciPy and autograd come with the extra ``benchmarks``; PyTorch and JAX are too large for
it (``pip install torch jax``).
"""

from __future__ import annotations

import argparse
import datetime
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tools.benchmarks.layers.runner import run as run_layers
from tools.benchmarks.scorecard_checks import (
    check_catalogue,
    check_right,
    check_wrong,
    compare,
)
from tools.benchmarks.scorecard_peers import find_installed_peers
from tools.benchmarks.scorecard_tables import (
    format_catalogue,
    format_fresh,
    format_peers,
    format_right,
    format_wrong,
)
from tools.benchmarks.world.runner import run as run_world

RIGHT, WRONG = 2400, 900
# A range that the checker was not tuned on. Once something is changed because of these seeds, they
# are no longer fresh: then move on to the next 10,000.
FRESH = 30_000
FRESH_RIGHT, FRESH_WRONG = 3000, 1000
_PAGE = Path(__file__).parents[2] / "docs" / "scorecard.md"
_MARKER = "<!-- What follows is written by `make scorecard`. -->\n"


def run_scorecard(quick: bool = False) -> str:
    """Run every part and return the tables as Markdown."""
    part = 10 if quick else 1
    seconds: dict[str, float] = {}

    def measure_time(name: str, run: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        with np.errstate(all="ignore"):
            result = run()
        seconds[name] = time.perf_counter() - start
        return result

    right = measure_time("part 1", lambda: check_right(range(RIGHT // part)))
    harmless, wrong = measure_time("part 2", lambda: check_wrong(range(WRONG // part)))
    planted = measure_time("part 3", lambda: check_catalogue(range(1 if quick else 5)))
    peers = find_installed_peers()
    fresh_right = measure_time(
        "part 5, right", lambda: check_right(range(FRESH, FRESH + FRESH_RIGHT // part))
    )
    _, fresh_wrong = measure_time(
        "part 5, wrong", lambda: check_wrong(range(FRESH, FRESH + FRESH_WRONG // part))
    )
    others = measure_time(
        "part 4", lambda: [compare(peer, right, WRONG // part) for peer in peers]
    )
    world = measure_time("part 6", lambda: run_world(quick))
    layers = measure_time("part 7", lambda: run_layers(quick))
    took = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
    return "\n\n".join(
        [
            f"Run on {datetime.date.today()} with Python {platform.python_version()} and NumPy "
            f"{np.__version__}; {took}.",
            format_right(right),
            format_wrong(harmless, wrong),
            format_catalogue(*planted),
            format_peers(right, wrong, others),
            format_fresh(fresh_right, fresh_wrong, FRESH),
            world,
            layers,
        ]
    )


def main() -> None:
    """Print the scorecard, and write it into docs/scorecard.md if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into docs/scorecard.md")
    parser.add_argument("--quick", action="store_true", help="a tenth of the seeds")
    options = parser.parse_args()
    text = run_scorecard(options.quick)
    print(text)
    if options.write:
        above, _, _ = _PAGE.read_text(encoding="utf-8").partition(_MARKER)
        _PAGE.write_text(f"{above}{_MARKER}\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
