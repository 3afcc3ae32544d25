"""What the lessons were given out with, so that a learner's own words can be told from theirs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from gradlab.course.browser_note import NOTE, hide_edition
from gradlab.course.folder import LESSONS, lessons_folder
from gradlab.grading.intake.by_tools import is_by_tool
from gradlab.grading.intake.notebooks import Notebook, read_notebook

_HEADING = "## "
# What says nothing: empty lines of HTML, white space, quotes, and marks of Markdown.
_EMPTY_LINE = re.compile(r"&nbsp;?|<br\s{0,9}/?>", re.IGNORECASE)
_SAYS = re.compile(r"[^\s#>*_~|:\\\-–—`\"'“”„‘’«»]")
_UNSEEN = ("Cc", "Cf")
_PLACEHOLDER = re.compile(r"your\s{1,9}answer\s{1,9}here\.?", re.IGNORECASE)
# What extensions put into headings: a number, and links to and from a table of contents.
_IN_HEADING = re.compile(
    r"(?<=# )\d{1,3}(?:\.\d{1,3}){0,5}\.? |</?a\b[^<>]{0,200}>|\[[^][]{0,20}\]\(#[^()\s]{0,100}\)"
)
# Words, and the signs of formulas that are no marks of Markdown.
_WORDS = re.compile(r"[^\W_]+|[+/=<>@]")
# So many in the order of the lesson are nobody's own.
_MANY_WORDS = 8
# Longer than a lesson, and than a heading.
_MOST_CHARACTERS = 30_000
_LONGEST_HEADING = 500


@dataclass(frozen=True)
class GivenOut:
    """The texts of all lessons as they were given out, in a form that compares.

    Attributes
    ----------
    lessons : dict of int to Notebook
        The learner's edition of each lesson.
    cells, lines : frozenset of str
        The texts of all cells, and of all their lines.
    words : str
        The words of all texts, in their order.
    headings : tuple of str
        The headings of all sections.
    defines : frozenset of str
        The names that cells with code define.
    """

    lessons: dict[int, Notebook]
    cells: frozenset[str]
    lines: frozenset[str]
    words: str
    headings: tuple[str, ...]
    defines: frozenset[str]

    def find_added(self, text: str) -> str:
        """Return what a cell holds that was not given out; "" if that says nothing.

        Cells that were given out may be split, joined, reordered, and laid out anew. What tools
        add by themselves was given out, too.
        """
        if tidy(text) in self.cells or self._has_words(text) or is_by_tool(text):
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
        return read_heading(text).startswith(self.headings)

    def _has_words(self, text: str) -> bool:
        """Whether editors may have made a text of one given out: wrapped, with other marks."""
        words = list_words(text) if len(text) <= _MOST_CHARACTERS else []
        return len(words) >= _MANY_WORDS and f" {' '.join(words)} " in self.words


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
        f" {' '.join(word for text in texts for word in list_words(text))} ",
        tuple(
            dict.fromkeys(
                read_heading(cell.text) for cell in cells if cell.text.startswith(_HEADING)
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
        With one space for each stretch of white space, and without empty lines, backslashes that
        end a line, and what extensions add to headings.

    Examples
    --------
    >>> from gradlab.grading.intake.given_out import tidy
    >>> tidy("a  b \n\n c")
    'a b\nc'
    """
    return "\n".join(line for line in map(_tidy_line, text.split("\n")) if line)


def read_heading(text: str) -> str:
    """Return the heading that a cell begins with, to compare it.

    Parameters
    ----------
    text : str
        The text of a cell.

    Returns
    -------
    str
        The line without what extensions add to headings; empty if it is none.

    Examples
    --------
    >>> from gradlab.grading.intake.given_out import read_heading
    >>> read_heading("## 2.1 Recap <a id='toc2_1_'></a>")
    '## Recap'
    """
    first = text.lstrip()[:_LONGEST_HEADING].partition("\n")[0]
    return _tidy_line(first) if first.startswith("#") else ""


def list_words(text: str) -> list[str]:
    """Return the words of a text, and the signs in its formulas, to compare it however laid out.

    Parameters
    ----------
    text : str
        The text of a cell.

    Returns
    -------
    list of str
        In small letters.

    Examples
    --------
    >>> from gradlab.grading.intake.given_out import list_words
    >>> list_words("- *One* line") == list_words("* __one__ line")
    True
    """
    return _WORDS.findall(hide_edition(text.casefold()))


def _tidy_line(line: str) -> str:
    line = hide_edition(" ".join(line.rstrip("\\ \t").split()))
    is_heading = line.startswith("#") and len(line) <= _LONGEST_HEADING
    return _IN_HEADING.sub("", line).strip() if is_heading else line
