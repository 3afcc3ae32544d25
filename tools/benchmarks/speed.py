"""Measure ways to check the gradient of a network by differences, side by side.

``make bench`` prints a table for each network; ``make bench WRITE=1`` puts them into
docs/benchmarks.md. Nothing here fails on a slow machine.

Every way gets the same weights and data, runs in this process on one core and one thread, and
takes its turn in every round; the median counts. The measurement is of processor time, so that
other programs on the machine matter little. Peers take part if they are installed: SciPy and
autograd come with the extra ``benchmarks``; PyTorch and JAX are too large for it
(``pip install torch jax``).
"""

from __future__ import annotations

import os

# ruff: noqa: E402
# One thread each. This must be set before NumPy and the others are imported.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
# No progress bars between the tables.
os.environ["TQDM_DISABLE"] = "1"

import argparse
import datetime
import platform
import statistics
import time
import tracemalloc
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from tools.benchmarks.speed_peers import build_peers
from tools.benchmarks.speed_setting import ROWS, Setting, Way, make_setting
from tools.benchmarks.speed_ways import build_loops, build_whole_checks

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_SIZES = ([4, 5, 3], [64, 32, 10], [784, 128, 64, 10])
_PACKAGES = ("numpy", "scipy", "torch", "jax", "autograd")

_INTRODUCTION = """\
# Benchmarks

How long it takes to check the gradient of a network by differences. Each table covers one network
(tanh, softmax cross-entropy, {rows} samples). Every row uses the same weights and data, in one
process, on one core and one thread. The ways take turns, and times are medians.
`make bench WRITE=1` measures again; it leaves out packages that are not installed.

- **checks**: *all* N entries, or *one direction*: the slope along one random direction (torch:
  one for each block). That is one number where the gradient has N, so a mistake in a few entries
  can hide.
- **time**: processor time. A ~ marks a time that was measured on a sample of the entries and
  scaled to all N. The sample is random (torch: b1, W3 and b3).
- **ratio**: the textbook loop's time divided by this time, as the median over the rounds; above 1
  is faster.
- **error**: the largest difference from backpropagation among the measured entries, divided by
  the gradient's largest entry. It is empty for checkers that report no numbers.
- **memory**: the peak that NumPy and Python allocate, beyond the network and the data.

The rows `check_network` and `check_gradient` are whole checks: two losses to see that they agree,
the noise, the differences, the verdict. The others stop at the differences, or at yes or no.

One thread also suits these sizes. BLAS threads wait for each other: while other programs kept the
cores busy, one loss of the large network took 2 to 200 times longer. Setting
`OPENBLAS_NUM_THREADS=1` before Python starts prevents this. "entries" and "units" run the products
of their inner loops on one thread without it.
"""


def main() -> None:
    """Measure every network, and print or write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--rounds", type=int, default=7, help="measure each way this many times")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    parts = [_INTRODUCTION.format(rows=ROWS), _describe_conditions(arguments.rounds)]
    for sizes in _SIZES:
        parts.append(measure_network(sizes, arguments.rounds))
        print(parts[-1], flush=True)
    if arguments.write:
        _PAGE.write_text("\n".join(parts), encoding="utf-8")
    else:
        print(parts[1])


def _describe_conditions(rounds: int) -> str:
    installed = [f"{name} {_find_version(name)}" for name in _PACKAGES if _find_version(name)]
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"Measured on {today}: {_find_processor()}, {platform.system()}, Python "
        f"{platform.python_version()}, {', '.join(installed)}; {rounds} rounds.\n"
    )


def _find_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _find_processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def measure_network(sizes: list[int], rounds: int) -> str:
    """Measure every way to check one network.

    Parameters
    ----------
    sizes : list of int
        The sizes of the layers, input and output included.
    rounds : int
        How often each way is measured.

    Returns
    -------
    str
        A Markdown table with a heading.
    """
    setting = make_setting(sizes)
    ways = list(_build_ways(setting))
    for way in ways:
        way.run()
    times: list[list[float]] = [[] for _ in ways]
    errors = [way.run() for way in ways]
    for k in range(rounds):
        # Each round begins with another way, so that none always runs first.
        for index in np.roll(np.arange(len(ways)), k).tolist():
            start = time.process_time()
            ways[index].run()
            times[index].append((time.process_time() - start) / ways[index].share)
    largest = np.abs(setting.gradient).max()
    lines = [
        f"## {'-'.join(map(str, sizes))}: {setting.gradient.size:,} parameters\n",
        "| way | checks | time | ratio | error | memory |",
        "|:--|:--|--:|--:|--:|--:|",
    ]
    for way, seconds, error in zip(ways, times, errors, strict=True):
        cells = [
            way.name,
            way.checks,
            f"{'~ ' if way.share < 1.0 else ''}{_format_duration(statistics.median(seconds))}",
            _format_ratio(statistics.median(np.divide(times[0], seconds).tolist())),
            "" if error is None else f"{error / largest:.0e}",
            _format_size(_measure_peak(way)) if way.in_numpy else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _format_duration(seconds: float) -> str:
    number, unit = (seconds, "s") if seconds >= 1.0 else (1e3 * seconds, "ms")
    digits = 2 if number < 10.0 else 1 if number < 100.0 else 0
    return f"{number:,.{digits}f} {unit}"


def _format_ratio(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10.0 else f"{ratio:.2f}"


def _format_size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 2**18 else f"{count / 2**10:.0f} KiB"


def _measure_peak(way: Way) -> int:
    tracemalloc.start()
    way.run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _build_ways(setting: Setting) -> Iterator[Way]:
    """Yield every way that is installed; the textbook loop comes first."""
    yield from build_loops(setting)
    yield from build_peers(setting)
    yield from build_whole_checks(setting)


if __name__ == "__main__":
    main()
