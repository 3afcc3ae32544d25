"""What the lessons were given out with, so that a learner's own words can be told from theirs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from gradlab.course.browser_note import NOTE
from gradlab.course.folder import LESSONS, lessons_folder
from gradlab.grading.intake.notebooks import Notebook, read_notebook

_HEADING = "## "
# What says nothing: empty lines of HTML, white space, quotes, and marks of Markdown.
_EMPTY_LINE = re.compile(r"&nbsp;?|<br\s{0,9}/?>", re.IGNORECASE)
_SAYS = re.compile(r"[^\s#>*_\-`\"'“”„‘’«»]")
_UNSEEN = ("Cc", "Cf")
_PLACEHOLDER = re.compile(r"your\s{1,9}answer\s{1,9}here", re.IGNORECASE)


@dataclass(frozen=True)
class GivenOut:
    """The texts of all lessons as they were given out, in a form that compares.

    Attributes
    ----------
    lessons : dict of int to Notebook
        The learner's edition of each lesson.
    cells, lines : frozenset of str
        The texts of all cells, and of all their lines.
    headings : tuple of str
        The headings of all sections.
    defines : frozenset of str
        The names that cells with code define.
    """

    lessons: dict[int, Notebook]
    cells: frozenset[str]
    lines: frozenset[str]
    headings: tuple[str, ...]
    defines: frozenset[str]

    def find_added(self, text: str) -> str:
        """Return what a cell holds that was not given out; "" if that says nothing.

        Cells that were given out may be split, joined, and reordered.
        """
        if tidy(text) in self.cells:
            return ""
        lines = [(line, tidy(line)) for line in text.split("\n")]
        added = "\n".join(line for line, plain in lines if plain not in self.lines)
        if is_blank(added):
            return ""
        plain = [plain for _, plain in lines if plain]
        is_changed = plain[0] in self.lines or plain[-1] in self.lines
        # In a cell of the learner's own, a line of the lesson is quoted.
        return (added if is_changed else text).strip("\n")

    def is_heading(self, text: str) -> bool:
        """Whether a cell begins with the heading of a section, perhaps with words added to it."""
        return text.lstrip().startswith(self.headings)


@cache
def read_given_out() -> GivenOut:
    """Read the lessons of this package.

    Returns
    -------
    GivenOut
        All that was given out with them.

    Examples
    --------
    >>> from gradlab.grading.intake.given_out import read_given_out
    >>> given = read_given_out()
    >>> given.find_added("YOUR ANSWER HERE"), given.find_added("The sign is wrong.")
    ('', 'The sign is wrong.')
    """
    lessons = {}
    for path in sorted(lessons_folder().glob(LESSONS)):
        lesson = read_notebook(path.name, path.read_bytes())
        if isinstance(lesson, Notebook) and lesson.lesson is not None:
            lessons[lesson.lesson] = lesson
    cells = [cell for lesson in lessons.values() for cell in lesson.cells]
    texts = [NOTE, *(cell.text for cell in cells)]
    return GivenOut(
        lessons,
        frozenset(map(tidy, texts)),
        frozenset(tidy(line) for text in texts for line in text.split("\n")) - {""},
        tuple(
            dict.fromkeys(
                cell.text.partition("\n")[0] for cell in cells if cell.text.startswith(_HEADING)
            )
        ),
        frozenset(name for cell in cells for name in cell.defines),
    )


def is_blank(text: str) -> bool:
    """Whether a text says nothing: the placeholder, comments of HTML, what cannot be seen.

    Parameters
    ----------
    text : str
        What stands in a cell for an answer.

    Returns
    -------
    bool
        False for a word, a number, or a picture.

    Examples
    --------
    >>> from gradlab.grading.intake.given_out import is_blank
    >>> is_blank("*your answer here* <!-- 150 words -->"), is_blank("![](attachment:photo.png)")
    (True, False)
    """
    seen = "".join(_list_outside_comments(text))
    rest = _PLACEHOLDER.sub("", _EMPTY_LINE.sub("", seen))
    return all(unicodedata.category(one[0]) in _UNSEEN for one in _SAYS.finditer(rest))


def _list_outside_comments(text: str) -> list[str]:
    """Return the parts of a text that are in no comment of HTML; one without an end is shown."""
    parts, start = [], 0
    while (begin := text.find("<!--", start)) >= 0 and (end := text.find("-->", begin)) >= 0:
        parts.append(text[start:begin])
        start = end + len("-->")
    return [*parts, text[start:]]


def tidy(text: str) -> str:
    r"""Return a text without what editors change by themselves, to compare it.

    Parameters
    ----------
    text : str
        The text of a cell.

    Returns
    -------
    str
        With one space for each stretch of white space, and without empty lines.

    Examples
    --------
    >>> from gradlab.grading.intake.given_out import tidy
    >>> tidy("a  b \n\n c")
    'a b\nc'
    """
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
