"""What tools add to a notebook by themselves, without the learner's doing."""

from __future__ import annotations

import re

# Colab's badge, Kaggle's, the last cell of Deepnote, and the contents of an old extension.
_STAMPS = ("colab-badge.svg", "open-in-kaggle.svg", "created-in-deepnote-cell", 'class="tocSkip"')
_LONGEST_STAMP = 10_000
_BEGINS, _ENDS = ("<a ", "<h1>"), ("</a>", "</div>")
_LONGEST_TITLE = 60
# A line of a table of contents, which goes to a heading of the same notebook.
_ENTRY = re.compile(r"\s*(?:[-*+]|\d{1,3}\.)?[ \t]*\[[^][]{1,300}\]\(#\S{0,300}\)\s*")


def is_by_tool(text: str) -> bool:
    r"""Whether the text of a cell is a badge, a footer or a table of contents.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    bool
        False for what somebody wrote, be it a link.

    Examples
    --------
    >>> from gradlab.grading.intake.by_tools import is_by_tool
    >>> is_by_tool("# Contents\n- [First](#First)\n- [Then](#Then)"), is_by_tool("[Mine](#x)")
    (True, False)
    """
    text = text.strip()
    if len(text) <= _LONGEST_STAMP and text.startswith(_BEGINS) and text.endswith(_ENDS):
        return any(stamp in text for stamp in _STAMPS)
    # Below it, an extension of VS Code keeps its settings.
    title, *entries = text.partition("<!--")[0].rstrip().split("\n")
    return bool(entries) and len(title) <= _LONGEST_TITLE and all(map(_ENTRY.fullmatch, entries))
