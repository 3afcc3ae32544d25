"""Measure grading: beside nbgrader's autograde on the same notebooks, and for a large class.

``make bench-grading`` prints the page docs/grading_benchmarks.md; with ``WRITE=1`` it writes it.
It takes half an hour, nearly all of it spent in nbgrader.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import nbgrader
import psutil
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from gradlab.grading.batch import grade_all
from gradlab.grading.intake.submissions import open_submissions
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.pool import Pool
from tools.lessons import NOTEBOOKS

_PAGE = Path(__file__).parents[2] / "docs" / "grading_benchmarks.md"
_LESSONS = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
_ASSIGNMENT = "course"
_SEED = 0


def main() -> None:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/grading_benchmarks.md")
    parser.add_argument(
        "--learners", type=int, default=30, help="learners in the comparison with nbgrader"
    )
    parser.add_argument("--many", type=int, default=300, help="learners in the large class")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        beside = _compare_with_nbgrader(Path(folder) / "batch", arguments.learners)
        large = _grade_large_class(Path(folder) / "large", arguments.many)
    page = "\n".join([*_write_head(), *beside, "", *large, ""])
    print(page)
    if arguments.write:
        _PAGE.write_text(page, encoding="utf-8")


def _write_head() -> list[str]:
    machine = f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return [
        "# Benchmarks of grading",
        "",
        "`make bench-grading WRITE=1` measures again. Nothing here fails on a slow machine.",
        "",
        f"Measured on {date.today().isoformat()}: {machine}, nbgrader {nbgrader.__version__}.",
        "",
    ]


def _compare_with_nbgrader(root: Path, count: int) -> list[str]:
    """Grade the same notebooks with both, in one run."""
    submitted = root / "submitted"
    for number in range(count):
        _hand_in(submitted / f"learner_{number:03}" / _ASSIGNMENT, number, _LESSONS)
    before, results = _time_gradlab(submitted, jobs=1)
    all_cores, _ = _time_gradlab(submitted, jobs=os.cpu_count() or 1)
    theirs = _time_nbgrader(root, count)
    after, _ = _time_gradlab(submitted, jobs=1)
    ours = statistics.mean([before, after])
    totals = sorted(result.total for result in results)
    return [
        "## Beside nbgrader",
        "",
        f"{count} learners, each with all {len(_LESSONS)} lessons: a third of them solved, a "
        "third half done, a third half wrong. nbgrader runs in this process, one learner at a "
        "time, as `nbgrader autograde` does. `gradlab grade` was measured before and after it.",
        "",
        "| | seconds per learner | ratio |",
        "|:--|--:|--:|",
        f"| nbgrader `autograde` | {theirs:.1f} | 1 |",
        f"| `gradlab grade --jobs 1`, before | {before:.2f} | {theirs / before:.0f} |",
        f"| `gradlab grade --jobs 1`, after | {after:.2f} | {theirs / after:.0f} |",
        f"| `gradlab grade`, {os.cpu_count()} jobs | {all_cores:.2f} | {theirs / all_cores:.0f} |",
        "",
        "By default, with one job per core, the ratio is "
        f"**{theirs / all_cores:.0f}**; with one job, like nbgrader, the mean is "
        f"**{theirs / ours:.0f}**. The points ranged from {totals[0]:g} to {totals[-1]:g}.",
    ]


def _hand_in(folder: Path, number: int, lessons: list[str]) -> None:
    """Put notebooks into a learner's folder: solved, half done or partly wrong, in turn."""
    folder.mkdir(parents=True)
    for name in lessons:
        book = json.loads((NOTEBOOKS / "solved" / name).read_text(encoding="utf-8"))
        blank = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))
        turn = itertools.count(number)
        for cell, stub in zip(book["cells"], blank["cells"], strict=True):
            mark = cell["metadata"].get("nbgrader", {})
            if not mark.get("solution") or cell["cell_type"] != "code":
                continue
            every_second = next(turn) % 2 == 0
            if number % 3 == 1 and every_second:
                cell["source"] = stub["source"]
            if number % 3 == 2 and every_second:
                cell["source"] = "".join(stub["source"]).replace(
                    "raise NotImplementedError()", "return 0.0"
                )
        (folder / name).write_text(json.dumps(book), encoding="utf-8")


def _time_gradlab(submitted: Path, jobs: int) -> tuple[float, list[LearnerResult]]:
    """Return the seconds per learner, starting the processes included, and the results."""
    start = time.perf_counter()
    with (
        open_submissions(submitted) as submissions,
        Pool(jobs) as pool,
    ):
        results, _ = grade_all(submissions, pool, seed=_SEED)
    return (time.perf_counter() - start) / len(submissions), results


def _time_nbgrader(root: Path, count: int) -> float:
    """Return the seconds per learner that nbgrader takes."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    api = NbGraderAPI(config=config)
    source = root / "source" / _ASSIGNMENT
    source.mkdir(parents=True)
    for name in _LESSONS:
        shutil.copy(NOTEBOOKS / "solved" / name, source)
    if not api.generate_assignment(_ASSIGNMENT)["success"]:
        sys.exit("nbgrader could not make the assignment")
    start = time.perf_counter()
    for number in range(count):
        student = f"learner_{number:03}"
        result = api.autograde(_ASSIGNMENT, student)
        if not result["success"]:
            sys.exit(f"nbgrader could not grade {student}: {result['log']}")
        print(f"nbgrader: {number + 1} of {count}", file=sys.stderr, flush=True)
    return (time.perf_counter() - start) / count


def _grade_large_class(submitted: Path, count: int) -> list[str]:
    """Grade a large class in one run and record the memory."""
    for number in range(count):
        first = number % (len(_LESSONS) - 1)
        _hand_in(submitted / f"learner_{number:04}", number, _LESSONS[first : first + 2])
    with _watch_memory() as samples:
        seconds, results = _time_gradlab(submitted, jobs=os.cpu_count() or 1)
    tenth = max(1, len(samples) // 10)
    parts = [max(samples[k * tenth : (k + 1) * tenth]) for k in range(10)]
    return [
        "## A large class",
        "",
        f"{count} learners, each with two of the lessons, {os.cpu_count()} jobs: "
        f"{seconds * count:.0f} s, {len(results)} rows. Peak memory of this process, which has "
        "nbgrader loaded, and all its children in each tenth of the run, in MB:",
        "",
        "| " + " | ".join(str(k) for k in range(1, 11)) + " |",
        "|" + "--:|" * 10,
        "| " + " | ".join(f"{part / 1e6:.0f}" for part in parts) + " |",
    ]


@contextlib.contextmanager
def _watch_memory() -> Iterator[list[int]]:
    """Sample the memory of this process and its children twice a second."""
    samples: list[int] = []
    over = threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not over.wait(0.5):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss
            samples.append(total)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()


if __name__ == "__main__":
    main()
