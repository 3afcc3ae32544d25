"""The parts of the instructor guide, and what the sources of the lessons say of themselves."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from gradlab.exercises.catalogue import EXERCISES, WRITTEN
from tools.lessons import NOTEBOOKS

ROOT = Path(__file__).parents[2]
# Where a lesson asks: in a text, or in a cell of its own.
_ASKS = re.compile(r"\*\*Predict\.\*\*|^gradlab\.predict\(", re.MULTILINE)
GUIDE = (ROOT / "docs" / "instructor_guide.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Section:
    """A section of a lesson: its title, its minutes, and whether it asks for a prediction."""

    title: str
    minutes: int
    predicts: bool


@dataclass(frozen=True)
class Lesson:
    """What the source of a lesson says of itself."""

    number: int
    stem: str
    title: str
    minutes: int
    reading: int
    exercises: int
    predictions: int
    sections: tuple[Section, ...]

    @property
    def checked(self) -> int:
        """The points that checks give."""
        return sum(e.points for e in EXERCISES.values() if e.lesson == self.number)

    @property
    def points(self) -> int:
        """The points of all exercises, those that a person marks included."""
        return self.checked + sum(w.points for w in WRITTEN.values() if w.lesson == self.number)

    def minutes_of(self, title: str) -> int:
        """The minutes of the section with this title."""
        return {section.title: section.minutes for section in self.sections}[title]


def read_lesson(path: Path) -> Lesson:
    source = path.read_text(encoding="utf-8")
    head = re.search(r"\*\*(\d+) minutes\*\*: (\d+) to read and run, (\d+) for", source)
    title = re.search(r"^# # (\d .*?)(?::.*)?$", source, re.MULTILINE)
    assert head
    assert title
    parts = re.split(r"^# ## (.*) \((\d+) min\)$", source, flags=re.MULTILINE)
    sections = tuple(
        Section(name, int(minutes), bool(_ASKS.search(text)))
        for name, minutes, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    )
    return Lesson(
        number=int(path.stem[:2]),
        stem=path.stem,
        title=title[1],
        minutes=int(head[1]),
        reading=int(head[2]),
        exercises=int(head[3]),
        predictions=len(_ASKS.findall(source)),
        sections=sections,
    )


LESSONS = [read_lesson(path) for path in sorted((NOTEBOOKS / "source").glob("*.py"))]


def part(title: str) -> str:
    """Return what stands below a heading, down to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, title
    return re.split(rf"^#{{1,{len(found[1])}}} ", found[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the table rows in a text, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    rules = {i for i, row in enumerate(cells) if all(re.fullmatch(r":?-+:?", c) for c in row)}
    return [row for i, row in enumerate(cells) if not {i, i + 1} & rules]


def flowing(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the blocks of a language, each with the block of text that follows it."""
    pattern = rf"^( *)```{language}\n(.*?)^\1```(?:\n\n\1```text\n(.*?)^\1```)?"
    found = re.findall(pattern, GUIDE, re.MULTILINE | re.DOTALL)
    return [(textwrap.dedent(code), textwrap.dedent(text)) for _, code, text in found]
