"""Pages of the repository as pages of the book: their links, the start page, the set-up."""

from __future__ import annotations

import os
import re
from pathlib import Path

# Code comes first, so that nothing in it is taken for a link.
_CODE_OR_LINK = re.compile(
    r"```.*?^ *```"
    r"|(?<!!)\[(?P<text>(?:`[^`]*`|[^\]`])*)\]\((?P<target>[^)\s]+)\)"
    r"|`[^`]+`",
    re.DOTALL | re.MULTILINE,
)
# A formula with punctuation beside it, after all in which a dollar is something else.
_CODE_OR_FORMULA = re.compile(
    r"```.*?^ *```|`[^`]+`|^#.*?$|\$\$.*?\$\$|\\\$"
    r"|(?P<before>\(*)\$(?P<formula>[^$]+)\$(?P<after>[.,;:!?)]*)",
    re.DOTALL | re.MULTILINE,
)
# A longer one has to be broken in a narrow window.
_SHORT = 40
_LESSONS = re.compile(r"^\| lesson \|.*?\n\n", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| (\d) ([^|]+) \|", re.MULTILINE)


def follow_links(text: str, home: Path, root: Path) -> str:
    """Make links between files of the repository links between pages of the book.

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
        The page, in which a link to a solved lesson leads to the lesson, and a link to a file
        that is no page of the book is plain text.

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
    """Let no line end between a short formula and the punctuation beside it.

    Parameters
    ----------
    text : str
        A page in Markdown.

    Examples
    --------
    >>> keep_together("Of order $p$ (here $2$), `$x$`, and $y$ too.")
    'Of order $p$ (here <span class="together">$2$),</span> `$x$`, and $y$ too.'
    """

    def together(match: re.Match[str]) -> str:
        formula = match["formula"]
        if not formula or len(formula) > _SHORT or not (match["before"] or match["after"]):
            return match[0]
        return f'<span class="together">{match[0]}</span>'

    return _CODE_OR_FORMULA.sub(together, text)


def start_page(frame: str, readme: str, lessons: list[str], run: str | None = None) -> str:
    """Fill in the start page with what the README says of the course.

    Parameters
    ----------
    frame : str
        The start page, with ``{opening}``, ``{run}``, ``{picture}`` and ``{lessons}`` where these
        come.
    readme : str
        The README: its title and opening end with a picture where its first section begins, and
        it has a table of the lessons.
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
        raise ValueError("README.md has no table that begins with | lesson |; the book needs it")
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


def set_up_page(readme: str) -> str:
    """Return the README without what the start page has of it, under a title of its own."""
    return "# Set up, grade, change\n\n## " + _LESSONS.sub("", readme).partition("\n## ")[2]
