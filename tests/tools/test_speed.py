"""The benchmarks of speed: one thread, and a table for a network."""

from __future__ import annotations

import re
import subprocess
import sys

THREADS = """
import os
import sys


class Watcher:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy":
            print(os.environ.get("OMP_NUM_THREADS"), os.environ.get("OPENBLAS_NUM_THREADS"))


sys.meta_path.insert(0, Watcher())
import tools.benchmarks.speed
"""

TABLE = """
from tools.benchmarks import speed

print(speed.measure_network([4, 5, 3], rounds=1))
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_threads_are_limited_before_numpy_is_imported() -> None:
    assert run(THREADS) == "1 1\n"


def test_the_table_of_a_network_has_a_row_for_each_way() -> None:
    table = run(TABLE)
    assert table.startswith("## 4-5-3: 43 parameters\n")
    rows = re.findall(r"^\| (.+) \| (all|one direction) \| .+ \| +\d\.\d\d \|", table, re.M)
    assert rows[0] == ("textbook loop, theta copied", "all")
    assert ('`check_network(method="units")`', "all") in rows
