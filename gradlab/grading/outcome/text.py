"""Text that somebody else wrote, made safe to show to people."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata

LONGEST_NAME = 200
# What breaks a line, is obeyed by a terminal, or shows a line in another order.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_FORMULA = "[-=+@＝＋－＠]"
# Quotes that a spreadsheet takes off, and spaces, hide no formula.
_BEGINS = re.compile(rf'[\s"]*{_FORMULA}')
# Where a spreadsheet that takes another separator begins a cell.
_INNER = re.compile(rf'(?<=[,;|])([\s"]*)(?={_FORMULA})')


def as_line(text: str) -> str:
    r"""Return a text in one line, without what a terminal would obey.

    Parameters
    ----------
    text : str
        Any text, such as the name of a folder that a learner handed in.

    Returns
    -------
    str
        Control characters, and those that reorder a line, are spaces; lone surrogates are
        spelled out.

    Examples
    --------
    >>> from gradlab.grading.outcome.text import as_line
    >>> as_line("ada\n\x1b[2J")
    'ada  [2J'
    """
    return _CONTROL.sub(" ", text).encode("utf-8", "backslashreplace").decode("utf-8")


def as_cell(text: str) -> str:
    """Return text for a spreadsheet, which must not take it or a part of it for a formula.

    Parameters
    ----------
    text : str
        Any text, such as what a learner is called.

    Returns
    -------
    str
        One line; with an apostrophe before what would be a formula, at the beginning or where
        the text goes on after a comma, a semicolon or a bar: some spreadsheets split there. A
        text that went through this stays as it is.

    Examples
    --------
    >>> from gradlab.grading.outcome.text import as_cell
    >>> as_cell("ada"), as_cell("=1+1"), as_cell("ada; =1+1")
    ('ada', "'=1+1", "ada; '=1+1")
    """
    line = _INNER.sub(r"\1'", as_line(text))
    is_formula = _BEGINS.match(line) or text.startswith(("\t", "\r"))
    return f"'{line}" if is_formula else line


def as_html(text: str) -> str:
    r"""Return text for a page; of what cannot be seen, only the ends of lines stay.

    Parameters
    ----------
    text : str
        Any text, such as a line of a learner's code.

    Returns
    -------
    str
        HTML without tags, which may stand in an attribute too.

    Examples
    --------
    >>> from gradlab.grading.outcome.text import as_html
    >>> as_html("if a < b:\n\tpass")
    'if a &lt; b:\n pass'
    """
    return html.escape("\n".join(as_line(line) for line in text.splitlines()))


def as_name(name: str) -> str:
    r"""Return a learner's or a file's name in a form that can be shown and written anywhere.

    Parameters
    ----------
    name : str
        A name from a file system or an archive.

    Returns
    -------
    str
        In Unicode's composed form (NFC), so that two spellings of an accent are one name.
        Control characters become replacement characters, in a long name a digest stands for the
        middle, and an empty one is a replacement character.

    Examples
    --------
    >>> from gradlab.grading.outcome.text import as_name
    >>> as_name("ada\n"), len(as_name("a" * 1000))
    ('ada�', 200)
    """
    # Cut before it is normalised, which takes long for a long name; with a digest, because two
    # names that differ in the middle alone are two learners'.
    if len(name) > LONGEST_NAME:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        head, tail = name[: LONGEST_NAME // 2], name[10 - LONGEST_NAME // 2 :]
        name = f"{head}…{digest}…{tail}"
    name = unicodedata.normalize("NFC", replace_surrogates(name))
    name = "".join("�" if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in name)
    return name.strip() or "�"


def replace_surrogates(text: str) -> str:
    r"""Put a question mark for each half of a surrogate pair, which no file can hold.

    Parameters
    ----------
    text : str
        Any text. The halves come from JSON, and from names of files that are not in UTF-8.

    Returns
    -------
    str
        The same text where there are none.

    Examples
    --------
    >>> from gradlab.grading.outcome.text import replace_surrogates
    >>> replace_surrogates("ad\udcff")
    'ad?'
    """
    return text.encode("utf-8", "replace").decode("utf-8")
