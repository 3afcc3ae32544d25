"""What a lesson says on top where it is opened in the browser, with nothing installed.

It is given out with the lesson: `gradlab grade` must not take it for a learner's words. A text of
its own, because the site is built where gradlab cannot be imported.
"""

import re
from pathlib import Path

# With the edition of the lesson in its place.
NOTE = Path(__file__).with_suffix(".md").read_text(encoding="utf-8").strip()
_PLACE = "{edition}"
_EDITION = re.compile(r"\bedition\s{1,9}[0-9a-f]{8}\b")


def hide_edition(text: str) -> str:
    """Return a text with every edition as the note has it, so that all editions' notes are alike.

    Parameters
    ----------
    text : str
        The text of a cell.

    Returns
    -------
    str
        The text, with the place of an edition for each.

    Examples
    --------
    >>> from gradlab.course.browser_note import hide_edition
    >>> hide_edition("This is edition 2f6e8de7.")
    'This is edition {edition}.'
    """
    return _EDITION.sub(f"edition {_PLACE}", text)
