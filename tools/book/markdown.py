"""Turn pages of the repository into pages of the book: links, the start page, the set-up."""

from __future__ import annotations

import os
import re
from pathlib import Path

# Code is matched first, so that nothing in it is taken for a link.
_CODE_OR_LINK = re.compile(
    r"```.*?^ *```"
    r"|(?<!!)\[(?P<text>(?:`[^`]*`|[^\]`])*)\]\((?P<target>[^)\s]+)\)"
    r"|`[^`]+`",
    re.DOTALL | re.MULTILINE,
)
# A formula with adjacent punctuation. Everything in which a dollar sign means something else is
# matched first.
_CODE_OR_FORMULA = re.compile(
    r"```.*?^ *```|`[^`]+`|^#.*?$|\$\$.*?\$\$|\\\$"
    r"|(?P<before>\(*)\$(?P<formula>[^$]+)\$(?P<after>[.,;:!?)]*)",
    re.DOTALL | re.MULTILINE,
)
# A longer formula must be allowed to break in a narrow window.
_SHORT = 40
_LESSONS = re.compile(r"^\| lesson \|.*?\n\n", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| (\d) ([^|]+) \|", re.MULTILINE)


def follow_links(text: str, home: Path, root: Path) -> str:
    """Turn links between files of the repository into links between pages of the book.

    Parameters
    ----------
    text : str
        A page in Markdown.
    home : Path
        The folder that the page is in.
    root : Path
        The repository.

    Returns
    -------
    str
        The page. A link to a solved lesson now leads to the lesson, and a link to a file that is
        not a page of the book is now plain text.

    Examples
    --------
    >>> root = Path("/course")
    >>> follow_links("[7](../notebooks/solved/07_bug_hunt.ipynb)", root / "docs", root)
    '[7](../notebooks/07_bug_hunt.ipynb)'
    >>> follow_links("[the code](../gradlab/report.py)", root / "docs", root)
    'the code'
    """

    def follow(match: re.Match[str]) -> str:
        target = match["target"]
        if target is None or re.match(r"#|https?:|mailto:", target):
            return match[0]
        if not _is_page(home, target, root):
            return match["text"]
        return match[0].replace("notebooks/solved/", "notebooks/")

    return _CODE_OR_LINK.sub(follow, text)


def _is_page(home: Path, target: str, root: Path) -> bool:
    path = Path(os.path.normpath(home / target.partition("#")[0]))
    if not path.is_relative_to(root):
        return False
    parts = path.relative_to(root).parts
    return (
        parts == ("README.md",)
        or (parts[0] == "docs" and path.suffix == ".md")
        or (parts[0] == "notebooks" and path.suffix == ".ipynb")
    )


def keep_together(text: str) -> str:
    """Prevent line breaks between a short formula and the punctuation next to it.

    Parameters
    ----------
    text : str
        A page in Markdown.

    Examples
    --------
    >>> keep_together("Of order $p$ (here $2$), `$x$`, and $y$ too.")
    'Of order $p$ (here <span class="together">$2$),</span> `$x$`, and $y$ too.'
    """

    def wrap(match: re.Match[str]) -> str:
        formula = match["formula"]
        if not formula or len(formula) > _SHORT or not (match["before"] or match["after"]):
            return match[0]
        return f'<span class="together">{match[0]}</span>'

    return _CODE_OR_FORMULA.sub(wrap, text)


def fill_in_start_page(frame: str, readme: str, lessons: list[str], run: str | None = None) -> str:
    """Fill in the start page from the README.

    Parameters
    ----------
    frame : str
        The start page, with the placeholders ``{opening}``, ``{run}``, ``{picture}`` and
        ``{lessons}``.
    readme : str
        The README. Its title and opening, before the first section, end with a picture, and it
        has a table of the lessons.
    lessons : list of str
        The file names of the lessons' notebooks, in order.
    run : str, optional
        A link that runs the first lesson.

    Returns
    -------
    str
        The page in Markdown, whose table links to the lessons.

    Raises
    ------
    ValueError
        If the README has no table of the lessons.
    """
    opening, mark, picture = readme.partition("\n## ")[0].partition("![")
    table = _LESSONS.search(readme)
    if table is None:
        raise ValueError("README.md must have a table that begins with | lesson |: it has none")
    linked = _ROW.sub(
        lambda row: f"| [{row[1]} {row[2]}](notebooks/{lessons[int(row[1])]}) |", table[0]
    )
    parts = {
        "{opening}": opening.strip(),
        "{run}": f", or {run}" if run else "",
        "{picture}": mark + picture.strip(),
        "{lessons}": linked.strip(),
    }
    for place, part in parts.items():
        frame = frame.replace(place, part)
    return frame


def extract_set_up_page(readme: str) -> str:
    """Return the README without the parts on the start page, under a title of its own."""
    return "# Set up, grade, change\n\n## " + _LESSONS.sub("", readme).partition("\n## ")[2]
