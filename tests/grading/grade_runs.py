"""Lessons that learners hand in changed, ``gradlab grade`` on them, and the table it writes."""

import csv
import json
from pathlib import Path

from gradlab import cli
from tools.lessons import NOTEBOOKS

SOLVED, BLANK = NOTEBOOKS / "solved", NOTEBOOKS
LESSONS = sorted(path.name for path in BLANK.glob("*.ipynb"))


def edit(path: Path, old: str, new: str) -> None:
    """Change an answer in a notebook."""
    book = json.loads(path.read_text())
    for cell in book["cells"]:
        text = "".join(cell["source"])
        if old in text:
            cell["source"] = text.replace(old, new)
            path.write_text(json.dumps(book))
            return
    raise AssertionError(f"{old} is not in {path}")


def grade(submissions: Path, *options: object) -> int:
    return cli.main(["grade", str(submissions), *map(str, options)])


def read_rows(path: Path) -> dict[str, dict[str, str]]:
    """Read the grades of each learner."""
    with path.open(newline="", encoding="utf-8-sig") as lines:
        return {row["student"]: row for row in csv.DictReader(lines)}
