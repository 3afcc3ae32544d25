"""The parts of the instructor guide."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from tools.facts import read_lessons
from tools.lessons import NOTEBOOKS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "instructor_guide.md").read_text(encoding="utf-8")


LESSONS = read_lessons(NOTEBOOKS / "source")


def part(title: str) -> str:
    """Return what stands below a heading, down to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, title
    return re.split(rf"^#{{1,{len(found[1])}}} ", found[2], maxsplit=1, flags=re.MULTILINE)[0]


def flowing(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the blocks of a language, each with the block of text that follows it."""
    pattern = rf"^( *)```{language}\n(.*?)^\1```(?:\n\n\1```text\n(.*?)^\1```)?"
    found = re.findall(pattern, GUIDE, re.MULTILINE | re.DOTALL)
    return [(textwrap.dedent(code), textwrap.dedent(text)) for _, code, text in found]
